// A live sensor on a machine whose clocks the test sets: real engine, recorder and database, and the real clock of the sensor
// between them. Frames bear the time that the sensor stamps them with.
import { LiveClock } from '../../sensor/main/live-clock.ts';
import type { ClockSource, Synchronised } from '../../sensor/main/sensor-clock.ts';
import type { CapturedFrame } from './packet-builder.ts';
import { Stage } from './stage.ts';

/** A machine: its clocks go on together until somebody sets the one on the wall. */
export class Machine implements ClockSource {
  boot = 'first';
  hasBattery = false;
  synchronised: Synchronised = 'no';
  #wall: number;
  /** As real ones, no whole milliseconds. */
  #monotonic = 5000.3217;
  #asleep = 0;

  constructor(wall: number) {
    this.#wall = wall;
  }

  wall = () => this.#wall;
  monotonic = () => this.#monotonic;
  elapsed = () => this.#monotonic + this.#asleep;

  pass(milliseconds: number): void {
    this.#wall += milliseconds;
    this.#monotonic += milliseconds;
  }

  set(wall: number): void {
    this.#wall = wall;
  }

  sleep(milliseconds: number): void {
    this.#wall += milliseconds;
    this.#asleep += milliseconds;
  }

  restart(wall: number): void {
    this.boot += '+';
    this.#wall = wall;
    this.#monotonic = 5000.3217;
    this.#asleep = 0;
  }
}

export class ClockedHome extends Stage {
  readonly machine: Machine;
  readonly clock: LiveClock;

  /** `isTold` as StageOptions.isTold. */
  constructor(machine: Machine, stateDir: string, isTold = false) {
    let clock: LiveClock | null = null;
    super({ stateDir, isTold, meta: () => clock?.meta() ?? {} });
    this.machine = machine;
    const log = { debug: () => {}, info: () => {}, warn: (text: string) => this.log.push(text), error: () => {} };
    clock = new LiveClock(this.spine, { log, source: machine, asker: { read: () => machine.synchronised } });
    this.clock = clock;
  }

  /** Time goes by, looked at as the program does, but `every` so many ms. */
  pass(milliseconds: number, every = 1000): this {
    for (let left = milliseconds; left > 0; left -= every) {
      this.machine.pass(Math.min(every, left));
      this.clock.check();
      this.spine.engine.tick(this.clock.now());
    }
    return this;
  }

  /** Plays frames that are made for a time, now. */
  now(make: (time: number) => CapturedFrame | readonly CapturedFrame[]): this {
    return this.play(...[make(this.clock.now())].flat());
  }

  /** Ends as the program does, on disk. */
  end(): void {
    this.spine.close();
  }
}

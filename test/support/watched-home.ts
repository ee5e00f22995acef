// A live sensor whose own watch is accounted for, on a machine whose clocks the test sets: weeks go by in moments, with a device that
// asks its cloud now and then so that the mirror can be judged.
import { english } from '../../sensor/language/words.ts';
import { ProofOfLife } from '../../sensor/main/proof-of-life.ts';
import type { Health } from '../../sensor/record/health.ts';
import type { WeekSummary } from '../../sensor/record/week-summary.ts';
import { weekSentences } from '../../sensor/record/wording-week.ts';
import { visit } from '../../sensor/self-test/frames/traffic.ts';
import { ClockedHome, type Machine } from './clocked-home.ts';
import { CAMERA, FRIDGE, MINUTE } from './stage.ts';

const CLOUD = '203.0.113.80';

export class WatchedHome extends ClockedHome {
  readonly life: ProofOfLife;
  capture: Health['capture'] = 'running';
  /** Whether the cable shows what devices say to the Internet; else there is silence. */
  isMirrored = true;
  /** Every week that was told. */
  readonly told: WeekSummary[] = [];

  constructor(machine: Machine, stateDir: string) {
    super(machine, stateDir);
    const { events, watch } = this.spine;
    if (watch === null) throw new Error('a live sensor accounts for its time');
    this.life = new ProofOfLife(this.spine, watch, this.clock.now());
    events.on('week', (week) => this.told.push(week));
  }

  /** Time goes by, looked at each minute in place of each second. */
  live(milliseconds: number): this {
    const every = MINUTE;
    for (let left = milliseconds, n = 0; left > 0; left -= every, n++) {
      if (this.isMirrored && n % 6 === 0)
        this.now((time) => visit(n % 60 === 0 ? FRIDGE : CAMERA, CLOUD, time, { host: 'api.vendor.example' }));
      this.machine.pass(Math.min(every, left));
      this.clock.check();
      const now = this.clock.now();
      this.spine.engine.tick(now);
      this.life.tick(now, { capture: this.capture, isClockCertain: this.clock.health()?.isCertain !== false });
    }
    return this;
  }

  get coverage() {
    return this.life.coverage(this.clock.now());
  }

  words(week: WeekSummary): string[] {
    const { engine, knowledge } = this.spine;
    return weekSentences(english, week, (mac) => {
      const device = engine.devices.get(mac);
      return device === undefined ? null : knowledge.displayName(device, engine.devices, english);
    });
  }
}

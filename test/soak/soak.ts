// A soak: a busy home's traffic at ten times its pace on a real port, faults made one after the other from a seed, and in the end
// what was sent beside what the sensor has on disk and what it told. `npm run soak` and a short form in the tests.
import { setTimeout as sleep } from 'node:timers/promises';
import { BLINDS, inject } from './faults.ts';
import { type Balance, Ledger } from './ledger.ts';
import { type FaultKind, type PlannedFault, plan } from './plan.ts';
import { Stage } from './stage.ts';
import { Traffic } from './traffic.ts';
import { type Growth, growthOf, type Sample, sample } from './watch.ts';

/** A fault must be overcome within this long (ms) of its end: a capture that hangs is replaced within 30 s, its retries wait longer. */
const OVERCOME_WITHIN = 45_000;
const LOOK_EVERY = 250;
/** A phone looks at the page this often (ms), and waits this long. */
const PHONE = { every: 2000, patience: 10_000 } as const;
const SAMPLES = 40;
/** An attempt is unanswered after 30 s, and counts go to disk a moment later. */
const LAST_WORDS = 8000;

export interface Injected extends PlannedFault {
  /** Milliseconds from its end until the page said that all is well; null where it never did. */
  overcome: number | null;
  /** What went wrong. */
  problem: string | null;
}

export interface SoakResult {
  minutes: number;
  seed: number;
  frames: number;
  /** Of the port, for a home's pace: frames a second. */
  rate: number;
  injected: Injected[];
  balance: Balance;
  phone: { looks: number; failed: number; slowest: number };
  /** How the sensor ended when nobody had ended it. */
  unexpectedEnds: string[];
  exitCode: number | null;
  /** The end of the sensor's log. */
  said: string;
  samples: Sample[];
  growth: Growth | null;
}

export async function soak(minutes: number, seed: number, tell: (line: string) => void): Promise<SoakResult> {
  const ledger = new Ledger();
  const unexpectedEnds: string[] = [];
  const stage = await Stage.open({
    onAlert: (payload) => ledger.heard(payload),
    onUnexpectedEnd: (how) => unexpectedEnds.push(how),
  });
  try {
    const run = new Run(stage, ledger, minutes, seed, tell);
    return { ...(await run.play()), unexpectedEnds };
  } finally {
    await stage.close();
  }
}

class Run {
  readonly #stage: Stage;
  readonly #ledger: Ledger;
  readonly #minutes: number;
  readonly #seed: number;
  readonly #tell: (line: string) => void;
  readonly #traffic: Traffic;
  readonly #samples: Sample[] = [];
  readonly #phone = { looks: 0, failed: 0, slowest: 0 };
  /** A fault that the phone may feel as well. */
  #isAway = false;
  #isOver = false;
  #begun = 0;

  constructor(stage: Stage, ledger: Ledger, minutes: number, seed: number, tell: (line: string) => void) {
    this.#stage = stage;
    this.#ledger = ledger;
    this.#minutes = minutes;
    this.#seed = seed;
    this.#tell = tell;
    this.#traffic = new Traffic({
      seed,
      send: (frame, onLeft) => stage.send(frame, onLeft),
      onAttempt: (attempt) => ledger.sent(attempt),
    });
  }

  async play(): Promise<Omit<SoakResult, 'unexpectedEnds'>> {
    await this.#stage.startSensor();
    this.#begun = Date.now();
    this.#traffic.start();
    const watching = Promise.all([this.#sample(), this.#lookAtPage()]);
    const injected: Injected[] = [];
    for (const fault of plan(this.#minutes, this.#seed)) {
      await sleep(Math.max(0, this.#begun + fault.at * 1000 - Date.now()));
      injected.push(await this.#inject(fault));
    }
    await sleep(Math.max(0, this.#begun + this.#minutes * 60_000 - LAST_WORDS - Date.now()));
    this.#traffic.stopMail();
    await sleep(LAST_WORDS);
    this.#isOver = true;
    await watching;
    const seconds = (Date.now() - this.#begun) / 1000;
    this.#traffic.stop();
    const exitCode = await this.#stage.stopSensor();
    return {
      minutes: this.#minutes,
      seed: this.#seed,
      frames: this.#traffic.frames,
      rate: this.#traffic.frames / seconds,
      injected,
      balance: this.#ledger.balance(this.#stage.state),
      phone: this.#phone,
      exitCode,
      said: this.#stage.said,
      samples: this.#samples,
      growth: growthOf(this.#samples),
    };
  }

  async #inject(fault: PlannedFault): Promise<Injected> {
    const { kind, lasts } = fault;
    const blindBefore = BLINDS[kind];
    const begun = Date.now();
    this.#isAway = endsSensor(kind);
    let problem: string | null = null;
    try {
      await inject(kind, lasts * 1000, this.#stage, this.#traffic);
    } catch (error) {
      problem = error instanceof Error ? error.message : String(error);
    }
    const overcome = await this.#untilWell();
    this.#isAway = false;
    if (blindBefore !== null) this.#ledger.blind(begun - blindBefore, Date.now());
    if (overcome === null) problem ??= `not well within ${OVERCOME_WITHIN / 1000} s: ${this.#stage.said.slice(-1500)}`;
    const at = Math.round((begun - this.#begun) / 1000);
    this.#tell(
      `${String(at).padStart(5)} s  ${kind.padEnd(18)} for ${String(lasts).padStart(2)} s, ${overcome === null ? 'NOT overcome' : `well after ${(overcome / 1000).toFixed(1)} s`}${problem === null ? '' : `: ${problem}`}`,
    );
    return { ...fault, at, overcome, problem };
  }

  /** Until the page says that frames arrive, the broker is there and everything is stored; how long it took (ms). */
  async #untilWell(): Promise<number | null> {
    const begun = Date.now();
    const frames = (await this.#health())?.frames ?? 0;
    while (Date.now() - begun < OVERCOME_WITHIN) {
      const health = await this.#health();
      const isWell =
        health !== null &&
        health.capture === 'running' &&
        health.frames !== frames &&
        health.broker?.connected === true &&
        health.broker.waiting === 0 &&
        health.database.error === null;
      if (isWell) return Date.now() - begun;
      await sleep(LOOK_EVERY);
    }
    return null;
  }

  async #health() {
    try {
      return await within(this.#stage.page.health(), PHONE.patience);
    } catch {
      return null;
    }
  }

  async #lookAtPage(): Promise<void> {
    while (!this.#isOver) {
      await sleep(PHONE.every);
      const begun = performance.now();
      const wasAway = this.#isAway;
      const health = await this.#health();
      if (wasAway || this.#isAway) continue;
      this.#phone.looks++;
      if (health === null) this.#phone.failed++;
      else this.#phone.slowest = Math.max(this.#phone.slowest, performance.now() - begun);
    }
  }

  async #sample(): Promise<void> {
    const every = Math.max(5000, (this.#minutes * 60_000) / SAMPLES);
    while (!this.#isOver) {
      await sleep(every);
      const pid = this.#isAway ? 0 : this.#stage.sensorPid();
      const one = pid === 0 ? null : await sample(pid, this.#stage.probes, (Date.now() - this.#begun) / 1000);
      if (one !== null) this.#samples.push(one);
    }
  }
}

function endsSensor(kind: FaultKind): boolean {
  return kind === 'sensor killed' || kind === 'sensor stopped';
}

async function within<T>(work: Promise<T>, ms: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`nothing within ${ms} ms`)), ms);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

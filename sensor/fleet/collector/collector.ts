// From the servers' stream into the database: a batch is one transaction, and is acknowledged when that has been committed and what was no
// record lies with the dead letters. It keeps nothing of its own: any number may run, each may be killed at any moment.
import type { Log } from '../../log.ts';
import type { JsMsg, NatsConnection } from '../packages.ts';
import { type FleetDatabase, sqlState } from '../store/database.ts';
import { INTAKE_LIMITS, type IntakeLimits } from '../store/intake.ts';
import { keptDays, maintain } from '../store/retention.ts';
import { type Arrival, type Fate, leftHomes, storeBatch } from '../store/storing.ts';
import { type DeadLetter, DeadLetters } from './dead-letters.ts';
import { type Figures, figuresLine, noFigures } from './figures.ts';
import { FLOOD_LIMITS, FloodGate, type FloodLimits } from './flood-gate.ts';
import { type BatchLimits, Reader } from './reader.ts';
import { homeOf, sieve } from './sieve.ts';
import { Backoff } from './waiting.ts';

export interface CollectorOptions {
  connection: NatsConnection;
  db: FleetDatabase;
  log: Log;
  /** Wall time, ms. */
  now(): number;
  batch?: BatchLimits;
  intake?: IntakeLimits;
  flood?: FloodLimits;
  /** Between two words to the servers that a batch is still being stored, ms: well below what they wait for an acknowledgement. */
  stillWorking?: number;
}

const BATCH: BatchLimits = { records: 500, wait: 20 };
const MINUTE = 60_000;
const STILL_WORKING = 10_000;
/** After so many words another collector gets the batch all the same: this one's database may never answer. */
const MOST_WORDS = 30;
const MAINTAIN_EVERY = 6 * 60 * MINUTE;
/** Data exceptions, integrity and limits of the program (PostgreSQL, appendix A): the record's fault, and so again the next time. */
const RECORDS_FAULT = /^(?:22|23|54)/;
/** No partition for a row. */
const CHECK_VIOLATION = '23514';

interface Entry {
  message: JsMsg;
  arrival: Arrival;
}

export class Collector {
  readonly #options: CollectorOptions;
  readonly #reader: Reader;
  readonly #letters: DeadLetters;
  readonly #gate: FloodGate;
  readonly #stop = new AbortController();
  /** Homes that sent too much since the last line. */
  readonly #floods = new Set<string>();
  #figures: Figures = noFigures();
  #total: Figures = noFigures();
  #since: number;
  #maintained = Number.NEGATIVE_INFINITY;
  #working: Promise<void> = Promise.resolve();
  #telling: NodeJS.Timeout | null = null;

  constructor(options: CollectorOptions) {
    this.#options = options;
    this.#reader = new Reader(options.connection, options.log, options.batch ?? BATCH);
    this.#letters = new DeadLetters(options.connection);
    this.#gate = new FloodGate(options.flood ?? FLOOD_LIMITS);
    this.#since = options.now();
  }

  /** Since it was started. */
  get figures(): Readonly<Figures> {
    return this.#total;
  }

  start(): void {
    this.#reader.start();
    this.#working = this.#work();
    this.#telling = setInterval(() => void this.#tell(), MINUTE);
  }

  /** Finishes the batch that it has, unless the database is away; then others will get it. */
  async stop(): Promise<void> {
    this.#stop.abort();
    if (this.#telling !== null) clearInterval(this.#telling);
    await this.#reader.stop();
    await this.#working;
    await this.#tell();
  }

  async #work(): Promise<void> {
    for (let batch = await this.#reader.next(); batch !== null; batch = await this.#reader.next())
      await this.#handle(batch);
  }

  async #handle(batch: readonly JsMsg[]): Promise<void> {
    const { now } = this.#options;
    const letters: DeadLetter[] = [];
    const entries: Entry[] = [];
    const dropped = new Map<string, { at: Date; count: number }>();
    const kept = keptDays(now());
    for (const message of batch) {
      const home = homeOf(message.subject);
      // The servers let nobody publish there who is no home.
      if (home === null) continue;
      const at = message.time;
      if (!this.#gate.lets(home, at.getTime())) {
        if (!dropped.has(home)) letters.push(letterOf(message, home, REASONS.dropped, ''));
        dropped.set(home, { at, count: (dropped.get(home)?.count ?? 0) + 1 });
        continue;
      }
      const sieved = sieve(message.data, kept);
      if ('defect' in sieved) letters.push(letterOf(message, home, sieved.defect, sieved.detail));
      else entries.push({ message, arrival: { home, record: sieved.record, at, octets: message.data.length } });
    }
    const { fates, withdrawn } = await this.#store(batch, entries, dropped, letters);
    if (fates === null) return;
    const sent = await this.#untilDone('dead letters do not get through', async () => {
      await this.#send(letters);
      for (const home of withdrawn) await this.#letters.forget(home);
    });
    if (!sent) return;
    for (const message of batch) message.ack();
    this.#count(fates, letters, dropped, batch);
    for (const figures of [this.#figures, this.#total]) figures.withdrawals += withdrawn.length;
  }

  /** But those of homes that have withdrawn: nothing of them is kept. */
  async #send(letters: readonly DeadLetter[]): Promise<void> {
    if (letters.length === 0) return;
    const left = await leftHomes(this.#options.db, [...new Set(letters.map(({ home }) => home))]);
    await this.#letters.send(letters.filter(({ home }) => !left.has(home)));
  }

  /** `fates`: null when it was stopped before anything could be stored. Adds to `letters` what the database would not have. */
  async #store(
    batch: readonly JsMsg[],
    entries: readonly Entry[],
    dropped: ReadonlyMap<string, { at: Date; count: number }>,
    letters: DeadLetter[],
  ): Promise<{ fates: Fate[] | null; withdrawn: string[] }> {
    if (entries.length === 0 && dropped.size === 0) return { fates: [], withdrawn: [] };
    const fates: Fate[] = [];
    const withdrawn: string[] = [];
    const known = letters.length;
    const done = await this.#untilDone('the database does not store', async () => {
      letters.length = known;
      fates.length = 0;
      withdrawn.length = 0;
      await this.#held(batch, async () => {
        await this.#maintain();
        await this.#storeOrPart(entries, dropped, { fates, withdrawn, letters });
      });
    });
    return { fates: done ? fates : null, withdrawn };
  }

  /** While it is worked on no other collector gets it. A try that failed is followed by silence: another may reach the database. */
  async #held(batch: readonly JsMsg[], work: () => Promise<void>): Promise<void> {
    let words = 0;
    const every = this.#options.stillWorking ?? STILL_WORKING;
    const timer = setInterval(() => {
      if (++words <= MOST_WORDS) this.#reader.stillWorking(batch);
    }, every);
    try {
      await work();
    } finally {
      clearInterval(timer);
    }
  }

  /** A record that the database refuses is found by halving: the others of its batch are stored all the same. */
  async #storeOrPart(
    entries: readonly Entry[],
    dropped: ReadonlyMap<string, { at: Date; count: number }>,
    into: { fates: Fate[]; withdrawn: string[]; letters: DeadLetter[] },
  ): Promise<void> {
    const { db, intake = INTAKE_LIMITS } = this.#options;
    try {
      const arrivals = entries.map(({ arrival }) => arrival);
      const outcome = await storeBatch(db, arrivals, intake, dropped);
      into.withdrawn.push(...outcome.withdrawn);
      into.fates.push(...outcome.fates);
      outcome.fates.forEach((fate, index) => {
        const entry = entries[index];
        if (entry === undefined || fate === 'stored' || fate === 'known' || fate === 'left') return;
        into.letters.push(letterOf(entry.message, entry.arrival.home, REASONS[fate], ''));
      });
    } catch (error) {
      if (!isRecordsFault(error) || entries.length === 0) throw error;
      if (sqlState(error) === CHECK_VIOLATION) await this.#maintain(true);
      const [only] = entries;
      if (entries.length === 1 && only !== undefined) {
        const detail = sqlState(error) ?? (error instanceof Error ? error.name : '');
        into.letters.push(letterOf(only.message, only.arrival.home, 'not storable', detail));
        this.#options.log.warn(`a record could not be stored and went to the dead letters: ${detail}`);
        return;
      }
      const half = Math.ceil(entries.length / 2);
      await this.#storeOrPart(entries.slice(0, half), dropped, into);
      await this.#storeOrPart(entries.slice(half), new Map(), into);
    }
  }

  async #maintain(atOnce = false): Promise<void> {
    const { db, now } = this.#options;
    if (!atOnce && now() - this.#maintained < MAINTAIN_EVERY) return;
    await maintain(db);
    this.#maintained = now();
  }

  /** Again and again until it succeeds, longer apart each time. @returns false when it was stopped meanwhile */
  async #untilDone(complaint: string, work: () => Promise<void>): Promise<boolean> {
    const { log } = this.#options;
    const backoff = new Backoff();
    for (let tries = 0; ; tries++) {
      try {
        await work();
        if (tries > 1) log.info('it goes on: nothing was lost meanwhile');
        return true;
      } catch (error) {
        if (this.#stop.signal.aborted) return false;
        // One that breaks off at once may be no more than two collectors that met, or a connection from before.
        if (tries === 1)
          log.warn(`${complaint}: ${reasonOf(error)}. Records wait in the stream; it goes on as soon as it can`);
      }
      await backoff.wait(this.#stop.signal);
    }
  }

  #count(
    fates: readonly Fate[],
    letters: readonly DeadLetter[],
    dropped: ReadonlyMap<string, { count: number }>,
    batch: readonly JsMsg[],
  ): void {
    const of = (fate: Fate): number => fates.filter((one) => one === fate).length;
    let limited = of('refused');
    for (const { count } of dropped.values()) limited += count;
    for (const home of dropped.keys()) this.#floods.add(home);
    for (const { home, reason } of letters) if (reason === REASONS.refused) this.#floods.add(home);
    for (const figures of [this.#figures, this.#total]) {
      figures.stored += of('stored');
      figures.known += of('known');
      figures.left += of('left');
      figures.limited += limited;
      figures.dead += letters.filter(({ reason }) => reason !== REASONS.refused && reason !== REASONS.dropped).length;
      figures.batches++;
      for (const { data } of batch) figures.octets += data.length;
    }
  }

  async #tell(): Promise<void> {
    const { log, now } = this.#options;
    const [figures, floods, elapsed] = [this.#figures, this.#floods.size, now() - this.#since];
    this.#figures = noFigures();
    this.#floods.clear();
    this.#since = now();
    log.info(figuresLine(figures, floods, await this.#reader.lag(), elapsed));
  }
}

/** As they stand on dead letters. */
const REASONS = {
  unknown: 'unknown home',
  revoked: 'revoked home',
  refused: 'too much for a day',
  dropped: 'sends too much',
} as const;

function letterOf(message: JsMsg, home: string, reason: string, detail: string): DeadLetter {
  return { home, reason, detail, sequence: message.seq, at: message.time, data: message.data };
}

function isRecordsFault(error: unknown): boolean {
  const state = sqlState(error);
  if (state !== null) return RECORDS_FAULT.test(state);
  return error instanceof TypeError || error instanceof RangeError;
}

/** What the database says names rows, in its detail; its message does not. */
function reasonOf(error: unknown): string {
  const state = sqlState(error);
  const message = error instanceof Error ? error.message.slice(0, 200) : String(error);
  return state === null ? message || 'it does not answer' : `${message} (${state})`;
}

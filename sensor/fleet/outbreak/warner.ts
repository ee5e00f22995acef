// Tells homes of open outbreaks: as signed, retained MQTT messages that one warner of the fleet keeps as the database has them. Any
// number may run; the one that holds an advisory lock of the database publishes. What fails is tried again from the beginning.
import { createPublicKey, type KeyObject } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Log } from '../../log.ts';
import type { FleetDatabase, Queryable } from '../store/database.ts';
import { readWarning, signWarning, type Warning } from '../warning.ts';
import { type BoardAccess, RetainedBoard } from './retained-board.ts';
import { type OutbreakRow, outbreakRow, type Planned, planned, RENEWED_AFTER } from './warning-plan.ts';

/** Of the one that publishes; the session holds it. */
const LEADER_LOCK = 7_451_010;
/** The database is looked at so often (ms). */
const LOOK_EVERY = 5000;
const LONGEST_PAUSE = 30_000;
/**
 * After so long (ms) the next server is asked what it retains: while servers choose a new leader they acknowledge what they then do not
 * keep (nats-server 2.9.10), and only who comes anew is told so.
 */
const LOOKED_AT_ANEW = 30_000;
/** So often published without being heard of again: the server acknowledges what it does not keep. */
const NOT_KEPT = 3;

export interface WarnerOptions {
  db: FleetDatabase;
  mqtt: BoardAccess;
  /** The fleet's private Ed25519 key. */
  key: KeyObject;
  /** Wall time, ms. */
  now(): number;
  log: Log;
  /** ms */
  lookEvery?: number;
  anewEvery?: number;
}

export interface WarnerStatus {
  isLeader: boolean;
  /** Open warnings that the servers retain. */
  open: number;
  published: number;
  error: string | null;
}

export class Warner {
  readonly #options: WarnerOptions;
  readonly #lookEvery: number;
  readonly #stopping = new AbortController();
  readonly #publicKey: KeyObject;
  /** What was published and not heard of since, by topic. */
  readonly #unheard = new Map<string, number>();
  /** As it was published last: what a server does not keep is given to it again word for word, which is no news to homes. */
  readonly #sent = new Map<string, { warning: Warning; text: string }>();
  #server = 0;
  #running: Promise<void> | null = null;
  #status: WarnerStatus = { isLeader: false, open: 0, published: 0, error: null };

  constructor(options: WarnerOptions) {
    this.#options = options;
    this.#lookEvery = options.lookEvery ?? LOOK_EVERY;
    this.#publicKey = createPublicKey(options.key);
  }

  get status(): Readonly<WarnerStatus> {
    return this.#status;
  }

  start(): void {
    this.#running ??= this.#run();
  }

  /** Resolves when the connections are let go; what is retained stays. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    for (let failures = 0; !this.#isStopping; ) {
      try {
        await this.#options.db.session((one) => this.#lead(one));
        failures = 0;
      } catch (error) {
        failures++;
        this.#server++;
        this.#fails(error instanceof Error ? error.message : String(error));
      }
      this.#status = { ...this.#status, isLeader: false };
      await this.#pause(Math.min(LONGEST_PAUSE, this.#lookEvery * 2 ** Math.min(failures, 4)));
    }
  }

  /** Publishes for as long as the lock is held and all goes well; at once back where another holds it. */
  async #lead(one: Queryable): Promise<void> {
    const { rows } = await one.query<{ held: boolean }>('SELECT pg_try_advisory_lock($1) AS held', [LEADER_LOCK]);
    if (rows[0]?.held !== true) return;
    try {
      while (!this.#isStopping) await this.#lookAtOne(one);
    } finally {
      // With a broken connection the lock is gone as well.
      await one.query('SELECT pg_advisory_unlock($1)', [LEADER_LOCK]).catch(() => {});
    }
  }

  async #lookAtOne(one: Queryable): Promise<void> {
    const { mqtt } = this.#options;
    const board = await RetainedBoard.open(mqtt, this.#server);
    const until = performance.now() + (this.#options.anewEvery ?? LOOKED_AT_ANEW);
    try {
      this.#status = { ...this.#status, isLeader: true };
      while (!this.#isStopping && performance.now() < until) {
        await this.#look(one, board);
        await this.#pause(this.#lookEvery);
      }
    } finally {
      await board.close();
    }
    this.#server++;
  }

  async #look(one: Queryable, board: RetainedBoard): Promise<void> {
    board.mustBeOpen();
    const { rows } = await one.query("SELECT * FROM outbreaks WHERE state = 'open'");
    const retained = this.#read(board);
    for (const next of planned(this.#readable(rows), retained, this.#options.now())) await this.#publish(next, board);
    const open = [...this.#read(board).values()].filter((known) => known?.state === 'open').length;
    if (this.#status.error !== null) this.#options.log.info('warnings go to the homes again');
    this.#status = { ...this.#status, open, error: null };
  }

  #readable(rows: readonly unknown[]): OutbreakRow[] {
    return rows.flatMap((row) => {
      const read = outbreakRow.safeParse(row);
      if (!read.success)
        this.#options.log.error(`an outbreak cannot be told: ${read.error.issues[0]?.path.join('.')} is none`);
      return read.data ?? [];
    });
  }

  /** As homes would: what we did not sign, or what has run out, is none. */
  #read({ messages }: RetainedBoard): Map<string, Warning | null> {
    const now = this.#options.now();
    return new Map(
      [...messages].map(([id, payload]) => {
        const read = readWarning(payload, [this.#publicKey], now);
        return [id, typeof read === 'string' || read.id !== id ? null : read];
      }),
    );
  }

  async #publish({ id, warning, why }: Planned, board: RetainedBoard): Promise<void> {
    const { key, log } = this.#options;
    let text = '';
    try {
      const sent = this.#sent.get(id);
      const isSent = why === 'new' && warning !== null && sent !== undefined && isSame(sent.warning, warning);
      text = warning === null ? '' : isSent ? sent.text : signWarning(warning, key);
      if (warning === null) this.#sent.delete(id);
      else if (!isSent) this.#sent.set(id, { warning, text });
    } catch {
      log.error(`the outbreak ${id} cannot be told to homes: what the database says of it is no warning`);
      return;
    }
    await board.publish(id, text);
    this.#status = { ...this.#status, published: this.#status.published + 1 };
    if (why !== 'renewal') log.info(`warning ${id} ${WORDS[why]}${warning === null ? '' : `: ${warning.backend}`}`);
    // The board hears of it before it is acknowledged, or soon after.
    const isHeard = () => (board.messages.get(id)?.toString('utf8') ?? '') === text;
    for (let wait = 0; wait < 20 && !isHeard(); wait++) await this.#pause(50);
    const unheard = isHeard() ? 0 : (this.#unheard.get(id) ?? 0) + 1;
    if (unheard === 0) this.#unheard.delete(id);
    else this.#unheard.set(id, unheard);
    if (unheard === NOT_KEPT)
      throw new Error(
        'the NATS servers acknowledge warnings and do not keep them: the warner’s credential may not publish them',
      );
  }

  #fails(message: string): void {
    if (message !== this.#status.error)
      this.#options.log.error(`homes cannot be warned at present: ${message}; it is tried again`);
    this.#status = { ...this.#status, error: message };
  }

  get #isStopping(): boolean {
    return this.#stopping.signal.aborted;
  }

  async #pause(milliseconds: number): Promise<void> {
    await sleep(milliseconds, undefined, { signal: this.#stopping.signal }).catch(() => {});
  }
}

/** But for when it was issued, as long as that is not long ago. */
function isSame(sent: Warning, now: Warning): boolean {
  const age = Date.parse(now.issuedAt) - Date.parse(sent.issuedAt);
  return sent.state === now.state && sent.revision === now.revision && age >= 0 && age < RENEWED_AFTER;
}

const WORDS: Readonly<Record<Planned['why'], string>> = {
  new: 'goes to the homes',
  edition: 'goes to the homes anew',
  renewal: 'is renewed',
  end: 'has ended',
  cleared: 'is cleared: it had run out, or nobody of this fleet signed it',
};

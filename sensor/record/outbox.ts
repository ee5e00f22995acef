// Messages that must reach the broker or another target, in the order they were added, until it has acknowledged them. Durable and
// bounded, for each by itself; sending is publish's work. Messages come in only through Store.save, together with what they tell of.
import type { Database, Statement } from 'better-sqlite3';
import { type CounterName, Counters } from './counters.ts';
import type { AfterCommit } from './device-table.ts';
import type { Cell } from './row.ts';
import type { Guard } from './store-error.ts';

export interface OutboxMessage {
  /**
   * Stable and unique: the same event gives the same id after a crash, so a consumer can tell a repetition. Adding an id
   * that still waits changes nothing.
   */
  id: string;
  topic: string;
  payload: string;
  /** Milliseconds, packet time. */
  createdAt: number;
  /** When the outbox is full, states give way before alerts. */
  priority: 'alert' | 'state';
  /** Whom it is for, by the name in the configuration; left out for the broker. */
  target?: string;
  /** Left out of one that is on disk. False: it lives in memory alone, as the disk refuses it. */
  stored?: false;
}

/** A broker that is away for a day in a home with many alerts; a few megabytes at most. */
export const OUTBOX_MESSAGES = 5_000;
/** Of one other target: nobody reads more than that on a phone. */
export const TARGET_MESSAGES = 500;

/**
 * Of the fleet among the targets: no name that a configuration may give to another begins like this. What waits for it stays where it is
 * switched off for a while, as it is noted elsewhere as handed over.
 */
export const FLEET_TARGET = '~fleet';

/** In the table, for the broker. */
const BROKER = '';

interface Stored {
  target: string;
  messages: number;
  /** Of those. */
  states: number;
}

interface Row extends Omit<OutboxMessage, 'target' | 'stored'> {
  seq: number;
  target: string;
}

const COLUMNS = 'seq, id, topic, payload, created_at AS createdAt, priority, target';

/** `save` is for Store.save alone; publish takes it as its queue. Where no target is named, the broker is meant. */
export class Outbox {
  readonly #db: Database;
  readonly #guard: Guard;
  readonly #limit: number;
  readonly #insert: Statement<Cell[]>;
  readonly #delete: Statement<[string], { priority: OutboxMessage['priority']; target: string }>;
  readonly #deleteStatesFirst: Statement<[string, number]>;
  readonly #deleteOldest: Statement<[string, number]>;
  readonly #targetOf: Statement<[string], string>;
  readonly #peek: Statement<[string, number, number], Row>;
  readonly #counters: Counters;
  /** Messages in the table, by target; counted once, as SQLite would look at each. */
  #stored: ReadonlyMap<string, Stored>;
  /** Acknowledged, and still in the table; with the target. */
  readonly #gone = new Map<string, string>();
  /** How many of those are of each target. */
  readonly #goneOf = new Map<string, number>();
  /** No row of that target lies before this one: those of another, which is away, are not looked through. */
  readonly #first = new Map<string, number>();

  /** `limit` is in messages for the broker. */
  constructor(db: Database, guard: Guard, limit: number = OUTBOX_MESSAGES) {
    this.#db = db;
    this.#guard = guard;
    this.#limit = limit;
    this.#insert = db.prepare(
      'INSERT INTO outbox (id, topic, payload, created_at, priority, target) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING',
    );
    this.#delete = db.prepare('DELETE FROM outbox WHERE id = ? RETURNING priority, target');
    this.#deleteOldest = db.prepare(
      'DELETE FROM outbox WHERE seq IN (SELECT seq FROM outbox WHERE target = ? ORDER BY seq LIMIT ?)',
    );
    this.#deleteStatesFirst = db.prepare(
      "DELETE FROM outbox WHERE seq IN (SELECT seq FROM outbox WHERE target = ? ORDER BY priority = 'alert', seq LIMIT ?)",
    );
    const counted = db.prepare<[], Stored>(
      "SELECT target, count(*) AS messages, count(*) FILTER (WHERE priority = 'state') AS states FROM outbox GROUP BY target",
    );
    this.#stored = new Map(counted.all().map((stored) => [stored.target, stored]));
    this.#targetOf = db.prepare<[string], string>('SELECT target FROM outbox WHERE id = ?').pluck();
    this.#peek = db.prepare(`SELECT ${COLUMNS} FROM outbox WHERE target = ? AND seq >= ? ORDER BY seq LIMIT ?`);
    this.#counters = new Counters(db);
  }

  /** The oldest waiting messages, oldest first. */
  peek(limit: number, target = BROKER): OutboxMessage[] {
    if (this.size(target) === 0) return [];
    const from = this.#first.get(target) ?? 0;
    const rows = this.#guard(() => this.#peek.all(target, from, limit + this.#gone.size));
    const [first] = rows;
    if (first !== undefined) this.#first.set(target, first.seq);
    const waiting = rows.filter(({ id }) => !this.#gone.has(id)).slice(0, limit);
    return waiting.map(messageOf);
  }

  has(id: string): boolean {
    return !this.#gone.has(id) && this.#guard(() => this.#targetOf.get(id)) !== undefined;
  }

  /** All that waits for anybody, oldest first. */
  all(): OutboxMessage[] {
    const rows = this.#guard(() => this.#db.prepare<[], Row>(`SELECT ${COLUMNS} FROM outbox ORDER BY seq`).all());
    return rows.filter(({ id }) => !this.#gone.has(id)).map(messageOf);
  }

  /**
   * It was taken. Unknown ids are fine: an acknowledgement may come twice. Rows of the broker are deleted when none waits any more,
   * or with the next save: in a flood a writing for each would cost the disk as much as the alerts did. Those of other targets, which
   * come seldom, are deleted here, all that were taken as one together. A crash before that repeats the alert, with its id; where this
   * throws, it is not given out again all the same.
   */
  remove(...ids: string[]): void {
    let isDue = false;
    for (const id of ids) {
      const target = this.#findTarget(id);
      if (target === undefined) continue;
      this.#countGone(target, this.#gone.has(id) ? 0 : 1);
      this.#gone.set(id, target);
      isDue ||= target !== BROKER || this.size(target) <= 0;
    }
    if (isDue) this.#guard(() => this.#deleteGone());
  }

  /** A row that cannot be looked for is taken to be there, for the broker: it was given out. */
  #findTarget(id: string): string | undefined {
    try {
      return this.#targetOf.get(id);
    } catch {
      return BROKER;
    }
  }

  #countGone(target: string, by: number): void {
    this.#goneOf.set(target, (this.#goneOf.get(target) ?? 0) + by);
  }

  #deleteGone(): void {
    const afterCommit: AfterCommit = [];
    this.#db.transaction(() => this.save([], afterCommit)).immediate();
    for (const remember of afterCommit) remember();
  }

  /** Rows wait for a save to go with. */
  get hasGone(): boolean {
    return this.#gone.size > 0;
  }

  /** Messages waiting. */
  size(target = BROKER): number {
    return (this.#stored.get(target)?.messages ?? 0) - (this.#goneOf.get(target) ?? 0);
  }

  /** Messages that gave way because the outbox was full, since the database was made. */
  dropped(target = BROKER): number {
    return this.#guard(() => this.#counters.get(droppedOf(target)));
  }

  /** Lets go of what waits for targets that there are no more; the broker's and the fleet's stay. */
  keepTargets(names: readonly string[]): void {
    const kept = [BROKER, FLEET_TARGET, ...names];
    const others = [...this.#stored.keys()].filter((target) => !kept.includes(target));
    if (others.length === 0) return;
    this.#guard(() => {
      const remove = this.#db.prepare('DELETE FROM outbox WHERE target = ?');
      this.#db.transaction(() => others.map((target) => remove.run(target))).immediate();
    });
    this.#stored = new Map([...this.#stored].filter(([target]) => !others.includes(target)));
  }

  /**
   * For Store.save alone: takes in new messages, lets go of those that are gone, and counts those that gave way before they came
   * here. Call it within the transaction, and what it adds to `afterCommit` once that is through.
   */
  save(added: Iterable<OutboxMessage>, afterCommit: AfterCommit, lost = 0): void {
    const gone = [...this.#gone];
    const stored = new Map([...this.#stored].map(([target, counts]) => [target, { ...counts }]));
    const countsOf = (target: string) => {
      const counts = stored.get(target) ?? { target, messages: 0, states: 0 };
      stored.set(target, counts);
      return counts;
    };
    for (const [id] of gone) {
      const deleted = this.#delete.get(id);
      if (deleted === undefined) continue;
      const counts = countsOf(deleted.target);
      counts.messages--;
      if (deleted.priority === 'state') counts.states--;
    }
    for (const { id, topic, payload, createdAt, priority, target = BROKER } of added) {
      const { changes } = this.#insert.run(id, topic, payload, createdAt, priority, target);
      const counts = countsOf(target);
      counts.messages += changes;
      if (priority === 'state') counts.states += changes;
    }
    if (lost > 0) this.#counters.add('dropped_messages', lost);
    for (const counts of stored.values()) this.#bound(counts);
    afterCommit.push(() => {
      this.#stored = stored;
      for (const [id, target] of gone) if (this.#gone.delete(id)) this.#countGone(target, -1);
    });
  }

  #bound(counts: Stored): void {
    const { states, target } = counts;
    const excess = counts.messages - (target === BROKER ? this.#limit : TARGET_MESSAGES);
    if (excess <= 0) return;
    // Without a state among them there is nothing to sort by.
    (states > 0 ? this.#deleteStatesFirst : this.#deleteOldest).run(target, excess);
    this.#counters.add(droppedOf(target), excess);
    counts.messages -= excess;
    counts.states -= Math.min(states, excess);
  }
}

function droppedOf(target: string): CounterName {
  return target === BROKER ? 'dropped_messages' : `dropped_messages@${target}`;
}

function messageOf({ seq: _, target, ...message }: Row): OutboxMessage {
  return target === BROKER ? message : { ...message, target };
}

// What the sensor remembers across restarts, in one SQLite file. Keeps and returns what it is given; what to keep, when to
// write it and when to delete it is the recorder's business.
import { existsSync, rmSync, type Stats, statSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Database, Statement } from 'better-sqlite3';
import type { Device } from '../attribute/device.ts';
import type { TimeMove } from '../attribute/time-move.ts';
import type { Mac } from '../decode/packet.ts';
import type { Remembered } from '../detect/memory.ts';
import { Browsers } from './browsers.ts';
import { copyBytes } from './copy-database.ts';
import { Counters } from './counters.ts';
import { type AfterCommit, DeviceTable } from './device-table.ts';
import type { EvidenceChanges } from './evidence-ring.ts';
import { EvidenceTable } from './evidence-table.ts';
import type { Expectation, Incident } from './incident.ts';
import { IncidentTable } from './incident-table.ts';
import { MemoryTable } from './memory-table.ts';
import {
  makeDirectory,
  makePrivate,
  type OpenedDatabase,
  type OpenOptions,
  openDatabase,
  sizeOf,
} from './open-database.ts';
import { Outbox, type OutboxMessage } from './outbox.ts';
import { PushPhones } from './push-phones.ts';
import type { OnProblem } from './row.ts';
import { isFull, toStoreError } from './store-error.ts';
import { WatchTable } from './watch-table.ts';

export interface StoreOptions extends OpenOptions {
  /** The size in bytes that `prune` keeps the file under, as long as there is something that may go. */
  maxBytes?: number;
  /** Messages the outbox holds; OUTBOX_MESSAGES unless told. */
  outboxLimit?: number;
  onProblem?: OnProblem;
}

export interface SaveBatch {
  /** Each complete: rows it no longer has are deleted, unchanged ones not written. */
  devices?: Iterable<Device>;
  /** Of these only what is new: rows in which counts and times alone have gone on stay as they are. */
  news?: Iterable<Device>;
  /** Deleted with all of their rows, before `devices` are written. Incidents and expectations stay. */
  forgottenDevices?: Iterable<Mac>;
  incidents?: Iterable<Incident>;
  /** Ids, deleted after `incidents` were written. */
  removedIncidents?: Iterable<string>;
  expectations?: Iterable<Expectation>;
  removedExpectations?: Iterable<string>;
  outbox?: Iterable<OutboxMessage>;
  /** Given up before they came here, for want of room in memory: counted. */
  lost?: { incidents: number; messages: number };
  /** What detectors remember; a value of null is deleted. */
  memories?: Iterable<Remembered>;
  /** Corrections of the clock, as far as frames on disk are concerned: made before `evidence` is written. */
  moves?: Iterable<TimeMove>;
  /** Kept frames; those of forgotten devices and of incidents that gave way are among its `removed`. */
  evidence?: EvidenceChanges;
  meta?: Readonly<Record<string, string>>;
  /** True: on disk when `save` returns, power loss included. False: may be lost with the power, not with the process. */
  durable: boolean;
}

export interface Pruned {
  /** Ids, whether they went by age or by size. */
  incidents: string[];
  timeline: number;
}

/** `gone`: nothing; `other`: another file. */
export type Place = 'whole' | 'split' | 'gone' | 'other';

const PROBE_KEY = 'probed_at';
/** How many rows go at a time when the file is too large. */
const DROP_ROWS = 500;
/** After dropping there should be room for a while. */
const DROP_TO = 0.9;

/** All methods throw StoreError only. */
export class Store {
  readonly outbox: Outbox;
  readonly browsers: Browsers;
  readonly phones: PushPhones;
  readonly evidence: EvidenceTable;
  readonly watch: WatchTable;
  readonly #db: Database;
  readonly #lock: Database | null;
  readonly #path: string;
  readonly #maxBytes: number;
  /** The file as it was opened; null in memory. */
  readonly #file: Stats | null;
  readonly #isAlone: boolean;
  readonly #devices: DeviceTable;
  readonly #incidents: IncidentTable;
  readonly #memories: MemoryTable;
  readonly #getMeta: Statement<[string], string>;
  readonly #putMeta: Statement<[string, string]>;
  readonly #addTopic: Statement<[string]>;
  readonly #removeTopic: Statement<[string]>;
  readonly #counters: Counters;

  /** @throws StoreError when the file cannot be used; a damaged one is moved aside and told of instead. */
  static open(options: StoreOptions): Store {
    const opened = openDatabase(options);
    try {
      return new Store(opened, options);
    } catch (error) {
      opened.db.close();
      opened.lock?.close();
      throw toStoreError(error, options.path);
    }
  }

  private constructor({ db, lock }: OpenedDatabase, options: StoreOptions) {
    const onProblem = options.onProblem ?? (() => {});
    this.#db = db;
    this.#lock = lock;
    this.#path = options.path;
    this.#maxBytes = options.maxBytes ?? Number.POSITIVE_INFINITY;
    this.#file = lock === null ? null : statSync(options.path);
    this.#isAlone = options.alone ?? false;
    this.#devices = new DeviceTable(db, onProblem);
    this.#incidents = new IncidentTable(db, onProblem);
    this.#memories = new MemoryTable(db, onProblem);
    this.evidence = new EvidenceTable(db, onProblem);
    this.watch = new WatchTable(db, onProblem, (work) => this.#guard(work));
    this.outbox = new Outbox(db, (work) => this.#guard(work), options.outboxLimit);
    this.browsers = new Browsers(db, (work) => this.#guard(work));
    this.phones = new PushPhones(db, (work) => this.#guard(work));
    this.#getMeta = db.prepare<[string], string>('SELECT value FROM meta WHERE key = ?').pluck();
    this.#putMeta = db.prepare(
      'INSERT INTO meta (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value WHERE value <> excluded.value',
    );
    this.#addTopic = db.prepare('INSERT INTO published_topics (topic) VALUES (?) ON CONFLICT DO NOTHING');
    this.#removeTopic = db.prepare('DELETE FROM published_topics WHERE topic = ?');
    this.#counters = new Counters(db);
  }

  /** By MAC. Rows that cannot be read are reported and left out. */
  loadDevices(): Device[] {
    return this.#guard(() => this.#devices.load());
  }

  /** Oldest first. `openOnly`: open and acknowledged ones. */
  loadIncidents(options: { openOnly?: boolean } = {}): Incident[] {
    return this.#guard(() => this.#incidents.loadIncidents(options.openOnly ?? false));
  }

  loadExpectations(): Expectation[] {
    return this.#guard(() => this.#incidents.loadExpectations());
  }

  loadMemories(): Remembered[] {
    return this.#guard(() => this.#memories.load());
  }

  meta(key: string): string | null {
    return this.#guard(() => this.#getMeta.get(key) ?? null);
  }

  /** Writes all of the batch or, when it throws, nothing of it: the same batch can be tried again. */
  save(batch: SaveBatch): void {
    this.#guard(() => {
      try {
        this.#saveOnce(batch);
      } catch (error) {
        if (!isFull(error)) throw error;
        // The journal may hold the same pages many times: in the database they take the room of one.
        this.#db.pragma('wal_checkpoint(TRUNCATE)');
        this.#saveOnce(batch);
      }
    });
  }

  #saveOnce(batch: SaveBatch): void {
    const afterCommit: AfterCommit = [];
    const write = () => this.#db.transaction(() => this.#write(batch, afterCommit)).immediate();
    if (batch.durable) this.#durably(write);
    else write();
    for (const remember of afterCommit) remember();
  }

  /** Whether the disk takes anything at all; throws where it does not. */
  probe(time: number): void {
    this.save({ meta: { [PROBE_KEY]: String(time) }, durable: false });
  }

  /** How long another process's writing is waited for, ms. */
  wait(milliseconds: number): void {
    this.#db.pragma(`busy_timeout = ${milliseconds}`);
  }

  /** What lies where the database was opened; `split`: its journal alone is gone. */
  place(): Place {
    const now = statSync(this.#path, { throwIfNoEntry: false });
    if (this.#file === null) return 'whole';
    if (now === undefined) return 'gone';
    if (now.ino !== this.#file.ino || now.dev !== this.#file.dev) return 'other';
    return existsSync(`${this.#path}-wal`) || this.#isAlone ? 'whole' : 'split';
  }

  /** Writes all there is, also what is no longer to be found by its path, into a new file there. */
  copyBack(): void {
    this.#guard(() => {
      makeDirectory(dirname(this.#path));
      makePrivate(this.#path);
      try {
        this.#db.prepare('VACUUM INTO ?').run(this.#path);
      } catch (error) {
        rmSync(this.#path, { force: true });
        throw error;
      }
    });
  }

  /** On disk when `write` returns; all that follows is again what a power cut may take, until the next durable write. */
  #durably(write: () => void): void {
    this.#db.pragma('synchronous = FULL');
    try {
      write();
    } finally {
      this.#db.pragma('synchronous = NORMAL');
    }
  }

  #write(batch: SaveBatch, afterCommit: AfterCommit): void {
    for (const mac of batch.forgottenDevices ?? []) this.#devices.forget(mac);
    for (const device of batch.devices ?? []) this.#devices.save(device, 'all', afterCommit);
    for (const device of batch.news ?? []) this.#devices.save(device, 'news', afterCommit);
    for (const incident of batch.incidents ?? []) this.#incidents.saveIncident(incident);
    for (const id of batch.removedIncidents ?? []) this.#incidents.removeIncident(id);
    for (const expectation of batch.expectations ?? []) this.#incidents.saveExpectation(expectation);
    for (const id of batch.removedExpectations ?? []) this.#incidents.removeExpectation(id);
    for (const [key, value] of Object.entries(batch.meta ?? {})) this.#putMeta.run(key, value);
    for (const memory of batch.memories ?? []) this.#memories.save(memory);
    for (const move of batch.moves ?? []) if (move.since < move.until) this.evidence.move(move);
    if (batch.evidence !== undefined) this.evidence.save(batch.evidence);
    if (batch.lost !== undefined && batch.lost.incidents > 0)
      this.#counters.add('dropped_incidents', batch.lost.incidents);
    this.outbox.save(batch.outbox ?? [], afterCommit, batch.lost?.messages);
  }

  /**
   * Deletes resolved and expected incidents and timeline entries from before a packet time, then, while the file is over
   * `maxBytes`, the oldest of those that are left. Open incidents never go. Meant for once an hour.
   */
  prune(options: { before: number }): Pruned {
    return this.#guard(() => {
      const pruned = this.#removeBefore(options.before, false);
      if (copyBytes(this.#db) > this.#maxBytes) {
        let time = this.#incidents.timeOfOldest(DROP_ROWS);
        while (time !== null && copyBytes(this.#db) > this.#maxBytes * DROP_TO) {
          const dropped = this.#removeBefore(time + 1, true);
          pruned.incidents.push(...dropped.incidents);
          pruned.timeline += dropped.timeline;
          time = this.#incidents.timeOfOldest(DROP_ROWS);
        }
      }
      if (pruned.incidents.length + pruned.timeline > 0) {
        this.#db.pragma('incremental_vacuum');
        this.#db.pragma('wal_checkpoint(TRUNCATE)');
      }
      return pruned;
    });
  }

  #removeBefore(time: number, forSize: boolean): Pruned {
    return this.#db
      .transaction(() => {
        this.#devices.timelineGoes(time);
        const removed = this.#incidents.removeBefore(time);
        this.evidence.removeOrphans();
        if (forSize) {
          this.#counters.add('dropped_incidents', removed.incidents.length);
          this.#counters.add('dropped_timeline', removed.timeline);
        }
        return removed;
      })
      .immediate();
  }

  /** What was given up for size since the database was made: closed incidents, timeline entries, outbox messages. */
  dropped(): { incidents: number; timeline: number; messages: number } {
    return this.#guard(() => ({
      incidents: this.#counters.get('dropped_incidents'),
      timeline: this.#counters.get('dropped_timeline'),
      messages: this.#counters.get('dropped_messages'),
    }));
  }

  /** Topics with a retained message of ours on the broker, sorted. */
  publishedTopics(): string[] {
    return this.#guard(() =>
      this.#db.prepare<[], string>('SELECT topic FROM published_topics ORDER BY topic').pluck().all(),
    );
  }

  /** Call before publishing: then a crash in between leaves a topic to clear, never one that nobody knows of. */
  setPublished(topic: string): void {
    this.#guard(() => this.#addTopic.run(topic));
  }

  /** Call once the broker has acknowledged that the topic was cleared. */
  unsetPublished(topic: string): void {
    this.#guard(() => this.#removeTopic.run(topic));
  }

  /** Bytes on disk, journal included; in memory, bytes in use. */
  sizeBytes(): number {
    if (this.#lock === null) return copyBytes(this.#db);
    return this.#guard(() => sizeOf(this.#path) + sizeOf(`${this.#path}-wal`));
  }

  /** Safe to call twice; closed also where it throws. */
  close(): void {
    try {
      if (this.#db.open && this.outbox.hasGone) this.save({ durable: false });
    } finally {
      this.#db.close();
      this.#lock?.close();
    }
  }

  #guard<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      throw toStoreError(error, this.#path);
    }
  }
}

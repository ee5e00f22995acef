// The store as the rest of the program uses it, whatever becomes of its disk. What is refused is kept in memory and written once
// the disk takes it again; a database that went missing or was damaged in use is opened anew. Only `open` throws.
import type { Device } from '../attribute/device.ts';
import type { Remembered } from '../detect/memory.ts';
import type { Log } from '../log.ts';
import { AlertQueue } from './alert-queue.ts';
import { BrowserBook } from './browser-book.ts';
import { DiskFault } from './disk-fault.ts';
import type { EvidenceFrame, StoredEvidence } from './evidence-ring.ts';
import type { Expectation, Incident } from './incident.ts';
import { KeptWrites, type Write } from './kept-writes.ts';
import { sizeOf } from './open-database.ts';
import type { OutboxMessage } from './outbox.ts';
import { PhoneBook } from './phone-book.ts';
import { type Pruned, type SaveBatch, Store, type StoreOptions } from './store.ts';
import { isFull, StoreError, toStoreError } from './store-error.ts';
import { TopicBook } from './topic-book.ts';
import { UnstoredAlerts } from './unstored-alerts.ts';
import type { WatchHours } from './watch-hours.ts';

/** Makes a small write, or keeps it: `what` names the thing that is written. */
export type Keep = (what: string, write: Write) => void;

export interface StoreKeeperOptions extends StoreOptions {
  log: Log;
  /** A fault of the disk began or ended. */
  onChange?(): void;
}

/** In a fault another process's writing is not waited for: packets would. */
const WAIT_IN_FAULT_MS = 50;
const WAIT_MS = 1000;

export class StoreKeeper {
  /** What waits for the broker and other targets. */
  readonly outbox: AlertQueue;
  readonly browsers: BrowserBook;
  readonly topics: TopicBook;
  /** Alerts that are not on disk. */
  readonly alerts = new UnstoredAlerts();
  readonly #options: StoreKeeperOptions;
  readonly #fault = new DiskFault();
  readonly #kept = new KeptWrites();
  readonly #meta = new Map<string, string>();
  #phones: PhoneBook | null = null;
  #store: Store;
  /** `alone`: nobody else can read the database. `memory`: there is none, the store is a stand-in that stays empty. */
  #mode: 'shared' | 'alone' | 'memory' = 'shared';
  /** What is wrong with the file: it is moved aside at the next opening. */
  #damage: string | null = null;
  #isFresh = false;

  /** @throws StoreError when the file cannot be used; a full disk is no reason. */
  static open(options: StoreKeeperOptions): StoreKeeper {
    return new StoreKeeper(options);
  }

  private constructor(options: StoreKeeperOptions) {
    this.#options = options;
    this.#store = this.#openFirst();
    const keep: Keep = (what, write) => this.keep(what, write);
    this.outbox = new AlertQueue({
      store: () => this.#store,
      unstored: this.alerts,
      failed: (error) => this.#failed(error),
    });
    const browsers = this.#read((store) => store.browsers.list(), []);
    const topics = this.#read((store) => store.publishedTopics(), []);
    this.browsers = new BrowserBook(browsers, keep, (browser) => this.#phones?.remove(browser));
    this.topics = new TopicBook(topics, keep);
  }

  #openFirst(): Store {
    try {
      return Store.open(this.#options);
    } catch (error) {
      if (!isFull(error)) throw error;
      this.#failed(error);
      return this.#openWithoutRoom();
    }
  }

  /** On a full disk: what is there can be read all the same. */
  #openWithoutRoom(): Store {
    if (sizeOf(this.#options.path) === 0) return this.#standIn();
    this.#mode = 'alone';
    return Store.open({ ...this.#options, alone: true });
  }

  #standIn(): Store {
    this.#mode = 'memory';
    return Store.open({ ...this.#options, path: ':memory:' });
  }

  /** Who is told by Web Push; read when first asked for. */
  get phones(): PhoneBook {
    this.#phones ??= new PhoneBook(
      this.#read((store) => store.phones.list(), []),
      (what, write) => this.keep(what, write),
    );
    return this.#phones;
  }

  /** Why what is new cannot be stored, and since when (wall time, ms); null when it can. */
  get problem(): { error: StoreError; since: number } | null {
    return this.#fault.problem;
  }

  /** Call it in each round, five times a second: whether to try again in this one. */
  isRetryDue(): boolean {
    return this.#fault.isDue();
  }

  /** The database is a new one: true once, for whoever writes everything into it. */
  takeFresh(): boolean {
    const isFresh = this.#isFresh;
    this.#isFresh = false;
    return isFresh;
  }

  loadDevices(): Device[] {
    return this.#read((store) => store.loadDevices(), []);
  }

  loadIncidents(): Incident[] {
    return this.#read((store) => store.loadIncidents(), []);
  }

  loadExpectations(): Expectation[] {
    return this.#read((store) => store.loadExpectations(), []);
  }

  loadMemories(): Remembered[] {
    return this.#read((store) => store.loadMemories(), []);
  }

  loadEvidence(): StoredEvidence[] {
    return this.#read((store) => store.evidence.load(), []);
  }

  loadWatch(watch: WatchHours): void {
    const { hours, until } = this.#read((store) => store.watch.load(), { hours: [], until: null });
    watch.load(hours, until);
  }

  /** A database that has nothing of it gets all. */
  saveWatch(watch: WatchHours): void {
    this.keep('watch hours', (store) => {
      const changes = watch.changes(store.watch.isEmpty);
      if (changes !== null) store.watch.save(changes);
      watch.stored();
    });
  }

  framesOf(incident: string): EvidenceFrame[] {
    return this.#read((store) => store.evidence.framesOf(incident), []);
  }

  meta(key: string): string | null {
    const known = this.#meta.get(key);
    if (known !== undefined) return known;
    const text = this.#read((store) => store.meta(key), null);
    if (text !== null) this.#meta.set(key, text);
    return text;
  }

  /** For entries that belong to no batch; `durable` as in Store.save. `alerts` tell of it, and are stored with it. */
  setMeta(key: string, text: string, durable = false, alerts: readonly OutboxMessage[] = []): void {
    this.#meta.set(key, text);
    const write: Write = (store) => store.save({ meta: { [key]: text }, durable });
    if (alerts.length === 0) this.keep(`meta ${key}`, write);
    else if (this.problem !== null || !this.save({ meta: { [key]: text }, outbox: alerts, durable })) {
      this.alerts.add(alerts);
      this.#kept.keep(`meta ${key}`, write);
    }
  }

  keep(what: string, write: Write): void {
    if (this.problem === null && this.#try(write)) return;
    this.#kept.keep(what, write);
  }

  /** Whether the batch is on disk; in a fault only `reach` and what follows it try. */
  save(batch: SaveBatch): boolean {
    return this.#try((store) => {
      if (store.place() !== 'whole') throw this.#misplaced();
      store.save(batch);
    });
  }

  prune(options: { before: number }): Pruned {
    return this.#read((store) => store.prune(options), { incidents: [], timeline: 0 });
  }

  /** In a fault: whether the disk takes something again. Opens the database anew where it is not what it was. */
  reach(): boolean {
    return this.#try(() => {
      if (this.#mode === 'memory' || this.#damage !== null) this.#openAnew();
      else if (this.#store.place() !== 'whole') this.#putBack();
      this.#store.probe(this.#options.now());
    });
  }

  /** The end of a fault, once all that was kept has been saved: what else was refused. Says whether that is over. */
  settle(stored: string): boolean {
    if (!this.#try((store) => this.#kept.make(store))) return false;
    this.#fault.end();
    this.#store.wait(WAIT_MS);
    this.#options.log.info(`the database can be written again: ${stored} that lived in memory are stored`);
    if (this.#mode === 'alone') this.#share();
    this.#options.onChange?.();
    return true;
  }

  sizeBytes(): number {
    return this.#read((store) => store.sizeBytes(), 0);
  }

  /** Safe to call twice. */
  close(): void {
    this.#try((store) => store.close());
  }

  /** The file is damaged, or there was none. */
  #openAnew(): void {
    const old = this.#store;
    if (this.#damage !== null) this.#rescueAlerts(old);
    const damage = this.#damage === null ? {} : { damage: this.#damage };
    if (this.#mode !== 'memory') old.close();
    try {
      this.#store = Store.open({ ...this.#options, ...damage });
    } catch (error) {
      if (this.#mode !== 'memory') this.#store = this.#standIn();
      throw error;
    }
    this.#opened(true);
  }

  /** The file is not where it was: all that is in it is written there again, unless another lies there. */
  #putBack(): void {
    const place = this.#store.place();
    // What the broker has acknowledged is not to be found there again.
    if (this.outbox.hasGone) this.#store.save({ durable: false });
    if (place === 'gone') this.#store.copyBack();
    if (place === 'other') this.#rescueAlerts(this.#store);
    this.#store.close();
    try {
      this.#store = Store.open(this.#options);
    } catch (error) {
      this.#store = this.#standIn();
      throw error;
    }
    this.#opened(place === 'other');
  }

  #opened(isFresh: boolean): void {
    this.#mode = 'shared';
    this.#damage = null;
    this.#store.wait(WAIT_IN_FAULT_MS);
    if (!isFresh) return;
    this.#isFresh = true;
    this.topics.keepAll();
    this.browsers.keepAll();
    this.#phones?.keepAll();
    for (const [key, text] of this.#meta) this.setMeta(key, text);
  }

  /** Other processes may read it again; where that cannot be, it stays as it is. */
  #share(): void {
    this.#store.close();
    try {
      this.#store = Store.open(this.#options);
      this.#mode = 'shared';
    } catch (error) {
      this.#failed(error);
      this.#store = this.#standIn();
    }
  }

  #rescueAlerts(store: Store): void {
    try {
      this.alerts.addFirst(store.outbox.all());
    } catch {
      // They were on damaged pages.
    }
  }

  #misplaced(): StoreError {
    const { path } = this.#options;
    return new StoreError(
      'unwritable',
      `The database ${path} was removed, moved or replaced while it was in use. What is new lives in memory only until it ` +
        'can be written there again. Keep its directory in place, or set state_dir to one that stays.',
    );
  }

  #try(work: Write): boolean {
    try {
      work(this.#store);
      return true;
    } catch (error) {
      this.#failed(error);
      return false;
    }
  }

  #read<T>(work: (store: Store) => T, otherwise: T): T {
    try {
      return work(this.#store);
    } catch (error) {
      this.#failed(error);
      return otherwise;
    }
  }

  /** Told once, however often it is met until it is over. */
  #failed(thrown: unknown): void {
    const error = toStoreError(thrown, this.#options.path);
    if (error.code === 'damaged') this.#damage = error.cause instanceof Error ? error.cause.message : error.message;
    if (!this.#fault.begin(error, this.#options.now())) return;
    this.#options.log.error(`${error.message} Meanwhile alerts are sent from memory, marked as not stored.`);
    if (this.#mode !== 'memory') this.#store?.wait(WAIT_IN_FAULT_MS);
    this.#options.onChange?.();
  }
}

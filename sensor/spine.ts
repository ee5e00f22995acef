// The spine without its edges: store, engine and recorder wired together, the same for live capture and replay. It knows
// neither capture nor the broker nor the page; stored-spine.ts opens the database for it.
import { join } from 'node:path';
import { Alarm } from './alarm.ts';
import { KnownTime } from './attribute/known-time.ts';
import type { TimeMove } from './attribute/time-move.ts';
import { loadVendors } from './attribute/vendor.ts';
import { PROJECT_ROOT } from './checkout.ts';
import type { Config } from './config.ts';
import type { Mac } from './decode/packet.ts';
import { Knowledge } from './detect/knowledge.ts';
import { Engine } from './engine.ts';
import { english, type Words } from './language/words.ts';
import type { Log } from './log.ts';
import { formatProblem } from './notes/check.ts';
import { loadCompiled, mergeNotes } from './notes/compiled.ts';
import { loadNotes } from './notes/load.ts';
import { indexNotes } from './notes/note-index.ts';
import type { Note } from './notes/schema.ts';
import { commandRunner, type MakeTest } from './record/command-runner.ts';
import type { CommandRunner } from './record/commands.ts';
import { newRecordEvents, type RecordEvents } from './record/events.ts';
import { NoStore } from './record/no-store.ts';
import type { RecordStore } from './record/record-store.ts';
import { Recorder } from './record/recorder.ts';
import type { RecorderOptions } from './record/recorder-options.ts';
import type { StoreKeeper } from './record/store-keeper.ts';
import { tallyMail, WatchHours } from './record/watch-hours.ts';

export const SHIPPED_NOTES = join(PROJECT_ROOT, 'firmware-notes');
const COMPILED_NOTES = join(PROJECT_ROOT, 'dist/firmware-notes.json');

/** Mail counts go to disk this often (ms of real time) while they change. */
export const FLUSH_MAIL = 200;
/** Page and broker hear of ordinary changes this often, on disk or not. */
export const TELL = 60_000;
/** Who waits for packet time is woken after this long at most (ms), whatever became of the clock. */
const LONGEST_WAIT = 1000;
/** Where the store keeps what is known of the sensor's own time. */
const TIME_KEY = 'known_time';

export interface SpineOptions {
  config: Config;
  homeNet: readonly string[];
  sensorMac: Mac | null;
  /** Addresses of this machine's other interfaces. */
  ownMacs?: readonly Mac[];
  /** Further note directories, for the demo. */
  extraNotes?: readonly string[];
  log(room: string): Log;
  /** Wall time in milliseconds. */
  now(): number;
  /** The frames are no live capture: packet time goes by at no cost. */
  recorded?: boolean;
  alerts: RecorderOptions['alerts'];
  /** Without it there are no test alerts. */
  makeTest?: MakeTest;
  /** The language that incidents are told in; English unless told. */
  words?: Words;
  /** Further entries of the store's meta table. */
  meta?(): Record<string, string>;
}

type KnowledgeOptions = Pick<SpineOptions, 'config' | 'extraNotes' | 'log'>;

export function databaseIn(stateDir: string): string {
  return join(stateDir, 'thingwatch.db');
}

export interface Spine<Store extends RecordStore = StoreKeeper> {
  engine: Engine;
  recorder: Recorder;
  store: Store;
  knowledge: Knowledge;
  events: RecordEvents;
  /** Which time was watched, and which is certain. */
  time: KnownTime;
  /** How much of each hour the home was seen; null where frames are recorded. */
  watch: WatchHours | null;
  run: CommandRunner;
  /** The language that incidents are told in. */
  words: Words;
  /** `:memory:` where there is no file. */
  databasePath: string;
  /** Stores changes from time to time until `close`. */
  startFlushing(): void;
  /** The clock was put right; `isSure`: the system said so, and what was due meanwhile is due. */
  moveTime(move: TimeMove, isSure: boolean): void;
  /** Packet time is wall time: ticks come when something waits for one, until `close`. */
  followClock(): void;
  /** Settles what is pending, stores everything, lets the database go. */
  close(): void;
}

/** A spine that keeps nothing but what is in memory. */
export function openPassingSpine(options: SpineOptions): Spine<RecordStore> {
  return wireSpine(options, { store: new NoStore(), events: newRecordEvents(), databasePath: ':memory:' });
}

/** Everything but the store, over the one that was opened. */
export function wireSpine<Store extends RecordStore>(
  options: SpineOptions,
  opened: Pick<Spine<Store>, 'store' | 'events' | 'databasePath'>,
): Spine<Store> {
  const { config, log } = options;
  const { databasePath, events, store } = opened;
  const knowledge = openKnowledge(options);
  const time = new KnownTime();
  time.restore(store.meta(TIME_KEY));
  const watch = options.recorded === true ? null : new WatchHours();
  if (watch !== null) store.loadWatch(watch);
  const meta = () => ({ [TIME_KEY]: time.text(), ...options.meta?.() });
  const { words = english } = options;
  const recorder = new Recorder({
    words,
    store,
    events,
    knowledge,
    time,
    meta,
    log: log('record'),
    alerts: options.alerts,
    ...(watch === null ? {} : { judged: (finding, isExpected) => tallyMail(watch, finding, isExpected) }),
    paced: options.recorded !== true,
  });
  let onWait: (until: number) => void = () => {};
  const { learning_days: learningDays, updates_overdue_days: overdueDays } = config.detect;
  const engine = new Engine({
    homeNet: options.homeNet,
    sensorMac: options.sensorMac,
    ownMacs: options.ownMacs ?? [],
    onFinding: (finding, device) => recorder.finding(finding, device),
    watcher: recorder.evidence,
    onFinish: () => recorder.outbreaks.settle(),
    knowledge,
    onWait: (until) => onWait(until),
    settings: { learningDays, overdueDays, time, recorded: options.recorded ?? false },
  });
  const alarm = new Alarm(() => engine.tick(options.now()));
  recorder.attach(engine);
  const timers: NodeJS.Timeout[] = [];
  let closed = false;
  return {
    engine,
    recorder,
    store,
    knowledge,
    events,
    time,
    watch,
    run: commandRunner({ engine, recorder }, options.makeTest ?? (() => null)),
    words,
    databasePath,
    startFlushing() {
      timers.push(setInterval(() => recorder.flushMail(), FLUSH_MAIL));
      timers.push(setInterval(() => recorder.tell(), TELL));
      timers.push(setInterval(() => recorder.flush(), config.store.flush_seconds * 1000));
    },
    moveTime(move, isSure) {
      time.move(move);
      watch?.move(move);
      engine.moveTime(move);
      recorder.moveTime(engine, move, isSure);
    },
    followClock() {
      // It has waited since its frame was stamped: what it took to read and judge it is a part of that.
      onWait = (until) => alarm.within(Math.min(until - options.now(), LONGEST_WAIT));
    },
    close() {
      if (closed) return;
      closed = true;
      for (const timer of timers) clearInterval(timer);
      alarm.clear();
      onWait = () => {};
      engine.finish();
      recorder.flushAll();
      if (watch !== null) store.saveWatch(watch);
      if (recorder.refused !== null) log('record').error(lostWords(recorder.refused));
      store.close();
    },
  };
}

function lostWords({ alerts, incidents }: NonNullable<Recorder['refused']>): string {
  return `the sensor ends while the database cannot be written: ${incidents} incidents and ${alerts} alerts that lived in memory are lost`;
}

/** The notes that come with thingwatch. */
export function shippedNotes(): readonly Note[] {
  return loadCompiled(SHIPPED_NOTES, COMPILED_NOTES).notes;
}

/** Vendors and notes; what is wrong with a note is logged. */
export function openKnowledge({ config, extraNotes = [], log }: KnowledgeOptions): Knowledge {
  const shipped = loadCompiled(SHIPPED_NOTES, COMPILED_NOTES);
  const own = loadNotes([...extraNotes, ...config.notes.dirs]);
  for (const problem of [...shipped.problems, ...own.problems]) {
    log('notes').warn(`this note is left out: ${formatProblem(problem)}`);
  }
  return new Knowledge(loadVendors(), indexNotes(mergeNotes(shipped.notes, own.notes)));
}

// The spine over the database: what `run`, `replay --serve` and a replay that keeps its state use. Apart from spine.ts, so that what
// keeps nothing does not load SQLite.
import { newRecordEvents, type RecordEvents } from './record/events.ts';
import { StoreKeeper } from './record/store-keeper.ts';
import { databaseIn, type Spine, type SpineOptions, wireSpine } from './spine.ts';

const MEGABYTE = 1024 * 1024;

export interface StoredSpineOptions extends SpineOptions {
  /** Directory of the database; null keeps it in memory. */
  stateDir: string | null;
}

/** @throws StoreError when the state directory cannot be used. */
export function openSpine(options: StoredSpineOptions): Spine {
  const databasePath = options.stateDir === null ? ':memory:' : databaseIn(options.stateDir);
  const events = newRecordEvents();
  return wireSpine(options, { store: openStore(databasePath, events, options), events, databasePath });
}

function openStore(path: string, events: RecordEvents, { config, log, now }: SpineOptions): StoreKeeper {
  const room = log('record');
  return StoreKeeper.open({
    path,
    now,
    log: room,
    onChange: () => events.emit('storage'),
    onMended: (what) => room.warn(what),
    maxBytes: config.store.max_megabytes * MEGABYTE,
    onDamage: (movedTo, reason) =>
      room.error(
        `the database was damaged (${reason}); it was moved to ${movedTo} and a fresh one begun: earlier incidents are only in that file`,
      ),
    onUpgrade: ({ copy, from, problem, to }) =>
      copy === null
        ? room.warn(
            `the database was brought from schema ${from} to ${to}, and no copy of it as it was could be kept: ${problem}`,
          )
        : room.info(
            `the database was brought from schema ${from} to ${to}; as it was it lies in ${copy}, for the earlier version of thingwatch`,
          ),
    onProblem: (problem) => room.warn(`a stored row could not be read and was left out: ${problem}`),
  });
}

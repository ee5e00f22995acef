// Opens the store's file safely: one process at a time, nothing newer touched, damage moved aside and kept.
import { existsSync, mkdirSync, renameSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import Database from 'better-sqlite3';
import { migrate, SCHEMA_VERSION, schemaVersion } from './schema.ts';
import { isDamage, StoreError, toStoreError } from './store-error.ts';

export interface OpenOptions {
  /** File path, or `:memory:` for a replay that keeps nothing. */
  path: string;
  /** Called after a damaged database was moved aside, with its new path and what was found. */
  onDamage?: (movedTo: string, reason: string) => void;
  /** Wall time in milliseconds: names what was moved aside, ends messages that expire. */
  now: () => number;
}

export interface OpenedDatabase {
  db: Database.Database;
  /** Held as long as the store is open; null in memory. */
  lock: Database.Database | null;
}

/** What belongs to a database file beside the file itself. */
const COMPANIONS = ['-wal', '-shm', '-journal'] as const;
/** Another program may read the file now and then; longer waits would hold up the packets. */
const BUSY_MS = 1000;
/** A supervisor may start us while our predecessor is still going. */
const LOCK_WAIT_MS = 500;
/**
 * The journal goes into the database when it is this long, so that a page which a flood changes again and again goes there once; and
 * back to this after a large transaction, so that it does not keep its largest size.
 */
const JOURNAL_BYTES = 16 * 1024 * 1024;
/** A changed row writes a page: small ones spare the card. A file from before keeps its own. */
const PAGE_BYTES = 1024;

/** @throws StoreError with everything closed and unlocked again. */
export function openDatabase(options: OpenOptions): OpenedDatabase {
  const { path } = options;
  if (path === ':memory:') return { db: prepare(new Database(path)), lock: null };
  let lock: Database.Database | null = null;
  let db: Database.Database | null = null;
  try {
    makeDirectory(dirname(path));
    lock = takeLock(path);
    const damage = findDamage(path);
    if (damage !== null) {
      const movedTo = moveAside(path, options.now());
      options.onDamage?.(movedTo, damage);
    }
    db = new Database(path, { timeout: BUSY_MS });
    return { db: prepare(db), lock };
  } catch (error) {
    db?.close();
    lock?.close();
    throw toStoreError(error, path);
  }
}

/** Readable by its owner alone. Node's own `recursive` never returns where the kernel answers ENOENT, as in /proc. */
function makeDirectory(path: string): void {
  if (existsSync(path)) return;
  makeDirectory(dirname(path));
  mkdirSync(path, { mode: 0o700 });
}

function prepare(db: Database.Database): Database.Database {
  // These take effect only before the first table; later they say what is already so.
  db.pragma(`page_size = ${PAGE_BYTES}`);
  db.pragma('auto_vacuum = INCREMENTAL');
  db.pragma('journal_mode = WAL');
  db.pragma(`journal_size_limit = ${JOURNAL_BYTES}`);
  db.pragma(`wal_autocheckpoint = ${JOURNAL_BYTES / Number(db.pragma('page_size', { simple: true }))}`);
  db.pragma('foreign_keys = ON');
  // Whole after a power cut, but without what was last: who needs that on disk says so (`durable` in Store.save).
  db.pragma('synchronous = NORMAL');
  migrate(db);
  return db;
}

/**
 * An open exclusive transaction on an empty file beside the database: the kernel drops it with the process, however that
 * ends, so a lock is never stale; and the database itself stays readable for other tools.
 */
function takeLock(path: string): Database.Database {
  const lock = new Database(`${path}.lock`, { timeout: LOCK_WAIT_MS });
  try {
    lock.exec('BEGIN EXCLUSIVE');
    return lock;
  } catch (error) {
    lock.close();
    throw toStoreError(error, path);
  }
}

/** What is wrong with the file's content, or null. Looks through a read-only connection: it must not change a newer file. */
function findDamage(path: string): string | null {
  // SQLite would delete the journal of an empty database: all there is to rescue.
  if (sizeOf(path) === 0) return sizeOf(`${path}-wal`) > 0 ? 'the database is gone, only its journal is left' : null;
  let db: Database.Database | null = null;
  try {
    db = new Database(path, { readonly: true, fileMustExist: true, timeout: BUSY_MS });
    const version = schemaVersion(db);
    if (version > SCHEMA_VERSION) {
      throw new StoreError(
        'newer',
        `The database ${path} was written by a newer thingwatch (schema ${version}, this one knows ${SCHEMA_VERSION}). ` +
          'It was left as it is, since an older version would spoil it. Install the newer version again, or set state_dir to another directory.',
      );
    }
    const finding = String(db.pragma('quick_check(1)', { simple: true }));
    return finding === 'ok' ? null : finding;
  } catch (error) {
    if (isDamage(error)) return error instanceof Error ? error.message : String(error);
    throw error;
  } finally {
    db?.close();
  }
}

/** Renames the database and its companions so that they still belong together; returns the new path. */
function moveAside(path: string, time: number): string {
  const stamp = new Date(time).toISOString().replace(/[-:]|\.\d+/g, '');
  let target = `${path}.damaged-${stamp}`;
  const taken = (name: string) => ['', ...COMPANIONS].some((suffix) => existsSync(name + suffix));
  for (let n = 2; taken(target); n += 1) target = `${path}.damaged-${stamp}-${n}`;
  for (const suffix of ['', ...COMPANIONS]) {
    if (existsSync(path + suffix)) renameSync(path + suffix, target + suffix);
  }
  return target;
}

/** Zero where there is no file. */
export function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}

// Opens the store's file safely: one process at a time, nothing newer touched, damage moved aside and kept.
import {
  chmodSync,
  closeSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import Database from 'better-sqlite3';
import { finishRestore } from './backup-files.ts';
import { stampOf } from './copy-database.ts';
import { journalDamage } from './journal-check.ts';
import { migrate, SCHEMA_VERSION, schemaVersion } from './schema.ts';
import { isContradiction, isDamage, reasonOf, StoreError, toStoreError } from './store-error.ts';
import { type Upgrade, upgrade } from './upgrade.ts';

export interface OpenOptions {
  /** File path, or `:memory:` for a replay that keeps nothing. */
  path: string;
  /** Called after a damaged database was moved aside, with its new path and what was found. */
  onDamage?: (movedTo: string, reason: string) => void;
  /** Told of what was put right at opening, in a sentence. */
  onMended?: (what: string) => void;
  /** Called after an older database was brought up to date. */
  onUpgrade?: (upgrade: Upgrade) => void;
  /** Wall time in milliseconds: names what was moved aside, ends messages that expire. */
  now: () => number;
  /** Damage that showed in use: the file is moved aside though it may open. */
  damage?: string;
  /**
   * Without the file beside the database that processes share: a full disk has no room for a new one. Nobody else can read the
   * database then.
   */
  alone?: boolean;
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
  if (path === ':memory:') {
    const memory = new Database(path);
    prepare(memory);
    migrate(memory);
    return { db: memory, lock: null };
  }
  let lock: Database.Database | null = null;
  let db: Database.Database | null = null;
  const aside = (damage: string) => {
    db?.close();
    const movedTo = moveAside(path, options.now());
    options.onDamage?.(movedTo, damage);
  };
  try {
    makeDirectory(dirname(path));
    lock = takeLock(path);
    undoHalfDone(path);
    const damage = options.damage ?? findDamage(options);
    if (damage !== null) aside(damage);
    else keepJournal(options);
    db = connect(options);
    const left = whyUseless(db, options);
    if (left !== null) {
      aside(left);
      db = connect(options);
      makeCurrent(db, options);
    }
    return { db, lock };
  } catch (error) {
    db?.close();
    lock?.close();
    throw toStoreError(error, path);
  }
}

/** Readable by its owner alone. Node's own `recursive` never returns where the kernel answers ENOENT, as in /proc. */
export function makeDirectory(path: string): void {
  if (existsSync(path)) return;
  makeDirectory(dirname(path));
  mkdirSync(path, { mode: 0o700 });
  chmodSync(path, 0o700);
}

/** SQLite takes a damaged journal as far as it is whole, and then drops it: a copy is kept, and it is told. */
function keepJournal({ now, onMended, path }: OpenOptions): void {
  const damage = journalDamage(`${path}-wal`);
  if (damage === null) return;
  const copy = `${path}.damaged-${stampOf(now())}-wal`;
  let kept = `as ${copy}`;
  try {
    copyFileSync(`${path}-wal`, copy);
  } catch (error) {
    rmSync(copy, { force: true });
    kept = `not, as there was no way to (${reasonOf(error)})`;
  }
  onMended?.(
    `the database's journal is damaged: ${damage}. What was whole before that is there; the journal is kept ${kept}`,
  );
}

function connect(options: OpenOptions): Database.Database {
  const { path } = options;
  makePrivate(path);
  tighten(options);
  const db = new Database(path, { timeout: BUSY_MS });
  if (options.alone === true) db.pragma('locking_mode = EXCLUSIVE');
  return db;
}

/** An empty file that its owner alone may read, whatever the umask; SQLite gives those beside it the same rights. */
export function makePrivate(path: string): void {
  if (existsSync(path)) return;
  closeSync(openSync(path, 'a', 0o600));
  chmodSync(path, 0o600);
}

/** The database and what belongs to it, also copies that were moved aside: for its owner alone. */
function tighten({ path, onMended }: OpenOptions): void {
  const open = readdirSync(dirname(path))
    .filter((name) => name.startsWith(basename(path)))
    .map((name) => join(dirname(path), name))
    .filter((file) => ((statSync(file, { throwIfNoEntry: false })?.mode ?? 0) & 0o077) !== 0);
  if (open.length === 0) return;
  try {
    for (const file of open) chmodSync(file, 0o600);
    onMended?.(`other accounts of this machine could read ${open.join(', ')}: now its owner alone can`);
  } catch (error) {
    onMended?.(
      `other accounts of this machine can read ${open.join(', ')}, and that cannot be changed (${reasonOf(error)})`,
    );
  }
}

/** Makes it ready; returns what is wrong with its content, or null. */
function whyUseless(db: Database.Database, options: OpenOptions): string | null {
  try {
    const left = mendIndexes(db, options);
    if (left === null) makeCurrent(db, options);
    return left;
  } catch (error) {
    // Tables that are not those of its version: the version is in the header, and may be what is damaged.
    if (isDamage(error) || isContradiction(error)) return reasonOf(error);
    throw error;
  }
}

/**
 * What the look through a read-only connection left out: whether each index fits its table, which is no part of `quick_check`, and
 * whether rows keep their table's conditions, which SQLite forgets on such a connection. So neither look can stand for both. An index
 * that does not fit is made anew from its table: by a wrong one rows are not found and come to be there twice. Returns what is wrong
 * all the same, or null.
 */
function mendIndexes(db: Database.Database, { onMended }: OpenOptions): string | null {
  const check = () => String(db.pragma('integrity_check(1)', { simple: true }));
  const finding = check();
  if (finding === 'ok') return null;
  // What is moved aside shall be as it was found.
  db.exec('BEGIN IMMEDIATE; REINDEX');
  const left = check();
  db.exec(left === 'ok' ? 'COMMIT' : 'ROLLBACK');
  if (left !== 'ok') return left;
  onMended?.(`the database's indexes were damaged (${finding}) and were made anew: nothing in it is lost`);
  return null;
}

function prepare(db: Database.Database): void {
  // These take effect only before the first table; later the second of them would only write, which a full disk refuses.
  if (schemaVersion(db) === 0) {
    db.pragma(`page_size = ${PAGE_BYTES}`);
    db.pragma('auto_vacuum = INCREMENTAL');
  }
  db.pragma('journal_mode = WAL');
  db.pragma(`journal_size_limit = ${JOURNAL_BYTES}`);
  db.pragma(`wal_autocheckpoint = ${JOURNAL_BYTES / Number(db.pragma('page_size', { simple: true }))}`);
  db.pragma('foreign_keys = ON');
  // Whole after a power cut, but without what was last: who needs that on disk says so (`durable` in Store.save).
  db.pragma('synchronous = NORMAL');
}

function makeCurrent(db: Database.Database, { now, onUpgrade, path }: OpenOptions): void {
  prepare(db);
  finishRestore(db, { path, now: now() });
  upgrade(db, { path, now: now(), onUpgrade });
}

/**
 * An open exclusive transaction on an empty file beside the database: the kernel drops it with the process, however that
 * ends, so a lock is never stale; and the database itself stays readable for other tools.
 */
export function takeLock(path: string): Database.Database {
  makePrivate(`${path}.lock`);
  const lock = new Database(`${path}.lock`, { timeout: LOCK_WAIT_MS });
  try {
    // On a full disk there is no room for the journal of a file that nothing is written to.
    lock.pragma('journal_mode = MEMORY');
    lock.exec('BEGIN EXCLUSIVE');
    return lock;
  } catch (error) {
    lock.close();
    throw toStoreError(error, path);
  }
}

/**
 * A database that has no `-wal` yet (one just made or restored) may have been left in the middle of a change by a kill: SQLite undoes
 * that by its `-journal`, which a read-only connection is not allowed to.
 */
function undoHalfDone(path: string): void {
  if (sizeOf(`${path}-journal`) === 0 || sizeOf(`${path}-wal`) > 0) return;
  const db = new Database(path, { timeout: BUSY_MS });
  try {
    schemaVersion(db);
  } catch (error) {
    // What is wrong is found, and told, when the content is looked at.
    if (!isDamage(error)) throw error;
  } finally {
    db.close();
  }
}

/** What is wrong with the file's content, or null. Looks through a read-only connection: it must not change a newer file. */
function findDamage({ alone = false, path }: OpenOptions): string | null {
  // SQLite would delete the journal of an empty database: all there is to rescue.
  if (sizeOf(path) === 0) return sizeOf(`${path}-wal`) > 0 ? 'the database is gone, only its journal is left' : null;
  if (!hasHeader(path)) return 'its first bytes are none of a database';
  let db: Database.Database | null = null;
  try {
    // A read-only connection needs the shared file.
    db = new Database(path, { readonly: !alone, fileMustExist: true, timeout: BUSY_MS });
    if (alone) db.pragma('locking_mode = EXCLUSIVE');
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
    if (isDamage(error) || isContradiction(error)) return reasonOf(error);
    throw error;
  } finally {
    db?.close();
  }
}

/** Of a file that is not empty. A version that SQLite would only read (https://sqlite.org/fileformat2.html, 1.3.3) is none of ours. */
function hasHeader(path: string): boolean {
  const header = Buffer.alloc(20);
  const file = openSync(path, 'r');
  try {
    readSync(file, header);
  } finally {
    closeSync(file);
  }
  const [writes = 0, reads = 0] = header.subarray(18);
  return header.toString('latin1', 0, 16) === 'SQLite format 3\0' && writes <= 2 && reads <= 2;
}

/** Renames the database and its companions so that they still belong together; returns the new path. */
function moveAside(path: string, time: number): string {
  const stamp = stampOf(time);
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

// Why the store could not do its work, told to a person: what happened, why it matters, what to do.
import { closeSync, openSync } from 'node:fs';
import Database from 'better-sqlite3';

/**
 * `newer`: written by a later version · `locked`: another process has it · `unwritable`: no permission, read-only or not
 * a directory · `full`: no space · `damaged`: unreadable while in use (at opening it is moved aside instead) · `foreign`: no
 * backup, or no database of thingwatch · `exists`: a file is in the way · `io`: else.
 */
export type StoreErrorCode = 'newer' | 'locked' | 'unwritable' | 'full' | 'damaged' | 'foreign' | 'exists' | 'io';

/** What an error of SQLite or the file system comes down to; the others are our own findings. */
type SystemCode = Extract<StoreErrorCode, 'locked' | 'unwritable' | 'full' | 'damaged' | 'io'>;

export class StoreError extends Error {
  readonly code: StoreErrorCode;

  constructor(code: StoreErrorCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'StoreError';
    this.code = code;
  }
}

/** Runs database work and turns what it throws into a StoreError. */
export type Guard = <T>(work: () => T) => T;

/** Whether SQLite says that the file's content, not the disk or the rights, is at fault. */
export function isDamage(error: unknown): boolean {
  return storeErrorCode(error) === 'damaged';
}

export function isFull(error: unknown): boolean {
  return error instanceof StoreError ? error.code === 'full' : storeErrorCode(error) === 'full';
}

/** Whether what is in the file contradicts itself: two rows with one key, or tables that are not those of its version. */
export function isContradiction(error: unknown): boolean {
  return error instanceof Database.SqliteError && /^SQLITE_(ERROR|SCHEMA|CONSTRAINT|MISMATCH|FORMAT)/.test(error.code);
}

/** Turns what SQLite or the file system threw into a StoreError about `path`; a StoreError passes through. */
export function toStoreError(error: unknown, path: string): StoreError {
  if (error instanceof StoreError) return error;
  const code = storeErrorCode(error);
  const told = code === 'io' && isReadOnly(path) ? FAILED_CARD(path) : explain(code, path, reasonOf(error));
  return new StoreError(code, told, error);
}

/** Whether its file system takes no writes: SQLite calls that a fault of the disk like any other. access(2) still says yes. */
function isReadOnly(path: string): boolean {
  try {
    closeSync(openSync(path, 'r+'));
    return false;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EROFS';
  }
}

const FAILED_CARD = (path: string) =>
  `The file system of the database ${path} has become read-only, as Linux does when a memory card or disk fails. What is new ` +
  'lives in memory only and is lost at the next restart. See what "dmesg" says, save the database with "thingwatch backup ' +
  'FILE" to another disk, and check or replace the card.';

/** In the words of whoever threw it. */
export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function storeErrorCode(error: unknown): SystemCode {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (error instanceof Database.SqliteError) {
    // A shared-memory file that cannot grow is how a full disk shows before the first write.
    if (code === 'SQLITE_FULL' || code === 'SQLITE_IOERR_SHMSIZE') return 'full';
    if (/^SQLITE_(CORRUPT|NOTADB)/.test(code)) return 'damaged';
    if (/^SQLITE_(BUSY|LOCKED)/.test(code)) return 'locked';
    if (/^SQLITE_(READONLY|CANTOPEN|PERM|AUTH)/.test(code)) return 'unwritable';
    return 'io';
  }
  if (code === 'ENOSPC' || code === 'EDQUOT') return 'full';
  if (/^(EACCES|EPERM|EROFS|ENOTDIR|EISDIR|ENOENT|EEXIST)$/.test(code)) return 'unwritable';
  return 'io';
}

function explain(code: SystemCode, path: string, reason: string): string {
  switch (code) {
    case 'full':
      return (
        `No space left for the database ${path} (${reason}). Until there is space, what is new lives in memory only. ` +
        'Free space on that disk, or move state_dir to a larger one.'
      );
    case 'unwritable':
      return (
        `The database ${path} cannot be opened for writing (${reason}). Without it incidents would be lost at the next ` +
        'restart. Make its directory exist and writable for this user, or set state_dir to one that is.'
      );
    case 'locked':
      return (
        `The database ${path} is in use by another process (${reason}). Two writers would lose each other's incidents. ` +
        'Stop the other thingwatch, or give this one a state_dir of its own.'
      );
    case 'damaged':
      return (
        `The database ${path} became unreadable while in use (${reason}). It is moved aside and kept, and a fresh one ` +
        'begun with what is in memory. Check the disk or SD card.'
      );
    case 'io':
      return (
        `The database ${path} could not be used (${reason}). Changes may not be stored. ` +
        'Check the disk and the system log; thingwatch can be started again at any time.'
      );
  }
}

// A copy of a database as it is at one moment, whoever writes to it meanwhile: whole on the disk, for its owner alone, and only then
// under its name. Also what that takes of files and directories.
import {
  chmodSync,
  closeSync,
  existsSync,
  fsyncSync,
  linkSync,
  openSync,
  renameSync,
  rmSync,
  statfsSync,
} from 'node:fs';
import { dirname } from 'node:path';
import Database from 'better-sqlite3';
import { StoreError } from './store-error.ts';

/** Free space that is left for others. */
const SPARE_BYTES = 1024 * 1024;
/** Ends the name of what is still being written. */
export const PARTIAL = '.partial';

/** Bytes that are in use, which a copy of it takes. */
export function copyBytes(db: Database.Database): number {
  const of = (name: string) => Number(db.pragma(name, { simple: true }));
  return (of('page_count') - of('freelist_count')) * of('page_size');
}

/** Whether `bytes` more fit on the disk of a directory; if not, why, with both figures. */
export function lackOfSpace(directory: string, bytes: number): string | null {
  const { bavail, bsize } = statfsSync(directory);
  const free = bavail * bsize;
  if (free >= bytes + SPARE_BYTES) return null;
  return `it takes ${megabytes(bytes + SPARE_BYTES)}, and ${directory} has ${megabytes(free)} left`;
}

export function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}

/**
 * Writes what `db` shows at this moment, also one opened for reading only, to a new file `to`, which nobody else may read; it is not
 * brought to the disk. Holds up no writer; takes about as long as to read and write that much.
 */
export function copyInto(db: Database.Database, to: string): void {
  rmSync(to, { force: true });
  // SQLite fills an empty file, which has the right mode from the beginning.
  closeSync(openSync(to, 'wx', 0o600));
  chmodSync(to, 0o600);
  db.prepare('VACUUM INTO ?').run(to);
}

/** Looks through all of a file that nobody else has open; what is wrong with it, or null. */
export function findFault(path: string): string | null {
  const db = new Database(path, { readonly: true, fileMustExist: true });
  try {
    const finding = String(db.pragma('integrity_check(1)', { simple: true }));
    return finding === 'ok' ? null : finding;
  } finally {
    db.close();
  }
}

/** On the disk when it returns; of a directory, its names. */
export function bringToDisk(path: string): void {
  const file = openSync(path, 'r');
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

/** Gives what is written its name, on disk when it returns. Without `replace` a file that is there stays, and that is an error. */
export function publish(written: string, name: string, replace: boolean): void {
  bringToDisk(written);
  if (replace) renameSync(written, name);
  else if (linked(written, name)) rmSync(written);
  else {
    if (existsSync(name)) throw alreadyThere(name);
    renameSync(written, name);
  }
  bringToDisk(dirname(name));
}

/** A second name, which fails where there is such a file; false where the file system knows no second names, as on many USB sticks. */
function linked(written: string, name: string): boolean {
  try {
    linkSync(written, name);
    return true;
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : '';
    if (code === 'EEXIST') throw alreadyThere(name);
    if (code === 'EPERM' || code === 'ENOTSUP' || code === 'EOPNOTSUPP' || code === 'ENOSYS') return false;
    throw error;
  }
}

function alreadyThere(name: string): StoreError {
  return new StoreError(
    'exists',
    `There is a file ${name} already, and it was left as it is. Name another, or say --force.`,
  );
}

/** For names of files: to the second, `20261129T134000Z`. */
export function stampOf(time: number): string {
  return new Date(time).toISOString().replace(/[-:]|\.\d+/g, '');
}

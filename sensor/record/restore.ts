// Puts a backup in the place of a state directory's database. What was there moves aside, and whoever is cut short leaves the old
// state or the new one: the change is a single renaming, and small files that are still in the database then are written at the next
// start.
import { existsSync, renameSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import Database from 'better-sqlite3';
import { type BackupContent, readBackup } from './backup.ts';
import { ASIDE, carriesFiles, finishRestore, giveTo, keep, makeLike, putAbout, putFiles } from './backup-files.ts';
import { bringToDisk, copyBytes, copyInto, findFault, lackOfSpace, stampOf } from './copy-database.ts';
import { makeDirectory, sizeOf, takeLock } from './open-database.ts';
import { isDamage, StoreError, toStoreError } from './store-error.ts';

const BUSY_MS = 5000;
/** Entries of `meta` that are of this machine's port, not of what the sensor knows. */
const OF_THE_MACHINE = 'offloads_switched_off';

export interface RestoreOptions {
  from: string;
  /** Of the database that is replaced. */
  to: string;
  /** Wall time. */
  now: number;
}

export interface Restored extends BackupContent {
  /** Directory of what was there before; null where nothing was. */
  aside: string | null;
}

/** @throws StoreError; the old state is then as it was. */
export function restoreBackup({ from, now, to }: RestoreOptions): Restored {
  const content = readBackup(from);
  const directory = dirname(to);
  let lock: Database.Database | null = null;
  const staged = `${to}.restoring`;
  try {
    makeDirectory(directory);
    lock = takeLock(to);
    giveTo(directory, `${to}.lock`);
    const aside = freshName(join(directory, `before-restore-${stampOf(now)}`));
    const isThere = ['', '-wal'].some((suffix) => existsSync(to + suffix));
    const old = isThere ? { path: to, isSound: isSound(to) } : null;
    stage(from, staged, { to, aside, old });
    if (old !== null) setAside(old, aside);
    renameSync(staged, to);
    bringToDisk(directory);
    writeFiles(to, now);
    return { ...content, aside: existsSync(aside) ? aside : null };
  } catch (error) {
    throw toStoreError(error, to);
  } finally {
    for (const suffix of ['', '-journal']) rmSync(staged + suffix, { force: true });
    lock?.close();
  }
}

interface OldDatabase {
  path: string;
  /** SQLite can read it. It would throw away the journal of one that it cannot, as soon as that is opened for writing. */
  isSound: boolean;
}

function isSound(path: string): boolean {
  if (sizeOf(path) === 0) return false;
  let db: Database.Database | null = null;
  try {
    db = new Database(path, { readonly: true, timeout: BUSY_MS });
    return db.pragma('quick_check(1)', { simple: true }) === 'ok';
  } catch (error) {
    if (isDamage(error)) return false;
    throw error;
  } finally {
    db?.close();
  }
}

/** The new database, whole on the disk and with the rights it shall have, beside the old one. */
function stage(
  from: string,
  staged: string,
  { aside, old, to }: { aside: string; old: OldDatabase | null; to: string },
): void {
  const source = new Database(from, { readonly: true, fileMustExist: true, timeout: BUSY_MS });
  try {
    const lack = lackOfSpace(dirname(to), 2 * copyBytes(source));
    if (lack !== null)
      throw new StoreError('full', `There is no room to restore the backup: ${lack}. Nothing was changed.`);
    copyInto(source, staged);
  } finally {
    source.close();
  }
  const db = new Database(staged);
  try {
    if (carriesFiles(db)) putAbout(db, { [ASIDE]: basename(aside) });
    else putFiles(db, [], { [ASIDE]: basename(aside) });
    db.prepare('DELETE FROM meta WHERE key = ?').run(OF_THE_MACHINE);
    if (old?.isSound === true) takeOver(db, old.path);
  } finally {
    db.close();
  }
  const fault = findFault(staged);
  if (fault !== null)
    throw new StoreError('io', `What was written for ${to} came back different (${fault}): check the disk.`);
  giveTo(dirname(to), staged);
  bringToDisk(staged);
}

/**
 * What the replaced sensor has put on the broker stays there until somebody clears it, and what it switched off at its port stays
 * off: the restored one has to know.
 */
function takeOver(db: Database.Database, old: string): void {
  try {
    db.prepare('ATTACH ? AS old').run(old);
    db.prepare('INSERT OR IGNORE INTO published_topics SELECT topic FROM old.published_topics').run();
    db.prepare('INSERT OR REPLACE INTO meta SELECT key, value FROM old.meta WHERE key = ?').run(OF_THE_MACHINE);
  } catch {
    // Of an earlier schema.
  }
}

/** Keeps the old database under a second name: in its place it is until the new one is. A damaged one goes as it is. */
function setAside({ isSound: canBeFolded, path }: OldDatabase, aside: string): void {
  if (canBeFolded) foldJournal(path);
  makeLike(dirname(path), aside);
  if (canBeFolded) {
    keep(path, join(aside, basename(path)));
    return;
  }
  for (const suffix of ['-wal', '-shm', '-journal', ''])
    if (existsSync(path + suffix)) renameSync(path + suffix, join(aside, basename(path) + suffix));
}

/** A journal that stayed would be taken for the new database's. */
function foldJournal(path: string): void {
  const db = new Database(path, { timeout: BUSY_MS });
  try {
    const [{ busy } = { busy: 0 }] = db.pragma('wal_checkpoint(TRUNCATE)') as { busy: number }[];
    if (busy !== 0)
      throw new StoreError(
        'locked',
        `Another program reads the database ${path}. Nothing was changed. Try again later.`,
      );
  } finally {
    db.close();
  }
  for (const suffix of ['-wal', '-shm']) rmSync(path + suffix, { force: true });
}

function writeFiles(path: string, now: number): void {
  const db = new Database(path);
  try {
    finishRestore(db, { path, now });
  } finally {
    db.close();
  }
}

function freshName(name: string): string {
  for (let n = 1; ; n++) {
    const one = n === 1 ? name : `${name}-${n}`;
    if (!existsSync(one)) return one;
  }
}

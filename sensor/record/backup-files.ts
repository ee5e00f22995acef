// The small files that lie beside the database and must last with it: how they lie in a backup, and how they come back out. A
// restored database holds them until they are written, so that a restore which was cut short ends with the next start.
import {
  chmodSync,
  chownSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { Database } from 'better-sqlite3';
import { bringToDisk, stampOf } from './copy-database.ts';

/** Octets of one file, and files: passwords, keys and the like are far below. */
export const FILE_BYTES = 64 * 1024;
export const FILES = 64;
/** No hidden ones, and nothing that leads elsewhere. */
const NAME = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,99}$/;

export interface SmallFile {
  name: string;
  content: Buffer;
}

/** Whether a file of this name may be in a backup of the database called `database`: not what belongs to that itself. */
export function isKeptName(name: string, database: string): boolean {
  return NAME.test(name) && !name.startsWith(database);
}

/** Files of a state directory that must last, and names of those that are too large, too many or oddly named. */
export function smallFilesOf(directory: string, database: string): { files: SmallFile[]; leftOut: string[] } {
  const files: SmallFile[] = [];
  const leftOut: string[] = [];
  for (const name of readdirSync(directory).sort()) {
    const path = join(directory, name);
    if (name.startsWith(database) || !lstatSync(path).isFile()) continue;
    if (!NAME.test(name) || statSync(path).size > FILE_BYTES || files.length >= FILES) leftOut.push(name);
    else files.push({ name, content: readFileSync(path) });
  }
  return { files, leftOut };
}

/** Makes a database that nobody else uses one that carries files. */
export function putFiles(db: Database, files: readonly SmallFile[], about: Readonly<Record<string, string>>): void {
  db.transaction(() => {
    db.exec(`
      DROP TABLE IF EXISTS backup_files;
      DROP TABLE IF EXISTS backup_about;
      CREATE TABLE backup_about (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
      CREATE TABLE backup_files (name TEXT PRIMARY KEY, content BLOB NOT NULL) STRICT;
    `);
    const put = db.prepare('INSERT INTO backup_files (name, content) VALUES (?, ?)');
    for (const { content, name } of files) put.run(name, content);
    putAbout(db, about);
  })();
}

export function putAbout(db: Database, about: Readonly<Record<string, string>>): void {
  const put = db.prepare('INSERT OR REPLACE INTO backup_about (key, value) VALUES (?, ?)');
  for (const [key, value] of Object.entries(about)) put.run(key, value);
}

/** Whether it is as a backup has it. */
export function carriesFiles(db: Database): boolean {
  return db.prepare("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'backup_files'").get() !== undefined;
}

export function filesIn(db: Database): SmallFile[] {
  return db
    .prepare<[number], { name: unknown; content: unknown }>(
      'SELECT name, content FROM backup_files ORDER BY name LIMIT ?',
    )
    .all(FILES + 1)
    .flatMap(({ content, name }) => (typeof name === 'string' && Buffer.isBuffer(content) ? { name, content } : []));
}

export function aboutIn(db: Database, key: string): string | null {
  return db.prepare<[string], string>('SELECT value FROM backup_about WHERE key = ?').pluck().get(key) ?? null;
}

/** Where `about` names the directory for what is replaced. */
export const ASIDE = 'replaced_go_to';

/**
 * Writes the files that a restored database still holds to where it lies, and lets them go; those that are replaced move aside. Can be
 * done again where it was cut short. Call with the database's lock held.
 */
export function finishRestore(db: Database, { now, path }: { path: string; now: number }): void {
  if (!carriesFiles(db)) return;
  const directory = dirname(path);
  const aside = join(directory, basename(aboutIn(db, ASIDE) ?? `before-restore-${stampOf(now)}`));
  for (const file of filesIn(db)) if (isKeptName(file.name, basename(path))) restoreFile(file, directory, aside);
  bringToDisk(directory);
  db.transaction(() => db.exec('DROP TABLE backup_files; DROP TABLE backup_about;')).immediate();
}

function restoreFile({ content, name }: SmallFile, directory: string, aside: string): void {
  const path = join(directory, name);
  const written = `${path}.restoring`;
  if (existsSync(path)) {
    if (lstatSync(path).isFile() && readFileSync(path).equals(content)) return;
    makeLike(directory, aside);
    const kept = join(aside, name);
    if (!existsSync(kept)) keep(path, kept);
  }
  writeFileSync(written, content, { mode: 0o600 });
  chmodSync(written, 0o600);
  giveTo(directory, written);
  bringToDisk(written);
  renameSync(written, path);
}

/** Under a second name, so that it is never missing; where there are no second names, as a copy. */
export function keep(path: string, kept: string): void {
  try {
    linkSync(path, kept);
  } catch {
    const { mode } = statSync(path);
    writeFileSync(kept, readFileSync(path), { mode });
    giveTo(dirname(path), kept);
  }
}

/** A directory for its owner alone, who is that of `parent`. */
export function makeLike(parent: string, directory: string): void {
  if (existsSync(directory)) return;
  mkdirSync(directory, { mode: 0o700 });
  giveTo(parent, directory);
}

/** What root makes in the state directory belongs to whoever the sensor runs as. */
export function giveTo(ownerOf: string, path: string): void {
  if (process.getuid?.() !== 0) return;
  const { gid, uid } = statSync(ownerOf);
  chownSync(path, uid, gid);
}

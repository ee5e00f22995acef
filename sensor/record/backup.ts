// Backups: the database as it is at one moment and the small files beside it, in one SQLite file. It is made while the sensor runs,
// which is not held up.
import { existsSync, rmSync, statSync } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
import Database from 'better-sqlite3';
import {
  aboutIn,
  carriesFiles,
  FILE_BYTES,
  FILES,
  filesIn,
  isKeptName,
  putFiles,
  smallFilesOf,
} from './backup-files.ts';
import { copyBytes, copyInto, findFault, lackOfSpace, PARTIAL, publish } from './copy-database.ts';
import { SCHEMA_VERSION, schemaVersion } from './schema.ts';
import { isDamage, reasonOf, StoreError, toStoreError } from './store-error.ts';

/** Its name in every state directory. */
export const DATABASE = 'thingwatch.db';
/** The sensor's own writes are short. */
const BUSY_MS = 5000;
/** What every database of thingwatch has had from the first. */
const TABLES = ['devices', 'expectations', 'incidents', 'meta'] as const;

export interface BackupOptions {
  /** Of the database. */
  from: string;
  to: string;
  /** Whether a file that is there may be replaced. */
  replace: boolean;
  version: string;
  /** Wall time. */
  now: number;
}

/** What a backup holds. */
export interface BackupContent {
  schema: number;
  devices: number;
  incidents: number;
  /** Null before the first start, and in a database that is no backup. */
  sensorId: string | null;
  /** When it was made, ISO 8601; null for a database that is no backup but can be restored as one. */
  madeAt: string | null;
  files: string[];
}

export interface Backup extends BackupContent {
  bytes: number;
  /** Names of files in the state directory that are not in it. */
  leftOut: string[];
  /** Whether others may read it, as on a file system without rights. */
  isExposed: boolean;
}

/** @throws StoreError; then there is no new file. */
export function writeBackup(options: BackupOptions): Backup {
  const from = resolve(options.from);
  const to = resolve(options.to);
  const written = `${to}.${process.pid}${PARTIAL}`;
  if (!options.replace && existsSync(to))
    throw new StoreError(
      'exists',
      `There is a file ${to} already, and it was left as it is. Name another, or say --force.`,
    );
  try {
    const db = new Database(from, { readonly: true, fileMustExist: true, timeout: BUSY_MS });
    try {
      checkVersion(db, from);
      const lack = lackOfSpace(dirname(to), copyBytes(db) + FILES * FILE_BYTES);
      if (lack !== null)
        throw new StoreError('full', `There is no room for the backup ${to}: ${lack}. Nothing was written.`);
      copyInto(db, written);
    } finally {
      db.close();
    }
    const { files, leftOut } = smallFilesOf(dirname(from), basename(from));
    const copy = new Database(written);
    try {
      putFiles(copy, files, { made_at: new Date(options.now).toISOString(), made_by: options.version });
    } finally {
      copy.close();
    }
    const content = readBackup(written);
    publish(written, to, options.replace);
    const { mode, size } = statSync(to);
    return { ...content, bytes: size, leftOut, isExposed: (mode & 0o077) !== 0 };
  } catch (error) {
    if (error instanceof StoreError) throw error;
    throw new StoreError(
      toStoreError(error, from).code,
      `No backup of ${from} could be written to ${to} (${reasonOf(error)}). Name a place that can be written and has room.`,
      error,
    );
  } finally {
    for (const suffix of ['', '-journal']) rmSync(written + suffix, { force: true });
  }
}

/**
 * What is in a backup, or in a database that serves as one, looked through to the last page. @throws StoreError: `foreign`, `damaged`
 * or `newer` where it cannot be restored.
 */
export function readBackup(path: string): BackupContent {
  if (!existsSync(path)) throw new StoreError('foreign', `There is no file ${path}.`);
  if (!statSync(path).isFile() || statSync(path).size === 0) throw foreign(path, 'it is no file, or an empty one');
  let db: Database.Database | null = null;
  try {
    db = new Database(path, { readonly: true, fileMustExist: true, timeout: BUSY_MS });
    db.pragma('trusted_schema = OFF');
    checkVersion(db, path);
    checkTables(db, path);
    const fault = findFault(path);
    if (fault !== null) throw damaged(path, fault);
    return contentOf(db, path);
  } catch (error) {
    if (error instanceof StoreError) throw error;
    const reason = reasonOf(error);
    if (/not a database/.test(reason)) throw foreign(path, reason);
    throw isDamage(error) ? damaged(path, reason) : toStoreError(error, path);
  } finally {
    db?.close();
  }
}

function contentOf(db: Database.Database, path: string): BackupContent {
  const count = (table: string) => Number(db.prepare(`SELECT count(*) FROM ${table}`).pluck().get());
  const sensorId = db.prepare<[], string>("SELECT value FROM meta WHERE key = 'sensor_id'").pluck().get() ?? null;
  const about = { devices: count('devices'), incidents: count('incidents'), schema: schemaVersion(db), sensorId };
  if (!carriesFiles(db)) return { ...about, madeAt: null, files: [] };
  const files = filesIn(db);
  const odd = files.find(({ content, name }) => !isKeptName(name, DATABASE) || content.length > FILE_BYTES);
  if (odd !== undefined || files.length > FILES || files.length !== count('backup_files'))
    throw damaged(path, 'the files in it are none that a backup has');
  return { ...about, madeAt: aboutIn(db, 'made_at'), files: files.map(({ name }) => name) };
}

function checkVersion(db: Database.Database, path: string): void {
  const version = schemaVersion(db);
  if (version <= SCHEMA_VERSION) return;
  throw new StoreError(
    'newer',
    `${path} was written by a newer thingwatch (schema ${version}, this one knows ${SCHEMA_VERSION}). Install that version, or a later one.`,
  );
}

/** Views and triggers would run as soon as a sensor writes; thingwatch has none. */
function checkTables(db: Database.Database, path: string): void {
  const entries = db.prepare<[], { type: string; name: string }>('SELECT type, name FROM sqlite_master').all();
  const missing = TABLES.find((table) => !entries.some(({ name, type }) => type === 'table' && name === table));
  if (schemaVersion(db) < 1 || missing !== undefined) throw foreign(path, 'it is a database of something else');
  const odd = entries.find(({ type }) => type !== 'table' && type !== 'index');
  if (odd !== undefined) throw foreign(path, `it holds a ${odd.type}, which no database of thingwatch does`);
}

function foreign(path: string, reason: string): StoreError {
  return new StoreError(
    'foreign',
    `${path} is no backup of thingwatch (${reason}). Nothing was changed. Name a file that "thingwatch backup" wrote.`,
  );
}

function damaged(path: string, reason: string): StoreError {
  return new StoreError(
    'foreign',
    `The backup ${path} is damaged (${reason}) and cannot be restored. Nothing was changed. Copy it again from where it came, or take another.`,
  );
}

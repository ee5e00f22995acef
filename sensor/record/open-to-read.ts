// A second reader of the store's file: it works while the sensor writes, and changes nothing.
import Database from 'better-sqlite3';
import { SCHEMA_VERSION, schemaVersion } from './schema.ts';
import { StoreError, toStoreError } from './store-error.ts';

/** The sensor's own writes are short. */
const BUSY_MS = 5000;

/** `path` must exist. @throws StoreError, also where another version wrote it */
export function openToRead(path: string): Database.Database {
  let db: Database.Database | null = null;
  let version: number;
  try {
    db = new Database(path, { readonly: true, fileMustExist: true, timeout: BUSY_MS });
    version = schemaVersion(db);
  } catch (error) {
    db?.close();
    throw toStoreError(error, path);
  }
  if (version === SCHEMA_VERSION) return db;
  db.close();
  const [other, remedy] =
    version > SCHEMA_VERSION
      ? ['a newer', 'Use that version to read it.']
      : ['an older', 'Start the sensor once: it brings the database up to date.'];
  throw new StoreError('io', `The database ${path} was written by ${other} thingwatch. ${remedy}`);
}

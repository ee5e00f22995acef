// What the disk threw, in words for a person: which kind it is, and what to do.
import Database from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import {
  isContradiction,
  isDamage,
  isFull,
  reasonOf,
  StoreError,
  type StoreErrorCode,
  toStoreError,
} from '../../sensor/record/store-error.ts';

const PATH = '/state/thingwatch.db';
const sqlite = (code: string) => new Database.SqliteError('it says', code);
const system = (code: string) => Object.assign(new Error('it says'), { code });

const WORDS: Partial<Record<StoreErrorCode, string>> = {
  full: 'No space left for the database /state/thingwatch.db (it says). Until there is space, what is new lives in memory only. Free space on that disk, or move state_dir to a larger one.',
  unwritable:
    'The database /state/thingwatch.db cannot be opened for writing (it says). Without it incidents would be lost at the next restart. Make its directory exist and writable for this user, or set state_dir to one that is.',
  locked:
    "The database /state/thingwatch.db is in use by another process (it says). Two writers would lose each other's incidents. Stop the other thingwatch, or give this one a state_dir of its own.",
  damaged:
    'The database /state/thingwatch.db became unreadable while in use (it says). It is moved aside and kept, and a fresh one begun with what is in memory. Check the disk or SD card.',
  io: 'The database /state/thingwatch.db could not be used (it says). Changes may not be stored. Check the disk and the system log; thingwatch can be started again at any time.',
};

describe('an error', () => {
  it.each<[string, Error, StoreErrorCode]>([
    ['a full disk', sqlite('SQLITE_FULL'), 'full'],
    ['no room for the shared file', sqlite('SQLITE_IOERR_SHMSIZE'), 'full'],
    ['another fault of the disk', sqlite('SQLITE_IOERR_WRITE'), 'io'],
    ['damaged pages', sqlite('SQLITE_CORRUPT'), 'damaged'],
    ['damaged pages, more closely', sqlite('SQLITE_CORRUPT_INDEX'), 'damaged'],
    ['no database', sqlite('SQLITE_NOTADB'), 'damaged'],
    ['a lock', sqlite('SQLITE_BUSY'), 'locked'],
    ['another lock', sqlite('SQLITE_LOCKED_SHAREDCACHE'), 'locked'],
    ['read-only', sqlite('SQLITE_READONLY'), 'unwritable'],
    ['no way to open it', sqlite('SQLITE_CANTOPEN_ISDIR'), 'unwritable'],
    ['no rights', sqlite('SQLITE_PERM'), 'unwritable'],
    ['no leave', sqlite('SQLITE_AUTH'), 'unwritable'],
    ['a code that only contains another', sqlite('X_SQLITE_CORRUPT'), 'io'],
    ['a contradiction', sqlite('SQLITE_CONSTRAINT'), 'io'],
    ['ENOSPC', system('ENOSPC'), 'full'],
    ['EDQUOT', system('EDQUOT'), 'full'],
    ['EACCES', system('EACCES'), 'unwritable'],
    ['EPERM', system('EPERM'), 'unwritable'],
    ['EROFS', system('EROFS'), 'unwritable'],
    ['ENOTDIR', system('ENOTDIR'), 'unwritable'],
    ['EISDIR', system('EISDIR'), 'unwritable'],
    ['ENOENT', system('ENOENT'), 'unwritable'],
    ['EEXIST', system('EEXIST'), 'unwritable'],
    ['EIO', system('EIO'), 'io'],
    ['EPERMX', system('EPERMX'), 'io'],
    ['XEPERM', system('XEPERM'), 'io'],
    ['no code at all', new Error('it says'), 'io'],
  ])('%s is told with what to do', (_, thrown, code) => {
    const error = toStoreError(thrown, PATH);
    expect(error).toBeInstanceOf(StoreError);
    expect([error.code, error.name, error.message, error.cause]).toEqual([code, 'StoreError', WORDS[code], thrown]);
    expect([isDamage(thrown), isFull(thrown), isFull(error)]).toEqual([
      ...[code === 'damaged', code === 'full', code === 'full'],
    ]);
  });

  it('that was told already stays as it is', () => {
    const told = new StoreError('foreign', 'told');
    expect([toStoreError(told, PATH), 'cause' in told, isDamage(told)]).toEqual([told, false, false]);
  });

  it('of whatever was thrown says what that says', () => {
    expect([reasonOf(new Error('a')), reasonOf('b'), reasonOf(7), toStoreError('b', PATH).code]).toEqual([
      ...['a', 'b', '7', 'io'],
    ]);
  });

  it.each([
    ['SQLITE_ERROR', true],
    ['SQLITE_SCHEMA', true],
    ['SQLITE_CONSTRAINT_UNIQUE', true],
    ['SQLITE_MISMATCH', true],
    ['SQLITE_FORMAT', true],
    ['SQLITE_FULL', false],
    ['X_SQLITE_ERROR', false],
  ])('%s: the content contradicts itself is %s', (code, is) => {
    expect([isContradiction(sqlite(code)), isContradiction(system(code))]).toEqual([is, false]);
  });
});

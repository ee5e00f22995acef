// How a database is opened: with which settings, for whom, what is said of what was found, and what it is called where it is moved to.
import {
  chmodSync,
  copyFileSync,
  existsSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  makeDirectory,
  makePrivate,
  type OpenedDatabase,
  type OpenOptions,
  openDatabase,
  sizeOf,
  takeLock,
} from '../../sensor/record/open-database.ts';
import { SCHEMA_VERSION } from '../../sensor/record/schema.ts';
import { NOW, temporaryDirectory } from './store-fixtures.ts';

const STAMP = '20260105T101112Z';

let directory: string;
let path: string;
let damage: [string, string][];
let mended: string[];
let opened: OpenedDatabase[];
const umask = process.umask();
beforeEach(() => {
  directory = temporaryDirectory();
  path = join(directory, 'a.db');
  damage = [];
  mended = [];
  opened = [];
});
afterEach(() => {
  process.umask(umask);
  for (const one of opened) close(one);
  rmSync(directory, { recursive: true });
});

function open(over: Partial<OpenOptions> = {}): OpenedDatabase {
  const one = openDatabase({
    path,
    now: () => NOW,
    onDamage: (movedTo, reason) => damage.push([movedTo, reason]),
    onMended: (what) => mended.push(what),
    ...over,
  });
  opened.push(one);
  return one;
}

function close({ db, lock }: OpenedDatabase): void {
  db.close();
  lock?.close();
}

const settings = ({ db }: OpenedDatabase) =>
  Object.fromEntries(
    [
      ...['user_version', 'page_size', 'auto_vacuum', 'journal_mode', 'journal_size_limit', 'wal_autocheckpoint'],
      ...['foreign_keys', 'synchronous', 'locking_mode', 'busy_timeout'],
    ].map((name) => [name, db.pragma(name, { simple: true })]),
  );
const modeOf = (file: string) => (statSync(file).mode & 0o777).toString(8);
const names = () => readdirSync(directory).sort();

/** What a kill leaves of `change`: the database with its journal. */
function leaveJournal(change: string): void {
  const { db, lock } = open();
  db.exec(change);
  for (const suffix of ['', '-wal']) copyFileSync(path + suffix, join(directory, `left${suffix}`));
  db.close();
  lock?.close();
  for (const suffix of ['', '-wal']) {
    copyFileSync(join(directory, `left${suffix}`), path + suffix);
    rmSync(join(directory, `left${suffix}`));
    chmodSync(path + suffix, 0o600);
  }
}

describe('settings', () => {
  it('of a new file spare the card, and keep a long journal', () => {
    expect(settings(open())).toEqual({
      ...{ user_version: SCHEMA_VERSION, page_size: 1024, auto_vacuum: 2, journal_mode: 'wal' },
      ...{ journal_size_limit: 16 * 1024 * 1024, wal_autocheckpoint: 16 * 1024, foreign_keys: 1, synchronous: 1 },
      ...{ locking_mode: 'normal', busy_timeout: 1000 },
    });
  });

  it('of a file from before keep its pages: the journal is as long in bytes', () => {
    const before = new Database(path);
    before.pragma('page_size = 8192');
    before.exec('CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID');
    before.pragma('user_version = 4');
    before.exec('CREATE TABLE incidents (id); CREATE TABLE devices (mac TEXT PRIMARY KEY); CREATE TABLE outbox (seq)');
    before.close();
    expect(settings(open())).toMatchObject({ page_size: 8192, auto_vacuum: 0, wal_autocheckpoint: 2048 });
    expect(damage).toEqual([]);
  });

  it('in memory are current, and there is nothing to lock', () => {
    const memory = open({ path: ':memory:' });
    expect(settings(memory)).toMatchObject({ user_version: SCHEMA_VERSION, foreign_keys: 1, page_size: 1024 });
    expect([memory.lock, names()]).toEqual([null, []]);
  });

  it('of one that nobody else can read need no shared file', () => {
    close(open());
    const alone = open({ alone: true });
    expect(settings(alone)).toMatchObject({ locking_mode: 'exclusive', user_version: SCHEMA_VERSION });
    alone.db.exec("INSERT INTO meta VALUES ('a', 'b')");
    expect(existsSync(`${path}-shm`)).toBe(false);
    const other = new Database(path, { timeout: 1 });
    expect(() => other.exec("INSERT INTO meta VALUES ('c', 'd')")).toThrow(/locked/);
    other.close();
  });
});

describe('one owner', () => {
  it('has the lock until it is closed; who comes then is told after half a second', () => {
    const first = open();
    const begun = performance.now();
    expect(() => open()).toThrow(expect.objectContaining({ code: 'locked' }));
    expect(performance.now() - begun).toBeGreaterThan(450);
    close(first);
    expect(() => open()).not.toThrow();
  });

  it('locks a file beside the database that takes no room', () => {
    const lock = takeLock(path);
    expect([names(), sizeOf(`${path}.lock`), modeOf(`${path}.lock`)]).toEqual([['a.db.lock'], 0, '600']);
    expect(() => takeLock(path)).toThrow(expect.objectContaining({ code: 'locked' }));
    lock.close();
    takeLock(path).close();
  });
});

describe('files', () => {
  it('have their size, or none', () => {
    writeFileSync(path, 'abc');
    expect([sizeOf(path), sizeOf(`${path}x`)]).toEqual([3, 0]);
  });

  it('are made for their owner alone, whatever the umask; one that is there stays as it is', () => {
    process.umask(0);
    makePrivate(path);
    expect(modeOf(path)).toBe('600');
    process.umask(0o777);
    makePrivate(`${path}2`);
    expect(modeOf(`${path}2`)).toBe('600');
    writeFileSync(path, 'content');
    chmodSync(path, 0o640);
    makePrivate(path);
    expect([readFileSync(path, 'utf8'), modeOf(path)]).toEqual(['content', '640']);
  });

  it('and directories as well, with those above them', () => {
    process.umask(0o277);
    const deep = join(directory, 'a/b/c');
    makeDirectory(deep);
    process.umask(umask);
    expect(['a', 'a/b', 'a/b/c'].map((name) => modeOf(join(directory, name)))).toEqual(['700', '700', '700']);
    chmodSync(deep, 0o750);
    makeDirectory(deep);
    expect(modeOf(deep)).toBe('750');
    expect(() => makeDirectory('/proc/thingwatch/deep')).toThrow(/ENOENT/);
  });

  it('that others could read are told by name, with those that were moved aside, and no others', () => {
    leaveJournal("INSERT INTO meta VALUES ('a', 'b')");
    writeFileSync(`${path}.damaged-1`, '');
    writeFileSync(join(directory, 'b.db'), '');
    for (const name of ['a.db', 'a.db-wal', 'a.db.damaged-1', 'b.db']) chmodSync(join(directory, name), 0o604);
    open();
    expect(mended).toEqual([
      `other accounts of this machine could read ${path}, ${path}-shm, ${path}-wal, ${path}.damaged-1: now its owner alone can`,
    ]);
    expect(['a.db', 'a.db.damaged-1', 'b.db'].map((name) => modeOf(join(directory, name)))).toEqual([
      ...['600', '600', '604'],
    ]);
  });
});

describe('damage', () => {
  const headed = (change: (header: Buffer) => void) => {
    close(open());
    const bytes = readFileSync(path);
    change(bytes);
    writeFileSync(path, bytes);
    rmSync(`${path}-wal`, { force: true });
  };

  it.each<[string, (header: Buffer) => void]>([
    ['another program’s', (header) => header.write('SQLite format 4\0')],
    ['a version to write that is none of ours', (header) => header.writeUInt8(3, 18)],
    ['a version to read that is none of ours', (header) => header.writeUInt8(3, 19)],
  ])('of the first bytes: %s', (_, change) => {
    headed(change);
    open();
    expect(damage).toEqual([[`${path}.damaged-${STAMP}`, 'its first bytes are none of a database']]);
  });

  it('the versions of SQLite’s own two kinds of journals are ours', () => {
    headed((header) => {
      expect([...header.subarray(18, 20)]).toEqual([2, 2]);
      header.writeUInt16BE(0x0101, 18);
    });
    open();
    expect(damage).toEqual([]);
  });

  it('that showed in use is believed, though the file opens', () => {
    close(open());
    const { db } = open({ damage: 'seen in use' });
    expect(damage).toEqual([[`${path}.damaged-${STAMP}`, 'seen in use']]);
    expect([db.pragma('user_version', { simple: true }), existsSync(`${path}.damaged-${STAMP}`)]).toEqual([
      ...[SCHEMA_VERSION, true],
    ]);
  });

  it('takes along what belongs to the file, under a name that none of it has yet', () => {
    writeFileSync(path, 'x'.repeat(100));
    for (const suffix of ['-wal', '-journal']) writeFileSync(path + suffix, suffix);
    writeFileSync(`${path}.damaged-${STAMP}-shm`, 'taken');
    writeFileSync(`${path}.damaged-${STAMP}-2`, 'taken');
    open();
    expect(damage.map(([movedTo]) => movedTo)).toEqual([`${path}.damaged-${STAMP}-3`]);
    expect(['', '-wal', '-journal'].map((suffix) => sizeOf(`${path}.damaged-${STAMP}-3${suffix}`))).toEqual([
      100, 4, 8,
    ]);
  });

  it('of an empty file is that its journal is all that is left', () => {
    writeFileSync(path, '');
    close(open());
    expect(damage).toEqual([]);
    truncateSync(path);
    writeFileSync(`${path}-wal`, 'x');
    open();
    expect(damage).toEqual([[`${path}.damaged-${STAMP}`, 'the database is gone, only its journal is left']]);
  });

  it('of an index alone is mended, which is told; of a table as well it is not, and all of it is as it was found', () => {
    const { db } = open();
    db.exec("INSERT INTO published_topics VALUES ('a')");
    db.exec('CREATE TABLE extra (a TEXT UNIQUE, b TEXT CHECK (b <> 1))');
    db.exec("INSERT INTO extra VALUES ('one', 'x'), ('two', 'y')");
    close(opened.at(-1) ?? open());
    const breakIt = (what: string) => {
      const vandal = new Database(path);
      vandal.unsafeMode();
      vandal.pragma('ignore_check_constraints = ON');
      // Another index of the same name over the same pages: what they hold fits it no longer.
      vandal.pragma('writable_schema = ON');
      vandal.exec(what);
      vandal.close();
    };
    breakIt(
      "UPDATE sqlite_master SET sql = 'CREATE TABLE extra (b TEXT CHECK (b <> 1), a TEXT UNIQUE)' WHERE name = 'extra'",
    );
    close(open());
    expect(mended).toEqual([
      expect.stringMatching(
        /^the database's indexes were damaged \([^)]+\) and were made anew: nothing in it is lost$/s,
      ),
    ]);
    expect(damage).toEqual([]);
    const again = new Database(path, { readonly: true });
    expect(again.pragma('integrity_check', { simple: true })).toBe('ok');
    again.close();
    breakIt(
      "UPDATE sqlite_master SET sql = 'CREATE TABLE extra (a TEXT UNIQUE, b TEXT CHECK (b <> 1))' WHERE name = 'extra'; UPDATE extra SET a = '1' WHERE rowid = 1",
    );
    const found = readFileSync(path);
    open();
    expect([mended.length, damage]).toEqual([1, [[`${path}.damaged-${STAMP}`, 'CHECK constraint failed in extra']]]);
    expect(readFileSync(`${path}.damaged-${STAMP}`).equals(found)).toBe(true);
  });

  it('of pages is told in SQLite’s words', () => {
    close(open());
    const bytes = readFileSync(path);
    bytes.fill(0xa5, 1024, 4096);
    writeFileSync(path, bytes);
    open();
    expect(damage).toEqual([[`${path}.damaged-${STAMP}`, expect.stringMatching(/malformed|page|Tree|ptrmap/)]]);
  });

  it('is none where the version is newer: refused, with what to do, and as it was', () => {
    headed((header) => header.writeUInt32BE(SCHEMA_VERSION + 1, 60));
    const before = readFileSync(path);
    expect(() => open()).toThrow(
      expect.objectContaining({
        code: 'newer',
        message: `The database ${path} was written by a newer thingwatch (schema ${SCHEMA_VERSION + 1}, this one knows ${SCHEMA_VERSION}). It was left as it is, since an older version would spoil it. Install the newer version again, or set state_dir to another directory.`,
      }),
    );
    expect(readFileSync(path).equals(before)).toBe(true);
    takeLock(path).close();
  });
});

describe('a journal of a killed sensor', () => {
  const CHANGE = "INSERT INTO meta VALUES ('a', 'b')";
  const WORDS = `the database's journal is damaged: it is damaged at page 1, and \\d+ saves from there on are lost. What was whole before that is there; the journal is kept`;

  const valueIn = ({ db }: OpenedDatabase) => db.prepare("SELECT value FROM meta WHERE key = 'a'").pluck().get();

  function garbleJournal(): void {
    const bytes = readFileSync(`${path}-wal`);
    bytes.fill(0xa5, 100, 120);
    writeFileSync(`${path}-wal`, bytes);
  }

  it('is played in, and nothing is said', () => {
    leaveJournal(CHANGE);
    expect([valueIn(open()), damage, mended]).toEqual(['b', [], []]);
  });

  it('that is damaged is kept beside it, which is told', () => {
    leaveJournal(CHANGE);
    garbleJournal();
    const before = readFileSync(`${path}-wal`);
    open();
    const copy = `${path}.damaged-${STAMP}-wal`;
    expect(mended).toEqual([expect.stringMatching(new RegExp(`^${WORDS} as ${copy.replaceAll('.', '\\.')}$`))]);
    expect([readFileSync(copy).equals(before), damage]).toEqual([true, []]);
  });

  it('and cannot be kept is told as well', () => {
    leaveJournal(CHANGE);
    garbleJournal();
    // A disk that is full.
    const copy = `${path}.damaged-${STAMP}-wal`;
    symlinkSync('/dev/full', copy);
    open();
    expect(mended).toEqual([expect.stringMatching(new RegExp(`^${WORDS} not, as there was no way to \\(.+\\)$`))]);
    expect([names().includes(basename(copy)), existsSync('/dev/full')]).toEqual([false, true]);
  });
});

it('a database without -wal that a kill left in the middle of a change is undone by its -journal', () => {
  close(open());
  const db = new Database(path);
  db.pragma('journal_mode = DELETE');
  db.exec("INSERT INTO meta VALUES ('a', 'b')");
  db.pragma('cache_size = 1');
  db.exec("BEGIN; UPDATE meta SET value = 'half'");
  db.exec(
    `INSERT INTO meta VALUES ${Array.from({ length: 50 }, (_, n) => `('${n}', '${'x'.repeat(900)}')`).join(',')}`,
  );
  const left = join(directory, 'left.db');
  for (const suffix of ['', '-journal']) copyFileSync(path + suffix, left + suffix);
  db.exec('ROLLBACK');
  db.close();
  const { db: again } = open({ path: left });
  expect(again.prepare('SELECT * FROM meta').all()).toEqual([{ key: 'a', value: 'b' }]);
  expect([damage, existsSync(`${left}-journal`)]).toEqual([[], false]);
});

it('tables that are not those of the version are moved aside, and nothing in them is changed', () => {
  const db = new Database(path);
  db.exec('CREATE TABLE devices (unexpected); PRAGMA user_version = 3');
  db.close();
  const { db: fresh } = open();
  expect(damage).toEqual([[`${path}.damaged-${STAMP}`, expect.stringMatching(/no such (table|column)/)]]);
  expect(fresh.prepare('SELECT count(*) FROM devices').pluck().get()).toBe(0);
  const old = new Database(`${path}.damaged-${STAMP}`, { readonly: true });
  expect(old.pragma('user_version', { simple: true })).toBe(3);
  old.close();
});

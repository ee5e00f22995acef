// What a backup may hold and what is refused as one, in words; the room it takes; and each file that a restore leaves behind.
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it, test } from 'vitest';
import { DATABASE, readBackup, writeBackup } from '../../sensor/record/backup.ts';
import { FILE_BYTES, FILES, isKeptName, keep, makeLike, smallFilesOf } from '../../sensor/record/backup-files.ts';
import { copyBytes, lackOfSpace, megabytes, publish, stampOf } from '../../sensor/record/copy-database.ts';
import { restoreBackup } from '../../sensor/record/restore.ts';
import { SCHEMA_VERSION } from '../../sensor/record/schema.ts';
import { Store } from '../../sensor/record/store.ts';
import { CAN_MOUNT, NOT_RUN, SmallDisk } from '../support/small-disk.ts';
import { incident, NOW, temporaryDirectory } from './store-fixtures.ts';

let directory: string;
let state: string;
let database: string;
let file: string;
beforeEach(() => {
  directory = temporaryDirectory();
  state = join(directory, 'state');
  mkdirSync(state, { mode: 0o700 });
  database = join(state, DATABASE);
  file = join(directory, 'backup');
});
afterEach(() => rmSync(directory, { recursive: true }));

function fill(id = 'a'): void {
  const store = Store.open({ path: database, now: () => NOW });
  store.save({ incidents: [incident(id)], meta: { sensor_id: 'b827eb' }, durable: true });
  store.close();
}
const backup = (to = file, replace = false) => writeBackup({ from: database, to, replace, version: '1.2.3', now: NOW });

function change(sql: string, of = file): void {
  const db = new Database(of);
  db.exec(sql);
  db.close();
}

function refusal(work: () => unknown): [string, string] {
  try {
    work();
  } catch (error) {
    if (error instanceof Error && 'code' in error) return [String(error.code), error.message];
    throw error;
  }
  throw new Error('nothing was thrown');
}

describe('what is no backup is refused as', () => {
  const NOTHING_CHANGED = 'Nothing was changed. Name a file that "thingwatch backup" wrote.';
  const DAMAGED = 'Nothing was changed. Copy it again from where it came, or take another.';

  it.each<[string, () => void, string]>([
    ['nothing', () => rmSync(file), 'There is no file FILE.'],
    [
      'a directory',
      () => {
        rmSync(file);
        mkdirSync(file);
      },
      `FILE is no backup of thingwatch (it is no file, or an empty one). ${NOTHING_CHANGED}`,
    ],
    [
      'an empty file',
      () => writeFileSync(file, ''),
      `FILE is no backup of thingwatch (it is no file, or an empty one). ${NOTHING_CHANGED}`,
    ],
    [
      'a letter',
      () => writeFileSync(file, 'Dear home, '.repeat(99)),
      `FILE is no backup of thingwatch (file is not a database). ${NOTHING_CHANGED}`,
    ],
    [
      'another database',
      () => change('DROP TABLE expectations'),
      `FILE is no backup of thingwatch (it is a database of something else). ${NOTHING_CHANGED}`,
    ],
    [
      'a database of no version',
      () => change('PRAGMA user_version = 0'),
      `FILE is no backup of thingwatch (it is a database of something else). ${NOTHING_CHANGED}`,
    ],
    [
      'a view in place of a table',
      () => change('DROP TABLE incidents; CREATE VIEW incidents AS SELECT 1'),
      `FILE is no backup of thingwatch (it is a database of something else). ${NOTHING_CHANGED}`,
    ],
    [
      'one with a view',
      () => change('CREATE VIEW more AS SELECT 1'),
      `FILE is no backup of thingwatch (it holds a view, which no database of thingwatch does). ${NOTHING_CHANGED}`,
    ],
    [
      'one with a trigger',
      () => change('CREATE TRIGGER t AFTER INSERT ON meta BEGIN DELETE FROM meta; END'),
      `FILE is no backup of thingwatch (it holds a trigger, which no database of thingwatch does). ${NOTHING_CHANGED}`,
    ],
    [
      'one with a file of a name that leads elsewhere',
      () => change("INSERT INTO backup_files VALUES ('../passwd', x'00')"),
      `The backup FILE is damaged (the files in it are none that a backup has) and cannot be restored. ${DAMAGED}`,
    ],
    [
      'one with a file too large',
      () => change(`INSERT INTO backup_files VALUES ('large', zeroblob(${FILE_BYTES + 1}))`),
      `The backup FILE is damaged (the files in it are none that a backup has) and cannot be restored. ${DAMAGED}`,
    ],
    [
      'one with too many files',
      () =>
        change(
          `INSERT INTO backup_files SELECT 'f' || value, x'00' FROM json_each('${JSON.stringify([...Array(FILES).keys()])}')`,
        ),
      `The backup FILE is damaged (the files in it are none that a backup has) and cannot be restored. ${DAMAGED}`,
    ],
  ])('%s', (_, spoil, words) => {
    fill();
    writeFileSync(join(state, 'key'), 'x');
    backup();
    spoil();
    expect(refusal(() => readBackup(file))).toEqual(['foreign', words.replaceAll('FILE', file)]);
    expect(refusal(() => restoreBackup({ from: file, to: join(directory, 'new', DATABASE), now: NOW }))[0]).toBe(
      'foreign',
    );
    expect(existsSync(join(directory, 'new'))).toBe(false);
  });

  it('one of a newer program', () => {
    fill();
    backup();
    change(`PRAGMA user_version = ${SCHEMA_VERSION + 1}`);
    expect(refusal(() => readBackup(file))).toEqual([
      'newer',
      `${file} was written by a newer thingwatch (schema ${SCHEMA_VERSION + 1}, this one knows ${SCHEMA_VERSION}). Install that version, or a later one.`,
    ]);
  });

  it('one whose index fits its table no longer', () => {
    fill();
    backup();
    const db = new Database(file);
    db.unsafeMode();
    db.exec("CREATE TABLE extra (a TEXT UNIQUE, b TEXT); INSERT INTO extra VALUES ('one', 'x'), ('two', 'y')");
    db.pragma('writable_schema = ON');
    db.exec("UPDATE sqlite_master SET sql = 'CREATE TABLE extra (b TEXT, a TEXT UNIQUE)' WHERE name = 'extra'");
    db.close();
    expect(refusal(() => readBackup(file))).toEqual([
      'foreign',
      expect.stringMatching(/ is damaged \(.*index.*\) and/s),
    ]);
  });

  it('one with a damaged page, told with what is wrong', () => {
    fill();
    backup();
    const bytes = readFileSync(file);
    bytes.fill(0xa5, bytes.length - 1024);
    writeFileSync(file, bytes);
    expect(refusal(() => readBackup(file))).toEqual([
      'foreign',
      expect.stringMatching(/^The backup .* is damaged \(.+\) and cannot be restored\. Nothing was changed/s),
    ]);
  });
});

describe('a backup', () => {
  it('has as many files, and as large ones, as a backup may; what is more is told', () => {
    fill();
    for (let n = 0; n < FILES + 1; n++) writeFileSync(join(state, `f${String(n).padStart(2, '0')}`), Buffer.alloc(n));
    writeFileSync(join(state, 'a-largest'), Buffer.alloc(FILE_BYTES));
    writeFileSync(join(state, 'b-larger'), Buffer.alloc(FILE_BYTES + 1));
    const { bytes, files, leftOut, ...rest } = backup();
    expect(files).toEqual(['a-largest', ...Array.from({ length: 63 }, (_, n) => `f${String(n).padStart(2, '0')}`)]);
    expect([leftOut, bytes]).toEqual([['b-larger', 'f63', 'f64'], statSync(file).size]);
    const content = {
      ...{ schema: SCHEMA_VERSION, devices: 0, incidents: 1, sensorId: 'b827eb', madeAt: '2026-01-05T10:11:12.000Z' },
    };
    expect(rest).toEqual({ ...content, isExposed: false });
    expect(readBackup(file)).toEqual({ ...content, files });
    const db = new Database(file, { readonly: true });
    expect(db.prepare('SELECT * FROM backup_about ORDER BY key').all()).toEqual([
      { key: 'made_at', value: '2026-01-05T10:11:12.000Z' },
      { key: 'made_by', value: '1.2.3' },
    ]);
    db.close();
  });

  it.each([
    ['mqtt-password', true],
    ['A.9_b-c', true],
    ['_x', true],
    ['x'.repeat(100), true],
    ['x'.repeat(101), false],
    ['.hidden', false],
    ['-option', false],
    ['a/b', false],
    ['a b', false],
    ['', false],
    ['thingwatch.db', false],
    ['thingwatch.db.lock', false],
  ])('may have a file called %s: %s', (name, may) => {
    expect(isKeptName(name, DATABASE)).toBe(may);
  });

  it('takes files alone, by name, and tells of those that it leaves out', () => {
    for (const name of ['b', 'a', '.c', 'd e', 'thingwatch.db', 'thingwatch.db-wal'])
      writeFileSync(join(state, name), name);
    mkdirSync(join(state, 'f'));
    symlinkSync('a', join(state, 'g'));
    const { files, leftOut } = smallFilesOf(state, DATABASE);
    expect([files.map(({ content, name }) => `${name}=${content}`), leftOut]).toEqual([
      ['a=a', 'b=b'],
      ['.c', 'd e'],
    ]);
  });

  it('of a sensor that was never started names none', () => {
    Store.open({ path: database, now: () => NOW }).close();
    expect([backup().sensorId, readBackup(file).sensorId]).toEqual([null, null]);
  });

  it('that cannot be written leaves nothing, and says so', () => {
    fill();
    const to = join(directory, 'none/backup');
    expect(refusal(() => backup(to))).toEqual([
      'unwritable',
      expect.stringMatching(
        /^No backup of .*thingwatch\.db could be written to .*none\/backup \(.*ENOENT.*\)\. Name a place that can be written and has room\.$/,
      ),
    ]);
    rmSync(database);
    expect(refusal(() => backup())[0]).toBe('unwritable');
    expect(readdirSync(directory)).toEqual(['state']);
  });

  it('over a file that is there is refused before anything is written', () => {
    fill();
    writeFileSync(file, 'mine');
    expect(refusal(() => backup())).toEqual([
      'exists',
      `There is a file ${file} already, and it was left as it is. Name another, or say --force.`,
    ]);
    expect(backup(file, true).incidents).toBe(1);
  });
});

describe('a copy', () => {
  it('is published under its name; without leave, not over another', () => {
    const [written, name] = [join(directory, 'a.partial'), join(directory, 'a')];
    writeFileSync(written, 'new');
    publish(written, name, false);
    expect([readFileSync(name, 'utf8'), existsSync(written)]).toEqual(['new', false]);
    writeFileSync(written, 'newer');
    expect(refusal(() => publish(written, name, false))).toEqual([
      'exists',
      `There is a file ${name} already, and it was left as it is. Name another, or say --force.`,
    ]);
    expect(readFileSync(name, 'utf8')).toBe('new');
    publish(written, name, true);
    expect([readFileSync(name, 'utf8'), existsSync(written)]).toEqual(['newer', false]);
  });

  it('takes the pages that are in use', () => {
    const db = new Database(':memory:');
    db.pragma('page_size = 4096');
    db.exec('CREATE TABLE t (a)');
    expect(copyBytes(db)).toBe(2 * 4096);
    db.exec('INSERT INTO t VALUES (zeroblob(100000)); DELETE FROM t');
    expect(copyBytes(db)).toBe(2 * 4096);
    db.close();
  });

  it('is called by the second it was made in', () => {
    expect([stampOf(NOW), stampOf(NOW + 999), stampOf(NOW + 1000)]).toEqual([
      ...['20260105T101112Z', '20260105T101112Z', '20260105T101113Z'],
    ]);
  });

  it('sizes are told in megabytes', () => {
    expect([megabytes(0), megabytes(1_449_999), megabytes(2e9)]).toEqual(['0.0 MB', '1.4 MB', '2000.0 MB']);
    expect(lackOfSpace(directory, 0)).toBeNull();
  });

  test.skipIf(!CAN_MOUNT)(`needs a megabyte more than itself${NOT_RUN}`, () => {
    const disk = new SmallDisk(3);
    try {
      const free = 3 * 1024 * 1024;
      expect(lackOfSpace(disk.path, free - 1024 * 1024)).toBeNull();
      expect(lackOfSpace(disk.path, free - 1024 * 1024 + 1)).toBe(`it takes 3.1 MB, and ${disk.path} has 3.1 MB left`);
      fill();
      disk.fill();
      expect(refusal(() => backup(join(disk.path, 'b')))).toEqual([
        'full',
        expect.stringMatching(
          /^There is no room for the backup .*\/b: it takes 5\.\d MB, and .* has 0\.0 MB left\. Nothing was written\.$/,
        ),
      ]);
      backup();
      expect(refusal(() => restoreBackup({ from: file, to: join(disk.path, DATABASE), now: NOW }))).toEqual([
        'full',
        expect.stringMatching(
          /^There is no room to restore the backup: it takes 1\.\d MB, and .* has 0\.0 MB left\. Nothing was changed\.$/,
        ),
      ]);
      expect(readdirSync(disk.path).sort()).toEqual(['ballast', `${DATABASE}.lock`]);
    } finally {
      disk.remove();
    }
  });
});

describe('a restore', () => {
  const restore = (now = NOW) => restoreBackup({ from: file, to: database, now });
  const modeOf = (path: string) => (statSync(path).mode & 0o777).toString(8);

  it('leaves the database, its lock, the files of the backup, and a directory with what was there', () => {
    fill('then');
    writeFileSync(join(state, 'same'), 'same');
    writeFileSync(join(state, 'changed'), 'of then');
    writeFileSync(join(state, 'gone'), 'of then');
    backup();
    fill('later');
    writeFileSync(join(state, 'changed'), 'of later');
    chmodSync(join(state, 'changed'), 0o644);
    rmSync(join(state, 'gone'));
    writeFileSync(join(state, 'other'), 'of later');
    const { aside, ...content } = restore();
    expect(content).toEqual(readBackup(file));
    expect(aside).toBe(join(state, 'before-restore-20260105T101112Z'));
    expect(readdirSync(state).sort()).toEqual([
      ...['before-restore-20260105T101112Z', 'changed', 'gone', 'other', 'same', DATABASE, `${DATABASE}.lock`],
    ]);
    expect(readdirSync(aside ?? '').sort()).toEqual(['changed', DATABASE]);
    expect(['changed', 'gone', 'other', 'same'].map((name) => readFileSync(join(state, name), 'utf8'))).toEqual([
      ...['of then', 'of then', 'of later', 'same'],
    ]);
    expect(readFileSync(join(aside ?? '', 'changed'), 'utf8')).toBe('of later');
    expect([
      modeOf(database),
      modeOf(join(state, 'changed')),
      modeOf(join(state, 'gone')),
      modeOf(aside ?? ''),
    ]).toEqual([...['600', '600', '600', '700']]);
  });

  it('a second one in the same second sets aside under a name of its own', () => {
    fill('then');
    backup();
    const asides = [restore(), restore(), restore()].map(({ aside }) => aside);
    expect(asides.map((aside) => aside?.slice(state.length + 1))).toEqual([
      ...['before-restore-20260105T101112Z', 'before-restore-20260105T101112Z-2', 'before-restore-20260105T101112Z-3'],
    ]);
  });

  it('is refused while another program reads the database, and nothing is changed', () => {
    fill('then');
    backup();
    const store = Store.open({ path: database, now: () => NOW });
    store.save({ incidents: [incident('later')], durable: true });
    const reader = new Database(database, { readonly: true });
    reader.exec('BEGIN');
    reader.prepare('SELECT count(*) FROM incidents').get();
    store.close();
    const before = readdirSync(state).sort();
    expect(refusal(() => restore())[0]).toBe('locked');
    reader.exec('ROLLBACK');
    reader.close();
    const without = (names: string[]) => names.filter((name) => !/-(wal|shm)$/.test(name)).sort();
    expect(without(readdirSync(state))).toEqual(without(before));
    expect(restore().aside).toMatch(/-20260105T101112Z$/);
  }, 20_000);

  it('files are kept under a second name, or as a copy; directories are made for their owner alone', () => {
    writeFileSync(join(state, 'a'), 'x', { mode: 0o640 });
    keep(join(state, 'a'), join(state, 'b'));
    expect(statSync(join(state, 'b')).ino).toBe(statSync(join(state, 'a')).ino);
    makeLike(state, join(state, 'c'));
    writeFileSync(join(state, 'c/d'), 'y');
    makeLike(state, join(state, 'c'));
    expect([modeOf(join(state, 'c')), readdirSync(join(state, 'c'))]).toEqual(['700', ['d']]);
  });
});

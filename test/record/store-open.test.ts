// Opening the store: older files migrate, newer ones are refused untouched, damaged ones are moved aside and kept.
import { randomBytes } from 'node:crypto';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { newDevice } from '../../sensor/attribute/device.ts';
import { migrate, SCHEMA_VERSION, schemaVersion } from '../../sensor/record/schema.ts';
import { Store } from '../../sensor/record/store.ts';
import { StoreError } from '../../sensor/record/store-error.ts';
import { backend, incident, message, NOW, temporaryDirectory } from './store-fixtures.ts';

const ASIDE = 'thingwatch.db.damaged-20260105T101112Z';

let directory: string;
let path: string;
let damage: { movedTo: string; reason: string }[];
beforeEach(() => {
  directory = temporaryDirectory();
  path = join(directory, 'thingwatch.db');
  damage = [];
});
afterEach(() => rmSync(directory, { recursive: true }));

function open(at = path): Store {
  return Store.open({ path: at, now: () => NOW, onDamage: (movedTo, reason) => damage.push({ movedTo, reason }) });
}

/** A cleanly closed database with something on most pages. */
function fill(): void {
  const store = open();
  const device = newDevice('00:11:22:33:44:55', NOW);
  for (let n = 0; n < 40; n += 1) device.backends.set(`b${n}.example`, backend(`b${n}.example`, NOW));
  store.save({ devices: [device], incidents: [incident('a')], outbox: [message('m')], durable: true });
  store.close();
}

function errorOf(work: () => unknown): StoreError {
  try {
    work();
  } catch (error) {
    if (error instanceof StoreError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

/** The store works, is empty, and the damaged bytes are still there under the new name. */
function expectFreshStoreBeside(damaged: Buffer): void {
  const store = open();
  expect(damage).toEqual([{ movedTo: join(directory, ASIDE), reason: expect.stringMatching(/\S/) }]);
  expect(store.loadIncidents()).toEqual([]);
  store.save({ incidents: [incident('new')], durable: true });
  store.close();
  expect(readFileSync(join(directory, ASIDE)).equals(damaged)).toBe(true);
  const again = open();
  expect(again.loadIncidents().map(({ id }) => id)).toEqual(['new']);
  expect(damage).toHaveLength(1);
  again.close();
}

test('what the look through it found is told in SQLite’s words', () => {
  fill();
  const db = new Database(path);
  const page = Number(db.prepare("SELECT rootpage FROM sqlite_master WHERE name = 'incidents'").pluck().get());
  const size = Number(db.pragma('page_size', { simple: true }));
  db.close();
  const bytes = readFileSync(path);
  bytes.fill(0xa5, (page - 1) * size, page * size);
  writeFileSync(path, bytes);
  open().close();
  expect(damage[0]?.reason).toMatch(new RegExp(`Tree ${page} page ${page}: .*error code 11`));
});

test('the journal takes twelve megabytes before any of it goes into the database', () => {
  const store = open();
  const before = statSync(path).size;
  for (let n = 0; n < 12; n++) store.save({ meta: { [`entry ${n}`]: 'x'.repeat(1_000_000) }, durable: false });
  expect(statSync(path).size).toBe(before);
  expect(store.sizeBytes()).toBeGreaterThan(12_000_000);
  store.close();
});

describe('versions', () => {
  test('a file of version 1 keeps what it has and gets what is new', () => {
    const db = new Database(path);
    migrate(db, 1);
    db.exec(`
      INSERT INTO devices VALUES ('00:11:22:33:44:55', 'device', 'Fridge', 1, 2, 0, 0, 3, '[]',
        '{"dhcpFingerprint":null,"dhcpVendorClass":null,"dhcpClientId":null,"mdnsServices":[],"mdnsModels":[],"ssdpServer":null,"ssdpTypes":[],"userAgent":null}',
        '[]', '{"attempts":10,"connected":0,"refused":0,"unanswered":10,"messages":0,"recipients":0,"forgottenDestinations":0}', '{"mx":0,"dnsbl":0}')`);
    expect(schemaVersion(db)).toBe(1);
    expect(() => db.prepare('SELECT * FROM outbox')).toThrow(/no such table/);
    db.close();

    const store = open();
    expect(store.loadDevices()).toMatchObject([{ label: 'Fridge', mail: { attempts: 10 } }]);
    store.save({ outbox: [message('m')], durable: true });
    expect(store.outbox.size()).toBe(1);
    expect(store.browsers.list()).toEqual([]);
    store.close();
    const migrated = new Database(path);
    expect(schemaVersion(migrated)).toBe(SCHEMA_VERSION);
    migrated.close();
  });

  test('a step that fails leaves the version before it, whole', () => {
    const db = new Database(path);
    migrate(db, 1);
    db.exec('CREATE TABLE published_topics (unexpected)');
    expect(() => migrate(db)).toThrow();
    expect(schemaVersion(db)).toBe(1);
    expect(() => db.prepare('SELECT * FROM outbox')).toThrow(/no such table/);
    db.close();
  });

  test('a newer file is refused with what to do, and not a byte of it changes', () => {
    fill();
    const db = new Database(path);
    db.pragma(`user_version = ${SCHEMA_VERSION + 1}`);
    db.close();
    const before = readFileSync(path);
    const error = errorOf(open);
    expect(error.code).toBe('newer');
    const versions = `schema ${SCHEMA_VERSION + 1}, this one knows ${SCHEMA_VERSION}`;
    expect(error.message).toMatch(new RegExp(`newer thingwatch.*${versions}.*left as it is.*newer version again`, 's'));
    expect(readFileSync(path).equals(before)).toBe(true);
    expect(damage).toEqual([]);
    // The refusal let go of the file.
    new Database(`${path}.lock`).exec('BEGIN EXCLUSIVE').close();
  });

  test('nor does a newer file whose newest changes are still in its journal', () => {
    fill();
    const newer = new Database(path);
    newer.pragma(`user_version = ${SCHEMA_VERSION + 1}`);
    const left = join(directory, 'left-by-a-kill.db');
    for (const suffix of ['', '-wal']) copyFileSync(path + suffix, left + suffix);
    newer.close();
    const before = ['', '-wal'].map((suffix) => readFileSync(left + suffix));
    expect(errorOf(() => open(left)).code).toBe('newer');
    expect(['', '-wal'].map((suffix) => readFileSync(left + suffix))).toEqual(before);
  });
});

describe('a damaged file is moved aside, kept, and a fresh one made', () => {
  test('random bytes', () => {
    const bytes = randomBytes(20_000);
    writeFileSync(path, bytes);
    expectFreshStoreBeside(bytes);
  });

  test('text', () => {
    const bytes = Buffer.from('this was a log file once\n'.repeat(100));
    writeFileSync(path, bytes);
    expectFreshStoreBeside(bytes);
  });

  test.each([100, 4096, 5000, 4096 * 8])('cut off at %i bytes', (length) => {
    fill();
    truncateSync(path, length);
    expectFreshStoreBeside(readFileSync(path));
  });

  test('any one page turned over', () => {
    fill();
    const whole = readFileSync(path);
    // Its header says how large they are (https://sqlite.org/fileformat2.html, 1.3.2).
    const size = whole.readUInt16BE(16);
    const pages = whole.length / size;
    expect(pages).toBeGreaterThan(15);
    for (let page = 0; page < pages; page += 1) {
      const flipped = Buffer.from(whole);
      for (let n = page * size; n < (page + 1) * size; n += 1) flipped.writeUInt8(0xff ^ flipped.readUInt8(n), n);
      for (const name of readdirSync(directory)) rmSync(join(directory, name));
      writeFileSync(path, flipped);
      damage = [];
      expectFreshStoreBeside(flipped);
    }
  });

  test('emptied while its journal still held changes: the journal is kept with it', () => {
    const store = open();
    store.save({ incidents: [incident('a')], durable: true });
    // What a power loss leaves: the journal has not been folded into the database.
    const copy = join(directory, 'copy');
    mkdirSync(copy);
    copyFileSync(`${path}-wal`, join(copy, 'thingwatch.db-wal'));
    store.close();
    writeFileSync(join(copy, 'thingwatch.db'), '');
    const fresh = open(join(copy, 'thingwatch.db'));
    expect(damage).toEqual([{ movedTo: join(copy, ASIDE), reason: expect.stringMatching(/journal/) }]);
    expect(statSync(join(copy, `${ASIDE}-wal`)).size).toBeGreaterThan(0);
    expect(fresh.loadIncidents()).toEqual([]);
    fresh.close();
  });

  test('twice within one second: both are kept', () => {
    writeFileSync(path, 'first damage, long enough to be no database at all');
    open().close();
    writeFileSync(path, 'second damage, long enough to be no database at all');
    open().close();
    expect(damage.map(({ movedTo }) => movedTo)).toEqual([join(directory, ASIDE), join(directory, `${ASIDE}-2`)]);
    expect(readFileSync(join(directory, ASIDE), 'utf8')).toMatch(/^first/);
    expect(readFileSync(join(directory, `${ASIDE}-2`), 'utf8')).toMatch(/^second/);
  });

  test('an empty file is simply new', () => {
    writeFileSync(path, '');
    open().close();
    expect(damage).toEqual([]);
  });
});

describe('a place that cannot be written says so', () => {
  test.each([
    ['under a file', () => join(path, 'state', 'thingwatch.db')],
    ['in a file system that takes no files', () => '/proc/thingwatch/thingwatch.db'],
  ])('%s', (_, at) => {
    writeFileSync(path, 'a plain file');
    const error = errorOf(() => open(at()));
    expect(error.code).toBe('unwritable');
    expect(error.message).toMatch(/cannot be opened for writing.*incidents would be lost.*state_dir/s);
    expect(damage).toEqual([]);
  });
});

describe('one owner at a time', () => {
  test('a second store on the same path is refused until the first closes; the file stays readable for others', () => {
    const first = open();
    first.save({ incidents: [incident('a')], durable: true });
    const error = errorOf(open);
    expect(error.code).toBe('locked');
    expect(error.message).toMatch(/in use by another process.*Stop the other thingwatch/s);

    const reader = new Database(path, { readonly: true });
    expect(reader.prepare('SELECT id FROM incidents').pluck().all()).toEqual(['a']);
    reader.close();
    first.save({ incidents: [incident('b')], durable: true });
    first.close();
    const second = open();
    expect(second.loadIncidents()).toHaveLength(2);
    second.close();
  });

  test('a damaged file in use is not moved away from under its owner', () => {
    const owner = open();
    writeFileSync(path, 'overwritten by somebody, and long enough to be no database at all');
    expect(errorOf(open).code).toBe('locked');
    expect(existsSync(join(directory, ASIDE))).toBe(false);
    owner.close();
  });
});

describe('a kill in the middle of a change, while the database has no -wal yet', () => {
  /** The files as a kill would leave them: pages written, the transaction not ended. */
  function leaveHalfDone(change: string, aside: string): void {
    const db = new Database(path);
    db.pragma('journal_mode = DELETE');
    db.pragma('cache_size = 1');
    db.exec(`BEGIN; ${change}`);
    copyFileSync(path, aside);
    copyFileSync(`${path}-journal`, `${aside}-journal`);
    db.exec('ROLLBACK');
    db.close();
  }

  test('is undone, and what was there before is there', () => {
    fill();
    const killed = join(directory, 'killed.db');
    leaveHalfDone("UPDATE backends SET name = name || '-new'; UPDATE incidents SET summary = 'half'", killed);
    const store = open(killed);
    expect(store.loadIncidents()).toEqual([incident('a')]);
    expect([...(store.loadDevices()[0]?.backends.keys() ?? [])]).toContain('b7.example');
    store.close();
    expect([damage, existsSync(`${killed}-journal`)]).toEqual([[], false]);
  });

  test('that was to make it is undone: it is made anew', () => {
    writeFileSync(path, '');
    const killed = join(directory, 'killed.db');
    leaveHalfDone(`CREATE TABLE t (a); INSERT INTO t VALUES ${Array(300).fill('(zeroblob(1000))').join(', ')}`, killed);
    const store = open(killed);
    expect(store.loadIncidents()).toEqual([]);
    store.close();
    expect(damage).toEqual([]);
  });
});

test('a row against its table’s own conditions is damage, though a read-only connection sees nothing amiss', () => {
  fill();
  const db = new Database(path);
  db.pragma('ignore_check_constraints = ON');
  db.exec("UPDATE outbox SET priority = 'al\u007frt'");
  db.close();
  const reader = new Database(path, { readonly: true });
  expect(reader.pragma('integrity_check', { simple: true })).toBe('ok');
  reader.close();
  expectFreshStoreBeside(readFileSync(path));
  expect(damage.map(({ reason }) => reason)).toEqual(['CHECK constraint failed in outbox']);
});

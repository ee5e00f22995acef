// Backups and their way back, in one process: what goes into one, what of the replaced state the restored one must know, whose the
// files are, and what becomes of a state that is damaged.
import {
  chownSync,
  copyFileSync,
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
import { afterEach, beforeEach, expect, test } from 'vitest';
import { newDevice } from '../../sensor/attribute/device.ts';
import { readBackup, writeBackup } from '../../sensor/record/backup.ts';
import { restoreBackup } from '../../sensor/record/restore.ts';
import { Store } from '../../sensor/record/store.ts';
import { incident, message, NOW, temporaryDirectory } from './store-fixtures.ts';

let directory: string;
let state: string;
let database: string;
let file: string;
beforeEach(() => {
  directory = temporaryDirectory();
  state = join(directory, 'state');
  mkdirSync(state, { mode: 0o700 });
  database = join(state, 'thingwatch.db');
  file = join(directory, 'backup');
});
afterEach(() => rmSync(directory, { recursive: true }));

const open = (path = database) => Store.open({ path, now: () => NOW });

function fill(id: string, topics: readonly string[] = [], meta: Record<string, string> = {}): void {
  const store = open();
  store.save({
    incidents: [incident(id)],
    outbox: [message(id)],
    meta: { sensor_id: 'b827eb', ...meta },
    durable: true,
  });
  for (const topic of topics) store.setPublished(topic);
  store.close();
}

const backup = (options: { replace?: boolean } = {}) =>
  writeBackup({ from: database, to: file, replace: false, version: '1.2.3', now: NOW, ...options });
const restore = (to = database) => restoreBackup({ from: file, to, now: NOW });

function idsIn(path = database): string[] {
  const store = open(path);
  try {
    return store.loadIncidents().map(({ id }) => id);
  } finally {
    store.close();
  }
}

test('small files go along; directories, links, large and hidden ones, and what belongs to the database do not', () => {
  fill('a');
  writeFileSync(join(state, 'mqtt-password'), 'secret\n');
  writeFileSync(join(state, 'key'), 'PRIVATE KEY\n');
  writeFileSync(join(state, 'large.bin'), Buffer.alloc(70_000));
  writeFileSync(join(state, '.hidden'), 'x');
  writeFileSync(join(state, 'thingwatch.db.damaged-1'), 'x');
  mkdirSync(join(state, 'pairing'));
  writeFileSync(join(state, 'pairing/page.json'), '{}');
  symlinkSync('/etc/passwd', join(state, 'link'));
  expect(backup()).toMatchObject({
    files: ['key', 'mqtt-password'],
    leftOut: ['.hidden', 'large.bin'],
    incidents: 1,
    sensorId: 'b827eb',
    madeAt: new Date(NOW).toISOString(),
    isExposed: false,
  });
  expect(readdirSync(directory).sort()).toEqual(['backup', 'state']);
});

test('a file that is there stays, unless it shall be replaced', () => {
  fill('a');
  writeFileSync(file, 'my thesis');
  expect(backup).toThrow(expect.objectContaining({ code: 'exists' }));
  expect(readFileSync(file, 'utf8')).toBe('my thesis');
  expect(backup({ replace: true }).incidents).toBe(1);
  expect(statSync(file).mode & 0o777).toBe(0o600);
});

test('the restored sensor is the same to Home Assistant, and knows what the replaced one left on the broker', () => {
  fill('then', ['old/topic'], { offloads_switched_off: '["of the old box"]' });
  backup();
  fill('later', ['later/topic'], { offloads_switched_off: '["gro"]' });
  const restored = restore();
  expect(restored).toMatchObject({ sensorId: 'b827eb', aside: join(state, 'before-restore-20260105T101112Z') });
  const store = open();
  expect(store.loadIncidents().map(({ id }) => id)).toEqual(['then']);
  expect(store.outbox.peek(9).map(({ id }) => id)).toEqual(['then']);
  expect(store.publishedTopics().sort()).toEqual(['later/topic', 'old/topic']);
  expect([store.meta('sensor_id'), store.meta('offloads_switched_off')]).toEqual(['b827eb', '["gro"]']);
  store.close();
  expect(idsIn(join(restored.aside ?? '', 'thingwatch.db'))).toEqual(['then', 'later'].sort());
});

test('what a person keeps private is private in the restored one, whatever was said after the backup', () => {
  const [kept, told] = ['02:00:00:00:00:01', '02:00:00:00:00:02'].map((mac) => newDevice(mac, NOW));
  if (kept === undefined || told === undefined) throw new Error('there are two');
  const save = (marked: boolean) => {
    const store = open();
    kept.isPrivate = marked;
    store.save({ devices: [kept, told], durable: true });
    store.close();
  };
  save(true);
  backup();
  save(false);
  restore();
  const store = open();
  expect(store.loadDevices().map(({ isPrivate }) => isPrivate)).toEqual([true, false]);
  store.close();
});

test('on another box nothing is known of its port, and nothing of the backup stays in the database', () => {
  fill('a', [], { offloads_switched_off: '["gro"]' });
  backup();
  const elsewhere = join(directory, 'new/deep/thingwatch.db');
  expect(restore(elsewhere).aside).toBeNull();
  const store = open(elsewhere);
  expect(store.meta('offloads_switched_off')).toBeNull();
  store.close();
  const db = new Database(elsewhere, { readonly: true });
  expect(db.prepare("SELECT name FROM sqlite_master WHERE name LIKE 'backup%'").all()).toEqual([]);
  db.close();
});

test('a backup that somebody put in its place by hand is taken for one: its files are written at the next start', () => {
  fill('a');
  writeFileSync(join(state, 'mqtt-password'), 'of then');
  backup();
  const elsewhere = join(directory, 'by-hand');
  mkdirSync(elsewhere);
  writeFileSync(join(elsewhere, 'mqtt-password'), 'of now');
  copyFileSync(file, join(elsewhere, 'thingwatch.db'));
  expect(idsIn(join(elsewhere, 'thingwatch.db'))).toEqual(['a']);
  expect(readFileSync(join(elsewhere, 'mqtt-password'), 'utf8')).toBe('of then');
  const aside = readdirSync(elsewhere).find((name) => name.startsWith('before-restore-')) ?? '';
  expect(readFileSync(join(elsewhere, aside, 'mqtt-password'), 'utf8')).toBe('of now');
});

test('what the old database has in its journal alone is set aside with it, and never played into the new one', () => {
  fill('then');
  backup();
  // As a killed sensor leaves it: the newest is in the journal.
  const db = new Database(database);
  db.pragma('journal_mode = WAL');
  db.exec("UPDATE incidents SET summary = 'in the journal'");
  const [main, wal] = [readFileSync(database), readFileSync(`${database}-wal`)];
  db.close();
  writeFileSync(database, main);
  writeFileSync(`${database}-wal`, wal);
  const { aside } = restore();
  expect(existsSync(`${database}-wal`)).toBe(false);
  const summaryOf = (path: string) => {
    const store = open(path);
    const [one] = store.loadIncidents();
    store.close();
    return one?.summary;
  };
  expect(summaryOf(database)).not.toBe('in the journal');
  expect(summaryOf(join(aside ?? '', 'thingwatch.db'))).toBe('in the journal');
});

test('over a damaged state as well, of which every byte is kept', () => {
  fill('a');
  backup();
  const rubbish = Buffer.alloc(30_000, 0x5a);
  writeFileSync(database, rubbish);
  writeFileSync(`${database}-wal`, 'rubbish too');
  const { aside } = restore();
  expect(idsIn()).toEqual(['a']);
  expect(readFileSync(join(aside ?? '', 'thingwatch.db')).equals(rubbish)).toBe(true);
  expect(readFileSync(join(aside ?? '', 'thingwatch.db-wal'), 'utf8')).toBe('rubbish too');
});

test('a journal whose database is gone is kept, and not played into the new one', () => {
  fill('a');
  backup();
  rmSync(database);
  writeFileSync(`${database}-wal`, 'all that was left');
  const { aside } = restore();
  expect(existsSync(`${database}-wal`)).toBe(false);
  expect(readFileSync(join(aside ?? '', 'thingwatch.db-wal'), 'utf8')).toBe('all that was left');
  expect(idsIn()).toEqual(['a']);
});

test('while the state is in use nothing is restored, and nothing changes', () => {
  fill('a');
  backup();
  const store = open();
  const before = readdirSync(state);
  expect(() => restore()).toThrow(expect.objectContaining({ code: 'locked' }));
  expect(readdirSync(state)).toEqual(before);
  store.close();
});

const isRoot = process.getuid?.() === 0;
test.skipIf(!isRoot)(
  `restored by root, all belongs to whom the directory belongs to${isRoot ? '' : ' (NOT RUN: needs root to give files away)'}`,
  () => {
    fill('then');
    writeFileSync(join(state, 'mqtt-password'), 'of then');
    backup();
    fill('later');
    writeFileSync(join(state, 'mqtt-password'), 'of later');
    rmSync(`${database}.lock`);
    chownSync(state, 65_534, 65_534);
    const { aside } = restore();
    const made = [database, `${database}.lock`, join(state, 'mqtt-password'), aside ?? ''];
    expect(made.map((path) => statSync(path).uid)).toEqual([65_534, 65_534, 65_534, 65_534]);
  },
);

test('a database without the tables of a backup can be restored, one without those of the sensor not', () => {
  fill('a');
  copyFileSync(database, file);
  expect(readBackup(file)).toMatchObject({ madeAt: null, files: [], incidents: 1 });
  expect(restore(join(directory, 'n/thingwatch.db')).incidents).toBe(1);
  rmSync(file);
  const other = new Database(file);
  other.exec('CREATE TABLE recipes (name)');
  other.close();
  expect(() => readBackup(file)).toThrow(expect.objectContaining({ code: 'foreign' }));
});

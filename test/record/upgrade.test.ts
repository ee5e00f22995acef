// Databases that earlier versions of the program wrote: each opens, shows what it showed then, goes on, and is kept as it was beside it.
// Those of schema 3, 4, 5, 7 and 8 were written by programs of the time (fixtures/make.mjs); no program that ran wrote schema 1 or 2 alone,
// so those are made here by their SQL.
import { mkdirSync, readdirSync, readFileSync, rmSync, statfsSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { migrate, SCHEMA_VERSION, schemaVersion } from '../../sensor/record/schema.ts';
import { Store } from '../../sensor/record/store.ts';
import { type Upgrade, upgrade } from '../../sensor/record/upgrade.ts';
import { emptyHour } from '../../sensor/record/watch-hours.ts';
import { mail } from '../../sensor/self-test/frames/traffic.ts';
import { CAN_MOUNT, NOT_RUN, SmallDisk } from '../support/small-disk.ts';
import { DAY, Stage } from '../support/stage.ts';
import { message, NOW, temporaryDirectory } from './store-fixtures.ts';

/** What the program of then showed. */
interface Shown {
  schema: number;
  incidents: {
    id: string;
    kind: string;
    severity: string;
    device: string;
    state: string;
    findings: number;
    startedAt: string;
    attempts: number;
    summary: string;
  }[];
  devices: { mac: string; name: string | null; attempts: number }[];
  expectations: { device: string; createdBy: string; pairs: { destination: string; port: number }[] }[];
  /** MACs; nobody could say so before schema 9. */
  private?: string[];
  browsers: string[];
  outbox: string[];
}

const FIXTURES = join(import.meta.dirname, 'fixtures');
const STAMP = '20260105T101112Z';

let directory: string;
let path: string;
let upgrades: Upgrade[];
beforeEach(() => {
  directory = temporaryDirectory();
  path = join(directory, 'thingwatch.db');
  upgrades = [];
});
afterEach(() => rmSync(directory, { recursive: true }));

function place(name: string): Shown {
  writeFileSync(path, gunzipSync(readFileSync(join(FIXTURES, `${name}.db.gz`))));
  return JSON.parse(readFileSync(join(FIXTURES, `${name}.json`), 'utf8')) as Shown;
}

function open(now = NOW): Store {
  return Store.open({
    path,
    now: () => now,
    onUpgrade: (upgrade) => upgrades.push(upgrade),
    onDamage: (_, reason) => {
      throw new Error(`damaged: ${reason}`);
    },
    onProblem: (problem) => {
      throw new Error(problem);
    },
  });
}

/** Read as any other program would. */
function versionOf(file: string): number {
  const db = new Database(file, { readonly: true });
  try {
    expect(db.pragma('integrity_check', { simple: true })).toBe('ok');
    return schemaVersion(db);
  } finally {
    db.close();
  }
}

const copies = () => readdirSync(directory).filter((name) => name.includes('.schema-'));

describe.each(['schema-3', 'schema-4', 'schema-5', 'schema-7', 'schema-8'])(
  'a database of %s, written by the program of then',
  (name) => {
    test('opens with all that was shown', () => {
      const shown = place(name);
      const store = open();
      const byId = (a: { id: string }, b: { id: string }) => (a.id < b.id ? -1 : 1);
      const incidents = store
        .loadIncidents()
        .map(({ device, evidence, findings, id, kind, severity, startedAt, state, summary }) => ({
          ...{ id, kind, severity, device, state, findings, startedAt: new Date(startedAt).toISOString() },
          ...{ attempts: evidence.attempts, summary },
        }));
      expect(incidents.sort(byId)).toEqual(shown.incidents.sort(byId));
      const devices = store.loadDevices();
      expect(devices.map(({ mac, mail }) => ({ mac, attempts: mail.attempts }))).toEqual(
        shown.devices.map(({ attempts, mac }) => ({ mac, attempts })),
      );
      for (const { hostnames, label, mac } of devices) {
        const was = shown.devices.find((device) => device.mac === mac)?.name ?? null;
        expect([label, ...hostnames.map((host) => host.name), null]).toContain(was);
      }
      expect(devices.flatMap(({ isPrivate, mac }) => (isPrivate ? [mac] : []))).toEqual(shown.private ?? []);
      const expectations = store.loadExpectations().map(({ createdBy, device, targets }) => ({
        ...{ device, createdBy },
        pairs: targets.map(({ destination, port }) => ({ destination, port })),
      }));
      expect(expectations).toEqual(shown.expectations);
      expect(expectations[0]?.pairs.length).toBeGreaterThan(0);
      expect(store.browsers.list().map((browser) => browser.name)).toEqual(shown.browsers);
      expect(store.outbox.peek(1000).map(({ id }) => id)).toEqual(shown.outbox);
      expect(shown.outbox.length).toBeGreaterThan(5);
      // It was not accounted for then; from now on it can be.
      expect(store.watch.load()).toEqual({ hours: [], until: null });
      store.watch.save({ hours: [emptyHour(500_000)], until: NOW, first: 0 });
      expect(store.watch.load()).toEqual({ hours: [emptyHour(500_000)], until: NOW });
      store.close();
      expect(versionOf(path)).toBe(SCHEMA_VERSION);
    });

    test('goes on: more mail finds the old incident, and what is expected stays so', () => {
      const shown = place(name);
      const stage = new Stage({ stateDir: directory });
      const [expected, opened] = ['expected', 'open'].map((state) =>
        shown.incidents.find((one) => one.state === state),
      );
      if (expected === undefined || opened === undefined) throw new Error('no such incident');
      const [target] = shown.expectations[0]?.pairs ?? [];
      const later = Date.parse(opened.startedAt) + 2 * DAY;
      const { recorder } = stage.spine;
      stage.play(mail({ mac: opened.device, ip: '192.168.50.92' }, '203.0.113.99', later));
      expect(recorder.incidents.get(opened.id)?.evidence.attempts).toBe(opened.attempts + 1);
      expect(recorder.incidents.ofDevice(opened.device).map(({ id }) => id)).toEqual([opened.id]);
      expect(target).toBeDefined();
      expect(recorder.expectations.all()).toHaveLength(shown.expectations.length);
      stage.spine.close();
      const again = open();
      expect(again.loadIncidents().find(({ id }) => id === opened.id)?.evidence.attempts).toBe(opened.attempts + 1);
      again.close();
    });
  },
);

describe.each([3, 4, 5, 7, 8])('before a database of schema %i is changed', (schema) => {
  test('it is kept beside itself, for its owner alone, and told of', () => {
    const shown = place(`schema-${schema}`);
    open().close();
    const copy = join(directory, `thingwatch.db.schema-${schema}-${STAMP}`);
    expect(upgrades).toEqual([{ from: schema, to: SCHEMA_VERSION, copy, problem: null }]);
    expect(statSync(copy).mode & 0o777).toBe(0o600);
    expect(versionOf(copy)).toBe(schema);
    const db = new Database(copy, { readonly: true });
    expect(db.prepare('SELECT id FROM outbox ORDER BY seq').pluck().all()).toEqual(shown.outbox);
    db.close();
    open().close();
    expect(upgrades).toHaveLength(1);
    expect(copies()).toHaveLength(1);
  });
});

test('an up-to-date database and a new one are copied nowhere', () => {
  open().close();
  open().close();
  expect(copies()).toEqual([]);
  expect(upgrades).toEqual([]);
});

test('what its journal still holds is in the copy as well', () => {
  place('schema-4');
  const db = new Database(path);
  db.pragma('journal_mode = WAL');
  db.pragma('wal_autocheckpoint = 0');
  db.exec("INSERT INTO meta VALUES ('late', 'news')");
  const wal = readFileSync(`${path}-wal`);
  const before = readFileSync(path);
  db.close();
  // As a killed program leaves it.
  writeFileSync(path, before);
  writeFileSync(`${path}-wal`, wal);
  open().close();
  const copy = new Database(join(directory, copies()[0] ?? ''), { readonly: true });
  expect(copy.prepare("SELECT value FROM meta WHERE key = 'late'").pluck().get()).toBe('news');
  copy.close();
});

test('the newest three copies stay, and nothing that was being written', () => {
  writeFileSync(join(directory, 'thingwatch.db.schema-4-20250101T000000Z.partial'), 'half');
  for (let n = 0; n < 5; n++) {
    for (const suffix of ['', '-wal', '-shm']) rmSync(path + suffix, { force: true });
    place(n % 2 === 0 ? 'schema-3' : 'schema-4');
    open(NOW + n * 60_000).close();
  }
  expect(copies().sort()).toEqual([
    'thingwatch.db.schema-3-20260105T101312Z',
    'thingwatch.db.schema-3-20260105T101512Z',
    'thingwatch.db.schema-4-20260105T101412Z',
  ]);
});

test('up to three copies all stay, and nothing of anybody else is touched', () => {
  const others = [
    ...['backup.partial', 'other.db.schema-3-20240101T000000Z', 'other.db.schema-3-20240101T000000Z.partial'],
    ...['thingwatch.db.damaged-20240101T000000Z', 'thingwatch.db.partial'],
  ];
  for (const name of others) writeFileSync(join(directory, name), 'x');
  for (let n = 0; n < 3; n++) {
    for (const suffix of ['', '-wal', '-shm']) rmSync(path + suffix, { force: true });
    place('schema-3');
    open(NOW + n * 1000).close();
    expect(upgrades).toHaveLength(n + 1);
    expect(copies().filter((name) => !others.includes(name))).toHaveLength(n + 1);
  }
  expect(readdirSync(directory)).toEqual(expect.arrayContaining(others));
});

test.skipIf(!CAN_MOUNT)(
  `a copy is made where as much again has room beside it, and a megabyte for others${NOT_RUN}`,
  () => {
    const small = new SmallDisk(4);
    try {
      for (const [spare, isKept] of [
        [0, true],
        [-4096, false],
      ] as const) {
        for (const name of readdirSync(small.path)) rmSync(join(small.path, name));
        const file = join(small.path, 'a.db');
        writeFileSync(file, gunzipSync(readFileSync(join(FIXTURES, 'schema-3.db.gz'))));
        const db = new Database(file);
        const { bavail, bsize } = statfsSync(small.path);
        const free = 2 * statSync(file).size + 1024 * 1024 + spare;
        writeFileSync(join(small.path, 'ballast'), Buffer.alloc(bavail * bsize - free));
        const told: Upgrade[] = [];
        upgrade(db, { path: file, now: NOW, onUpgrade: (one) => told.push(one) });
        const copy = isKept ? `${file}.schema-3-${STAMP}` : null;
        const problem = isKept ? null : expect.stringMatching(/^it takes 1\.3 MB, and .* has 1\.3 MB left$/);
        expect([told, schemaVersion(db)]).toEqual([[{ from: 3, to: SCHEMA_VERSION, copy, problem }], SCHEMA_VERSION]);
        db.close();
      }
    } finally {
      small.remove();
    }
  },
);

describe('a step that fails', () => {
  const old = (options: Database.Options = {}) => {
    place('schema-3');
    return new Database(path, options);
  };
  const refusal = (db: Database.Database) => {
    try {
      upgrade(db, { path, now: NOW, onUpgrade: (one) => upgrades.push(one) });
    } catch (error) {
      return error;
    } finally {
      db.close();
    }
    throw new Error('nothing was thrown');
  };

  test('leaves the database as it was, and names the copy', () => {
    const error = refusal(old({ readonly: true }));
    expect(error).toMatchObject({ name: 'StoreError', code: 'unwritable' });
    const copy = `${path}.schema-3-${STAMP}`;
    expect(String(error)).toContain(`from schema 3 to ${SCHEMA_VERSION}`);
    expect(String(error)).toContain(`and a copy of it is ${copy};`);
    expect([upgrades, copies().length, versionOf(path), versionOf(copy)]).toEqual([[], 1, 3, 3]);
  });

  test('speaks of no copy where none could be made', () => {
    const db = old({ readonly: true });
    mkdirSync(join(directory, `thingwatch.db.schema-3-${STAMP}`, 'full'), { recursive: true });
    expect(String(refusal(db))).not.toContain('a copy of it');
  });

  test('while another program writes is told as that', () => {
    const db = old({ timeout: 0 });
    const writer = new Database(path);
    writer.exec('BEGIN IMMEDIATE');
    expect(refusal(db)).toMatchObject({ code: 'locked' });
    writer.close();
  });

  test('on a damaged page is told as SQLite does', () => {
    const db = old();
    const page = Number(db.prepare("SELECT rootpage FROM sqlite_master WHERE name = 'expectations'").pluck().get());
    const size = Number(db.pragma('page_size', { simple: true }));
    db.close();
    const bytes = readFileSync(path);
    bytes.fill(0xa5, (page - 1) * size, page * size);
    writeFileSync(path, bytes);
    const error = refusal(new Database(path));
    expect(error).toMatchObject({ name: 'SqliteError', code: expect.stringMatching(/^SQLITE_CORRUPT/) });
  });

  test('since it contradicts itself is told as SQLite does: whoever opens it moves it aside', () => {
    const db = old();
    db.exec('CREATE TABLE evidence (unexpected)');
    expect(refusal(db)).toMatchObject({ message: expect.stringMatching(/table evidence already exists/) });
  });
});

test.each([1, 2])('schema %i, by its SQL, opens and takes all that is new', (schema) => {
  const db = new Database(path);
  migrate(db, schema);
  db.exec(`
    INSERT INTO devices (mac, role, label, first_seen, last_seen, broadcast_only, shared_mac, connections, hostnames, identity, firmware, mail, lookups)
    VALUES ('00:11:22:33:44:55', 'device', 'Fridge', 1, 2, 0, 0, 3, '[]',
      '{"dhcpFingerprint":null,"dhcpVendorClass":null,"dhcpClientId":null,"mdnsServices":[],"mdnsModels":[],"ssdpServer":null,"ssdpTypes":[],"userAgent":null}',
      '[]', '{"attempts":10,"connected":0,"refused":0,"unanswered":10,"messages":0,"recipients":0,"forgottenDestinations":0}', '{"mx":0,"dnsbl":0}');
    INSERT INTO expectations (id, device, destinations, ports, created_at, created_by, until, matches, last_match, incident)
    VALUES ('e', '00:11:22:33:44:55', '["mail.example.net","192.0.2.1"]', '[25,587]', 1, 'page', NULL, 0, NULL, NULL)`);
  if (schema === 2)
    db.exec("INSERT INTO outbox (id, topic, payload, created_at, priority) VALUES ('m', 't', '{}', 1, 'alert')");
  db.close();
  const store = open();
  expect(upgrades).toMatchObject([{ from: schema, to: SCHEMA_VERSION, problem: null }]);
  expect(store.loadDevices()).toMatchObject([{ label: 'Fridge', mail: { attempts: 10 } }]);
  expect(store.loadExpectations()[0]?.targets).toHaveLength(4);
  expect(store.outbox.peek(9).map(({ id }) => id)).toEqual(schema === 2 ? ['m'] : []);
  store.save({ outbox: [message('more')], durable: true });
  store.close();
});

test('one that contradicts itself is whole where it was moved to, with a copy beside it, and a fresh one is begun', () => {
  place('schema-3');
  const db = new Database(path);
  db.exec('CREATE TABLE evidence (unexpected)');
  db.close();
  const aside: string[] = [];
  Store.open({ path, now: () => NOW, onDamage: (movedTo, reason) => aside.push(movedTo, reason) }).close();
  expect(aside).toEqual([`${path}.damaged-${STAMP}`, expect.stringMatching(/table evidence already exists/)]);
  expect(versionOf(aside[0] ?? '')).toBe(3);
  expect(copies()).toHaveLength(1);
  expect(versionOf(path)).toBe(SCHEMA_VERSION);
});

test('a directory of that name in the way keeps nobody from starting: it goes on without a copy, and says so', () => {
  place('schema-3');
  mkdirSync(join(directory, `thingwatch.db.schema-3-${STAMP}`, 'full'), { recursive: true });
  open().close();
  expect(upgrades).toEqual([{ from: 3, to: SCHEMA_VERSION, copy: null, problem: expect.stringMatching(/\S/) }]);
  expect(versionOf(path)).toBe(SCHEMA_VERSION);
  expect(copies().filter((name) => name.endsWith('.partial'))).toEqual([]);
});

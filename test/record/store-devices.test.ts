// Devices on disk: what comes back is what was saved, only what changed is written, a corrupt row costs only itself.
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Device, newDevice } from '../../sensor/attribute/device.ts';
import { Store } from '../../sensor/record/store.ts';
import { backend, deviceArbitrary, entry, incident, inOrder, NOW, temporaryDirectory } from './store-fixtures.ts';

const CAMERA = '00:11:22:33:44:55';
const FRIDGE = '00:11:22:33:44:66';

let directory: string;
let path: string;
beforeEach(() => {
  directory = temporaryDirectory();
  path = join(directory, 'thingwatch.db');
});
afterEach(() => rmSync(directory, { recursive: true }));

function open(onProblem?: (message: string) => void): Store {
  return Store.open({ path, now: () => NOW, ...(onProblem === undefined ? {} : { onProblem }) });
}

function withStore<T>(work: (store: Store) => T): T {
  const store = open();
  try {
    return work(store);
  } finally {
    store.close();
  }
}

function reload(): unknown[] {
  return withStore((store) => store.loadDevices().map(inOrder));
}

describe('what was saved comes back after a restart', () => {
  test('any history of any two devices, restarts between saves or not', () => {
    const step = fc.record({
      camera: fc.option(deviceArbitrary(CAMERA), { nil: null }),
      fridge: fc.option(deviceArbitrary(FRIDGE), { nil: null }),
      restart: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 4 }), (history) => {
        rmSync(path, { force: true });
        const latest = new Map<string, Device>();
        let store = open();
        try {
          for (const { camera, fridge, restart } of history) {
            const devices = [camera, fridge].filter((device) => device !== null);
            for (const device of devices) latest.set(device.mac, device);
            store.save({ devices, durable: false });
            if (!restart) continue;
            store.close();
            store = open();
            store.loadDevices();
          }
        } finally {
          store.close();
        }
        const expected = [CAMERA, FRIDGE].flatMap((mac) => latest.get(mac) ?? []).map(inOrder);
        expect(reload()).toEqual(expected);
      }),
      { numRuns: 80 },
    );
  });

  test('a device saved without loading first replaces what was there', () => {
    const camera = newDevice(CAMERA, NOW);
    camera.backends.set('old.example', backend('old.example', NOW));
    withStore((store) => store.save({ devices: [camera], durable: false }));

    const again = newDevice(CAMERA, NOW + 1);
    withStore((store) => store.save({ devices: [again], durable: false }));
    expect(reload()).toEqual([inOrder(again)]);
  });

  test('a save that failed is made good by the next one, for known and for new devices', () => {
    const camera = newDevice(CAMERA, NOW);
    camera.backends.set('a.example', backend('a.example', NOW));
    const fridge = newDevice(FRIDGE, NOW);
    fridge.timeline.push(entry(NOW));
    const unwritable = { ...incident('bad'), evidence: { big: 1n } };
    withStore((store) => {
      store.save({ devices: [camera], durable: false });
      camera.backends.set('b.example', backend('b.example', NOW));
      camera.backends.delete('a.example');
      camera.label = 'Hallway';
      const devices = [camera, fridge];
      expect(() => store.save({ devices, incidents: [unwritable], durable: true })).toThrow();
      expect(store.loadIncidents()).toEqual([]);
      store.save({ devices, durable: true });
    });
    expect(reload()).toEqual([camera, fridge].map(inOrder));
  });

  test('a forgotten device is gone with all of its rows, and may come back empty', () => {
    const camera = newDevice(CAMERA, NOW);
    camera.backends.set('a.example', backend('a.example', NOW));
    camera.timeline.push(entry(NOW));
    camera.leases.push({ ip: '192.168.1.50', from: NOW, to: NOW, source: 'arp' });
    const fridge = newDevice(FRIDGE, NOW);
    const back = newDevice(CAMERA, NOW + 1);
    withStore((store) => {
      store.save({ devices: [camera, fridge], durable: false });
      store.save({ forgottenDevices: [CAMERA], durable: true });
      const left = new Database(path);
      expect(left.prepare('SELECT mac FROM devices').pluck().all()).toEqual([FRIDGE]);
      left.close();
      store.save({ devices: [camera], durable: false });
      expect(store.loadDevices()).toEqual([camera, fridge]);
      store.save({ forgottenDevices: [CAMERA], devices: [back], durable: true });
    });
    expect(reload()).toEqual([back, fridge].map(inOrder));
    const db = new Database(path);
    for (const table of ['backends', 'timeline', 'leases']) {
      expect(db.prepare(`SELECT count(*) FROM ${table}`).pluck().get()).toBe(0);
    }
    db.close();
  });
});

describe('only what changed is written', () => {
  /** Counts the writes to every device table from now on, through triggers set by another connection. */
  function countWrites(): { read(): Record<string, number>; close(): void } {
    const db = new Database(path);
    db.exec('CREATE TABLE writes (name TEXT)');
    for (const table of ['devices', 'leases', 'mail_destinations', 'backends', 'timeline', 'activity']) {
      for (const event of ['INSERT', 'UPDATE', 'DELETE']) {
        db.exec(
          `CREATE TRIGGER ${table}_${event} AFTER ${event} ON ${table}
           BEGIN INSERT INTO writes VALUES ('${event} ${table}'); END`,
        );
      }
    }
    return {
      read() {
        const rows = db.prepare<[], [string, number]>('SELECT name, count(*) FROM writes GROUP BY name').raw().all();
        db.exec('DELETE FROM writes');
        return Object.fromEntries(rows);
      },
      close: () => db.close(),
    };
  }

  function busyDevice(mac: string): Device {
    const device = newDevice(mac, NOW);
    for (let n = 0; n < 50; n += 1) device.backends.set(`b${n}.example`, backend(`b${n}.example`, NOW));
    for (let n = 0; n < 10; n += 1) device.timeline.push(entry(NOW + n));
    for (let hour = 0; hour < 31 * 24; hour += 1) device.activity.add([{ hour, connections: 1, mailAttempts: 0 }]);
    device.leases.push({ ip: '192.168.1.50', from: NOW, to: NOW, source: 'arp' });
    return device;
  }

  test('one contact of one backend is one row; nothing changed is none', () => {
    const devices = [busyDevice(CAMERA), busyDevice(FRIDGE)];
    const store = open();
    store.save({ devices, durable: false });
    const writes = countWrites();
    store.save({ devices, durable: false });
    expect(writes.read()).toEqual({});

    const seven = devices[0]?.backends.get('b7.example');
    if (seven === undefined) throw new Error('no backend');
    seven.bytesDown += 1;
    store.save({ devices, durable: false });
    expect(writes.read()).toEqual({ 'UPDATE backends': 1 });
    writes.close();
    store.close();
  });

  test('also after a restart', () => {
    withStore((store) => store.save({ devices: [busyDevice(CAMERA)], durable: false }));
    const store = open();
    const devices = store.loadDevices();
    const writes = countWrites();
    devices[0]?.activity.add([{ hour: 31 * 24, connections: 1, mailAttempts: 1 }]);
    store.save({ devices, durable: false });
    expect(writes.read()).toEqual({ 'INSERT activity': 1 });
    writes.close();
    store.close();
  });

  test('what was let go after a restart does not come back with the rest of its device', () => {
    withStore((store) => store.save({ devices: [busyDevice(CAMERA), busyDevice(FRIDGE)], durable: false }));
    const store = open();
    const devices = store.loadDevices();
    expect(store.prune({ before: NOW + 5 }).timeline).toBe(10);
    const writes = countWrites();
    store.save({ devices, durable: false });
    expect(writes.read()).toEqual({});
    writes.close();
    store.close();
  });

  test('the oldest entry gives way to a new one: two rows', () => {
    const camera = busyDevice(CAMERA);
    const store = open();
    store.save({ devices: [camera], durable: false });
    const writes = countWrites();
    camera.timeline.shift();
    camera.timeline.push(entry(NOW + 100));
    store.save({ devices: [camera], durable: false });
    expect(writes.read()).toEqual({ 'DELETE timeline': 1, 'INSERT timeline': 1 });
    writes.close();
    store.close();
  });
});

describe('a corrupt row is reported and skipped, the rest loads', () => {
  function tamper(sql: string): void {
    const db = new Database(path);
    db.exec(sql);
    db.close();
  }

  test.each([
    [
      'not JSON',
      "UPDATE backends SET hosts = '[' WHERE name = 'b.example'",
      /backends \(00:11:22:33:44:55, 2\): not JSON/,
    ],
    ['of another shape', "UPDATE backends SET hosts = '[1]' WHERE name = 'b.example'", /backends .*unexpected hosts/],
    ['an unknown word', "UPDATE backends SET role = 'spy' WHERE name = 'b.example'", /backends .*unexpected role/],
  ])('a backend %s', (_, sql, report) => {
    const camera = newDevice(CAMERA, NOW);
    for (const name of ['a.example', 'b.example', 'c.example']) camera.backends.set(name, backend(name, NOW));
    withStore((store) => store.save({ devices: [camera], durable: false }));
    tamper(sql);

    const problems: string[] = [];
    const store = open((problem) => problems.push(problem));
    const [loaded] = store.loadDevices();
    expect([...(loaded?.backends.keys() ?? [])]).toEqual(['a.example', 'c.example']);
    expect(problems).toEqual([expect.stringMatching(report)]);
    store.close();
  });

  test('a device: the others load, and its own next save heals it', () => {
    const camera = newDevice(CAMERA, NOW);
    camera.backends.set('a.example', backend('a.example', NOW));
    const fridge = newDevice(FRIDGE, NOW);
    withStore((store) => store.save({ devices: [camera, fridge], durable: false }));
    tamper(`UPDATE devices SET identity = 'x' WHERE mac = '${CAMERA}'`);

    const problems: string[] = [];
    const store = open((problem) => problems.push(problem));
    expect(store.loadDevices()).toEqual([fridge]);
    expect(problems).toEqual([expect.stringMatching(/devices \(00:11:22:33:44:55\): not JSON/)]);
    const reborn = newDevice(CAMERA, NOW + 5);
    store.save({ devices: [reborn], durable: false });
    store.close();
    expect(reload()).toEqual([reborn, fridge].map(inOrder));
  });
});

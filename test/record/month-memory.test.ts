// What a month of a device takes in memory: its hours, its backends, and what is known of its rows on disk.
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import Database from 'better-sqlite3';
import { expect, test } from 'vitest';
import { type Device, newDevice } from '../../sensor/attribute/device.ts';
import { countActivity } from '../../sensor/attribute/timeline.ts';
import { type AfterCommit, DeviceTable } from '../../sensor/record/device-table.ts';
import { migrate } from '../../sensor/record/schema.ts';
import { backend, entry, NOW } from './store-fixtures.ts';

const DEVICES = 100;
const HOUR = 60 * 60_000;
const HOURS = 31 * 24;
const EACH = 20;

function inMemory(): number {
  setFlagsFromString('--expose-gc');
  runInNewContext('gc')();
  const { arrayBuffers, heapUsed } = process.memoryUsage();
  return arrayBuffers + heapUsed;
}

test('a device that is active in every hour of a month, and meets twenty backends, takes less than 45 kB', () => {
  const db = new Database(':memory:');
  migrate(db);
  const table = new DeviceTable(db, () => {});
  const save = (device: Device) => {
    const afterCommit: AfterCommit = [];
    table.save(device, 'all', afterCommit);
    for (const remember of afterCommit) remember();
  };
  const devices = Array.from({ length: DEVICES }, (_, n) => newDevice(`02:00:00:00:00:${(n + 16).toString(16)}`, NOW));
  for (const device of devices) save(device);
  const before = inMemory();
  for (const device of devices) {
    for (let hour = 0; hour < HOURS; hour++) countActivity(device, NOW + hour * HOUR, 'connections');
    for (let n = 0; n < EACH; n++) {
      device.backends.set(`b${n}.example`, backend(`b${n}.example`, NOW));
      device.timeline.push(entry(NOW + n));
    }
    save(device);
  }
  const each = (inMemory() - before) / DEVICES / 1000;
  expect(devices.every(({ activity }) => [...activity].length === HOURS)).toBe(true);
  expect(each).toBeLessThan(45);
  db.close();
});

// What a month takes in memory: hours and backends of devices, what is known of their rows on disk, addresses that were met.
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import Database from 'better-sqlite3';
import { expect, test } from 'vitest';
import { type Device, newDevice } from '../../sensor/attribute/device.ts';
import { Home } from '../../sensor/attribute/home.ts';
import { countActivity } from '../../sensor/attribute/timeline.ts';
import { type AfterCommit, DeviceTable } from '../../sensor/record/device-table.ts';
import { migrate } from '../../sensor/record/schema.ts';
import { backend, DAY, entry, NOW } from './store-fixtures.ts';

const DEVICES = 100;
const HOUR = 60 * 60_000;
const HOURS = 31 * 24;
const EACH = 20;

function inMemory(): number {
  setFlagsFromString('--expose-gc');
  // What buffers took is given back beside the program, at the latest when the next collection begins.
  const collect: () => void = runInNewContext('gc');
  for (let round = 0; round < 3; round++) collect();
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
  // Used once more, so that all of it is there to be measured.
  for (const device of devices) save(device);
  expect(devices.every(({ activity }) => [...activity].length === HOURS)).toBe(true);
  expect(each).toBeLessThan(45);
  db.close();
});

test('addresses that the home met once take no memory a day later', () => {
  const home = new Home([]);
  const places = Array.from({ length: 31 }, (_, day) => Array.from({ length: 250 }, (_, n) => `203.0.${day}.${n}`));
  const meets = (day: number) => {
    for (const ip of places[day] ?? []) home.isInside(ip);
    home.expire(NOW + day * DAY);
  };
  for (let day = 0; day < 2; day++) meets(day);
  const before = inMemory();
  for (let day = 2; day < 31; day++) meets(day);
  const grown = (inMemory() - before) / 1000;
  // Used once more, so that it is there to be measured.
  expect(home.isInside('203.0.1.1')).toBe(false);
  // All of them would take a megabyte; V8 itself takes up to 400 kB meanwhile.
  expect(grown).toBeLessThan(600);
});

// What counts as a download of code: how much, in how many pieces, how far apart.
import { expect, test } from 'vitest';
import { type Connection, newConnection } from '../../sensor/attribute/connection.ts';
import { type Backend, type Device, newDevice } from '../../sensor/attribute/device.ts';
import { BackendVolumes } from '../../sensor/detect/backend-volumes.ts';
import { backendOf } from '../support/backend.ts';
import { CAMERA, DAY, MINUTE, SECOND, START } from '../support/stage.ts';

const KIB = 1024;

class Downloads {
  readonly device: Device = newDevice(CAMERA.mac, START);
  readonly backend: Backend;
  readonly #volumes = new BackendVolumes();

  constructor(role: Backend['role']) {
    this.backend = backendOf({ role, firstSeen: START });
  }

  /** A connection that opened at `openedAt` and has brought `down` bytes by `time`. */
  get(down: number, openedAt: number, time: number, up = 0): Connection {
    const ports = { sourcePort: 40_000, destinationPort: 443 };
    const connection = newConnection(null, ports, openedAt, 1000);
    Object.assign(connection, { responderIp: '203.0.113.9', name: 'fw.vendor.example', nameFrom: 'sni' });
    return this.more(connection, down, time, up);
  }

  more(connection: Connection, down: number, time: number, up = 0): Connection {
    connection.down.total += down;
    connection.up.total += up;
    this.#volumes.count(this.device, this.backend, connection, time);
    return connection;
  }

  told() {
    return this.device.timeline.map(({ kind, detail }) => [kind, detail.bytes, detail.durationMs]);
  }
}

test('all that is told of one', () => {
  const downloads = new Downloads('update');
  downloads.get(300 * KIB, START, START + SECOND, 700);
  expect(downloads.device.timeline).toEqual([
    {
      time: START + SECOND,
      kind: 'firmware_download',
      name: 'fw.vendor.example',
      nameFrom: 'sni',
      ip: '203.0.113.9',
      role: 'update',
      detail: { bytes: 300 * KIB, durationMs: SECOND, backend: 'vendor.example' },
    },
  ]);
  expect(downloads.backend).toMatchObject({ bytesUp: 700, bytesDown: 300 * KIB });
});

test('where the host has no name, the name of the backend stands', () => {
  const downloads = new Downloads('store');
  const connection = newConnection(null, { sourcePort: 1, destinationPort: 443 }, START, 1);
  downloads.more(connection, 40 * KIB, START);
  expect(downloads.device.timeline).toMatchObject([{ kind: 'store_download', name: 'vendor.example', nameFrom: null }]);
});

test.each([
  ['update', 256 * KIB, []],
  ['update', 256 * KIB + 1, ['firmware_download']],
  ['store', 32 * KIB, []],
  ['store', 32 * KIB + 1, ['store_download']],
  ['cloud', 1024 * KIB, []],
  ['unknown', 1024 * KIB, []],
] as const)('from a backend of role %s %d bytes', (role, bytes, expected) => {
  const downloads = new Downloads(role);
  downloads.get(bytes, START, START);
  expect(downloads.told().map(([kind]) => kind)).toEqual(expected);
  expect(downloads.backend.bytesDown).toBe(bytes);
});

test.each([
  ['ranges that follow within a minute are one download', 16 * KIB, MINUTE - 1, 1],
  ['a minute apart they are several', 16 * KIB, MINUTE, 0],
  ['what brings less than a range is a question', 16 * KIB - 1, SECOND, 0],
])('%s', (_, each, pause, count) => {
  const downloads = new Downloads('store');
  for (let i = 0; i < 3; i++) downloads.get(each, START + i * pause, START + i * pause);
  expect(downloads.told()).toHaveLength(count);
});

test('what comes on is added to what was told, once each', () => {
  const downloads = new Downloads('update');
  const connection = downloads.get(200 * KIB, START, START + SECOND);
  expect(downloads.told()).toEqual([]);
  downloads.more(connection, 0, START + 2 * SECOND);
  downloads.more(connection, 100 * KIB, START + 3 * SECOND);
  expect(downloads.told()).toEqual([['firmware_download', 300 * KIB, 3 * SECOND]]);
  downloads.more(connection, 0, START + 4 * SECOND);
  downloads.get(50 * KIB, START + 5 * SECOND, START + 6 * SECOND);
  expect(downloads.told()).toEqual([['firmware_download', 350 * KIB, 6 * SECOND]]);
  // An overlapping one that began before: the whole lasted that much longer.
  downloads.get(50 * KIB, START - 10 * SECOND, START + 6 * SECOND);
  expect(downloads.told()).toEqual([['firmware_download', 400 * KIB, 16 * SECOND]]);
});

test('what comes a day after it began is another download, also on the same connection', () => {
  const downloads = new Downloads('update');
  const connection = downloads.get(300 * KIB, START, START);
  downloads.more(connection, 300 * KIB, START + DAY - 1);
  expect(downloads.told()).toHaveLength(1);
  downloads.more(connection, 300 * KIB, START + DAY);
  expect(downloads.told()).toHaveLength(2);
});

test('a clock that was set back by a minute begins another', () => {
  const downloads = new Downloads('update');
  downloads.get(300 * KIB, START, START);
  downloads.get(300 * KIB, START - MINUTE + 1, START - MINUTE + 1);
  expect(downloads.told()).toHaveLength(1);
  downloads.get(300 * KIB, START - 3 * MINUTE, START - 3 * MINUTE);
  expect(downloads.told()).toHaveLength(2);
});

// From what the sensor remembers of a device to what it shows of it.
import { expect, it } from 'vitest';
import { Activity } from '../../sensor/attribute/activity.ts';
import { type Backend, type MailDestination, newDevice } from '../../sensor/attribute/device.ts';
import { contactState, deviceView } from '../../sensor/publish/views.ts';
import { backendOf } from '../support/backend.ts';
import { START } from '../support/small-home.ts';

const HOUR = 60 * 60 * 1000;
const MAC = 'a4:cf:12:99:be:ef';
const facts = { name: 'camera', idName: 'camera', established: true, incidents: [], allowMail: false, now: START };

function destination(ip: string, lastSeen: number, changes: Partial<MailDestination> = {}): MailDestination {
  return {
    ip,
    port: 25,
    name: null,
    nameFrom: null,
    attempts: 1,
    connected: 0,
    refused: 0,
    unanswered: 0,
    messages: 0,
    recipients: 0,
    firstSeen: 0,
    lastSeen,
    ...changes,
  };
}

const backend = (name: string, role: Backend['role'], connections: number, lastSeen: number): Backend =>
  backendOf({ name, role, connections, lastSeen });

it('shows a device that has done nothing as one that has done nothing', () => {
  expect(deviceView(newDevice(MAC, START), { ...facts, name: null, idName: null })).toEqual({
    mac: MAC,
    name: null,
    idName: null,
    named: false,
    randomizedMac: false,
    address: null,
    mail: { attempts: 0, connected: 0, refused: 0, unanswered: 0, last: null },
    updates: { connections: 0, lastBackend: null, lastDownload: null },
    connectionsLastHour: null,
    established: true,
    allowMail: false,
    incidents: [],
  });
});

it('takes the newest of each thing, and only update backends for updates', () => {
  const device = newDevice(MAC, START);
  device.broadcastOnly = false;
  device.label = 'Hallway camera';
  device.leases = [
    { ip: '192.168.1.50', from: 0, to: 10, source: 'dhcp' },
    { ip: '192.168.1.44', from: 0, to: 20, source: 'dhcp' },
    { ip: '192.168.1.51', from: 0, to: 15, source: 'dhcp' },
  ];
  for (const entry of [destination('203.0.113.1', 5), destination('203.0.113.2', 9), destination('203.0.113.3', 7)]) {
    device.mail.destinations.set(`${entry.ip} 25`, entry);
  }
  for (const entry of [
    backend('a.example', 'update', 3, 5),
    backend('b.example', 'update', 4, 9),
    backend('c.example', 'cloud', 90, 99),
  ]) {
    device.backends.set(entry.name, entry);
  }
  const download = { kind: 'firmware_download', name: null, nameFrom: null, ip: null, role: null, detail: {} } as const;
  device.timeline = [
    { ...download, time: 3 },
    { ...download, time: 8 },
    { ...download, kind: 'backend_new', time: 9 },
  ];
  const hour = Math.floor(START / HOUR);
  device.activity = new Activity(
    [hour - 2, hour - 1, hour].map((each, i) => ({ hour: each, connections: 10 + i, mailAttempts: 0 })),
  );
  expect(deviceView(device, facts)).toMatchObject({
    named: true,
    address: '192.168.1.44',
    mail: { last: { ip: '203.0.113.2', time: 9, connection: 'pending' } },
    updates: { connections: 7, lastBackend: 'b.example', lastDownload: 8 },
    connectionsLastHour: 11,
  });
});

it('of an hour without a connection it shows none, and of two things of one moment the later entry', () => {
  const device = newDevice(MAC, START);
  device.broadcastOnly = false;
  device.leases = ['192.168.1.50', '192.168.1.44'].map((ip) => ({ ip, from: 0, to: 20, source: 'dhcp' }));
  expect(deviceView(device, facts)).toMatchObject({ connectionsLastHour: 0, address: '192.168.1.44' });
});

it.each([
  [{ attempts: 1 }, 'pending'],
  [{ attempts: 2, unanswered: 1 }, 'pending'],
  [{ attempts: 1, unanswered: 1 }, 'unanswered'],
  [{ attempts: 2, unanswered: 1, refused: 1 }, 'refused'],
  [{ attempts: 3, unanswered: 1, refused: 1, connected: 1 }, 'connected'],
] as const)('%j is %s', (changes, state) => expect(contactState(destination('203.0.113.1', 0, changes))).toBe(state));

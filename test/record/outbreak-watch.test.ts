// When devices that mail are looked at for what they have in common: each of the first at once, later ones together.
import { beforeEach, describe, expect, it } from 'vitest';
import { type Device, newDevice } from '../../sensor/attribute/device.ts';
import { DeviceTable } from '../../sensor/attribute/device-table.ts';
import type { Finding } from '../../sensor/detect/finding.ts';
import type { Incident } from '../../sensor/record/incident.ts';
import { IncidentBook } from '../../sensor/record/incident-book.ts';
import { affectedIn, joinOutbreak } from '../../sensor/record/outbreak-members.ts';
import { OutbreakWatch } from '../../sensor/record/outbreak-watch.ts';
import { backend, incident, NOW } from './store-fixtures.ts';

let book: IncidentBook;
let devices: DeviceTable;
let areKnown: boolean;
let found: Finding[];
let joined: [string, number, string][];
let watch: OutbreakWatch;
beforeEach(() => {
  book = new IncidentBook();
  devices = new DeviceTable();
  areKnown = true;
  found = [];
  joined = [];
  watch = new OutbreakWatch({
    incidents: book,
    devices: () => (areKnown ? devices : null),
    nameOf: (device, mail) => `${device.mac} ${mail.length}`,
    found: (one) => found.push(one),
    joined: (one, time, device) => joined.push([one.id, time, device.mac]),
  });
});

const macOf = (n: number) => `a4:cf:12:00:00:${n.toString(16).padStart(2, '0')}`;

/** A device that contacted what all of them contact, and began to mail. */
function mails(n: number, time = NOW): void {
  const device = newDevice(macOf(n), NOW - 1000);
  const contact = backend('bad.example', NOW - 500);
  device.backends.set('bad.example', { ...contact, role: 'update', firstSeen: NOW - 500, lastSeen: NOW - 500 });
  devices.restore(device);
  book.load([incident(`i${n}`, { device: device.mac, startedAt: time })]);
}

it('the first are looked at one by one, and told from the second on', () => {
  mails(1);
  watch.begun(NOW);
  expect(found).toEqual([]);
  mails(2, NOW + 5);
  watch.begun(NOW + 5);
  expect(found).toMatchObject([{ kind: 'outbreak', time: NOW + 5, times: 1, evidence: { backend: 'bad.example' } }]);
  expect(found[0]?.evidence.devices).toMatchObject([{ name: `${macOf(1)} 1` }, { name: `${macOf(2)} 1` }]);
  // Their own incidents say so, once.
  expect(joined).toEqual([
    ['i1', NOW + 5, macOf(1)],
    ['i2', NOW + 5, macOf(2)],
  ]);
  expect([...book.values()].map(({ severity }) => severity)).toEqual(['critical', 'critical']);
  mails(3, NOW + 6);
  watch.begun(NOW + 6);
  expect(joined.slice(2)).toEqual([['i3', NOW + 6, macOf(3)]]);
});

it('from sixteen on those wait until an eighth more mail, and stand for as many judgements', () => {
  for (let n = 0; n < 16; n++) {
    mails(n);
    watch.begun(NOW);
  }
  expect(found).toHaveLength(15);
  mails(16);
  watch.begun(NOW);
  expect(found).toHaveLength(15);
  mails(17);
  watch.begun(NOW);
  expect([found.length, found.at(-1)?.times]).toEqual([16, 2]);
  for (let n = 18; n < 20; n++) {
    mails(n);
    watch.begun(NOW);
  }
  // Two of eighteen are less than an eighth.
  expect(found).toHaveLength(16);
});

describe('who waits', () => {
  beforeEach(() => {
    for (let n = 0; n < 17; n++) {
      mails(n);
      watch.begun(NOW);
    }
    found = [];
  });

  it.each([
    [999, 0],
    [1000, 1],
    [-999, 0],
    [-1000, 1],
  ])('is looked at when %i ms of packet time have passed: %i', (by, count) => {
    watch.passed(NOW + by);
    expect(found.map(({ time, times }) => [time, times])).toEqual(Array(count).fill([NOW, 1]));
    watch.passed(NOW + by * 2);
    expect(found.length).toBe(by === 999 || by === -999 ? 1 : count);
  });

  it('is looked at in the end, and nobody twice', () => {
    watch.settle();
    watch.settle();
    watch.passed(NOW + 5000);
    expect(found).toHaveLength(1);
  });

  it('waits on where no device is known yet', () => {
    areKnown = false;
    watch.passed(NOW + 1000);
    expect(found).toEqual([]);
    areKnown = true;
    watch.passed(NOW + 1000);
    expect(found).toHaveLength(1);
  });
});

it('who shares nothing is no outbreak', () => {
  for (const n of [1, 2]) {
    devices.restore(newDevice(macOf(n), NOW));
    book.load([incident(`i${n}`, { device: macOf(n) })]);
    watch.begun(NOW);
  }
  expect([found, joined]).toEqual([[], []]);
});

describe('members', () => {
  const [a, b] = [newDevice('a', NOW), newDevice('b', NOW)];
  const deviceOf = ({ device }: Incident): Device | null => [a, b].find(({ mac }) => mac === device) ?? null;

  it('are devices with mail to servers that nobody expects, since their earliest', () => {
    const affected = affectedIn(
      [
        incident('1', { device: 'a', startedAt: 5 }),
        incident('2', { device: 'a', startedAt: 3 }),
        incident('3', { device: 'a', startedAt: 4 }),
        incident('4', { device: 'b', state: 'expected' }),
        incident('5', { device: 'b', state: 'resolved' }),
        incident('6', { device: 'b', kind: 'submission_started' }),
        incident('7', { device: 'gone' }),
      ],
      deviceOf,
    );
    expect(affected).toEqual([{ device: a, startedAt: 3 }]);
    expect(affectedIn([incident('8', { device: 'b', state: 'acknowledged', startedAt: 9 })], deviceOf)).toEqual([
      { device: b, startedAt: 9 },
    ]);
  });

  it('bear it as a sign beside others, once', () => {
    const one = incident('i', { severity: 'high', evidence: { supportedBy: ['symptom', 'exposed'] } });
    expect([joinOutbreak(one), joinOutbreak(one)]).toEqual([true, false]);
    expect([one.severity, one.evidence]).toEqual([
      ...['critical', { stage: 'corroborated', supportedBy: ['exposed', 'outbreak', 'symptom'] }],
    ]);
    const odd = incident('i', { evidence: { supportedBy: 'x' } });
    expect([joinOutbreak(odd), odd.evidence.supportedBy]).toEqual([true, ['outbreak']]);
  });
});

// From how many made-up addresses on it is a flood, who is of it, what waits for how long, and what is counted: to the last one.
import { beforeEach, describe, expect, it, test } from 'vitest';
import { type Device, newDevice } from '../../sensor/attribute/device.ts';
import type { Finding } from '../../sensor/detect/finding.ts';
import { MacFloodDetector } from '../../sensor/detect/mac-flood.ts';
import { CAMERA, FRIDGE, GATEWAY, HOUR, MAIL_SERVER, MINUTE, SECOND, START, TELEVISION } from '../support/stage.ts';
import { type Around, connectionBetween, deviceIn, surroundings, take } from '../support/surroundings.ts';

const FLOOD = START + HOUR;
const hex = (i: number) => `${(i >> 8).toString(16).padStart(2, '0')}:${(i & 255).toString(16).padStart(2, '0')}`;
const mac = (i: number) => `02:00:00:00:${hex(i)}`;
const groupMac = (i: number) => `03:00:00:00:${hex(i)}`;

let around: Around;
let detector: MacFloodDetector;

function begin(recorded: boolean): void {
  around = surroundings({ recorded });
  detector = new MacFloodDetector(around);
  around.hears = detector;
  deviceIn(around, CAMERA, START - HOUR);
}
beforeEach(() => begin(false));

function appears(address: string, time: number): Device {
  const device = around.devices.seen(address, time);
  if (device === null) throw new Error(`no interface has ${address}`);
  return device;
}

/** `count` new addresses from the `from`th on, `gap` ms apart. */
function crowd(count: number, { from = 0, gap = 0, time = FLOOD } = {}): Device[] {
  return Array.from({ length: count }, (_, i) => appears(mac(from + i), time + i * gap));
}

function finding(device: Device, time: number, more: Partial<Finding> = {}): Finding {
  const nothing = { destination: null, evidence: {}, first: {}, add: {} };
  const what = { kind: 'mail_started', severity: 'high', portClass: '25', effect: 'opens' } as const;
  return { ...what, device: device.mac, time, ...nothing, ...more };
}

const does = (device: Device, time: number, more: Partial<Finding> = {}) =>
  detector.intercepts(finding(device, time, more), device);
const connects = (device: Pick<Device, 'mac'>, ip: string, time = FLOOD) =>
  detector.opened(
    device as Device,
    connectionBetween({ mac: device.mac, ip }, { mac: GATEWAY.mac, ip: MAIL_SERVER }, 25),
    time,
  );
/** A flood that has just begun at FLOOD. */
function flooded(): Finding | undefined {
  crowd(200);
  return take(around)[0];
}
const told = () => take(around).map(({ device, kind, time }) => [kind, device, time - FLOOD]);

describe('two hundred new addresses within ten minutes', () => {
  it('are a flood, told once, with what they had done by then', () => {
    const [first, second] = crowd(199, { gap: 1 });
    if (first === undefined || second === undefined) throw new Error('nobody');
    first.connections = 3;
    first.mail.attempts = 2;
    second.connections = 1;
    expect(around.told).toEqual([]);
    const macs = Array.from({ length: 200 }, (_, i) => mac(i));
    appears(mac(199), FLOOD + 199);
    expect(around.told).toEqual([
      {
        device: null,
        finding: {
          kind: 'mac_flood',
          severity: 'high',
          device: null,
          portClass: '',
          time: FLOOD + 199,
          effect: 'opens',
          withdraws: macs,
          destination: null,
          evidence: { examples: macs.slice(0, 8), bearers: [] },
          first: {},
          add: { addresses: 200, connections: 4, mailAttempts: 2 },
        },
      },
    ]);
    expect(around.devices.isStranger(mac(0))).toBe(true);
    expect(around.devices.isStranger(CAMERA.mac)).toBe(false);
  });

  it.each([
    ['at the end of ten minutes', 10 * MINUTE, 1],
    ['a moment later', 10 * MINUTE + 1, 0],
    ['where the clock was set back meanwhile', -1, 0],
  ])('the last of them %s', (_, after, count) => {
    crowd(100);
    crowd(100, { from: 100, time: FLOOD + after });
    expect(take(around)).toHaveLength(count);
  });

  it('over a clock that was put right, too', () => {
    crowd(100);
    detector.moveTime({ since: FLOOD, until: FLOOD, by: HOUR });
    crowd(99, { from: 100, time: FLOOD + HOUR + 10 * MINUTE });
    expect(take(around)).toEqual([]);
    appears(mac(199), FLOOD + HOUR + 10 * MINUTE);
    expect(take(around)).toHaveLength(1);
  });

  it('and one of them that was answered are one too few; the next makes it up', () => {
    crowd(150);
    around.devices.prove(mac(7));
    crowd(50, { from: 150 });
    expect(take(around)).toEqual([]);
    appears(mac(200), FLOOD);
    const [flood] = take(around);
    expect(flood?.add.addresses).toBe(200);
    expect(flood?.withdraws).not.toContain(mac(7));
  });

  it('that no interface can have count by their connections, and are withdrawn from nobody', () => {
    const nobody = newDevice(groupMac(0), FLOOD);
    connects(nobody, '192.168.1.200');
    expect(does(nobody, FLOOD)).toBe(true);
    expect(does(nobody, FLOOD, { kind: 'exposed' })).toBe(true);
    for (let i = 1; i < 199; i++) connects({ mac: groupMac(i) }, '192.168.1.200');
    expect(take(around)).toEqual([]);
    connects({ mac: groupMac(199) }, CAMERA.ip);
    expect(take(around)).toEqual([
      expect.objectContaining({
        withdraws: [],
        evidence: { examples: Array.from({ length: 8 }, (_, i) => groupMac(i)), bearers: [] },
        add: { addresses: 200, connections: 200, mailAttempts: 1 },
      }),
    ]);
    // The one that began it is counted as one of those that go on, too.
    detector.finish(FLOOD + 1);
    expect(take(around)).toEqual([
      expect.objectContaining({
        effect: 'updates',
        evidence: expect.objectContaining({ bearers: [CAMERA.mac] }),
        add: { addresses: 0, connections: 1, mailAttempts: 0 },
      }),
    ]);
  });
});

it('what an address that no interface can have does is told where no flood follows', () => {
  const nobody = newDevice(groupMac(0), FLOOD);
  expect(does(nobody, FLOOD)).toBe(true);
  detector.idle();
  expect(told()).toEqual([['mail_started', nobody.mac, 0]]);
});

describe('of the flood is who came with it', () => {
  it('not what came long before most of them', () => {
    const early = appears(mac(900), FLOOD - 2 * SECOND - 1);
    const late = appears(mac(901), FLOOD - SECOND);
    crowd(197);
    appears(mac(198), FLOOD);
    const [flood] = take(around);
    expect(flood?.withdraws).toHaveLength(199);
    expect(flood?.withdraws).toContain(late.mac);
    expect(flood?.withdraws).not.toContain(early.mac);
  });

  it('as far before as the half of them took, twice, and a second', () => {
    // In order of time: 80 early ones, 40 ten seconds before the last, 80 at the end: the middle one is ten seconds old.
    const isOf = (before: number) => {
      begin(false);
      const first = appears(mac(900), FLOOD - before);
      crowd(79, { time: FLOOD - 20 * SECOND });
      crowd(40, { from: 100, time: FLOOD - 10 * SECOND });
      crowd(80, { from: 200 });
      return take(around)[0]?.withdraws?.includes(first.mac);
    };
    expect([isOf(21 * SECOND), isOf(21 * SECOND + 1)]).toEqual([true, false]);
  });

  it.each([
    [99, 101],
    [100, 200],
  ])('where %i of them have a name: %i', (named, count) => {
    const devices = crowd(199);
    for (const { hostnames } of devices.slice(0, named))
      hostnames.push({ name: 'thing', from: 'dhcp', firstSeen: FLOOD, lastSeen: FLOOD });
    appears(mac(199), FLOOD);
    const [flood] = take(around);
    expect(flood?.withdraws).toHaveLength(count);
    expect(flood?.add.addresses).toBe(count);
  });
});

describe('while it lasts', () => {
  it('what they do is counted and told once a second', () => {
    flooded();
    const stranger = appears(mac(300), FLOOD + 10);
    appears(mac(301), FLOOD + 20);
    connects(stranger, '192.168.1.200');
    expect(does(stranger, FLOOD + 20)).toBe(true);
    expect(does(stranger, FLOOD + 20, { effect: 'updates' })).toBe(true);
    expect(does(stranger, FLOOD + 20, { kind: 'submission_started' })).toBe(true);
    expect(does(stranger, FLOOD + 20, { kind: 'mail_lookup' })).toBe(true);
    detector.tick(FLOOD + 20);
    detector.tick(FLOOD + 999);
    expect(take(around)).toEqual([]);
    detector.tick(FLOOD + 1000);
    expect(take(around)).toEqual([
      expect.objectContaining({
        kind: 'mac_flood',
        time: FLOOD + 1000,
        effect: 'updates',
        withdraws: [],
        evidence: { examples: Array.from({ length: 8 }, (_, i) => mac(i)), bearers: [] },
        add: { addresses: 2, connections: 1, mailAttempts: 2 },
      }),
    ]);
    connects(stranger, '192.168.1.200');
    detector.tick(FLOOD + 1999);
    expect(take(around)).toEqual([]);
    detector.tick(FLOOD + 5000);
    expect(take(around)).toHaveLength(1);
    detector.finish(FLOOD + 6000);
    expect(take(around)).toEqual([]);
    connects(stranger, '192.168.1.200');
    // A clock that was set back is not waited for.
    detector.tick(FLOOD + 4999);
    expect(take(around).map(({ add }) => add)).toEqual([{ addresses: 0, connections: 1, mailAttempts: 0 }]);
  });

  it('it goes on at the very moment in which it began', () => {
    flooded();
    connects({ mac: mac(0) }, '192.168.1.200');
    detector.tick(FLOOD);
    expect(take(around)).toEqual([]);
    expect(around.devices.isStranger(appears(mac(300), FLOOD).mac)).toBe(true);
  });

  it('what others do is theirs; whose addresses the strangers bear is told, of eight at most', () => {
    const holders = Array.from({ length: 9 }, (_, i) =>
      deviceIn(around, { mac: `b8:27:eb:00:00:${90 - i}`, ip: `192.168.1.${90 - i}` }, START),
    );
    around.told.length = 0;
    crowd(200);
    take(around);
    connects(CAMERA, CAMERA.ip);
    detector.finish(FLOOD + 1);
    expect(take(around)).toEqual([]);
    for (const [i, { leases }] of holders.entries()) connects({ mac: mac(i) }, leases[0]?.ip ?? '');
    detector.finish(FLOOD + 2);
    const bearers = holders.slice(0, 8).map((holder) => holder.mac);
    expect(take(around)[0]?.evidence.bearers).toEqual(bearers.sort());
  });

  it('of addresses that no interface can have nothing waits, and each connection is a new one', () => {
    flooded();
    const nobody = newDevice(groupMac(1), FLOOD);
    connects(nobody, '192.168.1.200');
    expect(does(nobody, FLOOD)).toBe(true);
    detector.finish(FLOOD + 1);
    expect(take(around).map(({ add }) => add)).toEqual([{ addresses: 1, connections: 1, mailAttempts: 1 }]);
  });

  it('who is answered was none of them: what it did is told as its own, and counted for the flood no more', () => {
    flooded();
    const thing = appears(mac(300), FLOOD);
    thing.connections = 2;
    connects(thing, '192.168.1.200');
    connects(thing, '192.168.1.200');
    const [mail, lookup] = [finding(thing, FLOOD + 1), finding(thing, FLOOD + 2, { kind: 'mail_lookup' })];
    expect([detector.intercepts(mail, thing), detector.intercepts(lookup, thing)]).toEqual([true, true]);
    detector.tick(FLOOD + 1000);
    expect(take(around).map(({ add }) => add)).toEqual([{ addresses: 1, connections: 2, mailAttempts: 1 }]);
    around.devices.prove(thing.mac);
    detector.tick(FLOOD + 2000);
    expect(around.told).toEqual([
      { finding: mail, device: thing },
      { finding: lookup, device: thing },
      {
        device: null,
        finding: expect.objectContaining({ add: { addresses: -1, connections: -2, mailAttempts: -1 } }),
      },
    ]);
    expect(around.devices.isKept(thing.mac)).toBe(true);
    take(around);
    detector.tick(FLOOD + 3000);
    expect(take(around)).toEqual([]);
    // What it does from now on is told at once.
    expect(does(thing, FLOOD + 3000)).toBe(false);
  });

  it('what it does next brings that back as well, first', () => {
    flooded();
    const thing = appears(mac(300), FLOOD);
    does(thing, FLOOD + 1);
    around.devices.prove(thing.mac);
    expect(does(thing, FLOOD + 2)).toBe(false);
    expect(told()).toEqual([['mail_started', thing.mac, 1]]);
  });

  it('what waited of one that began it comes back with it, too', () => {
    const [thing] = crowd(150);
    if (thing === undefined) throw new Error('nobody');
    expect(does(thing, FLOOD)).toBe(true);
    thing.mail.attempts = 1;
    crowd(50, { from: 150 });
    expect(take(around)[0]?.add).toEqual({ addresses: 200, connections: 0, mailAttempts: 1 });
    around.devices.prove(thing.mac);
    detector.tick(FLOOD + 1000);
    expect(told()).toEqual([
      ['mail_started', thing.mac, 0],
      ['mac_flood', null, 1000],
    ]);
  });

  it('of one address 64 findings are kept', () => {
    flooded();
    const thing = appears(mac(300), FLOOD);
    for (let i = 0; i < 70; i++) does(thing, FLOOD + i);
    around.devices.prove(thing.mac);
    detector.tick(FLOOD + 900);
    expect(take(around)).toEqual([]);
    does(thing, FLOOD + 950);
    expect(take(around)).toHaveLength(64);
    detector.finish(FLOOD + 960);
    expect(take(around).map(({ add }) => add)).toEqual([{ addresses: 0, connections: 0, mailAttempts: 6 }]);
  });

  it('it is over ten minutes after the last new address; then strangers are things again, and a new flood is another', () => {
    flooded();
    const last = FLOOD + MINUTE;
    appears(mac(300), last);
    detector.tick(last + 10 * MINUTE);
    take(around);
    expect(around.devices.isStranger(appears(mac(301), last + 10 * MINUTE).mac)).toBe(true);
    detector.tick(last + 20 * MINUTE + 1);
    take(around);
    const guest = appears(mac(302), last + 20 * MINUTE + 2);
    expect(around.devices.isStranger(guest.mac)).toBe(false);
    connects(guest, '192.168.1.200');
    detector.finish(last + 20 * MINUTE + 3);
    expect(take(around)).toEqual([]);
    crowd(198, { from: 400, time: last + 21 * MINUTE });
    expect(take(around)).toEqual([]);
    appears(mac(700), last + 21 * MINUTE);
    // The guest was there before.
    expect(take(around)[0]).toMatchObject({ effect: 'opens', add: { addresses: 199 } });
  });

  it('a clock that was set back ends it', () => {
    flooded();
    detector.tick(FLOOD - 1);
    expect(around.devices.isStranger(appears(mac(301), FLOOD).mac)).toBe(false);
  });

  it('what was set aside is forgotten with it', () => {
    flooded();
    const thing = appears(mac(300), FLOOD);
    does(thing, FLOOD);
    detector.tick(FLOOD + 11 * MINUTE);
    take(around);
    around.devices.prove(thing.mac);
    expect(does(thing, FLOOD + 11 * MINUTE)).toBe(false);
    expect(take(around)).toEqual([]);
  });

  it('a clock that was put right makes it no longer and no shorter', () => {
    flooded();
    detector.moveTime({ since: FLOOD, until: FLOOD, by: HOUR });
    connects({ mac: mac(0) }, '192.168.1.200');
    detector.tick(FLOOD + HOUR + 999);
    expect(take(around)).toEqual([]);
    detector.tick(FLOOD + HOUR + 1000);
    expect(take(around)).toHaveLength(1);
    detector.tick(FLOOD + HOUR + 10 * MINUTE);
    expect(around.devices.isStranger(appears(mac(300), FLOOD + HOUR + 10 * MINUTE).mac)).toBe(true);
  });
});

const PATIENCE = [
  ['live', { first: 3, others: 1, near: 10, suspicious: 10 * SECOND }],
  ['recorded', { first: 1500, others: 3, near: 10 * SECOND, suspicious: 10 * MINUTE }],
] as const;

describe.each(PATIENCE)('what a new address does, %s', (how, { first, near, others, suspicious }) => {
  beforeEach(() => begin(how === 'recorded'));

  it('waits for a moment, and who can sees to a look by then', () => {
    const thing = appears(FRIDGE.mac, FLOOD);
    expect(does(thing, FLOOD)).toBe(true);
    expect(around.waits).toEqual([first]);
    detector.tick(FLOOD + first - 1);
    expect(around.waits).toEqual([first, 1]);
    expect(take(around)).toEqual([]);
    detector.tick(FLOOD + first);
    expect(told()).toEqual([['mail_started', FRIDGE.mac, 0]]);
    // From then on it is told at once.
    expect(does(thing, FLOOD + first)).toBe(false);
    expect(around.waits).toEqual([first, 1]);
  });

  it('waits with others of its kind: all that is due is told, the first in time asked for', () => {
    const later = FLOOD + first - 1;
    const [one, two] = [appears(FRIDGE.mac, FLOOD - 20), appears(TELEVISION.mac, later)];
    // In the order in which they begin to wait.
    does(two, later);
    does(one, FLOOD);
    around.waits.length = 0;
    detector.tick(later);
    expect(around.waits).toEqual([first, 1]);
    detector.tick(later);
    expect(around.waits).toEqual([first, 1, 1]);
    detector.tick(later + 1);
    expect(told().map(([, device]) => device)).toEqual([FRIDGE.mac]);
    detector.tick(later + first);
    expect(told().map(([, device]) => device)).toEqual([TELEVISION.mac]);
  });

  it.each([
    ['enough others, so near', others, near, true],
    ['enough others before it', others, -near, true],
    ['enough, a little further', others, near + 1, false],
    ['enough, a little further before', others, -near - 1, false],
    ['one too few', others - 1, near, false],
  ])('is suspicious with %s', (_, count, after, isSuspicious) => {
    const at = FLOOD + 20 * SECOND;
    if (after < 0) crowd(count, { time: at + after });
    const thing = appears(FRIDGE.mac, at);
    does(thing, at);
    if (after > 0) crowd(count, { time: at + after });
    detector.tick(at + first);
    detector.tick(at + Math.max(first, near) + LOOK);
    expect(take(around)).toHaveLength(isSuspicious ? 0 : 1);
    expect(around.waits.filter((wait) => wait <= 0)).toEqual([]);
    detector.tick(at + suspicious - 1);
    expect(take(around)).toEqual([]);
    detector.tick(at + suspicious);
    expect(take(around)).toHaveLength(isSuspicious ? 1 : 0);
  });

  it('others that were answered make nothing suspicious', () => {
    crowd(others);
    around.devices.prove(mac(0));
    does(appears(FRIDGE.mac, FLOOD), FLOOD);
    detector.tick(FLOOD + first);
    expect(take(around)).toHaveLength(1);
  });

  it('is told as soon as it is answered', () => {
    crowd(others);
    const thing = appears(FRIDGE.mac, FLOOD);
    does(thing, FLOOD);
    detector.tick(FLOOD + first);
    detector.tick(FLOOD + first + 1);
    expect(take(around)).toEqual([]);
    around.devices.prove(FRIDGE.mac);
    detector.tick(FLOOD + first + 2);
    expect(take(around)).toHaveLength(1);
  });

  it('is told with the next that it does once it is answered, and before that', () => {
    const thing = appears(FRIDGE.mac, FLOOD);
    does(thing, FLOOD);
    does(thing, FLOOD + 1);
    around.devices.prove(FRIDGE.mac);
    expect(does(thing, FLOOD + 2)).toBe(false);
    expect(told()).toEqual([
      ['mail_started', FRIDGE.mac, 0],
      ['mail_started', FRIDGE.mac, 1],
    ]);
  });

  it('is told where the clock is set back, in a pause, and at the end', () => {
    does(appears(FRIDGE.mac, FLOOD), FLOOD);
    detector.tick(FLOOD - 1);
    expect(take(around)).toHaveLength(1);
    does(appears(TELEVISION.mac, FLOOD), FLOOD);
    detector.idle();
    expect(take(around)).toHaveLength(1);
    does(appears(mac(1), FLOOD), FLOOD);
    detector.finish(FLOOD + 1);
    expect(take(around)).toHaveLength(1);
  });

  it('waits over a clock that was put right, no longer and no shorter, with the others beside it', () => {
    crowd(others);
    does(appears(FRIDGE.mac, FLOOD), FLOOD);
    const move = { since: FLOOD, until: FLOOD, by: HOUR };
    detector.moveTime(move);
    detector.tick(FLOOD + HOUR + first - 1);
    expect(take(around)).toEqual([]);
    detector.tick(FLOOD + HOUR + suspicious);
    expect(told()).toEqual([['mail_started', FRIDGE.mac, HOUR]]);
  });
});

/** Beyond any look that is put off. */
const LOOK = 1000;

describe('what does not wait', () => {
  it.each([
    ['in its first ten seconds', 10 * SECOND, true],
    ['later', 10 * SECOND + 1, false],
  ])('what it does %s: waits %s', (_, age, waits) => {
    expect(does(appears(FRIDGE.mac, FLOOD), FLOOD + age)).toBe(waits);
  });

  it('with something waiting, what follows waits as well, for ten minutes', () => {
    const thing = appears(FRIDGE.mac, FLOOD);
    does(thing, FLOOD);
    expect(does(thing, FLOOD + 10 * MINUTE)).toBe(true);
    expect(take(around)).toEqual([]);
    expect(does(thing, FLOOD + 10 * MINUTE + 1)).toBe(false);
    expect(take(around)).toHaveLength(2);
  });

  it('more than 64 findings of one address', () => {
    const thing = appears(FRIDGE.mac, FLOOD);
    for (let i = 0; i < 64; i++) expect(does(thing, FLOOD)).toBe(true);
    expect(take(around)).toEqual([]);
    expect(does(thing, FLOOD)).toBe(true);
    expect(take(around)).toHaveLength(65);
  });

  it('in a home that is not known yet: anything', () => {
    const first = surroundings();
    const alone = new MacFloodDetector(first);
    first.hears = alone;
    const thing = first.devices.seen(FRIDGE.mac, FLOOD);
    if (thing === null) throw new Error('nobody');
    expect(alone.intercepts(finding(thing, FLOOD), thing)).toBe(false);
    expect(first.waits).toEqual([]);
  });
});

test('a flood of people is none: two hundred that are answered', () => {
  for (const { mac: address } of crowd(199)) around.devices.prove(address);
  crowd(199, { from: 300 });
  expect(take(around)).toEqual([]);
});

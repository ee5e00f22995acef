// Who is kept, who waits, who gives way and who holds which address, on the table itself.
import { beforeEach, describe, expect, it } from 'vitest';
import { type Device, hasCharacter, isLocallyAdministered, LIMITS, newDevice } from '../../sensor/attribute/device.ts';
import { DeviceTable } from '../../sensor/attribute/device-table.ts';
import { GatewayFinder } from '../../sensor/attribute/gateway.ts';
import { LeaseBook, networkOf } from '../../sensor/attribute/lease-book.ts';
import { cannotSend, isGroup, NULL_ADDRESS } from '../../sensor/attribute/mac-address.ts';
import { CAMERA, DAY, FRIDGE, GATEWAY, HOUR, MINUTE, START, TELEVISION } from '../../sensor/self-test/frames/home.ts';

const mac = (n: number): string =>
  `02:00:00:00:${(n >> 8).toString(16).padStart(2, '0')}:${(n & 255).toString(16).padStart(2, '0')}`;
const IP = '192.168.1.50';
let table: DeviceTable;
let appeared: string[];
beforeEach(() => {
  appeared = [];
  table = new DeviceTable(
    (device, time) => appeared.push(`${device.mac} ${time - START}`),
    (one) => one === GATEWAY.mac,
  );
});
function seen(one: string, time = START): Device {
  const device = table.seen(one, time);
  if (device === null) throw new Error('nobody');
  return device;
}
function kept(one: string, time = START): Device {
  const device = seen(one, time);
  expect(table.keep(device)).toBe(true);
  return device;
}
const macs = (devices: readonly Device[]): string[] => devices.map((one) => one.mac);

describe('who is seen', () => {
  it('is told of once, and has the latest time', () => {
    const camera = seen(CAMERA.mac, START + 5);
    expect([seen(CAMERA.mac, START + 9), camera.lastSeen]).toEqual([camera, START + 9]);
    seen(CAMERA.mac, START);
    expect([camera.firstSeen, camera.lastSeen]).toEqual([START + 5, START + 9]);
    expect(appeared).toEqual([`${CAMERA.mac} 5`]);
    expect([table.seen(null, START), table.seen('01:00:5e:00:00:01', START)]).toEqual([null, null]);
    expect([table.get(CAMERA.mac), table.get(FRIDGE.mac), table.size]).toEqual([camera, undefined, 1]);
  });

  it('waits among 512 until it is kept; an answer to who gave way is forgotten', () => {
    seen(mac(0));
    table.prove(mac(0));
    for (let n = 1; n < 512; n++) seen(mac(n));
    expect(table.size).toBe(512);
    const last = seen(mac(512));
    expect([table.get(mac(0)), table.size, table.isKept(mac(512))]).toEqual([undefined, 512, false]);
    table.keep(last);
    expect([table.size, table.isKept(mac(512))]).toEqual([512, true]);
    expect(table.isProven(seen(mac(0)))).toBe(false);
  });

  it('are all told in the order of their addresses', () => {
    kept(mac(3));
    seen(mac(1));
    seen(mac(2));
    expect(macs(table.all())).toEqual([mac(1), mac(2), mac(3)]);
  });
});

describe('what changed', () => {
  it('is told of kept devices, once', () => {
    const camera = seen(CAMERA.mac);
    table.markChanged(camera);
    expect(table.takeChanged()).toEqual([]);
    table.keep(camera);
    expect([table.takeChanged(), table.takeChanged()]).toEqual([[camera], []]);
    seen(CAMERA.mac, START + 1);
    expect(table.takeChanged()).toEqual([camera]);
    table.moveTime({ since: START, until: START + HOUR, by: DAY });
    expect([table.takeChanged(), camera.firstSeen]).toEqual([[camera], START + DAY]);
    table.moveTime({ since: START, until: START + HOUR, by: DAY });
    expect(table.takeChanged()).toEqual([]);
    seen(CAMERA.mac, START + 1);
    table.forget(CAMERA.mac);
    expect([table.takeChanged(), table.forget(CAMERA.mac)]).toEqual([[], false]);
  });

  it('moves who waits and strangers too', () => {
    const waiting = seen(mac(1));
    table.beginFlood([]);
    const stranger = seen(mac(2));
    table.moveTime({ since: START, until: START + HOUR, by: DAY });
    expect([waiting.firstSeen, stranger.firstSeen]).toEqual([START + DAY, START + DAY]);
  });

  it('is told of names as well', () => {
    const name = (device: Device) => {
      device.hostnames = [{ name: 'plug', from: 'dhcp', firstSeen: START, lastSeen: START }];
      table.renamed(device);
    };
    const [one, other] = [kept(mac(1)), kept(mac(2))];
    name(one);
    expect([table.takeRenamed(), table.isNameShared(one, 'plug')]).toEqual([[one], false]);
    name(other);
    expect([table.takeRenamed(), table.isNameShared(one, 'plug')]).toEqual([[other, one], true]);
    other.sameAs = one.mac;
    expect([table.isNameShared(one, 'plug'), table.isNameShared(other, 'plug')]).toEqual([false, false]);
    const waiting = seen(mac(3));
    name(waiting);
    expect(table.takeRenamed()).toEqual([]);
    expect(table.isNameShared(one, 'plug')).toBe(false);
    table.keep(waiting);
    expect(table.isNameShared(one, 'plug')).toBe(true);
    table.forget(mac(3));
    expect(table.isNameShared(one, 'plug')).toBe(false);
  });
});

describe('who is known', () => {
  it.each<[string, (device: Device) => void, [proven: boolean, known: boolean]]>([
    ['only sends', () => {}, [false, false]],
    ['was answered', (one) => table.prove(one.mac), [true, true]],
    ['has a label', (one) => Object.assign(one, { label: 'x' }), [true, true]],
    ['is private', (one) => Object.assign(one, { isPrivate: true }), [true, true]],
    ['was joined to another', (one) => Object.assign(one, { sameAs: FRIDGE.mac }), [true, true]],
    ['is there for a day', (one) => Object.assign(one, { lastSeen: one.firstSeen + DAY }), [true, true]],
    ['is there for less', (one) => Object.assign(one, { lastSeen: one.firstSeen + DAY - 1 }), [false, false]],
    [
      'has a name',
      (one) => one.hostnames.push({ name: 'x', from: 'dhcp', firstSeen: START, lastSeen: START }),
      [false, true],
    ],
    ['has a lease', (one) => table.lease(one, IP, START, 'dhcp'), [false, true]],
    ['has a backend', (one) => one.backends.set('x', {} as never), [false, true]],
    ['claims an address', (one) => table.lease(one, IP, START, 'arp'), [false, false]],
    ['is the router', (one) => Object.assign(one, { role: 'gateway' }), [false, true]],
  ])('%s', (_what, make, [isProven, isKnown]) => {
    const camera = kept(CAMERA.mac);
    make(camera);
    expect([table.isProven(camera), table.isKnown(camera), hasCharacter(camera)]).toEqual([
      ...[isProven, isKnown, isKnown && !isProven],
    ]);
    expect([table.anyKnownBefore(START), table.anyKnownBefore(START + 1)]).toEqual([false, isKnown]);
  });

  it('counts the proofs, each once, and none of who is not there', () => {
    table.prove(CAMERA.mac);
    expect(table.proofs).toBe(0);
    seen(CAMERA.mac);
    table.prove(CAMERA.mac);
    table.prove(CAMERA.mac);
    kept(FRIDGE.mac);
    table.prove(FRIDGE.mac);
    expect(table.proofs).toBe(2);
  });
});

describe('a flood', () => {
  it('makes strangers of who is not proven, and of each new one until it ends', () => {
    const [one, proven] = [kept(mac(1)), kept(mac(2))];
    seen(mac(3));
    table.prove(mac(2));
    table.beginFlood([mac(1), mac(2), mac(3), mac(9)]);
    expect([1, 2, 3, 9].map((n) => table.isStranger(mac(n)))).toEqual([true, false, true, false]);
    expect([table.get(mac(1)), macs(table.all()), table.size]).toEqual([one, [mac(2)], 1]);
    const late = seen(mac(4), START + 1);
    expect([table.isStranger(mac(4)), seen(mac(4)) === late, appeared.length]).toEqual([true, true, 4]);
    expect([table.keep(late), table.refused, table.keep(proven)]).toEqual([false, 1, true]);
    table.lease(late, IP, START, 'arp');
    expect(table.ownerOf(IP)).toBeUndefined();
    table.prove(mac(4));
    expect([table.isStranger(mac(4)), table.isProven(late), table.keep(late)]).toEqual([false, true, true]);
    table.endFlood();
    expect(table.isStranger(mac(1))).toBe(true);
    expect([seen(mac(1)) === one, table.isStranger(mac(1)), table.isKept(mac(1))]).toEqual([true, false, false]);
    seen(mac(5));
    expect(table.isStranger(mac(5))).toBe(false);
  });
});

describe('a full table', () => {
  const fill = (): void => {
    for (let n = 0; n < LIMITS.devices; n++) kept(mac(n));
  };

  it('lets go of who is least known first, and tells of the stored', () => {
    fill();
    table.prove(mac(0));
    const named = table.get(mac(1)) as Device;
    named.hostnames = [{ name: 'x', from: 'dhcp', firstSeen: START, lastSeen: START }];
    expect(table.takeChanged()).toHaveLength(LIMITS.devices);
    expect(table.keep(seen(mac(5000)))).toBe(true);
    expect([0, 1, 2, 5000].map((n) => table.isKept(mac(n)))).toEqual([true, true, false, true]);
    expect([table.takeEvicted(), table.takeEvicted()]).toEqual([[mac(2)], []]);
    expect(table.keep(seen(mac(5001)))).toBe(true);
    expect(table.takeEvicted()).toEqual([mac(3)]);
  });

  it('of known ones takes only who is proven, in the place of who is not', () => {
    fill();
    for (const device of table.all())
      device.hostnames = [{ name: 'x', from: 'dhcp', firstSeen: START, lastSeen: START }];
    const newcomer = seen(mac(5000));
    expect([table.keep(newcomer), table.refused]).toEqual([false, 1]);
    table.prove(mac(5000));
    expect(table.keep(newcomer)).toBe(true);
    expect([table.isKept(mac(LIMITS.devices - 1)), table.isKept(mac(0)), table.takeEvicted()]).toEqual([
      false,
      true,
      [],
    ]);
    for (const device of table.all()) table.prove(device.mac);
    seen(mac(5001));
    table.prove(mac(5001));
    expect(table.keep(seen(mac(5001)))).toBe(false);
  });
});

describe('after a restart', () => {
  it('a device is kept, proven, stored, and holds its addresses', () => {
    const camera = {
      ...newDevice(CAMERA.mac, START),
      hostnames: [{ name: 'plug', from: 'dhcp' as const, firstSeen: START, lastSeen: START }],
    };
    camera.leases = [{ ip: IP, from: START, to: START, source: 'arp' }];
    camera.path.behind = FRIDGE.mac;
    table.restore(camera);
    expect([table.isKept(CAMERA.mac), table.isProven(camera), table.ownerOf(IP), table.takeChanged()]).toEqual([
      ...[true, true, camera, []],
    ]);
    expect([table.carriers.hasClients(FRIDGE.mac), table.takeRenamed()]).toEqual([true, [camera]]);
    table.forget(CAMERA.mac);
    expect([table.ownerOf(IP), table.carriers.hasClients(FRIDGE.mac)]).toEqual([undefined, false]);
    expect(table.isProven(seen(CAMERA.mac))).toBe(false);
  });
});

describe('one thing', () => {
  it('is the chain of its addresses, at most sixteen, without a ring', () => {
    const all = Array.from({ length: 20 }, (_, n) => kept(mac(n)));
    for (const [n, one] of all.entries()) one.sameAs = mac((n + 1) % 20);
    const [first] = all;
    if (first === undefined) throw new Error('nobody');
    expect(macs(table.sameThing(first))).toEqual(Array.from({ length: 16 }, (_, n) => mac(n)));
    (all[2] as Device).sameAs = mac(1);
    expect(macs(table.sameThing(first))).toEqual([0, 1, 2].map(mac));
    (all[1] as Device).sameAs = FRIDGE.mac;
    expect(macs(table.sameThing(first))).toEqual([0, 1].map(mac));
  });
});

describe('whose a frame is', () => {
  it('is the MAC’s own device, or the holder’s of the address where no interface has that MAC', () => {
    const [camera, fridge] = [kept(CAMERA.mac), kept(FRIDGE.mac)];
    table.lease(fridge, IP, START, 'arp');
    expect([table.at(CAMERA.mac, null), table.at(CAMERA.mac, IP), table.at(FRIDGE.mac, IP)]).toEqual([
      camera,
      camera,
      fridge,
    ]);
    expect([table.at(NULL_ADDRESS, IP), table.at('01:00:5e:00:00:01', IP), table.at(TELEVISION.mac, IP)]).toEqual([
      ...[fridge, fridge, undefined],
    ]);
  });

  it('is the client’s that the MAC carries, and its sender was heard by way of it', () => {
    const [camera, fridge] = [kept(CAMERA.mac), kept(FRIDGE.mac)];
    kept(GATEWAY.mac);
    table.lease(camera, IP, START, 'dhcp');
    table.carriers.granted(camera, {
      ...{
        ip: IP,
        time: START,
        until: START + MINUTE,
        server: GATEWAY.mac,
        via: FRIDGE.mac,
        arrived: true,
        kind: 'repeater',
      },
    });
    expect(table.senderOf(FRIDGE.mac, IP, START + 5)).toBe(camera);
    expect([camera.lastSeen, fridge.lastSeen, fridge.path.directAt, camera.path.directAt]).toEqual([
      ...[START + 5, START + 5, START + 5, null],
    ]);
    expect(table.at(FRIDGE.mac, IP)).toBe(camera);
    expect(table.senderOf(FRIDGE.mac, '192.168.1.51', START + 6)).toBe(fridge);
    expect(table.senderOf(CAMERA.mac, IP, START + 7)).toBe(camera);
    expect([camera.path.directAt, camera.path.behind]).toEqual([START + 7, null]);
    expect(table.senderOf(FRIDGE.mac, IP, START + 2 * MINUTE)).toBe(fridge);
  });

  it('is the client’s too whose MAC the IPv6 address is made from, though nobody is known to hold that', () => {
    const [camera, fridge] = [kept(CAMERA.mac), kept(FRIDGE.mac)];
    Object.assign(camera.path, { behind: FRIDGE.mac, ip: IP, until: null });
    table.carriers.restore(camera);
    expect([table.at(FRIDGE.mac, 'fe80::a6cf:12ff:fe99:beef'), table.at(FRIDGE.mac, 'fe80::1')]).toEqual([
      camera,
      fridge,
    ]);
  });

  it('is nobody’s where no interface has that MAC and another holds the address', () => {
    const fridge = kept(FRIDGE.mac);
    table.lease(fridge, IP, START, 'arp');
    expect([table.senderOf(NULL_ADDRESS, IP, START), table.senderOf(null, IP, START)]).toEqual([null, null]);
    expect(table.senderOf(NULL_ADDRESS, '192.168.1.77', START)?.mac).toBe(NULL_ADDRESS);
    expect(table.senderOf('01:00:5e:00:00:01', '192.168.1.77', START)).toBeNull();
    expect(table.senderOf(TELEVISION.mac, null, START + 3)?.path.directAt).toBe(START + 3);
  });
});

describe('an address', () => {
  it('has one holder, who is kept for it; the intervals of earlier ones stay closed', () => {
    const [camera, fridge] = [seen(CAMERA.mac), seen(FRIDGE.mac)];
    table.lease(camera, IP, START, 'arp');
    table.lease(camera, IP, START + 5, 'on-link');
    table.lease(camera, IP, START + 3, 'arp');
    expect([table.isKept(CAMERA.mac), camera.leases]).toEqual([
      true,
      [{ ip: IP, from: START, to: START + 5, source: 'arp' }],
    ]);
    table.lease(fridge, IP, START + 9, 'arp');
    table.lease(camera, IP, START + 20, 'arp');
    expect([table.ownerOf(IP), table.holderOf(IP), camera.leases]).toEqual([
      ...[camera, CAMERA.mac],
      [
        { ip: IP, from: START, to: START + 5, source: 'arp' },
        { ip: IP, from: START + 20, to: START + 20, source: 'arp' },
      ],
    ]);
    table.takeChanged();
    table.lease(camera, IP, START + 21, 'arp');
    expect(table.takeChanged()).toEqual([]);
    table.lease(camera, '192.168.1.60', START + 22, 'arp');
    expect(table.takeChanged()).toEqual([camera]);
  });

  it('that goes to and fro has eight intervals, and costs others none', () => {
    const [camera, fridge] = [seen(CAMERA.mac), seen(FRIDGE.mac)];
    for (let n = 0; n < 9; n++) table.lease(camera, `192.168.1.${100 + n}`, START + n, 'arp');
    table.lease(fridge, IP, START + 20, 'arp');
    for (let n = 0; n < 9; n++) {
      table.lease(camera, IP, START + 30 + 2 * n, 'arp');
      table.lease(fridge, IP, START + 31 + 2 * n, 'arp');
      const spells = camera.leases.filter(({ ip }) => ip === IP).map(({ from }) => from - START);
      expect(spells).toEqual(Array.from({ length: n + 1 }, (_, k) => 30 + 2 * k).slice(-8));
    }
    expect(camera.leases.filter(({ ip }) => ip !== IP)).toHaveLength(9);
  });

  it('is announced by who claims it or was given it, and not by who only sends from it', () => {
    const camera = seen(CAMERA.mac);
    expect(table.hasAnnounced(CAMERA.mac, IP)).toBe(false);
    table.lease(camera, IP, START, 'on-link');
    expect(table.hasAnnounced(CAMERA.mac, IP)).toBe(false);
    table.lease(camera, IP, START, 'arp');
    expect([table.hasAnnounced(CAMERA.mac, IP), table.hasAnnounced(FRIDGE.mac, IP)]).toEqual([true, false]);
    table.lease(camera, IP, START, 'dhcp');
    expect(camera.leases[0]?.source).toBe('dhcp');
    table.lease(camera, IP, START, 'arp');
    expect(camera.leases[0]?.source).toBe('dhcp');
  });

  it('is taken by nobody who has none', () => {
    const nobody = seen(NULL_ADDRESS);
    table.lease(nobody, IP, START, 'arp');
    expect(table.ownerOf(IP)).toBe(nobody);
    const camera = seen(CAMERA.mac);
    table.lease(camera, IP, START, 'arp');
    table.lease(nobody, IP, START, 'arp');
    expect(table.ownerOf(IP)).toBe(camera);
  });

  it.each<[string, number, 'arp' | 'on-link' | 'ndp' | 'dhcp', boolean]>([
    ['claimed', 10 * MINUTE, 'arp', false],
    ['sent from', 10 * MINUTE, 'on-link', false],
    ['claimed in silence', 10 * MINUTE + 1, 'arp', true],
    ['given', 0, 'dhcp', true],
    ['claimed by Neighbor Discovery', 0, 'ndp', true],
  ])('that DHCP gave to who speaks is not taken by being %s: %i', (_what, silence, source, isTaken) => {
    const [camera, fridge] = [seen(CAMERA.mac), seen(FRIDGE.mac)];
    table.prove(FRIDGE.mac);
    table.lease(camera, IP, START, 'dhcp');
    table.senderOf(CAMERA.mac, null, START);
    seen(FRIDGE.mac, START + silence);
    table.lease(fridge, IP, START + silence, source);
    expect(table.ownerOf(IP)).toBe(isTaken ? fridge : camera);
  });

  it('that DHCP gave to somebody is taken back by it from who was not given it', () => {
    const [camera, fridge] = [seen(CAMERA.mac), seen(FRIDGE.mac)];
    table.lease(camera, IP, START, 'dhcp');
    table.lease(fridge, IP, START, 'ndp');
    fridge.hostnames = [{ name: 'x', from: 'dhcp', firstSeen: START, lastSeen: START }];
    table.lease(camera, IP, START + 1, 'on-link');
    expect(table.ownerOf(IP)).toBe(camera);
  });

  it.each([
    [false, true, false],
    [true, true, true],
    [false, false, true],
  ])(
    'is taken by a source address of who is proven (%s), or from who is not known (%s): %s',
    (isProven, isKnown, isTaken) => {
      const [camera, fridge] = [seen(CAMERA.mac), seen(FRIDGE.mac)];
      table.lease(camera, IP, START, 'arp');
      if (isKnown) table.prove(CAMERA.mac);
      if (isProven) table.prove(FRIDGE.mac);
      table.lease(fridge, IP, START, 'on-link');
      expect(table.ownerOf(IP)).toBe(isTaken ? fridge : camera);
    },
  );
});

describe('the book of leases', () => {
  let book: LeaseBook;
  beforeEach(() => {
    book = new LeaseBook();
  });

  it('keeps eight intervals of one address, and so many leases, of which source addresses give way first', () => {
    const [one, other] = [newDevice(mac(1), START), newDevice(mac(2), START)];
    for (let n = 0; n < 10; n++) {
      expect(book.hold(one, IP, START + n * 2, 'arp')).toBe(true);
      expect(book.hold(other, IP, START + n * 2 + 1, 'arp')).toBe(true);
    }
    expect(one.leases.map(({ from }) => from - START)).toEqual([4, 6, 8, 10, 12, 14, 16, 18]);
    const many = newDevice(mac(3), START);
    for (let n = 0; n < LIMITS.leases; n++)
      book.hold(many, `10.0.0.${n}`, START + n, n === 5 || n === 9 ? 'on-link' : 'arp');
    book.hold(many, '10.0.1.0', START + 999, 'on-link');
    expect(many.leases).toHaveLength(LIMITS.leases);
    expect(many.leases.some(({ ip }) => ip === '10.0.0.5')).toBe(false);
    book.hold(many, '10.0.1.1', START + 1000, 'arp');
    book.hold(many, '10.0.1.2', START + 1001, 'arp');
    expect(many.leases.map(({ ip }) => ip).filter((ip) => ['10.0.0.0', '10.0.0.9', '10.0.1.0'].includes(ip))).toEqual([
      '10.0.0.0',
    ]);
    book.hold(many, '10.0.1.3', START + 1002, 'arp');
    expect(many.leases.some(({ ip }) => ip === '10.0.0.0')).toBe(false);
    expect(book.hold(many, '10.0.0.0', START + 2000, 'arp')).toBe(true);
    expect(book.hold(many, '10.0.0.0', START + 2001, 'arp')).toBe(false);
  });

  it('knows an address that comes back as another device', () => {
    book.hold(newDevice(mac(1), START), IP, START, 'arp');
    expect(book.hold(newDevice(mac(1), START), IP, START + 1, 'arp')).toBe(true);
  });

  it('forgets what a device held, and nothing that another holds now', () => {
    const [one, other] = [newDevice(mac(1), START), newDevice(mac(2), START)];
    book.hold(one, IP, START, 'arp');
    book.hold(one, '10.0.0.1', START, 'arp');
    book.hold(other, IP, START, 'arp');
    book.forget(one);
    expect([book.ownerOf(IP), book.ownerOf('10.0.0.1'), book.holderOf(IP)]).toEqual([mac(2), undefined, mac(2)]);
  });

  it('tells what lies apart from the network that two others share', () => {
    const hold = (n: number, ip: string) => book.hold(newDevice(mac(n), START), ip, START, 'on-link');
    expect(book.isApart('10.0.0.1', mac(9))).toBe(false);
    hold(1, '192.168.1.1');
    hold(1, '192.168.1.2');
    hold(2, 'fe80::2');
    expect(book.isApart('10.0.0.1', mac(9))).toBe(false);
    hold(2, '192.168.1.3');
    expect([
      book.isApart('10.0.0.1', mac(9)),
      book.isApart('10.0.0.1', mac(1)),
      book.isApart('192.168.1.9', mac(9)),
    ]).toEqual([...[true, false, false]]);
    hold(3, '192.168.1.4');
    expect(book.isApart('10.0.0.1', mac(1))).toBe(true);
    hold(1, '10.0.0.7');
    expect([book.isApart('10.0.0.1', mac(1)), book.isApart('10.0.0.1', mac(9))]).toEqual([true, false]);
    expect(networkOf('192.168.1.77')).toBe('192.168.1');
  });
});

describe('a router', () => {
  const [ONE, TWO] = ['203.0.113.1', '203.0.113.2'];
  it.each<[string, (finder: GatewayFinder) => void, boolean, boolean]>([
    ['nothing', () => {}, false, false],
    ['one who hands it packets', (finder) => finder.handedTo(mac(1), ONE), true, false],
    ['one packet from outside', (finder) => finder.cameFrom(mac(1), ONE), false, false],
    ['two of one address', (finder) => [0, 1].map(() => finder.cameFrom(mac(1), ONE)), false, false],
    ['two of two', (finder) => [ONE, TWO].map((ip) => finder.cameFrom(mac(1), ip)), true, false],
    ['a word', (finder) => finder.confirm(mac(1)), true, false],
    ['both ways', (finder) => [finder.handedTo(mac(1), ONE), finder.cameFrom(mac(1), TWO)], true, true],
    [
      'a word and one who hands it packets',
      (finder) => [finder.handedTo(mac(1), ONE), finder.confirm(mac(1))],
      true,
      true,
    ],
    [
      'a word and packets from outside',
      (finder) => [finder.cameFrom(mac(1), ONE), finder.confirm(mac(1))],
      true,
      false,
    ],
  ])('shows itself by %s', (_what, show, isGateway, isProven) => {
    const finder = new GatewayFinder();
    show(finder);
    expect([finder.isGateway(mac(1)), finder.anyProven, finder.gateways()]).toEqual([
      ...[isGateway, isProven, isGateway ? [mac(1)] : []],
    ]);
    finder.handedTo(mac(9), ONE);
    finder.cameFrom(mac(9), ONE);
    expect([finder.isGateway(mac(1)), finder.isGateway(mac(9)), finder.isGateway(mac(2))]).toEqual([
      isProven,
      true,
      false,
    ]);
  });

  it('is not pushed out by made-up ones, which push out each other', () => {
    const finder = new GatewayFinder();
    finder.restore([mac(3), mac(2)]);
    finder.handedTo(mac(1), ONE);
    finder.cameFrom(mac(1), ONE);
    finder.handedTo(mac(4), ONE);
    for (let n = 0; n < 60; n++) finder.cameFrom(mac(100 + n), ONE);
    finder.cameFrom(mac(4), ONE);
    expect(finder.gateways()).toEqual([mac(1), mac(4)]);
    for (let n = 0; n < 60; n++) finder.confirm(mac(200 + n));
    finder.confirm(mac(300));
    finder.handedTo(mac(300), ONE);
    finder.handedTo(mac(2), ONE);
    finder.handedTo(mac(200), ONE);
    expect(finder.gateways()).toEqual([mac(1), mac(2), mac(4), mac(200)]);
  });

  it('needs four addresses of each kind at most', () => {
    const finder = new GatewayFinder();
    for (let n = 0; n < 9; n++) finder.cameFrom(mac(1), `203.0.113.${n}`);
    finder.handedTo(mac(1), ONE);
    expect(finder.gateways()).toEqual([mac(1)]);
  });
});

it('an address says by itself what it is', () => {
  for (const digit of '13579bdf') expect(isGroup(`0${digit}:00:00:00:00:01`)).toBe(true);
  for (const digit of '02468ace') expect(isGroup(`1${digit}:00:00:00:00:01`)).toBe(false);
  expect([NULL_ADDRESS, '01:00:00:00:00:00', '02:00:00:00:00:00'].map(cannotSend)).toEqual([true, true, false]);
  for (const digit of '2367abef') expect(isLocallyAdministered(`0${digit}:00:00:00:00:01`)).toBe(true);
  for (const digit of '014589cd') expect(isLocallyAdministered(`f${digit}:00:00:00:00:01`)).toBe(false);
});

// What is believed of who is on the link, message by message: ARP, Neighbor Discovery, DHCP, DHCPv6, and what passes.
import { beforeEach, describe, expect, it } from 'vitest';
import type { Device } from '../../sensor/attribute/device.ts';
import { DeviceTable } from '../../sensor/attribute/device-table.ts';
import { GatewayFinder } from '../../sensor/attribute/gateway.ts';
import { Home } from '../../sensor/attribute/home.ts';
import { IdentityBook } from '../../sensor/attribute/identity.ts';
import { LinkLearner } from '../../sensor/attribute/link-learner.ts';
import { Resolvers } from '../../sensor/attribute/resolvers.ts';
import { DecodeCounters } from '../../sensor/decode/outcome.ts';
import type { Packet } from '../../sensor/decode/packet.ts';
import { CAMERA, FRIDGE, GATEWAY, HOUR, SECOND, START, TELEVISION } from '../../sensor/self-test/frames/home.ts';
import { advertised, ndp, type Said } from '../support/neighbor-frames.ts';
import {
  arp,
  type DhcpFields,
  type DhcpOption,
  type Dhcpv6Fields,
  dhcp,
  dhcpv6,
  ethernet,
  ipBytes,
  ipv4,
  ipv6,
  neighborAdvertisement,
  neighborSolicitation,
  routerAdvertisement,
  routerSolicitation,
  type UpperLayer,
  u32,
  udp,
} from '../support/packet-builder.ts';
import { packetOf } from '../support/packet-of.ts';

const EVERYBODY = 'ff:ff:ff:ff:ff:ff';
const PUBLIC = '203.0.113.9';

let devices: DeviceTable;
let gateways: GatewayFinder;
let home: Home;
let identities: IdentityBook;
let resolvers: Resolvers;
let counters: DecodeCounters;
let learner: LinkLearner;
function begin(homeNet: string[] = []): void {
  gateways = new GatewayFinder();
  devices = new DeviceTable(
    () => {},
    (mac) => gateways.isGateway(mac),
  );
  home = new Home(homeNet);
  identities = new IdentityBook(devices);
  resolvers = new Resolvers();
  counters = new DecodeCounters();
  learner = new LinkLearner({ counters, devices, gateways, home, identities, resolvers });
}
beforeEach(() => begin());

function join(host: { mac: string }): Device {
  const device = devices.senderOf(host.mac, null, START);
  if (device === null) throw new Error('nobody');
  return device;
}
const known = (host: { mac: string }): Device => devices.get(host.mac) as Device;
const leases = (host: { mac: string }): string[] =>
  known(host)?.leases.map(({ ip, source }) => `${ip} ${source}`) ?? [];
const prove = (mac: string): void => {
  gateways.handedTo(mac, PUBLIC);
  gateways.cameFrom(mac, PUBLIC);
};

describe('ARP', () => {
  function says(senderIp: string, { frame = CAMERA.mac, sender = CAMERA.mac } = {}): void {
    const message = arp({ operation: 'request', senderMac: sender, senderIp, targetIp: '192.168.1.9' });
    const packet = packetOf({ time: START, data: ethernet({ source: frame, destination: EVERYBODY }, message) });
    if (packet.arp !== null) learner.arp(packet, packet.arp, join({ mac: frame }), START);
  }

  it.each([
    [CAMERA.ip, [`${CAMERA.ip} arp`]],
    ['0.0.0.0', []],
    ['255.255.255.255', []],
    [PUBLIC, []],
  ])('claims %s: %o', (ip, expected) => {
    says(ip);
    expect(leases(CAMERA)).toEqual(expected);
  });

  it('claims nothing in another’s name, and what a person left out of the home as well', () => {
    says(CAMERA.ip, { frame: FRIDGE.mac });
    expect([leases(FRIDGE), devices.get(CAMERA.mac)]).toEqual([[], undefined]);
    begin(['10.0.0.0/8']);
    says(CAMERA.ip);
    expect(leases(CAMERA)).toEqual([`${CAMERA.ip} arp`]);
  });

  it('of a carrier, in the name of its client, is the client’s', () => {
    const client = devices.seen(TELEVISION.mac, START) as Device;
    Object.assign(client.path, { behind: CAMERA.mac, ip: TELEVISION.ip, until: null });
    devices.carriers.restore(client);
    devices.lease(client, TELEVISION.ip, START, 'dhcp');
    says(TELEVISION.ip);
    expect([leases(CAMERA), leases(TELEVISION)]).toEqual([[], [`${TELEVISION.ip} dhcp`]]);
  });
});

describe('Neighbor Discovery', () => {
  function say(host: { mac: string }, source: string, message: UpperLayer): void {
    const packet = packetOf(ndp(host.mac, source, message, START));
    if (packet.icmpv6 !== null) learner.neighbor(packet, packet.icmpv6, join(host), START);
  }
  function advertises(host: { mac: string }, said: readonly Said[], lifetime?: number): void {
    const packet = packetOf(advertised(host.mac, said, START, lifetime));
    if (packet.icmpv6 !== null) learner.neighbor(packet, packet.icmpv6, join(host), START);
  }
  const PREFIX = { prefix: '2001:db8:7::' };
  const INSIDE = '2001:db8:7::1';

  it.each<[string, string, UpperLayer, string[]]>([
    ['a solicitation', 'fe80::50', neighborSolicitation({ target: 'fe80::1' }), ['fe80::50 ndp']],
    ['a router solicitation', 'fe80::50', routerSolicitation({}), ['fe80::50 ndp']],
    ['one from nowhere', '::', routerSolicitation({}), []],
    ['a question whether an address is free', '::', neighborSolicitation({ target: 'fe80::77' }), ['fe80::77 ndp']],
    ['an answer', 'fe80::50', neighborAdvertisement({ target: 'fe80::78' }), ['fe80::78 ndp']],
    [
      'one with its own address',
      'fe80::50',
      neighborAdvertisement({ target: 'fe80::78', targetMac: CAMERA.mac }),
      ['fe80::78 ndp'],
    ],
    ['one for another', 'fe80::50', neighborAdvertisement({ target: 'fe80::78', targetMac: FRIDGE.mac }), []],
  ])('%s claims', (_what, source, message, expected) => {
    say(CAMERA, source, message);
    expect(leases(CAMERA)).toEqual(expected);
  });

  it('asked about an address that another holds claims nothing, and about its own renews it', () => {
    say(FRIDGE, 'fe80::51', routerSolicitation({}));
    say(CAMERA, '::', neighborSolicitation({ target: 'fe80::51' }));
    expect([leases(CAMERA), devices.ownerOf('fe80::51')]).toEqual([[], known(FRIDGE)]);
    say(FRIDGE, '::', neighborSolicitation({ target: 'fe80::51' }));
    expect(leases(FRIDGE)).toEqual(['fe80::51 ndp']);
  });

  it('about its own address renews it, at its time', () => {
    say(FRIDGE, 'fe80::51', routerSolicitation({}));
    const packet = packetOf(ndp(FRIDGE.mac, '::', neighborSolicitation({ target: 'fe80::51' }), START));
    if (packet.icmpv6 !== null) learner.neighbor(packet, packet.icmpv6, known(FRIDGE), START + 9);
    expect(known(FRIDGE).leases).toMatchObject([{ from: START, to: START + 9 }]);
  });

  it('of a device claims what nobody has announced to be inside as well', () => {
    say(CAMERA, '2001:db8:9::50', neighborSolicitation({ target: 'fe80::1' }));
    expect(leases(CAMERA)).toEqual(['2001:db8:9::50 ndp']);
  });

  it('of a carrier claims for its client what bears the client’s MAC', () => {
    const client = devices.seen(CAMERA.mac, START) as Device;
    Object.assign(client.path, { behind: FRIDGE.mac, ip: CAMERA.ip, until: null });
    devices.carriers.restore(client);
    say(FRIDGE, 'fe80::a6cf:12ff:fe99:beef', neighborSolicitation({ target: 'fe80::1' }));
    expect([leases(CAMERA), leases(FRIDGE)]).toEqual([['fe80::a6cf:12ff:fe99:beef ndp'], []]);
  });

  it('makes a router of who is one for a second', () => {
    advertises(GATEWAY, [], 1);
    expect(gateways.gateways()).toEqual([GATEWAY.mac]);
  });

  it('of a router claims no address beyond it', () => {
    gateways.confirm(GATEWAY.mac);
    say(GATEWAY, 'fe80::1', neighborAdvertisement({ target: '2001:db8:ffff::1' }));
    say(GATEWAY, 'fe80::1', neighborAdvertisement({ target: 'fe80::1' }));
    expect(leases(GATEWAY)).toEqual(['fe80::1 ndp']);
  });

  it('makes a router of who advertises itself from its link, and its prefixes the home’s', () => {
    advertises(GATEWAY, [PREFIX]);
    expect([gateways.isGateway(GATEWAY.mac), home.isInside(INSIDE), leases(GATEWAY)]).toEqual([
      true,
      true,
      ['fe80::1 ndp'],
    ]);
    expect(home.memory().prefixes).toEqual([{ prefix: '2001:db8:7::/64', by: GATEWAY.mac, until: START + 24 * HOUR }]);
  });

  it('makes none of who says that it is none, or speaks from elsewhere', () => {
    advertises(GATEWAY, [PREFIX], 0);
    say(FRIDGE, '2001:db8::1', routerAdvertisement({ prefixes: [{ ...PREFIX, length: 64 }] }));
    expect([gateways.gateways(), home.isInside(INSIDE)]).toEqual([[], false]);
    gateways.confirm(GATEWAY.mac);
    advertises(GATEWAY, [PREFIX], 0);
    expect(home.isInside(INSIDE)).toBe(true);
  });

  it.each([
    [false, false, false],
    [true, false, true],
    [false, true, true],
  ])('takes a prefix that is on link (%s) or for addresses (%s): %s', (onLink, autonomous, expected) => {
    say(GATEWAY, 'fe80::1', routerAdvertisement({ prefixes: [{ ...PREFIX, length: 64, onLink, autonomous }] }));
    expect(home.isInside(INSIDE)).toBe(expected);
  });

  it('takes none of who is not the router that is known', () => {
    prove(GATEWAY.mac);
    advertises(FRIDGE, [PREFIX]);
    expect(home.isInside(INSIDE)).toBe(false);
  });
});

interface Sent {
  from?: { mac: string; ip: string };
  to?: { mac: string; ip: string };
  time?: number;
  relay?: string;
}
const sent = (
  payload: Buffer,
  ports: [number, number],
  { from = GATEWAY, time = START, to = CAMERA }: Sent,
): Packet => {
  const upper = udp({ sourcePort: ports[0], destinationPort: ports[1] }, payload);
  const network = from.ip.includes(':') ? ipv6 : ipv4;
  const packet = network({ source: from.ip, destination: to.ip }, upper);
  return packetOf({ time, data: ethernet({ source: from.mac, destination: to.mac }, packet) });
};

describe('DHCP', () => {
  const message = (fields: DhcpFields, relay?: string): Buffer => {
    const bytes = dhcp(fields);
    if (relay !== undefined) ipBytes(relay).copy(bytes, 24);
    return bytes;
  };
  function learn(packet: Packet): void {
    if (packet.udp !== null) learner.dhcp(packet, packet.udp, packet.time);
  }
  const acks = (fields: Partial<DhcpFields> = {}, { relay, ...more }: Sent = {}): void => {
    const told: DhcpFields = {
      operation: 'reply',
      messageType: 5,
      clientMac: CAMERA.mac,
      yourIp: CAMERA.ip,
      ...fields,
    };
    learn(sent(message(told, relay), [67, 68], more));
  };
  const asks = (fields: Partial<DhcpFields> = {}, { relay, ...more }: Sent = {}): void =>
    learn(
      sent(message({ operation: 'request', messageType: 3, clientMac: CAMERA.mac, ...fields }, relay), [68, 67], {
        ...{ from: { ...CAMERA, ip: '0.0.0.0' }, to: { mac: EVERYBODY, ip: '255.255.255.255' } },
        ...more,
      }),
    );
  const mask = (text: string): DhcpOption[] => [[1, ipBytes(text)]];
  const LEASE: DhcpOption[] = [[51, u32(600)]];

  it.each<[string, Partial<DhcpFields>, string[]]>([
    ['an acknowledgement', {}, [`${CAMERA.ip} dhcp`]],
    ['one of an address that the client has', { yourIp: '0.0.0.0', clientIp: '192.168.1.77' }, ['192.168.1.77 dhcp']],
    ['one of both', { clientIp: '192.168.1.77' }, [`${CAMERA.ip} dhcp`]],
    ['one of none', { yourIp: '0.0.0.0' }, []],
    ['one of none in a network', { yourIp: '0.0.0.0', options: [[1, ipBytes('255.255.255.0')]] }, []],
    ['one to a group', { clientMac: '01:00:5e:00:00:01' }, []],
    ['an offer', { messageType: 2 }, []],
    ['one of an address outside', { yourIp: PUBLIC }, []],
  ])('%s gives', (_what, fields, expected) => {
    join(CAMERA);
    acks(fields);
    expect(leases(CAMERA)).toEqual(expected);
  });

  it('gives what a person left out of the home as well', () => {
    begin(['10.0.0.0/8']);
    acks();
    expect(leases(CAMERA)).toEqual([`${CAMERA.ip} dhcp`]);
  });

  it('that is broken is counted', () => {
    learn(sent(Buffer.alloc(20), [67, 68], {}));
    expect(JSON.stringify(counters)).not.toBe(JSON.stringify(new DecodeCounters()));
    expect(devices.size).toBe(0);
  });

  it.each<[string, string, string, boolean]>([
    ['255.255.255.0', '198.51.100.77', '198.51.100.200', true],
    ['255.255.255.0', '198.51.100.77', '198.51.101.1', false],
    ['255.255.255.128', '198.51.100.77', '198.51.100.127', true],
    ['255.255.255.128', '198.51.100.77', '198.51.100.128', false],
    ['255.255.240.0', '198.51.100.77', '198.51.111.255', true],
    ['255.255.240.0', '198.51.100.77', '198.51.112.0', false],
    ['255.255.224.0', '198.51.100.77', '198.51.100.78', false],
    ['255.255.0.255', '198.51.100.77', '198.51.100.78', false],
    ['0.0.0.0', '198.51.100.77', '198.51.100.78', false],
    ['255.255.255.255', '198.51.100.77', '198.51.100.77', true],
    ['255.255.255.255', '198.51.100.77', '198.51.100.78', false],
  ])('with the mask %s of %s tells whether %s is inside: %s', (text, yourIp, ip, expected) => {
    acks({ yourIp, options: mask(text) });
    expect(home.isInside(ip)).toBe(expected);
    expect(leases(CAMERA)).toEqual(home.isInside(yourIp) ? [`${yourIp} dhcp`] : []);
  });

  it('tells which network is the cable’s, unless a relay is between', () => {
    acks({ options: mask('255.255.255.0') }, { relay: '192.168.9.1' });
    expect(home.isOnLink(CAMERA.ip)).toBeNull();
    acks({ options: mask('255.255.0.255') });
    expect(home.isOnLink(CAMERA.ip)).toBeNull();
    acks({ options: mask('255.255.255.0') });
    expect([home.isOnLink(CAMERA.ip), home.isOnLink('192.168.2.1'), home.memory().links]).toEqual([
      true,
      false,
      ['192.168.1.0/24'],
    ]);
  });

  it('makes nothing inside by another’s word once the router is known', () => {
    const yourIp = '198.51.100.77';
    prove(GATEWAY.mac);
    acks({ yourIp, options: mask('255.255.255.0') }, { from: FRIDGE });
    expect(home.isInside(yourIp)).toBe(false);
    acks({ yourIp, options: mask('255.255.255.0') });
    expect(home.isInside(yourIp)).toBe(true);
    expect(home.memory().prefixes).toMatchObject([
      { prefix: '198.51.100.0/24', by: GATEWAY.mac, until: START + 30 * 24 * HOUR },
    ]);
  });

  it('tells who resolves names, inside the home', () => {
    acks({ options: [[6, Buffer.concat([ipBytes('192.168.1.53'), ipBytes('9.9.9.9')])]] });
    expect([resolvers.isResolver('x', '192.168.1.53'), resolvers.isResolver('x', '9.9.9.9')]).toEqual([true, false]);
  });

  it('tells who the router is, where somebody holds the address that it names', () => {
    const options: DhcpOption[] = [[3, Buffer.concat([ipBytes('192.168.1.99'), ipBytes(GATEWAY.ip)])]];
    acks({ options });
    expect(gateways.gateways()).toEqual([]);
    devices.lease(join(GATEWAY), GATEWAY.ip, START, 'arp');
    acks({ options });
    expect(gateways.gateways()).toEqual([GATEWAY.mac]);
  });

  it('a request tells of its client, and gives an address only where it comes from there', () => {
    asks({ options: [[12, 'hall-cam']], clientIp: CAMERA.ip });
    expect([known(CAMERA).hostnames[0]?.name, leases(CAMERA)]).toEqual(['hall-cam', []]);
    asks({ clientIp: CAMERA.ip }, { from: CAMERA });
    expect(leases(CAMERA)).toEqual([`${CAMERA.ip} dhcp`]);
    asks({ clientIp: '192.168.1.77' }, { from: CAMERA });
    expect(leases(CAMERA)).toEqual([`${CAMERA.ip} dhcp`]);
  });

  it('a request by way of another gives the address to who is seen to use it, as far as somebody is', () => {
    asks({ clientIp: CAMERA.ip }, { from: { ...CAMERA, mac: FRIDGE.mac } });
    expect([leases(CAMERA), devices.get(FRIDGE.mac)]).toEqual([[`${CAMERA.ip} dhcp`], undefined]);
    begin();
    join(FRIDGE);
    asks({ clientIp: CAMERA.ip }, { from: { ...CAMERA, mac: FRIDGE.mac } });
    expect([leases(CAMERA), leases(FRIDGE)]).toEqual([[], [`${CAMERA.ip} dhcp`]]);
  });

  it('a request is its sender’s where it names no client, and the client’s where the frame names no sender', () => {
    const bytes = message({ operation: 'request', messageType: 3, clientMac: CAMERA.mac, options: [[12, 'hall-cam']] });
    const from = { ...CAMERA, ip: '0.0.0.0' };
    const packet = sent(bytes, [68, 67], { from, to: { mac: EVERYBODY, ip: '255.255.255.255' } });
    join(CAMERA);
    learn({ ...packet, sourceMac: null });
    expect(known(CAMERA).hostnames).toHaveLength(1);
    begin();
    join(CAMERA);
    learn(packet);
    expect(known(CAMERA).hostnames).toHaveLength(1);
    begin();
    // No hardware address of Ethernet's length.
    bytes[2] = 0;
    learn(sent(bytes, [68, 67], { from }));
    expect(known(CAMERA).hostnames).toHaveLength(1);
    asks({ clientMac: '01:00:5e:00:00:01', options: [[12, 'group']] });
    expect(devices.size).toBe(1);
  });

  const named = { options: [[12, 'hall-cam']] satisfies DhcpOption[] };
  it.each<[string, () => void, number]>([
    ['who was never heard', () => devices.seen(CAMERA.mac, START), 1],
    ['who speaks itself', () => join(CAMERA), 0],
    ['who speaks itself and was carried before', () => join(CAMERA).path.carriers.push(FRIDGE.mac), 1],
  ])('handed on by another it tells of %s', (_what, make, names) => {
    make();
    asks(named, { from: { ...FRIDGE, ip: '0.0.0.0' } });
    expect(known(CAMERA).hostnames).toHaveLength(names);
  });

  it('handed on for two makes a MAC shared, but for a relay', () => {
    const hands = (client: { mac: string }, relay?: string) =>
      asks(
        { clientMac: client.mac },
        { from: { ...FRIDGE, ip: '0.0.0.0' }, ...(relay === undefined ? {} : { relay }) },
      );
    join(FRIDGE);
    hands(FRIDGE);
    hands(CAMERA);
    hands(TELEVISION, '192.168.1.51');
    expect(known(FRIDGE).sharedMac).toBe(false);
    hands(TELEVISION);
    expect(known(FRIDGE).sharedMac).toBe(true);
  });

  describe('grants', () => {
    const isFridges = (time = START): boolean => {
      known(CAMERA).path.directAt = null;
      devices.senderOf(FRIDGE.mac, null, time);
      return devices.at(FRIDGE.mac, CAMERA.ip) === known(CAMERA);
    };
    beforeEach(() => {
      gateways.confirm(GATEWAY.mac);
      join(FRIDGE);
    });
    const toFridge = { to: { ...FRIDGE, ip: CAMERA.ip } };

    it('what came in at another MAC to that', () => {
      acks({ options: LEASE }, toFridge);
      expect(isFridges()).toBe(true);
      expect(known(CAMERA).path).toMatchObject({
        behind: FRIDGE.mac,
        kind: 'repeater',
        ip: CAMERA.ip,
        until: START + 600 * SECOND,
      });
    });

    it.each<[string, DhcpOption[], number | null]>([
      ['no time', [], null],
      ['for ever', [[51, u32(0xffff_ffff)]], null],
      ['a time', LEASE, START + 600 * SECOND],
    ])('for %s', (_what, options, until) => {
      acks({ options }, toFridge);
      isFridges();
      expect(known(CAMERA).path.until).toBe(until);
    });

    it('what another asked for to that, and not what it asked for itself', () => {
      asks({ transactionId: 7 }, { from: { ...FRIDGE, ip: '0.0.0.0' } });
      acks({ transactionId: 8 }, { to: { mac: EVERYBODY, ip: '255.255.255.255' } });
      acks({ transactionId: 7 });
      expect(isFridges()).toBe(true);
      begin();
      gateways.confirm(GATEWAY.mac);
      join(FRIDGE);
      asks({ transactionId: 7 });
      acks({ transactionId: 7 });
      expect(isFridges()).toBe(false);
    });

    it.each<[string, string | null]>([
      ['to everybody', EVERYBODY],
      ['on a cooked capture', null],
      ['to the client', CAMERA.mac],
    ])('what another asked for, and was acknowledged %s, to that', (_, destinationMac) => {
      const acknowledged = (isHeard: boolean) => {
        begin();
        gateways.confirm(GATEWAY.mac);
        join(FRIDGE);
        asks({ transactionId: 7 }, { from: { ...FRIDGE, ip: '0.0.0.0' } });
        const told = { operation: 'reply', messageType: 5, transactionId: 7 } as const;
        const bytes = message({ ...told, clientMac: CAMERA.mac, yourIp: CAMERA.ip });
        if (isHeard) join(CAMERA);
        learn({ ...sent(bytes, [67, 68], { time: START + 5 }), destinationMac });
        devices.senderOf(FRIDGE.mac, null, START + 6);
        return devices.at(FRIDGE.mac, CAMERA.ip) === known(CAMERA);
      };
      // Who was heard itself has not moved by that alone.
      expect([acknowledged(false), acknowledged(true)]).toEqual([true, false]);
    });

    it('by way of a relay, beyond the cable, to clients of a router', () => {
      home.learnLink('192.168.9.0', 24);
      acks({ options: LEASE }, { ...toFridge, relay: '192.168.1.51' });
      isFridges();
      expect(known(CAMERA).path).toMatchObject({ behind: FRIDGE.mac, kind: 'router' });
      begin();
      gateways.confirm(GATEWAY.mac);
      join(FRIDGE);
      home.learnLink('192.168.1.0', 24);
      acks({ options: LEASE }, { ...toFridge, relay: '192.168.1.51' });
      isFridges();
      expect(known(CAMERA).path).toMatchObject({ behind: FRIDGE.mac, kind: 'repeater' });
    });

    it('to who was heard itself only where the acknowledgement came in without a relay', () => {
      const heard = (relay?: string) => {
        begin();
        gateways.confirm(GATEWAY.mac);
        join(FRIDGE);
        join(CAMERA);
        acks({ options: LEASE }, { ...toFridge, time: START + 5, ...(relay === undefined ? {} : { relay }) });
        devices.senderOf(FRIDGE.mac, null, START + 6);
        return devices.at(FRIDGE.mac, CAMERA.ip) === known(CAMERA);
      };
      expect([heard(), heard('192.168.1.51')]).toEqual([true, false]);
    });
  });
});

describe('DHCPv6', () => {
  const IP = '2001:db8:7::50';
  function learn(fields: Dhcpv6Fields, more: Sent = {}, ports: [number, number] = [547, 546]): void {
    const from = { ...GATEWAY, ip: GATEWAY.ip6 };
    const to = { ...CAMERA, ip: 'fe80::50' };
    const packet = sent(dhcpv6(fields), ports, { from, to, ...more });
    if (packet.udp !== null) learner.dhcpv6(packet, packet.udp, START);
  }
  const asks = { from: { ...CAMERA, ip: 'fe80::50' }, to: { mac: '33:33:00:01:00:02', ip: 'ff02::1:2' } };

  it('a reply gives addresses to the frame’s receiver, or to the client that it names', () => {
    learn({ messageType: 7, clientMac: FRIDGE.mac, addresses: [IP] });
    expect([leases(CAMERA), devices.get(FRIDGE.mac)]).toEqual([[`${IP} dhcpv6`], undefined]);
    learn(
      { messageType: 7, clientMac: FRIDGE.mac, addresses: ['2001:db8:7::51'] },
      { to: { mac: '33:33:00:00:00:01', ip: 'ff02::1' } },
    );
    expect(leases(FRIDGE)).toEqual(['2001:db8:7::51 dhcpv6']);
    learn({ messageType: 2, addresses: ['2001:db8:7::52'] });
    expect(leases(CAMERA)).toEqual([`${IP} dhcpv6`]);
  });

  it('of a client that the MAC carries is the client’s', () => {
    join(CAMERA);
    join(FRIDGE).path.behind = CAMERA.mac;
    learn({ messageType: 7, clientMac: FRIDGE.mac, addresses: [IP] });
    expect([leases(FRIDGE), leases(CAMERA)]).toEqual([[`${IP} dhcpv6`], []]);
  });

  it('is nobody’s where nobody is named, or a group', () => {
    learn({ messageType: 7, addresses: [IP] }, { to: { mac: '33:33:00:00:00:01', ip: 'ff02::1' } });
    learn(
      { messageType: 7, clientMac: '01:00:5e:00:00:01', addresses: [IP] },
      { to: { mac: '33:33:00:00:00:01', ip: 'ff02::1' } },
    );
    expect(devices.size).toBe(0);
  });

  it('a request tells name and identifier; a reply’s are not the client’s word', () => {
    learn({ messageType: 3, clientMac: CAMERA.mac, fqdn: 'hall.cam', addresses: [IP] }, asks, [546, 547]);
    expect(known(CAMERA)).toMatchObject({
      hostnames: [{ name: 'hall.cam', from: 'dhcpv6' }],
      identity: { duid: `00030001${CAMERA.mac.replaceAll(':', '')}` },
    });
    expect(leases(CAMERA)).toEqual([]);
    learn({ messageType: 3 }, asks, [546, 547]);
    expect(known(CAMERA).identity.duid).not.toBeNull();
    learn({ messageType: 3 }, { ...asks, from: { ...FRIDGE, ip: 'fe80::51' } }, [546, 547]);
    expect(known(FRIDGE)).toMatchObject({ hostnames: [], identity: { duid: null } });
    learn({ messageType: 7, clientMac: TELEVISION.mac, fqdn: 'x.y' }, { to: { ...TELEVISION, ip: 'fe80::52' } });
    expect(known(TELEVISION)).toMatchObject({ hostnames: [], identity: { duid: null } });
    for (const ports of [
      [546, 546],
      [547, 547],
    ] as [number, number][]) {
      begin();
      learn({ messageType: 7, addresses: [IP], clientMac: CAMERA.mac }, {}, ports);
      expect(devices.ownerOf(IP)).toBeUndefined();
    }
  });

  it('gives prefixes in a reply, of the router’s once that is known', () => {
    const gives = (from: { mac: string }) =>
      learn({ messageType: 7, prefixes: ['2001:db8:100::/56'] }, { from: { ...from, ip: 'fe80::1' } });
    const isInside = () => home.isInside('2001:db8:100:ff::1');
    learn({ messageType: 2, prefixes: ['2001:db8:100::/56'] });
    expect(isInside()).toBe(false);
    prove(GATEWAY.mac);
    gives(FRIDGE);
    expect(isInside()).toBe(false);
    gives(GATEWAY);
    expect(isInside()).toBe(true);
  });

  it('that is broken is counted', () => {
    const packet = sent(Buffer.alloc(2), [547, 546], {
      from: { ...GATEWAY, ip: 'fe80::1' },
      to: { ...CAMERA, ip: 'fe80::2' },
    });
    if (packet.udp !== null) learner.dhcpv6(packet, packet.udp, START);
    expect(JSON.stringify(counters)).not.toBe(JSON.stringify(new DecodeCounters()));
    const question = sent(Buffer.alloc(2), [546, 547], asks);
    if (question.udp !== null) learner.dhcpv6(question, question.udp, START);
    expect([devices.size, Object.values(counters.toJSON())]).toEqual([0, [2]]);
  });

  it('on a cooked capture is the client’s that it names', () => {
    const packet = sent(dhcpv6({ messageType: 3, clientMac: CAMERA.mac, fqdn: 'hall.cam' }), [546, 547], asks);
    if (packet.udp !== null) learner.dhcpv6({ ...packet, sourceMac: null }, packet.udp, START);
    expect(known(CAMERA).hostnames).toHaveLength(1);
  });
});

describe('a frame to one device alone', () => {
  const frame = (
    from: { mac: string; ip: string },
    to: { mac: string; ip: string },
    ports: [number, number] = [1, 2],
  ) => sent(Buffer.from('x'), ports, { from, to });
  const isProven = (host: { mac: string }): boolean => devices.isProven(known(host));
  beforeEach(() => {
    join(CAMERA);
    join(FRIDGE);
    devices.lease(known(CAMERA), CAMERA.ip, START, 'arp');
  });

  it.each<[string, Packet, boolean]>([
    ['from the router', frame(GATEWAY, CAMERA), true],
    ['from somebody', frame(FRIDGE, CAMERA), false],
    ['of a DHCP server', frame(GATEWAY, CAMERA, [67, 68]), false],
    ['to a DHCP server', frame(GATEWAY, CAMERA, [68, 67]), false],
    ['of a DHCP client', frame(GATEWAY, CAMERA, [68, 2]), true],
    ['to a group', frame(GATEWAY, { ...CAMERA, mac: EVERYBODY }), false],
  ])('%s shows that it is there: %s', (_what, packet, expected) => {
    gateways.confirm(GATEWAY.mac);
    learner.answered(packet, packet.sourceMac === FRIDGE.mac ? known(FRIDGE) : null);
    expect(isProven(CAMERA)).toBe(expected);
  });

  it('of any kind does, and none from who is not known, nor to who is not there', () => {
    gateways.confirm(GATEWAY.mac);
    learner.answered(frame(FRIDGE, CAMERA), null);
    expect(isProven(CAMERA)).toBe(false);
    learner.answered(frame(GATEWAY, TELEVISION), null);
    expect(devices.get(TELEVISION.mac)).toBeUndefined();
    const client = devices.seen(TELEVISION.mac, START) as Device;
    Object.assign(client.path, { behind: CAMERA.mac, ip: TELEVISION.ip, until: null });
    devices.carriers.restore(client);
    const fields = { senderMac: GATEWAY.mac, senderIp: GATEWAY.ip, targetMac: CAMERA.mac, targetIp: CAMERA.ip };
    const reply = ethernet({ source: GATEWAY.mac, destination: CAMERA.mac }, arp({ operation: 'reply', ...fields }));
    learner.answered(packetOf({ time: START, data: reply }), null);
    expect([isProven(CAMERA), isProven(TELEVISION)]).toEqual([true, false]);
  });

  it('from one who is proven does so as well, and for who is behind that MAC', () => {
    devices.prove(FRIDGE.mac);
    const television = join(TELEVISION);
    devices.lease(television, TELEVISION.ip, START, 'dhcp');
    Object.assign(television.path, { behind: CAMERA.mac, ip: TELEVISION.ip, until: null });
    learner.answered(frame(FRIDGE, { ...CAMERA, ip: TELEVISION.ip }), known(FRIDGE));
    expect([isProven(CAMERA), isProven(TELEVISION)]).toEqual([true, true]);
    const packet = frame(FRIDGE, CAMERA);
    begin();
    join(CAMERA);
    gateways.confirm(FRIDGE.mac);
    learner.answered({ ...packet, destinationMac: null }, null);
    learner.answered({ ...packet, sourceMac: null }, null);
    expect(isProven(CAMERA)).toBe(false);
  });
});

describe('what passes', () => {
  function pass(from: { mac: string; ip: string }, to: { mac: string; ip: string }): void {
    learner.passed(sent(Buffer.from('x'), [1, 2], { from, to }), join(from), START);
  }
  const server = { mac: GATEWAY.mac, ip: PUBLIC };

  it('shows the router by what is handed to it, and by what comes out of it', () => {
    pass(CAMERA, server);
    expect([gateways.gateways(), gateways.anyProven]).toEqual([[GATEWAY.mac], false]);
    pass(server, CAMERA);
    expect(gateways.anyProven).toBe(true);
  });

  it.each<[string, { mac: string; ip: string }, { mac: string; ip: string }]>([
    ['to a group', CAMERA, { ...server, mac: EVERYBODY }],
    ['inside', CAMERA, FRIDGE],
    ['between outside', { ...CAMERA, ip: '198.51.100.1' }, server],
  ])('shows none by what is sent %s', (_what, from, to) => {
    pass(from, to);
    pass({ ...from, mac: FRIDGE.mac }, to);
    expect(gateways.gateways()).toEqual([]);
  });

  it('shows none by what comes from inside, or goes on outside, whatever its addresses', () => {
    for (const ip of ['192.168.1.60', '192.168.1.61', '192.168.1.62']) pass({ ...CAMERA, ip }, FRIDGE);
    for (const ip of [PUBLIC, '203.0.113.10', '203.0.113.11'])
      pass({ ...FRIDGE, ip }, { ...CAMERA, ip: '198.51.100.1' });
    expect(gateways.gateways()).toEqual([]);
  });

  it('shows none by what comes to a group', () => {
    for (const ip of [PUBLIC, '203.0.113.10', '203.0.113.11']) pass({ ...server, ip }, { ...CAMERA, mac: EVERYBODY });
    expect(gateways.gateways()).toEqual([]);
    for (const ip of [PUBLIC, '203.0.113.10']) pass({ ...server, ip }, CAMERA);
    expect(gateways.gateways()).toEqual([GATEWAY.mac]);
  });

  it.each([
    [CAMERA.ip, true],
    ['0.0.0.0', false],
    ['224.0.0.1', false],
    ['239.255.255.255', false],
    ['255.255.255.255', false],
    ['223.0.0.1', false],
    ['::', false],
    ['ff02::1', false],
    ['fe80::1', true],
  ])('shows who sends from %s: %s', (ip, expected) => {
    pass({ ...CAMERA, ip }, { ...FRIDGE, ip: ip.includes(':') ? 'fe80::9' : FRIDGE.ip });
    expect(leases(CAMERA)).toEqual(expected ? [`${ip} on-link`] : []);
  });

  it('shows who sends from what a person calls the home’s, be it reserved', () => {
    begin(['240.0.0.0/4', '192.168.1.0/24']);
    pass({ ...CAMERA, ip: '240.0.0.1' }, FRIDGE);
    pass({ ...FRIDGE, ip: '255.255.255.255' }, CAMERA);
    expect([leases(CAMERA), leases(FRIDGE)]).toEqual([['240.0.0.1 on-link'], []]);
  });

  it('shows no router without addresses on its frames, or with a group’s', () => {
    const bytes = Buffer.from('x');
    for (const ip of [PUBLIC, '203.0.113.10', '203.0.113.11']) {
      const coming = sent(bytes, [1, 2], { from: { ...GATEWAY, ip }, to: CAMERA });
      const going = sent(bytes, [1, 2], { from: CAMERA, to: { ...GATEWAY, ip } });
      for (const packet of [coming, going]) {
        learner.passed({ ...packet, sourceMac: null, destinationMac: null }, null, START);
        learner.passed({ ...packet, destinationMac: null }, null, START);
      }
      learner.passed({ ...coming, sourceMac: null }, null, START);
      learner.passed({ ...coming, sourceMac: '01:00:5e:00:00:01' }, null, START);
    }
    expect(gateways.gateways()).toEqual([]);
  });

  it('shows nothing of what the router hands on', () => {
    gateways.confirm(GATEWAY.mac);
    pass({ ...GATEWAY, ip: '192.168.36.7' }, CAMERA);
    expect(leases(GATEWAY)).toEqual([]);
    const packet = sent(Buffer.from('x'), [1, 2], { from: CAMERA, to: FRIDGE });
    learner.passed(packet, null, START);
    learner.passed({ ...packet, ip: null }, join(CAMERA), START);
    expect(leases(CAMERA)).toEqual([]);
  });

  it('of far away unmakes what the router called the home’s own address', () => {
    gateways.confirm(GATEWAY.mac);
    home.claimPublic(PUBLIC, GATEWAY.mac, START);
    const far = (mac: string) => {
      const upper = udp({ sourcePort: 1, destinationPort: 2 }, Buffer.from('x'));
      const data = ethernet(
        { source: mac, destination: CAMERA.mac },
        ipv4({ source: PUBLIC, destination: CAMERA.ip, ttl: 50 }, upper),
      );
      learner.passed(packetOf({ time: START, data }), join({ mac }), START);
      return home.isPublic(PUBLIC);
    };
    expect([far(FRIDGE.mac), far(GATEWAY.mac)]).toEqual([true, false]);
  });

  it('once it shows who the router is, what others announced is forgotten, once', () => {
    const learn = (by: string, prefix: string) => home.learn(prefix, 64, { by, lifetime: null, time: START });
    learn(FRIDGE.mac, '2001:db8:1::');
    learn(GATEWAY.mac, '2001:db8:2::');
    const isInside = (n: number) => home.isInside(`2001:db8:${n}::1`);
    pass(CAMERA, server);
    expect([isInside(1), isInside(2)]).toEqual([true, true]);
    pass(server, CAMERA);
    expect([isInside(1), isInside(2)]).toEqual([false, true]);
    learn(FRIDGE.mac, '2001:db8:1::');
    pass(server, CAMERA);
    expect(isInside(1)).toBe(true);
  });
});

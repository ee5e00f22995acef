// What may be many in a home, or be made up to be many, as frames: one case for each table that the network can fill.
import type { Device } from '../../sensor/attribute/device.ts';
import type { Spine } from '../../sensor/spine.ts';
import { arp, dhcp, type Endpoint, ethernet, ipv4, ipv6, tcp, u16, udp } from '../support/packet-builder.ts';
import { dnsAnswer, dnsQuery, mdnsAnnouncement, quicHello, tlsHello } from './openings.ts';
import { Random } from './random.ts';

export interface GrowthCase {
  name: string;
  /** Of what there are so many. */
  sizes: readonly number[];
  /** Packet time (ms) between two frames. */
  step: number;
  /** Before the clock runs. */
  prepare?(spine: Spine, size: number): void;
  /** Frames of the number `i` of `size`. */
  frames(i: number, size: number): Buffer[];
}

export const GATEWAY: Endpoint = { mac: '00:0d:b9:44:55:66', ip: '192.168.1.1', port: 53 };
export const THING: Endpoint = { mac: '24:0a:c4:00:00:01', ip: '192.168.1.20', port: 40_000 };
const NOTHING: Buffer = Buffer.alloc(0);
const random = new Random(1);

/** A host on the Internet, reached through the gateway. */
export function host(i: number, port: number): Endpoint {
  return { mac: GATEWAY.mac, ip: [50 + ((i >>> 16) % 50), (i >>> 8) & 255, i & 255, 7].join('.'), port };
}

/** A thing of the home with a MAC of its own. */
export function thing(i: number): Endpoint {
  const mac = `24:0a:c4:${[(i >>> 16) & 255, (i >>> 8) & 255, i & 255].map((octet) => octet.toString(16).padStart(2, '0')).join(':')}`;
  return { mac, ip: `10.${(i >>> 16) & 255}.${(i >>> 8) & 255}.${i & 255}`, port: 40_000 };
}

export function segment(
  from: Endpoint,
  to: Endpoint,
  flags: string,
  payload = NOTHING,
  at = 1000,
  next = 2000,
): Buffer {
  const fields = { sourcePort: from.port, destinationPort: to.port, sequence: at, acknowledgement: next, flags };
  return framed(from, to, tcp(flags.includes('A') ? fields : { ...fields, acknowledgement: 0 }, payload));
}

export function datagram(from: Endpoint, to: Endpoint, payload: Buffer): Buffer {
  return framed(from, to, udp({ sourcePort: from.port, destinationPort: to.port }, payload));
}

function framed(from: Endpoint, to: Endpoint, upper: Parameters<typeof ipv4>[1]): Buffer {
  const addresses = { source: from.ip, destination: to.ip };
  const layer = from.ip.includes(':') ? ipv6(addresses, upper) : ipv4(addresses, upper);
  return ethernet({ source: from.mac, destination: to.mac }, layer);
}

/** SYN, answer, and what the client says then. */
export function conversation(client: Endpoint, server: Endpoint, says = NOTHING): Buffer[] {
  const handshake = [
    segment(client, server, 'S', NOTHING, 1000, 0),
    segment(server, client, 'SA', NOTHING, 2000, 1001),
    segment(client, server, 'A', NOTHING, 1001, 2001),
  ];
  return says.length === 0 ? handshake : [...handshake, segment(client, server, 'PA', says, 1001, 2001)];
}

const portOf = (i: number) => 1024 + (i % 60_000);
const syn = (from: Endpoint, to: Endpoint) => segment(from, to, 'S');

function named(client: Endpoint, server: Endpoint, name: string): Buffer[] {
  const resolver = GATEWAY;
  const id = random.below(0x10000);
  return [
    datagram({ ...client, port: 5000 }, resolver, dnsQuery(id, name, 'A')),
    datagram(resolver, { ...client, port: 5000 }, dnsAnswer(id, name, server.ip)),
    ...conversation(client, server, tlsHello(random, name, false)),
  ];
}

const POWERS = (from: number, to: number): number[] => {
  const sizes: number[] = [];
  for (let size = from; size <= to; size *= 2) sizes.push(size);
  return sizes;
};
const USUAL = POWERS(2048, 32_768);

function deviceOf(spine: Spine, { ip, mac }: Endpoint): Device {
  const device = spine.engine.devices.seen(mac, spine.engine.now);
  if (device === null) throw new Error(`no device ${mac}`);
  spine.engine.devices.prove(mac);
  spine.engine.devices.lease(device, ip, spine.engine.now, 'arp');
  spine.engine.devices.keep(device);
  return device;
}

export const GROWTH: readonly GrowthCase[] = [
  {
    name: 'devices',
    sizes: POWERS(512, 8192),
    step: 40,
    frames(i) {
      const device = thing(i);
      const asks = arp({ operation: 'request', senderMac: device.mac, senderIp: device.ip, targetIp: GATEWAY.ip });
      const lease = dhcp({
        operation: 'request',
        messageType: 3,
        clientMac: device.mac,
        options: [[12, `thing-${i}`]],
      });
      return [
        ethernet({ source: device.mac, destination: GATEWAY.mac }, asks),
        datagram({ ...GATEWAY, port: 9 }, device, Buffer.from('hello')),
        datagram({ ...device, port: 68 }, { ...GATEWAY, port: 67 }, lease),
        ...named(device, host(i % 64, 443), `cloud-${i % 64}.example`),
      ];
    },
  },
  { name: 'made-up devices', sizes: USUAL, step: 5, frames: (i) => [syn(thing(i), host(i, 443))] },
  {
    // As many as are no flood yet, and nobody answers them: what they do waits.
    name: 'frames beside newborn devices',
    sizes: USUAL,
    step: 1,
    frames: (i) => [i < 190 ? syn(thing(i), host(i, 25)) : syn({ ...THING, port: portOf(i) }, host(i % 16, 443))],
  },
  {
    name: 'names',
    sizes: POWERS(1024, 16_384),
    step: 5,
    frames: (i) => named({ ...THING, port: portOf(i) }, host(i, 443), `cloud.name-${i}.com`),
  },
  {
    name: 'announced names',
    sizes: USUAL,
    step: 5,
    frames: (i) => [
      datagram(
        { ...THING, port: 5353 },
        { mac: '01:00:5e:00:00:fb', ip: '224.0.0.251', port: 5353 },
        mdnsAnnouncement(`thing-${i}.local`, THING.ip),
      ),
    ],
  },
  {
    // A thing goes to a store it never went to: each is an incident of its own.
    name: 'incidents of one device',
    // Each is described, stored and told, so that more would take minutes.
    sizes: POWERS(512, 4096),
    step: 5,
    frames: (i) =>
      conversation({ ...THING, port: portOf(i) }, host(i, 443), tlsHello(random, `plugins.shop-${i}.com`, false)),
  },
  {
    name: 'devices that mail',
    // Each is described, stored and told, so that more would take minutes.
    sizes: POWERS(512, 4096),
    step: 100,
    frames(i) {
      const device = thing(i);
      return [
        datagram({ ...GATEWAY, port: 9 }, device, Buffer.from('hello')),
        ...named(device, host(i % 64, 443), `cloud-${i % 64}.example`),
        ...conversation({ ...device, port: 41_000 }, host(i, 25)),
      ];
    },
  },
  {
    name: 'destinations',
    sizes: USUAL,
    step: 5,
    frames: (i) => conversation({ ...THING, port: portOf(i) }, host(i, 443)),
  },
  {
    name: 'mail destinations',
    sizes: USUAL,
    step: 5,
    frames: (i) => [syn({ ...THING, port: portOf(i) }, host(i, 25))],
  },
  {
    name: 'connections',
    sizes: POWERS(4096, 65_536),
    step: 1,
    frames: (i) => [syn({ ...THING, port: portOf(i) }, host(i % 256, 8000 + (i >>> 15)))],
  },
  {
    name: 'connections, answered',
    sizes: USUAL,
    step: 1,
    frames: (i) => conversation({ ...THING, port: portOf(i) }, host(i % 256, 443)),
  },
  {
    name: 'QUIC connections',
    sizes: POWERS(512, 8192),
    step: 5,
    frames: (i) =>
      quicHello(random, `cloud.name-${i % 512}.com`, false).map((hello) =>
        datagram({ ...THING, port: portOf(i) }, host(i, 443), hello),
      ),
  },
  {
    name: 'leases of one device',
    sizes: USUAL,
    step: 5,
    frames: (i) => [
      syn({ ...THING, ip: `192.168.${(i >>> 8) & 255}.${i & 255}`, port: portOf(i) }, host(i % 16, 443)),
      syn(
        { ...THING, ip: `fe80::${(i >>> 16).toString(16)}:${(i & 0xffff).toString(16)}` },
        { ...GATEWAY, ip: 'fe80::1' },
      ),
    ],
  },
  {
    name: 'mail from made-up addresses',
    sizes: POWERS(1024, 16_384),
    step: 5,
    frames: (i) => [syn({ ...THING, ip: `192.168.${(i >>> 8) & 255}.${i & 255}`, port: portOf(i) }, host(i % 16, 25))],
  },
  {
    name: 'open tunnels',
    sizes: USUAL,
    step: 5,
    frames: (i) =>
      conversation(
        { ...THING, port: portOf(i) },
        host(i, 3128),
        Buffer.from(`CONNECT mail-${i}.example:25 HTTP/1.1\r\nHost: mail-${i}.example\r\n\r\n`),
      ),
  },
  {
    name: 'expectations',
    sizes: POWERS(128, 2048),
    step: 5,
    prepare(spine, size) {
      const { now } = spine.engine;
      for (let i = 0; i < size; i++) {
        const device = deviceOf(spine, thing(i));
        const targets = [{ destination: host(i, 587).ip, port: 587 }];
        const scope = { covers: 'mail' as const, targets, destinations: [host(i, 587).ip], ports: [587] };
        spine.recorder.expectations.add({
          ...{ device: device.mac, scope, until: null, by: 'page', time: now, incident: null },
        });
      }
    },
    frames: (i) => [
      ...conversation(thing(i), host(i, 587)),
      datagram({ ...thing(i), port: 5000 }, GATEWAY, mxQuery(i, `mail-${i}.example`)),
    ],
  },
  {
    name: 'hosts that were answered',
    sizes: USUAL,
    step: 5,
    frames: (i) => conversation(host(i, portOf(i)), { ...THING, port: 80 }),
  },
  {
    name: 'lookups of block lists',
    sizes: USUAL,
    step: 5,
    frames(i) {
      const device = thing(i % 512);
      const asked = [(i >>> 8) & 255, i & 255, 113, 203].join('.');
      return [
        datagram({ ...GATEWAY, port: 9 }, device, Buffer.from('hello')),
        datagram({ ...device, port: 5000 }, GATEWAY, dnsQuery(i & 0xffff, `${asked}.zen.spamhaus.org`, 'A')),
      ];
    },
  },
  {
    name: 'answers nobody asked for',
    sizes: USUAL,
    step: 5,
    frames: (i) => [
      datagram({ ...THING, port: 5000 }, GATEWAY, dnsQuery(1, 'a.example', 'A')),
      datagram(GATEWAY, { ...THING, port: portOf(i) }, dnsAnswer(i & 0xffff, `b-${i}.example`, host(i, 1).ip)),
    ],
  },
  {
    name: 'routers',
    sizes: USUAL,
    step: 5,
    frames: (i) => [syn({ ...THING, port: portOf(i) }, { ...host(i, 443), mac: thing(i + 1).mac })],
  },
];

/** What took 20 s when each looked through the device's destinations. */
export const NEW_SERVERS: GrowthCase = {
  name: 'SYNs of one device to ever-new servers',
  sizes: [300_000],
  step: 1,
  frames: (i) => [syn({ ...THING, port: portOf(i) }, host(i, 443))],
};

function mxQuery(i: number, name: string): Buffer {
  const query = dnsQuery(i & 0xffff, name, 'A');
  u16(15).copy(query, query.length - 4);
  return query;
}

// A home of a hundred chatty things over four days: each asks its few clouds over and over, looks their names up, announces itself.
// Written as a capture of which every packet passes the filter; the same for the same seed.
import { mkdirSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import {
  arp,
  type CapturedFrame,
  dhcp,
  type Endpoint,
  ethernet,
  ipv4,
  ipv6,
  pcapBytes,
  routerAdvertisement,
  tcp,
  udp,
} from '../support/packet-builder.ts';
import { dnsAnswer, dnsQuery, mdnsAnnouncement, quicHello, tlsHello } from './openings.ts';
import { Random } from './random.ts';

export interface ChattyOptions {
  packets: number;
  seed: number;
}

export const CHATTY: ChattyOptions = { packets: 402_000, seed: 20_140_116 };

interface Thing {
  mac: string;
  ip: string;
  /** What it connects from: some things prefer IPv6. */
  from: string;
  clouds: Host[];
  /** Its next free port. */
  port: number;
}

interface Host {
  name: string;
  ip: string;
}

const START = Date.parse('2026-01-05T00:00:00Z');
const SPAN = 4 * 24 * 60 * 60_000;
const THINGS = 100;
const VENDORS = 20;
const GATEWAY = { mac: '00:0d:b9:44:55:66', ip: '192.168.1.1', ip6: 'fe80::1' };
const ROUND_TRIP = 12;
/** A routine's share of all packets, and how many of them one round has. At these shares there are 57,000 polls in 402,000 packets. */
const ROUTINES = [
  { make: poll, share: 0.945, packets: 6 + 2 / 3 },
  { make: quicPoll, share: 0.02, packets: 3 },
  { make: announce, share: 0.02, packets: 1 },
  { make: resolveNeighbor, share: 0.01, packets: 2 },
  { make: renew, share: 0.005, packets: 2 },
] as const;

type Timed = Generator<[after: number, frame: Buffer], void>;

/** Writes the capture unless it is there from before; its file. */
export function chattyCapture(options: ChattyOptions): string {
  const file = join(tmpdir(), 'thingwatch-bench', `chatty-${options.packets}-${options.seed}.pcap`);
  try {
    statSync(file);
  } catch {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(`${file}.part`, pcapBytes(chattyHome(options)));
    renameSync(`${file}.part`, file);
  }
  return file;
}

export function chattyHome({ packets, seed }: ChattyOptions): CapturedFrame[] {
  const random = new Random(seed);
  const things = makeThings(random);
  const frames: CapturedFrame[] = [{ time: START, data: advertisement() }];
  for (const { make, packets: each, share } of ROUTINES) {
    const rounds = Math.round((packets * share) / each / THINGS);
    const period = SPAN / rounds;
    for (const thing of things) {
      const phase = random.below(period);
      for (let round = 0; round < rounds; round++) {
        let time = START + 1000 + phase + round * period + random.below(period / 20);
        for (const [after, data] of make(thing, random, round)) {
          time += after;
          frames.push({ time, data });
        }
      }
    }
  }
  return frames.sort((a, b) => a.time - b.time).slice(0, packets);
}

function makeThings(random: Random): Thing[] {
  return Array.from({ length: THINGS }, (_, i) => {
    const hex = (i + 1).toString(16).padStart(2, '0');
    const ip = `192.168.1.${20 + i}`;
    const isV6 = i % 5 === 0;
    const vendor = i % VENDORS;
    const clouds = ['api', 'telemetry', 'mqtt', 'time'].slice(0, 2 + random.below(3)).map((label, n) => ({
      name: `${label}.eu${n}.cloud${vendor}.example`,
      ip: isV6 ? `2001:db8:ffff::${vendor}:${n}` : `203.0.113.${1 + vendor * 4 + n}`,
    }));
    return { mac: `24:0a:c4:10:00:${hex}`, ip, from: isV6 ? `2001:db8:1::${hex}` : ip, clouds, port: 32_768 };
  });
}

/** A connection that reports and ends: handshake, hello, what follows the hello, both FINs. */
function* poll(thing: Thing, random: Random, round: number): Timed {
  const host = random.pick(thing.clouds);
  if (round % 3 === 0) yield* lookUp(thing, random, host);
  const [client, server] = ends(thing, host);
  const [own, theirs] = [random.word(), random.word()];
  const up = (flags: string, offset: number, seen: number, payload?: Buffer) =>
    segment(client, server, flags, own + offset, theirs + seen, payload);
  const hello = tlsHello(random, host.name, false);
  const finished = Buffer.concat([Buffer.from('1403030001011703030035', 'hex'), random.bytes(53)]);
  const [sent, received] = [1 + hello.length + finished.length + 400, 3200 + random.below(2000)];
  yield [ROUND_TRIP, segment(client, server, 'S', own, 0)];
  yield [ROUND_TRIP, segment(server, client, 'SA', theirs, own + 1)];
  yield [2, up('PA', 1, 1, hello)];
  yield [2 * ROUND_TRIP, up('PA', 1 + hello.length, 3000, finished)];
  yield [8 * ROUND_TRIP, up('FA', sent, received)];
  yield [ROUND_TRIP, segment(server, client, 'FA', theirs + received, own + sent + 1)];
}

function* quicPoll(thing: Thing, random: Random): Timed {
  const host = random.pick(thing.clouds);
  const [client, server] = ends(thing, host);
  for (const bytes of quicHello(random, host.name, false)) yield [ROUND_TRIP, datagram(client, server, bytes)];
  const answer = Buffer.concat([Buffer.from('c300000001', 'hex'), random.bytes(1195)]);
  yield [ROUND_TRIP, datagram(server, client, answer)];
  yield [5, datagram(client, server, Buffer.concat([Buffer.from('e300000001', 'hex'), random.bytes(1195)]))];
}

function* lookUp(thing: Thing, random: Random, host: Host): Timed {
  const id = random.below(0x10000);
  const [asker, resolver] = [nextEnd(thing, thing.ip), { mac: GATEWAY.mac, ip: GATEWAY.ip, port: 53 }];
  yield [0, datagram(asker, resolver, dnsQuery(id, host.name, host.ip.includes(':') ? 'AAAA' : 'A'))];
  yield [ROUND_TRIP, datagram(resolver, asker, dnsAnswer(id, host.name, host.ip))];
}

function* announce(thing: Thing): Timed {
  const group = { mac: '01:00:5e:00:00:fb', ip: '224.0.0.251', port: 5353 };
  const name = `thing-${thing.ip.slice(10)}.local`;
  yield [0, datagram({ mac: thing.mac, ip: thing.ip, port: 5353 }, group, mdnsAnnouncement(name, thing.ip))];
}

function* resolveNeighbor({ ip, mac }: Thing): Timed {
  const request = arp({ operation: 'request', senderMac: mac, senderIp: ip, targetIp: GATEWAY.ip });
  yield [0, ethernet({ source: mac, destination: 'ff:ff:ff:ff:ff:ff' }, request)];
  const gateway = { senderMac: GATEWAY.mac, senderIp: GATEWAY.ip, targetMac: mac, targetIp: ip };
  yield [1, ethernet({ source: GATEWAY.mac, destination: mac }, arp({ operation: 'reply', ...gateway }))];
}

function* renew({ ip, mac }: Thing, random: Random): Timed {
  const [client, server] = [
    { mac, ip, port: 68 },
    { mac: GATEWAY.mac, ip: GATEWAY.ip, port: 67 },
  ];
  const shared = { clientMac: mac, transactionId: random.word() };
  const asked = { ...shared, clientIp: ip, options: [[12, 'thing']] as [number, string][] };
  yield [0, datagram(client, server, dhcp({ ...asked, operation: 'request', messageType: 3 }))];
  yield [2, datagram(server, client, dhcp({ ...shared, operation: 'reply', messageType: 5, yourIp: ip }))];
}

/** The router tells the home's prefix: without it nobody can know that its IPv6 addresses are inside. */
function advertisement(): Buffer {
  const prefixes = [{ prefix: '2001:db8:1::', length: 64, validLifetime: SPAN / 500 }];
  const message = routerAdvertisement({ sourceMac: GATEWAY.mac, routerLifetime: 65_535, prefixes });
  const packet = ipv6({ source: GATEWAY.ip6, destination: 'ff02::1', hopLimit: 255 }, message);
  return ethernet({ source: GATEWAY.mac, destination: '33:33:00:00:00:01' }, packet);
}

function ends(thing: Thing, host: Host): [client: Endpoint, server: Endpoint] {
  return [nextEnd(thing, thing.from), { mac: GATEWAY.mac, ip: host.ip, port: 443 }];
}

function nextEnd(thing: Thing, ip: string): Endpoint {
  thing.port = thing.port === 60_999 ? 32_768 : thing.port + 1;
  return { mac: thing.mac, ip, port: thing.port };
}

function segment(
  from: Endpoint,
  to: Endpoint,
  flags: string,
  sequence: number,
  acknowledgement: number,
  payload?: Buffer,
) {
  const numbers = { sequence: sequence >>> 0, acknowledgement: acknowledgement >>> 0, flags };
  return framed(from, to, tcp({ sourcePort: from.port, destinationPort: to.port, ...numbers }, payload));
}

function datagram(from: Endpoint, to: Endpoint, payload: Buffer): Buffer {
  return framed(from, to, udp({ sourcePort: from.port, destinationPort: to.port }, payload));
}

function framed(from: Endpoint, to: Endpoint, upper: Parameters<typeof ipv4>[1]): Buffer {
  const addresses = { source: from.ip, destination: to.ip };
  return ethernet(
    { source: from.mac, destination: to.mac },
    from.ip.includes(':') ? ipv6(addresses, upper) : ipv4(addresses, upper),
  );
}

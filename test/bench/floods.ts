// What somebody may pour into a home, one kind at a time: frames of one thing that is never the same twice, from a few things
// of the home unless the things themselves are made up. `mixed` is all of it in turn.
import { arp, dhcp, type Endpoint, ethernet, ipv4, tcp, type UpperLayer, udp } from '../support/packet-builder.ts';
import { dnsAnswer, mdnsAnnouncement, quicHello, tlsHello } from './openings.ts';
import type { Random } from './random.ts';

export type Frames = Generator<Buffer, never>;

const ROUTER = { mac: '00:0d:b9:44:55:66', ip: '192.168.1.1' } as const;
const THINGS = 20;
const MDNS = { mac: '01:00:5e:00:00:fb', ip: '224.0.0.251', port: 5353 } as const;

/** By name, in the order they are measured. */
export const FLOODS: Readonly<Record<string, (random: Random) => Frames>> = {
  macs,
  names,
  addresses,
  ports,
  'half-open': halfOpen,
  mdns,
  mail,
  mixed,
};

function* macs(random: Random): Frames {
  for (;;) {
    const thing = madeUpThing(random);
    yield ask(thing);
    yield segment(random, thing, outside(random, 443), 'S');
  }
}

/** Lookups, hellos and names that things give themselves. */
function* names(random: Random): Frames {
  for (;;) {
    const thing = aThing(random);
    const server = outside(random, 443);
    yield lookup(random, thing, server.ip);
    yield segment(random, thing, server, 'S');
    yield segment(random, thing, server, 'PA', smallHello(random));
    yield datagram({ ...thing, port: 68 }, { ...ROUTER, port: 67 }, named(random, thing));
  }
}

/** Servers that nobody named, and addresses in the home that things claim. */
function* addresses(random: Random): Frames {
  for (;;) {
    const thing = aThing(random);
    yield segment(random, thing, outside(random, 443), 'S');
    yield ask({ ...thing, ip: insideAddress(random) });
  }
}

function* ports(random: Random): Frames {
  for (;;) {
    const thing = aThing(random);
    const server = { mac: ROUTER.mac, ip: '203.0.113.7', port: random.below(65_536) };
    yield segment(random, thing, server, 'S');
    yield segment(random, server, thing, 'RA');
  }
}

/** Connections that begin and go no further: after the answer, and in the middle of a long hello. */
function* halfOpen(random: Random): Frames {
  for (;;) {
    const thing = aThing(random);
    const server = outside(random, 443);
    const sequence = random.word();
    yield segment(random, thing, server, 'S', NOTHING, sequence);
    yield segment(random, server, thing, 'SA');
    const hello = tlsHello(random, madeUpName(random), true).subarray(0, 1400);
    yield segment(random, thing, server, 'PA', hello, sequence + 1);
  }
}

function* mdns(random: Random): Frames {
  for (;;) {
    const thing = aThing(random);
    yield datagram({ ...thing, port: 5353 }, MDNS, mdnsAnnouncement(`${madeUpName(random)}.local`, thing.ip));
  }
}

/** Ever new things mail to ever new servers; the router answers them, so that they are taken for real. */
function* mail(random: Random): Frames {
  for (;;) {
    const thing = madeUpThing(random);
    const server = outside(random, 25);
    yield segment(random, thing, server, 'S');
    yield segment(random, server, thing, 'SA');
  }
}

function* mixed(random: Random): Frames {
  for (;;) {
    yield lookup(random, madeUpThing(random), outside(random, 443).ip);
    const thing = madeUpThing(random);
    const server = outside(random, 443);
    yield segment(random, thing, server, 'S');
    yield segment(random, thing, server, 'PA', smallHello(random));
    yield segment(random, madeUpThing(random), outside(random, random.below(65_536)), 'S');
    yield segment(random, madeUpThing(random), outside(random, 25), 'S');
    const announcer = madeUpThing(random);
    yield datagram({ ...announcer, port: 5353 }, MDNS, mdnsAnnouncement(`${madeUpName(random)}.local`, announcer.ip));
    yield ask(madeUpThing(random));
    const client = madeUpThing(random);
    yield datagram({ ...client, port: 68 }, { ...ROUTER, port: 67 }, named(random, client));
    // Sealing is what costs, so only one in eight turns out to be a real Initial.
    const initial = random.below(8) === 0 ? quicHello(random, madeUpName(random), false)[0] : random.bytes(1200);
    yield datagram(madeUpThing(random), outside(random, 443), initial ?? NOTHING);
  }
}

const NOTHING = Buffer.alloc(0);

function aThing(random: Random): Endpoint {
  const number = random.below(THINGS) + 20;
  return { mac: `24:0a:c4:10:00:${number}`, ip: `192.168.1.${number}`, port: freePort(random) };
}

function madeUpThing(random: Random): Endpoint {
  const octets = Buffer.concat([Buffer.from([0x24, 0x0a]), random.bytes(4)]).toString('hex');
  return { mac: (octets.match(/../g) ?? []).join(':'), ip: insideAddress(random), port: freePort(random) };
}

function outside(random: Random, port: number): Endpoint {
  const [a, b, c, d] = [50 + random.below(50), random.below(256), random.below(256), random.below(256)];
  return { mac: ROUTER.mac, ip: `${a}.${b}.${c}.${d}`, port };
}

function insideAddress(random: Random): string {
  return `192.168.${random.below(256)}.${random.below(254) + 1}`;
}

function freePort(random: Random): number {
  return 1024 + random.below(60_000);
}

function madeUpName(random: Random): string {
  return `${random.word().toString(36)}.${random.word().toString(36)}.com`;
}

function smallHello(random: Random): Buffer {
  return tlsHello(random, madeUpName(random), false);
}

function ask({ ip, mac }: Endpoint): Buffer {
  return ethernet(
    { source: mac, destination: 'ff:ff:ff:ff:ff:ff' },
    arp({ operation: 'request', senderMac: mac, senderIp: ip, targetIp: ROUTER.ip }),
  );
}

function lookup(random: Random, asker: Endpoint, answer: string): Buffer {
  return datagram({ ...ROUTER, port: 53 }, asker, dnsAnswer(random.below(0x10000), madeUpName(random), answer));
}

function named(random: Random, { mac }: Endpoint): Buffer {
  const options = [[12, madeUpName(random)] as const, [60, madeUpName(random)] as const];
  return dhcp({ operation: 'request', messageType: 3, clientMac: mac, options });
}

function segment(
  random: Random,
  from: Endpoint,
  to: Endpoint,
  flags: string,
  payload: Buffer = NOTHING,
  sequence = random.word(),
): Buffer {
  return packet(from, to, tcp({ sourcePort: from.port, destinationPort: to.port, sequence, flags }, payload));
}

function datagram(from: Endpoint, to: Endpoint, payload: Buffer): Buffer {
  return packet(from, to, udp({ sourcePort: from.port, destinationPort: to.port }, payload));
}

function packet(from: Endpoint, to: Endpoint, upper: UpperLayer): Buffer {
  return ethernet({ source: from.mac, destination: to.mac }, ipv4({ source: from.ip, destination: to.ip }, upper));
}

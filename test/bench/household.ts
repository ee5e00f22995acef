// A made-up busy home, day after day in packet time: things that talk to their clouds, people's devices that visit ever new
// sites, leases, announcements, a mailer now and then. The same for the same seed; only frames that the filter lets through.
import type { CapturedFrame } from '../support/packet-builder.ts';
import { arp, dhcp, type Endpoint, ethernet, ipv4, tcp, type UpperLayer, udp } from '../support/packet-builder.ts';
import { dnsAnswer, mdnsAnnouncement, tlsHello } from './openings.ts';
import { Random } from './random.ts';

export interface HouseholdOptions {
  /** All devices; one in ten is a person's. */
  devices: number;
  /** Connections of a thing in a day; a person's device makes ten times as many. */
  connections: number;
  /** ms between two signs of life of each; an hour unless told. */
  presenceEvery?: number;
  seed: number;
}

const DAY = 24 * 60 * 60_000;
const HOUR = 60 * 60_000;
const PERSON_EVERY = 10;
/** Backends of a thing, and sites that a person goes back to. */
const HAUNTS = { thing: 6, person: 40 } as const;
/** Of a hundred visits of a person, those to a site that nobody went to before. */
const NEW_SITES = 2;
/** One device in this many mails on a day. */
const MAILS = 100;
const ROUTER = { mac: '00:0d:b9:44:55:66', ip: '192.168.1.1' } as const;
const MDNS = { mac: '01:00:5e:00:00:fb', ip: '224.0.0.251', port: 5353 } as const;
const NOTHING = Buffer.alloc(0);

interface Resident {
  mac: string;
  ip: string;
  name: string;
  isPerson: boolean;
  haunts: Site[];
}

interface Site {
  name: string;
  ip: string;
}

export class Household {
  readonly #options: HouseholdOptions;
  readonly #random: Random;
  readonly #residents: Resident[] = [];
  #sites = 0;

  constructor(options: HouseholdOptions) {
    this.#options = options;
    this.#random = new Random(options.seed);
    for (let i = 0; i < options.devices; i++) {
      const isPerson = i % PERSON_EVERY === 0;
      const haunts = Array.from({ length: isPerson ? HAUNTS.person : HAUNTS.thing }, () => this.#newSite());
      const mac = `24:0a:c4:11:${hex(i >> 8)}:${hex(i & 0xff)}`;
      this.#residents.push({ mac, ip: `192.168.1.${20 + i}`, name: `thing-${i}`, isPerson, haunts });
    }
  }

  /** The frames of one day that begins at `start` (ms), by time. */
  day(start: number): CapturedFrame[] {
    const frames: CapturedFrame[] = [];
    for (const resident of this.#residents) {
      const { presenceEvery = HOUR } = this.#options;
      for (let at = this.#random.below(presenceEvery); at < DAY; at += presenceEvery)
        frames.push(...this.#presence(resident, start + at));
      frames.push(...this.#lease(resident, start + this.#random.below(DAY)));
      const visits = this.#options.connections * (resident.isPerson ? PERSON_EVERY : 1);
      for (let i = 0; i < visits; i++) {
        const site = this.#site(resident);
        frames.push(...this.#visit(resident, site, start + this.#random.below(DAY)));
      }
      if (this.#random.below(MAILS) === 0) frames.push(...this.#mail(resident, start + this.#random.below(DAY)));
    }
    return frames.sort((a, b) => a.time - b.time);
  }

  #site({ haunts, isPerson }: Resident): Site {
    return isPerson && this.#random.below(100) < NEW_SITES ? this.#newSite() : this.#random.pick(haunts);
  }

  #newSite(): Site {
    const number = ++this.#sites;
    const random = this.#random;
    const ip = `${50 + random.below(50)}.${random.below(256)}.${random.below(256)}.${1 + random.below(254)}`;
    return { name: `${random.pick(['api', 'www', 'update', 'cdn'])}.service${number}.com`, ip };
  }

  #presence({ ip, mac, name }: Resident, time: number): CapturedFrame[] {
    const end = { mac, ip, port: 5353 };
    const ask = arp({ operation: 'request', senderMac: mac, senderIp: ip, targetIp: ROUTER.ip });
    const answer = arp({
      operation: 'reply',
      senderMac: ROUTER.mac,
      senderIp: ROUTER.ip,
      targetMac: mac,
      targetIp: ip,
    });
    return [
      { time, data: datagram(end, MDNS, mdnsAnnouncement(`${name}.local`, ip)) },
      { time: time + 50, data: ethernet({ source: mac, destination: ROUTER.mac }, ask) },
      { time: time + 51, data: ethernet({ source: ROUTER.mac, destination: mac }, answer) },
    ];
  }

  #lease({ ip, mac, name }: Resident, time: number): CapturedFrame[] {
    const [client, server] = [
      { mac, ip, port: 68 },
      { ...ROUTER, port: 67 },
    ];
    const shared = { clientMac: mac, transactionId: this.#random.word() };
    const options = [[12, name] as const];
    const request = dhcp({ ...shared, operation: 'request', messageType: 3, clientIp: ip, options });
    const reply = dhcp({ ...shared, operation: 'reply', messageType: 5, yourIp: ip });
    return [
      { time, data: datagram(client, server, request) },
      { time: time + 2, data: datagram(server, client, reply) },
    ];
  }

  /** A lookup, and a TLS connection of some seconds. */
  #visit(resident: Resident, site: Site, time: number): CapturedFrame[] {
    const random = this.#random;
    const client = { mac: resident.mac, ip: resident.ip, port: 32_768 + random.below(28_000) };
    const server = { mac: ROUTER.mac, ip: site.ip, port: 443 };
    const answer = dnsAnswer(random.below(0x10000), site.name, site.ip);
    const [up, down, lasts] = [500 + random.below(20_000), 500 + random.below(200_000), 500 + random.below(20_000)];
    const [ours, theirs] = [random.word(), random.word()];
    const hello = tlsHello(random, site.name, false);
    const segments: [number, Endpoint, Endpoint, string, number, number, Buffer][] = [
      [30, client, server, 'S', ours, 0, NOTHING],
      [50, server, client, 'SA', theirs, ours + 1, NOTHING],
      [70, client, server, 'PA', ours + 1, theirs + 1, hello],
      [lasts, server, client, 'FA', theirs + 1 + down, ours + 1 + up, NOTHING],
      [lasts + 20, client, server, 'FA', ours + 1 + up, theirs + 2 + down, NOTHING],
    ];
    return [
      { time, data: datagram({ ...ROUTER, port: 53 }, { ...client, port: 40_000 }, answer) },
      ...segments.map(([after, from, to, flags, sequence, acknowledgement, payload]) => ({
        time: time + after,
        data: segment(from, to, { flags, sequence, acknowledgement }, payload),
      })),
    ];
  }

  #mail(resident: Resident, time: number): CapturedFrame[] {
    const client = { mac: resident.mac, ip: resident.ip, port: 32_768 + this.#random.below(28_000) };
    const server = { mac: ROUTER.mac, ip: this.#newSite().ip, port: 25 };
    const sequence = this.#random.word();
    return [
      { time, data: segment(client, server, { flags: 'S', sequence, acknowledgement: 0 }, NOTHING) },
      {
        time: time + 20,
        data: segment(server, client, { flags: 'RA', sequence: 0, acknowledgement: sequence + 1 }, NOTHING),
      },
    ];
  }
}

function segment(
  from: Endpoint,
  to: Endpoint,
  fields: { flags: string; sequence: number; acknowledgement: number },
  payload: Buffer,
): Buffer {
  return packet(from, to, tcp({ sourcePort: from.port, destinationPort: to.port, ...fields }, payload));
}

function datagram(from: Endpoint, to: Endpoint, payload: Buffer): Buffer {
  return packet(from, to, udp({ sourcePort: from.port, destinationPort: to.port }, payload));
}

function packet(from: Endpoint, to: Endpoint, upper: UpperLayer): Buffer {
  return ethernet({ source: from.mac, destination: to.mac }, ipv4({ source: from.ip, destination: to.ip }, upper));
}

function hex(octet: number): string {
  return octet.toString(16).padStart(2, '0');
}

// A million frames of made-up names, addresses and devices through the whole spine: do its tables and its memory level off?
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { type Frame, LINK_TYPES } from '../../sensor/capture/frame.ts';
import { arp, dhcp, type Endpoint, ethernet, ipv4, type NetworkLayer, tcp, udp } from '../support/packet-builder.ts';
import { readArgs, wholeNumber } from './measure.ts';
import { dnsAnswer, mdnsAnnouncement, quicHello, tlsHello } from './openings.ts';
import { Random } from './random.ts';
import { memorySpine } from './spine.ts';

const FRAMES = 1_000_000;
const STEPS = 20;
/** Frames in a millisecond of packet time: 2,000 a second, so that deadlines pass while the flood lasts. */
const PER_MILLISECOND = 2;
const GATEWAY = '00:0d:b9:44:55:66';

export async function run(args: string[]): Promise<void> {
  const { positions } = readArgs(args, {});
  const total = wholeNumber(positions[0] ?? String(FRAMES), 'FRAMES');
  setFlagsFromString('--expose-gc');
  const collect: () => void = runInNewContext('gc');
  const spine = memorySpine();
  const flood = new Flood(new Random(1));
  const started = Date.parse('2026-01-05T10:00:00Z');
  const begun = performance.now();
  let last = begun;
  console.log('   frames  devices  incidents  malformed  heap MB   RSS MB  external MB  frames/s');
  for (let i = 1; i <= total; i++) {
    const data = flood.next();
    const time = started + Math.floor(i / PER_MILLISECOND);
    spine.engine.frame({ time, linkType: LINK_TYPES.ethernet, data, originalLength: data.length } satisfies Frame);
    // As the running sensor does, by its own timers.
    if (i % 10_000 === 0) spine.recorder.flushMail();
    if (i % 100_000 === 0) spine.recorder.flushAll();
    if (i % Math.max(1, Math.floor(total / STEPS)) !== 0) continue;
    collect();
    const { external, heapUsed, rss } = process.memoryUsage();
    const column = (value: number, width: number) => String(Math.round(value)).padStart(width);
    const counts = [i, spine.engine.devices.size, spine.recorder.incidents.all().length];
    const malformed = spine.engine.counters.total('malformed');
    console.log(
      column(counts[0] ?? 0, 9) +
        column(counts[1] ?? 0, 9) +
        column(counts[2] ?? 0, 11) +
        column(malformed, 11) +
        column(heapUsed / 1e6, 9) +
        column(rss / 1e6, 9) +
        column(external / 1e6, 13) +
        column((Math.floor(total / STEPS) / (performance.now() - last)) * 1000, 10),
    );
    last = performance.now();
  }
  console.log(`${total} frames in ${((performance.now() - begun) / 1000).toFixed(0)} s, made and read in one process`);
  spine.close();
}

/** Frames in turn: lookups, hellos, SYNs to anywhere, mail from ever new devices, announcements, ARP, DHCP, QUIC. */
class Flood {
  readonly #random: Random;
  #turn = 0;
  /** The hello that follows the SYN just sent. */
  #pending: Buffer | null = null;

  constructor(random: Random) {
    this.#random = random;
  }

  next(): Buffer {
    const pending = this.#pending;
    if (pending !== null) {
      this.#pending = null;
      return pending;
    }
    const random = this.#random;
    const thing = this.#thing();
    const outside = { mac: GATEWAY, ip: this.#address(), port: 443 };
    switch (this.#turn++ % 8) {
      case 0: {
        const resolver = { mac: GATEWAY, ip: '192.168.1.1', port: 53 };
        return this.#udp(resolver, thing, dnsAnswer(random.below(0x10000), this.#name(), this.#address()));
      }
      case 1: {
        this.#pending = this.#tcp(
          thing,
          outside,
          'PA',
          tlsHello(random, this.#name(), random.below(2) === 0).subarray(0, 1400),
        );
        return this.#tcp(thing, outside, 'S', Buffer.alloc(0));
      }
      case 2:
        return this.#tcp(thing, { ...outside, port: random.below(65_536) }, 'S', Buffer.alloc(0));
      case 3:
        return this.#tcp(thing, { ...outside, port: 25 }, 'S', Buffer.alloc(0));
      case 4:
        return this.#udp(
          { ...thing, port: 5353 },
          { mac: '01:00:5e:00:00:fb', ip: '224.0.0.251', port: 5353 },
          mdnsAnnouncement(`${this.#name()}.local`, thing.ip),
        );
      case 5:
        return this.#frame(
          thing.mac,
          GATEWAY,
          arp({ operation: 'request', senderMac: thing.mac, senderIp: thing.ip, targetIp: '192.168.1.1' }),
        );
      case 6: {
        const options = [[12, this.#name().slice(0, 60)] as const, [60, this.#name()] as const];
        const request = dhcp({ operation: 'request', messageType: 3, clientMac: thing.mac, options });
        return this.#udp({ ...thing, port: 68 }, { mac: GATEWAY, ip: '192.168.1.1', port: 67 }, request);
      }
      default:
        // Sealing is what costs, so only one in eight turns out to be a real Initial.
        return this.#udp(thing, outside, random.below(8) === 0 ? this.#initial() : random.bytes(1200));
    }
  }

  #initial(): Buffer {
    return quicHello(this.#random, this.#name(), false)[0] ?? Buffer.alloc(0);
  }

  #thing(): Endpoint {
    const mac = Buffer.concat([Buffer.from([0x24, 0x0a]), this.#random.bytes(4)]).toString('hex');
    const [a, b] = [this.#random.below(256), this.#random.below(254) + 1];
    return {
      mac: (mac.match(/../g) ?? []).join(':'),
      ip: `192.168.${a}.${b}`,
      port: 1024 + this.#random.below(60_000),
    };
  }

  #address(): string {
    return [
      50 + this.#random.below(50),
      this.#random.below(256),
      this.#random.below(256),
      this.#random.below(256),
    ].join('.');
  }

  #name(): string {
    return `${this.#random.word().toString(36)}.${this.#random.word().toString(36)}.com`;
  }

  #tcp(from: Endpoint, to: Endpoint, flags: string, payload: Buffer): Buffer {
    const ports = { sourcePort: from.port, destinationPort: to.port };
    return this.#ip(from, to, tcp({ ...ports, sequence: this.#random.word(), flags }, payload));
  }

  #udp(from: Endpoint, to: Endpoint, payload: Buffer): Buffer {
    return this.#ip(from, to, udp({ sourcePort: from.port, destinationPort: to.port }, payload));
  }

  #ip(from: Endpoint, to: Endpoint, upper: Parameters<typeof ipv4>[1]): Buffer {
    return this.#frame(from.mac, to.mac, ipv4({ source: from.ip, destination: to.ip }, upper));
  }

  #frame(source: string, destination: string, layer: NetworkLayer): Buffer {
    return ethernet({ source, destination }, layer);
  }
}

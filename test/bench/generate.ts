// Writes a capture of a made-up home to time things on, the same for the same seed. Each mix of traffic is a table, below.
import { closeSync, mkdirSync, openSync, renameSync, statfsSync, statSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Random } from './random.ts';
import { type Flow, Traffic } from './traffic.ts';

/** `mixed`: as in homes, most of it bulk that the filter drops. `everything`: all of it passes the filter. */
export type Mix = 'mixed' | 'everything';

export interface MixOptions {
  packets: number;
  seed: number;
  /** Percent of all packets that are full-size segments from devices to port 443: what the filter cannot cut away. */
  uploads: number;
}

export interface GeneratedCapture {
  file: string;
  bytes: number;
  packets: number;
  uploadSegments: number;
}

export const EVERYTHING: MixOptions = { packets: 900_000, seed: 20_140_116, uploads: 0 };
export const DEFAULT_MIX: MixOptions = { packets: 1_000_000, seed: 20_140_116, uploads: 1 };

/** Packet time at which a written capture begins, ms. */
export const PCAP_START = Date.parse('2026-01-05T18:00:00Z');
/** Mean time between packets, microseconds: a million packets are twenty minutes. */
const MEAN_GAP = 1200;
const AVERAGE_PACKET = 1000;
const CHUNK = 8 * 1024 * 1024;
/** Segments of one upload, and the acknowledgements that go with them. */
const UPLOAD = 900;

/** What, flows in a million packets, makes one. */
type MixTable = [string, number, () => Flow][];

/** The sizes of bulk flows vary by half around what is named here. */
function mixed(traffic: Traffic, random: Random, uploads: number): MixTable {
  const about = (size: number) => Math.round(size / 2 + random.below(size));
  return [
    ['TLS downloads', 175, () => traffic.https({ down: about(1500), up: 0 })],
    ['short TLS visits', 350, () => traffic.https({ down: about(24), up: 1 })],
    ['TLS uploads', (uploads * 10_000) / UPLOAD, () => traffic.https({ down: 10, up: about(UPLOAD) })],
    ['QUIC video', 60, () => traffic.quic(about(5200))],
    ['video calls', 6, () => traffic.call(about(12_000), 1050)],
    ['voice and games', 16, () => traffic.call(about(12_000), 160)],
    ['files in the LAN', 8, () => traffic.lanFiles(about(3000))],
    ['HTTP', 80, () => traffic.http()],
    ['mail', 3, () => traffic.mail()],
    ['lookups', 700, () => traffic.lookup()],
    ['ARP', 900, () => traffic.arp()],
    ['IPv6 neighbours', 200, () => traffic.neighbor()],
    ['mDNS', 500, () => traffic.announce()],
    ['SSDP', 300, () => traffic.search()],
    ['DHCP', 40, () => traffic.lease()],
    ['NTP', 200, () => traffic.clock()],
  ];
}

/**
 * Names, openings and ends of connections, announcements and mail, without the bulk between. One packet in seven belongs
 * to a connection that it opens, as where few things ask a lot.
 */
function everything(traffic: Traffic): MixTable {
  return [
    ['lookups', 170_000, () => traffic.lookup()],
    ['mDNS', 170_000, () => traffic.announce()],
    ['TLS connections', 20_000, () => traffic.tlsOpening()],
    ['QUIC connections', 6000, () => traffic.quicOpening()],
    ['connections without a name', 10_000, () => traffic.plainConnection()],
    ['refused connections', 8000, () => traffic.refusedConnection()],
    ['mail', 2500, () => traffic.mail()],
    ['ARP', 15_000, () => traffic.arp()],
    ['IPv6 neighbours', 8000, () => traffic.neighbor()],
    ['SSDP', 8000, () => traffic.search()],
    ['DHCP', 1000, () => traffic.lease()],
  ];
}

/** Where the capture of a mix lies: a folder of the system's temporary directory. */
export function capturePath({ packets, seed, uploads }: MixOptions, mix: Mix = 'mixed'): string {
  return join(tmpdir(), 'thingwatch-bench', `${mix}-${packets}-${seed}-${uploads}.pcap`);
}

/** Writes the capture unless it is there from before. Throws when the disk has no room for it. */
export function generatedCapture(options: MixOptions = DEFAULT_MIX, mix: Mix = 'mixed'): string {
  const file = capturePath(options, mix);
  try {
    statSync(file);
  } catch {
    generate(file, options, mix);
  }
  return file;
}

export function generate(file: string, { packets, seed, uploads }: MixOptions, mix: Mix = 'mixed'): GeneratedCapture {
  mkdirSync(dirname(file), { recursive: true });
  const { bavail, bsize } = statfsSync(dirname(file));
  const needed = packets * AVERAGE_PACKET;
  if (bavail * bsize < needed * 1.2)
    throw new Error(`${dirname(file)} has no room for about ${Math.round(needed / 1e6)} MB`);
  const random = new Random(seed);
  const traffic = new Traffic(random);
  const table = mix === 'mixed' ? mixed(traffic, random, uploads) : everything(traffic);
  const starts: { at: number; make: () => Flow }[] = [{ at: -1, make: () => traffic.advertise() }];
  for (const [, perMillion, make] of table) {
    const flows = Math.round((perMillion * packets) / 1e6);
    for (let i = 0; i < flows; i++) starts.push({ at: random.below(packets), make });
  }
  starts.sort((a, b) => a.at - b.at);
  // Written beside and then put in place, so that a stopped run leaves no half capture to be taken for a whole one.
  const writer = new PcapWriter(`${file}.part`);
  const flowing: Flow[] = [];
  let next = 0;
  while (writer.packets < packets) {
    while ((starts[next]?.at ?? packets) <= writer.packets || (flowing.length === 0 && next < starts.length))
      flowing.push((starts[next++] as { make: () => Flow }).make());
    if (flowing.length === 0) break;
    const index = random.below(flowing.length);
    const flow = flowing[index] as Flow;
    for (let burst = 1 + random.below(12); burst > 0 && writer.packets < packets; burst--) {
      const { done, value } = flow.next();
      if (done) {
        flowing.splice(index, 1);
        break;
      }
      writer.write(value, random.below(2 * MEAN_GAP));
    }
  }
  const bytes = writer.close();
  renameSync(`${file}.part`, file);
  return { file, bytes, packets: writer.packets, uploadSegments: traffic.uploadSegments };
}

export class PcapWriter {
  readonly #fd: number;
  readonly #chunk = Buffer.alloc(CHUNK);
  #used = 0;
  #bytes = 0;
  /** Microseconds after PCAP_START. */
  #time = 0;
  packets = 0;

  constructor(file: string) {
    this.#fd = openSync(file, 'w');
    this.#used = Buffer.from('d4c3b2a1020004000000000000000000ffff000001000000', 'hex').copy(this.#chunk);
  }

  /** `gap` in microseconds after the packet before. */
  write(frame: Buffer, gap: number): void {
    if (this.#used + 16 + frame.length > CHUNK) this.#flush();
    this.#time += gap;
    const microseconds = this.#time % 1_000_000;
    let at = this.#chunk.writeUInt32LE(PCAP_START / 1000 + (this.#time - microseconds) / 1_000_000, this.#used);
    at = this.#chunk.writeUInt32LE(microseconds, at);
    at = this.#chunk.writeUInt32LE(frame.length, at);
    at = this.#chunk.writeUInt32LE(frame.length, at);
    this.#used = at + frame.copy(this.#chunk, at);
    this.packets++;
  }

  close(): number {
    this.#flush();
    closeSync(this.#fd);
    return this.#bytes;
  }

  #flush(): void {
    for (let at = 0; at < this.#used; ) at += writeSync(this.#fd, this.#chunk, at, this.#used - at);
    this.#bytes += this.#used;
    this.#used = 0;
  }
}

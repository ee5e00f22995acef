// Finds frames that the mirror delivered more than once: both directions of a port, a VLAN copy, the routed second leg. What is
// compared no hop changes: addresses, identification and transport bytes, without MAC, VLAN, TTL and checksums.
//
// A retransmission is no copy. TCP takes at least 200 ms for one (RFC 6298), but for a fast one (RFC 5681) as little as a round
// trip: it differs in IPv4's identification, or, where that is 0 (RFC 6864) or the packet IPv6, in the timestamps option
// (RFC 7323), which is part of what is compared. Without either it looks like a copy; it carries nothing new then.
import { uint16At } from '../decode/octets.ts';
import { type Arp, type IpAddress, type Mac, type Packet, TCP_FLAGS, type Tcp } from '../decode/packet.ts';

/** A copy is within this many ms of its original; a little more than the 20 that mirrors take, for the rounding of stamps. */
export const COPY_WINDOW = 20.1;
/** Frames that lie further apart (ms) are of a clock that was set, or of another capture: nothing before is compared. */
const STEP = 60_000;
/** Packets remembered, a power of two: 20 ms of 200,000 kept packets a second. */
const REMEMBERED = 4096;
const BUCKETS = 4096;
/** Packets of one bucket that are looked at: made-up collisions cost no more. */
const LOOKS = 8;
/** Payload bytes that are compared: all of a frame of usual size, as DHCP messages differ only near their end. */
const SAMPLE = 2048;
const TCP_HEADER = 20;
const UDP_HEADER = 8;
/** ICMP's header: type, code, checksum. */
const ICMP_HEADER = 4;
/** Whole numbers that tell packets apart beside their addresses: hash, sequence, acknowledgement, ports, identification, shape. */
const NUMBERS = 6;

/**
 * `identical`: the same frame again; `vlan`: with other tags; `routed`: handed on with other MACs or one hop less; `hairpin`: sent
 * back into the home with other addresses.
 */
export type CopyKind = 'identical' | 'vlan' | 'routed' | 'hairpin';

/** What is remembered of a packet; reused when it is old. */
export interface Sighting<Waiting> {
  time: number;
  sourceMac: Mac | null;
  destinationMac: Mac | null;
  hopLimit: number;
  /** VLAN ids and PPPoE session in one number. */
  tags: number;
  /** For whoever has not handed it on yet. */
  waiting: Waiting | null;
}

export class DuplicateFinder<Waiting> {
  readonly #ring: Sighting<Waiting>[] = [];
  readonly #sources: IpAddress[] = [];
  readonly #destinations: IpAddress[] = [];
  readonly #numbers = new Int32Array(REMEMBERED * NUMBERS);
  /** Those of the packet at hand. */
  readonly #key = new Int32Array(NUMBERS);
  /** By bucket the newest packet's serial, and by place in the ring the one before it in its bucket; 0 for none. */
  readonly #heads = new Float64Array(BUCKETS);
  readonly #older = new Float64Array(REMEMBERED);
  /** Packets so far; serials begin at 1. */
  #count = 0;
  /** Serials up to here count no longer. */
  #forgotten = 0;
  #latest = 0;
  #isNew = false;

  /** Whether what `find` returned last was made by it. */
  get isNew(): boolean {
    return this.#isNew;
  }

  /** The packet's earlier sighting within the window, else a new one; null for what cannot be compared. */
  find(packet: Packet, time: number): Sighting<Waiting> | null {
    if (!readKey(packet, this.#key)) return null;
    if (Math.abs(time - this.#latest) > STEP) this.#forgotten = this.#count;
    this.#latest = time;
    const bucket = bucketOf(this.#key);
    const known = this.#known(bucket, packet, time);
    this.#isNew = known === null;
    return known ?? this.#remember(bucket, packet, time);
  }

  #known(bucket: number, packet: Packet, time: number): Sighting<Waiting> | null {
    const oldest = Math.max(this.#forgotten, this.#count - REMEMBERED);
    let serial = this.#heads[bucket] ?? 0;
    for (let looks = 0; serial > oldest && looks < LOOKS; looks++) {
      const place = serial & (REMEMBERED - 1);
      const sighting = this.#ring[place];
      if (sighting !== undefined && this.#isSame(place, packet) && Math.abs(time - sighting.time) <= COPY_WINDOW)
        return sighting;
      serial = this.#older[place] ?? 0;
    }
    return null;
  }

  #isSame(place: number, packet: Packet): boolean {
    const numbers = this.#numbers;
    const key = this.#key;
    for (let i = 0, at = place * NUMBERS; i < NUMBERS; i++, at++) if (numbers[at] !== key[i]) return false;
    return this.#sources[place] === sourceOf(packet) && this.#destinations[place] === destinationOf(packet);
  }

  #remember(bucket: number, packet: Packet, time: number): Sighting<Waiting> {
    const serial = ++this.#count;
    const place = serial & (REMEMBERED - 1);
    let sighting = this.#ring[place];
    if (sighting === undefined) {
      sighting = { time, sourceMac: null, destinationMac: null, hopLimit: 0, tags: 0, waiting: null };
      this.#ring[place] = sighting;
    }
    sighting.time = time;
    sighting.waiting = null;
    noteLink(sighting, packet);
    this.#sources[place] = sourceOf(packet);
    this.#destinations[place] = destinationOf(packet);
    for (let i = 0, at = place * NUMBERS; i < NUMBERS; i++, at++) this.#numbers[at] = this.#key[i] ?? 0;
    this.#older[place] = this.#heads[bucket] ?? 0;
    this.#heads[bucket] = serial;
    return sighting;
  }
}

/** Another leg of the packet takes the place of the one that came first. */
export function noteLink(sighting: Sighting<unknown>, packet: Packet): void {
  sighting.sourceMac = packet.sourceMac;
  sighting.destinationMac = packet.destinationMac;
  sighting.hopLimit = packet.ip?.hopLimit ?? 0;
  sighting.tags = tagsOf(packet);
}

/** What kind of copy of the sighting `packet` is. */
export function copyKind(sighting: Sighting<unknown>, packet: Packet): CopyKind {
  const isHandedOn =
    sighting.sourceMac !== packet.sourceMac ||
    sighting.destinationMac !== packet.destinationMac ||
    sighting.hopLimit !== (packet.ip?.hopLimit ?? 0);
  if (isHandedOn) return 'routed';
  return sighting.tags === tagsOf(packet) ? 'identical' : 'vlan';
}

/** At most three tags of 12 bits and a session of 16: exact in a number. */
function tagsOf({ pppoeSessionId, vlanIds }: Packet): number {
  let tags = pppoeSessionId === null ? 0 : pppoeSessionId + 1;
  for (let i = 0; i < vlanIds.length; i++) tags = tags * 4096 + (vlanIds[i] ?? 0);
  return tags;
}

function sourceOf({ arp, ip }: Packet): IpAddress {
  return ip?.source ?? arp?.senderIp ?? '';
}

function destinationOf({ arp, ip }: Packet): IpAddress {
  return ip?.destination ?? arp?.targetIp ?? '';
}

function bucketOf(key: Int32Array): number {
  const content = key[0] ?? 0;
  const ends = (key[1] ?? 0) ^ (key[3] ?? 0);
  const mixed = Math.imul(content ^ Math.imul(ends, 0x85ebca6b) ^ (key[2] ?? 0), 0x27d4eb2f);
  return (mixed >>> 16) & (BUCKETS - 1);
}

/** False where there is nothing to tell packets apart by. */
function readKey({ arp, icmpError, icmpv6, ip, tcp, udp }: Packet, key: Int32Array): boolean {
  if (arp !== null) return setKey(key, arpHash(arp), 0, 0, 0, 0, arp.operation === 'request' ? -1 : -2);
  if (ip === null || ip.fragmentOffset > 0) return false;
  const { identification, payload, payloadLength } = ip;
  if (tcp !== null) {
    const { acknowledgement, flags, sequence, window } = tcp;
    const shape = (payloadLength << 16) ^ (flags << 24) ^ window;
    return setKey(key, tcpHash(tcp, payload), sequence, acknowledgement, portsOf(tcp), identification, shape);
  }
  if (udp !== null) return setKey(key, hash(payload, UDP_HEADER), 0, 0, portsOf(udp), identification, payloadLength);
  if ((icmpv6 === null && icmpError === null) || payload.length < ICMP_HEADER) return false;
  return setKey(key, hash(payload, ICMP_HEADER), 0, 0, uint16At(payload, 0), identification, payloadLength);
}

function setKey(
  key: Int32Array,
  content: number,
  sequence: number,
  acknowledgement: number,
  ports: number,
  identification: number,
  shape: number,
): true {
  key[0] = content;
  key[1] = sequence;
  key[2] = acknowledgement;
  key[3] = ports;
  key[4] = identification;
  key[5] = shape;
  return true;
}

function portsOf({ destinationPort, sourcePort }: { sourcePort: number; destinationPort: number }): number {
  return (sourcePort << 16) | destinationPort;
}

/** A router may change the largest segment that a SYN offers, so that its options are left out; a SYN comes again after a second. */
function tcpHash({ flags, payload }: Tcp, segment: Buffer): number {
  return hash(segment, (flags & TCP_FLAGS.syn) !== 0 ? segment.length - payload.length : TCP_HEADER);
}

function arpHash({ senderMac, targetMac }: Arp): number {
  let value = 0;
  for (let i = 0; i < senderMac.length; i++) value = mix(value, senderMac.charCodeAt(i));
  for (let i = 0; i < targetMac.length; i++) value = mix(value, targetMac.charCodeAt(i));
  return value;
}

/** Of what the packet before lay in: mostly the same chunk, and a view takes as long to make as a packet to compare. */
let view = new DataView<ArrayBufferLike>(new ArrayBuffer(0));

/** 32 bits over the sample that begins at `from`, in the manner of MurmurHash3. */
function hash(bytes: Buffer, from: number): number {
  const end = Math.min(bytes.length, from + SAMPLE);
  let value = 0x9747b28c ^ (end - from);
  let at = from;
  if (view.buffer !== bytes.buffer) view = new DataView(bytes.buffer);
  for (; at + 4 <= end; at += 4) value = mix(value, view.getInt32(bytes.byteOffset + at, true));
  let rest = 0;
  for (; at < end; at++) rest = (rest << 8) | (bytes[at] ?? 0);
  return mix(value, rest);
}

function mix(value: number, word: number): number {
  let scrambled = Math.imul(word, 0xcc9e2d51);
  scrambled = Math.imul((scrambled << 15) | (scrambled >>> 17), 0x1b873593);
  const mixed = value ^ scrambled;
  return (Math.imul((mixed << 13) | (mixed >>> 19), 5) + 0xe6546b64) | 0;
}

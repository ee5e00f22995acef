// Frames that a switch or router sends to the sensor in packets of its own: takes them out, puts fragments together, and tells
// a mirror from a tunnel. What carries them is nobody's traffic and goes no further.
//
// The rule: both ends of the outer packet are inside the home, so that neither a device's tunnel to the Internet is opened
// nor can the Internet hand in frames; the receiver is one host; and where the wrapping is used for tunnels as well (VXLAN,
// GRE), nothing of the kind goes back the other way. One level is opened.
import { LRUCache } from 'lru-cache';
import { type Frame, LINK_TYPES } from '../capture/frame.ts';
import type { Ip, IpAddress, Mirrored, Packet } from '../decode/packet.ts';
import { atMost } from './at-most.ts';
import type { Home } from './home.ts';

/** Pairs of ends remembered. */
const PAIRS = 256;
/** Senders whose frame waits for its next fragment; each sends them in order, one frame after the other. */
const WAITING = 16;
/** A frame, put together, at most: the longest IPv4 packet. */
const MAX_FRAME = 65_535;
/** Multicast of either version, and the limited broadcast address. */
const GROUP = /^(?:22[4-9]\.|23\d\.|255\.255\.255\.255$|ff[0-9a-f]{2}:)/;

interface Waiting {
  time: number;
  identification: number;
  /** Where in the outer packet the next fragment begins. */
  next: number;
  parts: Buffer[];
  length: number;
  originalLength: number;
}

export class RemoteMirrors {
  readonly #home: Home;
  /** `sender receiver` of what may be a tunnel. */
  readonly #pairs = new LRUCache<string, true>(atMost(PAIRS));
  readonly #waiting = new Map<string, Waiting>();

  constructor(home: Home) {
    this.#home = home;
  }

  /** The frames that are whole with `packet`, or will not become so any more; none where it belongs to no mirror. */
  take({ time }: Frame, { ip, mirrored }: Packet): Frame[] {
    if (ip === null) return [];
    if (mirrored === null) return this.#rest(ip);
    if (!this.#isMirror(ip, mirrored)) return [];
    const key = keyOf(ip);
    const earlier = this.#give(key);
    if (!ip.moreFragments) return [...earlier, frameOf(time, mirrored.data, mirrored.originalLength)];
    const { identification, payload, payloadLength } = ip;
    // What is cut here has a hole before the next fragment.
    if (payload.length < payloadLength) return [...earlier, frameOf(time, mirrored.data, mirrored.originalLength)];
    const data = Buffer.from(mirrored.data);
    this.#waiting.set(key, {
      time,
      identification,
      next: payloadLength,
      parts: [data],
      length: data.length,
      originalLength: mirrored.originalLength,
    });
    const [oldest] = this.#waiting.keys();
    return this.#waiting.size > WAITING && oldest !== undefined ? [...earlier, ...this.#give(oldest)] : earlier;
  }

  /** Nothing more is to come, or not for a while: what waits is given as it is, oldest first. */
  flush(): Frame[] {
    return [...this.#waiting.keys()].flatMap((key) => this.#give(key));
  }

  #rest(ip: Ip): Frame[] {
    const key = keyOf(ip);
    const waiting = this.#waiting.get(key);
    if (waiting === undefined || waiting.identification !== ip.identification) return [];
    if (waiting.next !== ip.fragmentOffset || waiting.length + ip.payload.length > MAX_FRAME) return [];
    waiting.parts.push(Buffer.from(ip.payload));
    waiting.length += ip.payload.length;
    waiting.next += ip.payloadLength;
    const isCut = ip.payload.length < ip.payloadLength;
    return ip.moreFragments && !isCut ? [] : this.#give(key);
  }

  #give(key: string): Frame[] {
    const waiting = this.#waiting.get(key);
    if (waiting === undefined) return [];
    this.#waiting.delete(key);
    return [frameOf(waiting.time, Buffer.concat(waiting.parts), waiting.originalLength)];
  }

  #isMirror({ destination, source }: Ip, { kind }: Mirrored): boolean {
    if (GROUP.test(destination) || !this.#home.isLocal(source) || !this.#home.isLocal(destination)) return false;
    if (kind !== 'gre' && kind !== 'vxlan') return true;
    this.#pairs.set(`${source} ${destination}`, true);
    return !this.#pairs.has(`${destination} ${source}`);
  }
}

function keyOf({ destination, protocol, source }: { destination: IpAddress; protocol: number; source: IpAddress }) {
  return `${source} ${destination} ${protocol}`;
}

function frameOf(time: number, data: Buffer, originalLength: number): Frame {
  const length = Math.max(originalLength, data.length);
  return { time, linkType: LINK_TYPES.ethernet, data, originalLength: length, unwrapped: true };
}

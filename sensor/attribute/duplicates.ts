// Finds frames that the mirror delivered twice: both directions of a port, a VLAN copy, the routed second leg. The key is
// what no hop changes: addresses, identification and transport bytes, without MAC, VLAN, TTL and checksums.
import { LRUCache } from 'lru-cache';
import type { Packet } from '../decode/packet.ts';

/** A copy follows its original within this many ms of packet time; a retransmission takes at least 200 (RFC 6298). */
const WINDOW = 20;
const REMEMBERED = 4096;
/** Payload bytes that go into the key: all of a frame of usual size, as DHCP messages differ only near their end. */
const SAMPLE = 2048;

export class DuplicateFinder {
  readonly #recent = new LRUCache<string, number>({ max: REMEMBERED });

  /** True when the same packet passed within the window before `time`. */
  isCopy(packet: Packet, time: number): boolean {
    const key = keyOf(packet);
    if (key === null) return false;
    const before = this.#recent.get(key);
    if (before !== undefined && Math.abs(time - before) <= WINDOW) return true;
    this.#recent.set(key, time);
    return false;
  }
}

function keyOf({ ip, tcp, udp }: Packet): string | null {
  if (ip === null || ip.fragmentOffset > 0) return null;
  const start = `${ip.source} ${ip.destination} ${ip.identification}`;
  if (tcp !== null) {
    const { sourcePort, destinationPort, sequence, acknowledgement, flags, payload, payloadLength } = tcp;
    return `${start} ${sourcePort} ${destinationPort} ${sequence} ${acknowledgement} ${flags} ${payloadLength} ${hash(payload)}`;
  }
  if (udp === null) return null;
  return `${start} ${udp.sourcePort} ${udp.destinationPort} ${udp.payloadLength} ${hash(udp.payload)}`;
}

/** FNV-1a, 32 bits, over the sample. */
function hash(payload: Buffer): number {
  let value = 0x811c9dc5;
  const end = Math.min(payload.length, SAMPLE);
  for (let i = 0; i < end; i++) value = Math.imul(value ^ (payload[i] ?? 0), 0x01000193);
  return value >>> 0;
}

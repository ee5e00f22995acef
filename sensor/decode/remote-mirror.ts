// Frames that a switch or router copies and sends on in packets of its own: TZSP, VXLAN (RFC 7348), GRE (RFC 2784, RFC 2890)
// with ERSPAN (draft-foschiano-erspan) or bare Ethernet (RFC 7637) inside. Finds the wrapped frame; whether it is a mirror's
// or an ordinary tunnel's is not told here.
import { MIRROR_GRE_TYPES, MIRROR_PORTS } from '../capture/filter.ts';
import { tooShort } from './bytes.ts';
import { octetAt, uint16At } from './octets.ts';
import { type Decoded, Failure, malformed, unsupported } from './outcome.ts';
import type { Ip, Mirrored, Udp } from './packet.ts';

const ETHERNET_HEADER = 14;
const [ERSPAN, ERSPAN3, ETHERNET_BRIDGING] = MIRROR_GRE_TYPES;

const TZSP_HEADER = 4;
const TZSP_VERSION = 1;
/** A packet received, and one to be sent; the other types are for talk between the two ends. */
const TZSP_PACKETS = [0, 1];
const TZSP_ETHERNET = 1;
const TZSP_TAG = { padding: 0, end: 1, originalLength: 41 } as const;

const VXLAN_HEADER = 8;
/** The network identifier is there; another protocol than Ethernet may follow (VXLAN-GPE). */
const VXLAN_FLAGS = { identified: 0x08, otherProtocol: 0x04 } as const;

const GRE_HEADER = 4;
const GRE_FLAGS = { checksum: 0x8000, routing: 0x4000, key: 0x2000, sequence: 0x1000, version: 0x0007 } as const;
const ERSPAN2_HEADER = 8;
const ERSPAN3_HEADER = 12;
const ERSPAN3_SUBHEADER = 8;

/** The frame in a datagram to a mirror's port; null where the datagram is something else. */
export function mirroredByUdp({ destinationPort, payload, payloadLength }: Udp): Decoded<Mirrored> | null {
  if (destinationPort === MIRROR_PORTS.tzsp) return tzsp(payload, payloadLength);
  return destinationPort === MIRROR_PORTS.vxlan ? vxlan(payload, payloadLength) : null;
}

/** The frame in a GRE packet; null where GRE carries no Ethernet. */
export function mirroredByGre({ payload, payloadLength }: Ip): Decoded<Mirrored> | null {
  if (payload.length < GRE_HEADER) return tooShort('mirror', 'GRE header', GRE_HEADER, payload.length, payloadLength);
  const flags = uint16At(payload, 0);
  const type = uint16At(payload, 2);
  if (type !== ERSPAN && type !== ERSPAN3 && type !== ETHERNET_BRIDGING) return null;
  if ((flags & GRE_FLAGS.version) !== 0 || (flags & GRE_FLAGS.routing) !== 0)
    return unsupported('mirror', 'GRE version');
  let at = GRE_HEADER;
  for (const option of [GRE_FLAGS.checksum, GRE_FLAGS.key, GRE_FLAGS.sequence]) if ((flags & option) !== 0) at += 4;
  if (type === ETHERNET_BRIDGING) return inside('gre', payload, payloadLength, at, null);
  // Type I has no header of its own, and no sequence number by which types II and III are told.
  if (type === ERSPAN && (flags & GRE_FLAGS.sequence) === 0) return inside('erspan', payload, payloadLength, at, null);
  return erspan(payload, payloadLength, at, type === ERSPAN3);
}

/** Version, type, encapsulated protocol, then tags up to an end tag. What does not begin so is no TZSP: the port is anybody's. */
function tzsp(payload: Buffer, length: number): Decoded<Mirrored> | null {
  if (payload.length < TZSP_HEADER || payload[0] !== TZSP_VERSION || !TZSP_PACKETS.includes(payload[1] ?? 0))
    return null;
  if (uint16At(payload, 2) !== TZSP_ETHERNET) return unsupported('mirror', 'TZSP around another link layer');
  let original: number | null = null;
  for (let at = TZSP_HEADER; ; ) {
    const tag = payload[at];
    if (tag === TZSP_TAG.end) return inside('tzsp', payload, length, at + 1, original);
    const size = tag === TZSP_TAG.padding ? 0 : (payload[at + 1] ?? 0) + 1;
    if (at + 1 + size >= payload.length) return tooShort('mirror', 'TZSP tags', at + 2 + size, payload.length, length);
    if (tag === TZSP_TAG.originalLength && size === 3) original = uint16At(payload, at + 2);
    at += 1 + size;
  }
}

function vxlan(payload: Buffer, length: number): Decoded<Mirrored> | null {
  const flags = payload[0] ?? 0;
  if ((flags & VXLAN_FLAGS.identified) === 0 || (flags & VXLAN_FLAGS.otherProtocol) !== 0) return null;
  return inside('vxlan', payload, length, VXLAN_HEADER, null);
}

function erspan(payload: Buffer, length: number, start: number, isThird: boolean): Decoded<Mirrored> {
  const header = isThird ? ERSPAN3_HEADER : ERSPAN2_HEADER;
  if (payload.length < start + header) {
    return tooShort('mirror', 'ERSPAN header', start + header, payload.length, length);
  }
  const version = octetAt(payload, start) >> 4;
  if (version !== (isThird ? 2 : 1)) return unsupported('mirror', `ERSPAN version ${version}`);
  if (!isThird) return inside('erspan', payload, length, start + header, null);
  const last = uint16At(payload, start + header - 2);
  // Frame type 0 is Ethernet; the lowest bit tells of a subheader.
  if (((last >> 10) & 0x1f) !== 0) return unsupported('mirror', 'ERSPAN around another link layer');
  const sub = (last & 1) === 0 ? 0 : ERSPAN3_SUBHEADER;
  return inside('erspan', payload, length, start + header + sub, null);
}

/** `length`: of `payload` on the wire; `original`: of the frame before the mirror cut it, where it says so. */
function inside(
  kind: Mirrored['kind'],
  payload: Buffer,
  length: number,
  at: number,
  original: number | null,
): Decoded<Mirrored> {
  const data = payload.subarray(at);
  const onWire = Math.max(length - at, data.length);
  if (onWire < ETHERNET_HEADER) return malformed('mirror', 'no room for a frame');
  if (data.length < ETHERNET_HEADER) {
    return new Failure('truncated', 'mirror', 'Ethernet header', ETHERNET_HEADER, data.length);
  }
  return { kind, data, originalLength: Math.max(onWire, original ?? 0) };
}

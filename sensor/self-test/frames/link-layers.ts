// Builds the lower layers of crafted frames with correct lengths and checksums, so that real stacks and tshark accept them.
// Knows nothing of the sensor's decoders.
import { parseIp } from '../../decode/bytes.ts';

/** What goes into a link layer: an EtherType and its bytes. */
export interface NetworkLayer {
  etherType: number;
  bytes: Buffer;
}

/** What goes into an IP packet; `checksumAt` is where the checksum over the pseudo-header belongs. */
export interface UpperLayer {
  protocol: number;
  bytes: Buffer;
  checksumAt?: number;
}

export interface ExtensionHeader {
  protocol: number;
  /** The header from its length octet on, without the leading next-header octet. */
  rest: Buffer;
}

export interface TaggingFields {
  /** VLAN ids, outermost first. */
  vlans?: readonly number[];
  /** TPID of the outermost of several tags; 0x88a8 unless told. Inner tags bear 0x8100. */
  outerTpid?: number;
  /** A PPPoE session id. */
  pppoe?: number;
  /** The session's protocol field is one octet (RFC 1661, section 6.5). */
  compressed?: boolean;
}

export function macBytes(mac: string): Buffer {
  return Buffer.from(mac.replaceAll(':', ''), 'hex');
}

export function ipBytes(ip: string): Buffer {
  const parsed = parseIp(ip);
  if (parsed === null) throw new Error(`no IP address: ${ip}`);
  return parsed.bytes;
}

export function u16(...values: number[]): Buffer {
  const bytes = Buffer.alloc(values.length * 2);
  values.forEach((value, i) => {
    bytes.writeUInt16BE(value, i * 2);
  });
  return bytes;
}

export function u32(...values: number[]): Buffer {
  const bytes = Buffer.alloc(values.length * 4);
  values.forEach((value, i) => {
    bytes.writeUInt32BE(value >>> 0, i * 4);
  });
  return bytes;
}

/** The Internet checksum (RFC 1071). */
export function checksum(bytes: Buffer): number {
  let sum = 0;
  for (let i = 0; i < bytes.length; i += 2) sum += ((bytes[i] ?? 0) << 8) | (bytes[i + 1] ?? 0);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}

/** Ethernet II, with tags and PPPoE as told. Not padded. */
export function ethernet(
  fields: { source: string; destination: string } & TaggingFields,
  payload: NetworkLayer,
): Buffer {
  const { etherType, bytes } = tagged(fields, payload);
  return Buffer.concat([macBytes(fields.destination), macBytes(fields.source), u16(etherType), bytes]);
}

/** Linux cooked capture, first form. `source` null: a device without a link-layer address. */
export function sll(fields: { source: string | null } & TaggingFields, payload: NetworkLayer): Buffer {
  const { etherType, bytes } = tagged(fields, payload);
  const { hardwareType, length, address } = cookedAddress(fields.source);
  return Buffer.concat([u16(0, hardwareType, length), address, u16(etherType), bytes]);
}

/** Linux cooked capture, second form. `source` null: a device without a link-layer address. */
export function sll2(
  fields: { source: string | null; interfaceIndex?: number } & TaggingFields,
  payload: NetworkLayer,
): Buffer {
  const { etherType, bytes } = tagged(fields, payload);
  const { hardwareType, length, address } = cookedAddress(fields.source);
  const header = [u16(etherType, 0), u32(fields.interfaceIndex ?? 2), u16(hardwareType), Buffer.from([0, length])];
  return Buffer.concat([...header, address, bytes]);
}

function cookedAddress(source: string | null): { hardwareType: number; length: number; address: Buffer } {
  const ARPHRD_ETHER = 1;
  const ARPHRD_NONE = 0xfffe;
  if (source === null) return { hardwareType: ARPHRD_NONE, length: 0, address: Buffer.alloc(8) };
  return { hardwareType: ARPHRD_ETHER, length: 6, address: Buffer.concat([macBytes(source), Buffer.alloc(2)]) };
}

function tagged(fields: TaggingFields, payload: NetworkLayer): NetworkLayer {
  let layer = fields.pppoe === undefined ? payload : pppoeSession(fields.pppoe, payload, fields.compressed ?? false);
  const vlans = fields.vlans ?? [];
  for (let i = vlans.length - 1; i >= 0; i--) {
    const tpid = i === 0 && vlans.length > 1 ? (fields.outerTpid ?? 0x88a8) : 0x8100;
    layer = { etherType: tpid, bytes: Buffer.concat([u16(vlans[i] ?? 0, layer.etherType), layer.bytes]) };
  }
  return layer;
}

function pppoeSession(sessionId: number, payload: NetworkLayer, compressed: boolean): NetworkLayer {
  const number = payload.etherType === 0x0800 ? 0x21 : 0x57;
  const protocol = compressed ? Buffer.from([number]) : u16(number);
  const header = u16(0x1100, sessionId, payload.bytes.length + protocol.length);
  return { etherType: 0x8864, bytes: Buffer.concat([header, protocol, payload.bytes]) };
}

export interface Ipv4Fields {
  source: string;
  destination: string;
  ttl?: number;
  identification?: number;
  /** In bytes, a multiple of 8. */
  fragmentOffset?: number;
  moreFragments?: boolean;
  /** Padded to four octets. */
  options?: Buffer;
  /** Overrides the computed one: 0 as segmentation offload leaves it. */
  totalLength?: number;
}

export function ipv4(fields: Ipv4Fields, upper: UpperLayer): NetworkLayer {
  const options = padded(fields.options ?? Buffer.alloc(0), 4);
  const payload = withChecksum(upper, fields.source, fields.destination);
  const length = 20 + options.length + payload.length;
  const fragment = ((fields.fragmentOffset ?? 0) >> 3) | (fields.moreFragments ? 0x2000 : 0);
  const header = Buffer.concat([
    Buffer.from([0x40 | (5 + options.length / 4), 0]),
    u16(fields.totalLength ?? length, fields.identification ?? 0, fragment),
    Buffer.from([fields.ttl ?? 64, upper.protocol, 0, 0]),
    ipBytes(fields.source),
    ipBytes(fields.destination),
    options,
  ]);
  header.writeUInt16BE(checksum(header), 10);
  return { etherType: 0x0800, bytes: Buffer.concat([header, payload]) };
}

export interface Ipv6Fields {
  source: string;
  destination: string;
  hopLimit?: number;
  extensions?: readonly ExtensionHeader[];
  /** Overrides the computed one: 0 as segmentation offload leaves it. */
  payloadLength?: number;
}

export function ipv6(fields: Ipv6Fields, upper: UpperLayer): NetworkLayer {
  const extensions = fields.extensions ?? [];
  const chain = [...extensions.map(({ protocol }) => protocol), upper.protocol];
  const parts = extensions.map(({ rest }, i) => Buffer.concat([Buffer.from([chain[i + 1] ?? 59]), rest]));
  const payload = Buffer.concat([...parts, withChecksum(upper, fields.source, fields.destination)]);
  const header = Buffer.concat([
    u32(0x60000000),
    u16(fields.payloadLength ?? payload.length),
    Buffer.from([chain[0] ?? 59, fields.hopLimit ?? 64]),
    ipBytes(fields.source),
    ipBytes(fields.destination),
  ]);
  return { etherType: 0x86dd, bytes: Buffer.concat([header, payload]) };
}

/** Hop-by-hop options holding only padding. */
export const hopByHop = (): ExtensionHeader => ({ protocol: 0, rest: Buffer.from([0, 1, 4, 0, 0, 0, 0]) });
/** Destination options holding only padding. */
export const destinationOptions = (): ExtensionHeader => ({ ...hopByHop(), protocol: 60 });
/** A routing header with no segments left. */
export const routing = (): ExtensionHeader => ({ protocol: 43, rest: Buffer.from([0, 4, 0, 0, 0, 0, 0]) });
/** An authentication header with a 12-byte check value. */
export const authentication = (): ExtensionHeader => ({
  protocol: 51,
  rest: Buffer.concat([Buffer.from([4, 0, 0]), Buffer.alloc(20)]),
});
/** A fragment header; `offset` in bytes, a multiple of 8. */
export const fragment = (offset: number, more: boolean, identification: number): ExtensionHeader => ({
  protocol: 44,
  rest: Buffer.concat([Buffer.from([0]), u16(offset | (more ? 1 : 0)), u32(identification)]),
});

/** Any protocol number over any bytes, such as the pieces of a fragmented packet. */
export function raw(protocol: number, bytes: Buffer): UpperLayer {
  return { protocol, bytes };
}

export function padded(bytes: Buffer, unit: number): Buffer {
  return Buffer.concat([bytes, Buffer.alloc((unit - (bytes.length % unit)) % unit)]);
}

/** The upper layer's bytes with the checksum over the pseudo-header (RFC 9293, section 3.1; RFC 8200, section 8.1). */
export function withChecksum(upper: UpperLayer, source: string, destination: string): Buffer {
  if (upper.checksumAt === undefined) return upper.bytes;
  const bytes = Buffer.from(upper.bytes);
  bytes.writeUInt16BE(0, upper.checksumAt);
  const pseudo = Buffer.concat([ipBytes(source), ipBytes(destination), u32(bytes.length, upper.protocol)]);
  const sum = checksum(Buffer.concat([pseudo, bytes]));
  const UDP = 17;
  bytes.writeUInt16BE(sum === 0 && upper.protocol === UDP ? 0xffff : sum, upper.checksumAt);
  return bytes;
}

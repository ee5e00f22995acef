// Wraps frames as a switch or router does that sends copies of them to a sensor: TZSP, VXLAN, ERSPAN and Ethernet in GRE; in
// fragments where a copy is too long for one packet.
import {
  ethernet,
  type Ipv4Fields,
  ipv4,
  ipv6,
  raw,
  type TaggingFields,
  type UpperLayer,
  u16,
  u32,
} from './link-layers.ts';
import { udp } from './messages.ts';
import type { CapturedFrame } from './pcap-file.ts';

export const WRAPPINGS = ['tzsp', 'erspan1', 'erspan2', 'erspan3', 'gre', 'vxlan'] as const;
export type Wrapping = (typeof WRAPPINGS)[number];

/** A switch that sends to a sensor, neither of them otherwise seen. */
export const SWITCH = { mac: 'e4:8d:8c:00:00:05', ip: '192.168.1.5', ip6: 'fd00::5' };
export const SENSOR = { mac: 'dc:a6:32:00:00:09', ip: '192.168.1.9', ip6: 'fd00::9' };

const GRE = 47;

export interface WrapFields extends TaggingFields {
  source?: string;
  destination?: string;
  /** The longest IP packet; 1500 unless told. */
  mtu?: number;
  identification?: number;
}

/** What stands before the frame, and the frame, as an IP payload. */
export function wrapped(frame: Buffer, wrapping: Wrapping): UpperLayer {
  const erspan = (type: number, flags: number, ...headers: Buffer[]) =>
    raw(GRE, Buffer.concat([u16(flags, type), ...headers, frame]));
  switch (wrapping) {
    case 'tzsp':
      // Version 1, a received packet, Ethernet; the end of the tags.
      return udp({ sourcePort: 40_003, destinationPort: 37_008 }, Buffer.concat([Buffer.from([1, 0, 0, 1, 1]), frame]));
    case 'vxlan':
      return udp({ sourcePort: 50_123, destinationPort: 4789 }, Buffer.concat([u32(0x08000000, 77 << 8), frame]));
    case 'erspan1':
      return erspan(0x88be, 0);
    case 'erspan2':
      // Sequence number; version 1 and VLAN, session 1, port index.
      return erspan(0x88be, 0x1000, u32(1), u32(0x10010001, 7));
    case 'erspan3':
      // Sequence number; version 2, session 1, a time, and with the lowest bit a subheader.
      return erspan(0x22eb, 0x1000, u32(1), u32(0x20010001, 99), u16(0, 1), u32(0, 0));
    case 'gre':
      return erspan(0x6558, 0x2000, u32(5));
  }
}

/** One copy as the frames that cross the sensor's cable. */
export function wrap({ data, time }: CapturedFrame, wrapping: Wrapping, fields: WrapFields = {}): CapturedFrame[] {
  const { destination = SENSOR.ip, identification = 0, mtu = 1500, source = SWITCH.ip, ...tags } = fields;
  const link = { source: SWITCH.mac, destination: SENSOR.mac, ...tags };
  const upper = wrapped(data, wrapping);
  if (source.includes(':')) return [{ time, data: ethernet(link, ipv6({ source, destination }, upper)) }];
  const room = (mtu - 20) & ~7;
  const whole = upper.bytes.length <= mtu - 20;
  const pieces: Partial<Ipv4Fields>[] = [];
  for (let at = 0; !whole && at < upper.bytes.length; at += room)
    pieces.push({ fragmentOffset: at, moreFragments: at + room < upper.bytes.length });
  if (whole) return [{ time, data: ethernet(link, ipv4({ source, destination, identification }, upper)) }];
  return pieces.map((piece) => {
    const from = piece.fragmentOffset ?? 0;
    const part = raw(upper.protocol, upper.bytes.subarray(from, from + room));
    return { time, data: ethernet(link, ipv4({ source, destination, identification, ...piece }, part)) };
  });
}

/** Every frame of a capture, each in packets of its own. */
export function wrapAll(
  frames: readonly CapturedFrame[],
  wrapping: Wrapping,
  fields: WrapFields = {},
): CapturedFrame[] {
  return frames.flatMap((frame, index) => wrap(frame, wrapping, { identification: (index + 1) & 0xffff, ...fields }));
}

// What a mirror shows on the outer side of a router, as frames: its address there and the provider's, what devices behind it sent
// with one hop less, and what comes back.
import { START } from './home.ts';
import { ethernet, ipv4, type TaggingFields } from './link-layers.ts';
import { tcp } from './messages.ts';
import type { CapturedFrame } from './pcap-file.ts';

export const OUTER = { mac: '3c:37:86:2b:11:01', ip: '192.168.178.20' };
export const PROVIDER_SIDE = { mac: '00:1c:73:0a:0b:0c', ip: '192.168.178.1' };

export interface OuterOptions extends TaggingFields {
  count: number;
  /** The home's address on that side. */
  home?: string;
  /** So many of the connections, the last ones, go to port 25. */
  mail?: number;
  /** What the packets of the home have left of their hop limits, in turn. */
  hops?: readonly number[];
  windows?: readonly number[];
  /** Ms. */
  time?: number;
  step?: number;
  /** The address that hands the packets over; OUTER's unless told. */
  inner?: string;
  /** The address that they are handed to; PROVIDER_SIDE's unless told. */
  provider?: string;
}

interface SegmentFields extends TaggingFields {
  from: { mac: string; ip: string };
  to: { mac: string; ip: string };
  ports: readonly [number, number];
  flags: string;
  ttl?: number;
  window?: number;
  sequence?: number;
  acknowledgement?: number;
  payload?: Buffer;
}

export function segment(time: number, fields: SegmentFields): CapturedFrame {
  const { flags, from, payload, ports, sequence = 1000, to, ttl = 64, window = 64_240, ...tags } = fields;
  const { acknowledgement = 0 } = fields;
  const [sourcePort, destinationPort] = ports;
  const upper = tcp({ sourcePort, destinationPort, flags, sequence, acknowledgement, window }, payload);
  const packet = ipv4({ source: from.ip, destination: to.ip, ttl }, upper);
  return { time, data: ethernet({ source: from.mac, destination: to.mac, ...tags }, packet) };
}

/** A router's outer side: connections of three packets each (SYN, its answer, the end), until there are `count`. */
export function outerSide(options: OuterOptions): CapturedFrame[] {
  const { count, home = OUTER.ip, mail = 0, step = 10, time = START, ...tags } = options;
  const {
    hops = [63, 127, 63, 254, 64],
    inner = OUTER.mac,
    provider = PROVIDER_SIDE.mac,
    windows = [64_240, 65_535, 8192, 29_200],
  } = options;
  const connections = Math.ceil(count / 3);
  return Array.from({ length: connections }, (_, i) => {
    const port = i >= connections - mail ? 25 : 443;
    const server = { mac: provider, ip: `203.0.113.${i % 250}` };
    const router = { mac: inner, ip: home };
    const own = { ...tags, ttl: hops[i % hops.length] ?? 63, window: windows[i % windows.length] ?? 1 };
    const at = time + i * 3 * step;
    const ports = [20_000 + i, port] as const;
    const back = [port, 20_000 + i] as const;
    return [
      segment(at, { ...own, from: router, to: server, ports, flags: 'S' }),
      segment(at + step, { ...tags, from: server, to: router, ports: back, flags: 'SA', ttl: 40 + (i % 20) }),
      segment(at + 2 * step, { ...own, from: router, to: server, ports, flags: 'FA', sequence: 1001 }),
    ];
  })
    .flat()
    .slice(0, count);
}

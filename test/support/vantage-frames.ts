// What a mirror shows from places that are not the inside of a home, as frames. A router's outer side: its address there and the
// provider's, what devices behind it sent with one hop less, and what comes back.
import { arp, type CapturedFrame, ethernet, ipv4, type TaggingFields, tcp } from './packet-builder.ts';
import { CAMERA, GATEWAY, START } from './stage.ts';

export const OUTER = { mac: '3c:37:86:2b:11:01', ip: '192.168.178.20' };
export const PROVIDER_SIDE = { mac: '00:1c:73:0a:0b:0c', ip: '192.168.178.1' };
export const EVERYBODY = 'ff:ff:ff:ff:ff:ff';

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
  inner?: string;
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
  const { hops = [63, 127, 63, 254, 64], inner = OUTER.mac, windows = [64_240, 65_535, 8192, 29_200] } = options;
  const connections = Math.ceil(count / 3);
  return Array.from({ length: connections }, (_, i) => {
    const port = i >= connections - mail ? 25 : 443;
    const server = { mac: PROVIDER_SIDE.mac, ip: `203.0.113.${i % 250}` };
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

export interface TalkOptions {
  count: number;
  from?: { mac: string; ip: string };
  gateway?: { mac: string };
  ttl?: number;
  port?: number;
  time?: number;
  step?: number;
  /** Which packets the mirror shows. */
  shows?: 'both' | 'from-home' | 'to-home';
}

/** A device of the home opens connections, a second's answer and an end each. */
export function talk(options: TalkOptions): CapturedFrame[] {
  const { count, from = CAMERA, gateway = GATEWAY, port = 443, shows = 'both', step = 1000, time = START } = options;
  const { ttl = 64 } = options;
  return Array.from({ length: count }, (_, i) => {
    const server = { mac: gateway.mac, ip: `198.51.100.${i % 250}` };
    const at = time + i * step;
    const [ports, back] = [[30_000 + i, port] as const, [port, 30_000 + i] as const];
    const out = [
      segment(at, { from, to: server, ports, flags: 'S', ttl }),
      segment(at + 40, { from, to: server, ports, flags: 'FA', sequence: 1001, acknowledgement: 1, ttl }),
    ];
    const inward = [segment(at + 20, { from: server, to: from, ports: back, flags: 'SA', ttl: 55 })];
    if (shows === 'from-home') return out;
    return shows === 'to-home' ? inward : [...out, ...inward].sort((a, b) => a.time - b.time);
  }).flat();
}

/** Asks everybody for somebody. */
export function arpRequest(from: { mac: string; ip: string }, targetIp: string, time: number): CapturedFrame {
  const request = arp({ operation: 'request', senderMac: from.mac, senderIp: from.ip, targetIp });
  return { time, data: ethernet({ source: from.mac, destination: EVERYBODY }, request) };
}

export function arpReply(
  from: { mac: string; ip: string },
  to: { mac: string; ip: string },
  time: number,
): CapturedFrame {
  const reply = arp({
    ...{ operation: 'reply' as const, senderMac: from.mac, senderIp: from.ip },
    ...{ targetMac: to.mac, targetIp: to.ip },
  });
  return { time, data: ethernet({ source: from.mac, destination: to.mac }, reply) };
}

// What a mirror shows that has one direction alone, or none; the outer side of a router is among the self-test's frames.

import { CAMERA, GATEWAY, START } from '../../sensor/self-test/frames/home.ts';
import { segment } from '../../sensor/self-test/frames/outer-side.ts';
import { arp, type CapturedFrame, ethernet } from './packet-builder.ts';

export * from '../../sensor/self-test/frames/outer-side.ts';

const EVERYBODY = 'ff:ff:ff:ff:ff:ff';

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

// One kept frame as a line of text: who to whom, what kind of packet, and what is left of its payload.
import { decodeFrame } from '../decode/frame.ts';
import { DecodeCounters } from '../decode/outcome.ts';
import { type IpAddress, TCP_FLAGS, type Tcp } from '../decode/packet.ts';
import type { EvidenceFrame } from './evidence-ring.ts';

/** Verbs or codes told of one frame. */
const WORDS = 4;

/** `192.168.1.50:41234 > 203.0.113.25:25 SYN`, with payload bytes on the wire and the verbs or codes in them. */
export function frameLine({ data, linkType, time, wireLength }: EvidenceFrame): string {
  const frame = { time, linkType, data, originalLength: wireLength };
  const packet = decodeFrame(frame, new DecodeCounters());
  const { arp, ip, sourceMac, tcp, udp } = packet ?? {};
  if (ip === null || ip === undefined) {
    if (arp !== null && arp !== undefined) return `ARP ${arp.operation}, ${arp.senderIp} is ${arp.senderMac}`;
    return `from ${sourceMac ?? 'unknown'}, ${wireLength} bytes`;
  }
  const ports = tcp ?? udp ?? null;
  const ends = `${end(ip.source, ports?.sourcePort)} > ${end(ip.destination, ports?.destinationPort)}`;
  if (tcp !== null && tcp !== undefined) return `${ends} ${flags(tcp)}${payload(tcp)}`;
  if (udp !== null && udp !== undefined) return `${ends} UDP, ${udp.payloadLength} bytes`;
  return `${ends} protocol ${ip.protocol}`;
}

function end(ip: IpAddress, port: number | undefined): string {
  if (port === undefined) return ip;
  return ip.includes(':') ? `[${ip}]:${port}` : `${ip}:${port}`;
}

function flags({ flags: bits }: Tcp): string {
  const set = (['syn', 'fin', 'rst', 'ack'] as const).filter((name) => (bits & TCP_FLAGS[name]) !== 0);
  return set.map((name) => name.toUpperCase()).join('+');
}

function payload({ payload: kept, payloadLength }: Tcp): string {
  if (payloadLength === 0) return '';
  const words = kept
    .toString('latin1')
    .split('\n')
    .map((line) => /^(?:[A-Z]{4,8}(?: FROM:| TO:)?|\d{3}(?:[ -]\d\.\d{1,3}\.\d{1,3})?)/i.exec(line)?.[0] ?? '')
    .map((word) => word.replace(/x+$/, ''))
    .filter((word) => word !== '');
  const told = words.length > WORDS ? [...words.slice(0, WORDS), '…'] : words;
  return `, ${payloadLength} bytes${told.length === 0 ? '' : `: ${told.join(', ')}`}`;
}

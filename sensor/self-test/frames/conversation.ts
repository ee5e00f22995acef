// One TCP connection as a list of frames, sequence numbers and all: what a mirror port would have shown.
import { ethernet, ipv4, ipv6, type TaggingFields, u16 } from './link-layers.ts';
import { tcp } from './messages.ts';
import type { CapturedFrame } from './pcap-file.ts';

export interface Endpoint {
  mac: string;
  ip: string;
  port: number;
}

export interface ConversationFields extends TaggingFields {
  client: Endpoint;
  /** A server outside the home bears the gateway's MAC. */
  server: Endpoint;
  /** Time of the SYN in milliseconds. */
  time: number;
  /** Milliseconds between frames; 10 unless told. */
  step?: number;
  /** The client's initial sequence number. */
  isn?: number;
  outcome: 'unanswered' | 'refused' | 'connected';
  /** `C: EHLO x` and `S: 250 ok` get their CRLF; octets go as they are. Lines longer than a segment are not split. */
  dialogue?: readonly (string | { from: 'C' | 'S'; bytes: Buffer })[];
  /** Repetitions of the SYN after 1, 3, 7 … seconds, before any answer. */
  retransmitSyn?: number;
  /** A connection ends with FINs from both sides unless this is false, or with the client's RST. */
  close?: boolean | 'reset';
}

/** A maximum segment size of 1460, as real SYNs carry. */
const SYN_OPTIONS = Buffer.concat([Buffer.from([2, 4]), u16(1460)]);

export function tcpConversation(fields: ConversationFields): CapturedFrame[] {
  const { client, server, step = 10, outcome, close = true } = fields;
  const frames: CapturedFrame[] = [];
  const next = { C: fields.isn ?? 1_000_000, S: ((fields.isn ?? 1_000_000) ^ 0x5a5a5a5a) >>> 0 };
  let time = fields.time;
  const send = (from: 'C' | 'S', flags: string, payload: Buffer = Buffer.alloc(0)): void => {
    const [sender, receiver] = from === 'C' ? [client, server] : [server, client];
    const ports = { sourcePort: sender.port, destinationPort: receiver.port };
    const acknowledgement = flags.includes('A') ? next[from === 'C' ? 'S' : 'C'] : 0;
    const options = flags.includes('S') ? SYN_OPTIONS : Buffer.alloc(0);
    const segment = tcp({ ...ports, sequence: next[from], acknowledgement, flags, options }, payload);
    const addresses = { source: sender.ip, destination: receiver.ip };
    const packet = sender.ip.includes(':') ? ipv6(addresses, segment) : ipv4(addresses, segment);
    frames.push({ time, data: ethernet({ ...fields, source: sender.mac, destination: receiver.mac }, packet) });
    const consumed = payload.length + (/[SF]/.test(flags) ? 1 : 0);
    next[from] = (next[from] + consumed) >>> 0;
    time += step;
  };

  const isn = next.C;
  send('C', 'S');
  for (let repeat = 1; repeat <= (fields.retransmitSyn ?? 0); repeat++) {
    time = fields.time + (2 ** repeat - 1) * 1000;
    next.C = isn;
    send('C', 'S');
  }
  if (outcome === 'unanswered') return frames;
  if (outcome === 'refused') {
    next.S = 0;
    send('S', 'RA');
    return frames;
  }
  send('S', 'SA');
  send('C', 'A');
  for (const line of fields.dialogue ?? []) {
    const from = typeof line === 'string' ? (line.startsWith('S: ') ? 'S' : 'C') : line.from;
    send(from, 'PA', typeof line === 'string' ? Buffer.from(`${line.slice(3)}\r\n`) : line.bytes);
    send(from === 'C' ? 'S' : 'C', 'A');
  }
  if (close === 'reset') send('C', 'R');
  else if (close) {
    send('C', 'FA');
    send('S', 'FA');
    send('C', 'A');
  }
  return frames;
}

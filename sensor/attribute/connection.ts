// One connection as far as the capture shows it: plain data that the connection table, the openings and detect work on.
import { type IpAddress, type Mac, type Packet, TCP_FLAGS, type Tcp } from '../decode/packet.ts';
import { ByteCounter } from './byte-counter.ts';
import type { NameSource } from './device.ts';

/** `unseen`: the capture holds no SYN of it. */
export type Outcome = 'pending' | 'connected' | 'refused' | 'unanswered' | 'unseen';

export interface Connection {
  /** MAC that sent the originator's frames; null on a link layer without addresses. */
  originatorMac: Mac | null;
  responderMac: Mac | null;
  originatorIp: IpAddress;
  originatorPort: number;
  responderIp: IpAddress;
  responderPort: number;
  openedAt: number;
  lastAt: number;
  outcome: Outcome;
  /** The originator's initial sequence number; null when unseen. */
  isn: number | null;
  /** Bytes the originator sent and received, as far as sequence numbers tell. */
  up: ByteCounter;
  down: ByteCounter;
  /** The responder's name where this very connection carried it, or else DNS. */
  name: string | null;
  nameFrom: NameSource | null;
  /** The originator sent payload: the connection works even if no reply crosses the mirror. */
  carriedData: boolean;
  /** FIN from both sides, or RST. */
  ended: boolean;
  finFrom: { originator: boolean; responder: boolean };
  /** The SYN-ACK came after the deadline, when the connection already counted as unanswered. */
  lateAnswer: boolean;
  /** This connection is a mail attempt and has been counted. */
  mailAttempt: boolean;
  /** The name is the outer one of an Encrypted Client Hello: the real name is hidden. */
  nameIsOuter: boolean;
  /** Nothing more is to be read from the beginning of the originator's stream. */
  openingRead: boolean;
  /** Whether it leaves the home, decided when it was first judged; null before. */
  outbound: boolean | null;
  /** Key of the backend this connection was counted to; null while it was not. */
  backend: string | null;
}

/** A connection between the packet's ends, opened by its sender. `isn` is null when its SYN was not seen. */
export function newConnection(
  packet: Packet,
  ports: { sourcePort: number; destinationPort: number },
  time: number,
  isn: number | null,
): Connection {
  return {
    originatorMac: packet.sourceMac,
    responderMac: packet.destinationMac,
    originatorIp: packet.ip?.source ?? '',
    originatorPort: ports.sourcePort,
    responderIp: packet.ip?.destination ?? '',
    responderPort: ports.destinationPort,
    openedAt: time,
    lastAt: time,
    outcome: isn === null ? 'unseen' : 'pending',
    isn,
    up: new ByteCounter(),
    down: new ByteCounter(),
    name: null,
    nameFrom: null,
    carriedData: false,
    ended: false,
    finFrom: { originator: false, responder: false },
    lateAnswer: false,
    mailAttempt: false,
    nameIsOuter: false,
    openingRead: false,
    outbound: null,
    backend: null,
  };
}

/** Sequence number of the payload's first byte: a SYN takes one of its own (RFC 9293, section 3.4; data in a SYN, RFC 7413). */
export function payloadSequence(tcp: Tcp): number {
  return (tcp.flags & TCP_FLAGS.syn) === 0 ? tcp.sequence : (tcp.sequence + 1) >>> 0;
}

// One connection as far as the capture shows it: plain data that the connection table, the openings and detect work on.
import { type IpAddress, type Mac, type Packet, TCP_FLAGS, type Tcp } from '../decode/packet.ts';
import { ByteCounter } from './byte-counter.ts';
import type { WholeStreams } from './capture-loss.ts';
import type { NameSource } from './device.ts';

/** `unseen`: the capture holds no SYN of it. */
export type Outcome = 'pending' | 'connected' | 'refused' | 'unanswered' | 'unseen';

/**
 * `outbound`: a device of the home opened it to the Internet; `inbound`: a host on the Internet opened it to a device;
 * `local`: it stays inside.
 */
export type Way = 'outbound' | 'inbound' | 'local';

/** Who said that a connection is not to be had, and why (RFC 792, RFC 4443). */
export interface Refusal {
  ip: IpAddress;
  reason: string;
}

/** Where a connection through a proxy really goes. */
export interface InnerDestination {
  /** An address or a name, as the proxy was asked. */
  host: string;
  /** Its address; of a name what DNS has said of it, null where it said nothing. */
  ip: IpAddress | null;
  port: number;
  via: 'socks4' | 'socks5' | 'http-connect';
  /** What the proxy, or what came through it, said of the connection behind it. */
  outcome: 'pending' | 'connected' | 'refused' | 'unanswered';
  /** Sequence numbers of the first octets meant for the other end of the tunnel; the server's null until it is known. */
  clientNext: number;
  serverNext: number | null;
}

/** Octets of a connection that its backend has been told of. */
export interface CountedVolume {
  up: number;
  down: number;
  /** Of `down`, what counted towards a download. */
  fetched: number;
}

export interface Connection {
  /** MAC that sent the originator's frames; null on a link layer without addresses. */
  originatorMac: Mac | null;
  responderMac: Mac | null;
  /** Devices at its ends, which need not be those of the MACs on its frames; each is decided once, null before. */
  openedBy: Mac | null;
  receivedBy: Mac | null;
  /** TTL or hop limit of the first packet that its originator was seen to send; null before. */
  hopLimit: number | null;
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
  /** What it had counted as before an answer that came later outweighed that; null before. */
  outcomeBefore: Outcome | null;
  /** An ICMP error refused it; null where the responder did, or nobody. */
  refusedBy: Refusal | null;
  /** Its SYN was not captured: it is known by what came later, or by the other side alone. */
  beganUnseen: boolean;
  /** What a proxy was asked for; null without a proxy. */
  inner: InnerDestination | null;
  /** This connection is a mail attempt and has been counted. */
  mailAttempt: boolean;
  /** The name is the outer one of an Encrypted Client Hello: the real name is hidden. */
  nameIsOuter: boolean;
  /** Nothing more is to be read from the beginning of the originator's stream. */
  openingRead: boolean;
  /** Decided when it was first judged; null before. */
  way: Way | null;
  /** Key of the backend this connection was counted to; null while it was not. */
  backend: string | null;
  /** How much of it was counted to that backend; null before. */
  counted: CountedVolume | null;
  /** What was seen of it, for the estimate of capture loss; bits of capture-loss.ts. */
  seen: number;
  whole: WholeStreams | null;
}

/** A connection between the packet's ends, opened by its sender. `isn` is null when its SYN was not seen. */
export function newConnection(
  packet: Packet | null,
  ports: { sourcePort: number; destinationPort: number },
  time: number,
  isn: number | null,
): Connection {
  return {
    originatorMac: packet?.sourceMac ?? null,
    responderMac: packet?.destinationMac ?? null,
    openedBy: null,
    receivedBy: null,
    hopLimit: packet?.ip?.hopLimit ?? null,
    originatorIp: packet?.ip?.source ?? '',
    originatorPort: ports.sourcePort,
    responderIp: packet?.ip?.destination ?? '',
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
    outcomeBefore: null,
    refusedBy: null,
    beganUnseen: isn === null,
    inner: null,
    mailAttempt: false,
    nameIsOuter: false,
    openingRead: false,
    way: null,
    backend: null,
    counted: null,
    seen: 0,
    whole: null,
  };
}

/** The clock was put right by so many ms. */
export function moveConnection(connection: Connection, by: number): void {
  connection.openedAt += by;
  connection.lastAt += by;
}

/** Sequence number of the payload's first byte: a SYN takes one of its own (RFC 9293, section 3.4; data in a SYN, RFC 7413). */
export function payloadSequence(tcp: Tcp): number {
  return (tcp.flags & TCP_FLAGS.syn) === 0 ? tcp.sequence : (tcp.sequence + 1) >>> 0;
}

/** The ends of `packet` the other way round. */
export function reversed(packet: Packet): Packet {
  const { destinationMac, ip, sourceMac } = packet;
  const turned = ip === null ? null : { ...ip, source: ip.destination, destination: ip.source };
  const { ends: turnedEnds, turnedEnds: ends } = packet;
  return { ...packet, sourceMac: destinationMac, destinationMac: sourceMac, ip: turned, ends, turnedEnds };
}

export function swapPorts({ sourcePort, destinationPort }: Tcp): { sourcePort: number; destinationPort: number } {
  return { sourcePort: destinationPort, destinationPort: sourcePort };
}

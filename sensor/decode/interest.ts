// Which decoded packets the job has use for: the same choice as capture/filter.ts, made on records. It keeps a replay
// without the filter equal to one with it, and tells the engine where a packet goes.
import { HTTP_PORT, MAIL_PORTS, QUIC_VERSIONS, TLS_PORT, UDP_PORTS } from '../capture/filter.ts';
import { opensConversation } from '../capture/openings.ts';
import { PROTOCOLS } from './ip.ts';
import { uint16At, uint32At } from './octets.ts';
import { type Ip, type Packet, TCP_FLAGS, type Tcp, type Udp } from './packet.ts';

/**
 * `tls-continued`: payload towards port 443 that may continue a hello. Uploads are mostly that as well, so it is worth a
 * look at its connection and no more. `mirrored`: carries a frame, or is a later fragment of a packet that may carry one; what
 * it is of itself is of no interest.
 */
export type Interest = 'arp' | 'icmp-error' | 'mirrored' | 'neighbor-discovery' | 'tcp' | 'tls-continued' | 'udp';

const MAIL = new Set<number>(MAIL_PORTS);
const UDP = new Set<number>(UDP_PORTS);
const QUIC = new Set<number>(QUIC_VERSIONS);
const CONNECTION_FLAGS = TCP_FLAGS.fin | TCP_FLAGS.syn | TCP_FLAGS.rst;

export function isMailPort(port: number): boolean {
  return MAIL.has(port);
}

/** Null for a packet that the filter drops, and for one that no later room reads. */
export function interestOf(packet: Packet): Interest | null {
  if (packet.arp !== null) return 'arp';
  if (packet.icmpv6 !== null) return 'neighbor-discovery';
  if (packet.icmpError !== null) return MAIL.has(packet.icmpError.quoted.destinationPort) ? 'icmp-error' : null;
  if (packet.tcp !== null) return interestOfSegment(packet.tcp);
  if (packet.udp !== null && isInterestingDatagram(packet.udp)) return 'udp';
  return mayCarryFrame(packet) ? 'mirrored' : null;
}

function mayCarryFrame({ ip, mirrored, pppoeSessionId }: Packet): boolean {
  return ip !== null && pppoeSessionId === null && (mirrored !== null || isRest(ip));
}

/** A later fragment. */
function isRest({ fragmentOffset, protocol }: Ip): boolean {
  return fragmentOffset > 0 && (protocol === PROTOCOLS.udp || protocol === PROTOCOLS.gre);
}

function interestOfSegment(tcp: Tcp): 'tcp' | 'tls-continued' | null {
  const { destinationPort, flags, payload, sourcePort } = tcp;
  if ((flags & CONNECTION_FLAGS) !== 0) return 'tcp';
  if (MAIL.has(sourcePort) || MAIL.has(destinationPort) || sourcePort === 53 || destinationPort === 53) return 'tcp';
  if (payload.length === 0) return null;
  if (destinationPort === HTTP_PORT || opensTls(payload) || opensConversation(payload)) return 'tcp';
  const continues = destinationPort === TLS_PORT && payload.length >= 2 && uint16At(payload, 0) !== 0x1703;
  return continues ? 'tls-continued' : null;
}

function opensTls(payload: Buffer): boolean {
  return payload.length >= 6 && uint16At(payload, 0) === 0x1603 && payload[5] === 1;
}

function isInterestingDatagram({ destinationPort, payload, sourcePort }: Udp): boolean {
  if (UDP.has(sourcePort) || UDP.has(destinationPort)) return true;
  return payload.length >= 7 && ((payload[0] ?? 0) & 0xc0) === 0xc0 && QUIC.has(uint32At(payload, 1));
}

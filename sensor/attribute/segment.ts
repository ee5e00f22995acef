// What a TCP segment says of the connection it belongs to, by itself.
import { TCP_FLAGS, type Tcp } from '../decode/packet.ts';
import { payloadSequence } from './connection.ts';

/** Sequence number after this segment's payload. */
export function nextSequence(tcp: Tcp): number {
  return payloadSequence(tcp) + tcp.payloadLength;
}

/** A segment that only the receiver of a SYN-ACK sends: before that a connection is given up in silence (RFC 9293, section 3.10.4). */
export function acknowledges({ acknowledgement, flags }: Tcp): boolean {
  const isPlain = (flags & (TCP_FLAGS.syn | TCP_FLAGS.rst)) === 0;
  return isPlain && (flags & TCP_FLAGS.ack) !== 0 && acknowledgement !== 0;
}

/** A reset that carries no sequence number of the connection (RFC 9293, section 3.5.2). */
export function isBareReset(tcp: Tcp): boolean {
  return (tcp.flags & TCP_FLAGS.rst) !== 0 && tcp.sequence === 0;
}

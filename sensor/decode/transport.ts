// TCP (RFC 9293) and UDP (RFC 768) headers of a first or only fragment. Streams are not put together here, and
// checksums are never looked at: offload leaves them wrong in captures.
import { tooShort } from './bytes.ts';
import { octetAt, uint16At, uint32At } from './octets.ts';
import { type Decoded, Failure, unsupported } from './outcome.ts';
import type { Ip, Tcp, Udp } from './packet.ts';

const TCP_HEADER = 20;
/** A capture cut behind the window field still tells all that `Tcp` holds. */
const TCP_READ = 16;
const UDP_HEADER = 8;
/** The payload of most segments that open and close a connection. */
const NO_PAYLOAD = Buffer.alloc(0);

/** The TCP header at the start of `ip.payload`; options that the capture cut off are no failure. */
export function decodeTcp(ip: Ip): Decoded<Tcp> {
  const data = ip.payload;
  if (ip.payloadLength < TCP_HEADER) {
    if (ip.moreFragments) return unsupported('tcp', 'header split over fragments');
    return new Failure('malformed', 'tcp', 'header', TCP_HEADER, ip.payloadLength);
  }
  if (data.length < TCP_READ) return tooShort('tcp', 'header', TCP_READ, data.length, ip.payloadLength);
  const headerLength = (octetAt(data, 12) >> 4) * 4;
  if (headerLength < TCP_HEADER) {
    return new Failure('malformed', 'tcp', 'data offset under 20', TCP_HEADER, headerLength);
  }
  if (headerLength > ip.payloadLength && !ip.moreFragments) {
    return new Failure('malformed', 'tcp', 'options', headerLength, ip.payloadLength);
  }
  return {
    sourcePort: uint16At(data, 0),
    destinationPort: uint16At(data, 2),
    sequence: uint32At(data, 4),
    acknowledgement: uint32At(data, 8),
    flags: octetAt(data, 13),
    window: uint16At(data, 14),
    payload: data.length > headerLength ? data.subarray(headerLength) : NO_PAYLOAD,
    payloadLength: Math.max(0, ip.payloadLength - headerLength),
  };
}

/** The UDP header at the start of `ip.payload`. In a first fragment `payloadLength` is that of the whole datagram. */
export function decodeUdp(ip: Ip): Decoded<Udp> {
  const data = ip.payload;
  if (data.length < UDP_HEADER) return tooShort('udp', 'header', UDP_HEADER, data.length, ip.payloadLength);
  // Segmentation offload writes 0 here, as do jumbograms (RFC 2675).
  const length = uint16At(data, 4) || ip.payloadLength;
  if (length < UDP_HEADER) return new Failure('malformed', 'udp', 'length under 8', UDP_HEADER, length);
  if (length > ip.payloadLength && !ip.moreFragments) {
    return new Failure('malformed', 'udp', 'length beyond the packet', length, ip.payloadLength);
  }
  return {
    sourcePort: uint16At(data, 0),
    destinationPort: uint16At(data, 2),
    payload: data.subarray(UDP_HEADER, length),
    payloadLength: length - UDP_HEADER,
  };
}

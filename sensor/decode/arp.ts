// ARP for IPv4 over Ethernet (RFC 826): requests and replies as sent. Who may be believed is for attribute to judge.
import { ipv4Text, macText, tooShort } from './bytes.ts';
import { uint16At } from './octets.ts';
import { type Decoded, unsupported } from './outcome.ts';
import type { Arp } from './packet.ts';

const FIXED_HEADER = 8;
const MESSAGE = 28;
const HARDWARE_ETHERNET = 1;
const PROTOCOL_IPV4 = 0x0800;
/** Address lengths of Ethernet and IPv4, as the two length octets stand side by side. */
const LENGTHS_6_AND_4 = 0x0604;
const REQUEST = 1;
const REPLY = 2;

/** `wireEnd`: where the frame's payload ended on the wire, as an offset into `data` that may lie behind its end. */
export function decodeArp(data: Buffer, offset: number, wireEnd: number): Decoded<Arp> {
  const captured = Math.min(data.length, wireEnd) - offset;
  const onWire = wireEnd - offset;
  if (captured < FIXED_HEADER) return tooShort('arp', 'header', FIXED_HEADER, captured, onWire);
  const isIpv4OverEthernet =
    uint16At(data, offset) === HARDWARE_ETHERNET &&
    uint16At(data, offset + 2) === PROTOCOL_IPV4 &&
    uint16At(data, offset + 4) === LENGTHS_6_AND_4;
  if (!isIpv4OverEthernet) return unsupported('arp', 'not IPv4 over Ethernet');
  const operation = uint16At(data, offset + 6);
  if (operation !== REQUEST && operation !== REPLY) return unsupported('arp', 'operation');
  if (captured < MESSAGE) return tooShort('arp', 'addresses', MESSAGE, captured, onWire);
  return {
    operation: operation === REQUEST ? 'request' : 'reply',
    senderMac: macText(data, offset + 8),
    senderIp: ipv4Text(data, offset + 14),
    targetMac: macText(data, offset + 18),
    targetIp: ipv4Text(data, offset + 24),
  };
}

// PCP (RFC 6887), the MAP opcode: a device asks the router or its firewall to let the Internet in, and what it answers. UDP
// port 5351 as NAT-PMP. PEER, ANNOUNCE and authentication (RFC 7652) are not read.
import { ipv4Text, ipv6Text, tooShort } from './bytes.ts';
import { octetAt, uint16At, uint32At } from './octets.ts';
import { type Decoded, malformed, unsupported } from './outcome.ts';
import type { IpAddress } from './packet.ts';

interface Mapping {
  /** 12 octets in hex: ties a response to its request. */
  nonce: string;
  /** IANA number; 0 is all protocols. */
  protocol: number;
  /** 0 is all ports (section 11.1). */
  internalPort: number;
  /** Suggested in a request, where 0 is no wish; assigned in a response. */
  externalPort: number;
  /** Suggested or assigned; null where all octets are 0. */
  externalAddress: IpAddress | null;
  /** Seconds; 0 in a request ends the mapping. In a refusal: how long it will stand. */
  lifetime: number;
}

export type PcpMap =
  | (Mapping & {
      kind: 'map-request';
      /** Who asks, by its own word. */
      client: IpAddress;
      /** For whom, by the THIRD_PARTY option (section 13.1); null where the client asks for itself. */
      thirdParty: IpAddress | null;
    })
  | (Mapping & {
      kind: 'map-response';
      /** 0 is success (section 7.4). */
      result: number;
    });

const VERSION = 2;
const RESPONSE_BIT = 0x80;
const MAP = 1;
const HEADER = 24;
const MAP_LENGTH = HEADER + 36;
/** Section 7: no message is longer. */
const MAX_LENGTH = 1100;
const THIRD_PARTY = 1;
const ADDRESS_LENGTH = 16;

/** `onWire`: the datagram's payload length, which may exceed what was captured. */
export function decodePcp(payload: Buffer, onWire = payload.length): Decoded<PcpMap> {
  const lacks = (needed: number) => tooShort('pcp', 'message', needed, payload.length, onWire);
  if (payload.length < 2) return lacks(2);
  if (payload[0] !== VERSION) return unsupported('pcp', 'version');
  const code = octetAt(payload, 1);
  if ((code & ~RESPONSE_BIT) !== MAP) return unsupported('pcp', 'opcode');
  if (payload.length < MAP_LENGTH) return lacks(MAP_LENGTH);
  if (onWire > MAX_LENGTH) return malformed('pcp', 'longer than 1100 octets');
  const mapping: Mapping = {
    nonce: payload.toString('hex', 24, 36),
    protocol: octetAt(payload, 36),
    internalPort: uint16At(payload, 40),
    externalPort: uint16At(payload, 42),
    externalAddress: addressText(payload, 44),
    lifetime: uint32At(payload, 4),
  };
  if (code >= RESPONSE_BIT) return { kind: 'map-response', result: octetAt(payload, 3), ...mapping };
  const client = addressText(payload, 8);
  if (client === null) return malformed('pcp', 'no client address');
  return { kind: 'map-request', client, thirdParty: thirdParty(payload), ...mapping };
}

/** Sixteen octets, IPv4 in its mapped form (section 5); null for none. */
function addressText(payload: Buffer, at: number): IpAddress | null {
  const isMapped = uint32At(payload, at + 8) === 0xffff && payload.readBigUInt64BE(at) === 0n;
  const text = isMapped ? ipv4Text(payload, at + 12) : ipv6Text(payload, at);
  return text === '0.0.0.0' || text === '::' ? null : text;
}

/** Walks the options (section 7.3): code, reserved, length, data padded to four octets. */
function thirdParty(payload: Buffer): IpAddress | null {
  for (let at = MAP_LENGTH; at + 4 <= payload.length; ) {
    const length = uint16At(payload, at + 2);
    const hasAddress = length === ADDRESS_LENGTH && at + 4 + length <= payload.length;
    if (payload[at] === THIRD_PARTY && hasAddress) return addressText(payload, at + 4);
    at += 4 + length + ((4 - (length % 4)) % 4);
  }
  return null;
}

// NAT-PMP (RFC 6886): a device asks the router to open a port, and what the router answers. UDP port 5351, both ways.
import { ipv4Text, tooShort } from './bytes.ts';
import { octetAt, uint16At, uint32At } from './octets.ts';
import { type Decoded, malformed, unsupported } from './outcome.ts';
import type { IpAddress } from './packet.ts';

export type NatPmp =
  | { kind: 'address-request' }
  | {
      kind: 'address-response';
      /** 0 is success (section 3.5). */
      result: number;
      /** The home's public address; null unless `result` is 0. */
      address: IpAddress | null;
    }
  | {
      kind: 'map-request';
      protocol: 'tcp' | 'udp';
      /** With `lifetime` 0, 0 means all of the protocol (section 3.4). */
      internalPort: number;
      /** Suggested; 0 is no wish. */
      externalPort: number;
      /** Seconds; 0 asks for the mapping's end. */
      lifetime: number;
    }
  | {
      kind: 'map-response';
      protocol: 'tcp' | 'udp';
      result: number;
      internalPort: number;
      /** Assigned. */
      externalPort: number;
      /** Granted, in seconds. */
      lifetime: number;
    };

const VERSION = 0;
const HEADER = 2;
const RESPONSE_BIT = 0x80;
const OPCODES = { address: 0, mapUdp: 1, mapTcp: 2 } as const;
/** Octets of each message; requests for the address are the header alone. */
const MAP_REQUEST = 12;
const ADDRESS_RESPONSE = 12;
const MAP_RESPONSE = 16;

/** `onWire`: the datagram's payload length, which may exceed what was captured. */
export function decodeNatPmp(payload: Buffer, onWire = payload.length): Decoded<NatPmp> {
  const lacks = (needed: number) => tooShort('nat-pmp', 'message', needed, payload.length, onWire);
  if (payload.length < HEADER) return lacks(HEADER);
  if (payload[0] !== VERSION) return unsupported('nat-pmp', 'version');
  const code = octetAt(payload, 1);
  const opcode = code & ~RESPONSE_BIT;
  const isResponse = code >= RESPONSE_BIT;
  if (opcode > OPCODES.mapTcp) return unsupported('nat-pmp', 'opcode');
  if (opcode === OPCODES.address && !isResponse) return { kind: 'address-request' };
  if (opcode === OPCODES.address) {
    // A refusal may end behind the epoch (section 3.5).
    if (payload.length < 8) return lacks(8);
    const result = uint16At(payload, 2);
    if (result === 0 && payload.length < ADDRESS_RESPONSE) return lacks(ADDRESS_RESPONSE);
    return { kind: 'address-response', result, address: result === 0 ? ipv4Text(payload, 8) : null };
  }
  const protocol = opcode === OPCODES.mapUdp ? 'udp' : 'tcp';
  const length = isResponse ? MAP_RESPONSE : MAP_REQUEST;
  if (payload.length < length) return lacks(length);
  // From the internal port on, requests and responses are alike (sections 3.3).
  const at = length - 8;
  const internalPort = uint16At(payload, at);
  const externalPort = uint16At(payload, at + 2);
  const lifetime = uint32At(payload, at + 4);
  if (isResponse) {
    return { kind: 'map-response', protocol, result: uint16At(payload, 2), internalPort, externalPort, lifetime };
  }
  if (internalPort === 0 && lifetime !== 0) return malformed('nat-pmp', 'internal port 0');
  return { kind: 'map-request', protocol, internalPort, externalPort, lifetime };
}

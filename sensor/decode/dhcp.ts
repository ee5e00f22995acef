// DHCPv4 (RFC 2131, RFC 2132) and plain BOOTP: what a client says of itself and what a server hands out. Text is
// returned as sent (hostile until cleaned); whether the message may be believed is for attribute to judge.
import { ipv4Text, macText, tooShort } from './bytes.ts';
import { octetAt, uint32At } from './octets.ts';
import { type Decoded, Failure, malformed } from './outcome.ts';
import type { Dhcp, IpAddress } from './packet.ts';
import { decodeText } from './text.ts';
import { decodeWireName } from './wire-name.ts';

/** BOOTP's fixed fields and the magic cookie: options begin here. */
const OPTIONS_START = 240;
const MAGIC_COOKIE = 0x63825363;
const HARDWARE_ETHERNET = 1;

/** The two fixed fields that option 52 turns into further option space. */
const SERVER_NAME = { start: 44, end: 108 } as const;
const BOOT_FILE = { start: 108, end: 236 } as const;

const OPTION = {
  pad: 0,
  subnetMask: 1,
  router: 3,
  dnsServer: 6,
  hostName: 12,
  requestedIp: 50,
  leaseTime: 51,
  overload: 52,
  messageType: 53,
  serverId: 54,
  parameterRequestList: 55,
  vendorClass: 60,
  clientId: 61,
  fqdn: 81,
  end: 255,
} as const;
const READ_OPTIONS: ReadonlySet<number> = new Set(Object.values(OPTION));

/** Bits of option 52: which fixed fields hold options as well. */
const OVERLOADS_FILE = 1;
const OVERLOADS_SERVER_NAME = 2;
/** Option 81's E bit: the name is in DNS wire format (RFC 4702, section 2.1). */
const FQDN_WIRE_FORMAT = 0x04;
const FQDN_HEADER = 3;

const MAX_ADDRESSES = 16;
/** RFC 3396 lets options join beyond 255 octets; nothing we read means more than that. */
const MAX_OPTION = 255;

/**
 * A DHCP message. `payloadLength`: its length on the wire (`Udp.payloadLength`), which tells a cut capture (truncated)
 * from a short message (malformed). An option of impossible length reads as absent, except the message type.
 */
export function decodeDhcp(payload: Buffer, payloadLength = payload.length): Decoded<Dhcp> {
  if (payload.length < OPTIONS_START) {
    return tooShort('dhcp', 'fixed fields', OPTIONS_START, payload.length, payloadLength);
  }
  const operation = octetAt(payload, 0);
  if (operation !== 1 && operation !== 2) return malformed('dhcp', 'operation');
  if (uint32At(payload, 236) !== MAGIC_COOKIE) return malformed('dhcp', 'magic cookie');
  const options = collectOptions(payload, payloadLength);
  if (options instanceof Failure) return options;
  const messageType = options.get(OPTION.messageType);
  if (messageType !== undefined && messageType.length !== 1) return malformed('dhcp', 'message type length');
  const isEthernet = octetAt(payload, 1) === HARDWARE_ETHERNET && octetAt(payload, 2) === 6;
  return {
    operation: operation === 1 ? 'request' : 'reply',
    messageType: messageType?.[0] ?? null,
    transactionId: uint32At(payload, 4),
    clientMac: isEthernet ? macText(payload, 28) : null,
    clientIp: specifiedAddress(payload, 12),
    yourIp: specifiedAddress(payload, 16),
    relayIp: specifiedAddress(payload, 24),
    requestedIp: addressOption(options.get(OPTION.requestedIp)),
    hostName: textOption(options.get(OPTION.hostName)),
    fqdn: fqdnOption(options.get(OPTION.fqdn)),
    vendorClass: textOption(options.get(OPTION.vendorClass)),
    clientId: options.get(OPTION.clientId)?.toString('hex') ?? null,
    parameterRequestList: [...(options.get(OPTION.parameterRequestList) ?? [])],
    subnetMask: addressOption(options.get(OPTION.subnetMask)),
    routers: addressList(options.get(OPTION.router)),
    dnsServers: addressList(options.get(OPTION.dnsServer)),
    serverId: addressOption(options.get(OPTION.serverId)),
    leaseTime: numberOption(options.get(OPTION.leaseTime)),
  };
}

/** All options by code, parts joined in the order options, file, sname (RFC 3396, section 5). */
function collectOptions(payload: Buffer, payloadLength: number): Decoded<Map<number, Buffer>> {
  const parts = new Map<number, Buffer[]>();
  const failure = readArea(payload, OPTIONS_START, payload.length, payloadLength, parts);
  if (failure !== null) return failure;
  const overload = parts.get(OPTION.overload)?.[0]?.[0] ?? 0;
  for (const [bit, area] of [
    [OVERLOADS_FILE, BOOT_FILE],
    [OVERLOADS_SERVER_NAME, SERVER_NAME],
  ] as const) {
    if ((overload & bit) === 0) continue;
    const areaFailure = readArea(payload, area.start, area.end, area.end, parts);
    if (areaFailure !== null) return areaFailure;
  }
  const options = new Map<number, Buffer>();
  for (const [code, [first, ...more]] of parts) {
    if (first === undefined) continue;
    const whole = more.length === 0 ? first : Buffer.concat([first, ...more]);
    options.set(code, whole.subarray(0, MAX_OPTION));
  }
  return options;
}

/** Adds the options between `start` and `end`; a missing end option is tolerated, an option beyond `end` is not. */
function readArea(
  payload: Buffer,
  start: number,
  end: number,
  wireEnd: number,
  parts: Map<number, Buffer[]>,
): Failure | null {
  let at = start;
  while (at < end) {
    const code = octetAt(payload, at);
    if (code === OPTION.end) return null;
    if (code === OPTION.pad) {
      at++;
      continue;
    }
    if (end < at + 2) return tooShort('dhcp', 'option length', at + 2, end, wireEnd);
    const next = at + 2 + octetAt(payload, at + 1);
    if (end < next) return tooShort('dhcp', 'option', next, end, wireEnd);
    if (READ_OPTIONS.has(code)) {
      const value = payload.subarray(at + 2, next);
      const known = parts.get(code);
      if (known === undefined) parts.set(code, [value]);
      else known.push(value);
    }
    at = next;
  }
  return null;
}

function specifiedAddress(payload: Buffer, offset: number): IpAddress | null {
  return uint32At(payload, offset) === 0 ? null : ipv4Text(payload, offset);
}

function addressOption(value: Buffer | undefined): IpAddress | null {
  return value?.length === 4 ? ipv4Text(value, 0) : null;
}

function addressList(value: Buffer | undefined): IpAddress[] {
  const addresses: IpAddress[] = [];
  if (value === undefined) return addresses;
  for (let at = 0; at + 4 <= value.length && addresses.length < MAX_ADDRESSES; at += 4) {
    addresses.push(ipv4Text(value, at));
  }
  return addresses;
}

function numberOption(value: Buffer | undefined): number | null {
  return value?.length === 4 ? uint32At(value, 0) : null;
}

function textOption(value: Buffer | undefined): string | null {
  return value === undefined ? null : decodeText(value) || null;
}

function fqdnOption(value: Buffer | undefined): string | null {
  if (value === undefined || value.length <= FQDN_HEADER) return null;
  const name = value.subarray(FQDN_HEADER);
  return (octetAt(value, 0) & FQDN_WIRE_FORMAT) !== 0 ? decodeWireName(name) : decodeText(name) || null;
}

// DHCPv6 (RFC 8415): the client's identifier and names, and the addresses and prefixes in the message. Relayed messages
// are opened one level. Text is returned as sent (hostile until cleaned).
import { ipv6Text, macText, tooShort } from './bytes.ts';
import { octetAt, uint16At, uint24At, uint32At } from './octets.ts';
import { type Decoded, Failure, malformed, unsupported } from './outcome.ts';
import type { Dhcpv6 } from './packet.ts';
import { decodeText } from './text.ts';
import { decodeWireName } from './wire-name.ts';

const MESSAGE_HEADER = 4;
const RELAY_HEADER = 34;
const OPTION_HEADER = 4;

const ADVERTISE = 2;
const REPLY = 7;
const RELAY_FORWARD = 12;
const RELAY_REPLY = 13;

const OPTION = {
  clientId: 1,
  iaNa: 3,
  iaTa: 4,
  iaAddress: 5,
  relayMessage: 9,
  vendorClass: 16,
  iaPd: 25,
  iaPrefix: 26,
  clientFqdn: 39,
} as const;

/** Fixed octets of an option before what it holds. */
const IA_FIXED = 12;
const IA_TA_FIXED = 4;
const IA_ADDRESS_FIXED = 24;
const IA_PREFIX_FIXED = 25;
const VENDOR_CLASS_FIXED = 6;

const DUID_LINK_LAYER_TIME = 1;
const DUID_LINK_LAYER = 3;
const HARDWARE_ETHERNET = 1;
/** RFC 8415, section 11.1: a DUID has at most 130 octets with its type. */
const MAX_DUID = 130;
const MAX_ADDRESSES = 64;

/** The octets of one message or option body: `end` is as captured, `wireEnd` as sent. */
interface Area {
  data: Buffer;
  at: number;
  end: number;
  wireEnd: number;
}

/** Takes an option: its code and where its value lies. A returned failure ends the walk. */
type OptionReader = (code: number, value: Area, record: Dhcpv6) => Failure | null;

/**
 * A DHCPv6 message; of a relayed one, the message inside. `payloadLength`: its length on the wire
 * (`Udp.payloadLength`). Addresses and prefixes that a server takes back (valid lifetime 0) are left out.
 */
export function decodeDhcpv6(payload: Buffer, payloadLength = payload.length): Decoded<Dhcpv6> {
  const outer: Area = { data: payload, at: 0, end: payload.length, wireEnd: payloadLength };
  if (!isRelay(payload[0])) return decodeMessage(outer);
  if (payload.length < RELAY_HEADER) {
    return tooShort('dhcpv6', 'relay header', RELAY_HEADER, payload.length, payloadLength);
  }
  let inner: Area | undefined;
  const failure = walkOptions({ ...outer, at: RELAY_HEADER }, (code, value) => {
    if (code === OPTION.relayMessage) inner ??= value;
    return null;
  });
  if (inner === undefined) return failure ?? malformed('dhcpv6', 'relay without a message');
  if (isRelay(payload[inner.at])) return unsupported('dhcpv6', 'relayed more than once');
  return decodeMessage(inner);
}

function isRelay(messageType: number | undefined): boolean {
  return messageType === RELAY_FORWARD || messageType === RELAY_REPLY;
}

function decodeMessage(message: Area): Decoded<Dhcpv6> {
  const { data, at, end, wireEnd } = message;
  if (end - at < MESSAGE_HEADER) return tooShort('dhcpv6', 'header', MESSAGE_HEADER, end - at, wireEnd - at);
  const record: Dhcpv6 = {
    messageType: octetAt(data, at),
    transactionId: uint24At(data, at + 1),
    clientId: null,
    clientMac: null,
    fqdn: null,
    vendorClass: null,
    addresses: [],
    delegatedPrefixes: [],
  };
  const area: Area = { data, at: at + MESSAGE_HEADER, end, wireEnd };
  return walkOptions(area, (code, value) => readMessageOption(code, value, record)) ?? record;
}

/** Calls `read` for each option; null when all were read. */
function walkOptions(area: Area, read: (code: number, value: Area) => Failure | null): Failure | null {
  const { data, end, wireEnd } = area;
  let at = area.at;
  while (at < wireEnd) {
    if (end < at + OPTION_HEADER) return tooShort('dhcpv6', 'option header', at + OPTION_HEADER, end, wireEnd);
    const next = at + OPTION_HEADER + uint16At(data, at + 2);
    if (end < next) return tooShort('dhcpv6', 'option', next, end, wireEnd);
    const failure = read(uint16At(data, at), { data, at: at + OPTION_HEADER, end: next, wireEnd: next });
    if (failure !== null) return failure;
    at = next;
  }
  return null;
}

const readMessageOption: OptionReader = (code, value, record) => {
  const { data, at, end } = value;
  switch (code) {
    case OPTION.clientId:
      readDuid(data.subarray(at, Math.min(end, at + MAX_DUID)), record);
      return null;
    case OPTION.iaNa:
    case OPTION.iaPd:
      return readAssociation(value, IA_FIXED, record);
    case OPTION.iaTa:
      return readAssociation(value, IA_TA_FIXED, record);
    case OPTION.vendorClass:
      record.vendorClass ??= readVendorClass(data.subarray(at, end));
      return null;
    case OPTION.clientFqdn:
      record.fqdn ??= decodeWireName(data.subarray(at + 1, end));
      return null;
    default:
      return null;
  }
};

/** RFC 8415, section 11: the identifier as it is, and the MAC it was made from if it tells. */
function readDuid(duid: Buffer, record: Dhcpv6): void {
  if (record.clientId !== null || duid.length === 0) return;
  record.clientId = duid.toString('hex');
  if (duid.length < 4 || uint16At(duid, 2) !== HARDWARE_ETHERNET) return;
  const type = uint16At(duid, 0);
  if (type === DUID_LINK_LAYER_TIME && duid.length === 14) record.clientMac = macText(duid, 8);
  else if (type === DUID_LINK_LAYER && duid.length === 10) record.clientMac = macText(duid, 4);
}

/** The first class datum behind the enterprise number (RFC 8415, section 21.16). */
function readVendorClass(value: Buffer): string | null {
  if (value.length < VENDOR_CLASS_FIXED) return null;
  const end = VENDOR_CLASS_FIXED + uint16At(value, 4);
  return end > value.length ? null : decodeText(value.subarray(VENDOR_CLASS_FIXED, end)) || null;
}

function readAssociation(value: Area, fixed: number, record: Dhcpv6): Failure | null {
  const length = value.end - value.at;
  if (length < fixed) return new Failure('malformed', 'dhcpv6', 'identity association', fixed, length);
  return walkOptions({ ...value, at: value.at + fixed }, (code, inner) => readLease(code, inner, record));
}

const readLease: OptionReader = (code, { data, at, end }, record) => {
  const fromServer = record.messageType === ADVERTISE || record.messageType === REPLY;
  if (code === OPTION.iaAddress) {
    if (end - at < IA_ADDRESS_FIXED) return new Failure('malformed', 'dhcpv6', 'address', IA_ADDRESS_FIXED, end - at);
    const isTakenBack = fromServer && uint32At(data, at + 20) === 0;
    if (!isTakenBack && record.addresses.length < MAX_ADDRESSES) record.addresses.push(ipv6Text(data, at));
  } else if (code === OPTION.iaPrefix) {
    if (end - at < IA_PREFIX_FIXED) return new Failure('malformed', 'dhcpv6', 'prefix', IA_PREFIX_FIXED, end - at);
    const length = octetAt(data, at + 8);
    if (length > 128) return malformed('dhcpv6', 'prefix length over 128');
    const isTakenBack = fromServer && uint32At(data, at + 4) === 0;
    if (!isTakenBack && record.delegatedPrefixes.length < MAX_ADDRESSES) {
      record.delegatedPrefixes.push({ prefix: ipv6Text(data, at + 9), length });
    }
  }
  return null;
};

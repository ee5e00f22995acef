// What a device says of itself over multicast DNS (RFC 6762) and DNS-SD (RFC 6763). Queries tell nothing about their sender's
// name, and known answers inside them are other devices' records, so only responses are read.
import { type DnsRecord, decodeDns } from './dns.ts';
import { unescapeLabel } from './host-text.ts';
import { type Decoded, Failure, unsupported } from './outcome.ts';
import { decodeText } from './text.ts';

/** Lists hold at most 32 entries, in the order found. Texts marked raw are hostile until cleaned. */
export interface MdnsAnnouncement {
  /** Service types such as `_hap._tcp`, lower case. */
  readonly serviceTypes: string[];
  readonly instances: { type: string /** Raw, case kept: what a person named the device. */; name: string }[];
  /** Host names that the records claim, `kitchen.local`, with the addresses given for them. */
  readonly hosts: { name: string; addresses: string[] }[];
  /** Raw TXT values by what their key says; `type` is the service type or null. */
  readonly attributes: { kind: AttributeKind; key: string; value: string; type: string | null }[];
}

export type AttributeKind = 'model' | 'name' | 'firmware' | 'id';

const MAX_ENTRIES = 32;
const MAX_VALUE = 128;

/**
 * TXT keys (compared without case) that carry a model, a friendly name or a firmware version: `md`, `ty`, `usb_mdl`, `product`
 * from casting devices, HomeKit accessories and printers, `am` and `model` from AirPlay and `_device-info`. And those that
 * carry an identifier which stays: `deviceid` and `pi` from AirPlay, `id` from casting devices and HomeKit accessories, serial
 * numbers. Apple's rotating ones (`rpBA`, `rpHI`, …) are none.
 */
const ATTRIBUTE_KEYS = new Map<string, AttributeKind>([
  ...['md', 'model', 'modelname', 'ty', 'am', 'usb_mdl', 'product', 'modelid'].map((key): [string, AttributeKind] => [
    key,
    'model',
  ]),
  ...['fn', 'n', 'friendlyname'].map((key): [string, AttributeKind] => [key, 'name']),
  ...['fv', 'fw', 'fw_version', 'fwversion', 'firmware', 'srcvers', 'osvers', 'swversion'].map(
    (key): [string, AttributeKind] => [key, 'firmware'],
  ),
  ...['deviceid', 'id', 'pi', 'uuid', 'serialnumber', 'serial', 'sn', 'bridgeid', 'mac'].map(
    (key): [string, AttributeKind] => [key, 'id'],
  ),
]);

/** Reads one mDNS response; `unsupported` for a query. A response cut short gives what stands before the cut. */
export function decodeMdns(payload: Buffer): Decoded<MdnsAnnouncement> {
  const message = decodeDns(payload, { layer: 'mdns', keepCase: true });
  if (message instanceof Failure) return message;
  if (!message.response || message.opcode !== 0) return unsupported('mdns', 'not a response');
  const types = new Set<string>();
  const instances = new Map<string, { type: string; name: string }>();
  const hosts = new Map<string, Set<string>>();
  const attributes: MdnsAnnouncement['attributes'] = [];

  const noteInstance = (fullName: string): string | null => {
    const service = splitInstance(fullName);
    if (service === null) return null;
    addBounded(types, service.type);
    if (service.name !== null && instances.size < MAX_ENTRIES) {
      instances.set(fullName.toLowerCase(), { type: service.type, name: service.name });
    }
    return service.type;
  };
  const noteHost = (name: string, address: string | null): void => {
    const host = name.toLowerCase();
    if (host === '' || isReverse(host) || (!hosts.has(host) && hosts.size >= MAX_ENTRIES)) return;
    const addresses = hosts.get(host) ?? new Set<string>();
    hosts.set(host, addresses);
    if (address !== null) addBounded(addresses, address);
  };

  for (const record of [...message.answers, ...message.additionals])
    readRecord(record, noteInstance, noteHost, attributes);
  return {
    serviceTypes: [...types],
    instances: [...instances.values()],
    hosts: [...hosts].map(([name, addresses]) => ({ name, addresses: [...addresses] })),
    attributes,
  };
}

function readRecord(
  record: DnsRecord,
  noteInstance: (name: string) => string | null,
  noteHost: (name: string, address: string | null) => void,
  attributes: MdnsAnnouncement['attributes'],
): void {
  // RFC 6762, section 10.1: a TTL of zero says goodbye.
  if (record.ttl === 0) return;
  if (record.type === 'A' || record.type === 'AAAA') noteHost(record.name, record.data);
  else if (record.type === 'PTR' && isReverse(record.name.toLowerCase())) noteHost(record.data, null);
  else if (record.type === 'PTR') noteInstance(record.data);
  else if (record.type === 'SRV') {
    noteInstance(record.name);
    noteHost(record.data.target, null);
  } else if (record.type === 'TXT') {
    const type = noteInstance(record.name);
    for (const text of record.data) {
      const attribute = splitAttribute(text);
      if (attribute !== null && attributes.length < MAX_ENTRIES) attributes.push({ ...attribute, type });
    }
  }
}

/** `Kitchen._hap._tcp.local` as its parts (RFC 6763, section 4.1); a bare service type has no name. */
function splitInstance(fullName: string): { name: string | null; type: string } | null {
  const labels = fullName.split('.');
  const at = labels.findIndex((label, i) => label.startsWith('_') && /^_(?:tcp|udp)$/i.test(labels[i + 1] ?? ''));
  if (at < 0 || at > 1) return null;
  const type = `${labels[at]}.${labels[at + 1]}`.toLowerCase();
  return { name: at === 0 ? null : unescapeLabel(labels[0] ?? ''), type };
}

function splitAttribute(text: string): { kind: AttributeKind; key: string; value: string } | null {
  const equals = text.indexOf('=');
  if (equals < 1 || equals === text.length - 1) return null;
  const key = text.slice(0, equals).toLowerCase();
  const kind = ATTRIBUTE_KEYS.get(key);
  if (kind === undefined) return null;
  return { kind, key, value: decodeText(Buffer.from(text.slice(equals + 1), 'latin1')).slice(0, MAX_VALUE) };
}

function isReverse(name: string): boolean {
  return name.endsWith('.arpa');
}

function addBounded(set: Set<string>, value: string): void {
  if (set.size < MAX_ENTRIES) set.add(value);
}

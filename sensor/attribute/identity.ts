// What a device says of itself, cleaned and bounded: names, models, services, software versions. Nothing is believed here;
// it is kept with its source so that the page can say where a name comes from.
import type { MdnsAnnouncement } from '../decode/mdns.ts';
import type { Dhcp, IpAddress, Mac } from '../decode/packet.ts';
import { productVersions } from '../decode/product-version.ts';
import type { SsdpMessage } from '../decode/ssdp.ts';
import { cleanText } from '../decode/text.ts';
import { type Device, type FirmwareVersion, type HostNameSource, INSTANCE_ID, LIMITS } from './device.ts';
import type { DeviceTable } from './device-table.ts';
import { addTimeline } from './timeline.ts';

/** Which announcement names a device best: the one it gives the router, then the ones for people. */
const NAME_ORDER: readonly HostNameSource[] = ['dhcp', 'dhcpv6', 'mdns', 'nbns', 'llmnr', 'ssdp'];
/** MACs behind one sender before it is called shared: an extender answers for its own and for others. */
const SHARED_FROM = 2;
/** Shorter values count something or are a version. */
const SHORTEST_ID = 6;

export class IdentityBook {
  readonly #devices: DeviceTable;
  /** By a sender's MAC, the other clients whose DHCP messages it forwards, as many as matter. */
  readonly #spokenFor = new WeakMap<Device, Set<Mac>>();

  constructor(devices: DeviceTable) {
    this.#devices = devices;
  }

  hostName(device: Device, text: string, from: HostNameSource, time: number): void {
    const name = cleanText(text);
    if (name === '') return;
    this.#devices.keep(device);
    const known = device.hostnames.find((host) => host.name === name && host.from === from);
    if (known !== undefined) known.lastSeen = Math.max(known.lastSeen, time);
    else {
      device.hostnames.push({ name, from, firstSeen: time, lastSeen: time });
      if (device.hostnames.length > LIMITS.hostnames) device.hostnames.shift();
      this.#devices.renamed(device);
    }
  }

  /** A client's own DHCP message (RFC 2132, RFC 4702). */
  dhcp(device: Device, message: Dhcp, time: number): void {
    if (message.hostName !== null) this.hostName(device, message.hostName, 'dhcp', time);
    if (message.fqdn !== null) this.hostName(device, message.fqdn, 'dhcp', time);
    const { identity } = device;
    if (message.parameterRequestList.length > 0) identity.dhcpFingerprint = message.parameterRequestList.join(',');
    if (message.vendorClass !== null) identity.dhcpVendorClass = cleanText(message.vendorClass);
    if (message.clientId !== null) identity.dhcpClientId = message.clientId.slice(0, 128);
  }

  /** `relay` forwards the DHCP of a client with another MAC. */
  speaksFor(relay: Device, client: Mac): void {
    let clients = this.#spokenFor.get(relay);
    if (clients === undefined) {
      clients = new Set();
      this.#spokenFor.set(relay, clients);
    }
    if (clients.size < SHARED_FROM) clients.add(client);
    if (clients.size >= SHARED_FROM && relay.role === 'device') relay.sharedMac = true;
  }

  /** `from`: the address it was sent from. */
  mdns(device: Device, message: MdnsAnnouncement, from: IpAddress | null, time: number): void {
    const addresses = new Set([from, ...device.leases.map((lease) => lease.ip)]);
    let isOwn = message.hosts.length > 0 && !isOfGroup(message);
    for (const host of message.hosts) {
      // A responder may carry records of others (a sleep proxy, a reflector); its own host name goes with an address it holds.
      const alone = message.hosts.length === 1 && host.addresses.length === 0;
      if (alone || host.addresses.some((ip) => addresses.has(ip))) {
        this.hostName(device, host.name.replace(/\.local$/, ''), 'mdns', time);
      } else isOwn = false;
    }
    // What comes with another's host name may be another's.
    if (isOwn) noteInstances(device, message);
    for (const type of message.serviceTypes) addBounded(device.identity.mdnsServices, cleanText(type));
    for (const { kind, key, value } of message.attributes) {
      if (kind === 'firmware') this.version(device, `${key} ${cleanText(value, 64)}`, 'mdns', time);
      else if (kind === 'id') {
        if (isOwn && value.length >= SHORTEST_ID) addBounded(device.identity.mdnsIds, cleanText(`${key}=${value}`));
      } else addBounded(device.identity.mdnsModels, cleanText(`${key}=${value}`));
    }
  }

  /** A DHCPv6 client's own identifier, as hex. */
  duid(device: Device, duid: string): void {
    device.identity.duid = duid;
  }

  ssdp(device: Device, message: SsdpMessage, time: number): void {
    if (message.kind === 'search') return;
    if (message.server !== null) {
      device.identity.ssdpServer = cleanText(message.server);
      this.#products(device, message.server, 'ssdp', time);
    }
    if (message.deviceType !== null) addBounded(device.identity.ssdpTypes, message.deviceType);
  }

  userAgent(device: Device, text: string, time: number): void {
    device.identity.userAgent = cleanText(text);
    this.#products(device, text, 'http', time);
  }

  /** An announced software version. The first is noted, a later different one of the same product is a change. */
  version(device: Device, text: string, from: FirmwareVersion['from'], time: number): void {
    const known = device.firmware.find((entry) => entry.version === text && entry.from === from);
    if (known !== undefined) {
      known.lastSeen = Math.max(known.lastSeen, time);
      return;
    }
    const product = text.split(' ')[0];
    const before = device.firmware.findLast((entry) => entry.from === from && entry.version.split(' ')[0] === product);
    device.firmware.push({ version: text, from, firstSeen: time, lastSeen: time });
    if (device.firmware.length > LIMITS.firmware) device.firmware.shift();
    if (before === undefined) return;
    addTimeline(device, {
      time,
      kind: 'firmware_change',
      name: null,
      nameFrom: null,
      ip: null,
      role: null,
      detail: { from: before.version, to: text, source: from },
    });
  }

  #products(device: Device, text: string, from: 'ssdp' | 'http', time: number): void {
    for (const { product, version } of productVersions(text)) this.version(device, `${product} ${version}`, from, time);
  }
}

/** The name that a device announces itself by, and where; null where it announces none. */
export function announcedName(device: Device): { name: string; from: HostNameSource } | null {
  for (const source of NAME_ORDER) {
    const host = device.hostnames.findLast((candidate) => candidate.from === source);
    if (host !== undefined) return { name: host.name, from: source };
  }
  return null;
}

/** Whether its name is surely its own, and not one of those behind its MAC: a person's word, or what it told the DHCP server. */
export function bearsOwnName({ hostnames, label }: Device): boolean {
  return label !== null || hostnames.some(({ from }) => from === 'dhcp');
}

/** The newest name of each kind, the best first, none twice. */
export function announcedNames(device: Device): string[] {
  const names = NAME_ORDER.flatMap((source) => device.hostnames.findLast(({ from }) => from === source)?.name ?? []);
  return [...new Set(names)];
}

/**
 * What a device is called: the user's label, else the best announced name. `chain` is `DeviceTable.sameThing` of it: a label
 * that the user gave an older address of the same thing counts as well. For people there is `displayName`.
 */
export function deviceName(
  device: Device,
  chain: readonly Device[] = [],
): { name: string | null; from: HostNameSource | 'user' | null } {
  for (const { label } of [device, ...chain]) if (label !== null) return { name: label, from: 'user' };
  return announcedName(device) ?? { name: null, from: null };
}

/** A group of casting devices has an identifier of its own, which whoever leads the group announces. */
function isOfGroup({ attributes }: MdnsAnnouncement): boolean {
  return attributes.some(({ key, value }) => key === 'md' && value === 'Google Cast Group');
}

/** Two services of a device mostly bear the same name: what a person called it. */
function noteInstances(device: Device, { instances }: MdnsAnnouncement): void {
  for (const { name } of instances) {
    const cleaned = cleanText(name, 64);
    if (cleaned !== '') addBounded(device.identity.mdnsIds, `${INSTANCE_ID}${cleaned}`);
  }
}

function addBounded(list: string[], value: string): void {
  if (value === '' || list.includes(value)) return;
  list.push(value);
  if (list.length > LIMITS.identityList) list.shift();
}

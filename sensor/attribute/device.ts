// What the sensor remembers of one device: plain data, bounded, the one source of the report, the page and MQTT.
// attribute/ fills it, detect/ judges by it, record/ keeps it on disk. Nothing here acts.
import type { IpAddress, Mac } from '../decode/packet.ts';
import { ACTIVITY_HOURS, Activity } from './activity.ts';

export type Role = 'device' | 'gateway' | 'sensor';

/** Where a device's own name was announced. */
export type HostNameSource = 'dhcp' | 'dhcpv6' | 'mdns' | 'llmnr' | 'nbns' | 'ssdp';

/** Where the name of a destination comes from. */
export type NameSource = 'dns' | 'dns-other' | 'sni' | 'quic' | 'http';

export interface HostName {
  /** Cleaned: printable, at most 255 characters. */
  name: string;
  from: HostNameSource;
  firstSeen: number;
  lastSeen: number;
}

/** One address held over one interval of packet time (milliseconds). Address ownership is never a point in time. */
export interface Lease {
  ip: IpAddress;
  from: number;
  to: number;
  source: 'arp' | 'dhcp' | 'dhcpv6' | 'ndp' | 'on-link';
}

/** Attempts by what became of them, and what servers accepted on plain connections. */
export interface MailCounts {
  attempts: number;
  connected: number;
  refused: number;
  unanswered: number;
  messages: number;
  recipients: number;
}

export function noMailCounts(): MailCounts {
  return { attempts: 0, connected: 0, refused: 0, unanswered: 0, messages: 0, recipients: 0 };
}

export interface MailDestination extends MailCounts {
  /** Of a host that a proxy was asked for by name: what DNS said of the name, else the proxy's own address. */
  ip: IpAddress;
  port: number;
  name: string | null;
  /** `proxy`: the device asked a proxy for it by this name. */
  nameFrom: NameSource | 'proxy' | null;
  firstSeen: number;
  lastSeen: number;
}

/** Exact totals, and the destinations behind them as far as the bound allows. */
export interface MailTally extends MailCounts {
  /** Keyed by `mailDestinationKey`; at most LIMITS.mailDestinations, the oldest give way. */
  destinations: Map<string, MailDestination>;
  /** Destinations that gave way. */
  forgottenDestinations: number;
}

export type BackendRole = 'update' | 'telemetry' | 'cloud' | 'store' | 'time' | 'unknown';

export type RoleSource = 'note' | 'store-list' | 'host-label';

/**
 * One backend of one device: a registrable domain, or the address where nothing named it. The update servers and the store
 * of a domain are entries of their own, told apart from the rest of it by role.
 */
export interface Backend {
  name: string;
  role: BackendRole;
  /** `note`: a firmware note says so; `store-list`: detect/stores.ts; `host-label`: our own documented rules; null with role unknown. */
  roleFrom: RoleSource | null;
  /** Slug of the firmware note that knows it. */
  note: string | null;
  /** At most LIMITS.backendHosts. */
  hosts: string[];
  nameFrom: NameSource[];
  /** Proxies it was reached through, `198.51.100.10:1080`; at most LIMITS.backendProxies. */
  through: string[];
  /** A hello used Encrypted Client Hello: the name is the public, outer one, the real one is hidden. */
  outerName: boolean;
  /** Infrastructure that many unrelated services share (a CDN, a cloud): it identifies nobody. */
  shared: boolean;
  connections: number;
  /** Bytes the device sent and received, from sequence numbers; lower bounds. */
  bytesUp: number;
  bytesDown: number;
  firstSeen: number;
  lastSeen: number;
  /** Days since 1970 with a contact, newest last, at most 31: the activity strip. */
  days: number[];
}

export type TimelineKind =
  | 'backend_new'
  | 'firmware_download'
  | 'firmware_change'
  | 'inbound_connection'
  | 'remote_login'
  | 'port_mapped'
  | 'store_download'
  | 'mail_lookup'
  | 'mail_resumed';

/** Something worth telling when a device turns bad: the entries of "what happened before". */
export interface TimelineEntry {
  time: number;
  kind: TimelineKind;
  /** Host or backend concerned. */
  name: string | null;
  nameFrom: NameSource | null;
  /** Address at the other end, where there is one. */
  ip: IpAddress | null;
  role: BackendRole | null;
  /** Bytes down, duration in ms, versions: what the kind calls for. */
  detail: Record<string, string | number | null>;
}

/** `repeater`: it hands on what belongs to the same network; `router`: its clients have a network of their own. */
export type CarrierKind = 'repeater' | 'router';

/** How a device's frames get here, see carriers.ts. */
export interface Path {
  /** When its own MAC was last seen on a frame; null for a client that is known by DHCP alone. */
  directAt: number | null;
  /** Whose MAC its frames bear: a repeater's, or a router's between; null where they bear its own. */
  behind: Mac | null;
  /** What that is. */
  kind: CarrierKind;
  /** The address it was given there, and until when (null: nobody said) it holds. */
  ip: IpAddress | null;
  until: number | null;
  /** MACs that have carried it, newest last; at most LIMITS.carriers. */
  carriers: Mac[];
}

export interface FirmwareVersion {
  version: string;
  from: 'ssdp' | 'http' | 'mdns';
  firstSeen: number;
  lastSeen: number;
}

/** Before the name of an instance in `Identity.mdnsIds`. */
export const INSTANCE_ID = 'instance=';

/** What a device says of itself, kept for matching firmware notes. All text is cleaned; all lists are bounded. */
export interface Identity {
  /** Option 55 as `1,3,6,…`. */
  dhcpFingerprint: string | null;
  dhcpVendorClass: string | null;
  dhcpClientId: string | null;
  /** DHCPv6's identifier of the client, the same on each of its interfaces (RFC 8415, section 11), as hex. */
  duid: string | null;
  mdnsServices: string[];
  /** Model keys from mDNS TXT records (`md`, `model`, `ty`, …) as `key=value`. */
  mdnsModels: string[];
  /** Identifiers from mDNS TXT records (`deviceid`, `serialnumber`, …) as `key=value`, and names of instances as `instance=…`. */
  mdnsIds: string[];
  ssdpServer: string | null;
  ssdpTypes: string[];
  userAgent: string | null;
}

/** What tells the mail destinations of one device apart: hosts behind one proxy share its address, their names tell them. */
export function mailDestinationKey({
  ip,
  name,
  nameFrom,
  port,
}: Pick<MailDestination, 'ip' | 'port' | 'name' | 'nameFrom'>): string {
  return `${nameFrom === 'proxy' ? name : ip} ${port}`;
}

/** What tells the backends of one device apart. */
export function backendKey({ name, role }: { name: string; role: BackendRole }): string {
  return role === 'update' || role === 'store' ? `${name} ${role}` : name;
}

export interface Device {
  mac: Mac;
  role: Role;
  firstSeen: number;
  lastSeen: number;
  /** The user's own name for it; wins over every announced one. */
  label: string | null;
  /** A person said that this address and that older one are the same thing: its label and expectations count here too. */
  sameAs: Mac | null;
  /** A person said that nothing of it leaves the home. That counts for every address of the same thing: private-things.ts. */
  isPrivate: boolean;
  /** Only link-layer broadcast or multicast was ever seen from it: its unicast traffic does not cross the mirror. */
  broadcastOnly: boolean;
  /** Several devices speak behind this MAC (an extender, proxy ARP, a router inside). */
  sharedMac: boolean;
  path: Path;
  hostnames: HostName[];
  leases: Lease[];
  identity: Identity;
  firmware: FirmwareVersion[];
  mail: MailTally;
  lookups: { mx: number; dnsbl: number };
  /** Keyed by `backendKey`; at most LIMITS.backends. */
  backends: Map<string, Backend>;
  /** Oldest first; at most LIMITS.timeline and 30 days back from lastSeen. */
  timeline: TimelineEntry[];
  /** Outbound connections to the Internet, all ports. */
  connections: number;
  /** Connections and mail attempts by hour, at most LIMITS.activityHours: the charts. */
  activity: Activity;
}

/** Every table the network can fill has its bound here; the reason stands beside it. */
export const LIMITS = {
  /** Homes have tens, the largest a few hundred; a MAC flood must not grow memory. */
  devices: 2048,
  /** IPv6 privacy addresses rotate daily; 64 must fit, the oldest closed lease gives way. */
  leases: 96,
  hostnames: 16,
  mailDestinations: 512,
  backends: 256,
  backendHosts: 32,
  backendProxies: 4,
  timeline: 256,
  firmware: 32,
  identityList: 32,
  activityHours: ACTIVITY_HOURS,
  carriers: 4,
} as const;

export function newDevice(mac: Mac, time: number): Device {
  return {
    mac,
    role: 'device',
    firstSeen: time,
    lastSeen: time,
    label: null,
    sameAs: null,
    isPrivate: false,
    broadcastOnly: true,
    sharedMac: false,
    path: { directAt: null, behind: null, kind: 'repeater', ip: null, until: null, carriers: [] },
    hostnames: [],
    leases: [],
    identity: {
      dhcpFingerprint: null,
      dhcpVendorClass: null,
      dhcpClientId: null,
      duid: null,
      mdnsServices: [],
      mdnsModels: [],
      mdnsIds: [],
      ssdpServer: null,
      ssdpTypes: [],
      userAgent: null,
    },
    firmware: [],
    mail: {
      ...noMailCounts(),
      destinations: new Map(),
      forgottenDestinations: 0,
    },
    lookups: { mx: 0, dnsbl: 0 },
    backends: new Map(),
    timeline: [],
    connections: 0,
    activity: new Activity(),
  };
}

/** A locally administered address (IEEE 802, bit 1 of the first octet): random, rotating or virtual. */
export function isLocallyAdministered(mac: Mac): boolean {
  return (Number.parseInt(mac.slice(0, 2), 16) & 0x02) !== 0;
}

/** What it does or says of itself shows that it is a thing of its own. */
export function hasCharacter({ backends, hostnames, leases, role }: Device): boolean {
  const isUsed = role !== 'device' || backends.size > 0 || hostnames.length > 0;
  return isUsed || leases.some(({ source }) => source === 'dhcp');
}

/** Addresses that one thing may have had, one after the other, by a person's word. */
export const LONGEST_CHAIN = 16;

/** The device and the older addresses of the same thing (`sameAs`), newest first. */
export function chainOf(device: Device, deviceOf: (mac: Mac) => Device | undefined): Device[] {
  const chain = [device];
  for (let next = device.sameAs; next !== null && chain.length < LONGEST_CHAIN; ) {
    const older = deviceOf(next);
    if (older === undefined || chain.includes(older)) break;
    chain.push(older);
    next = older.sameAs;
  }
  return chain;
}

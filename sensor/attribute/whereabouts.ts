// Whose an address is that a MAC sends from, where carriers.ts knows no client for it: the device's own, or somebody's behind it
// who has no MAC here. The name of a device belongs to its own address, never to what else its MAC sends from.
//
// | what is seen | so the address is |
// |---|---|
// | DHCP gave it to this very MAC, or it is the only IPv4 address in use | the device's own |
// | it lies off the cable's networks, and nobody claims it by ARP | somebody's behind a router |
// | two other IPv4 addresses are in use at the same MAC as well | somebody's behind it: aliases of one device are rarely three |
// | one other is in use, and packets come one hop old or the MAC hands on the DHCP of others | somebody's behind it |
// | one other is in use, or it is another device's by all that was seen | the device's (an alias) or somebody's: both are said |
// | the device's own, but packets come one hop old | the device's or that of somebody behind its address translation: both are said |
// | an IPv6 address: devices have many | the device's own, unless packets come one hop old or its MAC carries others |
//
// "In use" beside an address: seen within the day since that address came into use, or within ten minutes; or what DHCP gave last. A device
// that changes its address leaves the old one behind. Packets begin with a TTL of 64, 128 or 255: one to three less were routed.
import type { IpAddress, Mac } from '../decode/packet.ts';
import type { CarrierKind, Device, Lease } from './device.ts';
import type { DeviceTable } from './device-table.ts';
import type { GatewayFinder } from './gateway.ts';
import type { Home } from './home.ts';
import { hopsBehind } from './hop-limit.ts';
import { networkOf } from './lease-book.ts';
import { macIn } from './mac-address.ts';

/** An address that was seen so long ago (ms) is still in use. */
const RECENT = 10 * 60_000;
/** An address that came into use earlier is judged by what was in use within this time (ms). */
const DAY = 24 * 60 * 60_000;
/** Routers between, in a home. */
const HOPS = 3;

/** Where a device is, if its frames do not bear its own MAC alone. */
export interface Place {
  /** On its frames. */
  mac: Mac;
  /** Null where it is not known what hands them on. */
  kind: CarrierKind | null;
  /**
   * `client`: the device is known beyond that MAC. `address`: only its address is, and the MAC's device is another. `perhaps`: it is
   * the MAC's device or somebody behind it.
   */
  who: 'client' | 'address' | 'perhaps';
  /** What this address does stands apart from what the MAC's others do. */
  apart: boolean;
}

export interface WhereaboutsParts {
  devices: DeviceTable;
  gateways: GatewayFinder;
  home: Home;
}

/** Where `device` is as one that sends from `ip`, with packets of this TTL or hop limit (null: unknown). Null: just there. */
export function placeOf(
  parts: WhereaboutsParts,
  device: Device,
  ip: IpAddress,
  hopLimit: number | null,
  time: number,
): Place | null {
  const { devices } = parts;
  const { mac, path } = device;
  if (path.behind !== null) return { mac: path.behind, kind: path.kind, who: 'client', apart: false };
  const place = ip.includes(':')
    ? placeOf6(parts, device, ip, isRouted(hopLimit))
    : placeOf4(parts, device, ip, isRouted(hopLimit), time);
  if (place === null || !place.apart) return place;
  // What was sure once is not doubted because the others are silent by now.
  const isSure = place.who === 'address' || devices.carriers.hasAddress(mac, ip);
  if (isSure && device.role === 'device') device.sharedMac = true;
  // Source addresses can be made up: what are too many for one home are told as the MAC's own doing.
  if (!devices.carriers.noteAddress(mac, ip, isSure)) return { ...place, who: 'perhaps', apart: false };
  return isSure ? { ...place, who: 'address' } : place;
}

function placeOf4(parts: WhereaboutsParts, device: Device, ip: IpAddress, routed: boolean, time: number): Place | null {
  const { mac, sharedMac } = device;
  const place = (kind: Place['kind'], who: Place['who'], apart = who === 'address'): Place => ({
    mac,
    kind,
    who,
    apart,
  });
  const lease = device.leases.findLast((one) => one.ip === ip);
  const isClaimed = lease !== undefined && lease.source !== 'on-link';
  const isOff = !isClaimed && isBeyond(parts, device, ip);
  if (device.role === 'gateway') return isOff && hasOwn(device) ? place('router', 'address') : null;
  if (ownOf(device)?.ip === ip) return routed ? place('router', 'perhaps') : null;
  const others = inUseBeside(device, ip, lease, time);
  const isRouter = !isClaimed && (isOff || routed);
  const kind = isRouter ? 'router' : sharedMac && parts.devices.carriers.hasClients(mac) ? 'repeater' : null;
  if (isOff && (others > 0 || routed || hasOwn(device) || parts.home.isOnLink(ip) === false))
    return place(kind, 'address');
  if (others >= 2 || (others === 1 && (routed || sharedMac))) return place(kind, 'address');
  if (others === 1 || isOfAnother(parts, device, ip, time)) return place(null, 'perhaps', true);
  if (routed) return place('router', 'perhaps');
  return sharedMac ? place(kind, 'perhaps') : null;
}

function placeOf6({ devices }: WhereaboutsParts, device: Device, ip: IpAddress, routed: boolean): Place | null {
  const { mac, role, sharedMac } = device;
  if (role === 'gateway' || macIn(ip) === mac) return null;
  const isClaimed = device.leases.some((lease) => lease.ip === ip && lease.source !== 'on-link');
  const isRepeater = sharedMac && devices.carriers.hasClients(mac);
  if (routed && sharedMac && !isClaimed) return { mac, kind: 'router', who: 'address', apart: true };
  if (routed) return { mac, kind: 'router', who: 'perhaps', apart: false };
  if (!sharedMac || (isClaimed && !isRepeater)) return null;
  return { mac, kind: isRepeater ? 'repeater' : null, who: 'perhaps', apart: true };
}

/** The address that DHCP gave to this MAC last. */
function ownOf({ leases }: Device): Lease | undefined {
  return leases.findLast(({ ip, source }) => source === 'dhcp' && !ip.includes(':'));
}

function hasOwn({ leases }: Device): boolean {
  return leases.some(({ ip, source }) => source !== 'on-link' && !ip.includes(':'));
}

/** Other IPv4 addresses that this MAC uses while it uses `ip`. */
function inUseBeside(device: Device, ip: IpAddress, lease: Lease | undefined, time: number): number {
  const own = ownOf(device)?.ip;
  const since = Math.max(Math.min(lease?.from ?? time, time - RECENT), time - DAY);
  const inUse = new Set<IpAddress>();
  for (const other of device.leases) {
    if (other.ip === ip || other.ip.includes(':') || other.ip.startsWith('169.254.')) continue;
    // DHCP gives a client one address: with the next it lets go of the one before.
    if (other.ip === own || (other.source !== 'dhcp' && other.to >= since)) inUse.add(other.ip);
  }
  return inUse.size;
}

/** It belongs to somebody else, as far as seen, who used it within the day. */
function isOfAnother({ devices }: WhereaboutsParts, device: Device, ip: IpAddress, time: number): boolean {
  const owner = devices.ownerOf(ip);
  return owner !== undefined && owner !== device && owner.leases.some((one) => one.ip === ip && one.to >= time - DAY);
}

/** Off the networks of the cable: those that DHCP told of, else around the router's address and the device's own, else where others are. */
function isBeyond({ devices, gateways, home }: WhereaboutsParts, device: Device, ip: IpAddress): boolean {
  const onLink = home.isOnLink(ip);
  if (onLink !== null) return !onLink;
  const routers = gateways.gateways().flatMap((mac) => devices.get(mac) ?? []);
  const claimed = [device, ...routers].flatMap(({ leases }) =>
    leases.filter((lease) => lease.source !== 'on-link' && lease.ip.includes('.')),
  );
  if (claimed.length === 0) return devices.isApart(ip, device.mac);
  return !claimed.some((lease) => networkOf(lease.ip) === networkOf(ip));
}

function isRouted(hopLimit: number | null): boolean {
  const hops = hopLimit === null ? 0 : hopsBehind(hopLimit);
  return hops > 0 && hops <= HOPS;
}

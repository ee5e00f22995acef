// Which MACs carry the frames of others, and of whom: repeaters with proxy ARP or MAC translation, routers beyond a DHCP relay.
//
// A frame bears the carrier's MAC, so whose it is rests on the address alone, and anybody can send from any address. What is
// believed, and why: a sender that lies about everything but its own MAC must not lay its mail on a neighbour.
//
// - A client is a hardware address (chaddr, RFC 2131) to which the home's own DHCP server acknowledged the address. A request
//   proves nothing; an acknowledgement counts only from the router or a proven device, and never from the carrier itself.
// - It goes with one MAC: the one that asked for it (same transaction), or at which the acknowledgement arrived.
// - Who speaks under its own MAC is behind nobody from that frame on: a television that is switched on ends every such claim.
// - Who was ever heard under its own MAC, and may just be switched off, or was behind another, is believed to have moved behind a
//   MAC only if that has carried it before, or carries two others that were never heard themselves, or the acknowledgement arrived there.
// - The lease must last. Then, and in all other cases, the frame is its carrier's, and whereabouts.ts says how sure that is.
//
// Who lies about its MAC as well looks like its neighbour to any bystander; no rule here changes that.
import { LRUCache } from 'lru-cache';
import type { IpAddress, Mac } from '../decode/packet.ts';
import { atMost } from './at-most.ts';
import { type CarrierKind, type Device, LIMITS, type Path } from './device.ts';
import { isGroup, macIn } from './mac-address.ts';
import { movedTime, type TimeMove } from './time-move.ts';

/** Carriers of one home, with room for noise; clients behind each, and addresses without a MAC, which anybody can make up. */
const CARRIERS = 64;
const CLIENTS = 64;
const ADDRESSES = 32;
/** Requests and acknowledgements that wait for what follows them. */
const REQUESTS = 256;
const GRANTS = 1024;
/** Clients that were never heard themselves, from which a MAC is a repeater or a router without doubt. */
const ESTABLISHED = 2;
/** A client that was heard itself so long ago (ms) may be behind its carrier again, without asking for its address anew. */
const SILENT = 30_000;

/** An address that a DHCP server gave. */
export interface Grant {
  ip: IpAddress;
  time: number;
  /** Packet time (ms) until which it holds; null where the server does not say. */
  until: number | null;
  /** Who sent the acknowledgement's frame; null where the link layer does not say. */
  server: Mac | null;
  /** Who asked for the client, or to whom the acknowledgement went; null where neither was seen. */
  via: Mac | null;
  /** The acknowledgement went to `via` itself, without a relay that could have asked for that. */
  arrived: boolean;
  /** What `via` is, if it carries the client. */
  kind: CarrierKind;
}

export class Carriers {
  readonly #isTrusted: (server: Mac) => boolean;
  /** Who asked, by transaction and client. */
  readonly #requests = new LRUCache<string, Mac>(atMost(REQUESTS));
  /** By client; those that nobody has used yet, too. */
  readonly #grants = new LRUCache<Mac, Grant & { contested: boolean }>(atMost(GRANTS));
  readonly #clients = new LRUCache<Mac, Map<Mac, Device>>(atMost(CARRIERS));
  /** Addresses without a MAC of their own, and whether they are surely not the carrier's. */
  readonly #addresses = new LRUCache<Mac, Map<IpAddress, boolean>>(atMost(CARRIERS));

  /** `isTrusted`: whether what bears this MAC may give addresses, as the router and proven devices may. */
  constructor(isTrusted: (server: Mac) => boolean) {
    this.#isTrusted = isTrusted;
  }

  /** `via` sent a DHCP request for `client`. */
  asked(transaction: number, client: Mac, via: Mac): void {
    this.#requests.set(`${transaction} ${client}`, via);
  }

  /** Who asked for `client` in this transaction. */
  askerOf({ transactionId }: { transactionId: number }, client: Mac): Mac | null {
    return this.#requests.get(`${transactionId} ${client}`) ?? null;
  }

  /** Whether `mac` carries `client`, or has. */
  hasCarried(mac: Mac, { path }: Device): boolean {
    return path.carriers.includes(mac);
  }

  /** The server acknowledged an address to `client`. */
  granted(client: Device, grant: Grant): void {
    if (grant.via !== null && (isGroup(grant.via) || grant.via === grant.server)) return;
    const before = this.#grants.get(client.mac);
    const isContested = before !== undefined && isGood(before.until, grant.time) && isElsewhere(before.via, grant.via);
    this.#grants.set(client.mac, { ...grant, contested: isContested || before?.contested === true });
    const { path } = client;
    if (path.behind === null || (grant.via !== null && grant.via !== path.behind)) return;
    if (!this.#isServer(grant, path.behind)) return;
    take(grant, path);
  }

  /** `device` sent a frame under its own MAC. */
  heard({ mac, path }: Device, time: number): void {
    path.directAt = time;
    if (path.behind === null) return;
    this.#clients.get(path.behind)?.delete(mac);
    path.behind = null;
  }

  /** Whether a frame of `carrier` with the address `ip`, which `client` holds, is that client's at `now`. */
  carries(carrier: Mac, client: Device, ip: IpAddress, now: number): boolean {
    const { path } = client;
    if (path.behind === carrier && (ip.includes(':') || path.ip === ip)) return isGood(path.until, now);
    if (ip.includes(':') || !(this.#isGranted(carrier, client, ip, now) || this.#isBack(carrier, client, ip, now)))
      return false;
    return this.#add(carrier, client, this.#grants.get(client.mac), ip);
  }

  /** The client of `carrier` whose MAC the IPv6 address is made from (RFC 4291, appendix A). */
  clientBy(carrier: Mac, ip: IpAddress): Device | undefined {
    // Asked for every packet of whom nobody knows.
    if (this.#clients.size === 0) return undefined;
    const clients = this.#clients.get(carrier);
    const mac = clients === undefined ? null : macIn(ip);
    return mac === null ? undefined : clients?.get(mac);
  }

  /** `ip` is, surely or perhaps, somebody's behind `carrier` who has no MAC here. False when there are too many. */
  noteAddress(carrier: Mac, ip: IpAddress, isSure: boolean): boolean {
    const known = this.#addresses.get(carrier) ?? new Map<IpAddress, boolean>();
    this.#addresses.set(carrier, known);
    if (known.size < ADDRESSES || known.has(ip)) known.set(ip, isSure || known.get(ip) === true);
    return known.has(ip);
  }

  /** Whether `ip` is surely such an address. */
  hasAddress(carrier: Mac, ip: IpAddress): boolean {
    return this.#addresses.get(carrier)?.get(ip) === true;
  }

  /** Such addresses behind `carrier`, as far as they were told of; sorted. */
  addressesOf(carrier: Mac): IpAddress[] {
    const known = [...(this.#addresses.peek(carrier) ?? [])];
    return known
      .filter(([, isSure]) => isSure)
      .map(([ip]) => ip)
      .sort();
  }

  /** Whether some client is behind `carrier` by DHCP. */
  hasClients(carrier: Mac): boolean {
    return (this.#clients.peek(carrier)?.size ?? 0) > 0;
  }

  /** Takes a stored device back after a restart. */
  restore(device: Device): void {
    if (device.path.behind !== null) this.#clientsOf(device.path.behind).set(device.mac, device);
  }

  forget({ mac, path }: Device): void {
    this.#grants.delete(mac);
    this.#addresses.delete(mac);
    if (path.behind !== null) this.#clients.get(path.behind)?.delete(mac);
  }

  #isGranted(carrier: Mac, { mac, path }: Device, ip: IpAddress, now: number): boolean {
    const grant = this.#grants.get(mac);
    if (grant === undefined || grant.ip !== ip || !isGood(grant.until, now) || !this.#isServer(grant, carrier))
      return false;
    if (grant.via !== null && grant.via !== carrier) return false;
    const { behind, carriers, directAt } = path;
    if (directAt === null && !grant.contested && !isElsewhere(behind, carrier)) return true;
    if (grant.via === null || (directAt !== null && directAt >= grant.time)) return false;
    return grant.arrived || carriers.includes(carrier) || this.#isEstablished(carrier);
  }

  /** A telephone that walks to and fro keeps its address and does not always ask. */
  #isBack(carrier: Mac, { path }: Device, ip: IpAddress, now: number): boolean {
    const { behind, carriers, directAt, until } = path;
    if (behind !== null || path.ip !== ip || !isGood(until, now) || !carriers.includes(carrier)) return false;
    return directAt !== null && now - directAt >= SILENT;
  }

  /**
   * The clock was put right: leases hold no longer and no shorter. Returns those of `deviceOf` that this changed.
   */
  moveTime(move: TimeMove, deviceOf: (mac: Mac) => Device | undefined): Device[] {
    const moved: Device[] = [];
    for (const [mac, grant] of this.#grants.entries()) {
      const { ip, until } = grant;
      const isOfThisClock = move.since >= move.until || movedTime(grant.time, move) !== grant.time;
      grant.time = movedTime(grant.time, move);
      if (until === null || !isOfThisClock) continue;
      grant.until = until + move.by;
      const device = deviceOf(mac);
      if (device?.path.ip !== ip || device.path.until !== until) continue;
      device.path.until = grant.until;
      moved.push(device);
    }
    return moved;
  }

  #isServer({ server }: Grant, carrier: Mac): boolean {
    return server !== null && server !== carrier && this.#isTrusted(server);
  }

  #isEstablished(carrier: Mac): boolean {
    let count = 0;
    for (const { path } of this.#clients.get(carrier)?.values() ?? []) if (path.directAt === null) count++;
    return count >= ESTABLISHED;
  }

  #add(carrier: Mac, client: Device, grant: Grant | undefined, ip: IpAddress): boolean {
    const clients = this.#clientsOf(carrier);
    if (clients.size >= CLIENTS && !clients.has(client.mac)) return false;
    const { path } = client;
    if (path.behind !== null) this.#clients.get(path.behind)?.delete(client.mac);
    clients.set(client.mac, client);
    path.behind = carrier;
    if (grant?.ip === ip) take(grant, path);
    path.carriers = [...path.carriers.filter((mac) => mac !== carrier), carrier].slice(-LIMITS.carriers);
    return true;
  }

  #clientsOf(carrier: Mac): Map<Mac, Device> {
    const clients = this.#clients.get(carrier) ?? new Map<Mac, Device>();
    this.#clients.set(carrier, clients);
    return clients;
  }
}

function take({ ip, kind, until }: Grant, path: Path): void {
  Object.assign(path, { ip, kind, until });
}

function isElsewhere(before: Mac | null, now: Mac | null): boolean {
  return before !== null && before !== now;
}

function isGood(until: number | null, now: number): boolean {
  return until === null || now <= until;
}

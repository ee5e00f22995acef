// All devices by MAC, bounded. MACs can be made up: what was answered, named or seen for a day never gives way to one that only
// sends, and while somebody makes addresses up, new ones wait apart until something proves them.
import { LRUCache } from 'lru-cache';
import type { IpAddress, Mac } from '../decode/packet.ts';
import { atMost } from './at-most.ts';
import { Carriers } from './carriers.ts';
import { chainOf, type Device, hasCharacter, type Lease, LIMITS, newDevice } from './device.ts';
import { NameIndex } from './display-name.ts';
import { LeaseBook } from './lease-book.ts';
import { cannotSend, isGroup, NULL_ADDRESS } from './mac-address.ts';
import { moveDevice, type TimeMove } from './time-move.ts';

/** MACs of which only frames were seen so far; and those that are taken for made up. */
const WAITING = 512;
/** A device that was around this long (ms) is known for good. */
const SETTLED = 24 * 60 * 60_000;
/** Who was heard within this time (ms) is there. */
const SPEAKS = 10 * 60_000;

export class DeviceTable {
  /** How often an address was proven: as long as that stays, nobody has been answered for the first time. */
  proofs = 0;
  /** Who is behind whose MAC. */
  readonly carriers: Carriers;
  readonly #known = new Map<Mac, Device>();
  readonly #waiting = new LRUCache<Mac, Device>({
    ...atMost(WAITING),
    dispose: (_device, mac, reason) => {
      if (reason === 'evict') this.#proven.delete(mac);
    },
  });
  /** Taken for made up: never shown, kept or stored. */
  readonly #strangers = new LRUCache<Mac, Device>(atMost(WAITING));
  /** Addresses that others answer: somebody is behind them. */
  readonly #proven = new Set<Mac>();
  readonly #leases = new LeaseBook();
  /** Kept devices that changed since they were last taken. */
  readonly #changed = new Set<Mac>();
  /** Kept devices that may have to give way, oldest first. */
  readonly #replaceable = new Set<Mac>();
  /** Kept devices that give way only to one that is proven, newest last. */
  #secondLine: Mac[] = [];
  /** Handed out to be stored, so that they must be deleted there when they give way. */
  readonly #stored = new Set<Mac>();
  readonly #evicted = new Set<Mac>();
  readonly #names = new NameIndex();
  readonly #appeared: (device: Device, time: number) => void;
  #isFlooded = false;
  #refused = 0;
  /** Packet time as far as seen here. */
  #now = 0;

  /** `appeared` is told of every address when it is first seen; `isGateway`: whether a MAC is the router's. */
  constructor(
    appeared: (device: Device, time: number) => void = () => {},
    isGateway: (mac: Mac) => boolean = () => false,
  ) {
    this.#appeared = appeared;
    this.carriers = new Carriers((mac) => isGateway(mac) || this.#isProvenMac(mac));
  }

  /** Devices that found no place because all are taken by better known ones. */
  get refused(): number {
    return this.#refused;
  }

  get size(): number {
    return this.#known.size + this.#waiting.size;
  }

  get(mac: Mac): Device | undefined {
    return this.#known.get(mac) ?? this.#waiting.get(mac) ?? this.#strangers.get(mac);
  }

  /** The device behind a frame's source address, made when new. Null for addresses that no sender has. */
  seen(mac: Mac | null, time: number): Device | null {
    if (mac === null || isGroup(mac)) return null;
    const device = this.#known.get(mac) ?? this.#waiting.get(mac) ?? this.#stranger(mac) ?? this.#newcomer(mac, time);
    if (time > device.lastSeen) device.lastSeen = time;
    this.#now = time;
    this.markChanged(device);
    return device;
  }

  /** The device and the older addresses of the same thing (`sameAs`), newest first; bounded, and no ring goes round twice. */
  sameThing(device: Device): Device[] {
    return chainOf(device, (mac) => this.get(mac));
  }

  /** Makes a device one that is kept and stored. Returns false when there is no room, or it is taken for made up. */
  keep(device: Device): boolean {
    const { mac } = device;
    if (this.#known.has(mac)) return true;
    const isRefused = isGroup(mac) || this.isStranger(mac);
    if (isRefused || (this.#known.size >= LIMITS.devices && !this.#makeRoom(device))) {
      this.#refused++;
      return false;
    }
    this.#waiting.delete(mac);
    this.#known.set(mac, device);
    this.#replaceable.add(mac);
    this.#changed.add(mac);
    this.#names.refresh(device);
    return true;
  }

  /** Takes a stored device back after a restart. */
  restore(device: Device): void {
    this.#known.set(device.mac, device);
    this.#stored.add(device.mac);
    this.#proven.add(device.mac);
    this.#leases.restore(device);
    this.carriers.restore(device);
    this.#names.refresh(device);
  }

  /** Somebody who is no stranger sent a frame to `mac` alone: it is there. */
  prove(mac: Mac): void {
    if (this.#proven.has(mac)) return;
    const stranger = this.#strangers.peek(mac);
    if (stranger !== undefined) {
      this.#strangers.delete(mac);
      this.#waiting.set(mac, stranger);
    } else if (!this.#known.has(mac) && !this.#waiting.has(mac)) return;
    this.#proven.add(mac);
    this.proofs++;
  }

  /** Whether it is surely no made-up address: it was answered, a person spoke of it, or it was there for a day. */
  isProven({ firstSeen, isPrivate, label, lastSeen, mac, sameAs }: Device): boolean {
    const isSpokenOf = label !== null || sameAs !== null || isPrivate;
    return this.#proven.has(mac) || isSpokenOf || lastSeen - firstSeen >= SETTLED;
  }

  /** Proven, or it has more to it than the made-up addresses of the simple kind: a name, a backend, a lease, the router's part. */
  isKnown(device: Device): boolean {
    return this.isProven(device) || hasCharacter(device);
  }

  /** Some device of the home was known before `time`. */
  anyKnownBefore(time: number): boolean {
    for (const device of this.#known.values()) if (device.firstSeen < time && this.isKnown(device)) return true;
    return false;
  }

  isStranger(mac: Mac): boolean {
    return this.#strangers.has(mac);
  }

  /** Somebody makes addresses up, `macs`: they are strangers now, unless they are proven, and so is each new one until `endFlood`. */
  beginFlood(macs: Iterable<Mac>): void {
    this.#isFlooded = true;
    for (const mac of macs) {
      const device = this.#known.get(mac) ?? this.#waiting.get(mac);
      if (device === undefined || this.isProven(device)) continue;
      this.forget(mac);
      this.#strangers.set(mac, device);
    }
  }

  /** Strangers that show up again are given a chance. */
  endFlood(): void {
    this.#isFlooded = false;
  }

  /** The device announces another name. What is not kept takes no name from those that are. */
  renamed(device: Device): void {
    if (this.#known.has(device.mac)) this.#names.refresh(device);
  }

  /** Whether another thing of the home announces `name` as well; older addresses of the same thing are no other. */
  isNameShared(device: Device, name: string): boolean {
    return this.#names.isShared(name, (mac) => {
      const other = mac === device.mac ? device : this.get(mac);
      return other === undefined || this.sameThing(device).includes(other) || this.sameThing(other).includes(device);
    });
  }

  /** Devices that are called otherwise since the last call, because a name became shared or is so no longer. */
  takeRenamed(): Device[] {
    return this.#names.takeChanged().flatMap((mac) => this.#known.get(mac) ?? []);
  }

  forget(mac: Mac): boolean {
    const device = this.get(mac);
    if (device === undefined) return false;
    for (const table of [this.#known, this.#waiting, this.#strangers, this.#proven]) table.delete(mac);
    for (const set of [this.#changed, this.#replaceable, this.#stored, this.#evicted]) set.delete(mac);
    this.#names.forget(mac);
    this.#leases.forget(device);
    this.carriers.forget(device);
    return true;
  }

  /** Every device, sorted by MAC; strangers are none. */
  all(): Device[] {
    return [...this.#known.values(), ...this.#waiting.values()].sort((a, b) => (a.mac < b.mac ? -1 : 1));
  }

  /** The clock was put right: what is remembered of devices since it was wrong bears the times that it had. */
  moveTime(move: TimeMove): void {
    const all = [...this.#known.values(), ...this.#waiting.values(), ...this.#strangers.values()];
    const moved = all.filter((device) => moveDevice(device, move));
    const granted = this.carriers.moveTime(move, (mac) => this.get(mac));
    for (const device of [...moved, ...granted]) this.markChanged(device);
    this.#now += move.by;
  }

  /** Kept devices changed since the last call. */
  takeChanged(): Device[] {
    const changed = [...this.#changed].flatMap((mac) => this.#known.get(mac) ?? []);
    this.#changed.clear();
    for (const { mac } of changed) this.#stored.add(mac);
    return changed;
  }

  /** Devices that were stored and have given way since the last call. */
  takeEvicted(): Mac[] {
    const evicted = [...this.#evicted];
    this.#evicted.clear();
    return evicted;
  }

  /** What is not kept is not stored, so a flood of MACs leaves no marks. */
  markChanged(device: Device): void {
    if (this.#known.has(device.mac)) this.#changed.add(device.mac);
  }

  isKept(mac: Mac): boolean {
    return this.#known.has(mac);
  }

  /** Whether an IPv4 address lies apart from where everybody but `mac` is. */
  isApart(ip: IpAddress, mac: Mac): boolean {
    return this.#leases.isApart(ip, mac);
  }

  /** Who holds `ip` now, as far as seen. */
  ownerOf(ip: IpAddress): Device | undefined {
    const mac = this.#leases.ownerOf(ip);
    return mac === undefined ? undefined : this.get(mac);
  }

  /** The address of who holds `ip` now, be that a known device or not. */
  holderOf(ip: IpAddress): Mac | undefined {
    return this.#leases.holderOf(ip);
  }

  /** `mac` said itself, or was told by DHCP, that it holds `ip`: that does not rest on source addresses alone. */
  hasAnnounced(mac: Mac, ip: IpAddress): boolean {
    if (this.#leases.ownerOf(ip) !== mac) return false;
    return this.get(mac)?.leases.findLast((lease) => lease.ip === ip)?.source !== 'on-link';
  }

  /**
   * Whose frame with `mac` and `ip` at one end is: the client's that this MAC carries, the holder's where no interface has that
   * MAC, else that MAC's own device; undefined where none is known.
   */
  at(mac: Mac, ip: IpAddress | null): Device | undefined {
    const holder = ip === null ? undefined : (this.ownerOf(ip) ?? this.carriers.clientBy(mac, ip));
    if (ip === null || holder === undefined) return this.get(mac);
    if (holder.mac === mac) return holder;
    return cannotSend(mac) || this.carriers.carries(mac, holder, ip, this.#now) ? holder : this.get(mac);
  }

  /** The sender of a frame, made when new. Null where it has no MAC that an interface could have. */
  senderOf(mac: Mac | null, ip: IpAddress | null, time: number): Device | null {
    this.#now = time;
    const sender = mac === null ? undefined : this.at(mac, ip);
    if (mac === null || (sender !== undefined && sender.mac !== mac && cannotSend(mac))) return null;
    const device = this.seen(mac, time);
    if (device !== null) this.carriers.heard(device, time);
    return sender === undefined || sender.mac === mac ? device : this.seen(sender.mac, time);
  }

  /** `device` holds `ip` at `time`. An address that another device held is that device's no longer: its interval stays closed. */
  lease(device: Device, ip: IpAddress, time: number, source: Lease['source']): void {
    if (this.isStranger(device.mac) || this.#isBorrowed(device, ip, source)) return;
    if (!this.#leases.hold(device, ip, time, source)) return;
    this.keep(device);
    this.markChanged(device);
  }

  /**
   * Takes the address from nobody: the null address; a source address or claim, where DHCP gave the address to who speaks itself,
   * not to the sender (proxy ARP answers for all); a source address of who nobody answers, where the holder is known.
   */
  #isBorrowed(device: Device, ip: IpAddress, source: Lease['source']): boolean {
    const owner = this.ownerOf(ip);
    if (owner === undefined || owner === device) return false;
    if (device.mac === NULL_ADDRESS) return true;
    const isGiven = this.#leases.isGiven(owner, ip);
    if (!isGiven && this.#leases.isGiven(device, ip)) return false;
    if ((source === 'arp' || source === 'on-link') && isGiven && this.#speaks(owner)) return true;
    return source === 'on-link' && !this.isProven(device) && this.isKnown(owner);
  }

  #speaks({ path: { directAt } }: Device): boolean {
    return directAt !== null && this.#now - directAt <= SPEAKS;
  }

  #isProvenMac(mac: Mac): boolean {
    const device = this.get(mac);
    return device !== undefined && this.isProven(device);
  }

  #newcomer(mac: Mac, time: number): Device {
    const device = newDevice(mac, time);
    (this.#isFlooded ? this.#strangers : this.#waiting).set(mac, device);
    this.#appeared(device, time);
    return device;
  }

  #stranger(mac: Mac): Device | undefined {
    const device = this.#strangers.get(mac);
    if (device === undefined || this.#isFlooded) return device;
    this.#strangers.delete(mac);
    this.#waiting.set(mac, device);
    return device;
  }

  /** Each is looked at once in each line, so that this costs little however often it is asked. */
  #makeRoom(newcomer: Device): boolean {
    for (const mac of this.#replaceable) {
      this.#replaceable.delete(mac);
      const device = this.#known.get(mac);
      if (device === undefined || this.isProven(device)) continue;
      if (!this.isKnown(device)) return this.#evict(mac);
      this.#secondLine.push(mac);
    }
    if (!this.isProven(newcomer)) return false;
    for (let mac = this.#secondLine.pop(); mac !== undefined; mac = this.#secondLine.pop()) {
      const device = this.#known.get(mac);
      if (device !== undefined && !this.isProven(device)) return this.#evict(mac);
    }
    return false;
  }

  #evict(mac: Mac): true {
    const wasStored = this.#stored.has(mac);
    this.forget(mac);
    if (wasStored) this.#evicted.add(mac);
    return true;
  }
}

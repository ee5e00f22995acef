// Of each packet that the mirror shows more than once, one goes on: the leg that bears the device's own MAC, whichever came first.
// What another MAC handed on waits a moment for that leg, and what comes after it waits with it, so that the order stays. Each
// packet goes on at its own time.
import type { Frame } from '../capture/frame.ts';
import type { Interest } from '../decode/interest.ts';
import type { Ip, Mac, Packet } from '../decode/packet.ts';
import type { DeviceTable } from './device-table.ts';
import { COPY_WINDOW, type CopyKind, copyKind, DuplicateFinder, noteLink, type Sighting } from './duplicates.ts';
import type { GatewayFinder } from './gateway.ts';
import { HairpinFinder, type HairpinParts } from './hairpin.ts';
import type { Home } from './home.ts';
import { INITIAL_HOP_LIMITS } from './hop-limit.ts';
import { cannotSend, isGroup } from './mac-address.ts';
import { Queue } from './queue.ts';

/** Hop limits that were not lowered on the way: what systems begin with, and 1, 2, 4 and 32 for groups and neighbours. */
const WHOLE_HOP_LIMITS = new Set<number>([1, 2, 4, 32, ...INITIAL_HOP_LIMITS]);
const UNSPECIFIED = new Set(['0.0.0.0', '::']);
/** Packets that wait at most, the window of a busy gigabit; beyond that the first goes on as it is. */
const WAITING = 4096;
/** The capture child holds a frame back for up to so many ms: a clock that runs ahead of the frames waits that much longer. */
const IN_THE_PIPE = 5;

/** How far a leg is from what its device sent or gets. */
type Strangeness = 0 | 1 | 2;
const OWN_LEG = 0;
/** Handed to another MAC than that of who holds the address it is for. */
const BEFORE_THE_LAST = 1;
/** Sent by another MAC than that of who holds the address it is from. */
const HANDED_ON = 2;

interface Item {
  frame: Frame;
  packet: Packet;
  interest: Interest;
  strangeness: Strangeness;
  /** Null where it cannot be compared. */
  sighting: Sighting<Item> | null;
  /** The device's own leg has come. */
  isReplaced: boolean;
}

export interface LegsParts extends HairpinParts {
  devices: DeviceTable;
  gateways: GatewayFinder;
  home: Home;
  /** The packet that counts, in the order of arrival. */
  onPacket(frame: Frame, packet: Packet, interest: Interest): void;
  /** Something waits until packet time has reached `until` (ms). */
  onWait(until: number): void;
}

export class Legs {
  readonly #parts: LegsParts;
  readonly #finder = new DuplicateFinder<Item>();
  readonly #hairpins: HairpinFinder;
  /** The first of them is a stranger that waits. */
  readonly #queue = new Queue<Item>();
  readonly copies: Record<CopyKind, number> = { identical: 0, vlan: 0, routed: 0, hairpin: 0 };

  constructor(parts: LegsParts) {
    this.#parts = parts;
    this.#hairpins = new HairpinFinder(parts);
  }

  /** Time of the first packet that waits; null where none does. */
  get waitingSince(): number | null {
    return this.#queue.first?.frame.time ?? null;
  }

  /** Takes a packet as it arrives. */
  take(frame: Frame, packet: Packet, interest: Interest): void {
    const { time } = frame;
    this.#release(time);
    // Uploads are mostly that, and whether they come twice makes no difference.
    const found = interest === 'tls-continued' ? null : this.#finder.find(packet, time);
    const strangeness = this.#strangenessOf(packet);
    if (found !== null && !this.#finder.isNew) {
      this.copies[copyKind(found, packet)]++;
      const { waiting } = found;
      if (waiting === null || !isNearer(packet, strangeness, waiting)) return;
      waiting.isReplaced = true;
      noteLink(found, packet);
    } else this.#hairpins.observe(packet, time);
    if (strangeness === OWN_LEG && this.#queue.size === 0) {
      this.#handOn(frame, packet, interest);
      return;
    }
    this.#await({ frame, packet, interest, strangeness, sighting: found, isReplaced: false });
    this.#release(time);
  }

  /** Packet time has reached `time`, by the clock. */
  tick(time: number): void {
    this.#release(time - IN_THE_PIPE);
    const first = this.waitingSince;
    if (first !== null) this.#parts.onWait(first + COPY_WINDOW + IN_THE_PIPE);
  }

  /** No more is waited for. */
  flush(): void {
    while (this.#queue.size > 0) this.#next();
  }

  #await(item: Item): void {
    if (this.#queue.size >= WAITING) this.#next();
    if (this.#queue.size === 0) this.#parts.onWait(item.frame.time + COPY_WINDOW + IN_THE_PIPE);
    if (item.sighting !== null) item.sighting.waiting = item;
    this.#queue.push(item);
  }

  /** Whoever waits in vain by `time` goes on, and those behind it; a clock that was set back ends every wait. */
  #release(time: number): void {
    for (let { first } = this.#queue; first !== undefined; first = this.#queue.first) {
      const isWaiting = first.strangeness !== OWN_LEG && !first.isReplaced;
      if (isWaiting && Math.abs(time - first.frame.time) <= COPY_WINDOW) return;
      this.#next();
    }
  }

  #next(): void {
    const item = this.#queue.shift();
    if (item === undefined || item.isReplaced) return;
    if (item.sighting !== null) item.sighting.waiting = null;
    this.#handOn(item.frame, item.packet, item.interest);
  }

  #handOn(frame: Frame, packet: Packet, interest: Interest): void {
    if (this.#hairpins.isInner(packet, frame.time)) this.copies.hairpin++;
    else this.#parts.onPacket(frame, packet, interest);
  }

  #strangenessOf({ destinationMac, ip, sourceMac }: Packet): Strangeness {
    if (ip === null || sourceMac === null) return OWN_LEG;
    if (this.#isHandedOn(sourceMac, ip)) return HANDED_ON;
    if (destinationMac === null) return OWN_LEG;
    const receiver = this.#parts.devices.holderOf(ip.destination);
    if (receiver === undefined || receiver === destinationMac || isGroup(destinationMac)) return OWN_LEG;
    return BEFORE_THE_LAST;
  }

  /** Sent for a device of the home by somebody else, as far as it shows. */
  #isHandedOn(sourceMac: Mac, ip: Ip): boolean {
    const { devices, gateways, home } = this.#parts;
    const holder = devices.holderOf(ip.source);
    const isWhole = WHOLE_HOP_LIMITS.has(ip.hopLimit);
    if (holder === sourceMac && isWhole) return false;
    if (!home.isInside(ip.source)) return home.isPublic(ip.source) && gateways.isGateway(sourceMac);
    if (UNSPECIFIED.has(ip.source) || cannotSend(sourceMac)) return false;
    const isGateway = gateways.isGateway(sourceMac);
    if (isWhole) return isGateway && holder !== undefined;
    return isGateway || !devices.hasAnnounced(sourceMac, ip.source);
  }
}

/** Whether a leg is nearer to its device than the one that waits. */
function isNearer({ ip }: Packet, strangeness: Strangeness, waiting: Item): boolean {
  if (strangeness !== waiting.strangeness) return strangeness < waiting.strangeness;
  if (strangeness === OWN_LEG || ip === null || waiting.packet.ip === null) return false;
  const hops = ip.hopLimit - waiting.packet.ip.hopLimit;
  return strangeness === HANDED_ON ? hops > 0 : hops < 0;
}

// Which addresses look like one thing: a telephone that changes its MAC, a computer with a cable and Wi-Fi. It suggests, once for
// each thing, and changes nothing: a person decides.
//
// Evidence and its weight. What identifies: the client's identifier in DHCP or DHCPv6, unless made from the MAC itself (5), one
// from mDNS (5), a host name in mDNS, which a link has once only (4), another name of its own (3), the name of one of
// its services (2). What fits: addresses that
// differ by one and have the same maker (3); the same model, firmware note or way to ask for an address, and the default name
// of a product where just one other thing bears it (1 each).
// A new address, also random ones (1 more): the one before fell silent before it appeared, up to two weeks ago, and so did all
// others that bear the evidence: 4 are enough. Two interfaces: both speak in the same days, and only they bear the evidence:
// 5 are enough, with 2 more where they were never active in the same hour and 1 where they seldom were.
import type { Mac } from '../decode/packet.ts';
import { type Device, isLocallyAdministered, LONGEST_CHAIN } from './device.ts';
import type { DeviceTable } from './device-table.ts';
import { differInModel, type Key, keysOf, neighbours, PRODUCT_WEIGHT, type SameReason } from './same-thing-keys.ts';

export interface Suggestion {
  kind: 'new-address' | 'two-interfaces';
  device: Mac;
  into: Mac;
  /** Further older addresses of the same thing, newest first: one yes joins them all. */
  older: Mac[];
  reasons: SameReason[];
}

export interface SameThingFacts {
  vendorOf(device: Device): string | null;
  /** Slug of the firmware note that fits it; null for one that fits every telephone of a maker, or every computer. */
  noteOf(device: Device): string | null;
  /** A person said that these two are different things. */
  isDistinct(one: Mac, other: Mac): boolean;
}

/** How long (ms) before a new address the old one may have fallen silent, and how long its last frames may come after. */
const GAP = 14 * 24 * 60 * 60_000;
const LATE = 60_000;
/** With more bearers it identifies nothing; it also bounds what is compared. */
const BEARERS = 32;
const NEW_ADDRESS = 4;
const TWO_INTERFACES = 5;
/** Hours of activity that both must have before they tell anything. */
const HOURS = 2;

interface Weighed {
  reason: SameReason;
  weight: number;
  /** What both bear, where it tells them from others; null for what only fits. */
  key: string | null;
}

/** Suggestions for the whole home, by the address they are about. Linear in devices: they are found by what they share. */
export function suggestSame(devices: DeviceTable, facts: SameThingFacts): Map<Mac, Suggestion> {
  return new Judge(devices, facts).suggestions();
}

class Judge {
  readonly #table: DeviceTable;
  readonly #facts: SameThingFacts;
  readonly #byMac = new Map<Mac, Device>();
  readonly #bearers = new Map<string, Device[]>();
  readonly #keys = new Map<Device, Key[]>();
  /** The oldest address of the thing that an address belongs to. */
  readonly #roots = new Map<Device, Device>();
  readonly #sequences = new Map<string, boolean>();

  constructor(table: DeviceTable, facts: SameThingFacts) {
    this.#table = table;
    this.#facts = facts;
    for (const device of table.all()) {
      if (device.role !== 'device' || device.sharedMac) continue;
      this.#byMac.set(device.mac, device);
      this.#roots.set(device, table.sameThing(device).at(-1) ?? device);
      const keys = keysOf(device, facts.vendorOf(device));
      this.#keys.set(device, keys);
      for (const { key } of keys) {
        const bearers = this.#bearers.get(key);
        if (bearers === undefined) this.#bearers.set(key, [device]);
        else bearers.push(device);
      }
    }
  }

  suggestions(): Map<Mac, Suggestion> {
    const before = new Map<Device, { older: Device; reasons: SameReason[] }>();
    const found = new Map<Mac, Suggestion>();
    const taken = new Set<Device>();
    for (const device of this.#byMac.values()) {
      const pair = device.sameAs === null ? this.#predecessor(device) : null;
      if (pair !== null) before.set(device, pair);
    }
    for (const { older } of before.values()) taken.add(older);
    // No address is asked about twice: what joins it may be told by the answer.
    const asked = new Set<Mac>();
    const ask = (suggestion: Suggestion): void => {
      const { device, into, older } = suggestion;
      const macs = [device, into, ...older];
      if (macs.some((mac) => asked.has(mac))) return;
      for (const mac of macs) asked.add(mac);
      found.set(device, suggestion);
    };
    for (const [device, { older, reasons }] of before) {
      if (taken.has(device)) continue;
      const further = this.#further(older, before);
      ask({ kind: 'new-address', device: device.mac, into: older.mac, reasons, older: further });
    }
    for (const device of this.#byMac.values()) {
      if (before.has(device)) continue;
      const pair = this.#otherInterface(device);
      if (pair === null) continue;
      const { into, reasons } = pair;
      ask({ kind: 'two-interfaces', device: pair.device.mac, into: into.mac, older: [], reasons });
    }
    return found;
  }

  /** The addresses before `older`, as far as nobody has joined them yet and one thing may have so many. */
  #further(older: Device, before: ReadonlyMap<Device, { older: Device }>): Mac[] {
    const further: Mac[] = [];
    let chain = this.#table.sameThing(older);
    let count = 1 + chain.length;
    for (;;) {
      const tail = chain.at(-1);
      const next = tail === undefined ? undefined : before.get(tail)?.older;
      if (next === undefined || further.includes(next.mac)) return further;
      chain = this.#table.sameThing(next);
      count += chain.length;
      if (count > LONGEST_CHAIN) return further;
      further.push(next.mac);
    }
  }

  /** The address that `device` had before, if one fits; the one it had last where several do. */
  #predecessor(device: Device): { older: Device; reasons: SameReason[] } | null {
    const candidates = this.#candidates(device, (other) => {
      const gap = device.firstSeen - other.lastSeen;
      return gap >= -LATE && gap <= GAP && other.firstSeen < device.firstSeen;
    });
    const denied = new Set<string>();
    for (const [other, evidence] of candidates)
      if (this.#facts.isDistinct(device.mac, other.mac)) for (const { key } of evidence) denied.add(key ?? '');
    let best: { older: Device; reasons: SameReason[]; score: number } | null = null;
    for (const [other, shared] of candidates) {
      if (this.#facts.isDistinct(device.mac, other.mac) || this.#contradicts(device, other)) continue;
      if (this.#table.sameThing(other).length >= LONGEST_CHAIN) continue;
      const told = shared.filter(({ key }) => key === null || (!denied.has(key) && this.#isSequence(key)));
      if (!told.some(({ key }) => key !== null)) continue;
      const evidence = [...told, ...this.#fitting(device, other)];
      const score = sum(evidence) + (isLocallyAdministered(device.mac) ? 1 : 0);
      if (score < NEW_ADDRESS) continue;
      const isBetter =
        best === null ||
        other.lastSeen > best.older.lastSeen ||
        (other.lastSeen === best.older.lastSeen && score > best.score);
      if (isBetter) best = { older: other, reasons: evidence.map(({ reason }) => reason), score };
    }
    return best;
  }

  /** The other interface of the thing that `device` is one of. Who is newer is joined to who is older, unless only it has a label. */
  #otherInterface(device: Device): { device: Device; into: Device; reasons: SameReason[] } | null {
    // Of those the older ones are looked at, which began while it lasted.
    const candidates = this.#candidates(device, (other) => device.firstSeen <= other.lastSeen);
    for (const [other, shared] of candidates) {
      const isOlder =
        other.firstSeen < device.firstSeen || (other.firstSeen === device.firstSeen && other.mac < device.mac);
      if (!isOlder || this.#facts.isDistinct(device.mac, other.mac) || this.#contradicts(device, other)) continue;
      // A telephone has one random address at a time.
      if (isLocallyAdministered(device.mac) && isLocallyAdministered(other.mac)) continue;
      const told = shared.filter(
        ({ key, weight }) => key === null || (weight > PRODUCT_WEIGHT && this.#things(key) === 2),
      );
      const together = togetherness(device, other);
      const isAlternating = together?.reason.kind === 'never-together' && told.some(({ key }) => key === null);
      if (!isAlternating && !told.some(({ key }) => key !== null)) continue;
      const evidence = [...told, ...this.#fitting(device, other), ...(together === null ? [] : [together])];
      if (sum(evidence) < TWO_INTERFACES) continue;
      const [from, into] = device.label !== null && other.label === null ? [other, device] : [device, other];
      if (from.sameAs !== null || this.#table.sameThing(into).length >= LONGEST_CHAIN) continue;
      return { device: from, into, reasons: evidence.map(({ reason }) => reason) };
    }
    return null;
  }

  /** Other things that share something with `device`, and what; in the order of their MACs. */
  #candidates(device: Device, fits: (other: Device) => boolean): Map<Device, Weighed[]> {
    const found = new Map<Device, Weighed[]>();
    const note = (other: Device, weighed: Weighed): void => {
      if (this.#roots.get(other) === this.#roots.get(device) || !fits(other)) return;
      const evidence = found.get(other) ?? [];
      const kind = weighed.reason.kind;
      const same = evidence.findIndex(({ reason }) => reason.kind === kind);
      const known = evidence[same];
      // The same name in two protocols is one name.
      if (known === undefined) evidence.push(weighed);
      else if (known.weight < weighed.weight) evidence[same] = weighed;
      found.set(other, evidence);
    };
    for (const { key, reason, weight } of this.#keys.get(device) ?? []) {
      const bearers = this.#bearers.get(key) ?? [];
      if (bearers.length > BEARERS) continue;
      if (weight === PRODUCT_WEIGHT && this.#things(key) > 2) continue;
      for (const other of bearers) if (other !== device) note(other, { key, reason, weight });
    }
    for (const mac of neighbours(device.mac)) {
      const other = this.#byMac.get(mac);
      if (other !== undefined) note(other, { key: null, reason: { kind: 'adjacent' }, weight: 3 });
    }
    return new Map([...found].sort(([a], [b]) => (a.mac < b.mac ? -1 : 1)));
  }

  /** Whether all that bear it spoke one after the other: then it may be one thing's. Two of one thing may speak at a time. */
  #isSequence(key: string): boolean {
    const known = this.#sequences.get(key) ?? this.#speakInTurn(key);
    this.#sequences.set(key, known);
    return known;
  }

  #speakInTurn(key: string): boolean {
    const bearers = [...(this.#bearers.get(key) ?? [])].sort((a, b) => a.firstSeen - b.firstSeen);
    let last: Device | null = null;
    for (const device of bearers) {
      const isOther = last !== null && this.#roots.get(last) !== this.#roots.get(device);
      if (isOther && last !== null && device.firstSeen < last.lastSeen - LATE) return false;
      if (last === null || device.lastSeen > last.lastSeen) last = device;
    }
    return true;
  }

  /** How many things bear it. */
  #things(key: string): number {
    return new Set((this.#bearers.get(key) ?? []).map((device) => this.#roots.get(device))).size;
  }

  /** What both say of themselves and cannot both be true of one thing. */
  #contradicts(one: Device, other: Device): boolean {
    if (differInModel(one.identity.mdnsModels, other.identity.mdnsModels)) return true;
    const [note, otherNote] = [this.#facts.noteOf(one), this.#facts.noteOf(other)];
    return note !== null && otherNote !== null && note !== otherNote;
  }

  /** What does not identify, but fits. */
  #fitting(one: Device, other: Device): Weighed[] {
    const [a, b] = [one.identity, other.identity];
    const note = this.#facts.noteOf(one);
    const fits: [SameReason['kind'], boolean][] = [
      ['model', a.mdnsModels.some((model) => b.mdnsModels.includes(model))],
      [
        'system',
        a.dhcpFingerprint !== null &&
          a.dhcpFingerprint === b.dhcpFingerprint &&
          a.dhcpVendorClass === b.dhcpVendorClass,
      ],
      ['note', note !== null && note === this.#facts.noteOf(other)],
    ];
    return fits.flatMap(([kind, isTrue]) =>
      isTrue && kind !== 'name' ? [{ key: null, reason: { kind }, weight: 1 }] : [],
    );
  }
}

/** Whether they were active at the same time; null where there is too little to tell, or they often were. */
function togetherness(one: Device, other: Device): Weighed | null {
  const [hours, others] = [one, other].map(
    ({ activity }) => new Set([...activity].filter(({ connections }) => connections > 0).map(({ hour }) => hour)),
  );
  if (hours === undefined || others === undefined || hours.size < HOURS || others.size < HOURS) return null;
  const shared = [...hours].filter((hour) => others.has(hour)).length;
  if (shared === 0) return { key: null, reason: { kind: 'never-together' }, weight: 2 };
  if (shared * 2 > Math.min(hours.size, others.size)) return null;
  return { key: null, reason: { kind: 'seldom-together' }, weight: 1 };
}

function sum(evidence: readonly Weighed[]): number {
  return evidence.reduce((total, { weight }) => total + weight, 0);
}

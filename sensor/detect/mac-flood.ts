// Somebody in the home makes up MAC addresses: many new ones that nobody answers. They are one incident, in which all they do is
// counted; no device is made of them, and no alert of their own told. What an address does in its first moments waits a little,
// unless it is answered, so that the first of a flood are not told either. In a home that is not known yet nothing waits.
import { LRUCache } from 'lru-cache';
import { atMost } from '../attribute/at-most.ts';
import type { Connection } from '../attribute/connection.ts';
import type { Device } from '../attribute/device.ts';
import { isGroup } from '../attribute/mac-address.ts';
import { addEarlier } from '../attribute/mail-tally.ts';
import type { TimeMove } from '../attribute/time-move.ts';
import type { Mac } from '../decode/packet.ts';
import type { Detector, Surroundings } from './detector.ts';
import { type Finding, isMailKind } from './finding.ts';

/** An address is new for this long (ms). */
const WINDOW = 10 * 60_000;
/** Those that wait are looked at this often (ms) at least. */
const LOOK_EVERY = 1000;
/** New addresses without an answer within that time: no home has so many new things at once. */
const NEWCOMERS = 200;
/** What an address does in the first moments (ms) after it appeared may wait. */
const NEWBORN = 10_000;

/** Times in ms. */
interface Patience {
  /** How long what a newborn does waits for others to appear. */
  first: number;
  /** So many that appeared so near to each other are suspicious, and wait that long. */
  together: number;
  near: number;
  suspicious: number;
}

/** Live, a first attempt is told at once and only a burst is worth a wait. In a replay a wait costs no time, and a pause ends it. */
const PATIENCE: Record<'live' | 'recorded', Patience> = {
  live: { first: 3, together: 2, near: 10, suspicious: 10_000 },
  recorded: { first: 1500, together: 4, near: 10_000, suspicious: WINDOW },
};
/** What came that much (ms) before the others may belong to them. */
const SLACK = 1000;
/** Findings that wait of one address; beyond that they are told. */
const HELD = 64;
/** Addresses taken for made up whose findings are kept, in case that they are answered. */
const ASIDE = 512;
/** No new address for this long (ms): it is over. */
const OVER = 10 * 60_000;
/** Counts are handed on at most this often (ms). */
const TOLD_EVERY = 1000;
const EXAMPLES = 8;

interface Flood {
  lastAt: number;
  toldAt: number;
  examples: readonly Mac[];
  /** Known devices whose IP addresses the frames bear. */
  bearers: Set<Mac>;
}

interface Held {
  device: Device;
  findings: Finding[];
}

interface Aside extends Held {
  /** It counts as so many addresses. */
  times: number;
}

/** An address that comes back after some hundred others counts again. */
interface Counts {
  addresses: number;
  connections: number;
  mailAttempts: number;
}

export class MacFloodDetector implements Detector {
  readonly name = 'mac-flood';
  readonly #around: Surroundings;
  readonly #patience: Patience;
  /** Addresses nobody has answered, by the time they appeared. */
  readonly #newcomers = new Map<Mac, number>();
  readonly #held = new Map<Mac, Held>();
  /** None of those that wait is due before `next` (ms), unless addresses are proven, or are newcomers no more, since `at`. */
  #look = { at: 0, next: 0, proofs: 0 };
  /** When the first of those that wait for others to appear is due. */
  #nextFirst = 0;
  readonly #told = new WeakSet<Device>();
  /** What strangers did, counted already. */
  readonly #aside = new LRUCache<Mac, Aside>(atMost(ASIDE));
  #untold: Counts = nothing();
  #flood: Flood | null = null;

  constructor(around: Surroundings) {
    this.#around = around;
    this.#patience = PATIENCE[around.settings.recorded ? 'recorded' : 'live'];
  }

  appeared({ mac }: Device, time: number): void {
    this.#counted(mac, time);
  }

  #counted(mac: Mac, time: number): void {
    if (this.#flood === null) {
      this.#newcomers.set(mac, time);
      if (this.#newcomersAt(time) >= NEWCOMERS) this.#begin(time);
      return;
    }
    this.#flood.lastAt = time;
    this.#untold.addresses++;
  }

  opened({ mac }: Device, { originatorIp }: Connection, time: number): void {
    // Nobody's device is made of such an address: each connection counts as a new one.
    if (isGroup(mac)) this.#counted(mac, time);
    if (this.#flood === null || !this.#isMadeUp(mac)) return;
    this.#untold.connections++;
    const holder = this.#around.devices.ownerOf(originatorIp);
    if (holder !== undefined && this.#flood.bearers.size < EXAMPLES) this.#flood.bearers.add(holder.mac);
  }

  intercepts(finding: Finding, device: Device): boolean {
    const { devices } = this.#around;
    const { mac } = device;
    if (this.#isMadeUp(mac)) {
      this.#setAside(finding, device);
      return true;
    }
    this.#returnOf(mac);
    const age = finding.time - device.firstSeen;
    if (this.#told.has(device)) return false;
    if (age > WINDOW || devices.isProven(device)) return this.#releaseOf(mac);
    return this.#isHeld(finding, device, age);
  }

  #isMadeUp(mac: Mac): boolean {
    return this.#around.devices.isStranger(mac) || (this.#flood !== null && isGroup(mac));
  }

  #setAside(finding: Finding, device: Device): void {
    if (isMailAttempt(finding)) this.#untold.mailAttempts++;
    if (isGroup(device.mac)) return;
    const aside = this.#aside.get(device.mac) ?? { device, findings: [], times: 1 };
    if (aside.findings.length < HELD) aside.findings.push(finding);
    // Pushed out by hundreds of others, it came back as a new one.
    if (aside.device !== device) {
      addEarlier(device, aside.device);
      aside.device = device;
      aside.times++;
    }
    this.#aside.set(device.mac, aside);
  }

  /** Somebody is behind an address that was taken for made up: what it did is told as its own. */
  #returnOf(mac: Mac): void {
    const aside = this.#aside.get(mac);
    if (aside === undefined || !this.#around.devices.isProven(aside.device)) return;
    this.#aside.delete(mac);
    this.#untold.addresses -= aside.times;
    this.#untold.connections -= aside.device.connections;
    this.#untold.mailAttempts -= aside.findings.filter(isMailAttempt).length;
    this.#around.devices.keep(aside.device);
    this.#release(aside);
  }

  /** What waits of it is told before what comes next; that one does not wait. */
  #releaseOf(mac: Mac): false {
    const held = this.#held.get(mac);
    if (held !== undefined) this.#release(held);
    return false;
  }

  /** In a home that is not known yet every device is newborn, and what it does is told at once. */
  #isHeld(finding: Finding, device: Device, age: number): boolean {
    let held = this.#held.get(device.mac);
    if (held === undefined) {
      if (age > NEWBORN || !this.#around.devices.anyKnownBefore(device.firstSeen)) return false;
      held = { device, findings: [] };
      this.#held.set(device.mac, held);
      this.#look.next = 0;
      this.#around.onWait(this.#patience.first);
    }
    held.findings.push(finding);
    if (held.findings.length > HELD) this.#release(held);
    return true;
  }

  tick(time: number): void {
    if (this.#held.size > 0) this.#releaseDue(time);
    const flood = this.#flood;
    if (flood === null) return;
    if (time - flood.toldAt >= TOLD_EVERY || time < flood.toldAt) {
      for (const mac of [...this.#aside.keys()]) this.#returnOf(mac);
      this.#tell(flood, time, 'updates');
    }
    if (time - flood.lastAt <= OVER && time >= flood.lastAt) return;
    this.#flood = null;
    this.#aside.clear();
    this.#around.devices.endFlood();
  }

  /** Whoever makes up addresses does not pause. */
  idle(): void {
    for (const held of [...this.#held.values()]) this.#release(held);
  }

  finish(time: number): void {
    this.idle();
    if (this.#flood !== null) this.#tell(this.#flood, time, 'updates');
  }

  moveTime({ by }: TimeMove): void {
    for (const [mac, appeared] of this.#newcomers) this.#newcomers.set(mac, appeared + by);
    for (const { findings } of this.#held.values()) for (const finding of findings) finding.time += by;
    this.#look.next = 0;
    if (this.#flood === null) return;
    this.#flood.lastAt += by;
    this.#flood.toldAt += by;
  }

  #releaseDue(time: number): void {
    const { proofs } = this.#around.devices;
    if (time < this.#nextFirst) this.#around.onWait(this.#nextFirst - time);
    if (time < this.#look.next && time >= this.#look.at && proofs === this.#look.proofs) return;
    this.#look = { at: time, next: time + LOOK_EVERY, proofs };
    this.#nextFirst = 0;
    const { first, suspicious } = this.#patience;
    for (const held of [...this.#held.values()]) {
      const waited = time - (held.findings[0]?.time ?? time);
      const isDue = waited < 0 || waited >= suspicious || (waited >= first && !this.#isSuspicious(held.device));
      if (isDue || this.#around.devices.isProven(held.device)) this.#release(held);
      else this.#waitsOn(time, waited);
    }
  }

  #waitsOn(time: number, waited: number): void {
    const { first, suspicious } = this.#patience;
    const due = time - waited + (waited < first ? first : suspicious);
    this.#look.next = Math.min(this.#look.next, due);
    if (waited >= first) return;
    this.#nextFirst = this.#nextFirst === 0 ? due : Math.min(this.#nextFirst, due);
    this.#around.onWait(first - waited);
  }

  /** Others appeared beside it. */
  #isSuspicious({ firstSeen }: Device): boolean {
    const { near, together } = this.#patience;
    let count = 0;
    for (const [mac, appeared] of this.#newcomers)
      if (Math.abs(appeared - firstSeen) <= near && !this.#isAnswered(mac) && ++count >= together) return true;
    return false;
  }

  #isAnswered(mac: Mac): boolean {
    const { devices } = this.#around;
    const device = devices.get(mac);
    return device !== undefined && devices.isProven(device);
  }

  #release({ device, findings }: Held): void {
    this.#held.delete(device.mac);
    this.#told.add(device);
    for (const finding of findings) this.#around.found(finding, device);
  }

  /** How many are new and unanswered still, looked at only where that may be enough. */
  #newcomersAt(time: number): number {
    if (this.#newcomers.size < NEWCOMERS) return this.#newcomers.size;
    for (const [mac, appeared] of this.#newcomers)
      if (this.#isAnswered(mac) || time - appeared > WINDOW || time < appeared) this.#newcomers.delete(mac);
    this.#look.next = 0;
    return this.#newcomers.size;
  }

  #begin(time: number): void {
    const { devices } = this.#around;
    devices.beginFlood(this.#suspects(time));
    const madeUp = [...this.#newcomers.keys()].filter((mac) => devices.isStranger(mac) || isGroup(mac));
    for (const mac of madeUp) {
      const device = devices.get(mac);
      const held = this.#held.get(mac);
      this.#untold.addresses++;
      this.#untold.connections += device?.connections ?? 1;
      this.#untold.mailAttempts += device?.mail.attempts ?? held?.findings.filter(isMailAttempt).length ?? 0;
      if (held !== undefined && device !== undefined) this.#aside.set(mac, { ...held, times: 1 });
      this.#held.delete(mac);
    }
    this.#newcomers.clear();
    this.#look.next = 0;
    this.#flood = {
      lastAt: time,
      toldAt: time,
      examples: madeUp.slice(0, EXAMPLES),
      bearers: new Set(),
    };
    const withdrawn = madeUp.filter((mac) => devices.isStranger(mac));
    this.#tell(this.#flood, time, 'opens', withdrawn);
  }

  /** Who came with the others. What came before them, or has a name or a backend where most have none, is a thing of its own. */
  #suspects(time: number): Mac[] {
    const { devices } = this.#around;
    const appeared = [...this.#newcomers.keys()].flatMap((mac) => devices.get(mac) ?? []);
    const times = appeared.map(({ firstSeen }) => firstSeen).sort((a, b) => a - b);
    const half = time - (times[Math.floor(times.length / 2)] ?? time);
    const crowd = appeared.filter(({ firstSeen }) => firstSeen >= time - 2 * half - SLACK);
    const elaborate = crowd.filter((device) => devices.isKnown(device)).length;
    const isElaborate = elaborate >= crowd.length / 2;
    return crowd.filter((device) => isElaborate || !devices.isKnown(device)).map(({ mac }) => mac);
  }

  #tell(flood: Flood, time: number, effect: 'opens' | 'updates', withdraws: readonly Mac[] = []): void {
    flood.toldAt = time;
    const add = { ...this.#untold };
    if (effect === 'updates' && Object.values(add).every((count) => count === 0)) return;
    this.#untold = nothing();
    const finding: Finding = {
      kind: 'mac_flood',
      severity: 'high',
      device: null,
      portClass: '',
      time,
      effect,
      withdraws,
      destination: null,
      evidence: { examples: flood.examples, bearers: [...flood.bearers].sort() },
      first: {},
      add,
    };
    this.#around.found(finding, null);
  }
}

function isMailAttempt({ effect, kind }: Finding): boolean {
  return isMailKind(kind) && effect === 'opens';
}

function nothing(): Counts {
  return { addresses: 0, connections: 0, mailAttempts: 0 };
}

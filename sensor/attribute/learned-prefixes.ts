// Public prefixes that a router or DHCP server of the home announced, each with who announced it and until when it holds.
// Bounded. A prefix that is taken back stays for a while, as the devices go on using their old addresses.
import type { IpAddress, Mac } from '../decode/packet.ts';
import { parsePrefix } from './prefix.ts';
import { PrefixSet } from './prefix-set.ts';

export interface LearnedPrefix {
  /** `address/length`. */
  prefix: string;
  /** Who announced it; null where that is not known any more. */
  by: Mac | null;
  /** Packet time in ms. */
  until: number;
}

/** A prefix wider than this is not one home's: a forged announcement must not turn the Internet into the inside. */
const WIDEST_LEARNED = { ipv4: 20, ipv6: 48 } as const;
/** A provider renumbers now and then; more prefixes than this at once are a flood. */
const LEARNED_PREFIXES = 32;
const SECOND = 1000;
const HOUR = 60 * 60 * SECOND;
/** Hosts keep an address at least so long after its prefix was taken back (RFC 4862, section 5.5.3 e). */
const AFTERLIFE = 2 * HOUR;
/** Where no lifetime is told, and at most: a month is what routers announce by default (RFC 4861, section 6.2.1). */
const LONGEST = 30 * 24 * HOUR;

export class LearnedPrefixes {
  /** In the order last announced. */
  #prefixes = new Map<string, LearnedPrefix>();
  #list = new PrefixSet();
  /** Nothing ends before. */
  #nextEnd = Number.POSITIVE_INFINITY;
  /** Not announced again since the start: their ends were not reckoned by this run's clock. */
  #restored = new Set<string>();

  get size(): number {
    return this.#prefixes.size;
  }

  covers(ip: IpAddress): boolean {
    return this.#prefixes.size > 0 && this.#list.has(ip);
  }

  /** Who announced the narrowest prefix that `ip` is on; null where nobody did or it is not known. */
  announcerOf(ip: IpAddress): Mac | null {
    let found: { by: Mac | null; length: number } = { by: null, length: -1 };
    for (const { prefix, by } of this.#prefixes.values()) {
      const length = Number(prefix.slice(prefix.indexOf('/') + 1));
      if (length > found.length && new PrefixSet([prefix]).has(ip)) found = { by, length };
    }
    return found.by;
  }

  /**
   * `lifetime` in seconds; null where none is told. 0 takes a known prefix back. Returns whether the set has changed.
   */
  announce(address: IpAddress, length: number, { by, lifetime, time }: Announcement): boolean {
    const parsed = parsePrefix(`${address}/${length}`);
    if (parsed === null || length < WIDEST_LEARNED[parsed.family]) return false;
    const prefix = `${address}/${length}`;
    const known = this.#prefixes.get(prefix);
    if (lifetime === 0) {
      this.#restored.delete(prefix);
      if (known !== undefined) this.#end(known, Math.min(known.until, time + AFTERLIFE));
      return false;
    }
    const lasts = lifetime === null ? LONGEST : Math.min(Math.max(lifetime * SECOND, AFTERLIFE), LONGEST);
    // The ones that are still announced outlast a burst of forged ones.
    this.#prefixes.delete(prefix);
    this.#restored.delete(prefix);
    const learned = { prefix, by, until: time + lasts };
    this.#prefixes.set(prefix, learned);
    this.#end(learned, learned.until);
    if (known !== undefined) return false;
    const [oldest] = this.#prefixes.keys();
    if (this.#prefixes.size > LEARNED_PREFIXES && oldest !== undefined) this.#prefixes.delete(oldest);
    this.#rebuild();
    return true;
  }

  /** Lets go of what has ended by `time`; cheap where nothing has. Returns whether the set has changed. */
  expire(time: number): boolean {
    if (time <= this.#nextEnd) return false;
    return this.keepOnly(({ until }) => until >= time);
  }

  /** Returns whether the set has changed. */
  keepOnly(keeps: (learned: LearnedPrefix) => boolean): boolean {
    const before = this.#prefixes.size;
    for (const [key, learned] of this.#prefixes) if (!keeps(learned)) this.#prefixes.delete(key);
    this.#nextEnd = Math.min(...[...this.#prefixes.values()].map(({ until }) => until));
    if (this.#prefixes.size === before) return false;
    this.#rebuild();
    return true;
  }

  all(): LearnedPrefix[] {
    return [...this.#prefixes.values()];
  }

  restore(prefixes: readonly LearnedPrefix[]): void {
    const sound = prefixes.filter(({ prefix }) => parsePrefix(prefix) !== null).slice(-LEARNED_PREFIXES);
    this.#prefixes = new Map(sound.map((learned) => [learned.prefix, { ...learned }]));
    this.#restored = new Set(this.#prefixes.keys());
    this.#nextEnd = Math.min(...sound.map(({ until }) => until));
    this.#rebuild();
  }

  /** The clock was put right by so many ms: what was announced holds as long as was said. */
  moveTime(by: number): void {
    for (const learned of this.#prefixes.values()) if (!this.#restored.has(learned.prefix)) learned.until += by;
    this.#nextEnd = Math.min(...[...this.#prefixes.values()].map(({ until }) => until));
  }

  #end(learned: LearnedPrefix, until: number): void {
    learned.until = until;
    this.#nextEnd = Math.min(this.#nextEnd, until);
  }

  #rebuild(): void {
    this.#list = new PrefixSet(this.#prefixes.keys());
  }
}

export interface Announcement {
  by: Mac | null;
  /** Seconds; null where none is told. */
  lifetime: number | null;
  time: number;
}

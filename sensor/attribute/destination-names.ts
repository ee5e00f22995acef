// What a destination is called, per device and bounded in time: a device's own DNS answers name its own connections;
// another device's answer may only be shown as such. There is no name that holds for the whole home.
import type { DnsMessage } from '../decode/dns.ts';
import type { IpAddress, Mac } from '../decode/packet.ts';
import { cleanHostName } from '../decode/text.ts';
import type { NameSource } from './device.ts';
import { SecondChanceTable } from './second-chance.ts';

/** Names by (device, address); those that nobody asked for lately give way under a flood. */
const NAMES = 65_536;
const SHARED_NAMES = 16_384;
const ADDRESSES = 16_384;
/** Programs keep using an address after its TTL has passed; below this (ms) none is forgotten. */
const SHORTEST_LIFE = 10 * 60_000;
/** RFC 8767 advises a day as the longest a stale answer may serve; longer TTLs are cut to a week. */
const LONGEST_LIFE = 7 * 24 * 60 * 60_000;
const MAX_CHAIN = 16;
/** So long (ms) after its time a name is forgotten, though packets may come late; and how often that is looked for, in packet time. */
const FORGET_AFTER = 60 * 60_000;

export interface DestinationName {
  name: string;
  from: NameSource;
}

interface Known {
  name: string;
  until: number;
}

export class DestinationNames {
  readonly #own = new SecondChanceTable<string, Known>(NAMES);
  readonly #anyone = new SecondChanceTable<IpAddress, Known>(SHARED_NAMES);
  readonly #addresses = new SecondChanceTable<string, { ip: IpAddress; until: number }>(ADDRESSES);
  #nextForget = 0;

  /** An answer that `asker` was given at `time` (packet time, ms). Every address gets the name that was asked for. */
  learn(asker: Mac | null, message: DnsMessage, time: number): void {
    if (!message.response || message.rcode !== 0) return;
    this.#forgetOver(time);
    for (const question of message.questions) {
      const name = cleanHostName(question.name);
      if (name === null) continue;
      let first: { ip: IpAddress; until: number } | null = null;
      for (const { ip, ttl } of addressesOf(question.name, message)) {
        const life = Math.min(Math.max(ttl * 1000, SHORTEST_LIFE), LONGEST_LIFE);
        const known = { name, until: time + life };
        if (asker !== null) this.#own.set(`${asker} ${ip}`, known);
        this.#anyone.set(ip, known);
        first ??= { ip, until: known.until };
      }
      if (first !== null) this.#addresses.set(name, first);
    }
  }

  /** The name `device` has for `ip` at `time`: its own answer, else another device's, labelled so. */
  nameOf(device: Mac | null, ip: IpAddress, time: number): DestinationName | null {
    const own = device === null ? undefined : this.#own.get(`${device} ${ip}`);
    if (own !== undefined && own.until >= time) return { name: own.name, from: 'dns' };
    const other = this.#anyone.get(ip);
    if (other !== undefined && other.until >= time) return { name: other.name, from: 'dns-other' };
    return null;
  }

  /** The clock was put right by so many ms: names live as long as their answers said. */
  moveTime(by: number): void {
    // One answer's entry may stand under several addresses.
    const all = new Set([...this.#own.values(), ...this.#anyone.values(), ...this.#addresses.values()]);
    for (const known of all) known.until += by;
  }

  /** People go to ever new places: what nobody is told any more does not stay until others need its room. */
  #forgetOver(time: number): void {
    // A clock that was set back is not waited for.
    if (time < this.#nextForget && time >= this.#nextForget - FORGET_AFTER) return;
    this.#nextForget = time + FORGET_AFTER;
    for (const names of [this.#own, this.#anyone, this.#addresses])
      names.forget(({ until }) => until < time - FORGET_AFTER);
  }

  /** The first address of the latest answer for `name` that is still good at `time`, whoever asked. */
  addressOf(name: string, time: number): IpAddress | null {
    const known = this.#addresses.get(name);
    return known !== undefined && known.until >= time ? known.ip : null;
  }
}

/** Addresses reached from `name` over the message's CNAMEs and service records (RFC 1034 section 3.6.2, RFC 9460). */
function addressesOf(name: string, message: DnsMessage): { ip: IpAddress; ttl: number }[] {
  const names = new Set([name]);
  for (let round = 0; round < MAX_CHAIN; round++) {
    const before = names.size;
    for (const record of message.answers) {
      if (!names.has(record.name)) continue;
      if (record.type === 'CNAME') names.add(record.data);
      if ((record.type === 'HTTPS' || record.type === 'SVCB') && record.data.target !== '')
        names.add(record.data.target);
    }
    if (names.size === before) break;
  }
  const found: { ip: IpAddress; ttl: number }[] = [];
  for (const record of [...message.answers, ...message.additionals]) {
    if (!names.has(record.name)) continue;
    if (record.type === 'A' || record.type === 'AAAA') found.push({ ip: record.data, ttl: record.ttl });
    if (record.type === 'HTTPS' || record.type === 'SVCB') {
      for (const ip of record.data.hints) found.push({ ip, ttl: record.ttl });
    }
  }
  return found;
}

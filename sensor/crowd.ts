// Who gives way when too many are at a door: the page's and the embedded broker's. Beyond a bound the oldest of the largest group
// goes, so that one who comes a thousand times crowds out only himself. Knows nothing of sockets.
import { isIPv6 } from 'node:net';

export class Crowd<Member> {
  readonly #limit: number;
  /** Of each group its members, oldest first. */
  readonly #groups = new Map<string, Set<Member>>();
  readonly #groupOf = new Map<Member, string>();

  constructor(limit: number) {
    this.#limit = limit;
  }

  get size(): number {
    return this.#groupOf.size;
  }

  has(member: Member): boolean {
    return this.#groupOf.has(member);
  }

  /** Takes the member in. Who has to leave for it, and is out already; null where there is room. */
  add(member: Member, group: string): Member | null {
    this.remove(member);
    const members = this.#groups.get(group) ?? new Set();
    members.add(member);
    this.#groups.set(group, members);
    this.#groupOf.set(member, group);
    if (this.size <= this.#limit) return null;
    const oldest = this.#oldestOfLargest();
    if (oldest !== null) this.remove(oldest);
    return oldest;
  }

  remove(member: Member): void {
    const group = this.#groupOf.get(member);
    if (group === undefined) return;
    this.#groupOf.delete(member);
    const members = this.#groups.get(group);
    members?.delete(member);
    if (members?.size === 0) this.#groups.delete(group);
  }

  #oldestOfLargest(): Member | null {
    let largest: Set<Member> | null = null;
    for (const members of this.#groups.values()) if (members.size > (largest?.size ?? 0)) largest = members;
    for (const member of largest ?? []) return member;
    return null;
  }
}

/** Addresses that one sender can take as it likes are one: of IPv6 a /64 (RFC 4291, section 2.5.4). */
export function senderOf(address: string): string {
  const plain = (address.split('%')[0] ?? '').toLowerCase().replace(/^::ffff:(?=\d+\.\d+\.\d+\.\d+$)/, '');
  if (!isIPv6(plain)) return plain;
  const [head = '', tail] = plain.split('::');
  const front = head === '' ? [] : head.split(':');
  const back = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = tail === undefined ? 0 : Math.max(0, 8 - front.length - back.length);
  const groups = [...front, ...new Array<string>(zeros).fill('0'), ...back];
  return `${groups
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(':')}::/64`;
}

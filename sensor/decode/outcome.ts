// What every decoder returns: the record, or why there is none. Wire data never throws; it is counted here instead.

export type Reason = 'truncated' | 'malformed' | 'unsupported';

/** Protocol layer a failure is counted under. */
export type Layer =
  | 'link'
  | 'vlan'
  | 'pppoe'
  | 'mirror'
  | 'arp'
  | 'ipv4'
  | 'ipv6'
  | 'icmp'
  | 'icmpv6'
  | 'tcp'
  | 'udp'
  | 'dhcp'
  | 'dhcpv6'
  | 'dns'
  | 'mdns'
  | 'llmnr'
  | 'nbns'
  | 'ssdp'
  | 'tls'
  | 'quic'
  | 'http'
  | 'smtp'
  | 'socks'
  | 'nat-pmp'
  | 'pcp'
  | 'igd';

/** Why bytes did not become a record. `needed` and `available` are byte counts where they tell the story. */
export class Failure {
  readonly reason: Reason;
  readonly layer: Layer;
  readonly detail: string;
  readonly needed: number | undefined;
  readonly available: number | undefined;

  constructor(reason: Reason, layer: Layer, detail: string, needed?: number, available?: number) {
    this.reason = reason;
    this.layer = layer;
    this.detail = detail;
    this.needed = needed;
    this.available = available;
  }
}

export type Decoded<T> = T | Failure;

/** The capture holds fewer bytes than the record needs. */
export function truncated(layer: Layer, detail: string, needed: number, available: number): Failure {
  return new Failure('truncated', layer, detail, needed, available);
}

/** The bytes contradict the protocol. */
export function malformed(layer: Layer, detail: string): Failure {
  return new Failure('malformed', layer, detail);
}

/** Well-formed as far as seen, but nothing we read. */
export function unsupported(layer: Layer, detail: string): Failure {
  return new Failure('unsupported', layer, detail);
}

/** Counts failures by layer and reason; bounded by the two closed sets. */
export class DecodeCounters {
  readonly #counts = new Map<`${Layer}.${Reason}`, number>();

  count(failure: Failure): void {
    const key = `${failure.layer}.${failure.reason}` as const;
    this.#counts.set(key, (this.#counts.get(key) ?? 0) + 1);
  }

  /** All failures of one reason, over every layer. */
  total(reason: Reason): number {
    let sum = 0;
    for (const [key, count] of this.#counts) if (key.endsWith(`.${reason}`)) sum += count;
    return sum;
  }

  /** Non-zero counts keyed `layer.reason`, sorted by key. */
  toJSON(): Record<string, number> {
    return Object.fromEntries([...this.#counts].sort(([a], [b]) => (a < b ? -1 : 1)));
  }
}

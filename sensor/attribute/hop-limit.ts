// How far a packet has come, as its TTL or hop limit tells: each router takes one off what the sender began with.

/** What operating systems begin with (RFC 1700 and practice). */
export const INITIAL_HOP_LIMITS = [64, 128, 255] as const;

/** Routers between the sender and here, if it began with the nearest of these values. */
export function hopsBehind(hopLimit: number): number {
  return (INITIAL_HOP_LIMITS.find((initial) => initial >= hopLimit) ?? hopLimit) - hopLimit;
}

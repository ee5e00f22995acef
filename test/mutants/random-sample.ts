// A sample that the same seed draws again, and what may be said from it about the whole.
import { createHash } from 'node:crypto';

/** `count` of `all`, each as likely as any other; in the order of drawing. A larger sample begins with the smaller one. */
export function sampleOf<T>(all: readonly T[], nameOf: (one: T) => string, count: number, seed: number): T[] {
  const rank = (one: T): string =>
    createHash('sha256')
      .update(`${seed}\0${nameOf(one)}`)
      .digest('hex');
  const ranked = all.map((one) => ({ one, rank: rank(one) }));
  ranked.sort((left, right) => (left.rank < right.rank ? -1 : 1));
  return ranked.slice(0, count).map(({ one }) => one);
}

/** Normal quantile for 95 %. */
const Z = 1.96;

/** Wilson's 95 % interval for a share of which a random sample of `size` from `whole` showed `hits`. */
export function interval(hits: number, size: number, whole: number): { from: number; to: number } {
  if (size === 0) return { from: 0, to: 1 };
  const share = hits / size;
  if (size >= whole) return { from: share, to: share };
  const middle = (share + Z ** 2 / (2 * size)) / (1 + Z ** 2 / size);
  const half = (Z / (1 + Z ** 2 / size)) * Math.sqrt((share * (1 - share)) / size + Z ** 2 / (4 * size ** 2));
  return { from: Math.max(0, middle - half), to: Math.min(1, middle + half) };
}

// Seeded chance for a simulated fleet: the same seed, the same homes, the same days.
import { mulberry32 } from '../../support/mulberry.ts';

export class Dice {
  readonly #word: () => number;

  constructor(seed: number) {
    this.#word = mulberry32(seed);
  }

  /** From 0 up to and without 1. */
  share(): number {
    return this.#word() / 0x1_0000_0000;
  }

  happens(probability: number): boolean {
    return this.share() < probability;
  }

  below(below: number): number {
    return Math.floor(this.share() * below);
  }

  between(from: number, to: number): number {
    return from + this.share() * (to - from);
  }

  pick<T>(list: readonly T[]): T {
    const picked = list[this.below(list.length)];
    if (picked === undefined) throw new Error('nothing to pick from');
    return picked;
  }

  /** Some of them, in no order. */
  sample<T>(list: readonly T[], count: number): T[] {
    const rest = [...list];
    const taken: T[] = [];
    while (taken.length < count && rest.length > 0) {
      const at = this.below(rest.length);
      const one = rest[at];
      const last = rest.pop();
      if (one !== undefined) taken.push(one);
      if (last !== undefined && at < rest.length) rest[at] = last;
    }
    return taken;
  }

  /** Days, hours: exponential with this mean. */
  waiting(mean: number): number {
    return -Math.log(1 - this.share()) * mean;
  }

  /** How often something of this mean happens. */
  poisson(mean: number): number {
    if (mean > 50) return Math.max(0, Math.round(mean + Math.sqrt(mean) * this.#normal()));
    let count = 0;
    for (let rest = Math.exp(-mean), product = this.share(); product > rest; count++) product *= this.share();
    return count;
  }

  #normal(): number {
    return Math.sqrt(-2 * Math.log(1 - this.share())) * Math.cos(2 * Math.PI * this.share());
  }
}

// What there is to buy and to talk to in a simulated world: families of things with their makers' backends and their habits of mailing,
// content networks, and a long tail of backends of which few have many users (Zipf).
import type { Dice } from './dice.ts';

export interface SimulatedBackend {
  name: string;
  role: 'update' | 'store' | 'unknown';
}

export interface SimulatedFamily {
  name: string;
  /** Share of homes that have one, at the beginning. */
  popularity: number;
  update: SimulatedBackend;
  /** A trap: the maker's own cloud, which every one of them uses as well. */
  cloud: SimulatedBackend;
  /** Plugins, for those families that take any; which part of their homes does. */
  store: { backend: SimulatedBackend; share: number } | null;
  /** Innocent mail: share of homes that set it up with a new device, and those that do so later, per day. */
  habit: { setUp: number; daily: number };
  /** Shared infrastructure that its firmware uses. */
  infrastructure: SimulatedBackend[];
}

export interface Catalogue {
  families: SimulatedFamily[];
  /** The long tail, most popular first; weights add up to 1. */
  tail: { backend: SimulatedBackend; weight: number }[];
  /** Families of which homes that have the first tend to have the second. */
  together: [SimulatedFamily, SimulatedFamily][];
}

const FAMILIES = 60;
const TAIL = 3000;
/** Listed as shared, and some that nobody lists. */
const INFRASTRUCTURE = [
  'akamaized.net',
  'cloudfront.net',
  'amazonaws.com',
  'edge-metrics.example',
  'things-sdk.example',
];
const MAILERS = [
  { name: 'nas', setUp: 0.3, daily: 0.0008 },
  { name: 'recorder', setUp: 0.15, daily: 0.0004 },
  { name: 'printer', setUp: 0.08, daily: 0.0002 },
  { name: 'camera', setUp: 0.03, daily: 0.00005 },
] as const;
/** All other things: misconfigured, lent, odd. */
const ODD = { setUp: 0.001, daily: 0.000004 };

export function makeCatalogue(dice: Dice): Catalogue {
  const families = Array.from({ length: FAMILIES }, (_, rank): SimulatedFamily => {
    const mailer = dice.happens(0.3) ? dice.pick(MAILERS) : null;
    const name = `${mailer?.name ?? 'thing'}-${rank}`;
    return {
      name,
      popularity: Math.min(0.25, 0.4 / (rank + 1) ** 0.8) * dice.between(0.6, 1.4),
      update: { name: `updates.${name}.example`, role: 'update' },
      cloud: { name: `cloud.${name}.example`, role: 'unknown' },
      store: dice.happens(0.3)
        ? { backend: { name: `plugins.${name}.example`, role: 'store' }, share: dice.between(0.1, 0.5) }
        : null,
      habit: mailer ?? ODD,
      infrastructure: INFRASTRUCTURE.filter(() => dice.happens(0.35)).map((host) => ({ name: host, role: 'unknown' })),
    };
  });
  const weights = Array.from({ length: TAIL }, (_, rank) => 1 / (rank + 5));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return {
    families,
    tail: weights.map((weight, rank) => ({
      backend: { name: `b${rank}.example`, role: rank % 5 === 0 ? 'store' : 'unknown' },
      weight: weight / total,
    })),
    together: Array.from({ length: 10 }, () => [dice.pick(families), dice.pick(families)]),
  };
}

/** One of the tail, by its weight. */
export function pickTail({ tail }: Catalogue, dice: Dice): SimulatedBackend {
  let at = dice.share();
  for (const { backend, weight } of tail) {
    at -= weight;
    if (at < 0) return backend;
  }
  return dice.pick(tail).backend;
}

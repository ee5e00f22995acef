// Whole simulated histories with a question: how soon is a bad backend named, is an innocent one, what do liars reach?
import type { Outbreak } from '../../../sensor/fleet/outbreak/naming.ts';
import { backendWithUsers, type Compromise, compromise, usersOf } from './compromise.ts';
import { Dice } from './dice.ts';
import { type Conspiracy, conspire, lieApart } from './liars.ts';
import { World } from './world.ts';

/** Days before anything is done to a fleet: all homes have joined, settled, and shown their habits. */
const RIPE = 110;

export interface OutbreakRun {
  plan: Compromise;
  /** Homes that had mailed because of it when it was named; null where it never was. */
  mailedBefore: number | null;
  /** Those that the fleet knew of by then, as mailing after contact: others' sensors are blind, or new. */
  known: number | null;
  /** Days from the first of them to the name. */
  days: number | null;
  /** Homes that mailed because of it in all. */
  mailed: number;
  /** Of those, after the name. */
  warned: number;
  /** Backends that were told as alike. */
  alike: number;
  /** Whether it is named itself, and not only among the alike. */
  isHead: boolean;
  /** Other backends that were named. */
  wrong: string[];
}

const names = ({ alike, backend }: Outbreak, name: string): boolean => backend === name || alike.includes(name);

/** Users of the bad backend, of so many runs: from 20 to 1500, each size as likely as its double. */
export const sizeOf = (run: number, runs: number): number =>
  Math.round(20 * 75 ** (((run * 7) % runs) / (runs - 1 || 1)));

/** @param size homes that use the backend, about */
export function runOutbreak(seed: number, homes: number, size: number, days = 40): OutbreakRun {
  const world = new World({ seed, homes });
  for (let day = 0; day < RIPE; day++) world.step();
  const plan = compromise(world, new Dice(seed ^ 0x5bad), size);
  const wrong = new Set<string>();
  let named: { index: number; day: number; outbreak: Outbreak } | null = null;
  for (let day = 0; day < days; day++) {
    const before = world.mailed.length;
    world.step((outbreaks, mails) => {
      for (const outbreak of outbreaks) {
        if (outbreak.state === 'ended') continue;
        if (!names(outbreak, plan.backend.name)) wrong.add(outbreak.backend);
        else named ??= { index: before + mails, day: world.today, outbreak };
      }
    });
  }
  return outcome(world, plan, named, wrong);
}

function outcome(
  world: World,
  plan: Compromise,
  named: { index: number; day: number; outbreak: Outbreak } | null,
  wrong: ReadonlySet<string>,
): OutbreakRun {
  const bad = world.mailed.flatMap(({ day, why }, index) => (why === 'bad' ? [{ day, index }] : []));
  const before = named === null ? null : bad.filter(({ index }) => index < named.index).length;
  return {
    plan,
    mailedBefore: before,
    known: named?.outbreak.homesMailed ?? null,
    days: named === null ? null : named.day - (bad[0]?.day ?? named.day),
    mailed: bad.length,
    warned: before === null ? 0 : bad.length - before,
    alike: named?.outbreak.alike.length ?? 0,
    isHead: named?.outbreak.backend === plan.backend.name,
    wrong: [...wrong],
  };
}

export interface QuietRun {
  days: number;
  /** Homes that mailed out of habit. */
  mailed: number;
  /** Backends that were named: all of them wrongly. */
  wrong: Outbreak[];
}

/** @param liars homes that lie each for itself */
export function runQuiet(seed: number, homes: number, days: number, liars = 0): QuietRun {
  const world = new World({ seed, homes });
  const wrong = new Map<string, Outbreak>();
  for (let day = 0; day < days; day++) {
    if (day === RIPE && liars > 0) lieApart(world, new Dice(seed ^ 0x11a5), liars, 60);
    world.step((outbreaks) => {
      for (const one of outbreaks) if (one.state === 'open' && !wrong.has(one.id)) wrong.set(one.id, one);
    });
  }
  return { days, mailed: world.mailed.length, wrong: [...wrong.values()] };
}

export interface LiarRun {
  /** Homes that honestly use the backend. */
  users: number;
  liars: number;
  isNamed: boolean;
  /** Homes that would be warned for nothing. */
  harmed: number;
}

/** Liars against a backend with about so many honest users. */
export function runLiars(
  seed: number,
  homes: number,
  users: number,
  liars: number,
  manner: Conspiracy['manner'],
): LiarRun {
  const world = new World({ seed, homes });
  for (let day = 0; day < RIPE; day++) world.step();
  const target = backendWithUsers(world, users);
  const honest = new Set(usersOf(world.homes, target.backend.name, world.today).keys());
  const last = conspire(world, new Dice(seed ^ 0x11a5), { ...target, liars, manner });
  let isNamed = false;
  while (world.today < last + 5 && !isNamed)
    world.step((outbreaks) => {
      if (outbreaks.some((one) => one.state === 'open' && names(one, target.backend.name))) isNamed = true;
    });
  return { users: honest.size, liars, isNamed, harmed: isNamed ? honest.size : 0 };
}

// Homes whose records are made up: that a backend was used, and that mail began after it. Together against one backend, patiently or at
// once; or each for itself.
import type { SimulatedBackend, SimulatedFamily } from './catalogue.ts';
import { pickTail } from './catalogue.ts';
import type { Dice } from './dice.ts';
import type { SimulatedHome } from './home.ts';
import type { World } from './world.ts';

export interface Conspiracy {
  backend: SimulatedBackend;
  family: SimulatedFamily;
  liars: number;
  /**
   * `patient`: they have been in the fleet for long, claim the use three weeks ahead and the mail in turns, so many a day; `flood`: use
   * a day ahead, and all mail on one day; `rash`: mail and use in one record
   */
  manner: 'patient' | 'flood' | 'rash';
}

/** Days that patient liars use the backend before they claim mail. */
const AHEAD = 21;
/** Claims a day of patient ones: what counts. */
const IN_TURNS = 8;

/** From tomorrow on. @returns the day of the last claim */
export function conspire(world: World, dice: Dice, { backend, family, liars, manner }: Conspiracy): number {
  const from = world.today + 1;
  const pool = world.homes.filter(
    (home) => home.isReporting(from) && home.sight === 1 && home.mail.length === 0 && home.enrolledOn < from - 30,
  );
  const ahead = { patient: AHEAD, flood: 1, rash: 0 }[manner];
  // They know how much counts: a fiftieth of the homes that use it, where that is more.
  const turns = Math.max(IN_TURNS, Math.ceil(usersIn(world, backend) / 50));
  let last = from;
  for (const [index, home] of dice.sample(pool, liars).entries()) {
    world.at(from, () => claimUse(world, home, family, backend, from));
    last = from + ahead + (manner === 'patient' ? Math.floor(index / turns) : 0);
    claimMail(world, dice, home, family, last);
  }
  return last;
}

/** Each lies for itself: about a backend as it comes, on any day of `days`. */
export function lieApart(world: World, dice: Dice, liars: number, days: number): void {
  const from = world.today + 1;
  for (const home of dice.sample(
    world.homes.filter((one) => one.isReporting(from)),
    liars,
  )) {
    const family = dice.pick(world.catalogue.families);
    const backend = dice.happens(0.5) ? family.update : pickTail(world.catalogue, dice);
    const day = from + dice.below(days);
    world.at(day, () => claimUse(world, home, family, backend, day));
    claimMail(world, dice, home, family, day + 1 + dice.below(10));
  }
}

function usersIn(world: World, { name }: SimulatedBackend): number {
  return world.homes.filter((home) => home.exposures.some(({ backend }) => backend === name)).length;
}

function claimUse(
  world: World,
  home: SimulatedHome,
  family: SimulatedFamily,
  backend: SimulatedBackend,
  day: number,
): void {
  if (!home.things.some((thing) => thing.family === family)) {
    home.acquire(family, day);
    world.contact(home, family.name, family.update);
    world.contact(home, family.name, family.cloud);
  }
  world.contact(home, family.name, backend);
}

function claimMail(world: World, dice: Dice, home: SimulatedHome, { name }: SimulatedFamily, day: number): void {
  world.mails(day, { home, family: name, minute: dice.below(1440), contacted: null, why: 'lie' });
}

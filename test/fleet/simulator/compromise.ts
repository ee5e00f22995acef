// A backend turns bad on a day: of the homes that come to it afterwards a share is infected, and mails after a while.
import type { SimulatedBackend, SimulatedFamily } from './catalogue.ts';
import type { Dice } from './dice.ts';
import type { SimulatedHome } from './home.ts';
import type { World } from './world.ts';

export interface Compromise {
  /** The maker's update server, its plugins, or one of the long tail that several families use. */
  kind: 'update' | 'store' | 'tail';
  backend: SimulatedBackend;
  day: number;
  /** Share of those that come to it. */
  infects: number;
  /** Mean days from the bad contact to mail. */
  incubation: number;
  /** Homes that used it on that day. */
  exposed: number;
}

/** Homes with the families by which they use a backend. */
export function usersOf(homes: readonly SimulatedHome[], backend: string, today: number): Map<SimulatedHome, string> {
  const users = new Map<SimulatedHome, string>();
  for (const home of homes) {
    if (!home.isReporting(today)) continue;
    const use = home.exposures.find((one) => one.backend === backend);
    if (use !== undefined) users.set(home, use.family);
  }
  return users;
}

/** Chooses a backend with about `size` users and turns it bad from tomorrow on. To be called between two days. */
export function compromise(world: World, dice: Dice, size: number): Compromise {
  const { catalogue, homes, today } = world;
  const kinds: { kind: Compromise['kind']; backend: SimulatedBackend }[] = [
    ...catalogue.families.map(({ update }) => ({ kind: 'update' as const, backend: update })),
    ...catalogue.families.flatMap(({ store }) => (store ? [{ kind: 'store' as const, backend: store.backend }] : [])),
    ...catalogue.tail.slice(0, 400).map(({ backend }) => ({ kind: 'tail' as const, backend })),
  ];
  const kind = dice.pick(['update', 'store', 'tail'] as const);
  const count = userCounts(homes, today);
  const near = ({ backend }: { backend: SimulatedBackend }): number =>
    Math.abs(Math.log((count.get(backend.name) ?? 0.1) / size));
  const [chosen] = kinds.filter((one) => one.kind === kind).sort((a, b) => near(a) - near(b));
  if (chosen === undefined) throw new Error('no backend');
  const plan: Compromise = {
    ...chosen,
    day: today + 1,
    infects: dice.between(0.2, 0.9),
    incubation: dice.between(2, 14),
    exposed: count.get(chosen.backend.name) ?? 0,
  };
  // Its users come for what is bad within the days after; a tail that is long, as with updates.
  const mean = dice.between(1, 10);
  for (const [home, family] of usersOf(homes, plan.backend.name, today))
    infect(world, dice, plan, home, family, plan.day + Math.floor(dice.waiting(mean)));
  // And those that come new.
  watchNewUsers(world, dice, plan);
  return plan;
}

function infect(world: World, dice: Dice, plan: Compromise, home: SimulatedHome, family: string, day: number): void {
  if (!dice.happens(plan.infects)) return;
  const mailOn = day + dice.waiting(plan.incubation);
  world.mails(Math.floor(mailOn), {
    ...{ home, family, why: 'bad' },
    minute: dice.below(1440),
    contacted: plan.backend,
  });
}

function watchNewUsers(world: World, dice: Dice, plan: Compromise): void {
  const known = new Set(usersOf(world.homes, plan.backend.name, world.today).keys());
  const look = (): void => {
    for (const [home, family] of usersOf(world.homes, plan.backend.name, world.today)) {
      if (known.has(home)) continue;
      known.add(home);
      infect(world, dice, plan, home, family, world.today);
    }
    world.at(world.today + 3, look);
  };
  world.at(plan.day, look);
}

function userCounts(homes: readonly SimulatedHome[], today: number): Map<string, number> {
  const counts = new Map<string, number>();
  for (const home of homes) {
    if (!home.isReporting(today)) continue;
    for (const backend of new Set(home.exposures.map((one) => one.backend)))
      counts.set(backend, (counts.get(backend) ?? 0) + 1);
  }
  return counts;
}

/** The one with about so many users, and the family of theirs that uses it most. */
export function backendWithUsers(
  world: World,
  users: number,
): { backend: SimulatedBackend; users: number; family: SimulatedFamily } {
  const { catalogue, homes, today } = world;
  const count = userCounts(homes, today);
  const near = ({ name }: SimulatedBackend): number => Math.abs(Math.log((count.get(name) ?? 0.1) / users));
  const all = [...catalogue.tail.map(({ backend }) => backend), ...catalogue.families.map(({ update }) => update)];
  const [backend] = all.sort((a, b) => near(a) - near(b));
  if (backend === undefined) throw new Error('no backend');
  const families = new Map<string, number>();
  for (const family of usersOf(homes, backend.name, today).values())
    families.set(family, (families.get(family) ?? 0) + 1);
  const most = [...families].sort(([, a], [, b]) => b - a)[0]?.[0];
  const family = catalogue.families.find(({ name }) => name === most) ?? dice0(catalogue.families);
  return { backend, users: count.get(backend.name) ?? 0, family };
}

function dice0<T>(list: readonly T[]): T {
  const [first] = list;
  if (first === undefined) throw new Error('nothing there');
  return first;
}

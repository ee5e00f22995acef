// A seeded fleet, day by day: homes join, buy, forget, go blind and leave; innocent things mail out of habit. What is done to it, by a
// bad backend or by liars, comes from outside (`compromise.ts`, `liars.ts`) through `at` and `mails`.

import type { Outbreak } from '../../../sensor/fleet/outbreak/naming.ts';
import { type Catalogue, makeCatalogue, pickTail, type SimulatedBackend, type SimulatedFamily } from './catalogue.ts';
import { Counting } from './counting.ts';
import { Dice } from './dice.ts';
import { SimulatedHome } from './home.ts';

export interface WorldOptions {
  seed: number;
  homes: number;
  /** Days until all homes have joined. */
  joining?: number;
  /** Counts homes again daily, even when nothing happened to them: as the store does. */
  isThorough?: boolean;
}

export interface MailEvent {
  home: SimulatedHome;
  family: string;
  /** Of the day. */
  minute: number;
  contacted: SimulatedBackend | null;
  why: 'habit' | 'bad' | 'lie';
}

/** Per home and day. */
const RATES = { tail: 0.02, purchase: 0.002, plugins: 0.0004, blind: 0.002, leave: 0.0002, join: 0.0002 };
/** The first simulated day: 2026-01-01. */
export const FIRST_DAY = 20_454;

export class World {
  readonly dice: Dice;
  readonly catalogue: Catalogue;
  readonly homes: SimulatedHome[] = [];
  readonly counting = new Counting();
  /** All mail that began, in its order. */
  readonly mailed: (MailEvent & { day: number })[] = [];
  today = FIRST_DAY - 1;
  readonly #options: Required<WorldOptions>;
  readonly #agenda = new Map<number, (() => void)[]>();
  readonly #mails = new Map<number, MailEvent[]>();
  readonly #touched = new Set<SimulatedHome>();
  readonly #restless = new Map<SimulatedHome, number>();

  constructor(options: WorldOptions) {
    this.#options = { joining: 7, isThorough: false, ...options };
    this.dice = new Dice(options.seed);
    this.catalogue = makeCatalogue(this.dice);
    for (let index = 0; index < options.homes; index++)
      this.#planToJoin(FIRST_DAY + this.dice.below(this.#options.joining));
    this.at(FIRST_DAY + 60 + this.dice.below(60), () => this.#sale());
  }

  /** Something happens on a day. */
  at(day: number, what: () => void): void {
    const all = this.#agenda.get(day) ?? [];
    all.push(what);
    this.#agenda.set(day, all);
  }

  mails(day: number, event: MailEvent): void {
    const all = this.#mails.get(day) ?? [];
    all.push(event);
    this.#mails.set(day, all);
  }

  /** A thing comes to a backend: that is seen. */
  contact(home: SimulatedHome, family: string, backend: SimulatedBackend, day = this.today): void {
    if (!home.use(family, backend, day)) return;
    this.#touch(home);
  }

  /**
   * One day. @param onNamed is told of outbreaks that are new or changed, in the middle of the day too; `mails` is how many mail events
   * of the day had come
   */
  step(onNamed: (outbreaks: Outbreak[], mails: number) => void = () => {}): MailEvent[] {
    this.today++;
    const { today } = this;
    for (const what of this.#agenda.get(today) ?? []) what();
    this.#agenda.delete(today);
    this.#live();
    let turn = today;
    for (const [home, until] of this.#restless) {
      // Once a week each: silence is looked for over weeks.
      if (turn++ % 7 === 0) this.#touched.add(home);
      if (today > until) this.#restless.delete(home);
    }
    if (this.#options.isThorough) for (const home of this.homes) this.#touch(home);
    for (const home of this.#touched) if (today >= home.enrolledOn) this.counting.recount(home, today);
    this.#touched.clear();
    onNamed(this.counting.judgeAll(today), 0);
    const mails = (this.#mails.get(today) ?? []).filter(({ home }) => home.isReporting(today));
    this.#mails.delete(today);
    mails.sort((a, b) => a.minute - b.minute);
    for (const [index, event] of mails.entries()) {
      const { contacted, family, home, minute } = event;
      this.mailed.push({ ...event, day: today });
      home.beginMail(family, today, minute, contacted);
      this.counting.recount(home, today);
      onNamed(this.counting.judge(today), index + 1);
    }
    return mails;
  }

  #touch(home: SimulatedHome): void {
    this.#touched.add(home);
  }

  #watch(home: SimulatedHome, until: number): void {
    this.#restless.set(home, Math.max(until, this.#restless.get(home) ?? 0));
  }

  #planToJoin(day: number): void {
    const lot = this.dice.share();
    const sight = lot < 0.08 ? 0 : lot < 0.18 ? this.dice.between(0.3, 0.9) : 1;
    const home = new SimulatedHome(this.homes.length, day, sight);
    this.homes.push(home);
    this.at(day, () => this.#join(home));
  }

  #join(home: SimulatedHome): void {
    const { families, together } = this.catalogue;
    const bought = new Set(families.filter(({ popularity }) => this.dice.happens(popularity)));
    for (const [one, other] of together) if (bought.has(one) && this.dice.happens(0.6)) bought.add(other);
    for (const family of bought) this.#acquire(home, family, this.dice.below(3));
    // Settled, and then watched for as long as silence is looked for.
    for (const later of [0, 14, 28, 45]) this.at(home.enrolledOn + later, () => this.#touch(home));
    if (home.sight > 0 && home.sight < 1) this.#watch(home, Number.POSITIVE_INFINITY);
  }

  /** @param later days until its set-up mail, if its family has the habit */
  #acquire(home: SimulatedHome, family: SimulatedFamily, later: number): void {
    const { dice, today } = this;
    home.acquire(family, today);
    this.contact(home, family.name, family.update);
    this.contact(home, family.name, family.cloud);
    for (const backend of family.infrastructure) this.contact(home, family.name, backend);
    if (family.store !== null && dice.happens(family.store.share))
      this.contact(home, family.name, family.store.backend);
    for (let more = dice.below(4); more > 0; more--) this.contact(home, family.name, pickTail(this.catalogue, dice));
    if (dice.happens(family.habit.setUp)) this.#habit(home, family.name, today + later);
  }

  #habit(home: SimulatedHome, family: string, day: number): void {
    if (home.mail.some((one) => one.family === family)) return;
    this.mails(day, { home, family, minute: this.dice.below(1440), contacted: null, why: 'habit' });
  }

  /** What happens to any home on any day. */
  #live(): void {
    const { catalogue, dice, homes, today } = this;
    const some = (rate: number, what: (home: SimulatedHome) => void): void => {
      for (let count = dice.poisson(rate * homes.length); count > 0; count--) {
        const home = dice.pick(homes);
        if (home.isReporting(today)) what(home);
      }
    };
    some(RATES.tail, (home) => {
      if (home.things.length > 0) this.contact(home, dice.pick(home.things).family.name, pickTail(catalogue, dice));
    });
    some(RATES.purchase, (home) => this.#acquire(home, dice.pick(catalogue.families), dice.below(10)));
    some(RATES.plugins * 10, (home) => {
      const thing = dice.pick([...home.things, null]);
      if (thing?.family.store && dice.happens(0.1)) this.contact(home, thing.family.name, thing.family.store.backend);
    });
    some(RATES.blind, (home) => {
      const until = today + 1 + dice.below(20);
      home.blind.push([today + 1, until]);
      this.#watch(home, until + 30);
    });
    some(RATES.leave, (home) => {
      home.leftOn = today;
      this.#touch(home);
    });
    for (let count = dice.poisson(RATES.join * homes.length); count > 0; count--) this.#planToJoin(today + 1);
    // Who has the plugins is thrice as likely to have set up mail as well: a habit, and no fault of the plugins.
    for (const family of catalogue.families) {
      for (let count = dice.poisson(3 * family.habit.daily * homes.length); count > 0; count--) {
        const home = dice.pick(homes);
        if (!home.isReporting(today) || !home.things.some((thing) => thing.family === family)) continue;
        const hasPlugins = family.store !== null && home.uses(family.name, family.store.backend.name);
        if (hasPlugins || dice.happens(1 / 3)) this.#habit(home, family.name, today);
      }
    }
  }

  /** A mailing family is sold cheaply for a week: many new ones at once, many of which are set up to mail. */
  #sale(): void {
    const { catalogue, dice, homes, today } = this;
    const mailers = catalogue.families.filter(({ habit }) => habit.setUp >= 0.08);
    if (mailers.length === 0) return;
    const family = dice.pick(mailers);
    for (let count = Math.round(homes.length * 0.02); count > 0; count--) {
      const home = dice.pick(homes);
      this.at(today + 1 + dice.below(7), () => {
        if (home.isReporting(this.today)) this.#acquire(home, family, dice.below(10));
      });
    }
  }
}

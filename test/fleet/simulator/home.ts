// One simulated home: its things, what they use, when they mailed, and what its sensor can see of it.
import { DAY, type Exposure, type HomeFacts, type MailBegan } from '../../../sensor/fleet/outbreak/home-facts.ts';
import type { Cells } from '../../../sensor/fleet/outbreak/standing.ts';
import type { SimulatedBackend, SimulatedFamily } from './catalogue.ts';

/** Minutes of a day. */
const MINUTES = 1440;

export interface Thing {
  family: SimulatedFamily;
  since: number;
}

export class SimulatedHome {
  readonly name: string;
  /** The day on which its sensor joined the fleet; before it nobody knows of it. */
  readonly enrolledOn: number;
  leftOn = Number.POSITIVE_INFINITY;
  /** Share of days on which its sensor sees it well: 0 for one that hangs on the wrong side of the router. */
  readonly sight: number;
  /** Days on which it saw nothing, first and last. */
  readonly blind: [number, number][] = [];
  readonly things: Thing[] = [];
  /** Of its things, with the day of the first. */
  readonly families = new Map<string, number>();
  readonly exposures: Exposure[] = [];
  readonly mail: MailBegan[] = [];
  /** How the fleet counts it. */
  cells: Cells = new Map();
  readonly #used = new Set<string>();

  constructor(index: number, enrolledOn: number, sight: number) {
    this.name = `h${index.toString(36).padStart(15, '0')}`;
    this.enrolledOn = enrolledOn;
    this.sight = sight;
  }

  isReporting(day: number): boolean {
    return day >= this.enrolledOn && day < this.leftOn;
  }

  isGoodDay(day: number): boolean {
    if (!this.isReporting(day) || this.sight === 0) return false;
    if (this.blind.some(([from, to]) => day >= from && day <= to)) return false;
    return this.sight >= 1 || lot(this.name, day) < this.sight;
  }

  acquire(family: SimulatedFamily, since: number): void {
    this.things.push({ family, since });
    if (!this.families.has(family.name)) this.families.set(family.name, since);
  }

  uses(family: string, backend: string): boolean {
    return this.#used.has(`${family}\n${backend}`);
  }

  /** From a day on, as its sensor sees it. @returns whether that is new */
  use(family: string, { name, role }: SimulatedBackend, day: number): boolean {
    const key = `${family}\n${name}`;
    if (this.#used.has(key)) return false;
    this.#used.add(key);
    this.exposures.push({ family, backend: name, role, firstDay: day, lastDay: Number.POSITIVE_INFINITY });
    return true;
  }

  /** A thing of the family begins to mail. @param contacted what the sensor had seen it come to on this very day, before it mailed */
  beginMail(family: string, day: number, minute: number, contacted: SimulatedBackend | null): void {
    const at = day * DAY + (minute % MINUTES) * 60_000;
    const before = new Map(
      this.exposures.flatMap((one) => {
        if (one.family !== family || one.firstDay >= day) return [];
        return [[one.backend, { at: one.firstDay * DAY, role: one.role }] as const];
      }),
    );
    if (contacted !== null) before.set(contacted.name, { at: at - 60_000, role: contacted.role });
    this.mail.push({ family, at, before });
  }

  /** As the fleet knows it at the end of a day; what it uses it uses daily. */
  facts(today: number): HomeFacts {
    const isHere = today < this.leftOn;
    return {
      enrolledOn: this.enrolledOn,
      families: isHere ? this.families : new Map(),
      exposures: isHere ? this.exposures : [],
      mail: isHere ? this.mail : [],
      goodDays: { has: (day) => day <= today && this.isGoodDay(day) },
    };
  }
}

/** A number from 0 to 1 that a home draws for a day: always the same. */
function lot(name: string, day: number): number {
  let hash = 2166136261 ^ day;
  for (let at = 0; at < name.length; at++) hash = Math.imul(hash ^ name.charCodeAt(at), 16777619);
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  return ((hash ^ (hash >>> 12)) >>> 0) / 0x1_0000_0000;
}

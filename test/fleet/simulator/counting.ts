// The fleet's counts and judgements in memory, by the very functions that the collector and the leader call: fast enough for hundreds
// of simulated years.

import { K } from '../../../sensor/fleet/k-rule.ts';
import { add, type Counters, cellKey, deltasOf } from '../../../sensor/fleet/outbreak/counters.ts';
import type { Use } from '../../../sensor/fleet/outbreak/habits.ts';
import { ALL_THINGS } from '../../../sensor/fleet/outbreak/home-facts.ts';
import { judge } from '../../../sensor/fleet/outbreak/judgement.ts';
import {
  bestOf,
  type Candidate,
  nameOutbreaks,
  type Outbreak,
  openedOn,
} from '../../../sensor/fleet/outbreak/naming.ts';
import { standingsOf } from '../../../sensor/fleet/outbreak/standing.ts';
import { DAYS_KEPT } from '../../../sensor/fleet/outbreak/sums.ts';
import { type Around, surroundingsOf } from '../../../sensor/fleet/outbreak/surroundings.ts';
import type { SimulatedHome } from './home.ts';

interface BackendCounts {
  /** Groups with homes that use it. */
  groups: Set<string>;
  /** Homes in which mail began after contact. */
  mailed: Set<string>;
}

export class Counting {
  readonly counters = new Map<string, Counters>();
  readonly outbreaks = new Map<string, Outbreak>();
  readonly #backends = new Map<string, BackendCounts>();
  /** Backends whose counts changed since they were judged. */
  readonly #changed = new Set<string>();
  /** Backends that could be named: enough homes mail after them. */
  readonly #questioned = new Set<string>();
  #tests = 0;
  #families = 0;
  readonly #groups = new Set<string>();

  /** Works a home out again; what changed is counted. */
  recount(home: SimulatedHome, today: number): void {
    const now = standingsOf(home.facts(today), home.cells, today);
    for (const delta of deltasOf(home.cells, now)) {
      const { backend, group } = delta;
      const before = this.counters.get(cellKey(group, backend))?.exposed ?? 0;
      const { exposed } = add(this.counters, delta);
      if (backend === '') {
        if (group === ALL_THINGS) continue;
        this.#groups.add(group);
        this.#families += Number(exposed >= K) - Number(before >= K);
        continue;
      }
      this.#tests += Number(exposed >= K) - Number(before >= K);
      const counts = this.#of(backend);
      if (group === ALL_THINGS) this.#mark(backend, home.name, counts, delta.after + delta.weak);
      if (group !== ALL_THINGS && exposed > 0) counts.groups.add(group);
      else if (group !== ALL_THINGS) counts.groups.delete(group);
      if (group === ALL_THINGS) this.#changed.add(backend);
    }
    home.cells = now;
  }

  /** Judges what changed, and what is open. @returns outbreaks that are new or changed */
  judge(today: number): Outbreak[] {
    const changed = [...this.#changed].filter((backend) => this.#of(backend).mailed.size >= K);
    this.#changed.clear();
    const isOpen = [...this.outbreaks.values()].some(({ state }) => state === 'open');
    if (changed.length === 0 && !isOpen) return [];
    const around = this.#surroundings(today);
    // Which of the backends that those homes have in common it was is told by laying all in question side by side.
    return isOpen || changed.some((backend) => this.#candidate(backend, around(backend)) !== null)
      ? this.#name(around, today)
      : [];
  }

  /** Judges every backend, as once a day. */
  judgeAll(today: number): Outbreak[] {
    // A week more or less does no harm.
    for (const counters of today % 7 === 0 ? this.counters.values() : [])
      for (const day of counters.days.keys()) if (day <= today - DAYS_KEPT) counters.days.delete(day);
    this.#changed.clear();
    const around = this.#surroundings(today);
    return this.#name(around, today);
  }

  #name(around: (backend: string) => Around, today: number): Outbreak[] {
    const candidates = [...this.#questioned].flatMap((backend) => this.#candidate(backend, around(backend)) ?? []);
    const changed = nameOutbreaks(candidates, [...this.outbreaks.values()], today);
    for (const one of changed) this.outbreaks.set(one.id, one);
    return changed;
  }

  #surroundings(today: number): (backend: string) => Around {
    const groups = new Map<string, Counters>();
    for (const group of [ALL_THINGS, ...this.#groups]) {
      const counters = this.counters.get(cellKey(group, ''));
      if (counters !== undefined) groups.set(group, counters);
    }
    const around = surroundingsOf({ tests: this.#tests, familyCount: this.#families, groups }, today);
    return (backend) => around(openedOn(backend, this.outbreaks.values()));
  }

  #candidate(backend: string, around: Around): Candidate | null {
    const { groups, mailed } = this.#of(backend);
    if (mailed.size < K) return null;
    const uses = new Map<string, Use>();
    for (const group of groups) {
      const pair = this.counters.get(cellKey(group, backend));
      if (pair !== undefined) uses.set(group, { exposed: pair.exposed, healthy: pair.healthy, mailed: mailedOf(pair) });
    }
    const pairs = [ALL_THINGS, ...groups].flatMap((group) => {
      const [pair, all] = [this.counters.get(cellKey(group, backend)), this.counters.get(cellKey(group, ''))];
      return pair === undefined || all === undefined || mailedOf(pair) < K ? [] : [{ pair, all }];
    });
    const without = (explained: number) =>
      pairs.map(({ all, pair }) => judge(pair, all, { ...around, uses }, explained));
    const judgements = without(0);
    return bestOf(judgements) === null ? null : { backend, judgements, homes: mailed, without };
  }

  /** @param change of the home, as a delta tells it: what it was comes before what it is */
  #mark(backend: string, home: string, { mailed }: BackendCounts, change: number): void {
    if (change > 0) mailed.add(home);
    else if (change < 0) mailed.delete(home);
    else return;
    if (mailed.size >= K) this.#questioned.add(backend);
    else this.#questioned.delete(backend);
  }

  #of(backend: string): BackendCounts {
    let counts = this.#backends.get(backend);
    if (counts === undefined) {
      counts = { groups: new Set(), mailed: new Set() };
      this.#backends.set(backend, counts);
    }
    return counts;
  }
}

function mailedOf({ days }: Counters): number {
  let mailed = 0;
  for (const { after, weak } of days.values()) mailed += after + weak;
  return mailed;
}

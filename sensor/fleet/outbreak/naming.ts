// From judged backends to outbreaks: which of several that share their mailing homes it was, which cannot be told apart, what opens,
// goes on and ends. Pure: the same judgements and the same outbreaks before give the same outbreaks after.
import { createHash } from 'node:crypto';
import { K } from '../k-rule.ts';
import { roleRank } from './counters.ts';
import { ALL_THINGS } from './home-facts.ts';
import { type Against, holds, type Judgement, KEEPING, NAMING, QUIET } from './judgement.ts';
import type { Lift } from './statistics.ts';

/** Share of the smaller set of mailing homes that two backends must have in common to be one outbreak. */
const SAME_HOMES = 0.8;
/**
 * What habit explains this well explains no other backend's homes, whatever else speaks for it: what half of all homes use has many that
 * mail. One that may be named, or is already, keeps its homes.
 */
const DOUBTFUL = 0.01;
/** Alike backends and families that are told. */
const MOST_ALIKE = 16;
const MOST_FAMILIES = 32;

/** A backend that is named, or may keep its name. */
export interface Candidate {
  backend: string;
  /** In each family, and in all things. */
  judgements: readonly Judgement[];
  /** Homes in which mail began after contact. */
  homes: ReadonlySet<string>;
  /** The judgements without so many of those homes. */
  without(explained: number): readonly Judgement[];
}

export interface Outbreak {
  id: string;
  backend: string;
  role: string;
  /** Groups; none means all things. */
  families: string[];
  homesMailed: number;
  /** Homes that use it and can be judged, those that mailed among them. */
  homesExposed: number;
  lift: Lift;
  p: number;
  alike: string[];
  against: Against[];
  state: 'open' | 'ended';
  /** Days. */
  openedOn: number;
  lastDay: number;
  revision: number;
}

/** An outbreak is called after the backend that it was first seen at: the same one gets the same id again. */
export const outbreakId = (backend: string): string => createHash('sha256').update(backend).digest('hex').slice(0, 16);

/** The judgement to stand by: the least likely to be chance. Null where none is good enough to keep a name. */
export function bestOf(judgements: readonly Judgement[]): Judgement | null {
  let best: Judgement | null = null;
  for (const one of judgements) {
    if (!holds(one, KEEPING)) continue;
    if (best === null || byEvidence(one, best) < 0) best = one;
  }
  return best;
}

/** Strongest first; a family is told before all things, a carrier of code before what is only unnamed, the name settles the rest. */
function byEvidence(a: Judgement, b: Judgement): number {
  return (
    a.evidence.logP - b.evidence.logP ||
    b.evidence.low - a.evidence.low ||
    roleRank(b.role) - roleRank(a.role) ||
    Number(a.group === ALL_THINGS) - Number(b.group === ALL_THINGS) ||
    (`${a.backend}\n${a.group}` < `${b.backend}\n${b.group}` ? -1 : 1)
  );
}

/** The day on which the open outbreak began that a backend is named in; null where there is none. */
export function openedOn(backend: string, outbreaks: Iterable<Outbreak>): number | null {
  let first: number | null = null;
  for (const one of outbreaks)
    if (one.state === 'open' && (one.backend === backend || one.alike.includes(backend)))
      first = Math.min(first ?? one.openedOn, one.openedOn);
  return first;
}

interface Cluster {
  head: Candidate;
  best: Judgement;
  /** All backends that it explains. */
  members: string[];
  alike: string[];
}

/** @param before all outbreaks, ended ones too @returns those that are new or changed */
export function nameOutbreaks(
  candidates: readonly Candidate[],
  before: readonly Outbreak[],
  today: number,
): Outbreak[] {
  const clusters = clustersOf(candidates, before);
  const known = new Map(before.map((one) => [one.id, one]));
  const open = before
    .filter(({ state }) => state === 'open')
    .sort((a, b) => a.openedOn - b.openedOn || (a.id < b.id ? -1 : 1));
  const taken = new Set<Cluster>();
  const changed: Outbreak[] = [];
  for (const outbreak of open) {
    const cluster = clusters.find(({ members }) => members.includes(outbreak.backend));
    const goesOn = cluster !== undefined && !taken.has(cluster) && !isQuiet(cluster.best, today);
    if (goesOn) taken.add(cluster);
    const next = goesOn ? told(cluster, outbreak, today) : { ...outbreak, state: 'ended' as const };
    if (!isSame(outbreak, next)) changed.push({ ...next, revision: outbreak.revision + 1 });
  }
  for (const cluster of clusters) {
    if (taken.has(cluster) || isQuiet(cluster.best, today) || !holds(cluster.best, NAMING)) continue;
    const earlier = known.get(outbreakId(cluster.head.backend));
    // An open one that began with this backend goes on by another's name, or has just ended: the next round sees.
    if (earlier?.state === 'open') continue;
    changed.push({ ...told(cluster, null, today), revision: (earlier?.revision ?? 0) + 1 });
  }
  return changed;
}

const isQuiet = ({ lastDay }: Judgement, today: number): boolean => lastDay === null || lastDay <= today - QUIET;

function clustersOf(candidates: readonly Candidate[], before: readonly Outbreak[]): Cluster[] {
  const judged = candidates
    .flatMap((head) => {
      const best = bestOf(head.judgements);
      if (best === null) return [];
      const isDoubtful = best.habit > DOUBTFUL && !holds(best, NAMING) && openedOn(head.backend, before) === null;
      return [{ head, best, isDoubtful }];
    })
    .sort((a, b) => Number(a.isDoubtful) - Number(b.isDoubtful) || byEvidence(a.best, b.best));
  const clusters: Cluster[] = [];
  for (const { best, head } of judged) {
    const cluster = clusters.find(
      ({ head: other }) => shared(other.homes, head.homes) >= sizes(other, head).smaller * SAME_HOMES,
    );
    if (cluster === undefined) {
      const { closest, explained } = explainedBy(clusters, head);
      const rest = explained === 0 ? best : bestOf(head.without(explained));
      if (rest !== null) clusters.push({ head, best: rest, members: [head.backend], alike: [] });
      else closest?.members.push(head.backend);
      continue;
    }
    cluster.members.push(head.backend);
    const common = shared(cluster.head.homes, head.homes);
    const isAlike = common >= (sizes(cluster.head, head).sum - common) * SAME_HOMES;
    const canBe = best.lift.high === null || best.lift.high >= cluster.best.lift.low;
    if (isAlike && canBe && holds(best, NAMING)) cluster.alike.push(head.backend);
  }
  return clusters;
}

/** Homes of a candidate that stronger ones have, and which of those has most of them. */
function explainedBy(
  clusters: readonly Cluster[],
  { homes }: Candidate,
): { explained: number; closest: Cluster | null } {
  let explained = 0;
  for (const home of homes) if (clusters.some(({ head }) => head.homes.has(home))) explained++;
  let closest: Cluster | null = null;
  for (const cluster of clusters)
    if (shared(cluster.head.homes, homes) > (closest === null ? 0 : shared(closest.head.homes, homes)))
      closest = cluster;
  return { explained, closest };
}

const sizes = (a: Candidate, b: Candidate): { smaller: number; sum: number } => ({
  smaller: Math.min(a.homes.size, b.homes.size),
  sum: a.homes.size + b.homes.size,
});

function shared(a: ReadonlySet<string>, b: ReadonlySet<string>): number {
  const [few, many] = a.size < b.size ? [a, b] : [b, a];
  let both = 0;
  for (const home of few) if (many.has(home)) both++;
  return both;
}

function told({ alike, best, head }: Cluster, before: Outbreak | null, today: number): Outbreak {
  return {
    id: before?.id ?? outbreakId(head.backend),
    backend: head.backend,
    role: best.role,
    families: familiesOf(head),
    homesMailed: best.mailed,
    homesExposed: best.table.b + best.mailed,
    lift: best.lift,
    p: best.p,
    alike: alike.slice(0, MOST_ALIKE).sort(),
    against: best.against,
    state: 'open',
    openedOn: before?.openedOn ?? today,
    lastDay: best.lastDay ?? today,
    revision: before?.revision ?? 1,
  };
}

/** The families that may be told of, where they make up nearly all of it; else it is all things. */
function familiesOf({ homes, judgements }: Candidate): string[] {
  const families = judgements.filter(({ group, mailed }) => group !== ALL_THINGS && mailed >= K);
  const mailed = families.reduce((sum, one) => sum + one.mailed, 0);
  if (mailed < homes.size * SAME_HOMES || families.length > MOST_FAMILIES) return [];
  return families.map(({ group }) => group).sort();
}

/** Homes that use a backend, without mail, come and go daily: below this share that is no news. */
const NEWS = 0.1;

/** Whether nothing changed that a warning would say differently. */
function isSame(a: Outbreak, b: Outbreak): boolean {
  if (Math.abs(a.homesExposed - b.homesExposed) > NEWS * a.homesExposed) return false;
  const said = ({ alike, backend, families, homesMailed, lastDay, role, state }: Outbreak): string =>
    JSON.stringify([backend, role, families, homesMailed, lastDay, alike, state]);
  return said(a) === said(b);
}

// From where the sensor looks, and what to change on the switch or router: the one place that chooses what is said of it, for page,
// broker, doctor, reports and incidents.
import type { Judgement, Vantage, VantageDirection, VantageReason } from '../attribute/vantage.ts';
import type { Words } from '../language/words.ts';
import type { Sight } from './health.ts';
import type { Incident } from './incident.ts';
import { fields, number, text } from './wording-parts.ts';

export interface VantageAdvice {
  /** A few words behind "seen from": `inside the home, both directions`. */
  place: string;
  /** What that means, a whole sentence. */
  sentence: string;
  /** What to change, and where; null when nothing need be. */
  fix: string | null;
}

/** `direction` matters to `lan-one-way` alone. */
export function vantageAdvice(
  { sight }: Words,
  vantage: Vantage,
  direction: VantageDirection | null = null,
): VantageAdvice {
  if (vantage === 'lan-one-way') return sight.oneWay[direction ?? 'unknown'];
  return { fix: null, ...sight.from[vantage] };
}

/** The sentence, with a word of doubt where there is any. */
export function vantageSentence(words: Words, { confidence, direction, vantage }: Judgement): string {
  const { sentence } = vantageAdvice(words, vantage, direction);
  return confidence === 'unsure' ? words.sight.unsure({ sentence }) : sentence;
}

/** The judgement as page, broker and reports show it. */
export function sightOf(words: Words, judged: Judgement): Sight {
  const { confidence, direction, vantage } = judged;
  const { fix, place } = vantageAdvice(words, vantage, direction);
  const reasons = judged.reasons.map((reason) => reasonText(words, reason));
  return { direction, confidence, place, sentence: vantageSentence(words, judged), fix, reasons };
}

/** `3 devices are seen only by broadcast …: A, B and 1 more`; null where there is none. */
export function notCoveredText({ sight }: Words, count: number, names: readonly string[]): string | null {
  if (count === 0) return null;
  const shown = names.slice(0, count);
  const listed = shown.join(', ');
  const more = count - shown.length;
  const all = more > 0 ? sight.notCoveredMore({ names: listed, n: more }) : sight.notCoveredNames({ names: listed });
  return sight.notCovered({ n: count, who: shown.length === 0 ? '' : all });
}

/** What the judgement rests on, a few words each. */
export function reasonText({ sight: { reasons } }: Words, { count: n = 0, kind }: VantageReason): string {
  if (kind === 'silence' && n === 0) return reasons.noFrame;
  const reason = reasons[kind];
  return typeof reason === 'string' ? reason : reason({ n });
}

/** The sentence of a `sensor_blind` incident; it tells mail that cannot be laid to a device. */
export function blindSummary(words: Words, { evidence, state }: Pick<Incident, 'evidence' | 'state'>): string {
  const attempts = number(evidence.mailAttempts);
  return [
    adviceIn(words, evidence).sentence,
    ...(attempts === 0 ? [] : [words.sight.blindMail({ n: attempts })]),
    ...(state === 'resolved' ? [words.sight.over] : []),
  ].join(' ');
}

/** What to change, and what it costs to leave it. */
export function blindAdvice(words: Words, { evidence }: Pick<Incident, 'evidence'>): string[] {
  const { fix } = adviceIn(words, evidence);
  return [...(fix === null ? [] : [fix]), words.advice.blind];
}

/** A sentence about an incident that little traffic was there to judge by; null about others. */
export function doubtOf(words: Words, { outerSide }: Record<string, unknown>): string | null {
  if (outerSide === undefined) return null;
  const { address } = fields(outerSide);
  return words.incidents.outerSide({ who: address === undefined ? words.incidents.that : text(words, address) });
}

function adviceIn(words: Words, { direction, vantage }: Incident['evidence']): VantageAdvice {
  return vantageAdvice(words, vantageFrom(vantage), directionFrom(direction));
}

function vantageFrom(value: unknown): Vantage {
  const known = ['lan-both-ways', 'lan-one-way', 'wan-side', 'own-traffic-only', 'broadcast-only'] as const;
  return known.find((one) => one === value) ?? 'nothing';
}

function directionFrom(value: unknown): VantageDirection | null {
  return value === 'from-home' || value === 'to-home' ? value : null;
}

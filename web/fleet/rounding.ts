// How numbers of homes leave the desk: rounded down to fives, and nothing below five. So no number between one and four is ever told,
// and no difference of two numbers that were told is one either: whoever takes one answer from another learns a multiple of five, which
// stands for a span of nine homes.
import { K } from '../../sensor/fleet/k-rule.ts';
import type { Told } from './shapes.ts';

/** None and too few are told alike. */
export function inFives(count: number): Told {
  return count < K ? null : count - (count % K);
}

/** So that nobody can reckon back from a quotient what it was made of. */
export function twoDigits(value: number): number {
  return Number(value.toPrecision(2));
}

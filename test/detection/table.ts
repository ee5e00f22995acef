// Verdicts added up: what share of what was told is right (precision), and of what there is was found (recall).
import type { Verdict } from './case.ts';

export interface Table {
  innocent: number;
  found: number;
  missed: number;
  falseAlarms: number;
  /** Shares of 1. */
  precision: number;
  recall: number;
}

export function tableOf(verdicts: readonly Verdict[]): Table {
  const sum = (count: (verdict: Verdict) => number) => verdicts.reduce((total, verdict) => total + count(verdict), 0);
  const found = sum((verdict) => verdict.found);
  const missed = sum((verdict) => verdict.missed.length);
  const falseAlarms = sum((verdict) => verdict.falseAlarms.length);
  return {
    innocent: verdicts.filter(({ innocent }) => innocent).length,
    found,
    missed,
    falseAlarms,
    precision: found / (found + falseAlarms),
    recall: found / (found + missed),
  };
}

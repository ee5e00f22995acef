// All cases judged, and what share of the alarms was right and of the incidents was found. What prints it is the bench.
import { type Case, judge, type Verdict } from './case.ts';

export interface Table {
  verdicts: Verdict[];
  innocent: number;
  found: number;
  missed: number;
  falseAlarms: number;
  /** Shares of 1. */
  precision: number;
  recall: number;
}

export function judgeAll(cases: readonly Case[]): Table {
  const verdicts = cases.map(judge);
  const sum = (count: (verdict: Verdict) => number) => verdicts.reduce((total, verdict) => total + count(verdict), 0);
  const found = sum((verdict) => verdict.found);
  const missed = sum((verdict) => verdict.missed.length);
  const falseAlarms = sum((verdict) => verdict.falseAlarms.length);
  return {
    verdicts,
    innocent: verdicts.filter(({ innocent }) => innocent).length,
    found,
    missed,
    falseAlarms,
    precision: found / (found + falseAlarms),
    recall: found / (found + missed),
  };
}

// What a warning of the fleet means for a device, and what is told of it. Pure.
import { backendKeys } from './backends.ts';
import type { Severity } from './finding.ts';
import type { HeldWarning } from './held-warning.ts';

/** Warnings that count; of more those of most homes do. */
export const MOST_WARNINGS = 64;

/** Whom it is about that makes it the device's. */
export type Among = 'family' | 'maker' | 'things';

/** What a device is to warnings. */
export interface Who {
  family: string | null;
  vendor: string | null;
  isThing: boolean;
}

export interface Warned {
  /** Under which a device may have the backend. */
  keys: readonly string[];
  /** Those of most homes first. */
  warnings: readonly HeldWarning[];
}

export function byBackend(warnings: readonly HeldWarning[]): Map<string, Warned> {
  const most = [...warnings]
    .sort((a, b) => b.homes.mailed - a.homes.mailed || (a.id < b.id ? -1 : 1))
    .slice(0, MOST_WARNINGS);
  const map = new Map<string, Warned>();
  for (const warning of most) {
    const { backend } = warning;
    const { keys, warnings: others } = map.get(backend) ?? { keys: backendKeys(backend), warnings: [] };
    map.set(backend, { keys, warnings: [...others, warning] });
  }
  return map;
}

/**
 * As what a device is warned, if at all. A family is warned whatever it is for; of a maker and of all the things: people's computers go
 * everywhere. A thing of the maker counts also where its family is known here, as by a note of the home's own.
 */
export function amongOf({ groups }: HeldWarning, { family, isThing, vendor }: Who): Among | null {
  if (family !== null && groups.some((group) => group.family === family)) return 'family';
  if (!isThing) return null;
  if (groups.length === 0) return 'things';
  if (!groups.some((group) => group.family === null && group.vendor === vendor)) return null;
  return vendor === null ? 'things' : 'maker';
}

/**
 * Where most of the homes that used it came to mail, the device is likely to. Never more: what other homes say may be wrong, or made
 * up by whoever holds the fleet's key, and only what was seen here is critical.
 */
export function severityOf({ homes: { exposed, mailed } }: HeldWarning): Severity {
  return mailed * 2 >= exposed ? 'high' : 'medium';
}

/** What other homes saw. Days and not times: they are of other clocks. */
export function warningFacts(warning: HeldWarning): Record<string, unknown> {
  const { alike, backend, expiresAt, firstSeen, homes, id, issuedAt, lift, revision, role } = warning;
  return {
    ...{ backend, role, homesMailed: homes.mailed, homesExposed: homes.exposed, seenSince: day(firstSeen) },
    ...{ lift: tenths(lift.value), liftLow: tenths(lift.low) },
    liftHigh: lift.high === null ? undefined : tenths(lift.high),
    alike: alike.length === 0 ? undefined : [...alike],
    ...{ warning: id, revision, warnedOn: day(issuedAt), holdsUntil: day(expiresAt), endedAt: undefined },
  };
}

function tenths(value: number): number {
  return Math.round(value * 10) / 10;
}

export function day(time: number): string {
  return new Date(time).toISOString().slice(0, 10);
}

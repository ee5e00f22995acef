// Small words and safe readers that the sentence files share. Evidence is plain data that may be from an older version.
import type { Words } from '../language/words.ts';

export function fields(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}

export function number(value: unknown): number {
  return typeof value === 'number' ? value : 0;
}

/** A word for what is not known; a number as it is, since it may be a port. */
export function text({ unknown }: Words, value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' ? `${value}` : unknown;
}

/** What a table of a pack says of `key`; undefined for one it does not know. */
export function entry<T>(table: Readonly<Record<string, T>>, key: unknown): T | undefined {
  return typeof key === 'string' && Object.hasOwn(table, key) ? table[key] : undefined;
}

export function list(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

/** In its largest unit: `3 days`, `2 hours`, `1 minute`. */
export function span({ time }: Words, milliseconds: number): string {
  const minutes = milliseconds / 60_000;
  if (minutes >= 48 * 60) return time.days({ n: Math.round(minutes / 1440) });
  if (minutes >= 120) return time.hours({ n: Math.round(minutes / 60) });
  return time.minutes({ n: Math.max(1, Math.round(minutes)) });
}

// What is known of one home when its place in the counts is worked out: plain data, from the store or from a simulation. Days are
// whole numbers since 1970-01-01, UTC.
import type { CoverageBody, IncidentBody } from '../record.ts';

export const DAY = 24 * 60 * 60_000;

/** @param day `2026-11-30` */
export const dayNumber = (day: string): number => Date.parse(`${day}T00:00:00Z`) / DAY;
export const dayText = (day: number): string => new Date(day * DAY).toISOString().slice(0, 10);

/** One stands for all families: all things of a home together. No family and no maker is called that. */
export const ALL_THINGS = '*';

/** Incidents that say that mail began. */
const MAIL_KINDS: readonly string[] = ['mail_started', 'submission_started'];
/** Roles whose use is reported whether or not anything happens, so that there is a base rate. */
const REPORTED_ROLES: readonly string[] = ['update', 'store', 'unknown'];
/** Hours of a day in which the sensor must have seen the home, for the day to be one of silence. */
const HOURS_SEEN = 12;

export interface Exposure {
  family: string;
  backend: string;
  role: string;
  firstDay: number;
  lastDay: number;
  /** The day on which the servers took a record that told of it, where that has just come. */
  heardOn?: number;
}

/** A mail incident of a thing. */
export interface MailBegan {
  family: string;
  /** Milliseconds since 1970, to the minute. */
  at: number;
  /** Backends that its chain names before it, with the first contact (ms). */
  before: ReadonlyMap<string, { at: number; role: string }>;
  /** As of an exposure. */
  heardOn?: number;
}

export interface HomeFacts {
  enrolledOn: number;
  /** Families of things, with `heardOn` as of an exposure. */
  families: ReadonlyMap<string, number | undefined>;
  exposures: readonly Exposure[];
  mail: readonly MailBegan[];
  /** Days on which the sensor saw the home well. */
  goodDays: { has(day: number): boolean };
}

/** Whether a day of silence there says something. */
export function isGoodDay(vantage: string, hoursSeen: number): boolean {
  const lan: readonly CoverageBody['vantage'][] = ['lan-both-ways', 'lan-one-way'];
  return lan.some((one) => one === vantage) && hoursSeen >= HOURS_SEEN;
}

/** Whether an incident of this kind, class and severity says that a thing began to mail. */
export function saysMailBegan(kind: string, deviceClass: string | null, severity: string): boolean {
  return MAIL_KINDS.includes(kind) && deviceClass === 'thing' && severity !== 'info';
}

/** Chain steps as they were reported; what no base rate is reported of is left out. */
export function contactsBefore(steps: IncidentBody['before']): Map<string, { at: number; role: string }> {
  const contacts = new Map<string, { at: number; role: string }>();
  for (const { at: text, backend, role } of steps) {
    if (!REPORTED_ROLES.includes(role)) continue;
    const at = Date.parse(text);
    const known = contacts.get(backend);
    if (known === undefined || at < known.at) contacts.set(backend, { at, role });
  }
  return contacts;
}

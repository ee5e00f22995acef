// What the desk's API answers with: shapes that the page shares, and no behaviour. Days are UTC, `2026-11-30`; other times ISO 8601.

/** A number of homes, or of what they have, as it is told: rounded down to fives; null is fewer than five, none among them. */
export type Told = number | null;

export type DeskRole = 'reader' | 'helper';

export interface SessionAnswer {
  /** What the fleet is called. */
  fleet: string;
  /** Of the token that it was opened with. */
  name: string;
  role: DeskRole;
  /** Whose records may be opened. */
  homes: string[];
  /** Of thingwatch, on the desk's machine. */
  version: string;
}

/** Of the whole fleet, as it was at `at`. */
export interface SummaryAnswer {
  at: string;
  /** Homes that are active. */
  homes: Told;
  /** … and of those that were not seen well enough of late. */
  blind: Told;
  /** That at least five homes have, most of them first. */
  versions: { version: string; homes: Told }[];
}

export type HomeState = 'active' | 'revoked' | 'withdrawn';

export interface HomeDay {
  day: string;
  /** Of the 24 hours; null where nothing was reported. */
  hours: number | null;
  vantage: string | null;
  lossPercent: number | null;
}

export interface HomeRow {
  home: string;
  label: string | null;
  state: HomeState;
  version: string | null;
  enrolled: string;
  /** The day of its last report: by the minute it would tell whose incident has just come in. */
  lastSeen: string | null;
  /** On fewer than four of the last seven whole days it was seen for half a day, with the traffic of others in sight. */
  isBlind: boolean;
  /** Percent of each day, oldest first, today last; null where nothing was reported. 0 where only its own traffic was in sight. */
  seen: (number | null)[];
}

export interface HomesPage {
  homes: HomeRow[];
  /** Of `seen`'s first day. */
  firstDay: string;
  /** To go on with; a page may be short or empty where what was asked for is rare, and still have it. */
  next: string | null;
}

export interface HomeAnswer {
  home: HomeRow;
  /** The same 30 days in full. */
  days: HomeDay[];
  /** Whether who asks may open its record. */
  mayOpen: boolean;
}

export interface RecordsPage {
  /** Each as the home sent it, newest day first; one that is not known is of a newer sensor than this desk. */
  records: { id: string; kind: string; isKnown: boolean; text: string }[];
  /** What the families in them are called, by slug, where a note says it. */
  families: Record<string, string>;
  next: string | null;
}

export interface OutbreakView {
  id: string;
  backend: string;
  role: string;
  /** In which it was seen; empty where it is seen across all things. */
  families: string[];
  state: 'open' | 'ended';
  /** Homes in which mail began after contact. */
  mailed: Told;
  /** Homes that use the backend and can be judged, those that mailed among them. */
  exposed: Told;
  /** Things that mailed. */
  devices: Told;
  /** The day on which the first of them did. */
  firstSeen: string;
  /** Two significant digits. */
  lift: { value: number; low: number; high: number | null };
  /** Backends that explain as much. */
  alike: string[];
  /** What speaks against it, by code; the page has the words. */
  against: { what: string; homes: Told }[];
  openedAt: string;
  updatedAt: string;
}

export interface OutbreaksAnswer {
  now: string;
  outbreaks: OutbreakView[];
}

export type IncidentsBy = 'family' | 'backend';
export type Bucket = 'day' | 'week';
export type IncidentsKind = 'mail' | 'all';

export interface IncidentSeries {
  name: string;
  /** Homes with such an incident in the whole time. */
  homes: Told;
  /** … and in each bucket. */
  counts: Told[];
}

export interface IncidentsAnswer {
  by: IncidentsBy;
  bucket: Bucket;
  kind: IncidentsKind;
  /** When it was reckoned; it is again after ten minutes. */
  at: string;
  /** First day of each bucket, oldest first. */
  starts: string[];
  /** Homes with any of these incidents; one that is in several series counts once. */
  all: IncidentSeries;
  /** Those with at least five homes, most first. */
  series: IncidentSeries[];
}

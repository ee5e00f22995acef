// What the web room needs from the rest of the program. main.ts supplies each port; nothing here does anything.
import type { ActivityHour } from '../sensor/attribute/device.ts';
import type { Severity } from '../sensor/detect/finding.ts';
import type { Health } from '../sensor/record/health.ts';
import type { Expectation, IncidentState } from '../sensor/record/incident.ts';
import type { ReportDevice, ReportIncident } from '../sensor/record/report.ts';
import type { DayLevel } from './activity-strip.ts';
import type { DeviceDetail, ExpectationPreview, IncidentDetail, MergeSuggestion, NoteView } from './shapes.ts';

export interface IncidentPageRequest {
  /** 1 to 200. */
  limit: number;
  /** The `next` of the page before; an unknown cursor starts at the newest. */
  before?: string;
  /** Only these states; all without it. */
  states?: IncidentState[];
  /** Only this severity and above; all without it. */
  least?: Severity;
}

/** Read-only view of what the sensor knows. Every call answers from memory or an indexed query, at once. */
export interface PageModel {
  health(): Health;
  devices(): ReportDevice[];
  device(mac: string): DeviceDetail | null;
  /** What looks like one thing under several addresses, by the address it is about. */
  suggestions(): MergeSuggestion[];
  /** The last 30 days of one device; all silent for an unknown one. */
  strip(mac: string): DayLevel[];
  /** Newest `lastAt` first. `next` is null on the last page. */
  incidents(page: IncidentPageRequest): { incidents: ReportIncident[]; next: string | null };
  incident(id: string): IncidentDetail | null;
  /** What may be handed to an abuse desk: the report, and the kept frames as a capture, null where none are kept. */
  evidence(id: string): { report: string; pcap: Buffer | null; fileNames: { report: string; pcap: string } } | null;
  expectations(): Expectation[];
  preview(incident: string): ExpectationPreview | null;
  note(slug: string): NoteView | null;
  /** Hours of the whole home, oldest first, 31 days at most. */
  activity(): ActivityHour[];
  /** Newest last; a few hundred lines at most. */
  logTail(): string[];
}

export interface StoredBrowser {
  id: string;
  /** SHA-256 of the cookie's value, hex. The value itself is never kept. */
  tokenHash: string;
  name: string;
  createdAt: number;
  lastSeen: number;
}

/** Paired browsers. Lasts over restarts. */
export interface BrowserStore {
  list(): StoredBrowser[];
  add(browser: StoredBrowser): void;
  /** False when there is none. */
  remove(id: string): boolean;
  touch(id: string, time: number): void;
}

/** One-time pairing tokens that wait to be used; times are the monotonic milliseconds of this boot. In the database, `thingwatch pair` can add one from another process. */
export interface LinkStore {
  add(tokenHash: string, expiresAt: number): void;
  /** True once: when the token is known and not expired. It is gone afterwards. */
  use(tokenHash: string, now: number): boolean;
}

export interface Log {
  info(message: string): void;
  warn(message: string): void;
  error(message: string): void;
}

export type RandomBytes = (size: number) => Buffer;

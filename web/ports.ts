// What the web room needs from the rest of the program. main.ts supplies each port; nothing here does anything.
import type { ActivityHour } from '../sensor/attribute/activity.ts';
import type { Severity } from '../sensor/detect/finding.ts';
import type { FleetRecord } from '../sensor/fleet/record.ts';
import type { Words } from '../sensor/language/words.ts';
import type { Health } from '../sensor/record/health.ts';
import type { Expectation, IncidentState } from '../sensor/record/incident.ts';
import type { ReportDevice, ReportIncident } from '../sensor/record/report.ts';
import type { DayLevel } from './activity-strip.ts';
import type {
  DeviceDetail,
  ExpectationPreview,
  FleetView,
  IncidentDetail,
  MergeSuggestion,
  MirrorSummary,
  MirrorView,
  NoteView,
  PhoneView,
  WeekView,
} from './shapes.ts';

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
  /** Of each address that a person keeps private, by MAC. */
  privates(): FleetView['privates'];
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
  /** Guides to switches and routers, by name. */
  mirrors(): MirrorSummary[];
  mirror(slug: string): MirrorView | null;
  /** Hours of the whole home, oldest first, 31 days at most. */
  activity(): ActivityHour[];
  /** The last weeks, newest first. */
  weeks(): WeekView[];
  /** Newest last; a few hundred lines at most. */
  logTail(): string[];
}

/** What the page shows, in the language that it is asked in. */
export type PageModelIn = (words: Words) => PageModel;

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

/** The phones that are told of alerts by Web Push. */
export interface PhoneDoor {
  /** What a browser subscribes for: the sensor's public key in base64url. */
  readonly key: string;
  stateOf(browser: string): Omit<PhoneView, 'key'>;
  /** Of what a browser gave out; why not, where it cannot be. */
  add(
    browser: string,
    subscription: { endpoint: string; keys: { p256dh: string; auth: string } },
  ): 'ok' | 'bad_keys' | 'foreign' | 'too_many';
  /** False when it was not told. */
  remove(browser: string): boolean;
}

/** The fleet of many homes that this one reports to. */
export interface FleetReport extends Pick<FleetView, 'fleet' | 'home' | 'hosts'> {
  /** What is sent and what is to be, of what is known now: the list of `thingwatch fleet preview`, and what goes out. */
  records(): readonly FleetRecord[];
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

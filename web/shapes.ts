// What the JSON API answers, read by the server that fills it and by the page that shows it. Shapes only, no behaviour.
import type { ActivityHour, Identity, Role } from '../sensor/attribute/device.ts';
import type { Health } from '../sensor/record/health.ts';
import type { Expectation } from '../sensor/record/incident.ts';
import type { ReportDevice, ReportIncident, ReportTimelineEntry } from '../sensor/record/report.ts';
import type { DayLevel } from './activity-strip.ts';

export interface DeviceDetail extends ReportDevice {
  /** The user's own name for it. */
  label: string | null;
  /** What the device of `sameAs` is called; null without one. */
  olderName: string | null;
  identity: Identity;
  /** Newest first. */
  timeline: ReportTimelineEntry[];
  activity: ActivityHour[];
  /** Another MAC that looks like the same device, and why; only a person may decide. */
  mergeSuggestion: MergeSuggestion | null;
  /** The other addresses of the same thing, by a person's word. */
  sameThing: { mac: string; name: string; lastSeen: string }[];
  /** Addresses that a person called another device than this. */
  distinctFrom: { mac: string; name: string }[];
}

/** `GET /api/merge-suggestions`: one for each thing that seems to have several addresses. */
export interface MergeSuggestion {
  /** The address it is about. */
  device: string;
  /** The one it would be joined to, and what that is called. */
  mac: string;
  name: string;
  /** A new address of something that had another one before, or a second interface beside the first. */
  kind: 'new-address' | 'two-interfaces';
  /** Still older addresses of the same thing, newest first: the orders `merge` and `unmerge` take them along. */
  older: string[];
  /** A sentence for people. */
  reason: string;
}

/** `GET /api/incidents/:id`. */
export interface IncidentDetail extends ReportIncident {
  /** How many of its frames are kept, and how many passed. */
  frames: { kept: number; seen: number };
}

/** One line of the device list: `GET /api/devices?view=summary`, so that 500 devices stay light on a phone. */
export interface DeviceSummary {
  mac: string;
  role: Role;
  /** As `displayName` of the report: what people are shown. */
  name: string;
  vendor: string | null;
  address: string | null;
  note: string | null;
  sameAs: string | null;
  /** What it is perhaps another address of; null where nothing is suggested. */
  perhapsSameAs: string | null;
  randomizedMac: boolean;
  broadcastOnly: boolean;
  firstSeen: string;
  lastSeen: string;
  mailAttempts: number;
  /** Newest mail attempt that is still remembered with its destination. */
  lastMail: string | null;
  lastUpdateContact: string | null;
  backends: number;
  /** Thirty spans of 24 hours, oldest first. */
  strip: DayLevel[];
}

/** The parts of a firmware note that a person follows, in the order they do. */
export const NOTE_SECTIONS = ['disconnect', 'reset', 'reinstall', 'closeAccess'] as const;
export type NoteSection = (typeof NOTE_SECTIONS)[number];

/** A firmware family's note as the page shows it: plain text, no markup. */
export interface NoteView {
  title: string;
  steps: Record<NoteSection, string[]>;
  /** True for advice that fits any device because no family matched. */
  general: boolean;
  /** Where the note's statements come from. */
  source: string | null;
}

/** What "This is expected" would cover, and how many past findings it would have hidden. */
export interface ExpectationPreview extends Pick<Expectation, 'covers' | 'targets' | 'destinations' | 'ports'> {
  wouldHaveHidden: number;
}

/** Counters of the page's own server; all since its start. */
export interface WebHealth {
  openPages: number;
  wrongTokens: number;
  slowedTokens: number;
  refusedHosts: number;
  refusedOrigins: number;
  /** Event streams that gave way to others. */
  refusedPages: number;
  /** Requests of browsers that are not paired, beyond their pace. */
  refusedStrangers: number;
}

/** `GET /api/health` and each heartbeat. `now` is the sensor's wall clock, so that a phone can see it is wrong. */
export interface HealthAnswer extends Health {
  now: number;
  web: WebHealth;
}

export interface BrowserView {
  id: string;
  name: string;
  createdAt: string;
  lastSeenAt: string;
  /** The one that asks. */
  current: boolean;
}

export interface PairingLinkView {
  link: string;
  expiresAt: string;
  /** An SVG document for an `img`. */
  qrSvg: string;
  /** True when only this machine can open the link, because the page listens on loopback. */
  loopbackOnly: boolean;
}

export interface ApiError {
  error: { code: string; message: string };
}

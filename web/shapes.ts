// What the JSON API answers, read by the server that fills it and by the page that shows it. Shapes only, no behaviour.
import type { ActivityHour } from '../sensor/attribute/activity.ts';
import type { Identity, Role } from '../sensor/attribute/device.ts';
import type { FleetRecord } from '../sensor/fleet/record.ts';
import type { Health } from '../sensor/record/health.ts';
import type { Expectation } from '../sensor/record/incident.ts';
import type { ReportDevice, ReportIncident, ReportTimelineEntry } from '../sensor/record/report.ts';
import type { DayLevel } from './activity-strip.ts';

export interface DeviceDetail extends ReportDevice {
  /** The user's own name for it. */
  label: string | null;
  /** Nothing of it leaves the home, by a person's word about this or another address of the same thing. */
  isPrivate: boolean;
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

/** What may be wrong with the place of the sensor, as the guides to switches and routers tell what to do about it. */
export const MIRROR_PROBLEMS = ['set', 'directions', 'inside', 'nothing'] as const;
export type MirrorProblem = (typeof MIRROR_PROBLEMS)[number];

/** `GET /api/mirrors`: one family of switches or routers, as people choose it from a list. */
export interface MirrorSummary {
  slug: string;
  name: string;
  kind: 'switch' | 'router' | 'firewall';
}

/** `GET /api/mirrors/:slug`: plain text, no markup. */
export interface MirrorView extends MirrorSummary {
  /** What the sensor sees once it is set up. */
  shows: string;
  warnings: string[];
  steps: Record<MirrorProblem, string[]>;
  /** Where the steps come from: web addresses, or words. */
  sources: string[];
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

/** A week summed up: `GET /api/weeks`, newest first. */
export interface WeekView {
  from: string;
  to: string;
  /** Of the week, that the home was watched for. */
  percent: number;
  /** For people, most important first. */
  sentences: string[];
}

export interface BrowserView {
  id: string;
  name: string;
  createdAt: string;
  lastSeenAt: string;
  /** The one that asks. */
  current: boolean;
}

/** `GET /api/phone`: whether the browser that asks is told of alerts by Web Push. */
export interface PhoneView {
  /** What it would subscribe for. */
  key: string;
  /** `lost`: its push service knows it no more; `foreign`: the sensor speaks with that service no more. */
  state: 'untold' | 'told' | 'lost' | 'foreign';
  /** What keeps alerts from it, for a person; null where nothing does. */
  error: string | null;
  /** When it last took an alert since the sensor's start, wall time, ms. */
  lastTakenAt: number | null;
}

export type { FleetRecord };

/** What a record is about; the one by which a home leaves is never in a list. */
export type FleetRecordKind = Exclude<FleetRecord['kind'], 'withdrawal'>;

/** `GET /api/fleet`: to whom the sensor reports, and what. */
export interface FleetView {
  /** Whose fleet it is. */
  fleet: string;
  /** What this home is called there. */
  home: string;
  /** Servers, with their ports. */
  hosts: string[];
  /** Records that are sent or to be sent. */
  counts: Record<FleetRecordKind, number>;
  /** Of all of these together, as they travel. */
  octets: number;
  /** What families of devices are called, by the slugs of their notes. */
  families: Record<string, string>;
  /** What a person keeps from it. */
  privates: { mac: string; name: string }[];
}

/** `GET /api/fleet/records?kind=KIND`: word for word as they travel, newest first; `next` is null on the last page. */
export interface FleetRecordPage {
  records: FleetRecord[];
  next: string | null;
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

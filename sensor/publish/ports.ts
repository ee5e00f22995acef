// What this room needs from the others, as narrow interfaces that main fills in. Shapes only; nothing here acts.
import type { IpAddress, Mac } from '../decode/packet.ts';
import type { Health } from '../record/health.ts';
import type { Incident } from '../record/incident.ts';
import type { OutboxMessage } from '../record/outbox.ts';
import type { WeekSummary } from '../record/week-summary.ts';

/** What this room keeps in the store. None of it throws: what the disk refuses, record keeps in memory and writes later. */
export interface Stores {
  outbox: OutboxStore;
  topicStore: TopicStore;
  suppressed: SuppressedStore;
}

/** The queue: bounded, oldest first, on disk in the same transaction as what it tells of, or in memory where the disk refuses both. */
export interface OutboxStore {
  peek(limit: number): OutboxMessage[];
  /** Several that were taken as one go together. */
  remove(...ids: string[]): void;
  size(): number;
  /** How many messages the bound has cost since the database was made. */
  dropped(): number;
}

/** Retained topics that may hold something of ours on the broker; kept on disk so that a crash leaves no ghost. */
export interface TopicStore {
  publishedTopics(): string[];
  setPublished(topic: string): void;
  unsetPublished(topic: string): void;
}

/** What the user deleted in Home Assistant; on disk. The key is a MAC, or `sensor` for the sensor itself. */
export interface SuppressedStore {
  isSuppressed(key: string): boolean;
  suppress(key: string): void;
  unsuppress(key: string): void;
}

export type ContactState = 'connected' | 'refused' | 'unanswered' | 'pending';

/** The newest mail destination of a device. */
export interface MailContact {
  ip: IpAddress;
  name: string | null;
  port: number;
  /** Packet time of the last attempt. */
  time: number;
  connection: ContactState;
}

/** One device as this room shows it. Names are untrusted text. */
export interface DeviceView {
  mac: Mac;
  /** The user's name, else an announced one; null when nothing names it. */
  name: string | null;
  /** The same in English: ids are made of it, and they are of no language. */
  idName: string | null;
  /** The user named it. */
  named: boolean;
  /** Something shows that it is there: an answer to it, a name, a backend, a DHCP lease. */
  established: boolean;
  randomizedMac: boolean;
  address: IpAddress | null;
  mail: { attempts: number; connected: number; refused: number; unanswered: number; last: MailContact | null };
  /** `lastDownload`: packet time of the newest firmware download. */
  updates: { connections: number; lastBackend: string | null; lastDownload: number | null };
  /** Outbound connections in the last full hour; null where the mirror does not show them. */
  connectionsLastHour: number | null;
  /** An expectation covers the device's mail. */
  allowMail: boolean;
  /** All incidents of this device that are remembered, in any state. */
  incidents: Incident[];
}

export interface SensorView {
  health: Health;
  /** MAC of the capture interface; null on a replay. */
  mac: Mac | null;
  /** Where the page is, with scheme; null when it is not reachable from elsewhere. */
  pageUrl: string | null;
  /** Open incidents of kind `sensor_blind`. */
  blind: boolean;
}

export interface WeekView {
  summary: WeekSummary;
  sentences: string[];
}

/** The in-memory view of what to publish; main builds it from record. Cheap: called for every change. */
export interface PublishSource {
  devices(): DeviceView[];
  device(mac: Mac): DeviceView | null;
  /** Of the devices that there are, in no order: without a view of each. */
  incidents(): Iterable<Incident>;
  sensor(): SensorView;
  /** The week that was summed up last, with what is said of it by the names of today; null before the first. */
  week(): WeekView | null;
  /** Packet time in ms by which quiet times are measured: what was not watched of late does not count. */
  now(): number;
}

export type TimerHandle = NodeJS.Timeout | number;

/** Time between messages: a monotonic clock and its timers. Nothing here judges traffic by it. */
export interface Timers {
  /** Milliseconds from any fixed point. */
  now(): number;
  set(milliseconds: number, run: () => void): TimerHandle;
  clear(handle: TimerHandle): void;
}

export const systemTimers: Timers = {
  now: () => performance.now(),
  set: (milliseconds, run) => setTimeout(run, milliseconds),
  clear: (handle) => clearTimeout(handle),
};

// How well the sensor itself is doing, as the page, MQTT and `/api/health` show it. Shapes only; main fills it.
import type { CopyKind } from '../attribute/duplicates.ts';
import type { LossEstimate } from '../attribute/loss-tally.ts';
import type { Confidence, Vantage, VantageDirection } from '../attribute/vantage.ts';
import type { InterfaceDrops } from '../capture/interface-drops.ts';
import type { ToldWarning } from '../capture/live-source.ts';
import type { Mac } from '../decode/packet.ts';
import type { Coverage } from './coverage.ts';

export type { ToldWarning, Vantage };

/** `running` means frames can arrive; whether they do, `lastFrameAt` tells. */
export const CAPTURE_STATES = ['starting', 'running', 'restarting', 'failed', 'ended'] as const;

/** What the vantage means, in words for people. */
export interface Sight {
  /** Null unless one direction is visible, and known which. */
  direction: VantageDirection | null;
  confidence: Confidence;
  /** A few words behind "looks from". */
  place: string;
  /** A whole sentence. */
  sentence: string;
  /** What to change on the switch or router; null when nothing need be. */
  fix: string | null;
  /** What it rests on, a few words each. */
  reasons: string[];
}

export interface NotCovered {
  count: number;
  /** The first of them. */
  devices: { mac: Mac; name: string }[];
  /** One of the blind spots; null where there is none. */
  sentence: string | null;
}

/** One that is told of alerts beside the broker. */
export interface NotifyHealth {
  /** In the configuration. */
  name: string;
  kind: 'ntfy' | 'gotify' | 'webhook' | 'webpush';
  /** Without paths, topics or tokens; of phones those of their push services. */
  host: string;
  /** Of phones: each one's name in the outbox. */
  queues?: string[];
  /** What keeps alerts from it, for a person and without secrets. */
  error: string | null;
  waiting: number;
  /** `07:00`, local time: what waits is held until then; null where nothing is. */
  heldUntil: string | null;
  dropped: number;
  /** When it last took an alert since the start, wall time, ms. */
  lastTakenAt: number | null;
}

/** The fleet of many homes that this one reports to. */
export interface FleetHealth {
  /** Whose fleet it is, as its enrolment says. */
  name: string;
  connected: boolean;
  /** What keeps records from it, for a person and without secrets. */
  error: string | null;
  /** Records. */
  waiting: number;
  dropped: number;
  /** When it last took a record since the start, wall time, ms. */
  lastTakenAt: number | null;
  /** Warnings that hold, and how many were not believed since the start, by the reason. */
  warnings: { held: number; refused: Readonly<Record<string, number>> };
}

export interface Health {
  version: string;
  /** Wall time, milliseconds. */
  startedAt: number;
  mode: 'live' | 'replay' | 'demo';
  /** Where frames come from, for people: a port's name, or what takes its place. */
  interface: string | null;
  capture: (typeof CAPTURE_STATES)[number];
  captureRestarts: number;
  captureError: string | null;
  /** Packet time of the newest frame, milliseconds; null before the first. */
  lastFrameAt: number | null;
  frames: number;
  framesPerSecond: number;
  /** Frames that came more than once, by kind. */
  duplicates: Record<CopyKind, number>;
  /** Frames lost before they were read, in percent; null where too few packets tell. */
  lossPercent: number | null;
  loss: LossEstimate;
  /** Of the capture port, as the kernel counts; null where it does not, and in a replay. */
  interfaceDrops: InterfaceDrops | null;
  vantage: Vantage;
  /** Whether times can be relied on, and how far this machine's clock is ahead of the sensor's (ms); null in a replay. */
  clock: { isCertain: boolean; differenceMs: number } | null;
  sight: Sight;
  /** How much of each day the home was really seen; null in a replay. */
  coverage: Coverage | null;
  /** Devices seen only by broadcast, whose traffic does not cross the mirror. */
  notCovered: NotCovered;
  /** What cannot be judged from here, for people: "3 devices seen only by broadcast". */
  blindSpots: string[];
  /** What makes the sensor see less than it could, and can be mended. */
  warnings: ToldWarning[];
  decode: Record<string, number>;
  broker: {
    url: string;
    embedded: boolean;
    connected: boolean;
    error: string | null;
    waiting: number;
    dropped: number;
  } | null;
  /** Those beside the broker, as they are configured. */
  notify: NotifyHealth[];
  /** Null where the sensor reports to nobody. */
  fleet: FleetHealth | null;
  database: {
    path: string;
    bytes: number;
    error: string | null;
    /** What lives in memory alone while the disk refuses it, since when (wall time, ms), and what was given up for want of room. */
    refused: { since: number; incidents: number; alerts: number; lost: number } | null;
  };
  devices: number;
  openIncidents: number;
}

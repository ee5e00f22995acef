// How well the sensor itself is doing, as the page, MQTT and `/api/health` show it. Shapes only; main fills it.
import type { Vantage } from '../attribute/vantage.ts';
import type { Warning } from '../capture/live-source.ts';

export type { Vantage, Warning };

export interface Health {
  version: string;
  /** Wall time, milliseconds. */
  startedAt: number;
  mode: 'live' | 'replay' | 'demo';
  /** Where frames come from, for people: a port's name, or what takes its place. */
  interface: string | null;
  /** `running` means frames can arrive; whether they do is `lastFrameAt`. */
  capture: 'starting' | 'running' | 'restarting' | 'failed' | 'ended';
  captureRestarts: number;
  captureError: string | null;
  /** Packet time of the newest frame, milliseconds; null before the first. */
  lastFrameAt: number | null;
  frames: number;
  framesPerSecond: number;
  lossPercent: number | null;
  vantage: Vantage;
  /** Whether times can be relied on, and how far this machine's clock is ahead of the sensor's (ms); null in a replay. */
  clock: { isCertain: boolean; differenceMs: number } | null;
  /** What cannot be judged from here, for people: "3 devices seen only by broadcast". */
  blindSpots: string[];
  /** What makes the sensor see less than it could, and can be mended. */
  warnings: Warning[];
  decode: Record<string, number>;
  broker: {
    url: string;
    embedded: boolean;
    connected: boolean;
    error: string | null;
    waiting: number;
    dropped: number;
  } | null;
  database: { path: string; bytes: number; error: string | null };
  devices: number;
  openIncidents: number;
}

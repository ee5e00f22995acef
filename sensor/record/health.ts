// How well the sensor itself is doing, as the page, MQTT and `/api/health` show it. Shapes only; main fills it.
import type { CopyKind } from '../attribute/duplicates.ts';
import type { LossEstimate } from '../attribute/loss-tally.ts';
import type { Vantage } from '../attribute/vantage.ts';
import type { InterfaceDrops } from '../capture/interface-drops.ts';

export type { Vantage };

export interface Health {
  version: string;
  /** Wall time, milliseconds. */
  startedAt: number;
  mode: 'live' | 'replay' | 'demo';
  interface: string | null;
  /** `running` means frames can arrive; whether they do is `lastFrameAt`. */
  capture: 'starting' | 'running' | 'restarting' | 'failed' | 'ended';
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
  /** What cannot be judged from here, for people: "3 devices seen only by broadcast". */
  blindSpots: string[];
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

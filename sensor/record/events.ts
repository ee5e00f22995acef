// The one seam with an emitter: what record tells publish and web after it is on disk. Everything left of it is a direct call.
import { EventEmitter } from 'node:events';
import type { Device } from '../attribute/device.ts';
import type { Mac } from '../decode/packet.ts';
import type { Incident } from './incident.ts';
import type { WeekSummary } from './week-summary.ts';

export type IncidentChange =
  | 'opened'
  | 'escalated'
  | 'updated'
  | 'resumed'
  | 'acknowledged'
  | 'expected'
  | 'resolved'
  | 'reopened'
  /** It became part of another one and is no longer there by itself. */
  | 'absorbed';

export interface IncidentEvent {
  change: IncidentChange;
  incident: Incident;
  /** Packet time, ms. */
  time: number;
}

export interface RecordEventMap {
  /** `updated` changes only counts and evidence: it goes to retained state and open pages, never to an alert. */
  incident: [event: IncidentEvent];
  /** A device appeared or something shown about it changed; rate-limited by the recorder's flush, not per packet. */
  device: [device: Device];
  forgotten: [mac: Mac];
  /** An expectation was made, matched or removed. */
  expectations: [];
  /** From where the sensor looks, or how well it sees, has changed: nobody should wait for the next round to hear of it. */
  vantage: [];
  /** A test alert waits in the outbox; there is no incident. */
  test: [];
  /** The disk refuses what is new, or takes it again. */
  storage: [];
  /** A week was summed up: once a week, and kept before it is told. Its words are those of wording-week.ts. */
  week: [week: WeekSummary];
}

export type RecordEvents = EventEmitter<RecordEventMap>;

export function newRecordEvents(): RecordEvents {
  return new EventEmitter<RecordEventMap>();
}

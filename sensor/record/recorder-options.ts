// What the recorder is built from.
import type { Device } from '../attribute/device.ts';
import type { KnownTime } from '../attribute/known-time.ts';
import type { Finding } from '../detect/finding.ts';
import type { Knowledge } from '../detect/knowledge.ts';
import type { Words } from '../language/words.ts';
import type { Log } from '../log.ts';
import type { IncidentEvent, RecordEvents } from './events.ts';
import type { OutboxMessage } from './outbox.ts';
import type { RecordStore } from './record-store.ts';

export interface RecorderOptions {
  store: RecordStore;
  events: RecordEvents;
  knowledge: Knowledge;
  log: Log;
  /** The language that incidents are told and stored in. */
  words: Words;
  /** The disk is spared in a flood; a recording is as quick as it can be. */
  paced?: boolean;
  /** Retention and quiet times count as far as they were watched. */
  time: KnownTime;
  /** Further entries of the store's meta table, written with everything else that changed. */
  meta?(): Record<string, string>;
  /** Told of every finding, and whether a person has called it normal. */
  judged?(finding: Finding, isExpected: boolean): void;
  /** What a change says on the broker; rows for the outbox, saved together with the incident. */
  alerts(event: IncidentEvent, device: Device | null): OutboxMessage[];
}

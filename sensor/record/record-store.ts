// What the recorder asks of whatever keeps what it records: the database, or nothing at all.
import type { AlertQueue } from './alert-queue.ts';
import type { StoreKeeper } from './store-keeper.ts';

type Asked =
  | 'alerts'
  | 'problem'
  | 'loadIncidents'
  | 'loadExpectations'
  | 'loadEvidence'
  | 'loadDevices'
  | 'loadMemories'
  | 'loadWatch'
  | 'saveWatch'
  | 'meta'
  | 'framesOf'
  | 'save'
  | 'isRetryDue'
  | 'reach'
  | 'takeFresh'
  | 'settle'
  | 'close';

export interface RecordStore extends Pick<StoreKeeper, Asked> {
  readonly outbox: Pick<AlertQueue, 'hasGone'>;
  /** Ids of the incidents that went; null where none were kept, so that whoever has them in memory decides. */
  prune(options: { before: number }): { incidents: string[] | null };
}

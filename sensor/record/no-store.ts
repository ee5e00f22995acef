// In place of the database where nothing shall last, as in a plain replay: it takes all and has nothing. SQLite, which costs a start
// more than the packets of a short capture, is not loaded then.
import type { RecordStore } from './record-store.ts';
import { UnstoredAlerts } from './unstored-alerts.ts';

export class NoStore implements RecordStore {
  readonly alerts = new UnstoredAlerts();
  readonly outbox = { hasGone: false };
  readonly problem = null;

  loadIncidents() {
    return [];
  }

  loadExpectations() {
    return [];
  }

  loadEvidence() {
    return [];
  }

  loadDevices() {
    return [];
  }

  loadMemories() {
    return [];
  }

  loadWatch(): void {}

  saveWatch(): void {}

  meta(): null {
    return null;
  }

  framesOf() {
    return [];
  }

  save(): boolean {
    return true;
  }

  prune() {
    return { incidents: null };
  }

  isRetryDue(): boolean {
    return false;
  }

  reach(): boolean {
    return true;
  }

  takeFresh(): boolean {
    return false;
  }

  settle(): boolean {
    return true;
  }

  close(): void {}
}

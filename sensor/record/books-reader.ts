// All that is on record at one moment, read from the store's file beside the sensor that may be writing it: for who reports on it.
import type { Device } from '../attribute/device.ts';
import { DeviceTable } from './device-table.ts';
import { MEMORY_KEY, parseMemory } from './engine-meta.ts';
import type { Incident } from './incident.ts';
import { IncidentTable } from './incident-table.ts';
import { openToRead } from './open-to-read.ts';
import { toStoreError } from './store-error.ts';
import type { WatchHour } from './watch-hours.ts';
import { WatchTable } from './watch-table.ts';

export interface StoredBooks {
  devices: Device[];
  incidents: Incident[];
  hours: WatchHour[];
  /** Up to when time is accounted for, ms; null where frames were recorded. */
  until: number | null;
  memory: ReturnType<typeof parseMemory>;
  meta: ReadonlyMap<string, string>;
}

/** `path` must exist. @throws StoreError */
export function readBooks(path: string): StoredBooks {
  const db = openToRead(path);
  const ignore = () => {};
  try {
    // All of one moment, whatever the sensor writes meanwhile.
    return db.transaction(() => {
      const { hours, until } = new WatchTable(db, ignore, (work) => work()).load();
      const rows = db.prepare<[], { key: string; value: string }>('SELECT key, value FROM meta').all();
      const meta = new Map(rows.map(({ key, value }) => [key, value]));
      return {
        devices: new DeviceTable(db, ignore).load(),
        incidents: new IncidentTable(db, ignore).loadIncidents(false),
        ...{ hours, until, memory: parseMemory(meta.get(MEMORY_KEY) ?? null), meta },
      };
    })();
  } catch (error) {
    throw toStoreError(error, path);
  } finally {
    db.close();
  }
}

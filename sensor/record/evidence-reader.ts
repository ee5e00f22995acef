// A second reader of the store's file, for evidence: it works while the sensor writes, and changes nothing.
import type { Database } from 'better-sqlite3';
import type { Device } from '../attribute/device.ts';
import { DeviceTable as KnownDevices } from '../attribute/device-table.ts';
import { VANTAGES, type Vantage } from '../attribute/vantage.ts';
import { byText } from './by-text.ts';
import { DeviceTable } from './device-table.ts';
import { VANTAGE_KEY } from './engine-meta.ts';
import type { EvidenceFrame } from './evidence-ring.ts';
import { EvidenceTable } from './evidence-table.ts';
import type { Incident } from './incident.ts';
import { IncidentTable } from './incident-table.ts';
import { openToRead } from './open-to-read.ts';
import { toStoreError } from './store-error.ts';

export interface StoredIncident {
  incident: Incident;
  kept: number;
  seen: number;
}

export interface ReadEvidence {
  incident: Incident;
  /** The device and the older addresses of the same thing; empty where none is known. */
  chain: Device[];
  frames: EvidenceFrame[];
  seen: number;
  vantage: Vantage | null;
}

export class EvidenceReader {
  readonly #db: Database;
  readonly #path: string;

  /** `path` must exist. @throws StoreError */
  constructor(path: string) {
    this.#path = path;
    this.#db = openToRead(path);
  }

  /** Incidents with kept frames, the latest first. */
  list(): StoredIncident[] {
    return this.#read(() => {
      const counts = new Map(
        this.#evidence()
          .load()
          .map((stored) => [stored.incident, stored]),
      );
      return this.#incidents()
        .flatMap((incident) => {
          const stored = counts.get(incident.id);
          return stored === undefined ? [] : [{ incident, kept: stored.sizes.length, seen: stored.seen }];
        })
        .sort((a, b) => b.incident.lastAt - a.incident.lastAt || byText(a.incident.id, b.incident.id));
    });
  }

  /** Null where there is no such incident. */
  read(id: string): ReadEvidence | null {
    return this.#read(() => {
      const incident = this.#incidents().find((known) => known.id === id);
      if (incident === undefined) return null;
      const devices = new KnownDevices();
      for (const device of new DeviceTable(this.#db, () => {}).load()) devices.restore(device);
      const device = incident.device === null ? undefined : devices.get(incident.device);
      const evidence = this.#evidence();
      const vantage = this.#meta(VANTAGE_KEY);
      return {
        incident,
        chain: device === undefined ? [] : devices.sameThing(device),
        frames: evidence.framesOf(id),
        seen: evidence.seenOf(id),
        vantage: VANTAGES.find((known) => known === vantage) ?? null,
      };
    });
  }

  close(): void {
    this.#db.close();
  }

  #incidents(): Incident[] {
    return new IncidentTable(this.#db, () => {}).loadIncidents(false);
  }

  #evidence(): EvidenceTable {
    return new EvidenceTable(this.#db, () => {});
  }

  #meta(key: string): string | null {
    return this.#db.prepare<[string], string>('SELECT value FROM meta WHERE key = ?').pluck().get(key) ?? null;
  }

  /** All of one moment, whatever the sensor writes meanwhile. */
  #read<T>(work: () => T): T {
    return this.#guard(() => this.#db.transaction(work)());
  }

  #guard<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      throw toStoreError(error, this.#path);
    }
  }
}

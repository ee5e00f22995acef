// A second reader of the store's file, for evidence: it works while the sensor writes, and changes nothing.
import Database from 'better-sqlite3';
import type { Device } from '../attribute/device.ts';
import { DeviceTable as KnownDevices } from '../attribute/device-table.ts';
import { VANTAGES, type Vantage } from '../attribute/vantage.ts';
import { DeviceTable } from './device-table.ts';
import { VANTAGE_KEY } from './engine-meta.ts';
import type { EvidenceFrame } from './evidence-ring.ts';
import { EvidenceTable } from './evidence-table.ts';
import type { Incident } from './incident.ts';
import { IncidentTable } from './incident-table.ts';
import { SCHEMA_VERSION, schemaVersion } from './schema.ts';
import { StoreError, toStoreError } from './store-error.ts';

/** The sensor's own writes are short. */
const BUSY_MS = 5000;

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
  readonly #db: Database.Database;
  readonly #path: string;

  /** `path` must exist. @throws StoreError */
  constructor(path: string) {
    this.#path = path;
    try {
      this.#db = new Database(path, { readonly: true, fileMustExist: true, timeout: BUSY_MS });
    } catch (error) {
      throw toStoreError(error, path);
    }
    const version = this.#guard(() => schemaVersion(this.#db));
    if (version === SCHEMA_VERSION) return;
    this.#db.close();
    const [other, remedy] =
      version > SCHEMA_VERSION
        ? ['a newer', 'Use that version to read it.']
        : ['an older', 'Start the sensor once: it brings the database up to date.'];
    throw new StoreError('io', `The database ${path} was written by ${other} thingwatch. ${remedy}`);
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
        .sort((a, b) => b.incident.lastAt - a.incident.lastAt || (a.incident.id < b.incident.id ? -1 : 1));
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

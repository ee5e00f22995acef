// From memory to the store: gathers what is unsaved into batches, and where the disk refuses them keeps everything until it takes
// them again. What is to be stored and when, the recorder says; it tells nobody of incidents.
import type { Device } from '../attribute/device.ts';
import type { Mac } from '../decode/packet.ts';
import type { Engine } from '../engine.ts';
import type { Describer } from './describer.ts';
import type { EvidenceRing } from './evidence-ring.ts';
import type { ExpectationBook } from './expectation-book.ts';
import type { Incident } from './incident.ts';
import type { IncidentBook } from './incident-book.ts';
import type { RecordStore } from './record-store.ts';
import type { SaveBatch } from './store.ts';
import { type Save, Unsaved } from './unsaved.ts';

export type More = Pick<SaveBatch, 'meta' | 'evidence'>;

export interface SaverOptions {
  store: RecordStore;
  describer: Describer;
  incidents: IncidentBook;
  expectations: ExpectationBook;
  ring: EvidenceRing;
  engine(): Engine | null;
  /** Everything that the meta table has of memory. */
  meta(): Record<string, string>;
  /** The rows of a device are gone, or will be. */
  onForgotten(mac: Mac): void;
}

export class Saver {
  readonly unsaved: Unsaved;
  readonly #options: SaverOptions;

  constructor(options: SaverOptions) {
    this.#options = options;
    this.unsaved = new Unsaved(options.store.alerts);
  }

  /** Stores what is unsaved, as far as `how` says, with `devices`. In a fault of the disk it is kept, which costs next to nothing. */
  save(how: Save, devices: readonly Device[], more: More = {}): void {
    if (this.#options.store.problem !== null) this.#keep(devices);
    else this.#attempt(how, devices, more);
  }

  /** In a fault of the disk: everything is tried again now and then, or at once. */
  retry(isUrgent = false): void {
    const { store, incidents } = this.#options;
    if (!store.isRetryDue() && !isUrgent) return;
    if (store.problem === null) return;
    this.unsaved.bound((id) => incidents.get(id) !== undefined);
    if (!store.reach()) return;
    if (store.takeFresh()) this.#takeEverything();
    const stored = `${this.unsaved.incidents.size} incidents and ${this.unsaved.alerts.size} alerts`;
    const { lost } = this.unsaved;
    const more = { meta: this.#options.meta(), evidence: this.#options.ring.changes(true) };
    if (!this.#attempt({ durable: true, extent: 'all' }, [], more)) return;
    store.settle(lost === 0 ? stored : `${stored}, but for ${lost} for which there was no room,`);
  }

  /** What the disk refuses at present, for people; null outside a fault. `lost`: given up for want of room. */
  get refused(): { since: number; incidents: number; alerts: number; lost: number } | null {
    const { problem } = this.#options.store;
    if (problem === null) return null;
    const { alerts, incidents, lost } = this.unsaved;
    return { since: problem.since, incidents: incidents.size, alerts: alerts.size, lost };
  }

  #keep(devices: readonly Device[]): void {
    for (const device of devices) this.unsaved.devices.set(device.mac, device);
    for (const mac of this.unsaved.takeForgotten()) this.#options.onForgotten(mac);
  }

  #attempt({ durable, extent }: Save, devices: readonly Device[], more: More): boolean {
    const { describer, engine, expectations, onForgotten, ring, store } = this.#options;
    for (const incident of this.unsaved.incidents.values()) describer.describe(incident, this.#deviceOf(incident));
    this.unsaved.remember(engine()?.takeDetectorMemory() ?? []);
    const batch: SaveBatch = {
      ...more,
      ...this.unsaved.batch(durable, extent, devices),
      ...(this.unsaved.expectations ? { expectations: expectations.all() } : {}),
    };
    if (!store.save(batch)) {
      // Everything stays marked as changed and goes with the next save.
      this.#keep(devices);
      return false;
    }
    if (more.evidence !== undefined) ring.stored(more.evidence);
    this.unsaved.saved(batch);
    for (const mac of this.unsaved.takeForgotten()) onForgotten(mac);
    return true;
  }

  /** Into a database that has nothing of it. */
  #takeEverything(): void {
    const { engine, incidents, ring } = this.#options;
    for (const incident of incidents.values()) this.unsaved.incidents.set(incident.id, incident);
    for (const device of engine()?.devices.all() ?? []) this.unsaved.ordinary.set(device.mac, device);
    this.unsaved.expectations = true;
    this.unsaved.remember(engine()?.detectorMemory() ?? []);
    ring.unstored();
  }

  #deviceOf({ device }: Incident): Device | null {
    return device === null ? null : (this.#options.engine()?.devices.get(device) ?? null);
  }
}

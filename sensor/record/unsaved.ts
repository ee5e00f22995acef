// What has changed and is not on disk yet. A save that fails leaves all of it here, so that it goes with the next. What is news
// goes soon; counts and times that have gone on wait for a save of all, since each row costs the disk whole pages.
import type { Device } from '../attribute/device.ts';
import type { TimeMove } from '../attribute/time-move.ts';
import type { Mac } from '../decode/packet.ts';
import { HOME, type Remembered } from '../detect/memory.ts';
import { dropOldest } from './drop-oldest.ts';
import type { Incident } from './incident.ts';
import type { SaveBatch } from './store.ts';
import type { UnstoredAlerts } from './unstored-alerts.ts';

/** Deletions that wait while the disk refuses them; of the oldest beyond that the rows stay. */
const WAITING_REMOVALS = 20_000;
/** Corrections of the clock; beyond that the oldest are made up for by none of the stored frames. */
const WAITING_MOVES = 1000;

/** `news`: all but counts and times of what is known already. */
export type Extent = 'news' | 'all';

export interface Save {
  durable: boolean;
  extent: Extent;
}
export const AT_ONCE: Save = { durable: true, extent: 'news' };
export const SOON: Save = { durable: false, extent: 'news' };

export class Unsaved {
  readonly incidents = new Map<string, Incident>();
  /** That findings were about. */
  readonly devices = new Map<Mac, Device>();
  /** Others that changed: their news waits for a flush. */
  readonly ordinary = new Map<Mac, Device>();
  /** Of which no more than counts and times may have gone on since they were stored. */
  readonly #counted = new Map<Mac, Device>();
  readonly removedIncidents = new Set<string>();
  readonly removedExpectations = new Set<string>();
  readonly forgottenDevices = new Set<Mac>();
  /** Of which nobody was told. */
  readonly #forgotten = new Set<Mac>();
  /** Corrections of the clock. */
  readonly moves: TimeMove[] = [];
  expectations = false;
  /** What detectors remember, by device and detector. */
  readonly #memories = new Map<Mac, Map<string, Remembered>>();
  readonly alerts: UnstoredAlerts;
  /** Incidents given up since the last save, for want of room in memory. */
  #lostIncidents = 0;

  constructor(alerts: UnstoredAlerts) {
    this.alerts = alerts;
  }

  /** Incidents and alerts given up since the last save, for want of room. */
  get lost(): number {
    return this.#lostIncidents + this.alerts.lost;
  }

  /** The disk refuses all of this for long: what need not be kept is given up. `isKnown`: the incident is in memory. */
  bound(isKnown: (incident: string) => boolean): void {
    for (const id of this.incidents.keys()) {
      if (isKnown(id)) continue;
      this.incidents.delete(id);
      this.#lostIncidents++;
    }
    for (const removals of [this.removedIncidents, this.removedExpectations]) dropOldest(removals, WAITING_REMOVALS);
    for (const mac of dropOldest(this.forgottenDevices, WAITING_REMOVALS)) this.#memories.delete(mac);
    this.moves.splice(0, this.moves.length - WAITING_MOVES);
  }

  add(incidents: Iterable<Incident>): void {
    for (const incident of incidents) this.incidents.set(incident.id, incident);
  }

  remember(memories: Iterable<Remembered>): void {
    for (const memory of memories) {
      const ofDevice = this.#memories.get(memory.mac) ?? new Map<string, Remembered>();
      this.#memories.set(memory.mac, ofDevice.set(memory.detector, memory));
    }
  }

  forgetDevice(mac: Mac): void {
    for (const table of [this.devices, this.ordinary, this.#counted]) table.delete(mac);
    this.forgottenDevices.add(mac);
    this.#forgotten.add(mac);
  }

  /** Forgotten since the last call. */
  takeForgotten(): Mac[] {
    const forgotten = [...this.#forgotten];
    this.#forgotten.clear();
    return forgotten;
  }

  /** Of the devices in a durable save of news, which should be short, none but `devices`; and what is remembered of them. */
  batch(durable: boolean, extent: Extent, devices: readonly Device[]): SaveBatch {
    const isShort = durable && extent === 'news';
    const concerned = new Set([...devices, ...(isShort ? [] : this.devices.values())]);
    if (extent === 'all')
      for (const table of [this.ordinary, this.#counted]) for (const device of table.values()) concerned.add(device);
    return {
      durable,
      [extent === 'all' ? 'devices' : 'news']: concerned,
      incidents: this.incidents.values(),
      memories: this.#memoriesOf(durable, extent, devices),
      forgottenDevices: this.forgottenDevices,
      removedExpectations: this.removedExpectations,
      removedIncidents: this.removedIncidents,
      moves: this.moves,
      outbox: this.alerts.all(),
      lost: { incidents: this.#lostIncidents, messages: this.alerts.lost },
    };
  }

  #memoriesOf(durable: boolean, extent: Extent, devices: readonly Device[]): Remembered[] {
    const some = durable ? [HOME, ...devices.map(({ mac }) => mac)] : [];
    const macs = extent === 'all' ? this.#memories.keys() : [...some, ...this.forgottenDevices];
    return [...macs].flatMap((mac) => [...(this.#memories.get(mac)?.values() ?? [])]);
  }

  /** What `batch` gave is on disk. */
  saved({ devices, memories, news }: SaveBatch): void {
    this.incidents.clear();
    for (const { mac } of memories ?? []) this.#memories.delete(mac);
    this.alerts.saved();
    this.#lostIncidents = 0;
    this.moves.length = 0;
    this.expectations = false;
    this.removedExpectations.clear();
    this.removedIncidents.clear();
    this.forgottenDevices.clear();
    for (const device of news ?? []) this.#counted.set(device.mac, device);
    for (const { mac } of devices ?? []) this.#counted.delete(mac);
    for (const { mac } of [...(news ?? []), ...(devices ?? [])]) {
      this.devices.delete(mac);
      this.ordinary.delete(mac);
    }
  }
}

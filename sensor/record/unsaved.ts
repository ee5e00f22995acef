// What has changed and is not on disk yet. A save that fails leaves all of it here, so that it goes with the next. What is news
// goes soon; counts and times that have gone on wait for a save of all, since each row costs the disk whole pages.
import type { Device } from '../attribute/device.ts';
import type { TimeMove } from '../attribute/time-move.ts';
import type { Mac } from '../decode/packet.ts';
import { HOME, type Remembered } from '../detect/memory.ts';
import type { Incident } from './incident.ts';
import type { OutboxMessage } from './outbox.ts';
import type { SaveBatch } from './store.ts';

/** Alerts that wait in memory while the disk refuses them. */
const WAITING_ALERTS = 1000;

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
  /** Corrections of the clock. */
  readonly moves: TimeMove[] = [];
  expectations = false;
  /** What detectors remember, by device and detector. */
  readonly #memories = new Map<Mac, Map<string, Remembered>>();
  #alerts: OutboxMessage[] = [];

  /** The oldest give way where the disk refuses them for long. */
  alert(messages: readonly OutboxMessage[]): void {
    this.#alerts.push(...messages);
    if (this.#alerts.length > WAITING_ALERTS) this.#alerts.splice(0, this.#alerts.length - WAITING_ALERTS);
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
      outbox: this.#alerts,
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
    this.#alerts = [];
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

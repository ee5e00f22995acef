// What has changed and is not on disk yet. A save that fails leaves all of it here, so that it goes with the next.
import type { Device } from '../attribute/device.ts';
import type { TimeMove } from '../attribute/time-move.ts';
import type { Mac } from '../decode/packet.ts';
import type { Remembered } from '../detect/memory.ts';
import type { Incident } from './incident.ts';
import type { OutboxMessage } from './outbox.ts';
import type { SaveBatch } from './store.ts';

/** Alerts that wait in memory while the disk refuses them. */
const WAITING_ALERTS = 1000;

export class Unsaved {
  readonly incidents = new Map<string, Incident>();
  readonly devices = new Map<Mac, Device>();
  readonly removedIncidents = new Set<string>();
  readonly removedExpectations = new Set<string>();
  readonly forgottenDevices = new Set<Mac>();
  /** Corrections of the clock. */
  readonly moves: TimeMove[] = [];
  expectations = false;
  /** What detectors remember. */
  readonly #memories = new Map<string, Remembered>();
  #alerts: OutboxMessage[] = [];

  /** The oldest give way where the disk refuses them for long. */
  alert(messages: readonly OutboxMessage[]): void {
    this.#alerts.push(...messages);
    if (this.#alerts.length > WAITING_ALERTS) this.#alerts.splice(0, this.#alerts.length - WAITING_ALERTS);
  }

  remember(memories: Iterable<Remembered>): void {
    for (const memory of memories) this.#memories.set(`${memory.detector} ${memory.mac}`, memory);
  }

  /** Everything, but of the devices in a durable save, which should be short, none but `devices`. */
  batch(durable: boolean, devices: readonly Device[]): SaveBatch {
    return {
      durable,
      devices: [...new Set([...devices, ...(durable ? [] : this.devices.values())])],
      incidents: this.incidents.values(),
      memories: this.#memories.values(),
      forgottenDevices: this.forgottenDevices,
      removedExpectations: this.removedExpectations,
      removedIncidents: this.removedIncidents,
      moves: this.moves,
      outbox: this.#alerts,
    };
  }

  /** What `batch` gave for these is on disk. */
  saved(durable: boolean, devices: readonly Device[]): void {
    this.incidents.clear();
    this.#memories.clear();
    this.#alerts = [];
    this.moves.length = 0;
    this.expectations = false;
    this.removedExpectations.clear();
    this.removedIncidents.clear();
    this.forgottenDevices.clear();
    if (durable) for (const device of devices) this.devices.delete(device.mac);
    else this.devices.clear();
  }
}

// What detectors remember of devices beyond a restart, and the one way there: record/ asks for what changed, keeps it by
// (detector, MAC) as JSON, and gives it back before the first frame. Values are plain data of bounded size.
import { LRUCache } from 'lru-cache';
import { atMost } from '../attribute/at-most.ts';
import { LIMITS } from '../attribute/device.ts';
import type { DeviceTable } from '../attribute/device-table.ts';
import { moveTimes, type TimeMove } from '../attribute/time-move.ts';
import type { Mac } from '../decode/packet.ts';

/** Stands in place of a MAC for what concerns the home as a whole. */
export const HOME = '';

/** A value that is to be stored as JSON; null when it is to be forgotten. */
export interface Remembered {
  detector: string;
  mac: Mac;
  value: unknown;
}

/** What record/ sees of a memory. */
export interface DetectorMemory {
  /** What changed since the last call. */
  takeChanged(): Omit<Remembered, 'detector'>[];
  /** All there is, stored or not. */
  all(): Omit<Remembered, 'detector'>[];
  /** Takes back what was stored; a value that is not as it should be is left out. */
  restore(mac: Mac, value: unknown): void;
  /** The clock was put right: times in what is remembered since it was wrong are moved. */
  moveTime(move: TimeMove): void;
  forget(mac: Mac): void;
}

export class DeviceMemory<T extends object> implements DetectorMemory {
  readonly #read: (value: unknown) => T | null;
  readonly #devices: Pick<DeviceTable, 'isKept'>;
  readonly #values: LRUCache<Mac, T>;
  readonly #changed = new Set<Mac>();

  /**
   * `read` checks a stored value, which may be from an older version; null leaves it out. Of addresses that are not among the
   * kept `devices` nothing is remembered, so that made-up ones push nothing out.
   */
  constructor(read: (value: unknown) => T | null, devices: Pick<DeviceTable, 'isKept'>) {
    this.#read = read;
    this.#devices = devices;
    this.#values = new LRUCache<Mac, T>({
      // As many as there are devices, and the home itself.
      ...atMost(LIMITS.devices + 1),
      dispose: (_value, mac, reason) => {
        if (reason === 'evict') this.#changed.add(mac);
      },
    });
  }

  // There is room for every kept device, so that nothing need be known of who was asked for last.
  get(mac: Mac): T | undefined {
    return this.#values.peek(mac);
  }

  /**
   * The value of `mac`, made by `fresh` where there is none; made ones are stored only once they are marked, and one for a device
   * that is not kept is gone with the call.
   */
  of(mac: Mac, fresh: () => T): T {
    let value = this.#values.peek(mac);
    if (value === undefined) {
      value = fresh();
      if (this.#isRemembered(mac)) this.#values.set(mac, value);
    }
    return value;
  }

  set(mac: Mac, value: T): void {
    if (!this.#isRemembered(mac)) return;
    this.#values.set(mac, value);
    this.#changed.add(mac);
  }

  /** The value of `mac` was changed in place and is to be stored. */
  mark(mac: Mac): void {
    if (this.#isRemembered(mac)) this.#changed.add(mac);
  }

  entries(): Iterable<[Mac, T]> {
    return this.#values.entries();
  }

  takeChanged(): Omit<Remembered, 'detector'>[] {
    const changed = [...this.#changed].map((mac) => ({ mac, value: this.#values.peek(mac) ?? null }));
    this.#changed.clear();
    return changed;
  }

  all(): Omit<Remembered, 'detector'>[] {
    return [...this.#values.entries()].map(([mac, value]) => ({ mac, value }));
  }

  restore(mac: Mac, value: unknown): void {
    const read = this.#read(value);
    if (read !== null) this.#values.set(mac, read);
  }

  moveTime(move: TimeMove): void {
    for (const [mac, value] of this.#values.entries()) if (moveTimes(value, move)) this.mark(mac);
  }

  forget(mac: Mac): void {
    if (this.#values.delete(mac)) this.#changed.add(mac);
  }

  #isRemembered(mac: Mac): boolean {
    return mac === HOME || this.#devices.isKept(mac);
  }
}

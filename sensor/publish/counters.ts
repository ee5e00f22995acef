// Counters that never go slightly back, which Home Assistant would report as a fault: after a crash the store may be a
// minute behind what was last published, and a forgotten backend takes its connections along.
import type { Mac } from '../decode/packet.ts';
import type { Counters } from './payloads.ts';
import type { DeviceView } from './ports.ts';

/** A fall below this share of the last value is a new cycle for `total_increasing`; only smaller falls are held up. */
const RESET_SHARE = 0.9;
/** The retained state is ours, but what comes back from a broker is bounded all the same. */
const STATE_LIMIT = 16 * 1024;

export class CounterFloor {
  readonly #floor = new Map<Mac, Counters>();

  /** The device's counters, not lower than published before unless they began again. */
  of(device: DeviceView): Counters {
    const floor = this.#floor.get(device.mac);
    const counters = {
      mail: hold(device.mail.attempts, floor?.mail),
      updates: hold(device.updates.connections, floor?.updates),
    };
    this.#floor.set(device.mac, counters);
    return counters;
  }

  /** Takes up our own retained state from before a restart; anything else is ignored. */
  learn(mac: Mac, payload: Buffer): void {
    if (this.#floor.has(mac) || payload.length === 0 || payload.length > STATE_LIMIT) return;
    try {
      const state: unknown = JSON.parse(payload.toString('utf8'));
      if (state === null || typeof state !== 'object') return;
      const { mail_connections: mail, update_connections: updates } = state as Record<string, unknown>;
      if (isCount(mail) && isCount(updates)) this.#floor.set(mac, { mail, updates });
    } catch {
      // Not JSON, so not ours.
    }
  }

  forget(mac: Mac): void {
    this.#floor.delete(mac);
  }
}

function hold(value: number, floor: number | undefined): number {
  return floor !== undefined && value < floor && value >= floor * RESET_SHARE ? floor : value;
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

// Counters that never go back, which Home Assistant would take for a fault or for a new count: after a crash the store may
// be a minute behind what was last published, and a forgotten backend takes its connections along.
import type { Mac } from '../decode/packet.ts';
import type { Counters } from './payloads.ts';
import type { DeviceView } from './ports.ts';

/** The retained state is ours, but what comes back from a broker is bounded all the same. */
const STATE_LIMIT = 16 * 1024;
const COUNT_LIMIT = 1e9;

/** What was last published, and how much of it the sensor no longer knows of. */
interface Floor {
  published: number;
  lost: number;
}

export class CounterFloor {
  readonly #floors = new Map<Mac, { mail: Floor; updates: Floor }>();

  /** The device's counters, with what was published before and has since been lost from its memory. */
  of(device: DeviceView): Counters {
    const floors = this.#floors.get(device.mac) ?? startAt(0, 0);
    this.#floors.set(device.mac, floors);
    return {
      mail: raise(floors.mail, device.mail.attempts),
      updates: raise(floors.updates, device.updates.connections),
    };
  }

  /** Takes up our own retained state from before a restart; anything else is ignored. */
  learn(mac: Mac, payload: Buffer): void {
    if (this.#floors.has(mac) || payload.length > STATE_LIMIT) return;
    try {
      const state = JSON.parse(payload.toString('utf8')) as Record<string, unknown>;
      const { mail_connections: mail, update_connections: updates } = state;
      if (isCount(mail) && isCount(updates)) this.#floors.set(mac, startAt(mail, updates));
    } catch {
      // No JSON, or null, so not ours.
    }
  }

  forget(mac: Mac): void {
    this.#floors.delete(mac);
  }
}

function startAt(mail: number, updates: number): { mail: Floor; updates: Floor } {
  return { mail: { published: mail, lost: 0 }, updates: { published: updates, lost: 0 } };
}

function raise(floor: Floor, value: number): number {
  floor.lost = Math.max(floor.lost, floor.published - value);
  floor.published = value + floor.lost;
  return floor.published;
}

function isCount(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) <= COUNT_LIMIT;
}

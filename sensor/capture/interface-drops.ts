// What the capture port itself says that it dropped, as the kernel counts it (its documentation, networking/statistics). How many
// frames the packet socket's ring had no room for is not among it: the kernel tells that only to the process that owns the socket
// (PACKET_STATISTICS), which `cap` never asks, and neither /proc/net/packet nor sock_diag shows it. It counts in the estimate that
// is made of the traffic.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const SYSTEM = '/sys/class/net';
/** Counters are read this often (ms). */
const EVERY = 60_000;
/** So many readings are a quarter of an hour. */
const READINGS = 15;

export interface InterfaceDrops {
  /** Frames that the card or the kernel dropped, frames of protocols that nobody on this machine wants among them. */
  dropped: number;
  received: number;
  /** Over so many minutes. */
  minutes: number;
}

interface Reading {
  at: number;
  dropped: number;
  received: number;
}

export class InterfaceCounters {
  readonly #folder: string;
  readonly #readings: Reading[] = [];

  /** `system`: where the kernel shows its interfaces. */
  constructor(name: string, system = SYSTEM) {
    this.#folder = join(system, name, 'statistics');
  }

  /** Call now and then, with the time in ms; a counter that went back is of an interface that was made anew. */
  tick(now: number): void {
    const last = this.#readings.at(-1);
    if (last !== undefined && Math.abs(now - last.at) < EVERY) return;
    const reading = this.#read(now);
    const isAnew = reading === null || (last !== undefined && (reading.received < last.received || now < last.at));
    if (isAnew) this.#readings.length = 0;
    if (reading !== null) this.#readings.push(reading);
    if (this.#readings.length > READINGS + 1) this.#readings.shift();
  }

  /** Since a quarter of an hour at most; null where the kernel shows no counters, or they were read but once. */
  read(): InterfaceDrops | null {
    const [first, last] = [this.#readings[0], this.#readings.at(-1)];
    if (first === undefined || last === undefined || first === last) return null;
    return {
      dropped: Math.max(0, last.dropped - first.dropped),
      received: last.received - first.received,
      minutes: Math.round((last.at - first.at) / 60_000),
    };
  }

  #read(at: number): Reading | null {
    try {
      const count = (name: string) => Number(readFileSync(join(this.#folder, name), 'utf8')) || 0;
      // Some drivers count a full ring under both names.
      const noRoom = Math.max(count('rx_missed_errors'), count('rx_fifo_errors'));
      return { at, dropped: noRoom + count('rx_dropped'), received: count('rx_packets') };
    } catch {
      return null;
    }
  }
}

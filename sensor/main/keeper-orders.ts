// What sensor and keeper say to each other. The keeper has rights and the sensor may have been taken over by what it reads, so an
// order is checked word by word: it can name ports, frames' form, offloads and nothing else. Belongs to main.ts.
import type { CaptureOrder } from '../capture/capture-process.ts';

/** From the sensor. `id` is the sensor's own number for what it ordered. */
export type Order =
  /** Who the captures run as; taken once. */
  | { order: 'user'; uid: number; gid: number }
  | ({ order: 'capture'; id: number } & CaptureOrder)
  /** Its stream has arrived: it may begin. */
  | { order: 'begin' | 'end' | 'kill'; id: number }
  | { order: 'offloads'; id: number; device: string; names: string[]; state: 'on' | 'off' }
  | { order: 'notify'; text: Notice };

/** From the keeper. */
export type Answer =
  /** With the pcap stream as its handle. */
  | { answer: 'started'; id: number; pid: number }
  | { answer: 'said'; id: number; text: string }
  | { answer: 'ended'; id: number; error: string | null }
  | { answer: 'switched'; id: number; names: string[] };

/** What a service manager is told, see sd_notify(3). */
export const NOTICES = ['READY=1', 'WATCHDOG=1', 'STOPPING=1'] as const;
export type Notice = (typeof NOTICES)[number];

/** In the environment of a sensor whose keeper tells a service manager what it is ordered to. */
export const NOTIFIES = 'NOTIFY_BY_KEEPER';

/** The last word of the sensor's command line where a keeper started it. */
export const KEPT = '--kept';

const DEVICE = /^[A-Za-z0-9_][A-Za-z0-9_.:@-]{0,14}$/;
const LARGEST_BUFFER = 256 * 1024 * 1024;
const LARGEST_ID = 0xffff_fffe;

/** Null for what is no order. @param offloads the names that may be switched */
export function readOrder(message: unknown, offloads: readonly string[]): Order | null {
  if (typeof message !== 'object' || message === null || !('order' in message)) return null;
  const { bufferSize, device, gid, id, linkType, names, order, state, text, uid } = message as Record<string, unknown>;
  if (order === 'notify') {
    const notice = NOTICES.find((one) => one === text);
    return notice === undefined ? null : { order, text: notice };
  }
  if (order === 'user') return isCount(uid) && isCount(gid) && uid > 0 ? { order, uid, gid } : null;
  if (!isCount(id)) return null;
  if (order === 'begin' || order === 'end' || order === 'kill') return { order, id };
  if (typeof device !== 'string' || !DEVICE.test(device)) return null;
  if (order === 'capture')
    return isCount(linkType) && isCount(bufferSize, LARGEST_BUFFER)
      ? { order, id, device, linkType, bufferSize }
      : null;
  if (order !== 'offloads' || (state !== 'on' && state !== 'off') || !Array.isArray(names)) return null;
  const known = offloads.filter((name) => names.includes(name));
  return known.length === names.length ? { order, id, device, names: known, state } : null;
}

function isCount(value: unknown, largest = LARGEST_ID): value is number {
  return Number.isInteger(value) && Number(value) >= 0 && Number(value) <= largest;
}

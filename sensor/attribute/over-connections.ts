// Connections that are over and may be forgotten: what comes for them now is no part of them any more.
import type { LRUCache } from 'lru-cache';
import type { Connection } from './connection.ts';

/** No segment stays on its way for longer than four minutes (RFC 9293, section 3.4.2), and no stack tries a SYN for so long (ms). */
const OVER_AFTER = 10 * 60_000;

/** Forgets those of a table, in the order of their last packets, that have been over for ten minutes at `now`. */
export function forgetOver(table: LRUCache<string, Connection>, now: number): void {
  const over: string[] = [];
  for (const ends of table.rkeys()) {
    const connection = table.peek(ends);
    if (connection === undefined || now - connection.lastAt <= OVER_AFTER) break;
    if (connection.ended) over.push(ends);
  }
  for (const ends of over) table.delete(ends);
}

// A record before it is known whether and how often it was sent: what it says now, and what it would say if it were taken back.
import { createHash } from 'node:crypto';
import { type FleetRecord, RECORD_OCTETS, RECORD_SCHEMA } from './record.ts';

type KindAndBody<R> = R extends FleetRecord ? Pick<R, 'kind' | 'body'> : never;
/** What a record tells. */
export type Content = KindAndBody<FleetRecord>;

export interface Draft {
  id: string;
  content: Content;
  /** What takes its place where there is no more to tell; null where that cannot be. */
  emptied: Content | null;
  /** When what it tells was so, packet time, s: no earlier revision is greater. */
  at: number;
  /** What must be told at once when it changes; the rest may wait. */
  news: string;
}

/** Room for id, revision and schema beside the content. */
const ENVELOPE_OCTETS = 512;

export function octetsOf(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value));
}

/** Drops the last of `list` until `content` fits a record. */
export function fit(content: Content, list: unknown[]): void {
  while (list.length > 0 && octetsOf(content) > RECORD_OCTETS - ENVELOPE_OCTETS)
    list.length = Math.floor(list.length * 0.9);
}

/** Tells two contents apart. */
export function digestOf({ body, kind }: Content): string {
  return createHash('sha256')
    .update(JSON.stringify([kind, body]))
    .digest('base64url')
    .slice(0, 16);
}

/** As it travels. */
export function recordOf(id: string, revision: number, content: Content): FleetRecord {
  return { schema: RECORD_SCHEMA, id, revision, ...content };
}

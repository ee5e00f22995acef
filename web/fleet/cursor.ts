// Where a list goes on: the key of the last row, as one opaque word. It comes back from outside, so it is read with suspicion.
import { ApiFailure } from '../api-route.ts';

const LONGEST = 1024;

/** A key of several texts. */
export function cursorOf(...key: string[]): string {
  return Buffer.from(JSON.stringify(key)).toString('base64url');
}

/** @throws ApiFailure for what is no cursor of `parts` texts */
export function keyIn(cursor: string, parts: number): string[] {
  const read = cursor.length > LONGEST ? null : parsed(Buffer.from(cursor, 'base64url').toString('utf8'));
  const isKey = Array.isArray(read) && read.length === parts;
  // PostgreSQL's texts hold no zero.
  if (isKey && read.every((part) => typeof part === 'string' && !part.includes('\0'))) return read;
  throw new ApiFailure(400, 'bad_request', 'The list cannot go on from there: begin it anew.');
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

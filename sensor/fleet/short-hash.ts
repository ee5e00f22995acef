// A short name for a longer text, the same everywhere; it hides nothing.
import { createHash } from 'node:crypto';

/** 16 hex digits. */
export function shortHash(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 16);
}

// The uncompressed DNS wire form of one name (RFC 1035, section 3.1) as DHCP options carry it. DNS messages with their
// compression are not read here.
import { octetAt } from './octets.ts';
import { decodeText } from './text.ts';

const MAX_LABEL = 63;

/** The first name in `bytes`, labels joined by dots; partial names (no root label) are allowed. Null when malformed or empty. */
export function decodeWireName(bytes: Buffer): string | null {
  const labels: string[] = [];
  let at = 0;
  while (at < bytes.length) {
    const length = octetAt(bytes, at);
    if (length === 0) break;
    if (length > MAX_LABEL || at + 1 + length > bytes.length) return null;
    labels.push(decodeText(bytes.subarray(at + 1, at + 1 + length)));
    at += 1 + length;
  }
  return labels.join('.').slice(0, 255) || null;
}

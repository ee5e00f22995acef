// Text off the wire: octets to strings, and the two cleanings every name passes before it is kept, shown or published.
import { isUtf8 } from 'node:buffer';

/** Longest text taken from one protocol field, in characters. */
const MAX_TEXT = 255;

/**
 * What no name needs and what misleads a reader: controls (C0, C1), format characters (bidi overrides and isolates,
 * zero-width characters, tags), unpaired surrogates, line and paragraph separators.
 */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;

/** Visible ASCII, as most names are: nothing to take out. */
const CLEAN = /^[!-~]*$/;

/** Labels of letters, digits, hyphen and underscore (RFC 1035, section 2.3.4, for the lengths; RFC 8552 for `_`). */
const HOST_NAME = /^[A-Za-z0-9_-]{1,63}(?:\.[A-Za-z0-9_-]{1,63})*$/;
const MAX_HOST_NAME = 253;

/** Octets as UTF-8, or Latin-1 where they are not UTF-8; trailing NULs dropped, at most 255 characters. Not cleaned. */
export function decodeText(bytes: Buffer): string {
  let end = bytes.length;
  while (end > 0 && bytes[end - 1] === 0) end--;
  const text = bytes.subarray(0, end);
  return cutCodePoints(text.toString(isUtf8(text) ? 'utf8' : 'latin1'), MAX_TEXT);
}

/** Printable text: unprintable characters removed, trimmed, cut to `max` code points. May be empty. */
export function cleanText(text: string, max = MAX_TEXT): string {
  if (CLEAN.test(text)) return text.slice(0, max);
  return cutCodePoints(text.replace(UNPRINTABLE, '').trim(), max).trimEnd();
}

/**
 * A host or domain name in lower case without its trailing dot; null for what no host name can be. Internationalised
 * names pass in their `xn--` form only.
 */
export function cleanHostName(text: string): string | null {
  const name = text.endsWith('.') ? text.slice(0, -1) : text;
  if (name.length > MAX_HOST_NAME || !HOST_NAME.test(name)) return null;
  return name.toLowerCase();
}

function cutCodePoints(text: string, max: number): string {
  if (text.length <= max) return text;
  let end = 0;
  for (let taken = 0; taken < max && end < text.length; taken++) {
    end += (text.codePointAt(end) ?? 0) > 0xffff ? 2 : 1;
  }
  return text.slice(0, end);
}

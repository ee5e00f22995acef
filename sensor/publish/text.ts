// Text from the network made fit for a payload: cleaned names and ASCII slugs. Escaping itself is JSON.stringify's work.
// Home Assistant takes names from discovery as they are and renders templates only from keys named `*_template`, which
// never hold text of ours; so `{{ }}` in a name stays what it is: seven odd characters.
import type { Mac } from '../decode/packet.ts';
import type { Words } from '../language/words.ts';

/** Characters of a name in Home Assistant, and the length of a state. */
const TEXT_LIMIT = 255;

const SLUG_LIMIT = 64;
/** Control characters, lone surrogates (orjson refuses them), line separators, and marks that reorder the line. */
const UNFIT = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\u200e\u200f\u202a-\u202e\u2066-\u2069]+/gu;

/** One line of printable text, at most `limit` code points. */
export function cleanText(text: string, limit: number = TEXT_LIMIT): string {
  const bounded = text
    .slice(0, limit * 4)
    .replace(UNFIT, ' ')
    .replace(/\s+/gu, ' ')
    .trim();
  return [...bounded].slice(0, limit).join('').trim();
}

export function cleanTextOrNull(text: string | null): string | null {
  const cleaned = text === null ? '' : cleanText(text);
  return cleaned === '' ? null : cleaned;
}

/**
 * The name a device has in Home Assistant. No entity name may begin with it ("A" would turn "Alert" into "lert"), so a
 * name that is the start of one gets a word behind it.
 */
export function deviceName(
  { homeAssistant, names }: Words,
  name: string | null,
  mac: Mac,
  entityNames: readonly string[],
): string {
  const cleaned = cleanTextOrNull(name) ?? names.device({ mac });
  const lower = cleaned.toLowerCase();
  return entityNames.some((entity) => entity.toLowerCase().startsWith(lower))
    ? homeAssistant.notAnEntity({ name: cleaned })
    : cleaned;
}

/** `[a-z0-9_]`, no double underscore, as an entity id wants it; `fallback` when no ASCII letter or digit is left. */
export function slug(text: string, fallback: string): string {
  const ascii = text
    .normalize('NFKD')
    .replace(/\p{M}+/gu, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '_')
    .slice(0, SLUG_LIMIT)
    .replace(/^_+|_+$/g, '');
  return ascii === '' ? fallback : ascii;
}

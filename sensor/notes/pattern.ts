// The only pattern language of notes: `*` for any run of characters, case ignored. No regular expressions, so a note
// cannot make matching slow.
import { getPublicSuffix } from 'tldts';

/** Longest pattern, in characters. */
const MAX_PATTERN = 128;
/** Fewer fixed characters than this match too much by chance. */
const MIN_LITERAL = 3;
const MAX_STARS = 8;
/** Signs that the author expects a regular expression, or that the text was never meant as a pattern. */
const FOREIGN = /[?^$|[\]{}\\]/;

const HOST = /^(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.)+[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])$/;

/** Infrastructure that unrelated services rent or anybody may use: a name below it identifies nobody. */
const SHARED_INFRASTRUCTURE = [
  'akamaiedge.net',
  'akamaihd.net',
  'amazonaws.com',
  'azureedge.net',
  'clamav.net',
  'cloudfront.net',
  'core.windows.net',
  'fastly.net',
  'github.com',
  'githubusercontent.com',
  'googleapis.com',
  'gstatic.com',
  'ntp.org',
] as const;

/** Why `text` is no pattern, or null when it is one. */
export function globProblem(text: string): string | null {
  if (text.length > MAX_PATTERN) return `is longer than ${MAX_PATTERN} characters`;
  const foreign = FOREIGN.exec(text)?.[0];
  if (foreign) return `has "${foreign}"; only * is special, and regular expressions are not read`;
  if (/\p{Cc}/u.test(text)) return 'has control characters';
  if (text.split('*').length - 1 > MAX_STARS) return `has more than ${MAX_STARS} stars`;
  if (literalLength(text) < MIN_LITERAL) return `needs at least ${MIN_LITERAL} characters besides *`;
  return null;
}

/** Why `text` is neither a host name nor `*.` and a host name, or null when it is one. */
export function hostPatternProblem(text: string): string | null {
  const host = text.startsWith('*.') ? text.slice(2) : text;
  if (host.length > 253 || !HOST.test(host)) return 'must be a lower-case host name, or *. and a host name';
  if (text !== host && getPublicSuffix(host, { allowPrivateDomains: false }) === host)
    return 'covers a whole public suffix';
  return null;
}

/** True for hosts (or host patterns) on a CDN, a rented cloud or a public service. */
export function isSharedInfrastructure(host: string): boolean {
  const bare = host.startsWith('*.') ? host.slice(2) : host;
  return SHARED_INFRASTRUCTURE.some((suffix) => bare === suffix || bare.endsWith(`.${suffix}`));
}

/** Characters of a pattern that are not `*`. */
export function literalLength(pattern: string): number {
  return pattern.replaceAll('*', '').length;
}

/** Whole-text match of a glob against text; both already lower-case. At worst pattern length × text length steps. */
export function globMatches(pattern: string, text: string): boolean {
  let p = 0;
  let t = 0;
  let star = -1;
  let resume = 0;
  while (t < text.length) {
    if (pattern[p] === '*') {
      star = p++;
      resume = t;
    } else if (p < pattern.length && pattern[p] === text[t]) {
      p++;
      t++;
    } else if (star >= 0) {
      p = star + 1;
      t = ++resume;
    } else return false;
  }
  while (pattern[p] === '*') p++;
  return p === pattern.length;
}

// Host names off the wire as text in which nothing hostile survives. Friendly names for people are not made here.
import { ipVersion } from './ip-version.ts';

const PLAIN = /^[A-Za-z0-9_-]*$/;
/** What most names are as a whole. */
const PLAIN_NAME = /^[a-z0-9_-]{1,63}(?:\.[a-z0-9_-]{1,63})*$/;
const OTHER = /[^A-Za-z0-9_-]/g;

/** Octets that may stand in a host and port (RFC 3986, section 3.2), escapes aside. */
const AUTHORITY = /^(?:\[([^\]]+)\]|([^:@/?#]+))(?::\d{0,5})?$/;

/**
 * One label as text: letters, digits, hyphen and underscore stay, every other octet becomes `~` and two hex digits. The
 * tilde means nothing to HTML, SQL, shells, URLs or MQTT topics, and since it is itself escaped the form is reversible.
 */
export function escapeLabel(octets: Buffer): string {
  return escaped(octets.toString('latin1'));
}

/** `octets` as latin1. */
function escaped(octets: string): string {
  if (PLAIN.test(octets)) return octets;
  return octets.replace(OTHER, (octet) => `~${octet.charCodeAt(0).toString(16).padStart(2, '0')}`);
}

/** The octets of an escaped label as raw UTF-8 text, hostile again: what an mDNS instance name says. */
export function unescapeLabel(label: string): string {
  const octets = label.replace(/~([0-9a-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  return Buffer.from(octets, 'latin1').toString('utf8');
}

/**
 * A host name given as dotted octets (SNI, HTTP Host): lower case, no trailing dot, labels escaped. Null when it is empty,
 * has an empty label, or is longer than a DNS name can be (RFC 1035, section 2.3.4).
 */
export function hostText(octets: Buffer): string | null {
  if (octets.length === 0 || octets.length > 254) return null;
  const text = octets.toString('latin1').toLowerCase();
  const name = text.endsWith('.') ? text.slice(0, -1) : text;
  if (PLAIN_NAME.test(name)) return name;
  const labels = name.split('.');
  if (labels.some((label) => label.length === 0 || label.length > 63)) return null;
  return labels.map(escaped).join('.');
}

/** The host of `host:port` or `[IPv6]:port`; null for anything else. */
export function hostOf(authority: string): string | null {
  const parts = AUTHORITY.exec(authority);
  if (parts === null) return null;
  if (parts[1] !== undefined)
    return ipVersion(parts[1]) === 6 && !parts[1].includes('%') ? parts[1].toLowerCase() : null;
  return hostText(Buffer.from(parts[2] ?? '', 'latin1'));
}

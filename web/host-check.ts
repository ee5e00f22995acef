// Which `Host`, `Origin` and `Sec-Fetch-Site` a request may carry: against DNS rebinding and cross-site changes.
// RFC 9110 section 7.2 (Host), RFC 6454 section 7 (Origin), W3C Fetch Metadata.
import { isIP } from 'node:net';

export interface HostRules {
  /** Names from the configuration (`web.host_names`), for a reverse proxy or the home's own DNS. */
  configured: string[];
  /** The machine's host name; also answers with `.local` (mDNS). */
  hostname: string;
  /** The machine's addresses now: they change with DHCP. */
  ownAddresses: () => string[];
}

/** The name in a `Host` header, lower case, IPv6 without brackets; null when it is none. The port may be any. */
function nameIn(header: string | undefined): string | null {
  if (!header || header.length > 255) return null;
  const match = /^(?:\[([0-9a-f:.%]+)\]|([a-z0-9._-]+))(?::\d{1,5})?$/i.exec(header);
  const name = match?.[1] ?? match?.[2];
  return name?.toLowerCase().replace(/\.$/, '') || null;
}

export function hostAllowed(header: string | undefined, rules: HostRules): boolean {
  const name = nameIn(header);
  if (name === null) return false;
  if (isLoopbackName(name) || nameConfigured(name, rules)) return true;
  if (isIP(name)) return rules.ownAddresses().some((address) => sameAddress(address, name));
  const own = rules.hostname.toLowerCase();
  return name === own || name === `${own.split('.')[0]}.local`;
}

/** Changes come from our own page or from a client that is no browser (it sends neither header). */
export function changeAllowed(
  headers: { host?: string | undefined; origin?: string | undefined; 'sec-fetch-site'?: unknown },
  rules: HostRules,
): boolean {
  const site = headers['sec-fetch-site'];
  if (site !== undefined && site !== 'same-origin') return false;
  if (headers.origin === undefined) return true;
  if (!URL.canParse(headers.origin)) return false;
  const origin = new URL(headers.origin);
  if (origin.host === '') return false;
  return origin.host === headers.host?.toLowerCase() || nameConfigured(origin.hostname, rules);
}

/** Reads may also come from the address bar; never from another site. */
export function readAllowed(headers: { 'sec-fetch-site'?: unknown }): boolean {
  const site = headers['sec-fetch-site'];
  return site === undefined || site === 'same-origin' || site === 'none';
}

export function isLoopbackName(name: string): boolean {
  if (name === 'localhost' || name.endsWith('.localhost') || name === '::1') return true;
  return isIP(name) === 4 && name.startsWith('127.');
}

function nameConfigured(name: string, rules: HostRules): boolean {
  return rules.configured.some((configured) => configured.toLowerCase() === name);
}

/** Compares addresses by value: `fe80::1%eth0` and `FE80:0::1` are the same. */
function sameAddress(left: string, right: string): boolean {
  return canonical(left) === canonical(right);
}

function canonical(address: string): string {
  const plain = address.split('%')[0] ?? '';
  return isIP(plain) === 6 ? new URL(`http://[${plain}]/`).hostname : plain;
}

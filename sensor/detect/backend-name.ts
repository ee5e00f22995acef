// What a host name alone says of a backend: which domain it belongs to, and whether it names an update server.
import { getDomain } from 'tldts';

/** Labels that vendors give their update hosts; believed only below the device's own vendor's domain. */
const UPDATE_LABEL = /^(?:update|updates|firmware|fw|ota|fota|fwupdate|swupdate|softwareupdate)\d{0,3}$/;

/** The registrable domain of `host`, private suffixes respected so that two tenants of one cloud stay apart; else the address. */
export function backendName(host: string | null, ip: string): string {
  if (host === null) return ip;
  return getDomain(host, { allowPrivateDomains: true }) ?? getDomain(host) ?? host;
}

/** Whether the vendor's name begins with `word`; with `updatesOf` the conservative rule: an update label below the domain that is the vendor's first word. */
export function isWordOf(vendor: string | null, word: string | null): boolean {
  return word !== null && /^[a-z0-9]{4,}/.exec((vendor ?? '').toLowerCase())?.[0] === word;
}

/** Whose updates a host offers by its own labels: the first label of its domain; null where none speaks of updates. */
export function updatesOf(host: string): string | null {
  const domain = getDomain(host);
  if (domain === null) return null;
  const isForUpdates = host
    .slice(0, Math.max(0, host.length - domain.length - 1))
    .split('.')
    .some((label) => label.split('-').some((part) => UPDATE_LABEL.test(part)));
  return isForUpdates ? (domain.split('.')[0] ?? null) : null;
}

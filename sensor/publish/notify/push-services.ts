// Which push services the sensor speaks with. A paired browser names the address itself, so that without this a stolen phone could
// have the sensor ask anything of anybody: only services that browsers come with, on the Internet, or what the configuration adds.
import { lookup } from 'node:dns';
import type { LookupFunction } from 'node:net';
import { RESERVED_PREFIXES } from '../../attribute/home.ts';
import { PrefixSet } from '../../attribute/prefix-set.ts';
import { OURS } from './http-call.ts';

/** Of Chrome and what is built on it, of Firefox, of Safari, of Edge on Windows. */
const SERVICES =
  /^(?:fcm\.googleapis\.com|(?:[a-z0-9-]+\.)+(?:push\.services\.mozilla\.com|push\.apple\.com|notify\.windows\.com))$/;
const OF_MOZILLA = 'push.services.mozilla.com';
export const LONGEST_ENDPOINT = 2000;

/** `added` has hosts, with a port where it is not 443. `isBuiltIn`: it must be found on the Internet. */
export interface PushAddress {
  url: URL;
  isBuiltIn: boolean;
}

/** Null for what the sensor does not speak with. */
export function pushAddress(endpoint: string, added: readonly string[]): PushAddress | null {
  if (endpoint.length > LONGEST_ENDPOINT || !URL.canParse(endpoint)) return null;
  const url = new URL(endpoint);
  if (url.protocol !== 'https:' || url.username !== '' || url.password !== '' || url.hash !== '') return null;
  if (added.some((host) => host.toLowerCase() === url.host)) return { url, isBuiltIn: false };
  const isKnown = url.port === '' && (SERVICES.test(url.hostname) || url.hostname === OF_MOZILLA);
  return isKnown ? { url, isBuiltIn: true } : null;
}

const reserved = new PrefixSet(RESERVED_PREFIXES);

/** Looks a name up and takes no address of the home or of this machine for it, whatever the name server says. */
export const lookupOutside: LookupFunction = (host, options, done) => {
  lookup(host, { ...options, all: true }, (error, found) => {
    const outside = error === null ? found.filter(({ address }) => !reserved.has(address)) : [];
    const [first] = outside;
    if (error !== null) done(error, '', 0);
    else if (first === undefined) done(Object.assign(new Error(OURS.inside), { code: OURS.inside }), '', 0);
    else if (options.all === true) done(null, outside);
    else done(null, first.address, first.family);
  });
};

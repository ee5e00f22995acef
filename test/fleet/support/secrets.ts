// What a home is known by, and whether any of it stands in what was told of it: MACs, addresses, announced names and names by a person, in
// any spelling.
import { isIP } from 'node:net';
import type { Spine } from '../../../sensor/spine.ts';

/** A MAC as people and programs write it, and as it stands in IPv6 addresses (RFC 4291, appendix A). */
export function spellings(mac: string): string[] {
  const octets = mac.split(':');
  const [first = '', ...rest] = octets;
  const flipped = (Number.parseInt(first, 16) ^ 2).toString(16).padStart(2, '0');
  const eui = [flipped, ...rest.slice(0, 2), 'ff', 'fe', ...rest.slice(2)];
  const words = [0, 2, 4, 6].map((n) => `${eui[n]}${eui[n + 1]}`.replace(/^0+/, ''));
  const bare = octets.join('');
  return [mac, octets.join('-'), bare, (bare.match(/.{4}/g) ?? []).join('.'), words.join(':')];
}

/** All that a home is known by, in lower case. */
export function secretsOf({ engine, recorder }: Spine): Set<string> {
  const secrets = new Set<string>();
  const add = (text: string | null | undefined) => {
    // Too short to be told apart from what stands there by chance.
    if (text && text.length > 3) secrets.add(text.toLowerCase());
  };
  for (const { hostnames, identity, label, leases, mac, path } of engine.devices.all()) {
    for (const known of [mac, path.behind, ...path.carriers]) if (known !== null) spellings(known).forEach(add);
    for (const { ip } of leases) add(ip);
    add(path.ip);
    for (const { name } of hostnames) for (const text of [name, name.split('.')[0]]) add(text);
    add(label);
    for (const id of identity.mdnsIds) add(id.slice(id.indexOf('=') + 1));
    add(identity.dhcpClientId);
    add(identity.duid);
  }
  for (const { ip } of engine.memory().publicAddresses) add(ip);
  for (const { device, evidence } of recorder.incidents.values()) {
    if (device !== null) spellings(device).forEach(add);
    for (const key of ['address', 'innerAddress']) add(typeof evidence[key] === 'string' ? evidence[key] : null);
  }
  return secrets;
}

/** Keys whose values mean the same to everybody: makers and families are no secret of a home. */
const COMMON = new Set([
  'vendor',
  'family',
  'families',
  'grp',
  'schema',
  'kind',
  'incidentKind',
  'vantage',
  'severity',
  'role',
  'step',
  'class',
]);

/** Which of them stand in what was told: records, rows, answers. */
export function leaks(told: unknown, secrets: ReadonlySet<string>): string[] {
  const text = JSON.stringify(told, (key, value: unknown) => (COMMON.has(key) ? undefined : value)).toLowerCase();
  return [...secrets].filter(
    (secret) => text.includes(isIP(secret) === 0 ? secret : `"${secret}"`) && isWhole(text, secret),
  );
}

/** `plug` is not in `plugs`; a MAC is found within anything. */
function isWhole(text: string, secret: string): boolean {
  if (/^[0-9a-f]{12}$/.test(secret)) return true;
  const isPart = (letter: string | undefined) => letter !== undefined && /[a-z0-9]/.test(letter);
  for (let at = text.indexOf(secret); at >= 0; at = text.indexOf(secret, at + 1))
    if (!isPart(text[at - 1]) && !isPart(text[at + secret.length])) return true;
  return false;
}

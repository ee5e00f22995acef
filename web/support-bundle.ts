// The support bundle: health, devices, incidents and log with what names a person or a single device taken out.
// Names become `device-3`, the last three octets of each MAC become `xx`, device IPv6 addresses go as a whole.
import type { PageModel } from './ports.ts';
import type { HealthAnswer } from './shapes.ts';

const MAC = /\b([0-9a-f]{2}[:-][0-9a-f]{2}[:-][0-9a-f]{2})(?:[:-][0-9a-f]{2}){3}\b/gi;
const HOME_PATH = /\/(home|Users)\/[^/\s"]+/g;
const INCIDENTS = 200;

/** Plain JSON. Destinations on the Internet stay readable: without them nobody can help. */
export function supportBundle(model: PageModel, health: HealthAnswer): object {
  const devices = model.devices();
  const stranger = newStranger(model);
  return {
    schema: 'thingwatch.support/1',
    health: stranger(health),
    devices: devices.map((device, index) => ({
      ...(stranger(device) as object),
      name: device.name === null ? null : `device-${index + 1}`,
      hostnames: device.hostnames.map(() => `device-${index + 1}`),
    })),
    incidents: stranger(model.incidents({ limit: INCIDENTS }).incidents),
    expectations: stranger(model.expectations()),
    log: stranger(model.logTail()),
  };
}

/** Rewrites every text in a JSON value, keys included. */
function newStranger(model: PageModel): (value: unknown) => unknown {
  const replacements: [from: string, to: string][] = [];
  for (const [index, device] of model.devices().entries()) {
    const names = [device.name, model.device(device.mac)?.label ?? null, ...device.hostnames];
    for (const name of names) if (name) replacements.push([name, `device-${index + 1}`]);
    for (const { ip } of device.addresses) if (ip.includes(':')) replacements.push([ip, `ipv6-of-device-${index + 1}`]);
  }
  const targets = new Map(replacements.map(([from, to]) => [from.toLowerCase(), to]));
  const longestFirst = [...targets.keys()].sort((left, right) => right.length - left.length).map(escapeRegExp);
  const known = longestFirst.length
    ? new RegExp(`(?<![\\p{L}\\p{N}])(?:${longestFirst.join('|')})(?![\\p{L}\\p{N}])`, 'giu')
    : null;
  const rewrite = (text: string): string => {
    const named = known ? text.replace(known, (match) => targets.get(match.toLowerCase()) ?? 'device') : text;
    return named.replace(MAC, '$1:xx:xx:xx').replace(HOME_PATH, '/$1/…');
  };
  const walk = (value: unknown): unknown => {
    if (typeof value === 'string') return rewrite(value);
    if (Array.isArray(value)) return value.map(walk);
    if (value === null || typeof value !== 'object') return value;
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [rewrite(key), walk(inner)]));
  };
  return walk;
}

function escapeRegExp(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\/-]/g, (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`);
}

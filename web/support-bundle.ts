// The support bundle: health, devices, incidents and log with what names a person or a single device taken out.
// Names become `device-3`, the last three octets of each MAC become `xx`, device IPv6 addresses go as a whole.
import type { PageModel } from './ports.ts';
import type { HealthAnswer } from './shapes.ts';

const MAC = /\b([0-9a-f]{2}[:-][0-9a-f]{2}[:-][0-9a-f]{2})(?:[:-][0-9a-f]{2}){3}\b/gi;
/** An interface identifier made from a MAC address (RFC 4291, appendix A). */
const EUI64 = /[0-9a-f:]*[0-9a-f]{0,2}ff:fe[0-9a-f]{2}:[0-9a-f]{1,4}/gi;
const HOME_PATH = /\/(home|Users)\/[^/\s"]+/g;
const INCIDENTS = 200;
/** The sentence of an incident in the log: it may hold a name that is known no more. */
const TOLD = /( incident \w+ \[\w+\]) .*/;

/** Plain JSON. Destinations on the Internet stay readable: without them nobody can help. */
export function supportBundle(model: PageModel, health: HealthAnswer): object {
  const devices = model.devices();
  const stranger = newStranger(model);
  return {
    schema: 'thingwatch.support/1',
    // Whose fleet it is may say where the home is.
    health: stranger({ ...health, fleet: health.fleet && { ...health.fleet, name: 'fleet' } }),
    devices: devices.map((device, index) => ({
      ...(stranger(device) as object),
      name: device.name === null ? null : `device-${index + 1}`,
      displayName: `device-${index + 1}`,
      hostnames: device.hostnames.map(() => `device-${index + 1}`),
    })),
    // Their sentences are built from what is here, but name devices that may be forgotten since.
    incidents: stranger(model.incidents({ limit: INCIDENTS }).incidents.map(({ summary: _, ...incident }) => incident)),
    expectations: stranger(model.expectations()),
    log: stranger(model.logTail().map((line) => line.replace(TOLD, '$1 …'))),
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
    return named.replace(MAC, '$1:xx:xx:xx').replace(EUI64, 'ipv6').replace(HOME_PATH, '/$1/…');
  };
  const walk = (value: unknown): unknown => {
    if (typeof value === 'string') return rewrite(value);
    if (Array.isArray(value)) return value.map(walk);
    if (value === null || typeof value !== 'object') return value;
    const entries = Object.entries(value).filter(([key]) => !(key === 'name' && 'mac' in value));
    return Object.fromEntries(entries.map(([key, inner]) => [rewrite(key), walk(inner)]));
  };
  return walk;
}

function escapeRegExp(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\/-]/g, (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`);
}

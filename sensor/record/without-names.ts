// What is told of an incident where it may be read by strangers: the same sentences, without a name that a person of the home or one
// of its devices has given. Makers and families of devices stay, with the end of an address to tell them apart.
import type { Device } from '../attribute/device.ts';
import type { DeviceClass } from '../attribute/device-class.ts';
import type { Mac } from '../decode/packet.ts';
import type { Knowledge } from '../detect/knowledge.ts';
import type { Words } from '../language/words.ts';
import type { Describer } from './describer.ts';
import { innerOf } from './expectation-scope.ts';
import type { Incident } from './incident.ts';
import { fields, list } from './wording-parts.ts';

export interface NamelessParts {
  describer: Describer;
  knowledge: Knowledge;
  device(mac: Mac): Device | undefined;
}

export interface Nameless extends Pick<Incident, 'summary' | 'advice'> {
  /** What the device is called; null for an incident of none. */
  who: string | null;
}

/** Zones that no public name lies in (RFC 6762, RFC 8375, and what routers make up). */
const HOME_ZONE = /\.(?:local|localdomain|lan|home|home\.arpa|internal|intranet|private|corp|fritz\.box)\.?$/i;

/** In the language that incidents are told in. */
export function withoutNames(incident: Incident, parts: NamelessParts): Nameless {
  const { describer } = parts;
  const { words } = describer;
  const device = incident.device === null ? undefined : parts.device(incident.device);
  const told = { ...incident, evidence: evidenceWithoutNames(incident.evidence, parts) };
  if (incident.device === null) return { who: null, ...describer.sentencesOf(words, told, null, null) };
  const inner = innerOf(incident);
  const name = namelessOf(incident.device, parts);
  return {
    who: inner === undefined ? name : words.names.deviceAt({ address: inner }),
    ...describer.sentencesOf(
      words,
      told,
      device ?? null,
      device?.role === 'sensor' ? words.names.itself({ name }) : name,
    ),
  };
}

/** What a device is called where it may be read by strangers: `Espressif Inc. (…:12:34)`. */
export function namelessOf(mac: Mac, { describer: { words }, device: find, knowledge }: NamelessParts): string {
  const device = find(mac);
  if (device?.role === 'sensor') return words.names.thisSensor;
  return `${device === undefined ? words.names.thing : kindOf(words, device, knowledge)} (${endOf(mac)})`;
}

function endOf(mac: Mac): string {
  return `…:${mac.slice(-5)}`;
}

function kindOf({ names }: Words, device: Device, knowledge: Knowledge): string {
  if (device.role === 'gateway') return names.theRouter;
  const classes: Record<DeviceClass, string> = {
    thing: names.thing,
    'general-purpose': names.computer,
    infrastructure: names.networkDevice,
  };
  return knowledge.familyOf(device) ?? knowledge.vendorOf(device) ?? classes[knowledge.classOf(device).class];
}

/** What a device calls itself, what it calls a port it opened, and names that only the home knows. */
function evidenceWithoutNames(evidence: Incident['evidence'], parts: NamelessParts): Incident['evidence'] {
  const { behind, devices, mapping, ...rest } = evidence;
  const named = (one: unknown, name: (mac: Mac) => string) => {
    const { mac } = fields(one);
    return typeof mac === 'string' ? { ...fields(one), name: name(mac) } : one;
  };
  return {
    ...fields(withoutHosts(rest, parts.describer.words.names.homeHost)),
    ...(behind === undefined ? {} : { behind: named(behind, endOf) }),
    ...(devices === undefined
      ? {}
      : { devices: list(devices).map((one) => named(one, (mac) => namelessOf(mac, parts))) }),
    ...(mapping === undefined ? {} : { mapping: { ...fields(mapping), description: null } }),
  };
}

function withoutHosts(value: unknown, homeHost: string): unknown {
  if (typeof value === 'string') return HOME_ZONE.test(value) ? homeHost : value;
  if (Array.isArray(value)) return value.map((inner) => withoutHosts(inner, homeHost));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, withoutHosts(inner, homeHost)]));
}

// What may tell that two addresses are one thing: identifiers and names, each with its weight as same-thing.ts explains it.
import type { Mac } from '../decode/packet.ts';
import { type Device, INSTANCE_ID, isLocallyAdministered } from './device.ts';
import { saysNothing } from './display-name.ts';
import { announcedNames } from './identity.ts';

export type SameReason =
  | { kind: 'client-id' | 'id' | 'adjacent' | 'model' | 'system' | 'note' | 'never-together' | 'seldom-together' }
  | { kind: 'name'; name: string };

/** Of one device. */
const KEYS = 12;
/** Of the default name of a product: it only fits. */
export const PRODUCT_WEIGHT = 1;

/** Names that a product has by itself, `iPhone` or `Galaxy-S21`: many have it since the owner's name is left out. */
const PRODUCTS = [
  ...['iphone', 'ipad', 'ipod', 'macbook', 'imac', 'mac-?mini', 'mac', 'watch', 'apple-?tv', 'homepod', 'android'],
  ...['galaxy', 'pixel', 'nexus', 'oneplus', 'redmi', 'xiaomi', 'poco', 'huawei', 'honor', 'oppo', 'vivo', 'realme'],
  ...['moto', 'motorola', 'nokia', 'xperia', 'sm', 'phone', 'handy', 'smartphone', 'tablet', 'laptop', 'desktop'],
  ...['notebook', 'shelly', 'sonoff', 'wled', 'plug', 'bulb', 'smart-?plug', 'smart-?tv', 'printer'],
];
const MODEL = '(?:pro|max|plus|ultra|mini|air|lite|note|fold|flip|fe|se|tab|watch|[a-z]{0,2}\\d{1,4}[a-z]{0,2})';
const PRODUCT = new RegExp(`^(?:${PRODUCTS.join('|')})(?:[ _-]?${MODEL})*$`);

export interface Key {
  key: string;
  reason: SameReason;
  weight: number;
}

/** What may identify a device, bounded as the device is. */
export function keysOf(device: Device, vendor: string | null): Key[] {
  const { identity } = device;
  const keys: Key[] = [];
  const name = (text: string, weight: number): void => {
    if (saysNothing(text, vendor)) return;
    const isProduct = PRODUCT.test(text.toLowerCase());
    const key = `${weight === 4 ? 'mdns' : 'name'} ${text.toLowerCase()}`;
    keys.push({ key, reason: { kind: 'name', name: text }, weight: isProduct ? PRODUCT_WEIGHT : weight });
  };
  for (const id of new Set([stableClientId(identity.dhcpClientId, device.mac), identity.duid]))
    if (id !== null) keys.push({ key: `client ${id}`, reason: { kind: 'client-id' }, weight: 5 });
  for (const text of announcedNames(device)) name(text, 3);
  const mdns = device.hostnames.findLast(({ from }) => from === 'mdns');
  if (mdns !== undefined) name(mdns.name, 4);
  for (const id of identity.mdnsIds) {
    if (id.startsWith(INSTANCE_ID)) name(id.slice(INSTANCE_ID.length), 2);
    else keys.push({ key: `id ${id.toLowerCase()}`, reason: { kind: 'id' }, weight: 5 });
  }
  return keys.slice(0, KEYS);
}

/** Octets of an identifier, as hex digits, below which it is a number that many have. */
const SHORTEST_ID = 12;

/**
 * DHCP's client identifier where it outlives a change of MAC: hardware type and MAC (RFC 2132, section 9.14) of another
 * address than its own, the DUID behind an IAID (RFC 4361), or text. Null for one that is made from the MAC.
 */
export function stableClientId(hex: string | null, mac: Mac): string | null {
  if (hex === null) return null;
  const id = hex.startsWith('ff') && hex.length > 10 ? hex.slice(10) : hex;
  return id.length < SHORTEST_ID || id === `01${mac.replaceAll(':', '')}` ? null : id;
}

const FRIENDLY = new Set(['fn', 'n', 'friendlyname']);

/** Whether both tell a model by the same key, and no such model is the same. Each is `key=value`. */
export function differInModel(one: readonly string[], other: readonly string[]): boolean {
  const keyOf = (text: string) => text.slice(0, text.indexOf('='));
  const keys = new Set(one.map(keyOf).filter((key) => !FRIENDLY.has(key)));
  const told = other.filter((text) => keys.has(keyOf(text)));
  return told.length > 0 && !told.some((text) => one.includes(text));
}

/** The addresses that differ by one in the last octet; of made-up ones that says nothing. */
export function neighbours(mac: Mac): Mac[] {
  if (isLocallyAdministered(mac)) return [];
  const last = Number.parseInt(mac.slice(-2), 16);
  return [last - 1, last + 1]
    .filter((octet) => octet >= 0 && octet <= 255)
    .map((octet) => `${mac.slice(0, -2)}${octet.toString(16).padStart(2, '0')}`);
}

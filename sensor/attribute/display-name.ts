// What people are shown as a device's name. The user's own name wins unchanged; an announced one that others bear as well, or
// that says nothing, gets what tells the device apart: its maker or family, and the end of its address.
import type { Mac } from '../decode/packet.ts';
import type { Words } from '../language/words.ts';
import type { Device } from './device.ts';
import { announcedNames } from './identity.ts';

export interface NamedBy {
  /** The device and the older addresses of the same thing: a label of any of them is the user's word. */
  chain: readonly Device[];
  /** IEEE organisation; null where unknown. */
  vendor: string | null;
  /** What the firmware note that fits calls the family. */
  family: string | null;
  /** Whether other devices of the home announce this name. */
  isShared(name: string): boolean;
  /** For what nobody has named. */
  words: Words;
}

/** Factory defaults of operating systems and modules that name no device, beside the vendor's own name. */
const SAYS_NOTHING = new Set([
  ...['localhost', 'localhost.localdomain', 'unknown', 'none', 'null', 'undefined', 'nil', 'default', 'generic'],
  ...['host', 'hostname', 'myhost', 'new-host', 'client', 'device', 'my-device', 'computer', 'pc', 'user', 'home'],
  ...['android', 'linux', 'debian', 'ubuntu', 'raspberrypi', 'openwrt', 'lede', 'buildroot', 'yocto', 'busybox'],
  ...['espressif', 'esp', 'esp32', 'esp8266', 'esp32-s2', 'esp32-s3', 'esp32-c3', 'lwip', 'lwip0', 'wiznet', 'realtek'],
  ...['tasmota', 'tuya', 'wlan0', 'eth0', 'dhcp', 'udhcp', 'udhcpc', 'dhcpcd', 'bogon', 'ipcam', 'ipcamera', 'camera'],
]);

/** `kitchen-tv`, `espressif (…:12:34)`, `Espressif Inc. (…:12:34)`, or `Device a4:cf:12:00:12:34`. */
export function displayName(device: Device, { chain, family, isShared, vendor, words }: NamedBy): string {
  for (const { label } of [device, ...chain]) if (label !== null) return label;
  if (device.role === 'sensor') return words.names.thisSensor;
  const names = announcedNames(device);
  const telling = names.find((name) => !saysNothing(name, vendor));
  if (telling !== undefined && !isShared(telling)) return telling;
  const end = device.mac.slice(-5);
  if (telling !== undefined) return `${telling} (…:${end})`;
  const kind = device.role === 'gateway' ? words.names.router : (family ?? vendor);
  return kind === null ? words.names.device({ mac: device.mac }) : `${kind} (…:${end})`;
}

/** A name that many devices have by themselves, or that is only an address. */
export function saysNothing(name: string, vendor: string | null): boolean {
  const text = name
    .trim()
    .toLowerCase()
    .replace(/\.(?:local|lan|home|fritz\.box|localdomain)$/, '');
  if (SAYS_NOTHING.has(text) || !/[\p{L}\p{N}]{2}/u.test(text)) return true;
  const isAddress = /^\d{1,3}(?:[.-]\d{1,3}){3}$/.test(text) || /^(?:ip[.-])?\d{1,3}(?:-\d{1,3}){3}$/.test(text);
  const isMac = /^(?:[0-9a-f]{2}[:-]?){5}[0-9a-f]{2}$/.test(text) || (text.includes(':') && /^[0-9a-f:]+$/.test(text));
  const maker = /^[\p{L}\p{N}]{2,}/u.exec((vendor ?? '').toLowerCase())?.[0];
  return isAddress || isMac || text === maker;
}

/** Other bearers of a name that are looked at; with more it is shared in any case. */
const LOOKED_AT = 32;

/** Who announces which name, so that one question answers whether a name is shared. */
export class NameIndex {
  readonly #bearers = new Map<string, Set<Mac>>();
  readonly #names = new Map<Mac, readonly string[]>();
  /** Devices whose names have become shared, or no longer are, since they were last asked for. */
  readonly #changed = new Set<Mac>();

  /** The names of `device` may have changed. */
  refresh(device: Device): void {
    const names = announcedNames(device).map((name) => name.toLowerCase());
    const before = this.#names.get(device.mac) ?? [];
    if (names.length === before.length && names.every((name, i) => name === before[i])) return;
    this.forget(device.mac);
    this.#names.set(device.mac, names);
    this.#changed.add(device.mac);
    for (const name of names) {
      const bearers = this.#bearers.get(name) ?? new Set();
      bearers.add(device.mac);
      this.#bearers.set(name, bearers);
      this.#note(bearers);
    }
  }

  forget(mac: Mac): void {
    for (const name of this.#names.get(mac) ?? []) {
      const bearers = this.#bearers.get(name);
      bearers?.delete(mac);
      if (bearers?.size === 0) this.#bearers.delete(name);
      else if (bearers !== undefined) this.#note(bearers);
    }
    this.#names.delete(mac);
    this.#changed.delete(mac);
  }

  /** Whether a device that is not `isSame` bears `name` too. */
  isShared(name: string, isSame: (mac: Mac) => boolean): boolean {
    const bearers = this.#bearers.get(name.toLowerCase());
    if (bearers === undefined) return false;
    let looked = 0;
    for (const mac of bearers) {
      if (++looked > LOOKED_AT || !isSame(mac)) return true;
    }
    return false;
  }

  /** Devices that are called otherwise since the last call. */
  takeChanged(): Mac[] {
    const changed = [...this.#changed];
    this.#changed.clear();
    return changed;
  }

  /** Only the step between one bearer and two changes what anybody is called. */
  #note(bearers: ReadonlySet<Mac>): void {
    if (bearers.size <= 2) for (const mac of bearers) this.#changed.add(mac);
  }
}

// Which things a person keeps private. The word counts for the thing, so for each of its addresses: a phone that takes a new one every
// day stays private as soon as that is joined to an older one.

import type { Mac } from '../decode/packet.ts';
import type { Device } from './device.ts';

/** Addresses of the same thing, also by way of one that is not known any more, and whichever way round they were joined. */
class Things {
  readonly #parents = new Map<Mac, Mac>();

  constructor(devices: Iterable<Device>) {
    for (const { mac, sameAs } of devices) {
      if (sameAs === null) continue;
      const [one, other] = [this.root(mac), this.root(sameAs)];
      if (one !== other) this.#parents.set(one, other);
    }
  }

  /** The same for each address of one thing, and for no other's. */
  root(mac: Mac): Mac {
    let root = mac;
    for (let next = this.#parents.get(root); next !== undefined; next = this.#parents.get(root)) root = next;
    // The way is short for who asks next.
    for (let at = mac; at !== root; ) {
      const next = this.#parents.get(at) ?? root;
      this.#parents.set(at, root);
      at = next;
    }
    return root;
  }
}

/** Every known address of the thing that `device` is one of, itself included. */
export function addressesOfThing(device: Device, devices: readonly Device[]): Device[] {
  const things = new Things(devices);
  const root = things.root(device.mac);
  return [device, ...devices.filter((other) => other !== device && things.root(other.mac) === root)];
}

/** What is private at one moment, for who asks about many. */
export class PrivateThings {
  readonly #things: Things;
  readonly #roots: ReadonlySet<Mac>;

  constructor(devices: readonly Device[]) {
    const marked = devices.filter(({ isPrivate }) => isPrivate);
    this.#things = new Things(marked.length === 0 ? [] : devices);
    this.#roots = new Set(marked.map(({ mac }) => this.#things.root(mac)));
  }

  /** Also of an address that is not known any more but belongs to a private thing. */
  has(mac: Mac): boolean {
    return this.#roots.has(this.#things.root(mac));
  }
}

// What the firmware notes and the vendor registry say about a device, with the note that fits it worked out again only when
// the evidence has changed.
import { type BackendRole, type Device, isLocallyAdministered } from '../attribute/device.ts';
import type { VendorTable } from '../attribute/vendor.ts';
import { matchNote, type NoteMatch } from '../notes/match.ts';
import { findBackendRole, knowsHost, type NoteIndex } from '../notes/note-index.ts';
import type { Note } from '../notes/schema.ts';
import { isVendorUpdateHost } from './backend-name.ts';

/** What the notes say of a host for one device. */
export interface KnownBackend {
  role: BackendRole;
  note: string;
  dedicated: boolean;
}

interface Remembered {
  evidence: string;
  match: NoteMatch | null;
}

/** Hosts that speak for a device; the match reads no more of them. */
const HOSTS = 64;

export class Knowledge {
  readonly #vendors: VendorTable;
  readonly #notes: NoteIndex;
  readonly #matches = new WeakMap<Device, Remembered>();
  readonly #vendorNames = new WeakMap<Device, { name: string | null }>();

  constructor(vendors: VendorTable, notes: NoteIndex) {
    this.#vendors = vendors;
    this.#notes = notes;
  }

  /** IEEE organisation name; null for locally administered and unlisted addresses. */
  vendorOf(device: Device): string | null {
    let known = this.#vendorNames.get(device);
    if (known === undefined) {
      known = { name: this.#vendors.vendorOf(device.mac) };
      this.#vendorNames.set(device, known);
    }
    return known.name;
  }

  /** The note that fits the device, and why; null on ties and weak evidence. */
  matchOf(device: Device): NoteMatch | null {
    const { hostnames, identity } = device;
    const hosts = someHosts(device);
    const evidence = JSON.stringify([hostnames.map((host) => host.name), identity, hosts]);
    const known = this.#matches.get(device);
    if (known !== undefined && known.evidence === evidence) return known.match;
    const match = matchNote(
      {
        vendor: this.vendorOf(device),
        randomizedMac: isLocallyAdministered(device.mac),
        hostnames: hostnames.map((host) => host.name),
        mdnsServices: identity.mdnsServices,
        mdnsModels: identity.mdnsModels,
        ssdpServer: identity.ssdpServer,
        ssdpTypes: identity.ssdpTypes,
        dhcpVendorClass: identity.dhcpVendorClass,
        dhcpFingerprint: identity.dhcpFingerprint,
        userAgent: identity.userAgent,
        backendHosts: hosts,
      },
      this.#notes,
    );
    this.#matches.set(device, { evidence, match });
    return match;
  }

  noteOf(device: Device): Note | null {
    const slug = this.matchOf(device)?.slug;
    return slug === undefined ? null : (this.#notes.notes.get(slug) ?? null);
  }

  /** People read and write mail on it: a telephone, a tablet, a computer. */
  isGeneralPurpose(_device: Device): boolean {
    return false;
  }

  note(slug: string): Note | null {
    return this.#notes.notes.get(slug) ?? null;
  }

  /** The role a note gives to `host` for this device. */
  backend(host: string, device: Device): KnownBackend | null {
    // Matching a device to its note costs far more than looking the host up.
    if (!knowsHost(host, this.#notes)) return null;
    const found = findBackendRole(host, this.#notes, this.matchOf(device)?.slug ?? null);
    if (found === null) return null;
    // `*.vendor.example` says less of `update.vendor.example` than the host's own label does.
    const vague = found.pattern.startsWith('*.') && found.role === 'cloud';
    if (vague && isVendorUpdateHost(host, this.vendorOf(device))) return null;
    return { role: found.role, note: found.note, dedicated: found.dedicated };
  }
}

/** Under a flood of names this must stay cheap: it is asked for every new one. */
function someHosts(device: Device): string[] {
  const hosts: string[] = [];
  for (const backend of device.backends.values()) {
    for (const host of backend.hosts) {
      if (hosts.length === HOSTS) return hosts;
      hosts.push(host);
    }
  }
  return hosts;
}

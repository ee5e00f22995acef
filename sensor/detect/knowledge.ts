// What the firmware notes and the vendor registry say about a device: its note, its class, its backends. Worked out again only
// when the evidence has changed.
import { type BackendRole, type Device, INSTANCE_ID, isLocallyAdministered } from '../attribute/device.ts';
import { type Classified, classify } from '../attribute/device-class.ts';
import type { DeviceTable } from '../attribute/device-table.ts';
import { displayName } from '../attribute/display-name.ts';
import type { VendorTable } from '../attribute/vendor.ts';
import type { Words } from '../language/words.ts';
import { matchNote, type NoteEvidence, type NoteMatch } from '../notes/match.ts';
import { findBackendRole, type NoteIndex } from '../notes/note-index.ts';
import type { Note } from '../notes/schema.ts';
import { isWordOf } from './backend-name.ts';
import { HostBook, type HostFacts } from './host-facts.ts';

/** What the notes say of a host for one device. */
export interface KnownBackend {
  role: BackendRole;
  note: string;
  dedicated: boolean;
}

interface Remembered {
  /** What it rests on: copies, as a device's own lists change in place. Of the hosts those alone that a note recognises by. */
  facts: NoteEvidence;
  role: Device['role'];
  /** All hosts that were looked at for those. */
  hosts: string[];
  match: NoteMatch | null;
  classified: Classified;
}

/** Hosts that speak for a device; the match reads no more of them. */
const HOSTS = 64;

export class Knowledge {
  readonly #vendors: VendorTable;
  readonly #notes: NoteIndex;
  readonly #hosts: HostBook;
  readonly #matches = new WeakMap<Device, Remembered>();
  readonly #vendorNames = new WeakMap<Device, { name: string | null }>();

  constructor(vendors: VendorTable, notes: NoteIndex) {
    this.#vendors = vendors;
    this.#notes = notes;
    this.#hosts = new HostBook(notes);
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
    return this.#judged(device).match;
  }

  /** What the device is for, and why. */
  classOf(device: Device): Classified {
    return this.#judged(device).classified;
  }

  /** People read and write mail on it: a telephone, a tablet, a computer. */
  isGeneralPurpose(device: Device): boolean {
    return this.classOf(device).class === 'general-purpose';
  }

  /** Worked out again only when the evidence has changed: it is asked of every connection. */
  #judged(device: Device): Remembered {
    const known = this.#matches.get(device);
    const saysTheSame = known !== undefined && stillSays(known, device);
    if (saysTheSame && hasHosts(device, known.hosts)) return known;
    const hosts = someHosts(device);
    const telling = hosts.filter((host) => this.host(host).recognises);
    if (saysTheSame && isSame(telling, known.facts.backendHosts)) {
      // Most hosts tell nothing, and looking through the patterns of all notes is what takes time.
      known.hosts = hosts;
      return known;
    }
    const { hostnames, identity, role } = device;
    const facts: NoteEvidence = {
      vendor: this.vendorOf(device),
      randomizedMac: isLocallyAdministered(device.mac),
      hostnames: hostnames.map((host) => host.name),
      mdnsServices: [...identity.mdnsServices],
      mdnsInstances: instancesOf(identity.mdnsIds),
      mdnsModels: [...identity.mdnsModels],
      ssdpServer: identity.ssdpServer,
      ssdpTypes: [...identity.ssdpTypes],
      dhcpVendorClass: identity.dhcpVendorClass,
      dhcpFingerprint: identity.dhcpFingerprint,
      userAgent: identity.userAgent,
      backendHosts: telling,
    };
    const match = matchNote(facts, this.#notes);
    const note = match === null ? undefined : this.#notes.notes.get(match.slug);
    const matched = match === null || note === undefined ? null : { note, evidence: match.evidence };
    const judged = { facts, role, hosts, match, classified: classify(facts, matched, role === 'gateway') };
    this.#matches.set(device, judged);
    return judged;
  }

  noteOf(device: Device): Note | null {
    const slug = this.matchOf(device)?.slug;
    return slug === undefined ? null : (this.#notes.notes.get(slug) ?? null);
  }

  /** What the note that fits it calls its kind; null without one. */
  familyOf(device: Device): string | null {
    const note = this.noteOf(device);
    return note === null ? null : familyName(note);
  }

  /** What people are shown as its name. */
  displayName(device: Device, devices: DeviceTable, words: Words): string {
    return displayName(device, {
      words,
      chain: devices.sameThing(device),
      vendor: this.vendorOf(device),
      family: this.familyOf(device),
      isShared: (name) => devices.isNameShared(device, name),
    });
  }

  note(slug: string): Note | null {
    return this.#notes.notes.get(slug) ?? null;
  }

  /** What the name of `host` says by itself. */
  host(host: string): HostFacts {
    return this.#hosts.factsOf(host);
  }

  /** Lets go what is known of hosts that were not asked for since the last call. */
  forgetUnusedHosts(): void {
    this.#hosts.forgetUnused();
  }

  /** Whether by its labels `host` offers updates of who made the device; believed only below the vendor's own domain. */
  isUpdateHost(host: string, device: Device): boolean {
    const { updatesOf } = this.host(host);
    return updatesOf !== null && isWordOf(this.vendorOf(device), updatesOf);
  }

  /** The role a note gives to `host` for this device. */
  backend(host: string, device: Device): KnownBackend | null {
    // Matching a device to its note costs far more than looking the host up.
    if (!this.host(host).isListed) return null;
    const found = findBackendRole(host, this.#notes, this.matchOf(device)?.slug ?? null);
    if (found === null) return null;
    // `*.vendor.example` says less of `update.vendor.example` than the host's own label does.
    const vague = found.pattern.startsWith('*.') && found.role === 'cloud';
    if (vague && this.isUpdateHost(host, device)) return null;
    return { role: found.role, note: found.note, dedicated: found.dedicated };
  }
}

/** `Philips Hue` rather than a list of all it may be. */
function familyName({ family, vendor }: Note): string {
  const first = family.split(/[,/(]/)[0]?.trim() ?? '';
  return first === '' || first.toLowerCase().startsWith(vendor.toLowerCase()) ? first || vendor : `${vendor} ${first}`;
}

/** Whether the device says no more of itself, and nothing else, than when it was judged. */
function stillSays({ facts, role }: Remembered, device: Device): boolean {
  const { hostnames, identity } = device;
  return (
    role === device.role &&
    facts.ssdpServer === identity.ssdpServer &&
    facts.dhcpVendorClass === identity.dhcpVendorClass &&
    facts.dhcpFingerprint === identity.dhcpFingerprint &&
    facts.userAgent === identity.userAgent &&
    isSame(facts.mdnsServices, identity.mdnsServices) &&
    isSame(facts.mdnsModels, identity.mdnsModels) &&
    hasInstances(identity.mdnsIds, facts.mdnsInstances) &&
    isSame(facts.ssdpTypes, identity.ssdpTypes) &&
    hasNames(hostnames, facts.hostnames)
  );
}

/** Names of a device's instances, among what mDNS tells it by. */
function instancesOf(mdnsIds: readonly string[]): string[] {
  return mdnsIds.filter((id) => id.startsWith(INSTANCE_ID)).map((id) => id.slice(INSTANCE_ID.length));
}

/** Whether `instancesOf` would give these. */
function hasInstances(mdnsIds: readonly string[], instances: readonly string[]): boolean {
  let at = 0;
  for (const id of mdnsIds) {
    if (!id.startsWith(INSTANCE_ID)) continue;
    const known = instances[at++];
    if (known === undefined || id.length !== INSTANCE_ID.length + known.length || !id.endsWith(known)) return false;
  }
  return at === instances.length;
}

function isSame(some: readonly string[], others: readonly string[]): boolean {
  if (some.length !== others.length) return false;
  for (let i = 0; i < some.length; i++) if (some[i] !== others[i]) return false;
  return true;
}

function hasNames(hostnames: Device['hostnames'], names: readonly string[]): boolean {
  if (hostnames.length !== names.length) return false;
  for (let i = 0; i < names.length; i++) if (hostnames[i]?.name !== names[i]) return false;
  return true;
}

/** The hosts that speak for a device, the first of them: under a flood of names this must stay cheap. */
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

/** Whether `someHosts` would give these. */
function hasHosts(device: Device, hosts: readonly string[]): boolean {
  let count = 0;
  for (const backend of device.backends.values()) {
    for (const host of backend.hosts) {
      if (count === HOSTS) return true;
      if (host !== hosts[count]) return false;
      count++;
    }
  }
  return count === hosts.length;
}

// Which note describes a device, and why. Evidence adds up by the table below; a close race or weak evidence gives null,
// because the wrong note misleads more than none.
import { matchingPatterns, type NoteIndex, type NotePattern, normalHost, recognisingPatterns } from './note-index.ts';
import type { Note } from './schema.ts';

/** What is known of a device. Any text may be hostile; lists longer than 64 and text over 512 characters are cut. */
export interface NoteEvidence {
  /** IEEE organisation name, null where unknown. */
  vendor: string | null;
  /** The MAC address is locally administered: no vendor can be read from it. */
  randomizedMac: boolean;
  hostnames: readonly string[];
  /** DNS-SD service types. */
  mdnsServices: readonly string[];
  /** Its own DNS-SD instances: `shellyplus1-a8032abe54dc`. */
  mdnsInstances: readonly string[];
  /** `key=value` from TXT records. */
  mdnsModels: readonly string[];
  ssdpServer: string | null;
  ssdpTypes: readonly string[];
  dhcpVendorClass: string | null;
  /** Option 55 as `1,3,6`. */
  dhcpFingerprint: string | null;
  userAgent: string | null;
  /** Hosts it contacted. */
  backendHosts: readonly string[];
}

/** Of a device that has said nothing. */
export const SILENT: NoteEvidence = {
  vendor: null,
  randomizedMac: false,
  hostnames: [],
  mdnsServices: [],
  mdnsInstances: [],
  mdnsModels: [],
  ssdpServer: null,
  ssdpTypes: [],
  dhcpVendorClass: null,
  dhcpFingerprint: null,
  userAgent: null,
  backendHosts: [],
};

export type EvidenceKind = 'vendor' | 'hostname' | 'mdns' | 'ssdp' | 'dhcp' | 'backend';

export interface MatchEvidence {
  evidence: EvidenceKind;
  /** The observed value, lower-case (vendors as registered). */
  value: string;
  weight: number;
}

export interface NoteMatch {
  slug: string;
  confidence: 'high' | 'medium';
  /** One entry a kind, the heaviest first. */
  evidence: MatchEvidence[];
}

/**
 * The weights. Each kind of evidence counts once, with the heaviest that was seen of it.
 *
 * | kind | weight | because |
 * |---|---|---|
 * | vendor, only this family's | 4 | an IEEE name that the note calls its own, and no other note lists |
 * | vendor, shared | 2 | the maker of phones or radio modules as well, or several notes list it |
 * | host name, mDNS instance | 3 | a default name; 2 if the pattern has three fixed characters only, as people choose names |
 * | mDNS, SSDP | 4 | a protocol or model that the family announces; 2 in a User-Agent, which apps imitate |
 * | DHCP | 3 | the vendor class or parameter list of its operating system |
 * | backend, update host | 3 | only devices fetch firmware |
 * | backend, other host | 2 | the vendor's phone app talks to it as well |
 * | backend, a second host | +1 | |
 * | backend, listed by several notes | 1 | |
 */
const WEIGHTS = {
  vendorOnly: 4,
  vendorShared: 2,
  hostname: 3,
  hostnameShort: 2,
  announced: 4,
  userAgent: 2,
  dhcp: 3,
  updateHost: 3,
  host: 2,
  secondHost: 1,
  hostOfSeveral: 1,
} as const;

/** Less than this is no match. */
export const ENOUGH = 4;
/** The best note must lead the next by this much; less is a tie. */
const LEAD = 2;
/** From here on, with two kinds of evidence or more, the match is sure. */
const SURE = 6;
/** Fixed characters below which a host-name pattern is weak. */
const LONG_PATTERN = 4;
const MAX_VALUES = 64;
const MAX_TEXT = 512;

/** What a note has collected of a device's evidence. */
export interface NoteScore {
  note: Note;
  score: number;
  /** As in `NoteMatch`. */
  evidence: MatchEvidence[];
}

/** The note that describes a device, or null where the evidence is weak or points at several alike. */
export function matchNote(evidence: NoteEvidence, notes: NoteIndex): NoteMatch | null {
  const [best, next] = rankNotes(evidence, notes);
  if (!best || best.score < ENOUGH || best.score - (next?.score ?? 0) < LEAD) return null;
  const sure = best.score >= SURE && best.evidence.length > 1;
  return { slug: best.note.slug, confidence: sure ? 'high' : 'medium', evidence: best.evidence };
}

/** The notes that some evidence points at, the best first. */
export function rankNotes(evidence: NoteEvidence, notes: NoteIndex): NoteScore[] {
  const scores = new Map<Note, Map<EvidenceKind, MatchEvidence>>();
  const add = (note: Note, kind: EvidenceKind, value: string, weight: number): void => {
    const kinds = scores.get(note) ?? new Map<EvidenceKind, MatchEvidence>();
    scores.set(note, kinds);
    if ((kinds.get(kind)?.weight ?? 0) < weight) kinds.set(kind, { evidence: kind, value, weight });
  };

  if (evidence.vendor !== null && !evidence.randomizedMac) addVendor(evidence.vendor, notes, add);
  const named = ({ literals }: NotePattern) => (literals < LONG_PATTERN ? WEIGHTS.hostnameShort : WEIGHTS.hostname);
  addPatterns(notes.patterns.hostnames, values(evidence.hostnames), 'hostname', add, named);
  const mdns = [...serviceTypes(values(evidence.mdnsServices)), ...modelValues(values(evidence.mdnsModels))];
  addPatterns(notes.patterns.mdns, mdns, 'mdns', add, () => WEIGHTS.announced);
  addPatterns(notes.patterns.mdns, values(evidence.mdnsInstances), 'mdns', add, named);
  const ssdp = values([evidence.ssdpServer, ...evidence.ssdpTypes]);
  addPatterns(notes.patterns.ssdp, ssdp, 'ssdp', add, () => WEIGHTS.announced);
  addPatterns(notes.patterns.ssdp, values([evidence.userAgent]), 'ssdp', add, () => WEIGHTS.userAgent);
  const dhcp = values([evidence.dhcpVendorClass, evidence.dhcpFingerprint]);
  addPatterns(notes.patterns.dhcp, dhcp, 'dhcp', add, () => WEIGHTS.dhcp);
  addBackends(values(evidence.backendHosts).map(normalHost), notes, add);
  return [...scores]
    .map(([note, kinds]) => {
      const found = [...kinds.values()].sort((a, b) => b.weight - a.weight);
      return { note, evidence: found, score: found.reduce((sum, entry) => sum + entry.weight, 0) };
    })
    .sort((a, b) => b.score - a.score);
}

type Add = (note: Note, kind: EvidenceKind, value: string, weight: number) => void;

function addVendor(vendor: string, notes: NoteIndex, add: Add): void {
  const entries = notes.byVendor.get(vendor.slice(0, MAX_TEXT).toLowerCase()) ?? [];
  for (const { note, only } of entries)
    add(note, 'vendor', vendor, only && entries.length === 1 ? WEIGHTS.vendorOnly : WEIGHTS.vendorShared);
}

function addPatterns(
  patterns: readonly NotePattern[],
  observed: readonly string[],
  kind: EvidenceKind,
  add: Add,
  weight: (pattern: NotePattern) => number,
): void {
  for (const { pattern, value } of matchingPatterns(patterns, observed))
    add(pattern.note, kind, value, weight(pattern));
}

function addBackends(hosts: readonly string[], notes: NoteIndex, add: Add): void {
  const seen = new Map<Note, { patterns: Set<string>; best: MatchEvidence }>();
  for (const host of hosts) {
    for (const pattern of recognisingPatterns(host)) {
      const listing = notes.recognisingHosts.get(pattern) ?? [];
      for (const note of listing) {
        const role = note.backends.find((backend) => backend.host === pattern)?.role;
        const alone = role === 'update' ? WEIGHTS.updateHost : WEIGHTS.host;
        const weight = listing.length > 1 ? WEIGHTS.hostOfSeveral : alone;
        const found: MatchEvidence = { evidence: 'backend', value: host, weight };
        const known = seen.get(note);
        if (!known) seen.set(note, { patterns: new Set([pattern]), best: found });
        else {
          known.patterns.add(pattern);
          if (found.weight > known.best.weight) known.best = found;
        }
      }
    }
  }
  for (const [note, { patterns, best }] of seen) {
    const second = patterns.size > 1 && best.weight > WEIGHTS.hostOfSeveral ? WEIGHTS.secondHost : 0;
    add(note, 'backend', best.value, best.weight + second);
  }
}

function values(list: readonly (string | null)[]): string[] {
  return list
    .slice(0, MAX_VALUES)
    .filter((text) => text !== null)
    .map((text) => text.slice(0, MAX_TEXT).toLowerCase());
}

/** The service type inside a type or instance name: `_hue._tcp` of `hall._hue._tcp.local.`; and the name itself. */
function serviceTypes(services: readonly string[]): string[] {
  return services.flatMap((service) => {
    const type = /(?:^|\.)(_[^.]+\._(?:tcp|udp))(?:\.|$)/.exec(service)?.[1];
    return type && type !== service ? [type, service] : [service];
  });
}

/** `md=bsb002` also as `bsb002`. */
function modelValues(models: readonly string[]): string[] {
  return models.flatMap((model) => {
    const equals = model.indexOf('=');
    return equals < 0 ? [model] : [model, model.slice(equals + 1)];
  });
}

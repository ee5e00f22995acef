// Notes arranged for look-up by vendor, exact host and host suffix, and the role a note gives to a host. Built once per
// load; nothing here changes afterwards.
import { globMatches, literalLength } from './pattern.ts';
import type { Note, NoteBackend, NoteBackendRole } from './schema.ts';

interface HostEntry {
  note: Note;
  backend: NoteBackend;
}

/** A glob with the lower-case text it compares, and how much of it is fixed. */
export interface NotePattern {
  note: Note;
  text: string;
  literals: number;
}

const PATTERN_KINDS = ['hostnames', 'mdns', 'ssdp', 'dhcp'] as const;
type PatternKind = (typeof PATTERN_KINDS)[number];

export interface NoteIndex {
  /** By slug. */
  notes: ReadonlyMap<string, Note>;
  /** By lower-case IEEE name; `only` when the note says that nothing else carries the name. */
  byVendor: ReadonlyMap<string, readonly { note: Note; only: boolean }[]>;
  exactHosts: ReadonlyMap<string, readonly HostEntry[]>;
  /** By the domain after `*.`. */
  suffixHosts: ReadonlyMap<string, readonly HostEntry[]>;
  patterns: Readonly<Record<PatternKind, readonly NotePattern[]>>;
  /** Hosts that recognise a device, by `match.backends` pattern. */
  recognisingHosts: ReadonlyMap<string, readonly Note[]>;
}

export interface BackendRoleMatch {
  role: NoteBackendRole;
  /** Slug of the note that says so. */
  note: string;
  dedicated: boolean;
  /** The host pattern that matched; a caller may trust `*.example.com` less than an exact host. */
  pattern: string;
}

export function indexNotes(notes: readonly Note[]): NoteIndex {
  const byVendor = new Map<string, { note: Note; only: boolean }[]>();
  const exactHosts = new Map<string, HostEntry[]>();
  const suffixHosts = new Map<string, HostEntry[]>();
  const recognisingHosts = new Map<string, Note[]>();
  const patterns: Record<PatternKind, NotePattern[]> = { hostnames: [], mdns: [], ssdp: [], dhcp: [] };
  for (const note of notes) {
    for (const name of lowerCase(note.match.oui)) push(byVendor, name, { note, only: true });
    for (const name of lowerCase(note.match.ouiShared)) push(byVendor, name, { note, only: false });
    for (const host of note.match.backends) push(recognisingHosts, host, note);
    for (const backend of note.backends) {
      if (backend.confidence === 'low') continue;
      if (backend.host.startsWith('*.')) push(suffixHosts, backend.host.slice(2), { note, backend });
      else push(exactHosts, backend.host, { note, backend });
    }
    for (const kind of PATTERN_KINDS)
      for (const text of note.match[kind])
        patterns[kind].push({ note, text: text.toLowerCase(), literals: literalLength(text) });
  }
  return {
    notes: new Map(notes.map((note) => [note.slug, note])),
    byVendor,
    exactHosts,
    suffixHosts,
    recognisingHosts,
    patterns,
  };
}

/** The patterns of one kind that match any of `values` (lower-case), each with the value that it matched. */
export function matchingPatterns(
  patterns: readonly NotePattern[],
  values: readonly string[],
): { pattern: NotePattern; value: string }[] {
  return patterns.flatMap((pattern) => {
    const value = values.find((candidate) => globMatches(pattern.text, candidate));
    return value === undefined ? [] : [{ pattern, value }];
  });
}

/**
 * What a host is for, as a note says it: the exact host before the longest `*.` pattern, and at the same pattern the
 * device's own note before others. Infrastructure that others share (`dedicated: false`) speaks only for devices of the
 * note that lists it. Null where no note knows the host, or notes disagree.
 *
 * @param preferredSlug the note that matched the device, if one did
 */
export function findBackendRole(host: string, notes: NoteIndex, preferredSlug: string | null): BackendRoleMatch | null {
  if (host.length > 255) return null;
  const name = normalHost(host);
  const own = preferredSlug === null ? null : strongest(name, notes, (entry) => entry.note.slug === preferredSlug);
  return own ?? strongest(name, notes, (entry) => entry.backend.dedicated);
}

/** Whether any note lists `host`, for whatever device: cheap, and false for most hosts. */
export function knowsHost(host: string, notes: NoteIndex): boolean {
  if (host.length > 255) return false;
  const name = normalHost(host);
  return notes.exactHosts.has(name) || suffixesOf(name).some((suffix) => notes.suffixHosts.has(suffix));
}

/** Whether any note recognises a device by its talking to `host`: most hosts say nothing of who made a device. */
export function recognisesBy(host: string, notes: NoteIndex): boolean {
  return recognisingPatterns(normalHost(host)).some((pattern) => notes.recognisingHosts.has(pattern));
}

/** The patterns of notes that a normal host meets: itself, and the domains that it is below. */
export function recognisingPatterns(host: string): string[] {
  return [host, ...suffixesOf(host).map((suffix) => `*.${suffix}`)];
}

/** Lower-case and without the final dot of a fully qualified name. */
export function normalHost(host: string): string {
  return host.toLowerCase().replace(/\.$/, '');
}

/** The `*.` patterns that cover a host, the longest first: `*.a.example.com` for itself and for `x.a.example.com`. */
export function suffixesOf(host: string): string[] {
  const labels = host.split('.');
  return labels.length > 127 ? [] : labels.slice(0, -1).map((_, index) => labels.slice(index).join('.'));
}

function strongest(host: string, notes: NoteIndex, allowed: (entry: HostEntry) => boolean): BackendRoleMatch | null {
  const candidates = [notes.exactHosts.get(host), ...suffixesOf(host).map((suffix) => notes.suffixHosts.get(suffix))];
  for (const entries of candidates) {
    const usable = (entries ?? []).filter(allowed);
    const first = usable[0];
    if (!first) continue;
    if (usable.some((entry) => entry.backend.role !== first.backend.role)) return null;
    const { role, dedicated, host: pattern } = first.backend;
    return { role, note: first.note.slug, dedicated, pattern };
  }
  return null;
}

/** Without repetitions: one company is registered in several spellings, and a second one is no second note. */
function lowerCase(names: readonly string[]): Set<string> {
  return new Set(names.map((name) => name.toLowerCase()));
}

function push<V>(map: Map<string, V[]>, key: string, value: V): void {
  const list = map.get(key);
  if (list) list.push(value);
  else map.set(key, [value]);
}

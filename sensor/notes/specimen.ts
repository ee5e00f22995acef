// A made-up device that carries just what a note's patterns ask for: to try the notes against each other.
import { type NoteEvidence, SILENT } from './match.ts';
import type { Note } from './schema.ts';

/** What a star of a pattern is filled with: no pattern may hold it, so that only another star can take it up. */
const FILLING = '\u0001';

/** Kinds of `match` whose entries are patterns. */
export type PatternKey = 'hostnames' | 'mdns' | 'ssdp' | 'dhcp';

/**
 * A device that shows one text of the pattern and nothing else. Whatever pattern fits this text fits every text of the
 * given one.
 */
export function specimenOf(key: PatternKey, pattern: string): NoteEvidence {
  const text = pattern.replaceAll('*', FILLING);
  if (key === 'hostnames') return { ...SILENT, hostnames: [text] };
  if (key === 'mdns') return { ...SILENT, ...(text.includes('=') ? { mdnsModels: [text] } : { mdnsServices: [text] }) };
  return { ...SILENT, ...(key === 'ssdp' ? { ssdpServer: text } : { dhcpVendorClass: text }) };
}

/** A device that shows everything by which the note recognises its family. */
export function fullSpecimen({ match }: Note): NoteEvidence {
  const filled = (patterns: readonly string[]): string[] => patterns.map((text) => text.replaceAll('*', FILLING));
  return {
    ...SILENT,
    vendor: match.oui[0] ?? match.ouiShared[0] ?? null,
    hostnames: filled(match.hostnames),
    mdnsServices: filled(match.mdns),
    ssdpServer: filled(match.ssdp)[0] ?? null,
    dhcpVendorClass: filled(match.dhcp)[0] ?? null,
    backendHosts: match.backends.map((host) => host.replace('*', 'x')),
  };
}

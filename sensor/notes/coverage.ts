// `thingwatch notes coverage`: what each note knows of its family, so that gaps are seen. It judges no note.
import { matchNote } from './match.ts';
import { indexNotes } from './note-index.ts';
import type { Note, NoteBackendRole } from './schema.ts';
import { fullSpecimen } from './specimen.ts';

const ROLES: readonly NoteBackendRole[] = ['update', 'store', 'cloud', 'telemetry', 'time'];

/** What may be missing, in the words of the last lines. */
const GAPS = {
  recognition: 'not recognised by what their notes list',
  vendorOnly: "recognised by the vendor's name alone",
  backends: 'no backend',
  update: 'no update host',
  mail: 'nothing about mail',
  password: 'password risk unknown',
  steps: 'reset steps not from the vendor',
} as const;

type Gap = keyof typeof GAPS;

export interface NoteCoverage {
  slug: string;
  /** Kinds of evidence in `match`: `vendor`, `shared vendor`, `host name`, `mdns`, `ssdp`, `dhcp`, `backend`. */
  recognisedBy: string[];
  /** How many backends have each role; roles without any are left out. */
  backends: Partial<Record<NoteBackendRole, number>>;
  mail: 'never' | 'if-configured' | null;
  password: Note['defaultPassword']['risk'];
  steps: 'vendor' | 'general';
  gaps: Gap[];
}

/**
 * What is known of each family, those with the most gaps first.
 *
 * @param all the notes that a device may get, as one note decides what another one recognises
 */
export function coverageOf(notes: readonly Note[], all: readonly Note[]): NoteCoverage[] {
  const index = indexNotes(all);
  return notes
    .map((note): NoteCoverage => {
      const { slug, match } = note;
      const known = {
        slug,
        recognisedBy: kindsOf(match),
        backends: countRoles(note),
        mail: note.mail?.expected ?? null,
        password: note.defaultPassword.risk,
        steps: note.reset.source === 'general' ? 'general' : 'vendor',
      } as const;
      const isRecognised = matchNote(fullSpecimen(note), index)?.slug === slug;
      return { ...known, gaps: gapsOf(known, isRecognised) };
    })
    .sort((a, b) => b.gaps.length - a.gaps.length || (a.slug < b.slug ? -1 : 1));
}

function kindsOf(match: Note['match']): string[] {
  const lists = {
    vendor: match.oui,
    'shared vendor': match.ouiShared,
    'host name': match.hostnames,
    mdns: match.mdns,
    ssdp: match.ssdp,
    dhcp: match.dhcp,
    backend: match.backends,
  };
  return Object.entries(lists).flatMap(([kind, list]) => (list.length > 0 ? [kind] : []));
}

function countRoles({ backends }: Note): NoteCoverage['backends'] {
  const counts: NoteCoverage['backends'] = {};
  for (const { role } of backends) counts[role] = (counts[role] ?? 0) + 1;
  return counts;
}

function gapsOf(known: Omit<NoteCoverage, 'gaps'>, isRecognised: boolean): Gap[] {
  const found: Record<Gap, boolean> = {
    recognition: !isRecognised,
    vendorOnly: isRecognised && known.recognisedBy.filter((kind) => !kind.endsWith('vendor')).length === 0,
    backends: Object.keys(known.backends).length === 0,
    update: known.backends.update === undefined,
    mail: known.mail === null,
    password: known.password === 'unknown',
    steps: known.steps === 'general',
  };
  return (Object.keys(GAPS) as Gap[]).filter((gap) => found[gap]);
}

/** The table that people read, and how many notes have each gap. */
export function coverageText(notes: readonly Note[], all: readonly Note[]): string {
  const rows = coverageOf(notes, all);
  const table = [
    ['family', 'recognised by', 'backends', 'mail', 'password', 'steps', 'gaps'],
    ...rows.map((row) => [
      row.slug,
      row.gaps.includes('recognition') ? `(not) ${row.recognisedBy.join(', ')}` : row.recognisedBy.join(', '),
      ROLES.flatMap((role) => (row.backends[role] ? [`${row.backends[role]} ${role}`] : [])).join(', ') || '-',
      row.mail ?? '-',
      row.password === 'unknown' ? '-' : row.password,
      row.steps,
      String(row.gaps.length),
    ]),
  ];
  const widths = table[0]?.map((_, column) => Math.max(...table.map((line) => line[column]?.length ?? 0))) ?? [];
  const lines = table.map((line) =>
    line
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
  const counts = (Object.keys(GAPS) as Gap[]).map((gap) => {
    const slugs = rows.filter(({ gaps }) => gaps.includes(gap));
    return `${String(slugs.length).padStart(5)}  ${GAPS[gap]}`;
  });
  return `${[...lines, '', `${rows.length} families, of which`, ...counts].join('\n')}\n`;
}

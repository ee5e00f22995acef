// What `notes coverage` tells of each family: what is known, and what is missing.
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { coverageOf, coverageText } from '../../sensor/notes/coverage.ts';
import { loadNotes, parseNote } from '../../sensor/notes/load.ts';
import type { Note } from '../../sensor/notes/schema.ts';

function note(slug: string, yaml: string): Note {
  const text = `---\nslug: ${slug}\nvendor: V\nfamily: F\ncategory: camera\n${yaml}\n---\n`;
  const parsed = parseNote(`${slug}.md`, text);
  expect(parsed.problems).toEqual([]);
  if (!parsed.note) throw new Error('no note');
  return parsed.note;
}

const host = (name: string, role: string): string =>
  `{ host: ${name}, role: ${role}, dedicated: true, source: 'https://example.org/x', confidence: high }`;

const FULL = note(
  'full',
  `match: { oui: [Acme], hostnames: ['acme-*'], mdns: ['_acme._tcp'], ssdp: ['*acme/*'], dhcp: ['acme-os*'], backends: [fw.acme.com] }
backends: [${host('fw.acme.com', 'update')}, ${host('a.acme.com', 'cloud')}, ${host('b.acme.com', 'cloud')}]
mail: { expected: never, source: 'https://example.org/mail' }
defaultPassword: { risk: high, source: 'https://example.org/password' }
reset: { source: 'https://example.org/reset' }`,
);
const NAMED = note('named', 'match: { oui: [Bits] }\ndefaultPassword: { risk: unknown }\nreset: { source: general }');
const MUTE = note(
  'mute',
  'match: { ouiShared: [Chips] }\ndefaultPassword: { risk: unknown }\nreset: { source: general }',
);
const ALL = [FULL, MUTE, NAMED];

test('each family is listed with what is known of it, those with the most gaps first', () => {
  expect(coverageOf(ALL, ALL)).toEqual([
    {
      slug: 'mute',
      recognisedBy: ['shared vendor'],
      backends: {},
      mail: null,
      password: 'unknown',
      steps: 'general',
      gaps: ['recognition', 'backends', 'update', 'mail', 'password', 'steps'],
    },
    {
      slug: 'named',
      recognisedBy: ['vendor'],
      backends: {},
      mail: null,
      password: 'unknown',
      steps: 'general',
      gaps: ['vendorOnly', 'backends', 'update', 'mail', 'password', 'steps'],
    },
    {
      slug: 'full',
      recognisedBy: ['vendor', 'host name', 'mdns', 'ssdp', 'dhcp', 'backend'],
      backends: { update: 1, cloud: 2 },
      mail: 'never',
      password: 'high',
      steps: 'vendor',
      gaps: [],
    },
  ]);
});

test('another note that claims the same vendor makes a family that has nothing else unrecognisable', () => {
  const rival = note('rival', 'match: { oui: [Bits] }\ndefaultPassword: { risk: unknown }\nreset: { source: general }');
  expect(coverageOf([NAMED], [NAMED])[0]?.gaps).not.toContain('recognition');
  expect(coverageOf([NAMED], [NAMED, rival])[0]?.gaps).toContain('recognition');
});

test('people get a table with aligned columns, and how many families have each gap', () => {
  expect(coverageText(ALL, ALL).split('\n')).toEqual([
    'family  recognised by                                 backends           mail   password  steps    gaps',
    'mute    (not) shared vendor                           -                  -      -         general  6',
    'named   vendor                                        -                  -      -         general  6',
    'full    vendor, host name, mdns, ssdp, dhcp, backend  1 update, 2 cloud  never  high      vendor   0',
    '',
    '3 families, of which',
    '    1  not recognised by what their notes list',
    "    1  recognised by the vendor's name alone",
    '    2  no backend',
    '    2  no update host',
    '    2  nothing about mail',
    '    2  password risk unknown',
    '    2  reset steps not from the vendor',
    '',
  ]);
});

test('of the notes that come with thingwatch, all but a handful are recognised by what they list', () => {
  const { notes } = loadNotes([fileURLToPath(new URL('../../firmware-notes', import.meta.url))]);
  const coverage = coverageOf(notes, notes);
  expect(coverage).toHaveLength(notes.length);
  expect(coverage.filter(({ gaps }) => gaps.includes('recognition')).map(({ slug }) => slug)).toEqual([
    'eufy-cam',
    'inovelli',
    'third-reality',
    'zigbee2mqtt',
    'foscam-whitelabel',
  ]);
});

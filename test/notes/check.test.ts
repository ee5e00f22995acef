// What an author of a note is told: the file, the line and the key, for every mistake; and that one broken note harms
// nobody else.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { checkNotes, formatProblem } from '../../sensor/notes/check.ts';
import { loadNotes, NOTE_LIMITS, parseNote } from '../../sensor/notes/load.ts';

const GOOD = `---
slug: acme-cam
vendor: Acme
family: Cameras
category: camera
match:
  oui: [Acme Ltd]
  hostnames:
    - 'acme-*'
  backends: [fw.acme.com]
backends:
  - host: fw.acme.com
    role: update
    dedicated: true
    source: https://acme.com/firewall
    confidence: high
  - host: '*.cloudfront.net'
    role: cloud
    dedicated: false
    source: 'observed 2026-11-02: own camera at power-on'
    confidence: medium
mail:
  expected: if-configured
  ports: [465]
  source: https://acme.com/mail
defaultPassword:
  risk: unknown
reset:
  source: general
---
# Acme cameras

Small cameras that
watch the door.

## Disconnect

1. Pull the plug.
2. Pull the **other** plug,
   the [grey](https://acme.com/plug) one.

## Factory reset

- Hold the pin.
`;

let dir = '';
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'notes-'));
});
afterEach(() => rmSync(dir, { recursive: true }));

function put(name: string, text: string, into = dir): string {
  mkdirSync(into, { recursive: true });
  const file = join(into, name);
  writeFileSync(file, text);
  return file;
}

/** Problems of the good note with one edit. */
function problemsAfter(from: string, to: string): string[] {
  expect(GOOD).toContain(from);
  return parseNote('acme-cam.md', GOOD.replace(from, to)).problems.map(formatProblem);
}

test('a sound note becomes a record with plain-text steps', () => {
  const file = put('acme-cam.md', GOOD);
  const { notes, problems } = loadNotes([dir]);

  expect(problems).toEqual([]);
  expect(notes).toHaveLength(1);
  expect(notes[0]).toMatchObject({
    slug: 'acme-cam',
    summary: 'Small cameras that watch the door.',
    mail: { expected: 'if-configured', ports: [465], servers: [] },
    steps: {
      disconnect: ['Pull the plug.', 'Pull the other plug, the grey (https://acme.com/plug) one.'],
      reset: ['Hold the pin.'],
      reinstall: [],
      closeAccess: [],
    },
    file,
  });
});

test.each([
  ['a wrong key', 'vendor: Acme', 'vendro: Acme', 'acme-cam.md:3: vendro: is not a known key'],
  ['a missing key', 'vendor: Acme\n', '', 'acme-cam.md:1: vendor: is required'],
  [
    'a wrong key deep down',
    '    role: update',
    '    rolle: update',
    'acme-cam.md:13: backends[0].rolle: is not a known key',
  ],
  [
    'a missing source of a host',
    '    source: https://acme.com/firewall\n',
    '',
    'acme-cam.md:12: backends[0].source: is required',
  ],
  [
    'a missing source of a mail fact',
    '  source: https://acme.com/mail\n',
    '',
    'acme-cam.md:22: mail.source: is required',
  ],
  [
    'a source nobody can look up',
    'source: https://acme.com/firewall',
    'source: unsourced',
    'acme-cam.md:15: backends[0].source: must be a web address, or "observed YYYY-MM-DD: " and what was seen',
  ],
  [
    'a regular expression',
    "    - 'acme-*'",
    "    - 'acme-[0-9]+'",
    'acme-cam.md:9: match.hostnames[0]: has "["; only * is special, and regular expressions are not read',
  ],
  [
    'a pattern that fits anything',
    "'acme-*'",
    "'*a*'",
    'acme-cam.md:9: match.hostnames[0]: needs at least 3 characters besides *',
  ],
  [
    'a host pattern over a public suffix',
    "'*.cloudfront.net'",
    "'*.co.uk'",
    'acme-cam.md:17: backends[1].host: covers a whole public suffix',
  ],
  [
    'shared infrastructure called dedicated',
    'dedicated: false',
    'dedicated: true',
    'acme-cam.md:19: backends[1].dedicated: must be false: others share this host',
  ],
  [
    'recognition by a shared host',
    'backends: [fw.acme.com]',
    "backends: ['*.cloudfront.net']",
    'acme-cam.md:10: match.backends[0]: must be listed under backends, dedicated and with more than low confidence',
  ],
  [
    'a port out of range',
    'ports: [465]',
    'ports: [70000]',
    'acme-cam.md:24: mail.ports[0]: Too big: expected number to be <=65535',
  ],
  [
    'never, with ports',
    'expected: if-configured',
    'expected: never',
    'acme-cam.md:23: mail.expected: never goes without ports and servers',
  ],
  [
    'a slug unlike the file name',
    'slug: acme-cam',
    'slug: acme-camera',
    'acme-cam.md:2: slug: must be the name of the file without .md',
  ],
  [
    'a heading nobody knows',
    '## Disconnect',
    '## Disconect',
    'acme-cam.md:36: heading "Disconect" is none of: disconnect, factory reset, reinstall firmware, close remote access',
  ],
  ['a heading twice', '## Factory reset', '## Disconnect', 'acme-cam.md:42: heading "Disconnect" comes twice'],
])('%s is named with file, line and key', (_, from, to, message) => {
  expect(problemsAfter(from, to)).toContain(message);
});

test('YAML that does not parse, or uses aliases, is a problem at its line', () => {
  expect(problemsAfter('vendor: Acme', 'vendor: "Acme')[0]).toMatch(/^acme-cam\.md:\d+: /);
  expect(problemsAfter('slug: acme-cam', 'slug: acme-cam\nslug: twice')[0]).toMatch(/^acme-cam\.md:3: .*unique/);
  const bomb = GOOD.replace('vendor: Acme', 'vendor: &a Acme').replace('family: Cameras', 'family: *a');
  expect(parseNote('acme-cam.md', bomb).problems.map(formatProblem)).toEqual([
    'acme-cam.md:4: must not use YAML aliases',
  ]);
  expect(problemsAfter('vendor: Acme', 'vendor: Acme\n__proto__: { slug: x }')).toEqual([
    'acme-cam.md:4: __proto__: is not a known key',
  ]);
  expect(parseNote('x.md', 'no front matter').problems[0]?.message).toMatch(/front matter/);
});

test.each([
  ['brackets', `x: ${'['.repeat(60_000)}`],
  ['brackets over lines', `x: ${'[\n'.repeat(30_000)}`],
  ['keys within keys', `x: ${'r: '.repeat(20_000)}`],
  ['lists within lists', `x:\n  ${'- '.repeat(30_000)}`],
  ['questions', `${'? '.repeat(30_000)}`],
  ['keys and brackets in turn', `x: ${'[r: r: r: '.repeat(6000)}`],
  ['indentation', Array.from({ length: 340 }, (_, i) => `${' '.repeat(i)}a:`).join('\n')],
])('what is nested as deep as a file is long is no note, and the parser does not see it: %s', (_, yaml) => {
  const { note, problems } = parseNote('acme-cam.md', `---\n${yaml}\n---\n`);
  expect(note).toBeNull();
  expect(problems.map(formatProblem)).toEqual(['acme-cam.md:1: has front matter that is nested too deeply to be read']);
});

test('some levels, a long list in a line and brackets in quotes are no such nesting', () => {
  const list = Array.from({ length: 60 }, (_, i) => `{ host: h${i}.example, role: cloud }`).join(', ');
  const nested = `x: [[[[${list}]]]]\ny: '${'[]'.repeat(200)}: :'\n${' '.repeat(100)}# far in`;
  expect(problemsAfter('vendor: Acme', `vendor: Acme\n${nested}`).join()).not.toContain('nested');
});

test('lines are right in files with Windows line ends too', () => {
  const text = GOOD.replace('vendor: Acme', 'vendro: Acme').replace('## Disconnect', '## Disconect');
  const lines = parseNote('acme-cam.md', text.replaceAll('\n', '\r\n')).problems.map((problem) => problem.line);
  expect(lines).toEqual([1, 3, 36]);
});

test('a broken note, a huge one and an unreadable directory do not stop the rest', () => {
  put('acme-cam.md', GOOD);
  put('broken.md', '---\n: [\n---\n');
  put('huge.md', GOOD + 'x'.repeat(NOTE_LIMITS.fileBytes));
  put('README.md', 'not a note');
  mkdirSync(join(dir, 'folder.md'));
  const { notes, problems } = loadNotes([dir, join(dir, 'missing')]);

  expect(notes.map((note) => note.slug)).toEqual(['acme-cam']);
  const files = new Set(problems.map((problem) => problem.file));
  expect(files).toEqual(new Set(['broken.md', 'folder.md', 'huge.md', 'missing'].map((name) => join(dir, name))));
  expect(checkNotes([dir]).count).toBe(1);
});

test('the user’s directory wins, and its broken note leaves the shipped one in place', () => {
  const own = join(dir, 'own');
  put('acme-cam.md', GOOD);
  put('acme-cam.md', GOOD.replace('vendor: Acme', 'vendor: Mine'), own);
  expect(loadNotes([dir, own]).notes.map((note) => note.vendor)).toEqual(['Mine']);

  put('acme-cam.md', GOOD.replace('vendor: Acme', 'vendro: Mine'), own);
  const { notes, problems } = loadNotes([dir, own]);
  expect(notes.map((note) => note.vendor)).toEqual(['Acme']);
  expect(problems[0]?.file).toBe(join(own, 'acme-cam.md'));
});

/** A note of its own file with just the given recognition. */
function putMatch(slug: string, match: string, into = dir): string {
  const [head] = GOOD.replace('acme-cam', slug).split('match:');
  const text = `${head}match: ${match}\ndefaultPassword: { risk: unknown }\nreset: { source: general }\n---\n`;
  return put(`${slug}.md`, text, into);
}

describe('two notes that would take the same device', () => {
  test.each([
    ['the same service', "{ mdns: ['_acme._tcp'] }", "{ mdns: ['_acme._tcp'] }", 'mdns', '_acme._tcp'],
    ['a model and its value alone', "{ mdns: ['md=ac-1'] }", "{ mdns: ['ac-1'] }", 'mdns', 'md=ac-1'],
    ['a text and a pattern around it', "{ ssdp: ['acme/1 os'] }", "{ ssdp: ['*acme/*'] }", 'ssdp', 'acme/1 os'],
    ['a narrow pattern in a wide one', "{ ssdp: ['*acme/1*'] }", "{ ssdp: ['*acme*'] }", 'ssdp', '*acme/1*'],
  ])('by %s: the file, the key, the pattern and the other file are named', (_, one, other, key, pattern) => {
    const first = putMatch('one', one);
    const second = putMatch('two', other);
    const { problems, count } = checkNotes([dir]);
    expect(problems.map(formatProblem)).toContain(
      `${first}:6: match.${key}[0]: "${pattern}" fits devices of ${second} as well: one that shows it gets neither note`,
    );
    expect(count).toBeLessThan(2);
  });

  test('by a vendor that both call their own, or that one of them shares', () => {
    const first = putMatch('one', '{ oui: [Acme, Bits] }');
    const second = putMatch('two', '{ oui: [ACME], ouiShared: [bits] }');
    expect(checkNotes([dir]).problems.map(formatProblem)).toEqual([
      `${first}:6: match.oui[0]: "Acme" is a vendor of ${second} as well: neither can call it its own`,
      `${first}:6: match.oui[1]: "Bits" is a vendor of ${second} as well: neither can call it its own`,
      `${second}:6: match.oui[0]: "ACME" is a vendor of ${first} as well: neither can call it its own`,
    ]);
  });

  test('by a host name of a vendor that they share', () => {
    const first = putMatch('one', "{ ouiShared: [Other, Chips], hostnames: ['acme-cam*'] }");
    const second = putMatch('two', "{ ouiShared: [Chips], hostnames: ['acme-*'] }");
    expect(checkNotes([dir]).problems.map(formatProblem)).toEqual([
      `${first}:6: match.hostnames[0]: "acme-cam*" fits devices of ${second} as well: one that shows it and is of "Chips" gets neither note`,
    ]);
  });

  test.each([
    ['what weighs too little alone', "{ hostnames: ['acme-*'] }", "{ hostnames: ['acme-*'] }"],
    ['patterns that only overlap', "{ ssdp: ['acme*'] }", "{ ssdp: ['*camera'] }"],
    ['a vendor that both share', '{ ouiShared: [Chips] }', '{ ouiShared: [Chips] }'],
    ['one that goes on to tell them apart', "{ mdns: ['_acme._tcp'] }", "{ oui: [Acme], hostnames: ['acme-*'] }"],
  ])('%s is none', (_, one, other) => {
    putMatch('one', one);
    putMatch('two', other);
    expect(checkNotes([dir])).toEqual({ problems: [], count: 2 });
  });

  test('notes in other directories count, and a replaced note does not', () => {
    const shipped = join(dir, 'shipped');
    const own = join(dir, 'own');
    const there = putMatch('one', "{ mdns: ['_acme._tcp'] }", shipped);
    const here = putMatch('two', "{ mdns: ['_acme._tcp'] }", own);
    const { notes: beside } = loadNotes([shipped]);
    expect(checkNotes([own])).toEqual({ problems: [], count: 1 });
    expect(checkNotes([own], beside).problems.map(formatProblem)).toEqual([
      `${here}:6: match.mdns[0]: "_acme._tcp" fits devices of ${there} as well: one that shows it gets neither note`,
    ]);
    rmSync(here);
    putMatch('one', "{ mdns: ['_acme._tcp'] }", own);
    expect(checkNotes([own], beside)).toEqual({ problems: [], count: 1 });
  });
});

test('hostile markup in the prose stays text, without control characters', () => {
  const hostile = '<script>alert(1)</script> [x](javascript:alert) \u001b[31m\u202e';
  const { note } = parseNote('acme-cam.md', GOOD.replace('Pull the plug.', hostile));
  expect(note?.steps.disconnect[0]).toBe('<script>alert(1)</script> x [31m');
});

test('problems are one line each, whatever the note says', () => {
  const [line] = problemsAfter('vendor: Acme', '"ven\\ndor\\u001b": Acme');
  expect(line).toMatch(/^[^\p{Cc}]+$/u);
});

test('no text at all makes the reader throw', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 400 }), fc.nat(GOOD.length), (junk, at) => {
      parseNote('acme-cam.md', GOOD.slice(0, at) + junk + GOOD.slice(at));
      parseNote('acme-cam.md', junk);
    }),
    { numRuns: 300 },
  );
});

test('front matter longer than any note needs is told, and the parser does not see it', () => {
  const long = `---\nslug: acme-cam\nmatch: {${','.repeat(NOTE_LIMITS.frontMatter)}}\n---\n`;
  const { note, problems } = parseNote('acme-cam.md', long);
  expect(note).toBeNull();
  expect(problems.map(formatProblem)).toEqual(['acme-cam.md:1: has front matter of more than 10000 characters']);
});

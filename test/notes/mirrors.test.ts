// Guides to switches and routers: what their authors are told of each mistake, that one broken guide harms no other, and that those
// which come with the program are sourced and help with every problem.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { formatProblem } from '../../sensor/notes/check.ts';
import { checkMirrors, loadMirrors, MIRROR_LIMITS, parseMirror } from '../../sensor/notes/mirrors.ts';

const GOOD = `---
slug: acme-switch
name: Acme smart switches
kind: switch
sources:
  - https://support.acme.example/mirror
shows: All that passes the router's port.
warnings:
  - It forgets the mirror when it restarts.
---
# Acme smart switches

## Set the mirror

1. Open the **switch's** page.
2. Tick \`mirror\`,
   then [apply](https://support.acme.example/apply).

## Both directions

1. Choose "both".

## Move it inside

1. Move the cable.

## Nothing arrives

1. Look at the lights.
`;

const NOTES = fileURLToPath(new URL('../../firmware-notes', import.meta.url));

let dir = '';
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'mirrors-'));
});
afterEach(() => rmSync(dir, { recursive: true }));

function put(name: string, text: string, into = dir): string {
  mkdirSync(join(into, 'mirrors'), { recursive: true });
  const file = join(into, 'mirrors', name);
  writeFileSync(file, text);
  return file;
}

/** Problems of the good guide with one edit. */
function problemsAfter(from: string, to: string): string[] {
  expect(GOOD).toContain(from);
  return parseMirror('acme-switch.md', GOOD.replace(from, to)).problems.map(formatProblem);
}

describe('a guide', () => {
  it('that is sound becomes a record with plain-text steps', () => {
    const file = put('acme-switch.md', GOOD);
    expect(loadMirrors([dir])).toEqual({
      mirrors: [
        {
          slug: 'acme-switch',
          name: 'Acme smart switches',
          kind: 'switch',
          sources: ['https://support.acme.example/mirror'],
          shows: "All that passes the router's port.",
          warnings: ['It forgets the mirror when it restarts.'],
          steps: {
            set: ["Open the switch's page.", 'Tick mirror, then apply (https://support.acme.example/apply).'],
            directions: ['Choose "both".'],
            inside: ['Move the cable.'],
            nothing: ['Look at the lights.'],
          },
          file,
        },
      ],
      problems: [],
    });
  });

  it.each([
    ['kind: switch', 'kind: hub', '4: kind: Invalid option: expected one of "switch"|"router"|"firewall"'],
    ['kind: switch\n', '', '1: kind: is required'],
    ['slug: acme-switch', 'slug: other', '2: slug: must be the name of the file without .md'],
    ['slug: acme-switch', 'slug: Acme', '2: slug: must be lower-case words joined by hyphens'],
    ['kind: switch', 'kind: switch\ncolour: red', '5: colour: is not a known key'],
    ['https://support.acme.example/mirror', 'a friend', '6: sources[0]: must be a web address'],
    ['sources:\n  - https://support.acme.example/mirror', 'sources: []', '5: sources: Too small'],
    ['name: Acme smart switches', `name: ${'x'.repeat(61)}`, '3: name: Too big'],
    ['  - It forgets', '  - "a\\u202eb"\n  - It forgets', '9: warnings[0]: must be without control characters'],
    ['## Both directions', '## Both ways', '19: heading "Both ways" is none of: set the mirror, both directions'],
    ['## Both directions', '## Set the mirror', '19: heading "Set the mirror" comes twice'],
    ['1. Move the cable.', 'Move the cable.', '25: is no step: begin it with a number, or indent it below one'],
    ['1. Move the cable.\n', '', '11: has no step under the heading "move it inside"'],
    ['Move the cable.', 'x'.repeat(MIRROR_LIMITS.step + 1), '25: is a step of more than 280 characters'],
    ['Move the cable.', '**', '25: is a step without words'],
    ['1. Move the cable.', '1. a\n'.repeat(13).trim(), '37: is step 13 of its heading, and 12 are the most'],
    ['---\n', '', '1: must begin with front matter between two --- lines'],
    ['kind: switch', 'kind: *all', '4: must not use YAML aliases'],
  ])('with %j made %j is refused with file, line and key', (from, to, problem) => {
    const told = problemsAfter(from, to);
    expect(
      told.some((one) => one.startsWith(`acme-switch.md:${problem}`)),
      told.join('\n'),
    ).toBe(true);
    expect(parseMirror('acme-switch.md', GOOD.replace(from, to)).mirror).toBeNull();
  });

  it('with headings named after what every object has is refused, not followed', () => {
    const [first] = problemsAfter('## Both directions', '## constructor');
    expect(first).toMatch(/^acme-switch\.md:19: heading "constructor" is none of/);
  });
});

describe('a directory', () => {
  it('without guides has none, and is no problem', () => {
    expect(loadMirrors([dir, join(dir, 'nowhere')])).toEqual({ mirrors: [], problems: [] });
  });

  it('with a broken guide still gives the others, by name, and a later directory wins', () => {
    put('acme-switch.md', GOOD);
    put('broken.md', 'no front matter');
    put('README.md', 'not a guide');
    put('aaa.md', GOOD.replace('slug: acme-switch', 'slug: aaa').replace('Acme smart', 'Zebra'));
    const own = join(dir, 'own');
    put('acme-switch.md', GOOD.replace('kind: switch', 'kind: router'), own);
    const { mirrors, problems } = loadMirrors([dir, own]);
    expect(mirrors.map(({ kind, slug }) => [slug, kind])).toEqual([
      ['acme-switch', 'router'],
      ['aaa', 'switch'],
    ]);
    expect(problems.map(formatProblem)).toEqual([
      `${join(dir, 'mirrors/broken.md')}:1: must begin with front matter between two --- lines`,
    ]);
  });

  it('may hold no two guides of one name', () => {
    put('acme-switch.md', GOOD);
    const other = put('acme-two.md', GOOD.replace('slug: acme-switch', 'slug: acme-two'));
    const { count, problems } = checkMirrors([dir]);
    expect(count).toBe(1);
    expect(problems.map(formatProblem)).toEqual([`${other}:3: name: is the name of acme-switch as well`]);
  });

  it('may hold a guide of any size, of which no more than 64 KiB are read', () => {
    const file = put('acme-switch.md', `${GOOD}${' '.repeat(70_000)}`);
    expect(loadMirrors([dir]).problems.map(formatProblem)).toEqual([`${file}:1: is larger than 65536 bytes`]);
  });
});

describe('the guides that come with the program', () => {
  const { mirrors, problems } = loadMirrors([NOTES]);

  it('are sound, and the twelve commonest families are among them', () => {
    expect(problems.map(formatProblem)).toEqual([]);
    expect(checkMirrors([NOTES])).toEqual({ problems: [], count: mirrors.length });
    expect(mirrors.map(({ slug }) => slug)).toEqual(
      expect.arrayContaining([
        ...['cisco-small-business', 'dlink', 'fritzbox', 'mikrotik', 'netgear-plus', 'omada', 'openwrt', 'opnsense'],
        ...['pfsense', 'tplink-easy-smart', 'unifi', 'zyxel'],
      ]),
    );
  });

  it('have a web address for a source, and say it only once', () => {
    for (const { slug, sources } of mirrors) {
      for (const source of sources) expect(source, slug).toMatch(/^https?:\/\/[a-z0-9.-]*[a-z]\//);
      expect(new Set(sources).size, slug).toBe(sources.length);
    }
    const all = mirrors.flatMap(({ sources }) => sources);
    expect(new Set(all).size).toBe(all.length);
  });

  it('tell for each problem what to do, one action a step, and never the same twice', () => {
    for (const { slug, steps } of mirrors)
      for (const [problem, list] of Object.entries(steps)) {
        expect(list.length, `${slug} ${problem}`).toBeGreaterThanOrEqual(3);
        expect(new Set(list).size, `${slug} ${problem}`).toBe(list.length);
        for (const step of list) expect(step.split(/[.:] [A-Z]/).length, `${slug}: ${step}`).toBeLessThanOrEqual(3);
      }
  });

  it('are taught by an example in README.md that passes the check', () => {
    const readme = readFileSync(join(NOTES, 'README.md'), 'utf8');
    const example = [...readme.matchAll(/```markdown\n([\s\S]*?)```/g)].at(-1)?.[1] ?? '';
    const { mirror, problems: faults } = parseMirror('acme-switch.md', example);
    expect(faults.map(formatProblem)).toEqual([]);
    expect(mirror?.kind).toBe('switch');
  });
});

it('front matter of more than 6,000 characters is not even parsed', () => {
  const long = (length: number) => `---\n${'#'.repeat(length - 1)}\n---\n# Acme\n`;
  const said = (text: string) => parseMirror('acme.md', text).problems.map(({ message }) => message);
  expect(said(long(6001))).toEqual(['has front matter of more than 6000 characters']);
  expect(said(long(6000))).not.toContain('has front matter of more than 6000 characters');
});

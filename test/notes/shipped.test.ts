// The notes that come with the program: sound, sourced, and written for every situation.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { checkNotes, formatProblem } from '../../sensor/notes/check.ts';
import { loadNotes, parseNote } from '../../sensor/notes/load.ts';
import { isSharedInfrastructure } from '../../sensor/notes/pattern.ts';

const DIR = fileURLToPath(new URL('../../firmware-notes', import.meta.url));
const { notes } = loadNotes([DIR]);

test('all pass the check, also against each other, and there are at least 165', () => {
  const { problems, count } = checkNotes([DIR]);
  expect(problems.map(formatProblem)).toEqual([]);
  expect(count).toBe(notes.length);
  expect(count).toBeGreaterThanOrEqual(165);
});

test('every host, mail fact, password risk and vendor’s reset has a web address for a source', () => {
  for (const note of notes) {
    const sources = [
      ...note.backends.map((backend) => backend.source),
      ...(note.mail ? [note.mail.source] : []),
      ...(note.defaultPassword.risk === 'unknown' ? [] : [note.defaultPassword.source]),
      ...(note.reset.source === 'general' ? [] : [note.reset.source]),
    ];
    for (const source of sources) expect(source, note.slug).toMatch(/^https?:\/\/[a-z0-9.-]*[a-z]\//);
  }
});

test('none is guessed: no fact of low confidence, no shared host called dedicated', () => {
  for (const { slug, backends } of notes) {
    expect(
      backends.filter((backend) => backend.confidence === 'low'),
      slug,
    ).toEqual([]);
    expect(
      backends.filter((backend) => backend.dedicated && isSharedInfrastructure(backend.host)),
      slug,
    ).toEqual([]);
  }
});

test('each tells what it is and gives steps under all four headings', () => {
  for (const { slug, summary, steps } of notes) {
    expect(summary.length, slug).toBeGreaterThan(40);
    for (const [name, list] of Object.entries(steps)) expect(list.length, `${slug} ${name}`).toBeGreaterThan(0);
  }
});

test('general reset steps send the reader to the manual', () => {
  for (const { slug, reset, steps } of notes.filter((note) => note.reset.source === 'general'))
    expect(steps.reset.join(' '), `${slug} ${reset.source}`).toMatch(/manual/);
});

test('vendor names are spelled as IEEE registers them', () => {
  const registry: Record<string, string> = JSON.parse(
    readFileSync(createRequire(import.meta.url).resolve('oui-data'), 'utf8'),
  );
  const names = new Set(Object.values(registry).map((record) => record.split('\n', 1)[0]?.toLowerCase()));
  for (const { slug, match } of notes)
    for (const name of [...match.oui, ...match.ouiShared])
      expect(names.has(name.toLowerCase()), `${slug}: ${name}`).toBe(true);
});

test('the example that README.md teaches with passes the check', () => {
  const readme = readFileSync(`${DIR}/README.md`, 'utf8');
  const example = /```markdown\n([\s\S]*?)```/.exec(readme)?.[1] ?? '';
  const { note, problems: faults } = parseNote('acme-camera.md', example);
  expect(faults.map(formatProblem)).toEqual([]);
  expect(note?.steps.disconnect).toEqual(['Pull the plug.']);
});

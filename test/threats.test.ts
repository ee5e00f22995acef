// THREATS.md names tests for what it claims: each of them must exist, in the file it names.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const read = (path: string) => readFileSync(join(ROOT, path), 'utf8');

interface Claim {
  file: string;
  name: string;
}

/** What stands in the last column: `file`: name of the test, several with a dot between. */
function claims(text: string): Claim[] {
  return text
    .split('\n')
    .filter((line) => line.startsWith('|') && line.includes('`test/'))
    .flatMap((line) => (line.split(' | ').at(-1) ?? '').replace(/ \|$/, '').split(' · '))
    .map((claim) => {
      const [, file = '', name = ''] = /^`(test\/[^`]+)`: (.+)$/.exec(claim.trim()) ?? [];
      return { file, name };
    });
}

/** Names of tests in a source, as they are written there. */
function namesIn(source: string): string[] {
  const written = source.matchAll(
    /\b(?:it|test)(?:\.\w+\([\s\S]*?\))?\(\s*(?:'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)"|`([^`]*)`)/g,
  );
  return [...written].map(([, single, double, template]) => single ?? double ?? template ?? '');
}

it('each test that the threat model names exists', () => {
  const named = claims(read('sensor/THREATS.md'));
  expect(named.length).toBeGreaterThan(25);
  const missing = named.filter(
    ({ file, name }) => !existsSync(join(ROOT, file)) || !namesIn(read(file)).includes(name),
  );
  expect(missing).toEqual([]);
});

it('each kind of attacker is there, and README leads to it', () => {
  const text = read('sensor/THREATS.md');
  for (const who of [
    'infected device',
    'guest',
    'malicious broker',
    'malicious NATS server',
    'compromised collector',
    'stolen credential of a home',
    'nosy operator',
    'curious reader',
    'stolen token',
    'stranger',
    'malicious note',
    'crafted capture',
    'stolen phone',
    'hostile page',
  ])
    expect(text).toMatch(new RegExp(`^\\| \\*\\*an? ${who}`, 'm'));
  expect(read('README.md')).toContain('(sensor/THREATS.md)');
});

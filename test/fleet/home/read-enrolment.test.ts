// The enrolment file: what is read of it, and what is said of one that is none. Its token is told nowhere.
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { loadConfig } from '../../../sensor/config.ts';
import { ENROLMENT_SCHEMA } from '../../../sensor/fleet/enrolment.ts';
import { readEnrolment } from '../../../sensor/fleet/read-enrolment.ts';
import { enrolmentOf } from '../../../sensor/main/fleet-door.ts';

const folder = mkdtempSync(join(tmpdir(), 'thingwatch-enrolment-'));
afterAll(() => rmSync(folder, { recursive: true }));

const TOKEN = 'eyJ-a-secret-token';
const GOOD = {
  schema: ENROLMENT_SCHEMA,
  fleet: 'Allotment club',
  home: 'h000000000000001',
  urls: ['mqtts://fleet.example:8883'],
  token: TOKEN,
  ca: null,
  warningKeys: [`${'A'.repeat(59)}=`],
};

function file(content: unknown, mode = 0o600): string {
  const path = join(folder, `e${Math.random()}.json`);
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
  chmodSync(path, mode);
  return path;
}

function said(path: string): string {
  try {
    readEnrolment(path);
    return '';
  } catch (error) {
    return String(error);
  }
}

it('is read', () => {
  expect(readEnrolment(file(GOOD))).toEqual(GOOD);
});

describe.each([
  ['no JSON', file('{'), 'is no enrolment'],
  ['of another kind', file({ ...GOOD, schema: 'x' }), '(schema)'],
  ['with a home that is none', file({ ...GOOD, home: 'me' }), '(home)'],
  ['with an address that is none', file({ ...GOOD, urls: ['https://x.example'] }), '(urls.0)'],
  ['without servers', file({ ...GOOD, urls: [] }), '(urls)'],
  ['with a certificate that is none', file({ ...GOOD, ca: 'PEM' }), '(ca)'],
  ['with more than belongs there', file({ ...GOOD, more: 1 }), 'is no enrolment'],
  ['that others can read', file(GOOD, 0o640), 'chmod 600'],
  ['that is not there', join(folder, 'none'), 'cannot be read (ENOENT)'],
  ['without an end', file('x'.repeat(300_000)), 'is no enrolment file'],
])('a file %s', (_, path, words) => {
  it('is told off, without what is in it', () => {
    expect(said(path)).toContain('fleet.enrolment: ');
    expect(said(path)).toContain(words);
    expect(said(path)).not.toContain(TOKEN);
  });
});

it('a directory is told off', () => {
  const path = join(folder, 'directory');
  mkdirSync(path);
  expect(said(path)).toContain('is no enrolment file');
});

it('is a mistake in the configuration, and nothing where that names none', () => {
  const config = (enrolment?: string) => {
    const { config: read } = loadConfig({ file: undefined, workingDirectory: '/nowhere', environment: {} });
    return { ...read, fleet: enrolment === undefined ? {} : { enrolment } };
  };
  expect(enrolmentOf(config())).toBeNull();
  expect(enrolmentOf(config(file(GOOD)))?.home).toBe(GOOD.home);
  expect(() => enrolmentOf(config(join(folder, 'none')))).toThrow(expect.objectContaining({ code: 2 }));
});

it('is a setting of the environment as well', () => {
  const environment = { THINGWATCH_FLEET_ENROLMENT: '/etc/thingwatch/fleet.json' };
  const { config } = loadConfig({ file: undefined, workingDirectory: '/nowhere', environment });
  expect(config.fleet).toEqual({ enrolment: '/etc/thingwatch/fleet.json' });
});

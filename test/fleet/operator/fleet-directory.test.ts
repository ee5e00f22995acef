// The fleet's directory as collector and desk read it: what is in it, who may read it, and what is said where it cannot be used.
import { generateKeyPairSync } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import {
  FLEET_SCHEMA,
  FleetDirectoryError,
  type FleetSettings,
  openFleetDirectory,
  secretFile,
  writeSecret,
  writeSettings,
} from '../../../sensor/fleet/operator/fleet-directory.ts';

const SETTINGS: FleetSettings = {
  schema: FLEET_SCHEMA,
  name: 'Club',
  nats: { urls: ['nats://127.0.0.1:4222'], ca: null },
  mqtt: { urls: ['mqtts://127.0.0.1:8883'], ca: 'tls/authority.pem' },
  homes: { urls: ['mqtts://fleet.example:8883'], ca: 'tls/authority.pem' },
  database: { collector: 'postgres://c:x@127.0.0.1:5432/fleet', desk: 'postgres://d:x@127.0.0.1:5432/fleet' },
  desk: { listen: ':8443', cert: 'tls/server.pem', key: 'tls/server.key' },
};

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'thingwatch-fleet-'));
  mkdirSync(join(directory, 'services'));
  mkdirSync(join(directory, 'tls'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const complaintOf = (work: () => unknown): string => {
  try {
    work();
  } catch (error) {
    if (error instanceof FleetDirectoryError) return error.message;
    throw error;
  }
  return 'nothing';
};

test('what was written is read, by its owner alone', () => {
  writeSettings(directory, SETTINGS, null);
  const { privateKey } = generateKeyPairSync('ed25519');
  writeSecret(secretFile(directory, 'warningKey'), privateKey.export({ type: 'pkcs8', format: 'pem' }), null);
  writeSecret(secretFile(directory, 'deskToken'), 'let-me-in\n', null);
  writeFileSync(join(directory, 'tls/authority.pem'), 'PEM\n');
  const fleet = openFleetDirectory(directory);
  expect(fleet.settings).toEqual(SETTINGS);
  expect([fleet.ca('nats'), fleet.ca('homes')]).toEqual([undefined, 'PEM\n']);
  expect([fleet.deskToken(), fleet.warningKey().equals(privateKey)]).toEqual(['let-me-in', true]);
  for (const name of ['fleet.json', 'services/desk.token', 'services/warning.pem'])
    expect([name, statSync(join(directory, name)).mode & 0o777]).toEqual([name, 0o600]);
});

test('where there is none, what makes one is said', () => {
  expect(complaintOf(() => openFleetDirectory(directory))).toBe(
    `${directory} holds no fleet: "npm run fleet" makes one, or name its directory with --dir`,
  );
});

test.each([
  ['{', /fleet\.json is no JSON/],
  ['[]', /the whole: /],
  [JSON.stringify({ ...SETTINGS, extra: 1 }), /Unrecognized key: "extra"/],
  [JSON.stringify({ ...SETTINGS, homes: { urls: ['http://a'], ca: null } }), /homes\.urls\.0: /],
  [JSON.stringify({ ...SETTINGS, homes: { urls: ['mqtts://user:secret@a'], ca: null } }), /homes\.urls\.0: /],
  [JSON.stringify({ ...SETTINGS, desk: { ...SETTINGS.desk, key: null } }), /desk: cert and key belong together/],
  [JSON.stringify({ ...SETTINGS, database: { ...SETTINGS.database, desk: 'mysql://a' } }), /database\.desk: must be/],
])('%s is refused with the place of the mistake', (text, words) => {
  writeFileSync(join(directory, 'fleet.json'), text);
  expect(complaintOf(() => openFleetDirectory(directory))).toMatch(words);
});

test('a secret that is not on this machine, or is none, is named', () => {
  writeSettings(directory, SETTINGS, null);
  const fleet = openFleetDirectory(directory);
  expect(complaintOf(() => fleet.natsCredentials())).toMatch(/collector\.creds is missing: copy it from where/);
  writeFileSync(secretFile(directory, 'warningKey'), 'no key');
  expect(complaintOf(() => fleet.warningKey())).toMatch(/warning\.pem is no Ed25519 private key/);
});

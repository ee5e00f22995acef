// The fleet's own authority: what it signs is believed by whoever has it, for the names that were asked, and made anew in time.
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, createServer } from 'node:tls';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  certificateFacts,
  isHost,
  makeAuthority,
  makeCertificate,
  needsRenewal,
  type Pair,
  RENEW_WITHIN,
} from '../../../sensor/fleet/operator/certificates.ts';

let folder: string;
const pair = (name: string): Pair => ({ cert: join(folder, `${name}.pem`), key: join(folder, `${name}.key`) });
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'thingwatch-certificates-'));
  await makeAuthority(pair('authority'), 'Club "A/B"\n, CN=x');
  await makeAuthority(pair('other'), 'Other');
  await makeCertificate(pair('authority'), pair('server'), ['fleet.test', '127.0.0.1', '::1'], null);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** `none`, or what the client does not like. */
async function complaintOf(servername: string, authority: string): Promise<string> {
  const { cert, key } = pair('server');
  const server = createServer({ cert: readFileSync(cert), key: readFileSync(key) });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  try {
    return await new Promise((resolve) => {
      const ca = readFileSync(pair(authority).cert);
      const named = servername === '127.0.0.1' ? {} : { servername };
      const socket = connect({ host: '127.0.0.1', port, ca, ...named });
      const done = (what: string) => {
        socket.destroy();
        resolve(what);
      };
      socket.once('secureConnect', () => done('none'));
      socket.once('error', (error) => done('code' in error ? String(error.code) : error.message));
    });
  } finally {
    server.close();
  }
}

test('is believed for its names and addresses, by whoever has this authority', async () => {
  expect(await complaintOf('fleet.test', 'authority')).toBe('none');
  expect(await complaintOf('127.0.0.1', 'authority')).toBe('none');
  expect(await complaintOf('other.test', 'authority')).toBe('ERR_TLS_CERT_ALTNAME_INVALID');
  expect(await complaintOf('fleet.test', 'other')).toMatch(/UNABLE_TO_VERIFY|SELF_SIGNED|UNABLE_TO_GET_ISSUER/);
});

test('keys are for their owner alone, and nothing of the work is left behind', () => {
  for (const name of ['authority', 'server']) expect(statSync(pair(name).key).mode & 0o777).toBe(0o600);
  expect(statSync(pair('server').cert).mode & 0o777).toBe(0o644);
});

test('is made anew before it ends, and for names that it has not', () => {
  const { cert } = pair('server');
  const facts = certificateFacts(cert);
  expect(facts?.hosts.slice(0, 2)).toEqual(['fleet.test', '127.0.0.1']);
  const ends = facts?.ends ?? 0;
  expect(needsRenewal(cert, ['fleet.test', '127.0.0.1', '::1'], Date.now())).toBe(false);
  expect(needsRenewal(cert, ['fleet.test'], ends - RENEW_WITHIN + 1000)).toBe(true);
  expect(needsRenewal(cert, ['fleet.test', 'new.test'], Date.now())).toBe(true);
  expect(needsRenewal(cert, ['192.0.2.1'], Date.now())).toBe(true);
  expect(needsRenewal(join(folder, 'none.pem'), [], Date.now())).toBe(true);
});

test.each(['fleet', 'a.b-c.example', '192.0.2.1', '2001:db8::1'])('%s is a host', (host) => {
  expect(isHost(host)).toBe(true);
});

test.each(['', 'a b', 'a,DNS:b', '-a', '300.1.1.1', 'a..b', 'a/b', 'x'.repeat(64)])('%j is none', async (host) => {
  expect(isHost(host)).toBe(false);
  await expect(makeCertificate(pair('authority'), pair('bad'), [host], null)).rejects.toThrow(/neither a host name/);
});

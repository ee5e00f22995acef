// What nats-server is given: taken by the one that is installed, whatever the folders are called, and as the manual shows it.
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { makeAuthority, makeCertificate } from '../../../sensor/fleet/operator/certificates.ts';
import { nodeOf } from '../../../sensor/fleet/operator/cluster.ts';
import { makeKeys } from '../../../sensor/fleet/operator/credentials.ts';
import { type NatsNode, natsAccounts, natsConfig } from '../../../sensor/fleet/operator/nats-config.ts';
import { program } from '../../../sensor/fleet/operator/programs.ts';
import { blocksIn } from '../../manual/documents.ts';

const folder = mkdtempSync(join(tmpdir(), 'thingwatch-nats-config-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const NODES = ['nats1.example.org', 'nats2.example.org', 'nats3.example.org'];
const FOLDERS = { configFolder: '/etc/thingwatch-nats', dataFolder: '/var/lib/thingwatch-nats' };

it('is what the manual shows of a node', () => {
  const accounts = { operator: '…', system: 'A…', accounts: { 'A…': '…' } };
  const text = natsConfig(nodeOf(NODES[0] ?? '', NODES, FOLDERS), accounts);
  const shown = blocksIn('sensor/deploy/manual/fleet-operator.md').find((block) => block.language === 'text');
  expect(shown?.text.trim()).toBe(text.trim());
});

it('is taken by nats-server, alone and in a cluster, with a folder that has quotes in its name', async () => {
  const odd = join(folder, 'a "b\\c" d');
  mkdirSync(odd);
  const [authority, server] = ['authority', 'server'].map((name) => ({
    cert: join(odd, `${name}.pem`),
    key: join(odd, `${name}.key`),
  }));
  if (authority === undefined || server === undefined) throw new Error('two pairs');
  await makeAuthority(authority, 'Test');
  await makeCertificate(authority, server, ['nats1.example.org'], null);
  const accounts = await natsAccounts(makeKeys(), 'Test');
  const node = nodeOf(NODES[0] ?? '', NODES, { configFolder: odd, dataFolder: odd });
  const alone: NatsNode = { ...node, cluster: null, tlsInside: false, replicas: 1 };
  for (const [name, one] of Object.entries({ node, alone })) {
    const file = join(folder, `${name}.conf`);
    writeFileSync(file, natsConfig(one, accounts));
    const { status, stderr } = spawnSync(program('nats-server'), ['-t', '-c', file], { encoding: 'utf8' });
    expect([name, status, stderr]).toEqual([name, 0, expect.stringContaining('is valid')]);
  }
});

it('has each message written to the disk’s surface where the server knows how', () => {
  const accounts = { operator: 'o', system: 'A', accounts: {} };
  const text = (version: NatsNode['version']) =>
    natsConfig({ ...nodeOf(NODES[0] ?? '', NODES, FOLDERS), version }, accounts).includes('sync_interval: always');
  expect([text(null), text([2, 9]), text([2, 10]), text([3, 0])]).toEqual([false, false, true, true]);
});

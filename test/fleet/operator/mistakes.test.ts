// What a person is told whose fleet cannot start or be used: what happened, and what to do. Nothing is left running.
import { chmodSync, mkdirSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { postgresProgram } from '../../../sensor/fleet/operator/programs.ts';
import { ensureBuilt } from '../../program/program.ts';
import { RunningFleet } from './running-fleet.ts';

let fleet: RunningFleet;
beforeAll(ensureBuilt);
beforeEach(async () => {
  fleet = await RunningFleet.make();
});
afterEach(() => fleet.remove());

it.each([
  [['start', '--nats', '70000'], '"70000" is no port: 1 to 65535'],
  [['start', '--mqtt', 'nonsense'], 'nonsense is no place to listen: HOST:PORT'],
  [['start', '--host', 'a b'], '"a b" is neither a host name nor an address'],
  [['start', '--name', ''], 'the name of a fleet is a line of 1 to 80 characters'],
  [['start', '--nonsense'], "unknown option '--nonsense'"],
  [['nonsense'], "unknown command 'nonsense'"],
  [['enrol'], 'holds no fleet: "npm run fleet" makes one'],
  [['revoke'], "missing required argument 'home'"],
  [['cluster', 'a', 'b', '--database', 'postgres://a:b@c/d'], 'a cluster has 3 nodes or more'],
  [['cluster', 'a', 'b', 'c', '--database', 'mysql://x'], 'postgres://OWNER:PASSWORD@HOST:PORT/DATABASE'],
])('%j', (args, words) => {
  const said = fleet.give(...args);
  expect([said.code, said.err]).toEqual([2, expect.stringContaining(words)]);
  expect(said.err).not.toMatch(/^\s+at /m);
});

it('a port that something else has is named, with the option for another', async () => {
  const other = createServer();
  await new Promise<void>((resolve) => other.listen(fleet.ports.mqtt, '127.0.0.1', resolve));
  const said = fleet.give('start', ...fleet.choices);
  expect([said.code, said.err]).toEqual([
    2,
    expect.stringContaining(
      `MQTT, where homes report, cannot listen on 127.0.0.1:${fleet.ports.mqtt}: something else listens there already. Choose another place with --mqtt HOST:PORT`,
    ),
  ]);
  other.close();
});

it.runIf(process.getuid?.() === 0)(
  'a directory that the servers’ user cannot reach is named, with where to put it',
  () => {
    chmodSync(fleet.folder, 0o700);
    const said = fleet.give('start', ...fleet.choices);
    expect([said.code, said.err]).toEqual([
      2,
      expect.stringMatching(/cannot reach .* is closed to others\): name another directory with --dir/),
    ]);
  },
);

it('settings that were put wrong by hand are told with their place; keys that are gone, with what they are', () => {
  mkdirSync(fleet.path('operator'), { recursive: true });
  writeFileSync(fleet.path('fleet.json'), '{ "schema": "thingwatch.fleet-directory/1" }');
  expect(fleet.give('homes').err).toMatch(/fleet\.json cannot be used:\n {2}name: /);
  writeFileSync(fleet.path('operator/operator.json'), '{}');
  expect(fleet.give('start', ...fleet.choices).err).toMatch(/operator\.json cannot be used: schema /);
});

it('a database of a PostgreSQL that is not installed any more is not touched', () => {
  expect(() => postgresProgram('postgres', '9')).toThrow(
    /made with PostgreSQL 9, which is not installed .*postgresql-9/,
  );
  expect(statSync(postgresProgram('initdb')).mode & 0o111).not.toBe(0);
});

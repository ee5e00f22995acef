// `thingwatch evidence` as a person uses it: after a replay that kept its state, and while a sensor runs.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DIALOGUES, secretsIn } from '../support/dialogues.ts';
import { tcpConversation, writePcap } from '../support/packet-builder.ts';
import { at, CAMERA, MAIL_SERVER, outside, START } from '../support/stage.ts';
import { ensureBuilt, MAIN, Program, scratch, writeYaml } from './program.ts';

const { path, remove } = scratch();
let id = '';
const bytes: string[] = [];

beforeAll(async () => {
  await ensureBuilt();
  const frames = Object.values(DIALOGUES).flatMap((dialogue, n) =>
    tcpConversation({
      client: at(CAMERA, CAMERA.ip, 40_000 + n),
      server: outside(MAIL_SERVER, 25),
      time: START + n * 60_000,
      outcome: 'connected',
      dialogue: dialogue.map(([from, text]) => ({ from, bytes: Buffer.from(text, 'latin1') })),
    }),
  );
  writePcap(path('mail.pcap'), frames);
  const { code } = await Program.run(['replay', path('mail.pcap'), '--state', path('state'), '--format', 'json']);
  expect(code).toBe(0);
});
afterAll(remove);

const evidence = (...args: string[]) => Program.run(['evidence', '--state', path('state'), ...args]);

test('the list names the incidents, and the report is printed for one of them', async () => {
  const list = await evidence();
  expect(list).toMatchObject({ code: 0, stderr: '' });
  id = /^([a-z0-9]{16}) {2}2026-01-05 .*frames kept$/m.exec(list.stdout)?.[1] ?? '';
  expect(id).not.toBe('');
  const { code, stdout } = await evidence(id);
  expect(code).toBe(0);
  expect(stdout).toContain(`Incident        ${id}`);
  expect(stdout).toContain(CAMERA.mac);
  bytes.push(stdout);
});

test('the capture opens in tcpdump and capinfos, and neither it nor the database holds a secret', async () => {
  const file = path('evidence.pcap');
  const { code, stdout } = await evidence(id, '--pcap', file);
  expect({ code, stdout }).toEqual({ code: 0, stdout: '' });
  const lines = execFileSync('tcpdump', ['-n', '-r', file], { encoding: 'utf8', stdio: 'pipe' }).trim().split('\n');
  expect(lines.length).toBeGreaterThan(100);
  expect(lines.length).toBeLessThanOrEqual(256);
  expect(execFileSync('capinfos', ['-c', '-E', file], { encoding: 'utf8' })).toMatch(
    new RegExp(`Ethernet[^]*${lines.length}`),
  );
  const database = readFileSync(join(path('state'), 'thingwatch.db'));
  for (const octets of [readFileSync(file), database, ...bytes.map((text) => Buffer.from(text))])
    expect(secretsIn(octets)).toEqual([]);
});

test('- is standard output, and both files can be asked for at once', async () => {
  const file = path('evidence.pcap');
  const piped = execFileSync(process.execPath, [MAIN, 'evidence', id, '--pcap', '-', '--state', path('state')], {
    stdio: 'pipe',
  });
  expect(piped.equals(readFileSync(file))).toBe(true);
  const both = await evidence(id, '--pcap', file, '--text', path('report.txt'));
  expect(both).toMatchObject({ code: 0, stdout: '', stderr: expect.stringMatching(/evidence\.pcap.*report\.txt/s) });
  expect(readFileSync(path('report.txt'), 'utf8')).toBe(bytes[0]);
});

describe('what cannot be done is said', () => {
  test.each([
    ['an unknown incident', ['nothing'], 1, /no incident "nothing".*"thingwatch evidence" lists/s],
    ['two contents for one output', ['x', '--pcap', '-', '--text', '-'], 2, /only/],
    [
      'a place that cannot be written',
      ['ID', '--text', '/nowhere/report.txt'],
      1,
      /\/nowhere\/report\.txt cannot be written/,
    ],
  ])('%s', async (_, args, code, said) => {
    const ended = await evidence(...args.map((word) => (word === 'ID' ? id : word)));
    expect(ended).toMatchObject({ code, stdout: '', stderr: expect.stringMatching(said) });
  });

  test('a directory without a database', async () => {
    const ended = await Program.run(['evidence', '--state', path('elsewhere')]);
    expect(ended).toMatchObject({ code: 1, stderr: expect.stringMatching(/no database .*elsewhere.*--state/s) });
  });
});

test('while a sensor has the database open', async () => {
  const config = path('serve.json');
  writeYaml(config, { web: { listen: '127.0.0.1:0' }, mqtt: { listen: '127.0.0.1:0' } });
  const sensor = Program.start(['--config', config, 'replay', '--serve', '--state', path('live'), path('mail.pcap')]);
  try {
    await sensor.says(/The replay is over/);
    const { code, stdout } = await Program.run(['evidence', id, '--state', path('live')]);
    expect({ code, stdout }).toEqual({ code: 0, stdout: bytes[0] });
  } finally {
    await sensor.stop();
  }
});

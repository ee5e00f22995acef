// `/metrics` of the built program: loaded where it is switched on and nowhere else, with its token out of a file.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { namingProblems, parseExposition, sampleOf } from '../support/exposition.ts';
import { freePort } from '../support/mosquitto.ts';
import { CAPTURES, ensureBuilt, Program, ROOT, scratch, writeYaml } from './program.ts';

const TOKEN = 'a-token-for-the-built-sensor';
const files = scratch();
const running: Program[] = [];
beforeAll(ensureBuilt);
afterEach(async () => {
  for (const program of running.splice(0)) await program.kill();
});
afterAll(files.remove);

async function configured(metrics: object): Promise<{ config: string; web: number }> {
  const [web, mqtt] = [await freePort(), await freePort()];
  const config = writeYaml(files.path('config.yaml'), {
    web: { listen: `127.0.0.1:${web}`, base_path: '/watch' },
    mqtt: { listen: `127.0.0.1:${mqtt}` },
    metrics,
  });
  return { config, web };
}

function serve(config: string): Program {
  const capture = join(CAPTURES, 'three-mailers.pcap');
  const program = Program.start(['--config', config, 'replay', '--serve', '--format', 'json', capture]);
  running.push(program);
  return program;
}

function scrape(port: number, token: string): Promise<{ status: number; text: string }> {
  const headers = { Authorization: `Bearer ${token}` };
  return new Promise((resolve, reject) => {
    const outgoing = request({ host: '127.0.0.1', port, path: '/watch/metrics', headers, agent: false }, (answer) => {
      let text = '';
      answer.setEncoding('utf8').on('data', (part: string) => {
        text += part;
      });
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, text }));
    });
    outgoing.on('error', reject).end();
  });
}

it('tells of a replay what its report does, to whoever has the token of the file', async () => {
  writeFileSync(files.path('token'), `${TOKEN}\n`);
  const { config, web } = await configured({ token_file: files.path('token') });
  const program = serve(config);
  await program.says(/The replay is over/);
  const { status, text } = await scrape(web, TOKEN);
  expect(status).toBe(200);
  const families = parseExposition(text);
  expect(namingProblems(families)).toEqual([]);
  const report = JSON.parse(program.stdout) as { incidents: { kind: string }[]; devices: unknown[] };
  const kinds = new Set(report.incidents.map(({ kind }) => kind));
  expect(kinds.size).toBeGreaterThan(0);
  for (const kind of kinds) {
    const told = report.incidents.filter((incident) => incident.kind === kind).length;
    expect(sampleOf(families, 'thingwatch_incidents', { kind, state: 'open' })).toBe(told);
  }
  expect(sampleOf(families, 'thingwatch_devices')).toBe(report.devices.length);
  expect(sampleOf(families, 'thingwatch_capture_state', { state: 'ended' })).toBe(1);
  expect((await scrape(web, 'another-token-than-that')).status).toBe(401);
  const { stderr } = await program.stop();
  expect(stderr + program.stdout).not.toContain(TOKEN);
});

it('is not there by itself', async () => {
  const { config, web } = await configured({});
  await serve(config).says(/Page: /);
  expect((await scrape(web, TOKEN)).status).toBe(404);
});

it('a token file that is not there, or too short a token in it, is a mistake in the configuration', async () => {
  for (const [content, words] of [
    [null, /metrics\.token_file: .* cannot be read/],
    ['short\n', /metrics\.token_file: what is in .* must be 16 characters or more/],
  ] as const) {
    const path = files.path(`token-${String(content === null)}`);
    if (content !== null) writeFileSync(path, content);
    const { config } = await configured({ token_file: path });
    const { code, stderr } = await serve(config).ended;
    expect(code).toBe(2);
    expect(stderr).toMatch(words);
    expect(stderr).not.toContain('short');
  }
});

it('its code lies in a chunk of its own, which no start loads at once', () => {
  const chunks = join(ROOT, 'dist/sensor/chunks');
  const names = readdirSync(chunks).filter((name) => name.endsWith('.js'));
  const own = names.filter((name) =>
    readFileSync(join(chunks, name), 'utf8').includes('thingwatch_alert_delay_seconds'),
  );
  expect(own).toHaveLength(1);
  const atOnce = names.filter((name) =>
    new RegExp(`^(?:const \\w+ = )?require\\("\\./${own[0]}"\\)`, 'm').test(readFileSync(join(chunks, name), 'utf8')),
  );
  expect(atOnce).toEqual([]);
});

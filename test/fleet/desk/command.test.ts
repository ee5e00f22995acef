// `thingwatch fleet desk` as the built program over a real fleet's directory: tokens by the command line, TLS with the fleet's own
// authority, a page and an API that answer, and what is said where it cannot serve.
import { mkdirSync, readFileSync } from 'node:fs';
import { type RequestOptions, request } from 'node:https';
import { connect } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { makeAuthority, makeCertificate } from '../../../sensor/fleet/operator/certificates.ts';
import { FLEET_SCHEMA, type FleetSettings, writeSettings } from '../../../sensor/fleet/operator/fleet-directory.ts';
import { ensureBuilt, Program, scratch } from '../../program/program.ts';
import { population } from './population.ts';
import { DeskStage, NOW } from './stage.ts';

const files = scratch();
let stage: DeskStage;
let database: string;
const running: Program[] = [];
const made = population(1, NOW, { homes: 30 });
const HOME = made.homes[0]?.home ?? '';

beforeAll(async () => {
  await ensureBuilt();
  stage = await DeskStage.begin();
  const { db, url } = await stage.database(made);
  await db.close();
  database = url;
}, 240_000);
afterEach(async () => {
  for (const program of running.splice(0)) await program.kill();
});
afterAll(async () => {
  await stage.end();
  files.remove();
});

let count = 0;
/** A fleet's directory of which a desk needs its settings, its certificate and its tokens. */
async function directory(desk: Partial<FleetSettings['desk']> = {}): Promise<string> {
  count += 1;
  const at = files.path(`fleet${count}`);
  for (const folder of ['', '/tls', '/services', '/operator']) mkdirSync(at + folder);
  const authority = { cert: `${at}/tls/authority.pem`, key: `${at}/operator/authority.key` };
  await makeAuthority(authority, 'Test fleet');
  await makeCertificate(
    authority,
    { cert: `${at}/tls/server.pem`, key: `${at}/tls/server.key` },
    ['desk.example', '127.0.0.1'],
    null,
  );
  const mqtt = { urls: ['mqtts://127.0.0.1:8883'], ca: null };
  writeSettings(
    at,
    {
      ...{
        schema: FLEET_SCHEMA,
        name: 'Test fleet',
        nats: { urls: ['tls://127.0.0.1:4222'], ca: null },
        mqtt,
        homes: mqtt,
      },
      database: { collector: database, desk: database },
      desk: { listen: '127.0.0.1:0', cert: 'tls/server.pem', key: 'tls/server.key', ...desk },
    },
    null,
  );
  return at;
}

const run = (at: string, ...words: string[]) => Program.run(['fleet', 'desk', '--dir', at, ...words]);

interface Asked {
  status: number;
  text: string;
  cookie: string;
}

async function serve(at: string): Promise<{
  program: Program;
  ask: (path: string, options?: RequestOptions, body?: object) => Promise<Asked>;
  port: number;
}> {
  const program = Program.start(['fleet', 'desk', '--dir', at]);
  running.push(program);
  const port = Number((await program.says(/the desk of Test fleet is at https:\/\/127\.0\.0\.1:(\d+)\//))[1]);
  const ca = readFileSync(`${at}/tls/authority.pem`);
  const ask = (path: string, options: RequestOptions = {}, body?: object): Promise<Asked> =>
    new Promise((resolve, reject) => {
      const place = { host: '127.0.0.1', port, path, ca, servername: 'desk.example', agent: false } as const;
      const { headers = {} } = options;
      const typed = { Host: `desk.example:${port}`, 'Content-Type': 'application/json', ...headers };
      const outgoing = request({ ...place, ...options, headers: typed }, (incoming) => {
        let text = '';
        incoming.setEncoding('utf8').on('data', (part: string) => {
          text += part;
        });
        incoming.on('end', () =>
          resolve({
            status: incoming.statusCode ?? 0,
            text,
            cookie: incoming.headers['set-cookie']?.[0]?.split(';')[0] ?? '',
          }),
        );
      });
      outgoing.on('error', reject);
      outgoing.end(body === undefined ? undefined : JSON.stringify(body));
    });
  return { program, ask, port };
}

describe('thingwatch fleet desk', () => {
  it('makes tokens, serves page and API over TLS to who has one, and ends what was opened when it is taken away', async () => {
    const at = await directory();
    const token = (await run(at, '--add-token', 'Ada', '--home', HOME)).stdout.trim();
    expect(token).toMatch(/^[\w-]{32}$/);
    expect((await run(at, '--tokens')).stdout).toMatch(new RegExp(`^Ada: helper, made \\S+, opens ${HOME}\\n$`));
    const { ask, program } = await serve(at);
    expect((await ask('/')).text).toContain('<title>thingwatch fleet</title>');
    expect((await ask('/', { headers: { Host: 'evil.example' } })).status).toBe(403);
    expect((await ask('/api/homes')).status).toBe(401);
    const opened = await ask('/api/login', { method: 'POST' }, { token });
    expect([opened.status, opened.cookie]).toEqual([200, expect.stringContaining('thingwatch_desk=')]);
    const headers = { Cookie: opened.cookie };
    const homes = JSON.parse((await ask('/api/homes', { headers })).text) as { homes: unknown[] };
    expect(homes.homes).toHaveLength(30);
    expect((await ask(`/api/homes/${HOME}/records`, { headers })).status).toBe(200);
    expect((await run(at, '--remove-token', 'Ada')).code).toBe(0);
    await expect.poll(async () => (await ask('/api/homes', { headers })).status).toBe(401);
    const { code, stderr } = await program.stop();
    expect(code).toBe(0);
    expect(stderr).toContain(`the record of ${HOME} was opened with the token "Ada"`);
    expect(stderr + readFileSync(`${at}/services/desk-tokens.json`, 'utf8')).not.toContain(token);
  });

  it('tells nobody anything in the clear', async () => {
    const { port } = await serve(await directory());
    const answer = await new Promise<string>((resolve) => {
      let text = '';
      const socket = connect(port, '127.0.0.1', () =>
        socket.write('GET /api/session HTTP/1.1\r\nHost: desk.example\r\n\r\n'),
      );
      socket.on('data', (part) => {
        text += part.toString('latin1');
      });
      socket.on('error', () => {});
      socket.on('close', () => resolve(text));
    });
    expect(answer).not.toContain('HTTP/');
  });

  it.each<[string, Partial<FleetSettings['desk']>, string[], RegExp]>([
    [
      'has no certificate beyond this machine',
      { listen: '0.0.0.0:0', cert: null, key: null },
      [],
      /in the clear.*give it a certificate/s,
    ],
    [
      'has a key that is none',
      { key: 'tls/server.pem' },
      [],
      /certificate or key .* cannot be used: check desk\.cert and desk\.key/,
    ],
    ['has an address of others', { listen: '192.0.2.1:8443' }, [], /no address 192\.0\.2\.1\. Check desk\.listen/],
    ['makes a token for what is no home', {}, ['--add-token', 'Ada', '--home', 'x'], /homes by their id/],
  ])('that %s says so and ends with 2', async (_what, desk, words, said) => {
    const { code, stderr } = await run(await directory(desk), ...words);
    expect(stderr).toMatch(said);
    expect(code).toBe(2);
  });

  it('without a fleet, or a token to take away, says so', async () => {
    expect(await run(files.path('nothing'))).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('holds no fleet'),
    });
    const missing = await run(await directory(), '--remove-token', 'Bob');
    expect(missing).toMatchObject({ code: 1, stderr: expect.stringContaining('there is no token named "Bob"') });
  });
});

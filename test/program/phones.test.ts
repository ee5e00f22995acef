// The built program, a page with a certificate, and phones that are told by Web Push: through an outage and SIGKILL, counted at the
// phones; unpaired from the command line; and that nothing of theirs is anywhere to be read. The push service is one on loopback.
import { rmSync, statSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import type { Health } from '../../sensor/record/health.ts';
import { databaseIn } from '../../sensor/spine.ts';
import { reportFault } from '../support/fault-table.ts';
import { type Authority, makeAuthority } from '../support/mosquitto.ts';
import { mail } from '../support/name-frames.ts';
import { PushServiceStandIn, type StandInPhone } from '../support/push-service.ts';
import { MAIL_SERVER, MINUTE, SECOND, START } from '../support/stage.ts';
import { onDisk } from './broker-stage.ts';
import { PipedSensor } from './piped-sensor.ts';
import { ensureBuilt, eventually, Program, scratch } from './program.ts';

const files = scratch();
let authority: Authority;
let service: PushServiceStandIn;
let running: PipedSensor[];

beforeAll(async () => {
  await ensureBuilt();
  authority = makeAuthority();
});
beforeEach(async () => {
  running = [];
  service = await new PushServiceStandIn(authority.server).start();
  for (const [name, text] of Object.entries({ ...authority.server, ca: authority.ca }))
    writeFileSync(files.path(`${name}.pem`), text, { mode: 0o644 });
});
afterEach(async () => {
  for (const { program } of running) await program.kill();
  await service.stop();
});
afterAll(() => {
  rmSync(authority.directory, { recursive: true });
  files.remove();
});

const state = files.path('state');
const config = files.path('sensor.yaml');

function start(): PipedSensor {
  const sensor = new PipedSensor({
    ...{ config, state, mqtt: { url: 'mqtt://127.0.0.1:1' } },
    web: { cert: files.path('cert.pem'), key: files.path('key.pem') },
    notify: { phones: { kind: 'webpush', services: [service.host], ca: files.path('ca.pem') } },
  });
  running.push(sensor);
  return sensor;
}

/** A browser on the page, over TLS. */
class Browser {
  readonly #port: number;
  #cookie = '';

  static async pair({ program }: PipedSensor): Promise<Browser> {
    const [, port, token] = await program.says(/https:\/\/127\.0\.0\.1:(\d+)\/#\/pair\/(\S+)/);
    const browser = new Browser(Number(port));
    await browser.ask('POST', '/api/pair', { token, name: 'Lena’s phone' });
    return browser;
  }

  private constructor(port: number) {
    this.#port = port;
  }

  ask<T>(method: string, path: string, body?: object): Promise<T> {
    const headers = { cookie: this.#cookie, ...(body === undefined ? {} : { 'content-type': 'application/json' }) };
    return new Promise((resolve, reject) => {
      const options = { host: '127.0.0.1', port: this.#port, method, path, headers, ca: authority.ca, agent: false };
      const outgoing = request(options, async (answer) => {
        let text = '';
        for await (const chunk of answer.setEncoding('utf8')) text += chunk;
        const [cookie] = answer.headers['set-cookie'] ?? [];
        if (cookie !== undefined) this.#cookie = cookie.split(';')[0] ?? '';
        if (answer.statusCode === 200) resolve(JSON.parse(text));
        else reject(new Error(`${path}: ${answer.statusCode} ${text}`));
      });
      outgoing.on('error', reject).end(body === undefined ? undefined : JSON.stringify(body));
    });
  }

  async tell(): Promise<StandInPhone> {
    const phone = service.phone();
    await this.ask('POST', '/api/phone', service.subscription(phone));
    return phone;
  }
}

const device = (n: number) => ({ mac: `24:0a:c4:10:00:${(n + 16).toString(16)}`, ip: `192.168.1.${n + 30}` });
function mails(sensor: PipedSensor, from: number, to: number): void {
  for (let n = from; n < to; n++) sensor.feed(mail(device(n), MAIL_SERVER, START + n * SECOND, { outcome: 'refused' }));
  sensor.feed(mail(device(from), MAIL_SERVER, START + to * SECOND + MINUTE, { outcome: 'refused' }));
}

it('are told of each alert once over an outage and SIGKILL, of tests, and no more once they are unpaired', async () => {
  const first = start();
  const browser = await Browser.pair(first);
  const { key } = await browser.ask<{ key: string }>('GET', '/api/phone');
  const [one, two] = [await browser.tell(), await (await Browser.pair(await again(first))).tell()];
  expect(one.shown).toEqual([]);
  await service.stop();
  const second = running.at(-1) as PipedSensor;
  mails(second, 0, 4);
  const waiting = () =>
    onDisk<{ id: string; target: string }>(state, "SELECT id, target FROM outbox WHERE target LIKE 'phones:%'");
  await eventually(() => (waiting().length >= 8 ? true : null));
  await second.program.kill();
  const ids = new Set(waiting().map(({ id }) => id.split('@')[0]));
  await service.start();
  const third = start();
  await eventually(() => (two.shown.length === ids.size && one.shown.length === ids.size ? true : null));
  for (const phone of [one, two]) expect(new Set(phone.shown.map(({ id }) => id))).toEqual(ids);
  expect(service.refusals).toEqual([]);
  reportFault({
    fault: 'push service away, and SIGKILL',
    inputs: `${ids.size} alerts to 2 phones`,
    outcome: 'each told once to each',
    lost: 0,
  });

  const phone = await Browser.pair(third);
  expect((await phone.ask<{ key: string }>('GET', '/api/phone')).key).toBe(key);
  const { code, stdout } = await Program.run(['--config', config, 'test-alert']);
  expect([code, stdout]).toEqual([1, expect.stringContaining(`taken    phones (webpush at ${service.host})\n`)]);
  expect([one.shown.at(-1)?.title, two.shown.at(-1)?.hash]).toEqual(['Thingwatch: test alert', '#/']);

  const [oldest] = onDisk<{ id: string }>(state, 'SELECT id FROM browsers ORDER BY created_at');
  await Program.run(['--config', config, 'pair', '--revoke', oldest?.id ?? '']);
  await eventually(() => (onDisk(state, 'SELECT * FROM push_phones').length === 1 ? true : null));
  const before = one.shown.length;
  await phone.ask('POST', '/api/commands', { type: 'test_alert' });
  await eventually(() =>
    two.shown.at(-1)?.title === 'Thingwatch: test alert' && service.taken.length > 2 * ids.size + 2 ? true : null,
  );
  expect(one.shown).toHaveLength(before);

  expect(statSync(databaseIn(state)).mode & 0o777).toBe(0o600);
  const shown = [
    JSON.stringify(
      await Promise.all(
        ['/api/health', '/api/log', '/api/support-bundle', '/api/browsers'].map((path) => phone.ask('GET', path)),
      ),
    ),
    ...running.map(({ program }) => program.stderr),
  ].join('\n');
  const [secret] = onDisk<{ value: string }>(state, "SELECT value FROM meta WHERE key = 'push_key'");
  expect(secret?.value.length).toBeGreaterThan(100);
  for (const hidden of [secret?.value ?? '', one.path.slice(6), two.path.slice(6), two.auth.toString('base64url')])
    expect(shown).not.toContain(hidden);
  expect(JSON.stringify(await phone.ask('GET', '/api/support-bundle'))).not.toContain('Lena');
  const [phones] = (await phone.ask<Health>('GET', '/api/health')).notify;
  expect(phones).toMatchObject({
    name: 'phones',
    kind: 'webpush',
    host: service.host,
    error: null,
    waiting: 0,
    dropped: 0,
  });
}, 90_000);

/** Ends it as a person does, and starts it anew. */
async function again({ program }: PipedSensor): Promise<PipedSensor> {
  await program.stop();
  return start();
}

it('doctor says whether browsers will offer it, and what a service needs', async () => {
  start();
  const checks = async () => {
    const { stdout } = await Program.run(['--config', config, 'doctor', '--seconds', '0', '--json']);
    return JSON.parse(stdout).checks.filter(({ name }: { name: string }) => name === 'notify.phones');
  };
  expect(await checks()).toMatchObject([{ result: 'ok', found: expect.stringContaining('IPAddressAllow=any') }]);
}, 60_000);

// The API by which a paired browser has its phone told of alerts: its own alone, of push services alone, and gone with the browser.
import { rmSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { type Authority, makeAuthority } from '../support/mosquitto.ts';
import { newMemoryHome } from '../support/page-model.ts';
import { PhonesLab } from '../support/phones-lab.ts';
import { type RunningWeb, startWeb } from '../support/web-client.ts';

let authority: Authority;
let lab: PhonesLab;
let web: RunningWeb;
let cookie: string;

beforeAll(() => {
  authority = makeAuthority();
});
afterAll(() => rmSync(authority.directory, { recursive: true }));
beforeEach(async () => {
  lab = await PhonesLab.open(authority);
  web = await startWeb(newMemoryHome(Date.now(), [], []), { browsers: lab.store.browsers, phones: () => lab.phones });
  cookie = await web.pair('Phone');
});
afterEach(async () => {
  await web.close();
  await lab.close();
});

const phone = (options = {}) => web.call('/api/phone', { cookie, ...options });
const subscription = () => lab.service.subscription(lab.service.phone());
const mine = () => lab.store.phones.list();

it('a browser asks for the key, puts its phone on the list and takes it off again', async () => {
  const untold = { key: lab.phones.key, state: 'untold', error: null, lastTakenAt: null };
  expect((await phone()).json).toEqual(untold);
  const body = subscription();
  expect((await phone({ method: 'POST', body })).json).toEqual({ ok: true });
  const [browser] = lab.store.browsers.list();
  expect(mine()).toMatchObject([{ browser: browser?.id, endpoint: body.endpoint, ...body.keys, lostAt: null }]);
  expect((await phone()).json).toEqual({ ...untold, state: 'told' });
  expect((await phone({ method: 'POST', body: subscription() })).json).toEqual({ ok: true });
  expect(mine()).toHaveLength(1);
  expect((await phone({ method: 'DELETE' })).json).toEqual({ ok: true, changed: true });
  expect((await phone({ method: 'DELETE' })).json).toEqual({ ok: true, changed: false });
  expect([mine(), (await phone()).json]).toEqual([[], untold]);
});

it('each is told of its own alone, and one that is unpaired from anywhere is told no more', async () => {
  await phone({ method: 'POST', body: subscription() });
  const other = await web.pair('Other');
  expect((await phone({ cookie: other })).json).toMatchObject({ state: 'untold' });
  await phone({ cookie: other, method: 'POST', body: subscription() });
  expect(mine()).toHaveLength(2);
  const [first] = lab.store.browsers.list();
  await web.call(`/api/browsers/${first?.id}`, { cookie: other, method: 'DELETE' });
  expect(mine().map(({ browser }) => browser)).toEqual([lab.store.browsers.list()[0]?.id]);
  expect((await phone()).status).toBe(401);
  await web.call('/api/unpair', { cookie: other, method: 'POST' });
  expect([mine(), lab.phones.health().queues]).toEqual([[], []]);
});

it('an address that is no push service’s is refused, whatever it is, and nobody there is asked anything', async () => {
  const good = subscription();
  for (const endpoint of ['https://192.168.1.1/', 'https://127.0.0.1:1/', 'http://fcm.googleapis.com/', 'x']) {
    const answer = await phone({ method: 'POST', body: { ...good, endpoint } });
    expect([answer.status, answer.json]).toMatchObject([403, { error: { code: 'foreign' } }]);
    expect(answer.text).not.toContain('192.168');
  }
  const bad = await phone({ method: 'POST', body: { ...good, keys: { ...good.keys, p256dh: good.keys.auth } } });
  expect([bad.status, bad.json]).toMatchObject([400, { error: { code: 'bad_keys' } }]);
  for (const body of [
    {},
    { endpoint: good.endpoint },
    { ...good, more: 1 },
    { ...good, endpoint: 'x'.repeat(2001) },
    [],
  ])
    expect((await phone({ method: 'POST', body })).status).toBe(400);
  lab.happens();
  expect([mine(), lab.service.asked]).toEqual([[], []]);
});

it('where nobody asked for it there is none, and that is said', async () => {
  await web.close();
  web = await startWeb(newMemoryHome(Date.now(), [], []));
  cookie = await web.pair('Phone');
  for (const method of ['GET', 'DELETE', 'POST']) {
    const answer = await phone({ method, ...(method === 'POST' ? { body: subscription() } : {}) });
    expect([answer.status, answer.text]).toEqual([
      404,
      expect.stringContaining('the configuration has no webpush target'),
    ]);
  }
});

it('no address, key or secret of a phone is in what the page can ask for', async () => {
  const body = subscription();
  await phone({ method: 'POST', body });
  const paths = ['/api/phone', '/api/browsers', '/api/health', '/api/support-bundle', '/api/log'];
  const shown = (await Promise.all(paths.map((path) => web.call(path, { cookie })))).map(({ text }) => text).join('\n');
  expect(shown).not.toContain(new URL(body.endpoint).pathname);
  for (const secret of [body.keys.auth, body.keys.p256dh, lab.secret]) expect(shown).not.toContain(secret);
});

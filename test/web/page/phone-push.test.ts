// “Tell this phone” in real chromium: the worker in its place below a prefix, the button's way to the sensor, a message as a push
// service hands it on, and a tap on it. Chromium cannot reach a push service from here, so that its answer to `subscribe` is the one of
// the stand-in, and what that has decrypted is given to the worker by the browser's own tools.
import { readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { SCREENS } from '../../support/browser.ts';
import { type Authority, makeAuthority } from '../../support/mosquitto.ts';
import { type MemoryHome, troubledHome } from '../../support/page-model.ts';
import { pageStage } from '../../support/page-stage.ts';
import { PhonesLab } from '../../support/phones-lab.ts';
import type { StandInPhone } from '../../support/push-service.ts';
import { anIncident } from '../../support/small-home.ts';
import { until } from '../../support/transcript.ts';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const [look] = SCREENS;
const stage = pageStage();
let authority: Authority;
let lab: PhonesLab;

beforeAll(() => {
  authority = makeAuthority();
});
afterAll(() => rmSync(authority.directory, { recursive: true }));
beforeEach(async () => {
  lab = await PhonesLab.open(authority);
});
afterEach(async () => {
  // The page asks the lab for as long as it is open.
  await stage.clear();
  await lab.close();
});

const BASE = '/home/thing/';
/** One that the page knows. */
const INCIDENT = 'a1b2c3d4e5f6a7b8';
const button = (page: Page, name: string) => page.getByRole('button', { name, exact: true });

/** The Sensor view of a paired browser, whose permission is as given. */
async function open(permission: 'granted' | 'denied'): Promise<Page> {
  const home: MemoryHome = troubledHome(Date.now());
  const { health } = home.model;
  home.model.health = () => ({ ...health(), notify: [...lab.notify.health(), lab.phones.health()] });
  const options = { browsers: lab.store.browsers, phones: () => lab.phones, basePath: BASE };
  const page = await stage.open(home, look, options);
  if (permission === 'granted') await page.context().grantPermissions(['notifications'], { origin: origin() });
  await stage.pair(page);
  await page.goto(`${origin()}${BASE}#/sensor`);
  await page.getByRole('heading', { name: 'Alerts on this phone' }).waitFor();
  return page;
}

const origin = () => `http://127.0.0.1:${stage.web.port}`;

/** What chromium would have from its push service. */
async function standIn(page: Page): Promise<StandInPhone> {
  const phone = lab.service.phone();
  await page.evaluate((subscription) => {
    let current: PushSubscription | null = null;
    PushManager.prototype.getSubscription = () => Promise.resolve(current);
    PushManager.prototype.subscribe = (options) => {
      const key = options?.applicationServerKey as Uint8Array;
      if (options?.userVisibleOnly !== true || key.length !== 65 || key[0] !== 4)
        return Promise.reject(new TypeError());
      const unsubscribe = () => {
        current = null;
        return Promise.resolve(true);
      };
      current = {
        toJSON: () => ({ ...subscription, expirationTime: null }),
        unsubscribe,
      } as unknown as PushSubscription;
      return Promise.resolve(current);
    };
  }, lab.service.subscription(phone));
  return phone;
}

it('the button puts the phone on the list; an alert is shown with its words alone and leads to its incident; the button takes it off', async () => {
  const page = await open('granted');
  expect(await page.evaluate(() => navigator.serviceWorker.getRegistration())).toBeUndefined();
  const phone = await standIn(page);
  const worker = page.context().waitForEvent('serviceworker');
  const tools = await page.context().newCDPSession(page);
  const registered = new Promise<string>((resolve) =>
    tools.on('ServiceWorker.workerRegistrationUpdated', ({ registrations: [one] }) => {
      if (one !== undefined) resolve(one.registrationId);
    }),
  );
  await tools.send('ServiceWorker.enable');
  await button(page, 'Tell this phone').click();
  await page.getByText('This phone is told of alerts, also while the page is closed.').waitFor();
  expect((await worker).url()).toBe(`${origin()}${BASE}push.js`);
  const scope = await page.evaluate(async () => (await navigator.serviceWorker.ready).scope);
  expect(scope).toBe(`${origin()}${BASE}`);
  const violations = await page.evaluate<string[]>(
    `${axe}; axe.run().then(({ violations }) => violations.map(({ id }) => id))`,
  );
  expect(violations).toEqual([]);
  expect(lab.store.phones.list()).toHaveLength(1);

  lab.happens({ incident: anIncident({ id: INCIDENT }) });
  await until(() => phone.shown.length === 1);
  const data = JSON.stringify(phone.shown[0]);
  await tools.send('ServiceWorker.deliverPushMessage', { origin: origin(), registrationId: await registered, data });
  const shown = () =>
    page.evaluate(async () => {
      const registration = await navigator.serviceWorker.ready;
      return (await registration.getNotifications()).map(({ body, data, tag, title }) => ({ body, data, tag, title }));
    });
  await expect.poll(shown).toEqual([
    {
      title: 'Thingwatch: Espressif (…:be:ef)',
      body: 'Hallway camera started sending mail.\n\nStop it.',
      ...{ data: `#/incidents/${INCIDENT}`, tag: phone.shown[0]?.id },
    },
  ]);

  // A tap, as the browser tells the worker of it.
  await (await worker).evaluate(async () => {
    const scopeOf = globalThis as unknown as { registration: ServiceWorkerRegistration };
    const [notification] = await scopeOf.registration.getNotifications();
    const Tap = (globalThis as unknown as { NotificationEvent: new (kind: string, of: object) => Event })
      .NotificationEvent;
    dispatchEvent(new Tap('notificationclick', { notification }));
  });
  await page.waitForURL(`${origin()}${BASE}#/incidents/${INCIDENT}`);
  await expect.poll(shown).toEqual([]);

  // What cannot be read is shown as something, as browsers want, and leads nowhere else.
  const foreign = JSON.stringify({ title: 'x', body: 'y', hash: '//evil.example', id: 1 });
  for (const text of ['no JSON', foreign])
    await tools.send('ServiceWorker.deliverPushMessage', {
      origin: origin(),
      registrationId: await registered,
      data: text,
    });
  await expect
    .poll(async () => (await shown()).map(({ data: place, title }) => [title, place]).sort())
    .toEqual([
      ['Thingwatch', '#/'],
      ['x', '#/'],
    ]);

  // A browser whose data was cleared has no subscription, whatever the sensor believes.
  await page.goto(`${origin()}${BASE}#/sensor`);
  await page.getByText(/^This phone is told of alerts.* It last took one/).waitFor();
  await page.reload();
  await button(page, 'Tell this phone').waitFor();
  expect(lab.store.phones.list()).toHaveLength(1);
  await standIn(page);
  await button(page, 'Tell this phone').click();
  await button(page, 'Tell this phone no more').click();
  await page.getByText('This phone is not told of alerts while the page is closed.').waitFor();
  expect(lab.store.phones.list()).toEqual([]);
  expect(await page.evaluate(() => navigator.serviceWorker.getRegistration())).toBeUndefined();
  expect(stage.problems).toEqual([]);
});

it('says what stands in the way, and asks nobody', async () => {
  const page = await open('denied');
  await page.evaluate(() => Object.defineProperty(Notification, 'permission', { get: () => 'denied' }));
  await page.goto(`${origin()}${BASE}#/devices`);
  await page.goto(`${origin()}${BASE}#/sensor`);
  await page.getByText('This browser does not let the page show notifications.').waitFor();
  expect(await button(page, 'Tell this phone').count()).toBe(0);
  expect([lab.store.phones.list(), lab.service.asked]).toEqual([[], []]);
});

// All targets together: each is told what it asked for, and one in trouble keeps nothing from the others or from the broker's queue.

import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { english } from '../../../sensor/language/words.ts';
import { silentLog } from '../../../sensor/log.ts';
import { type Notify, startNotify } from '../../../sensor/publish/notify/notify.ts';
import type { NotifyTarget } from '../../../sensor/publish/notify/shapes.ts';
import { systemTimers } from '../../../sensor/publish/ports.ts';
import { AlertQueue } from '../../../sensor/record/alert-queue.ts';
import { type IncidentEvent, newRecordEvents } from '../../../sensor/record/events.ts';
import { Store } from '../../../sensor/record/store.ts';
import { UnstoredAlerts } from '../../../sensor/record/unstored-alerts.ts';
import { GotifyStandIn, NtfyStandIn, type StandIn, WebhookStandIn } from '../../support/notify-servers.ts';
import { sampleWeek } from '../../support/sample-weeks.ts';
import { anIncident, START } from '../../support/small-home.ts';
import { until } from '../../support/transcript.ts';

const events = newRecordEvents();
let store: Store;
let queue: AlertQueue;
let servers: { ntfy: NtfyStandIn; gotify: GotifyStandIn; hook: WebhookStandIn };
let notify: Notify;

beforeEach(async () => {
  store = Store.open({ path: ':memory:', now: () => START });
  queue = new AlertQueue({ store: () => store, unstored: new UnstoredAlerts(), failed: () => {} });
  servers = {
    ntfy: await new NtfyStandIn().start(),
    gotify: await new GotifyStandIn().start(),
    hook: await new WebhookStandIn().start(),
  };
  const of = (
    name: string,
    kind: NotifyTarget['kind'],
    server: StandIn,
    over: Partial<NotifyTarget>,
  ): NotifyTarget => ({
    ...{ name, kind, url: new URL(server.url), topic: '', token: null, secret: null, least: 'medium', quiet: null },
    ...{ weekly: true, names: false, ca: null },
    ...over,
  });
  notify = startNotify({
    words: english,
    targets: [
      of('phone', 'ntfy', servers.ntfy, { topic: 'home' }),
      of('family', 'gotify', servers.gotify, { token: servers.gotify.token, least: 'critical', weekly: false }),
      of('flow', 'webhook', servers.hook, { names: true, least: 'info' }),
    ],
    queueOf: (name) => queue.of(name),
    tell: ({ summary }, withNames) => ({
      who: withNames ? 'Lena’s camera' : 'Espressif (…:be:ef)',
      summary,
      advice: [],
    }),
    tellWeek: (_, withNames) => ['The home was watched.', withNames ? 'Lena’s camera' : 'Espressif (…:be:ef)'],
    pageUrl: null,
    version: '1.2.3',
    events,
    timers: systemTimers,
    now: () => START,
    random: Math.random,
    log: silentLog,
  });
});
afterEach(async () => {
  await notify.stop();
  for (const server of Object.values(servers)) await server.stop();
  store.close();
});

/** As the recorder does: on disk first, told then. */
function happens(event: Partial<IncidentEvent>): void {
  const whole: IncidentEvent = { change: 'opened', incident: anIncident(), time: START, ...event };
  store.save({ outbox: notify.messages(whole), durable: true });
  events.emit('incident', whole);
}

it('each is told from its own severity on, with or without names', async () => {
  happens({ incident: anIncident({ severity: 'low' }) });
  happens({ incident: anIncident({ severity: 'high' }), time: START + 1 });
  happens({ incident: anIncident({ severity: 'critical' }), time: START + 2 });
  await until(() => notify.health().every(({ waiting }) => waiting === 0));
  const titles = (server: StandIn) => server.taken.map(({ title }) => title);
  expect(titles(servers.ntfy)).toEqual(Array(2).fill('Thingwatch: Espressif (…:be:ef)'));
  expect(titles(servers.gotify)).toEqual(['Thingwatch: Espressif (…:be:ef)']);
  expect(titles(servers.hook)).toEqual(Array(3).fill('Thingwatch: Lena’s camera'));
});

it('one that hangs and one that refuses keep nothing from the third, and what they miss waits for them alone', async () => {
  servers.ntfy.fault = () => {};
  servers.gotify.fault = (_, response) => response.writeHead(401).end();
  for (let n = 0; n < 20; n++) happens({ incident: anIncident({ severity: 'critical' }), time: START + n });
  // Taken by the server is a moment before the answer is read and the row struck off.
  await until(() => notify.health()[1]?.error !== null && notify.health()[2]?.waiting === 0);
  expect(notify.health().map(({ error, waiting }) => [waiting, error])).toEqual([
    [20, null],
    [20, expect.stringMatching(/does not know the token/)],
    [0, null],
  ]);
  expect(servers.hook.ids()).toEqual([...new Set(servers.hook.ids())]);
});

it('what waits from before is sent at the start, and a test goes to all, however little they want to hear', async () => {
  const [row] = notify.messages({ change: 'opened', incident: anIncident({ severity: 'critical' }), time: START });
  await notify.stop();
  if (row !== undefined) store.save({ outbox: [row], durable: true });
  notify = startNotify({
    words: english,
    targets: [
      {
        ...{ name: 'phone', kind: 'ntfy', url: new URL(servers.ntfy.url), topic: 'home', token: null, secret: null },
        ...{ least: 'critical', quiet: '00:00-23:59', weekly: true, names: false, ca: null },
      },
    ],
    queueOf: (name) => queue.of(name),
    tell: () => ({ who: null, summary: '', advice: [] }),
    tellWeek: () => [],
    ...{
      pageUrl: null,
      version: '1',
      events,
      timers: systemTimers,
      now: () => START,
      random: Math.random,
      log: silentLog,
    },
  });
  await until(() => servers.ntfy.taken.length === 1);
  store.save({ outbox: notify.test('test-1', START), durable: true });
  events.emit('test');
  await until(() => servers.ntfy.taken.length === 2);
  expect(servers.ntfy.ids()).toEqual([row?.id.replace('@phone', ''), 'test-1']);
});

it('a summary goes once to each that wants it, with or without names, however little it wants to hear', async () => {
  const week = sampleWeek(START);
  store.save({ outbox: [...notify.week(week), ...notify.week(week)], durable: true });
  events.emit('week', week);
  await until(() => notify.health().every(({ waiting }) => waiting === 0));
  expect([servers.ntfy, servers.gotify, servers.hook].map(({ taken }) => taken.length)).toEqual([1, 0, 1]);
  expect(servers.ntfy.taken[0]).toMatchObject({
    title: 'Thingwatch: the last week',
    text: 'The home was watched. Espressif (…:be:ef)',
  });
  expect(JSON.parse(servers.hook.taken[0]?.body ?? '')).toMatchObject({
    ...{ event_type: 'weekly_summary', severity: 'info', incident: null, mac: null },
    text: 'The home was watched. Lena’s camera',
    week: { week_to: new Date(week.to).toISOString(), mail_unexpected: 3, devices_seen: 14 },
  });
});

it('counts that go on ask nobody anything', async () => {
  servers.ntfy.fault = (_, response) => response.writeHead(500).end();
  happens({ change: 'updated' });
  await sleep(50);
  expect(servers.hook.asked).toEqual([]);
});

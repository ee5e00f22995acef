// Phones over Web Push, with a real store and a push service that reads and checks what it is sent: each is told once, over outages,
// of what it wants to hear; one that is gone is dropped and says so; and no address or key of theirs is anywhere to be read.
import { rmSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { MOST_PHONES } from '../../../sensor/record/phone-book.ts';
import { reportFault } from '../../support/fault-table.ts';
import { type Authority, makeAuthority } from '../../support/mosquitto.ts';
import { PhonesLab } from '../../support/phones-lab.ts';
import type { StandInPhone } from '../../support/push-service.ts';
import { sampleWeek } from '../../support/sample-weeks.ts';
import { anIncident } from '../../support/small-home.ts';
import { until } from '../../support/transcript.ts';

const SECOND = 1000;

let authority: Authority;
let lab: PhonesLab;

beforeAll(() => {
  authority = makeAuthority();
});
afterAll(() => rmSync(authority.directory, { recursive: true }));
beforeEach(async () => {
  lab = await PhonesLab.open(authority);
});
afterEach(() => lab.close());

const isIdle = () => lab.phones.health().waiting === 0;

it('a phone is shown title, sentence and where it leads, encrypted, and without names unless they are asked for', async () => {
  const phone = lab.join('b1');
  lab.happens({ incident: anIncident({ severity: 'critical' }) });
  await until(isIdle);
  expect(phone.shown).toEqual([
    {
      id: expect.stringMatching(/^a1b2c3d4e5f60718-opened-critical-/),
      title: 'Thingwatch: Espressif (…:be:ef)',
      body: 'Hallway camera started sending mail.\n\nStop it.',
      hash: '#/incidents/a1b2c3d4e5f60718',
      isUrgent: true,
    },
  ]);
  expect(phone.headers[0]).toMatchObject({
    urgency: 'high',
    ttl: '604800',
    'content-type': 'application/octet-stream',
  });
  expect(lab.service.taken[0]?.body).not.toMatch(/Thingwatch|camera/);
  expect(lab.service.refusals).toEqual([]);
  await lab.again({ names: true });
  lab.happens({ incident: anIncident({ severity: 'medium' }) });
  await until(() => phone.shown.length === 2);
  expect([phone.shown[1]?.title, phone.shown[1]?.isUrgent]).toEqual(['Thingwatch: Lena’s camera', false]);
  expect(phone.headers[1]?.urgency).toBe('normal');
});

it('what is too mild is not told, a test always, and a week where that is wanted', async () => {
  const phone = lab.join('b1');
  lab.happens({ incident: anIncident({ severity: 'low' }) });
  lab.store.save({
    outbox: [...lab.notify.test('test-1', 1), ...lab.notify.week(sampleWeek(Date.now()))],
    durable: true,
  });
  lab.events.emit('test');
  await until(isIdle);
  expect(phone.shown.map(({ body, hash, title }) => [title, hash, body])).toEqual([
    ['Thingwatch: test alert', '#/', expect.stringMatching(/^This is a test alert/)],
    ['Thingwatch: the last week', '#/', 'The home was watched.'],
  ]);
  await lab.again({ weekly: false });
  expect(lab.notify.week(sampleWeek(Date.now()))).toEqual([]);
});

it('over an outage and a restart each phone is told once of each', async () => {
  const [one, two] = [lab.join('b1'), lab.join('b2')];
  await lab.service.stop();
  for (let n = 0; n < 5; n++) lab.happens({ time: n });
  await until(() => lab.phones.health().error !== null);
  expect(lab.phones.health()).toMatchObject({
    error: `nothing listens at ${lab.service.host}`,
    waiting: 10,
    lastTakenAt: null,
  });
  await lab.again();
  await lab.service.start();
  await until(() => {
    lab.timers.advance(5 * SECOND);
    return isIdle();
  });
  const ids = (phone: StandInPhone) => phone.shown.map(({ id }) => id);
  expect(ids(one)).toHaveLength(5);
  expect([new Set(ids(one)).size, ids(two)]).toEqual([5, ids(one)]);
  expect(lab.phones.health()).toMatchObject({ error: null, lastTakenAt: expect.any(Number) });
  reportFault({
    fault: 'push service away, and a restart',
    inputs: '5 alerts, 2 phones',
    outcome: 'each told once',
    lost: 0,
  });
});

it.each([
  [429, { 'retry-after': '120' }, 120, /wants fewer messages for now$/],
  [503, {}, 5, /has trouble of its own \(503\)$/],
  [500, { 'retry-after': '30' }, 30, /has trouble of its own \(500\)$/],
  [403, {}, 30, /does not accept the sensor's signature \(403\): see that this machine's clock is right/],
  [400, {}, 30, /does not take the message \(400\)$/],
  [302, { location: 'https://127.0.0.1:1/' }, 30, /leads to another address, which is not followed$/],
])('a push service that answers %i is asked again later', async (status, headers, pause, words) => {
  const phone = lab.join('b1');
  lab.service.fault = (_, response) => response.writeHead(status, headers).end('secret of theirs');
  lab.happens();
  await until(() => lab.phones.health().error !== null && lab.timers.pending().length > 0);
  expect(lab.phones.health().error).toMatch(words);
  expect(lab.phones.stateOf('b1')).toMatchObject({ state: 'told', error: expect.stringMatching(words) });
  expect(lab.timers.pending()).toEqual([pause * SECOND]);
  lab.service.fault = null;
  lab.timers.advance(pause * SECOND);
  await until(isIdle);
  expect(phone.shown).toHaveLength(1);
  expect(lab.phones.stateOf('b1')).toMatchObject({ state: 'told', error: null, lastTakenAt: expect.any(Number) });
});

it('a message too long for the service goes shorter', async () => {
  const phone = lab.join('b1');
  lab.service.fault = (request, response) => {
    if (Number(request.headers['content-length']) <= 600) lab.service.fault = null;
    response.writeHead(413).end();
  };
  lab.happens({ incident: anIncident({ summary: '漢'.repeat(3000) }) });
  await until(() => lab.service.asked.length === 2);
  await until(() => lab.timers.pending().length > 0);
  lab.timers.advance(30 * SECOND);
  await until(isIdle);
  expect(phone.shown[0]?.body).toMatch(/^漢+…?$/);
});

it('the longest that can be told is taken as it is', async () => {
  const phone = lab.join('b1');
  lab.happens({ incident: anIncident({ summary: '"\\'.repeat(3000) }) });
  lab.happens({ incident: anIncident({ summary: '😀'.repeat(3000) }), time: 1 });
  await until(isIdle);
  expect(phone.shown).toHaveLength(2);
  expect([lab.service.refusals, lab.service.asked.length]).toEqual([[], 2]);
});

it.each([404, 410])(
  'a phone that its service knows no more (%i) is dropped, says so, and holds up no other',
  async (status) => {
    const [one, two] = [lab.join('b1'), lab.join('b2')];
    if (status === 410) one.isGone = true;
    else lab.service.forget(one);
    lab.happens();
    await until(() => lab.phones.stateOf('b1').state === 'lost');
    await until(isIdle);
    expect(lab.phones.stateOf('b1')).toEqual({ state: 'lost', error: null, lastTakenAt: null });
    expect(lab.phones.health()).toMatchObject({
      error: 'one phone is told no more: press "Tell this phone" there again',
      queues: ['phones:b2'],
    });
    expect(lab.store.outbox.of('phones:b1').size()).toBe(0);
    await lab.again();
    expect(lab.phones.stateOf('b1').state).toBe('lost');
    const asked = lab.service.asked.length;
    lab.happens({ time: 1 });
    await until(isIdle);
    expect([lab.service.asked.length, two.shown.length]).toEqual([asked + 1, 2]);
    // Its owner presses the button again.
    const fresh = lab.service.phone();
    expect(lab.phones.add('b1', lab.service.subscription(fresh))).toBe('ok');
    lab.happens({ time: 2 });
    await until(isIdle);
    expect([fresh.shown.length, lab.phones.health().error]).toEqual([1, null]);
  },
);

it('goes with its browser and with the button, and what waits for it goes along', async () => {
  const [one, two] = [lab.join('b1'), lab.join('b2')];
  lab.service.fault = (_, response) => response.writeHead(503).end();
  lab.happens();
  // Both have had their answer, and wait.
  await until(() => lab.timers.pending().length === 2);
  lab.store.browsers.remove('b1');
  expect([lab.phones.remove('b2'), lab.phones.remove('b2')]).toEqual([true, false]);
  expect([lab.phones.health().queues, lab.store.phones.list(), lab.store.outbox.of('phones:b1').size()]).toEqual([
    [],
    [],
    0,
  ]);
  lab.service.fault = null;
  lab.happens({ time: 1 });
  lab.timers.advance(60 * SECOND);
  await sleep(50);
  expect([one.shown, two.shown, lab.service.asked.length]).toEqual([[], [], 2]);
  await lab.again();
  expect(lab.phones.health()).toMatchObject({ queues: [], error: null, host: '' });
});

it('one that comes again with other keys is told for those from then on', async () => {
  lab.store.browsers.add({ id: 'b1', tokenHash: 'b1', name: 'b1', createdAt: 1, lastSeen: 1 });
  const phone = lab.service.phone();
  const right = lab.service.subscription(phone);
  const { keys } = lab.service.subscription(lab.service.phone());
  for (const subscription of [{ ...right, keys }, right]) expect(lab.phones.add('b1', subscription)).toBe('ok');
  lab.happens();
  await until(isIdle);
  expect([phone.shown.length, lab.service.asked.length]).toEqual([1, 1]);
});

it('the same phone under another pairing is told once', async () => {
  const phone = lab.join('old');
  lab.store.browsers.add({ id: 'new', tokenHash: 'new', name: 'new', createdAt: 1, lastSeen: 1 });
  expect(lab.phones.add('new', lab.service.subscription(phone))).toBe('ok');
  lab.happens();
  await until(isIdle);
  expect([phone.shown.length, lab.phones.stateOf('old').state, lab.phones.stateOf('new').state]).toEqual([
    1,
    'untold',
    'told',
  ]);
});

it('takes no address that is not of a push lab.service, no keys that are none, and only so many phones', () => {
  const good = lab.service.subscription(lab.service.phone());
  expect(lab.phones.add('b', { ...good, endpoint: 'https://192.168.1.1/' })).toBe('foreign');
  expect(lab.phones.add('b', { ...good, endpoint: good.endpoint.replace('https:', 'http:') })).toBe('foreign');
  expect(lab.phones.add('b', { ...good, keys: { ...good.keys, auth: 'x' } })).toBe('bad_keys');
  expect(lab.store.phones.list()).toEqual([]);
  for (let n = 0; n < MOST_PHONES; n++) lab.join(`b${n}`);
  expect(lab.phones.add('more', lab.service.subscription(lab.service.phone()))).toBe('too_many');
  expect(lab.phones.add('b0', lab.service.subscription(lab.service.phone()))).toBe('ok');
  expect(lab.phones.health().queues).toHaveLength(MOST_PHONES);
});

it('a service that the configuration no longer allows is not asked', async () => {
  lab.join('b1');
  await lab.again({ services: [] });
  expect(lab.notify.messages({ change: 'opened', incident: anIncident(), time: 1 })).toEqual([]);
  expect(lab.phones.stateOf('b1')).toMatchObject({ state: 'foreign', error: null });
});

it('the key is made once, and neither it nor an address is in log or health', async () => {
  const phone = lab.join('b1');
  const { key } = lab.phones;
  lab.service.fault = (_, response) => response.writeHead(500).end();
  lab.happens();
  await until(() => lab.phones.health().error !== null);
  phone.isGone = true;
  lab.service.fault = null;
  lab.timers.advance(10 * SECOND);
  await until(() => lab.phones.stateOf('b1').state === 'lost');
  await lab.again();
  expect(lab.phones.key).toBe(key);
  const shown = JSON.stringify([lab.log, lab.phones.health(), lab.phones.stateOf('b1'), lab.notify.health()]);
  expect(shown).toContain(lab.service.host);
  expect(shown).not.toContain(phone.path.slice(6));
  expect(shown).not.toContain(lab.secret);
  expect(shown).not.toContain(lab.service.subscription(phone).keys.auth);
});

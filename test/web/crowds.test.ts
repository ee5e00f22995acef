// A thousand connections, streams, requests: from strangers at one address and at many, from the owner's own address, from a paired
// phone in the wrong hands. The owner's page still works, and nothing grows beyond its bound.
import { readdirSync } from 'node:fs';
import { request } from 'node:http';
import { connect, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CONNECTION_LIMITS } from '../../web/connections.ts';
import { LIVE_LIMITS } from '../../web/live.ts';
import { PACE, Pace } from '../../web/pace.ts';
import { openEvents } from '../support/event-client.ts';
import { reportFault } from '../support/fault-table.ts';
import { troubledHome } from '../support/page-model.ts';
import { type RunningWeb, startWeb, tokenOf } from '../support/web-client.ts';

const SOON = { timeout: 10_000 };
const ATTACKER = '127.0.0.66';
const OWNER = '127.0.0.1';
const HALF = 'GET / HTTP/1.1\r\nHost: localhost\r\nX-Slow: ';
const BODY =
  'POST /api/pair HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 4000\r\n\r\n{';

let web: RunningWeb;
let cookie: string;
let sockets: Socket[] = [];

beforeEach(async () => {
  web = await startWeb(troubledHome(Date.now()));
  cookie = await web.pair('Owner');
});
afterEach(async () => {
  for (const socket of sockets) socket.destroy();
  sockets = [];
  await web.close();
});

async function open(from: string, first: string): Promise<Socket> {
  const socket = connect({ port: web.port, host: '127.0.0.1', localAddress: from });
  sockets.push(socket);
  socket.on('error', () => {}).resume();
  await new Promise((resolve) => socket.once('connect', resolve).once('close', resolve));
  socket.write(first);
  return socket;
}

async function openMany(count: number, first: string, from: (index: number) => string = () => ATTACKER): Promise<void> {
  for (let index = 0; index < count; index += 50)
    await Promise.all(Array.from({ length: 50 }, (_, more) => open(from(index + more), first)));
}

const alive = () => sockets.filter(({ destroyed }) => !destroyed).length;
const descriptors = () => readdirSync('/proc/self/fd').length;

async function ownersPageWorks(from = OWNER): Promise<void> {
  const answers = await Promise.all(
    Array.from({ length: 6 }, () => web.call('/api/devices', { cookie, localAddress: from })),
  );
  expect(answers.map(({ status }) => status)).toEqual(new Array(6).fill(200));
}

/** What the owner's phone does over a bad network: connected long before its request arrives. */
async function slowOwner(during: () => Promise<void>, from = OWNER): Promise<string> {
  const socket = connect({ port: web.port, host: '127.0.0.1', localAddress: from });
  let answer = '';
  socket
    .on('error', () => {})
    .on('data', (bytes) => {
      answer += bytes.toString();
    });
  await new Promise((resolve) => socket.once('connect', resolve));
  await during();
  socket.write(`GET /api/health HTTP/1.1\r\nHost: localhost\r\nCookie: ${cookie}\r\nConnection: close\r\n\r\n`);
  await new Promise((resolve) => socket.once('close', resolve));
  return answer.slice(0, 12);
}

describe('1,000 connections', () => {
  it.each([
    ['that say nothing', ''],
    ['with half a header', HALF],
    ['with half a body', BODY],
  ])('%s, from one address: bounded, and a phone elsewhere takes as long as it likes to ask', async (what, first) => {
    const before = descriptors();
    expect(await slowOwner(() => openMany(1000, first))).toBe('HTTP/1.1 200');
    await ownersPageWorks();
    await expect.poll(alive, SOON).toBeLessThanOrEqual(CONNECTION_LIMITS.strangers);
    // Both ends are of this process.
    await expect.poll(() => descriptors() - before, SOON).toBeLessThanOrEqual(2 * CONNECTION_LIMITS.strangers + 16);
    reportFault({
      fault: `1,000 connections ${what}`,
      inputs: '7 requests of a paired browser',
      outcome: 'all answered',
      lost: 0,
    });
  });

  it('from a hundred addresses', async () => {
    const from = (index: number) => `127.0.1.${(index % 100) + 1}`;
    expect(await slowOwner(() => openMany(1000, HALF, from))).toBe('HTTP/1.1 200');
    await ownersPageWorks();
    await expect.poll(alive, SOON).toBeLessThanOrEqual(CONNECTION_LIMITS.strangers);
    reportFault({
      fault: '1,000 connections from 100 addresses',
      inputs: '7 requests of a paired browser',
      outcome: 'all answered',
      lost: 0,
    });
  });

  it('from the owner’s own address, as behind a router or a proxy', async () => {
    await openMany(1000, HALF);
    await ownersPageWorks(ATTACKER);
    const stream = await openEvents(web.port, cookie);
    await openMany(500, HALF, () => OWNER);
    const incident = web.home.incidents[0];
    if (incident) web.home.announce(incident, 'updated');
    await stream.until((events) => events.some(({ name }) => name === 'incident'));
    stream.close();
    reportFault({
      fault: '1,000 connections from the own address',
      inputs: '6 requests and a stream',
      outcome: 'all answered',
      lost: 0,
    });
  });

  it('of a paired phone in the wrong hands', async () => {
    const stolen = await web.pair('Stolen');
    const asks = `GET /api/health HTTP/1.1\r\nHost: localhost\r\nCookie: ${stolen}\r\n\r\n${HALF}`;
    await openMany(1000, asks);
    await expect.poll(alive, SOON).toBeLessThanOrEqual(CONNECTION_LIMITS.paired + CONNECTION_LIMITS.strangers);
    expect(await slowOwner(() => openMany(200, asks))).toBe('HTTP/1.1 200');
    await ownersPageWorks();
    reportFault({
      fault: '1,000 connections of a stolen phone',
      inputs: '7 requests of another one',
      outcome: 'all answered',
      lost: 0,
    });
  });
});

describe('1,000 event streams', () => {
  it('of strangers are refused, of one paired phone are bounded, and the owner’s goes on', async () => {
    const stream = await openEvents(web.port, cookie);
    const stolen = await web.pair('Stolen');
    await openMany(500, 'GET /api/events HTTP/1.1\r\nHost: localhost\r\n\r\n');
    await openMany(500, `GET /api/events HTTP/1.1\r\nHost: localhost\r\nCookie: ${stolen}\r\n\r\n`);
    const health = async () => (await web.call('/api/health', { cookie })).json as { web: { openPages: number } };
    await expect.poll(async () => (await health()).web.openPages, SOON).toBe(1 + LIVE_LIMITS.pagesPerBrowser);
    const incident = web.home.incidents[0];
    if (incident) web.home.announce(incident, 'updated');
    await stream.until((events) => events.some(({ name }) => name === 'incident'));
    stream.close();
    reportFault({
      fault: '1,000 event streams',
      inputs: '1 stream and 1 event of the owner',
      outcome: 'heard',
      lost: 0,
    });
  });
});

describe('requests of strangers', () => {
  it('have a pace: a thousand cost little, the paired are not counted, one elsewhere can still pair', async () => {
    const statuses = new Map<number, number>();
    for (let round = 0; round < 20; round += 1) {
      const answers = await Promise.all(Array.from({ length: 50 }, () => web.call('/', { localAddress: ATTACKER })));
      for (const { status } of answers) statuses.set(status, (statuses.get(status) ?? 0) + 1);
    }
    expect(Object.fromEntries(statuses)).toEqual({ 200: PACE.one.atOnce, 429: 1000 - PACE.one.atOnce });
    await ownersPageWorks(ATTACKER);
    expect((await web.call('/', { localAddress: '127.0.0.2' })).status).toBe(200);
    const body = { token: tokenOf(web.web) };
    expect((await web.call('/api/pair', { method: 'POST', body, localAddress: '127.0.0.2' })).status).toBe(200);
    const health = (await web.call('/api/health', { cookie })).json as { web: { refusedStrangers: number } };
    expect(health.web.refusedStrangers).toBe(1000 - PACE.one.atOnce);
  });

  it('from everywhere: all together have a pace too, and who asks rarely is heard', () => {
    let now = 0;
    const pace = new Pace(() => now);
    let heard = 0;
    for (let round = 0; round < 100; round += 1)
      for (let device = 1; device < 250; device += 1) if (pace.allows(`192.168.1.${device}`)) heard += 1;
    // At first nobody has asked much: 31 each, and what they have in common is long gone then.
    expect(heard).toBeLessThanOrEqual(249 * 31 + PACE.all.atOnce);
    expect(Array.from({ length: 15 }, () => pace.allows('192.168.1.250'))).toEqual(new Array(15).fill(true));
    heard = 0;
    for (; now < 60_000; now += 100)
      for (let device = 1; device < 250; device += 1) if (pace.allows(`192.168.1.${device}`)) heard += 1;
    expect(heard).toBeLessThanOrEqual(249 * PACE.one.aSecond * 60);
    expect(Array.from({ length: 15 }, () => pace.allows('192.168.1.251'))).toEqual(new Array(15).fill(true));
  });
});

describe('a request that never ends', () => {
  it('of a paired browser ends in time as well', async () => {
    const outgoing = request({
      port: web.port,
      host: '127.0.0.1',
      path: '/api/commands',
      method: 'POST',
      headers: { Cookie: cookie, 'Content-Type': 'application/json', 'Content-Length': 4000 },
    });
    outgoing.on('error', () => {});
    outgoing.write('{');
    const status = await new Promise((resolve) => {
      outgoing.on('response', ({ statusCode }) => resolve(statusCode)).on('close', () => resolve(null));
    });
    expect([408, null]).toContain(status);
    outgoing.destroy();
  }, 60_000);
});

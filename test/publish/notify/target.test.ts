// One target and its part of the outbox, over real HTTP: what it is asked, every way in which it may not take a message, what is said
// of that, and that nothing is lost or told twice. Pauses are moved by hand.

import { rmSync } from 'node:fs';
import { connect as createConnectionTo, createServer as createTcpServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { english } from '../../../sensor/language/words.ts';
import type { Notice, NotifyTarget } from '../../../sensor/publish/notify/shapes.ts';
import { Target } from '../../../sensor/publish/notify/target.ts';
import { FakeTimers } from '../../support/fake-timers.ts';
import { reportFault } from '../../support/fault-table.ts';
import { type Authority, makeAuthority } from '../../support/mosquitto.ts';
import { GotifyStandIn, NtfyStandIn, type StandIn, WebhookStandIn } from '../../support/notify-servers.ts';
import { MemoryOutbox, START } from '../../support/small-home.ts';
import { until } from '../../support/transcript.ts';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const TOKEN = 'tk_verysecret';
const TOPIC = 'our-hidden-topic';

let queue: MemoryOutbox;
let timers: FakeTimers;
let log: string[];
let clock: number;
let standIns: StandIn[];
let target: Target | null;
let authority: Authority;
let stranger: Authority;

beforeAll(() => {
  authority = makeAuthority();
  stranger = makeAuthority();
});
beforeEach(() => {
  queue = new MemoryOutbox();
  timers = new FakeTimers();
  log = [];
  clock = new Date(2026, 0, 5, 12, 0).getTime();
  standIns = [];
  target = null;
});
afterAll(() => {
  for (const { directory } of [authority, stranger]) rmSync(directory, { recursive: true });
});
afterEach(async () => {
  await target?.stop();
  for (const standIn of standIns) await standIn.stop();
});

async function ntfy(tls = false): Promise<NtfyStandIn> {
  const server = await new NtfyStandIn(tls ? authority.server : null).start();
  Object.assign(server, { topic: TOPIC, token: TOKEN });
  standIns.push(server);
  return server;
}

function settings(server: StandIn, over: Partial<NotifyTarget> = {}): NotifyTarget {
  return {
    ...{ name: 'phone', kind: 'ntfy', url: new URL(over.url ?? server.url), topic: TOPIC, token: TOKEN, secret: null },
    ...{ least: 'medium', quiet: null, weekly: true, names: false, ca: null },
    ...over,
  };
}

function begin(of: NotifyTarget, within = 20_000): Target {
  const write = (line: string) => log.push(line);
  target = new Target({
    target: of,
    queue,
    pageUrl: 'http://192.168.1.2:8080/',
    version: '1.2.3',
    words: english,
    timers,
    now: () => clock,
    random: () => 0,
    log: { debug: write, info: write, warn: write, error: write },
    within,
  });
  return target;
}

function notice(id: string, over: Partial<Notice> = {}): Notice {
  return {
    ...{ schema: 'thingwatch.alert/1', id, test: false, event_type: 'mail_started', change: 'opened' },
    ...{ kind: 'mail_started', severity: 'high', incident: 'abc', title: 'Thingwatch: Camera', text: 'It mails.' },
    ...{ advice: 'Disconnect it.', device: 'Camera', mac: null, link: 'http://192.168.1.2:8080/#/incidents/abc' },
    time: new Date(START).toISOString(),
    ...over,
  };
}

function add(id: string, over: Partial<Notice> = {}, createdAt = START): void {
  const payload = JSON.stringify(notice(id, over));
  queue.rows.set(`${id}@phone`, {
    ...{ id: `${id}@phone`, topic: '', payload, createdAt, priority: 'alert', target: 'phone' },
  });
}

/** The next fault that is told. */
const told = async (of: Target): Promise<string> => {
  await until(() => of.health().error !== null && timers.pending().length > 0);
  return of.health().error ?? '';
};

describe('is asked as its kind wants it', () => {
  it('ntfy: JSON with topic, sentences, priority, a link and the id by which it replaces a repetition', async () => {
    const server = await ntfy();
    add('inc-1', { severity: 'critical' });
    begin(settings(server)).drain();
    await until(() => queue.size() === 0);
    expect(JSON.parse(server.taken[0]?.body ?? '')).toEqual({
      ...{
        topic: TOPIC,
        title: 'Thingwatch: Camera',
        message: 'It mails.\n\nDisconnect it.',
        priority: 5,
        tags: ['warning'],
      },
      ...{ click: 'http://192.168.1.2:8080/#/incidents/abc', sequence_id: 'inc-1' },
    });
    expect(server.taken[0]?.headers).toMatchObject({
      authorization: `Bearer ${TOKEN}`,
      'user-agent': 'thingwatch/1.2.3',
    });
  });

  it('ntfy without a token, below TLS with an authority of one’s own', async () => {
    const server = await ntfy(true);
    server.token = null;
    add('inc-1', { link: null });
    begin(settings(server, { token: null, ca: authority.ca })).drain();
    await until(() => queue.size() === 0);
    expect(server.taken[0]?.headers.authorization).toBeUndefined();
    expect(server.taken[0]?.body).not.toContain('click');
  });

  it('Gotify: its token in a header, the link and the id among the extras', async () => {
    const server = await new GotifyStandIn().start();
    standIns.push(server);
    add('inc-1');
    begin(settings(server, { kind: 'gotify', token: server.token })).drain();
    await until(() => queue.size() === 0);
    expect(JSON.parse(server.taken[0]?.body ?? '')).toEqual({
      ...{ title: 'Thingwatch: Camera', message: 'It mails.\n\nDisconnect it.', priority: 8 },
      extras: {
        'thingwatch::alert': { id: 'inc-1' },
        'client::notification': { click: { url: 'http://192.168.1.2:8080/#/incidents/abc' } },
      },
    });
    expect(server.asked[0]?.path).toBe('/message');
  });

  it('a webhook: the whole as JSON, with its id and a signature that its receiver can check', async () => {
    const server = await new WebhookStandIn().start();
    standIns.push(server);
    server.secret = 'shared secret of both'.replaceAll(' ', '-');
    add('inc-1');
    const url = new URL(`${server.url}/hook/of/ours?key=1`);
    begin(settings(server, { kind: 'webhook', token: null, secret: server.secret, url })).drain();
    await until(() => queue.size() === 0);
    expect(JSON.parse(server.taken[0]?.body ?? '')).toEqual({ ...notice('inc-1'), stored: true });
    expect([server.taken[0]?.id, server.asked[0]?.path]).toEqual(['inc-1', '/hook/of/ours?key=1']);
  });

  it('several, one after the other and in their order', async () => {
    const server = await ntfy();
    for (const id of ['a', 'b', 'c', 'd']) add(id);
    begin(settings(server)).drain();
    await until(() => queue.size() === 0);
    expect(server.ids()).toEqual(['a', 'b', 'c', 'd']);
  });

  it('what the disk refuses is told as such', async () => {
    const server = await ntfy();
    add('a');
    const [row] = queue.peek(1);
    if (row !== undefined) queue.rows.set(row.id, { ...row, stored: false });
    begin(settings(server)).drain();
    await until(() => queue.size() === 0);
    expect(server.taken[0]?.text).toMatch(/Not stored: the disk of the sensor takes nothing new\.$/);
  });
});

interface Case {
  name: string;
  /** Makes it so, and returns how it is mended. */
  break(
    server: NtfyStandIn,
  ): Promise<(() => Promise<void> | void) | undefined> | (() => Promise<void> | void) | undefined;
  over?: Partial<NotifyTarget>;
  tls?: boolean;
  /** How long is waited for an answer (ms), where that is what it is about; else much longer than a busy machine takes. */
  within?: number;
  error: RegExp;
  /** Seconds until it is tried again, the first time. */
  pause: number;
}

const status =
  (code: number, headers: Record<string, string> = {}) =>
  (server: StandIn) => {
    server.fault = (_, response) => response.writeHead(code, headers).end('{"error":"tk_verysecret"}');
    return () => {
      server.fault = null;
    };
  };

const CASES: Case[] = [
  {
    name: 'is not there',
    break: async (server) => {
      await server.stop();
      return async () => void (await server.start());
    },
    error: /^nothing listens at 127\.0\.0\.1:\d+ \(notify\.phone\.url\)$/,
    pause: 5,
  },
  {
    name: 'hangs',
    break: (server) => {
      server.fault = () => {};
      return () => {
        server.fault = null;
      };
    },
    within: 1000,
    error: /does not answer in time$/,
    pause: 5,
  },
  {
    name: 'hangs up',
    break: (server) => {
      server.fault = (request) => request.socket.destroy();
      return () => {
        server.fault = null;
      };
    },
    error: /^the connection to 127\.0\.0\.1:\d+ was lost$/,
    pause: 5,
  },
  { name: 'has trouble (500)', break: status(500), error: /has trouble of its own \(500\)$/, pause: 5 },
  {
    name: 'is being worked on (503, Retry-After 30)',
    break: status(503, { 'retry-after': '30' }),
    error: /has trouble of its own \(503\)$/,
    pause: 30,
  },
  {
    name: 'does not know the token (401)',
    break: status(401),
    error: /does not know the token \(notify\.phone\.token\)$/,
    pause: 30,
  },
  {
    name: 'wants a token',
    break: () => undefined,
    over: { token: null },
    error: /^(?!.*does not know).*wants a token/,
    pause: 30,
  },
  { name: 'forbids it (403)', break: status(403), error: /does not let this token write here/, pause: 30 },
  { name: 'has nothing there (404)', break: status(404), error: /^there is nothing at this address of/, pause: 30 },
  {
    name: 'wants fewer messages (429, Retry-After 120)',
    break: status(429, { 'retry-after': '120' }),
    error: /wants fewer messages for now$/,
    pause: 120,
  },
  { name: 'wants fewer messages (429)', break: status(429), error: /wants fewer messages for now$/, pause: 10 },
  {
    name: 'wants fewer messages for a year',
    break: status(429, { 'retry-after': '31536000' }),
    error: /fewer messages/,
    pause: 3600,
  },
  { name: 'does not understand (400)', break: status(400), error: /does not take the message \(400\)$/, pause: 30 },
  { name: 'finds any message too long (413)', break: status(413), error: /^the message is too long for/, pause: 30 },
  {
    name: 'leads elsewhere (308)',
    break: status(308, { location: 'http://127.0.0.1:9/' }),
    error: /leads to another address, which is not followed/,
    pause: 30,
  },
  {
    name: 'is another web server',
    break: (server) => {
      server.fault = (_, response) => response.writeHead(200).end('<html>Welcome to the hotel</html>');
      return () => {
        server.fault = null;
      };
    },
    error: /^what answers at 127\.0\.0\.1:\d+ is no ntfy server/,
    pause: 30,
  },
  {
    name: 'answers without end',
    break: (server) => {
      server.fault = (_, response) => {
        response.writeHead(200);
        const more = () => response.write('x'.repeat(16_384)) && !response.destroyed && setImmediate(more);
        response.on('drain', more);
        more();
      };
      return () => {
        server.fault = null;
      };
    },
    error: /is no ntfy server/,
    pause: 30,
  },
  {
    name: 'answers a byte at a time',
    break: (server) => {
      server.fault = (_, response) => {
        response.writeHead(200);
        const timer = setInterval(() => response.write('{'), 50);
        response.once('close', () => clearInterval(timer));
      };
      return () => {
        server.fault = null;
      };
    },
    within: 1000,
    error: /does not answer in time$/,
    pause: 5,
  },
  {
    name: 'breaks its answer off',
    break: (server) => {
      server.fault = (request, response) => {
        response.writeHead(200, { 'content-length': '1000' });
        response.write('{"id":"m1","event":"message"');
        setTimeout(() => request.socket.destroy(), 20);
      };
      return () => {
        server.fault = null;
      };
    },
    error: /was lost$/,
    pause: 5,
  },
  {
    name: 'has a certificate of an authority that is not known',
    break: () => undefined,
    tls: true,
    error: /is not signed by a known authority \(notify\.phone\.ca\)$/,
    pause: 30,
  },
];

describe('that', () => {
  it.each(CASES)(
    '$name: is told so in words, and tried again later',
    async ({ break: breakIt, error, name, over, pause, tls, within = 20_000 }) => {
      const server = await ntfy(tls);
      add('a');
      const mend = await breakIt(server);
      const phone = begin(settings(server, { ...(tls ? { ca: stranger.ca } : {}), ...over }), within);
      phone.drain();
      expect(await told(phone)).toMatch(error);
      expect(phone.health()).toMatchObject({ waiting: 1, lastTakenAt: null, host: server.host });
      expect(timers.pending()).toEqual([pause * SECOND]);
      const asked = server.asked.length;
      timers.advance(pause * SECOND - 1);
      await sleep(20);
      expect(server.asked).toHaveLength(asked);
      if (mend !== undefined) {
        await mend();
        timers.advance(1);
        await until(() => queue.size() === 0);
        expect(server.ids()).toEqual(['a']);
        reportFault({
          fault: `ntfy that ${name}`,
          inputs: '1 alert',
          outcome: `told once, asked again first after ${pause} s`,
          lost: 0,
        });
        expect(phone.health()).toMatchObject({ error: null, waiting: 0, lastTakenAt: clock });
        expect(log).toEqual([
          expect.stringContaining('wait and are tried again'),
          expect.stringMatching(/takes alerts again$/),
        ]);
      }
      expect(log.join('\n') + JSON.stringify(phone.health())).not.toMatch(/verysecret|hidden-topic/);
    },
  );

  it('leads elsewhere gives nobody there the token or the message', async () => {
    const [server, other] = [await ntfy(), await ntfy()];
    status(307, { location: `${other.url}/` })(server);
    add('a');
    const phone = begin(settings(server));
    phone.drain();
    await told(phone);
    expect(other.asked).toEqual([]);
  });

  it('has a certificate for another name is told so', async () => {
    const server = await ntfy(true);
    add('a');
    const listener = createTcpServer((socket) => {
      const onward = createConnectionTo(Number(new URL(server.url).port));
      socket.pipe(onward).pipe(socket);
      socket.on('error', () => onward.destroy());
      onward.on('error', () => socket.destroy());
    });
    await new Promise<void>((resolve) => listener.listen(0, '127.0.0.2', resolve));
    const address = listener.address();
    const url = new URL(`https://127.0.0.2:${typeof address === 'object' ? address?.port : 0}`);
    const phone = begin(settings(server, { ca: authority.ca, url }));
    phone.drain();
    expect(await told(phone)).toMatch(/^the certificate of 127\.0\.0\.2:\d+ is for another name/);
    await new Promise((resolve) => listener.close(resolve));
  });

  it('speaks no TLS, or no HTTP, is told so', async () => {
    const plain = await ntfy();
    add('a');
    const phone = begin(settings(plain, { url: new URL(plain.url.replace('http:', 'https:')) }));
    phone.drain();
    expect(await told(phone)).toMatch(/does not speak TLS at this port/);
    await phone.stop();
    const smtp = createTcpServer((socket) =>
      socket
        .on('error', () => {})
        .resume()
        .end('220 mail.example ESMTP\r\n'),
    );
    await new Promise<void>((resolve) => smtp.listen(0, '127.0.0.1', resolve));
    const address = smtp.address();
    const port = typeof address === 'object' ? address?.port : 0;
    timers = new FakeTimers();
    const other = begin(settings(plain, { url: new URL(`http://127.0.0.1:${port}`) }));
    other.drain();
    expect(await told(other)).toMatch(/speaks no HTTP/);
    await new Promise((resolve) => smtp.close(resolve));
  });

  it('stays away is asked ever less often, up to every five minutes, and one whose token is wrong up to every quarter', async () => {
    const server = await ntfy();
    for (const [code, pauses] of [
      [500, [5, 10, 20, 40, 80, 160, 300, 300]],
      [401, [30, 60, 120, 240, 480, 900, 900]],
    ] as const) {
      status(code)(server);
      add('a');
      timers = new FakeTimers();
      const phone = begin(settings(server));
      phone.drain();
      for (const pause of pauses) {
        await until(() => timers.pending().length > 0);
        expect(timers.pending()).toEqual([pause * SECOND]);
        timers.advance(pause * SECOND);
      }
      await until(() => timers.pending().length > 0);
      await phone.stop();
    }
    expect(log).toHaveLength(2);
  });
});

it('one that is left alone is asked at once where a person waits for a test, unless it wants fewer messages', async () => {
  const server = await ntfy();
  status(401)(server);
  add('a');
  const phone = begin(settings(server));
  phone.drain();
  await told(phone);
  phone.drain();
  expect(server.asked).toHaveLength(1);
  status(429)(server);
  phone.drainNow();
  await until(() => server.asked.length === 2 && timers.pending().length > 0);
  phone.drainNow();
  await sleep(20);
  expect(server.asked).toHaveLength(2);
});

it('a message too long for it goes without what is not needed', async () => {
  const server = await ntfy();
  server.fault = (request, response) => {
    const isLong = Number(request.headers['content-length']) > 500;
    if (isLong) response.writeHead(413).end();
    else response.writeHead(200).end('{"id":"m","event":"message"}');
  };
  add('a', { text: 'x'.repeat(400) });
  const phone = begin(settings(server));
  phone.drain();
  await until(() => queue.size() === 0);
  expect([server.asked.length, phone.health().error]).toEqual([2, null]);
});

it('a message that it does not take holds up no other, and is given up once it takes another', async () => {
  const server = await ntfy();
  const ids: string[] = [];
  server.fault = (request, response) => {
    let body = '';
    request.on('data', (chunk) => {
      body += chunk;
    });
    request.on('end', () => {
      const { sequence_id: id } = JSON.parse(body);
      ids.push(id);
      response.writeHead(id === 'bad' ? 400 : 200).end('{"id":"m","event":"message"}');
    });
  };
  add('bad');
  const phone = begin(settings(server));
  phone.drain();
  await told(phone);
  expect(queue.size()).toBe(1);
  add('good');
  timers.advance(30 * SECOND);
  await until(() => queue.size() === 0);
  expect(ids).toEqual(['bad', 'bad', 'good']);
  expect(log.at(-1)).toMatch(/takes other alerts, so 1 that it does not take are given up/);
});

it('what is no notice of this version is let go', async () => {
  const server = await ntfy();
  add('a');
  queue.rows.set('x', {
    id: 'x',
    topic: '',
    payload: '{"schema":"thingwatch.alert/2"}',
    createdAt: 0,
    priority: 'alert',
  });
  queue.rows.set('y', { id: 'y', topic: '', payload: 'no JSON', createdAt: 0, priority: 'alert' });
  begin(settings(server)).drain();
  await until(() => queue.size() === 1);
  begin(settings(server)).drain();
  expect([queue.size(), server.ids()]).toEqual([0, ['a']]);
});

describe('in quiet hours', () => {
  beforeEach(() => {
    clock = new Date(2026, 0, 5, 23, 30).getTime();
  });

  it('what is critical, and a test, goes at once; the rest when they end, in order', async () => {
    const server = await ntfy();
    add('mild', { severity: 'medium' });
    add('worse', { severity: 'high' });
    const phone = begin(settings(server, { quiet: '22:00-07:00' }));
    phone.drain();
    expect(phone.health()).toMatchObject({ waiting: 2, heldUntil: '07:00', error: null });
    add('critical', { severity: 'critical' });
    phone.drain();
    await until(() => server.taken.length === 1);
    add('test', { test: true });
    phone.drain();
    await until(() => server.taken.length === 2);
    clock = new Date(2026, 0, 6, 6, 59).getTime();
    timers.advance(MINUTE);
    await sleep(20);
    expect(server.ids()).toEqual(['critical', 'test']);
    clock = new Date(2026, 0, 6, 7, 0).getTime();
    timers.advance(MINUTE);
    await until(() => queue.size() === 0);
    expect(server.ids()).toEqual(['critical', 'test', 'mild', 'worse']);
    expect(phone.health().heldUntil).toBeNull();
  });

  it('what they held back comes as one message when they end: how many, the worst, the first of the rest', async () => {
    const server = await ntfy();
    add('evening', {}, new Date(2026, 0, 5, 21, 59).getTime());
    for (let n = 0; n < 7; n++)
      add(`night-${n}`, { severity: n === 2 ? 'high' : 'medium', text: `Number ${n}.`, incident: `i${n}` }, clock + n);
    add('summary', { severity: 'info', change: 'week', incident: null }, clock + 8);
    add('morning', {}, new Date(2026, 0, 6, 7, 0).getTime());
    const phone = begin(settings(server, { quiet: '22:00-07:00' }));
    phone.drain();
    expect([server.asked.length, phone.health().waiting]).toEqual([0, 10]);
    clock = new Date(2026, 0, 6, 7, 0).getTime();
    timers.advance(MINUTE);
    await until(() => queue.size() === 0);
    expect(server.ids()).toEqual(['evening', 'quiet-night-6', 'summary', 'morning']);
    expect(JSON.parse(server.taken[1]?.body ?? '')).toMatchObject({
      title: 'Thingwatch: 7 alerts from quiet hours',
      message: [
        'The worst of them is high.',
        '• high: Number 2.',
        ...[6, 5, 4, 3].map((n) => `• medium: Number ${n}.`),
        '… and 2 more',
      ].join('\n'),
      priority: 4,
      click: 'http://192.168.1.2:8080/#/incidents',
    });
  });

  it('one alone comes as it is, and all of one incident lead to it', async () => {
    const server = await ntfy();
    add('alone', { severity: 'medium' }, clock);
    const phone = begin(settings(server, { quiet: '22:00-07:00' }));
    clock = new Date(2026, 0, 6, 7, 0).getTime();
    phone.drain();
    await until(() => queue.size() === 0);
    expect(server.ids()).toEqual(['alone']);
    const night = new Date(2026, 0, 6, 3, 0).getTime();
    for (const id of ['opened', 'resolved']) add(id, {}, night);
    phone.drain();
    await until(() => queue.size() === 0);
    expect(JSON.parse(server.taken[1]?.body ?? '')).toMatchObject({
      title: 'Thingwatch: 2 alerts from quiet hours',
      click: 'http://192.168.1.2:8080/#/incidents/abc',
    });
  });

  it('a message of many that is not taken is tried again as the same, and its rows go at once', async () => {
    const server = await ntfy();
    for (const id of ['a', 'b', 'c']) add(id, {}, clock);
    clock = new Date(2026, 0, 6, 7, 0).getTime();
    server.fault = (_, response) => response.writeHead(400).end();
    const phone = begin(settings(server, { quiet: '22:00-07:00' }));
    phone.drain();
    await told(phone);
    expect([server.asked.length, phone.health().waiting]).toEqual([1, 3]);
    server.fault = null;
    const gone: string[][] = [];
    const remove = queue.remove.bind(queue);
    queue.remove = (...ids) => {
      gone.push(ids);
      remove(...ids);
    };
    timers.advance(30 * SECOND);
    await until(() => queue.size() === 0);
    expect([server.ids(), gone]).toEqual([['quiet-c'], [['a@phone', 'b@phone', 'c@phone']]]);
  });

  it('a webhook has each by itself, and what is of another week comes as it is', async () => {
    const hook = await new WebhookStandIn().start();
    standIns.push(hook);
    for (const id of ['a', 'b']) add(id, {}, clock);
    clock = new Date(2026, 0, 6, 7, 0).getTime();
    const flow = begin(settings(hook, { kind: 'webhook', token: null, quiet: '22:00-07:00' }));
    flow.drain();
    await until(() => queue.size() === 0);
    expect(hook.ids()).toEqual(['a', 'b']);
    const server = await ntfy();
    for (const id of ['a', 'b']) add(id, {}, new Date(2025, 11, 29, 23, 0).getTime());
    begin(settings(server, { quiet: '22:00-07:00' })).drain();
    await until(() => queue.size() === 0);
    expect(server.ids()).toEqual(['a', 'b']);
  });

  it('a clock that is set is followed within a minute', async () => {
    const server = await ntfy();
    add('mild', { severity: 'medium' });
    begin(settings(server, { quiet: '22:00-07:00' })).drain();
    clock = new Date(2026, 0, 6, 12, 0).getTime();
    timers.advance(MINUTE);
    await until(() => queue.size() === 0);
    expect(server.ids()).toEqual(['mild']);
  });
});

it('at the end waits for the answer to what is on its way, but not for ever', async () => {
  const server = await ntfy();
  add('a');
  add('b');
  server.fault = (_, response) => setTimeout(() => response.writeHead(200).end('{"id":"m","event":"message"}'), 100);
  const phone = begin(settings(server));
  phone.drain();
  await until(() => server.asked.length === 1);
  await phone.stop();
  expect(queue.peek(9).map(({ id }) => id)).toEqual(['b@phone']);
  server.fault = () => {};
  const hung = begin(settings(server), 60_000);
  hung.drain();
  await until(() => server.asked.length === 2);
  const stopped = hung.stop();
  timers.advance(2 * SECOND);
  await stopped;
  expect(queue.size()).toBe(1);
});

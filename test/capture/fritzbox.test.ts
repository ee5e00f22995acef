// The capture of a FRITZ!Box, against a stand-in that speaks AVM's published login: both generations, wrong passwords, sessions
// that end, streams that break, fall silent or are none, certificates of its own.
import { execFileSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, describe, expect, test } from 'vitest';
import type { Frame } from '../../sensor/capture/frame.ts';
import { FritzboxOpener, type FritzboxSettings } from '../../sensor/capture/fritzbox/box-stream.ts';
import { guessInterface, pickInterface, readInterfaces } from '../../sensor/capture/fritzbox/interfaces.ts';
import { answerTo, readSessionInfo } from '../../sensor/capture/fritzbox/login.ts';
import type { LiveState } from '../../sensor/capture/live-source.ts';
import { type StreamLimits, StreamSource } from '../../sensor/capture/stream-source.ts';
import type { Log } from '../../sensor/log.ts';
import { type BoxOptions, StandInBox } from '../lab/fritzbox.ts';
import { makeCertificates } from '../lab/internet.ts';
import { attempts, syn } from './replay-stage.ts';

const folder = mkdtempSync(join(tmpdir(), 'thingwatch-fritzbox-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const PASSWORD = 'gehe1m';

class Stage {
  readonly frames: Frame[] = [];
  readonly states: [LiveState, string | null][] = [];
  /** When each of them was told (ms). */
  readonly times: number[] = [];
  readonly lines: string[] = [];
  readonly source: StreamSource;

  constructor(settings: FritzboxSettings, limits: Partial<StreamLimits>) {
    const say = (level: string) => (text: string) => this.lines.push(`${level} ${text}`);
    const log: Log = { debug: say('debug'), info: say('info'), warn: say('warn'), error: say('error') };
    this.source = new StreamSource({
      opener: new FritzboxOpener(settings, log),
      limits: { firstRetry: 50, longestRetry: 200, ...limits },
      log,
      now: Date.now,
      onFrame: ({ data, ...frame }) => this.frames.push({ ...frame, data: Buffer.from(data) }),
      onState: (state, error) => {
        this.states.push([state, error]);
        this.times.push(performance.now());
      },
    });
  }

  async until(what: () => boolean): Promise<void> {
    for (const deadline = performance.now() + 15_000; !what(); await sleep(5)) {
      if (performance.now() > deadline)
        throw new Error(`it did not come to that: ${JSON.stringify([this.states, this.lines, this.frames.length])}`);
    }
  }
}

let box: StandInBox;
let stage: Stage | null = null;

async function start(
  options: BoxOptions,
  settings: Partial<FritzboxSettings> = {},
  limits: Partial<StreamLimits> = {},
): Promise<Stage> {
  box = await StandInBox.start(options);
  box.onCapture.push(...attempts(1, Date.now()));
  const scheme = options.tls === undefined ? 'http' : 'https';
  const url = `${scheme}://127.0.0.1:${box.port}`;
  const login = { username: 'sensor', password: PASSWORD, interface: 'lan', insecure: false };
  stage = new Stage({ url, ...login, ...settings }, limits);
  await stage.source.start();
  return stage;
}
afterEach(async () => {
  await stage?.source.stop();
  stage = null;
  await box?.close();
});

describe('the answer to a challenge', () => {
  test('is that of the examples in AVM’s note', async () => {
    expect(await answerTo('2$10000$5A1711$2000$5A1722', '1example!')).toBe(
      '5A1722$1798a1672bca7c6463d6b245f82b53703b0f50813401b03e4045a5861e689adb',
    );
    expect(await answerTo('1234567z', 'äbc')).toBe('1234567z-9e224a41eeefa284df7bb0f26c2913e2');
  });
  test('by MD5 takes what lies beyond U+00FF for a dot', async () => {
    expect(await answerTo('1234567z', '€😀x')).toBe(await answerTo('1234567z', '..x'));
  });
  test('is refused where the challenge is none, or asks for work without end', async () => {
    for (const challenge of [
      '',
      '2$',
      '2$0$5A$2000$5A',
      '2$4000000$5A$4000000$5A',
      '3$1$5A$1$5A',
      'a-b',
      'x'.repeat(99),
    ])
      expect(await answerTo(challenge, 'x'), challenge).toBeNull();
  });
});

test('what a box says of a session is read, and what is none is not', () => {
  const xml =
    '<SessionInfo><SID>0000000000000000</SID><Challenge>2$1$aa$1$bb</Challenge><BlockTime>64</BlockTime><Rights/><Users><User>a</User><User last="1">f&amp;b</User></Users></SessionInfo>';
  expect(readSessionInfo(xml)).toEqual({
    sid: '0000000000000000',
    challenge: '2$1$aa$1$bb',
    blockTime: 64,
    lastUser: 'f&b',
  });
  for (const text of ['', '<html>', '<SID>12</SID>', xml.replace('00000000</SID>', '</SID>')])
    expect(readSessionInfo(text)).toBeNull();
});

describe('interfaces', () => {
  const list = [
    { id: '1-lan', label: 'lan' },
    { id: '4-133', label: 'AP (2.4 GHz, ath0) - Interface 1' },
    { id: '4-135', label: 'AP2 (5 GHz, ath1) - Interface 1' },
  ];
  test.each([
    ['lan', '1-lan'],
    ['LAN', '1-lan'],
    ['1-lan', '1-lan'],
    ['4-135', '4-135'],
    ['AP (2.4 GHz, ath0) - Interface 1', '4-133'],
    ['ath1', '4-135'],
    ['Interface 1', null],
    ['wan', null],
  ])('%s is %s', (wanted, id) => expect(pickInterface(wanted, list)).toBe(id));
  test('are guessed by what their ids are made of', () => {
    expect(['lan', '2-1', 'x y', '1-lan&sid=1'].map(guessInterface)).toEqual(['1-lan', '2-1', null, null]);
  });
  test('in answers that are none, hostile or huge are none', () => {
    for (const text of [
      '',
      '{',
      '[]',
      '<tr><button name="start" value="x&y"></tr>',
      '{"a":{"b":"1-lan&capture=Stop"}}',
    ])
      expect(readInterfaces(text)).toEqual([]);
    const many = JSON.stringify(Array.from({ length: 5000 }, (_, n) => ({ name: `1-if${n}` })));
    expect(readInterfaces(many)).toHaveLength(200);
    expect(readInterfaces(`${'['.repeat(5000)}${']'.repeat(5000)}`)).toEqual([]);
    const began = performance.now();
    for (const text of ['<tr><button name="start" ', '<tr>', '<tr><button ']) readInterfaces(text.repeat(100_000));
    for (const text of ['<User last="1"', '<User ', '<SID>']) readSessionInfo(text.repeat(100_000));
    // Tags that never close, and one without an end: more than a minute once.
    for (const text of ['<User last="1" ', ' last="1"'])
      readSessionInfo(`<SID>0000000000000000</SID><User ${text.repeat(100_000)}`);
    expect(performance.now() - began).toBeLessThan(5000);
  });
});

describe('a box', () => {
  test.each([
    ['of today', { login: 'pbkdf2', list: 'json' }],
    ['before FRITZ!OS 7.24', { login: 'md5', list: 'html' }],
    ['whose list nobody understands', { login: 'pbkdf2', list: 'none' }],
  ] as const)('%s sends its frames as they pass, and is left as it was found', async (_, options) => {
    const one = await start(options);
    await one.until(() => one.frames.length === 1);
    box.send({ time: Date.now(), data: syn(7) });
    await one.until(() => one.frames.length === 2);
    expect(one.frames.map(({ data }) => data.toString('hex'))).toEqual(
      [syn(40_000), syn(7)].map((frame) => frame.toString('hex')),
    );
    expect(box.started.map((asked) => [asked.get('ifaceorminor'), asked.get('snaplen')])).toEqual([['1-lan', '1600']]);
    expect(one.states).toEqual([
      ['starting', null],
      ['running', null],
    ]);
    expect(one.lines.filter((line) => line.startsWith('warn'))).toHaveLength(options.list === 'none' ? 1 : 0);
    await one.source.stop();
    expect(box.stopped.map((asked) => [asked.get('iface'), asked.get('type')])).toEqual([['lan', '1']]);
    // That nobody takes the capture any more the box notices a moment later.
    await expect.poll(() => [box.sessions, box.captures], { timeout: 10_000 }).toEqual([0, 0]);
  });

  test('without a user name is asked as the user it offers', async () => {
    const one = await start({ username: 'fritz1234' }, { username: undefined });
    await one.until(() => one.frames.length === 1);
  });

  test('whose password lies in a file', async () => {
    const file = join(folder, 'password');
    writeFileSync(file, `${PASSWORD}\n`);
    const one = await start({}, { password: undefined, password_file: file });
    await one.until(() => one.frames.length === 1);
  });

  test('that does not take the password is asked once, and left alone; nothing tells the password', async () => {
    const one = await start({}, { password: 'wrong-pass', filter: 'not port 443' });
    await one.until(() => one.states.length === 2);
    await sleep(700);
    expect(box.tried).toBe(1);
    expect(one.states.at(-1)).toEqual([
      'failed',
      expect.stringContaining('refuses the user or the password in capture.fritzbox; it is tried again in an hour'),
    ]);
    expect(one.lines.filter((line) => line.startsWith('error'))).toHaveLength(1);
    expect(JSON.stringify([one.lines, one.states])).not.toContain('wrong-pass');
    expect(box.asked.join()).not.toContain('wrong-pass');
  });

  test('that lets nobody log in is asked again when the time is over, not before', async () => {
    box = await StandInBox.start();
    box.blockTime = 1;
    box.onCapture.push(...attempts(1, Date.now()));
    const url = `http://127.0.0.1:${box.port}`;
    stage = new Stage({ url, username: 'sensor', password: PASSWORD, interface: 'lan', insecure: false }, {});
    const one = stage;
    await one.source.start();
    await one.until(() => one.states.length === 2);
    expect(one.states[1]).toEqual(['failed', expect.stringContaining('lets nobody log in for 1 seconds')]);
    expect(box.tried).toBe(0);
    box.blockTime = 0;
    const asked = box.asked.length;
    await one.until(() => box.asked.length > asked);
    expect(performance.now() - (one.times[1] ?? 0)).toBeGreaterThan(1000);
    await one.until(() => one.frames.length === 1);
  });

  test.each([
    ['is cut', false],
    ['breaks', true],
  ])('whose stream %s is asked again, with the session it still knows', async (_, hard) => {
    const one = await start({});
    await one.until(() => one.frames.length === 1);
    box.cut(hard);
    await one.until(() => one.frames.length === 2);
    expect([box.loggedIn, box.started.length]).toEqual([1, 2]);
    expect(one.states.map(([state]) => state)).toEqual(['starting', 'running', 'restarting', 'running']);
  });

  test('that has forgotten the session is logged in to again', async () => {
    const one = await start({});
    await one.until(() => one.frames.length === 1);
    box.forget();
    box.cut();
    await one.until(() => one.frames.length === 2);
    expect(box.loggedIn).toBe(2);
  });

  test('that stalls is told of, its capture ended and asked for again', async () => {
    const one = await start({}, {}, { silent: 500, stuck: 1500 });
    await one.until(() => one.source.warnings().some(({ key }) => key === 'source_silent'));
    await one.until(() => one.frames.length === 2);
    expect(one.states[2]?.[1]).toMatch(/^nothing came from the FRITZ!Box at 127\.0\.0\.1:\d+ for 2 seconds$/);
    expect(box.stopped).toHaveLength(1);
  });

  test('whose user may not capture says so', async () => {
    const one = await start({ mayCapture: false });
    await one.until(() => one.states.length === 2);
    expect(one.states[1]?.[1]).toContain('its user needs the right to change the settings of the box');
  });

  test('that has no such interface tells which it has', async () => {
    const one = await start({}, { interface: 'dmz' });
    await one.until(() => one.states.length === 2);
    expect(one.states[1]).toEqual([
      'failed',
      expect.stringContaining('"dmz" means; it has 2-1 (1. Internetverbindung), 3-0'),
    ]);
  });

  test('that goes away is waited for; no session id is told', async () => {
    const one = await start({});
    await one.until(() => one.frames.length === 1);
    await box.close();
    await one.until(() => one.states.some(([, error]) => error?.includes('it refuses the connection') ?? false));
    expect(JSON.stringify([one.lines, one.states])).not.toMatch(/sid=|[0-9a-f]{16}/);
  });
});

describe('a box with a certificate of its own', () => {
  const [cert, key] = [join(folder, 'box.pem'), join(folder, 'box.key')];
  execFileSync(
    'openssl',
    [
      ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '10'],
      ...['-subj', '/CN=fritz.box', '-addext', 'subjectAltName=DNS:fritz.box', '-keyout', key, '-out', cert],
    ],
    { stdio: 'ignore' },
  );
  const tls = { cert: readFileSync(cert, 'utf8'), key: readFileSync(key, 'utf8') };
  const { fingerprint256 } = new X509Certificate(tls.cert);

  test.each([
    ['ca', { ca: cert }],
    ['fingerprint', { fingerprint: fingerprint256 }],
    ['fingerprint in lower case', { fingerprint: fingerprint256.replaceAll(':', '').toLowerCase() }],
    ['insecure', { insecure: true }],
  ])('is trusted by %s', async (_, trust) => {
    const one = await start({ tls }, trust);
    await one.until(() => one.frames.length === 1);
  });

  test('vouched for by an authority in the file must bear the name it is asked by', async () => {
    const made = await makeCertificates(folder, ['fritz.box'], []);
    const vouched = { cert: readFileSync(made.certificate, 'utf8'), key: readFileSync(made.key, 'utf8') };
    const one = await start({ tls: vouched }, { ca: made.ca });
    await one.until(() => one.states.length === 2);
    expect(one.states[1]?.[1]).toContain('its certificate bears another name');
    expect(box.asked).toEqual([]);
  });

  test.each([
    ['nothing', {}, 'its certificate is its own: name it by capture.fritzbox.ca or .fingerprint, or set .insecure'],
    [
      'another fingerprint',
      { fingerprint: 'AB'.repeat(32) },
      `another certificate than capture.fritzbox.fingerprint names (SHA-256 ${fingerprint256})`,
    ],
  ])('is not trusted by %s, and hears no word', async (_, trust, words) => {
    const one = await start({ tls }, trust);
    await one.until(() => one.states.length === 2);
    expect(one.states[1]?.[1]).toContain(words);
    expect(box.asked).toEqual([]);
  });
});

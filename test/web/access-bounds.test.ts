// The figures of pairing: how many browsers and links there may be, how long each lasts, how long who guesses has to wait.
import { createHash } from 'node:crypto';
import { beforeEach, describe, expect, it } from 'vitest';
import { Access, cookieHeader, newMemoryLinks, type PairResult, pairingLinkFor } from '../../web/access.ts';
import { newMemoryBrowsers } from '../support/page-model.ts';

const [MINUTE, DAY] = [60_000, 86_400_000];

let access: Access;
let browsers: ReturnType<typeof newMemoryBrowsers>;
/** Of the wall and of the machine; they move apart when somebody sets the clock. */
let time: { clock: number; ticks: number };
let logged: string[];

beforeEach(() => {
  browsers = newMemoryBrowsers();
  time = { clock: 1_767_607_200_000, ticks: 5 * MINUTE };
  logged = [];
  const write = (text: string) => logged.push(text);
  let given = 0;
  access = new Access({
    browsers,
    links: newMemoryLinks(),
    clock: () => time.clock,
    ticks: () => time.ticks,
    // Others each time, and as many as asked for.
    randomBytes: (count) => {
      given += 1;
      return Buffer.alloc(count, given & 0xff).fill(String(given), 0, 3);
    },
    log: { info: write, warn: write, error: write },
  });
});

const pair = (remote = '192.168.1.20'): PairResult => access.pair(access.newToken().token, 'Phone', remote);
const guess = (remote: string): PairResult => access.pair('guessed', 'Thief', remote);
const waits = (remote: string): number => {
  const answer = access.pair('again', 'Thief', remote);
  return !answer.ok && answer.reason === 'slow_down' ? answer.retryAfterMs : 0;
};

describe('of browsers', () => {
  it('what is kept is when it came, its name and hashes; the log tells that one came', () => {
    const paired = pair();
    if (!paired.ok) throw new Error('the link was good');
    expect(paired.cookieValue).toMatch(/^[\w-]{43}$/);
    expect(browsers.list()).toEqual([
      {
        id: expect.stringMatching(/^[\w-]{12}$/),
        tokenHash: createHash('sha256').update(paired.cookieValue).digest('hex'),
        name: 'Phone',
        createdAt: time.clock,
        lastSeen: time.clock,
      },
    ]);
    expect(paired.browser).toEqual(browsers.list()[0]);
    expect(access.newToken().token).toMatch(/^[\w-]{32}$/);
    expect(logged).toEqual(['a browser was paired']);
  });

  it('one whose use cannot be noted is let in all the same, and the log says why', () => {
    const paired = pair();
    const header = paired.ok ? cookieHeader(paired.cookieValue, '/', false) : undefined;
    browsers.touch = () => {
      throw new Error('disk full');
    };
    time.clock += DAY;
    expect(access.authenticate(header)).toMatchObject({ renew: true });
    expect(logged.slice(1)).toEqual(['cannot note when a browser was last seen: Error: disk full']);
  });

  it('64 are paired at most, and the link that came too late is good as soon as one is gone', () => {
    for (let i = 0; i < 64; i += 1) expect(pair().ok).toBe(true);
    const { token } = access.newToken();
    expect(access.pair(token, 'One more', '192.168.1.20')).toEqual({ ok: false, reason: 'too_many_browsers' });
    expect(browsers.list().length).toBe(64);
    browsers.remove(browsers.list()[0]?.id ?? '');
    expect(access.pair(token, 'One more', '192.168.1.20').ok).toBe(true);
  });

  it('one is noted as seen once a day, and its cookie renewed with that', () => {
    const paired = pair();
    const header = paired.ok ? cookieHeader(paired.cookieValue, '/', false).split(';')[0] : undefined;
    time.clock += DAY - 1;
    expect(access.authenticate(header)?.renew).toBe(false);
    time.clock += 1;
    expect(access.authenticate(header)?.renew).toBe(true);
    expect(browsers.list()[0]?.lastSeen).toBe(time.clock);
    expect(access.authenticate(header)?.renew).toBe(false);
  });

  it('a cookie is found among others, and neither a part of one nor one under another name is taken', () => {
    const paired = pair();
    const value = paired.ok ? paired.cookieValue : '';
    const browser = browsers.list()[0];
    expect(access.authenticate(`a=b; thingwatch_browser=${value}; c=d`)).toEqual({ browser, value, renew: false });
    expect(access.authenticate(`thingwatch_browser=;thingwatch_browser=${value}=x`)?.value).toBe(value);
    for (const header of [
      undefined,
      '',
      'thingwatch_browser=',
      `thingwatch_browser=${value.slice(0, -1)}`,
      `browser=${value}`,
      `x=thingwatch_browser=${value}`,
      value,
    ])
      expect(access.authenticate(header)).toBeNull();
  });

  it('a cookie lasts 400 days, and goes only over TLS where there is TLS; without a value it is taken back', () => {
    expect(cookieHeader('v', '/tw/', true)).toBe(
      'thingwatch_browser=v; Path=/tw/; Max-Age=34560000; HttpOnly; SameSite=Strict; Secure',
    );
    expect(cookieHeader('', '/', false)).toBe('thingwatch_browser=; Path=/; Max-Age=0; HttpOnly; SameSite=Strict');
  });
});

describe('of links', () => {
  it('16 wait at most, and the oldest gives way', () => {
    const tokens = Array.from({ length: 17 }, () => access.newToken().token);
    expect(access.pair(tokens[0] ?? '', 'Late', '192.168.1.20').ok).toBe(false);
    for (const [i, token] of tokens.slice(1).entries())
      expect([i, access.pair(token, 'Phone', '192.168.1.21').ok]).toEqual([i, true]);
  });

  it('one lasts for ten minutes of the machine, whatever its clock is set to', () => {
    const [early, late] = [access.newToken(), access.newToken()];
    expect(early.expiresAt).toBe(time.clock + 10 * MINUTE);
    time.clock += DAY;
    time.ticks += 10 * MINUTE - 1;
    expect(access.pair(early.token, 'Phone', '192.168.1.20').ok).toBe(true);
    time.ticks += 1;
    expect(access.pair(late.token, 'Phone', '192.168.1.20').ok).toBe(false);
  });
});

describe('a waiting link', () => {
  it('is good once and before its time is over, and gone afterwards in any case', () => {
    const links = newMemoryLinks();
    links.add('hash', 1000);
    expect([links.use('another', 999), links.use('hash', 999), links.use('hash', 999)]).toEqual([false, true, false]);
    links.add('hash', 1000);
    expect([links.use('hash', 1000), links.use('hash', 999)]).toEqual([false, false]);
  });

  it('is written after the address of the page, with one slash between', () => {
    expect(pairingLinkFor('http://192.168.1.5:8080', 'TOKEN')).toBe('http://192.168.1.5:8080/#/pair/TOKEN');
    expect(pairingLinkFor('http://192.168.1.5/watch/', 'TOKEN')).toBe('http://192.168.1.5/watch/#/pair/TOKEN');
  });
});

describe('who guesses', () => {
  it('is forgotten after 1,024 others, and not before', () => {
    for (const [others, delay] of [
      [1023, MINUTE],
      [1024, 0],
    ] as const) {
      guess('192.168.1.66');
      for (let i = 0; i < others; i += 1) {
        time.ticks += 1;
        guess(`10.${others & 1}.${i >> 8}.${i & 255}`);
      }
      // What the others did is over then, and who is forgotten has done nothing.
      time.ticks += 2 * MINUTE;
      guess('192.168.1.66');
      expect([others, waits('192.168.1.66') > 500]).toEqual([others, delay > 0]);
      access.pair(access.newToken().token, 'Phone', '192.168.1.66');
      time.ticks += 2 * MINUTE;
    }
  });

  it('waits half a second, then twice as long each time, up to a minute', () => {
    const delays = Array.from({ length: 10 }, () => {
      expect(guess('192.168.1.66')).toMatchObject({ reason: 'wrong_token' });
      const delay = waits('192.168.1.66');
      time.ticks += delay;
      return delay;
    });
    expect(delays).toEqual([500, 1000, 2000, 4000, 8000, 16_000, 32_000, MINUTE, MINUTE, MINUTE]);
    expect(access.counters).toEqual({ wrongTokens: 10, slowedTokens: 10 });
  });

  it('waits to the millisecond; the right token is good all the same, and ends the waiting', () => {
    guess('192.168.1.66');
    time.ticks += 499;
    expect(guess('192.168.1.66')).toEqual({ ok: false, reason: 'slow_down', retryAfterMs: 1 });
    expect(pair('192.168.1.66').ok).toBe(true);
    expect(guess('192.168.1.66')).toEqual({ ok: false, reason: 'wrong_token' });
    time.ticks += 500;
    expect(guess('192.168.1.66')).toEqual({ ok: false, reason: 'wrong_token' });
  });

  it('waits longer where many guess from everywhere, from the 21st wrong token within a minute on', () => {
    const firstDelays = Array.from({ length: 24 }, (_, i) => {
      guess(`10.0.0.${i}`);
      return waits(`10.0.0.${i}`);
    });
    expect(firstDelays.slice(0, 20)).toEqual(Array.from({ length: 20 }, () => 500));
    expect(firstDelays.slice(20)).toEqual([1000, 2000, 2000, 4000]);
    expect(pair('192.168.1.20').ok).toBe(true);
    time.ticks += MINUTE;
    guess('10.0.1.1');
    expect(waits('10.0.1.1')).toBe(4000);
    time.ticks += 1;
    guess('10.0.1.2');
    expect(waits('10.0.1.2')).toBe(500);
  });

  it('is told of in the log at the first wrong token and at each doubling', () => {
    for (let i = 0; i < 9; i += 1) guess(`10.0.0.${i}`);
    expect(logged).toEqual([1, 2, 4, 8].map((count) => `wrong tokens so far: ${count}`));
  });
});

// A fault of the way to the broker is told once when it begins and once when it is over, however often a connection comes and goes.
import { beforeEach, describe, expect, it } from 'vitest';
import { silentLog } from '../../sensor/log.ts';
import { LinkNews } from '../../sensor/publish/link-news.ts';
import { FakeTimers } from '../support/fake-timers.ts';

const LOST = 'the connection was lost';
const AGAIN = 'info connected to the broker with MQTT 5';

let timers: FakeTimers;
let log: string[];
let news: LinkNews;

beforeEach(() => {
  timers = new FakeTimers();
  log = [];
  news = new LinkNews(timers, {
    ...silentLog,
    info: (message) => log.push(`info ${message}`),
    error: (message) => log.push(`error ${message}`),
  });
});

/** A connection that lasts for so long, and why it ended. */
function connection(milliseconds: number, { isSilent = false } = {}): boolean {
  news.opened(5);
  timers.advance(milliseconds);
  const hasLasted = news.closed(isSilent);
  news.failed(LOST);
  return hasLasted;
}

it.each([
  [5, '5'],
  [4, '3.1.1'],
] as const)('the first connection is told at once, with protocol level %i as MQTT %s', (level, version) => {
  news.opened(level);
  expect(log).toEqual([`info connected to the broker with MQTT ${version}`]);
  expect([news.error, timers.pending()]).toEqual([null, []]);
});

it('has lasted when it was open for half a minute', () => {
  expect([connection(29_999), connection(30_000)]).toEqual([false, true]);
});

describe('after a connection that lasted', () => {
  it('the next one ends the fault at once', () => {
    connection(30_000);
    expect(news.error).toBe(LOST);
    news.opened(5);
    expect(news.error).toBeNull();
    expect(log).toEqual([AGAIN, `error ${LOST}`, AGAIN]);
  });

  it('the same fault is told again, since it is a new one', () => {
    connection(30_000);
    connection(30_000);
    expect(log).toEqual([AGAIN, `error ${LOST}`, AGAIN, `error ${LOST}`]);
  });
});

describe('after a connection that did not last', () => {
  it('the next one has to, for half a minute', () => {
    connection(29_999);
    news.opened(5);
    timers.advance(29_999);
    expect([news.error, log]).toEqual([LOST, [AGAIN, `error ${LOST}`]]);
    timers.advance(1);
    expect([news.error, log]).toEqual([null, [AGAIN, `error ${LOST}`, AGAIN]]);
  });

  it('a hundred like it are told once, each sentence', () => {
    for (let i = 0; i < 100; i += 1) connection(1000);
    news.failed('nothing listens');
    news.failed('nothing listens');
    expect(log).toEqual([AGAIN, `error ${LOST}`, 'error nothing listens']);
    expect([news.error, timers.pending()]).toEqual(['nothing listens', []]);
  });

  it('acknowledgements prove nothing', () => {
    connection(1000);
    news.opened(5);
    news.acknowledged(5);
    expect(news.error).toBe(LOST);
  });

  it('nothing more is told once it is stopped', () => {
    connection(1000);
    news.opened(5);
    news.stop();
    timers.advance(30_000);
    expect(log).toEqual([AGAIN, `error ${LOST}`]);
  });
});

describe('after a connection over which nothing was acknowledged', () => {
  it('time proves nothing, the first acknowledgement does, once', () => {
    connection(60_000, { isSilent: true });
    news.opened(5);
    timers.advance(60_000);
    expect(news.error).toBe(LOST);
    news.acknowledged(5);
    news.acknowledged(5);
    expect([news.error, log]).toEqual([null, [AGAIN, `error ${LOST}`, AGAIN]]);
  });
});

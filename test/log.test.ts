// Levelled lines, and a bound on how many of them an event on the network can make.
import { afterEach, expect, test, vi } from 'vitest';
import { createLog, LogBook, type LogLevel } from '../sensor/log.ts';

afterEach(() => {
  vi.useRealTimers();
});

function logAt(threshold: LogLevel) {
  const lines: string[] = [];
  const clock = { time: Date.parse('2026-01-05T10:00:00Z') };
  const log = createLog(
    'detect',
    (line) => lines.push(line),
    threshold,
    () => clock.time,
  );
  return { lines, clock, log };
}

test('a line says when, how serious and from which room; what is below the threshold is dropped', () => {
  const { lines, log } = logAt('info');
  log.warn('the mirror is silent');
  log.debug('nothing');
  expect(lines).toEqual(['2026-01-05T10:00:00.000Z warn  detect: the mirror is silent']);
});

/** What the lines say, without when. */
const said = (lines: readonly string[]) => lines.map((line) => line.slice(25));

test('too many lines of one kind within a minute are counted in place of being told', () => {
  const { clock, lines, log } = logAt('info');
  for (let i = 0; i < 10_000; i++) log.info(`incident ${i}`);
  expect(lines).toHaveLength(20);
  log.error('the disk is full');
  expect(lines.at(-1)).toContain('the disk is full');
  clock.time += 60_000;
  log.info('incident 10001');
  expect(said(lines.slice(-2))).toEqual([
    'info  detect: and 9980 more lines within a minute that are not shown: incident …',
    'info  detect: incident 10001',
  ]);
});

test('a flood of one kind hides no other of the same level, however names, addresses and numbers vary', () => {
  const { lines, log } = logAt('info');
  for (let i = 0; i < 20_000; i++) {
    const mac = `02:00:00:00:${(i >> 8).toString(16)}:${(i & 255).toString(16)}`;
    log.warn(`incident opened [high] lamp ${i} (${mac}) sent mail to 203.0.113.${i & 255}`);
    log.warn(`${mac} was deleted in Home Assistant`);
    log.warn(`it says: ${String.fromCharCode(97 + (i % 26)).repeat(1 + (i % 15))} of my own`);
  }
  expect(lines).toHaveLength(3 * 20);
  log.warn('the disk is full: nothing is stored');
  log.warn('incident opened [critical] the lamp sent mail');
  expect(said(lines.slice(-2))).toEqual([
    'warn  detect: the disk is full: nothing is stored',
    'warn  detect: incident opened [critical] the lamp sent mail',
  ]);
});

test('kinds without number share one limit: memory and lines stay bounded', () => {
  const { lines, log } = logAt('info');
  const letters = (n: number) => [0, 1, 2].map((place) => String.fromCharCode(97 + ((n / 26 ** place) % 26))).join('');
  for (let i = 0; i < 26 ** 3; i++) log.info(`${letters(i)} happened`);
  expect(lines).toHaveLength(64 + 20);
});

test('what was left out is told without a later line: after a minute, and at the end of the program', () => {
  vi.useFakeTimers();
  const lines: string[] = [];
  const ends: (() => void)[] = [];
  const book = new LogBook({
    sink: (line) => lines.push(line),
    threshold: 'info',
    now: Date.now,
    atEnd: (flush) => ends.push(flush),
  });
  const log = book.room('detect');
  log.info('incident 1');
  expect([ends.length, vi.getTimerCount()]).toEqual([0, 0]);
  for (let i = 0; i < 832; i++) log.info(`incident ${i}`);
  expect([ends.length, vi.getTimerCount()]).toEqual([1, 1]);
  vi.advanceTimersByTime(60_000);
  expect(said(lines.slice(20))).toEqual([
    'info  detect: and 813 more lines within a minute that are not shown: incident …',
  ]);
  for (let i = 0; i < 30; i++) log.info(`incident ${i}`);
  ends[0]?.();
  expect(said(lines.slice(-1))).toEqual([
    'info  detect: and 10 more lines within a minute that are not shown: incident …',
  ]);
  ends[0]?.();
  expect(lines.filter((line) => line.includes('not shown'))).toHaveLength(2);
});

test('a clock that is set back silences nothing', () => {
  const { clock, lines, log } = logAt('info');
  for (let i = 0; i < 100; i++) log.info(`${i}`);
  clock.time -= 3_600_000;
  log.info('later, by an earlier clock');
  expect(lines.at(-1)).toContain('later, by an earlier clock');
});

test('who asks for debug lines gets all of them', () => {
  const { lines, log } = logAt('debug');
  for (let i = 0; i < 1000; i++) log.debug(`${i}`);
  expect(lines).toHaveLength(1000);
});

// Levelled lines, and a bound on how many of them an event on the network can make.
import { expect, test } from 'vitest';
import { createLog, type LogLevel } from '../sensor/log.ts';

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

test('too many lines of one level within a minute are counted in place of being told', () => {
  const { clock, lines, log } = logAt('info');
  for (let i = 0; i < 10_000; i++) log.info(`incident ${i}`);
  expect(lines).toHaveLength(60);
  log.error('the disk is full');
  expect(lines.at(-1)).toContain('the disk is full');
  clock.time += 60_000;
  log.info('the next minute');
  expect(lines.slice(-2).map((line) => line.slice(25))).toEqual([
    'info  detect: and 9940 more lines within a minute that are not shown',
    'info  detect: the next minute',
  ]);
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

// From where was looked on each day, and what was lost: summed as time goes by.
import { expect, it } from 'vitest';
import { DAY, DayBook, dayText } from '../../../sensor/fleet/day-book.ts';

const HOUR = 60 * 60_000;
const MINUTE = 60_000;
const FIRST = 20_000;
const START = FIRST * DAY;
const GOOD = { vantage: 'lan-both-ways', lossPercent: 0, version: '1.0.0' } as const;

function watch(book: DayBook, from: number, to: number, look: Parameters<DayBook['observe']>[1]): void {
  for (let at = from; at <= to; at += MINUTE) book.observe(at, look, false);
}

it('tells what held for most of the day, and the mean of what was lost', () => {
  const book = new DayBook(null);
  watch(book, START, START + 18 * HOUR, GOOD);
  watch(book, START + 18 * HOUR, START + DAY, { vantage: 'broadcast-only', lossPercent: 4, version: '1.0.1' });
  expect(book.facts(FIRST)).toEqual({ vantage: 'lan-both-ways', lossPercent: 1, version: '1.0.1' });
  expect(book.facts(FIRST + 1)).toBeNull();
});

it('takes time at midnight for the day that it is of', () => {
  const book = new DayBook(null);
  book.observe(START - 30_000, GOOD, false);
  book.observe(START + 30_000, GOOD, false);
  expect([FIRST - 1, FIRST].map((day) => book.facts(day)?.vantage)).toEqual(['lan-both-ways', 'lan-both-ways']);
});

it('knows nothing of the time in which the sensor was off', () => {
  const book = new DayBook(null);
  book.observe(START, GOOD, false);
  book.observe(START + DAY, GOOD, false);
  expect(book.facts(FIRST)).toBeNull();
  // Of a recording no time is left out.
  const recorded = new DayBook(null);
  recorded.observe(START, GOOD, true);
  recorded.observe(START + DAY, GOOD, true);
  expect(recorded.facts(FIRST)).not.toBeNull();
});

it('says nothing of losses that nobody could tell', () => {
  const book = new DayBook(null);
  watch(book, START, START + HOUR, { ...GOOD, lossPercent: null });
  expect(book.facts(FIRST)?.lossPercent).toBeNull();
});

it('comes back from its text, as far as that is one', () => {
  const book = new DayBook(null);
  watch(book, START, START + HOUR, GOOD);
  expect(new DayBook(book.text()).facts(FIRST)).toEqual(book.facts(FIRST));
  for (const text of ['', '{', '[{"day":-1}]', '7']) expect(new DayBook(text).facts(FIRST)).toBeNull();
});

it('keeps two weeks and a little, and a leap of the clock costs no more', () => {
  const book = new DayBook(null);
  book.observe(START, GOOD, true);
  book.observe(START + 4000 * DAY, GOOD, true);
  expect(JSON.parse(book.text())).toHaveLength(16);
  expect(dayText(FIRST)).toBe('2024-10-04');
});

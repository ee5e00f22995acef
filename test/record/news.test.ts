// News on its way to the disk: one by one as a rule, shared in a flood, which is told when it begins and when it is over.
import { describe, expect, it } from 'vitest';
import type { Log } from '../../sensor/log.ts';
import { News } from '../../sensor/record/news.ts';
import { MINUTE, SECOND, START } from '../support/stage.ts';
import { incident } from './store-fixtures.ts';

const FLOOD =
  'there are so many incidents that several are written to the disk at a time: alerts may come up to half a minute late, and fewer frames are kept as evidence';
const OVER = 'incidents are written to the disk and told of at once again';

function news(paced?: boolean): { news: News; said: string[]; add(id: string): void } {
  const said: string[] = [];
  const log: Log = {
    debug: () => {},
    info: (line) => said.push(`info ${line}`),
    warn: (line) => said.push(`warn ${line}`),
    error: () => {},
  };
  const one = new News({ log, ...(paced === undefined ? {} : { paced }) });
  const add = (id: string) =>
    one.add({ event: { change: 'opened', incident: incident(id), time: START }, device: null, alerts: [] });
  return { news: one, said, add };
}

/** Writes news until one has to wait. */
function exhaust({ news: one, add }: ReturnType<typeof news>, time: number): number {
  for (let count = 0; count < 1000; count++) {
    add(`${time} ${count}`);
    if (!one.isDue(time)) return count;
    one.take();
  }
  throw new Error('none had to wait');
}

it.each([undefined, false])('without a pace (%s) each is due at once, and counts may always be written', (paced) => {
  const one = news(paced);
  expect(one.news.isDue(START)).toBe(false);
  for (let n = 0; n < 700; n++) {
    one.add(`${n}`);
    expect(one.news.isDue(START)).toBe(true);
    expect(one.news.take()).toHaveLength(1);
    expect(one.news.mayCount(START)).toBe(true);
  }
  expect([one.news.take(), one.said]).toEqual([[], []]);
});

describe('paced', () => {
  it('two hundred are due at once; then they wait and go together, half a minute later or five hundred at a time', () => {
    const one = news(true);
    expect(exhaust(one, START)).toBe(200);
    for (let n = 0; n < 498; n++) one.add(`${n}`);
    expect(one.news.isDue(START)).toBe(false);
    one.add('the five hundredth');
    expect(one.news.isDue(START)).toBe(true);
    expect(one.news.take()).toHaveLength(500);
    one.add('later');
    expect([one.news.isDue(START + 30 * SECOND - 1), one.news.isDue(START + 30 * SECOND)]).toEqual([false, true]);
    expect(one.said).toEqual([`warn ${FLOOD}`]);
  });

  it('counts have half of it', () => {
    const one = news(true);
    let counts = 0;
    while (one.news.mayCount(START)) counts++;
    expect(counts).toBe(100);
  });

  it('a flood is over once none had to wait for ten minutes, which is said', () => {
    const one = news(true);
    exhaust(one, START);
    one.news.take();
    one.news.isDue(START + 10 * MINUTE - 1);
    expect(one.said).toEqual([`warn ${FLOOD}`]);
    one.news.isDue(START + 10 * MINUTE);
    one.news.isDue(START + 20 * MINUTE);
    expect(one.said).toEqual([`warn ${FLOOD}`, `info ${OVER}`]);
    // The next one is told again.
    exhaust(one, START + 20 * MINUTE);
    expect(one.said).toEqual([`warn ${FLOOD}`, `info ${OVER}`, `warn ${FLOOD}`]);
  });

  it('it goes on as long as some have to wait', () => {
    const one = news(true);
    exhaust(one, START);
    one.news.take();
    exhaust(one, START + 9 * MINUTE);
    one.news.take();
    one.news.isDue(START + 18 * MINUTE);
    expect(one.said).toEqual([`warn ${FLOOD}`]);
    one.news.isDue(START + 19 * MINUTE);
    expect(one.said).toEqual([`warn ${FLOOD}`, `info ${OVER}`]);
  });

  it('a clock that was set back ends it', () => {
    const one = news(true);
    exhaust(one, START);
    one.news.take();
    one.news.isDue(START);
    expect(one.said).toHaveLength(1);
    one.news.isDue(START - 1);
    expect(one.said).toEqual([`warn ${FLOOD}`, `info ${OVER}`]);
  });
});

it('what has become part of another before anybody was told is not told', () => {
  const one = news();
  const gone = incident('gone');
  one.add('a');
  one.news.add({ event: { change: 'opened', incident: gone, time: START }, device: null, alerts: [] });
  one.add('b');
  one.news.withdraw(new Set([gone]));
  expect(one.news.take().map(({ event }) => event.incident.id)).toEqual(['a', 'b']);
});

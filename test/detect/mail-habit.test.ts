// What a device's mail looks like as a whole: servers of thirty days, recipients, and bursts, each with its bound.
import { describe, expect, it } from 'vitest';
import {
  BurstCounter,
  habitAt,
  type MailHabit,
  noteRecipients,
  noteServer,
  readHabit,
} from '../../sensor/detect/mail-habit.ts';
import { DAY, HOUR, MINUTE, SECOND, START } from '../support/stage.ts';

describe('servers', () => {
  const names = (habit: MailHabit) => habit['25']?.servers.map(([name]) => name);

  it('count once each, for thirty days after their last attempt', () => {
    const habit: MailHabit = {};
    noteServer(habit, '25', 'a', START);
    noteServer(habit, '25', 'b', START + DAY);
    noteServer(habit, '25', 'a', START + 2 * DAY);
    expect(names(habit)).toEqual(['b', 'a']);
    noteServer(habit, '25', 'c', START + 31 * DAY - 1);
    expect(names(habit)).toEqual(['b', 'a', 'c']);
    noteServer(habit, '25', 'c', START + 31 * DAY);
    expect(names(habit)).toEqual(['a', 'c']);
  });

  it('are kept by port class, twenty of each at most, the latest', () => {
    const habit: MailHabit = {};
    for (let i = 0; i < 25; i++) noteServer(habit, 'submission', `s${i}`, START + i);
    noteServer(habit, 'odd', 'other', START);
    expect(habit.submission?.servers.map(([name]) => name)).toEqual(Array.from({ length: 20 }, (_, i) => `s${i + 5}`));
    expect(habit.odd?.servers.length).toBe(1);
    expect(readHabit(JSON.parse(JSON.stringify(habit)))).toEqual(habit);
  });
});

it('recipients add up for thirty days, then from nothing', () => {
  const habit: MailHabit = {};
  noteRecipients(habit, '25', 3, START);
  expect(noteRecipients(habit, '25', 4, START + 30 * DAY - 1).recipients).toBe(7);
  expect(noteRecipients(habit, '25', 2, START + 30 * DAY)).toMatchObject({ recipients: 2, since: START + 30 * DAY });
  expect(noteRecipients(habit, '25', 2, START + 60 * DAY - 1).recipients).toBe(4);
});

it('addresses behind one MAC have habits of their own, 32 of them, the oldest gives way', () => {
  const habit: MailHabit = {};
  expect(habitAt(habit, undefined)).toBe(habit);
  for (let i = 0; i < 32; i++) noteServer(habitAt(habit, `10.0.0.${i}`), '25', 'a', START);
  expect(Object.keys(habit.inner ?? {})).toHaveLength(32);
  noteServer(habitAt(habit, '10.0.0.1'), '25', 'b', START);
  expect(habitAt(habit, '10.0.0.1')['25']?.servers.length).toBe(2);
  habitAt(habit, '10.0.1.1');
  expect(Object.keys(habit.inner ?? {})).toHaveLength(32);
  expect(Object.keys(habit.inner ?? {})).not.toContain('10.0.0.0');
});

it.each([null, 'text', { '25': { servers: [['a', 'b']], recipients: 0, since: 0 } }, { inner: 3 }])(
  'stored as %j it is none',
  (value) => {
    expect(readHabit(value)).toBeNull();
  },
);

describe('a burst', () => {
  const run = (counter: BurstCounter, count: number, from: number, step = SECOND) =>
    Array.from({ length: count }, (_, i) => counter.attempt(`s${i % 3}`, from + i * step)).filter(
      (one) => one !== null,
    );

  it('is twenty attempts within ten minutes of the first, told with each that makes it larger', () => {
    const told = run(new BurstCounter(), 21, START);
    expect(told).toEqual([
      { attempts: 20, servers: 3, minutes: 1, silentBefore: true },
      { attempts: 21, servers: 3, minutes: 1, silentBefore: true },
    ]);
    expect(run(new BurstCounter(), 19, START)).toEqual([]);
  });

  it('takes the minutes that it took, rounded up', () => {
    const last = (step: number) => run(new BurstCounter(), 20, START, step).at(-1)?.minutes;
    expect([last(1), last(MINUTE / 19), last(MINUTE / 19 + 1), last((2 * MINUTE) / 19)]).toEqual([1, 1, 2, 2]);
  });

  it('ends ten minutes after its first attempt, and where the clock is set back', () => {
    const counter = new BurstCounter();
    run(counter, 19, START, 1);
    expect(counter.attempt('x', START + 10 * MINUTE)).toBeNull();
    const other = new BurstCounter();
    run(other, 19, START, 1);
    expect(other.attempt('x', START + 10 * MINUTE - 1)?.attempts).toBe(20);
    const back = new BurstCounter();
    run(back, 19, START, 1);
    expect(back.attempt('x', START - 1)).toBeNull();
  });

  it('that is not larger than the one before is not told, unless a silent day lies between', () => {
    const counter = new BurstCounter();
    run(counter, 25, START);
    expect(run(counter, 25, START + 20 * MINUTE)).toEqual([]);
    expect(run(counter, 26, START + 40 * MINUTE)).toMatchObject([{ attempts: 26, silentBefore: false }]);
    const last = START + 40 * MINUTE + 25 * SECOND;
    expect(run(counter, 20, last + DAY - 1)).toEqual([]);
    const [again] = run(counter, 20, last + 2 * DAY + MINUTE);
    expect(again).toMatchObject({ attempts: 20, silentBefore: true });
  });

  it('goes on over a clock that was put right', () => {
    const counter = new BurstCounter();
    run(counter, 19, START, 1);
    counter.moveTime(DAY);
    expect(counter.attempt('x', START + DAY + MINUTE)).toMatchObject({ attempts: 20, minutes: 1 });
    run(counter, 1, START + DAY + 20 * MINUTE);
    expect(run(counter, 30, START + DAY + 40 * MINUTE).at(-1)).toMatchObject({ silentBefore: false });
  });

  it('after a clock that was put right was no longer ago than it was', () => {
    const counter = new BurstCounter();
    counter.attempt('x', START);
    counter.moveTime(2 * DAY);
    expect(run(counter, 20, START + 2 * DAY + 20 * MINUTE)).toMatchObject([{ silentBefore: false }]);
  });

  it('at one moment takes a minute; a day of silence to the moment is silence', () => {
    const counter = new BurstCounter();
    expect(run(counter, 20, START, 0)).toMatchObject([{ minutes: 1 }]);
    expect(run(counter, 20, START + DAY, 0)).toMatchObject([{ silentBefore: true }]);
  });

  it('counts the servers of its own', () => {
    const counter = new BurstCounter();
    run(counter, 10, START);
    for (let i = 0; i < 19; i++) counter.attempt('y', START + HOUR);
    expect(counter.attempt('y', START + HOUR)).toMatchObject({ attempts: 20, servers: 1 });
  });

  it('tells at most 1,024 servers apart, and counts every attempt', () => {
    const counter = new BurstCounter();
    const told = Array.from({ length: 1100 }, (_, i) => counter.attempt(`s${i}`, START + i));
    expect(told.at(-1)).toMatchObject({ attempts: 1100, servers: 1024 });
  });
});

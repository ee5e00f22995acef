// The account of live time: every moment is in it once, whatever clocks do, and it is small and on disk.
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Finding } from '../../sensor/detect/finding.ts';
import { Store } from '../../sensor/record/store.ts';
import {
  accounted,
  emptyHour,
  HOUR,
  tallyMail,
  WATCH_STATES,
  type WatchHour,
  WatchHours,
} from '../../sensor/record/watch-hours.ts';
import { finding } from './findings.ts';
import { NOW, temporaryDirectory } from './store-fixtures.ts';

const MINUTE = 60_000;
const SECOND = 1000;
const DAY = 24 * HOUR;
const START = Date.UTC(2026, 10, 23, 10);

/** Looked at each second, as the program does. */
function watching(
  watch: WatchHours,
  from: number,
  to: number,
  state: Parameters<WatchHours['observe']>[1] = 'watched',
) {
  for (let at = from; at <= to; at += SECOND) watch.observe(at, state);
}

const sums = (hours: readonly WatchHour[]) =>
  Object.fromEntries(
    WATCH_STATES.map(
      (state) => [state, hours.reduce((sum, { spent }) => sum + spent[state], 0) / MINUTE] as const,
    ).filter(([, minutes]) => minutes > 0),
  );

describe('an account of time', () => {
  it('divides what passes among hours and reasons', () => {
    const watch = new WatchHours();
    watch.begin(START + 30 * MINUTE);
    watching(watch, START + 30 * MINUTE, START + 75 * MINUTE);
    watching(watch, START + 75 * MINUTE, START + 80 * MINUTE, 'loss');
    expect(
      watch.all().map(({ hour, spent }) => [hour - START / HOUR, spent.watched / MINUTE, spent.loss / MINUTE]),
    ).toEqual([
      [0, 30, 0],
      [1, 15, 5],
    ]);
  });

  it('of the time between two runs says that the sensor was off, however short it was', () => {
    const watch = new WatchHours();
    watch.begin(START);
    watching(watch, START, START + 10 * MINUTE);
    const later = new WatchHours();
    later.load(watch.all(), watch.until);
    later.begin(START + 10 * MINUTE + 20 * SECOND);
    later.observe(START + 10 * MINUTE + 21 * SECOND, 'watched');
    expect(later.all()[0]?.spent).toMatchObject({ watched: 10 * MINUTE + SECOND, off: 20 * SECOND });
  });

  it('nobody looks for three minutes: the machine slept, whatever holds afterwards', () => {
    const watch = new WatchHours();
    watch.begin(START);
    watching(watch, START, START + MINUTE);
    watch.observe(START + 4 * MINUTE, 'watched');
    expect(sums(watch.all())).toEqual({ watched: 1, off: 3 });
  });

  it('a clock that went back counts no time twice', () => {
    const watch = new WatchHours();
    watch.begin(START);
    watching(watch, START, START + 30 * MINUTE);
    watching(watch, START + 10 * MINUTE, START + 40 * MINUTE);
    expect(sums(watch.all())).toEqual({ watched: 40 });
  });

  it('a clock that is put right takes along what it stamped, and what it skipped was not watched', () => {
    const watch = new WatchHours();
    watch.begin(START);
    watching(watch, START, START + 2 * HOUR);
    watch.move({ since: START, until: START + 2 * HOUR, by: 3 * DAY });
    expect(watch.until).toBe(START + 3 * DAY + 2 * HOUR);
    const [first] = watch.all().filter(({ spent }) => spent.watched > 0);
    expect(first?.hour).toBe((START + 3 * DAY) / HOUR);
    expect(sums(watch.all())).toEqual({ watched: 120, off: 3 * 24 * 60 });
  });

  it('a step by less than an hour takes nothing along, and no hour holds more than an hour', () => {
    const watch = new WatchHours();
    watch.begin(START);
    watching(watch, START, START + 2 * HOUR);
    watch.move({ since: START + HOUR, until: START + 2 * HOUR, by: 20 * MINUTE });
    expect(sums(watch.all())).toEqual({ watched: 120, off: 20 });
    watch.move({ since: START + HOUR, until: START + 140 * MINUTE, by: -90 * MINUTE });
    expect(watch.until).toBe(START + 50 * MINUTE);
    watching(watch, START + 50 * MINUTE, START + 5 * HOUR);
    for (const { spent } of watch.all()) expect(accounted(spent)).toBeLessThanOrEqual(HOUR);
  });

  it('is bounded: a year that the sensor was off costs forty days', () => {
    const watch = new WatchHours();
    watch.begin(START);
    watching(watch, START, START + HOUR);
    watch.begin(START + 365 * DAY);
    const changes = watch.changes();
    expect(watch.all()).toHaveLength(40 * 24 + 1 - 1);
    expect(sums(watch.all())).toEqual({ off: 40 * 24 * 60 });
    expect(changes?.first).toBe((START + 325 * DAY) / HOUR);
  });

  it('counts mail by hour, and gives what changed once', () => {
    const watch = new WatchHours();
    watch.begin(START);
    watch.mail(START + MINUTE, true, 3);
    watch.mail(START + MINUTE, false, 1);
    expect(watch.changes()?.hours.map(({ mail }) => mail)).toEqual([{ expected: 3, unexpected: 1 }]);
    watch.stored();
    expect(watch.changes()?.hours).toEqual([]);
    watch.observe(START + SECOND, 'watched');
    expect(watch.changes()?.hours).toHaveLength(1);
    expect(watch.changes(true)?.hours).toHaveLength(1);
  });
});

/** `hour state minutes`, for each that there was. */
const told = (watch: WatchHours) =>
  watch
    .all()
    .flatMap(({ hour, mail, spent }) => [
      ...WATCH_STATES.filter((state) => spent[state] > 0).map(
        (state) => `${hour - START / HOUR} ${state} ${spent[state] / MINUTE}`,
      ),
      ...(mail.expected + mail.unexpected > 0
        ? [`${hour - START / HOUR} mail ${mail.expected}+${mail.unexpected}`]
        : []),
    ]);
const hourOf = (hour: number, spent: Partial<WatchHour['spent']>, expected = 0, unexpected = 0): WatchHour => {
  const empty = emptyHour(START / HOUR + hour);
  return { ...empty, spent: { ...empty.spent, ...spent }, mail: { expected, unexpected } };
};
function loaded(until: number | null, ...hours: WatchHour[]): WatchHours {
  const watch = new WatchHours();
  watch.load(hours, until);
  return watch;
}

describe('the account at its bounds', () => {
  it('begins with the first look, and knows nothing before', () => {
    const watch = new WatchHours();
    expect([watch.until, watch.changes(), watch.changes(true)]).toEqual([null, null, null]);
    watch.move({ since: START, until: START + HOUR, by: DAY });
    expect([watch.until, watch.all()]).toEqual([null, []]);
    watch.observe(START, 'watched');
    expect([watch.until, told(watch)]).toEqual([START, []]);
    watch.observe(START + 2 * MINUTE, 'mirror');
    expect([watch.until, told(watch)]).toEqual([START + 2 * MINUTE, ['0 mirror 2']]);
  });

  it('calls two minutes what holds now, and a moment more a time that nobody looked', () => {
    const watch = loaded(START);
    watch.observe(START + 2 * MINUTE, 'clock');
    watch.observe(START + 4 * MINUTE + 1, 'clock');
    watch.observe(START + 6 * MINUTE + 1, 'capture');
    expect(sums(watch.all())).toEqual({ clock: 2, off: 2 + 1 / MINUTE, capture: 2 });
  });

  it('a start before the end of what is on record waits for it', () => {
    const watch = loaded(START + HOUR);
    watch.begin(START);
    expect(watch.until).toBe(START + HOUR);
    for (const at of [START + MINUTE, START + HOUR]) watch.observe(at, 'watched');
    expect([watch.until, told(watch)]).toEqual([START + HOUR, []]);
    watch.observe(START + HOUR + MINUTE, 'watched');
    expect(told(watch)).toEqual(['1 watched 1']);
    const fresh = new WatchHours();
    fresh.begin(START);
    expect([fresh.until, told(fresh)]).toEqual([START, []]);
  });

  it('divides time at the full hour, to the millisecond', () => {
    const watch = loaded(START - 1);
    watch.observe(START, 'loss');
    watch.observe(START + 1, 'watched');
    expect(watch.all().map(({ hour, spent }) => [hour - START / HOUR, spent.loss, spent.watched])).toEqual([
      [-1, 1, 0],
      [0, 0, 1],
    ]);
  });

  it('an hour that is full takes no more, also of another reason', () => {
    const watch = loaded(START, hourOf(0, { watched: 40 * MINUTE, off: 15 * MINUTE }));
    watch.begin(START + 30 * MINUTE);
    expect(told(watch)).toEqual(['0 watched 40', '0 off 20']);
    watch.begin(START + 61 * MINUTE);
    expect(told(watch)).toEqual(['0 watched 40', '0 off 20', '1 off 1']);
  });

  it('mail belongs to its hour', () => {
    const watch = loaded(START);
    for (const at of [START - 1, START, START + HOUR - 1, START + HOUR]) watch.mail(at, at >= START + HOUR, 2);
    expect(told(watch)).toEqual(['-1 mail 0+2', '0 mail 0+4', '1 mail 2+0']);
  });

  it('keeps forty days before the present, gives those that changed, and what is gone no more', () => {
    const kept = 40 * 24;
    const watch = loaded(START, hourOf(-kept - 1, { off: 1 }), hourOf(-kept, { off: 2 }), hourOf(0, { off: 3 }));
    watch.mail(START - (kept + 1) * HOUR, true, 1);
    watch.mail(START - kept * HOUR, true, 1);
    const changes = watch.changes();
    expect(changes).toEqual({
      ...{ hours: [hourOf(-kept, { off: 2 }, 1)], until: START, first: START / HOUR - kept },
    });
    expect(watch.all().map(({ hour }) => hour - START / HOUR)).toEqual([-kept, 0]);
    watch.stored();
    expect(watch.changes()?.hours).toEqual([]);
    expect(watch.changes(true)?.hours).toEqual(watch.all());
    // Within an hour nothing more is let go.
    watch.observe(START + MINUTE, 'watched');
    expect(watch.changes()?.first).toBe(START / HOUR - kept);
  });

  it('of a long absence counts no more than it keeps', () => {
    const watch = loaded(START);
    watch.begin(START + 40 * DAY + HOUR);
    expect([watch.all().length, watch.all()[0]?.hour]).toEqual([40 * 24, START / HOUR + 1]);
    const shorter = loaded(START);
    shorter.begin(START + 40 * DAY);
    expect([shorter.all().length, shorter.all()[0]?.hour]).toEqual([40 * 24, START / HOUR]);
  });
});

describe('a clock that is put right', () => {
  const full = (hour: number) => hourOf(hour, { watched: HOUR });

  it.each<[string, { since: number; until: number; by: number }, until: number, readonly string[]]>([
    [
      'forward by two hours takes whole hours along, and what lies between was not watched',
      { since: START + HOUR, until: START + 3 * HOUR, by: 2 * HOUR },
      ...([START + 5 * HOUR, ['0 watched 60', '1 off 60', '2 off 60', '3 watched 60', '4 watched 60']] as const),
    ],
    [
      'from within an hour leaves that one where it is',
      { since: START + HOUR + 1, until: START + 3 * HOUR, by: 2 * HOUR },
      ...([START + 5 * HOUR, ['0 watched 60', '1 watched 60', '2 off 60', '3 off 60', '4 watched 60']] as const),
    ],
    [
      'forward by half an hour counts as one',
      { since: START, until: START + 3 * HOUR, by: HOUR / 2 },
      ...([START + 3.5 * HOUR, ['0 off 60', '1 watched 60', '2 watched 60', '3 watched 60']] as const),
    ],
    [
      'forward by less takes nothing along',
      { since: START, until: START + 3 * HOUR, by: HOUR / 2 - 1 },
      ...([
        START + 3.5 * HOUR - 1,
        ['0 watched 60', '1 watched 60', '2 watched 60', `3 off ${30 - 1 / MINUTE}`],
      ] as const),
    ],
    [
      'forward where nothing was stamped wrong takes nothing along',
      { since: START + 3 * HOUR, until: START + 3 * HOUR, by: 2 * HOUR },
      ...([START + 5 * HOUR, ['0 watched 60', '1 watched 60', '2 watched 60', '3 off 60', '4 off 60']] as const),
    ],
    [
      'back by two hours takes them along, as far as there is room in an hour',
      { since: START + 2 * HOUR, until: START + 3 * HOUR, by: -2 * HOUR },
      ...([START + HOUR, ['0 watched 60', '1 watched 60']] as const),
    ],
    [
      'back by little takes nothing along, and time goes on from there',
      { since: START + 2 * HOUR, until: START + 3 * HOUR, by: -MINUTE },
      ...([START + 3 * HOUR - MINUTE, ['0 watched 60', '1 watched 60', '2 watched 60']] as const),
    ],
    [
      'to where it was already, changes nothing',
      { since: START, until: START + 3 * HOUR, by: 0 },
      ...([START + 3 * HOUR, ['0 watched 60', '1 watched 60', '2 watched 60']] as const),
    ],
  ])('%s', (_, move, until, hours) => {
    const watch = loaded(START + 3 * HOUR, full(0), full(1), full(2));
    watch.move(move);
    expect([watch.until, told(watch)]).toEqual([until, hours]);
    for (const { spent } of watch.all()) expect(accounted(spent)).toBeLessThanOrEqual(HOUR);
  });

  it('back into hours that there are adds up what both had, mail as well', () => {
    const watch = loaded(
      START + 3 * HOUR,
      hourOf(0, { watched: 10 * MINUTE, loss: 5 * MINUTE }, 1, 2),
      hourOf(2, { watched: 30 * MINUTE, loss: 30 * MINUTE }, 3, 4),
    );
    watch.move({ since: START + HOUR, until: START + 3 * HOUR, by: -2 * HOUR });
    expect(told(watch)).toEqual(['0 watched 40', '0 loss 20', '0 mail 4+6']);
    // The hour that is no more is told as an empty one.
    expect(watch.changes()?.hours.toSorted((a, b) => a.hour - b.hour)).toEqual([
      hourOf(0, { watched: 40 * MINUTE, loss: 20 * MINUTE }, 4, 6),
      hourOf(2, {}),
    ]);
  });

  it('takes along nothing of the present, where nothing was stamped wrong', () => {
    const watch = loaded(START + 3 * HOUR, full(2));
    watch.mail(START + 3 * HOUR, true, 5);
    watch.move({ since: START + 3 * HOUR, until: START + 3 * HOUR, by: 2 * HOUR });
    expect(told(watch)).toEqual(['2 watched 60', '3 off 60', '3 mail 5+0', '4 off 60']);
  });

  it('by little neither fills hours that had room, nor has any of them stored again', () => {
    const watch = loaded(START + 3 * HOUR, hourOf(0, { watched: 20 * MINUTE }), full(1), full(2));
    watch.move({ since: START + HOUR / 2, until: START + 3 * HOUR, by: MINUTE });
    expect(told(watch)).toEqual(['0 watched 20', '1 watched 60', '2 watched 60', '3 off 1']);
    expect(watch.changes()?.hours).toEqual([hourOf(3, { off: MINUTE })]);
  });

  it('takes along the hour that has begun, and calls nothing of it unwatched', () => {
    const watch = loaded(START + 90 * MINUTE, full(0), hourOf(1, { watched: 30 * MINUTE }));
    watch.move({ since: START, until: START + 90 * MINUTE, by: 2 * HOUR });
    expect(told(watch)).toEqual(['0 off 60', '1 off 60', '2 watched 60', '3 watched 30']);
  });

  it.each<[hours: number, of: string, string[]]>([
    [5, 'whole hours', ['0 watched 20', '0 off 40', '5 off 30']],
    [5 + 1 / 3, 'a third more', ['0 watched 20', '0 off 40', '5 off 50']],
    [5 - 1 / 3, 'a third less', ['0 watched 20', '0 off 40', '5 off 10']],
  ])('by %d hours within one, of %s, calls the time between off once, and no minute twice', (hours, _, at) => {
    const watch = loaded(START + 30 * MINUTE, hourOf(0, { watched: 20 * MINUTE }));
    const by = Math.round(hours * 60) * MINUTE;
    watch.move({ since: START + 10 * MINUTE, until: START + 30 * MINUTE, by });
    expect(watch.until).toBe(START + 30 * MINUTE + by);
    expect(told(watch).filter((line) => !/^[1-4] off 60$/.test(line))).toEqual(at);
    // And what follows has its room.
    watching(watch, START + 30 * MINUTE + by, START + 6 * HOUR);
    expect(told(watch).filter((line) => line.startsWith('5 '))).toEqual([
      ...[`5 watched ${60 - Number(at.at(-1)?.split(' ').at(-1))}`, at.at(-1) ?? ''],
    ]);
  });

  it('by a third of an hour more than whole ones calls that third off, by less takes the hours along as they are', () => {
    const moved = (by: number) => {
      const watch = loaded(START + 90 * MINUTE, full(0), hourOf(1, { watched: 30 * MINUTE }));
      watch.move({ since: START, until: START + 90 * MINUTE, by });
      return [((watch.until ?? 0) - START) / MINUTE, ...told(watch).slice(2)];
    };
    expect(moved(2 * HOUR + 20 * MINUTE)).toEqual([230, '2 watched 60', '3 watched 30', '3 off 20']);
    expect(moved(2 * HOUR - 20 * MINUTE)).toEqual([190, '2 watched 60', '3 watched 30']);
  });

  it('a moment after the last look calls that one unwatched', () => {
    const watch = loaded(START + HOUR, full(0));
    watch.move({ since: START, until: START + HOUR + MINUTE, by: 0 });
    expect([watch.until, told(watch)]).toEqual([START + HOUR + MINUTE, ['0 watched 60', '1 off 1']]);
  });

  it('back beyond what is accounted for never brings that forward', () => {
    const watch = loaded(START, full(-1));
    watch.move({ since: START + HOUR, until: START + 3 * HOUR, by: -HOUR });
    expect(watch.until).toBe(START);
  });
});

describe('mail that is counted', () => {
  const attempt = { effect: 'opens', kind: 'mail_started', severity: 'high', time: START } as const;

  it.each<[string, Partial<Finding>, isExpected: boolean, expected: number, unexpected: number]>([
    ['an attempt', {}, false, 0, 1],
    ['an expected one', {}, true, 1, 0],
    ['several of one', { times: 7 }, false, 0, 7],
    ['a submission', { kind: 'submission_started', severity: 'low' }, false, 0, 1],
    ['that of a computer, as it is used to', { kind: 'submission_started', severity: 'info' }, false, 1, 0],
    ['what is learned of one later', { effect: 'updates' }, false, 0, 0],
    ['a look-up', { kind: 'mail_lookup' }, false, 0, 0],
    ['something else', { kind: 'exposed' }, true, 0, 0],
  ])('%s', (_, over, isExpected, expected, unexpected) => {
    const watch = loaded(START);
    tallyMail(watch, { ...finding(attempt), ...over }, isExpected);
    expect(watch.all()).toEqual(expected + unexpected === 0 ? [] : [hourOf(0, {}, expected, unexpected)]);
  });
});

describe('on disk', () => {
  let directory: string;
  let path: string;
  beforeEach(() => {
    directory = temporaryDirectory();
    path = join(directory, 'thingwatch.db');
  });
  afterEach(() => rmSync(directory, { recursive: true }));
  const open = (problems: string[] = []) =>
    Store.open({ path, now: () => NOW, onProblem: (text) => problems.push(text) });

  it('it is read back as it was, and old hours go', () => {
    const watch = new WatchHours();
    watch.begin(START);
    watching(watch, START, START + 90 * MINUTE);
    watch.mail(START, false, 2);
    const store = open();
    expect(store.watch.isEmpty).toBe(true);
    const changes = watch.changes();
    if (changes === null) throw new Error('nothing to store');
    store.watch.save(changes);
    expect(store.watch.load()).toEqual({ hours: watch.all(), until: START + 90 * MINUTE });
    store.watch.save({ hours: [], until: START + 2 * HOUR, first: START / HOUR + 1 });
    expect(store.watch.load().hours.map(({ hour }) => hour)).toEqual([START / HOUR + 1]);
    store.close();
  });

  it('a row that claims more than an hour, or no number, is reported and left out', () => {
    open().close();
    const db = new Database(path);
    const insert = db.prepare('INSERT INTO watch_hours VALUES (?, ?, 0, 0, 0, 0, 0, 0, 0)');
    insert.run(1, HOUR);
    insert.run(2, HOUR + 1);
    insert.run(3, -1);
    db.exec("INSERT INTO meta VALUES ('watched_until', 'soon')");
    db.close();
    const problems: string[] = [];
    const store = open(problems);
    const { hours, until } = store.watch.load();
    expect([hours.map(({ hour }) => hour), until, problems.length]).toEqual([[1], null, 2]);
    store.close();
  });
});

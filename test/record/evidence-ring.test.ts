// The bounds of kept frames: for all incidents together, and in what a minute may add. Nothing here reads a frame.
import { describe, expect, test } from 'vitest';
import { EVIDENCE_LIMITS, type EvidenceLimits, EvidenceRing } from '../../sensor/record/evidence-ring.ts';
import type { Incident } from '../../sensor/record/incident.ts';
import { incident as stored } from './store-fixtures.ts';

const MINUTE = 60_000;
const frame = (time: number, bytes = 68) => ({ time, linkType: 1 as const, wireLength: 60, data: Buffer.alloc(bytes) });

function an(id: string, changes: Partial<Incident> = {}): Incident {
  return { ...stored(id), severity: 'high', state: 'open', lastAt: 0, ...changes };
}

function ring(limits: Partial<EvidenceLimits>): EvidenceRing {
  return new EvidenceRing({ ...EVIDENCE_LIMITS, ...limits });
}

const keptOf = (of: EvidenceRing, ids: string[]) => ids.map((id) => of.countOf(id).kept);

describe('in total', () => {
  test('closed incidents give way first, the oldest before others, and never the one at hand', () => {
    const full = ring({ frames: 10, first: 4, last: 4 });
    const [old, closed, young, latest] = [
      an('old', { lastAt: 1 }),
      an('closed', { lastAt: 9, state: 'resolved' }),
      an('young', { lastAt: 5 }),
      an('latest', { lastAt: 0 }),
    ] as const;
    for (const one of [old, closed, young]) for (let n = 0; n < 3; n++) full.add(one, frame(n));
    for (let n = 0; n < 2; n++) full.add(latest, frame(n));
    expect(keptOf(full, ['old', 'closed', 'young', 'latest'])).toEqual([3, 0, 3, 2]);
    for (let n = 0; n < 4; n++) full.add(latest, frame(n));
    expect(keptOf(full, ['old', 'closed', 'young', 'latest'])).toEqual([0, 0, 3, 6]);
    expect(full.changes(true).removed).toEqual(['closed', 'old']);
  });

  test('bytes count as well', () => {
    const full = ring({ bytes: 1000, first: 64 });
    full.add(an('a'), frame(0, 468));
    full.add(an('b'), frame(0, 468));
    expect(keptOf(full, ['a', 'b'])).toEqual([1, 1]);
    full.add(an('b'), frame(0, 68));
    expect(keptOf(full, ['a', 'b'])).toEqual([0, 2]);
  });
});

describe('in a minute', () => {
  test('a flood of incidents adds no more than allowed', () => {
    const bounded = ring({ bytesPerMinute: 1000 });
    for (let n = 0; n < 500; n++) bounded.add(an(`i${n}`), frame(n));
    const waiting = () => bounded.changes(true).changes.flatMap(({ frames }) => frames);
    expect(waiting()).toHaveLength(10);
    bounded.add(an('later'), frame(MINUTE));
    expect(waiting()).toHaveLength(11);
  });

  test('half of it is left for how others begin', () => {
    const bounded = ring({ bytesPerMinute: 1000, first: 1, last: 100 });
    const [loud, quiet] = [an('loud'), an('quiet')];
    for (let n = 0; n < 50; n++) bounded.add(loud, frame(n));
    bounded.add(quiet, frame(50));
    expect(bounded.countOf('loud')).toEqual({ kept: 5, seen: 50 });
    expect(bounded.countOf('quiet')).toEqual({ kept: 1, seen: 1 });
  });
});

test('in an hour a flood adds no more than allowed, minute after minute', () => {
  const bounded = ring({ bytesPerMinute: 1000, bytesPerHour: 5000 });
  for (let n = 0; n < 59; n++) for (let i = 0; i < 20; i++) bounded.add(an(`i${n}-${i}`), frame(n * MINUTE));
  const waiting = () => bounded.changes(true).changes.flatMap(({ frames }) => frames);
  expect(waiting()).toHaveLength(50);
  bounded.add(an('later'), frame(60 * MINUTE));
  expect(waiting()).toHaveLength(51);
});

test('what is silent keeps its beginning; once it is serious, its latest as well', () => {
  const one = an('one', { severity: 'info' });
  const kept = ring({ first: 3, last: 3 });
  for (let n = 0; n < 10; n++) kept.add(one, frame(n));
  expect(kept.countOf('one')).toEqual({ kept: 3, seen: 10 });
  one.severity = 'high';
  for (let n = 10; n < 20; n++) kept.add(one, frame(n));
  const [change] = kept.changes(true).changes;
  expect(change?.frames.map(({ time }) => time)).toEqual([0, 1, 2, 17, 18, 19]);
});

test('beginnings are urgent, the rest waits for a full flush', () => {
  const kept = ring({ first: 2, last: 5 });
  const one = an('one');
  for (let n = 0; n < 4; n++) kept.add(one, frame(n));
  expect(kept.isUrgent).toBe(true);
  const urgent = kept.changes(false);
  expect(urgent.changes.flatMap(({ frames }) => frames.map(({ seq }) => seq))).toEqual([0, 1]);
  kept.stored(urgent);
  expect(kept.isUrgent).toBe(false);
  expect(kept.changes(false).changes).toEqual([]);
  expect(kept.changes(true).changes.flatMap(({ frames }) => frames.map(({ seq }) => seq))).toEqual([2, 3]);
});

const shown = ({ changes, removed }: ReturnType<EvidenceRing['changes']>) => ({
  changes: changes.map(({ frames, ...rest }) => ({ ...rest, seqs: frames.map(({ seq }) => seq) })),
  removed,
});

describe('what is to be written', () => {
  test('are the frames with their numbers and what of the tail has given way', () => {
    const kept = ring({ first: 2, last: 3 });
    for (let n = 0; n < 4; n++) kept.add(an('one'), frame(n));
    expect(kept.changes(true)).toEqual({
      changes: [
        {
          ...{ incident: 'one', seen: 4, head: 2, next: 4, tailFrom: 2 },
          frames: [0, 1, 2, 3].map((n) => ({ ...frame(n), seq: n })),
        },
      ],
      removed: [],
    });
    for (let n = 4; n < 7; n++) kept.add(an('one'), frame(n));
    expect(shown(kept.changes(true)).changes).toEqual([
      { incident: 'one', seen: 7, head: 2, next: 7, tailFrom: 4, seqs: [0, 1, 4, 5, 6] },
    ]);
    expect(kept.waitingOf('one').map(({ time }) => time)).toEqual([0, 1, 4, 5, 6]);
  });

  test('is nothing once it is on disk, until more comes; the tail is counted from where it is', () => {
    const kept = ring({ first: 1, last: 2 });
    kept.add(an('one'), frame(0));
    expect(shown(kept.changes(true)).changes).toEqual([
      { incident: 'one', seen: 1, head: 1, next: 1, tailFrom: 1, seqs: [0] },
    ]);
    kept.stored(kept.changes(true));
    expect([kept.changes(true), kept.waitingOf('one'), kept.countOf('one')]).toEqual([
      ...[{ changes: [], removed: [] }, [], { kept: 1, seen: 1 }],
    ]);
    for (let n = 1; n < 5; n++) kept.add(an('one'), frame(n));
    expect(shown(kept.changes(true)).changes).toEqual([
      { incident: 'one', seen: 5, head: 1, next: 5, tailFrom: 3, seqs: [3, 4] },
    ]);
    expect(kept.countOf('one')).toEqual({ kept: 3, seen: 5 });
  });

  test('a frame that is only counted is told with the next save of all', () => {
    const kept = ring({ first: 1, last: 1 });
    const one = an('one', { severity: 'info' });
    kept.add(one, frame(0));
    kept.stored(kept.changes(true));
    kept.add(one, frame(1));
    expect([kept.isUrgent, kept.changes(false).changes]).toEqual([false, []]);
    expect(shown(kept.changes(true)).changes).toEqual([
      { incident: 'one', seen: 2, head: 1, next: 1, tailFrom: 1, seqs: [] },
    ]);
  });

  test('an incident that goes is told once, and what waited of it is not written', () => {
    const kept = ring({});
    kept.add(an('one'), frame(0));
    kept.add(an('two'), frame(1));
    kept.remove(['one', 'unknown']);
    const changes = kept.changes(true);
    expect(shown(changes)).toMatchObject({ changes: [{ incident: 'two' }], removed: ['one'] });
    expect([kept.countOf('one'), kept.waitingOf('one')]).toEqual([{ kept: 0, seen: 0 }, []]);
    kept.stored(changes);
    expect(kept.changes(true)).toEqual({ changes: [], removed: [] });
  });

  test('of those that went while the disk takes nothing only so many are told as frames are kept', () => {
    const kept = ring({ frames: 3 });
    for (const id of ['a', 'b', 'c', 'd', 'e']) {
      kept.add(an(id), frame(0));
      kept.remove([id]);
    }
    expect(kept.changes(true).removed).toEqual(['c', 'd', 'e']);
  });
});

test('from disk it goes on where it was, with the incidents that are still there', () => {
  const kept = ring({ first: 2, last: 2, frames: 6 });
  const stored = (incident: string, seqs: number[], head: number, next: number, seen: number) => ({
    ...{ incident, seen, head, next, sizes: seqs.map((seq) => ({ seq, bytes: 100 })) },
  });
  const incidents = new Map([an('one'), an('young', { lastAt: 5 })].map((one) => [one.id, one]));
  kept.load([stored('one', [3, 0, 1, 2], 2, 4, 9), stored('gone', [0], 1, 1, 1), stored('young', [0], 1, 1, 1)], (id) =>
    incidents.get(id),
  );
  expect([kept.countOf('one'), kept.countOf('gone'), kept.countOf('young')]).toEqual([
    ...[
      { kept: 4, seen: 9 },
      { kept: 0, seen: 0 },
      { kept: 1, seen: 1 },
    ],
  ]);
  kept.add(an('one'), frame(7));
  expect(shown(kept.changes(true)).changes).toEqual([
    { incident: 'one', seen: 10, head: 2, next: 5, tailFrom: 3, seqs: [4] },
  ]);
  // A beginning that was not complete goes on as one.
  kept.add(an('young', { lastAt: 5 }), frame(8));
  expect(shown(kept.changes(false)).changes).toEqual([
    { incident: 'young', seen: 2, head: 2, next: 2, tailFrom: 2, seqs: [1] },
  ]);
  // With a bound that was raised since, what followed the beginning stays what it is.
  const raised = ring({ first: 9, last: 3 });
  raised.load([stored('one', [0, 1, 2, 3], 2, 4, 4)], (id) => incidents.get(id));
  raised.add(an('one'), frame(7));
  expect(shown(raised.changes(true)).changes).toMatchObject([{ head: 2, next: 5, tailFrom: 2, seqs: [4] }]);
  // What was loaded counts towards the bound on all.
  kept.add(an('third', { lastAt: 9 }), frame(9));
  expect(keptOf(kept, ['one', 'young', 'third'])).toEqual([0, 2, 1]);
});

test('bytes of what was loaded count as well', () => {
  const kept = ring({ bytes: 1000 });
  const old = an('old');
  kept.load(
    [{ incident: 'old', seen: 2, head: 2, next: 2, sizes: [0, 1].map((seq) => ({ seq, bytes: 400 })) }],
    () => old,
  );
  kept.add(an('new'), frame(0, 104));
  expect(keptOf(kept, ['old', 'new'])).toEqual([2, 1]);
  kept.add(an('new'), frame(0, 0));
  expect(keptOf(kept, ['old', 'new'])).toEqual([0, 2]);
});

test('into a new database goes what still waits; what was on disk is kept no more', () => {
  const kept = ring({ first: 1, last: 5, frames: 4 });
  const [one, gone] = [an('one'), an('gone')];
  kept.add(one, frame(0));
  kept.add(one, frame(1));
  kept.stored(kept.changes(true));
  kept.add(one, frame(2, 10));
  kept.add(gone, frame(3));
  kept.load([{ incident: 'quiet', seen: 5, head: 1, next: 4, sizes: [] }], () => an('quiet', { lastAt: 9 }));
  kept.remove(['gone']);
  kept.unstored();
  expect(shown(kept.changes(true))).toEqual({
    changes: [
      { incident: 'one', seen: 3, head: 1, next: 3, tailFrom: 2, seqs: [2] },
      { incident: 'quiet', seen: 5, head: 1, next: 4, tailFrom: 4, seqs: [] },
    ],
    removed: [],
  });
  expect(kept.countOf('one')).toEqual({ kept: 1, seen: 3 });
  // Of the bound on all as much is free again.
  for (let n = 0; n < 3; n++) kept.add(an('two'), frame(n));
  expect(keptOf(kept, ['one', 'two'])).toEqual([1, 3]);
  kept.add(an('two'), frame(9));
  expect(keptOf(kept, ['one', 'two'])).toEqual([0, 4]);
});

test('bytes of what gave way, or is on the old disk alone, count no more', () => {
  const kept = ring({ bytes: 1000, first: 1, last: 2 });
  const one = an('one');
  for (let n = 0; n < 9; n++) kept.add(one, frame(n));
  // Three frames of a hundred bytes each.
  kept.add(an('two'), frame(9, 668));
  expect(keptOf(kept, ['one', 'two'])).toEqual([3, 1]);
  kept.remove(['two']);
  kept.stored(kept.changes(true));
  kept.add(one, frame(10));
  kept.unstored();
  kept.add(an('two'), frame(11, 868));
  expect(keptOf(kept, ['one', 'two'])).toEqual([1, 1]);
  kept.add(an('two'), frame(11, 0));
  expect(keptOf(kept, ['one', 'two'])).toEqual([0, 2]);
});

test('what waits is moved with the clock, as far as it was stamped wrong', () => {
  const kept = ring({});
  for (const time of [99, 100, 200, 201]) kept.add(an('one'), frame(time));
  kept.moveTime({ since: 100, until: 200, by: 1000 });
  expect(kept.waitingOf('one').map(({ time }) => time)).toEqual([99, 1100, 1200, 201]);
});

test('a frame counts with 32 bytes of its row, up to the last byte of the minute and the hour', () => {
  const take = (limits: Partial<EvidenceLimits>, ...times: number[]) => {
    const kept = ring({ first: 99, ...limits });
    for (const time of times) kept.add(an('one'), frame(time, 68));
    return kept.countOf('one').kept;
  };
  expect([take({ bytesPerMinute: 300 }, 0, 1, 2, 3), take({ bytesPerMinute: 299 }, 0, 1, 2, 3)]).toEqual([3, 2]);
  expect(take({ bytesPerMinute: 100 }, 0, MINUTE - 1, MINUTE, 2 * MINUTE - 1)).toBe(2);
  expect(take({ bytesPerHour: 100 }, 0, 60 * MINUTE - 1, 60 * MINUTE)).toBe(2);
  expect(take({ first: 1, last: 9, bytesPerHour: 800 }, 0, 1, 2, 3, 4, 5)).toBe(4);
  // What finds no room in the hour is not counted in the minute.
  expect(take({ bytesPerHour: 100, bytesPerMinute: 150 }, 59.5 * MINUTE, 59.6 * MINUTE, 60 * MINUTE)).toBe(2);
});

test('an incident without a frame that had room is not known at all', () => {
  const kept = ring({ bytesPerMinute: 10 });
  kept.add(an('one'), frame(0));
  expect([kept.countOf('one'), kept.changes(true), kept.isUrgent]).toEqual([
    ...[{ kept: 0, seen: 0 }, { changes: [], removed: [] }, false],
  ]);
});

describe('where there are too many', () => {
  const gaveWay = (...ones: Incident[]) => {
    const kept = ring({ frames: 10, first: 9, last: 9 });
    for (const one of ones) for (let n = 0; n < 5; n++) kept.add(one, frame(n));
    kept.add(an('at hand', { lastAt: -1, state: 'resolved' }), frame(0));
    return kept.changes(true).removed;
  };

  test.each<[string, Partial<Incident>, Partial<Incident>]>([
    ['the resolved', { state: 'resolved', lastAt: 9 }, { severity: 'info' }],
    ['the expected', { state: 'expected', lastAt: 9 }, { severity: 'info' }],
    ['the silent', { severity: 'info', lastAt: 9 }, { severity: 'low' }],
    ['the older', { lastAt: 1 }, { lastAt: 2 }],
    ['the older of closed ones', { state: 'expected', lastAt: 1 }, { state: 'resolved', lastAt: 2 }],
  ])('%s gives way before the other', (_, first, second) => {
    expect(gaveWay(an('first', first), an('second', second))).toEqual(['first']);
    expect(gaveWay(an('second', second), an('first', first))).toEqual(['first']);
  });

  test('they give way until a tenth is free', () => {
    const kept = ring({ frames: 20, first: 9, last: 9 });
    for (let n = 0; n < 20; n++) kept.add(an(`i${n}`, { lastAt: n }), frame(n));
    expect(kept.changes(true).removed).toEqual([]);
    kept.add(an('one more', { lastAt: 99 }), frame(0));
    expect(kept.changes(true).removed).toEqual(['i0', 'i1', 'i2']);
    const bytes = ring({ bytes: 1000 });
    for (let n = 0; n < 10; n++) bytes.add(an(`i${n}`, { lastAt: n }), frame(n));
    bytes.add(an('one more', { lastAt: 99 }), frame(0, 0));
    expect(bytes.changes(true).removed).toEqual(['i0', 'i1']);
  });
});

test('unless told, the bounds are those that a card of a small computer stands', () => {
  expect(EVIDENCE_LIMITS).toEqual({
    ...{ first: 64, last: 192, bytes: 16_777_216, frames: 20_000, bytesPerMinute: 524_288, bytesPerHour: 4_194_304 },
  });
  const kept = new EvidenceRing();
  for (let n = 0; n < 300; n++) kept.add(an('one'), frame(n));
  expect(kept.countOf('one')).toEqual({ kept: 256, seen: 300 });
});

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

// What is to be published, from outbreaks and what is retained: each warning once, renewed before it runs out, ended for as long as it
// might have held, and never about fewer homes than may be told of.
import { describe, expect, it } from 'vitest';
import { MOST_WARNINGS } from '../../../sensor/detect/warned.ts';
import { K } from '../../../sensor/fleet/k-rule.ts';
import {
  type OutbreakRow,
  outbreakRow,
  type Planned,
  planned,
  RENEWED_AFTER,
  VALID,
} from '../../../sensor/fleet/outbreak/warning-plan.ts';
import type { Warning } from '../../../sensor/fleet/warning.ts';
import { DAY, HOUR, isoTime, NOW, sampleWarning } from '../support/sample-warning.ts';

const row = (more: object = {}): OutbreakRow =>
  outbreakRow.parse({
    ...{ id: 'abcdefgh12345678', revision: '3', backend: 'bad.example', role: 'store', families: ['tasmota'] },
    ...{ homes_mailed: 37, homes_exposed: 41, first_seen: new Date(NOW - 9 * DAY), lift: 212, lift_low: 88 },
    ...{ lift_high: null, alike: [], ...more },
  });
const out = (...warnings: Warning[]) => new Map(warnings.map((one) => [one.id, one]));
const brief = (all: Planned[]) => all.map(({ id, warning, why }) => `${why} ${id.slice(-2)} ${warning?.state ?? ''}`);

it('a new outbreak is told whole, for a week', () => {
  expect(planned([row()], new Map(), NOW)).toEqual([
    {
      ...{ id: 'abcdefgh12345678', why: 'new' },
      warning: sampleWarning({
        ...{ issuedAt: isoTime(NOW), expiresAt: isoTime(NOW + VALID), alike: [] },
        groups: [{ family: 'tasmota', vendor: null }],
      }),
    },
  ]);
});

it('its groups are what statistics call them', () => {
  const [told] = planned([row({ families: ['tasmota', '? Espressif Inc.', '?'] })], new Map(), NOW);
  expect(told?.warning?.groups).toEqual([
    { family: 'tasmota', vendor: null },
    { family: null, vendor: 'Espressif Inc.' },
    { family: null, vendor: null },
  ]);
});

it('is told again where it has changed or grows old, and not otherwise', () => {
  const known = sampleWarning({ issuedAt: isoTime(NOW), expiresAt: isoTime(NOW + VALID) });
  expect(planned([row()], out(known), NOW + RENEWED_AFTER - 1)).toEqual([]);
  const [renewed] = planned([row()], out(known), NOW + RENEWED_AFTER);
  expect(renewed).toMatchObject({ why: 'renewal', warning: { expiresAt: isoTime(NOW + RENEWED_AFTER + VALID) } });
  const [edition] = planned([row({ revision: 4, homes_mailed: 38 })], out(known), NOW);
  expect(edition).toMatchObject({ why: 'edition', warning: { revision: 4, homes: { mailed: 38 } } });
  // Later than the one before, though this clock is behind.
  expect(edition?.warning?.issuedAt).toBe(isoTime(NOW + 1));
});

describe('an end', () => {
  const known = sampleWarning({ issuedAt: isoTime(NOW - HOUR), expiresAt: isoTime(NOW + 6 * DAY) });

  it.each([
    ['is ended in the database, or is not there any more', []],
    ['is about too few homes, as those that lied are gone', [row({ homes_mailed: K - 1 })]],
  ])('of one that %s is signed, and outlasts it', (_what, rows) => {
    const plan = planned(rows, out(known), NOW);
    expect(brief(plan)).toEqual(['end 78 ended']);
    expect(plan[0]?.warning).toEqual({
      ...known,
      ...{ state: 'ended', issuedAt: isoTime(NOW), expiresAt: isoTime(NOW + VALID) },
    });
  });

  it('stands until it has run out, and is cleared then', () => {
    const ended = sampleWarning({ state: 'ended' });
    expect(planned([], out(ended), NOW)).toEqual([]);
    expect(brief(planned([], new Map([[ended.id, null]]), NOW))).toEqual(['cleared 78 ']);
  });

  it('is taken back where the outbreak comes back', () => {
    expect(brief(planned([row()], out(sampleWarning({ state: 'ended' })), NOW))).toEqual(['new 78 open']);
  });
});

it('what nobody signed is cleared, or put right where an outbreak is to stand there', () => {
  const retained = new Map([
    ['forged', null],
    ['abcdefgh12345678', null],
  ]);
  expect(brief(planned([row()], retained, NOW))).toEqual(['new 78 open', 'cleared ed ']);
});

it('what a database from a backup says is told at once, as issued later than what homes have heard, whichever clock is ahead', () => {
  const known = sampleWarning({ revision: 9, issuedAt: isoTime(NOW + HOUR), expiresAt: isoTime(NOW + 9 * DAY) });
  const times = { issuedAt: isoTime(NOW + HOUR + 1), expiresAt: known.expiresAt };
  expect(planned([row()], out(known), NOW)).toMatchObject([{ why: 'edition', warning: { revision: 3, ...times } }]);
});

it('there are no more than homes keep, and those that are out are not pushed back and forth', () => {
  const rows = Array.from({ length: MOST_WARNINGS + 6 }, (_, i) =>
    row({ id: `outbreak${String(i).padStart(8, '0')}`, homes_mailed: 10 + i }),
  );
  const first = planned(rows, new Map(), NOW);
  expect(first).toHaveLength(MOST_WARNINGS);
  expect(first.map(({ warning }) => warning?.homes.mailed)).not.toContain(15);
  const retained = new Map(first.map(({ id, warning }) => [id, warning]));
  const later = rows.map((one) => ({ ...one, homes_mailed: 200 - one.homes_mailed }));
  expect(planned(later, retained, NOW)).toEqual([]);
});

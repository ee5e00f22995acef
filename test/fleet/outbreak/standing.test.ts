// Where a home stands: contact before mail and not after, silence only where it would have been broken, nothing by new homes and things.
import { describe, expect, it } from 'vitest';
import { deltasOf } from '../../../sensor/fleet/outbreak/counters.ts';
import {
  ALL_THINGS,
  contactsBefore,
  DAY,
  type Exposure,
  type HomeFacts,
  type MailBegan,
} from '../../../sensor/fleet/outbreak/home-facts.ts';
import { type Cells, type Standing, standingsOf } from '../../../sensor/fleet/outbreak/standing.ts';

const TODAY = 20_700;
const BACKEND = 'updates.example';

interface Home {
  enrolledOn?: number;
  /** Days on which the sensor saw it well. */
  good?: (day: number) => boolean;
  use?: Partial<Exposure>;
  mail?: Partial<MailBegan> | null;
}

function home({ enrolledOn = TODAY - 100, good = () => true, mail = null, use = {} }: Home): HomeFacts {
  return {
    enrolledOn,
    families: new Map([
      ['camera', TODAY - 90],
      ['lamp', TODAY - 90],
    ]),
    exposures: [
      {
        ...{ family: 'camera', backend: BACKEND, role: 'update', firstDay: TODAY - 60, lastDay: TODAY },
        ...{ heardOn: TODAY - 60, ...use },
      },
    ],
    mail: mail === null ? [] : [{ family: 'camera', at: TODAY * DAY, before: new Map(), heardOn: TODAY, ...mail }],
    goodDays: { has: (day) => day >= enrolledOn && day <= TODAY && good(day) },
  };
}

function standing(given: Home, group = 'camera', known: Cells = new Map()): Standing | undefined {
  return standingsOf(home(given), known, TODAY).get(group)?.get(BACKEND)?.standing;
}

describe('a home', () => {
  it('counts where mail began after contact', () => {
    expect(standing({ mail: {} })).toBe('after');
    expect(standing({ mail: {} }, ALL_THINGS)).toBe('after');
  });

  it('is no evidence where mail came before contact', () => {
    expect(standing({ use: { firstDay: TODAY - 2, heardOn: TODAY - 2 }, mail: { at: (TODAY - 4) * DAY } })).toBe(
      'before',
    );
    // On the same day, without a chain that says what was first.
    expect(standing({ use: { firstDay: TODAY, heardOn: TODAY - 1 }, mail: {} })).toBe('before');
  });

  it('has its order from the chain where contact and mail fall on one day', () => {
    const at = TODAY * DAY + 60 * 60_000;
    const before = new Map([[BACKEND, { at: at - 60_000, role: 'update' }]]);
    const use = { firstDay: TODAY, heardOn: TODAY - 1 };
    expect(standing({ use, mail: { at, before } })).toBe('after');
    expect(standing({ use, mail: { at: at - 120_000, before } })).toBe('before');
  });

  it('makes a weak claim where its use was not told before its mail', () => {
    expect(standing({ use: { heardOn: TODAY }, mail: {} })).toBe('weak');
    const before = new Map([['other.example', { at: (TODAY - 1) * DAY, role: 'store' }]]);
    const cells = standingsOf(home({ mail: { before } }), new Map(), TODAY);
    expect(cells.get('camera')?.get('other.example')?.standing).toBe('weak');
  });

  it('counts neither way while it, or its thing, is new', () => {
    expect(standing({ enrolledOn: TODAY - 10, use: { firstDay: TODAY - 9 } })).toBe('seen');
    expect(standing({ enrolledOn: TODAY - 10, use: { firstDay: TODAY - 9 }, mail: {} })).toBe('young');
    const bought = { ...home({ mail: {} }), families: new Map([['camera', TODAY - 3]]) };
    expect(standingsOf(bought, new Map(), TODAY).get('camera')?.get(BACKEND)?.standing).toBe('young');
  });

  it('is healthy only where its sensor saw it on most days since contact', () => {
    expect(standing({})).toBe('long');
    expect(standing({ use: { firstDay: TODAY - 5 } })).toBe('healthy');
    expect(standing({ good: (day) => day % 2 === 0 })).toBe('seen');
    expect(standing({ good: (day) => day < TODAY - 20 })).toBe('seen');
    // Blind of late, which a short use falls into.
    expect(standing({ use: { firstDay: TODAY - 5 }, good: (day) => day < TODAY - 4 })).toBe('seen');
  });

  it('that is blind is not believed to know whose mail it was', () => {
    expect(standing({ good: () => false, mail: {} })).toBe('seen');
  });

  it('is not healthy in all things when another family of it mails', () => {
    expect(standing({ mail: { family: 'lamp' } })).toBe('long');
    expect(standing({ mail: { family: 'lamp' } }, ALL_THINGS)).toBe('seen');
  });

  it('forgets a use after 90 days, and mail after 120', () => {
    expect(standing({ use: { firstDay: TODAY - 99, lastDay: TODAY - 91 } })).toBeUndefined();
    expect(standing({ enrolledOn: TODAY - 300, mail: { at: (TODAY - 121) * DAY } })).toBe('seen');
  });

  it('is counted by what was heard first, whatever comes first into the store', () => {
    const first = standingsOf(home({ use: { heardOn: TODAY }, mail: {} }), new Map(), TODAY);
    expect(first.get('camera')?.get(BACKEND)?.standing).toBe('weak');
    const then = standingsOf(home({ use: { heardOn: TODAY - 8 }, mail: {} }), first, TODAY);
    expect(then.get('camera')?.get(BACKEND)?.standing).toBe('after');
  });
});

describe('what changes in the sums', () => {
  it('is nothing when nothing changed, and takes back what it gave', () => {
    const quiet = standingsOf(home({}), new Map(), TODAY);
    expect(deltasOf(quiet, standingsOf(home({}), quiet, TODAY))).toEqual([]);
    const mailing = standingsOf(home({ mail: {} }), quiet, TODAY);
    const sums: Record<string, number> = {};
    for (const delta of [...deltasOf(new Map(), quiet), ...deltasOf(quiet, mailing), ...deltasOf(mailing, new Map())])
      for (const name of ['exposed', 'healthy', 'long', 'after', 'incubation'] as const) {
        const key = `${delta.group} ${delta.backend} ${name}`;
        sums[key] = (sums[key] ?? 0) + delta[name];
      }
    expect(new Set(Object.values(sums))).toEqual(new Set([0]));
  });
});

describe('a chain', () => {
  it('tells the first contact, and only of backends whose use is told every day', () => {
    const step = { step: 'first_contact', bytesDown: null } as const;
    const contacts = contactsBefore([
      { ...step, backend: 'a.example', role: 'store', at: '2026-11-30T10:00Z' },
      { ...step, backend: 'a.example', role: 'store', at: '2026-11-29T10:00Z' },
      { ...step, backend: 'clock.example', role: 'time', at: '2026-11-29T10:00Z' },
    ]);
    expect([...contacts]).toEqual([['a.example', { at: Date.parse('2026-11-29T10:00Z'), role: 'store' }]]);
  });
});

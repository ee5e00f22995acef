// A fault of the disk as it is known in memory: when it is tried again, and what small writes and alerts wait for its end.
import { describe, expect, it } from 'vitest';
import { DiskFault } from '../../sensor/record/disk-fault.ts';
import { KeptWrites } from '../../sensor/record/kept-writes.ts';
import type { Store } from '../../sensor/record/store.ts';
import { StoreError } from '../../sensor/record/store-error.ts';
import { UnstoredAlerts } from '../../sensor/record/unstored-alerts.ts';
import { message, NOW } from './store-fixtures.ts';

describe('a fault', () => {
  const full = new StoreError('full', 'no room');
  const broken = new StoreError('io', 'broken');

  /** Rounds from one try to the next. */
  function pauses(fault: DiskFault, tries: number): number[] {
    const found: number[] = [];
    for (let rounds = 1; found.length < tries && rounds < 1000; rounds++) {
      if (!fault.isDue()) continue;
      found.push(rounds);
      rounds = 0;
    }
    return found;
  }
  const rounds = (fault: DiskFault, count: number) => Array.from({ length: count }, () => fault.isDue());

  it('is news when it begins; a further reason keeps the time of the first', () => {
    const fault = new DiskFault();
    expect(fault.problem).toBeNull();
    expect([fault.begin(full, NOW), fault.problem]).toEqual([true, { error: full, since: NOW }]);
    expect([fault.begin(broken, NOW + 5), fault.problem]).toEqual([false, { error: broken, since: NOW }]);
    fault.end();
    expect(fault.problem).toBeNull();
    expect([fault.begin(broken, NOW + 9), fault.problem]).toEqual([true, { error: broken, since: NOW + 9 }]);
  });

  it('is tried again at once, then after twice as many rounds each time, up to twenty-five: five seconds', () => {
    const fault = new DiskFault();
    fault.begin(full, NOW);
    expect(pauses(fault, 8)).toEqual([1, 2, 4, 8, 16, 25, 25, 25]);
  });

  it('is not tried where there is none', () => {
    const fault = new DiskFault();
    expect(rounds(fault, 400).some((isDue) => isDue)).toBe(false);
  });

  it('that comes back within 300 rounds, a minute, is tried as seldom as before; later it begins anew', () => {
    const fault = new DiskFault();
    fault.begin(full, NOW);
    pauses(fault, 3);
    fault.end();
    rounds(fault, 299);
    fault.begin(full, NOW);
    expect(pauses(fault, 2)).toEqual([8, 16]);
    fault.end();
    rounds(fault, 300);
    fault.begin(full, NOW);
    expect(pauses(fault, 2)).toEqual([1, 2]);
  });

  it('counts its rounds from when it begins and ends', () => {
    const fault = new DiskFault();
    fault.begin(full, NOW);
    pauses(fault, 4);
    rounds(fault, 15);
    fault.end();
    rounds(fault, 290);
    fault.begin(full, NOW);
    expect(pauses(fault, 1)).toEqual([16]);
    rounds(fault, 3);
    // A further reason within it puts nothing off.
    fault.begin(broken, NOW);
    expect(pauses(fault, 1)).toEqual([22]);
  });
});

describe('small writes that wait', () => {
  /** Stands for the store: the writes of these tests only note that they were made. */
  const store = {} as Store;

  it('are made once, oldest first; of each thing the last, at the place of the last', () => {
    const kept = new KeptWrites();
    const made: string[] = [];
    const keep = (what: string, name: string) => kept.keep(what, () => made.push(name));
    keep('topic a', 'a1');
    keep('topic b', 'b');
    keep('topic a', 'a2');
    kept.make(store);
    expect(made).toEqual(['b', 'a2']);
    kept.make(store);
    expect(made).toEqual(['b', 'a2']);
  });

  it('stay where one of them is refused, with all behind it', () => {
    const kept = new KeptWrites();
    const made: string[] = [];
    let isRefused = true;
    for (const name of ['a', 'b', 'c'])
      kept.keep(name, () => {
        if (name === 'b' && isRefused) throw new Error('refused');
        made.push(name);
      });
    expect(() => kept.make(store)).toThrow('refused');
    isRefused = false;
    kept.make(store);
    expect(made).toEqual(['a', 'b', 'c']);
  });

  it('are 10,000 at most; the oldest are given up', () => {
    const kept = new KeptWrites();
    const made: number[] = [];
    for (let n = 0; n < 10_002; n++) kept.keep(`${n}`, () => made.push(n));
    kept.make(store);
    expect([made.length, made[0], made.at(-1)]).toEqual([10_000, 2, 10_001]);
  });
});

describe('alerts that are not on disk', () => {
  const ids = (alerts: UnstoredAlerts, limit = 9) => alerts.peek(limit).map(({ id }) => id);

  it('are given out oldest first, marked as not stored, as many as were asked for', () => {
    const alerts = new UnstoredAlerts();
    alerts.add([message('a'), message('b')]);
    alerts.add([message('c')]);
    expect(alerts.peek(2)).toEqual([
      { ...message('a'), stored: false },
      { ...message('b'), stored: false },
    ]);
    expect([ids(alerts), ids(alerts, 0), alerts.size]).toEqual([['a', 'b', 'c'], [], 3]);
    // To the disk they go without the mark.
    expect([...alerts.all()]).toEqual([message('a'), message('b'), message('c')]);
  });

  it('are gone once the broker has one, or the disk all', () => {
    const alerts = new UnstoredAlerts(2);
    alerts.add([message('a'), message('b'), message('c')]);
    expect([alerts.remove('b'), alerts.remove('b'), alerts.remove('a')]).toEqual([true, false, false]);
    expect([ids(alerts), alerts.lost]).toEqual([['c'], 1]);
    alerts.saved();
    expect([ids(alerts), alerts.size, alerts.lost]).toEqual([[], 0, 0]);
  });

  it('the oldest give way where there are too many, and are counted; 10,000 unless told', () => {
    const few = new UnstoredAlerts(2);
    few.add([message('a'), message('b')]);
    expect(few.lost).toBe(0);
    few.add([message('c'), message('d'), message('d')]);
    expect([ids(few), few.lost]).toEqual([['c', 'd'], 2]);
    const many = new UnstoredAlerts();
    many.add(Array.from({ length: 10_001 }, (_, n) => message(`m${n}`)));
    expect([many.size, many.lost, ids(many, 1)]).toEqual([10_000, 1, ['m1']]);
  });

  it('what is older than all goes first, also where there is no room for it', () => {
    const alerts = new UnstoredAlerts(3);
    alerts.add([message('c'), message('d')]);
    alerts.addFirst([message('a'), message('b')]);
    expect([ids(alerts), alerts.lost]).toEqual([['b', 'c', 'd'], 1]);
  });
});

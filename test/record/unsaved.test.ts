// What waits for the disk: what goes with which save, what is left after one that went through, and what is given up when none does.
import { describe, expect, it } from 'vitest';
import { newDevice } from '../../sensor/attribute/device.ts';
import { HOME } from '../../sensor/detect/memory.ts';
import type { SaveBatch } from '../../sensor/record/store.ts';
import { AT_ONCE, type Extent, SOON, Unsaved } from '../../sensor/record/unsaved.ts';
import { UnstoredAlerts } from '../../sensor/record/unstored-alerts.ts';
import { incident, message, NOW } from './store-fixtures.ts';

const [concerned, given, ordinary] = ['concerned', 'given', 'ordinary'].map((mac) => newDevice(mac, NOW)) as [
  ReturnType<typeof newDevice>,
  ReturnType<typeof newDevice>,
  ReturnType<typeof newDevice>,
];

function unsaved(): Unsaved {
  const one = new Unsaved(new UnstoredAlerts());
  one.devices.set(concerned.mac, concerned);
  one.ordinary.set(ordinary.mac, ordinary);
  one.remember(
    [HOME, 'concerned', 'given', 'ordinary', 'forgotten'].map((mac) => ({ detector: 'mail', mac, value: 1 })),
  );
  one.forgetDevice('forgotten');
  return one;
}

function shown(batch: SaveBatch) {
  const macs = (devices: SaveBatch['devices']) => (devices === undefined ? null : [...devices].map(({ mac }) => mac));
  return {
    devices: macs(batch.devices),
    news: macs(batch.news),
    memories: [...(batch.memories ?? [])].map(({ mac }) => mac),
    durable: batch.durable,
  };
}

it('how urgent savings are is written down', () => {
  expect([AT_ONCE, SOON]).toEqual([
    { durable: true, extent: 'news' },
    { durable: false, extent: 'news' },
  ]);
});

describe('a save', () => {
  it.each<[boolean, Extent, ReturnType<typeof shown>]>([
    [true, 'news', { durable: true, devices: null, news: ['given'], memories: [HOME, 'given', 'forgotten'] }],
    [false, 'news', { durable: false, devices: null, news: ['given', 'concerned'], memories: ['forgotten'] }],
    [
      true,
      'all',
      {
        durable: true,
        devices: ['given', 'concerned', 'ordinary'],
        news: null,
        memories: [HOME, 'concerned', 'given', 'ordinary', 'forgotten'],
      },
    ],
    [
      false,
      'all',
      {
        durable: false,
        devices: ['given', 'concerned', 'ordinary'],
        news: null,
        memories: [HOME, 'concerned', 'given', 'ordinary', 'forgotten'],
      },
    ],
  ])('that is durable: %s, of %s, takes along', (durable, extent, expected) => {
    expect(shown(unsaved().batch(durable, extent, [given]))).toEqual(expected);
  });

  it('has all else that waits, and how much was given up', () => {
    const one = unsaved();
    one.incidents.set('a', incident('a'));
    one.removedIncidents.add('b');
    one.removedExpectations.add('c');
    one.alerts.add([message('m')]);
    const move = { since: 1, until: 2, by: 3 };
    one.moves.push(move);
    expect(one.expectations).toBe(false);
    const batch = one.batch(false, 'news', []);
    const lists = Object.fromEntries(
      (['incidents', 'removedIncidents', 'removedExpectations', 'forgottenDevices', 'outbox', 'moves'] as const).map(
        (name) => [name, [...(batch[name] ?? [])]],
      ),
    );
    expect(lists).toEqual({
      ...{ incidents: [incident('a')], removedIncidents: ['b'], removedExpectations: ['c'] },
      ...{ forgottenDevices: ['forgotten'], outbox: [message('m')], moves: [move] },
    });
    expect(batch.lost).toEqual({ incidents: 0, messages: 0 });
  });

  it('that went through leaves nothing of what it took; of devices whose news it took counts go with the next of all', () => {
    const one = unsaved();
    one.incidents.set('a', incident('a'));
    one.removedIncidents.add('b');
    one.removedExpectations.add('c');
    one.alerts.add([message('m')]);
    one.moves.push({ since: 1, until: 2, by: 3 });
    one.expectations = true;
    one.saved(one.batch(false, 'news', [given]));
    expect([
      ...[one.incidents.size, one.removedIncidents.size, one.removedExpectations.size, one.forgottenDevices.size],
      ...[one.alerts.size, one.moves.length, one.expectations, one.devices.size],
    ]).toEqual([0, 0, 0, 0, 0, 0, false, 0]);
    expect(shown(one.batch(false, 'all', []))).toMatchObject({
      devices: ['ordinary', 'given', 'concerned'],
      memories: [HOME, 'concerned', 'given', 'ordinary'],
    });
    one.saved(one.batch(false, 'all', []));
    expect(shown(one.batch(false, 'all', []))).toMatchObject({ devices: [], memories: [] });
  });

  it('of a device takes what each detector remembers of it last', () => {
    const one = new Unsaved(new UnstoredAlerts());
    one.remember([
      { detector: 'mail', mac: 'a', value: 1 },
      { detector: 'symptom', mac: 'a', value: 2 },
      { detector: 'mail', mac: 'a', value: 3 },
    ]);
    expect([...(one.batch(true, 'all', []).memories ?? [])]).toEqual([
      { detector: 'mail', mac: 'a', value: 3 },
      { detector: 'symptom', mac: 'a', value: 2 },
    ]);
  });
});

it('a device that is forgotten is saved no more, and told of once', () => {
  const one = unsaved();
  one.saved(one.batch(false, 'news', [given]));
  one.devices.set(concerned.mac, concerned);
  for (const mac of ['concerned', 'given', 'ordinary']) one.forgetDevice(mac);
  expect(shown(one.batch(false, 'all', [])).devices).toEqual([]);
  expect([...one.forgottenDevices]).toEqual(['concerned', 'given', 'ordinary']);
  expect(one.takeForgotten()).toEqual(['forgotten', 'concerned', 'given', 'ordinary']);
  expect([one.takeForgotten(), one.forgottenDevices.size, one.expectations]).toEqual([[], 3, false]);
});

describe('while the disk takes nothing', () => {
  it('incidents that memory gave up are given up and counted, with alerts that found no room', () => {
    const one = new Unsaved(new UnstoredAlerts(1));
    for (const id of ['a', 'b', 'c']) one.incidents.set(id, incident(id));
    one.alerts.add([message('m'), message('n')]);
    one.bound((id) => id === 'b');
    expect([[...one.incidents.keys()], one.lost]).toEqual([['b'], 3]);
    const batch = one.batch(true, 'all', []);
    expect(batch.lost).toEqual({ incidents: 2, messages: 1 });
    one.saved(batch);
    expect(one.lost).toBe(0);
  });

  it('deletions are bounded, the oldest go, and with a forgotten device what detectors remember of it', () => {
    const one = new Unsaved(new UnstoredAlerts());
    for (let n = 0; n < 20_002; n++) {
      one.removedIncidents.add(`i${n}`);
      one.removedExpectations.add(`e${n}`);
      one.forgetDevice(`d${n}`);
    }
    one.remember([
      { detector: 'mail', mac: 'd0', value: null },
      { detector: 'mail', mac: 'd2', value: null },
    ]);
    one.bound(() => true);
    for (const [set, name] of [
      [one.removedIncidents, 'i'],
      [one.removedExpectations, 'e'],
      [one.forgottenDevices, 'd'],
    ] as const) {
      expect([set.size, set.has(`${name}1`), set.has(`${name}2`)]).toEqual([20_000, false, true]);
    }
    expect(shown(one.batch(true, 'all', [])).memories).toEqual(['d2']);
  });

  it('so are corrections of the clock', () => {
    const one = new Unsaved(new UnstoredAlerts());
    for (let n = 0; n < 999; n++) one.moves.push({ since: n, until: n + 1, by: 1 });
    one.bound(() => true);
    expect(one.moves).toHaveLength(999);
    for (let n = 999; n < 1003; n++) one.moves.push({ since: n, until: n + 1, by: 1 });
    one.bound(() => true);
    expect([one.moves.length, one.moves[0]?.since]).toEqual([1000, 3]);
  });
});

describe('alerts that are not on disk', () => {
  const ids = (alerts: UnstoredAlerts, limit: number, target?: string) =>
    alerts.peek(limit, target).map(({ id }) => id);

  it('are given to whom they are for, oldest first and no more than is asked for, as not stored', () => {
    const alerts = new UnstoredAlerts();
    alerts.add([message('a'), message('p', { target: 'phone' }), message('b'), message('q', { target: 'phone' })]);
    expect([0, 1, 2, 3].map((limit) => ids(alerts, limit))).toEqual([[], ['a'], ['a', 'b'], ['a', 'b']]);
    expect([ids(alerts, 1, 'phone'), ids(alerts, 9, 'phone'), ids(alerts, 9, 'hook')]).toEqual([['p'], ['p', 'q'], []]);
    expect(alerts.peek(1)).toEqual([message('a', { stored: false })]);
    expect([alerts.size, alerts.sizeOf(), alerts.sizeOf('phone'), alerts.sizeOf('hook')]).toEqual([4, 2, 2, 0]);
    expect(['a', 'q', 'x'].map((id) => [alerts.has(id), alerts.remove(id), alerts.has(id)])).toEqual([
      ...[
        [true, true, false],
        [true, true, false],
        [false, false, false],
      ],
    ]);
    expect([...alerts.all()].map(({ id }) => id)).toEqual(['p', 'b']);
  });

  it('make room for newer ones, and those that came from elsewhere are older than all', () => {
    const alerts = new UnstoredAlerts(3);
    alerts.add(['a', 'b', 'c'].map((id) => message(id)));
    expect([ids(alerts, 9), alerts.lost]).toEqual([['a', 'b', 'c'], 0]);
    alerts.add([message('d')]);
    expect([ids(alerts, 9), alerts.lost]).toEqual([['b', 'c', 'd'], 1]);
    alerts.remove('c');
    alerts.addFirst([message('x'), message('y')]);
    expect([ids(alerts, 9), alerts.lost]).toEqual([['y', 'b', 'd'], 2]);
    alerts.saved();
    expect([ids(alerts, 9), alerts.size, alerts.lost]).toEqual([[], 0, 0]);
  });

  it('are ten thousand at most', () => {
    const alerts = new UnstoredAlerts();
    alerts.add(Array.from({ length: 10_001 }, (_, n) => message(`m${n}`)));
    expect([alerts.size, alerts.lost, alerts.has('m0'), alerts.has('m1')]).toEqual([10_000, 1, false, true]);
  });
});

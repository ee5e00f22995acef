// The store's tables besides devices: incidents, expectations, outbox, topics, browsers; retention and the size cap.
import { rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { newDevice } from '../../sensor/attribute/device.ts';
import { Store, type StoreOptions } from '../../sensor/record/store.ts';
import { DAY, entry, expectation, incident, message, NOW, temporaryDirectory } from './store-fixtures.ts';

let directory: string;
let store: Store;
let now = NOW;
const path = () => join(directory, 'state', 'thingwatch.db');

function open(options: Partial<StoreOptions> = {}): Store {
  return Store.open({ path: path(), now: () => now, ...options });
}

function reopen(options: Partial<StoreOptions> = {}): void {
  store.close();
  store = open(options);
}

beforeEach(() => {
  directory = temporaryDirectory();
  now = NOW;
  store = open();
});
afterEach(() => {
  store.close();
  rmSync(directory, { recursive: true });
});

describe('incidents and expectations', () => {
  test('come back as they were, in the order they started, with the latest state', () => {
    const first = incident('a'.repeat(16), { startedAt: NOW - DAY });
    const second = incident('b'.repeat(16), {
      device: null,
      kind: 'sensor_blind',
      evidence: { nested: { list: [1, null] } },
    });
    store.save({ incidents: [second, first], expectations: [expectation('e1'), expectation('e2')], durable: true });
    const resolved = { ...first, findings: 10, state: 'resolved' as const, resolvedAt: NOW, watchUntil: NOW + 7 * DAY };
    store.save({ incidents: [resolved], removedExpectations: ['e2', 'unknown'], durable: true });
    reopen();
    expect(store.loadIncidents()).toEqual([resolved, second]);
    expect(store.loadIncidents({ openOnly: true })).toEqual([second]);
    expect(store.loadExpectations()).toEqual([expectation('e1')]);
  });

  test('meta values are kept and replaced', () => {
    store.save({ meta: { last_packet: '1', instance: 'x' }, durable: false });
    store.save({ meta: { last_packet: '2' }, durable: false });
    reopen();
    expect([store.meta('last_packet'), store.meta('instance'), store.meta('none')]).toEqual(['2', 'x', null]);
  });

  test('a batch that cannot be written whole is not written at all', () => {
    const broken = { ...incident('bad'), evidence: { big: 1n } };
    expect(() =>
      store.save({ incidents: [incident('good'), broken], outbox: [message('m')], durable: true }),
    ).toThrow();
    expect(store.loadIncidents()).toEqual([]);
    store.save({ incidents: [incident('good')], outbox: [message('m')], durable: true });
    expect(store.loadIncidents()).toHaveLength(1);
    expect(store.outbox.size()).toBe(1);
  });
});

describe('retention', () => {
  const OLD = NOW - 100 * DAY;

  test('takes closed incidents and timeline entries from before the time, and nothing else', () => {
    const camera = newDevice('00:11:22:33:44:55', OLD);
    camera.timeline.push(entry(OLD), entry(NOW));
    const old = { startedAt: OLD, lastAt: OLD };
    store.save({
      devices: [camera],
      incidents: [
        incident('resolved', { ...old, state: 'resolved', resolvedAt: OLD }),
        incident('expected', { ...old, state: 'expected' }),
        incident('open', old),
        incident('acknowledged', { ...old, state: 'acknowledged' }),
        incident('watched', { ...old, state: 'resolved', resolvedAt: OLD, watchUntil: NOW }),
        incident('mailed-again', { startedAt: OLD, lastAt: NOW, state: 'expected' }),
      ],
      durable: false,
    });
    const pruned = store.prune({ before: NOW - 90 * DAY });
    expect(pruned.incidents.sort()).toEqual(['expected', 'resolved']);
    expect(pruned.timeline).toBe(1);
    expect(store.dropped()).toEqual({ incidents: 0, timeline: 0, messages: 0 });
    expect(
      store
        .loadIncidents()
        .map(({ id }) => id)
        .sort(),
    ).toEqual(['acknowledged', 'mailed-again', 'open', 'watched']);
    // Saving the device again as it is in memory does not bring the entry back.
    store.save({ devices: [camera], durable: false });
    reopen();
    expect(store.loadDevices()[0]?.timeline).toEqual([entry(NOW)]);
  });

  test('puts the journal into the database where something went, and else spares the disk that', () => {
    const old = { startedAt: OLD, lastAt: OLD, state: 'expected' as const };
    store.save({ incidents: [incident('old', old), incident('open')], durable: false });
    const journal = () => statSync(`${path()}-wal`).size;
    const before = journal();
    expect([store.prune({ before: OLD }).incidents, journal()]).toEqual([[], before]);
    expect([before > 0, store.prune({ before: NOW }).incidents, journal()]).toEqual([true, ['old'], 0]);
  });

  test('over the size cap the oldest closed incidents go first, open ones never; the drops are counted', () => {
    const maxBytes = 1024 * 1024;
    reopen({ maxBytes });
    const evidence = { padding: 'x'.repeat(1000) };
    const incidents = Array.from({ length: 3000 }, (_, n) =>
      incident(`i${String(n).padStart(15, '0')}`, {
        evidence,
        startedAt: NOW + n,
        lastAt: NOW + n,
        state: n % 10 === 0 ? 'open' : 'resolved',
        resolvedAt: n % 10 === 0 ? null : NOW + n,
      }),
    );
    store.save({ incidents, durable: false });
    expect(store.sizeBytes()).toBeGreaterThan(2 * maxBytes);

    const pruned = store.prune({ before: 0 });
    expect(store.sizeBytes()).toBeLessThan(maxBytes);
    const left = store.loadIncidents();
    expect(left.filter(({ state }) => state === 'open')).toHaveLength(300);
    const closed = left.filter(({ state }) => state === 'resolved');
    expect(closed.length).toBeGreaterThan(0);
    // What is left of the closed ones is the newest of them.
    expect(closed).toEqual(incidents.filter(({ state }) => state === 'resolved').slice(-closed.length));
    expect(pruned.incidents).toHaveLength(3000 - left.length);
    reopen({ maxBytes });
    expect(store.dropped().incidents).toBe(3000 - left.length);
    expect(store.prune({ before: 0 })).toEqual({ incidents: [], timeline: 0 });
  });

  test('a file of nothing but open incidents stays, however large', () => {
    reopen({ maxBytes: 1 });
    store.save({ incidents: [incident('a'), incident('b')], durable: true });
    expect(store.prune({ before: 0 })).toEqual({ incidents: [], timeline: 0 });
    expect(store.loadIncidents()).toHaveLength(2);
  });
});

describe('outbox', () => {
  const ids = () => store.outbox.peek(100).map(({ id }) => id);

  test('gives messages in the order they were added until they are removed, across restarts', () => {
    store.save({ outbox: [message('b'), message('a')], durable: true });
    store.save({ outbox: [message('c', { priority: 'state' })], durable: true });
    reopen();
    expect(store.outbox.peek(2)).toEqual([message('b'), message('a')]);
    store.outbox.remove('b');
    store.outbox.remove('b');
    reopen();
    expect(store.outbox.peek(100)).toEqual([message('a'), message('c', { priority: 'state' })]);
    expect(store.outbox.size()).toBe(2);
  });

  test('an id that waits is not added again', () => {
    store.save({ outbox: [message('a'), message('a', { payload: 'other' })], durable: true });
    store.save({ outbox: [message('a', { payload: 'third' })], durable: true });
    expect(store.outbox.peek(100)).toEqual([message('a')]);
  });

  test('when it is full the oldest states go, then the oldest alerts, and each is counted for good', () => {
    reopen({ outboxLimit: 4 });
    const state = { priority: 'state' as const };
    store.save({ outbox: [message('a1'), message('s1', state), message('a2'), message('s2', state)], durable: true });
    store.save({ outbox: [message('a3')], durable: true });
    expect(ids()).toEqual(['a1', 'a2', 's2', 'a3']);
    store.save({ outbox: [message('a4'), message('a5')], durable: true });
    expect(ids()).toEqual(['a2', 'a3', 'a4', 'a5']);
    reopen({ outboxLimit: 4 });
    expect(store.outbox.dropped()).toBe(3);
    expect(store.dropped().messages).toBe(3);
  });

  test('holds 5,000 unless told otherwise', () => {
    store.save({ outbox: Array.from({ length: 5001 }, (_, n) => message(`m${n}`)), durable: false });
    expect(store.outbox.size()).toBe(5000);
    expect(store.outbox.peek(1)).toEqual([message('m1')]);
  });

  describe('with targets beside the broker', () => {
    const to = (target: string, id: string) => message(id, { target, topic: '' });
    const idsOf = (target?: string) => store.outbox.peek(1000, target).map(({ id }) => id);

    test('each has its own messages, in order, over a restart; who takes one takes nobody else’s', () => {
      store.save({ outbox: [message('b1'), to('phone', 'p1'), to('hook', 'h1'), to('phone', 'p2')], durable: true });
      reopen();
      expect([idsOf(), idsOf('phone'), idsOf('hook'), idsOf('nobody')]).toEqual([['b1'], ['p1', 'p2'], ['h1'], []]);
      expect(store.outbox.peek(1, 'phone')).toEqual([to('phone', 'p1')]);
      store.outbox.remove('p1');
      store.outbox.remove('b1');
      expect([idsOf(), idsOf('phone'), idsOf('hook')]).toEqual([[], ['p2'], ['h1']]);
      expect([store.outbox.size(), store.outbox.size('phone'), store.outbox.size('hook')]).toEqual([0, 1, 1]);
      store.save({ outbox: [to('phone', 'p3')], durable: true });
      expect(idsOf('phone')).toEqual(['p2', 'p3']);
    });

    test('what one took is off the disk when that is said, though others wait: a crash repeats nothing', () => {
      store.save({ outbox: [message('b1'), to('phone', 'p1'), to('phone', 'p2')], durable: true });
      store.outbox.remove('p1');
      const reader = new Database(path(), { readonly: true });
      expect(reader.prepare('SELECT id FROM outbox ORDER BY seq').pluck().all()).toEqual(['b1', 'p2']);
      reader.close();
    });

    test('one that is away fills its own bound of 500 and nobody else’s, and what it lost is counted', () => {
      store.save({ outbox: [message('b1'), to('hook', 'h1')], durable: true });
      for (let n = 0; n < 505; n++) store.save({ outbox: [to('phone', `p${n}`)], durable: false });
      expect([store.outbox.size('phone'), idsOf('phone')[0]]).toEqual([500, 'p5']);
      expect([store.outbox.dropped('phone'), store.outbox.dropped('hook'), store.outbox.dropped()]).toEqual([5, 0, 0]);
      expect([idsOf(), idsOf('hook')]).toEqual([['b1'], ['h1']]);
    });

    test('what waits for one that is no longer configured is let go, the broker’s never', () => {
      store.save({ outbox: [message('b1'), to('phone', 'p1'), to('hook', 'h1')], durable: true });
      store.outbox.keepTargets(['hook']);
      reopen();
      expect([idsOf(), idsOf('phone'), idsOf('hook')]).toEqual([['b1'], [], ['h1']]);
      store.outbox.keepTargets([]);
      expect([idsOf(), idsOf('hook'), store.outbox.size('hook')]).toEqual([['b1'], [], 0]);
    });

    test('all of them are there for whoever moves to another file', () => {
      store.save({ outbox: [to('phone', 'p1'), message('b1')], durable: true });
      expect(store.outbox.all()).toEqual([to('phone', 'p1'), message('b1')]);
    });
  });
});

test('published topics are a set that lasts', () => {
  store.setPublished('homeassistant/device/b/config');
  store.setPublished('a');
  store.setPublished('a');
  store.setPublished('c');
  store.unsetPublished('c');
  store.unsetPublished('never there');
  reopen();
  expect(store.publishedTopics()).toEqual(['a', 'homeassistant/device/b/config']);
});

test('paired browsers are listed oldest first, changed and removed', () => {
  const phone = { id: 'b1', tokenHash: 'h1', name: 'Phone', createdAt: NOW, lastSeen: NOW };
  const tablet = { id: 'b0', tokenHash: 'h0', name: 'Tablet', createdAt: NOW + 1, lastSeen: NOW + 1 };
  store.browsers.put(tablet);
  store.browsers.put(phone);
  expect(() => store.browsers.put({ ...phone, id: 'b2' })).toThrow();
  store.browsers.put({ ...phone, lastSeen: NOW + 5 });
  reopen();
  expect(store.browsers.list()).toEqual([{ ...phone, lastSeen: NOW + 5 }, tablet]);
  expect([store.browsers.remove('b1'), store.browsers.remove('b1')]).toEqual([true, false]);
  expect(store.browsers.list()).toEqual([tablet]);
});

test('in memory it works the same and leaves nothing', () => {
  const memory = Store.open({ path: ':memory:', now: () => now });
  memory.save({ devices: [newDevice('00:11:22:33:44:55', NOW)], incidents: [incident('a')], durable: true });
  expect(memory.loadDevices()).toHaveLength(1);
  expect(memory.loadIncidents()).toEqual([incident('a')]);
  expect(memory.prune({ before: NOW + DAY }).incidents).toEqual([]);
  expect(memory.sizeBytes()).toBeGreaterThan(0);
  memory.close();
  memory.close();
});

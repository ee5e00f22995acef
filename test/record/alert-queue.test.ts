// What waits for the broker and others where the disk refuses it: each gets its own from memory.
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { expect, it } from 'vitest';
import { AlertQueue } from '../../sensor/record/alert-queue.ts';
import { Store } from '../../sensor/record/store.ts';
import { UnstoredAlerts } from '../../sensor/record/unstored-alerts.ts';
import { message, NOW, temporaryDirectory } from './store-fixtures.ts';

it('gives each target what is on disk and then what is in memory alone, and nobody what is another’s', () => {
  const store = Store.open({ path: ':memory:', now: () => NOW });
  const unstored = new UnstoredAlerts();
  const queue = new AlertQueue({ store: () => store, unstored, failed: () => {} });
  const phone = queue.of('phone');
  store.save({ outbox: [message('b1'), message('p1', { target: 'phone' })], durable: true });
  unstored.add([message('p2', { target: 'phone' }), message('b2')]);
  const shown = (of: Pick<AlertQueue, 'peek'>) => of.peek(9).map(({ id, stored = true }) => [id, stored]);
  expect(shown(queue)).toEqual([
    ['b1', true],
    ['b2', false],
  ]);
  expect(shown(phone)).toEqual([
    ['p1', true],
    ['p2', false],
  ]);
  expect([queue.size(), phone.size(), queue.of('hook').size()]).toEqual([2, 2, 0]);
  phone.remove('p2');
  phone.remove('p1');
  expect([phone.size(), queue.size()]).toEqual([0, 2]);
  store.close();
});

it('gives no more than it is asked for, of both together, and takes acknowledgements of both', () => {
  const store = Store.open({ path: ':memory:', now: () => NOW });
  const unstored = new UnstoredAlerts();
  const queue = new AlertQueue({ store: () => store, unstored, failed: () => {} });
  store.save({ outbox: ['a', 'b'].map((id) => message(id)), durable: true });
  unstored.add(['c', 'd'].map((id) => message(id)));
  const shown = (limit: number) => queue.peek(limit).map(({ id }) => id);
  expect([0, 1, 2, 3, 9].map(shown)).toEqual([[], ['a'], ['a', 'b'], ['a', 'b', 'c'], ['a', 'b', 'c', 'd']]);
  expect(['a', 'c', 'x'].map((id) => queue.has(id))).toEqual([true, true, false]);
  queue.remove('c', 'a', 'x');
  expect([shown(9), ['a', 'c'].map((id) => queue.has(id)), queue.size(), queue.hasGone]).toEqual([
    ...[['b', 'd'], [false, false], 2, true],
  ]);
  queue.remove('b');
  expect([shown(9), queue.hasGone, store.outbox.size()]).toEqual([['d'], false, 0]);
  store.close();
});

it('counts what gave way on disk and in memory, for the broker', () => {
  const store = Store.open({ path: ':memory:', now: () => NOW, outboxLimit: 1 });
  const unstored = new UnstoredAlerts(1);
  const queue = new AlertQueue({ store: () => store, unstored, failed: () => {} });
  store.save({ outbox: ['a', 'b', 'c'].map((id) => message(id)), durable: true });
  const many = Array.from({ length: 501 }, (_, n) => message(`p${n}`, { target: 'phone' }));
  store.save({ outbox: many, durable: true });
  unstored.add(['d', 'e'].map((id) => message(id)));
  expect([queue.dropped(), queue.of('phone').dropped(), queue.of('hook').dropped()]).toEqual([3, 1, 0]);
  store.close();
});

it('lets go of targets that are no more', () => {
  const store = Store.open({ path: ':memory:', now: () => NOW });
  const queue = new AlertQueue({ store: () => store, unstored: new UnstoredAlerts(), failed: () => {} });
  store.save({ outbox: ['phone', 'hook'].map((target) => message(target, { target })), durable: true });
  queue.keepTargets(['hook']);
  expect(['phone', 'hook'].map((target) => queue.of(target).size())).toEqual([0, 1]);
  store.close();
});

it('of which nothing can be read throws nothing, tells of each failure, and gives what is in memory', () => {
  const directory = temporaryDirectory();
  const path = join(directory, 'a.db');
  const store = Store.open({ path, now: () => NOW });
  const unstored = new UnstoredAlerts();
  const failures: unknown[] = [];
  const queue = new AlertQueue({ store: () => store, unstored, failed: (error) => failures.push(error) });
  store.save({ outbox: [message('a'), message('p', { target: 'phone' })], durable: true });
  const other = new Database(path);
  other.exec('DROP TABLE outbox; DROP TABLE counters');
  other.close();
  unstored.add([message('b')]);
  expect(queue.peek(9).map(({ id }) => id)).toEqual(['b']);
  expect(failures).toHaveLength(1);
  expect([queue.has('b'), queue.has('a'), queue.dropped(), failures.length]).toEqual([true, false, 0, 3]);
  queue.keepTargets([]);
  queue.of('phone').remove('p');
  queue.remove('b');
  expect([failures.length, queue.has('b')]).toEqual([5, false]);
  expect(failures).toEqual(Array(6).fill(expect.objectContaining({ name: 'StoreError' })));
  rmSync(directory, { recursive: true });
});

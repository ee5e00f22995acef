// Emptying the outbox: in order, spaced, nothing removed before the broker has it, nothing lost when it refuses.
import { beforeEach, expect, it } from 'vitest';
import { Outbox } from '../../sensor/publish/outbox.ts';
import type { OutboxStore } from '../../sensor/publish/ports.ts';
import { Sender } from '../../sensor/publish/sender.ts';
import { FakeTimers } from '../support/fake-timers.ts';
import { MemoryOutbox } from '../support/small-home.ts';
import { Wire } from '../support/wire.ts';

let store: MemoryOutbox;
let timers: FakeTimers;
let refusals: boolean[];
let outbox: Outbox;
const add = (id: string, topic = `t${id}`, priority: 'alert' | 'state' = 'alert'): void => {
  store.rows.set(id, { id, topic, payload: id, createdAt: 0, priority });
};
const make = (over: OutboxStore): Outbox =>
  new Outbox({ store: over, timers, onRefusal: (refused) => refusals.push(refused) });

beforeEach(() => {
  store = new MemoryOutbox();
  timers = new FakeTimers();
  refusals = [];
  outbox = make(store);
});

it('keeps a row until the broker has acknowledged it', () => {
  const wire = new Wire();
  add('1');
  outbox.open(new Sender(wire));
  outbox.drain();
  expect([wire.sent, store.size()]).toEqual([['t1=1'], 1]);
  wire.answer();
  expect(store.size()).toBe(0);
});

it('sends again over the next connection what the last one did not answer, and only that', () => {
  const first = new Wire();
  add('1');
  add('2');
  outbox.open(new Sender(first));
  outbox.drain();
  first.answer();
  outbox.close();
  first.answer();
  const second = new Wire();
  outbox.open(new Sender(second));
  outbox.drain();
  expect(second.sent).toEqual(['t2=2']);
});

it('has at most 16 on their way, fewer where the broker wants it', () => {
  for (let i = 0; i < 50; i += 1) add(String(i));
  const wire = new Wire();
  outbox.open(new Sender(wire));
  outbox.drain();
  expect(wire.sent).toHaveLength(16);
  wire.answer();
  expect(wire.sent).toHaveLength(17);
  const narrow = new Wire({ receiveMaximum: 1 });
  outbox.open(new Sender(narrow));
  outbox.drain();
  expect(narrow.sent).toHaveLength(1);
});

it('takes no more out of the store than can be on its way: what the store drops meanwhile is not sent', () => {
  for (let i = 0; i < 50; i += 1) add(String(i));
  const wire = new Wire();
  outbox.open(new Sender(wire));
  outbox.drain();
  for (let i = 16; i < 50; i += 1) store.remove(String(i));
  wire.answerAll();
  expect(wire.sent).toEqual(Array.from({ length: 16 }, (_, i) => `t${i}=${i}`));
});

it('does not ask the store when nothing could be sent: full, paused, or without a connection', () => {
  let asked = 0;
  store.peek = (limit) => {
    asked += 1;
    return MemoryOutbox.prototype.peek.call(store, limit);
  };
  outbox.drain();
  expect(asked).toBe(0);
  for (let i = 0; i < 17; i += 1) add(String(i));
  const wire = new Wire();
  outbox.open(new Sender(wire));
  outbox.drain();
  outbox.drain();
  expect(asked).toBe(1);
  wire.answer(new Error('not authorized'));
  outbox.drain();
  expect(asked).toBe(1);
});

it('looks past 127 messages that cannot go now, not past more', () => {
  for (let i = 0; i < 128; i += 1) add(`held ${i}`, 'held');
  add('next');
  const wire = new Wire();
  outbox.open(new Sender(wire));
  outbox.hold('held');
  outbox.drain();
  expect(wire.sent).toEqual([]);
  store.remove('held 0');
  outbox.drain();
  expect(wire.sent).toEqual(['tnext=next']);
});

it('leaves 10 ms between two alerts on one topic, in their order', () => {
  const wire = new Wire();
  add('1', 'house');
  add('2', 'house');
  add('3', 'other');
  outbox.open(new Sender(wire));
  outbox.drain();
  expect(wire.sent).toEqual(['house=1', 'other=3']);
  timers.advance(9);
  outbox.drain();
  expect(wire.sent).toHaveLength(2);
  timers.advance(1);
  expect(wire.sent.at(-1)).toBe('house=2');
  add('4', 'house');
  timers.advance(10);
  outbox.drain();
  expect(wire.sent.at(-1)).toBe('house=4');
});

it('of two topics that wait for their 10 ms each goes in its own time', () => {
  const wire = new Wire();
  outbox.open(new Sender(wire));
  const times = () => wire.sent.map((text) => `${text} @${timers.now()}`).slice(-1);
  add('1', 'a');
  outbox.drain();
  timers.advance(5);
  add('2', 'b');
  add('3', 'a');
  add('4', 'b');
  outbox.drain();
  expect(times()).toEqual(['b=2 @5']);
  timers.advance(5);
  expect(times()).toEqual(['a=3 @10']);
  timers.advance(4);
  expect(wire.sent).toHaveLength(3);
  timers.advance(1);
  expect(times()).toEqual(['b=4 @15']);
});

it('holds a topic back until it is released', () => {
  const wire = new Wire();
  add('1', 'device');
  add('2', 'house');
  outbox.open(new Sender(wire));
  outbox.hold('device');
  outbox.drain();
  expect(wire.sent).toEqual(['house=2']);
  outbox.release('device', 1000);
  timers.advance(1000);
  expect(wire.sent).toEqual(['house=2', 'device=1']);
});

it('holds a topic back anew when it is asked to while a release is due', () => {
  const wire = new Wire();
  add('1', 'device');
  outbox.open(new Sender(wire));
  outbox.hold('device');
  outbox.release('device', 1000);
  timers.advance(500);
  outbox.hold('device');
  timers.advance(10_000);
  expect(wire.sent).toEqual([]);
  outbox.release('device', 1000);
  timers.advance(1000);
  expect(wire.sent).toEqual(['device=1']);
});

it('waits half a minute when the broker refuses, says so once, and goes on', () => {
  const wire = new Wire();
  add('1');
  add('2');
  outbox.open(new Sender(wire));
  outbox.drain();
  wire.answer(new Error('not authorized'));
  wire.answer(new Error('not authorized'));
  outbox.drain();
  timers.advance(29_999);
  expect(wire.sent).toHaveLength(2);
  timers.advance(1);
  expect(wire.sent).toHaveLength(4);
  wire.answer(new Error('not authorized'));
  wire.answer(new Error('not authorized'));
  timers.advance(30_000);
  wire.answerAll();
  expect([store.size(), refusals]).toEqual([0, [true, false]]);
});

it('keeps nothing over a new connection: no hold, no pause, no space, no timer', () => {
  const first = new Wire();
  add('1', 'house');
  outbox.open(new Sender(first));
  outbox.hold('device');
  outbox.release('device', 1000);
  outbox.drain();
  add('2', 'house');
  add('3', 'device');
  outbox.drain();
  first.answer(new Error('not authorized'));
  expect(timers.pending()).toEqual([10, 1000, 30_000]);
  outbox.close();
  expect(timers.pending()).toEqual([]);
  const second = new Wire();
  outbox.open(new Sender(second));
  outbox.drain();
  expect(second.sent).toEqual(['house=1', 'device=3']);
});

it('an alert goes before states that wait for a slow broker, and after configs, each kind in its order', () => {
  const wire = new Wire({ receiveMaximum: 1 });
  const sender = new Sender(wire);
  for (const topic of ['s1', 's2', 's3']) sender.send({ topic, payload: '', retain: true });
  for (const topic of ['c1', 'c2']) sender.send({ topic, payload: '', retain: true, isConfig: true });
  add('1');
  outbox.open(sender);
  outbox.drain();
  sender.send({ topic: 's2', payload: 'newer', retain: true });
  for (let i = 0; i < 5; i += 1) wire.answer();
  expect(wire.sent).toEqual([
    's1= retained',
    'c1= retained',
    'c2= retained',
    't1=1',
    's2=newer retained',
    's3= retained',
  ]);
});

it('retains states and never alerts', () => {
  const wire = new Wire();
  add('1', 'a', 'state');
  add('2', 'b', 'alert');
  outbox.open(new Sender(wire));
  outbox.drain();
  expect(wire.sent).toEqual(['a=1 retained', 'b=2']);
});

it('what the disk refused says so on the broker, in place of the mark that it is stored', () => {
  const wire = new Wire();
  const payload = JSON.stringify({ id: 'a', stored: true });
  outbox = make({
    ...{ remove() {}, size: () => 1, dropped: () => 0 },
    peek: () => [{ id: 'a', topic: 't', payload, createdAt: 0, priority: 'alert', stored: false }],
  });
  outbox.open(new Sender(wire));
  outbox.drain();
  expect(wire.sent).toEqual(['t={"id":"a","stored":false}']);
});

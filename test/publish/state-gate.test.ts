// Retained states go out at most every 30 s, except transitions; nothing is lost by waiting.
import { beforeEach, expect, it } from 'vitest';
import { StateGate } from '../../sensor/publish/state-gate.ts';
import { FakeTimers } from '../support/fake-timers.ts';

let timers: FakeTimers;
let sent: string[];
let gate: StateGate;
const offer = (payload: string, transition = 'OFF'): void => gate.offer('t', { payload, transition });

beforeEach(() => {
  timers = new FakeTimers();
  sent = [];
  gate = new StateGate({ timers, publish: (topic, payload) => sent.push(`${topic} ${payload} @${timers.now()}`) });
});

it('sends the first at once and then the newest of each half minute', () => {
  offer('1');
  timers.advance(10_000);
  offer('2');
  offer('3');
  expect(timers.pending()).toEqual([20_000]);
  timers.advance(60_000);
  expect(sent).toEqual(['t 1 @0', 't 3 @30000']);
});

it('does not hold back a transition', () => {
  offer('1', 'OFF');
  timers.advance(1);
  offer('2', 'ON');
  timers.advance(1);
  offer('3', 'OFF');
  expect(sent).toEqual(['t 1 @0', 't 2 @1', 't 3 @2']);
});

it('sends nothing twice, nor what has changed back meanwhile', () => {
  offer('1');
  timers.advance(1000);
  offer('2');
  offer('1');
  timers.advance(90_000);
  offer('1');
  expect(sent).toEqual(['t 1 @0']);
});

it('lets what is due shortly after another topic go with the next look, not each with one of its own', () => {
  for (let topic = 0; topic < 100; topic++) {
    gate.offer(`t${topic}`, { payload: '1', transition: 'OFF' });
    gate.offer(`t${topic}`, { payload: '2', transition: 'OFF' });
    timers.advance(10);
  }
  timers.advance(29_000);
  expect(timers.pending()).toHaveLength(1);
  const moments = () => new Set(sent.map((line) => line.split('@')[1]));
  const before = moments().size;
  timers.advance(1500);
  expect(sent).toHaveLength(200);
  expect(moments().size - before).toBeLessThanOrEqual(6);
});

it('lets a change through at once when the last was half a minute ago', () => {
  offer('1');
  timers.advance(29_999);
  offer('1');
  timers.advance(1);
  offer('2');
  expect(sent).toEqual(['t 1 @0', 't 2 @30000']);
});

it('looks again a quarter of a second later at the soonest, and then when the next topic is due', () => {
  for (const [topic, first] of [
    ['a', 0],
    ['b', 100],
    ['c', 600],
  ] as const) {
    timers.advance(first - timers.now());
    gate.offer(topic, { payload: '1', transition: '' });
    gate.offer(topic, { payload: '2', transition: '' });
  }
  timers.advance(60_000);
  expect(sent.slice(3)).toEqual(['a 2 @30000', 'b 2 @30250', 'c 2 @30600']);
  expect(timers.pending()).toEqual([]);
});

it('keeps nothing for a topic that was forgotten, and sends the next at once', () => {
  offer('1');
  offer('2');
  gate.forget('t');
  timers.advance(1);
  offer('2');
  timers.advance(60_000);
  expect(sent).toEqual(['t 1 @0', 't 2 @1']);
});

it('keeps nothing over a new connection: all is said again, and nothing is due', () => {
  offer('1');
  offer('2');
  gate.clear();
  expect(timers.pending()).toEqual([]);
  offer('1');
  timers.advance(60_000);
  expect(sent).toEqual(['t 1 @0', 't 1 @0']);
});

it('answers an order even when nothing changed', () => {
  offer('1');
  gate.force('t', { payload: '1', transition: 'OFF' });
  expect(sent).toHaveLength(2);
});

it('holds topics apart: a later one that is due sooner is not kept waiting', () => {
  const give = (topic: string, payload: string): void => gate.offer(topic, { payload, transition: '' });
  give('b', '1');
  timers.advance(5000);
  give('a', '1');
  give('a', '2');
  timers.advance(5000);
  give('b', '2');
  timers.advance(60_000);
  expect(sent).toEqual(['b 1 @0', 'a 1 @5000', 'b 2 @30000', 'a 2 @35000']);
});

it('a device that mails every second for a day writes at most one state each half minute', () => {
  for (let second = 0; second < 24 * 60 * 60; second += 1) {
    offer(`${second}`, 'ON high');
    timers.advance(1000);
  }
  // The first, and one each half minute up to and including the last.
  expect(sent).toHaveLength(2881);
});

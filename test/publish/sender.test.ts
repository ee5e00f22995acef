// What waits for one connection: a window's worth is on its way, and of what is retained only the newest waits.
import { expect, it } from 'vitest';
import { Sender } from '../../sensor/publish/sender.ts';
import { Wire } from '../support/wire.ts';

const alert = (topic: string, payload: string) => ({ topic, payload, retain: false });
const state = (topic: string, payload: string) => ({ topic, payload, retain: true });

it.each([
  [16, 65_535],
  [16, 17],
  [15, 15],
  [1, 1],
])('has %i on their way where the broker takes %i, and one more with each answer', (window, receiveMaximum) => {
  const wire = new Wire({ receiveMaximum });
  const sender = new Sender(wire);
  for (let i = 0; i < 40; i += 1) sender.send(alert('t', `${i}`));
  expect(wire.sent).toHaveLength(window);
  wire.answer();
  expect(wire.sent).toHaveLength(window + 1);
  wire.answer(new Error('refused'));
  expect(wire.sent).toHaveLength(window + 2);
  wire.answerAll();
  expect(wire.sent).toEqual(Array.from({ length: 40 }, (_, i) => `t=${i}`));
});

it('of retained messages that wait on one topic sends the newest, and tells each how it went', () => {
  const wire = new Wire({ receiveMaximum: 1 });
  const sender = new Sender(wire);
  const told: string[] = [];
  const tell = (name: string) => (refused: Error | null) => told.push(`${name} ${refused?.message ?? 'taken'}`);
  sender.send(state('t', '1'), tell('first'));
  sender.send(state('t', '2'), tell('second'));
  sender.send(state('t', '3'), tell('third'));
  expect(wire.sent).toEqual(['t=1 retained']);
  wire.answer();
  wire.answer(new Error('refused'));
  expect(wire.sent).toEqual(['t=1 retained', 't=3 retained']);
  expect(told).toEqual(['first taken', 'second refused', 'third refused']);
  sender.send(state('t', '4'));
  expect(wire.sent.at(-1)).toBe('t=4 retained');
});

it('never replaces an alert, nor takes one for what is retained on its topic', () => {
  const wire = new Wire({ receiveMaximum: 1 });
  const sender = new Sender(wire);
  sender.send(alert('other', ''));
  sender.send(alert('t', 'alert 1'));
  sender.send(state('t', 'state 1'));
  sender.send(alert('t', 'alert 2'));
  wire.answer();
  sender.send(state('t', 'state 2'));
  wire.answerAll();
  expect(wire.sent).toEqual(['other=', 't=alert 1', 't=alert 2', 't=state 2 retained']);
});

it('makes a message that is made when it is sent, and neither before nor where a newer one takes its place', () => {
  const wire = new Wire({ receiveMaximum: 1 });
  const sender = new Sender(wire);
  const made: string[] = [];
  const make = (payload: string) => () => {
    made.push(payload);
    return payload;
  };
  sender.send(alert('other', ''));
  sender.send({ topic: 't', payload: make('1'), retain: true });
  sender.send({ topic: 't', payload: make('2'), retain: true });
  expect(made).toEqual([]);
  wire.answerAll();
  expect(made).toEqual(['2']);
  expect(wire.sent).toEqual(['other=', 't=2 retained']);
});

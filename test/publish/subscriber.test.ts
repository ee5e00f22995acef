// Thousands of topics asked for at once: few requests are on their way, each for few topics, and all are asked for in the end.
import { expect, it } from 'vitest';
import type { Subscription } from '../../sensor/publish/link.ts';
import { Subscriber } from '../../sensor/publish/subscriber.ts';

const topic = (name: number): Subscription => ({
  ...{ topic: `t${name}`, qos: 1, noLocal: true, retainAsPublished: false, withRetained: false },
});
const topics = (count: number) => Array.from({ length: count }, (_, n) => topic(n));

function asked() {
  const requests: string[][] = [];
  const answers: (() => void)[] = [];
  const subscriber = new Subscriber((subscriptions, answered) => {
    requests.push(subscriptions.map((subscription) => subscription.topic));
    answers.push(answered);
  });
  return { subscriber, requests, answers };
}

it('asks at once for what few want, in one request', () => {
  const { requests, subscriber } = asked();
  subscriber.subscribe(topics(6));
  expect(requests).toEqual([['t0', 't1', 't2', 't3', 't4', 't5']]);
});

it('has sixteen requests on their way, and goes on with each answer, eight topics at a time', () => {
  const { answers, requests, subscriber } = asked();
  for (const one of topics(40)) subscriber.subscribe([one]);
  expect(requests).toHaveLength(16);
  answers.shift()?.();
  expect(requests.slice(16)).toEqual([['t16', 't17', 't18', 't19', 't20', 't21', 't22', 't23']]);
  for (let answer = answers.shift(); answer !== undefined; answer = answers.shift()) answer();
  expect(requests.flat()).toEqual(topics(40).map((one) => one.topic));
});

it('need not take back what it has not asked for', () => {
  const { answers, requests, subscriber } = asked();
  for (const one of topics(18)) subscriber.subscribe([one]);
  expect(subscriber.drop('t3')).toBe(false);
  expect(subscriber.drop('t16')).toBe(true);
  answers.shift()?.();
  expect(requests.at(-1)).toEqual(['t17']);
});

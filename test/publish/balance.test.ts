// What is held against a broker: that it acknowledges nothing, and that it sends what nobody asked for.
import { beforeEach, describe, expect, it } from 'vitest';
import { Balance } from '../../sensor/publish/balance.ts';
import { FakeTimers } from '../support/fake-timers.ts';

let timers: FakeTimers;
let silences: number[];
let floods: number;
let balance: Balance;

beforeEach(() => {
  timers = new FakeTimers();
  silences = [];
  floods = 0;
  balance = new Balance(timers, {
    onSilence: () => silences.push(timers.now()),
    onFlood: () => {
      floods += 1;
    },
  });
});

describe('a broker is silent', () => {
  it('a minute after the first message that it has not acknowledged', () => {
    balance.sent();
    timers.advance(30_000);
    balance.sent();
    timers.advance(29_999);
    expect(silences).toEqual([]);
    timers.advance(1);
    expect(silences).toEqual([60_000]);
  });

  it('a minute after its last acknowledgement, as long as others are owed', () => {
    for (let i = 0; i < 3; i += 1) balance.sent();
    timers.advance(50_000);
    balance.acknowledged();
    timers.advance(50_000);
    balance.acknowledged();
    timers.advance(60_000);
    expect(silences).toEqual([160_000]);
  });

  it('never when all is acknowledged, nor after the connection has ended', () => {
    balance.sent();
    balance.acknowledged();
    expect(timers.pending()).toEqual([]);
    balance.sent();
    balance.stop();
    expect(timers.pending()).toEqual([]);
  });

  it('only after a minute more when it is sent something later', () => {
    balance.sent();
    balance.acknowledged();
    timers.advance(59_000);
    balance.sent();
    expect(timers.pending()).toEqual([60_000]);
  });
});

describe('a broker floods', () => {
  const receive = (count: number): void => {
    for (let i = 0; i < count; i += 1) balance.received();
  };

  it('with more than 20,000 packets at once', () => {
    receive(20_000);
    expect(floods).toBe(0);
    balance.received();
    expect(floods).toBe(1);
  });

  it('with more than 200 a second after that', () => {
    receive(20_000);
    for (let second = 0; second < 10; second += 1) {
      timers.advance(1000);
      receive(200);
    }
    expect(floods).toBe(0);
    balance.received();
    expect(floods).toBe(1);
  });

  it('with more than 20,000 after a quiet day, too', () => {
    receive(1);
    timers.advance(24 * 60 * 60 * 1000);
    receive(20_000);
    expect(floods).toBe(0);
    balance.received();
    expect(floods).toBe(1);
  });

  it('not with the answers to what it was sent, however late they come', () => {
    for (let i = 0; i < 100; i += 1) balance.sent();
    timers.advance(60 * 60 * 1000);
    receive(20_100);
    expect(floods).toBe(0);
    balance.received();
    expect(floods).toBe(1);
  });
});

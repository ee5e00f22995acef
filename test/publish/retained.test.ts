// The retained topics as broker, disk and memory see them: nothing is sent twice, nothing is left behind, and our own clearing
// is told from the user's.
import { beforeEach, describe, expect, it } from 'vitest';
import { RetainedTopics } from '../../sensor/publish/retained.ts';
import { Sender } from '../../sensor/publish/sender.ts';
import { MemoryTopics } from '../support/small-home.ts';
import { Wire } from '../support/wire.ts';

const REFUSED = new Error('not authorized');

let store: MemoryTopics;
let wire: Wire;
let refusals: number;
let retained: RetainedTopics;

function make(): void {
  retained = new RetainedTopics({
    store,
    onRefusal: () => {
      refusals += 1;
    },
  });
}

function connect(version: 4 | 5 = 5): void {
  wire = new Wire({ version });
  retained.open(new Sender(wire), version === 4);
}

const config = (payload: string, done = (): void => {}): void => retained.config('c', () => payload, done);

beforeEach(() => {
  store = new MemoryTopics();
  refusals = 0;
  make();
  connect();
});

describe('a config', () => {
  it('is sent when it is new or has changed', () => {
    for (const payload of ['1', '1', '2', '1']) config(payload);
    expect(wire.sent).toEqual(['c=1 retained', 'c=2 retained', 'c=1 retained']);
  });

  it('goes again after a birth, a new connection, and when it was cleared', () => {
    config('1');
    retained.repeatConfigs();
    config('1');
    expect(wire.sent).toEqual(['c=1 retained', 'c=1 retained']);
    connect();
    config('1');
    retained.clear('c');
    config('1');
    retained.clearedByOther('c');
    config('1');
    expect(wire.sent).toEqual(['c=1 retained', 'c= retained', 'c=1 retained', 'c=1 retained']);
  });

  it('goes before states that wait', () => {
    wire = new Wire({ receiveMaximum: 1 });
    retained.open(new Sender(wire), false);
    for (const topic of ['s1', 's2']) retained.publish(topic, '1');
    config('1');
    wire.answerAll();
    expect(wire.sent).toEqual(['s1=1 retained', 'c=1 retained', 's2=1 retained']);
  });

  it('is done when the broker has answered, whatever it said', () => {
    let done = 0;
    const count = (): void => {
      done += 1;
    };
    config('1', count);
    expect(done).toBe(0);
    wire.answer();
    config('2', count);
    wire.answer(REFUSED);
    expect([done, refusals]).toEqual([2, 1]);
  });

  it('is not sent without a connection', () => {
    retained.close();
    config('1');
    expect([wire.sent, store.publishedTopics(), retained.has('c')]).toEqual([[], [], false]);
  });
});

describe('a state', () => {
  it('is sent each time, and done when the broker has answered', () => {
    let done = 0;
    retained.publish('s', '1');
    retained.publish('s', '1', () => {
      done += 1;
    });
    expect([wire.sent, done]).toEqual([['s=1 retained', 's=1 retained'], 0]);
    wire.answerAll();
    expect([done, refusals]).toEqual([1, 0]);
  });

  it('that the broker refuses is told', () => {
    retained.publish('s', '1');
    wire.answer(REFUSED);
    expect(refusals).toBe(1);
  });

  it('without a connection is neither sent nor noted', () => {
    retained.close();
    retained.publish('s', '1');
    expect([wire.sent, store.publishedTopics(), retained.has('s')]).toEqual([[], [], false]);
  });
});

describe('the disk', () => {
  it('has each topic before the broker does, and is told once', () => {
    const order: string[] = [];
    store.setPublished = (topic) => order.push(`disk ${topic}`);
    wire.publish = (topic) => order.push(`broker ${topic}`);
    retained.publish('s', '1');
    retained.publish('s', '2');
    config('1');
    expect(order).toEqual(['disk s', 'broker s', 'broker s', 'disk c', 'broker c']);
    expect([retained.has('s'), retained.has('c'), retained.has('d')]).toEqual([true, true, false]);
  });

  it('keeps a topic until the broker has taken that it is cleared', () => {
    retained.publish('s', '1');
    wire.answer();
    retained.clear('s');
    expect([wire.sent.at(-1), store.publishedTopics(), retained.has('s')]).toEqual(['s= retained', ['s'], false]);
    wire.answer();
    expect(store.publishedTopics()).toEqual([]);
  });

  it('keeps a topic that is written again before the broker has answered', () => {
    retained.publish('s', '1');
    retained.clear('s');
    wire.answer();
    retained.publish('s', '2');
    wire.answerAll();
    expect(store.publishedTopics()).toEqual(['s']);
  });

  it('tells what an earlier run left behind: known, and cleared where it is not wanted', () => {
    for (const topic of ['ghost', 'kept']) store.setPublished(topic);
    make();
    expect([retained.has('ghost'), retained.has('other')]).toEqual([true, false]);
    connect();
    retained.clearUnwanted(new Set(['kept']));
    expect(wire.sent).toEqual(['ghost= retained']);
    wire.answerAll();
    expect(store.publishedTopics()).toEqual(['kept']);
  });

  it('tells the next connection of what could not be cleared over the last', () => {
    retained.publish('s', '1');
    wire.answer();
    retained.clear('s');
    connect();
    expect(retained.has('s')).toBe(false);
    retained.clearUnwanted(new Set());
    expect(wire.sent).toEqual(['s= retained']);
  });
});

describe('clearing', () => {
  it('does nothing where nothing of ours lies, a second time, or without a connection', () => {
    retained.clear('s');
    retained.publish('s', '1');
    retained.clear('s');
    retained.clear('s');
    expect(wire.sent).toEqual(['s=1 retained', 's= retained']);
    retained.publish('t', '1');
    retained.close();
    retained.clear('t');
    expect([wire.sent.length, retained.has('t')]).toEqual([3, true]);
  });
});

describe('an empty message on a watched topic', () => {
  beforeEach(() => {
    retained.watch('c');
    config('1');
    wire.answer();
  });

  it('is somebody else’s where our own do not come back: the topic holds nothing then', () => {
    retained.clear('c');
    expect(retained.clearedByOther('c')).toBe(true);
    expect([store.publishedTopics(), retained.has('c')]).toEqual([[], false]);
  });

  it('is forgotten by disk and memory at once', () => {
    expect(retained.clearedByOther('c')).toBe(true);
    expect([store.publishedTopics(), retained.has('c')]).toEqual([[], false]);
  });

  it('is our own as often as we have cleared it, where the protocol lets it come back', () => {
    connect(4);
    retained.watch('c');
    for (let i = 0; i < 2; i += 1) {
      retained.clear('c');
      config(`${i}`);
    }
    expect([1, 2, 3].map(() => retained.clearedByOther('c'))).toEqual([false, false, true]);
  });

  it('is never our own on a topic that we did not watch when we cleared it, nor from the last connection', () => {
    connect(4);
    retained.clear('c');
    expect(retained.clearedByOther('c')).toBe(true);
    retained.watch('c');
    config('2');
    retained.clear('c');
    connect(4);
    expect(retained.clearedByOther('c')).toBe(true);
  });
});

it('a topic is to be subscribed to once on each connection', () => {
  expect([retained.watch('c'), retained.watch('c'), retained.watch('d')]).toEqual([true, false, true]);
  connect();
  expect(retained.watch('c')).toBe(true);
});

// What detectors remember beyond a restart: of kept devices and the home, bounded, and only what reads as it should.
import { expect, test } from 'vitest';
import { DeviceMemory, HOME } from '../../sensor/detect/memory.ts';

interface Count {
  count: number;
}

const KEPT = 'a4:cf:12:99:be:ef';
const MADE_UP = '02:5e:00:00:00:01';

function read(value: unknown): Count | null {
  const isCount = typeof value === 'object' && value !== null && 'count' in value && typeof value.count === 'number';
  return isCount ? { count: Number(value.count) } : null;
}

function memoryOf(isKept: (mac: string) => boolean = (mac) => mac === KEPT): DeviceMemory<Count> {
  return new DeviceMemory(read, { isKept });
}

test('a value is handed out to be stored once it is marked, and given back', () => {
  const memory = memoryOf();
  memory.of(KEPT, () => ({ count: 0 })).count = 3;
  expect(memory.takeChanged()).toEqual([]);
  memory.mark(KEPT);
  expect(memory.takeChanged()).toEqual([{ mac: KEPT, value: { count: 3 } }]);
  expect(memory.takeChanged()).toEqual([]);
  const again = memoryOf();
  again.restore(KEPT, { count: 3 });
  again.restore(HOME, 'nonsense');
  expect(again.get(KEPT)).toEqual({ count: 3 });
  expect(again.get(HOME)).toBeUndefined();
});

test('of a device that is not kept nothing stays', () => {
  const memory = memoryOf();
  memory.of(MADE_UP, () => ({ count: 0 })).count = 1;
  memory.set(MADE_UP, { count: 2 });
  memory.mark(MADE_UP);
  expect(memory.get(MADE_UP)).toBeUndefined();
  expect(memory.takeChanged()).toEqual([]);
  memory.set(HOME, { count: 5 });
  expect(memory.takeChanged()).toEqual([{ mac: HOME, value: { count: 5 } }]);
});

test('what is forgotten or gives way is deleted from the store as well', () => {
  const memory = memoryOf(() => true);
  memory.set(KEPT, { count: 1 });
  memory.takeChanged();
  memory.forget(KEPT);
  expect(memory.takeChanged()).toEqual([{ mac: KEPT, value: null }]);
  for (let i = 0; i < 3000; i++) memory.set(`mac ${i}`, { count: i });
  const changed = memory.takeChanged();
  expect(changed.filter(({ value }) => value === null)).toHaveLength(3000 - 2049);
  expect([...memory.entries()]).toHaveLength(2049);
});

test('what gives way after it was stored is deleted there', () => {
  const memory = memoryOf(() => true);
  for (let i = 0; i < 2049; i++) memory.set(`mac ${i}`, { count: i });
  memory.takeChanged();
  memory.set('one more', { count: 1 });
  expect(memory.takeChanged()).toEqual([
    { mac: 'mac 0', value: null },
    { mac: 'one more', value: { count: 1 } },
  ]);
  // What is replaced or forgotten unasked is not stored by that alone.
  expect(memory.all()).toHaveLength(2049);
  expect(memory.of('mac 5', () => ({ count: 0 }))).toEqual({ count: 5 });
});

test('times in it move with the clock, and what was moved is stored anew', () => {
  const time = Date.parse('2026-01-05T10:00:00Z');
  const memory = memoryOf(() => true);
  memory.set('old', { count: time - 1 });
  memory.set('new', { count: time });
  memory.takeChanged();
  memory.moveTime({ since: time, until: time + 10, by: 1000 });
  expect(memory.all()).toEqual([
    { mac: 'new', value: { count: time + 1000 } },
    { mac: 'old', value: { count: time - 1 } },
  ]);
  expect(memory.takeChanged()).toEqual([{ mac: 'new', value: { count: time + 1000 } }]);
  memory.forget('nobody');
  expect(memory.takeChanged()).toEqual([]);
});

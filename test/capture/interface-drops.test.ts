// What the capture port itself counts as dropped, over the last quarter of an hour.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { InterfaceCounters } from '../../sensor/capture/interface-drops.ts';

const MINUTE = 60_000;
let system: string;

/** A folder as the kernel shows one for each interface. */
function show(received: number, dropped: number, missed = 0, fifo = 0): void {
  const folder = join(system, 'eth7/statistics');
  mkdirSync(folder, { recursive: true });
  const counts = { rx_packets: received, rx_dropped: dropped, rx_missed_errors: missed, rx_fifo_errors: fifo };
  for (const [name, count] of Object.entries(counts)) writeFileSync(join(folder, name), `${count}\n`);
}

beforeEach(() => {
  system = mkdtempSync(join(tmpdir(), 'thingwatch-counters-'));
});
afterEach(() => rmSync(system, { recursive: true }));

test('the difference of two readings, of the last quarter of an hour; a full ring counts once under two names', () => {
  show(1000, 50);
  const counters = new InterfaceCounters('eth7', system);
  counters.tick(0);
  expect(counters.read()).toBeNull();
  show(4000, 53, 7, 7);
  counters.tick(MINUTE / 2);
  expect(counters.read()).toBeNull();
  counters.tick(MINUTE);
  expect(counters.read()).toEqual({ dropped: 10, received: 3000, minutes: 1 });
  for (let minute = 2; minute <= 20; minute++) counters.tick(minute * MINUTE);
  expect(counters.read()).toEqual({ dropped: 0, received: 0, minutes: 15 });
});

test('an interface that was made anew, or is gone, or whose clock was set back', () => {
  show(1000, 50);
  const counters = new InterfaceCounters('eth7', system);
  counters.tick(0);
  show(10, 0);
  counters.tick(MINUTE);
  expect(counters.read()).toBeNull();
  show(20, 1);
  counters.tick(2 * MINUTE);
  expect(counters.read()).toEqual({ dropped: 1, received: 10, minutes: 1 });
  counters.tick(-MINUTE);
  expect(counters.read()).toBeNull();
  rmSync(join(system, 'eth7'), { recursive: true });
  counters.tick(5 * MINUTE);
  expect(counters.read()).toBeNull();
});

test('the kernel shows them for the loopback interface', () => {
  const counters = new InterfaceCounters('lo');
  counters.tick(0);
  counters.tick(MINUTE);
  expect(counters.read()).toMatchObject({ dropped: 0, minutes: 1 });
});

import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { Frame } from '../../sensor/capture/frame.ts';
import { readTcpdump, startTcpdump } from '../../sensor/capture/tcpdump.ts';

const CAPTURE = new URL('../captures/three-mailers.pcap', import.meta.url).pathname;

async function framesOf(waits: boolean): Promise<number[]> {
  const fd = openSync(CAPTURE, 'r');
  try {
    const tcpdump = startTcpdump({ input: fd, linkType: 1, filter: true });
    if (waits) {
      await once(tcpdump.child, 'exit');
      for (let turns = 0; turns < 10; turns++) await setImmediate();
    }
    const times: number[] = [];
    const onFrame = ({ time }: Frame) => times.push(time);
    await readTcpdump(tcpdump, { file: 'it', onFrame, onChunk: () => {}, pacer: undefined, signal: undefined });
    return times;
  } finally {
    closeSync(fd);
  }
}

test('what it wrote before it is read is not lost, though it has ended by then', { timeout: 20_000 }, async () => {
  const frames = await framesOf(false);
  expect(frames.length).toBeGreaterThan(10);
  expect(await framesOf(true)).toEqual(frames);
});

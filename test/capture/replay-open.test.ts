// Captures that are opened before there is somebody to read them: what the program does while it is loaded.
import { EventEmitter, once } from 'node:events';
import { expect, test, vi } from 'vitest';
import { closeCaptures, openCaptures } from '../../sensor/capture/replay.ts';
import { pcapBytes } from '../support/packet-builder.ts';
import { attempts, ownTcpdumps, run, write } from './replay-stage.ts';

const GONE = { timeout: 20_000, interval: 20 };

test('tcpdump is at work as soon as they are open; what it says meanwhile is not lost', async () => {
  const cut = write('early-cut.pcap', pcapBytes(attempts(3)).subarray(0, -10));
  const later = write('early-later.pcap', pcapBytes(attempts(2, 1_700_000_100_000)));
  const files = [later, cut, later];
  const captures = await openCaptures({ files });
  expect(ownTcpdumps()).toHaveLength(1);
  // Node throws away what an ended child wrote if nobody listens.
  await once(captures.files[0]?.tcpdump?.child ?? new EventEmitter(), 'exit');
  await new Promise((resolve) => setTimeout(resolve, 100));
  const early = await run({ files, captures });
  expect(early).toEqual(await run({ files }));
  expect(early).toMatchObject({ times: [0, 1000, 100_000, 101_000], files: [cut, later], cutFiles: 1 });
  expect(early.warnings).toHaveLength(2);
  await vi.waitFor(() => expect(ownTcpdumps()).toEqual([]), GONE);
});

test('closed unread they leave no tcpdump behind, however much it had to say', async () => {
  const captures = await openCaptures({ files: [write('early-unread.pcap', pcapBytes(attempts(20_000)))] });
  expect(ownTcpdumps()).toHaveLength(1);
  closeCaptures(captures);
  closeCaptures(captures);
  await vi.waitFor(() => expect(ownTcpdumps()).toEqual([]), GONE);
});

test('one that cannot be opened is told at once, and nothing is started', async () => {
  const sound = write('early-sound.pcap', pcapBytes(attempts(1)));
  await expect(openCaptures({ files: [sound, '/nowhere.pcap'] })).rejects.toMatchObject({ problem: 'unopened' });
  expect(ownTcpdumps()).toEqual([]);
});

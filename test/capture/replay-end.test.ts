// How a replay ends before its capture does: aborted, by a fault, without tcpdump. No process is left behind.
import { createReadStream, mkdirSync } from 'node:fs';
import { PassThrough } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { Pacer } from '../../sensor/capture/pace.ts';
import * as build from '../support/packet-builder.ts';
import { at, attempts, ownTcpdumps, run, START, write } from './replay-stage.ts';

describe('an abort', () => {
  const paced = (abort: AbortController) =>
    new Pacer({
      speed: 1,
      now: () => performance.now(),
      sleep: (milliseconds) => sleep(milliseconds),
      onFrame: () => abort.abort(),
    });

  test('ends a replay that waits for packet time, with thousands of frames to come', async () => {
    const abort = new AbortController();
    const pacer = paced(abort);
    abort.signal.addEventListener('abort', () => pacer.stop());
    const file = write('slow.pcap', build.pcapBytes(attempts(20_000)));
    expect(
      await run({
        files: [file, write('after.pcap', build.pcapBytes(attempts(1, START + 9e8)))],
        pacer,
        signal: abort.signal,
      }),
    ).toMatchObject({
      files: [file],
      warnings: [],
    });
    expect(ownTcpdumps()).toEqual([]);
  });

  test('ends the reading of a pipe, before its header and after', async () => {
    for (const begin of [Buffer.alloc(0), build.pcapBytes(attempts(1))]) {
      const abort = new AbortController();
      const pipe = new PassThrough();
      if (begin.length > 0) pipe.write(begin);
      else setImmediate(() => abort.abort());
      const done = run({ files: ['-'], standardInput: pipe, signal: abort.signal, onFrame: () => abort.abort() });
      expect(await done).toMatchObject({ warnings: [] });
      expect(pipe.destroyed).toBe(true);
    }
    expect(ownTcpdumps()).toEqual([]);
  });

  test('before the beginning reads nothing', async () => {
    const file = write('unread.pcap', build.pcapBytes(attempts(1)));
    const signal = AbortSignal.abort();
    expect(await run({ files: [file], signal })).toMatchObject({ files: [], times: [] });
    expect(await run({ files: ['-'], standardInput: createReadStream(file), signal })).toMatchObject({
      files: [],
      times: [],
    });
  });
});

test('what the receiver throws ends the replay and tcpdump', async () => {
  const file = write('bug.pcap', build.pcapBytes(attempts(20_000)));
  const onFrame = () => {
    throw new RangeError('a bug');
  };
  const pacer = new Pacer({ speed: 1e9, now: () => performance.now(), sleep: async () => {}, onFrame });
  await expect(run({ files: [file], onFrame })).rejects.toThrow(new RangeError('a bug'));
  await expect(run({ files: [file], pacer })).rejects.toThrow(new RangeError('a bug'));
  await expect(run({ files: ['-'], standardInput: createReadStream(file), onFrame })).rejects.toThrow('a bug');
  expect(ownTcpdumps()).toEqual([]);
});

test('without tcpdump the error says what to install', async () => {
  const file = write('fine.pcap', build.pcapBytes(attempts(1)));
  const path = process.env.PATH;
  mkdirSync(at('nothing'));
  process.env.PATH = at('nothing');
  try {
    const missing = { problem: 'tool', message: expect.stringContaining('tcpdump is not installed') };
    expect(await run({ files: [file] })).toMatchObject(missing);
    expect(await run({ files: [file, write('fine2.pcap', build.pcapBytes([]))] })).toMatchObject(missing);
    expect(await run({ files: ['-'], standardInput: createReadStream(file) })).toMatchObject(missing);
  } finally {
    process.env.PATH = path;
  }
});

test('a tcpdump that is killed is damage, told with the signal', async () => {
  const pipe = new PassThrough();
  const done = run({
    files: ['-'],
    standardInput: pipe,
    onFrame: () => {
      for (const pid of ownTcpdumps()) process.kill(Number(pid), 'SIGKILL');
    },
  });
  pipe.write(build.pcapBytes(attempts(1)));
  expect(await done).toMatchObject({
    damagedFiles: 1,
    warnings: ['standard input is damaged (tcpdump ended with SIGKILL); what came before the damage is counted'],
  });
});

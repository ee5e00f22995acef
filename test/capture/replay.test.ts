// Files through the real tcpdump: every kind, every damage, in order.
import { once } from 'node:events';
import { chmodSync, copyFileSync, linkSync, readdirSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { openCaptures } from '../../sensor/capture/replay.ts';
import * as build from '../support/packet-builder.ts';
import { at, attempts, recordAt, run, START, syn, write } from './replay-stage.ts';

describe('a file', () => {
  const frames = attempts(3);
  test.each([
    ['classic', build.pcapBytes(frames)],
    ['big-endian', build.pcapBytes(frames, { bigEndian: true })],
    ['nanosecond', build.pcapBytes(frames, { nanosecond: true })],
    ['nanosecond big-endian', build.pcapBytes(frames, { bigEndian: true, nanosecond: true })],
    ['pcapng', build.pcapngBytes(frames)],
    ['pcapng big-endian', build.pcapngBytes(frames, { bigEndian: true })],
  ])('of the %s kind is read with its times', async (name, bytes) => {
    const file = write(`${name}.pcap`, bytes);
    expect(await run({ files: [file] })).toEqual({
      times: [0, 1000, 2000],
      warnings: [],
      files: [file],
      frames: 3,
      cutFiles: 0,
      damagedFiles: 0,
    });
  });

  test.each([3, 20_000])('of %s frames that is opened long before it is read, is read whole', async (count) => {
    const file = write(`early-${count}.pcap`, build.pcapBytes(attempts(count)));
    const captures = await openCaptures({ files: [file] });
    const child = captures.files[0]?.tcpdump?.child;
    if (child === undefined) throw new Error('tcpdump was not started');
    if (count === 3 && child.exitCode === null) await once(child, 'exit');
    await sleep(100);
    expect(await run({ files: [file], captures })).toMatchObject({ frames: count, warnings: [] });
  });

  test('is cut by the filter unless it is switched off', async () => {
    const bulk = { time: START + 500, data: Buffer.concat([syn(1).subarray(0, 12), Buffer.from('88cc0000', 'hex')]) };
    const file = write('bulk.pcap', build.pcapBytes([...frames.slice(0, 1), bulk]));
    expect((await run({ files: [file] })).times).toEqual([0]);
    expect((await run({ files: [file], filter: false })).times).toEqual([0, 500]);
  });

  test('without packets is read, and gives none', async () => {
    expect(await run({ files: [write('bare.pcap', build.pcapBytes([]))] })).toMatchObject({ frames: 0, warnings: [] });
  });

  test('tells how far it has been read', async () => {
    const file = write('long.pcap', build.pcapBytes(attempts(20_000)));
    const progress: [string, number | null, number | null][] = [];
    await run({ files: [file], onProgress: (...step) => progress.push(step) });
    const size = recordAt(20_000);
    expect(progress.length).toBeGreaterThan(3);
    expect(progress.at(-1)).toEqual([file, size, size]);
  });
});

describe('interfaces of several link types in one file', () => {
  const cooked = build.pcapngBytes([], { linkType: 113 });

  test('before any packet: an error that says what to do', async () => {
    const file = write('mixed.pcapng', Buffer.concat([build.pcapngBytes([]), cooked]));
    const outcome = await run({ files: [file] });
    expect(outcome).toMatchObject({ problem: 'unsupported' });
    expect(outcome).toHaveProperty('message', expect.stringContaining('write each to a file of its own'));
  });

  test('after packets: these count, and the rest is told', async () => {
    const file = write('mixed-late.pcapng', Buffer.concat([build.pcapngBytes(attempts(2)), cooked]));
    expect(await run({ files: [file] })).toMatchObject({
      times: [0, 1000],
      damagedFiles: 1,
      warnings: [expect.stringMatching(/several link types.*What came before/)],
    });
  });
});

describe('a damaged file', () => {
  const whole = build.pcapBytes(attempts(3));

  test('cut inside a record counts up to the cut, with a warning', async () => {
    const file = write('cut.pcap', whole.subarray(0, whole.length - 10));
    expect(await run({ files: [file] })).toMatchObject({
      times: [0, 1000],
      frames: 2,
      cutFiles: 1,
      damagedFiles: 0,
      warnings: [`${file} ends inside a record; what came before the cut is counted`],
    });
  });

  test('with a record that claims 1 GB counts up to it, with a warning', async () => {
    const bytes = Buffer.from(whole);
    bytes.writeUInt32LE(1 << 30, recordAt(2) + 8);
    const file = write('giant.pcap', bytes);
    const { warnings, ...rest } = await run({ files: [file] });
    expect(rest).toMatchObject({ times: [0, 1000], cutFiles: 0, damagedFiles: 1 });
    expect(warnings).toEqual([
      expect.stringMatching(/is damaged \(.*1073741824.*\); what came before the damage is counted/),
    ]);
  });

  test('does not keep the files after it from being read', async () => {
    const cut = write('first.pcap', whole.subarray(0, whole.length - 10));
    const next = write('next.pcap', build.pcapBytes(attempts(1, START + 60_000)));
    expect(await run({ files: [cut, next] })).toMatchObject({ times: [0, 1000, 60_000], cutFiles: 1, frames: 3 });
  });
});

test.each([
  ['missing', () => at('nowhere.pcap'), 'unopened', 'there is no such file'],
  ['a directory', () => at('.'), 'unopened', 'it is a directory; name the capture files in it'],
  ['empty', () => write('empty.pcap', Buffer.alloc(0)), 'not-a-capture', 'is empty: there is no capture in it'],
  ['a text', () => write('notes.txt', Buffer.from('buy milk')), 'not-a-capture', '(neither pcap nor pcapng)'],
  [
    'cut in its header',
    () => write('head.pcap', build.pcapBytes([]).subarray(0, 10)),
    'not-a-capture',
    'inside its header',
  ],
  [
    'of Wi-Fi',
    () => write('air.pcap', build.pcapBytes([], { linkType: 105 })),
    'unsupported',
    '105 IEEE802_11 (Wi-Fi)',
  ],
])('a file that is %s is an error that names it, and nothing is read', async (_, make, problem, words) => {
  const file = make();
  const good = write('good.pcap', build.pcapBytes(attempts(1)));
  const before = readdirSync('/proc/self/fd').length;
  const told = await run({ files: [good, file] });
  expect(told).toMatchObject({ problem, message: expect.stringContaining(file), times: [] });
  expect(told).toMatchObject({ message: expect.stringContaining(words) });
  await expect.poll(() => readdirSync('/proc/self/fd').length, { timeout: 10_000 }).toBe(before);
});

const unprivileged = process.getuid?.() === 0 ? 65534 : null;
test('a file that this user may not read is an error that says so', async () => {
  const file = write('secret.pcap', build.pcapBytes(attempts(1)));
  chmodSync(file, 0);
  chmodSync(at('.'), 0o755);
  if (unprivileged !== null) process.seteuid?.(unprivileged);
  try {
    expect(await run({ files: [file] })).toMatchObject({
      problem: 'unopened',
      message: `cannot read ${file}: this user may not read it; change its permissions or run as its owner`,
    });
  } finally {
    if (unprivileged !== null) process.seteuid?.(0);
  }
});

describe('several files', () => {
  test('are one stream in the order of their first packets; those without packets come last', async () => {
    const late = write('a-late.pcap', build.pcapBytes(attempts(2, START + 10_000)));
    const early = write('b-early.pcapng', build.pcapngBytes(attempts(2)));
    const bare = write('c-bare.pcap', build.pcapBytes([]));
    const middle = write('d-middle.pcap', build.pcapBytes(attempts(1, START + 5000), { bigEndian: true }));
    expect(await run({ files: [bare, late, middle, early] })).toMatchObject({
      files: [early, middle, late, bare],
      times: [0, 1000, 5000, 10_000, 11_000],
    });
  });

  test('are ordered by packets that the filter drops as well', async () => {
    const bulk = { time: START - 1000, data: Buffer.concat([syn(1).subarray(0, 12), Buffer.from('88cc0000', 'hex')]) };
    const first = write('bulk-first.pcap', build.pcapBytes([bulk, ...attempts(1, START + 3000)]));
    const second = write('second.pcap', build.pcapBytes(attempts(1)));
    expect(await run({ files: [second, first] })).toMatchObject({ files: [first, second] });
  });

  test('one given twice, also by another name, is read once and said so', async () => {
    const file = write('twice.pcap', build.pcapBytes(attempts(1)));
    linkSync(file, at('again.pcap'));
    copyFileSync(file, at('copy.pcap'));
    expect(await run({ files: [file, file, at('again.pcap'), at('copy.pcap')] })).toMatchObject({
      files: [file, at('copy.pcap')],
      warnings: [
        `${file} is the same file as ${file}; it is read once`,
        `${at('again.pcap')} is the same file as ${file}; it is read once`,
      ],
    });
  });
});

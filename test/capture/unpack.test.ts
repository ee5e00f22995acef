// Compressed captures through the real tcpdump: files, pipes, several at once, cut, damaged and hostile.
import { spawnSync } from 'node:child_process';
import { appendFileSync, chmodSync, readdirSync } from 'node:fs';
import { PassThrough, Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, test } from 'vitest';
import { packingOf } from '../../sensor/capture/unpack.ts';
import * as build from '../support/packet-builder.ts';
import { at, attempts, ownTcpdumps, run, START, syn, write } from './replay-stage.ts';

function zstd(bytes: Buffer): Buffer {
  const { error, stdout } = spawnSync('zstd', ['-q', '-c'], { input: bytes, maxBuffer: 1 << 28 });
  if (error !== undefined) throw error;
  return stdout;
}
const PACKINGS = [
  ['gzip', (bytes: Buffer) => gzipSync(bytes)],
  ['zstd', zstd],
] as const;
const inPieces = (bytes: Buffer, size: number) =>
  Readable.from(
    Array.from({ length: Math.ceil(bytes.length / size) }, (_, n) => bytes.subarray(n * size, (n + 1) * size)),
  );
/** Mail attempts that do not compress to nothing: each is followed by noise that the filter drops. */
function bulky(count: number): build.CapturedFrame[] {
  let state = 1;
  const noise = () => {
    const bytes = Buffer.alloc(1400);
    for (let i = 0; i < bytes.length; i++) {
      state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
      // A quarter of it is air, so that both pack it into codes and do not store it.
      bytes[i] = state >>> 26;
    }
    return Buffer.concat([syn(1).subarray(0, 12), Buffer.from([0x88, 0xcc]), bytes]);
  };
  return attempts(count).flatMap((frame) => [frame, { time: frame.time, data: noise() }]);
}

const path = process.env.PATH;
afterEach(() => {
  process.env.PATH = path;
});

describe.each(PACKINGS)('%s', (name, pack) => {
  test('a file is read like the one that is in it, pcapng and big-endian ones too', async () => {
    const captures = [
      build.pcapBytes(attempts(3)),
      build.pcapngBytes(attempts(3)),
      build.pcapBytes(attempts(3), { bigEndian: true, nanosecond: true }),
    ];
    for (const bytes of captures) {
      const told = await run({ files: [write(`whole.${name}`, pack(bytes))] });
      expect(told).toMatchObject({ times: [0, 1000, 2000], frames: 3, cutFiles: 0, damagedFiles: 0, warnings: [] });
    }
  });

  test.each([1, 33, 100_000])('a pipe as well, %i octets at a time', async (size) => {
    const standardInput = inPieces(pack(build.pcapBytes(attempts(3))), size);
    const told = await run({ files: ['-'], standardInput });
    expect(told).toMatchObject({ files: ['-'], times: [0, 1000, 2000], frames: 3, warnings: [] });
  });

  test('several files are one stream with others, in the order of their first packets', async () => {
    const late = write(`a-late.${name}`, pack(build.pcapBytes(attempts(2, START + 10_000))));
    const early = write(`b-early.${name}`, pack(build.pcapngBytes(attempts(2))));
    const middle = write('c-middle.pcap', build.pcapBytes(attempts(1, START + 5000)));
    const bare = write(`d-bare.${name}`, pack(build.pcapBytes([])));
    expect(await run({ files: [bare, late, middle, early] })).toMatchObject({
      files: [early, middle, late, bare],
      times: [0, 1000, 5000, 10_000, 11_000],
      warnings: [],
    });
  });

  test('one after the other in one file are read through', async () => {
    const whole = build.pcapBytes(bulky(40));
    const file = write(`two.${name}`, pack(whole.subarray(0, 20_000)));
    appendFileSync(file, pack(whole.subarray(20_000)));
    expect(await run({ files: [file] })).toMatchObject({ frames: 40, warnings: [] });
  });

  test('cut short: what came before counts, with one warning, alike every time', async () => {
    const packed = pack(build.pcapBytes(bulky(400)));
    const cut = packed.subarray(0, packed.length >> 1);
    const file = write(`cut.${name}`, cut);
    const told = await run({ files: [file] });
    expect(told).toMatchObject({ cutFiles: 1, damagedFiles: 0 });
    expect(told.warnings).toEqual([`${file} ends inside its ${name} data; what came before the cut is counted`]);
    // zstd packs in blocks of 128 KiB, which are read whole or not at all.
    expect(told.times.length).toBeGreaterThan(name === 'gzip' ? 195 : 90);
    expect(await run({ files: [file] })).toEqual(told);
    const piped = await run({ files: ['-'], standardInput: inPieces(cut, 1000) });
    expect(piped).toMatchObject({ times: told.times, cutFiles: 1 });
  });

  test('damaged in the middle: what came before counts, with a warning', async () => {
    const packed = pack(build.pcapBytes(bulky(400)));
    packed.fill(0xff, packed.length >> 1, (packed.length >> 1) + 200);
    const told = await run({ files: [write(`damaged.${name}`, packed)] });
    // The packing shows it, or what comes out is no record.
    expect(told.warnings).toEqual([
      expect.stringMatching(/is damaged \(.+\); what came before the damage is counted$/),
    ]);
    expect(told).toMatchObject({ cutFiles: 0, damagedFiles: 1 });
    expect(told.times.length).toBeGreaterThan(80);
  });

  test('of which nothing can be read is an error that names it', async () => {
    const packed = pack(build.pcapBytes(attempts(3)));
    const file = write(`start.${name}`, packed.subarray(0, 9));
    const damaged = `its ${name} data is damaged or cut at its beginning`;
    expect(await run({ files: [file] })).toMatchObject({ message: `${file} cannot be read: ${damaged}` });
    const piped = await run({ files: ['-'], standardInput: inPieces(packed.subarray(0, 9), 4) });
    expect(piped).toMatchObject({ message: `standard input cannot be read: ${damaged}`, times: [] });
    const text = write(`text.${name}`, pack(Buffer.from('buy milk')));
    expect(await run({ files: [text] })).toMatchObject({
      message: `${text} is not a packet capture (neither pcap nor pcapng)`,
    });
    const twice = write(`twice.${name}`, pack(gzipSync(build.pcapBytes(attempts(1)))));
    expect(await run({ files: [twice] })).toMatchObject({ message: expect.stringContaining('is compressed twice') });
  });

  test('with a damaged record inside: tcpdump’s word, and nothing is left running', async () => {
    const bytes = build.pcapBytes(bulky(400));
    bytes.writeUInt32LE(1 << 30, 24 + 100 * (16 + 54 + 16 + 1414) + 8);
    const before = readdirSync('/proc/self/fd').length;
    const told = await run({ files: [write(`record.${name}`, pack(bytes))] });
    expect(told).toMatchObject({ frames: 100, damagedFiles: 1, cutFiles: 0 });
    expect(told.warnings).toHaveLength(1);
    expect(ownTcpdumps()).toEqual([]);
    await expect.poll(() => readdirSync('/proc/self/fd').length, { timeout: 10_000 }).toBe(before);
  });

  test('a bomb costs time and no memory', async () => {
    const zeros = Buffer.alloc(1 << 24);
    const bomb = write(`bomb.${name}`, pack(Buffer.concat([build.pcapBytes(attempts(2)), zeros])));
    for (let i = 0; i < 4; i++) appendFileSync(bomb, pack(zeros));
    const before = process.memoryUsage.rss();
    let most = 0;
    const timer = setInterval(() => {
      most = Math.max(most, process.memoryUsage.rss());
    }, 20);
    const told = await run({ files: [bomb] });
    clearInterval(timer);
    expect(told.times.slice(0, 2)).toEqual([0, 1000]);
    expect(Math.max(most, process.memoryUsage.rss()) - before).toBeLessThan(60 * 1024 * 1024);
  }, 120_000);

  test('is let go when the replay is', async () => {
    const abort = new AbortController();
    const pipe = new PassThrough();
    const packed = pack(build.pcapBytes(bulky(100)));
    const done = run({ files: ['-'], standardInput: pipe, signal: abort.signal, onFrame: () => abort.abort() });
    pipe.write(packed);
    if (name === 'zstd') pipe.end();
    expect(await done).toMatchObject({ damagedFiles: 0, cutFiles: 0 });
    expect(pipe.destroyed).toBe(true);
    expect(ownTcpdumps()).toEqual([]);
  });
});

test.each(PACKINGS)('%s: a checksum that does not hold is damage, told at the end', async (name, pack) => {
  const packed =
    name === 'zstd'
      ? spawnSync('zstd', ['-q', '-c', '--check'], { input: build.pcapBytes(bulky(300)) }).stdout
      : pack(build.pcapBytes(bulky(300)));
  const at = packed.length - (name === 'zstd' ? 2 : 6);
  packed.writeUInt8((packed[at] ?? 0) ^ 1, at);
  const file = write(`checksum.${name}`, packed);
  const told = await run({ files: [file] });
  expect(told).toMatchObject({ damagedFiles: 1, cutFiles: 0 });
  expect(told.warnings).toEqual([expect.stringMatching(`is damaged \\(${name}: .+\\); what came before`)]);
});

test('gzip: frames are delivered while the pipe is still open', async () => {
  const pipe = new PassThrough();
  let arrived = () => {};
  const first = new Promise<void>((resolve) => {
    arrived = resolve;
  });
  const done = run({ files: ['-'], standardInput: pipe, onFrame: () => arrived() });
  const packed = gzipSync(build.pcapBytes(attempts(1)), { finishFlush: 2 });
  pipe.write(packed);
  await first;
  pipe.end();
  expect(await done).toMatchObject({ frames: 1, cutFiles: 1 });
});

test('gzip: what follows the end of the compressed data is left out', async () => {
  const file = write('trailing.gz', Buffer.concat([gzipSync(build.pcapBytes(attempts(2))), Buffer.alloc(300_000)]));
  expect(await run({ files: [file] })).toMatchObject({ times: [0, 1000], warnings: [] });
});

test('a gzip pipe that breaks off is told as that', async () => {
  const pipe = new PassThrough();
  const done = run({ files: ['-'], standardInput: pipe, onFrame: () => pipe.destroy(new Error('read EIO')) });
  pipe.write(gzipSync(build.pcapBytes(attempts(1)), { finishFlush: 2 }));
  expect(await done).toMatchObject({ frames: 1, warnings: ['standard input broke off: read EIO'] });
});

test('zstd: where the program is missing, it says what would help', async () => {
  const file = write('x.pcap.zst', zstd(build.pcapBytes(attempts(1))));
  chmodSync(at('.'), 0o755);
  process.env.PATH = at('.');
  expect(await run({ files: [file] })).toMatchObject({
    problem: 'tool',
    message: `${file} is compressed with zstd: reading it needs the program zstd (sudo apt-get install zstd); or unpack it elsewhere first`,
  });
});

test.each([
  ['xz', 'fd377a585a00', 'xz -d'],
  ['bzip2', '425a68393141', 'bzip2 -d'],
  ['lz4', '04224d18', 'lz4 -d'],
  ['zip', '504b0304', 'unzip'],
])('%s is refused, with what unpacks it', async (name, start, program) => {
  const file = write(`x.${name}`, Buffer.concat([Buffer.from(start, 'hex'), Buffer.alloc(40, 1)]));
  const words = `is compressed with ${name}; thingwatch reads gzip and zstd: unpack it first, for example with ${program}`;
  expect(await run({ files: [file] })).toMatchObject({ problem: 'unsupported', message: `${file} ${words}` });
  const piped = await run({
    files: ['-'],
    standardInput: inPieces(Buffer.concat([Buffer.from(start, 'hex'), Buffer.alloc(40, 1)]), 3),
  });
  expect(piped).toMatchObject({ message: `standard input ${words}` });
});

test('a zstd file may begin with a frame to be skipped; what only resembles a start is none', () => {
  expect(packingOf(Buffer.from('552a4d18', 'hex'), 'x')).toBe('zstd');
  for (const start of ['', '1f', '28b52f', '602a4d18', 'd4c3b2a1', '0a0d0d0a'])
    expect(packingOf(Buffer.from(start, 'hex'), 'x')).toBeNull();
});

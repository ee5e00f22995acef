// Standard input, pipes and FIFOs through the real tcpdump.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import * as build from '../support/packet-builder.ts';
import { at, attempts, recordAt, run, START, write } from './replay-stage.ts';

describe('standard input', () => {
  const input = (bytes: Buffer, size: number) =>
    Readable.from(
      Array.from({ length: Math.ceil(bytes.length / size) }, (_, n) => bytes.subarray(n * size, (n + 1) * size)),
    );

  test.each([1, 33, 100_000])('as a pipe is read however it comes, %i octets at a time', async (size) => {
    for (const bytes of [build.pcapBytes(attempts(3)), build.pcapngBytes(attempts(3))]) {
      const told = await run({ files: ['-'], standardInput: input(bytes, size) });
      expect(told).toMatchObject({ files: ['-'], times: [0, 1000, 2000], frames: 3, warnings: [] });
    }
  });

  test('delivers a frame while the pipe is still open', async () => {
    const pipe = new PassThrough();
    const arrived = new EventEmitter();
    const done = run({
      files: ['-'],
      standardInput: pipe,
      onFrame: ({ time }) => arrived.emit('frame', time - START),
    });
    pipe.write(build.pcapBytes(attempts(1)));
    expect(await once(arrived, 'frame')).toEqual([0]);
    pipe.end();
    expect(await done).toMatchObject({ frames: 1, warnings: [] });
  });

  test.each([
    ['is empty', Buffer.alloc(0), 'standard input is empty: there is no capture in it'],
    ['ends inside the header', build.pcapBytes([]).subarray(0, 23), 'standard input ends inside its header'],
    ['is a text', Buffer.from('hello, world'), 'standard input is not a packet capture'],
    ['is of another link type', build.pcapBytes([], { linkType: 12 }), 'standard input has link type 12 RAW'],
  ])('that %s is an error in words, and is let go', async (_, bytes, words) => {
    const pipe = new PassThrough();
    pipe.end(bytes);
    const told = await run({ files: ['-'], standardInput: pipe });
    expect(told).toMatchObject({ message: expect.stringContaining(words) });
    expect(pipe.destroyed).toBe(true);
  });

  test('cut inside a record, or damaged, is as with a file', async () => {
    const whole = build.pcapBytes(attempts(3));
    const cut = await run({ files: ['-'], standardInput: input(whole.subarray(0, whole.length - 1), 64) });
    expect(cut).toMatchObject({ times: [0, 1000], cutFiles: 1 });
    expect(cut.warnings).toEqual(['standard input ends inside a record; what came before the cut is counted']);
    whole.writeUInt32LE(1 << 30, recordAt(1) + 8);
    // More than the pipe to tcpdump holds comes after the damage.
    const damaged = await run({
      files: ['-'],
      standardInput: input(Buffer.concat([whole, Buffer.alloc(1 << 20)]), 65_536),
    });
    expect(damaged).toMatchObject({ times: [0], damagedFiles: 1 });
  });

  test('that breaks off with an error counts up to it, with a warning', async () => {
    const pipe = new PassThrough();
    const done = run({
      files: ['-'],
      standardInput: pipe,
      onFrame: () => pipe.destroy(new Error('read EIO')),
    });
    pipe.write(build.pcapBytes(attempts(1)));
    expect(await done).toMatchObject({ frames: 1, warnings: ['standard input broke off: read EIO'] });
    const gone = new PassThrough();
    gone.destroy(new Error('read EIO'));
    expect(await run({ files: ['-'], standardInput: gone })).toMatchObject({
      message: 'cannot read standard input: read EIO',
    });
  });

  test('cannot be mixed with files', async () => {
    const file = write('beside.pcap', build.pcapBytes(attempts(1)));
    expect(await run({ files: [file, '-'], standardInput: new PassThrough() })).toMatchObject({
      message: 'standard input is a pipe, which cannot be mixed with other captures: give it alone',
    });
  });
});

describe('a FIFO', () => {
  const fifo = (name: string) => {
    execFileSync('mkfifo', [at(name)]);
    return at(name);
  };

  test('is read like a pipe, also when its writer comes late', async () => {
    const file = fifo('fifo');
    const source = write('for-fifo.pcap', build.pcapBytes(attempts(3)));
    const done = run({ files: [file] });
    await sleep(50);
    spawn('sh', ['-c', 'cat "$0" > "$1"', source, file], { stdio: 'ignore' });
    expect(await done).toMatchObject({ files: [file], times: [0, 1000, 2000] });
  });

  test('that nobody writes to can be let go', async () => {
    const abort = new AbortController();
    const done = run({ files: [fifo('silent')], signal: abort.signal });
    setImmediate(() => abort.abort());
    expect(await done).toMatchObject({ files: [], frames: 0 });
  });
});

describe('the program itself', () => {
  /** Runs the replay from the shell's view: `<` makes standard input a file. */
  function main(stdin: number | 'pipe'): ChildProcess {
    const script = join(import.meta.dirname, '../../dist/sensor/main.js');
    return spawn(process.execPath, [script, 'replay', '-', '--format', 'json'], { stdio: [stdin, 'pipe', 'ignore'] });
  }
  async function packets(child: ChildProcess): Promise<unknown> {
    let text = '';
    for await (const chunk of child.stdout ?? []) text += chunk;
    return JSON.parse(text).capture.packets;
  }

  test('reads standard input alike from a file and from a pipe', async () => {
    const file = write('stdin.pcap', build.pcapBytes(attempts(3)));
    const fd = openSync(file, 'r');
    const fromFile = main(fd);
    closeSync(fd);
    expect(await packets(fromFile)).toBe(3);
    const fromPipe = main('pipe');
    fromPipe.stdin?.end(readFileSync(file));
    expect(await packets(fromPipe)).toBe(3);
  });
});

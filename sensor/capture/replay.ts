// Frames from files and pipes, by way of tcpdump. Captures are opened and looked at here, so errors are ours to word.
import { spawnSync } from 'node:child_process';
import {
  closeSync,
  constants,
  createReadStream,
  fstatSync,
  openSync,
  readFileSync,
  readSync,
  type Stats,
  statSync,
} from 'node:fs';
import { Socket } from 'node:net';
import type { Readable } from 'node:stream';
import { CaptureError } from './errors.ts';
import type { Frame, LinkType } from './frame.ts';
import type { Pacer } from './pace.ts';
import { SNIFF_BYTES, sniffLinkType } from './sniff.ts';
import { readTcpdump, spawnTcpdump, type TcpdumpResult } from './tcpdump.ts';

/** The name that stands for standard input. */
const STANDARD_INPUT = '-';

export interface ReplayOptions {
  /** Paths, or only `-`. A pipe or FIFO can only be given alone; a file given twice is read once. */
  files: string[];
  onFrame(frame: Frame): void;
  /** Delivers frames no faster than packet time allows; without it they come as fast as they are read. */
  pacer?: Pacer;
  /** A whole sentence for a person: a file ended early, a record was damaged. */
  onWarning(message: string): void;
  /** Called between chunks of a file; `bytes` and `total` are of the file at hand, total null for a pipe. */
  onProgress?(file: string, bytes: number | null, total: number | null): void;
  signal?: AbortSignal;
  /** Read for `-` in place of this process's own. */
  standardInput?: Readable;
  /** Off only for the test that proves that the filter changes no report. */
  filter?: boolean;
}

export interface ReplayResult {
  /** In the order read. */
  files: string[];
  frames: number;
  /** Files that end inside a record. */
  cutFiles: number;
  /** Files with a record that cannot be true. */
  damagedFiles: number;
}

interface Opened {
  file: string;
  fd: number;
  linkType: LinkType;
  stats: Stats;
}

/** Reads all files as one stream, ordered by their first packet. Rejects with CaptureError; what was read before has been delivered. */
export async function replay(options: ReplayOptions): Promise<ReplayResult> {
  const result: ReplayResult = { files: [], frames: 0, cutFiles: 0, damagedFiles: 0 };
  const pipe = options.files.find((file) => isPipe(file, options));
  if (pipe !== undefined) {
    if (options.files.length > 1) {
      throw new CaptureError(
        'unopened',
        `${nameOf(pipe)} is a pipe, which cannot be mixed with other captures: give it alone`,
      );
    }
    await replayPipe(pipe, options, result);
    return result;
  }
  const opened: Opened[] = [];
  try {
    for (const file of options.files) openOnce(file, opened, options);
    for (const capture of inOrder(opened)) {
      if (options.signal?.aborted) break;
      await replayFile(capture, options, result);
    }
  } finally {
    for (const { fd } of opened) if (fd !== 0) closeSync(fd);
  }
  return result;
}

/** Whether `file` can be read only once and only from its beginning: a pipe, a FIFO, a terminal. */
function isPipe(file: string, { standardInput }: ReplayOptions): boolean {
  if (file === STANDARD_INPUT && standardInput !== undefined) return true;
  try {
    const stats = file === STANDARD_INPUT ? fstatSync(0) : statSync(file);
    return !stats.isFile() && !stats.isDirectory();
  } catch {
    // Opening it will say what is wrong.
    return false;
  }
}

function nameOf(file: string): string {
  return file === STANDARD_INPUT ? 'standard input' : file;
}

function openOnce(file: string, opened: Opened[], options: ReplayOptions): void {
  const capture = openCapture(file);
  const same = opened.find(({ stats }) => stats.dev === capture.stats.dev && stats.ino === capture.stats.ino);
  if (same === undefined) {
    opened.push(capture);
    return;
  }
  if (capture.fd !== 0) closeSync(capture.fd);
  options.onWarning(`${nameOf(file)} is the same file as ${nameOf(same.file)}; it is read once`);
}

function openCapture(file: string): Opened {
  let fd: number | null = null;
  try {
    fd = file === STANDARD_INPUT ? 0 : openSync(file, 'r');
    return { file, fd, ...inspect(fd, nameOf(file)) };
  } catch (error) {
    if (fd !== null && fd !== 0) closeSync(fd);
    throw unopened(nameOf(file), error);
  }
}

function inspect(fd: number, name: string): { stats: Stats; linkType: LinkType } {
  const stats = fstatSync(fd);
  if (stats.isDirectory()) {
    throw new CaptureError('unopened', `cannot read ${name}: it is a directory; name the capture files in it`);
  }
  const head = Buffer.alloc(SNIFF_BYTES);
  const length = readSync(fd, head, 0, head.length, 0);
  const linkType = sniffLinkType(head.subarray(0, length), name, true);
  if (linkType === null) throw new CaptureError('not-a-capture', `${name} is not a packet capture`);
  return { stats, linkType };
}

function unopened(name: string, error: unknown): CaptureError {
  return error instanceof CaptureError
    ? error
    : new CaptureError('unopened', `cannot read ${name}: ${openReason(error)}`);
}

function openReason(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'ENOENT') return 'there is no such file';
  if (code === 'EACCES' || code === 'EPERM')
    return 'this user may not read it; change its permissions or run as its owner';
  return error instanceof Error ? error.message : String(error);
}

/** Files by the time of their first packet, unfiltered; the order given settles ties and files without packets. */
function inOrder(opened: Opened[]): Opened[] {
  if (opened.length < 2) return opened;
  const first = opened.map((capture, index) => ({ capture, index, time: firstPacketTime(capture) }));
  first.sort((a, b) => a.time - b.time || a.index - b.index);
  return first.map(({ capture }) => capture);
}

/** In microseconds. The file is opened again: tcpdump would move the position of ours. */
function firstPacketTime({ file }: Opened): number {
  const fd = openSync(file, 'r');
  try {
    const { stdout } = spawnSync('tcpdump', ['-r', '-', '-c', '1', '-w', '-'], {
      stdio: [fd, 'pipe', 'ignore'],
      maxBuffer: 1 << 20,
    });
    if (!stdout || stdout.length < 32) return Number.POSITIVE_INFINITY;
    const read32 = (at: number) =>
      stdout.readUInt32LE(0) === 0xa1b2c3d4 ? stdout.readUInt32LE(at) : stdout.readUInt32BE(at);
    return read32(24) * 1e6 + read32(28);
  } finally {
    closeSync(fd);
  }
}

async function replayFile(capture: Opened, options: ReplayOptions, result: ReplayResult): Promise<void> {
  const { file, fd, linkType, stats } = capture;
  result.files.push(file);
  const child = spawnTcpdump({ input: fd, linkType, filter: options.filter ?? true });
  const onChunk = () => options.onProgress?.(nameOf(file), filePosition(fd), stats.size);
  const { onFrame, pacer, signal } = options;
  count(await readTcpdump(child, { file: nameOf(file), onFrame, pacer, onChunk, signal }), options, result);
}

function count({ flaw, frames, warning }: TcpdumpResult, options: ReplayOptions, result: ReplayResult): void {
  result.frames += frames;
  if (flaw === 'cut') result.cutFiles++;
  if (flaw === 'damaged') result.damagedFiles++;
  if (warning !== null) options.onWarning(warning);
}

/** How far the open file has been read; tcpdump shares our file position. */
function filePosition(fd: number): number | null {
  try {
    const position = /^pos:\s*(\d+)/m.exec(readFileSync(`/proc/self/fdinfo/${fd}`, 'latin1'))?.[1];
    return position === undefined ? null : Number(position);
  } catch {
    return null;
  }
}

async function replayPipe(file: string, options: ReplayOptions, result: ReplayResult): Promise<void> {
  const { onFrame, onWarning, pacer, signal } = options;
  const name = nameOf(file);
  const input = openPipe(file, options);
  input.on('error', () => {
    // Kept in input.errored.
  });
  const abort = () => input.destroy();
  signal?.addEventListener('abort', abort, { once: true });
  try {
    const begun = signal?.aborted ? null : await readHead(input, name, signal);
    if (begun === null) return;
    result.files.push(file);
    const child = spawnTcpdump({ input: 'pipe', linkType: begun.linkType, filter: options.filter ?? true });
    // A tcpdump that stops early (a damaged record) closes the pipe; what it said is told by readTcpdump.
    child.stdin?.on('error', () => input.destroy());
    child.stdin?.write(begun.head);
    let bytes = begun.head.length;
    input.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
    });
    input.on('close', () => child.stdin?.end());
    if (child.stdin) input.pipe(child.stdin);
    const onChunk = () => options.onProgress?.(name, bytes, null);
    count(await readTcpdump(child, { file: name, onFrame, pacer, onChunk, signal }), options, result);
    if (input.errored) onWarning(`${name} broke off: ${openReason(input.errored)}`);
  } finally {
    signal?.removeEventListener('abort', abort);
    input.destroy();
  }
}

/** A FIFO is opened without waiting for its writer and read by the event loop, so that it can be let go at any time. */
function openPipe(file: string, { standardInput }: ReplayOptions): Readable {
  if (file === STANDARD_INPUT) return standardInput ?? process.stdin;
  try {
    if (!statSync(file).isFIFO()) return createReadStream(file);
    return new Socket({
      fd: openSync(file, constants.O_RDONLY | constants.O_NONBLOCK),
      readable: true,
      writable: false,
    });
  } catch (error) {
    throw unopened(file, error);
  }
}

/** The beginning of a stream, as much as tells its link type; null when it was aborted before. */
export async function readHead(
  input: Readable,
  name: string,
  signal: AbortSignal | undefined,
): Promise<{ head: Buffer; linkType: LinkType } | null> {
  let head = Buffer.alloc(0);
  for (;;) {
    const chunk = await nextChunk(input);
    if (signal?.aborted) return null;
    if (input.errored) throw unopened(name, input.errored);
    if (chunk !== null) head = Buffer.concat([head, chunk]);
    const linkType = sniffLinkType(head, name, chunk === null || head.length >= SNIFF_BYTES);
    if (linkType !== null) return { head, linkType };
  }
}

/** The next bytes of a paused stream; null at its end, however that comes. */
function nextChunk(input: Readable): Promise<Buffer | null> {
  // Its end may have passed since the chunk before.
  if (input.readableEnded || input.destroyed) return Promise.resolve(null);
  return new Promise((resolve) => {
    const done = (chunk: Buffer | null) => {
      input.off('readable', onReadable);
      input.off('end', onEnd);
      input.off('close', onEnd);
      resolve(chunk);
    };
    const onReadable = () => {
      const chunk: Buffer | null = input.read();
      if (chunk !== null) done(chunk);
    };
    const onEnd = () => done(null);
    input.on('readable', onReadable);
    input.on('end', onEnd);
    input.on('close', onEnd);
  });
}

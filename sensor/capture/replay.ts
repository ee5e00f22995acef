// Frames from files and pipes, by way of tcpdump. Captures are opened and looked at here, so errors are ours to word.
import { type SpawnSyncOptionsWithBufferEncoding, spawnSync } from 'node:child_process';
import {
  closeSync,
  constants,
  createReadStream,
  fstatSync,
  openSync,
  read,
  readFileSync,
  readSync,
  type Stats,
  statSync,
} from 'node:fs';
import { Socket } from 'node:net';
import { Readable } from 'node:stream';
import { promisify } from 'node:util';
import { CaptureError, unopened } from './errors.ts';
import type { Frame, LinkType } from './frame.ts';
import type { Pacer } from './pace.ts';
import { breakOf, replayStream, unpackedStart } from './replay-stream.ts';
import { SNIFF_BYTES, sniffLinkType } from './sniff.ts';
import { readTcpdump, startTcpdump, type Tcpdump, type TcpdumpResult } from './tcpdump.ts';
import { packingOf } from './unpack.ts';

const readAt = promisify(read);
/** Octets read at once of a file that is not tcpdump's to read. */
const CHUNK = 64 * 1024;

/** The name that stands for standard input. */
const STANDARD_INPUT = '-';

interface CaptureChoice {
  /** Paths, or only `-`. A pipe or FIFO can only be given alone; a file given twice is read once. */
  files: readonly string[];
  /** Read for `-` in place of this process's own. */
  standardInput?: Readable;
  /** Off only for the test that proves that the filter changes no report. */
  filter?: boolean;
}

export interface ReplayOptions extends CaptureChoice {
  /** Those files, if they are open already. They are closed at the end. */
  captures?: OpenCaptures;
  onFrame(frame: Frame): void;
  /** Delivers frames no faster than packet time allows; without it they come as fast as they are read. */
  pacer?: Pacer;
  /** A whole sentence for a person: a file ended early, a record was damaged. */
  onWarning(message: string): void;
  /** Called between chunks of a file; `bytes` and `total` are of the file at hand; of a pipe or a compressed file what came out of it, total null. */
  onProgress?(file: string, bytes: number | null, total: number | null): void;
  signal?: AbortSignal;
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
  /** What a compressed file holds at its start; null where it is not compressed. */
  unpacked: Buffer | null;
  /** At work on it; null where it has not been started, and for a compressed file, which is no file to tcpdump. */
  tcpdump: Tcpdump | null;
}

/** Captures of which nothing has been delivered yet: files in the order to read them, or the name of a pipe. */
export interface OpenCaptures {
  files: Opened[];
  pipe: string | null;
  warnings: string[];
}

/**
 * Opens the files and starts tcpdump on the first, which translates the filter while the caller makes ready what the frames go to.
 * Rejects with CaptureError.
 */
export async function openCaptures(choice: CaptureChoice): Promise<OpenCaptures> {
  const pipe = choice.files.find((file) => isPipe(file, choice));
  if (pipe !== undefined) {
    if (choice.files.length > 1) {
      throw new CaptureError(
        'unopened',
        `${nameOf(pipe)} is a pipe, which cannot be mixed with other captures: give it alone`,
      );
    }
    return { files: [], pipe, warnings: [] };
  }
  const captures: OpenCaptures = { files: [], pipe: null, warnings: [] };
  try {
    for (const file of choice.files) await openOnce(file, captures);
    captures.files = inOrder(captures.files);
    const [first] = captures.files;
    if (first !== undefined && first.unpacked === null) first.tcpdump = tcpdumpOn(first, choice);
    return captures;
  } catch (error) {
    closeCaptures(captures);
    throw error;
  }
}

/** Lets go of what was opened, whether or not it was read. */
export function closeCaptures(captures: OpenCaptures): void {
  for (const { fd, tcpdump } of captures.files.splice(0)) {
    tcpdump?.child.kill('SIGTERM');
    tcpdump?.child.stdout?.destroy();
    if (fd !== 0) closeSync(fd);
  }
}

/** Reads all files as one stream, ordered by their first packet. Rejects with CaptureError; what was read before has been delivered. */
export async function replay(options: ReplayOptions): Promise<ReplayResult> {
  const result: ReplayResult = { files: [], frames: 0, cutFiles: 0, damagedFiles: 0 };
  const captures = options.captures ?? (await openCaptures(options));
  for (const warning of captures.warnings) options.onWarning(warning);
  try {
    if (captures.pipe !== null) await replayPipe(captures.pipe, options, result);
    for (const capture of captures.files) {
      if (options.signal?.aborted) break;
      await replayFile(capture, options, result);
    }
  } finally {
    closeCaptures(captures);
  }
  return result;
}

/** Whether `file` can be read only once and only from its beginning: a pipe, a FIFO, a terminal. */
function isPipe(file: string, { standardInput }: CaptureChoice): boolean {
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

async function openOnce(file: string, { files, warnings }: OpenCaptures): Promise<void> {
  const capture = await openCapture(file);
  const same = files.find(({ stats }) => stats.dev === capture.stats.dev && stats.ino === capture.stats.ino);
  if (same === undefined) {
    files.push(capture);
    return;
  }
  if (capture.fd !== 0) closeSync(capture.fd);
  warnings.push(`${nameOf(file)} is the same file as ${nameOf(same.file)}; it is read once`);
}

async function openCapture(file: string): Promise<Opened> {
  let fd: number | null = null;
  try {
    fd = file === STANDARD_INPUT ? 0 : openSync(file, 'r');
    return { file, fd, tcpdump: null, ...(await inspect(fd, nameOf(file))) };
  } catch (error) {
    if (fd !== null && fd !== 0) closeSync(fd);
    throw unopened(nameOf(file), error);
  }
}

async function inspect(fd: number, name: string): Promise<Omit<Opened, 'file' | 'fd' | 'tcpdump'>> {
  const stats = fstatSync(fd);
  if (stats.isDirectory()) {
    throw new CaptureError('unopened', `cannot read ${name}: it is a directory; name the capture files in it`);
  }
  const head = Buffer.alloc(SNIFF_BYTES);
  const start = head.subarray(0, readSync(fd, head, 0, head.length, 0));
  const packing = packingOf(start, name);
  const unpacked = packing === null ? null : await withFile(fd, (input) => unpackedStart(input, packing, name));
  const linkType = sniffLinkType(unpacked?.subarray(0, SNIFF_BYTES) ?? start, name, true);
  if (linkType === null) throw new CaptureError('not-a-capture', `${name} is not a packet capture`);
  return { stats, linkType, unpacked };
}

/** Hands on all of an open file, wherever its position is, which stays there. Nothing reads it any more afterwards. */
async function withFile<Result>(fd: number, use: (input: Readable) => Promise<Result>): Promise<Result> {
  const input = Readable.from(chunksOf(fd), { objectMode: false });
  const closed = new Promise<void>((resolve) => {
    input.once('close', () => resolve());
  });
  input.on('error', () => {
    // Kept in input.errored.
  });
  try {
    return await use(input);
  } finally {
    input.destroy();
    await closed;
  }
}

async function* chunksOf(fd: number): AsyncGenerator<Buffer> {
  for (let position = 0; ; ) {
    const { buffer, bytesRead } = await readAt(fd, Buffer.allocUnsafe(CHUNK), 0, CHUNK, position);
    if (bytesRead === 0) return;
    position += bytesRead;
    yield buffer.subarray(0, bytesRead);
  }
}

/** Files by the time of their first packet, unfiltered; the order given settles ties and files without packets. */
function inOrder(opened: Opened[]): Opened[] {
  if (opened.length < 2) return opened;
  const first = opened.map((capture, index) => ({ capture, index, time: firstPacketTime(capture) }));
  first.sort((a, b) => a.time - b.time || a.index - b.index);
  return first.map(({ capture }) => capture);
}

/** In microseconds. The file is opened again: tcpdump would move the position of ours. */
function firstPacketTime({ file, unpacked }: Opened): number {
  if (unpacked !== null) return firstTime({ input: unpacked });
  const fd = openSync(file, 'r');
  try {
    return firstTime({ stdio: [fd, 'pipe', 'ignore'] });
  } finally {
    closeSync(fd);
  }
}

function firstTime(from: Pick<SpawnSyncOptionsWithBufferEncoding, 'stdio' | 'input'>): number {
  const { stdout } = spawnSync('tcpdump', ['-r', '-', '-c', '1', '-w', '-'], { ...from, maxBuffer: 1 << 20 });
  if (!stdout || stdout.length < 32) return Number.POSITIVE_INFINITY;
  const read32 = (at: number) =>
    stdout.readUInt32LE(0) === 0xa1b2c3d4 ? stdout.readUInt32LE(at) : stdout.readUInt32BE(at);
  return read32(24) * 1e6 + read32(28);
}

function tcpdumpOn({ fd, linkType }: Opened, { filter = true }: CaptureChoice): Tcpdump {
  return startTcpdump({ input: fd, linkType, filter });
}

async function replayFile(capture: Opened, options: ReplayOptions, result: ReplayResult): Promise<void> {
  const { file, fd, stats, unpacked } = capture;
  const name = nameOf(file);
  result.files.push(file);
  const { filter = true, onFrame, pacer, signal } = options;
  if (unpacked === null) {
    const tcpdump = capture.tcpdump ?? tcpdumpOn(capture, options);
    const onChunk = () => options.onProgress?.(name, filePosition(fd), stats.size);
    count(await readTcpdump(tcpdump, { file: name, onFrame, pacer, onChunk, signal }), options, result);
    return;
  }
  await withFile(fd, async (input) => {
    const onChunk = (bytes: number) => options.onProgress?.(name, bytes, null);
    const told = await replayStream(input, { name, onFrame, pacer, onChunk, signal, filter });
    if (told !== null) count(told, options, result);
  });
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
  const { filter = true, onFrame, onWarning, pacer, signal } = options;
  const name = nameOf(file);
  const input = openPipe(file, options);
  input.on('error', () => {
    // Kept in input.errored.
  });
  const abort = () => input.destroy();
  signal?.addEventListener('abort', abort, { once: true });
  try {
    if (signal?.aborted) return;
    const onBegun = () => result.files.push(file);
    const onChunk = (bytes: number) => options.onProgress?.(name, bytes, null);
    const told = await replayStream(input, { name, onFrame, pacer, onChunk, onBegun, signal, filter });
    if (told === null) return;
    count(told, options, result);
    const broken = breakOf(input, name);
    if (broken !== null) onWarning(broken);
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

// Frames from files and pipes, by way of `tcpdump -r - -w - FILTER`: it reads every capture format libpcap knows, cuts
// with the live filter and writes the plain form. The file is opened here and handed over, so errors are ours to word.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { closeSync, fstatSync, openSync, readFileSync, readSync } from 'node:fs';
import type { Readable } from 'node:stream';
import { CaptureError } from './errors.ts';
import { captureFilter } from './filter.ts';
import type { Frame, LinkType } from './frame.ts';
import type { Pacer } from './pace.ts';
import { readPcap } from './pcap-stream.ts';
import { SNIFF_BYTES, sniffLinkType } from './sniff.ts';

/** The name that stands for standard input. */
export const STANDARD_INPUT = '-';

export interface ReplayOptions {
  /** Paths, or only `-`. */
  files: string[];
  onFrame(frame: Frame): void;
  /** Delivers frames no faster than packet time allows; without it they come as fast as they are read. */
  pacer?: Pacer;
  /** A whole sentence for a person: a file ended early, a record was damaged. */
  onWarning(message: string): void;
  /** Called between chunks of a file; `bytes` and `total` are of the file at hand, total null for a pipe. */
  onProgress?(file: string, bytes: number | null, total: number | null): void;
  signal?: AbortSignal;
  standardInput?: Readable & { fd?: number };
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
  size: number;
}

/** Reads all files as one stream, ordered by their first packet. Rejects with CaptureError; what was read before has been delivered. */
export async function replay(options: ReplayOptions): Promise<ReplayResult> {
  const result: ReplayResult = { files: [], frames: 0, cutFiles: 0, damagedFiles: 0 };
  if (options.files.length === 1 && options.files[0] === STANDARD_INPUT && !isRegularFile(0)) {
    await replayPipe(options, result);
    return result;
  }
  const opened: Opened[] = [];
  try {
    for (const file of options.files) opened.push(openCapture(file));
    for (const capture of inOrder(opened)) {
      if (options.signal?.aborted) break;
      await replayFile(capture, options, result);
    }
  } finally {
    for (const { fd } of opened) if (fd !== 0) closeSync(fd);
  }
  return result;
}

function isRegularFile(fd: number): boolean {
  try {
    return fstatSync(fd).isFile();
  } catch {
    return false;
  }
}

function openCapture(file: string): Opened {
  let fd: number;
  try {
    fd = file === STANDARD_INPUT ? 0 : openSync(file, 'r');
  } catch (error) {
    throw new CaptureError('unopened', `cannot read ${file}: ${openReason(error)}`);
  }
  const stats = fstatSync(fd);
  if (stats.isDirectory())
    throw new CaptureError('unopened', `cannot read ${file}: it is a directory; name the capture files in it`);
  const head = Buffer.alloc(SNIFF_BYTES);
  const length = readSync(fd, head, 0, head.length, 0);
  const linkType = sniffLinkType(head.subarray(0, length), file, true);
  if (linkType === null) throw new CaptureError('not-a-capture', `${file} is not a packet capture`);
  return { file, fd, linkType, size: stats.size };
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
  result.files.push(capture.file);
  const child = spawnTcpdump(capture.linkType, options, capture.fd);
  await readTcpdump(child, capture.file, options, result, () =>
    options.onProgress?.(capture.file, filePosition(capture.fd), capture.size),
  );
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

async function replayPipe(options: ReplayOptions, result: ReplayResult): Promise<void> {
  const input = options.standardInput ?? process.stdin;
  const file = 'standard input';
  let head = Buffer.alloc(0);
  let linkType: LinkType | null = null;
  while (linkType === null) {
    const chunk = await nextChunk(input);
    if (chunk !== null) head = Buffer.concat([head, chunk]);
    linkType = sniffLinkType(head, file, chunk === null || head.length >= SNIFF_BYTES);
  }
  result.files.push(STANDARD_INPUT);
  const child = spawnTcpdump(linkType, options, 'pipe');
  // A tcpdump that stops early (a damaged record) closes the pipe; what it said is reported by readTcpdump.
  child.stdin?.on('error', () => input.destroy());
  child.stdin?.write(head);
  if (child.stdin) input.pipe(child.stdin);
  let bytes = head.length;
  input.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
  });
  await readTcpdump(child, file, options, result, () => options.onProgress?.(file, bytes, null));
  input.destroy();
}

/** The next bytes of a paused stream; null at its end. */
function nextChunk(input: Readable): Promise<Buffer | null> {
  return new Promise((resolve, reject) => {
    const done = (settle: () => void) => {
      input.off('readable', onReadable);
      input.off('end', onEnd);
      input.off('error', onError);
      settle();
    };
    const onReadable = () => {
      const chunk: Buffer | null = input.read();
      if (chunk !== null) done(() => resolve(chunk));
    };
    const onEnd = () => done(() => resolve(null));
    const onError = (error: Error) => done(() => reject(error));
    input.on('readable', onReadable);
    input.on('end', onEnd);
    input.on('error', onError);
  });
}

function spawnTcpdump(linkType: LinkType, options: ReplayOptions, input: number | 'pipe'): ChildProcess {
  const expression = options.filter === false ? [] : [captureFilter(linkType)];
  // From a pipe each frame is passed on at once: someone may be watching a router live.
  const flush = input === 'pipe' ? ['-U'] : [];
  return spawn('tcpdump', ['-r', '-', '-w', '-', ...flush, ...expression], { stdio: [input, 'pipe', 'pipe'] });
}

async function readTcpdump(
  child: ChildProcess,
  file: string,
  options: ReplayOptions,
  result: ReplayResult,
  progress: () => void,
): Promise<void> {
  const { stdout, stderr } = child;
  if (!stdout || !stderr) throw new CaptureError('tool', 'tcpdump could not be started');
  let said = '';
  stderr.setEncoding('utf8').on('data', (text: string) => {
    if (said.length < 4096) said += text;
  });
  const ended = new Promise<number | null>((resolve, reject) => {
    child.on('error', (error) => reject(new CaptureError('tool', toolMissing(error))));
    child.on('close', (code) => resolve(code));
  });
  const abort = () => child.kill('SIGTERM');
  options.signal?.addEventListener('abort', abort, { once: true });
  stdout.on('data', progress);
  try {
    const { pacer } = options;
    const onFrame = pacer ? (frame: Frame) => pacer.push(frame, stdout) : options.onFrame;
    const [read, code] = await Promise.all([readPcap(stdout, { onFrame }), ended]);
    await pacer?.drained();
    result.frames += read.frames;
    if (code !== 0 && !options.signal?.aborted) judgeTcpdump(said, file, read.linkType === null, options, result);
  } finally {
    options.signal?.removeEventListener('abort', abort);
    child.kill('SIGTERM');
  }
}

function toolMissing(error: Error): string {
  if ('code' in error && error.code === 'ENOENT') {
    return 'tcpdump is not installed; replay needs it to read capture files (apt-get install tcpdump)';
  }
  return `tcpdump could not be started: ${error.message}`;
}

/** Turns tcpdump's last words into a warning with a count, or into an error when nothing could be read. */
function judgeTcpdump(said: string, file: string, unread: boolean, options: ReplayOptions, result: ReplayResult): void {
  const words = said
    .split('\n')
    .filter((line) => line.startsWith('tcpdump: '))
    .map((line) => line.slice('tcpdump: '.length));
  const reason = (words.at(-1) ?? said.trim()).replace(/^pcap_loop: /, '');
  if (unread) throw new CaptureError('damaged', `${file} cannot be read: ${reason}`);
  if (/truncated dump file/.test(reason)) {
    result.cutFiles++;
    options.onWarning(`${file} ends inside a record; what came before the cut is counted`);
    return;
  }
  result.damagedFiles++;
  options.onWarning(`${file} is damaged (${reason}); what came before the damage is counted`);
}

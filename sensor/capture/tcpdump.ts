// One run of tcpdump between a capture and our reader: it reads every capture format libpcap knows, cuts with the live
// filter and writes the plain form. What it says at its end becomes a warning or an error here.
import { type ChildProcess, spawn } from 'node:child_process';
import { CaptureError } from './errors.ts';
import { captureFilter } from './filter.ts';
import type { Frame, LinkType } from './frame.ts';
import type { Pacer } from './pace.ts';
import { readPcap } from './pcap-stream.ts';

export interface TcpdumpRun {
  /** An open file whose position tcpdump will move, or a pipe that the caller writes to. */
  input: number | 'pipe';
  linkType: LinkType;
  /** Off only for the test that proves that the filter changes no report. */
  filter: boolean;
}

/** tcpdump at work. What it writes waits in its pipe until it is read. */
export interface Tcpdump {
  child: ChildProcess;
  /** Resolves to how it failed, null where it did not. Rejects with CaptureError where it cannot be started. */
  ended: Promise<string | null>;
  /** The end of what it has said on standard error. */
  said(): string;
}

export function startTcpdump(run: TcpdumpRun): Tcpdump {
  const child = spawnTcpdump(run);
  const ended = new Promise<string | null>((resolve, reject) => {
    child.on('error', (error) => reject(new CaptureError('tool', toolMissing(error))));
    child.on('close', (code, killedBy) => resolve(code === 0 ? null : `tcpdump ended with ${killedBy ?? code}`));
  });
  ended.catch(() => {
    // Told to whoever reads it.
  });
  // Node throws away what nobody listens to when a child ends, and it may end before it is read.
  child.stdout?.on('readable', untilRead);
  let said = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    said = (said + text).slice(-4096);
  });
  return { child, ended, said: () => said };
}

function untilRead(): void {
  // What there is waits in the stream.
}

function spawnTcpdump({ input, linkType, filter }: TcpdumpRun): ChildProcess {
  const expression = filter ? [captureFilter(linkType)] : [];
  // From a pipe each frame is passed on at once: someone may be watching a router live.
  const flush = input === 'pipe' ? ['-U'] : [];
  return spawn('tcpdump', ['-r', '-', '-w', '-', ...flush, ...expression], { stdio: [input, 'pipe', 'pipe'] });
}

export interface TcpdumpReader {
  /** What messages call the capture. */
  file: string;
  onFrame(frame: Frame): void;
  pacer: Pacer | undefined;
  /** Called with each chunk that passed the filter. */
  onChunk(): void;
  signal: AbortSignal | undefined;
}

export interface TcpdumpResult {
  frames: number;
  /** The capture ends inside a record, or has one that cannot be true; what came before was delivered. */
  flaw: 'cut' | 'damaged' | null;
  /** The flaw in a whole sentence. */
  warning: string | null;
}

/** Delivers what tcpdump lets through until it ends. Rejects with CaptureError when nothing could be read; the child is gone then, too. */
export async function readTcpdump({ child, ended, said }: Tcpdump, reader: TcpdumpReader): Promise<TcpdumpResult> {
  const { onFrame, pacer, signal } = reader;
  const { stdout } = child;
  if (!stdout) return ended.then(() => ({ frames: 0, flaw: null, warning: null }));
  // A paused stream never ends, so it is closed as well.
  const abort = () => {
    // It may hang, and nobody wants what it would still write.
    child.kill('SIGKILL');
    stdout.destroy();
  };
  if (signal?.aborted) abort();
  signal?.addEventListener('abort', abort, { once: true });
  stdout.on('data', () => reader.onChunk());
  stdout.off('readable', untilRead);
  try {
    const deliver = pacer ? (frame: Frame) => pacer.push(frame, stdout) : onFrame;
    const [read, end] = await Promise.all([readPcap(stdout, { onFrame: deliver }), ended]);
    await pacer?.drained();
    if (end === null || signal?.aborted) return { frames: read.frames, flaw: null, warning: null };
    return { frames: read.frames, ...judge(lastWords(said()) ?? end, reader.file, read) };
  } finally {
    signal?.removeEventListener('abort', abort);
    child.kill('SIGKILL');
    await ended.catch(() => {
      // Already told.
    });
  }
}

function toolMissing(error: Error): string {
  if ('code' in error && error.code === 'ENOENT') {
    return 'tcpdump is not installed; replay needs it to read capture files (apt-get install tcpdump)';
  }
  return `tcpdump could not be started: ${error.message}`;
}

function lastWords(said: string): string | undefined {
  const words = said.split('\n').filter((line) => line.startsWith('tcpdump: '));
  return words.at(-1)?.replace(/^tcpdump: (pcap_loop: )?/, '');
}

function judge(
  reason: string,
  file: string,
  { frames, linkType }: { frames: number; linkType: number | null },
): Pick<TcpdumpResult, 'flaw' | 'warning'> {
  if (/different from the type of the first interface/.test(reason)) {
    const mixed = `${file} holds interfaces of several link types, which cannot be read as one stream: write each to a file of its own (tshark -r FILE -Y "frame.interface_id == 0" -w PART) and replay those together`;
    if (frames === 0) throw new CaptureError('unsupported', mixed);
    return { flaw: 'damaged', warning: `${mixed}. What came before the second link type is counted` };
  }
  if (linkType === null) throw new CaptureError('damaged', `${file} cannot be read: ${reason}`);
  if (/truncated dump file/.test(reason)) {
    return { flaw: 'cut', warning: `${file} ends inside a record; what came before the cut is counted` };
  }
  return { flaw: 'damaged', warning: `${file} is damaged (${reason}); what came before the damage is counted` };
}

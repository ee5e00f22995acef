// A capture that comes as a stream, from a pipe or out of a compressed file, on its way to tcpdump: its beginning is looked at
// here, and what was wrong with it is put in words.
import type { Readable } from 'node:stream';
import { CaptureError, openReason, unopened } from './errors.ts';
import type { Frame, LinkType } from './frame.ts';
import type { Pacer } from './pace.ts';
import { SNIFF_BYTES, sniffLinkType } from './sniff.ts';
import { readTcpdump, startTcpdump, type TcpdumpResult } from './tcpdump.ts';
import { nextChunk, PACKING_BYTES, type Packing, packingOf, unpack } from './unpack.ts';

/** Octets at the start of a capture that hold its first packet, behind a header with long comments. */
const FIRST_PACKET_BYTES = 6 * SNIFF_BYTES;

export interface StreamOptions {
  /** What messages call it. */
  name: string;
  onFrame(frame: Frame): void;
  pacer: Pacer | undefined;
  /** Called with each chunk that passed the filter; octets of the unpacked stream so far. */
  onChunk(bytes: number): void;
  /** It is known to be a capture that can be read. */
  onBegun?(): void;
  signal: AbortSignal | undefined;
  filter: boolean;
}

/**
 * Reads `input`, compressed or not, to its end; null when it was aborted before it had begun. Rejects with CaptureError when
 * nothing could be read. The caller lets `input` go.
 */
export async function replayStream(input: Readable, options: StreamOptions): Promise<TcpdumpResult | null> {
  const { name, signal } = options;
  const start = await readAtLeast(input, PACKING_BYTES, signal);
  if (start === null) return null;
  // What broke off before it told anything is a pipe that cannot be read.
  if (input.errored) throw unopened(name, input.errored);
  const packing = packingOf(start, name);
  if (packing === null) return throughTcpdump(input, start, options);
  const unpacked = unpack(input, start, packing, name);
  const close = () => unpacked.close();
  signal?.addEventListener('abort', close, { once: true });
  try {
    const read = await throughTcpdump(unpacked.output, Buffer.alloc(0), options);
    // Where tcpdump stopped, or the pipe itself broke off, the compression is not to blame.
    const isToldAlready = signal?.aborted || input.errored || read?.flaw === 'damaged';
    const fault = isToldAlready ? null : await unpacked.fault();
    return read === null || fault === null ? read : { ...read, ...fault };
  } catch (error) {
    const fault = error instanceof CaptureError && error.problem === 'not-a-capture' ? await unpacked.fault() : null;
    if (fault === null) throw error;
    throw new CaptureError('damaged', `${name} cannot be read: its ${packing} data is damaged or cut at its beginning`);
  } finally {
    signal?.removeEventListener('abort', close);
    close();
  }
}

/** As much of what is in a compressed file as is needed before it is read. Rejects with CaptureError where nothing can be. */
export async function unpackedStart(input: Readable, packing: Packing, name: string): Promise<Buffer> {
  const unpacked = unpack(input, Buffer.alloc(0), packing, name);
  try {
    const start = (await readAtLeast(unpacked.output, FIRST_PACKET_BYTES, undefined)) ?? Buffer.alloc(0);
    const fault = start.length < FIRST_PACKET_BYTES ? await unpacked.fault() : null;
    if (start.length > 0 || fault === null) return start;
    throw new CaptureError('damaged', `${name} cannot be read: its ${packing} data is damaged or cut at its beginning`);
  } finally {
    unpacked.close();
  }
}

async function throughTcpdump(input: Readable, start: Buffer, options: StreamOptions): Promise<TcpdumpResult | null> {
  const { filter, name, onFrame, pacer, signal } = options;
  const begun = await readHead(input, start, name, signal);
  if (begun === null) return null;
  options.onBegun?.();
  const tcpdump = startTcpdump({ input: 'pipe', linkType: begun.linkType, filter });
  const { child } = tcpdump;
  // A tcpdump that stops early (a damaged record) closes the pipe; what it said is told by readTcpdump.
  child.stdin?.on('error', () => input.destroy());
  child.stdin?.write(begun.head);
  let bytes = begun.head.length;
  input.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
  });
  input.on('close', () => child.stdin?.end());
  if (input.destroyed) child.stdin?.end();
  else if (child.stdin) input.pipe(child.stdin);
  return readTcpdump(tcpdump, { file: name, onFrame, pacer, onChunk: () => options.onChunk(bytes), signal });
}

/** The beginning of a stream, `start` and what else tells its link type; null when it was aborted before. */
export async function readHead(
  input: Readable,
  start: Buffer,
  name: string,
  signal: AbortSignal | undefined,
): Promise<{ head: Buffer; linkType: LinkType } | null> {
  let head = start;
  for (let ended = false; ; ) {
    const linkType = sniffLinkType(head, name, ended || head.length >= SNIFF_BYTES);
    if (linkType !== null) return { head, linkType };
    const chunk = await nextChunk(input);
    if (signal?.aborted) return null;
    ended = chunk === null;
    if (chunk !== null) head = Buffer.concat([head, chunk]);
  }
}

/** So many octets, or all there are; null when it was aborted. */
async function readAtLeast(input: Readable, least: number, signal: AbortSignal | undefined): Promise<Buffer | null> {
  const chunks: Buffer[] = [];
  for (let length = 0; length < least; ) {
    const chunk = await nextChunk(input);
    if (signal?.aborted) return null;
    if (chunk === null) break;
    chunks.push(chunk);
    length += chunk.length;
  }
  return Buffer.concat(chunks);
}

/** Whether and why a stream broke off, in a sentence. */
export function breakOf(input: Readable, name: string): string | null {
  return input.errored ? `${name} broke off: ${openReason(input.errored)}` : null;
}

// The child process of a live capture: `cap` alone, writing classic pcap to standard output. Its own process because
// cap never yields while packets wait. Arguments: interface, the link type (LINKTYPE_ number) that its frames must have, kernel
// buffer in bytes. It begins at the first byte of standard input. Its stamps are no dates but the machine's monotonic time, which
// nobody sets: the parent knows what time that was. While no frame comes, an empty record a second says that it lives. It sends
// nothing.
import { writeSync } from 'node:fs';
import cap from 'cap';
import { Backlog } from './backlog.ts';
import { captureFilter } from './filter.ts';
import { LINK_TYPES } from './frame.ts';

/** cap's fixed snapshot length. */
const SNAP_LENGTH = 65_535;
/** A write this large keeps the pipe busy without holding frames back. */
const FLUSH_BYTES = 64 * 1024;
const PCAP_HEADER = 24;
const RECORD_HEADER = 16;
/**
 * Bytes that wait here for a reader that is busy: seconds of a flood. The kernel's ring would hold them only as slots of 64 KiB
 * where offloads are on, 500 of them; here they take what they are.
 */
const MOST_WAITING = 16 * 1024 * 1024;
/** Writes lie this far apart (ms): a frame after a silence goes out at once, those that follow it closely go together. */
const FLUSH_EVERY = 1;
/** A sign of life (ms), where frames are none. cap lets no timer fire while frames wait, which then are. */
const BEAT_EVERY = 1000;

const CAP_LINK_TYPES: Record<string, number> = {
  ETHERNET: LINK_TYPES.ethernet,
  LINKTYPE_LINUX_SLL: LINK_TYPES.linuxCooked,
};

const [device = '', wantedLinkType = '', bufferSize = '0'] = process.argv.slice(2);

// Module scope keeps this buffer alive: cap holds a raw pointer to it and no reference.
const packet = Buffer.alloc(SNAP_LENGTH);
const capture = new cap.Cap();

const pending = Buffer.alloc(FLUSH_BYTES + RECORD_HEADER + SNAP_LENGTH);
let used = 0;
/** Monotonic time of the last write, in ms. */
let flushedAt = 0;
let timer: NodeJS.Timeout | null = null;

/** What the reader has not taken yet. */
const waiting = new Backlog(MOST_WAITING);

/** Writes what the pipe takes now; how much that was. */
function writeSome(bytes: Buffer): number {
  let at = 0;
  try {
    while (at < bytes.length) at += writeSync(1, bytes, at);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EAGAIN')) process.exit(0);
  }
  return at;
}

/** Whether all has been written; what the reader does not take waits. */
function flush(): boolean {
  if (timer) clearTimeout(timer);
  timer = null;
  const [seconds, nanoseconds] = process.hrtime();
  flushedAt = seconds * 1000 + nanoseconds / 1e6;
  const written = waiting.drain(writeSome) ? writeSome(pending.subarray(0, used)) : 0;
  // While there is no room it is the kernel's turn to hold frames back.
  while (!waiting.add(pending.subarray(written, used))) if (!waiting.drain(writeSome)) pause();
  used = 0;
  if (waiting.length > 0) timer = setTimeout(flush, FLUSH_EVERY);
  return waiting.length === 0;
}

function pause(): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
}

function globalHeader(linkType: number): Buffer {
  const header = Buffer.alloc(PCAP_HEADER);
  header.writeUInt32LE(0xa1b2c3d4, 0);
  header.writeUInt16LE(2, 4);
  header.writeUInt16LE(4, 6);
  header.writeUInt32LE(SNAP_LENGTH, 16);
  header.writeUInt32LE(linkType, 20);
  return header;
}

function onPacket(byteCount: number): void {
  const [seconds, nanoseconds] = process.hrtime();
  const now = seconds * 1000 + nanoseconds / 1e6;
  pending.writeUInt32LE(seconds, used);
  pending.writeUInt32LE(Math.floor(nanoseconds / 1000), used + 4);
  pending.writeUInt32LE(byteCount, used + 8);
  pending.writeUInt32LE(byteCount, used + 12);
  packet.copy(pending, used + RECORD_HEADER, 0, byteCount);
  used += RECORD_HEADER + byteCount;
  // The timer alone would not do: it cannot fire while cap loops over waiting packets.
  if (used >= FLUSH_BYTES || now - flushedAt >= FLUSH_EVERY) flush();
  else timer ??= setTimeout(flush, FLUSH_EVERY);
}

/** A record without bytes, where nothing else waits to be read. */
function beat(): void {
  if (used > 0 || waiting.length > 0) return;
  pending.fill(0, 0, RECORD_HEADER);
  used = RECORD_HEADER;
  flush();
}

function start(): void {
  const expected = Object.values(LINK_TYPES).find((linkType) => linkType === Number(wantedLinkType));
  let linkName: string;
  try {
    if (expected === undefined) throw new Error(`link type ${wantedLinkType} is none that can be read`);
    linkName = capture.open(device, captureFilter(expected), Number(bufferSize), packet);
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(1);
  }
  const linkType = CAP_LINK_TYPES[linkName];
  if (linkType === undefined || linkType !== expected) {
    process.stderr.write(`link type ${linkName} is not the one expected\n`);
    process.exit(1);
  }
  globalHeader(linkType).copy(pending);
  used = PCAP_HEADER;
  flush();
  capture.on('packet', onPacket);
  setInterval(beat, BEAT_EVERY);
}

function end(): void {
  while (!flush()) pause();
  process.exit(0);
}

// Standard input is a pipe from the parent that carries one byte: its end means that the parent is gone or wants no more.
process.stdin.once('data', start).on('end', end);
// A terminal's Ctrl-C and a service manager's stop reach the child as well as the parent; the parent decides.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {});
// Makes its descriptor one that does not block; nothing is written through it.
void process.stdout;

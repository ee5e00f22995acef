// The child process of a live capture: `cap` alone, writing classic pcap to standard output. Its own process because
// cap never yields while packets wait. Arguments: interface, filter, the link type (LINKTYPE_ number) that the filter is for,
// kernel buffer in bytes. Its stamps are no dates but the machine's monotonic time, which nobody sets: the parent knows what time
// that was. It sends nothing.
import { writeSync } from 'node:fs';
import cap from 'cap';
import { LINK_TYPES } from './frame.ts';

/** cap's fixed snapshot length. */
const SNAP_LENGTH = 65_535;
/** A write this large keeps the pipe busy without holding frames back. */
const FLUSH_BYTES = 64 * 1024;
/** The longest a frame waits for company, in ms. */
const FLUSH_AFTER = 4;

const CAP_LINK_TYPES: Record<string, number> = {
  ETHERNET: LINK_TYPES.ethernet,
  LINKTYPE_LINUX_SLL: LINK_TYPES.linuxCooked,
};

const [device = '', filter = '', wantedLinkType = '', bufferSize = '0'] = process.argv.slice(2);

// Module scope keeps this buffer alive: cap holds a raw pointer to it and no reference.
const packet = Buffer.alloc(SNAP_LENGTH);
const capture = new cap.Cap();

const pending = Buffer.alloc(FLUSH_BYTES + 16 + SNAP_LENGTH);
let used = 0;
let oldest = 0;
let timer: NodeJS.Timeout | null = null;

function writeAll(bytes: Buffer): void {
  for (let at = 0; at < bytes.length; ) {
    try {
      at += writeSync(1, bytes, at);
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EAGAIN')) process.exit(0);
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
    }
  }
}

function flush(): void {
  if (timer) clearTimeout(timer);
  timer = null;
  if (used > 0) writeAll(pending.subarray(0, used));
  used = 0;
}

function globalHeader(linkType: number): Buffer {
  const header = Buffer.alloc(24);
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
  packet.copy(pending, used + 16, 0, byteCount);
  if (used === 0) oldest = now;
  used += 16 + byteCount;
  // The timer alone would not do: it cannot fire while cap loops over waiting packets.
  if (used >= FLUSH_BYTES || now - oldest >= FLUSH_AFTER) flush();
  else timer ??= setTimeout(flush, FLUSH_AFTER);
}

function start(): void {
  let linkName: string;
  try {
    linkName = capture.open(device, filter, Number(bufferSize), packet);
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(1);
  }
  const linkType = CAP_LINK_TYPES[linkName];
  if (linkType === undefined || linkType !== Number(wantedLinkType)) {
    process.stderr.write(`link type ${linkName} is not the one expected\n`);
    process.exit(1);
  }
  writeAll(globalHeader(linkType));
  capture.on('packet', onPacket);
}

function end(): void {
  flush();
  process.exit(0);
}

// Standard input is a pipe from the parent that carries nothing: its end means that the parent is gone or wants no more.
process.stdin.on('end', end).resume();
// A terminal's Ctrl-C and a service manager's stop reach the child as well as the parent; the parent decides.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {});
start();

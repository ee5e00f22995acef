// Compressed captures: which kind, and a stream of what is in it. gzip by Node, zstd by the program of that name: Node's own (22.15)
// stops after the first of several frames, and takes data that are cut for whole ones. It is unpacked no faster than it is read and never to disk, so a decompression bomb takes time, but no memory.
import { type ChildProcess, spawn } from 'node:child_process';
import type { Readable, TransformOptions, Writable } from 'node:stream';
import zlib from 'node:zlib';
import { CaptureError } from './errors.ts';

export type Packing = 'gzip' | 'zstd';

/** How each begins (RFC 1952, section 2.3.1; RFC 8878, section 3.1, and its skippable frames), the ones that are not read with what unpacks them. */
const STARTS: readonly { packing: Packing | { name: string; unpackedBy: string }; bytes: number[]; mask?: number[] }[] =
  [
    { packing: 'gzip', bytes: [0x1f, 0x8b] },
    { packing: 'zstd', bytes: [0x28, 0xb5, 0x2f, 0xfd] },
    { packing: 'zstd', bytes: [0x50, 0x2a, 0x4d, 0x18], mask: [0xf0, 0xff, 0xff, 0xff] },
    { packing: { name: 'xz', unpackedBy: 'xz -d' }, bytes: [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00] },
    { packing: { name: 'bzip2', unpackedBy: 'bzip2 -d' }, bytes: [0x42, 0x5a, 0x68] },
    { packing: { name: 'lz4', unpackedBy: 'lz4 -d' }, bytes: [0x04, 0x22, 0x4d, 0x18] },
    { packing: { name: 'zip', unpackedBy: 'unzip' }, bytes: [0x50, 0x4b, 0x03, 0x04] },
  ];

/** Octets that tell them apart. */
export const PACKING_BYTES = 6;

/** The compression that `head` begins with; null where it is none. Throws a CaptureError naming `file` for one that is not read. */
export function packingOf(head: Buffer, file: string): Packing | null {
  const found = STARTS.find(({ bytes, mask }) =>
    bytes.every((byte, at) => ((head[at] ?? -1) & (mask?.[at] ?? 0xff)) === byte),
  )?.packing;
  if (found === undefined || typeof found === 'string') return found ?? null;
  const { name, unpackedBy } = found;
  throw new CaptureError(
    'unsupported',
    `${file} is compressed with ${name}; thingwatch reads gzip and zstd: unpack it first, for example with ${unpackedBy}`,
  );
}

/** The compressed data ends too early, or cannot be true; what came before has been delivered. */
export interface Fault {
  flaw: 'cut' | 'damaged';
  /** A whole sentence that names the file. */
  warning: string;
}

export interface Unpacked {
  output: Readable;
  /** What was wrong with it; to be asked once `output` has ended or was closed. */
  fault(): Promise<Fault | null>;
  /** Lets everything go, whatever is still to come. */
  close(): void;
}

/** What is in `start` and, behind it, `input`. `file` is what messages call it. */
export function unpack(input: Readable, start: Buffer, packing: Packing, file: string): Unpacked {
  const packed = chunks(start, input);
  return packing === 'gzip' ? byNode(packed, file) : byProgram(packed, file);
}

/**
 * A piece is handed on before the next one is made: an error, which takes with it what still waits, then loses nothing but
 * the piece that it is in.
 */
const ONE_AT_A_TIME: zlib.ZlibOptions & TransformOptions = { readableHighWaterMark: 1 };

function byNode(input: AsyncIterable<Buffer>, file: string): Unpacked {
  const engine = zlib.createGunzip(ONE_AT_A_TIME);
  let error: NodeJS.ErrnoException | null = null;
  engine.on('error', (reason) => {
    error = reason;
  });
  void feed(input, engine);
  return {
    output: engine,
    fault: () =>
      Promise.resolve(error === null ? null : faultOf(file, 'gzip', error.code === 'Z_BUF_ERROR', error.message)),
    close: () => engine.destroy(),
  };
}

function byProgram(input: AsyncIterable<Buffer>, file: string): Unpacked {
  const child = spawn('zstd', ['-d', '-c', '-q'], { stdio: ['pipe', 'pipe', 'pipe'] });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said = (said + text).slice(-2000);
  });
  child.stdin.on('error', () => {
    // It has ended early: its exit tells why.
  });
  const ended = endOf(child, file);
  // Told when it is asked for.
  ended.catch(() => child.stdout.destroy());
  void feed(input, child.stdin);
  let isClosed = false;
  return {
    output: child.stdout,
    fault: async () => {
      const code = await ended;
      if (code === 0 || isClosed) return null;
      const reason = said.replace(/^zstd: |\/\*stdin\*\\ *: */g, '').trim();
      return faultOf(
        file,
        'zstd',
        /premature|unexpected end|incomplete/i.test(reason),
        reason || `zstd ended with ${code}`,
      );
    },
    close: () => {
      isClosed = true;
      for (const stream of [child.stdin, child.stdout, child.stderr]) stream.destroy();
      child.kill('SIGTERM');
    },
  };
}

/** Its exit code. Rejects with CaptureError when it could not be started. */
function endOf(child: ChildProcess, file: string): Promise<number | null> {
  return new Promise((resolve, reject) => {
    child.on('error', (error) => {
      const isMissing = 'code' in error && error.code === 'ENOENT';
      const words = isMissing
        ? `${file} is compressed with zstd: reading it needs the program zstd (sudo apt-get install zstd); or unpack it elsewhere first`
        : `zstd could not be started: ${error.message}`;
      reject(new CaptureError('tool', words));
    });
    child.on('close', resolve);
  });
}

function faultOf(file: string, packing: Packing, isCut: boolean, reason: string): Fault {
  return isCut
    ? { flaw: 'cut', warning: `${file} ends inside its ${packing} data; what came before the cut is counted` }
    : {
        flaw: 'damaged',
        warning: `${file} is damaged (${packing}: ${reason}); what came before the damage is counted`,
      };
}

/** Writes all of `input`, each piece once the one before is taken in. Ends with either. */
async function feed(input: AsyncIterable<Buffer>, to: Writable): Promise<void> {
  for await (const piece of input) if (!(await taken(to, piece))) break;
  if (!to.destroyed) to.end();
}

/** False where nothing more is wanted. */
function taken(to: Writable, piece: Buffer): Promise<boolean> {
  return new Promise((resolve) => {
    const over = () => resolve(false);
    // What follows the end of the compressed data is left out, as by gzip itself.
    to.once('close', over).once('end', over);
    to.write(piece, (error) => {
      to.off('close', over).off('end', over);
      resolve(!error);
    });
  });
}

async function* chunks(start: Buffer, rest: Readable): AsyncGenerator<Buffer> {
  if (start.length > 0) yield start;
  // Not "for await", which destroys with an error what it does not read to its end.
  for (let chunk = await nextChunk(rest); chunk !== null; chunk = await nextChunk(rest)) yield chunk;
}

/** The next bytes of a paused stream; null at its end, however that comes. */
export function nextChunk(input: Readable): Promise<Buffer | null> {
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

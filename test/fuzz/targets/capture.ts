// What comes before frames: pcap streams in any pieces, compressed captures, a file's first octets, what a FRITZ!Box answers.
import { PassThrough, Readable } from 'node:stream';
import zlib from 'node:zlib';
import { CaptureError } from '../../../sensor/capture/errors.ts';
import type { Frame } from '../../../sensor/capture/frame.ts';
import { guessInterface, pickInterface, readInterfaces } from '../../../sensor/capture/fritzbox/interfaces.ts';
import { readSessionInfo } from '../../../sensor/capture/fritzbox/login.ts';
import { opensConversation } from '../../../sensor/capture/openings.ts';
import { readPcap } from '../../../sensor/capture/pcap-stream.ts';
import { sniffLinkType } from '../../../sensor/capture/sniff.ts';
import { PACKING_BYTES, packingOf, unpack } from '../../../sensor/capture/unpack.ts';
import { type PcapOptions, pcapBytes } from '../../support/packet-builder.ts';
import { cutUp, joinPieces, splitPieces } from '../pieces.ts';
import { mustBeShort, mustHold, type Target, textOf } from '../target.ts';

function recordings(options: PcapOptions[]): (frames: readonly Buffer[]) => Buffer[] {
  return (frames) =>
    options.map((option) =>
      pcapBytes(
        frames.slice(0, 12).map((data, i) => ({ time: 1_700_000_000_000 + i, data })),
        option,
      ),
    );
}

/** What is read of a stream; a refusal in words is an answer. */
async function readIn(pieces: readonly Buffer[]): Promise<{ frames: Frame[]; refusal: string | null }> {
  const stream = new PassThrough();
  const frames: Frame[] = [];
  const reading = readPcap(stream, { onFrame: (frame) => frames.push({ ...frame, data: Buffer.from(frame.data) }) });
  for (const piece of pieces) if (!stream.destroyed) stream.write(piece);
  if (!stream.destroyed) stream.end();
  return { frames, refusal: await refusalOf(reading) };
}

async function refusalOf(work: Promise<unknown>): Promise<string | null> {
  try {
    await work;
    return null;
  } catch (error) {
    if (error instanceof CaptureError) return error.message;
    throw error;
  }
}

const pcap: Target = {
  inPieces: true,
  longest: 16_384,
  async run(input) {
    const pieces = splitPieces(input).map(({ bytes }) => bytes);
    const cut = await readIn(pieces);
    const whole = Buffer.concat(pieces);
    const octets = cut.frames.reduce((sum, { data }) => sum + data.length, 0);
    mustHold(octets <= whole.length, `${octets} octets of frames out of ${whole.length}`);
    const uncut = await readIn([whole]);
    mustHold(textOf(cut) === textOf(uncut), 'cut in pieces the stream is another');
  },
  seeds: ({ recordings: lists }) =>
    lists
      .slice(0, 8)
      .flatMap(recordings([{}, { bigEndian: true }, { linkType: 113 }, { linkType: 276 }]))
      .map((bytes) => joinPieces(cutUp(bytes, 0, 24, 16, 700, 1, 33))),
};

const unpacked: Target = {
  longest: 16_384,
  /** The first octet says how the rest is packed before it is changed: not at all, by gzip, by gzip in two members. */
  async run(input) {
    const how = (input[0] ?? 0) % 3;
    const rest = input.subarray(1);
    const bytes =
      how === 0
        ? rest
        : Buffer.concat([zlib.gzipSync(rest, { level: 1 }), how === 1 ? Buffer.alloc(0) : zlib.gzipSync(rest)]);
    let packing: ReturnType<typeof packingOf> = null;
    try {
      packing = packingOf(bytes.subarray(0, PACKING_BYTES), 'x');
    } catch (error) {
      if (!(error instanceof CaptureError)) throw error;
    }
    // zstd by a program of its own is no business of this process.
    if (packing !== 'gzip') return;
    const { close, fault, output } = unpack(Readable.from([bytes.subarray(20)]), bytes.subarray(0, 20), packing, 'x');
    let octets = 0;
    output.on('error', () => {});
    await new Promise<void>((resolve) => {
      output.on('data', (chunk: Buffer) => {
        octets += chunk.length;
        if (octets > 1 << 24) output.destroy();
      });
      output.on('close', resolve).on('end', resolve);
    });
    const told = await fault();
    if (how > 0)
      mustHold(told === null && octets >= rest.length, `${octets} of ${rest.length} octets: ${told?.warning}`);
    close();
  },
  seeds: ({ recordings: lists }) =>
    lists
      .slice(0, 4)
      .flatMap(recordings([{}]))
      .flatMap((bytes) => [
        Buffer.concat([Buffer.from([1]), bytes]),
        Buffer.concat([Buffer.from([2]), bytes]),
        Buffer.concat([Buffer.from([0]), zlib.gzipSync(bytes)]),
        Buffer.concat([Buffer.from([0]), zlib.gzipSync(bytes, { level: 0 })]),
      ]),
};

const sniff: Target = {
  run(input) {
    for (const complete of [false, true]) {
      try {
        sniffLinkType(input, 'x', complete);
      } catch (error) {
        if (!(error instanceof CaptureError)) throw error;
      }
    }
    opensConversation(input);
  },
  seeds: ({ recordings: lists }) => [
    ...lists
      .slice(0, 3)
      .flatMap(recordings([{}, { bigEndian: true }]))
      .map((bytes) => bytes.subarray(0, 200)),
    Buffer.from(
      '0a0d0d0a1c0000004d3c2b1a01000000ffffffffffffffff1c00000001000000140000000100000000000400140000000',
      'hex',
    ),
  ],
};

const INFO =
  '<?xml version="1.0"?><SessionInfo><SID>0000000000000000</SID><Challenge>2$60000$0a$6000$0b</Challenge><BlockTime>12</BlockTime><Users><User last="1">fritz&amp;1</User><User>two</User></Users></SessionInfo>';
const INTERFACES =
  '<table><tr><td>1. Internet</td><td><button type="submit" name="start" id="uiStart_3-17" value="3-17">Start</button><input type="hidden" name="ifaceorminor" value="3-17"></td></tr><tr><th>eth0</th><td><button name="start" value="1-eth0">Start</button></td></tr></table>';

const fritzbox: Target = {
  longest: 20_000,
  run(input) {
    const text = input.toString('latin1');
    mustBeShort(readSessionInfo(text), 1100);
    const list = readInterfaces(text);
    mustBeShort(list, 5000);
    for (const wanted of ['internet', text.slice(0, 40)]) {
      pickInterface(wanted, list);
      guessInterface(wanted);
    }
  },
  seeds: () => [INFO, INTERFACES, '["1-eth0","2-1"]'].map((text) => Buffer.from(text, 'latin1')),
};

export const CAPTURE: Readonly<Record<string, () => Target>> = {
  pcap: () => pcap,
  unpack: () => unpacked,
  sniff: () => sniff,
  fritzbox: () => fritzbox,
};

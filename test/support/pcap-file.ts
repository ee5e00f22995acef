// Writes captures for tests: classic pcap in every flavour there is, and pcapng in its smallest form.
import { writeFileSync } from 'node:fs';

export interface CapturedFrame {
  /** Milliseconds since 1970; fractions become micro- or nanoseconds. */
  time: number;
  data: Buffer;
  /** Bytes on the wire, where the capture cut the frame. */
  originalLength?: number;
}

export interface PcapOptions {
  /** LINKTYPE_ number; Ethernet unless told. */
  linkType?: number;
  bigEndian?: boolean;
  nanosecond?: boolean;
  snapLength?: number;
}

const MAGIC_MICROSECONDS = 0xa1b2c3d4;
const MAGIC_NANOSECONDS = 0xa1b23c4d;

export function pcapBytes(frames: readonly CapturedFrame[], options: PcapOptions = {}): Buffer {
  const { linkType = 1, bigEndian = false, nanosecond = false, snapLength = 262144 } = options;
  const words = (...values: number[]): Buffer => wordBytes(values, bigEndian);
  const version = Buffer.from(bigEndian ? [0, 2, 0, 4] : [2, 0, 4, 0]);
  const magic = words(nanosecond ? MAGIC_NANOSECONDS : MAGIC_MICROSECONDS);
  const parts = [magic, version, words(0, 0, snapLength, linkType)];
  for (const { time, data, originalLength = data.length } of frames) {
    const seconds = Math.floor(time / 1000);
    const fraction = Math.round((time - seconds * 1000) * (nanosecond ? 1e6 : 1e3));
    parts.push(words(seconds, fraction, data.length, originalLength), data);
  }
  return Buffer.concat(parts);
}

export function writePcap(path: string, frames: readonly CapturedFrame[], options: PcapOptions = {}): void {
  writeFileSync(path, pcapBytes(frames, options));
}

/** Section header, one interface, one enhanced packet block a frame (pcapng, sections 4.1 to 4.3). */
export function pcapngBytes(
  frames: readonly CapturedFrame[],
  options: { linkType?: number; bigEndian?: boolean } = {},
): Buffer {
  const { linkType = 1, bigEndian = false } = options;
  const words = (...values: number[]): Buffer => wordBytes(values, bigEndian);
  const halves = (first: number, second: number): Buffer =>
    bigEndian ? words(first * 0x10000 + second) : words(second * 0x10000 + first);
  const block = (type: number, body: Buffer): Buffer => {
    const length = words(body.length + 12);
    return Buffer.concat([words(type), length, body, length]);
  };
  const ALL_ONES = 0xffffffff;
  const parts = [
    block(0x0a0d0d0a, Buffer.concat([words(0x1a2b3c4d), halves(1, 0), words(ALL_ONES, ALL_ONES)])),
    block(1, Buffer.concat([halves(linkType, 0), words(0)])),
  ];
  for (const { time, data, originalLength = data.length } of frames) {
    const micros = BigInt(Math.round(time * 1000));
    const stamp = words(Number(micros >> 32n), Number(micros & 0xffffffffn));
    const padding = Buffer.alloc((4 - (data.length % 4)) % 4);
    parts.push(block(6, Buffer.concat([words(0), stamp, words(data.length, originalLength), data, padding])));
  }
  return Buffer.concat(parts);
}

export function writePcapng(
  path: string,
  frames: readonly CapturedFrame[],
  options: { linkType?: number; bigEndian?: boolean } = {},
): void {
  writeFileSync(path, pcapngBytes(frames, options));
}

function wordBytes(values: readonly number[], bigEndian: boolean): Buffer {
  const bytes = Buffer.alloc(values.length * 4);
  values.forEach((value, i) => {
    if (bigEndian) bytes.writeUInt32BE(value >>> 0, i * 4);
    else bytes.writeUInt32LE(value >>> 0, i * 4);
  });
  return bytes;
}

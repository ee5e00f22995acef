// Writes crafted frames as a capture: classic pcap in every flavour there is.
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

/** 32-bit words in a byte order. */
export function wordBytes(values: readonly number[], bigEndian: boolean): Buffer {
  const bytes = Buffer.alloc(values.length * 4);
  values.forEach((value, i) => {
    if (bigEndian) bytes.writeUInt32BE(value >>> 0, i * 4);
    else bytes.writeUInt32LE(value >>> 0, i * 4);
  });
  return bytes;
}

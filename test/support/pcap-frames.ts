// The frames of a classic little-endian Ethernet capture, as those in test/captures are, to be changed and written again.
import { readFileSync } from 'node:fs';
import type { CapturedFrame } from './packet-builder.ts';

export function framesOf(file: string): CapturedFrame[] {
  const bytes = readFileSync(file);
  if (bytes.readUInt32LE(0) !== 0xa1b2c3d4 || bytes.readUInt32LE(20) !== 1) throw new Error(`${file} is another kind`);
  const frames: CapturedFrame[] = [];
  for (let at = 24; at + 16 <= bytes.length; at += 16 + bytes.readUInt32LE(at + 8)) {
    const time = bytes.readUInt32LE(at) * 1000 + bytes.readUInt32LE(at + 4) / 1000;
    const data = bytes.subarray(at + 16, at + 16 + bytes.readUInt32LE(at + 8));
    frames.push({ time, data, originalLength: bytes.readUInt32LE(at + 12) });
  }
  return frames;
}

// Writes captures for tests as pcapng, in its smallest form.
import { writeFileSync } from 'node:fs';
import { type CapturedFrame, wordBytes } from '../../sensor/self-test/frames/pcap-file.ts';

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

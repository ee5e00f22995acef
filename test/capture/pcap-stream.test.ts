import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import type { Frame } from '../../sensor/capture/frame.ts';
import { readPcap } from '../../sensor/capture/pcap-stream.ts';
import { hex } from '../support/hex.ts';
import { type PcapOptions, pcapBytes } from '../support/packet-builder.ts';

const HEADER = 'd4c3b2a1 02000400 00000000 00000000 00000400 01000000';

/** Reads `bytes`, given in pieces of `size`. */
async function read(bytes: Buffer, size = bytes.length || 1) {
  const stream = new PassThrough();
  const frames: Frame[] = [];
  const opened: number[] = [];
  const result = readPcap(stream, { onOpen: (type) => opened.push(type), onFrame: (frame) => frames.push(frame) });
  for (let at = 0; at < bytes.length; at += size) stream.write(bytes.subarray(at, at + size));
  stream.end();
  return { ...(await result), frames, opened };
}

test('a record becomes a frame: its time in whole milliseconds, its bytes, its length on the wire', async () => {
  const bytes = hex(`${HEADER}  00f15365 37e80300 04000000 dc050000 deadbeef`);
  const { frames, linkType, opened } = await read(bytes);
  expect([linkType, opened]).toEqual([1, [1]]);
  expect(frames).toEqual([{ time: 0x6553f100 * 1000 + 256, linkType: 1, data: hex('deadbeef'), originalLength: 1500 }]);
});

test('how the stream is cut in pieces makes no difference', async () => {
  const captured = [1, 2, 3].map((n) => ({ time: n * 1000, data: Buffer.alloc(n * 40, n) }));
  const whole = await read(pcapBytes(captured));
  expect(whole.frames.map(({ data }) => data.length)).toEqual([40, 80, 120]);
  for (const size of [1, 7, 24, 41]) expect(await read(pcapBytes(captured), size)).toEqual(whole);
});

test('big-endian records are read as well', async () => {
  const options: PcapOptions = { bigEndian: true, linkType: 113 };
  const { frames } = await read(pcapBytes([{ time: 1_700_000_000_123.456, data: hex('0102') }], options));
  expect(frames).toMatchObject([{ time: 1_700_000_000_123, linkType: 113, originalLength: 2 }]);
});

test('a stream that ends before its header has no link type; one that ends in a record has the frames before', async () => {
  expect(await read(Buffer.alloc(0))).toMatchObject({ linkType: null, frames: [], opened: [] });
  expect(await read(hex(HEADER).subarray(0, 20))).toMatchObject({ linkType: null, frames: [] });
  const two = pcapBytes([
    { time: 0, data: hex('0102') },
    { time: 1, data: hex('0304') },
  ]);
  expect((await read(two.subarray(0, two.length - 1))).frames).toHaveLength(1);
});

test.each([
  [
    'bytes that are no pcap',
    Buffer.from('neither header nor records, just text'),
    /cannot be read: unknown magic number/,
  ],
  ['another link type', pcapBytes([], { linkType: 195 }), /195 IEEE802_15_4 \(Zigbee, Thread\)/],
  ['a record of 1 GB', hex(`${HEADER} 00000000 00000000 00000040 00000040`), /a record claims 1073741824 bytes/],
])('%s are refused in words', async (_, bytes, words) => {
  await expect(read(bytes)).rejects.toThrow(words);
});

test('what the handler throws ends the reading and is told, and no frame follows', async () => {
  const stream = new PassThrough();
  const seen: number[] = [];
  const result = readPcap(stream, {
    onFrame: ({ time }) => {
      seen.push(time);
      throw new RangeError('a bug');
    },
  });
  stream.end(pcapBytes([1000, 2000, 3000].map((time) => ({ time, data: hex('00') }))));
  await expect(result).rejects.toThrow(new RangeError('a bug'));
  expect(seen).toEqual([1000]);
  expect(stream.destroyed).toBe(true);
});

test('a stream that breaks off with an error is an error in words', async () => {
  const stream = new PassThrough();
  const result = readPcap(stream, { onFrame() {} });
  stream.destroy(new Error('read EIO'));
  await expect(result).rejects.toThrow('the capture stream cannot be read: read EIO');
});

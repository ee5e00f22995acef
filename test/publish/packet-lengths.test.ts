// Packets are refused by the length that they announce, wherever the stream is cut.
import { describe, expect, it } from 'vitest';
import { PacketLengths } from '../../sensor/publish/packet-lengths.ts';

const PUBLISH = 0x30;
const PINGREQ = 0xc0;
const fits = (bytes: number[], limit?: number): boolean => new PacketLengths(limit).fits(Buffer.from(bytes));

describe('a remaining length', () => {
  it.each([
    // MQTT 3.1.1, section 2.2.3, table 2.4.
    [127, [0x7f]],
    [128, [0x80, 0x01]],
    [16_383, [0xff, 0x7f]],
    [16_384, [0x80, 0x80, 0x01]],
    [2_097_151, [0xff, 0xff, 0x7f]],
    [2_097_152, [0x80, 0x80, 0x80, 0x01]],
    [268_435_455, [0xff, 0xff, 0xff, 0x7f]],
  ])('of %i is read from its bytes', (length, bytes) => {
    expect(fits([PUBLISH, ...bytes], length)).toBe(true);
    expect(fits([PUBLISH, ...bytes], length - 1)).toBe(false);
  });

  it('of 256 KB fits, of a byte more does not', () => {
    expect(fits([PUBLISH, 0x80, 0x80, 0x10])).toBe(true);
    expect(fits([PUBLISH, 0x81, 0x80, 0x10])).toBe(false);
  });

  it('has at most four bytes, also when it is small', () => {
    expect(fits([PUBLISH, 0x80, 0x80, 0x80, 0x00])).toBe(true);
    expect(fits([PUBLISH, 0x80, 0x80, 0x80, 0x80, 0x00])).toBe(false);
  });

  it('is refused as soon as it is too large, before its last byte', () => {
    expect(fits([PUBLISH, 0xff], 100)).toBe(false);
  });
});

it('a body is passed over, whatever is in it, and the next packet is looked at: in pieces of any size', () => {
  const good = [PUBLISH, 0x05, ...new Array(5).fill(0xff), PINGREQ, 0x00, PUBLISH, 0x01, 0xff, PINGREQ, 0x00];
  const stream = [...good, PUBLISH, 0x06, 0x00];
  for (let size = 1; size <= stream.length; size += 1) {
    const lengths = new PacketLengths(5);
    let refusedAt = 0;
    while (refusedAt < stream.length && lengths.fits(Buffer.from(stream.slice(refusedAt, refusedAt + size))))
      refusedAt += size;
    // In the piece that holds the 6.
    expect([size, refusedAt]).toEqual([size, Math.floor((good.length + 1) / size) * size]);
  }
});

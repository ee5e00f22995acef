// Numbers off the wire: the same as Buffer's own readers give, and as strict at the end.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { octetAt, uint16At, uint24At, uint32At } from '../../sensor/decode/octets.ts';

const READERS = [
  { read: octetAt, width: 1 },
  { read: uint16At, width: 2 },
  { read: uint24At, width: 3 },
  { read: uint32At, width: 4 },
];

describe.each(READERS)('$read.name', ({ read, width }) => {
  it('reads what Buffer reads', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: width, maxLength: 40 }), fc.nat(39), (octets, at) => {
        const data = Buffer.from(octets);
        fc.pre(at + width <= data.length);
        expect(read(data, at)).toBe(data.readUIntBE(at, width));
      }),
    );
  });

  it('is unsigned', () => {
    expect(read(Buffer.alloc(width, 0xff), 0)).toBe(256 ** width - 1);
  });

  it.each(['before', 'behind'])('throws on a read %s what is there', (side) => {
    const data = Buffer.alloc(8);
    expect(() => read(data, side === 'before' ? -1 : data.length - width + 1)).toThrow(RangeError);
  });
});

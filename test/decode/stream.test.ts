import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { StreamAssembler } from '../../sensor/decode/stream.ts';

const LIMITS = { maxBytes: 64, maxSegments: 8 };
const text = (bytes: Buffer | null): string | null => bytes?.toString('latin1') ?? null;

function assembler(start: number | null, limits = LIMITS): (sequence: number, payload: string) => string | null {
  const stream = new StreamAssembler({ start, ...limits });
  return (sequence, payload) => text(stream.push(sequence >>> 0, Buffer.from(payload)));
}

describe('a stream whose first sequence number is known', () => {
  it('grows with segments in order', () => {
    const push = assembler(1000);
    expect(push(1000, 'hello ')).toBe('hello ');
    expect(push(1006, 'world')).toBe('hello world');
  });

  it('waits for what is missing and then gives everything', () => {
    const push = assembler(1000);
    expect(push(1006, 'world')).toBeNull();
    expect(push(1011, '!')).toBeNull();
    expect(push(1000, 'hello ')).toBe('hello world!');
  });

  it('says nothing of a retransmission', () => {
    const push = assembler(1000);
    push(1000, 'hello');
    expect(push(1000, 'hello')).toBeNull();
    expect(push(1000, 'hello!')).toBe('hello!');
  });

  it('keeps the first copy of a byte, whichever arrives in order', () => {
    const push = assembler(0);
    push(2, 'cd');
    expect(push(0, 'abXXef')).toBe('abcdef');
    expect(push(3, 'YYYg')).toBe('abcdefg');
  });

  it('fills several gaps from one segment', () => {
    const push = assembler(0);
    push(1, 'b');
    push(3, 'd');
    push(6, 'g');
    expect(push(0, 'abcdef')).toBe('abcdefg');
    push(9, 'j');
    expect(push(8, 'ijk')).toBeNull();
    expect(push(7, 'h')).toBe('abcdefghijk');
  });

  it('goes on where sequence numbers wrap', () => {
    const push = assembler(0xfffffffe);
    push(1, 'd');
    expect(push(0xfffffffe, 'abc')).toBe('abcd');
  });

  it('leaves out what lies before the start', () => {
    const push = assembler(1000);
    expect(push(999, '?abc')).toBe('abc');
    expect(push(900, 'old')).toBeNull();
  });

  it('keeps a copy of what it was given', () => {
    const stream = new StreamAssembler({ start: 0, ...LIMITS });
    const shared = Buffer.from('later');
    stream.push(5, shared);
    shared.fill(0);
    expect(text(stream.push(0, Buffer.from('first')))).toBe('firstlater');
  });

  it('keeps no more than its bounds', () => {
    const stream = new StreamAssembler({ start: 0, maxBytes: 4, maxSegments: 2 });
    expect(text(stream.push(0, Buffer.from('abcdef')))).toBe('abcd');
    expect(stream.full).toBe(true);
    expect(stream.push(4, Buffer.from('ef'))).toBeNull();

    const push = assembler(0, { maxBytes: 64, maxSegments: 2 });
    push(2, 'c');
    push(4, 'e');
    push(6, 'g');
    expect(push(0, 'ab')).toBe('abc');
    expect(push(3, 'd')).toBe('abcde');
    expect(push(5, 'f')).toBe('abcdef');
  });
});

describe('a stream whose SYN was not seen', () => {
  it('begins at the first segment, or at an earlier one that comes later', () => {
    const push = assembler(null);
    expect(push(5000, 'second')).toBe('second');
    expect(push(4995, 'first')).toBe('firstsecond');
    expect(push(4980, 'zeroth')).toBe('zeroth');
    expect(push(4986, 'and a bit')).toBe('zerothand a bitfirstsecond');
  });

  it('does not begin earlier than its bound allows', () => {
    const push = assembler(null);
    push(5000, 'second');
    expect(push(4900, 'far away')).toBeNull();
    expect(push(5006, '!')).toBe('second!');
  });
});

/** A text cut into overlapping segments, in any order, each perhaps twice. */
const segments = fc
  .record({
    content: fc.uint8Array({ minLength: 1, maxLength: 60 }).map((bytes) => Buffer.from(bytes)),
    start: fc.integer({ min: 0, max: 0xffffffff }),
    cuts: fc.array(fc.tuple(fc.nat(59), fc.integer({ min: 1, max: 20 })), { maxLength: 12 }),
  })
  .chain(({ content, start, cuts }) => {
    const tiles = Array.from({ length: Math.ceil(content.length / 7) }, (_, i): [number, number] => [i * 7, 7]);
    return fc
      .shuffledSubarray([...tiles, ...cuts, ...tiles], { minLength: 2 * tiles.length + cuts.length })
      .map((pieces) => ({ content, start, pieces }));
  });

describe('properties', () => {
  it('gives the same bytes in any order, with any overlap, at any sequence number', () => {
    fc.assert(
      fc.property(segments, fc.boolean(), ({ content, start, pieces }, startIsKnown) => {
        const stream = new StreamAssembler({ start: startIsKnown ? start : null, maxBytes: 64, maxSegments: 64 });
        let last: Buffer | null = null;
        for (const [at, length] of pieces) {
          last = stream.push((start + at) >>> 0, content.subarray(at, at + length)) ?? last;
        }
        expect(last).toEqual(content);
      }),
      { numRuns: 500 },
    );
  });

  it('never gives more than its bound and never takes back a byte of a known start', () => {
    const anything = fc.array(fc.tuple(fc.integer({ min: 0, max: 0xffffffff }), fc.uint8Array({ maxLength: 30 })));
    fc.assert(
      fc.property(
        fc.oneof(
          anything,
          anything.map((list) => list.map(([at, data]) => [at % 80, data] as const)),
        ),
        (list) => {
          const stream = new StreamAssembler({ start: 0, maxBytes: 40, maxSegments: 4 });
          let before = Buffer.alloc(0);
          for (const [at, data] of list) {
            const now = stream.push(at, Buffer.from(data));
            if (now === null) continue;
            expect(now.length).toBeGreaterThan(before.length);
            expect(now.length).toBeLessThanOrEqual(40);
            expect(now.subarray(0, before.length)).toEqual(before);
            before = Buffer.from(now);
          }
        },
      ),
    );
  });
});

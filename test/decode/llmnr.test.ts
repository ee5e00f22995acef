import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeLlmnr } from '../../sensor/decode/llmnr.ts';
import { hex } from './fixtures/hellos.ts';

const QUESTION = '0950432d4f6666696365 00 0001 0001';
const ANSWER = 'c00c 0001 0001 0000001e 0004 c0a80105';

describe('LLMNR', () => {
  it('tells the name that a responder claims', () => {
    expect(decodeLlmnr(hex(`abcd 8000 0001 0001 0000 0000 ${QUESTION} ${ANSWER}`))).toEqual([
      { name: 'pc-office', address: '192.168.1.5' },
    ]);
  });

  it.each([
    ['a query, which asks for another', `abcd 0000 0001 0000 0000 0000 ${QUESTION}`, 'unsupported'],
    ['an error', `abcd 8003 0001 0000 0000 0000 ${QUESTION}`, 'unsupported'],
    ['half a header', 'abcd 8000', 'truncated'],
  ])('claims nothing in %s', (_, bytes, reason) => {
    expect(decodeLlmnr(hex(bytes))).toMatchObject({ reason, layer: 'llmnr' });
  });

  it('is bounded and never throws', () => {
    const flood = decodeLlmnr(hex(`abcd 8000 0001 00ff 0000 0000 ${QUESTION} ${ANSWER.repeat(255)}`));
    expect(flood).toHaveLength(16);
    fc.assert(fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => void decodeLlmnr(Buffer.from(bytes))));
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeNbns } from '../../sensor/decode/nbns.ts';
import { Failure } from '../../sensor/decode/outcome.ts';
import { hex, uint16 } from './fixtures/hellos.ts';

/** RFC 1001, section 14.1, written out: each half octet is a letter from A. */
function encodedName(name: string, suffix: number): Buffer {
  const octets = Buffer.concat([Buffer.from(name.padEnd(15)), Buffer.from([suffix])]);
  const letters = [...octets].flatMap((octet) => [0x41 + (octet >> 4), 0x41 + (octet & 15)]);
  return Buffer.concat([hex('20'), Buffer.from(letters), hex('00')]);
}

function registration(name: string, suffix: number, flags: string, opcode = '2910'): Buffer {
  return Buffer.concat([
    hex(`8001 ${opcode} 0001 0000 0000 0001`),
    encodedName(name, suffix),
    hex(`0020 0001 c00c 0020 0001 000493e0 0006 ${flags} c0a80114`),
  ]);
}

describe('NetBIOS names', () => {
  it('are claimed by registering them', () => {
    const claim = { name: 'NAS-CELLAR', address: '192.168.1.20', how: 'registration' };
    expect(decodeNbns(registration('NAS-CELLAR', 0x00, '0000'))).toEqual([claim]);
    expect(decodeNbns(registration('NAS-CELLAR', 0x20, '6000'))).toEqual([claim]);
    expect(decodeNbns(registration('NAS-CELLAR', 0x00, '0000', '4000'))).toMatchObject([{ how: 'refresh' }]);
  });

  it('are not claimed for groups and other services', () => {
    expect(decodeNbns(registration('WORKGROUP', 0x00, '8000'))).toEqual([]);
    expect(decodeNbns(registration('NAS-CELLAR', 0x1d, '0000'))).toEqual([]);
    expect(decodeNbns(registration('\x01\x02__MSBROWSE__\x02', 0x01, '8000'))).toEqual([]);
  });

  it('are claimed by answering for them', () => {
    const bytes = Buffer.concat([
      hex('8002 8500 0000 0001 0000 0000'),
      encodedName('PRINTER', 0x20),
      hex('0020 0001 000493e0 000c 0000 c0a80115 0000 c0a80116'),
    ]);
    expect(decodeNbns(bytes)).toEqual([
      { name: 'PRINTER', address: '192.168.1.21', how: 'response' },
      { name: 'PRINTER', address: '192.168.1.22', how: 'response' },
    ]);
  });

  it('are listed once in a node status', () => {
    const entry = (name: string, suffix: number, flags: number): Buffer =>
      Buffer.concat([Buffer.from(name.padEnd(15)), Buffer.from([suffix]), uint16(flags)]);
    const bytes = Buffer.concat([
      hex('8003 8400 0000 0001 0000 0000'),
      encodedName('*', 0),
      hex('0021 0001 00000000 0049 04'),
      entry('MEDIA-PC', 0x00, 0x0400),
      entry('HOME', 0x00, 0x8400),
      entry('MEDIA-PC', 0x20, 0x0400),
      entry('MEDIA-PC', 0x03, 0x0400),
    ]);
    expect(decodeNbns(bytes)).toEqual([{ name: 'MEDIA-PC', address: null, how: 'status' }]);
  });

  it.each([
    ['a query', hex('8004 0110 0001 0000 0000 0000'), 'unsupported'],
    ['a negative answer', hex('8004 8583 0000 0000 0000 0000'), 'unsupported'],
    ['half a header', hex('8004 2910'), 'truncated'],
    ['a registration cut short', registration('NAS', 0, '0000').subarray(0, 60), 'truncated'],
    [
      'a name of another length',
      Buffer.concat([hex('8001 2910 0001 0000 0000 0001 05'), Buffer.alloc(60, 0x41)]),
      'malformed',
    ],
    ['letters beyond P', Buffer.concat([hex('8001 2910 0001 0000 0000 0001 20'), Buffer.alloc(60, 0x5a)]), 'malformed'],
  ])('are not found in %s', (_, bytes, reason) => {
    expect(decodeNbns(bytes)).toMatchObject({ reason, layer: 'nbns' });
  });

  it('never throw and are bounded', () => {
    const valid = registration('NAS-CELLAR', 0, '0000');
    const changes = fc.array(fc.tuple(fc.nat(valid.length - 1), fc.nat(255)), { maxLength: 8 });
    fc.assert(
      fc.property(changes, fc.nat(valid.length), (list, length) => {
        const bytes = Buffer.from(valid.subarray(0, length));
        for (const [at, value] of list) if (at < bytes.length) bytes[at] = value;
        const claims = decodeNbns(bytes);
        if (!(claims instanceof Failure)) expect(claims.length).toBeLessThanOrEqual(16);
      }),
      { numRuns: 1000 },
    );
  });
});

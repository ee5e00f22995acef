// SOCKS4, 4a and 5: bytes beside what the client asks for and what the proxy answers.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Failure } from '../../sensor/decode/outcome.ts';
import { decodeSocksReply, decodeSocksRequest } from '../../sensor/decode/socks.ts';
import { hex } from '../support/hex.ts';

const ascii = (text: string) => Buffer.from(text).toString('hex');
const LOGIN = `01 04 ${ascii('user')} 04 ${ascii('pass')}`;
const NAMED = `05 01 00 03 0a ${ascii('mx.example')} 0019`;

describe('a request', () => {
  test.each([
    ['SOCKS4', '04 01 0019 cb007119 00', { version: 4, host: '203.0.113.25', port: 25 }],
    [
      'SOCKS4 with a user id',
      `04 01 024b cb007119 ${ascii('bot')} 00`,
      { version: 4, host: '203.0.113.25', port: 587 },
    ],
    ['SOCKS4a', `04 01 0019 00000001 00 ${ascii('MX.example')} 00`, { version: 4, host: 'mx.example', port: 25 }],
    ['SOCKS5 to an address', '05 01 00 05 01 00 01 cb007119 0019', { version: 5, host: '203.0.113.25', port: 25 }],
    ['SOCKS5 to a name', `05 01 00 ${NAMED}`, { version: 5, host: 'mx.example', port: 25 }],
    [
      'SOCKS5 to IPv6',
      '05 01 00 05 01 00 04 20010db8000000000000000000000025 01d1',
      { version: 5, host: '2001:db8::25', port: 465 },
    ],
    ['SOCKS5 with three methods offered', `05 03 00 01 02 ${NAMED}`, { version: 5, host: 'mx.example', port: 25 }],
    ['SOCKS5 with a login', `05 02 00 02 ${LOGIN} ${NAMED}`, { version: 5, host: 'mx.example', port: 25 }],
    ['SOCKS5 whose greeting was not seen', NAMED, { version: 5, host: 'mx.example', port: 25 }],
    [
      'SOCKS5 to an address written as a name',
      `05 01 00 05 01 00 03 0c ${ascii('203.0.113.25')} 0019`,
      { version: 5, host: '203.0.113.25', port: 25 },
    ],
    [
      'SOCKS5 to a hostile name',
      `05 01 00 05 01 00 03 03 ${ascii('<b>')} 0019`,
      { version: 5, host: '~3cb~3e', port: 25 },
    ],
  ])('%s, and never before its last octet', (_, digits, expected) => {
    const bytes = hex(digits);
    expect(decodeSocksRequest(bytes)).toEqual({ ...expected, consumed: bytes.length });
    expect(decodeSocksRequest(Buffer.concat([bytes, Buffer.from('EHLO bot\r\n')]))).toEqual({
      ...expected,
      consumed: bytes.length,
    });
    for (let length = 0; length < bytes.length; length++) {
      expect(decodeSocksRequest(bytes.subarray(0, length))).toMatchObject({ layer: 'socks', reason: 'truncated' });
    }
  });

  test.each([
    ['another version', '06 01 00', 'unsupported'],
    ['BIND of SOCKS4', '04 02 0019 cb007119 00', 'unsupported'],
    ['UDP ASSOCIATE', '05 01 00 05 03 00 01 00000000 0000', 'unsupported'],
    ['no method offered', '05 00 05', 'malformed'],
    ['something else after the login', `05 01 02 ${LOGIN} 06`, 'malformed'],
    ['a reserved octet set', '05 01 00 05 01 01 01 cb007119 0019', 'malformed'],
    ['an address type that does not exist', '05 01 00 05 01 00 02 cb007119 0019', 'malformed'],
    ['port 0', '05 01 00 05 01 00 01 cb007119 0000', 'malformed'],
    ['an empty name', '05 01 00 05 01 00 03 00 0019', 'malformed'],
    ['a user id without end', `04 01 0019 cb007119 ${'61'.repeat(256)}`, 'malformed'],
  ])('%s is none', (_, digits, reason) => {
    expect(decodeSocksRequest(hex(digits))).toMatchObject({ layer: 'socks', reason });
  });

  test('one with an address type that is not known yet is not guessed at', () => {
    expect(decodeSocksRequest(hex('05 01 00 02'))).toMatchObject({ reason: 'unsupported' });
  });
});

describe('a reply', () => {
  test.each([
    ['SOCKS4 granted', 4, '00 5a 0000 00000000', true],
    ['SOCKS4 rejected', 4, '00 5b 0000 00000000', false],
    ['SOCKS5 succeeded', 5, '05 00 05 00 00 01 00000000 0000', true],
    ['SOCKS5 with a login', 5, '05 02 01 00 05 00 00 01 0a000001 c000', true],
    ['SOCKS5 bound to IPv6', 5, `05 00 05 00 00 04 ${'00'.repeat(16)} c000`, true],
    ['SOCKS5 bound to a name', 5, `05 00 05 00 00 03 05 ${ascii('proxy')} c000`, true],
    ['SOCKS5 forbids it', 5, '05 00 05 02 00 01 00000000 0000', false],
    ['SOCKS5 refused by the server', 5, '05 00 05 05 00 01 00000000 0000', false],
    ['SOCKS5 whose choice was not seen', 5, '05 00 00 01 00000000 0000', true],
    ['SOCKS5 that accepts no method', 5, '05 ff', false],
    ['SOCKS5 with a wrong password', 5, '05 02 01 01', false],
  ] as const)('%s', (_, version, digits, accepted) => {
    const bytes = hex(digits);
    expect(decodeSocksReply(Buffer.concat([bytes, Buffer.from('220 mx')]), version)).toEqual({
      accepted,
      consumed: bytes.length,
    });
    for (let length = 0; length < bytes.length; length++) {
      expect(decodeSocksReply(bytes.subarray(0, length), version)).toMatchObject({ reason: 'truncated' });
    }
  });

  test.each([
    [4, '05 00'],
    [5, '32 32 30'],
    [5, '05 00 05 00 00 09 00'],
  ] as const)('of version %i is not %s', (version, digits) => {
    expect(decodeSocksReply(hex(digits), version)).toMatchObject({ layer: 'socks', reason: 'malformed' });
  });
});

test('any octets: a record within its octets, or a reason', () => {
  const start = fc.constantFrom('', '04 01 0019 00000001 00', '05 01 00', '05 02 00 02', `05 02 00 02 ${LOGIN}`, NAMED);
  fc.assert(
    fc.property(start, fc.uint8Array({ maxLength: 600 }), (digits, rest) => {
      const bytes = Buffer.concat([hex(digits), rest]);
      for (const result of [decodeSocksRequest(bytes), decodeSocksReply(bytes, 4), decodeSocksReply(bytes, 5)]) {
        if (!(result instanceof Failure)) expect(result.consumed).toBeLessThanOrEqual(bytes.length);
      }
      const request = decodeSocksRequest(bytes);
      if (!(request instanceof Failure)) expect(request.host).toMatch(/^[a-z0-9_~.:-]+$/);
    }),
    { numRuns: 5000 },
  );
});

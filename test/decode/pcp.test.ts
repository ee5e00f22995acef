// PCP's MAP opcode: bytes beside the record.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Failure } from '../../sensor/decode/outcome.ts';
import { decodePcp } from '../../sensor/decode/pcp.ts';
import { hex } from '../support/hex.ts';

const NONCE = '0102030405060708090a0b0c';
const NO_IPV4 = '00000000000000000000ffff 00000000';
const CLIENT = '00000000000000000000ffff c0a80132';
const REQUEST = `02 01 0000 00001c20 ${CLIENT} ${NONCE} 06 000000 0017 0917 ${NO_IPV4}`;

test('a camera asks for its telnet port', () => {
  expect(decodePcp(hex(REQUEST))).toEqual({
    kind: 'map-request',
    client: '192.168.1.50',
    thirdParty: null,
    nonce: NONCE,
    protocol: 6,
    internalPort: 23,
    externalPort: 2327,
    externalAddress: null,
    lifetime: 7200,
  });
});

test('the router gives it another one', () => {
  const response = `02 81 00 00 00000e10 00012345 ${'00'.repeat(12)} ${NONCE} 06 000000 0017 c001 00000000000000000000ffff cb007107`;
  expect(decodePcp(hex(response))).toEqual({
    kind: 'map-response',
    result: 0,
    nonce: NONCE,
    protocol: 6,
    internalPort: 23,
    externalPort: 49153,
    externalAddress: '203.0.113.7',
    lifetime: 3600,
  });
});

test('an IPv6 host asks its firewall for all ports; the suggested address is its own', () => {
  const own = '20010db8000000000000000000000050';
  const request = `02 01 0000 00000e10 ${own} ${NONCE} 00 000000 0000 0000 ${own}`;
  expect(decodePcp(hex(request))).toMatchObject({
    client: '2001:db8::50',
    externalAddress: '2001:db8::50',
    protocol: 0,
    internalPort: 0,
  });
});

test('a refusal, and the end of a mapping', () => {
  const refusal = `02 81 00 02 00000708 00012345 ${'00'.repeat(12)} ${NONCE} 11 000000 0c02 0000 ${NO_IPV4}`;
  expect(decodePcp(hex(refusal))).toMatchObject({ kind: 'map-response', result: 2, protocol: 17, lifetime: 1800 });
  expect(decodePcp(hex(REQUEST.replace('00001c20', '00000000')))).toMatchObject({ lifetime: 0 });
});

test('for a third party, behind another option', () => {
  const other = '00000000000000000000ffff c0a80133';
  const options = `02 00 0003 aabbcc00 01 00 0010 ${other}`;
  expect(decodePcp(hex(`${REQUEST} ${options}`))).toMatchObject({ thirdParty: '192.168.1.51' });
  expect(decodePcp(hex(`${REQUEST} 01 00 0004 c0a80133`))).toMatchObject({ thirdParty: null });
  expect(decodePcp(hex(`${REQUEST} 01 00 ffff c0a80133`))).toMatchObject({ thirdParty: null });
});

test.each([
  ['NAT-PMP', '00 02 0000', 'unsupported'],
  ['ANNOUNCE', `02 00${REQUEST.slice(5)}`, 'unsupported'],
  ['PEER', `02 02${REQUEST.slice(5)}`, 'unsupported'],
  ['a request without client', REQUEST.replace('c0a80132', '00000000'), 'malformed'],
  ['a header alone', REQUEST.slice(0, 60), 'malformed'],
  ['more than 1100 octets', `${REQUEST}${'00'.repeat(1044)}`, 'malformed'],
])('%s is not read', (_, digits, reason) => {
  expect(decodePcp(hex(digits))).toMatchObject({ layer: 'pcp', reason });
});

test('a capture cut in the message is truncated', () => {
  const bytes = hex(REQUEST);
  for (let length = 2; length < bytes.length; length++) {
    expect(decodePcp(bytes.subarray(0, length), bytes.length)).toMatchObject({ reason: 'truncated', needed: 60 });
  }
});

test('any octets behind the opcode: a record or a reason', () => {
  fc.assert(
    fc.property(fc.constantFrom(1, 0x81), fc.uint8Array({ maxLength: 120 }), (code, rest) => {
      const map = decodePcp(Buffer.concat([Buffer.from([2, code]), rest]));
      if (!(map instanceof Failure)) expect(map.nonce).toMatch(/^[0-9a-f]{24}$/);
    }),
    { numRuns: 3000 },
  );
});

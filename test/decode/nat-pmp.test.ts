// NAT-PMP: bytes beside the record.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodeNatPmp } from '../../sensor/decode/nat-pmp.ts';
import { Failure } from '../../sensor/decode/outcome.ts';
import { hex } from '../support/hex.ts';

const MAP_TCP = '00 02 0000 0017 0917 00001c20';

test.each([
  ['what is my address?', '00 00', { kind: 'address-request' }],
  ['203.0.113.7', '00 80 0000 00012345 cb007107', { kind: 'address-response', result: 0, address: '203.0.113.7' }],
  ['the network is down', '00 80 0003 00012345', { kind: 'address-response', result: 3, address: null }],
  [
    'map TCP 23, outside 2327, for two hours',
    MAP_TCP,
    { kind: 'map-request', protocol: 'tcp', internalPort: 23, externalPort: 2327, lifetime: 7200 },
  ],
  [
    'map UDP 3074',
    '00 01 0000 0c02 0000 00000e10',
    { kind: 'map-request', protocol: 'udp', internalPort: 3074, externalPort: 0, lifetime: 3600 },
  ],
  [
    'unmap all TCP',
    '00 02 0000 0000 0000 00000000',
    { kind: 'map-request', protocol: 'tcp', internalPort: 0, externalPort: 0, lifetime: 0 },
  ],
  [
    'mapped',
    '00 82 0000 00012345 0017 c001 00000e10',
    { kind: 'map-response', protocol: 'tcp', result: 0, internalPort: 23, externalPort: 49153, lifetime: 3600 },
  ],
  [
    'not authorised',
    '00 81 0002 00012345 0c02 0000 00000000',
    { kind: 'map-response', protocol: 'udp', result: 2, internalPort: 3074, externalPort: 0, lifetime: 0 },
  ],
])('%s', (_, digits, expected) => {
  expect(decodeNatPmp(hex(digits))).toEqual(expected);
});

test.each([
  ['PCP', '02 01 0000', 'unsupported'],
  ['an opcode of its own', '00 03 0000', 'unsupported'],
  ['port 0 for an hour', '00 02 0000 0000 0000 00000e10', 'malformed'],
  ['a request without lifetime', '00 02 0000 0017 0917', 'malformed'],
  ['a success without address', '00 80 0000 00012345', 'malformed'],
  ['nothing', '', 'malformed'],
])('%s is not read', (_, digits, reason) => {
  expect(decodeNatPmp(hex(digits))).toMatchObject({ layer: 'nat-pmp', reason });
});

test('a capture cut in the message is truncated', () => {
  const bytes = hex(MAP_TCP);
  for (let length = 2; length < bytes.length; length++) {
    const cut = decodeNatPmp(bytes.subarray(0, length), bytes.length);
    expect(cut).toMatchObject({ reason: 'truncated', needed: 12, available: length });
  }
});

test('any octets: a record or a reason', () => {
  fc.assert(
    fc.property(fc.constantFrom(0, 0x80), fc.nat(3), fc.uint8Array({ maxLength: 20 }), (bit, opcode, rest) => {
      const message = decodeNatPmp(Buffer.concat([Buffer.from([0, bit | opcode]), rest]));
      if (!(message instanceof Failure)) expect(message.kind).toMatch(bit === 0 ? /request$/ : /response$/);
    }),
    { numRuns: 3000 },
  );
});

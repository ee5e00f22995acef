// "Destination unreachable": who refused which segment, and why; bytes beside the record.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodeFrame } from '../../sensor/decode/frame.ts';
import { decodeIcmpError } from '../../sensor/decode/icmp.ts';
import { DecodeCounters, Failure } from '../../sensor/decode/outcome.ts';
import type { Ip } from '../../sensor/decode/packet.ts';
import { frameOf, hex } from '../support/hex.ts';

/** What a router quotes of 192.168.1.50:49152 to 203.0.113.25:25: the IP header and eight octets of TCP. */
const QUOTE = '4500 0028 1c46 4000 3f06 0000 c0a80132 cb007119 c000 0019 00000064';
const QUOTE6 = `60000000 0014 06 3f 20010db8000000000000000000000050 20010db8ffff00000000000000000025
  c000 024b fffffffe`;
const QUOTED = {
  source: '192.168.1.50',
  destination: '203.0.113.25',
  sourcePort: 49152,
  destinationPort: 25,
  sequence: 100,
};

function ipWith(digits: string, fields: Partial<Ip> = {}): Ip {
  const payload = hex(digits);
  return {
    version: 4,
    source: '198.51.100.1',
    destination: '192.168.1.50',
    protocol: 1,
    hopLimit: 64,
    identification: 0,
    fragmentOffset: 0,
    moreFragments: false,
    payload,
    payloadLength: payload.length,
    ...fields,
  };
}
const ip6With = (digits: string): Ip =>
  ipWith(digits, { version: 6, protocol: 58, source: '2001:db8::1', destination: '2001:db8::50' });

test('IPv4: the provider’s router forbids port 25', () => {
  expect(decodeIcmpError(ipWith(`03 0d 0000 00000000 ${QUOTE}`))).toEqual({
    reason: 'administratively-prohibited',
    from: '198.51.100.1',
    quoted: QUOTED,
  });
});

test('IPv6: the destination’s firewall forbids submission', () => {
  expect(decodeIcmpError(ip6With(`01 01 0000 00000000 ${QUOTE6}`))).toEqual({
    reason: 'administratively-prohibited',
    from: '2001:db8::1',
    quoted: {
      source: '2001:db8::50',
      destination: '2001:db8:ffff::25',
      sourcePort: 49152,
      destinationPort: 587,
      sequence: 0xfffffffe,
    },
  });
});

test.each([
  ['00', 'network-unreachable'],
  ['01', 'host-unreachable'],
  ['02', 'other'],
  ['03', 'port-unreachable'],
  ['04', 'other'],
  ['06', 'network-unreachable'],
  ['07', 'host-unreachable'],
  ['09', 'administratively-prohibited'],
  ['0a', 'administratively-prohibited'],
  ['0d', 'administratively-prohibited'],
  ['ff', 'other'],
])('IPv4 code %s is %s', (code, reason) => {
  expect(decodeIcmpError(ipWith(`03 ${code} 0000 00000000 ${QUOTE}`))).toMatchObject({ reason, quoted: QUOTED });
});

test.each([
  ['00', 'network-unreachable'],
  ['01', 'administratively-prohibited'],
  ['02', 'other'],
  ['03', 'host-unreachable'],
  ['04', 'port-unreachable'],
  ['05', 'administratively-prohibited'],
  ['06', 'administratively-prohibited'],
])('IPv6 code %s is %s', (code, reason) => {
  expect(decodeIcmpError(ip6With(`01 ${code} 0000 00000000 ${QUOTE6}`))).toMatchObject({ reason });
});

test('the quote may bear IPv4 options, IPv6 extension headers, and the whole segment', () => {
  const options = QUOTE.replace('4500', '4600').replace('cb007119', 'cb007119 94040000');
  expect(decodeIcmpError(ipWith(`03 01 0000 00000000 ${options}`))).toMatchObject({ quoted: QUOTED });
  const extended = QUOTE6.replace('0014 06', '0024 00').replace(/c000/, '2c00 0104 00000000 0600 0001 00000007 c000');
  expect(decodeIcmpError(ip6With(`01 03 0000 00000000 ${extended}`))).toMatchObject({
    quoted: { destinationPort: 587 },
  });
  const whole = `${QUOTE} 00000000 5002 faf0 0000 0000`;
  expect(decodeIcmpError(ipWith(`03 01 0000 00000000 ${whole}`))).toMatchObject({ quoted: QUOTED });
});

test.each([
  ['a time exceeded', `0b 00 0000 00000000 ${QUOTE}`],
  ['an echo request', '08 00 0000 00000000 00'],
  ['a quote of UDP', `03 03 0000 00000000 ${QUOTE.replace('3f06', '3f11')}`],
  ['a quote of a later fragment', `03 01 0000 00000000 ${QUOTE.replace('4000', '00b9')}`],
  ['a quote whose header is too short to be one', `03 01 0000 00000000 ${QUOTE.replace('4500', '4400')}`],
])('%s is not read', (_, digits) => {
  const error = decodeIcmpError(ipWith(digits));
  expect(error).toMatchObject({ layer: 'icmp' });
  expect(error).toBeInstanceOf(Failure);
});

test('nine extension headers are one too many', () => {
  const chain = '0000 0104 00000000'.repeat(8);
  const quote = QUOTE6.replace('0014 06', '0014 00').replace('c000', `${chain} 0600 0104 00000000 c000`);
  expect(decodeIcmpError(ip6With(`01 01 0000 00000000 ${quote}`))).toMatchObject({ reason: 'unsupported' });
});

test.each([
  ['in the ICMP header', 4, 8],
  ['in the quoted IP header', 20, 28],
  ['in the quoted ports', 33, 36],
])('a capture cut %s is truncated', (_, length, needed) => {
  const whole = ipWith(`03 0d 0000 00000000 ${QUOTE}`);
  const cut = { ...whole, payload: whole.payload.subarray(0, length) };
  expect(decodeIcmpError(cut)).toMatchObject({ reason: 'truncated', needed, available: length });
  expect(decodeIcmpError({ ...cut, payloadLength: length })).toMatchObject({ reason: 'malformed' });
});

test('a frame carries the error beside its IP record', () => {
  const message = `03 0d 0000 00000000 ${QUOTE}`;
  const frame = hex(`a4cf1299beef 3c37862b1100 0800 4500 0038 0000 0000 4001 0000 c6336401 c0a80132 ${message}`);
  const counters = new DecodeCounters();
  expect(decodeFrame(frameOf(frame), counters)).toMatchObject({
    ip: { source: '198.51.100.1', protocol: 1 },
    tcp: null,
    icmpv6: null,
    icmpError: { from: '198.51.100.1', quoted: QUOTED },
  });
  expect(counters.toJSON()).toEqual({});
});

test('any octets after the type: a record or a reason', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 140 }), fc.boolean(), fc.nat(40), (bytes, isV4, more) => {
      const digits = Buffer.from(bytes).toString('hex');
      const ip = isV4 ? ipWith(`03${digits}`) : ip6With(`01${digits}`);
      if (ip.payload.length > 9) ip.payload[8] = isV4 ? 0x40 | (bytes[0] ?? 0) : 0x60;
      const error = decodeIcmpError({ ...ip, payloadLength: ip.payload.length + more });
      if (error instanceof Failure) return;
      expect(error.quoted.sourcePort).toBeLessThan(65536);
    }),
    { numRuns: 5000 },
  );
});

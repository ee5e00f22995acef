// Addresses as text: canonical, and readable back.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ipv4Text, ipv6Text, macText, parseIp, tooShort } from '../../sensor/decode/bytes.ts';
import { hex } from '../support/hex.ts';

test('a MAC is lower case with colons, leading zeros kept', () => {
  expect(macText(hex('ff A4CF 1299 0B0F'), 1)).toBe('a4:cf:12:99:0b:0f');
});

test('IPv4 is dotted, up to the highest octets', () => {
  expect(ipv4Text(hex('c0a80132'), 0)).toBe('192.168.1.50');
  expect(ipv4Text(hex('ffffffff'), 0)).toBe('255.255.255.255');
  expect(ipv4Text(hex('00000000'), 0)).toBe('0.0.0.0');
});

test.each([
  ['20010db8000000000000000000000001', '2001:db8::1'],
  ['00000000000000000000000000000000', '::'],
  ['00000000000000000000000000000001', '::1'],
  ['fe800000000000000000000000000000', 'fe80::'],
  // RFC 5952, section 4.2.2: one zero group is not shortened.
  ['20010db8000000010001000100010001', '2001:db8:0:1:1:1:1:1'],
  // Section 4.2.3: the longest run, and the first of two equal ones.
  ['20010000000000010000000000000001', '2001:0:0:1::1'],
  ['20010db8000000000001000000000001', '2001:db8::1:0:0:1'],
  ['00000000000000010002000300040005', '::1:2:3:4:5'],
  ['00000000000100020003000400050006', '::1:2:3:4:5:6'],
  ['000a0002000300040005000600070000', 'a:2:3:4:5:6:7:0'],
  // Section 5: an address known to hold an IPv4 address shows it.
  ['00000000000000000000ffffc0a80101', '::ffff:192.168.1.1'],
])('IPv6 %s reads %s', (digits, text) => {
  expect(ipv6Text(hex(digits), 0)).toBe(text);
  expect(ipv6Text(hex(digits), 0)).toBe(text);
});

test('IPv6 text agrees with the URL standard, which has its own implementation, on any address', () => {
  const sparse = fc.array(fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 0xff })), {
    minLength: 16,
    maxLength: 16,
  });
  fc.assert(
    fc.property(sparse, (octets) => {
      const bytes = Buffer.from(octets);
      const text = ipv6Text(bytes, 0);
      const groups = bytes.toString('hex').replace(/(.{4})(?=.)/g, '$1:');
      const host = new URL(`http://[${groups}]/`).hostname.slice(1, -1);
      if (!text.startsWith('::ffff:') || !text.includes('.')) expect(text).toBe(host);
      expect(parseIp(text)).toEqual({ version: 6, bytes });
    }),
  );
});

test('one address after another in the same cache slot is still itself', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ minLength: 6, maxLength: 6 }), { minLength: 1, maxLength: 50 }), (macs) => {
      for (const mac of macs) {
        const expected = Buffer.from(mac)
          .toString('hex')
          .replace(/(..)(?=.)/g, '$1:');
        expect(macText(Buffer.from(mac), 0)).toBe(expected);
        expect(ipv4Text(Buffer.from(mac), 2)).toBe(mac.slice(2).join('.'));
      }
    }),
  );
});

test('text that is no address is null', () => {
  for (const text of ['', '1.2.3', '1.2.3.256', '01.2.3.4', 'fe80::1%eth0', '1::2::3', 'example.org', '::1 ']) {
    expect(parseIp(text)).toBeNull();
  }
  expect(parseIp('10.0.0.1')).toEqual({ version: 4, bytes: hex('0a000001') });
  expect(parseIp('::FFFF:10.0.0.1')?.bytes).toEqual(hex('00000000000000000000ffff0a000001'));
});

test('a cut capture is truncated, a short packet malformed; both tell the numbers', () => {
  expect(tooShort('ipv4', 'header', 20, 12, 60)).toMatchObject({ reason: 'truncated', needed: 20, available: 12 });
  expect(tooShort('ipv4', 'header', 20, 12, 12)).toMatchObject({ reason: 'malformed', needed: 20, available: 12 });
});

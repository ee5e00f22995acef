// The kind of an address, beside Node's own reading of it.
import { isIP } from 'node:net';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ipVersion } from '../../sensor/decode/ip-version.ts';

test.each([
  ['192.168.1.1', 4],
  ['192.168.1.256', 0],
  ['192.168.1', 0],
  ['::', 6],
  ['::1', 6],
  ['1::', 6],
  ['fe80::1%eth0', 6],
  ['fe80::1%', 0],
  ['1:2:3:4:5:6:7:8', 6],
  ['1:2:3:4:5:6:7::', 6],
  ['1:2:3:4:5:6:7:8::', 0],
  ['1:2:3:4::5:6:7:8', 0],
  ['1:2:3:4:5:6:7', 0],
  ['1::2::3', 0],
  [':::', 0],
  [':1::', 0],
  ['1:', 0],
  ['12345::', 0],
  ['::ffff:192.168.1.1', 6],
  ['1:2:3:4:5:6:192.168.1.1', 6],
  ['1:2:3:4:5:6:7:192.168.1.1', 0],
  ['192.168.1.1::', 0],
  ['::192.168.1.1:1', 0],
  ['::192.168.1', 0],
  ['', 0],
  ['localhost', 0],
] as const)('%s is %i', (text, version) => {
  expect(ipVersion(text)).toBe(version);
  expect(isIP(text)).toBe(version);
});

test('what is made of the parts of addresses is one exactly where Node takes it for one', () => {
  const part = fc.constantFrom(
    '::',
    ':',
    '0',
    '1',
    'ff',
    'FE80',
    '12345',
    'g',
    '1.2.3.4',
    '01.2.3.4',
    '.',
    '%e',
    '%',
    ' ',
  );
  const texts = fc.array(part, { maxLength: 18 }).map((parts) => parts.join(''));
  const groups = fc.array(fc.constantFrom('0', 'ab', '', '1.2.3.4'), { minLength: 6, maxLength: 9 });
  const any = fc.oneof(
    texts,
    groups.map((all) => all.join(':')),
    fc.ipV6(),
    fc.ipV4(),
  );
  fc.assert(
    fc.property(any, (text) => {
      expect(ipVersion(text)).toBe(isIP(text));
    }),
    { numRuns: 3000 },
  );
});

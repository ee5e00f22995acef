// Vendors out of the real registry, built as the program builds it: 24-, 28- and 36-bit blocks, and addresses without one.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { loadVendors, type VendorTable } from '../../sensor/attribute/vendor.ts';
import { buildOui } from '../../sensor/deploy/build-oui.mjs';

let dir = '';
let file = '';
let vendors: VendorTable;

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'oui-'));
  file = join(dir, 'deep', 'oui.txt');
  expect(await buildOui(file)).toBeGreaterThan(50_000);
  vendors = loadVendors(file);
});
afterAll(() => rmSync(dir, { recursive: true }));

test.each([
  ['00:11:32:aa:bb:cc', 'Synology Incorporated', 'a 24-bit block'],
  ['00:17:88:01:02:03', 'Philips Lighting BV', 'another'],
  ['00:00:00:00:00:01', 'XEROX CORPORATION', 'the first block of all'],
  ['10:06:48:0f:ff:ff', 'FLEXTRONICS TECHNOLOGIES (INDIA) PVT LTD', 'a 28-bit block'],
  ['00:1b:c5:00:1f:ff', 'OpenRB.com, Direct SIA', 'a 36-bit block'],
  ['00:1B:C5:00:1F:FF', 'OpenRB.com, Direct SIA', 'capital letters'],
])('%s is %s: %s', (mac, name) => {
  expect(vendors.vendorOf(mac)).toBe(name);
});

test.each([
  ['02:11:32:aa:bb:cc', 'locally administered'],
  ['02:07:01:00:00:00', 'locally administered, though the block was once sold'],
  ['fc:ff:ff:ff:ff:ff', 'an unregistered block at the end of the table'],
  ['00:1b:c5:ff:ff:ff', 'a block cut into 36-bit pieces, this piece unsold: the registrar is no vendor'],
  ['', 'no address'],
  ['00:00:00:00:00:00', 'what loopback shows, not a device of the first block'],
  ['00:11:32', 'half an address'],
  ['00-11-32-aa-bb-cc', 'another notation'],
])('%s has no vendor: %s', (mac) => {
  expect(vendors.vendorOf(mac)).toBeNull();
});

test('every seventh line is found again, under the narrowest block that holds it', () => {
  const lines = readFileSync(file, 'utf8').trimEnd().split('\n').slice(1);
  const names = new Map(lines.map((line) => line.split('\t', 2) as [string, string]));
  for (const prefix of [...names.keys()].filter((_, index) => index % 7 === 0)) {
    const digits = prefix.padEnd(12, '1');
    const mac = digits.toLowerCase().replace(/..(?=.)/g, '$&:');
    const local = (Number.parseInt(prefix.slice(0, 2), 16) & 2) !== 0;
    const name = [9, 7, 6].map((length) => names.get(digits.slice(0, length))).find((found) => found !== undefined);
    expect(vendors.vendorOf(mac)).toBe(local ? null : name);
  }
});

test('any address gives a name or null, whatever the table holds', () => {
  const odd = join(dir, 'odd.txt');
  fc.assert(
    fc.property(fc.string({ maxLength: 200 }), fc.uint8Array({ minLength: 6, maxLength: 6 }), (text, octets) => {
      writeFileSync(odd, text);
      const mac = [...octets].map((octet) => octet.toString(16).padStart(2, '0')).join(':');
      expect(loadVendors(odd).vendorOf(mac) ?? '').toBeTypeOf('string');
      expect(vendors.vendorOf(mac) ?? '').toBeTypeOf('string');
    }),
    { numRuns: 100 },
  );
});

test('a missing table says what to do', () => {
  expect(() => loadVendors(join(dir, 'none.txt'))).toThrow(/npm run build/);
});

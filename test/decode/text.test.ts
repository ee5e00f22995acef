// Names are written by strangers: what survives the two cleanings.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { cleanHostName, cleanText, decodeText } from '../../sensor/decode/text.ts';
import { decodeWireName } from '../../sensor/decode/wire-name.ts';
import { hex } from '../support/hex.ts';

test('octets are UTF-8 where they can be, else Latin-1, without trailing NULs', () => {
  expect(decodeText(Buffer.from('Küche'))).toBe('Küche');
  expect(decodeText(hex('4bfc636865 0000'))).toBe('Küche');
  expect(decodeText(hex('610062 00'))).toBe('a\0b');
  expect(decodeText(hex('0000'))).toBe('');
  expect(decodeText(Buffer.alloc(300, 0x61))).toHaveLength(255);
});

test('cleaned text holds nothing invisible or misleading', () => {
  expect(cleanText(' kitchen\u0007 \u0085cam\r\n')).toBe('kitchen cam');
  expect(cleanText('gpj.\u202Eexe\u2066\u2069')).toBe('gpj.exe');
  expect(cleanText('a\u200B\u200D\uFEFFb\u2060c\u2028d')).toBe('abcd');
  expect(cleanText('x\uD800y\uDC00z😀')).toBe('xyz😀');
  expect(cleanText('\u0000\u200B \t')).toBe('');
});

test('cleaned text is cut by code point, never through one', () => {
  expect(cleanText('😀😀😀', 2)).toBe('😀😀');
  expect(cleanText('ab cd', 3)).toBe('ab');
});

test('cleaning any text gives at most the characters allowed, and cleaning twice changes nothing', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 400 }), fc.integer({ min: 1, max: 300 }), (text, max) => {
      const clean = cleanText(text, max);
      expect([...clean].length).toBeLessThanOrEqual(max);
      expect(clean).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}]/u);
      expect(cleanText(clean, max)).toBe(clean);
    }),
  );
});

test('a host name is lower case without its trailing dot', () => {
  expect(cleanHostName('Updates.Example.ORG.')).toBe('updates.example.org');
  expect(cleanHostName('_mqtt._tcp.local')).toBe('_mqtt._tcp.local');
  expect(cleanHostName('xn--bcher-kva.example')).toBe('xn--bcher-kva.example');
  expect(cleanHostName(`${'a'.repeat(63)}.b`)).toBe(`${'a'.repeat(63)}.b`);
});

test.each([
  ['', '.', '..', 'a..b', '.a', 'a.b..'],
  [`${'a'.repeat(64)}.org`, 'a'.repeat(255)],
  ['../../etc/passwd', '<img src=x>', 'a+b', 'a#b', "o'brien", '"x"', 'a b', 'a/b', 'a\0b', 'a\n'],
  ['bücher.example', '\u212Aelvin.example', 'ſ.example', '😀.example'],
])('what no host name can be is null: %j', (...names) => {
  for (const name of names) expect(cleanHostName(name)).toBeNull();
});

test('253 characters are a host name, 254 are not', () => {
  const labels = 'a.'.repeat(126);
  expect(cleanHostName(`${labels}b`)).toHaveLength(253);
  expect(cleanHostName(`${labels}bc`)).toBeNull();
});

test('any text makes either no host name or one of plain characters', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.domain()), (text) => {
      const name = cleanHostName(text);
      if (name !== null) expect(name).toMatch(/^[a-z0-9_.-]{1,253}$/);
    }),
  );
});

test('a name in wire form: labels up to the root, or without it', () => {
  expect(decodeWireName(hex('06 63616d657261 03 6c616e 00 ff'))).toBe('camera.lan');
  expect(decodeWireName(hex('06 63616d657261'))).toBe('camera');
  expect(decodeWireName(hex('00'))).toBeNull();
  expect(decodeWireName(hex('07 63616d657261'))).toBeNull();
  expect(decodeWireName(hex('c0 0c'))).toBeNull();
});

// A warning is believed where the fleet's key signed it, word for word, and for as long as it may hold; whatever else comes is told
// apart and does nothing.
import { sign } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import {
  LONGEST_WARNING,
  readWarning,
  signWarning,
  WARNING_OCTETS,
  WARNING_SCHEMA,
  type Warning,
  warningKey,
} from '../../../sensor/fleet/warning.ts';
import { DAY, fleetKey, HOUR, isoTime, NOW, sampleWarning } from '../support/sample-warning.ts';

const fleet = fleetKey();
const keys = [warningKey(fleet.text)];
const read = (text: string | Buffer, now = NOW) => readWarning(Buffer.from(text), keys, now);
/** Signed as it is, whatever it is. */
function signed(text: string, key = fleet.key): string {
  const signature = sign(null, Buffer.from(text), key).toString('base64');
  return JSON.stringify({ schema: WARNING_SCHEMA, warning: text, signature });
}
const changed = (more: object) => signed(JSON.stringify({ ...sampleWarning(), ...more }));

it('is read as it was signed, also by the second of two keys, as while one replaces another', () => {
  const text = signWarning(sampleWarning(), fleet.key);
  expect(read(text)).toEqual(sampleWarning());
  expect(readWarning(Buffer.from(text), [warningKey(fleetKey().text), ...keys], NOW)).toEqual(sampleWarning());
  expect(read(signWarning(sampleWarning({ state: 'ended' }), fleet.key))).toMatchObject({ state: 'ended' });
});

describe('is not believed', () => {
  it('without a key, by another fleet’s, or with one octet changed', () => {
    const text = signWarning(sampleWarning(), fleet.key);
    expect(readWarning(Buffer.from(text), [], NOW)).toBe('unsigned');
    expect(readWarning(Buffer.from(signWarning(sampleWarning(), fleetKey().key)), keys, NOW)).toBe('unsigned');
    const octets = Buffer.from(text);
    let believed = 0;
    for (let at = 0; at < octets.length; at++) {
      const other = Buffer.from(octets);
      other[at] = (other[at] ?? 0) ^ 1;
      const said = read(other);
      if (typeof said !== 'string') believed++;
      if (typeof said !== 'string') expect(said).toEqual(sampleWarning());
    }
    // What pads the signature says nothing.
    expect(believed).toBeLessThanOrEqual(1);
  });

  it.each<[string, Partial<Warning>, number, string | null]>([
    ['after its end', {}, NOW + 7 * DAY, 'expired'],
    ['a moment before', {}, NOW + 7 * DAY - 1, null],
    ['for longer than any holds', { expiresAt: isoTime(NOW - HOUR + LONGEST_WARNING + 1) }, NOW, 'too-long'],
    ['for as long as that', { expiresAt: isoTime(NOW - HOUR + LONGEST_WARNING) }, NOW, null],
    ['for ever', { expiresAt: '9999-12-31T23:59:59Z' }, NOW, 'too-long'],
    ['from the future', { issuedAt: isoTime(NOW + DAY + 1), expiresAt: isoTime(NOW + 3 * DAY) }, NOW, 'early'],
    [
      'from a clock that is a day ahead',
      { issuedAt: isoTime(NOW + DAY), expiresAt: isoTime(NOW + 3 * DAY) },
      NOW,
      null,
    ],
    ['ended before it began', { issuedAt: isoTime(NOW), expiresAt: isoTime(NOW - DAY) }, NOW, 'expired'],
  ])('%s', (_what, more, now, why) => {
    const said = read(signWarning(sampleWarning(more), fleet.key), now);
    expect(typeof said === 'string' ? said : null).toBe(why);
  });

  it.each([
    ['an unknown key', changed({ silence: ['mail_started'] })],
    ['an expectation', changed({ expect: { device: '*', destination: '*' } })],
    ['keys of the prototype', signed(JSON.stringify(sampleWarning()).replace('{', '{"__proto__":{"state":"open"},'))],
    ['a constructor', changed({ constructor: { prototype: { state: 'open' } } })],
    ['a list', signed('[]')],
    ['no JSON', signed('{')],
    ['nothing', signed('')],
    ['a state of its own', changed({ state: 'silenced' })],
    ['a name with a line end', changed({ backend: 'bad.example\nmail' })],
    ['a name with markup', changed({ backend: '<b>bad.example' })],
    ['a name in capitals', changed({ backend: 'Bad.example' })],
    ['a name that is too long', changed({ backend: 'a'.repeat(254) })],
    ['no name', changed({ backend: '' })],
    ['too many groups', changed({ groups: Array.from({ length: 33 }, () => ({ family: null, vendor: null })) })],
    ['too many alike', changed({ alike: Array.from({ length: 17 }, (_, i) => `${i}.example`) })],
    ['homes by the half', changed({ homes: { exposed: 1.5, mailed: 1 } })],
    ['homes less than none', changed({ homes: { exposed: 4, mailed: -1 } })],
    ['an id that is a path', changed({ id: '../../etc/passwd' })],
    ['a time without a zone', changed({ issuedAt: '2026-11-30T09:00:00' })],
    ['a revision without end', changed({ revision: 1e300 })],
  ])('signed, with %s', (_what, text) => {
    expect(read(text)).toBe('malformed');
    expect(Object.hasOwn(Object.prototype, 'state')).toBe(false);
  });

  it('too large, whoever signed it; what is measured before it is read', () => {
    const big = signed(`${JSON.stringify(sampleWarning())}${' '.repeat(WARNING_OCTETS)}`);
    expect(read(big)).toBe('malformed');
    expect(read(Buffer.alloc(64 * 1024 * 1024, 0x7b))).toBe('malformed');
    expect(read(`${signWarning(sampleWarning(), fleet.key)}${' '.repeat(2 * WARNING_OCTETS)}`)).toBe('malformed');
  });

  it.each(['', 'null', '{}', '[]', '"x"', '\0', '{"schema":"thingwatch.fleet-warning/1"}'])('%j', (text) => {
    expect(read(text)).toBe('malformed');
  });
});

it('what is none is not signed', () => {
  expect(() => signWarning({ ...sampleWarning(), backend: 'Not a name' }, fleet.key)).toThrow();
  expect(() => warningKey('AAAA')).toThrow();
});

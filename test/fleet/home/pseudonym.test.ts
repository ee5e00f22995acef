// Pseudonyms: the same from day to day, of one home alone, and not to be guessed without its secret.
import { createHmac } from 'node:crypto';
import { expect, it } from 'vitest';
import { membershipForNobody, membershipOf, readMembership } from '../../../sensor/fleet/membership.ts';
import { newSecret, pseudonyms } from '../../../sensor/fleet/pseudonym.ts';

const MAC = 'a4:cf:12:99:be:ef';
const HOME = 'h000000000000001';
const DAY = 24 * 60 * 60_000;

function store() {
  const kept = new Map<string, string>();
  return {
    meta: (key: string) => kept.get(key) ?? null,
    setMeta: (key: string, text: string) => void kept.set(key, text),
    kept,
  };
}

it('is HMAC-SHA256 under the secret, its first 8 octets', () => {
  const secret = newSecret();
  const expected = createHmac('sha256', Buffer.from(secret, 'hex')).update(`device ${MAC}`).digest('hex').slice(0, 16);
  expect(pseudonyms(secret)('device', MAC)).toBe(expected);
});

it('differs by home, and by what it is of', () => {
  const [one, other] = [pseudonyms(newSecret()), pseudonyms(newSecret())];
  expect(new Set([one('device', MAC), one('incident', MAC), other('device', MAC)]).size).toBe(3);
});

it('is refused without a secret, which would hide nothing', () => {
  for (const secret of ['', '00', 'z'.repeat(64)]) expect(() => pseudonyms(secret)).toThrow(RangeError);
});

it('stays over restarts, and is another in another fleet', () => {
  const kept = store();
  const first = membershipOf(kept, HOME, 100 * DAY);
  const again = membershipOf(kept, HOME, 200 * DAY);
  expect([first.isNew, again.isNew]).toEqual([true, false]);
  expect(again.pseudonym('device', MAC)).toBe(first.pseudonym('device', MAC));
  expect([first.since, again.since]).toEqual([70 * DAY, 70 * DAY]);
  const other = membershipOf(kept, 'h000000000000002', 300 * DAY);
  expect([other.isNew, other.since]).toEqual([true, 270 * DAY]);
  expect(other.pseudonym('device', MAC)).not.toBe(first.pseudonym('device', MAC));
});

it('of a damaged secret is made anew', () => {
  const kept = store();
  kept.setMeta('fleet_home', JSON.stringify({ home: HOME, joinedAt: 0, secret: 'ab' }));
  expect(membershipOf(kept, HOME, DAY).isNew).toBe(true);
  expect(readMembership(kept.meta('fleet_home'), HOME)).not.toBeNull();
  expect(readMembership('{', HOME)).toBeNull();
});

it('is another each time for who only looks', () => {
  expect(membershipForNobody(0).pseudonym('device', MAC)).not.toBe(membershipForNobody(0).pseudonym('device', MAC));
});

// Encryption and signature of a push message, by the example that RFC 8291 gives and by a reader that shares no code with them; and
// keys that are none.
import { createECDH } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import {
  encrypted,
  LONGEST_PLAIN,
  newVapidText,
  readPhoneKeys,
  readVapid,
  vapidHeader,
} from '../../../sensor/publish/notify/web-push.ts';
import { StandInPhone } from '../../support/push-service.ts';

const of = (text: string) => Buffer.from(text, 'base64url');
/** RFC 8291, section 5 and appendix A. */
const EXAMPLE = {
  plain: 'When I grow up, I want to be a watermelon',
  p256dh: 'BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4',
  auth: 'BTBZMqHH6r4Tts7J_aSIgg',
  salt: 'DGv6ra1nlYgDCS1FRnbzlw',
  privateKey: 'yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw',
  body: 'DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN',
};

describe('a message', () => {
  it('is the one of RFC 8291 from what that takes', () => {
    const keys = readPhoneKeys(EXAMPLE);
    if (keys === null) throw new Error('the keys of the example are good');
    const random = { salt: of(EXAMPLE.salt), privateKey: of(EXAMPLE.privateKey) };
    expect(encrypted(Buffer.from(EXAMPLE.plain), keys, random).toString('base64url')).toBe(EXAMPLE.body);
  });

  it('is read by its phone and no other, is never the same twice, and fills a record at most', () => {
    const [phone, other] = [new StandInPhone(), new StandInPhone()];
    const keys = { p256dh: phone.ecdh.getPublicKey(), auth: phone.auth };
    const plain = Buffer.alloc(LONGEST_PLAIN, 'ä');
    const body = encrypted(plain, keys);
    expect(body).toHaveLength(4096);
    expect(phone.read(body)).toBe(plain.toString('utf8'));
    expect(() => other.read(body)).toThrow();
    expect(encrypted(plain, keys).equals(body)).toBe(false);
    expect(() => encrypted(Buffer.alloc(LONGEST_PLAIN + 1), keys)).toThrow(/at most 3993 octets/);
  });
});

it.each([
  ['a short key', { p256dh: EXAMPLE.p256dh.slice(0, 40), auth: EXAMPLE.auth }],
  ['no point of the curve', { p256dh: of(EXAMPLE.p256dh).fill(7, 40).toString('base64url'), auth: EXAMPLE.auth }],
  ['a compressed point', { p256dh: createECDH('prime256v1').generateKeys('base64', 'compressed'), auth: EXAMPLE.auth }],
  ['a short secret', { p256dh: EXAMPLE.p256dh, auth: 'BTBZ' }],
  ['nothing', { p256dh: '', auth: '' }],
])('%s is no key of a phone', (_, keys) => {
  expect(readPhoneKeys(keys)).toBeNull();
});

describe('the sensor’s key', () => {
  it('is another each time, reads back as itself, and is nothing else', () => {
    const text = newVapidText();
    const key = readVapid(text);
    expect(key?.publicKey).toMatch(/^B[\w-]{86}$/);
    expect(readVapid(text)?.publicKey).toBe(key?.publicKey);
    expect(readVapid(newVapidText())?.publicKey).not.toBe(key?.publicKey);
    expect([readVapid(''), readVapid(text.slice(0, 80)), readVapid(EXAMPLE.body)]).toEqual([null, null, null]);
  });

  it('signs for one service, for half a day, with an address to ask', () => {
    const key = readVapid(newVapidText());
    if (key === null) throw new Error('a new key is good');
    const header = vapidHeader(key, {
      ...{ origin: 'https://push.example', now: Date.UTC(2026, 0, 5), contact: 'https://me.example/' },
    });
    const [, token = ''] = /^vapid t=(\S+), k=/.exec(header) ?? [];
    expect(
      token
        .split('.')
        .slice(0, 2)
        .map((part) => JSON.parse(of(part).toString('utf8'))),
    ).toEqual([
      { typ: 'JWT', alg: 'ES256' },
      { aud: 'https://push.example', exp: Date.UTC(2026, 0, 5, 12) / 1000, sub: 'https://me.example/' },
    ]);
    expect(header.endsWith(`, k=${key.publicKey}`)).toBe(true);
  });
});

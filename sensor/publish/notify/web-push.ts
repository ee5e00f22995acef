// A message for one phone as its push service takes it: encrypted for the phone alone, and signed so that the service knows who
// sends. Pure but for its randomness. Sources: RFC 8291 (encryption), RFC 8188 (the coding aes128gcm), RFC 8292 (VAPID), RFC 7515.
import {
  createCipheriv,
  createECDH,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  hkdfSync,
  type KeyObject,
  randomBytes,
  sign,
} from 'node:crypto';

/** What the browser gave out for its phone. */
export interface PhoneKeys {
  /** A point on P-256, uncompressed: 65 octets. */
  p256dh: Buffer;
  /** 16 octets. */
  auth: Buffer;
}

const CURVE = 'prime256v1';
const POINT = 65;
const SECRET = 16;
/** All of it is one record: the most that every push service takes (RFC 8030, section 7.2). */
const RECORD = 4096;
/** Salt, record size, length of the key, the key (RFC 8188, section 2.1). */
const HEADER = 16 + 4 + 1 + POINT;
/** What can be encrypted: the rest is the end of the record and the tag of AES-GCM. */
export const LONGEST_PLAIN = RECORD - HEADER - 1 - 16;
/** RFC 8292, section 2: not more than a day. */
const TOKEN_LIFE_S = 12 * 60 * 60;

/** From base64url as browsers give it; null for what is no such key. */
export function readPhoneKeys({ auth, p256dh }: { p256dh: string; auth: string }): PhoneKeys | null {
  const keys = { p256dh: Buffer.from(p256dh, 'base64url'), auth: Buffer.from(auth, 'base64url') };
  if (keys.p256dh.length !== POINT || keys.auth.length !== SECRET) return null;
  try {
    const own = createECDH(CURVE);
    own.generateKeys();
    // Refuses a point that is not on the curve.
    own.computeSecret(keys.p256dh);
    return keys;
  } catch {
    return null;
  }
}

/** @throws RangeError for more than LONGEST_PLAIN octets. `random` is for the example of RFC 8291. */
export function encrypted(
  plain: Buffer,
  { auth, p256dh }: PhoneKeys,
  random: { salt: Buffer; privateKey: Buffer | null } = { salt: randomBytes(16), privateKey: null },
): Buffer {
  if (plain.length > LONGEST_PLAIN) throw new RangeError(`a push message has at most ${LONGEST_PLAIN} octets`);
  const own = createECDH(CURVE);
  if (random.privateKey === null) own.generateKeys();
  else own.setPrivateKey(random.privateKey);
  const publicKey = own.getPublicKey();
  const { salt } = random;
  const info = Buffer.concat([Buffer.from('WebPush: info\0'), p256dh, publicKey]);
  const keying = derived(own.computeSecret(p256dh), auth, info, 32);
  const key = derived(keying, salt, Buffer.from('Content-Encoding: aes128gcm\0'), 16);
  const nonce = derived(keying, salt, Buffer.from('Content-Encoding: nonce\0'), 12);
  const cipher = createCipheriv('aes-128-gcm', key, nonce);
  // 2 ends the last record.
  const text = Buffer.concat([cipher.update(plain), cipher.update(Buffer.from([2])), cipher.final()]);
  const size = Buffer.alloc(5);
  size.writeUInt32BE(RECORD);
  size.writeUInt8(publicKey.length, 4);
  return Buffer.concat([salt, size, publicKey, text, cipher.getAuthTag()]);
}

function derived(keying: Buffer, salt: Buffer, info: Buffer, length: number): Buffer {
  return Buffer.from(hkdfSync('sha256', keying, salt, info, length));
}

/** The sensor's own key, by which push services tell its messages from others'. */
export interface VapidKey {
  privateKey: KeyObject;
  /** The point in base64url: what browsers are asked to subscribe for. */
  publicKey: string;
}

/** A fresh one, as text to keep: a secret. */
export function newVapidText(): string {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: CURVE });
  return privateKey.export({ type: 'pkcs8', format: 'der' }).toString('base64url');
}

/** Null for what is no such key. */
export function readVapid(text: string): VapidKey | null {
  try {
    const privateKey = createPrivateKey({ key: Buffer.from(text, 'base64url'), type: 'pkcs8', format: 'der' });
    const { crv, x = '', y = '' } = createPublicKey(privateKey).export({ format: 'jwk' });
    const point = Buffer.concat([Buffer.from([4]), Buffer.from(x, 'base64url'), Buffer.from(y, 'base64url')]);
    return crv === 'P-256' && point.length === POINT ? { privateKey, publicKey: point.toString('base64url') } : null;
  } catch {
    return null;
  }
}

/** The `Authorization` header for the push service of `origin`. `now`: wall time, ms; `contact`: an address of who runs the sensor. */
export function vapidHeader(
  { privateKey, publicKey }: VapidKey,
  { contact, now, origin }: { origin: string; now: number; contact: string },
): string {
  const claims = { aud: origin, exp: Math.floor(now / 1000) + TOKEN_LIFE_S, sub: contact };
  const signed = [{ typ: 'JWT', alg: 'ES256' }, claims]
    .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
    .join('.');
  const signature = sign('sha256', Buffer.from(signed), { key: privateKey, dsaEncoding: 'ieee-p1363' });
  return `vapid t=${signed}.${signature.toString('base64url')}, k=${publicKey}`;
}

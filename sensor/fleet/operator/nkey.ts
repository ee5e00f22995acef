// NATS keys with OpenSSL's arithmetic in place of the JavaScript of `@nats-io/nkeys`: a hundredth of the time, which counts where
// thousands of homes are enrolled. The text form is theirs: base32 of a role, 32 octets and a CRC-16
// (https://docs.nats.io/reference/reference-protocols/nkeys).
import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, sign, verify } from 'node:crypto';
import type { KeyPair } from '@nats-io/nkeys';

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
const SEED = 18 << 3;
const USER = 20 << 3;
/** PKCS #8 and SPKI of an Ed25519 key (RFC 8410), up to its 32 octets. */
const PRIVATE_DER = Buffer.from('302e020100300506032b657004220420', 'hex');
const PUBLIC_DER_LENGTH = 12;
const KEY_LENGTH = 32;

/** `SO…`, `SA…`, `SU…`. @throws RangeError for what is no seed */
export function pairOf(seed: string): KeyPair {
  const octets = decoded(seed);
  const [first = 0, second = 0] = octets;
  if (octets.length !== KEY_LENGTH + 2 || (first & 0xf8) !== SEED) throw new RangeError('no NATS seed');
  const der = Buffer.concat([PRIVATE_DER, octets.subarray(2)]);
  const key = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
  return pair(key, ((first & 0x07) << 5) | (second >> 3), seed);
}

/** Of a new user. */
export function newUser(): KeyPair {
  const { privateKey } = generateKeyPairSync('ed25519');
  const raw = privateKey.export({ format: 'der', type: 'pkcs8' }).subarray(PRIVATE_DER.length);
  const seed = encoded(Buffer.concat([Buffer.from([SEED | (USER >> 5), (USER & 0x1f) << 3]), raw]));
  return pair(privateKey, USER, seed);
}

function pair(key: KeyObject, role: number, seed: string): KeyPair {
  const open = createPublicKey(key);
  const raw = open.export({ format: 'der', type: 'spki' }).subarray(PUBLIC_DER_LENGTH);
  const publicKey = encoded(Buffer.concat([Buffer.from([role]), raw]));
  const unused = (): never => {
    throw new Error('not with this kind of key');
  };
  return {
    getPublicKey: () => publicKey,
    // Asked for only to see whether there is one.
    getPrivateKey: () => Buffer.from(seed, 'latin1'),
    getSeed: () => Buffer.from(seed, 'latin1'),
    sign: (input) => sign(null, input, key),
    verify: (input, signature) => verify(null, input, open, signature),
    clear: () => {},
    seal: unused,
    open: unused,
  };
}

/** CRC-16/XMODEM, appended with its low octet first. */
function crc16(octets: Uint8Array): number {
  let crc = 0;
  for (const octet of octets) {
    crc ^= octet << 8;
    for (let bit = 0; bit < 8; bit++) crc = (crc & 0x8000 ? (crc << 1) ^ 0x1021 : crc << 1) & 0xffff;
  }
  return crc;
}

function encoded(octets: Uint8Array): string {
  const crc = crc16(octets);
  let [bits, value, text] = [0, 0, ''];
  for (const octet of [...octets, crc & 0xff, crc >> 8]) {
    value = ((value << 8) | octet) & 0xfff;
    bits += 8;
    for (; bits >= 5; bits -= 5) text += ALPHABET[(value >> (bits - 5)) & 31];
  }
  return bits > 0 ? text + ALPHABET[(value << (5 - bits)) & 31] : text;
}

/** Without its CRC. */
function decoded(text: string): Buffer {
  const octets: number[] = [];
  let [bits, value] = [0, 0];
  for (const letter of text.trim()) {
    const at = ALPHABET.indexOf(letter);
    if (at < 0) throw new RangeError('no NATS key');
    value = ((value << 5) | at) & 0xfff;
    bits += 5;
    if (bits >= 8) {
      bits -= 8;
      octets.push((value >> bits) & 0xff);
    }
  }
  const body = Buffer.from(octets.slice(0, -2));
  const [low = 0, high = 0] = octets.slice(-2);
  if (crc16(body) !== (low | (high << 8))) throw new RangeError('no NATS key: its check digits are wrong');
  return body;
}

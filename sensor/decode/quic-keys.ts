// Initial keys of QUIC v1 (RFC 9001, section 5.2), v2 (RFC 9369, section 3.3) and the drafts still met in old devices.
// Anyone on the path can derive them; nothing beyond the Initial packets can be read with them.
import { createCipheriv, createDecipheriv, createHmac } from 'node:crypto';
import { uint32At } from './octets.ts';

/** What differs between the versions we read. */
export interface QuicVersion {
  readonly salt: Buffer;
  readonly labels: { readonly key: Label; readonly iv: Label; readonly headerProtection: Label };
  /** The two type bits of a long header that mean Initial. */
  readonly initialType: number;
  readonly retryType: number;
}

/** What HKDF-Expand-Label is asked for, as the octets that are hashed. */
interface Label {
  readonly info: Buffer;
  readonly length: number;
}

/** Keys of the client's Initial packets. */
export interface InitialKeys {
  readonly key: Buffer;
  readonly iv: Buffer;
  readonly headerProtection: Buffer;
}

export const TAG_LENGTH = 16;
export const SAMPLE_LENGTH = 16;

const CLIENT_IN = label('client in', 32);
const V1_LABELS = { key: label('quic key', 16), iv: label('quic iv', 12), headerProtection: label('quic hp', 16) };
const V1: QuicVersion = {
  salt: Buffer.from('38762cf7f55934b34d179ae6a4c80cadccbb7f0a', 'hex'),
  labels: V1_LABELS,
  initialType: 0,
  retryType: 3,
};
const V2: QuicVersion = {
  salt: Buffer.from('0dede3def700a6db819381be6e269dcbf9bd2ed9', 'hex'),
  labels: { key: label('quicv2 key', 16), iv: label('quicv2 iv', 12), headerProtection: label('quicv2 hp', 16) },
  initialType: 1,
  retryType: 0,
};
const DRAFT_29: QuicVersion = { ...V1, salt: Buffer.from('afbfec289993d24c9e9786f19c6111e04390a899', 'hex') };

const VERSIONS = new Map<number, QuicVersion>([
  [0x00000001, V1],
  [0x6b3343cf, V2],
  ...[29, 30, 31, 32].map((draft): [number, QuicVersion] => [0xff000000 + draft, DRAFT_29]),
  ...[33, 34].map((draft): [number, QuicVersion] => [0xff000000 + draft, V1]),
]);

/** The parameters of a version number on the wire, or undefined for one we cannot read. */
export function quicVersion(number: number): QuicVersion | undefined {
  return VERSIONS.get(number);
}

/** Keys of the client's Initials from the Destination Connection ID of its first one. */
export function clientInitialKeys(version: QuicVersion, connectionId: Buffer): InitialKeys {
  const { headerProtection, iv, key } = version.labels;
  // HKDF-Extract (RFC 5869, section 2.2).
  const initial = createHmac('sha256', version.salt).update(connectionId).digest();
  const secret = expand(initial, CLIENT_IN);
  return { key: expand(secret, key), iv: expand(secret, iv), headerProtection: expand(secret, headerProtection) };
}

/** HkdfLabel of RFC 8446, section 7.1, with an empty context, and the number of the first block (RFC 5869, section 2.3). */
function label(text: string, length: number): Label {
  const octets = Buffer.from(`tls13 ${text}`, 'latin1');
  const info = Buffer.concat([Buffer.from([length >> 8, length & 0xff, octets.length]), octets, Buffer.from([0, 1])]);
  return { info, length };
}

/** HKDF-Expand-Label for outputs of at most one hash block. */
function expand(secret: Buffer, { info, length }: Label): Buffer {
  return createHmac('sha256', secret).update(info).digest().subarray(0, length);
}

/** The five mask bytes of header protection (RFC 9001, section 5.4.3). */
export function headerMask(keys: InitialKeys, sample: Buffer): Buffer {
  return createCipheriv('aes-128-ecb', keys.headerProtection, null).update(sample).subarray(0, 5);
}

/** Decrypts a payload that ends in its tag (RFC 9001, section 5.3); null when the tag does not fit. */
export function openPayload(keys: InitialKeys, packetNumber: number, header: Buffer, sealed: Buffer): Buffer | null {
  const nonce = Buffer.from(keys.iv);
  nonce.writeUInt32BE((uint32At(nonce, 8) ^ packetNumber) >>> 0, 8);
  const decipher = createDecipheriv('aes-128-gcm', keys.key, nonce, { authTagLength: TAG_LENGTH });
  decipher.setAAD(header);
  decipher.setAuthTag(sealed.subarray(sealed.length - TAG_LENGTH));
  const plain = decipher.update(sealed.subarray(0, sealed.length - TAG_LENGTH));
  try {
    decipher.final();
  } catch {
    return null;
  }
  return plain;
}

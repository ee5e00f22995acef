// A push service on loopback with TLS, with the phones that hang on it: it takes messages as RFC 8030 says, checks the sensor's
// signature (RFC 8292), and hands each to its phone, which reads it with its own key (RFC 8291). Shares no code with the sensor's.
import { createDecipheriv, createECDH, createHmac, createPublicKey, type ECDH, randomBytes, verify } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Subscription } from '../../sensor/publish/notify/phones.ts';
import type { PushMessage } from '../../sensor/publish/notify/push-question.ts';
import { StandIn, type Tls } from './notify-servers.ts';

const DAY_S = 24 * 60 * 60;

export class StandInPhone {
  readonly path = `/push/${randomBytes(12).toString('base64url')}`;
  readonly auth = randomBytes(16);
  readonly ecdh: ECDH = createECDH('prime256v1');
  /** What it was shown, oldest first. */
  readonly shown: PushMessage[] = [];
  readonly headers: IncomingMessage['headers'][] = [];
  /** Uninstalled: its service says 410. */
  isGone = false;

  constructor() {
    this.ecdh.generateKeys();
  }

  /** By the two steps of RFC 8291, section 3.4, and RFC 8188, section 2. */
  read(body: Buffer): string {
    const salt = body.subarray(0, 16);
    const idLength = body.readUInt8(20);
    const sender = body.subarray(21, 21 + idLength);
    const sealed = body.subarray(21 + idLength);
    if (body.readUInt32BE(16) < sealed.length) throw new Error('more than one record');
    const info = Buffer.concat([Buffer.from('WebPush: info\0'), this.ecdh.getPublicKey(), sender]);
    const keying = expand(hmac(this.auth, this.ecdh.computeSecret(sender)), info, 32);
    const root = hmac(salt, keying);
    const key = expand(root, Buffer.from('Content-Encoding: aes128gcm\0'), 16);
    const nonce = expand(root, Buffer.from('Content-Encoding: nonce\0'), 12);
    const open = createDecipheriv('aes-128-gcm', key, nonce);
    open.setAuthTag(sealed.subarray(-16));
    const plain = Buffer.concat([open.update(sealed.subarray(0, -16)), open.final()]);
    const end = plain.findLastIndex((octet) => octet !== 0);
    if (plain[end] !== 2) throw new Error('no last record');
    return plain.subarray(0, end).toString('utf8');
  }
}

const hmac = (key: Buffer, data: Buffer) => createHmac('sha256', key).update(data).digest();
const expand = (key: Buffer, info: Buffer, length: number) =>
  hmac(key, Buffer.concat([info, Buffer.from([1])])).subarray(0, length);

export class PushServiceStandIn extends StandIn {
  readonly #phones = new Map<string, StandInPhone>();
  /** Why messages were refused. */
  readonly refusals: string[] = [];

  constructor(tls: Tls) {
    super(tls);
  }

  phone(): StandInPhone {
    const phone = new StandInPhone();
    this.#phones.set(phone.path, phone);
    return phone;
  }

  /** From now on it says 404 of that phone. */
  forget({ path }: StandInPhone): void {
    this.#phones.delete(path);
  }

  /** As its browser gives it out. */
  subscription({ auth, ecdh, path }: StandInPhone): Subscription {
    const keys = { p256dh: ecdh.getPublicKey().toString('base64url'), auth: auth.toString('base64url') };
    return { endpoint: this.url + path, keys };
  }

  protected answer({ headers, method, url = '' }: IncomingMessage, _: string, octets: Buffer): [number, unknown] {
    const refused = (status: number, why: string): [number, unknown] => {
      this.refusals.push(why);
      return [status, { error: why }];
    };
    const phone = this.#phones.get(url);
    if (method !== 'POST') return refused(405, 'not POST');
    if (phone === undefined) return refused(404, 'no such phone');
    if (phone.isGone) return refused(410, 'gone');
    const fault = signatureFault(headers.authorization ?? '', new URL(this.url).origin);
    if (fault !== null) return refused(403, fault);
    if (!/^\d+$/.test(String(headers.ttl))) return refused(400, 'no TTL');
    if (!/^(?:very-low|low|normal|high)$/.test(String(headers.urgency))) return refused(400, 'no urgency');
    if (!/^[\w-]{1,32}$/.test(String(headers.topic))) return refused(400, 'no topic');
    if (headers['content-encoding'] !== 'aes128gcm') return refused(415, 'no aes128gcm');
    if (octets.length > 4096) return refused(413, 'too long');
    const message = JSON.parse(phone.read(octets)) as PushMessage;
    phone.shown.push(message);
    phone.headers.push(headers);
    this.taken.push({
      ...{ id: message.id, title: message.title, text: message.body, body: octets.toString('latin1') },
      ...{ headers, at: performance.now() },
    });
    return [201, null];
  }
}

/** Null where it is as RFC 8292, sections 2 and 3, want it. */
function signatureFault(header: string, origin: string): string | null {
  const [, token = '', key = ''] = /^vapid t=([\w.-]+), k=([\w-]+)$/.exec(header) ?? [];
  const [head = '', claims = '', signature = ''] = token.split('.');
  const point = Buffer.from(key, 'base64url');
  if (point.length !== 65 || point[0] !== 4) return 'no key';
  const coordinate = (from: number) => point.subarray(from, from + 32).toString('base64url');
  const jwk = { kty: 'EC', crv: 'P-256', x: coordinate(1), y: coordinate(33) };
  const publicKey = createPublicKey({ key: jwk, format: 'jwk' });
  const signed = Buffer.from(`${head}.${claims}`);
  const isGood = verify(
    'sha256',
    signed,
    { key: publicKey, dsaEncoding: 'ieee-p1363' },
    Buffer.from(signature, 'base64url'),
  );
  if (!isGood) return 'a wrong signature';
  const read = (part: string) => JSON.parse(Buffer.from(part, 'base64url').toString('utf8'));
  if (read(head).alg !== 'ES256') return 'not ES256';
  const { aud, exp, sub } = read(claims);
  const now = Date.now() / 1000;
  if (aud !== origin) return 'another audience';
  if (!(exp > now && exp <= now + DAY_S)) return 'expired, or for too long';
  return /^(?:https:|mailto:)/.test(sub) ? null : 'nobody to ask';
}

// A warning to all homes of a fleet: a backend after whose contact devices began to mail. Signed by the fleet's key, so that neither
// the servers between nor another home can make one, or end one; it says how long it holds. What it can do at a home is raise a marked
// incident.
import { createPublicKey, type KeyObject, sign, verify } from 'node:crypto';
import { z } from 'zod';
import { usageBody } from './record.ts';

export const WARNING_SCHEMA = 'thingwatch.fleet-warning/1';
/** A warning that holds for longer than this (ms) is not believed. */
export const LONGEST_WARNING = 30 * 24 * 60 * 60_000;
/** Octets as it travels. */
export const WARNING_OCTETS = 16 * 1024;
/** A home's clock may be so far (ms) behind the fleet's. */
const CLOCKS_DIFFER = 24 * 60 * 60_000;

const count = z.number().int().min(0).max(1_000_000_000);
const { family, vendor } = usageBody.shape;
/** A registrable domain, or the address of a server that nothing named. */
const backend = z.string().regex(/^[a-z0-9._:-]{1,253}$/);

export const warning = z.strictObject({
  /** Of the outbreak. What was issued later takes its place. */
  id: z.string().regex(/^[a-z0-9]{16}$/),
  /** Counts editions; after a start from an older copy of the database it begins at an earlier number again. */
  revision: count,
  /** `ended`: what was said under this id holds no more. Expires no sooner than the last edition that said otherwise. */
  state: z.enum(['open', 'ended']),
  /** ISO 8601 with zone. */
  issuedAt: z.iso.datetime(),
  expiresAt: z.iso.datetime(),
  backend,
  role: z.enum(['update', 'telemetry', 'cloud', 'store', 'time', 'unknown']),
  /** The families in which it was seen; an empty list means all things. */
  groups: z.array(z.strictObject({ family, vendor })).max(32),
  /** Homes whose device used the backend, and of those whose device mailed after it. */
  homes: z.strictObject({ exposed: count, mailed: count }),
  firstSeen: z.iso.datetime(),
  /** How much likelier mail is after the backend than without it, with its interval of 95 %. */
  lift: z.strictObject({ value: z.number(), low: z.number(), high: z.number().nullable() }),
  /** Backends that explain as much: which of them it was cannot be told. */
  alike: z.array(backend).max(16),
});

export type Warning = z.infer<typeof warning>;

const signedWarning = z.strictObject({
  schema: z.literal(WARNING_SCHEMA),
  /** The warning as JSON text: what is signed is these octets. */
  warning: z.string().max(WARNING_OCTETS),
  /** Ed25519 (RFC 8032), base64. */
  signature: z.string().regex(/^[A-Za-z0-9+/]{86}==$/),
});

/** As it travels. @throws ZodError for what is none. @param key the fleet's private Ed25519 key */
export function signWarning(given: Warning, key: KeyObject): string {
  const text = JSON.stringify(warning.parse(given));
  const signature = sign(null, Buffer.from(text), key).toString('base64');
  return JSON.stringify({ schema: WARNING_SCHEMA, warning: text, signature });
}

/** A key as it stands in an enrolment. @throws TypeError for what is no key */
export function warningKey(text: string): KeyObject {
  const key = createPublicKey({ key: Buffer.from(text, 'base64'), format: 'der', type: 'spki' });
  if (key.asymmetricKeyType !== 'ed25519') throw new TypeError('no Ed25519 key');
  return key;
}

/** `too-long`: it claims to hold for longer than any does; `early`: it was issued in what is the future here. */
export type Distrust = 'malformed' | 'unsigned' | 'expired' | 'too-long' | 'early';

/** What came over the wire, read and believed or not; never throws. @param now wall time, ms */
export function readWarning(octets: Buffer, keys: readonly KeyObject[], now: number): Warning | Distrust {
  if (octets.length > 2 * WARNING_OCTETS) return 'malformed';
  const signed = signedWarning.safeParse(parsed(octets.toString('utf8')));
  if (!signed.success) return 'malformed';
  const text = Buffer.from(signed.data.warning);
  const signature = Buffer.from(signed.data.signature, 'base64');
  if (!keys.some((key) => verify(null, text, key, signature))) return 'unsigned';
  const read = warning.safeParse(parsed(signed.data.warning));
  if (!read.success) return 'malformed';
  const [issued, expires] = [Date.parse(read.data.issuedAt), Date.parse(read.data.expiresAt)];
  if (expires - issued > LONGEST_WARNING) return 'too-long';
  if (issued - now > CLOCKS_DIFFER) return 'early';
  return expires <= now ? 'expired' : read.data;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

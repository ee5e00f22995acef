// What a home reports to its fleet: the shapes that travel, checked at both ends. Small, versioned, and without anything that names
// a home, a person or an address in the home. `record.schema.json` beside it is the same for others, made from it.
import { z } from 'zod';

export const RECORD_SCHEMA = 'thingwatch.fleet/1';
/** Octets of one record as it travels; a longer one is no record. */
export const RECORD_OCTETS = 32 * 1024;
/** The backends that one record tells of: the most used ones. */
export const USAGE_BACKENDS = 128;
/** The steps before an incident: the newest ones. */
export const CHAIN_STEPS = 48;

/** Of a home, as its operator gave it: random, so that it says nothing. */
export const HOME_ID = /^h[a-z0-9]{15}$/;
/** A keyed hash: HMAC-SHA256 under the home's own secret, its first 8 octets in hex. */
const keyedHash = z.string().regex(/^[0-9a-f]{16}$/);
/** UTC, `2026-11-30`. */
const day = z.iso.date();
/** UTC, to the minute: `2026-11-30T10:42Z`. */
const minute = z.string().regex(/^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])T(?:[01]\d|2[0-3]):[0-5]\dZ$/);
const count = z.number().int().min(0).max(1_000_000_000);
/** The slug of a firmware note. */
const family = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,63}$/)
  .nullable();
/** The maker, from the registry of MAC prefixes or the note. */
const vendor = z.string().min(1).max(64).nullable();
const deviceClass = z.enum(['thing', 'general-purpose', 'infrastructure']);
/** A registrable domain below a public suffix, or the address of a server outside the home that nothing named. */
const backend = z.string().min(1).max(253);
const role = z.enum(['update', 'telemetry', 'cloud', 'store', 'time', 'unknown']);

/** One step before an incident. */
export const chainStep = z.strictObject({
  backend,
  role,
  /** How the device came to it: its first contact, a firmware or plugin download. */
  step: z.enum(['first_contact', 'firmware_download', 'store_download']),
  at: minute,
  /** Octets that the device received, at least; null where nothing was counted. */
  bytesDown: count.nullable(),
});

export const incidentBody = z.strictObject({
  /** Keyed hash of the incident's id at home. */
  incident: keyedHash,
  incidentKind: z.string().regex(/^[a-z_]{1,32}$/),
  severity: z.enum(['info', 'low', 'medium', 'high', 'critical']),
  startedAt: minute,
  lastAt: minute,
  /** Null for what is about the home or the sensor itself. */
  device: z.strictObject({ hash: keyedHash, family, vendor, class: deviceClass }).nullable(),
  /** What became of its connections to mail servers; null where the incident is not about mail. */
  mail: z
    .strictObject({ attempts: count, connected: count, refused: count, unanswered: count, messages: count })
    .nullable(),
  /** Newest first. */
  before: z.array(chainStep).max(CHAIN_STEPS),
});

export const coverageBody = z.strictObject({
  day,
  vantage: z.enum(['lan-both-ways', 'lan-one-way', 'wan-side', 'own-traffic-only', 'broadcast-only', 'nothing']),
  /** Of the 24, in which the sensor saw the home. */
  hoursSeen: z.number().min(0).max(24),
  lossPercent: z.number().min(0).max(100).nullable(),
  /** Of thingwatch. */
  version: z.string().regex(/^[0-9A-Za-z.+-]{1,32}$/),
});

/** Of one family of devices on one day: the base rate. */
export const usageBody = z.strictObject({
  day,
  family,
  vendor,
  class: deviceClass,
  /** Devices of it that were seen that day. */
  devices: count,
  /** Update servers, stores and what nothing named, with how many of those devices used each. */
  backends: z
    .array(z.strictObject({ backend, role: z.enum(['update', 'store', 'unknown']), devices: count }))
    .max(USAGE_BACKENDS),
});

const envelope = {
  schema: z.literal(RECORD_SCHEMA),
  /** Of this home alone; a later revision of the same id takes its place, an earlier or equal one changes nothing. */
  id: z.string().regex(/^[a-z0-9][a-z0-9:.-]{0,127}$/),
  revision: z.number().int().min(0).max(Number.MAX_SAFE_INTEGER),
};

export const fleetRecord = z.discriminatedUnion('kind', [
  z.strictObject({ ...envelope, kind: z.literal('incident'), body: incidentBody }),
  z.strictObject({ ...envelope, kind: z.literal('coverage'), body: coverageBody }),
  z.strictObject({ ...envelope, kind: z.literal('usage'), body: usageBody }),
  /** The home leaves: all that was stored of it is to be deleted. */
  z.strictObject({ ...envelope, kind: z.literal('withdrawal'), body: z.strictObject({}) }),
]);

export type FleetRecord = z.infer<typeof fleetRecord>;
export type IncidentBody = z.infer<typeof incidentBody>;
export type CoverageBody = z.infer<typeof coverageBody>;
export type UsageBody = z.infer<typeof usageBody>;
export type ChainStep = z.infer<typeof chainStep>;

/** What statistics count together: a family where a note knows it, else a maker, else all that nobody knows. */
export function groupOf({ family, vendor }: Pick<UsageBody, 'family' | 'vendor'>): string {
  if (family !== null) return family;
  return vendor === null ? '?' : `? ${vendor}`;
}

// The file that makes a sensor one of a fleet: where to report, as which home, and whose warnings to believe. An operator makes it
// (`npm run fleet -- enrol`), the home's owner puts its path into the configuration. It holds a secret: mode 0600.
import { z } from 'zod';
import { HOME_ID } from './record.ts';

export const ENROLMENT_SCHEMA = 'thingwatch.enrolment/1';

export const enrolment = z.strictObject({
  schema: z.literal(ENROLMENT_SCHEMA),
  /** Whose fleet it is, for people. */
  fleet: z.string().min(1).max(80),
  home: z.string().regex(HOME_ID),
  /** Of the NATS servers' MQTT ports; the sensor goes from one to the next. */
  urls: z
    .array(z.string().regex(/^mqtts?:\/\/[^\s/@]+$/))
    .min(1)
    .max(16),
  /** A NATS user JWT that may publish this home's records and read warnings; the MQTT password. */
  token: z.string().min(1).max(8192),
  /** PEM of the authority that signed the servers' certificates; null for those that the system trusts. */
  ca: z.string().max(65_536).nullable(),
  /** Ed25519 public keys, SPKI DER in base64: a warning must be signed by one of them. */
  warningKeys: z
    .array(z.string().regex(/^[A-Za-z0-9+/]{59}=$/))
    .min(1)
    .max(4),
});

export type Enrolment = z.infer<typeof enrolment>;

// The directory of a fleet: what collector and desk must know to serve it, in `fleet.json` and the files beside it. `npm run fleet` makes
// all of it; on other machines a person copies what a service there needs. The operator's own keys lie in `operator/`, which no service
// reads.
import { createPrivateKey, type KeyObject } from 'node:crypto';
import { chownSync, closeSync, fsyncSync, openSync, readFileSync, renameSync, statSync, writeSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { PROJECT_ROOT } from '../../checkout.ts';

export const FLEET_SCHEMA = 'thingwatch.fleet-directory/1';
/** Where it lies unless told otherwise: in the checkout. */
export const DEFAULT_FLEET_DIRECTORY = join(PROJECT_ROOT, 'fleet');

/** Relative to the directory, unless absolute. */
const file = z.string().min(1).max(4096);
const urls = (scheme: RegExp) => z.array(z.string().max(512).regex(scheme)).min(1).max(16);
const database = z
  .string()
  .max(2048)
  .regex(/^postgres(?:ql)?:\/\/\S+$/, 'must be postgres://USER:PASSWORD@HOST:PORT/DATABASE');

export const fleetSettings = z.strictObject({
  schema: z.literal(FLEET_SCHEMA),
  /** For people; stands in enrolments and on the desk. */
  name: z.string().min(1).max(80),
  /** The NATS servers, as collectors reach them. `ca`: PEM file of who signed their certificates; null for those the system trusts. */
  nats: z.strictObject({ urls: urls(/^(?:nats|tls):\/\/[^\s/@]+$/), ca: file.nullable() }),
  /** Their MQTT ports, as services reach them that publish warnings. */
  mqtt: z.strictObject({ urls: urls(/^mqtts?:\/\/[^\s/@]+$/), ca: file.nullable() }),
  /** Their MQTT ports, as homes reach them: what stands in enrolments. */
  homes: z.strictObject({ urls: urls(/^mqtts?:\/\/[^\s/@]+$/), ca: file.nullable() }),
  /** Each service with its own rights. */
  database: z.strictObject({ collector: database, desk: database }),
  /** `HOST:PORT`, the host may be empty: all addresses. Without a certificate the desk serves on loopback alone. */
  desk: z
    .strictObject({
      listen: z.string().regex(/^(?:\[[0-9a-fA-F:.]+\]|[^:\s]*):\d{1,5}$/, 'must be HOST:PORT'),
      cert: file.nullable(),
      key: file.nullable(),
    })
    .refine(({ cert, key }) => (cert === null) === (key === null), 'cert and key belong together: set both or neither'),
});

export type FleetSettings = z.infer<typeof fleetSettings>;

/** Names of the files of secrets in `services/`, each of them 0600. */
const SECRETS = {
  /** JWT and seed of a NATS user that may do all that collectors do, as a `.creds` file. */
  natsCredentials: 'services/collector.creds',
  /** The MQTT password of whoever publishes warnings; any user name goes with it. */
  mqttToken: 'services/warner.jwt',
  /** Ed25519, PKCS #8 in PEM. */
  warningKey: 'services/warning.pem',
  /** What a person shows the desk. */
  deskToken: 'services/desk.token',
} as const;

export class FleetDirectory {
  /** Absolute. */
  readonly directory: string;
  readonly settings: FleetSettings;

  constructor(directory: string, settings: FleetSettings) {
    this.directory = directory;
    this.settings = settings;
  }

  /** Of a file that the settings or this program name; an absolute one stays as it is. */
  path(...parts: string[]): string {
    return resolve(this.directory, ...parts);
  }

  /** PEM; undefined where the system's own authorities are meant. @throws FleetDirectoryError */
  ca(of: 'nats' | 'mqtt' | 'homes'): string | undefined {
    const name = this.settings[of].ca;
    return name === null ? undefined : this.read(name);
  }

  /** @throws FleetDirectoryError where this machine has none: a desk alone needs none of the others' */
  natsCredentials(): string {
    return this.read(SECRETS.natsCredentials);
  }

  mqttToken(): string {
    return this.read(SECRETS.mqttToken).trim();
  }

  warningKey(): KeyObject {
    const text = this.read(SECRETS.warningKey);
    try {
      const key = createPrivateKey(text);
      if (key.asymmetricKeyType === 'ed25519') return key;
    } catch {
      // Said below: what OpenSSL says of it helps nobody.
    }
    throw new FleetDirectoryError(`${this.path(SECRETS.warningKey)} is no Ed25519 private key in PEM`);
  }

  deskToken(): string {
    return this.read(SECRETS.deskToken).trim();
  }

  /** Text of a file in the directory. @throws FleetDirectoryError */
  read(name: string): string {
    return readText(this.path(name));
  }
}

/** In words for people; exit code 2. */
export class FleetDirectoryError extends Error {}

/**
 * @param directory null for the one in the checkout
 * @throws FleetDirectoryError where there is none, or one that cannot be used
 */
export function openFleetDirectory(directory: string | null): FleetDirectory {
  const at = resolve(directory ?? DEFAULT_FLEET_DIRECTORY);
  const name = join(at, 'fleet.json');
  if (statSync(name, { throwIfNoEntry: false }) === undefined)
    throw new FleetDirectoryError(`${at} holds no fleet: "npm run fleet" makes one, or name its directory with --dir`);
  let value: unknown;
  try {
    value = JSON.parse(readText(name));
  } catch (error) {
    if (error instanceof FleetDirectoryError) throw error;
    throw new FleetDirectoryError(`${name} is no JSON: put it right, or take it from a backup`);
  }
  const read = fleetSettings.safeParse(value);
  if (read.success) return new FleetDirectory(at, read.data);
  const problems = read.error.issues.map(({ message, path }) => `  ${path.join('.') || 'the whole'}: ${message}`);
  throw new FleetDirectoryError(`${name} cannot be used:\n${problems.join('\n')}`);
}

export function writeSettings(directory: string, settings: FleetSettings, owner: Owner | null): void {
  const text = `${JSON.stringify(fleetSettings.parse(settings), null, 2)}\n`;
  writeSecret(join(directory, 'fleet.json'), text, owner);
}

export const secretFile = (directory: string, secret: keyof typeof SECRETS): string => join(directory, SECRETS[secret]);

/** Whose a file becomes; null: whose process this is. */
export interface Owner {
  uid: number;
  gid: number;
}

/** Whole or not at all, on the disk when it returns, and readable by its owner alone. */
export function writeSecret(path: string, text: string | Buffer, owner: Owner | null, mode = 0o600): void {
  const temporary = `${path}.new`;
  const descriptor = openSync(temporary, 'w', mode);
  try {
    writeSync(descriptor, typeof text === 'string' ? Buffer.from(text) : text);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
  if (owner !== null) chownSync(temporary, owner.uid, owner.gid);
  renameSync(temporary, path);
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    if (code === 'ENOENT') throw new FleetDirectoryError(`${path} is missing: copy it from where the fleet was made`);
    if (code === 'EACCES')
      throw new FleetDirectoryError(`this account may not read ${path}: start as whoever owns it, or as root`);
    throw error;
  }
}

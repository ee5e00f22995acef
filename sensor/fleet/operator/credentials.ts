// Who may do what at the fleet's NATS servers, as JWTs that an operator's keys sign: the operator, the system account, the account of
// the fleet, the service user of collectors, and a user for each home. Keys are NATS seeds (`SO…`, `SA…`); whoever has them is the operator.
import type { Account, User } from '@nats-io/jwt';
import { fleetPackage } from '../packages.ts';
import { recordTopic, subjectOf } from '../topics.ts';
import { newUser, pairOf } from './nkey.ts';

/** Seeds. */
export interface FleetKeys {
  operator: string;
  system: string;
  fleet: string;
}

export interface Credential {
  /** The user's public key, `U…`: to revoke it by. */
  credential: string;
  jwt: string;
}

export interface ServiceCredential extends Credential {
  /** JWT and seed, in the form of a `.creds` file. A secret. */
  creds: string;
}

const UNLIMITED = { conn: -1, leaf: -1, subs: -1, data: -1, payload: -1, imports: -1, exports: -1, wildcards: true };
const NO_STORAGE = { mem_storage: 0, disk_storage: 0, streams: 0, consumer: 0 };
const ALL_STORAGE = { mem_storage: -1, disk_storage: -1, streams: -1, consumer: -1 };
/** Octets that a home may send in one message: a record and its envelope. */
const HOME_PAYLOAD = 64 * 1024;

export function makeKeys(): FleetKeys {
  const { createAccount, createOperator } = fleetPackage('@nats-io/nkeys');
  const seed = (pair: { getSeed(): Uint8Array }): string => Buffer.from(pair.getSeed()).toString('latin1');
  return { operator: seed(createOperator()), system: seed(createAccount()), fleet: seed(createAccount()) };
}

export const publicKey = (seed: string): string => pairOf(seed).getPublicKey();

export function operatorJwt(keys: FleetKeys, name: string): Promise<string> {
  const { encodeOperator } = fleetPackage('@nats-io/jwt');
  return encodeOperator(name, pairOf(keys.operator), { system_account: publicKey(keys.system) });
}

/** Without storage, as the servers want it of a system account. */
export function systemAccountJwt(keys: FleetKeys): Promise<string> {
  return accountJwt(keys, 'SYS', keys.system, { limits: { ...UNLIMITED, ...NO_STORAGE } });
}

/** @param revoked public key of a user → Unix time (s): what was made for it up to then is not taken any more */
export function fleetAccountJwt(keys: FleetKeys, revoked: Readonly<Record<string, number>> = {}): Promise<string> {
  return accountJwt(keys, 'FLEET', keys.fleet, {
    limits: { ...UNLIMITED, ...ALL_STORAGE },
    ...(Object.keys(revoked).length > 0 ? { revocations: { ...revoked } } : {}),
  });
}

function accountJwt(keys: FleetKeys, name: string, seed: string, account: Partial<Account>): Promise<string> {
  const { encodeAccount } = fleetPackage('@nats-io/jwt');
  return encodeAccount(name, pairOf(seed), account, { signer: pairOf(keys.operator) });
}

/** Of collectors and set-up: all that lies in the fleet's account, by NATS and by MQTT. */
export function serviceCredential(keys: FleetKeys, name: string): Promise<ServiceCredential> {
  return user(name, keys.fleet, {});
}

/** Of whoever hands a changed account to the servers. */
export function systemCredential(keys: FleetKeys): Promise<ServiceCredential> {
  return user('system', keys.system, {});
}

/** MQTT alone, and a password is enough: a sensor has no NATS client. It publishes its own records and reads warnings. */
export async function homeCredential(keys: FleetKeys, home: string): Promise<Credential> {
  const { credential, jwt } = await user(home, keys.fleet, {
    bearer_token: true,
    allowed_connection_types: ['MQTT'],
    payload: HOME_PAYLOAD,
    pub: { allow: [subjectOf(recordTopic(home))] },
    sub: { allow: ['fleet.v1.warnings.>'] },
  });
  return { credential, jwt };
}

/** By MQTT, where a service has to speak it: publishing retained warnings, and having the servers make their MQTT streams. */
export async function mqttServiceCredential(keys: FleetKeys, name: string): Promise<Credential> {
  const { credential, jwt } = await user(name, keys.fleet, {
    bearer_token: true,
    allowed_connection_types: ['MQTT'],
    pub: { allow: ['fleet.v1.warnings.>'] },
    sub: { allow: ['fleet.v1.warnings.>'] },
  });
  return { credential, jwt };
}

async function user(name: string, account: string, claim: Partial<User>): Promise<ServiceCredential> {
  const { encodeUser, fmtCreds } = fleetPackage('@nats-io/jwt');
  const pair = newUser();
  const jwt = await encodeUser(name, pair, pairOf(account), claim);
  return { credential: pair.getPublicKey(), jwt, creds: Buffer.from(fmtCreds(jwt, pair)).toString('latin1') };
}

// Letting homes in and out: a home with its credential and its enrolment, one that is shut out, one whose data is deleted. What an operator
// does stands in the database; what the servers must know of it is told to them at once.
import { createPublicKey, randomInt } from 'node:crypto';
import { ENROLMENT_SCHEMA, type Enrolment, enrolment } from '../enrolment.ts';
import { fleetPackage } from '../packages.ts';
import { HOME_ID } from '../record.ts';
import { type FleetDatabase, openDatabase, type Queryable } from '../store/database.ts';
import { removeHomes } from '../store/leaving.ts';
import { fleetAccountJwt, homeCredential } from './credentials.ts';
import type { FleetDirectory } from './fleet-directory.ts';
import { announceAccount } from './nats-server.ts';
import { codeOf, OperatorError } from './operator-error.ts';
import { type OperatorState, readFleetAccount, writeFleetAccount } from './operator-state.ts';

const LABEL_LENGTH = 80;
const ALPHABET = 'abcdefghijklmnopqrstuvwxyz0123456789';

export interface Home {
  home: string;
  state: 'active' | 'revoked' | 'withdrawn';
  label: string | null;
  enrolledAt: Date;
  lastSeen: Date | null;
  version: string | null;
}

export interface Operator {
  fleet: FleetDirectory;
  state: OperatorState;
}

/** Opens the database as its owner. @throws OperatorError where it does not answer */
export async function withDatabase<T>({ state }: Operator, work: (db: FleetDatabase) => Promise<T>): Promise<T> {
  const db = await openDatabase(state.database.owner, { connections: 2 });
  try {
    await db.query('SELECT 1').catch((error: unknown) => {
      const { hostname, port } = new URL(state.database.owner);
      throw new OperatorError(
        `the database at ${hostname}:${port || 5432} does not answer (${codeOf(error)}): does the fleet run? "npm run fleet" starts it`,
        1,
      );
    });
    return await work(db);
  } finally {
    await db.close();
  }
}

/** A home that was not there before, and what makes its sensor one of the fleet. It holds a secret. */
export async function enrol(operator: Operator, db: Queryable, label: string | null): Promise<Enrolment> {
  if (label !== null && (label.trim() === '' || label.length > LABEL_LENGTH || /\p{Cc}/u.test(label)))
    throw new OperatorError(`a label is a line of 1 to ${LABEL_LENGTH} characters`);
  const { fleet, state } = operator;
  const home = newHomeId();
  const { credential, jwt } = await homeCredential(state.keys, home);
  const given = enrolment.parse({
    schema: ENROLMENT_SCHEMA,
    fleet: fleet.settings.name,
    home,
    urls: fleet.settings.homes.urls,
    token: jwt,
    ca: fleet.ca('homes') ?? null,
    warningKeys: [publicWarningKey(fleet)],
  });
  await db.query(
    `INSERT INTO homes (home, state, label, credential, enrolled_at) VALUES ($1, 'active', $2, $3, now())`,
    [home, label, credential],
  );
  return given;
}

/** As it stands in enrolments: SPKI DER in base64. */
function publicWarningKey(fleet: FleetDirectory): string {
  return createPublicKey(fleet.warningKey()).export({ type: 'spki', format: 'der' }).toString('base64');
}

function newHomeId(): string {
  return `h${Array.from({ length: 15 }, () => ALPHABET[randomInt(ALPHABET.length)]).join('')}`;
}

/**
 * Its credential is worth nothing from now on, at every server, and the connection that it has is cut. What it reported stays.
 * @returns false where it was shut out before; the servers are told once more
 */
export async function revoke(operator: Operator, db: FleetDatabase, home: string): Promise<boolean> {
  const isNew = await db.transaction(async (tx) => {
    const { state } = await lockedHome(tx, home);
    if (state === 'active') await tx.query(`UPDATE homes SET state = 'revoked' WHERE home = $1`, [home]);
    return state === 'active';
  });
  await shutOut(operator, db);
  return isNew;
}

/** Shut out, and all that was stored of it is deleted. What stays is that it was there. */
export async function forget(operator: Operator, db: FleetDatabase, home: string): Promise<void> {
  await db.transaction(async (tx) => {
    await lockedHome(tx, home);
    await removeHomes(tx, [home], 'withdrawn');
  });
  await shutOut(operator, db);
}

/** Tells the servers of all that left, whoever has not heard it yet. */
export async function shutOut({ fleet, state }: Operator, db: Queryable): Promise<void> {
  const { rows } = await db.query<{ credential: string }>(`SELECT credential FROM homes WHERE state <> 'active'`);
  const known = revocationsOf(readFleetAccount(fleet.directory));
  // A credential is made once; whatever bears it was made before now.
  const now = Math.floor(Date.now() / 1000) + 1;
  const revoked = { ...Object.fromEntries(rows.map(({ credential }) => [credential, now])), ...known };
  const jwt = await fleetAccountJwt(state.keys, revoked);
  // First here: the servers take it from here when they start.
  writeFleetAccount(fleet.directory, jwt);
  await announceAccount(fleet, state.keys, jwt);
}

function revocationsOf(jwt: string | null): Record<string, number> {
  if (jwt === null) return {};
  const { nats } = fleetPackage('@nats-io/jwt').decode<{ revocations?: Record<string, number> }>(jwt);
  return nats.revocations ?? {};
}

async function lockedHome(tx: Queryable, home: string): Promise<{ state: Home['state'] }> {
  const { rows } = HOME_ID.test(home)
    ? await tx.query<{ state: Home['state'] }>('SELECT state FROM homes WHERE home = $1 FOR UPDATE', [home])
    : { rows: [] };
  const [found] = rows;
  if (found !== undefined) return found;
  throw new OperatorError(`no home is called ${JSON.stringify(home)}: "npm run fleet -- homes" lists them`);
}

/** In the order in which they were enrolled. */
export async function listHomes(db: Queryable): Promise<Home[]> {
  const { rows } = await db.query<Home>(
    `SELECT home, state, label, enrolled_at AS "enrolledAt", last_seen AS "lastSeen", version
     FROM homes ORDER BY enrolled_at, home`,
  );
  return rows;
}

// What only the operator has: the keys that sign accounts and credentials, the database's owner, and where the servers listen. It lies in
// `operator/`, closed to the services. Whoever has it can let homes in and shut them out.
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { FleetDirectoryError, writeSecret } from './fleet-directory.ts';
import { codeOf } from './operator-error.ts';

export const OPERATOR_SCHEMA = 'thingwatch.fleet-operator/1';

const seed = z.string().regex(/^S[AO][A-Z2-7]{56}$/);
const port = z.number().int().min(1).max(65_535);
const place = z.string().regex(/^(?:\[[0-9a-fA-F:.]+\]|[^:\s]*):\d{1,5}$/);

const operatorState = z.strictObject({
  schema: z.literal(OPERATOR_SCHEMA),
  keys: z.strictObject({ operator: seed, system: seed, fleet: seed }),
  /** Names and addresses under which homes and people reach this machine, or the nodes; the first stands in links. */
  hosts: z.array(z.string().min(1).max(253)).min(1).max(64),
  /** The servers that `npm run fleet` starts here; null for a fleet whose servers run elsewhere. */
  servers: z.strictObject({ nats: port, mqtt: place, postgres: port }).nullable(),
  /** `postgres://…` of who owns the tables and makes the services' users; of the whole server where that is ours. */
  database: z.strictObject({ owner: z.string(), server: z.string().nullable() }),
  /** Copies of what homes sent. */
  replicas: z.number().int().min(1).max(5),
});

export type OperatorState = z.infer<typeof operatorState>;

const stateFile = (directory: string): string => join(directory, 'operator/operator.json');
/** The fleet's account with all that were shut out; the servers have it too, and take the later one. */
const accountFile = (directory: string): string => join(directory, 'operator/fleet-account.jwt');

/** @throws FleetDirectoryError */
export function readOperatorState(directory: string): OperatorState {
  const file = stateFile(directory);
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    const why = codeOf(error) === 'ENOENT' ? 'is missing' : `cannot be read by this account (${codeOf(error)})`;
    throw new FleetDirectoryError(
      `${file} ${why}: homes are let in and shut out where the fleet was made, by whoever made it`,
    );
  }
  const read = operatorState.safeParse(parsed(text));
  if (read.success) return read.data;
  const [issue] = read.error.issues;
  throw new FleetDirectoryError(`${file} cannot be used: ${issue?.path.join('.')} ${issue?.message}`);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

export function hasOperatorState(directory: string): boolean {
  return statSync(stateFile(directory), { throwIfNoEntry: false }) !== undefined;
}

export function writeOperatorState(directory: string, state: OperatorState): void {
  writeSecret(stateFile(directory), `${JSON.stringify(operatorState.parse(state), null, 2)}\n`, null);
}

/** JWT; null before anybody was shut out. */
export function readFleetAccount(directory: string): string | null {
  try {
    return readFileSync(accountFile(directory), 'utf8').trim();
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return null;
    throw error;
  }
}

export function writeFleetAccount(directory: string, jwt: string): void {
  writeSecret(accountFile(directory), `${jwt}\n`, null);
}

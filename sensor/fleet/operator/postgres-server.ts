// The fleet's own PostgreSQL on this machine: made by initdb in the fleet's directory, on loopback, with passwords. Whoever has a managed one
// gives its address instead, and nothing here is used.
import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { openDatabase } from '../store/database.ts';
import { type Account, commandAs } from './account.ts';
import type { ChildSpec } from './child.ts';
import { writeSecret } from './fleet-directory.ts';
import { plainEnvironment, postgresProgram, runProgram } from './programs.ts';

/** What its owner may not change in `postgresql.conf`, since the rest of the fleet depends on it. */
const settingsOf = (port: number): string[] => [
  `port=${port}`,
  'listen_addresses=127.0.0.1',
  'unix_socket_directories=',
  'timezone=UTC',
  'log_timezone=UTC',
];

export const databaseFolder = (directory: string): string => join(directory, 'postgres/data');

export const newPassword = (): string => randomBytes(24).toString('base64url');

/** Null where none was made yet; otherwise the version that made it, as `15`. */
export function madeBy(directory: string): string | null {
  const file = join(databaseFolder(directory), 'PG_VERSION');
  return existsSync(file) ? readFileSync(file, 'utf8').trim() : null;
}

/** Makes it. @param password of the server's owner, `postgres` */
export async function makeDatabaseServer(directory: string, account: Account | null, password: string): Promise<void> {
  const data = databaseFolder(directory);
  const passwordFile = join(directory, 'postgres/password');
  // What an initdb left that was killed.
  rmSync(data, { recursive: true, force: true });
  writeSecret(passwordFile, `${password}\n`, account);
  try {
    const args = ['-D', data, '-U', 'postgres', '--auth=scram-sha-256', `--pwfile=${passwordFile}`];
    const initdb = [...args, '--encoding=UTF8', '--locale=C.UTF-8', '--data-checksums'];
    const { command, args: all, ...as } = commandAs(account, postgresProgram('initdb'), initdb, 'TERM');
    await runProgram(command, all, {
      what: 'making the database with initdb',
      cwd: join(directory, 'postgres'),
      ...as,
    });
  } finally {
    rmSync(passwordFile, { force: true });
  }
}

/** @param url of the server's owner */
export function databaseServer(directory: string, account: Account | null, port: number, url: string): ChildSpec {
  return {
    name: 'PostgreSQL',
    command: postgresProgram('postgres', madeBy(directory)),
    args: ['-D', databaseFolder(directory), ...settingsOf(port).flatMap((one) => ['-c', one])],
    account,
    cwd: join(directory, 'postgres'),
    // "Fast": sessions are ended and all is written (pg_ctl's manual page).
    signal: 'SIGINT',
    log: join(directory, 'logs/postgresql.log'),
    env: plainEnvironment(),
    isUp: () => answers(url),
  };
}

export async function answers(url: string): Promise<boolean> {
  const db = await openDatabase(url, { connections: 1 });
  try {
    await db.query('SELECT 1');
    return true;
  } catch {
    return false;
  } finally {
    await db.close();
  }
}

// A copy of a fleet that can become the fleet again: keys, certificates and settings, and the database as PostgreSQL's own pg_dump writes it. It
// is laid out as a fleet's directory: started there, the database is made from the copy. What waits at the NATS servers is not in it.
import { chmodSync, copyFileSync, existsSync, mkdirSync, readdirSync, renameSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { openDatabase } from '../store/database.ts';
import { type Operator, withDatabase } from './homes.ts';
import { codeOf, OperatorError } from './operator-error.ts';
import { plainEnvironment, postgresProgram, runProgram } from './programs.ts';

/** Beside fleet.json. */
const DUMP = 'database.dump';
const FOLDERS = ['operator', 'services', 'tls'];
/** Says which process runs a fleet: none runs the copy. */
const NOT_KEPT = 'running.json';
/** Members of these may use the tables; the copy says so of them by name. */
const ROLES = ['fleet_collector', 'fleet_desk'];

/** @param folder made by it. @throws OperatorError where it is there, or where database or disk do not go along */
export async function backUp(operator: Operator, folder: string): Promise<void> {
  const { directory } = operator.fleet;
  if (existsSync(folder) && readdirSync(folder).length > 0)
    throw new OperatorError(`${folder} is there already: name a folder for this copy alone`);
  await withDatabase(operator, async () => {
    try {
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      copyFileSync(join(directory, 'fleet.json'), join(folder, 'fleet.json'));
      for (const name of FOLDERS) copyFolder(join(directory, name), join(folder, name));
    } catch (error) {
      throw new OperatorError(`the copy cannot be written to ${folder} (${codeOf(error)})`, 1);
    }
    const file = join(folder, DUMP);
    const { env, url } = connectionOf(operator.state.database.owner);
    const args = ['--format=custom', '--no-owner', `--file=${file}.new`, `--dbname=${url}`];
    await runProgram(postgresProgram('pg_dump'), args, { what: 'copying the database with pg_dump', env });
    chmodSync(`${file}.new`, 0o600);
    renameSync(`${file}.new`, file);
  });
}

function copyFolder(from: string, to: string): void {
  mkdirSync(to, { mode: 0o700 });
  for (const name of readdirSync(from))
    if (name !== NOT_KEPT && statSync(join(from, name)).isFile()) copyFileSync(join(from, name), join(to, name));
}

/** The file of a copy that the directory was made from; null where it was made anew. */
export function dumpIn(directory: string): string | null {
  const file = join(directory, DUMP);
  return existsSync(file) ? file : null;
}

/** Where the database has no tables yet: all of them, or none. @returns whether there was something to do */
export async function restoreDatabase({ fleet, state }: Operator): Promise<boolean> {
  const file = dumpIn(fleet.directory);
  if (file === null) return false;
  const db = await openDatabase(state.database.owner, { connections: 1 });
  try {
    const { rows } = await db.query<{ there: boolean }>("SELECT to_regclass('migrations') IS NOT NULL AS there");
    if (rows[0]?.there === true) return false;
    for (const role of ROLES) {
      const known = await db.query('SELECT 1 FROM pg_roles WHERE rolname = $1', [role]);
      if (known.rows.length === 0) await db.query(`CREATE ROLE ${role} NOLOGIN`);
    }
  } finally {
    await db.close();
  }
  const { env, url } = connectionOf(state.database.owner);
  const args = ['--no-owner', '--single-transaction', '--exit-on-error', `--dbname=${url}`, file];
  await runProgram(postgresProgram('pg_restore'), args, { what: 'making the database from the copy', env });
  return true;
}

/** Its password where other users of the machine do not see it. */
function connectionOf(owner: string): { url: string; env: NodeJS.ProcessEnv } {
  const url = new URL(owner);
  const env = { ...plainEnvironment(), PGPASSWORD: decodeURIComponent(url.password) };
  url.password = '';
  return { url: url.href, env };
}

// The programs of others that a fleet on one machine is made of: where they lie, and in which version. Run with words for people where one
// of them refuses.
import { execFile, execFileSync } from 'node:child_process';
import { accessSync, constants, existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { codeOf, OperatorError } from './operator-error.ts';

/** Debian keeps administrators' programs apart, and they may be missing in an ordinary search path. */
const FOLDERS = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin'];
/** Debian keeps several versions side by side. */
const POSTGRES_VERSIONS = '/usr/lib/postgresql';

/** Null where it is not installed. */
export function findProgram(name: string, folders: readonly string[] = FOLDERS): string | null {
  const path = [...(process.env.PATH ?? '').split(':').filter((folder) => folder !== ''), ...folders];
  return path.map((folder) => join(folder, name)).find(isProgram) ?? null;
}

function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** @throws OperatorError naming the package */
export function program(name: 'nats-server' | 'openssl'): string {
  const found = findProgram(name);
  if (found !== null) return found;
  throw new OperatorError(`${name} is not installed: apt-get install ${name}`);
}

/** The newest version of PostgreSQL, or the one that a directory was made with. @throws OperatorError */
export function postgresProgram(name: string, version: string | null = null): string {
  const versions = existsSync(POSTGRES_VERSIONS)
    ? readdirSync(POSTGRES_VERSIONS).filter((one) => /^\d+$/.test(one) && existsSync(binary(one, name)))
    : [];
  if (version !== null) {
    if (versions.includes(version)) return binary(version, name);
    const elsewhere = findProgram(name);
    if (elsewhere !== null && versions.length === 0) return elsewhere;
    throw new OperatorError(
      `the database was made with PostgreSQL ${version}, which is not installed (${versions.join(', ') || 'none is'}): ` +
        `apt-get install postgresql-${version}, or carry it over with pg_upgrade (its manual page says how)`,
    );
  }
  const [newest] = versions.sort((a, b) => Number(b) - Number(a));
  const found = newest === undefined ? findProgram(name) : binary(newest, name);
  if (found !== null) return found;
  throw new OperatorError('PostgreSQL is not installed: apt-get install postgresql');
}

const binary = (version: string, name: string): string => join(POSTGRES_VERSIONS, version, 'bin', name);

/** `[2, 9]` of `nats-server: v2.9.10`. */
export function natsVersion(file: string): [major: number, minor: number] {
  const said = execFileSync(file, ['-v'], { encoding: 'utf8' });
  const [, major = '2', minor = '9'] = /v(\d+)\.(\d+)/.exec(said) ?? [];
  return [Number(major), Number(minor)];
}

const run = promisify(execFile);

/** Runs it to its end. @throws OperatorError with the last of what it said */
export async function runProgram(
  file: string,
  args: readonly string[],
  options: { cwd?: string; what: string; uid?: number; gid?: number; env?: NodeJS.ProcessEnv },
): Promise<string> {
  const { what, ...others } = options;
  try {
    return (await run(file, [...args], { env: plainEnvironment(), maxBuffer: 16 * 1024 * 1024, ...others })).stdout;
  } catch (error) {
    const said = error instanceof Error && 'stderr' in error ? String(error.stderr).trim() : '';
    const last = said.split('\n').slice(-5).join('\n');
    throw new OperatorError(`${what} failed: ${last === '' ? codeOf(error) : last}`, 1);
  }
}

/** For servers: their words in English, their times in UTC, and nothing of the settings of whoever starts them. */
export const plainEnvironment = (): NodeJS.ProcessEnv => ({ PATH: process.env.PATH, LC_ALL: 'C.UTF-8', TZ: 'UTC' });

// As whom the servers and services of a fleet run that root started: `initdb` refuses root, and what faces the network shall not be root
// either. Whoever starts a fleet without being root runs all of it.
import {
  accessSync,
  chmodSync,
  chownSync,
  closeSync,
  constants,
  lchownSync,
  mkdirSync,
  openSync,
  readdirSync,
  statSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import type { Owner } from './fleet-directory.ts';
import { OperatorError } from './operator-error.ts';
import { findProgram } from './programs.ts';

export interface Account extends Owner {
  name: string;
}

/**
 * Makes the directory of services' files if it is not there, and gives it to the account, with the files in it.
 * @param account null: who runs this
 */
export function ownFolder(path: string, account: Account | null): void {
  mkdirSync(path, { recursive: true, mode: 0o700 });
  if (account === null) return;
  const { gid, uid } = statSync(path);
  if (uid === account.uid && gid === account.gid) return;
  for (const name of readdirSync(path)) lchownSync(join(path, name), account.uid, account.gid);
  chownSync(path, account.uid, account.gid);
}

/** The fleet's directory itself: the account goes through it, and lists nothing. @throws OperatorError */
export function openWay(directory: string, account: Account | null): void {
  if (account === null) return;
  const { mode, uid } = statSync(directory);
  if (uid === 0 && (mode & 0o011) !== 0o011) chmodSync(directory, (mode & 0o777) | 0o011);
  const closed = closedOnTheWay(directory, account);
  if (closed !== null)
    throw new OperatorError(
      `root does not run the fleet's servers itself, and user ${account.name} cannot reach ${directory} (${closed} is closed to others): ` +
        'name another directory with --dir, such as /var/lib/thingwatch-fleet, or start as an ordinary user',
    );
}

/** Null, or why the account cannot run this program of ours: it then runs as root. */
export function programOutOfReach(file: string, account: Account | null): string | null {
  if (account === null) return null;
  const closed = closedOnTheWay(file, account);
  return closed === null ? null : `user ${account.name} cannot reach ${closed}`;
}

/** The first place above (or the file) that the account may not enter (or read). */
function closedOnTheWay(path: string, { gid, uid }: Account): string | null {
  const above = dirname(path);
  const before = above === path ? null : closedOnTheWay(above, { gid, name: '', uid });
  if (before !== null) return before;
  const stats = statSync(path);
  const wanted = stats.isDirectory() ? 0o1 : 0o4;
  const shift = stats.uid === uid ? 6 : stats.gid === gid ? 3 : 0;
  return ((stats.mode >> shift) & wanted) === wanted ? null : path;
}

/** The command that runs as the account; ends with `signal` when we do, however that happens. */
export function commandAs(
  account: Account | null,
  command: string,
  args: readonly string[],
  signal: 'INT' | 'TERM',
): { command: string; args: string[]; uid?: number; gid?: number } {
  const setpriv = findProgram('setpriv');
  if (setpriv === null) {
    const as = account === null ? {} : { uid: account.uid, gid: account.gid };
    return { command, args: [...args], ...as };
  }
  const as =
    account === null
      ? []
      : [`--reuid=${account.uid}`, `--regid=${account.gid}`, '--clear-groups', '--inh-caps=-all', '--no-new-privs'];
  return { command: setpriv, args: [...as, `--pdeathsig=${signal}`, '--', command, ...args] };
}

/** @throws OperatorError where this account may not write there */
export function ensureWritable(directory: string): void {
  try {
    mkdirSync(directory, { recursive: true, mode: 0o755 });
    accessSync(directory, constants.W_OK | constants.X_OK);
    closeSync(openSync(join(directory, '.'), 'r'));
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    throw new OperatorError(
      `this account may not write to ${directory} (${code}): name another directory with --dir, or start as whoever owns it`,
    );
  }
}

// Whom a sensor that was started as root becomes: which user, whether that user reaches all that is needed later, how the state
// becomes theirs, and the step itself, which cannot be taken back. Belongs to main.ts.
import { spawnSync } from 'node:child_process';
import { closeSync, lstatSync, openSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Warning } from '../capture/live-source.ts';
import { PROJECT_ROOT } from '../checkout.ts';
import { EXIT } from '../cli.ts';
import type { Config } from '../config.ts';
import { EdgeError } from './edge-error.ts';
import { rightsLeft } from './privileges.ts';
import { existingAbove, foreignIn } from './state-owner.ts';

export interface User {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}

/** `stays`: why it stays root, where that was not asked for. */
export interface RunAs {
  readonly user: User | null;
  readonly stays: string | null;
}

/** Users for want of a better one, in this order. */
const LAST_CHOICES = ['thingwatch', 'nobody'];
const NOBODY: User = { name: 'nobody', uid: 65_534, gid: 65_534 };

/**
 * For a process that is root; what it looks at it leaves as it is.
 * @throws EdgeError where the configured user is none, or cannot reach what is needed
 */
export function planRunAs(config: Config, environment: NodeJS.ProcessEnv = process.env): RunAs {
  const wanted = config.run_as;
  const user = wanted === undefined ? defaultUser(environment) : findUser(wanted);
  if (user === null)
    throw new EdgeError(EXIT.usage, `run_as: there is no user ${wanted}: name one that is, or root to stay root`);
  if (user.uid === 0) return { user: null, stays: null };
  const problem = outOfReach(user, config);
  if (problem === null) return { user, stays: null };
  if (wanted !== undefined) throw new EdgeError(EXIT.usage, `run_as: ${problem}`);
  return { user: null, stays: problem };
}

export function rootWarning(problem: string): Warning {
  return {
    key: 'runs_as_root',
    say: ({ warnings }) => ({ text: warnings.staysRoot({ problem }), fix: warnings.staysRootFix }),
  };
}

/** @param name of a user, or a user id */
export function findUser(name: string): User | null {
  // Users of a directory service stand in no file.
  const asked = () => spawnSync('getent', ['passwd', name], { encoding: 'utf8' }).stdout?.trim().split(':') ?? [];
  const user = localUser(name) ?? userOf(asked());
  return user ?? (IS_ID.test(name) ? { name, uid: Number(name), gid: Number(name) } : null);
}

const IS_ID = /^\d{1,9}$/;

function localUser(name: string): User | null {
  const isId = IS_ID.test(name);
  return userOf(passwdLines().find(([known, , uid]) => (isId ? uid === name : known === name)) ?? []);
}

function userOf([name = '', , uid = '', gid = '']: string[]): User | null {
  return name === '' || gid === '' ? null : { name, uid: Number(uid), gid: Number(gid) };
}

function passwdLines(): string[][] {
  try {
    return readFileSync('/etc/passwd', 'utf8')
      .split('\n')
      .map((line) => line.split(':'));
  } catch {
    return [];
  }
}

/** Who called sudo; else whose checkout it is; else a user made for it, or nobody. */
export function defaultUser({ SUDO_UID: caller = '' }: NodeJS.ProcessEnv): User {
  if (/^[1-9]\d*$/.test(caller)) return findUser(caller) ?? NOBODY;
  const { uid } = statSync(PROJECT_ROOT);
  if (uid !== 0) return findUser(String(uid)) ?? NOBODY;
  return LAST_CHOICES.map(localUser).find((user) => user !== null) ?? NOBODY;
}

/** What the user cannot reach, in words; null where nothing is. */
function outOfReach(user: User, { capture, notes, state_dir: stateDir }: Config): string | null {
  const { ca, password_file: password } = capture.fritzbox ?? {};
  const files = [
    process.execPath,
    ...['dist/sensor/main.js', 'dist/sensor/capture/cap-child.js'].map((file) => join(PROJECT_ROOT, file)),
    ...['cap', 'better-sqlite3'].map((name) => join(PROJECT_ROOT, 'node_modules', name, 'package.json')),
    ...[password, ca].filter((file) => file !== undefined),
  ];
  const state = resolve(stateDir);
  const above = existingAbove(state);
  try {
    return asUser(user, () => {
      const readable = (path: string, look: () => void) => {
        try {
          look();
          return null;
        } catch (error) {
          return `user ${user.name} cannot reach ${path} (${codeOf(error)})`;
        }
      };
      const problems = [
        ...files.map((file) => readable(file, () => closeSync(openSync(file, 'r')))),
        ...notes.dirs.map((dir) => readable(dir, () => readdirSync(dir))),
        // That it may be entered is all that a directory above must allow; not `join`, which takes the dot away.
        readable(state, () => lstatSync(above === state ? state : `${above}/.`)),
      ];
      return problems.find((problem) => problem !== null) ?? foreign(user, state);
    });
  } catch (error) {
    return `this root may not become user ${user.name} (${codeOf(error)})`;
  }
}

function foreign(user: User, state: string): string | null {
  const name = foreignIn(state, user);
  if (name === null) return null;
  return `${state} would have to belong to user ${user.name} and holds other things than the sensor's (${name}); give state_dir a directory of its own`;
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : String(error);
}

/** Does `look` with the rights of another, for as long as that takes. Nothing else of this process runs meanwhile. */
function asUser<T>({ gid, uid }: User, look: () => T): T {
  const before = { groups: process.getgroups?.() ?? [], gid: process.getegid?.() ?? 0 };
  try {
    process.setgroups?.([gid]);
    process.setegid?.(gid);
    process.seteuid?.(uid);
    return look();
  } finally {
    process.seteuid?.(0);
    process.setegid?.(before.gid);
    process.setgroups?.(before.groups);
  }
}

/** Node has it, and its types do not. */
const withInitgroups = process as NodeJS.Process & { initgroups?(user: string, group: number): void };

/** Becomes the user for good; throws where any right is left. */
export function becomeUser({ gid, name, uid }: User): void {
  if (name === String(uid)) process.setgroups?.([gid]);
  else withInitgroups.initgroups?.(name, gid);
  process.setgid?.(gid);
  process.setuid?.(uid);
  const left = rightsLeft();
  if (left !== null) throw new Error(`the sensor became user ${name} and still has rights of root: ${left}`);
  process.env.USER = name;
  process.env.LOGNAME = name;
  process.env.HOME = passwdLines().find(([known]) => known === name)?.[5] ?? '/';
}

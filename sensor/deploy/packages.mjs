// The npm packages: installed from the lock file when what lies in node_modules is not what it names, and the native add-ons
// proven by loading them. A stamp in node_modules/.thingwatch makes the next start quick.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, realpathSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { findProgram, root, runStep, SetUpError, say } from './steps.mjs';

const ADD_ONS = ['better-sqlite3', 'cap'];

/** Null where there is none that can be read. */
function readJson(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return null;
  }
}

const stampFile = (folder) => path.join(folder, 'node_modules', '.thingwatch', 'packages.json');

/** What the last set-up left in `folder`; null without. */
export const readStamp = (folder) =>
  existsSync(path.join(folder, 'node_modules')) ? readJson(stampFile(folder)) : null;

/** Of the lock file, in hex. */
export const lockDigest = (folder) =>
  createHash('sha256')
    .update(readFileSync(path.join(folder, 'package-lock.json')))
    .digest('hex');

/** Whether all that the lock file in `folder` asks for in `mode` lies in its node_modules, whoever put it there. */
export const isInPlace = (mode, folder) =>
  installedMatches(
    readJson(path.join(folder, 'package-lock.json')),
    readJson(path.join(folder, 'node_modules', '.package-lock.json')),
    mode,
  );

/** What the stamp must say for `mode` (`prod`, or `all` with what tests need) on this Node and this lock file. */
export function wantedStamp(mode, folder = root) {
  return {
    lock: lockDigest(folder),
    nodeModules: process.versions.modules,
    platform: `${process.platform}-${process.arch}`,
    mode,
  };
}

/**
 * What node_modules needs: `nothing`; `check`, when the right packages lie there but nobody has loaded the add-ons with this
 * Node yet; or `install`.
 * @param stamp what the last set-up left, or null
 * @param inPlace whether the installed packages are those of the lock file
 */
export function decidePackages(stamp, wanted, inPlace) {
  if (stamp === null) return inPlace ? 'check' : 'install';
  if (stamp.platform !== wanted.platform) return 'install';
  const enough = stamp.mode === 'all' || wanted.mode === 'prod';
  if (stamp.lock === wanted.lock && enough) return stamp.nodeModules === wanted.nodeModules ? 'nothing' : 'check';
  return inPlace ? 'check' : 'install';
}

/** Whether npm's own record of what it installed has every package of the lock file that `mode` needs. */
export function installedMatches(lock, installed, mode) {
  if (!lock?.packages || !installed?.packages) return false;
  return Object.entries(lock.packages).every(([place, entry]) => {
    if (place === '' || entry.optional || entry.devOptional || (entry.dev && mode === 'prod')) return true;
    return installed.packages[place]?.version === entry.version;
  });
}

/** One of `ready`, `rebuild` (packages there, an add-on does not load), `install`. */
export async function inspectPackages(mode, folder = root) {
  const wanted = wantedStamp(mode, folder);
  const stamp = readStamp(folder);
  if (decidePackages(stamp, wanted, false) === 'nothing') return 'ready';
  if (decidePackages(stamp, wanted, isInPlace(mode, folder)) === 'install') return 'install';
  if ((await loadFailure(folder)) !== null) return 'rebuild';
  writeStamp(wanted, folder);
  return 'ready';
}

export function writeStamp(stamp, folder) {
  try {
    mkdirSync(path.dirname(stampFile(folder)), { recursive: true });
    writeFileSync(stampFile(folder), `${JSON.stringify(stamp)}\n`);
  } catch {
    // A checkout that this account may only read works as well; it is looked at again next time.
  }
}

/** Loads the add-ons in a child, so that one built for another Node cannot take the set-up down. Null when all load. */
async function loadFailure(folder) {
  const script = "new (require('better-sqlite3'))(':memory:').close(); require('cap')";
  const { code, text } = await runStep(process.execPath, ['-e', script], { cwd: folder, output: 'capture' });
  if (code === 0) return null;
  const reason = text.split('\n').find((line) => /Error|cannot|No such/.test(line)) ?? text.split('\n')[0];
  return reason?.trim() || `exit ${code}`;
}

/** Where the headers of this very Node lie beside it, or null: node-gyp then needs no download. */
export function headersFolder(node = process.execPath, nodeModules = process.versions.modules) {
  const prefix = path.dirname(path.dirname(realpathSync(node)));
  const include = path.join(prefix, 'include', 'node');
  if (!existsSync(path.join(include, 'node.h')) || !existsSync(path.join(include, 'common.gypi'))) return null;
  try {
    const version = readFileSync(path.join(include, 'node_version.h'), 'utf8');
    return version.match(/#define NODE_MODULE_VERSION (\d+)/)?.[1] === nodeModules ? prefix : null;
  } catch {
    return null;
  }
}

/** @returns its exit code */
export async function npm(args, { folder, onStart }) {
  const ownNpm = process.env.npm_execpath;
  const viaNode = ownNpm !== undefined && /npm-cli\.c?js$/.test(ownNpm);
  const command = viaNode ? process.execPath : findProgram('npm');
  if (command === null)
    throw new SetUpError('npm is missing: it comes with Node from https://nodejs.org, or as the package npm');
  const env = { ...process.env };
  const headers = headersFolder();
  // Two names for one setting: node-gyp before version 11 knows the first only, npm 11 complains about it.
  if (headers !== null)
    Object.assign(env, { npm_config_nodedir: headers, npm_package_config_node_gyp_nodedir: headers });
  const quiet = ['--no-audit', '--no-fund', '--loglevel=error'];
  const { code } = await runStep(command, [...(viaNode ? [ownNpm] : []), ...args, ...quiet], {
    cwd: folder,
    env,
    onStart,
  });
  return code;
}

async function install(mode, context) {
  say(
    'installing npm packages and compiling add-ons (a minute or two, longer on a small computer; only the first time)',
  );
  const code = await npm(['ci', mode === 'prod' ? '--omit=dev' : '--include=dev'], context);
  if (code !== 0) throw new SetUpError(`npm ci failed (exit ${code}); its reason is above`);
}

/**
 * Brings node_modules to what the lock file says and proves the add-ons. Call it under the set-up's lock.
 * @param state from `inspectPackages`
 */
export async function ensurePackages(mode, state, { folder = root, onStart } = {}) {
  if (state === 'ready') return;
  const context = { folder, onStart };
  const rebuild = (...options) => {
    say(`building the add-ons ${ADD_ONS.join(' and ')} again`);
    return npm(['rebuild', ...ADD_ONS, ...options], context);
  };
  // From the quick to the thorough: rebuilding may fetch a ready-made add-on; from source it works whatever npm's own
  // settings forbid.
  const ways = [
    ...(state === 'rebuild' ? [() => rebuild()] : []),
    () => install(mode, context),
    () => rebuild('--ignore-scripts=false', '--build-from-source'),
  ];
  let failure = null;
  for (const way of ways) {
    await way();
    failure = await loadFailure(folder);
    if (failure === null) break;
    say(`an add-on does not load (${failure})`);
  }
  if (failure !== null) throw new SetUpError(`the add-ons ${ADD_ONS.join(' and ')} cannot be loaded: ${failure}`);
  writeStamp(wantedStamp(mode, folder), folder);
}

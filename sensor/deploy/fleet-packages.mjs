// The npm packages of those who run a fleet (sensor/fleet/package.json): collector, desk and operator need them, and so do the tests; a
// start of a sensor never asks. Nothing in them is compiled, so a stamp of the lock file is all there is to look at.
import path from 'node:path';
import { isInPlace, lockDigest, npm, readStamp, writeStamp } from './packages.mjs';
import { root, SetUpError, say } from './steps.mjs';

/** Where they lie, with a package.json, a lock file and a node_modules of their own. */
export const FLEET_FOLDER = path.join(root, 'sensor/fleet');

const wantedStamp = (mode, folder) => ({ lock: lockDigest(folder), mode });

/**
 * One of `ready`, `install`.
 * @param mode `prod`, or `all` with the types that tests are checked against
 */
export function inspectFleetPackages(mode, folder = FLEET_FOLDER) {
  const wanted = wantedStamp(mode, folder);
  const stamp = readStamp(folder);
  if (stamp?.lock === wanted.lock && (stamp.mode === 'all' || mode === 'prod')) return 'ready';
  // Whoever gave `npm ci` by hand has done it already.
  if (!isInPlace(mode, folder)) return 'install';
  writeStamp(wanted, folder);
  return 'ready';
}

/** Brings them to what their lock file says. Call it under the set-up's lock. */
export async function ensureFleetPackages(mode, { folder = FLEET_FOLDER, onStart } = {}) {
  if (inspectFleetPackages(mode, folder) === 'ready') return;
  say('installing the npm packages of the fleet (only the first time)');
  const which = mode === 'prod' ? '--omit=dev' : '--include=dev';
  const code = await npm(['ci', '--ignore-scripts', which, '--prefix', folder], { folder, onStart });
  if (code !== 0) throw new SetUpError(`npm ci --prefix sensor/fleet failed (exit ${code}); its reason is above`);
  writeStamp(wantedStamp(mode, folder), folder);
}

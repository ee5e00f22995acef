// Everything a fresh clone needs before the program or its tests can run; quiet and quick when nothing is to do.
// Run by itself (`node sensor/deploy/set-up.mjs [--tests]`) it does the set-up and nothing else.
import { pathToFileURL } from 'node:url';
import { ensurePackages, inspectPackages } from './packages.mjs';
import { isUpToDate, workFolder } from './stamp.mjs';
import { completePath, SetUpError, say } from './steps.mjs';
import { ensureSystem } from './system.mjs';

const OLDEST_NODE = [20, 19];
/**
 * From 24.19 on, add-ons that are built with Node 24's own headers abort the process at some garbage collection
 * (https://github.com/nodejs/node/issues/65446): better-sqlite3 12 is one, and 13 does not run on Node 20.
 */
const ABORTING_NODE = [24, 19];

/** Null, or what to tell a person whose Node is too old, or is one on which the program would end without a word. */
export function nodeComplaint(version) {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  if (major === ABORTING_NODE[0] && minor >= ABORTING_NODE[1])
    return `Node ${version} aborts programs that use SQLite as this one does (nodejs/node issue 65446), at a moment that nobody can foresee. Use Node 22, or 20.19 and newer of 20, from https://nodejs.org or your system's packages.`;
  if (major > OLDEST_NODE[0] || (major === OLDEST_NODE[0] && minor >= OLDEST_NODE[1])) return null;
  return `thingwatch needs Node ${OLDEST_NODE.join('.')} or newer; this is Node ${version}. Get one from https://nodejs.org or your system's packages.`;
}

export function ensureNode() {
  const complaint = nodeComplaint(process.versions.node);
  if (complaint !== null) throw new SetUpError(complaint, 2);
}

async function ensureBuild(forTests, onStart) {
  if (isUpToDate(forTests)) return;
  say('building');
  const { build } = await import('./build.mjs');
  await build({ forTests, onStart });
}

/** As `inspectPackages`, of the packages that only fleets and tests need; who needs none does not even ask. */
async function inspectFleet(mode, isNeeded) {
  if (!isNeeded) return 'ready';
  const { inspectFleetPackages } = await import('./fleet-packages.mjs');
  return inspectFleetPackages(mode);
}

async function ensureFleet(mode, isNeeded, onStart) {
  if ((await inspectFleet(mode, isNeeded)) === 'ready') return;
  const { ensureFleetPackages } = await import('./fleet-packages.mjs');
  await ensureFleetPackages(mode, { onStart });
}

/**
 * Does what is missing, in order: Node, system packages, npm packages, build. Throws SetUpError with a message for a person.
 * @param forTests also what tests, lab and bench need
 * @param forFleet also what a fleet runs on
 */
export async function setUp({ forTests, forFleet = forTests }) {
  ensureNode();
  completePath();
  const mode = forTests ? 'all' : 'prod';
  const state = await inspectPackages(mode);
  await ensureSystem({ forTests, forFleet, building: state !== 'ready' });
  const fleetState = await inspectFleet(mode, forFleet);
  if (state === 'ready' && fleetState === 'ready' && isUpToDate(forTests)) return;
  // Loaded only where there is something to do: this is part of each start.
  const { withLock } = await import('./lock.mjs');
  const onWait = (pid) => say(`another set-up of this checkout is at work (process ${pid}); waiting for it`);
  await withLock(
    workFolder(),
    async (onStart) => {
      // Looked at again: whoever held the lock may have done it all.
      await ensurePackages(mode, await inspectPackages(mode), { onStart });
      await ensureFleet(mode, forFleet, onStart);
      await ensureBuild(forTests, onStart);
    },
    { onWait },
  );
}

/** Runs `work`; a SetUpError becomes its message and exit code, and null is returned. */
export async function orExplain(work) {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof SetUpError)) throw error;
    say(error.message);
    process.exitCode = error.exitCode;
    return null;
  }
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  await orExplain(() => setUp({ forTests: process.argv.includes('--tests') }));
}

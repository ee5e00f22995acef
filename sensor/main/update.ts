// `thingwatch update`: fetches what is new, puts its build in the place of the installed one, and takes both that and the database
// back where the new one does not come up. Belongs to main.ts.
import { existsSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { PROJECT_ROOT, version } from '../checkout.ts';
import { EXIT, type UpdateCommand } from '../cli.ts';
import {
  buildName,
  type Installed,
  isCheckout,
  PACKAGED,
  PLACES,
  readInstalled,
  stampOf,
} from '../deploy/service/places.ts';
import { lastWords, mustRun, runCommand } from '../deploy/service/run-command.ts';
import { type Step, StepError, takeSteps } from '../deploy/service/steps.ts';
import { reload, restart, stop } from '../deploy/service/systemctl.ts';
import { writeBackup } from '../record/backup.ts';
import { restoreBackup } from '../record/restore.ts';
import { databaseIn } from '../spine.ts';
import { EdgeError } from './edge-error.ts';
import { refuseStranger, stageProgram, unitText, writeUnit } from './install-steps.ts';
import { findUser } from './run-as.ts';
import { refuseWithoutRights } from './service-rights.ts';
import { pageThatAnswers, waitUntilUp } from './service-up.ts';
import { print } from './terminal.ts';

/** By its name no part of a backup that a person makes. */
const BACKUP = `${databaseIn(PLACES.state)}.before-update`;

export async function update(command: UpdateCommand): Promise<number> {
  if (PROJECT_ROOT === PACKAGED)
    throw new EdgeError(EXIT.usage, 'it came as a package: sudo apt-get install ./thingwatch_VERSION_ARCHITECTURE.deb');
  await refuseWithoutRights(command.dryRun);
  const installed = readInstalled();
  if (installed === null)
    throw new EdgeError(EXIT.failed, 'nothing is installed that "thingwatch install" has put there: install it first');
  if (!isCheckout(PROJECT_ROOT)) return fromCheckout(installed.checkout, command);
  const pulled = command.pull ? await pull(command.dryRun) : false;
  // Not this program brings it, but the new one.
  if (pulled) return fromCheckout(PROJECT_ROOT, { ...command, pull: false });
  const isDone = await takeSteps(updateSteps(installed), { dryRun: command.dryRun, say: print });
  return isDone ? EXIT.done : EXIT.failed;
}

/** The set-up of the checkout builds it first, where it has changed. */
async function fromCheckout(checkout: string, { dryRun, pull }: UpdateCommand): Promise<number> {
  const start = join(checkout, 'sensor/deploy/start.mjs');
  if (!existsSync(start))
    throw new EdgeError(
      EXIT.failed,
      `the checkout ${checkout} is gone: give "update" in another with "npm run -s thingwatch -- update"`,
    );
  const options = [...(pull ? [] : ['--no-pull']), ...(dryRun ? ['--dry-run'] : [])];
  const { code } = await runCommand(process.execPath, [start, 'update', ...options], {
    cwd: checkout,
    output: 'inherit',
  });
  return code;
}

/** As whose checkout it is. @returns whether something came */
async function pull(dryRun: boolean): Promise<boolean> {
  const { gid, uid } = statSync(PROJECT_ROOT);
  const home = uid === 0 ? '/root' : homeOf(uid);
  const options = { as: { uid, gid }, cwd: PROJECT_ROOT, env: { ...process.env, HOME: home } };
  const git = (...args: string[]) => runCommand('git', args, options);
  const { code } = await git('rev-parse', '--abbrev-ref', '@{upstream}');
  if (code !== 0) {
    print(`${'there'.padEnd(8)}${'pull'.padEnd(14)} no branch to pull from: the checkout as it is\n`);
    return false;
  }
  if (dryRun) {
    print(`${'would'.padEnd(8)}${'pull'.padEnd(14)} git pull --ff-only, npm ci where the lock file changed, build\n`);
    return false;
  }
  const head = async () => (await git('rev-parse', 'HEAD')).output;
  const before = await head();
  const pulled = await git('pull', '--ff-only', '--quiet');
  if (pulled.code !== 0)
    throw new EdgeError(
      EXIT.failed,
      `git pull: ${lastWords(pulled.output)}. Nothing was changed. Pull by hand, or give --no-pull to take the checkout as it is`,
    );
  const after = await head();
  print(`${(before === after ? 'there' : 'done').padEnd(8)}${'pull'.padEnd(14)} ${after.slice(0, 12)}\n`);
  return before !== after;
}

function homeOf(uid: number): string {
  const line = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .find((user) => user.split(':')[2] === String(uid));
  return line?.split(':')[5] ?? '/';
}

function updateSteps(installed: Installed): Step[] {
  const wanted = stampOf(PROJECT_ROOT);
  const name = wanted === null ? 'a build' : buildName(version(), wanted);
  return [
    {
      name: 'program',
      plan: `${name} into ${PLACES.program}, the one before into ${PLACES.previous}; a copy of the database first; both back if it does not come up`,
      async look() {
        const now = readInstalled();
        if (now === null || now.stamp !== wanted) return null;
        const page = await pageThatAnswers(PLACES.state, now.config);
        return page === null ? null : `${name} runs; its page is ${page}`;
      },
      act: () => (installed.stamp === wanted ? restartOnly(installed) : exchange(installed, name)),
    },
  ];
}

async function restartOnly({ config }: Installed): Promise<void> {
  await restart();
  await waitUntilUp(PLACES.state, config);
}

async function exchange(before: Installed, name: string): Promise<string> {
  refuseStranger(PLACES.program);
  stageProgram(before);
  const unitBefore = readFileSync(PLACES.unit, 'utf8');
  await stop();
  const hasBackup = await backUp(before);
  rmSync(PLACES.previous, { recursive: true, force: true });
  renameSync(PLACES.program, PLACES.previous);
  renameSync(PLACES.coming, PLACES.program);
  try {
    const unit = unitText(before, PLACES.program);
    if (unit !== unitBefore) await writeUnit(unit);
    await restart();
    const page = await waitUntilUp(PLACES.state, before.config);
    return `${name} runs; its page is ${page}. The build before is in ${PLACES.previous}`;
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    const back = await takeBack(before, { unitBefore, hasBackup });
    throw new StepError(
      `${name}: ${error.message}. ${back}`,
      'report this with the reason above, or wait for a newer version',
    );
  }
}

/** With the sensor stopped: nothing is lost should it come back. @returns whether there is a database */
async function backUp({ config, user }: Installed): Promise<boolean> {
  const from = databaseIn(PLACES.state);
  if (!existsSync(from)) return false;
  try {
    writeBackup({ from, to: BACKUP, version: version(), now: Date.now(), replace: true });
    const owner = findUser(user);
    if (owner !== null) await mustRun(['chown', `${owner.uid}:${owner.gid}`, BACKUP], 'see who owns it');
    return true;
  } catch (error) {
    await restart();
    await waitUntilUp(PLACES.state, config);
    const reason = error instanceof Error ? error.message : String(error);
    throw new StepError(
      `the database cannot be copied (${reason}); the sensor runs as before`,
      'make room on the disk of the state directory',
    );
  }
}

/** @returns how that went, in words */
async function takeBack(
  before: Installed,
  { hasBackup, unitBefore }: { hasBackup: boolean; unitBefore: string },
): Promise<string> {
  await stop();
  rmSync(PLACES.program, { recursive: true, force: true });
  renameSync(PLACES.previous, PLACES.program);
  if (readFileSync(PLACES.unit, 'utf8') !== unitBefore) {
    await writeUnit(unitBefore);
    await reload();
  }
  const restored = hasBackup ? restoreBackup({ from: BACKUP, to: databaseIn(PLACES.state), now: Date.now() }) : null;
  await restart();
  await waitUntilUp(PLACES.state, before.config);
  const database = restored === null ? '' : ' with the database of before';
  const aside = restored?.aside == null ? '' : `; what the new one had made of it is in ${restored.aside}`;
  return `The build before (${buildName(before.version, before.stamp)}) runs again${database}${aside}`;
}

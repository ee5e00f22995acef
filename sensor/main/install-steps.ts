// The steps of `thingwatch install`, each able to see whether it is done. What they are done with is in the plan. Belongs to main.ts.
import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { mendOffloads, readOffloads } from '../capture/offloads.ts';
import { PROJECT_ROOT, version } from '../checkout.ts';
import {
  buildName,
  type Installed,
  installedFile,
  PACKAGED,
  PLACES,
  readInstalled,
  stampOf,
} from '../deploy/service/places.ts';
import { copyProgram } from '../deploy/service/program-files.mjs';
import { lastWords, mustRun, runCommand } from '../deploy/service/run-command.ts';
import { type Step, StepError } from '../deploy/service/steps.ts';
import { enable, reload, restart, serviceState } from '../deploy/service/systemctl.ts';
import { fillUnit, isOurUnit } from '../deploy/service/unit.ts';
import { findTool } from './find-tool.ts';
import type { InstallPlan } from './install-plan.ts';
import { findUser, type User } from './run-as.ts';
import { settingsIn, withSettings } from './service-settings.ts';
import { pageThatAnswers, waitUntilUp } from './service-up.ts';
import { handOver } from './state-owner.ts';

export function installSteps(plan: InstallPlan, isTested: boolean): Step[] {
  // A package brings program, command and unit.
  const isOurs = PROJECT_ROOT !== PACKAGED;
  return [
    toolsStep(plan),
    userStep(plan),
    ...(isOurs ? [programStep(plan)] : []),
    configStep(plan),
    stateStep(plan),
    ...(isOurs ? [commandStep(), unitStep(plan)] : []),
    serviceStep(plan),
    ...(plan.port === null ? [] : [offloadStep(plan.port)]),
    ...(isTested ? [selfTestStep(plan)] : []),
  ];
}

/** Programs that the service needs and the program itself does not bring; by Debian's packages. */
const TOOLS = ['perl', 'tcpdump', 'setpriv'] as const;
const PACKAGE_OF: Record<string, string> = { setpriv: 'util-linux' };

function toolsStep({ port }: InstallPlan): Step {
  const wanted = [...TOOLS, ...(port === null ? [] : ['ethtool'])];
  const missing = () => wanted.filter((name) => findTool(name) === null);
  return {
    name: 'tools',
    plan: `apt-get install ${missing().join(' ')}`,
    look: () => (missing().length === 0 ? wanted.join(', ') : null),
    async act() {
      const packages = missing().map((name) => PACKAGE_OF[name] ?? name);
      const fix = `install ${packages.join(' and ')} with this system's package manager`;
      const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
      await mustRun(['apt-get', 'install', '-y', '--no-install-recommends', ...packages], fix, { env });
    },
  };
}

function userStep({ user }: InstallPlan): Step {
  const nologin = existsSync('/usr/sbin/nologin') ? '/usr/sbin/nologin' : '/bin/false';
  const options = ['--system', '--user-group', '--no-create-home', '--home-dir', '/nonexistent', '--shell', nologin];
  return {
    name: 'user',
    plan: `useradd --system ${user}`,
    look() {
      const known = findUser(user);
      if (known === null) return null;
      if (known.uid === 0) throw new StepError(`${user} is root`, 'name a user without rights with --user');
      return `${user}, id ${known.uid}`;
    },
    act: async () => void (await mustRun(['useradd', ...options, user], 'make that user yourself')),
  };
}

/** After the step that makes it. */
function userOf({ user }: InstallPlan): User {
  const known = findUser(user);
  if (known === null) throw new StepError(`there is no user ${user}`, 'make it, or name another with --user');
  return known;
}

function programStep(plan: InstallPlan): Step {
  return {
    name: 'program',
    plan: `copy the built program and what it needs from ${PROJECT_ROOT} to ${PLACES.program}`,
    look() {
      const installed = readInstalled();
      if (installed === null) return null;
      const here = buildName(installed.version, installed.stamp);
      const isOther = installed.stamp !== stampOf(PROJECT_ROOT);
      return `${here} in ${PLACES.program}${isOther ? '; this checkout has another build, which "thingwatch update" brings' : ''}`;
    },
    act() {
      refuseStranger(PLACES.program);
      checkNode();
      stageProgram({ user: plan.user, config: plan.config });
      rmSync(PLACES.program, { recursive: true, force: true });
      renameSync(PLACES.coming, PLACES.program);
    },
  };
}

/** What is in the place of the program and did not come from here is not thrown away. */
export function refuseStranger(folder: string): void {
  if (!existsSync(folder) || existsSync(installedFile(folder))) return;
  throw new StepError(
    `${folder} is there and was not made by "thingwatch install"`,
    `move ${folder} away: a checkout may lie anywhere else`,
  );
}

/** The service's user, who is nobody's friend, must be able to run this Node. */
function checkNode(): void {
  for (let place = process.execPath; place !== '/'; place = dirname(place)) {
    if ((statSync(place).mode & 0o001) === 0)
      throw new StepError(
        `other users may not enter ${place}, and this Node (${process.execPath}) lies there`,
        'install Node.js for all users: from your system’s packages or from https://nodejs.org',
      );
  }
}

/** Puts the build of this checkout beside the installed one, whole. */
export function stageProgram({ config, user }: Pick<Installed, 'config' | 'user'>): Installed {
  const stamp = stampOf(PROJECT_ROOT);
  if (stamp === null) throw new StepError(`${PROJECT_ROOT} is not built`, 'npm run build');
  rmSync(PLACES.coming, { recursive: true, force: true });
  copyProgram(PROJECT_ROOT, PLACES.coming);
  const installed = { version: version(), stamp, user, config, checkout: PROJECT_ROOT, selfTest: null };
  writeInstalled(installed, PLACES.coming);
  return installed;
}

export function writeInstalled(installed: Installed, program: string = PLACES.program): void {
  writeWhole(installedFile(program), `${JSON.stringify(installed, null, 2)}\n`, 0o644);
}

function configStep(plan: InstallPlan): Step {
  const { config, settings } = plan;
  const shown = [...settings].map(([key, value]) => `${key}: ${JSON.stringify(value)}`).join(', ');
  return {
    name: 'configuration',
    plan: `write ${config} (${shown})`,
    look() {
      if (!existsSync(config)) return null;
      const known = settingsIn(readFileSync(config, 'utf8'));
      const isThere = [...settings].every(([key, value]) => JSON.stringify(known(key)) === JSON.stringify(value));
      return isThere && readableBy(config, userOf(plan)) ? config : null;
    },
    act() {
      const before = existsSync(config) ? readFileSync(config, 'utf8') : null;
      mkdirSync(dirname(config), { recursive: true, mode: 0o755 });
      writeWhole(config, withSettings(before, settings), 0o640, userOf(plan).gid);
      return `${config}: ${shown || 'readable by the service'}`;
    },
  };
}

/** It may hold passwords: for root and the service alone. */
function readableBy(file: string, { gid, uid }: User): boolean {
  const stats = statSync(file);
  return (stats.mode & 0o004) !== 0 || (stats.gid === gid && (stats.mode & 0o040) !== 0) || stats.uid === uid;
}

function stateStep(plan: InstallPlan): Step {
  const { stateDir } = plan;
  return {
    name: 'state',
    plan: `make ${stateDir} for user ${plan.user} alone`,
    look() {
      if (!existsSync(stateDir)) return null;
      const { mode, uid } = statSync(stateDir);
      return uid === userOf(plan).uid && (mode & 0o777) === 0o700 ? stateDir : null;
    },
    act() {
      const changed = existsSync(stateDir);
      handOver(stateDir, userOf(plan));
      chmodSync(stateDir, 0o700);
      return `${stateDir}${changed ? ', now of its user alone' : ''}`;
    },
  };
}

function commandStep(): Step {
  const text = `#!/bin/sh\n# Written by "thingwatch install".\nexec ${process.execPath} ${PLACES.program}/dist/sensor/main.js "$@"\n`;
  return {
    name: 'command',
    plan: `write ${PLACES.command}, which starts the installed program: "sudo thingwatch status"`,
    look: () => (existsSync(PLACES.command) && readFileSync(PLACES.command, 'utf8') === text ? PLACES.command : null),
    act: () => writeWhole(PLACES.command, text, 0o755),
  };
}

export function unitText({ config, user }: Pick<Installed, 'config' | 'user'>, from: string): string {
  const text = readFileSync(join(from, 'sensor/deploy/thingwatch.service'), 'utf8');
  const named = config === PLACES.config ? null : config;
  return fillUnit(text, { program: PLACES.program, node: process.execPath, user, config: named });
}

export async function writeUnit(text: string): Promise<string> {
  const before = existsSync(PLACES.unit) ? readFileSync(PLACES.unit, 'utf8') : null;
  const isStranger = before !== null && !isOurUnit(before);
  if (isStranger) writeWhole(`${PLACES.unit}.before-install`, before, 0o644);
  writeWhole(PLACES.unit, text, 0o644);
  await reload();
  return `${PLACES.unit}${isStranger ? `; the one before is in ${PLACES.unit}.before-install` : ''}`;
}

function unitStep(plan: InstallPlan): Step {
  const wanted = () => unitText(plan, existsSync(PLACES.program) ? PLACES.program : PROJECT_ROOT);
  return {
    name: 'unit',
    plan: `write ${PLACES.unit} and have systemd read it`,
    look: () => (existsSync(PLACES.unit) && readFileSync(PLACES.unit, 'utf8') === wanted() ? PLACES.unit : null),
    act: () => writeUnit(wanted()),
  };
}

function serviceStep({ config, stateDir }: InstallPlan): Step {
  return {
    name: 'service',
    plan: 'systemctl enable, start, and wait until the page answers',
    async look() {
      const page = await pageThatAnswers(stateDir, config);
      const { enabled } = await serviceState();
      return page !== null && enabled === 'enabled' ? `runs, starts with the machine; its page is ${page}` : null;
    },
    async act() {
      await enable();
      await restart();
      await waitUntilUp(stateDir, config);
    },
  };
}

function offloadStep(port: string): Step {
  return {
    name: 'offloads',
    plan: `ethtool -K ${port} …: merged segments overflow the capture; the unit does it again at each start`,
    async look() {
      const on = await readOffloads(port);
      if ('problem' in on) return `those of ${port} cannot be read: ${on.problem}`;
      return on.switchable.length === 0 ? `off at ${port}` : null;
    },
    act: async () => void (await mendOffloads(port, () => {})),
  };
}

function selfTestStep(plan: InstallPlan): Step {
  let said = '';
  return {
    name: 'self-test',
    plan: 'play crafted traffic through the installed program: each detector must fire',
    look() {
      const installed = readInstalled();
      if (installed === null) return said || null;
      return installed.selfTest === installed.stamp ? said || 'passed with this build' : null;
    },
    async act() {
      const { gid, uid } = userOf(plan);
      const main = join(PROJECT_ROOT === PACKAGED ? PACKAGED : PLACES.program, 'dist/sensor/main.js');
      const options = { as: { uid, gid }, env: { PATH: process.env.PATH } };
      const { code, output } = await runCommand(process.execPath, [main, 'self-test'], options);
      const failed = output.split('\n').filter((line) => !/^\s*ok\b/.test(line));
      if (code !== 0)
        throw new StepError(lastWords(failed.join('\n')) || `exit ${code}`, '"thingwatch self-test" lists what fails');
      said = output.split('\n').at(-1) ?? '';
      const installed = readInstalled();
      if (installed !== null) keepSelfTest(installed);
    },
  };
}

/** Its date stays: the running service is not older than its files for that. */
function keepSelfTest(installed: Installed): void {
  const file = installedFile(PLACES.program);
  const { atime, mtime } = statSync(file);
  writeInstalled({ ...installed, selfTest: installed.stamp });
  utimesSync(file, atime, mtime);
}

/** Never half: what reads it meanwhile has the old text or the new. */
function writeWhole(file: string, text: string, mode: number, group?: number): void {
  const coming = `${file}.new`;
  rmSync(coming, { force: true });
  writeFileSync(coming, text, { mode, flag: 'wx' });
  chmodSync(coming, mode);
  if (group !== undefined) chownSync(coming, 0, group);
  renameSync(coming, existsSync(file) && lstatSync(file).isSymbolicLink() ? realpathSync(file) : file);
}

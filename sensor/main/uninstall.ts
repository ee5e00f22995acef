// `thingwatch uninstall`: takes away what `install` made; configuration and state stay unless told. Belongs to main.ts.
import { existsSync, readdirSync, readFileSync, rmdirSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { PROJECT_ROOT } from '../checkout.ts';
import { EXIT, type UninstallCommand } from '../cli.ts';
import { type Installed, PACKAGED, PLACES, readInstalled, USER } from '../deploy/service/places.ts';
import { mustRun } from '../deploy/service/run-command.ts';
import { type Step, takeSteps } from '../deploy/service/steps.ts';
import { disableAndStop, reload, serviceState } from '../deploy/service/systemctl.ts';
import { isOurUnit } from '../deploy/service/unit.ts';
import { isAsked, isYes } from './ask.ts';
import { EdgeError } from './edge-error.ts';
import { refuseStranger } from './install-steps.ts';
import { findUser } from './run-as.ts';
import { refuseWithoutRights } from './service-rights.ts';
import { complain, print } from './terminal.ts';

export async function uninstall({ dryRun, purge, yes }: UninstallCommand): Promise<number> {
  if (PROJECT_ROOT === PACKAGED)
    throw new EdgeError(EXIT.usage, `it came as a package: sudo apt-get ${purge ? 'purge' : 'remove'} thingwatch`);
  await refuseWithoutRights(dryRun);
  if (!dryRun && !yes && !(await isAgreed(purge))) return EXIT.failed;
  const installed = readInstalled();
  // The program comes last: it is what this command runs, maybe, and what tells where the rest lies.
  const steps = [serviceStep(), ...filesSteps(), ...(purge ? purgeSteps(installed) : []), programStep()];
  if (!(await takeSteps(steps, { dryRun, say: print }))) return EXIT.failed;
  if (!purge) print(keptText(installed));
  return EXIT.done;
}

async function isAgreed(purge: boolean): Promise<boolean> {
  if (!isAsked()) throw new EdgeError(EXIT.usage, 'nobody can be asked here (no terminal): give --yes');
  const data = purge ? ' with its configuration and everything it knows' : '';
  if (await isYes(`Remove the service${data}?`)) return true;
  complain('Nothing was changed.\n');
  return false;
}

function serviceStep(): Step {
  return {
    name: 'service',
    plan: 'systemctl disable --now',
    async look() {
      const { active, enabled } = await serviceState();
      const isStopped = active === '' || active === 'inactive' || active === 'failed';
      return isStopped && enabled !== 'enabled' ? 'stopped, and no longer started' : null;
    },
    act: disableAndStop,
  };
}

/** Each only where it is ours. */
function filesSteps(): Step[] {
  return [
    {
      name: 'unit',
      plan: `remove ${PLACES.unit}`,
      look: () => (isThere(PLACES.unit, isOurUnit) ? null : 'none of ours'),
      async act() {
        rmSync(PLACES.unit);
        await reload();
      },
    },
    {
      name: 'command',
      plan: `remove ${PLACES.command}`,
      look: () => (isThere(PLACES.command, (text) => text.includes('thingwatch install')) ? null : 'none of ours'),
      act: () => rmSync(PLACES.command),
    },
  ];
}

function isThere(file: string, isOurs: (text: string) => boolean): boolean {
  return existsSync(file) && isOurs(readFileSync(file, 'utf8'));
}

function programStep(): Step {
  const folders = [PLACES.coming, PLACES.previous, PLACES.program];
  return {
    name: 'program',
    plan: `remove ${folders.filter((folder) => existsSync(folder)).join(', ')}`,
    look: () => (folders.some((folder) => existsSync(folder)) ? null : 'gone'),
    act() {
      for (const folder of [PLACES.previous, PLACES.program]) refuseStranger(folder);
      for (const folder of folders) rmSync(folder, { recursive: true, force: true });
    },
  };
}

function purgeSteps(installed: Installed | null): Step[] {
  const config = installed?.config ?? PLACES.config;
  const user = installed?.user ?? USER;
  return [
    {
      name: 'configuration',
      plan: `remove ${config}`,
      look: () => (existsSync(config) ? null : 'gone'),
      act() {
        rmSync(config);
        if (dirname(config) === dirname(PLACES.config) && readdirSync(dirname(config)).length === 0)
          rmdirSync(dirname(config));
      },
    },
    {
      name: 'state',
      plan: `remove ${PLACES.state} with everything the sensor knows`,
      look: () => (existsSync(PLACES.state) ? null : 'gone'),
      act: () => rmSync(PLACES.state, { recursive: true }),
    },
    {
      name: 'user',
      plan: `userdel ${user}`,
      // Another that was named with --user is a person's own.
      look: () =>
        user !== USER || findUser(user) === null ? `${user === USER ? 'gone' : `${user} was not made here`}` : null,
      act: async () => void (await mustRun(['userdel', user], 'see which processes of that user still run')),
    },
  ];
}

/** The user stays with what is theirs: a later one with the same number could read it. */
function keptText(installed: Installed | null): string {
  const kept = [installed?.config ?? PLACES.config, PLACES.state].filter((place) => existsSync(place));
  if (kept.length === 0) return '';
  return `Kept: ${kept.join(', ')} and the user ${installed?.user ?? USER}, whose they are. "uninstall --purge" removes them; "install" goes on with them.\n`;
}

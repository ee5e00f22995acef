// `thingwatch install`: from a built checkout, or an installed package, to a service that runs. Belongs to main.ts.
import { version } from '../checkout.ts';
import { EXIT, type InstallCommand } from '../cli.ts';
import { PLACES, readInstalled } from '../deploy/service/places.ts';
import { takeSteps } from '../deploy/service/steps.ts';
import { type InstallPlan, planInstall } from './install-plan.ts';
import { installSteps } from './install-steps.ts';
import { newPairingLink, pairingText, runningPage } from './pair.ts';
import { refuseWithoutRights } from './service-rights.ts';
import type { Session } from './session.ts';
import { complain, print, stopSignal } from './terminal.ts';

export async function install(command: InstallCommand, session: Session): Promise<number> {
  await refuseWithoutRights(command.dryRun);
  const abort = new AbortController();
  void stopSignal().then(() => abort.abort());
  const plan = await planInstall(command, session, readInstalled(), { out: print, signal: abort.signal });
  if (plan === null || abort.signal.aborted) {
    complain('Nothing was changed.\n');
    return EXIT.failed;
  }
  const steps = installSteps(plan, command.selfTest);
  if (!(await takeSteps(steps, { dryRun: command.dryRun, say: print }))) return EXIT.failed;
  if (!command.dryRun) await printLink(plan);
  return EXIT.done;
}

async function printLink({ stateDir }: InstallPlan): Promise<void> {
  const page = runningPage(stateDir);
  print(
    `thingwatch ${version()} runs. "sudo thingwatch status" shows how it does; settings are in ${PLACES.config}.\n`,
  );
  if (page === null) return;
  print(await pairingText({ link: newPairingLink(stateDir, page.url), loopbackOnly: page.loopbackOnly }));
}

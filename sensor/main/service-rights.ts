// What install, update and uninstall cannot do without: root, and a systemd that runs the machine. Belongs to main.ts.
import { EXIT } from '../cli.ts';
import { withoutSystemd } from '../deploy/service/systemctl.ts';
import { EdgeError } from './edge-error.ts';

/** @param dryRun looks only, which anybody may */
export async function refuseWithoutRights(dryRun: boolean): Promise<void> {
  if (dryRun) return;
  if (process.getuid?.() !== 0) throw new EdgeError(EXIT.usage, 'this needs root: give the same command with sudo');
  const problem = await withoutSystemd();
  if (problem === null) return;
  throw new EdgeError(
    EXIT.failed,
    `${problem}: a service needs systemd. Start the sensor with "npm start" from whatever starts programs on this machine`,
  );
}

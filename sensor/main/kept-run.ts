// Whether `run` needs a keeper, and if so is one: looked at before anything of the sensor is loaded. Belongs to main.ts.
import { needsKeeper, readRights } from './privileges.ts';

/** Resolves to the exit code of a sensor that was kept; to null where this process is to be the sensor itself. */
export async function runKept(argv: readonly string[]): Promise<number | null> {
  const rights = readRights();
  if (process.platform !== 'linux' || !needsKeeper(rights)) return null;
  const { findTools } = await import('./rights-tools.ts');
  const tools = findTools(rights.uid === 0);
  if (tools === null) {
    process.stderr.write(
      'thingwatch: neither setpriv nor perl works here, so the sensor keeps the right to capture: install util-linux\n',
    );
    return null;
  }
  return (await import('./keeper.ts')).keep(argv, tools);
}

// What is spawned runs from dist: makes sure that it is built, with the tools of tests, from the sources as they are.
import { build } from '../../sensor/deploy/build.mjs';
import { withLock } from '../../sensor/deploy/lock.mjs';
import { isUpToDate, workFolder } from '../../sensor/deploy/stamp.mjs';

export async function ensureBuilt(): Promise<void> {
  if (isUpToDate(true)) return;
  await withLock(workFolder(), async (onStart) => {
    if (!isUpToDate(true)) await build({ forTests: true, onStart });
  });
}

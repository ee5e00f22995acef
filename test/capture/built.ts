// What is spawned runs from dist: makes sure that it is built, with the tools of tests, from the sources as they are.
import { build, isBuilt, readBuildStamp, sourceStamp, workFolder } from '../../sensor/deploy/build.mjs';
import { withLock } from '../../sensor/deploy/lock.mjs';

export async function ensureBuilt(): Promise<void> {
  if (isBuilt(readBuildStamp(), sourceStamp(true))) return;
  await withLock(workFolder(), async (onStart) => {
    if (!isBuilt(readBuildStamp(), sourceStamp(true))) await build({ forTests: true, onStart });
  });
}

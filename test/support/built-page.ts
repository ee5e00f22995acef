// The pages as `npm run build` makes them. Apart from browser.ts, which benches use as well: those cannot bundle set-up.
import { join } from 'node:path';
import { ensureBuilt, ROOT } from '../program/program.ts';

/** The folder of a page that is built from the sources as they are: the sensor's, or the fleet desk's. */
export async function builtPage(of: 'public' | 'fleet' = 'public'): Promise<string> {
  await ensureBuilt();
  return join(ROOT, 'dist/web', of);
}

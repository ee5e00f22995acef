// Real chromium through playwright-core, and the page as `npm run build` makes it.
import { join } from 'node:path';
import { type Browser, chromium } from 'playwright-core';
import { ensureBuilt, ROOT } from '../program/program.ts';

/** Where Debian and most others have it; `CHROMIUM` names another. */
const CHROMIUM = process.env.CHROMIUM ?? '/usr/bin/chromium';

export const SCREENS = [
  { name: 'phone', width: 360, height: 740 },
  { name: 'desk', width: 1280, height: 800 },
] as const;

export function launchBrowser(): Promise<Browser> {
  const quiet = [
    '--disable-gpu',
    '--disable-quic',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
  ];
  return chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox', '--no-first-run', ...quiet] });
}

/** The folder of a page that is built from the sources as they are: the sensor's, or the fleet desk's. */
export async function builtPage(of: 'public' | 'fleet' = 'public'): Promise<string> {
  await ensureBuilt();
  return join(ROOT, 'dist/web', of);
}

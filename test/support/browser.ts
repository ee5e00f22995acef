// Real chromium through playwright-core, and the page as `npm run build` makes it, built into a temporary folder.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Browser, chromium } from 'playwright-core';
import { build } from 'vite';

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

/** @param of whose page: the sensor's, or the fleet desk's */
export async function buildPage(
  of: 'page' | 'fleet/page' = 'page',
): Promise<{ directory: string; remove: () => void }> {
  const directory = mkdtempSync(join(tmpdir(), 'thingwatch-built-'));
  const configFile = fileURLToPath(new URL(`../../web/${of}/vite.config.ts`, import.meta.url));
  await build({ configFile, logLevel: 'error', build: { outDir: directory, emptyOutDir: true } });
  return { directory, remove: () => rmSync(directory, { recursive: true }) };
}

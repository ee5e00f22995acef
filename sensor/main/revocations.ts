// Browsers that `thingwatch pair --revoke` asks the sensor to unpair, as files beside the pairing links: another process cannot write
// the database. The sensor removes a file when the browser is out. Belongs to main.ts.
import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Log } from '../log.ts';
import { pairingFolder, writeOwned } from './pairing-links.ts';

const NAME = /^revoke-([\w-]{1,32})$/;
/** How often is looked. */
const EVERY_MS = 250;

/** Asks the sensor, running or next started, to unpair a browser. */
export function askRevocation(stateDir: string, browser: string): void {
  if (!NAME.test(nameOf(browser))) return;
  mkdirSync(pairingFolder(stateDir), { recursive: true, mode: 0o700 });
  writeOwned(pairingFolder(stateDir), nameOf(browser), '');
}

/** Whether the sensor has still to do it. */
export function isRevocationOpen(stateDir: string, browser: string): boolean {
  return existsSync(join(pairingFolder(stateDir), nameOf(browser)));
}

/** Has `revoke` called for each browser that was asked for, now and from now on; what fails is tried again. Returns how to end that. */
export function followRevocations(stateDir: string, revoke: (browser: string) => void, log: Log): () => void {
  let told = '';
  const look = () => {
    for (const browser of asked(stateDir)) {
      try {
        revoke(browser);
        rmSync(join(pairingFolder(stateDir), nameOf(browser)), { force: true });
        log.info('a browser was unpaired from the command line');
      } catch (error) {
        const text = error instanceof Error ? error.message : String(error);
        if (text !== told) log.error(`a browser is unpaired until the next restart only: ${text}`);
        told = text;
      }
    }
  };
  look();
  const timer = setInterval(look, EVERY_MS);
  return () => clearInterval(timer);
}

function asked(stateDir: string): string[] {
  try {
    return readdirSync(pairingFolder(stateDir)).flatMap((name) => NAME.exec(name)?.[1] ?? []);
  } catch {
    return [];
  }
}

function nameOf(browser: string): string {
  return `revoke-${browser}`;
}

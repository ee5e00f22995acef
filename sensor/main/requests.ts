// What other processes ask of the running sensor, as files beside the pairing links, since they cannot write its database: that a
// browser is unpaired (`thingwatch pair --revoke`), that a test alert is sent (`thingwatch test-alert`). The sensor removes a file when
// that is done. Belongs to main.ts.
import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Log } from '../log.ts';
import { pairingFolder, writeOwned } from './pairing-links.ts';

const REVOCATION = /^revoke-([\w-]{1,32})$/;
const TEST = /^test-([0-9a-f]{16})$/;
/** How often is looked. */
const EVERY_MS = 250;

/** Asks the sensor, running or next started, to unpair a browser. */
export function askRevocation(stateDir: string, browser: string): void {
  if (REVOCATION.test(revocationOf(browser))) ask(stateDir, revocationOf(browser));
}

/** Whether the sensor has still to do it. */
export function isRevocationOpen(stateDir: string, browser: string): boolean {
  return existsSync(join(pairingFolder(stateDir), revocationOf(browser)));
}

/** `request`: 16 hex digits. */
export function askTest(stateDir: string, request: string): void {
  ask(stateDir, `test-${request}`);
}

/** Takes a request back that nobody has looked at. */
export function withdrawTest(stateDir: string, request: string): void {
  rmSync(join(pairingFolder(stateDir), `test-${request}`), { force: true });
}

function ask(stateDir: string, name: string): void {
  mkdirSync(pairingFolder(stateDir), { recursive: true, mode: 0o700 });
  writeOwned(pairingFolder(stateDir), name, '');
}

export interface RequestsOptions {
  stateDir: string;
  revoke(browser: string): void;
  test(request: string): void;
  log: Log;
}

/** Does what was asked for, now and from now on; what fails is tried again. Returns how to end that. */
export function followRequests({ log, revoke, stateDir, test }: RequestsOptions): () => void {
  let told = '';
  const handle = (name: string) => {
    const browser = REVOCATION.exec(name)?.[1];
    const request = TEST.exec(name)?.[1];
    if (browser === undefined && request === undefined) return;
    try {
      if (browser !== undefined) revoke(browser);
      rmSync(join(pairingFolder(stateDir), name), { force: true });
      // Only what is asked for no more: alerts without end would be worse than none.
      if (request !== undefined) test(request);
      else log.info('a browser was unpaired from the command line');
    } catch (error) {
      const text = error instanceof Error ? error.message : String(error);
      if (text !== told) log.error(failed(text, browser !== undefined));
      told = text;
    }
  };
  const look = () => {
    for (const name of names(stateDir)) handle(name);
  };
  look();
  const timer = setInterval(look, EVERY_MS);
  return () => clearInterval(timer);
}

function failed(text: string, isRevocation: boolean): string {
  return isRevocation
    ? `a browser is unpaired until the next restart only: ${text}`
    : `a test alert that was asked for is not sent: ${text}`;
}

function names(stateDir: string): string[] {
  try {
    return readdirSync(pairingFolder(stateDir));
  } catch {
    return [];
  }
}

function revocationOf(browser: string): string {
  return `revoke-${browser}`;
}

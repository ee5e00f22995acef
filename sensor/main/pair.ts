// What `thingwatch pair` needs of the page, and of the browsers that are paired with it. Belongs to main.ts.
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { newPairingToken, pairingLinkFor } from '../../web/access.ts';
import { EXIT } from '../cli.ts';
import { type Browser, readBrowsers } from '../record/browsers.ts';
import { isoTime } from '../record/report.ts';
import { EdgeError } from './edge-error.ts';
import { pairingLinks, runningPage } from './pairing-links.ts';
import { askRevocation, isRevocationOpen } from './requests.ts';
import { monotonicNow } from './system-clock.ts';

export { pairingText } from './edges.ts';
export { runningPage } from './pairing-links.ts';

/** A fresh one-time link to the page at `pageUrl` of the sensor that runs with `stateDir`. */
export function newPairingLink(stateDir: string, pageUrl: string): string {
  const token = newPairingToken(pairingLinks(stateDir), monotonicNow(), randomBytes);
  return pairingLinkFor(pageUrl, token);
}

/** How long a running sensor is waited for. */
const REVOKED_WITHIN_MS = 5000;

/** One line each, oldest pairing first. */
export function browsersText(database: string): string {
  const browsers = known(database);
  if (browsers.length === 0) return 'No browser is paired.\n';
  return browsers
    .map(
      ({ createdAt, id, lastSeen, name }) =>
        `${id}  ${name}: paired ${isoTime(createdAt)}, last seen ${isoTime(lastSeen)}\n`,
    )
    .join('');
}

/** Has the running sensor unpair a browser, which ends its open pages too. Resolves to what to say. */
export async function revokeBrowser(of: { stateDir: string; database: string; id: string }): Promise<string> {
  const { database, id, stateDir } = of;
  const browser = known(database).find((other) => other.id === id);
  if (browser === undefined)
    throw new EdgeError(
      EXIT.failed,
      `no paired browser has the id ${JSON.stringify(id)}: "thingwatch pair --list" shows them`,
    );
  askRevocation(stateDir, id);
  if (runningPage(stateDir) === null)
    return `${browser.name} will be unpaired before the page is opened: no sensor runs with this state directory now.\n`;
  for (let waited = 0; waited < REVOKED_WITHIN_MS; waited += 50) {
    if (!isRevocationOpen(stateDir, id)) return `${browser.name} is unpaired.\n`;
    await sleep(50);
  }
  throw new EdgeError(
    EXIT.failed,
    `the sensor has not unpaired ${browser.name} within ${REVOKED_WITHIN_MS / 1000} seconds; it will as soon as it can: look whether it runs`,
  );
}

function known(database: string): Browser[] {
  if (existsSync(database)) return readBrowsers(database);
  throw new EdgeError(EXIT.failed, `there is no database ${database}: name its configuration with --config`);
}

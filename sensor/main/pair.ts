// What `thingwatch pair` needs of the page. Belongs to main.ts.
import { randomBytes } from 'node:crypto';
import { newPairingToken, pairingLinkFor } from '../../web/access.ts';
import { pairingLinks } from './pairing-links.ts';
import { monotonicNow } from './system-clock.ts';

export { pairingText } from './edges.ts';
export { runningPage } from './pairing-links.ts';

/** A fresh one-time link to the page at `pageUrl` of the sensor that runs with `stateDir`. */
export function newPairingLink(stateDir: string, pageUrl: string): string {
  const token = newPairingToken(pairingLinks(stateDir), monotonicNow(), randomBytes);
  return pairingLinkFor(pageUrl, token);
}

// Whether the installed sensor is up: its service runs, its page answers, and both since its files changed. Belongs to main.ts.
import { existsSync, statSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { installedFile, PLACES } from '../deploy/service/places.ts';
import { StepError } from '../deploy/service/steps.ts';
import { lastOfLog, serviceState } from '../deploy/service/systemctl.ts';
import { pairingFolder, runningPage } from './pairing-links.ts';

/** A small computer brings its database up to date meanwhile. */
const UP_WITHIN_MS = 90_000;
const ANSWER_WITHIN_MS = 5000;

/** Where the page is; null while the service does not run, its page does not answer, or it was started before its files changed. */
export async function pageThatAnswers(stateDir: string, config: string): Promise<string | null> {
  const { active } = await serviceState();
  const page = runningPage(stateDir);
  if (active !== 'active' || page === null || !existsSync(`/proc/${page.pid ?? 0}`)) return null;
  const toldAt = changedAt(join(pairingFolder(stateDir), 'page.json'));
  const files = [PLACES.unit, config, installedFile(PLACES.program)];
  if (files.some((file) => changedAt(file) > toldAt)) return null;
  return (await answers(page.url)) || (await answers(onLoopback(page.url))) ? page.url : null;
}

/** The link is for others: a machine without an address yet can ask itself all the same. */
function onLoopback(url: string): string {
  const page = new URL(url);
  page.hostname = '127.0.0.1';
  return page.href;
}

/** @throws StepError when it is not up in time, with the last lines of its log */
export async function waitUntilUp(stateDir: string, config: string): Promise<string> {
  for (const end = performance.now() + UP_WITHIN_MS; performance.now() < end; await sleep(250)) {
    const page = await pageThatAnswers(stateDir, config);
    if (page !== null) return page;
    if ((await serviceState()).active === 'failed') break;
  }
  const log = await lastOfLog('nothing in its log');
  throw new StepError(`it runs no page: ${log}`, 'look at "journalctl -u thingwatch -n 50" for the reason');
}

function changedAt(file: string): number {
  try {
    return statSync(file).mtimeMs;
  } catch {
    return 0;
  }
}

/** Any answer will do: that it is ours the file says. Its certificate may be for another name. */
function answers(url: string): Promise<boolean> {
  return new Promise((resolve) => {
    const options = { timeout: ANSWER_WITHIN_MS, rejectUnauthorized: false };
    const request = (url.startsWith('https:') ? httpsRequest : httpRequest)(url, options, (response) => {
      response.destroy();
      resolve(true);
    });
    request.on('timeout', () => request.destroy());
    request.on('error', () => resolve(false));
    request.end();
  });
}

// `thingwatch status`: one screen about the installed sensor, of what systemd, its files and its page tell. Belongs to main.ts.
import { existsSync, readFileSync, statfsSync } from 'node:fs';
import { join } from 'node:path';
import { PROJECT_ROOT, version } from '../checkout.ts';
import { EXIT, type GlobalOptions } from '../cli.ts';
import { type Config, ConfigError, loadConfig } from '../config.ts';
import {
  buildName,
  type Installed,
  isCheckout,
  PACKAGED,
  PLACES,
  readInstalled,
  stampOf,
} from '../deploy/service/places.ts';
import { serviceState } from '../deploy/service/systemctl.ts';
import { english } from '../language/words.ts';
import { isoTime } from '../record/report.ts';
import { readSummary, type StoredSummary } from '../record/stored-summary.ts';
import { vantageAdvice } from '../record/wording-vantage.ts';
import { databaseIn } from '../spine.ts';
import { checkBroker } from './doctor-broker.ts';
import { sourceNames } from './live.ts';
import { runningPage } from './pairing-links.ts';
import { pageThatAnswers } from './service-up.ts';
import { print } from './terminal.ts';

/** Done where the service runs and its page answers. */
export async function status(globals: GlobalOptions): Promise<number> {
  const installed = readInstalled();
  const file = globals.config ?? installed?.config ?? PLACES.config;
  const { config, problem } = readConfig(file);
  const [service, page] = await Promise.all([serviceState(), pageThatAnswers(PLACES.state, file)]);
  const isUp = service.active === 'active';
  const since = service.since === '' ? '' : ` since ${service.since}`;
  const restarts = service.restarts > 0 ? `, started again by systemd ${service.restarts} times` : '';
  const boot = service.enabled === 'enabled' ? '' : '; does not start with the machine';
  const known = readKnown();
  const rows: [string, string][] = [
    ['service', `${service.active || 'none'}${isUp ? since : ''}${restarts}${boot}`],
    ['version', versionText(installed)],
    ['source', config === null ? (problem ?? '') : sourceText(config)],
    ['vantage', vantageText(known)],
    ['page', pageText(page, isUp)],
    ['broker', config === null ? 'unknown' : await brokerText(config)],
    ['incident', incidentText(known)],
    ['disk', diskText()],
    ['update', updateText(installed)],
  ];
  print(rows.map(([name, text]) => `${name.padEnd(9)}${text}\n`).join(''));
  return isUp && page !== null ? EXIT.done : EXIT.failed;
}

function readConfig(file: string): { config: Config | null; problem: string | null } {
  if (!existsSync(file)) return { config: null, problem: `there is no ${file}` };
  try {
    return { config: loadConfig({ file, workingDirectory: '/', environment: {} }).config, problem: null };
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return { config: null, problem: error.problems[0] ?? 'the configuration is wrong' };
  }
}

function versionText(installed: Installed | null): string {
  if (PROJECT_ROOT === PACKAGED) return `${version()} in ${PACKAGED}, from a package`;
  if (installed === null) return 'nothing installed by "thingwatch install"';
  const tested = installed.selfTest === installed.stamp ? ', self-test passed' : ', self-test not run';
  return `${buildName(installed.version, installed.stamp)} in ${PLACES.program}${tested}`;
}

function sourceText(config: Config): string {
  const { port, remote } = sourceNames(config);
  return remote ?? port ?? 'no interface';
}

function readKnown(): StoredSummary | 'unreadable' | null {
  try {
    return existsSync(databaseIn(PLACES.state)) ? readSummary(databaseIn(PLACES.state)) : null;
  } catch {
    return 'unreadable';
  }
}

const UNREADABLE = 'its database cannot be read as this user, or now: try with sudo';

function vantageText(known: StoredSummary | 'unreadable' | null): string {
  if (known === 'unreadable') return UNREADABLE;
  return known?.vantage == null ? 'nothing stored yet' : vantageAdvice(english, known.vantage).sentence;
}

function incidentText(known: StoredSummary | 'unreadable' | null): string {
  if (known === 'unreadable') return UNREADABLE;
  const last = known?.last ?? null;
  return last === null ? 'none' : `${isoTime(last.startedAt)} ${last.severity}, ${last.state}: ${last.summary}`;
}

function pageText(page: string | null, isUp: boolean): string {
  if (page !== null) return `${page} answers; "sudo thingwatch pair" prints a link for one more phone`;
  if (!isUp) return 'none: the service does not run';
  return runningPage(PLACES.state) === null
    ? 'unknown: try with sudo'
    : 'does not answer, or the service is older than its files: systemctl restart thingwatch';
}

async function brokerText(config: Config): Promise<string> {
  const { found, result } = await checkBroker(config);
  return result === 'ok' ? found : `${found} (thingwatch doctor says what to do)`;
}

function diskText(): string {
  if (!existsSync(PLACES.state)) return `there is no ${PLACES.state}`;
  const { bavail, blocks, bsize } = statfsSync(PLACES.state);
  const gigabytes = (count: number) => `${((count * bsize) / 1e9).toFixed(1)} GB`;
  return `${gigabytes(bavail)} of ${gigabytes(blocks)} free at ${PLACES.state}`;
}

/** Of the checkout that this is, or that it was installed from. */
function updateText(installed: Installed | null): string {
  const checkout = isCheckout(PROJECT_ROOT) ? PROJECT_ROOT : (installed?.checkout ?? null);
  if (installed === null || checkout === null || !existsSync(checkout)) return 'no checkout to compare with';
  const stamp = stampOf(checkout);
  if (stamp === installed.stamp) return `the checkout ${checkout} has nothing newer built; "thingwatch update" pulls`;
  const there = JSON.parse(readFileSync(join(checkout, 'package.json'), 'utf8')) as { version: string };
  return `the checkout ${checkout} has ${stamp === null ? there.version : buildName(there.version, stamp)}: sudo thingwatch update`;
}

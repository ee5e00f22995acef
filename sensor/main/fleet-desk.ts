// `thingwatch fleet desk`: the page for whoever looks after many homes, and the tokens that open it. Belongs to main.ts.
import { randomBytes, X509Certificate } from 'node:crypto';
import { rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { createDeskServer, DeskNeedsTls } from '../../web/fleet/server.ts';
import {
  addToken,
  FIRST_TOKEN,
  readFirstToken,
  readTokens,
  removeToken,
  TokenFileError,
  Tokens,
} from '../../web/fleet/tokens.ts';
import { WebServerError } from '../../web/listen.ts';
import { PROJECT_ROOT, version } from '../checkout.ts';
import { EXIT } from '../cli.ts';
import type { FleetDeskCommand } from '../cli-fleet.ts';
import {
  type FleetDirectory,
  FleetDirectoryError,
  type Owner,
  openFleetDirectory,
  secretFile,
} from '../fleet/operator/fleet-directory.ts';
import { MissingPackages } from '../fleet/packages.ts';
import { type FleetDatabase, missingMigrations, openDatabase } from '../fleet/store/database.ts';
import { type Log, LogBook } from '../log.ts';
import { isoTime } from '../record/report.ts';
import { shippedNotes } from '../spine.ts';
import { EdgeError } from './edge-error.ts';
import { monotonicNow } from './system-clock.ts';
import { print, stopSignal } from './terminal.ts';

const TOKENS = 'services/desk-tokens.json';
const CONNECTIONS = 6;
const STATEMENT_WITHIN = 20_000;

export async function fleetDesk(command: FleetDeskCommand): Promise<number> {
  try {
    const fleet = openFleetDirectory(command.dir);
    if (command.addToken !== null) return newToken(fleet, command.addToken, command.homes);
    if (command.removeToken !== null) return endToken(fleet, command.removeToken);
    if (command.listTokens) return listTokens(fleet);
    return await serve(fleet, command);
  } catch (error) {
    for (const mistake of [FleetDirectoryError, MissingPackages, TokenFileError, DeskNeedsTls])
      if (error instanceof mistake) throw new EdgeError(EXIT.usage, error.message);
    if (error instanceof WebServerError) {
      const isOfMoment = error.code === 'port_in_use' || error.code === 'failed';
      throw new EdgeError(isOfMoment ? EXIT.failed : EXIT.usage, error.message);
    }
    throw error;
  }
}

async function serve(fleet: FleetDirectory, command: FleetDeskCommand): Promise<number> {
  const { desk, database, name } = fleet.settings;
  const tls =
    desk.cert === null || desk.key === null ? null : { cert: fleet.read(desk.cert), key: fleet.read(desk.key) };
  const now = () => Date.now();
  const sink = (line: string) => void process.stderr.write(`${line}\n`);
  const atEnd = (flush: () => void) => process.once('exit', flush);
  const log = new LogBook({ sink, threshold: 'info', now, atEnd }).room('desk');
  const db = await openDatabase(database.desk, { connections: CONNECTIONS, statementTimeout: STATEMENT_WITHIN });
  const server = createDeskServer({
    listen: placeOf(desk.listen),
    hostNames: [...command.hostNames, ...namesIn(tls?.cert)],
    tls,
    publicDir: join(PROJECT_ROOT, 'dist/web/fleet'),
    tokens: new Tokens({
      path: fleet.path(TOKENS),
      first: secretFile(fleet.directory, 'deskToken'),
      ticks: monotonicNow,
      log,
    }),
    families: new Map(shippedNotes().map(({ family, slug, vendor }) => [slug, `${vendor} ${family}`])),
    ...{ db, fleet: name, version: version(), clock: now, ticks: monotonicNow, randomBytes, log },
  });
  try {
    const stopped = stopSignal();
    const { url } = await server.listen();
    await sayWhatIsMissing(db, log);
    log.info(`the desk of ${name} is at ${url}`);
    await stopped;
    await server.close();
  } finally {
    await db.close();
  }
  return EXIT.done;
}

/** A database that is away, or not yet as this program wants it, is said and waited for: the page says so too. */
async function sayWhatIsMissing(db: FleetDatabase, log: Log): Promise<void> {
  try {
    const missing = await missingMigrations(db);
    if (missing.length > 0)
      log.error(
        `the database lacks ${missing.length} of the steps that this version needs (first: ${missing[0]?.name}), so that not all of the desk works. ` +
          'Give `npm run fleet` where the fleet is operated, with this version.',
      );
  } catch (error) {
    log.error(`the database does not answer yet: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** `HOST:PORT` of the settings; an empty host is all addresses. */
function placeOf(listen: string): { host: string; port: number } {
  const [, host = '', port] = /^(.*):(\d+)$/.exec(listen) ?? [];
  const plain = host.replace(/^\[|\]$/g, '');
  return { host: plain === '' ? '::' : plain, port: Number(port) };
}

/** Whoever made the certificate has said what the desk is called. */
function namesIn(cert: string | undefined): string[] {
  if (cert === undefined) return [];
  try {
    const { subjectAltName = '' } = new X509Certificate(cert);
    return [...subjectAltName.matchAll(/DNS:([\w.-]+)/g)].map(([, name = '']) => name);
  } catch {
    // That it cannot be used is said when it is.
    return [];
  }
}

function newToken(fleet: FleetDirectory, name: string, homes: string[]): number {
  const token = addToken(fleet.path(TOKENS), { name, homes, createdAt: isoTime(Date.now()) }, ownerOf(fleet));
  print(`${token}\n`);
  return EXIT.done;
}

function endToken(fleet: FleetDirectory, name: string): number {
  const first = secretFile(fleet.directory, 'deskToken');
  const isFirst = name === FIRST_TOKEN && readFirstToken(first) !== null;
  if (isFirst) rmSync(first);
  else if (!removeToken(fleet.path(TOKENS), name, ownerOf(fleet)))
    throw new EdgeError(EXIT.failed, `there is no token named "${name}": "thingwatch fleet desk --tokens" lists them`);
  print(`The token "${name}" opens nothing any more, and what was opened with it is closed.\n`);
  return EXIT.done;
}

function listTokens(fleet: FleetDirectory): number {
  const first = readFirstToken(secretFile(fleet.directory, 'deskToken'));
  const tokens = [...(first === null ? [] : [first]), ...readTokens(fleet.path(TOKENS))];
  for (const { createdAt, homes, name, role } of tokens)
    print(`${name}: ${role}, made ${createdAt}${homes.length > 0 ? `, opens ${homes.join(' ')}` : ''}\n`);
  if (tokens.length === 0) print('There is no token yet: make one with --add-token NAME.\n');
  return EXIT.done;
}

/** Who has the directory has what is in it; null where that is who runs this. */
function ownerOf(fleet: FleetDirectory): Owner | null {
  const { gid, uid } = statSync(fleet.path('fleet.json'));
  return process.getuid?.() === 0 && uid !== 0 ? { uid, gid } : null;
}

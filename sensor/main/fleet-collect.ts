// `thingwatch fleet collect`: from the NATS servers into the database until it is stopped. Belongs to main.ts.
import { EXIT } from '../cli.ts';
import type { FleetServiceCommand } from '../cli-fleet.ts';
import { Collector } from '../fleet/collector/collector.ts';
import { checkStreams, NotSetUp } from '../fleet/collector/streams.ts';
import { Backoff } from '../fleet/collector/waiting.ts';
import { type FleetDirectory, FleetDirectoryError, openFleetDirectory } from '../fleet/operator/fleet-directory.ts';
import { OutbreakKeeper } from '../fleet/outbreak/outbreak-keeper.ts';
import { fleetPackage, MissingPackages, type NatsConnection } from '../fleet/packages.ts';
import { type FleetDatabase, missingMigrations, openDatabase } from '../fleet/store/database.ts';
import { type Log, LogBook, type LogLevel } from '../log.ts';
import { EdgeError } from './edge-error.ts';
import { startWarner } from './fleet-warner.ts';
import { stopSignal } from './terminal.ts';

/** A statement that takes longer is given up, and its batch tried again (ms). */
const STATEMENT_WITHIN = 60_000;

export async function fleetCollect({ dir }: FleetServiceCommand): Promise<number> {
  const sink = (line: string, _level: LogLevel) => void process.stderr.write(`${line}\n`);
  const now = () => Date.now();
  const book = new LogBook({ sink, threshold: 'info', now, atEnd: (flush) => process.once('exit', flush) });
  const log = book.room('collector');
  const stopped = stopSignal();
  let isStopped = false;
  void stopped.then(() => {
    isStopped = true;
  });
  const closing: (() => Promise<unknown>)[] = [];
  try {
    const fleet = openFleetDirectory(dir);
    const db = await openDatabase(fleet.settings.database.collector, { statementTimeout: STATEMENT_WITHIN });
    closing.unshift(() => db.close());
    const connection = await connectNats(fleet, log, () => isStopped);
    if (connection === null) return EXIT.done;
    closing.unshift(() => connection.close());
    watch(connection, log);
    if (!(await ready(db, connection, log, () => isStopped))) return EXIT.done;
    const collector = new Collector({ connection, db, log, now });
    const keeper = new OutbreakKeeper({ db, log: book.room('outbreaks'), now });
    const warner = await startWarner(fleet, { log: book.room('warner'), now });
    collector.start();
    keeper.start();
    log.info(`collects from ${fleet.settings.nats.urls.join(', ')}`);
    await Promise.race([stopped, connection.closed()]);
    await Promise.all([collector.stop(), keeper.stop(), warner?.stop()]);
    if (isStopped) return EXIT.done;
    // The client gives up by itself where it is let in no more.
    log.error('the NATS servers let this collector in no more: its credentials were revoked or replaced');
    return EXIT.failed;
  } catch (error) {
    if (error instanceof NotSetUp || error instanceof FleetDirectoryError || error instanceof MissingPackages)
      throw new EdgeError(EXIT.usage, error.message);
    throw error;
  } finally {
    for (const close of closing) await close();
  }
}

/** Tries until the servers answer: they may come later than the collector. @returns null when it was stopped meanwhile */
async function connectNats(fleet: FleetDirectory, log: Log, isStopped: () => boolean): Promise<NatsConnection | null> {
  const ca = fleet.ca('nats');
  const credentials = Buffer.from(fleet.natsCredentials());
  const { AuthorizationError, connect, credsAuthenticator } = fleetPackage('@nats-io/transport-node');
  const backoff = new Backoff();
  for (let tries = 0; !isStopped(); tries++) {
    try {
      return await connect({
        servers: fleet.settings.nats.urls,
        authenticator: credsAuthenticator(credentials),
        name: `collector ${process.pid}`,
        maxReconnectAttempts: -1,
        reconnectTimeWait: 500,
        reconnectJitter: 500,
        timeout: 5_000,
        ...(ca === undefined ? {} : { tls: { ca } }),
      });
    } catch (error) {
      if (error instanceof AuthorizationError)
        throw new EdgeError(
          EXIT.usage,
          `the NATS servers do not take ${fleet.path('services/collector.creds')}: it is not of this fleet, or was replaced. ` +
            'Copy it again from where the fleet is operated.',
        );
      const why = error instanceof Error ? error.message : String(error);
      if (tries === 1) log.warn(`waits for the NATS servers: ${why}`);
    }
    await backoff.wait();
  }
  return null;
}

function watch(connection: NatsConnection, log: Log): void {
  void (async () => {
    for await (const { type } of connection.status()) {
      if (type === 'disconnect') log.warn('the NATS server went away; records wait there or at home');
      if (type === 'reconnect') log.info('a NATS server is there again');
    }
  })();
}

/**
 * Waits until servers and database answer, and looks whether the fleet was set up in both.
 * @returns false when it was stopped meanwhile
 * @throws NotSetUp
 */
async function ready(db: FleetDatabase, nats: NatsConnection, log: Log, isStopped: () => boolean): Promise<boolean> {
  const backoff = new Backoff();
  for (let tries = 0; !isStopped(); tries++) {
    try {
      const missing = await missingMigrations(db);
      if (missing.length > 0)
        throw new NotSetUp(
          `the database lacks ${missing.length} of the steps that this version needs (first: ${missing[0]?.number} ${missing[0]?.name}): ` +
            'nothing can be stored there. Give `npm run fleet` where the fleet is operated, with this version, then start the collector again.',
        );
      await checkStreams(nats);
      return true;
    } catch (error) {
      if (error instanceof NotSetUp) throw error;
      if (tries === 1) log.warn(`waits for the servers: ${error instanceof Error ? error.message : String(error)}`);
    }
    await backoff.wait();
  }
  return false;
}

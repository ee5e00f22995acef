// How a fleet is doing, for its operator: what answers, what waits, how many homes there are, and how long the certificate holds.
import { CONSUMER } from '../collector/streams.ts';
import { fleetPackage } from '../packages.ts';
import type { Queryable } from '../store/database.ts';
import { missingMigrations } from '../store/database.ts';
import { DEAD_STREAM, MQTT_STREAM } from '../topics.ts';
import { certificateFacts } from './certificates.ts';
import { serviceCredential } from './credentials.ts';
import { type Operator, withDatabase } from './homes.ts';
import { connectToServers } from './nats-server.ts';
import { runningProcess } from './running.ts';

export interface FleetStatus {
  lines: string[];
  /** Whether all that was asked answered. */
  isWell: boolean;
}

export async function fleetStatus(operator: Operator): Promise<FleetStatus> {
  const { directory, settings } = operator.fleet;
  const running =
    operator.state.servers === null ? 'its servers run elsewhere' : processText(runningProcess(directory));
  const [servers, database] = await Promise.all([asked(serversText(operator)), asked(databaseText(operator))]);
  const certificate = certificateFacts(operator.fleet.path('tls/server.pem'));
  return {
    isWell: servers.isWell && database.isWell,
    lines: [
      `Fleet:       ${settings.name}, in ${directory}; ${running}`,
      `Servers:     ${servers.text}`,
      `Database:    ${database.text}`,
      `Certificate: ${certificate === null ? 'none' : `until ${isoDay(certificate.ends)}, for ${certificate.hosts.join(', ')}`}`,
    ],
  };
}

const processText = (pid: number | null): string => (pid === null ? 'it does not run' : `runs as process ${pid}`);
const isoDay = (time: number): string => new Date(time).toISOString().slice(0, 10);

async function asked(answer: Promise<string>): Promise<{ text: string; isWell: boolean }> {
  try {
    return { text: await answer, isWell: true };
  } catch (error) {
    return { text: error instanceof Error ? error.message : String(error), isWell: false };
  }
}

async function serversText({ fleet, state }: Operator): Promise<string> {
  const connection = await connectToServers(fleet, await serviceCredential(state.keys, 'status'));
  try {
    const manager = await fleetPackage('@nats-io/jetstream').jetstreamManager(connection);
    const waiting = await manager.consumers.info(MQTT_STREAM, CONSUMER);
    const dead = await manager.streams.info(DEAD_STREAM);
    return (
      `answer; ${waiting.num_pending + waiting.num_ack_pending} records wait for a collector, ` +
      `${dead.state.messages} dead letters, ${waiting.config.num_replicas || dead.config.num_replicas} copies of each`
    );
  } finally {
    await connection.close();
  }
}

function databaseText(operator: Operator): Promise<string> {
  return withDatabase(operator, async (db) => {
    const missing = await missingMigrations(db);
    if (missing.length > 0)
      return `answers; ${missing.length} migrations are missing: start the fleet with this program`;
    const counts = await homeCounts(db);
    const { rows } = await db.query<{ octets: string }>('SELECT pg_database_size(current_database()) AS octets');
    return `answers, ${Math.ceil(Number(rows[0]?.octets ?? 0) / 1e6)} MB; homes: ${counts}`;
  });
}

async function homeCounts(db: Queryable): Promise<string> {
  const { rows } = await db.query<{ state: string; homes: string; heard: string }>(
    `SELECT state, count(*) AS homes, count(*) FILTER (WHERE last_seen > now() - interval '1 day') AS heard
     FROM homes GROUP BY state ORDER BY state`,
  );
  if (rows.length === 0) return 'none yet ("npm run fleet -- enrol")';
  return rows
    .map(({ heard, homes, state }) => `${homes} ${state}${state === 'active' ? ` (${heard} heard within a day)` : ''}`)
    .join(', ');
}

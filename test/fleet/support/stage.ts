// A whole fleet for tests: NATS servers, a migrated database, streams and consumer as set-up makes them, a fleet's directory, and homes
// that send by MQTT with credentials of their own.
import { generateKeyPairSync } from 'node:crypto';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { connectAsync, type MqttClient } from 'mqtt';
import { setUpStreams } from '../../../sensor/fleet/collector/streams.ts';
import { FLEET_SCHEMA } from '../../../sensor/fleet/operator/fleet-directory.ts';
import type { NatsConnection } from '../../../sensor/fleet/packages.ts';
import { fleetPackage } from '../../../sensor/fleet/packages.ts';
import type { FleetRecord } from '../../../sensor/fleet/record.ts';
import { type FleetDatabase, migrate, openDatabase } from '../../../sensor/fleet/store/database.ts';
import { DEAD_STREAM, deadSubject, recordTopic } from '../../../sensor/fleet/topics.ts';
import { type ClusterOptions, NatsCluster } from './nats-cluster.ts';
import { Place } from './place.ts';
import { PostgresServer } from './postgres-server.ts';
import { enrol } from './records.ts';

export interface StageOptions extends ClusterOptions {
  /** Seconds. */
  ackWait?: number;
}

export class FleetStage {
  readonly nats: NatsCluster;
  readonly postgres: PostgresServer;
  readonly db: FleetDatabase;
  /** With the rights of a collector. */
  readonly connection: NatsConnection;
  readonly databaseUrl: string;
  readonly #place = new Place('fleet');
  readonly #ackWait: number;

  static async start({ ackWait = 5, ...cluster }: StageOptions): Promise<FleetStage> {
    const [nats, postgres] = await Promise.all([NatsCluster.start(cluster), PostgresServer.start()]);
    try {
      const url = await postgres.makeDatabase('fleet');
      const db = await openDatabase(url);
      await migrate(db);
      await db.query("CREATE ROLE collector LOGIN PASSWORD 'collector' IN ROLE fleet_collector");
      const stage = new FleetStage(nats, postgres, db, { connection: await nats.connect(), ackWait });
      await stage.setUp();
      return stage;
    } catch (error) {
      await Promise.all([nats.remove(), postgres.remove()]);
      throw error;
    }
  }

  private constructor(
    nats: NatsCluster,
    postgres: PostgresServer,
    db: FleetDatabase,
    { ackWait, connection }: { ackWait: number; connection: NatsConnection },
  ) {
    this.#ackWait = ackWait;
    this.nats = nats;
    this.postgres = postgres;
    this.db = db;
    this.connection = connection;
    this.databaseUrl = postgres.url('fleet', 'collector', 'collector');
  }

  /** Streams and consumer. */
  async setUp(): Promise<void> {
    const [mqttUrl = ''] = this.nats.mqttUrls;
    await this.nats.ready();
    // Where a server was started again, the other connection may not have found it yet.
    const connection = await this.nats.connect();
    await setUpStreams(connection, {
      mqttUrl,
      mqttToken: await this.nats.mqttToken(),
      ackWait: this.#ackWait,
    });
    await connection.close();
  }

  /** As `npm run fleet` writes it, with what a collector needs of it. @returns its path */
  async directory(): Promise<string> {
    const { nats, databaseUrl: collector } = this;
    const at = this.#place.path('directory');
    const settings = {
      schema: FLEET_SCHEMA,
      name: 'test fleet',
      nats: { urls: nats.urls, ca: null },
      mqtt: { urls: nats.mqttUrls, ca: null },
      homes: { urls: nats.mqttUrls, ca: null },
      database: { collector, desk: collector },
      desk: { listen: '127.0.0.1:0', cert: null, key: null },
    };
    secret(join(at, 'fleet.json'), JSON.stringify(settings));
    secret(join(at, 'services/collector.creds'), (await nats.serviceCredential()).creds);
    secret(join(at, 'services/warner.jwt'), await nats.mqttToken());
    const key = generateKeyPairSync('ed25519').privateKey.export({ format: 'pem', type: 'pkcs8' });
    secret(join(at, 'services/warning.pem'), String(key));
    return at;
  }

  /** Enrolled, and connected. @param node whose MQTT port */
  async home(home: string, node = 0): Promise<Sender> {
    await enrol(this.db, [home]);
    return this.sender(home, node);
  }

  /** Connected as that home, whether it is enrolled or not. */
  async sender(home: string, node = 0): Promise<Sender> {
    const { token, credential } = await this.nats.homeToken(home);
    const client = await connectAsync(
      this.nats.mqttUrls[node] ?? '',
      { username: home, password: token, protocolVersion: 4, clientId: home, reconnectPeriod: 300, keepalive: 10 },
      false,
    );
    return new Sender(home, credential, client);
  }

  /** Reason and text of each, oldest first. */
  async deadLetters(home: string): Promise<{ reason: string; detail: string; text: string }[]> {
    const manager = await fleetPackage('@nats-io/jetstream').jetstreamManager(this.connection);
    const found: { reason: string; detail: string; text: string }[] = [];
    const { state } = await manager.streams.info(DEAD_STREAM);
    for (let sequence = state.first_seq; sequence <= state.last_seq; sequence++) {
      const message = await manager.streams.getMessage(DEAD_STREAM, { seq: sequence }).catch(() => null);
      if (message?.subject !== deadSubject(home)) continue;
      const [reason, detail] = ['Fleet-Reason', 'Fleet-Detail'].map((name) => message.header.get(name));
      found.push({ reason: reason ?? '', detail: detail ?? '', text: message.string() });
    }
    return found;
  }

  /** Rows of a table, or of one home there. */
  async count(table: string, home?: string): Promise<number> {
    const where = home === undefined ? '' : ' WHERE home = $1';
    const { rows } = await this.db.query<{ n: number }>(
      `SELECT count(*)::integer AS n FROM ${table}${where}`,
      home === undefined ? [] : [home],
    );
    return rows[0]?.n ?? 0;
  }

  async remove(): Promise<void> {
    await this.db.close();
    await Promise.all([this.nats.remove(), this.postgres.remove(), this.#place.remove()]);
  }
}

/** One home's MQTT connection. */
export class Sender {
  readonly home: string;
  readonly credential: string;
  readonly client: MqttClient;

  constructor(home: string, credential: string, client: MqttClient) {
    this.home = home;
    this.credential = credential;
    this.client = client;
    client.on('error', () => {});
  }

  /** Resolves when the servers have acknowledged all of them. */
  async send(...records: (FleetRecord | Buffer | string)[]): Promise<void> {
    await Promise.all(
      records.map((record) =>
        this.client.publishAsync(
          recordTopic(this.home),
          typeof record === 'string' || Buffer.isBuffer(record) ? record : JSON.stringify(record),
          { qos: 1 },
        ),
      ),
    );
  }

  end(): Promise<void> {
    return this.client.endAsync(true);
  }
}

function secret(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
  chmodSync(path, 0o600);
}

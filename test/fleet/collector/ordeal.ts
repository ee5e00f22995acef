// A fleet under fire: homes send by MQTT, each with its own credential and an outbox that keeps what was not acknowledged, while servers,
// collectors and database are killed. At the end it is reckoned up what was acknowledged, and what of it was stored.
import { connectAsync, type MqttClient } from 'mqtt';
import { CONSUMER } from '../../../sensor/fleet/collector/streams.ts';
import { fleetPackage } from '../../../sensor/fleet/packages.ts';
import type { FleetRecord } from '../../../sensor/fleet/record.ts';
import { isoDay } from '../../../sensor/fleet/store/retention.ts';
import { MQTT_STREAM, recordTopic } from '../../../sensor/fleet/topics.ts';
import { Program } from '../../program/program.ts';
import { until } from '../support/place.ts';
import { coverageRecord, enrol, homeId, incidentRecord, usageRecord } from '../support/records.ts';
import type { FleetStage } from '../support/stage.ts';

export interface Reckoning {
  homes: number;
  /** Records that the servers acknowledged. */
  sent: number;
  /** Of those, in the database at the end. */
  stored: number;
  lost: number;
  /** Times that a record counted as new beyond its first. */
  twice: number;
  /** Acknowledged twice: the connection broke before the home heard of the first. */
  sentAgain: number;
  kills: Record<string, number>;
  seconds: number;
}

const YESTERDAY = isoDay(new Date(Date.now() - 86_400_000));
/** Homes that send at the same time. */
const AT_ONCE = 24;
const ACKNOWLEDGED_WITHIN = 4_000;

export const RECORDS_OF_A_HOME = 5;

function recordsOf(home: number): FleetRecord[] {
  return [
    coverageRecord(YESTERDAY),
    usageRecord(YESTERDAY, ['updates.example', `store-${home % 50}.example`]),
    usageRecord(YESTERDAY, ['time.example'], { family: 'shelly-plug', vendor: 'Shelly' }),
    incidentRecord(2 * home, `${YESTERDAY}T10:00Z`),
    incidentRecord(2 * home + 1, `${YESTERDAY}T11:00Z`),
  ];
}

export class Ordeal {
  readonly #stage: FleetStage;
  readonly #homes: number;
  readonly #collectors: Program[] = [];
  readonly #kills: Record<string, number> = {};
  #directory = '';
  #tokens: string[] = [];
  #acknowledged = 0;
  #sentAgain = 0;
  #begin = performance.now();

  constructor(stage: FleetStage, homes: number) {
    this.#stage = stage;
    this.#homes = homes;
  }

  /** Enrols all homes. */
  async prepare(): Promise<void> {
    this.#directory = await this.#stage.directory();
    await enrol(
      this.#stage.db,
      Array.from({ length: this.#homes }, (_, n) => homeId(n)),
    );
    for (let n = 0; n < this.#homes; n++) this.#tokens.push((await this.#stage.nats.homeToken(homeId(n))).token);
    this.#begin = performance.now();
  }

  get acknowledged(): number {
    return this.#acknowledged;
  }

  /** Sends all that homes `from` to `to` have; resolves when all of it was acknowledged. */
  async send(from: number, to: number): Promise<void> {
    let next = from;
    const one = async (): Promise<void> => {
      while (next < to) await this.#sendOf(next++);
    };
    await Promise.all(Array.from({ length: AT_ONCE }, one));
  }

  async #sendOf(home: number): Promise<void> {
    const outbox = new Map(recordsOf(home).map((record) => [record.id, JSON.stringify(record)]));
    const tried = new Set<string>();
    const urls = this.#stage.nats.mqttUrls;
    for (let tries = home; outbox.size > 0; tries++) {
      let client: MqttClient | null = null;
      try {
        client = await connectAsync(
          urls[tries % urls.length] ?? '',
          {
            username: 'home',
            password: this.#tokens[home] ?? '',
            clientId: homeId(home),
            protocolVersion: 4,
            reconnectPeriod: 0,
            connectTimeout: ACKNOWLEDGED_WITHIN,
          },
          false,
        );
        client.on('error', () => {});
        for (const [id, text] of outbox) {
          if (tried.has(id)) this.#sentAgain++;
          tried.add(id);
          await within(client.publishAsync(recordTopic(homeId(home)), text, { qos: 1 }));
          outbox.delete(id);
          this.#acknowledged++;
        }
      } catch {
        // As a sensor does: the next server, and again what was not acknowledged.
        await pause(100);
      } finally {
        client?.end(true);
      }
    }
  }

  async startCollector(): Promise<void> {
    this.#collectors.push(Program.start(['fleet', 'collect', '--dir', this.#directory]));
  }

  /** One of those that run, at once; another takes its place. */
  async killCollector(): Promise<void> {
    const victim = this.#collectors.shift();
    if (victim === undefined) throw new Error('no collector runs');
    if (victim.isOver) throw new Error(`a collector ended by itself: ${victim.stderr}`);
    await this.startCollector();
    await victim.kill();
    this.#killed('collector');
  }

  /** The node that leads the stream of records. @param loses its disk with it */
  async killLeader({ loses, away }: { loses: boolean; away: number }): Promise<number> {
    const { connection, nats } = this.#stage;
    let leader = -1;
    await until(
      () => 'the stream has a leader',
      async () => {
        leader = await nats.leaderOf(MQTT_STREAM, connection).catch(() => -1);
        return leader >= 0;
      },
    );
    await nats.kill(leader);
    this.#killed(loses ? 'leader with its disk' : 'leader');
    if (loses) nats.loseStore(leader);
    await pause(away);
    await nats.run(leader);
    return leader;
  }

  /** All replicas of the stream have all of it. */
  async replicated(): Promise<void> {
    const manager = await this.#stage.nats.manager(this.#stage.connection);
    let seen = '';
    await until(
      () => `the replicas have caught up: ${seen}`,
      async () => {
        const info = await manager.streams.info(MQTT_STREAM).catch(() => null);
        const replicas = info?.cluster?.replicas ?? [];
        seen = JSON.stringify(replicas);
        return replicas.length === 2 && replicas.every(({ current, offline }) => current && offline !== true);
      },
      { within: 40_000 },
    );
  }

  async killDatabase(away: number): Promise<void> {
    await this.#stage.postgres.kill();
    this.#killed('PostgreSQL');
    await pause(away);
    await this.#stage.postgres.run();
  }

  #killed(what: string): void {
    this.#kills[what] = (this.#kills[what] ?? 0) + 1;
  }

  /** Nothing waits any more, neither in the stream nor with a collector: for a second, as the servers know what came a moment later. */
  async emptied(within: number): Promise<void> {
    const { jetstreamManager } = fleetPackage('@nats-io/jetstream');
    const manager = await jetstreamManager(this.#stage.connection, { checkAPI: false });
    let seen = '';
    let times = 0;
    await until(
      () => `all is acknowledged: ${seen}\n${this.#collectors.map(({ stderr }) => stderr.slice(-1500)).join('\n')}`,
      async () => {
        const info = await manager.consumers.info(MQTT_STREAM, CONSUMER).catch(() => null);
        seen = JSON.stringify(info);
        times = info !== null && info.num_pending + info.num_ack_pending === 0 ? times + 1 : 0;
        return times > 5;
      },
      { within, every: 200 },
    );
  }

  async reckoning(): Promise<Reckoning> {
    const { db } = this.#stage;
    const count = async (text: string): Promise<number> =>
      Number((await db.query<{ n: string }>(text)).rows[0]?.n ?? 0);
    const stored = await count('SELECT count(*) AS n FROM records');
    // Counted in the transaction that stores a record, whenever it is new.
    const counted = await count('SELECT coalesce(sum(records), 0) AS n FROM intake');
    return {
      homes: this.#homes,
      sent: this.#acknowledged,
      stored,
      lost: this.#acknowledged - stored,
      twice: counted - stored,
      sentAgain: this.#sentAgain,
      kills: this.#kills,
      seconds: Math.round((performance.now() - this.#begin) / 1000),
    };
  }

  /** Each once it collects: before that nobody has told it what a signal means. @returns exit codes, and what they said at the end */
  async stop(): Promise<{ codes: (number | null)[]; said: string }> {
    const stopped = this.#collectors.splice(0).map(async (collector) => {
      await collector.says(/collects from nats:/);
      return collector.stop();
    });
    const ended = await Promise.all(stopped);
    return { codes: ended.map(({ code }) => code), said: ended.map(({ stderr }) => stderr).join('') };
  }

  async kill(): Promise<void> {
    await Promise.all(this.#collectors.splice(0).map((collector) => collector.kill()));
  }
}

const pause = (time: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, time));

function within<T>(work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error('not acknowledged in time')), ACKNOWLEDGED_WITHIN);
    work.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

/** For whoever reads the test's output. */
export function table(rows: Record<string, Reckoning>): string {
  const head = ['', 'homes', 'sent', 'sent again', 'stored', 'lost', 'twice', 'seconds', 'killed'];
  const lines = Object.entries(rows).map(([name, row]) => [
    ...[name, row.homes, row.sent, row.sentAgain, row.stored, row.lost, row.twice, row.seconds].map(String),
    Object.entries(row.kills)
      .map(([what, times]) => `${what} ${times}×`)
      .join(', '),
  ]);
  const widths = head.map((_, at) => Math.max(...[head, ...lines].map((line) => (line[at] ?? '').length)));
  return [head, ...lines]
    .map((line) =>
      line
        .map((cell, at) => cell.padEnd(widths[at] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

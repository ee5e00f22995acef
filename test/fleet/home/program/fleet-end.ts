// The other end of a home's fleet for tests: a real NATS server with the streams as set-up makes them, an enrolment, and what arrived
// there, octet for octet.
import { writeFileSync } from 'node:fs';
import { setUpStreams } from '../../../../sensor/fleet/collector/streams.ts';
import { ENROLMENT_SCHEMA } from '../../../../sensor/fleet/enrolment.ts';
import type { NatsConnection } from '../../../../sensor/fleet/packages.ts';
import { MQTT_STREAM, MQTT_SUBJECT_PREFIX, recordTopic, subjectOf } from '../../../../sensor/fleet/topics.ts';
import { NatsCluster } from '../../support/nats-cluster.ts';

export const HOME = 'h000000000000001';
export const FLEET = 'Allotment club';

export class FleetEnd {
  readonly nats: NatsCluster;
  readonly #connection: NatsConnection;
  #credential = '';
  /** The home's secret. */
  token = '';

  static async start(): Promise<FleetEnd> {
    const nats = await NatsCluster.start({ nodes: 1 });
    try {
      const connection = await nats.connect();
      const [mqttUrl = ''] = nats.mqttUrls;
      await setUpStreams(connection, { mqttUrl, mqttToken: await nats.mqttToken() });
      return new FleetEnd(nats, connection);
    } catch (error) {
      await nats.remove();
      throw error;
    }
  }

  private constructor(nats: NatsCluster, connection: NatsConnection) {
    this.nats = nats;
    this.#connection = connection;
  }

  /** Writes an enrolment to `path`. @param before further servers, which are asked first */
  async enrol(path: string, home = HOME, before: readonly string[] = []): Promise<string> {
    const { credential, token } = await this.nats.homeToken(home);
    this.#credential = credential;
    this.token = token;
    const enrolment = {
      schema: ENROLMENT_SCHEMA,
      fleet: FLEET,
      home,
      urls: [...before, ...this.nats.mqttUrls],
      token,
      ca: null,
      warningKeys: [`${'A'.repeat(59)}=`],
    };
    writeFileSync(path, JSON.stringify(enrolment), { mode: 0o600 });
    return path;
  }

  revoke(): Promise<void> {
    return this.nats.revoke(this.#credential);
  }

  /** What is stored of a home, in the order in which it came. */
  async arrived(home = HOME): Promise<string[]> {
    const { streams } = await this.nats.manager(this.#connection);
    const { state } = await streams.info(MQTT_STREAM);
    const subject = `${MQTT_SUBJECT_PREFIX}${subjectOf(recordTopic(home))}`;
    const found: string[] = [];
    for (let seq = state.first_seq; seq <= state.last_seq && state.messages > 0; seq++) {
      const message = await streams.getMessage(MQTT_STREAM, { seq }).catch(() => null);
      if (message?.subject === subject) found.push(Buffer.from(message.data).toString('utf8'));
    }
    return found;
  }

  remove(): Promise<void> {
    return this.nats.remove();
  }
}

// The streams and the consumer that a fleet stands on, made when it is set up and looked for when a collector starts. Without the
// consumer the servers acknowledge records and keep none of them: so it must be there before the first home is enrolled.
import { connectAsync } from 'mqtt';
import { fleetPackage, type JetStreamManager, type NatsConnection } from '../packages.ts';
import { DEAD_STREAM, DEAD_SUBJECTS, MQTT_STREAM, RECORD_SUBJECTS } from '../topics.ts';

/** All collectors share it. */
export const CONSUMER = 'collector';

const SECOND = 1_000_000_000;
const DAY = 24 * 60 * 60 * SECOND;
/** What nobody has looked at for so long is nobody's concern. */
const DEAD_KEPT = 14 * DAY;
const DEAD_OCTETS = 256 * 1024 * 1024;
/** So that a home that sends nothing but nonsense does not push out the others'. */
const DEAD_OF_A_HOME = 100;
/** Taken and not acknowledged, by all collectors together. */
const ON_THE_WAY = 20_000;

export interface StreamOptions {
  /** Of an MQTT port of one of the servers. */
  mqttUrl: string;
  /** PEM; undefined for the system's authorities. */
  ca?: string | undefined;
  /** The MQTT password of a service. */
  mqttToken: string;
  /** Seconds after which another collector gets what one took and did not acknowledge. */
  ackWait?: number;
}

/** For people: the fleet was not set up, or not wholly; exit code 2. */
export class NotSetUp extends Error {}

/** Makes what is missing and brings to its settings what is there. May be called again and again. */
export async function setUpStreams(connection: NatsConnection, options: StreamOptions): Promise<void> {
  await haveMqttStreams(options);
  const manager = await fleetPackage('@nats-io/jetstream').jetstreamManager(connection);
  const { config } = await manager.streams.info(MQTT_STREAM);
  // Full means full: an old record that nobody has collected is worth as much as a new one, and what is not acknowledged waits at home.
  await manager.streams.update(MQTT_STREAM, { discard: 'new' });
  await haveDeadLetters(manager, config.num_replicas);
  await haveConsumer(manager, config.num_replicas, options.ackWait ?? 30);
}

/** The servers make them when the first MQTT client of the account comes. */
async function haveMqttStreams({ ca, mqttToken, mqttUrl }: StreamOptions): Promise<void> {
  const client = await connectAsync(
    mqttUrl,
    {
      username: 'service',
      password: mqttToken,
      clientId: `set-up-${process.pid}`,
      protocolVersion: 4,
      reconnectPeriod: 0,
      ...(ca === undefined ? {} : { ca }),
    },
    false,
  );
  await client.endAsync();
}

async function haveDeadLetters(manager: JetStreamManager, replicas: number): Promise<void> {
  const settings = {
    subjects: [DEAD_SUBJECTS] as string[],
    max_age: DEAD_KEPT,
    max_bytes: DEAD_OCTETS,
    max_msgs_per_subject: DEAD_OF_A_HOME,
    discard: 'old',
    num_replicas: replicas,
  } as const;
  if (await exists(manager.streams.info(DEAD_STREAM))) await manager.streams.update(DEAD_STREAM, settings);
  else await manager.streams.add({ name: DEAD_STREAM, storage: 'file', retention: 'limits', ...settings });
}

async function haveConsumer(manager: JetStreamManager, replicas: number, ackWait: number): Promise<void> {
  const settings = { ack_wait: ackWait * SECOND, max_ack_pending: ON_THE_WAY };
  if (await exists(manager.consumers.info(MQTT_STREAM, CONSUMER)))
    await manager.consumers.update(MQTT_STREAM, CONSUMER, settings);
  else
    await manager.consumers.add(MQTT_STREAM, {
      durable_name: CONSUMER,
      ack_policy: 'explicit',
      deliver_policy: 'all',
      filter_subject: RECORD_SUBJECTS,
      num_replicas: replicas,
      ...settings,
    });
}

/** @throws NotSetUp with what is missing */
export async function checkStreams(connection: NatsConnection): Promise<void> {
  const manager = await fleetPackage('@nats-io/jetstream').jetstreamManager(connection);
  const missing: string[] = [];
  if (!(await exists(manager.streams.info(MQTT_STREAM)))) missing.push(`the stream ${MQTT_STREAM}`);
  else if (!(await exists(manager.consumers.info(MQTT_STREAM, CONSUMER)))) missing.push(`its consumer "${CONSUMER}"`);
  if (!(await exists(manager.streams.info(DEAD_STREAM)))) missing.push(`the stream ${DEAD_STREAM}`);
  if (missing.length === 0) return;
  throw new NotSetUp(
    `the NATS servers lack ${missing.join(' and ')}: this fleet has not been set up there, and records that homes send would be lost. ` +
      'Give `npm run fleet` where the fleet is operated, then start the collector again.',
  );
}

/** JetStream's codes: 10014 consumer not found, 10059 stream not found. */
async function exists(info: Promise<unknown>): Promise<boolean> {
  try {
    await info;
    return true;
  } catch (error) {
    const { JetStreamApiError } = fleetPackage('@nats-io/jetstream');
    if (error instanceof JetStreamApiError && [10014, 10059].includes(error.code)) return false;
    if (error instanceof Error && ['StreamNotFoundError', 'ConsumerNotFoundError'].includes(error.name)) return false;
    throw error;
  }
}

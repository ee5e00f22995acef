// Listens on a broker and keeps what passes, in order; and asks a broker for all that it has retained.
import mqtt, { type IClientOptions, type MqttClient } from 'mqtt';
import type { MqttMessage } from './ha-checker.ts';
import { textOf, waitingFor } from './waits.ts';

/** Messages below this are the listeners' own. */
const MARKER = 'marker/';

export type ListenerOptions = Pick<IClientOptions, 'username' | 'password' | 'ca' | 'cert' | 'key' | 'protocolVersion'>;

export class Transcript {
  readonly messages: MqttMessage[] = [];
  readonly #client: MqttClient;
  readonly #markers = new Set<string>();

  /** With MQTT 5 the retain flags are those of the publisher; 3.1.1 shows live messages without. */
  static async listen(url: string, options: ListenerOptions = {}, filter = '#'): Promise<Transcript> {
    const client = await mqtt.connectAsync(url, { protocolVersion: 5, reconnectPeriod: 0, ...options });
    const transcript = new Transcript(client);
    const v5 = client.options.protocolVersion === 5;
    await client.subscribeAsync(filter, v5 ? { qos: 1, rap: true } : { qos: 1 });
    return transcript;
  }

  private constructor(client: MqttClient) {
    this.#client = client;
    client.on('error', () => {});
    client.on('message', (topic, payload, { retain, qos }) => {
      if (topic.startsWith(MARKER)) this.#markers.add(topic);
      else this.messages.push({ topic, payload: payload.toString('utf8'), retain, qos });
    });
  }

  get topics(): string[] {
    return this.messages.map(({ topic }) => topic);
  }

  of(topic: string): MqttMessage[] {
    return this.messages.filter((message) => message.topic === topic);
  }

  last(topic: string): MqttMessage | undefined {
    return this.of(topic).at(-1);
  }

  clear(): void {
    this.messages.length = 0;
  }

  async send(topic: string, payload: string, retain = false): Promise<void> {
    await this.#client.publishAsync(topic, payload, { qos: 1, retain });
  }

  /** After this, everything the broker took before has been heard: a marker of our own has come back. */
  async settled(retain = false): Promise<string> {
    const marker = `${MARKER}${process.hrtime.bigint()}`;
    await this.send(marker, '1', retain);
    await until(() => this.#markers.has(marker));
    return marker;
  }

  async heard(marker: string): Promise<void> {
    await until(() => this.#markers.has(marker));
  }

  async close(): Promise<void> {
    await this.#client.endAsync(true);
  }
}

/** All that the broker has retained, by topic. The newest retained message, a marker, comes last. */
export async function retained(url: string, options: ListenerOptions = {}): Promise<Map<string, string>> {
  const writer = await Transcript.listen(url, options, `${MARKER}#`);
  const marker = await writer.settled(true);
  const reader = await Transcript.listen(url, options);
  await reader.heard(marker);
  await reader.settled();
  await writer.send(marker, '', true);
  await Promise.all([writer.close(), reader.close()]);
  return new Map(reader.messages.filter(({ retain }) => retain).map(({ topic, payload }) => [topic, payload]));
}

/** Waits for what will happen; only the runner's own limit ends it, so no test depends on a machine's speed. */
export function until(condition: () => boolean): Promise<void> {
  return waitingFor(() => textOf(condition), isSo(condition));
}

async function isSo(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5));
}

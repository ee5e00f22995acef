// Hears every alert of one sensor on a broker, over a session that the broker keeps, and in the order in which they came.
import mqtt, { type MqttClient } from 'mqtt';
import type { ListenerOptions } from '../support/transcript.ts';

const MARKER = 'crash-marker';

/** An alert as it came over MQTT; `stage` is how far its mail had come. */
export interface HeardAlert {
  topic: string;
  id: string;
  incident: string;
  change: string;
  stage: string | null;
}

export class AlertListener {
  readonly #client: MqttClient;
  /** Those that came again as well. */
  readonly heard: HeardAlert[] = [];
  #markers = 0;

  static async of(url: string, login: ListenerOptions, sensorTopic: string): Promise<AlertListener> {
    const client = await mqtt.connectAsync(url, { ...login, clientId: 'crash-listener', clean: false });
    const listener = new AlertListener(client);
    await client.subscribeAsync([`${sensorTopic}/alert`, `${sensorTopic}/devices/+/alert`, MARKER], { qos: 1 });
    return listener;
  }

  private constructor(client: MqttClient) {
    this.#client = client;
    client.on('error', () => {});
    client.on('message', (topic, payload) => {
      if (topic === MARKER) this.#markers++;
      else {
        const { change, id, incident, stage } = JSON.parse(payload.toString('utf8')) as HeardAlert;
        this.heard.push({ topic, id, incident, change, stage });
      }
    });
  }

  /** Resolves when all has come that the broker has taken until now. */
  async settled(): Promise<void> {
    const before = this.#markers;
    await this.#client.publishAsync(MARKER, '', { qos: 1 });
    while (this.#markers === before) await new Promise((resolve) => setTimeout(resolve, 2));
  }

  async close(): Promise<void> {
    await this.#client.endAsync(true);
  }
}

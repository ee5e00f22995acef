// What the NATS servers retain below the topics of warnings, as a service sees it: it hears of every message there, also of those of
// others, so that what it knows is what a home would get. One connection; when that ends, so does the board.
import mqtt, { type MqttClient } from 'mqtt';
import { WARNING_TOPICS, warningTopic } from '../topics.ts';

export interface BoardAccess {
  urls: readonly string[];
  /** A NATS user JWT that may publish warnings and read them. */
  token: string;
  /** PEM; undefined for those that the system trusts. */
  ca?: string | undefined;
}

const CONNECT_WITHIN = 10_000;
/** A server that does not acknowledge for so long (ms) is left. */
const ACKNOWLEDGED_WITHIN = 15_000;
/** What a server retains comes within this time (ms) after it took the subscription; what comes later is heard of as well. */
const TELLS_WITHIN = 1000;
/** Topics that are remembered: far more than there are warnings. */
const MOST = 4096;

const PREFIX = warningTopic('');

export class RetainedBoard {
  /** Last level of the topic → payload. */
  readonly messages = new Map<string, Buffer>();
  readonly #client: MqttClient;
  #fault: Error | null = null;

  /** @param at which of the URLs; rejects where it cannot be used */
  static async open({ ca, token, urls }: BoardAccess, at: number): Promise<RetainedBoard> {
    const url = urls[at % urls.length] ?? '';
    const client = mqtt.connect(url, {
      protocolVersion: 4,
      clean: true,
      username: 'warner',
      password: token,
      ...(ca === undefined ? {} : { ca }),
      rejectUnauthorized: true,
      connectTimeout: CONNECT_WITHIN,
      reconnectPeriod: 0,
    });
    const board = new RetainedBoard(client);
    try {
      await board.#opened(url);
    } catch (error) {
      client.end(true);
      throw error;
    }
    return board;
  }

  private constructor(client: MqttClient) {
    this.#client = client;
    client.on('message', (topic, payload) => this.#heard(topic, payload));
    client.on('error', (error) => {
      this.#fault ??= error;
    });
    client.on('close', () => {
      this.#fault ??= new Error('the connection to the NATS server ended');
    });
  }

  /** Retained under `id` from now on; an empty payload clears it. Resolves when the servers have it. */
  async publish(id: string, payload: string): Promise<void> {
    this.mustBeOpen();
    await within(
      ACKNOWLEDGED_WITHIN,
      this.#client.publishAsync(warningTopic(id), payload, { qos: 1, retain: true }),
      'the NATS server does not acknowledge what it is given',
    );
  }

  /** @throws where the connection has ended */
  mustBeOpen(): void {
    if (this.#fault !== null) throw this.#fault;
  }

  async close(): Promise<void> {
    await this.#client.endAsync(true).catch(() => {});
  }

  async #opened(url: string): Promise<void> {
    const client = this.#client;
    const connected = new Promise<void>((resolve, reject) => {
      client.once('connect', () => resolve());
      client.once('error', reject);
      client.once('close', () => reject(this.#fault ?? new Error('it closes the connection')));
    });
    await within(CONNECT_WITHIN, connected, `${new URL(url).host} does not answer`);
    // At most once: a subscription of more would be a consumer of the stream.
    const granted = await within(CONNECT_WITHIN, client.subscribeAsync(WARNING_TOPICS, { qos: 0 }), 'no subscription');
    if (granted.some(({ qos }) => qos > 2)) throw new Error('this credential may not read warnings');
    await new Promise((resolve) => setTimeout(resolve, TELLS_WITHIN));
    this.mustBeOpen();
  }

  #heard(topic: string, payload: Buffer): void {
    if (!topic.startsWith(PREFIX)) return;
    const id = topic.slice(PREFIX.length);
    if (payload.length === 0) this.messages.delete(id);
    else if (this.messages.size < MOST || this.messages.has(id)) this.messages.set(id, payload);
  }
}

async function within<T>(milliseconds: number, work: Promise<T>, late: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(late)), milliseconds);
  });
  try {
    return await Promise.race([work, limit]);
  } finally {
    clearTimeout(timer);
  }
}

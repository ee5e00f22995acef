// Takes records from the servers' durable consumer into a short queue, and hands them on in batches. It takes no more than the queue
// holds: what waits, waits in the replicated stream, for this collector or for another.
import type { Log } from '../../log.ts';
import { type ConsumerMessages, fleetPackage, type JsMsg, type NatsConnection } from '../packages.ts';
import { MQTT_STREAM } from '../topics.ts';
import { CONSUMER } from './streams.ts';
import { Backoff, Signal } from './waiting.ts';

export interface BatchLimits {
  /** Records of a batch at most. */
  records: number;
  /** How long a batch waits for more, ms. */
  wait: number;
}

/** How long the servers hold a request for more (ms); a server that dies is noticed within as long. */
const ASK_AGAIN = 4_000;

export class Reader {
  readonly #connection: NatsConnection;
  readonly #log: Log;
  readonly #limits: BatchLimits;
  readonly #queue: JsMsg[] = [];
  readonly #filled = new Signal();
  readonly #emptied = new Signal();
  #messages: ConsumerMessages | null = null;
  #stopped = false;
  #reading: Promise<void> = Promise.resolve();

  constructor(connection: NatsConnection, log: Log, limits: BatchLimits) {
    this.#connection = connection;
    this.#log = log;
    this.#limits = limits;
  }

  start(): void {
    this.#reading = this.#read();
  }

  /** Hands back at once what nobody has taken from the queue, so that another collector need not wait for it. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#filled.give();
    this.#emptied.give();
    this.#messages?.stop();
    for (const message of this.#queue.splice(0)) message.nak();
    await this.#reading;
  }

  /** Null when it was stopped. */
  async next(): Promise<JsMsg[] | null> {
    while (this.#queue.length === 0 && !this.#stopped) await this.#filled.wait();
    const until = performance.now() + this.#limits.wait;
    while (this.#queue.length < this.#limits.records && !this.#stopped) {
      const left = until - performance.now();
      if (left <= 0) break;
      await this.#filled.wait(left);
    }
    if (this.#stopped) return null;
    const batch = this.#queue.splice(0, this.#limits.records);
    this.#emptied.give();
    return batch;
  }

  /** Tells the servers that a batch is still worked on and the next waits for it here: else they hand both to another. */
  stillWorking(batch: readonly JsMsg[]): void {
    for (const message of [...batch, ...this.#queue]) message.working();
  }

  /** Those that wait in the stream and those that some collector has and did not acknowledge; null when the servers do not say. */
  async lag(): Promise<number | null> {
    const { jetstreamManager } = fleetPackage('@nats-io/jetstream');
    try {
      const manager = await jetstreamManager(this.#connection, { checkAPI: false, timeout: 3000 });
      const { num_ack_pending, num_pending } = await manager.consumers.info(MQTT_STREAM, CONSUMER);
      return num_pending + num_ack_pending;
    } catch {
      return null;
    }
  }

  async #read(): Promise<void> {
    const backoff = new Backoff();
    let isAway = false;
    while (!this.#stopped) {
      try {
        const consumers = fleetPackage('@nats-io/jetstream').jetstream(this.#connection).consumers;
        const consumer = await consumers.get(MQTT_STREAM, CONSUMER);
        this.#messages = await consumer.consume({ max_messages: 2 * this.#limits.records, expires: ASK_AGAIN });
        if (isAway) this.#log.info('the NATS servers hand out records again');
        isAway = false;
        backoff.reset();
        for await (const message of this.#messages) {
          this.#queue.push(message);
          this.#filled.give();
          while (this.#queue.length >= 2 * this.#limits.records && !this.#stopped) await this.#emptied.wait();
          if (this.#stopped) break;
        }
      } catch (error) {
        if (this.#stopped) return;
        if (!isAway)
          this.#log.warn(
            `no records from the NATS servers: ${error instanceof Error ? error.message : String(error)}. ` +
              'What homes send waits there or at home; it goes on as soon as they answer',
          );
        isAway = true;
      }
      if (!this.#stopped) await backoff.wait();
    }
  }
}

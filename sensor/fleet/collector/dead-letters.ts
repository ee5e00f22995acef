// Where what is no record goes, with the reason: a stream of its own, for whoever looks after the fleet. Bounded by age, size, and for
// each home; gone when the home withdraws.
import { fleetPackage, type JetStreamClient, type JetStreamManager, type NatsConnection } from '../packages.ts';
import { DEAD_STREAM, deadSubject } from '../topics.ts';

export interface DeadLetter {
  home: string;
  /** Of a few words, the same for all of its kind. */
  reason: string;
  /** What is known beyond that; '' for nothing. */
  detail: string;
  /** Its number in the stream that it came from: so it is kept once, however often it is delivered. */
  sequence: number;
  at: Date;
  data: Uint8Array;
}

/** Octets of it that are kept. */
const KEPT = 4096;
const ANSWER_WITHIN = 5000;

export class DeadLetters {
  readonly #jetstream: JetStreamClient;
  readonly #manager: Promise<JetStreamManager>;

  constructor(connection: NatsConnection) {
    const { jetstream, jetstreamManager } = fleetPackage('@nats-io/jetstream');
    this.#jetstream = jetstream(connection, { timeout: ANSWER_WITHIN });
    this.#manager = jetstreamManager(connection, { timeout: ANSWER_WITHIN, checkAPI: false });
    this.#manager.catch(() => {});
  }

  /** Resolves when the servers have them. @throws when they do not answer */
  async send(letters: readonly DeadLetter[]): Promise<void> {
    const { headers } = fleetPackage('@nats-io/transport-node');
    await Promise.all(
      letters.map(({ at, data, detail, home, reason, sequence }) => {
        const about = headers();
        about.set('Fleet-Reason', reason);
        if (detail !== '') about.set('Fleet-Detail', detail);
        about.set('Fleet-Received', at.toISOString());
        about.set('Fleet-Octets', String(data.length));
        return this.#jetstream.publish(deadSubject(home), data.subarray(0, KEPT), {
          msgID: `${sequence}`,
          headers: about,
        });
      }),
    );
  }

  /** All letters of a home that has left. */
  async forget(home: string): Promise<void> {
    await (await this.#manager).streams.purge(DEAD_STREAM, { filter: deadSubject(home) });
  }
}

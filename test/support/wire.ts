// A broker's side of a connection, as a session sees it, which answers when the test says so.
import type { Session, Subscription } from '../../sensor/publish/link.ts';

export class Wire implements Session {
  readonly version: 4 | 5;
  readonly receiveMaximum: number;
  /** `topic=payload`, with ` retained` behind it where that is so. */
  readonly sent: string[] = [];
  readonly subscribed: Subscription[] = [];
  readonly unsubscribed: string[] = [];
  readonly #answers: ((refused: Error | null) => void)[] = [];

  constructor({ version = 5, receiveMaximum = 65_535 }: { version?: 4 | 5; receiveMaximum?: number } = {}) {
    this.version = version;
    this.receiveMaximum = receiveMaximum;
  }

  publish(topic: string, payload: string, retain: boolean, done: (refused: Error | null) => void): void {
    this.sent.push(`${topic}=${payload}${retain ? ' retained' : ''}`);
    this.#answers.push(done);
  }

  subscribe(subscriptions: readonly Subscription[]): void {
    this.subscribed.push(...subscriptions);
  }

  unsubscribe(topic: string): void {
    this.unsubscribed.push(topic);
  }

  /** The oldest message without an answer. */
  answer(refused: Error | null = null): void {
    this.#answers.shift()?.(refused);
  }

  /** All, also what is sent upon an answer. */
  answerAll(): void {
    while (this.#answers.length > 0) this.answer();
  }
}

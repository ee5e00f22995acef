// Who may connect to the embedded broker and how much they may leave there: bounded, so that a guest in the network, with or without
// the password, keeps neither the sensor nor Home Assistant out, and fills nothing.
import type { Socket } from 'node:net';
import { Crowd, senderOf } from '../crowd.ts';

/** A home has tens of clients and a few thousand topics; a discovery payload has 8 KB. */
export const GUEST_LIMITS = {
  /** Connections that have not logged in. */
  strangers: 32,
  clients: 64,
  subscriptionsPerClient: 4096,
  retainedTopics: 16_384,
  /** Of all retained payloads and their topics but the sensor's own. */
  retainedBytes: 32 * 1024 * 1024,
} as const;

/** Connections at the broker's door; beyond a bound the oldest of the address with most gives way. */
export class Door {
  readonly #strangers = new Crowd<Socket>(GUEST_LIMITS.strangers);
  readonly #clients = new Crowd<Socket>(GUEST_LIMITS.clients);

  knocked(socket: Socket): void {
    socket.once('close', () => {
      this.#strangers.remove(socket);
      this.#clients.remove(socket);
    });
    this.#strangers.add(socket, addressOf(socket))?.destroy();
  }

  /** It has logged in. `isOwn`: it is the sensor's, which gives way to nobody. */
  entered(socket: Socket, isOwn: boolean): void {
    this.#strangers.remove(socket);
    if (!isOwn && !socket.destroyed) this.#clients.add(socket, addressOf(socket))?.destroy();
  }
}

/** Of one that has gone already it is not known any more: those are one group. */
function addressOf(socket: Socket): string {
  return senderOf(`${socket.remoteAddress}`);
}

/** What guests have retained. */
export class Shelf {
  /** Bytes by topic. */
  readonly #topics = new Map<string, number>();
  #bytes = 0;

  /** Whether a retained message may lie there from now on; an empty one clears the topic. */
  takes(topic: string, payload: number): boolean {
    if (payload === 0) {
      this.leaves(topic);
      return true;
    }
    const before = this.#topics.get(topic);
    if (before === undefined && this.#topics.size >= GUEST_LIMITS.retainedTopics) return false;
    const after = payload + topic.length;
    const bytes = this.#bytes - (before ?? 0) + after;
    if (bytes > GUEST_LIMITS.retainedBytes) return false;
    this.#bytes = bytes;
    this.#topics.set(topic, after);
    return true;
  }

  /** Nothing of a guest's lies there any more. */
  leaves(topic: string): void {
    this.#bytes -= this.#topics.get(topic) ?? 0;
    this.#topics.delete(topic);
  }
}

// The sensor's side of its keeper (keeper.ts): has captures started, offloads switched and the service manager told by whoever holds
// the right to. Belongs to main.ts.
import { Socket } from 'node:net';
import type { CaptureListener, CaptureProcess, LaunchCapture } from '../capture/capture-process.ts';
import { type Answer, KEPT, type Notice, type Order } from './keeper-orders.ts';

interface Ordered {
  listener: CaptureListener;
  pid: number | null;
  /** Resolves when its stream has been read to the end; at once where there is none. */
  streamEnd: Promise<void>;
}

export class KeeperLink {
  readonly #captures = new Map<number, Ordered>();
  readonly #switched = new Map<number, (names: string[]) => void>();
  #last = 0;
  #onLost: () => void = () => {};

  /** Null where no keeper started this process. */
  static take(argv: readonly string[] = process.argv): KeeperLink | null {
    return argv.at(-1) === KEPT && process.connected ? new KeeperLink() : null;
  }

  private constructor() {
    process.on('message', (message: Answer, stream: unknown) => this.#take(message, stream));
    process.on('disconnect', () => {
      this.#onLost();
      for (const [id] of this.#captures) this.#ended(id, 'its keeper is gone');
      for (const [, resolve] of this.#switched) resolve([]);
    });
  }

  /** Called when the keeper is gone: nothing can be captured any more. */
  set onLost(listener: () => void) {
    this.#onLost = listener;
  }

  /** Captures run as this user from now on. */
  user(uid: number, gid: number): void {
    this.#order({ order: 'user', uid, gid });
  }

  tell(text: Notice): void {
    this.#order({ order: 'notify', text });
  }

  readonly launch: LaunchCapture = (order, listener) => {
    const id = ++this.#last;
    const ordered: Ordered = { listener, pid: null, streamEnd: Promise.resolve() };
    this.#captures.set(id, ordered);
    if (!this.#order({ order: 'capture', id, ...order })) queueMicrotask(() => this.#ended(id, 'its keeper is gone'));
    const child: CaptureProcess = {
      get pid() {
        return ordered.pid;
      },
      end: () => void this.#order({ order: 'end', id }),
      kill: () => void this.#order({ order: 'kill', id }),
    };
    return child;
  };

  /** Resolves to those that were switched. */
  switchOffloads(device: string, names: readonly string[], state: 'on' | 'off'): Promise<string[]> {
    const id = ++this.#last;
    return new Promise((resolve) => {
      this.#switched.set(id, resolve);
      if (!this.#order({ order: 'offloads', id, device, names: [...names], state })) resolve([]);
    });
  }

  /** Nothing more is asked of it; it ends with this process. */
  close(): void {
    process.removeAllListeners('disconnect');
    if (process.connected) process.disconnect();
  }

  #order(order: Order): boolean {
    if (!process.connected) return false;
    process.send?.(order, undefined, undefined, () => {
      // Its end is told by itself.
    });
    return true;
  }

  #take(message: Answer, stream: unknown): void {
    if (message.answer === 'switched') {
      this.#switched.get(message.id)?.(message.names);
      this.#switched.delete(message.id);
      return;
    }
    const ordered = this.#captures.get(message.id);
    if (ordered === undefined) return;
    if (message.answer === 'said') ordered.listener.onSaid(message.text);
    else if (message.answer === 'ended') void ordered.streamEnd.then(() => this.#ended(message.id, message.error));
    // Out of file descriptors the stream does not arrive.
    else if (!(stream instanceof Socket)) this.#order({ order: 'kill', id: message.id });
    else {
      ordered.pid = message.pid;
      ordered.streamEnd = new Promise((resolve) => stream.once('close', () => resolve()));
      stream.on('error', () => {
        // Its end is told by the keeper.
      });
      ordered.listener.onOutput(stream);
      this.#order({ order: 'begin', id: message.id });
    }
  }

  #ended(id: number, error: string | null): void {
    const ordered = this.#captures.get(id);
    this.#captures.delete(id);
    ordered?.listener.onEnd(error === null ? null : new Error(error));
  }
}

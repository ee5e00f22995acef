// Tells a service manager that the sensor captures, lives and ends. It says that it lives only while the packet loop does: this
// process turns, and the capture is known good or is being started again. Loaded only where one asks. Belongs to main.ts.
import type { Health } from '../record/health.ts';
import { NOTIFIES, type Notice } from './keeper-orders.ts';

/** Without a word of how often, ms. */
const USUALLY = 10_000;
/** Looks at the packet loop in the time in which one word is due. */
const LOOKS = 4;

export interface WatchdogOptions {
  tell(notice: Notice): void;
  /** Microseconds within which a word is due, from the environment. */
  microseconds: string | undefined;
  capture(): Pick<Health, 'capture'>['capture'];
}

export class Watchdog {
  readonly #options: WatchdogOptions;
  readonly #timer: NodeJS.Timeout;
  #isReady = false;

  constructor(options: WatchdogOptions) {
    this.#options = options;
    const due = Number(options.microseconds) / 1000;
    this.#timer = setInterval(() => this.look(), (due > 0 ? due : USUALLY) / LOOKS).unref();
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#options.tell('STOPPING=1');
  }

  /**
   * Says that all is well if it is; called by itself from time to time. A capture that waits for its next try is looked after, however
   * long that takes: starting the sensor anew would bring no cable back.
   */
  look(): void {
    const state = this.#options.capture();
    if (state === 'starting' || state === 'ended') return;
    if (!this.#isReady) this.#options.tell('READY=1');
    this.#isReady = true;
    this.#options.tell('WATCHDOG=1');
  }
}

/** Where the words go; null where nobody asks for them. `byKeeper`: to the keeper, if there is one. */
export async function takeTeller(
  byKeeper: ((notice: Notice) => void) | null,
): Promise<((notice: Notice) => void) | null> {
  const { [NOTIFIES]: keeperTells, NOTIFY_SOCKET: socket } = process.env;
  delete process.env[NOTIFIES];
  if (byKeeper !== null) return keeperTells === undefined ? null : byKeeper;
  if (socket === undefined) return null;
  const notifier = (await import('./notify.ts')).takeNotifier();
  return notifier === null ? null : (notice) => notifier.tell(notice);
}

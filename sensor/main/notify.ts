// Tells a service manager how the sensor is (sd_notify(3)). Node cannot send to such a socket: it writes to a descriptor that
// sensor/deploy/with-notify.pl has joined to it where the unit starts the sensor so, else systemd-notify is run each time. Loaded
// only where a service manager asks. Belongs to main.ts.
import { spawn } from 'node:child_process';
import { writeSync } from 'node:fs';
import type { Notice } from './keeper-orders.ts';

/** Of a systemd-notify that does not end. */
const MOST_WAITING = 4;

export interface Notifier {
  tell(notice: Notice): void;
}

/** Null where nobody asks. What is taken is out of the environment: what this process starts shall not speak for it. */
export function takeNotifier(env: NodeJS.ProcessEnv = process.env): Notifier | null {
  const { NOTIFY_FD: descriptor, NOTIFY_SOCKET: socket } = env;
  delete env.NOTIFY_FD;
  delete env.NOTIFY_SOCKET;
  if (socket === undefined || socket === '') return null;
  const fd = Number(descriptor);
  if (Number.isInteger(fd) && fd > 2) return { tell: (notice) => write(fd, notice) };
  return new Runner(socket);
}

function write(fd: number, notice: Notice): void {
  try {
    writeSync(fd, notice);
  } catch {
    // A service manager that does not listen misses a beat, and judges by that.
  }
}

/** One after the other, so that they come in order. */
class Runner implements Notifier {
  readonly #env: NodeJS.ProcessEnv;
  readonly #waiting: Notice[] = [];
  #isRunning = false;

  constructor(socket: string) {
    this.#env = { PATH: process.env.PATH, NOTIFY_SOCKET: socket };
  }

  tell(notice: Notice): void {
    if (this.#waiting.length < MOST_WAITING) this.#waiting.push(notice);
    if (!this.#isRunning) this.#next();
  }

  #next(): void {
    const notice = this.#waiting.shift();
    this.#isRunning = notice !== undefined;
    if (notice === undefined) return;
    // By itself it waits until it was heard.
    const child = spawn('systemd-notify', ['--no-block', notice], { env: this.#env, stdio: 'ignore' });
    let isOver = false;
    const onEnd = () => {
      if (!isOver) this.#next();
      isOver = true;
    };
    // Not installed: a beat is missed, as above.
    child.once('error', onEnd).once('exit', onEnd);
  }
}

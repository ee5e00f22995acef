// The keeper: the small process that holds the rights while the sensor proper has none. It starts the sensor, starts and ends
// capture children on its orders, switches offloads, passes signals on and ends with the sensor's exit code. It reads nothing that
// comes off the wire: a capture's stream goes to the sensor as a handle. Belongs to main.ts.
import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { begin, captureArguments, captureEnvironment, hurry } from '../capture/capture-process.ts';
import { OFFLOAD_NAMES, switchOffloads } from '../capture/offloads.ts';
import { PROJECT_ROOT } from '../checkout.ts';
import { type Answer, KEPT, NOTIFIES, type Order, readOrder } from './keeper-orders.ts';
import type { Notifier } from './notify.ts';
import { readRights } from './privileges.ts';
import { captureCommand, type Owner, type Tools, withoutRights } from './rights-tools.ts';

/** More captures at once than a sensor has: one that ends and one that begins. */
const MOST_CAPTURES = 4;
/** How long what is told to end may take, ms. */
const END_WITHIN = 1000;
const MAIN = join(PROJECT_ROOT, 'dist/sensor/main.js');

/** Resolves to the exit code, when the sensor and all else that was started has ended. */
export async function keep(args: readonly string[], tools: Tools): Promise<number> {
  const notifier = process.env.NOTIFY_SOCKET ? (await import('./notify.ts')).takeNotifier() : null;
  const asRoot = readRights().uid === 0;
  const [command, ...before] = withoutRights(tools, asRoot);
  const sensor = spawn(command ?? '', [...before, process.execPath, ...process.execArgv, MAIN, ...args, KEPT], {
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
    env: { ...process.env, ...(notifier === null ? {} : { [NOTIFIES]: '1' }) },
    // A terminal's signals reach the keeper alone, which passes them on once; and the unit can hurry the capture by its group.
    detached: true,
  });
  const keeper = new Keeper(sensor, { asRoot, notifier, tools });
  const passedOn = new Set<NodeJS.Signals>();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      passedOn.add(signal);
      sensor.kill(signal);
    });
  }
  const ended = await new Promise<number | NodeJS.Signals>((resolve) => {
    sensor.once('error', (error) => {
      process.stderr.write(`thingwatch: the sensor's own process cannot be started: ${error.message}\n`);
      resolve(1);
    });
    sensor.once('exit', (code, signal) => resolve(signal ?? code ?? 1));
  });
  await keeper.close();
  if (typeof ended === 'number') return ended;
  if (passedOn.has(ended)) {
    // As it would have ended without a keeper.
    process.removeAllListeners(ended);
    process.kill(process.pid, ended);
  } else process.stderr.write(`thingwatch: the sensor was ended by ${ended}\n`);
  return 1;
}

class Keeper {
  readonly #sensor: ChildProcess;
  readonly #surroundings: { asRoot: boolean; tools: Tools; notifier: Notifier | null };
  readonly #captures = new Map<number, ChildProcess>();
  #user: Owner | null = null;

  constructor(sensor: ChildProcess, surroundings: { asRoot: boolean; tools: Tools; notifier: Notifier | null }) {
    this.#sensor = sensor;
    this.#surroundings = surroundings;
    sensor.on('message', (message) => {
      const order = readOrder(message, OFFLOAD_NAMES);
      if (order === null)
        process.stderr.write('thingwatch: the sensor gave an order that is none; it is not followed\n');
      else this.#follow(order);
    });
  }

  /** Resolves when no capture is left. */
  async close(): Promise<void> {
    const gone = [...this.#captures.values()].map((child) => new Promise((resolve) => child.once('exit', resolve)));
    for (const { stdin } of this.#captures.values()) stdin?.end();
    const hardEnd = setTimeout(() => {
      for (const child of this.#captures.values()) child.kill('SIGKILL');
    }, END_WITHIN);
    await Promise.all(gone);
    clearTimeout(hardEnd);
  }

  #follow(order: Order): void {
    if (order.order === 'user') this.#user ??= order;
    else if (order.order === 'notify') this.#surroundings.notifier?.tell(order.text);
    else if (order.order === 'capture') this.#capture(order);
    else if (order.order === 'offloads') void this.#switch(order);
    else {
      const child = this.#captures.get(order.id);
      if (child === undefined) return;
      if (order.order === 'begin') begin(child);
      else if (order.order === 'end') child.stdin?.end();
      else child.kill('SIGKILL');
    }
  }

  async #switch({ device, id, names, state }: Order & { order: 'offloads' }): Promise<void> {
    this.#answer({ answer: 'switched', id, names: await switchOffloads(device, names, state) });
  }

  #capture(order: Order & { order: 'capture' }): void {
    const { id } = order;
    if (this.#captures.has(id)) return;
    if (this.#captures.size >= MOST_CAPTURES) {
      this.#answer({ answer: 'ended', id, error: 'too many captures at once' });
      return;
    }
    const { asRoot, tools } = this.#surroundings;
    const [command, ...before] = captureCommand(tools, asRoot ? (this.#user ?? 'root') : 'ambient');
    const args = [...before, process.execPath, ...captureArguments(order)];
    const child: ChildProcess = spawn(command ?? '', args, {
      stdio: ['pipe', 'pipe', 'pipe'],
      env: captureEnvironment(),
    });
    this.#captures.set(id, child);
    hurry(child.pid);
    const { stderr, stdout } = child;
    const saidAll = new Promise<void>((resolve) => (stderr ? stderr.once('close', resolve) : resolve()));
    stderr?.setEncoding('utf8').on('data', (text: string) => this.#answer({ answer: 'said', id, text }));
    child.once('error', (error) => this.#ended(id, error.message));
    child.once('exit', () => void saidAll.then(() => this.#ended(id, null)));
    // It writes nothing before it is told to begin, so nothing of its stream can be left here.
    if (child.pid !== undefined && stdout) this.#answer({ answer: 'started', id, pid: child.pid }, stdout);
  }

  #ended(id: number, error: string | null): void {
    if (this.#captures.delete(id)) this.#answer({ answer: 'ended', id, error });
  }

  #answer(answer: Answer, stream?: ChildProcess['stdout']): void {
    if (!this.#sensor.connected) return;
    // A pipe of a child is a socket to Node, though its type does not say so.
    this.#sensor.send(answer, stream as never, () => {
      // Whoever is gone needs no answer.
    });
  }
}

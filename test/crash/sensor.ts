// The built sensor as it runs in a home, with a command for a source, a broker of its own process and a listener there that misses
// nothing: started, killed and started again on one state directory.
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { PROJECT_ROOT } from '../../sensor/checkout.ts';
import type { Random } from '../bench/random.ts';
import { MOSQUITTO, Mosquitto } from '../support/mosquitto.ts';
import { childrenOf, commandLine } from '../support/processes.ts';
import { aedesBroker } from '../support/publisher-lab.ts';
import type { ListenerOptions } from '../support/transcript.ts';
import { AlertListener, type HeardAlert } from './listener.ts';
import { Load } from './load.ts';

const MAIN = join(PROJECT_ROOT, 'dist/sensor/main.js');
const SENSOR_ID = 'crash';
/** By this argument a sensor is known that has a keeper. */
const KEPT = '--kept';
/** What the sensor runs as its source: all that comes over a socket. */
const RELAY = 'require("net").connect(process.argv[1]).on("error", () => process.exit(1)).pipe(process.stdout)';

interface Broker {
  url: string;
  login: ListenerOptions;
  remove(): Promise<void>;
}

export interface Ending {
  code: number | null;
  signal: NodeJS.Signals | null;
  /** ms from the signal to the end. */
  took: number;
}

export class CrashRig {
  readonly directory: string;
  readonly load: Load;
  readonly #broker: Broker;
  readonly #listener: AlertListener;
  readonly #config: string;
  #sensor: ChildProcess | null = null;
  /** What it said on standard error since it was started. */
  said = '';

  static async set(random: Random): Promise<CrashRig> {
    const directory = mkdtempSync(join(tmpdir(), 'thingwatch-crash-'));
    const broker = await startBroker();
    const listener = await AlertListener.of(broker.url, broker.login, `thingwatch/${SENSOR_ID}`);
    const load = await Load.at(join(directory, 'frames.sock'), random);
    return new CrashRig(directory, broker, listener, load);
  }

  private constructor(directory: string, broker: Broker, listener: AlertListener, load: Load) {
    this.directory = directory;
    this.#broker = broker;
    this.#listener = listener;
    this.load = load;
    this.#config = join(directory, 'thingwatch.yaml');
    const { password, username } = broker.login;
    const settings = {
      sensor_id: SENSOR_ID,
      state_dir: this.state,
      web: { listen: '127.0.0.1:0' },
      mqtt: { url: broker.url, username, password },
      capture: { command: [process.execPath, '-e', RELAY, join(directory, 'frames.sock')] },
    };
    writeFileSync(this.#config, JSON.stringify(settings));
  }

  get state(): string {
    return join(this.directory, 'state');
  }

  get database(): string {
    return join(this.state, 'thingwatch.db');
  }

  /** Of the process that has the database open: that of a keeper's, where there is one. */
  get pid(): number {
    return this.#keptPid() ?? this.#sensor?.pid ?? 0;
  }

  #keptPid(): number | undefined {
    const keeper = this.#sensor?.pid ?? 0;
    return childrenOf(keeper).find((pid) => commandLine(pid).includes(KEPT));
  }

  /** Resolves when it takes frames. */
  start(): Promise<void> {
    this.said = '';
    const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('THINGWATCH_')));
    const taking = this.load.begin();
    const sensor = spawn(process.execPath, [MAIN, '--config', this.#config, 'run'], {
      cwd: this.directory,
      env,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    this.#sensor = sensor;
    sensor.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.said = (this.said + text).slice(-20_000);
    });
    const ended = new Promise<never>((_, reject) => {
      sensor.once('exit', (code, signal) => {
        if (this.#sensor === sensor) reject(new Error(`the sensor ended (${code ?? signal}): ${this.said}`));
      });
    });
    ended.catch(() => {});
    return Promise.race([taking, ended]);
  }

  /**
   * SIGKILL goes to what was started and to all that this has started, as from the kernel's out-of-memory killer or when the power
   * goes; SIGTERM to the first alone. Resolves when nobody is left.
   */
  async end(signal: 'SIGKILL' | 'SIGTERM'): Promise<Ending> {
    const sensor = this.#sensor;
    this.#sensor = null;
    if (sensor === null) throw new Error('no sensor runs');
    const at = performance.now();
    const { exitCode, signalCode } = sensor;
    if (exitCode !== null || signalCode !== null) {
      while (this.#killAll() > 0) await sleep(2);
      throw new Error(`the sensor had ended by itself (${exitCode ?? signalCode}): ${this.said}`);
    }
    const over = new Promise<Ending>((resolve) => {
      sensor.once('exit', (code, by) => resolve({ code, signal: by, took: performance.now() - at }));
    });
    sensor.kill(signal);
    if (signal === 'SIGKILL') this.#killAll();
    const ending = await over;
    this.load.pause();
    // Some were only just being started.
    while (this.#killAll() > 0) await sleep(2);
    return ending;
  }

  /** All whose command line names this rig's directory; how many there were. */
  #killAll(): number {
    const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid);
    const ours = pids.map(Number).filter((pid) => {
      const line = commandLine(pid);
      return (
        (line.includes(MAIN) && line.includes(this.#config)) || (line.includes(RELAY) && line.includes(this.directory))
      );
    });
    for (const pid of ours) kill(pid);
    return ours.length;
  }

  /** All alerts that the broker has taken until now. */
  async hear(): Promise<readonly HeardAlert[]> {
    await this.#listener.settled();
    return this.#listener.heard;
  }

  async remove(): Promise<void> {
    if (this.#sensor !== null) await this.end('SIGKILL');
    await this.load.close();
    await this.#listener.close();
    await this.#broker.remove();
    // What a killed sensor left behind may still write there.
    for (let tries = 0; ; tries++) {
      try {
        rmSync(this.directory, { recursive: true, force: true });
        return;
      } catch (error) {
        if (tries > 20) throw error;
        await sleep(100);
      }
    }
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It ended by itself.
  }
}

async function startBroker(): Promise<Broker> {
  if (MOSQUITTO === null) return aedesBroker();
  const broker = await Mosquitto.start();
  const { password, username } = broker;
  return { url: broker.url, login: { username, password }, remove: () => broker.remove() };
}

// Where a soak plays: a sensor on a port of its own network namespace, Mosquitto beside it, its state on a small file system,
// somebody who hears every alert, a phone that looks at the page now and then; and whoever starts the sensor again, as systemd does.
import { type ChildProcess, spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { MqttClient } from 'mqtt';
import { MirrorLab, PORT } from '../bench/mirror-lab.ts';
import { helperPath, said, terminate } from '../lab/namespaces.ts';
import { MAIN, PairedPage, Program, plainEnvironment } from '../program/program.ts';
import { MOSQUITTO } from '../support/mosquitto.ts';
import { sensorProcesses } from '../support/processes.ts';

const WEB = 8080;
const BROKER = 1883;
/** Megabytes of the disk that the state lies on. */
const DISK = 64;
/** systemd's RestartSec, shortened. */
const RESTART_AFTER = 1000;

export interface StageOptions {
  onAlert(payload: string): void;
  /** The sensor ended, and nobody had ended it. */
  onUnexpectedEnd(how: string): void;
}

export class Stage {
  readonly #lab: MirrorLab;
  readonly #options: StageOptions;
  readonly #config: string;
  readonly disk: string;
  readonly state: string;
  /** Where the sensor's processes answer the probe. */
  readonly probes: string;
  #sender: ChildProcess | null = null;
  /** Frames handed to the sender, those that it has sent, and who wants to know when, by the frame's number. */
  #handed = 0;
  #left = 0;
  readonly #asked = new Map<number, (leftAt: number) => void>();
  #broker: ChildProcess | null = null;
  #ear: MqttClient | null = null;
  #page: PairedPage | null = null;
  #program: Program | null = null;
  #isWanted = false;
  #isClosing = false;
  /** All that it said, of its latest lives. */
  #said = '';

  static async open(options: StageOptions): Promise<Stage> {
    const lab = await MirrorLab.open();
    const stage = new Stage(lab, options);
    try {
      await stage.#build();
      return stage;
    } catch (error) {
      await stage.close();
      throw error;
    }
  }

  private constructor(lab: MirrorLab, options: StageOptions) {
    this.#lab = lab;
    this.#options = options;
    this.disk = join(lab.directory, 'disk');
    this.state = join(this.disk, 'state');
    this.probes = join(lab.directory, 'probes');
    this.#config = join(lab.directory, 'thingwatch.yaml');
  }

  get directory(): string {
    return this.#lab.directory;
  }

  get page(): PairedPage {
    if (this.#page === null) throw new Error('nobody has paired with the page yet');
    return this.#page;
  }

  /** Leads to the page from outside its namespace. */
  get pageSocket(): string {
    return join(this.directory, 'page.sock');
  }

  get broker(): ChildProcess {
    if (this.#broker === null) throw new Error('there is no broker');
    return this.#broker;
  }

  get isSensorRunning(): boolean {
    return this.#program !== null && !this.#program.isOver;
  }

  /** The end of what the sensor wrote. */
  get said(): string {
    return (this.#said + (this.#program?.stderr ?? '')).slice(-20_000);
  }

  /** The process that reads frames and keeps the state; 0 where there is none. */
  sensorPid(): number {
    return this.isSensorRunning ? sensorProcesses(this.#program?.pid ?? 0).sensor : 0;
  }

  /** The child that captures; 0 where there is none. */
  capturePid(): number {
    return this.isSensorRunning ? sensorProcesses(this.#program?.pid ?? 0).capture : 0;
  }

  script(role: 'sensor' | 'sender', lines: string[]): Promise<string> {
    return this.#lab.script(role, lines);
  }

  /** `onLeft` is told when it has left (wall time, ms): on a busy machine the sender may be late. */
  send(frame: Buffer, onLeft?: (leftAt: number) => void): void {
    this.#handed++;
    if (onLeft !== undefined) this.#asked.set(this.#handed, onLeft);
    this.#sender?.stdin?.write(`${frame.toString('base64')}\n`);
  }

  /** Of a line of the sender: the monotonic time (ns) before a frame left. */
  #sent(line: string): void {
    this.#left++;
    const onLeft = this.#asked.get(this.#left);
    if (onLeft === undefined) return;
    this.#asked.delete(this.#left);
    onLeft(Date.now() - Number(process.hrtime.bigint() - BigInt(line)) / 1e6);
  }

  async startSensor(): Promise<void> {
    this.#isWanted = true;
    const env = {
      ...plainEnvironment(),
      NODE_OPTIONS: `--import ${helperPath('../soak/probe.mjs')}`,
      SOAK_PROBES: this.probes,
    };
    const args = [MAIN, '--config', this.#config, 'run'];
    const program = new Program(this.#lab.spawn('sensor', process.execPath, args, env));
    this.#program = program;
    void program.ended.then(({ code, stderr }) => {
      this.#said = (this.#said + stderr).slice(-100_000);
      if (!this.#isWanted || this.#program !== program) return;
      this.#options.onUnexpectedEnd(`exit ${code}: ${stderr.trim().slice(-500)}`);
      setTimeout(() => {
        if (this.#isWanted) void this.startSensor();
      }, RESTART_AFTER);
    });
    await program.says(/Capturing on/);
    this.#page ??= await PairedPage.open(program, { socketPath: this.pageSocket });
  }

  /** As `systemctl stop` does. Resolves to its exit code. */
  async stopSensor(): Promise<number | null> {
    this.#isWanted = false;
    return (await this.#program?.stop())?.code ?? null;
  }

  /** SIGKILL to the process that keeps the state; what hangs on it has to end by itself. */
  async killSensor(): Promise<void> {
    this.#isWanted = false;
    const pid = this.sensorPid();
    // A signal to process 0 would go to the whole group, this one included.
    if (pid === 0) throw new Error('no sensor runs that could be killed');
    process.kill(pid, 'SIGKILL');
    await this.#program?.ended;
  }

  async startBroker(): Promise<void> {
    const broker = this.#lab.spawn('sensor', MOSQUITTO ?? 'mosquitto', ['-c', join(this.directory, 'mosquitto.conf')]);
    this.#broker = broker;
    broker.stdout?.resume();
    await said(broker, /running/, 'mosquitto');
  }

  async stopBroker(): Promise<void> {
    await terminate(this.broker);
  }

  async close(): Promise<void> {
    this.#isWanted = false;
    this.#isClosing = true;
    await this.#ear?.endAsync(true).catch(() => {});
    await this.#program?.kill();
    this.#sender?.stdin?.end();
    await this.#lab.close();
  }

  async #build(): Promise<void> {
    // The sensor gives up root where it can reach what it needs.
    chmodSync(this.directory, 0o755);
    mkdirSync(this.disk);
    mkdirSync(this.probes, { mode: 0o777 });
    chmodSync(this.probes, 0o777);
    const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${DISK}m`, 'soak', this.disk], { encoding: 'utf8' });
    if (mounted.status !== 0) throw new Error(`no small file system can be made: ${mounted.stderr}`);
    this.#configure();
    await this.startBroker();
    await Promise.all([
      this.#forward(this.pageSocket, WEB),
      this.#forward(join(this.directory, 'broker.sock'), BROKER),
    ]);
    await this.#listen();
    const sender = this.#lab.spawn('sender', process.execPath, [helperPath('../bench/syn-sender.mjs'), 'eth0']);
    let words = '';
    sender.stderr?.on('data', (text: Buffer) => {
      words = (words + text.toString()).slice(-2000);
    });
    await said(sender, /ready/, 'sender');
    if (sender.stdout !== null) createInterface({ input: sender.stdout }).on('line', (line) => this.#sent(line));
    sender.stdin?.on('error', (error) => {
      if (this.#isClosing) return;
      this.#options.onUnexpectedEnd(`the sender of the lab, not the sensor: ${error.message}: ${words}`);
    });
    this.#sender = sender;
  }

  #configure(): void {
    const settings = {
      sensor_id: 'soak',
      state_dir: this.state,
      capture: { interface: PORT },
      web: { listen: `127.0.0.1:${WEB}` },
      mqtt: { url: `mqtt://127.0.0.1:${BROKER}` },
    };
    writeFileSync(this.#config, JSON.stringify(settings));
    // Its sessions outlast it: what is sent to who listens while it is away is not lost by the broker.
    const lines = [
      'user root',
      'allow_anonymous true',
      `listener ${BROKER} 127.0.0.1`,
      'persistence true',
      `persistence_location ${this.directory}/`,
      'max_queued_messages 0',
    ];
    writeFileSync(join(this.directory, 'mosquitto.conf'), `${lines.join('\n')}\n`);
  }

  async #forward(socket: string, port: number): Promise<void> {
    const forward = this.#lab.spawn('sensor', process.execPath, [
      helperPath('forward.mjs'),
      'in',
      socket,
      String(port),
    ]);
    await said(forward, /^ready$/m, 'forward');
  }

  async #listen(): Promise<void> {
    const ear = new MqttClient(() => connect(join(this.directory, 'broker.sock')), {
      protocolVersion: 4,
      clientId: 'soak-ear',
      clean: false,
      reconnectPeriod: 300,
    });
    ear.on('error', () => {});
    ear.on('message', (_topic, payload) => this.#options.onAlert(payload.toString('utf8')));
    this.#ear = ear;
    while (!ear.connected) await sleep(50);
    await ear.subscribeAsync('thingwatch/soak/alert', { qos: 1 });
  }
}

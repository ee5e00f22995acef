// The built program as a process of its own, as a person starts it: what it says, how it ends, its page and its broker.
import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { MqttClient } from 'mqtt';
import { build } from '../../sensor/deploy/build.mjs';
import { withLock } from '../../sensor/deploy/lock.mjs';
import { isUpToDate, workFolder } from '../../sensor/deploy/stamp.mjs';
import type { Health } from '../../sensor/record/health.ts';
import type { Report, ReportIncident } from '../../sensor/record/report.ts';
import { checkout } from '../lab/namespaces.ts';
import { descendantsOf, sensorProcesses } from '../support/processes.ts';
import { textOf, waitingFor } from '../support/waits.ts';

export const ROOT = checkout;
export const MAIN = join(ROOT, 'dist/sensor/main.js');
export const CAPTURES = join(ROOT, 'test/captures');

/** Builds dist when the sources have changed since; tests of several files wait for each other. */
export async function ensureBuilt(): Promise<void> {
  if (isUpToDate(false)) return;
  await withLock(workFolder(), async (onStart) => {
    if (!isUpToDate(false)) await build({ forTests: existsSync(join(ROOT, 'dist/test')), onStart });
  });
}

/** A directory for one test file; removed by `remove`. */
export function scratch(): { path: (name: string) => string; remove: () => void } {
  const directory = mkdtempSync(join(tmpdir(), 'thingwatch-program-'));
  // A sensor in it that starts as root becomes another user, as it does where people run it.
  chmodSync(directory, 0o755);
  return {
    path: (name) => join(directory, name),
    remove: () => rmSync(directory, { recursive: true, force: true }),
  };
}

/** Without the settings of whoever runs the tests. */
export function plainEnvironment(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('THINGWATCH_')));
}

export function writeYaml(path: string, settings: object): string {
  // JSON is YAML.
  writeFileSync(path, JSON.stringify(settings));
  return path;
}

export interface Ended {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** Until its outputs have ended: what it started may keep them open. */
const LAST_WORDS_MS = 5000;

export class Program {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
  stdout = '';
  stderr = '';

  static start(args: readonly string[], options: { cwd?: string; env?: NodeJS.ProcessEnv } = {}): Program {
    const env = { ...plainEnvironment(), ...options.env };
    return new Program(spawn(process.execPath, [MAIN, ...args], { cwd: options.cwd ?? tmpdir(), env }));
  }

  /** Runs to the end, with `input` on standard input. */
  static run(args: readonly string[], input?: Buffer): Promise<Ended> {
    const program = Program.start(args);
    program.child.stdin?.on('error', () => {}).end(input);
    return program.ended;
  }

  constructor(child: ChildProcess) {
    this.child = child;
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.stdout += text;
    });
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.stderr += text;
    });
    this.ended = new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (code) => resolve({ code, stdout: this.stdout, stderr: this.stderr }));
    });
  }

  get pid(): number {
    return this.child.pid ?? 0;
  }

  /** The sensor's own process: where a keeper started it, another than this one. */
  get sensorPid(): number {
    return sensorProcesses(this.pid).sensor;
  }

  get isOver(): boolean {
    return this.child.exitCode !== null || this.child.signalCode !== null;
  }

  /** Waits until standard error says it; fails with all it said when the program ends first. */
  says(pattern: RegExp): Promise<RegExpExecArray> {
    return waitingFor(() => `that the program says ${pattern}`, this.#hasSaid(pattern));
  }

  async #hasSaid(pattern: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const match = pattern.exec(this.stderr);
      if (match !== null) return match;
      if (this.isOver) break;
      await sleep(10);
    }
    // Of what it wrote last some may still be on its way to us.
    await Promise.race([this.ended, sleep(LAST_WORDS_MS)]);
    const match = pattern.exec(this.stderr);
    if (match === null) throw new Error(`the program ended without saying ${pattern}: ${this.stderr}`);
    return match;
  }

  async stop(): Promise<Ended> {
    if (!this.isOver) this.child.kill('SIGTERM');
    return this.ended;
  }

  /** SIGKILL to the program and its children at once, as when the power goes. */
  async kill(): Promise<void> {
    // Another process may have its number by now.
    if (!this.isOver) this.#killAll();
    await this.ended;
  }

  #killAll(): void {
    for (const pid of [this.pid, ...descendantsOf(this.pid)]) {
      try {
        process.kill(pid, 'SIGKILL');
      } catch {
        // It ended by itself in the meantime.
      }
    }
  }
}

/** `replay` with JSON; anything but success is an error with what the program said. */
export async function report(args: readonly string[], input?: Buffer): Promise<{ json: string; report: Report }> {
  const { code, stderr, stdout } = await Program.run([...args, '--format', 'json'], input);
  if (code !== 0) throw new Error(`exit ${code}: ${stderr}`);
  return { json: stdout, report: JSON.parse(stdout) as Report };
}

/** Where a page or broker listens: a port of this machine, or a socket that leads to one elsewhere. */
export type Place = { port: number } | { socketPath: string };

/** A browser that opened the link the program printed. */
export class PairedPage {
  readonly #place: Place;
  readonly #host: string;
  /** As a `Cookie` header. */
  readonly cookie: string;

  static async open(program: Program, place?: Place): Promise<PairedPage> {
    const [link] = await program.says(/http:\/\/\S+#\/pair\/\S+/);
    return PairedPage.follow(link, place);
  }

  static async follow(link: string, place?: Place): Promise<PairedPage> {
    const [, host = '', token = ''] = /http:\/\/([^/]+)\/#\/pair\/(\S+)/.exec(link) ?? [];
    const at = place ?? { port: Number(host.split(':').at(-1)) };
    const { cookie, status, text } = await call(at, host, 'POST', '/api/pair', '', { token, name: 'Test phone' });
    if (status !== 200) throw new Error(`pairing: ${status} ${text}`);
    return new PairedPage(at, host, cookie);
  }

  private constructor(place: Place, host: string, cookie: string) {
    this.#place = place;
    this.#host = host;
    this.cookie = cookie;
  }

  /** Where the page is of this machine. */
  get port(): number {
    if ('port' in this.#place) return this.#place.port;
    throw new Error('the page is not on a port of this machine');
  }

  async get<Answer>(path: string): Promise<Answer> {
    const { status, text } = await call(this.#place, this.#host, 'GET', path, this.cookie);
    if (status !== 200) throw new Error(`${path}: ${status} ${text}`);
    return JSON.parse(text) as Answer;
  }

  /** An order, as a tap on the page gives it. */
  async command(order: object): Promise<void> {
    const { status, text } = await call(this.#place, this.#host, 'POST', '/api/commands', this.cookie, order);
    if (status !== 200) throw new Error(`${JSON.stringify(order)}: ${status} ${text}`);
  }

  health(): Promise<Health> {
    return this.get('/api/health');
  }

  /** Newest first; at most 200. */
  async incidents(): Promise<ReportIncident[]> {
    return (await this.get<{ incidents: ReportIncident[] }>('/api/incidents?limit=200')).incidents;
  }
}

function call(
  place: Place,
  host: string,
  method: string,
  path: string,
  cookie: string,
  body?: unknown,
): Promise<{ status: number; text: string; cookie: string }> {
  const payload = body === undefined ? undefined : JSON.stringify(body);
  const headers = {
    host,
    ...(cookie === '' ? {} : { cookie }),
    ...(payload === undefined
      ? {}
      : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(payload) }),
  };
  return new Promise((resolve, reject) => {
    const outgoing = request({ ...place, host: '127.0.0.1', method, path, headers, agent: false }, (answer) => {
      let text = '';
      answer.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
      });
      answer.on('end', () => {
        const set = answer.headers['set-cookie']?.[0]?.split(';')[0] ?? '';
        resolve({ status: answer.statusCode ?? 0, text, cookie: set });
      });
    });
    outgoing.on('error', reject);
    outgoing.end(payload);
  });
}

/** Hears everything on a broker behind `place`; resolves when it is subscribed. */
export async function listen(
  place: Place,
  login: { username?: string; password?: string } = {},
): Promise<{ messages: { topic: string; payload: string }[]; close: () => Promise<void> }> {
  const stream = () => ('port' in place ? connect(place.port, '127.0.0.1') : connect(place.socketPath));
  const client = new MqttClient(stream, { protocolVersion: 4, reconnectPeriod: 0, ...login });
  const messages: { topic: string; payload: string }[] = [];
  client.on('error', () => {});
  client.on('message', (topic, payload) => messages.push({ topic, payload: payload.toString('utf8') }));
  await new Promise((resolve, reject) => {
    client.once('connect', resolve);
    client.once('close', () => reject(new Error('the broker does not let the listener in')));
  });
  await client.subscribeAsync('#', { qos: 1 });
  return { messages, close: () => client.endAsync(true) };
}

/** Waits for what will happen; the runner's own limit ends it. */
export function eventually<Value>(look: () => Promise<Value | null> | Value | null): Promise<Value> {
  return waitingFor(() => textOf(look), found(look));
}

async function found<Value>(look: () => Promise<Value | null> | Value | null): Promise<Value> {
  for (;;) {
    const value = await look();
    if (value !== null) return value;
    await sleep(20);
  }
}

// The program of `npm run fleet` as a process of its own, with a directory and ports of its own, as an operator has it.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectAsync, type MqttClient } from 'mqtt';
import type { Enrolment } from '../../../sensor/fleet/enrolment.ts';
import { readOperatorState } from '../../../sensor/fleet/operator/operator-state.ts';
import { recordTopic } from '../../../sensor/fleet/topics.ts';
import { checkout } from '../../lab/namespaces.ts';
import { plainEnvironment } from '../../program/program.ts';
import { commandLine, descendantsOf } from '../../support/processes.ts';
import { freePorts, until } from '../support/place.ts';

const PROGRAM = join(checkout, 'sensor/deploy/fleet.mjs');

export interface Said {
  code: number | null;
  out: string;
  err: string;
}

export class RunningFleet {
  readonly folder: string;
  readonly directory: string;
  readonly ports: { mqtt: number; desk: number; nats: number; postgres: number };
  out = '';
  err = '';
  #process: ChildProcess | null = null;

  /** @param ports of another that does not run then */
  static async make(ports?: RunningFleet['ports']): Promise<RunningFleet> {
    if (ports !== undefined) return new RunningFleet(ports);
    const [mqtt = 0, desk = 0, nats = 0, postgres = 0] = await freePorts(4);
    return new RunningFleet({ mqtt, desk, nats, postgres });
  }

  private constructor(ports: RunningFleet['ports']) {
    this.ports = ports;
    this.folder = mkdtempSync(join(tmpdir(), 'thingwatch-operator-'));
    // Started as root, its servers run as another user, who must get there.
    chmodSync(this.folder, 0o755);
    this.directory = join(this.folder, 'fleet');
  }

  path(...parts: string[]): string {
    return join(this.directory, ...parts);
  }

  get choices(): string[] {
    const { desk, mqtt, nats, postgres } = this.ports;
    const places = ['--mqtt', `127.0.0.1:${mqtt}`, '--desk', `127.0.0.1:${desk}`];
    return [...places, '--nats', `${nats}`, '--postgres', `${postgres}`, '--host', '127.0.0.1', '--host', 'fleet.test'];
  }

  /** Resolves when it says that it runs. */
  async start(args: readonly string[] = this.choices): Promise<void> {
    [this.out, this.err] = ['', ''];
    const child = spawn(process.execPath, [PROGRAM, 'start', '--dir', this.directory, ...args], {
      cwd: this.folder,
      env: { ...plainEnvironment(), INIT_CWD: this.folder },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    child.stdout.on('data', (text) => {
      this.out += String(text);
    });
    child.stderr.on('data', (text) => {
      this.err += String(text);
    });
    this.#process = child;
    await until(
      () => `the fleet runs; it said ${this.out}${this.err}`,
      () => {
        if (child.exitCode !== null) throw new Error(`ended with ${child.exitCode}: ${this.err}`);
        return this.out.includes('Ctrl-C stops it');
      },
      { within: 90_000 },
    );
  }

  /** As Ctrl-C does. @returns exit code */
  async stop(signal: NodeJS.Signals = 'SIGINT'): Promise<number | null> {
    const child = this.#process;
    if (child === null || child.exitCode !== null || child.signalCode !== null) return child?.exitCode ?? null;
    const ended = once(child, 'exit');
    child.kill(signal);
    await ended;
    return child.exitCode;
  }

  /** A command beside it, or before it runs. */
  give(...args: string[]): Said {
    const { status, stderr, stdout } = spawnSync(process.execPath, [PROGRAM, '--dir', this.directory, ...args], {
      cwd: this.folder,
      env: { ...plainEnvironment(), INIT_CWD: this.folder },
      encoding: 'utf8',
      timeout: 60_000,
    });
    return { code: status, out: stdout, err: stderr };
  }

  /** What the desk says to a token. */
  async login(token: string): Promise<number> {
    const options = { host: '127.0.0.1', port: this.ports.desk, path: '/api/login', method: 'POST' };
    const headers = { 'content-type': 'application/json', origin: `https://127.0.0.1:${this.ports.desk}` };
    const asked = request({ ...options, headers, ca: readFileSync(this.path('tls/authority.pem')), agent: false });
    asked.end(JSON.stringify({ token }));
    const [answer] = (await once(asked, 'response')) as [IncomingMessage];
    answer.resume();
    return answer.statusCode ?? 0;
  }

  /** Of what it keeps running, whose command line holds `word`; 0 where there is none. */
  pidOf(word: string): number {
    return descendantsOf(this.#process?.pid ?? 0).find((pid) => commandLine(pid).includes(word)) ?? 0;
  }

  family(): number[] {
    return descendantsOf(this.#process?.pid ?? 0);
  }

  databaseUrl(): string {
    return readOperatorState(this.directory).database.owner;
  }

  log(name: string): string {
    return readFileSync(this.path(`logs/${name}.log`), 'utf8');
  }

  async remove(): Promise<void> {
    await this.stop('SIGTERM');
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** As its sensor comes. */
export function comeAs({ ca, home, token, urls }: Enrolment): Promise<MqttClient> {
  const [url = ''] = urls;
  return connectAsync(
    url,
    {
      ...{ username: home, password: token, clientId: home, protocolVersion: 4, reconnectPeriod: 0 },
      ...(ca === null ? {} : { ca: [ca] }),
    },
    false,
  );
}

/** Resolves when the servers have acknowledged it. */
export async function report(client: MqttClient, home: string, id: string): Promise<void> {
  const body = {
    day: new Date().toISOString().slice(0, 10),
    ...{ vantage: 'lan-both-ways', hoursSeen: 24, lossPercent: 0, version: '0.1.0' },
  };
  const record = { schema: 'thingwatch.fleet/1', id, revision: 1, kind: 'coverage', body };
  await client.publishAsync(recordTopic(home), JSON.stringify(record), { qos: 1 });
}

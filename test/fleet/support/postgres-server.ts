// A real PostgreSQL for tests: a cluster of its own in a temporary directory on a free loopback port, with fsync as in real use. It can be
// killed as by a power cut and started again.
import { type ChildProcess, execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { answers } from '../../../sensor/fleet/operator/postgres-server.ts';
import { openDatabase } from '../../../sensor/fleet/store/database.ts';
import { type Account, freePorts, killed, Place, until } from './place.ts';

const PROGRAMS = '/usr/lib/postgresql';
const PASSWORD = 'correct-horse-battery';
/** Small, and with nothing switched off that real use needs. */
const SETTINGS = [
  "listen_addresses = '127.0.0.1'",
  "unix_socket_directories = ''",
  'max_connections = 60',
  'shared_buffers = 64MB',
  'fsync = on',
  'synchronous_commit = on',
  "timezone = 'UTC'",
];

/** Where Debian keeps the programs of the newest version; null where PostgreSQL is not installed. */
export const POSTGRES = newest();

function newest(): string | null {
  const versions = existsSync(PROGRAMS) ? readdirSync(PROGRAMS).filter((name) => /^\d+$/.test(name)) : [];
  const [version] = versions.sort((a, b) => Number(b) - Number(a));
  return version === undefined ? null : join(PROGRAMS, version, 'bin');
}

/** `initdb` refuses root: then it is `postgres`, or `nobody` where there is none. */
export function serverAccount(): Account | null {
  if (process.getuid?.() !== 0) return null;
  const lines = readFileSync('/etc/passwd', 'utf8').split('\n');
  const line = lines.find((one) => one.startsWith('postgres:')) ?? lines.find((one) => one.startsWith('nobody:'));
  const [, , uid, gid] = line?.split(':') ?? [];
  if (uid === undefined || gid === undefined) throw new Error('no user to run PostgreSQL as');
  return { uid: Number(uid), gid: Number(gid) };
}

export class PostgresServer {
  readonly port: number;
  readonly #place: Place;
  readonly #account: Account | null;
  #process: ChildProcess | null = null;

  static async start(): Promise<PostgresServer> {
    const [port = 0] = await freePorts(1);
    const server = new PostgresServer(port);
    try {
      server.#initialise();
      await server.run();
    } catch (error) {
      await server.remove();
      throw error;
    }
    return server;
  }

  private constructor(port: number) {
    this.port = port;
    this.#account = serverAccount();
    this.#place = new Place('postgres', this.#account);
  }

  /** Of the server's first process; 0 while none runs. */
  get pid(): number {
    return this.#process?.pid ?? 0;
  }

  /** @param database `postgres` is there from the start */
  url(database = 'postgres', user = 'postgres', password = PASSWORD): string {
    return `postgres://${user}:${password}@127.0.0.1:${this.port}/${database}`;
  }

  /** A new, empty database. @returns its URL */
  async makeDatabase(name: string): Promise<string> {
    const db = await openDatabase(this.url());
    await db.query(`CREATE DATABASE ${name}`);
    await db.close();
    return this.url(name);
  }

  #initialise(): void {
    const password = this.#place.path('password');
    writeFileSync(password, PASSWORD, { mode: 0o644 });
    const args = ['-D', this.#place.path('data'), '-U', 'postgres', '--auth=scram-sha-256', `--pwfile=${password}`];
    execFileSync(program('initdb'), [...args, '--encoding=UTF8', '--locale=C.UTF-8'], {
      cwd: this.#place.directory,
      stdio: ['ignore', 'ignore', 'pipe'],
      env: { PATH: process.env.PATH, LC_ALL: 'C.UTF-8' },
      ...(this.#account ?? {}),
    });
    writeFileSync(
      this.#place.path('data', 'postgresql.auto.conf'),
      `${[...SETTINGS, `port = ${this.port}`].join('\n')}\n`,
    );
  }

  /** Starts it, or starts it again after `kill`; resolves when it answers. */
  async run(): Promise<void> {
    const arguments_ = ['-D', this.#place.path('data')];
    const start = () => this.#place.start(program('postgres'), arguments_, { log: 'log', as: this.#account });
    this.#process = start();
    await until(
      () => `PostgreSQL answers\n${this.log().slice(-1500)}`,
      async () => {
        // After a kill the children of the one before may hold its memory for a moment longer.
        if (this.#process?.exitCode != null) this.#process = start();
        return answers(this.url());
      },
      { within: 40_000, every: 100 },
    );
  }

  /** As by a power cut, as far as processes go: all of them at once, nothing written any more. */
  async kill(): Promise<void> {
    if (this.#process !== null) await killed(this.#process);
    this.#process = null;
  }

  log(): string {
    return this.#place.log('log');
  }

  remove(): Promise<void> {
    return this.#place.remove();
  }
}

function program(name: string): string {
  if (POSTGRES === null) throw new Error('PostgreSQL is not installed: apt-get install postgresql');
  return join(POSTGRES, name);
}

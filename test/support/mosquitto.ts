// Debian's Mosquitto as a test wants it: on a free loopback port, with a password, with TLS if asked, nothing kept on disk.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export const MOSQUITTO = ['/usr/sbin/mosquitto', '/usr/bin/mosquitto'].find((path) => existsSync(path)) ?? null;

export interface Authority {
  ca: string;
  server: { cert: string; key: string };
  client: { cert: string; key: string };
  /** Holds the files; removed by the caller. */
  directory: string;
}

/** A certificate authority with a server's certificate for 127.0.0.1 and a client's. */
export function makeAuthority(): Authority {
  const directory = mkdtempSync(join(tmpdir(), 'thingwatch-ca-'));
  const file = (name: string): string => join(directory, name);
  const openssl = (...args: string[]): void => {
    execFileSync('openssl', args, { cwd: directory, stdio: 'ignore' });
  };
  const ec = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  openssl('req', '-x509', ...ec, '-keyout', 'ca.key', '-out', 'ca.pem', '-subj', '/CN=Test authority', '-days', '2');
  for (const [name, extension] of [
    ['server', 'subjectAltName=IP:127.0.0.1'],
    ['client', 'extendedKeyUsage=clientAuth'],
  ] as const) {
    writeFileSync(file(`${name}.ext`), extension);
    openssl('req', ...ec, '-keyout', `${name}.key`, '-out', `${name}.csr`, '-subj', `/CN=${name}`);
    openssl(
      'x509',
      '-req',
      '-in',
      `${name}.csr`,
      '-CA',
      'ca.pem',
      '-CAkey',
      'ca.key',
      '-CAcreateserial',
      '-days',
      '2',
      '-extfile',
      `${name}.ext`,
      '-out',
      `${name}.pem`,
    );
  }
  const pair = (name: string) => ({
    cert: readFileSync(file(`${name}.pem`), 'utf8'),
    key: readFileSync(file(`${name}.key`), 'utf8'),
  });
  return { ca: readFileSync(file('ca.pem'), 'utf8'), server: pair('server'), client: pair('client'), directory };
}

export interface MosquittoOptions {
  authority?: Authority;
  /** Only clients with a certificate of the authority. */
  clientCertificates?: boolean;
  /** Lines of an access list file. */
  accessList?: string[];
}

export class Mosquitto {
  readonly username = 'sensor';
  readonly password = 'correct horse battery';
  readonly port: number;
  readonly #directory: string;
  readonly #tls: boolean;
  #process: ChildProcess | null = null;

  static async start(options: MosquittoOptions = {}): Promise<Mosquitto> {
    const broker = new Mosquitto(await freePort(), options);
    await broker.run();
    return broker;
  }

  private constructor(port: number, { authority, clientCertificates = false, accessList }: MosquittoOptions) {
    this.port = port;
    this.#tls = authority !== undefined;
    this.#directory = mkdtempSync(join(tmpdir(), 'thingwatch-mosquitto-'));
    const file = (name: string): string => join(this.#directory, name);
    const lines = [
      'user root',
      'persistence false',
      'log_type error',
      `listener ${port} 127.0.0.1`,
      'allow_anonymous false',
      `password_file ${file('passwords')}`,
    ];
    if (authority !== undefined) {
      const of = (name: string): string => join(authority.directory, name);
      lines.push(`cafile ${of('ca.pem')}`, `certfile ${of('server.pem')}`, `keyfile ${of('server.key')}`);
      if (clientCertificates) lines.push('require_certificate true');
    }
    if (accessList !== undefined) {
      writeFileSync(file('acl'), `${accessList.join('\n')}\n`, { mode: 0o600 });
      lines.push(`acl_file ${file('acl')}`);
    }
    writeFileSync(file('mosquitto.conf'), `${lines.join('\n')}\n`);
    this.knowPassword(this.password);
  }

  /** What it takes for the user's password after its next start. */
  knowPassword(password: string): void {
    const file = join(this.#directory, 'passwords');
    execFileSync('mosquitto_passwd', ['-b', '-c', file, this.username, password], { stdio: 'ignore' });
  }

  get url(): string {
    return `${this.#tls ? 'mqtts' : 'mqtt'}://127.0.0.1:${this.port}`;
  }

  /** Starts it, or starts it again with nothing remembered. */
  async run(): Promise<void> {
    if (MOSQUITTO === null) throw new Error('mosquitto is not installed');
    const child = spawn(MOSQUITTO, ['-c', join(this.#directory, 'mosquitto.conf')], { stdio: 'ignore' });
    this.#process = child;
    await portOpen(this.port, child);
  }

  /** Stops it as a whole: the kernel still takes connections and bytes for it, nothing is answered. */
  hang(): void {
    this.#process?.kill('SIGSTOP');
  }

  goOn(): void {
    this.#process?.kill('SIGCONT');
  }

  async kill(): Promise<void> {
    const child = this.#process;
    this.#process = null;
    if (child === null || child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await ended;
  }

  async remove(): Promise<void> {
    await this.kill();
    rmSync(this.#directory, { recursive: true, force: true });
  }
}

/** Below the ports that the system gives away (/proc/sys/net/ipv4/ip_local_port_range). */
const PORTS = { first: 20_000, slices: 318, ofEach: 40 } as const;
/** Of its own for each process, as test files that run side by side are. */
const firstOwn = PORTS.first + (process.pid % PORTS.slices) * PORTS.ofEach;
let handedOut = 0;

/**
 * Nobody listens there, and nobody is given it by the system meanwhile: neither who asks for any port, nor a client as its own end of a
 * connection, as happens to a port that a server leaves for a moment.
 */
export async function freePort(): Promise<number> {
  for (let tries = 0; tries < PORTS.ofEach; tries += 1) {
    const port = firstOwn + (handedOut++ % PORTS.ofEach);
    if (await isFree(port)) return port;
  }
  throw new Error(`no port from ${firstOwn} on is free`);
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  const isListening = await new Promise<boolean>((resolve) => {
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => resolve(true));
  });
  if (isListening) await new Promise((resolve) => server.close(resolve));
  return isListening;
}

const STARTS_WITHIN_MS = 30_000;

async function portOpen(port: number, child: ChildProcess): Promise<void> {
  for (const deadline = performance.now() + STARTS_WITHIN_MS; performance.now() < deadline; ) {
    // Who answers at its port then is somebody else.
    if (child.exitCode !== null || child.signalCode !== null) throw new Error(`mosquitto ended at its start: ${port}`);
    const open = await new Promise<boolean>((resolve) => {
      const socket = connect(port, '127.0.0.1');
      socket.once('connect', () => {
        socket.destroy();
        resolve(true);
      });
      socket.once('error', () => resolve(false));
    });
    if (open) return;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  throw new Error('mosquitto did not start');
}

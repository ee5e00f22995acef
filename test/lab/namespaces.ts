// Network namespaces and the processes in them: made under one prefix, and ended with it whatever happens to the test.
// Knows nothing of homes, devices or addresses.
import { type ChildProcess, execFile, type SpawnOptions, spawn, spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

const NAMES = /^twlab-(\d+)-\d+-/;
const NETNS_CONFIG = '/etc/netns';
const TOOLS = ['ip', 'nft', 'dnsmasq', 'dhclient', 'ethtool', 'tcpdump', 'openssl', 'setpriv'];
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

export interface Output {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

const open = new Set<Namespaces>();
let created = 0;
let guarded = false;

/** Why the lab cannot run on this machine, or null when it can. Skip loudly with it. */
export function requireLab(): string | null {
  if (process.platform !== 'linux') return 'the lab needs Linux network namespaces';
  if (process.getuid?.() !== 0) return 'the lab needs root (it makes network namespaces of its own)';
  const path = (process.env.PATH ?? '').split(':');
  const missing = TOOLS.filter((tool) => !path.some((directory) => existsSync(join(directory, tool))));
  if (missing.length > 0) return `the lab needs ${missing.join(', ')}: not on the PATH`;
  const trial = spawnSync('unshare', ['--net', 'ip', 'link', 'add', 'br0', 'type', 'bridge'], { encoding: 'utf8' });
  if (trial.status !== 0) return `the lab cannot make a network namespace with a bridge: ${trial.stderr.trim()}`;
  return null;
}

/** Removes what labs of dead processes left behind. A running lab, of this or another process, is not touched. */
export function sweepNamespaces(): string[] {
  const names = new Set([...listDirectory('/run/netns'), ...listDirectory(NETNS_CONFIG)]);
  const left = [...names].filter((name) => {
    const owner = NAMES.exec(name)?.[1];
    return owner !== undefined && !existsSync(`/proc/${owner}`);
  });
  for (const name of left) removeNamespace(name);
  for (const name of listDirectory(tmpdir())) {
    const owner = NAMES.exec(name)?.[1];
    if (owner !== undefined && !existsSync(`/proc/${owner}`)) removeDirectory(join(tmpdir(), name));
  }
  return left;
}

/** The checkout's root: helper scripts are run from there, also when this file was compiled to another place. */
export const checkout = findCheckout(import.meta.dirname);

function findCheckout(from: string): string {
  if (existsSync(join(from, 'package.json'))) return from;
  if (dirname(from) === from) throw new Error('no package.json above the lab: it runs from a checkout only');
  return findCheckout(dirname(from));
}

export function helperPath(name: string): string {
  return join(checkout, 'test', 'lab', name);
}

export class Namespaces {
  readonly prefix: string;
  /** Temporary files of this lab; removed by close(). */
  readonly directory: string;
  readonly #roles = new Set<string>();
  readonly #children = new Set<ChildProcess>();

  constructor() {
    created += 1;
    this.prefix = `twlab-${process.pid}-${created}-`;
    this.directory = mkdtempSync(join(tmpdir(), this.prefix));
    // A sensor in it that starts as root becomes another user, as it does where people run it.
    chmodSync(this.directory, 0o755);
    open.add(this);
    guard();
  }

  nameOf(role: string): string {
    return `${this.prefix}${role}`;
  }

  /** Where `ip netns exec` finds this namespace's own /etc/resolv.conf. */
  resolverFile(role: string): string {
    return join(NETNS_CONFIG, this.nameOf(role), 'resolv.conf');
  }

  /** Makes the namespaces, then runs `ip` batch lines in the creator's namespace (for links between them). */
  async create(roles: readonly string[], batch: readonly string[]): Promise<void> {
    for (const role of roles) {
      if (!/^[a-z0-9][a-z0-9-]{0,40}$/.test(role)) throw new Error(`not a name for a namespace: ${role}`);
      this.#roles.add(role);
      mkdirSync(dirname(this.resolverFile(role)), { recursive: true });
      writeFileSync(this.resolverFile(role), '');
    }
    const lines = [...roles.map((role) => `netns add ${this.nameOf(role)}`), ...batch];
    mustSucceed('ip -batch', await execute('ip', ['-batch', '-'], `${lines.join('\n')}\n`));
  }

  /** Runs a shell script in a namespace; throws with its standard error when a line fails. */
  async script(role: string, lines: readonly string[]): Promise<string> {
    const args = ['netns', 'exec', this.nameOf(role), 'sh', '-e'];
    return mustSucceed(`in ${role}`, await execute('ip', args, `${lines.join('\n')}\n`)).stdout;
  }

  /** Runs a command in a namespace to its end; an exit code other than 0 is returned, not thrown. */
  run(role: string, command: string, args: readonly string[], input = ''): Promise<Output> {
    return execute('ip', this.#enter(role, command, args), input);
  }

  /** Starts a command in a namespace. It is killed by close(), and by the kernel when this process dies. */
  spawn(role: string, command: string, args: readonly string[], options: SpawnOptions = {}): ChildProcess {
    const child = spawn('ip', this.#enter(role, command, args), { stdio: ['pipe', 'pipe', 'pipe'], ...options });
    this.#children.add(child);
    child.once('exit', () => this.#children.delete(child));
    return child;
  }

  /** As spawn(), and waits until `ready` matches what the command says on either output. */
  async start(role: string, command: string, args: readonly string[], ready: RegExp): Promise<Service> {
    const child = this.spawn(role, command, args);
    return { child, match: await said(child, ready, `${command} in ${role}`) };
  }

  async close(): Promise<void> {
    const children = [...this.#children];
    await Promise.all(children.map((child) => terminate(child)));
    this.closeNow();
  }

  /** The synchronous end, for exit handlers: kills everything in the namespaces and removes them and all files. */
  closeNow(): void {
    for (const role of this.#roles) removeNamespace(this.nameOf(role));
    removeDirectory(this.directory);
    open.delete(this);
  }

  #enter(role: string, command: string, args: readonly string[]): string[] {
    return ['netns', 'exec', this.nameOf(role), 'setpriv', '--pdeathsig', 'KILL', command, ...args];
  }
}

export interface Service {
  readonly child: ChildProcess;
  readonly match: RegExpExecArray;
}

/** Waits until a child's output matches; throws with what it said when it ends or 20 s pass before that. */
export function said(child: ChildProcess, pattern: RegExp, what: string): Promise<RegExpExecArray> {
  return new Promise((resolve, reject) => {
    let text = '';
    const fail = (why: string) => reject(new Error(`${what} ${why}: ${text.trim().slice(-2000)}`));
    const timer = setTimeout(() => fail('did not get ready in 20 s'), 20_000);
    const listen = (chunk: Buffer) => {
      text += chunk.toString();
      const match = pattern.exec(text);
      if (match === null) return;
      clearTimeout(timer);
      child.stdout?.off('data', listen).resume();
      child.stderr?.off('data', listen).resume();
      resolve(match);
    };
    child.stdout?.on('data', listen);
    child.stderr?.on('data', listen);
    child.once('error', (error) => fail(error.message));
    child.once('close', (code) => {
      clearTimeout(timer);
      fail(`ended with ${code}`);
    });
  });
}

/** Ends a child: SIGTERM, and SIGKILL after two seconds. */
export function terminate(child: ChildProcess, signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => {
    const timer = setTimeout(() => child.kill('SIGKILL'), 2000);
    child.once('exit', () => {
      clearTimeout(timer);
      resolve();
    });
    child.kill(signal);
  });
}

export function mustSucceed(what: string, output: Output): Output {
  if (output.code !== 0) throw new Error(`${what} failed (${output.code}): ${output.stderr.trim() || output.stdout}`);
  return output;
}

export function execute(command: string, args: readonly string[], input = ''): Promise<Output> {
  return new Promise((resolve, reject) => {
    const child = execFile(command, args, { maxBuffer: 64 * 1024 * 1024 }, (error, stdout, stderr) => {
      if (typeof error?.code === 'string') reject(error);
      else resolve({ code: child.exitCode ?? 128, stdout, stderr });
    });
    child.stdin?.on('error', () => {
      // The command ended without reading its input; its exit code tells.
    });
    child.stdin?.end(input);
  });
}

function removeNamespace(name: string): void {
  const pids = spawnSync('ip', ['netns', 'pids', name], { encoding: 'utf8' }).stdout ?? '';
  for (const pid of pids.split('\n').filter((line) => line !== '')) {
    try {
      process.kill(Number(pid), 'SIGKILL');
    } catch {
      // It ended by itself in the meantime.
    }
  }
  spawnSync('ip', ['netns', 'del', name]);
  rmSync(join(NETNS_CONFIG, name), { recursive: true, force: true });
}

/** With what is mounted in it, which would otherwise keep it. */
function removeDirectory(path: string): void {
  const mounts = readFileSync('/proc/self/mounts', 'utf8').split('\n');
  for (const place of mounts.map((line) => line.split(' ')[1] ?? ''))
    if (place.startsWith(`${path}/`)) spawnSync('umount', ['-l', place]);
  rmSync(path, { recursive: true, force: true });
}

function listDirectory(path: string): string[] {
  return existsSync(path) ? readdirSync(path) : [];
}

/**
 * The exit handler also runs after an uncaught exception. On a signal the lab ends the process itself only when
 * nobody else listens for that signal; who listens has to end it, and the exit handler then cleans up.
 */
function guard(): void {
  if (guarded) return;
  guarded = true;
  const closeAll = () => {
    for (const namespaces of [...open]) namespaces.closeNow();
  };
  process.on('exit', closeAll);
  for (const signal of SIGNALS) {
    const end = () => {
      if (process.listenerCount(signal) > 1) return;
      closeAll();
      process.off(signal, end);
      process.kill(process.pid, signal);
    };
    process.on(signal, end);
  }
}

// A temporary directory with the processes that live in it. Both are gone at the end, also when the test is killed: a watcher holds the
// other end of a pipe, and when that closes it kills what was started and removes the directory.
import { type ChildProcess, spawn } from 'node:child_process';
import {
  chownSync,
  createWriteStream,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { descendantsOf } from '../../support/processes.ts';

/** Process groups first, then whatever calls the directory its own: a server's children may have sessions of their own. */
const WATCH = `cat > /dev/null
for file in "$1"/pids/*; do [ -e "$file" ] && kill -9 -- "-\${file##*/}" 2> /dev/null; done
for entry in /proc/[0-9]*; do
  case "$(readlink "$entry/cwd" 2> /dev/null)" in "$1"/*|"$1") kill -9 "\${entry#/proc/}" 2> /dev/null;; esac
done
for try in 1 2 3 4 5; do rm -rf -- "$1" && exit; sleep 1; done`;

export interface Account {
  uid: number;
  gid: number;
}

export class Place {
  readonly directory: string;
  readonly #watcher: ChildProcess;
  readonly #running = new Set<ChildProcess>();

  /** @param owner of the directory; null for who runs the test */
  constructor(name: string, owner: Account | null = null) {
    this.directory = mkdtempSync(join(tmpdir(), `thingwatch-${name}-`));
    mkdirSync(join(this.directory, 'pids'));
    if (owner !== null) chownSync(this.directory, owner.uid, owner.gid);
    this.#watcher = spawn('/bin/sh', ['-c', WATCH, 'sh', this.directory], {
      cwd: '/',
      detached: true,
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    this.#watcher.unref();
  }

  path(...parts: string[]): string {
    return join(this.directory, ...parts);
  }

  /** Runs in the directory, in a process group of its own; what it says goes to the file `log`. */
  start(command: string, args: readonly string[], { log, as }: { log: string; as?: Account | null }): ChildProcess {
    const child = spawn(command, args, {
      cwd: this.directory,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { PATH: process.env.PATH, LC_ALL: 'C.UTF-8', TZ: 'UTC' },
      ...(as ? { uid: as.uid, gid: as.gid } : {}),
    });
    const pid = child.pid;
    if (pid === undefined) throw new Error(`${command} cannot be started`);
    writeFileSync(this.path('pids', String(pid)), '');
    const sink = createWriteStream(this.path(log), { flags: 'a' });
    child.stdout?.pipe(sink, { end: false });
    child.stderr?.pipe(sink, { end: false });
    this.#running.add(child);
    child.once('exit', () => {
      this.#running.delete(child);
      rmSync(this.path('pids', String(pid)), { force: true });
      sink.end();
    });
    return child;
  }

  log(name: string): string {
    return existsSync(this.path(name)) ? readFileSync(this.path(name), 'utf8') : '';
  }

  /** Ends all that was started, at once, and removes the directory. */
  async remove(): Promise<void> {
    await Promise.all([...this.#running].map((child) => killed(child)));
    const ended = new Promise((resolve) => this.#watcher.once('exit', resolve));
    this.#watcher.stdin?.end();
    await ended;
  }
}

/** As a power cut would: the process and all its children, at once. */
export async function killed(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
  const ended = new Promise((resolve) => child.once('exit', resolve));
  const children = descendantsOf(child.pid);
  child.kill('SIGKILL');
  for (const pid of children) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // It has ended with its parent.
    }
  }
  await ended;
}

/**
 * Below the range from which the kernel takes the ports of outgoing connections, as it must be free again after a restart, and below
 * that of `freePort` in test/support. No other test gets one of them as long as this process lives, also before it listens there and
 * while it is killed.
 */
export async function freePorts(count: number): Promise<number[]> {
  const found: number[] = [];
  for (let tries = 0; found.length < count; tries++) {
    if (tries > 1000) throw new Error('no free ports');
    const port = 12_000 + Math.floor(Math.random() * 8_000);
    if ((await isOurs(port)) && (await isFree(port))) found.push(port);
  }
  return found;
}

/** A name in Linux's abstract socket namespace stands for the port: the kernel gives it to one process and takes it back at its end. */
function isOurs(port: number): Promise<boolean> {
  const server = createServer().unref();
  return new Promise((resolve) => {
    server.once('error', () => resolve(false));
    server.listen(`\0thingwatch-port-${port}`, () => resolve(true));
  });
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  const free = await new Promise<boolean>((resolve) => {
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => resolve(true));
  });
  if (free) await new Promise((resolve) => server.close(resolve));
  return free;
}

/** Asks again and again until it is so. @throws what `what` says after `within` ms */
export async function until(
  what: () => string,
  isSo: () => boolean | Promise<boolean>,
  { within = 20_000, every = 50 }: { within?: number; every?: number } = {},
): Promise<void> {
  for (const start = performance.now(); performance.now() - start < within; ) {
    if (await isSo()) return;
    await new Promise((resolve) => setTimeout(resolve, every));
  }
  throw new Error(`not within ${within} ms: ${what()}`);
}

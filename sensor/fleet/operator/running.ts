// A fleet on one machine while it runs: database and servers, then what is made at them, then collector and desk; each started again when it
// ends, all stopped in order. One at a time for each directory.
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { createConnection, createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Account } from './account.ts';
import { restoreDatabase } from './backup.ts';
import { Child, type ChildSpec, type ChildTimes } from './child.ts';
import { writeSecret } from './fleet-directory.ts';
import type { Operator } from './homes.ts';
import { shutOut, withDatabase } from './homes.ts';
import { ensureCertificate, makeDatabase, makeStreams, makeTables } from './making.ts';
import { natsServer, writeNatsConfig } from './nats-server.ts';
import { codeOf, OperatorError } from './operator-error.ts';
import { databaseServer, madeBy, makeDatabaseServer } from './postgres-server.ts';

/** A collector opens no door: one that finds something wrong says so and ends within so long (ms). */
const FAILS_WITHIN = 2000;
/** How long servers may take to stop that nobody waits for any more (ms). */
const STOPS_WITHIN = 20_000;

export interface RunOptions {
  operator: Operator;
  account: Account | null;
  /** In the order of their start. */
  services: readonly ('collect' | 'desk')[];
  /** The command of a service of ours, and as whom it runs. */
  service(name: 'collect' | 'desk'): { command: string; args: string[]; account: Account | null };
  /** A line for whoever watches. */
  say(line: string): void;
  times?: Partial<ChildTimes>;
}

export interface RunningFleet {
  /** Of each server and service that runs now, by name. */
  pids(): Record<string, number | null>;
  /** Makes the certificate anew where that is wanted, and has the servers take it. */
  renew(): Promise<void>;
  stop(): Promise<void>;
}

/** Resolves when all of it serves. @throws OperatorError; what was started is stopped again */
export async function runFleet(options: RunOptions): Promise<RunningFleet> {
  const { account, operator, say, times = {} } = options;
  const { directory } = operator.fleet;
  const { servers } = operator.state;
  if (servers === null) throw new OperatorError('the servers of this fleet run elsewhere');
  const { release, wasKilled } = claim(directory);
  const started: Child[] = [];
  const stop = async () => {
    for (const child of [...started].reverse()) await child.stop();
    release();
  };
  try {
    await portsAreFree(options, wasKilled ? STOPS_WITHIN : 0);
    const up = async (spec: ChildSpec) => {
      const child = new Child(spec, say, times);
      started.push(child);
      await child.start();
      return child;
    };
    const { server } = operator.state.database;
    if (server === null)
      throw new OperatorError(
        'this fleet has servers of its own and a database elsewhere, which is not known how to run',
      );
    if (madeBy(directory) === null) {
      say('making the database');
      await makeDatabaseServer(directory, account, decodeURIComponent(new URL(server).password));
    }
    await writeNatsConfig(operator.fleet, { ...operator.state, servers }, account);
    const [database] = await Promise.all([
      up(databaseServer(directory, account, servers.postgres, server)),
      up(natsServer(directory, account, servers.nats)),
    ]);
    // The database is the last to stop, whichever came up first.
    started.sort((a, b) => Number(b === database) - Number(a === database));
    await makeDatabase(operator);
    if (await restoreDatabase(operator)) say('the database is made from the copy in this directory');
    await makeTables(operator);
    await makeStreams(operator);
    await withDatabase(operator, (db) => shutOut(operator, db));
    for (const name of options.services) await up(serviceSpec(options, name));
  } catch (error) {
    await stop();
    throw error;
  }
  const renew = async () => {
    await ensureCertificate(directory, operator.state, account);
    for (const child of started) if (['nats-server', 'desk'].includes(child.spec.name)) child.restart();
  };
  const pids = () => Object.fromEntries(started.map(({ pid, spec }) => [spec.name, pid]));
  return { pids, renew, stop };
}

function serviceSpec({ operator, service }: RunOptions, name: 'collect' | 'desk'): ChildSpec {
  const { directory, settings } = operator.fleet;
  const { account, args, command } = service(name);
  const isDesk = name === 'desk';
  return {
    name: isDesk ? 'desk' : 'collector',
    command,
    args,
    account,
    cwd: join(directory, 'services'),
    signal: 'SIGTERM',
    log: join(directory, `logs/${isDesk ? 'desk' : 'collector'}.log`),
    isUp: async (aliveFor) => (isDesk ? isTaken(settings.desk.listen) : aliveFor > FAILS_WITHIN),
  };
}

/** @throws OperatorError naming the first that is taken, and how to choose another */
async function portsAreFree({ account, operator }: RunOptions, within: number): Promise<void> {
  const { fleet, state } = operator;
  const { servers } = state;
  if (servers === null) return;
  const places = [
    { what: 'PostgreSQL', place: `127.0.0.1:${servers.postgres}`, option: '--postgres PORT' },
    { what: 'the NATS server', place: `127.0.0.1:${servers.nats}`, option: '--nats PORT' },
    { what: 'MQTT, where homes report,', place: servers.mqtt, option: '--mqtt HOST:PORT' },
    { what: 'the desk', place: fleet.settings.desk.listen, option: '--desk HOST:PORT' },
  ];
  for (const { option, place, what } of places) {
    let problem = await openingProblem(place, account);
    for (const began = performance.now(); problem === 'EADDRINUSE' && performance.now() - began < within; ) {
      await sleep(200);
      problem = await openingProblem(place, account);
    }
    if (problem === null) continue;
    const why = {
      EADDRINUSE: 'something else listens there already',
      EADDRNOTAVAIL: 'this machine has no such address',
      EACCES: 'this account may not listen there: ports below 1024 are for root',
    }[problem];
    throw new OperatorError(
      `${what} cannot listen on ${place}: ${why ?? problem}. Choose another place with ${option}`,
    );
  }
}

/** Whether somebody takes connections there. */
function isTaken(place: string): Promise<boolean> {
  const { host, port } = splitPlace(place);
  const socket = createConnection({ host: ['', '0.0.0.0', '::'].includes(host) ? '127.0.0.1' : host, port });
  return new Promise((resolve) => {
    const done = (is: boolean) => {
      socket.destroy();
      resolve(is);
    };
    socket.setTimeout(1000, () => done(false));
    socket.once('error', () => done(false));
    socket.once('connect', () => done(true));
  });
}

function splitPlace(place: string): { host: string; port: number } {
  const [, host = '', port = '0'] = /^(.*):(\d+)$/.exec(place) ?? [];
  return { host: host.replace(/^\[|\]$/g, ''), port: Number(port) };
}

function openingProblem(place: string, account: Account | null): Promise<string | null> {
  const { host, port } = splitPlace(place);
  // Root may; whom the servers run as may not.
  if (account !== null && port < 1024) return Promise.resolve('EACCES');
  const server = createServer();
  return new Promise((resolve) => {
    server.once('error', (error) => resolve(codeOf(error)));
    server.listen({ port, ...(host === '' ? {} : { host }) }, () => server.close(() => resolve(null)));
  });
}

const runFile = (directory: string): string => join(directory, 'operator/running.json');

/** The process that runs the fleet of this directory; null where none does. */
export function runningProcess(directory: string): number | null {
  try {
    const { pid, start } = JSON.parse(readFileSync(runFile(directory), 'utf8')) as { pid: number; start: string };
    return startOf(pid) === start ? pid : null;
  } catch {
    return null;
  }
}

/** @throws OperatorError */
export function throwIfRunning(directory: string): void {
  const other = runningProcess(directory);
  if (other !== null)
    throw new OperatorError(`this fleet runs already (process ${other}): stop that with Ctrl-C or SIGTERM first`);
}

/** @throws OperatorError where it runs already. `wasKilled`: whoever ran it last did not stop it, and what he started may be stopping yet */
function claim(directory: string): { release(): void; wasKilled: boolean } {
  throwIfRunning(directory);
  const wasKilled = existsSync(runFile(directory));
  writeSecret(runFile(directory), JSON.stringify({ pid: process.pid, start: startOf(process.pid) }), null);
  return { wasKilled, release: () => rmSync(runFile(directory), { force: true }) };
}

/** In the kernel's ticks: tells a process from a later one with the same number. */
function startOf(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? null;
  } catch {
    return null;
  }
}

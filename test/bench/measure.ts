// What the benches share: arguments, timed commands, medians, memory of processes.
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { checkout } from '../lab/namespaces.ts';
import { childrenOf } from '../support/processes.ts';

/** A wrong argument; its message is for the person who gave it. */
export class UsageError extends Error {}

/** The program as a person starts it, set-up check included. */
export const THINGWATCH = [process.execPath, `${checkout}/sensor/deploy/start.mjs`] as const;

/** Splits arguments into positions and `--name NUMBER` options. */
export function readArgs<Name extends string>(
  args: string[],
  defaults: Readonly<Record<Name, number>>,
): { values: Record<Name, number>; positions: string[] } {
  const names = Object.keys(defaults) as Name[];
  const options = Object.fromEntries(names.map((name) => [name, { type: 'string' as const }]));
  const values: Record<Name, number> = { ...defaults };
  try {
    const parsed = parseArgs({ args, options, allowPositionals: true });
    for (const name of names) {
      const text = parsed.values[name];
      if (text !== undefined) values[name] = wholeNumber(String(text), `--${name}`);
    }
    return { values, positions: parsed.positionals };
  } catch (error) {
    throw error instanceof UsageError ? error : new UsageError(error instanceof Error ? error.message : String(error));
  }
}

export function wholeNumber(text: string, what: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 0) throw new UsageError(`${what} must be a whole number, not ${text}`);
  return value;
}

/**
 * The environment of what is measured. Some workplaces have Node read all authorities of the system beside its own at each start
 * (`NODE_EXTRA_CA_CERTS`), which takes as long as all else of it; no home does.
 */
export function plainEnvironment(): NodeJS.ProcessEnv {
  const { NODE_EXTRA_CA_CERTS: _authorities, ...plain } = process.env;
  return plain;
}

/** Runs a command with its output thrown away: milliseconds of wall time, null where it is not installed. Rejects when it fails. */
export function timed([command = '', ...args]: readonly string[]): Promise<number | null> {
  return new Promise((resolve, reject) => {
    const begun = process.hrtime.bigint();
    const child = spawn(command, args, {
      cwd: checkout,
      env: plainEnvironment(),
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let said = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      if (said.length < 4096) said += text;
    });
    child.on('error', (error) => ('code' in error && error.code === 'ENOENT' ? resolve(null) : reject(error)));
    child.on('close', (code) => {
      const took = Number(process.hrtime.bigint() - begun) / 1e6;
      if (code === 0) resolve(took);
      else reject(new Error(`${command} ended with ${code}: ${said.trim()}`));
    });
  });
}

export interface Cost {
  /** Milliseconds of wall time, and of CPU time that it and its children spent outside the kernel and in it. */
  wall: number;
  user: number;
  system: number;
  /** Most resident memory of the process, without its children, in MB. */
  peak: number;
}

/** A program that is measured beside others on the same work. */
export interface Contender {
  name: string;
  command: readonly string[];
  /** Slow ones run once, and say so. */
  once?: boolean;
}

/** What each took in each of `rounds` alternating rounds; nothing of what is not installed. */
export async function costsOf(contenders: readonly Contender[], rounds: number): Promise<Map<string, Cost[]>> {
  const costs = new Map<string, Cost[]>();
  for (let round = 0; round < rounds; round++) {
    for (const { name, command, once } of contenders) {
      const cost = once === true && round > 0 ? null : await costOf(command);
      if (cost !== null) costs.set(name, [...(costs.get(name) ?? []), cost]);
    }
  }
  return costs;
}

/** Packets in a capture, of those that pass a filter where one is given, as tcpdump counts them. */
export async function packetsIn(file: string, ...filter: string[]): Promise<number> {
  return Number(/\d+/.exec(await outputOf(['tcpdump', '-r', file, '--count', ...filter]))?.[0]);
}

/** How often the memory of a running command is looked at, ms. The kernel keeps the peak, so that only the last look counts. */
const LOOK = 5;

/** Like `timed`, with what else it took. One command at a time: CPU time is that of all children that ended meanwhile. */
async function costOf(command: readonly string[]): Promise<Cost | null> {
  const before = timeOfChildren();
  const known = new Set(childrenOf(process.pid));
  let peak = 0;
  const look = setInterval(() => {
    for (const pid of childrenOf(process.pid)) {
      if (known.has(pid)) continue;
      const text = readOrNothing(`/proc/${pid}/status`);
      peak = Math.max(peak, Number(/^VmHWM:\s+(\d+) kB/m.exec(text)?.[1] ?? 0) / 1024);
    }
  }, LOOK);
  try {
    const wall = await timed(command);
    const { system, user } = timeOfChildren();
    return wall === null ? null : { wall, user: user - before.user, system: system - before.system, peak };
  } finally {
    clearInterval(look);
  }
}

/** Of a file of the kernel's about a process that may have ended. */
function readOrNothing(file: string): string {
  try {
    return readFileSync(file, 'latin1');
  } catch {
    return '';
  }
}

/** CPU time of children that ended, ms, in steps of 10 (proc_pid_stat(5), fields 16 and 17). */
function timeOfChildren(): { user: number; system: number } {
  const stat = readFileSync('/proc/self/stat', 'latin1');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return { user: Number(fields[13]) * 10, system: Number(fields[14]) * 10 };
}

/** Standard output of a command that must succeed. */
export function outputOf([command = '', ...args]: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: checkout, stdio: ['ignore', 'pipe', 'pipe'] });
    const parts: Buffer[] = [];
    let said = '';
    child.stdout.on('data', (chunk: Buffer) => parts.push(chunk));
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      if (said.length < 4096) said += text;
    });
    child.on('error', reject);
    child.on('close', (code) => {
      if (code === 0) resolve(Buffer.concat(parts).toString('utf8'));
      else reject(new Error(said.trim() || `${command} ended with ${code}`));
    });
  });
}

/** The value below which `share` of the values lie; NaN without values. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
}

export const median = (values: readonly number[]): number => quantile(values, 0.5);

/** Resident memory of a process in MB: all pages, and the share of those held in common with other processes. */
export function memoryOf(pid: number): { resident: number; proportional: number; peak: number } {
  const megabytes = (file: string, key: string): number => {
    const kilobytes = new RegExp(`^${key}:\\s+(\\d+) kB`, 'm').exec(
      readFileSync(`/proc/${pid}/${file}`, 'latin1'),
    )?.[1];
    return Number(kilobytes) / 1024;
  };
  return {
    resident: megabytes('status', 'VmRSS'),
    proportional: megabytes('smaps_rollup', 'Pss'),
    peak: megabytes('status', 'VmHWM'),
  };
}

/** A full collection, so that what is left is held. */
export function collectGarbage(): void {
  setFlagsFromString('--expose-gc');
  const collect: () => void = runInNewContext('gc');
  collect();
}

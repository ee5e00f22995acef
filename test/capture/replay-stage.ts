// Captures of mail attempts in a folder of their own, and a replay that tells all that came of it.
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { CaptureError } from '../../sensor/capture/errors.ts';
import { type ReplayOptions, replay } from '../../sensor/capture/replay.ts';
import * as build from '../support/packet-builder.ts';

export const START = 1_700_000_000_000;
/** Where the second record of a capture of attempts begins, and so on. */
export const recordAt = (index: number) => 24 + index * (16 + 54);

export const syn = (sourcePort: number) =>
  build.ethernet(
    { source: 'a4:cf:12:99:be:ef', destination: '3c:37:86:2b:11:00' },
    build.ipv4(
      { source: '192.168.1.50', destination: '203.0.113.25' },
      build.tcp({ sourcePort, destinationPort: 25, flags: 'S' }),
    ),
  );
/** Mail attempts a second apart. */
export const attempts = (count: number, from = START) =>
  Array.from({ length: count }, (_, n) => ({ time: from + n * 1000, data: syn(40000 + n) }));

const folder = mkdtempSync(join(tmpdir(), 'thingwatch-replay-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

export const at = (name: string) => join(folder, name);
export function write(name: string, bytes: Buffer): string {
  writeFileSync(at(name), bytes);
  return at(name);
}

interface Told {
  times: number[];
  warnings: string[];
}

/** Replays and returns what came of it, times relative to START; an error is told as its problem and message. */
export async function run(options: Partial<ReplayOptions> & Pick<ReplayOptions, 'files'>) {
  const told: Told = { times: [], warnings: [] };
  const outcome = await replay({
    onFrame: (frame) => told.times.push(frame.time - START),
    onWarning: (message) => told.warnings.push(message),
    ...options,
  }).catch((error: unknown) => {
    if (error instanceof CaptureError) return { problem: error.problem, message: error.message };
    throw error;
  });
  return { ...told, ...outcome };
}

/** tcpdump processes that this process started and that still run. */
export function ownTcpdumps(): string[] {
  return readdirSync('/proc').filter((pid) => {
    if (!/^\d+$/.test(pid)) return false;
    try {
      const [, name, parent] = /\((.*)\) \S (\d+)/.exec(readFileSync(`/proc/${pid}/stat`, 'latin1')) ?? [];
      return name === 'tcpdump' && Number(parent) === process.pid;
    } catch {
      return false;
    }
  });
}

// The capture child as a process: how it is started and ended, whoever does that. Here by this process itself; where the sensor
// holds no right of its own, its keeper does (sensor/main/keeper.ts). What its bytes mean is the reader's affair.
import { type ChildProcess, spawn } from 'node:child_process';
import { constants, setPriority } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { PROJECT_ROOT } from '../checkout.ts';

const CHILD = join(PROJECT_ROOT, 'dist/sensor/capture/cap-child.js');
/** The capture child's nice value. */
export const CAPTURE_PRIORITY = constants.priority.PRIORITY_HIGH;

export interface CaptureOrder {
  /** Name of the interface. */
  readonly device: string;
  /** LINKTYPE_ number that its frames must have. */
  readonly linkType: number;
  /** The kernel's ring, bytes. */
  readonly bufferSize: number;
}

export interface CaptureListener {
  /** The pcap stream; told once. */
  onOutput(stream: Readable): void;
  /** What it says on standard error, in pieces. */
  onSaid(text: string): void;
  /** Told once, when it has ended and all of its stream was read; `error` where it could not be started. */
  onEnd(error: Error | null): void;
}

export interface CaptureProcess {
  /** Null where it did not start, or not yet. */
  readonly pid: number | null;
  /** Tells it to end by itself. */
  end(): void;
  kill(): void;
}

export type LaunchCapture = (order: CaptureOrder, listener: CaptureListener) => CaptureProcess;

/** The child's arguments to Node. */
export function captureArguments({ bufferSize, device, linkType }: CaptureOrder): string[] {
  return [CHILD, device, `${linkType}`, `${bufferSize}`];
}

/** None of the child's business: settings, in which passwords are, and what TLS trusts beside, which Node reads at each start. */
const NOT_ITS_OWN = /^(?:THINGWATCH|NOTIFY|WATCHDOG)_|^NODE_EXTRA_CA_CERTS$/;

/** The child's environment. */
export function captureEnvironment(environment: NodeJS.ProcessEnv = process.env): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(environment).filter(([name]) => !NOT_ITS_OWN.test(name)));
}

/** As a child of this process, with its rights. */
export const launchCapture: LaunchCapture = (order, { onEnd, onOutput, onSaid }) => {
  // Out of file descriptors it has no pipes.
  const child: ChildProcess = spawn(process.execPath, captureArguments(order), {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: captureEnvironment(),
  });
  hurry(child.pid);
  child.stderr?.setEncoding('utf8').on('data', onSaid);
  child.once('error', onEnd);
  child.once('close', () => onEnd(null));
  begin(child);
  if (child.stdout) onOutput(child.stdout);
  return {
    pid: child.pid ?? null,
    end: () => child.stdin?.end(),
    kill: () => void child.kill('SIGKILL'),
  };
};

/** It waits for the first byte of its standard input: by then its stream must be where it is read. */
export function begin({ stdin }: Pick<ChildProcess, 'stdin'>): void {
  stdin?.on('error', () => {
    // It has ended.
  });
  stdin?.write('\n');
}

/** The capture goes before other work where this process may say so: frames that it cannot take are lost. */
export function hurry(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    setPriority(pid, CAPTURE_PRIORITY);
  } catch {
    // Only root and the service may; it works without.
  }
}

// Processes as the kernel shows them: whose child is whose, by what they were started, and which of the sensor's is which.
import { readFileSync } from 'node:fs';

/** None of one that has ended. */
export function childrenOf(pid: number): number[] {
  return textOf(`/proc/${pid}/task/${pid}/children`).split(' ').filter(Boolean).map(Number);
}

/** Its children, their children and so on. */
export function descendantsOf(pid: number): number[] {
  return childrenOf(pid).flatMap((child) => [child, ...descendantsOf(child)]);
}

/** Words are parted by spaces; empty once it has ended. */
export function commandLine(pid: number): string {
  return textOf(`/proc/${pid}/cmdline`).replaceAll('\0', ' ');
}

/** A zombie has ended too: whoever should take note of it has not done so yet. */
export function hasEnded(pid: number): boolean {
  const stat = textOf(`/proc/${pid}/stat`);
  return stat === '' || stat.slice(stat.lastIndexOf(')')).startsWith(') Z ');
}

export interface SensorProcesses {
  /** The one that reads frames and keeps the state. */
  sensor: number;
  /** The one that captures; 0 where there is none. */
  capture: number;
  /** 0 where the sensor needs none. */
  keeper: number;
}

/** Of `thingwatch run`: as root or as the service a keeper was started, and it starts the others. */
export function sensorProcesses(started: number): SensorProcesses {
  const family = descendantsOf(started);
  const kept = family.find((pid) => commandLine(pid).includes('--kept'));
  const capture = family.find((pid) => commandLine(pid).includes('cap-child')) ?? 0;
  return { sensor: kept ?? started, capture, keeper: kept === undefined ? 0 : started };
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8').trimEnd();
  } catch {
    return '';
  }
}

// What this process may do, as the kernel says. Loaded at every start, so it needs nothing else. Belongs to main.ts.
import { readdirSync, readFileSync } from 'node:fs';

const NET_RAW = 1n << 13n;

export interface Rights {
  readonly uid: number;
  /** Sets of capabilities, see capabilities(7); 0 where the kernel tells none. */
  readonly permitted: bigint;
  readonly effective: bigint;
  readonly ambient: bigint;
}

/** Of this process, or of one thread of it. */
export function readRights(status = textOf('/proc/self/status')): Rights {
  const set = (name: string) => BigInt(`0x${new RegExp(`^${name}:\\s*([0-9a-f]+)$`, 'm').exec(status)?.[1] ?? '0'}`);
  const uid = Number(/^Uid:\s*\d+\s+(\d+)/m.exec(status)?.[1] ?? process.getuid?.() ?? -1);
  return { uid, permitted: set('CapPrm'), effective: set('CapEff'), ambient: set('CapAmb') };
}

/** Whether what this process starts gets rights of its own that a sensor has no use for: then a keeper holds them instead. */
export function needsKeeper({ ambient, uid }: Rights): boolean {
  return uid === 0 || (ambient & NET_RAW) !== 0n;
}

/** What any thread of this process still may do; null where that is nothing. */
export function rightsLeft(): string | null {
  for (const task of readdirSync('/proc/self/task')) {
    const { effective, permitted, uid } = readRights(textOf(`/proc/self/task/${task}/status`));
    if (uid === 0) return 'user root';
    if ((effective | permitted) !== 0n) return `capabilities ${(effective | permitted).toString(16)}`;
  }
  return null;
}

/** A thread may end meanwhile. */
function textOf(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return '';
  }
}

// Memory of processes as the kernel counts it for a service: a cgroup of their own, version 2 or 1, made and removed here.
import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const ROOT = '/sys/fs/cgroup';

/** Megabytes (10⁶ bytes). */
export interface GroupMemory {
  /** What the kernel cannot take back: pages of no file, shared memory, and its own for these processes (stacks, tables, pipes). */
  held: number;
  /** Pages of files that are mapped at present, as the code of Node: taken back and read again where memory is short. */
  mapped: number;
  /** Everything charged, with pages of files that nobody maps; what MemoryHigh and MemoryMax look at. */
  charged: number;
}

export class MemoryGroup {
  readonly #path: string;
  readonly #isSecond: boolean;

  /** Null with the reason where this machine has no memory controller that may be used. */
  static make(name: string): MemoryGroup | string {
    const isSecond = existsSync(join(ROOT, 'cgroup.controllers'));
    const first = join(ROOT, 'memory');
    if (!isSecond && !existsSync(first)) return 'no cgroup with a memory controller is mounted';
    try {
      if (isSecond) writeFileSync(join(ROOT, 'cgroup.subtree_control'), '+memory');
      const parent = isSecond ? ROOT : join(first, ownFirst());
      const path = join(parent, `${name}-${process.pid}`);
      mkdirSync(path);
      return new MemoryGroup(path, isSecond);
    } catch (error) {
      return `no cgroup can be made here (${error instanceof Error ? error.message : String(error)})`;
    }
  }

  private constructor(path: string, isSecond: boolean) {
    this.#path = path;
    this.#isSecond = isSecond;
  }

  /** What it starts from now on is counted here as well. */
  add(pid: number): void {
    writeFileSync(join(this.#path, 'cgroup.procs'), String(pid));
  }

  processes(): number[] {
    return this.#text('cgroup.procs').split('\n').filter(Boolean).map(Number);
  }

  read(): GroupMemory {
    const stat = new Map(
      this.#text('memory.stat')
        .split('\n')
        .map((line): [string, number] => [line.split(' ')[0] ?? '', Number(line.split(' ')[1])]),
    );
    const of = (key: string) => stat.get(key) ?? 0;
    const charged = Number(this.#text(this.#isSecond ? 'memory.current' : 'memory.usage_in_bytes'));
    const files = of(this.#isSecond ? 'file' : 'cache') - of('shmem');
    return {
      held: (charged - files) / 1e6,
      mapped: of(this.#isSecond ? 'file_mapped' : 'mapped_file') / 1e6,
      charged: charged / 1e6,
    };
  }

  /** Bytes at which the kernel ends a process in it. */
  limit(bytes: number): void {
    writeFileSync(join(this.#path, this.#isSecond ? 'memory.max' : 'memory.limit_in_bytes'), String(bytes));
  }

  /** Call when its processes have ended. */
  async remove(): Promise<void> {
    for (let attempt = 0; attempt < 50; attempt++) {
      try {
        rmdirSync(this.#path);
        return;
      } catch {
        await sleep(100);
      }
    }
  }

  #text(file: string): string {
    return readFileSync(join(this.#path, file), 'latin1');
  }
}

/** This process's own group in the memory hierarchy of version 1: a group below it stays within its limits. */
function ownFirst(): string {
  const line = /^\d+:(?:[^:]*,)?memory(?:,[^:]*)?:(.*)$/m.exec(readFileSync('/proc/self/cgroup', 'latin1'));
  return line?.[1] ?? '/';
}

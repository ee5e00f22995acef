// A real file system of a few megabytes that a test fills, for the faults of a disk. Needs root; the test unmounts it.
import { execFileSync } from 'node:child_process';
import { closeSync, mkdirSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Whether this process may mount; a test that needs it says in its name that it was not run. */
export const CAN_MOUNT = canMount();
export const NOT_RUN = CAN_MOUNT ? '' : ' (NOT RUN: needs root to mount a small file system)';

export class SmallDisk {
  readonly path: string;
  readonly #parent: string;

  constructor(megabytes: number) {
    this.#parent = mkdtempSync(join(tmpdir(), 'thingwatch-disk-'));
    this.path = join(this.#parent, 'small');
    mkdirSync(this.path);
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'none', this.path]);
  }

  /** Takes all that is free with a file of its own, also where somebody else takes of it meanwhile. */
  fill(): void {
    const ballast = openSync(join(this.path, 'ballast'), 'a');
    try {
      for (;;) writeSync(ballast, Buffer.alloc(4096));
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'ENOSPC')) throw error;
    } finally {
      closeSync(ballast);
    }
  }

  /** Gives back what `fill` took. */
  empty(): void {
    rmSync(join(this.path, 'ballast'), { force: true });
  }

  /** More room, as after cleaning up. */
  grow(megabytes: number): void {
    execFileSync('mount', ['-o', `remount,size=${megabytes}m`, this.path]);
  }

  remove(): void {
    execFileSync('umount', ['--lazy', this.path]);
    rmSync(this.#parent, { recursive: true, force: true });
  }
}

function canMount(): boolean {
  try {
    execFileSync('unshare', ['--mount', 'true'], { stdio: 'ignore' });
    return process.getuid?.() === 0;
  } catch {
    return false;
  }
}

// Real file systems of a few megabytes, for the faults of a disk: one that a test fills, and one that fails as a memory card does.
// They need root; the test unmounts them.
import { execFileSync, spawnSync } from 'node:child_process';
import { closeSync, mkdirSync, mkdtempSync, openSync, rmSync, truncateSync, writeFileSync, writeSync } from 'node:fs';
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

/**
 * A real memory card's file system (ext4 in a file behind one loop device), which the kernel makes read-only for good after a fault of
 * the card. It lies in a shared mount: whoever made a mount namespace meanwhile, as `ip netns exec` does, lets go of it with us. Else it
 * would still be in use there when it is checked.
 */
export class Card {
  readonly path: string;
  readonly #parent: string;
  readonly #device: string;

  constructor(megabytes: number) {
    this.#parent = mkdtempSync(join(tmpdir(), 'thingwatch-card-'));
    const image = join(this.#parent, 'image');
    this.path = join(this.#parent, 'card');
    mkdirSync(this.path);
    execFileSync('mount', ['--bind', '--make-shared', this.#parent, this.#parent]);
    writeFileSync(image, '');
    truncateSync(image, megabytes * 1024 * 1024);
    execFileSync('mkfs.ext4', ['-q', image]);
    this.#device = execFileSync('losetup', ['--find', '--show', image], { encoding: 'utf8' }).trim();
    this.#mount();
  }

  /** As the kernel does when the card fails under it (ext4(5), `abort`): whoever has files open there keeps them, and writes no more. */
  fail(): void {
    execFileSync('mount', ['-o', 'remount,abort', this.path]);
  }

  /** As a new start of the machine does: nobody may use it meanwhile. */
  repair(): void {
    execFileSync('umount', [this.path]);
    // 1: errors were corrected.
    const { status, stderr } = spawnSync('e2fsck', ['-f', '-p', this.#device], { encoding: 'utf8' });
    if (status !== 0 && status !== 1) throw new Error(`e2fsck ended with ${status}: ${stderr}`);
    this.#mount();
  }

  remove(): void {
    execFileSync('umount', ['--lazy', '--recursive', this.#parent]);
    execFileSync('losetup', ['--detach', this.#device]);
    rmSync(this.#parent, { recursive: true, force: true });
  }

  #mount(): void {
    execFileSync('mount', [this.#device, this.path]);
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

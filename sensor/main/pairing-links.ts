// Pairing links that wait to be used, as files named by the token's hash: `thingwatch pair` adds one from another process
// while the sensor holds the database. A file is removed by whoever uses it, so a link works once. Beside them lies where the
// running sensor's page is. Belongs to main.ts.
import { chownSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { newMemoryLinks } from '../../web/access.ts';
import type { LinkStore } from '../../web/ports.ts';
import { lazily } from '../lazily.ts';
import { bootId } from './system-clock.ts';

const HASH = /^[0-9a-f]{64}$/;
/** More waiting links than a family needs; the oldest give way. */
const WAITING = 16;
const PAGE_FILE = 'page.json';
const page = lazily(() => z.object({ url: z.string(), loopbackOnly: z.boolean(), pid: z.number().optional() }));

/** Where the running sensor's page is; `loopbackOnly`: no phone can open it. */
export type RunningPage = z.infer<ReturnType<typeof page>>;

/** Best effort: a full disk must not keep the page from being served. */
export function tellPage(stateDir: string, running: RunningPage): void {
  try {
    mkdirSync(pairingFolder(stateDir), { recursive: true, mode: 0o700 });
    const told = { ...running, pid: process.pid };
    writeFileSync(join(pairingFolder(stateDir), PAGE_FILE), JSON.stringify(told), { mode: 0o600 });
  } catch {
    untellPage(stateDir);
  }
}

export function untellPage(stateDir: string): void {
  try {
    unlinkSync(join(pairingFolder(stateDir), PAGE_FILE));
  } catch {
    // It is not there, or nothing here can be written.
  }
}

/** Null when no sensor runs with this state directory. */
export function runningPage(stateDir: string): RunningPage | null {
  try {
    return page().parse(JSON.parse(readFileSync(join(pairingFolder(stateDir), PAGE_FILE), 'utf8')));
  } catch {
    return null;
  }
}

export function pairingLinks(stateDir: string): LinkStore {
  const directory = pairingFolder(stateDir);
  /** Where the disk is full, this process's own links work all the same. */
  const memory = newMemoryLinks();
  return {
    add(tokenHash, expiresAt) {
      if (!HASH.test(tokenHash)) return;
      try {
        addFile(directory, tokenHash, expiresAt);
      } catch {
        memory.add(tokenHash, expiresAt);
      }
    },
    use(tokenHash, now) {
      if (!HASH.test(tokenHash)) return false;
      const path = join(directory, tokenHash);
      const until = expiryOf(path);
      let isValid = false;
      try {
        unlinkSync(path);
        isValid = until >= now;
      } catch {
        // There is no file of it, or none can be removed: what stays must not work.
      }
      return memory.use(tokenHash, now) || isValid;
    },
  };
}

function addFile(directory: string, tokenHash: string, expiresAt: number): void {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const waiting = readdirSync(directory)
    .filter((name) => HASH.test(name))
    .map((name) => ({ name, until: expiryOf(join(directory, name)) }))
    .sort((a, b) => a.until - b.until);
  for (const { name } of waiting.slice(0, Math.max(0, waiting.length - WAITING + 1)))
    rmSync(join(directory, name), { force: true });
  writeOwned(directory, tokenHash, `${expiresAt} ${bootId()}`);
}

/** Also where root adds it for a sensor that runs as a user of its own, which must be able to read it. */
export function writeOwned(directory: string, name: string, text: string): void {
  const path = join(directory, name);
  writeWhole(path, text);
  const { gid, uid } = statSync(directory);
  if (process.getuid?.() === 0) chownSync(path, uid, gid);
}

/** A full disk takes the name of a file and nothing that is in it. */
function writeWhole(path: string, text: string): void {
  try {
    writeFileSync(path, text, { mode: 0o600 });
  } catch (error) {
    rmSync(path, { force: true });
    throw error;
  }
}

/** For the sensor's account alone. */
export function pairingFolder(stateDir: string): string {
  return join(stateDir, 'pairing');
}

/** Monotonic ms; 0 for what is not there, or is from before the last boot. */
function expiryOf(path: string): number {
  try {
    const [expiresAt, boot] = readFileSync(path, 'utf8').split(' ');
    return boot === bootId() ? Number(expiresAt) : 0;
  } catch {
    return 0;
  }
}

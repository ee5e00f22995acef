// One set-up at a time in a checkout: a lock folder that names its owner, so that what a killed set-up left is recognised.
import { existsSync, mkdirSync, readFileSync, renameSync, rmdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { SetUpError } from './steps.mjs';

const OTHER_HOST_STALE_MS = 30 * 60_000;

/** When a process started, in the kernel's ticks: tells a process from a later one with the same number. Null off Linux. */
function startOf(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? null;
  } catch {
    return null;
  }
}

function isAlive({ pid, start }) {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if (error.code === 'ESRCH') return false;
  }
  return start === null || startOf(pid) === start;
}

function readProcess(file) {
  try {
    const { pid, start, host } = JSON.parse(readFileSync(file, 'utf8'));
    return Number.isInteger(pid) && pid > 0 ? { pid, start, host } : null;
  } catch {
    return null;
  }
}

const describeProcess = (pid) => JSON.stringify({ pid, start: startOf(pid), host: hostname() });

/**
 * The process that holds the lock folder, or null when nobody who still runs does. A child that outlived its killed owner
 * (npm in the middle of an installation) still holds it.
 */
export function holder(lockFolder) {
  const owner = readProcess(path.join(lockFolder, 'owner.json'));
  if (owner === null) return null;
  if (owner.host !== hostname()) {
    const age = Date.now() - statSync(lockFolder, { throwIfNoEntry: false })?.mtimeMs;
    return age < OTHER_HOST_STALE_MS ? owner : null;
  }
  if (isAlive(owner)) return owner;
  const child = readProcess(path.join(lockFolder, 'child.json'));
  return child !== null && isAlive(child) ? child : null;
}

/**
 * Runs `work` alone. `work` gets a function that records the process it waits for.
 * @param folder the set-up's own folder; made when missing and removed again when empty
 * @param onWait called once, with the process that is waited for
 */
export async function withLock(folder, work, { onWait, pollMs = 200 } = {}) {
  const lockFolder = path.join(folder, 'lock');
  const mine = path.join(folder, `claim-${process.pid}`);
  try {
    mkdirSync(mine, { recursive: true });
  } catch (error) {
    throw new SetUpError(`set-up is needed, but this account may not write to ${path.dirname(folder)} (${error.code})`);
  }
  writeFileSync(path.join(mine, 'owner.json'), describeProcess(process.pid));
  try {
    let told = false;
    while (!claim(mine, lockFolder)) {
      const other = holder(lockFolder);
      if (other === null) removeStale(lockFolder);
      else {
        if (!told) onWait?.(other.pid);
        told = true;
        await sleep(pollMs);
      }
    }
    try {
      return await work((pid) => writeFileSync(path.join(lockFolder, 'child.json'), describeProcess(pid)));
    } finally {
      rmSync(lockFolder, { recursive: true, force: true });
    }
  } finally {
    rmSync(mine, { recursive: true, force: true });
    try {
      rmdirSync(folder);
    } catch {
      // Another set-up uses it.
    }
  }
}

/** A folder that already names its owner is moved into place: the lock never exists without one. */
function claim(mine, lockFolder) {
  try {
    renameSync(mine, lockFolder);
    return true;
  } catch (error) {
    if (error.code === 'ENOTEMPTY' || error.code === 'EEXIST') return false;
    throw error;
  }
}

/** Moved aside and looked at again before it goes: a waiter that was quicker may have taken the lock meanwhile. */
function removeStale(lockFolder) {
  const aside = `${lockFolder}-stale-${process.pid}`;
  try {
    renameSync(lockFolder, aside);
  } catch {
    return;
  }
  if (holder(aside) !== null && !existsSync(lockFolder)) renameSync(aside, lockFolder);
  else rmSync(aside, { recursive: true, force: true });
}

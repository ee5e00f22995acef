// One set-up at a time in a checkout: a lock folder that names its owner, so that what a killed set-up left is recognised.
import { mkdirSync, readFileSync, renameSync, rmdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
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

/** Null when the file names no process, undefined when it is not there. */
function readProcess(file) {
  try {
    const { pid, start, host } = JSON.parse(readFileSync(file, 'utf8'));
    return Number.isInteger(pid) && pid > 0 ? { pid, start, host } : null;
  } catch (error) {
    return error.code === 'ENOENT' ? undefined : null;
  }
}

const describeProcess = (pid) => JSON.stringify({ pid, start: startOf(pid), host: hostname() });

/**
 * The process that holds the lock folder; null when nobody who still runs does, undefined when there is no lock. A child that
 * outlived its killed owner (npm in the middle of an installation) still holds it.
 */
export function holder(lockFolder) {
  const owner = readProcess(path.join(lockFolder, 'owner.json'));
  if (!owner) return owner;
  if (owner.host !== hostname()) {
    const age = Date.now() - statSync(lockFolder, { throwIfNoEntry: false })?.mtimeMs;
    return age < OTHER_HOST_STALE_MS ? owner : null;
  }
  if (isAlive(owner)) return owner;
  const child = readProcess(path.join(lockFolder, 'child.json'));
  return child && isAlive(child) ? child : null;
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
      if (other === null && (await removeStale(lockFolder))) continue;
      if (other && !told) {
        onWait?.(other.pid);
        told = true;
      }
      await sleep(pollMs);
    }
    try {
      return await work((pid) => writeFileSync(path.join(lockFolder, 'child.json'), describeProcess(pid)));
    } finally {
      release(lockFolder, mine);
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

/** In one move: while a folder is emptied file by file, others take it for a stale one, and their lock goes with it. */
function release(lockFolder, mine) {
  try {
    renameSync(lockFolder, mine);
  } catch {
    // Removed by hand.
  }
}

/**
 * One process at a time looks and removes: between the two nobody else can take the lock, since it is there and its owner does
 * not come back. False where another is about it.
 */
async function removeStale(lockFolder) {
  const only = await onlyOne(lockFolder);
  if (only === null) return false;
  try {
    if (holder(lockFolder) === null) {
      const aside = `${lockFolder}-stale-${process.pid}`;
      renameSync(lockFolder, aside);
      rmSync(aside, { recursive: true, force: true });
    }
  } finally {
    only.close();
  }
  return true;
}

/**
 * A name in Linux's abstract socket namespace, which the kernel gives to one process and takes back when that dies; null while
 * another has it. Elsewhere nothing holds others off, which is as much as can be done without a lock that outlives its owner.
 */
function onlyOne(lockFolder) {
  const server = createServer();
  return new Promise((resolve) => {
    server.once('error', ({ code }) => resolve(code === 'EADDRINUSE' ? null : { close() {} }));
    // An abstract name has at most 107 bytes: the folder's number says as much as its path.
    const { dev, ino } = statSync(path.dirname(lockFolder));
    server.listen(`\0thingwatch-set-up-${dev}-${ino}`, () => resolve(server));
  });
}

// Whose the state directory is: what root kept there in earlier runs becomes the user's that the sensor runs as. Only the sensor's
// own things in it, and never by way of a link. Belongs to main.ts.
import { existsSync, lchownSync, lstatSync, mkdirSync, readdirSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';

interface Owner {
  readonly uid: number;
  readonly gid: number;
}

/** Names of what the sensor keeps there. */
const OURS = /^(?:thingwatch|mqtt-password|pairing|backup)/;
/** Folders within folders; it has one within the directory. */
const DEEPEST = 2;

/** The path, or the nearest directory above it that is there. */
export function existingAbove(path: string): string {
  return existsSync(path) || dirname(path) === path ? path : existingAbove(dirname(path));
}

/** Something of others in a directory that is not the user's; null where it can be handed over. Where it cannot be read, its owner tells. */
export function foreignIn(directory: string, { uid }: Owner): string | null {
  if (!existsSync(directory) || lstatSync(realpathSync(directory)).uid === uid) return null;
  try {
    return readdirSync(directory).find((name) => !OURS.test(name)) ?? null;
  } catch {
    return null;
  }
}

/** Makes the directory where it is not there yet, and all in it that the sensor keeps the owner's. @returns how many things changed hands */
export function handOver(directory: string, owner: Owner): number {
  if (!existsSync(directory)) {
    makeAll(dirname(directory));
    mkdirSync(directory, { mode: 0o700 });
  }
  const real = realpathSync(directory);
  // Nobody but its owner and root can have put something there.
  const from = new Set([0, lstatSync(real).uid]);
  return give(real, owner, from, 0);
}

/** Not by Node's `recursive`, which never returns where the kernel answers ENOENT, as in /proc. */
function makeAll(directory: string): void {
  if (existsSync(directory)) return;
  makeAll(dirname(directory));
  mkdirSync(directory, { mode: 0o755 });
}

function give(path: string, owner: Owner, from: ReadonlySet<number>, depth: number): number {
  const { nlink, uid, ...stats } = lstatSync(path);
  const isFolder = (stats.mode & 0o170000) === 0o040000;
  const isFile = (stats.mode & 0o170000) === 0o100000;
  // A file with a second name may be another's elsewhere.
  if (!isFolder && !(isFile && nlink === 1)) return 0;
  const changes = uid !== owner.uid && from.has(uid);
  if (changes) lchownSync(path, owner.uid, owner.gid);
  if (!isFolder || depth === DEEPEST) return Number(changes);
  const inside = readdirSync(path).filter((name) => depth > 0 || OURS.test(name));
  return inside.reduce((sum, name) => sum + give(join(path, name), owner, from, depth + 1), Number(changes));
}

// Brings an older database up to date when it is opened. What it was is kept beside it first, a few of those, so that one can go
// back to the earlier version of the program.
import { readdirSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { Database } from 'better-sqlite3';
import { byText } from './by-text.ts';
import { copyBytes, copyInto, findFault, lackOfSpace, PARTIAL, publish, stampOf } from './copy-database.ts';
import { migrate, SCHEMA_VERSION, schemaVersion } from './schema.ts';
import { isContradiction, isDamage, reasonOf, StoreError, toStoreError } from './store-error.ts';

/** Copies of older databases that are kept; the oldest give way. */
const KEPT = 3;
const SCHEMA = '.schema-';

export interface Upgrade {
  from: number;
  to: number;
  /** Where the database lies as it was before; null where it could not be kept. */
  copy: string | null;
  /** Why it could not. */
  problem: string | null;
}

export interface UpgradeOptions {
  path: string;
  /** Wall time, for the copy's name. */
  now: number;
  /** Called once it is done. */
  onUpgrade?: ((upgrade: Upgrade) => void) | undefined;
}

/**
 * Call with the database's lock held. Where the copy cannot be made, as on a full disk, it goes on without: a sensor that does not
 * start watches nothing, and a step that fails leaves the database as it was. @throws StoreError then.
 */
export function upgrade(db: Database, { now, onUpgrade, path }: UpgradeOptions): void {
  const from = schemaVersion(db);
  if (from === SCHEMA_VERSION) return;
  // A new file, or one that another program made.
  const kept = from === 0 ? { copy: null, problem: null } : keepOld(db, `${path}${SCHEMA}${from}-${stampOf(now)}`);
  try {
    migrate(db);
  } catch (error) {
    // Whoever opens it moves it aside.
    if (isDamage(error) || isContradiction(error)) throw error;
    throw explained(error, { path, from, copy: kept.copy });
  }
  if (from > 0) onUpgrade?.({ from, to: SCHEMA_VERSION, ...kept });
  if (kept.copy !== null) removeOldest(path);
}

function keepOld(db: Database, name: string): Pick<Upgrade, 'copy' | 'problem'> {
  const written = name + PARTIAL;
  try {
    removePartial(name);
    const bytes = copyBytes(db);
    // As much again is needed to rewrite it, and by a sensor that goes on.
    const lack = lackOfSpace(dirname(name), 2 * bytes);
    if (lack !== null) return { copy: null, problem: lack };
    copyInto(db, written);
    const fault = findFault(written);
    if (fault !== null) throw new Error(`the copy is damaged: ${fault}`);
    publish(written, name, true);
    return { copy: name, problem: null };
  } catch (error) {
    rmSync(written, { force: true });
    return { copy: null, problem: reasonOf(error) };
  }
}

/** What was being written when a start was cut short. */
function removePartial(name: string): void {
  const directory = dirname(name);
  const [database = ''] = basename(name).split(SCHEMA);
  for (const file of readdirSync(directory))
    if (file.startsWith(database + SCHEMA) && file.endsWith(PARTIAL)) rmSync(join(directory, file), { force: true });
}

function removeOldest(path: string): void {
  const directory = dirname(path);
  const copies = readdirSync(directory)
    .filter((file) => file.startsWith(basename(path) + SCHEMA))
    .sort((a, b) => byText(timeIn(a), timeIn(b)));
  for (const file of copies.slice(0, Math.max(0, copies.length - KEPT))) rmSync(join(directory, file), { force: true });
}

function timeIn(name: string): string {
  return name.slice(name.lastIndexOf('-'));
}

function explained(
  error: unknown,
  { copy, from, path }: { path: string; from: number; copy: string | null },
): StoreError {
  const known = toStoreError(error, path);
  if (known.code === 'full' || known.code === 'locked') return known;
  return new StoreError(
    known.code,
    `The database ${path} could not be brought from schema ${from} to ${SCHEMA_VERSION} (${reasonOf(error)}). It is as it was` +
      `${copy === null ? '' : `, and a copy of it is ${copy}`}; this version cannot start with it. Install the earlier version ` +
      'again, restore a backup, or set state_dir to another directory to begin anew.',
    error,
  );
}

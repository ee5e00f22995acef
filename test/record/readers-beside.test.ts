// Commands that read the database beside the sensor wait for a writing that holds up everybody, as one of another program may.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { readBackup, writeBackup } from '../../sensor/record/backup.ts';
import { readBrowsers } from '../../sensor/record/browsers.ts';
import { EvidenceReader } from '../../sensor/record/evidence-reader.ts';
import { restoreBackup } from '../../sensor/record/restore.ts';
import { Store } from '../../sensor/record/store.ts';
import { readSummary } from '../../sensor/record/stored-summary.ts';
import { incident, NOW, temporaryDirectory } from './store-fixtures.ts';

const HELD_MS = 400;
const HOLD = `
  const db = new (require('better-sqlite3'))(process.argv[1]);
  db.exec('BEGIN EXCLUSIVE');
  process.stdout.write('held');
  setTimeout(() => db.exec('ROLLBACK'), ${HELD_MS});
`;

let directory: string;
let path: string;
let backup: string;
let holders: ChildProcess[];
beforeEach(() => {
  directory = temporaryDirectory();
  mkdirSync(join(directory, 'state'));
  path = join(directory, 'state/thingwatch.db');
  backup = join(directory, 'backup');
  holders = [];
  const store = Store.open({ path, now: () => NOW });
  store.save({ incidents: [incident('a')], durable: true });
  store.close();
  const db = new Database(path);
  // With a journal of the older kind who writes holds up who reads.
  db.pragma('journal_mode = DELETE');
  db.close();
  writeBackup({ from: path, to: backup, replace: true, version: '1', now: NOW });
});
afterEach(async () => {
  for (const holder of holders) if (holder.exitCode === null) await once(holder, 'exit');
  rmSync(directory, { recursive: true });
});

/** Another program that writes. */
async function hold(file: string): Promise<void> {
  const holder = spawn(process.execPath, ['-e', HOLD, file], { stdio: ['ignore', 'pipe', 'inherit'] });
  holders.push(holder);
  await once(holder.stdout, 'data');
}

function listed(): unknown {
  const reader = new EvidenceReader(path);
  try {
    return reader.list();
  } finally {
    reader.close();
  }
}

it.each<[string, held: () => string, read: () => unknown, expected: unknown]>([
  [
    'a backup is written',
    () => path,
    () => writeBackup({ from: path, to: join(directory, 'b'), replace: false, version: '1', now: NOW }).incidents,
    1,
  ],
  ['a backup is read', () => backup, () => readBackup(backup).incidents, 1],
  ['a backup is restored from', () => backup, () => restoreBackup({ from: backup, to: path, now: NOW }).incidents, 1],
  ['a backup is restored to', () => path, () => restoreBackup({ from: backup, to: path, now: NOW }).incidents, 1],
  ['evidence is listed', () => path, listed, []],
  ['it is summed up', () => path, () => readSummary(path).last?.severity, 'high'],
  ['paired browsers are listed', () => path, () => readBrowsers(path), []],
])('before %s', async (_, held, read, expected) => {
  await hold(held());
  expect(read()).toEqual(expected);
});

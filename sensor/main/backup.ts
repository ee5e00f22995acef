// `thingwatch backup` and `thingwatch restore`: to and from a file or a pipe, and what a person should know of it. Belongs to main.ts.
import { createReadStream, createWriteStream, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { constants, setPriority, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { type BackupCommand, EXIT, type RestoreCommand } from '../cli.ts';
import { type Backup, type BackupContent, writeBackup } from '../record/backup.ts';
import { megabytes } from '../record/copy-database.ts';
import { restoreBackup } from '../record/restore.ts';
import { EdgeError } from './edge-error.ts';

export interface StatePlace {
  /** Of the database. */
  path: string;
  version: string;
  now: number;
}

/** Standard output is the backup's own, where it goes there: all is told on standard error. */
export interface BackupIo {
  complain(text: string): void;
}

export async function backupState({ file, force }: BackupCommand, place: StatePlace, io: BackupIo): Promise<void> {
  if (!existsSync(place.path))
    throw new EdgeError(EXIT.failed, `there is no database ${place.path}: name its directory with --state or --config`);
  // The sensor on this machine comes first.
  setPriority(constants.priority.PRIORITY_LOW);
  const write = (to: string) => writeBackup({ ...place, from: place.path, to, replace: force });
  if (file !== '-') {
    io.complain(`Wrote ${file}: ${backupText(write(file))}`);
    return;
  }
  if (process.stdout.isTTY === true)
    throw new EdgeError(
      EXIT.usage,
      'a backup is not for a terminal: give - only where standard output goes to a file or a pipe',
    );
  await inFolder(async (folder) => {
    const to = join(folder, 'backup');
    const written = write(to);
    await pipeline(createReadStream(to), process.stdout, { end: false });
    io.complain(`Wrote to standard output: ${backupText({ ...written, isExposed: false })}`);
  });
}

function backupText(backup: Backup): string {
  const { bytes, isExposed, leftOut } = backup;
  const lines = [
    `${megabytes(bytes)}, ${contentText(backup)}.`,
    'It holds secrets: what your devices do, hashes of the paired browsers’ tokens, and the files named. Keep it where only you can read it.',
    'The configuration file (thingwatch.yaml) is not in it.',
    ...(leftOut.length === 0 ? [] : [`Left out, as too large or too many: ${leftOut.map(printable).join(', ')}.`]),
    ...(isExposed ? ['The file system that it lies on keeps no rights: whoever has the medium can read it.'] : []),
  ];
  return `${lines.join('\n')}\n`;
}

function contentText({ devices, files, incidents, schema }: BackupContent): string {
  const names = files.length === 0 ? 'no further file' : `and ${files.join(', ')}`;
  return `${incidents} incidents, ${devices} devices (schema ${schema}), ${names}`;
}

export async function restoreState({ file }: RestoreCommand, place: StatePlace, io: BackupIo): Promise<void> {
  if (file !== '-') {
    io.complain(restoredText(file, place));
    return;
  }
  await inFolder(async (folder) => {
    const from = join(folder, 'backup');
    await pipeline(process.stdin, createWriteStream(from, { mode: 0o600 }));
    io.complain(restoredText(from, place, 'standard input'));
  });
}

function restoredText(from: string, { now, path }: StatePlace, name = from): string {
  const restored = restoreBackup({ from, to: path, now });
  const { aside, madeAt, sensorId } = restored;
  const lines = [
    `Restored ${name} into ${dirname(path)}: ${contentText(restored)}; ${madeAt === null ? 'a database as it lay' : `made ${madeAt}`}.`,
    aside === null
      ? 'Nothing was there before.'
      : `What was there before lies in ${aside}; delete it when you need it no more.`,
    ...(sensorId === null
      ? []
      : [`The sensor is ${sensorId} again, for Home Assistant too: let no other run with that identity.`]),
    'Start the sensor now. Browsers paired since the backup must be paired again, and those removed since are paired again.',
  ];
  return `${lines.join('\n')}\n`;
}

/** A folder of its own beside nothing else, gone afterwards. */
async function inFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'thingwatch-backup-'));
  try {
    await work(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function printable(name: string): string {
  return name.replace(/[^\x20-\x7e]/g, '?').slice(0, 100);
}

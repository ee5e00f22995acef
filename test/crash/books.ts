// The sensor's books after it was killed, read from its file by somebody else, and what is wrong with them beside what was on the
// wire and what was told.
import { copyFileSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { isToldAt, MAIL_STAGES, type MailStage } from '../../sensor/detect/mail-ladder.ts';
import type { HeardAlert } from './listener.ts';
import { type Attempt, keyOf } from './load.ts';

export interface StoredIncident {
  id: string;
  device: string;
  portClass: string;
  attempts: number;
  stage: MailStage;
}

export interface Books {
  /** `ok` where nothing is amiss. */
  integrity: string;
  incidents: StoredIncident[];
  /** Of devices, as their own rows count them. */
  deviceAttempts: Map<string, number>;
  waiting: number;
  dropped: number;
}

/**
 * Changes nothing: the next sensor finds what the last one left. A copy without the file that processes share is read, as that may
 * not know of the last commit: who is killed between writing it and saying so there has written it all the same.
 */
export function readBooks(path: string): Books {
  const folder = mkdtempSync(join(tmpdir(), 'thingwatch-books-'));
  try {
    const copy = join(folder, 'thingwatch.db');
    for (const suffix of ['-wal', '']) if (existsSync(path + suffix)) copyFileSync(path + suffix, copy + suffix);
    return readCopy(copy);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function readCopy(path: string): Books {
  const db = new Database(path, { fileMustExist: true });
  try {
    return db.transaction((): Books => {
      const findings = [...(db.pragma('integrity_check', { simple: false }) as { integrity_check: string }[])];
      const strays = db.pragma('foreign_key_check') as unknown[];
      const integrity = [...findings.map((row) => row.integrity_check), ...strays.map((row) => JSON.stringify(row))];
      const incidents = db
        .prepare<[], StoredIncident>(
          `SELECT id, device, port_class AS portClass, evidence ->> 'attempts' AS attempts, evidence ->> 'stage' AS stage
           FROM incidents WHERE device IS NOT NULL ORDER BY id`,
        )
        .all();
      const counts = db
        .prepare<[], { mac: string; attempts: number }>("SELECT mac, mail ->> 'attempts' AS attempts FROM devices")
        .all();
      const number = (sql: string) => db.prepare<[], number>(sql).pluck().get() ?? 0;
      return {
        integrity: integrity.join('; '),
        incidents,
        deviceAttempts: new Map(counts.map(({ attempts, mac }) => [mac, attempts])),
        waiting: number('SELECT count(*) FROM outbox'),
        dropped: number("SELECT value FROM counters WHERE name = 'dropped_messages'"),
      };
    })();
  } finally {
    db.close();
  }
}

export function attemptsByKey(incidents: readonly StoredIncident[]): Map<string, number> {
  return new Map(incidents.map(({ attempts, device, portClass }) => [keyOf(device, portClass), attempts]));
}

export interface Reckoning {
  problems: string[];
  /** Attempts on the wire in this run that are in the books, and that are not. */
  counted: number;
  lost: Attempt[];
}

/**
 * What was counted since `before` must be what was on the wire up to some moment, of each device and port exactly: what a crash
 * may cost is the end.
 */
export function reckon(before: ReadonlyMap<string, number>, books: Books, wire: readonly Attempt[]): Reckoning {
  const problems: string[] = [];
  const now = attemptsByKey(books.incidents);
  if (now.size !== books.incidents.length) problems.push('an incident was opened twice, under two ids');
  for (const key of before.keys()) if (!now.has(key)) problems.push(`the incident of ${key} is gone`);
  const gained = new Map([...now].map(([key, count]) => [key, count - (before.get(key) ?? 0)]));
  const counted = [...gained.values()].reduce((sum, count) => sum + count, 0);
  const expected = new Map<string, number>();
  for (const { key } of wire.slice(0, counted)) expected.set(key, (expected.get(key) ?? 0) + 1);
  if (counted > wire.length) problems.push(`${counted} attempts were counted of ${wire.length}`);
  for (const key of new Set([...expected.keys(), ...gained.keys()])) {
    const [is, should] = [gained.get(key) ?? 0, expected.get(key) ?? 0];
    if (is === should) continue;
    const places = wire.flatMap((attempt, n) => (attempt.key === key ? [n] : [])).join(', ');
    problems.push(
      `${key}: ${is} attempts were counted in place of ${should}, after ${before.get(key) ?? 'none'}; of ${wire.length} on the wire ${counted} are in the books, its own are numbers ${places}`,
    );
  }
  return { problems, counted, lost: wire.slice(counted) };
}

/** Of alerts that came: each is of an incident in the books, and each thing is told under one id. */
export function judgeTold(books: Books, heard: readonly HeardAlert[]): string[] {
  const known = new Set(books.incidents.map(({ id }) => id));
  const strange = new Set(heard.filter(({ incident }) => !known.has(incident)).map(({ incident }) => incident));
  const ids = new Map<string, Set<string>>();
  for (const { change, id, incident, stage, topic } of heard) {
    const what = `${topic} ${incident} ${change} ${change === 'escalated' ? stage : ''}`;
    ids.set(what, (ids.get(what) ?? new Set()).add(id));
  }
  return [
    ...[...strange].map((id) => `incident ${id} was told and is not in the books`),
    ...[...ids].filter(([, set]) => set.size > 1).map(([what]) => `told under several ids: ${what}`),
  ];
}

/** Of incidents: each was told as it began and, where that is news, of the stage it has come to; to the house and of the device. */
export function judgeUntold(books: Books, heard: readonly HeardAlert[]): string[] {
  const told = new Set(
    heard.map(
      ({ change, incident, stage, topic }) => `${placeOf(topic)} ${incident} ${change === 'opened' ? '' : stage}`,
    ),
  );
  return books.incidents.flatMap(({ id, portClass, stage }) =>
    ['house', 'device'].flatMap((place) => {
      const isRaised = MAIL_STAGES.indexOf(stage) > 0 && isToldAt(stage, portClass);
      return [
        ...(told.has(`${place} ${id} `) ? [] : [`incident ${id} was never told of to the ${place}`]),
        ...(!isRaised || told.has(`${place} ${id} ${stage}`)
          ? []
          : [`that ${id} came to ${stage} was never told to the ${place}`]),
      ];
    }),
  );
}

function placeOf(topic: string): string {
  return topic.includes('/devices/') ? 'device' : 'house';
}

// A journal that a kill left behind: told where it is damaged, and how many saves that costs. Journals are SQLite's own.
import { copyFileSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { journalDamage } from '../../sensor/record/journal-check.ts';
import { temporaryDirectory } from './store-fixtures.ts';

const PAGE = 1024;
const FRAME = 24 + PAGE;
const SAVES = 5;

let directory: string;
let journal: Buffer;
/** Of a database whose journal was begun anew: behind the frames of now lie older ones. */
let reused: Buffer;
/** The number of the last frame of each save, from 1. */
let ends: number[];
beforeAll(() => {
  directory = temporaryDirectory();
  const path = join(directory, 'a.db');
  const db = new Database(path);
  db.pragma(`page_size = ${PAGE}`);
  db.pragma('journal_mode = WAL');
  db.exec('CREATE TABLE t (a)');
  for (let n = 1; n < SAVES; n++) db.prepare('INSERT INTO t VALUES (?)').run('x'.repeat(700 * n));
  copyFileSync(`${path}-wal`, join(directory, 'copy'));
  journal = readFileSync(join(directory, 'copy'));
  db.pragma('wal_checkpoint(RESTART)');
  db.prepare('INSERT INTO t VALUES (?)').run('y');
  reused = readFileSync(`${path}-wal`);
  db.close();
  ends = frames(journal).flatMap((frame, n) => (frame.readUInt32BE(4) !== 0 ? n + 1 : []));
});
afterAll(() => rmSync(directory, { recursive: true }));

const frames = (of: Buffer) =>
  Array.from({ length: (of.length - 32) / FRAME }, (_, n) => of.subarray(32 + n * FRAME, 32 + (n + 1) * FRAME));

function damageOf(bytes: Buffer): string | null {
  const path = join(directory, 'journal');
  writeFileSync(path, bytes);
  return journalDamage(path);
}

/** With one octet of it turned over. */
function turned(of: Buffer, at: number): Buffer {
  const bytes = Buffer.from(of);
  bytes.writeUInt8(0xff ^ bytes.readUInt8(at), at);
  return bytes;
}

it('one that is whole, empty, or not there has no damage', () => {
  expect(ends).toHaveLength(SAVES);
  expect([damageOf(journal), damageOf(Buffer.alloc(0)), journalDamage(join(directory, 'none'))]).toEqual([
    ...[null, null, null],
  ]);
});

describe('an octet turned over', () => {
  it.each([0, 3, 8, 11, 16, 23, 24, 28, 31])('at %i of its header is told as such', (at) => {
    expect(damageOf(turned(journal, at))).toBe('its first bytes are damaged');
  });

  it('in any frame costs the saves from there on', () => {
    for (let n = 1; n <= frames(journal).length; n++) {
      const lost = ends.filter((end) => end >= n).length;
      for (const within of [0, 16, 20, 23, 24, FRAME - 1])
        expect(damageOf(turned(journal, 32 + (n - 1) * FRAME + within))).toBe(
          `it is damaged at page ${n}, and ${lost} saves from there on are lost`,
        );
    }
  });

  it('in the salt of a frame that ends no save makes that frame one of an older journal, and is told all the same', () => {
    const at = 32 + 8;
    expect(frames(journal)[0]?.readUInt32BE(4)).toBe(0);
    expect(damageOf(turned(journal, at))).toBe(`it is damaged at page 1, and ${SAVES} saves from there on are lost`);
  });

  it('in what an older journal left behind matters to nobody', () => {
    const first = frames(reused).findIndex((frame) => !frame.subarray(8, 16).equals(reused.subarray(16, 24)));
    expect(first).toBeGreaterThan(0);
    expect(damageOf(reused)).toBeNull();
    expect(damageOf(turned(reused, 32 + first * FRAME + 100))).toBeNull();
    expect(damageOf(turned(reused, 32 + 100))).toBe('it is damaged at page 1, and 1 saves from there on are lost');
  });
});

it('cut off in the middle of a save, only what was not whole is missing: no damage', () => {
  const last = ends.at(-2) ?? 0;
  for (const length of [0, 31, 32, 32 + 23, 32 + FRAME - 1, 32 + last * FRAME, 32 + last * FRAME + 500])
    expect(damageOf(journal.subarray(0, length))).toBeNull();
});

it('one of a machine that counts the other way round is read as well', () => {
  const big = Buffer.from(journal);
  big.writeUInt32BE(0x377f0683, 0);
  let [one, two] = sums(big.subarray(0, 24), 0, 0);
  big.writeUInt32BE(one, 24);
  big.writeUInt32BE(two, 28);
  for (let at = 32; at < big.length; at += FRAME) {
    [one, two] = sums(big.subarray(at, at + 8), one, two);
    [one, two] = sums(big.subarray(at + 24, at + FRAME), one, two);
    big.writeUInt32BE(one, at + 16);
    big.writeUInt32BE(two, at + 20);
  }
  expect(damageOf(big)).toBeNull();
  expect(damageOf(turned(big, 32 + 30))).toBe(`it is damaged at page 1, and ${SAVES} saves from there on are lost`);
});

/** As the format's description has it, 4.2, over big-endian words. */
function sums(bytes: Buffer, one: number, two: number): [number, number] {
  let [a, b] = [BigInt(one), BigInt(two)];
  for (let at = 0; at < bytes.length; at += 8) {
    a = (a + BigInt(bytes.readUInt32BE(at)) + b) % 2n ** 32n;
    b = (b + BigInt(bytes.readUInt32BE(at + 4)) + a) % 2n ** 32n;
  }
  return [Number(a), Number(b)];
}

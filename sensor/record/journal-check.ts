// Whether a journal that a kill or a power cut left behind was damaged: SQLite takes it up to its first frame that is not whole, and
// says nothing of what follows. Reads only. https://sqlite.org/fileformat2.html, 4.1 and 4.2.
import { readFileSync } from 'node:fs';

const HEADER = 32;
const FRAME_HEADER = 24;
/** Begins a journal whose checksums are over big-endian words; else they are over little-endian ones. */
const BIG_ENDIAN = 0x377f0683;

/** Two running sums over pairs of words. */
interface Sums {
  one: number;
  two: number;
}

/** What is wrong with the journal at `path`, for people; null where it is whole, empty or not there. */
export function journalDamage(path: string): string | null {
  const journal = read(path);
  if (journal.length < HEADER + FRAME_HEADER) return null;
  const word = journal.readUInt32BE(0) === BIG_ENDIAN ? readBig : readLittle;
  let sums = summed(journal.subarray(0, 24), { one: 0, two: 0 }, word);
  if (!isSum(journal, 24, sums)) return 'its first bytes are damaged';
  const size = FRAME_HEADER + journal.readUInt32BE(8);
  const salt = journal.subarray(16, 24);
  for (let at = HEADER; at + size <= journal.length; at += size) {
    const isOfNow = journal.subarray(at + 8, at + 16).equals(salt);
    if (isOfNow) {
      sums = summed(journal.subarray(at, at + 8), sums, word);
      sums = summed(journal.subarray(at + FRAME_HEADER, at + size), sums, word);
    }
    if (isOfNow && isSum(journal, at + 16, sums)) continue;
    const lost = savesFrom(journal, at, size, salt);
    return lost === 0
      ? null
      : `it is damaged at page ${(at - HEADER) / size + 1}, and ${lost} saves from there on are lost`;
  }
  return null;
}

/** How many saves of the present journal end at or behind `from`; frames of an older one bear another salt. */
function savesFrom(journal: Buffer, from: number, size: number, salt: Buffer): number {
  let saves = 0;
  for (let at = from; at + size <= journal.length; at += size) {
    const isLast = journal.readUInt32BE(at + 4) !== 0;
    if (isLast && journal.subarray(at + 8, at + 16).equals(salt)) saves++;
  }
  return saves;
}

function summed(bytes: Buffer, { one, two }: Sums, word: (bytes: Buffer, at: number) => number): Sums {
  let [a, b] = [one, two];
  for (let at = 0; at + 8 <= bytes.length; at += 8) {
    a = (a + word(bytes, at) + b) >>> 0;
    b = (b + word(bytes, at + 4) + a) >>> 0;
  }
  return { one: a, two: b };
}

function isSum(journal: Buffer, at: number, { one, two }: Sums): boolean {
  return journal.readUInt32BE(at) === one && journal.readUInt32BE(at + 4) === two;
}

function readLittle(bytes: Buffer, at: number): number {
  return bytes.readUInt32LE(at);
}

function readBig(bytes: Buffer, at: number): number {
  return bytes.readUInt32BE(at);
}

function read(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch {
    return Buffer.alloc(0);
  }
}

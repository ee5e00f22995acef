// When a home last had word of its fleet: kept over restarts, written seldom, and of one fleet alone.
import { beforeEach, expect, it } from 'vitest';
import { ContactBook, type ContactStore, keptContact } from '../../../sensor/fleet/contact.ts';

const HOME = 'h000000000000001';
const MINUTE = 60_000;
let disk: Map<string, string>;
let writes: number;
let store: ContactStore;

beforeEach(() => {
  [disk, writes] = [new Map(), 0];
  store = {
    meta: (key) => disk.get(key) ?? null,
    setMeta(key, text) {
      writes++;
      disk.set(key, text);
    },
  };
});

const kept = (home = HOME) => keptContact(store, home);

it('is written at the first word at once, then every five minutes, and when nothing comes after it', () => {
  const book = new ContactBook(store, HOME);
  book.note({ acknowledgedAt: null, warningAt: null });
  expect(writes).toBe(0);
  book.note({ acknowledgedAt: 1000, warningAt: null });
  expect(kept()).toEqual({ acknowledgedAt: 1000, warningAt: null });
  for (let at = 1000; at < 1000 + 5 * MINUTE; at += 1000) book.note({ acknowledgedAt: at, warningAt: null });
  expect(writes).toBe(1);
  book.note({ acknowledgedAt: 1000 + 5 * MINUTE, warningAt: null });
  expect([writes, kept().acknowledgedAt]).toEqual([2, 1000 + 5 * MINUTE]);
  book.note({ acknowledgedAt: 2000 + 5 * MINUTE, warningAt: null }, true);
  expect([writes, kept().acknowledgedAt]).toEqual([3, 2000 + 5 * MINUTE]);
  book.note({ acknowledgedAt: 2000 + 5 * MINUTE, warningAt: null }, true);
  expect(writes).toBe(3);
});

it('a process that has heard nothing yet knows what the one before it heard', () => {
  new ContactBook(store, HOME).note({ acknowledgedAt: 1000, warningAt: 2000 });
  const next = new ContactBook(store, HOME);
  next.note({ acknowledgedAt: null, warningAt: null }, true);
  next.note({ acknowledgedAt: null, warningAt: 10 * MINUTE });
  expect(kept()).toEqual({ acknowledgedAt: 1000, warningAt: 10 * MINUTE });
});

it('another home of another fleet has heard nothing, nor has one whose note is none', () => {
  new ContactBook(store, HOME).note({ acknowledgedAt: 1000, warningAt: 2000 });
  const never = { acknowledgedAt: null, warningAt: null };
  expect(kept('h000000000000002')).toEqual(never);
  for (const text of ['', '{', 'null', '{"home":"h000000000000001"}']) {
    for (const key of disk.keys()) disk.set(key, text);
    expect(kept()).toEqual(never);
  }
});

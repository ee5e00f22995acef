// The phones that are told by Web Push, on disk and in memory: gone with their browser, and never kept without one.
import Database from 'better-sqlite3';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { Browsers } from '../../sensor/record/browsers.ts';
import { MOST_PHONES, PhoneBook } from '../../sensor/record/phone-book.ts';
import { type PushPhone, PushPhones } from '../../sensor/record/push-phones.ts';
import { migrate } from '../../sensor/record/schema.ts';
import type { Store } from '../../sensor/record/store.ts';

let db: Database.Database;
let phones: PushPhones;
let browsers: Browsers;
let kept: string[];
let changes: number;
let book: PhoneBook;

beforeEach(() => {
  db = new Database(':memory:');
  db.pragma('foreign_keys = ON');
  migrate(db);
  const work = <T>(what: () => T): T => what();
  phones = new PushPhones(db, work);
  browsers = new Browsers(db, work);
  kept = [];
  changes = 0;
  book = open();
  for (const id of ['a', 'b']) pair(id);
});
afterEach(() => db.close());

function open(): PhoneBook {
  const opened = new PhoneBook(phones.list(), (what, write) => {
    kept.push(what);
    write({ phones } as unknown as Store);
  });
  opened.onChange = () => {
    changes++;
  };
  return opened;
}

const pair = (id: string) => browsers.put({ id, tokenHash: id, name: id, createdAt: 1, lastSeen: 1 });
const phone = (browser: string, over: Partial<PushPhone> = {}): PushPhone => ({
  ...{
    browser,
    endpoint: `https://push.example/${browser}`,
    p256dh: 'key',
    auth: 'secret',
    createdAt: 5,
    lostAt: null,
  },
  ...over,
});

it('has each field in its own cell, oldest first, and reads them back', () => {
  expect([book.set(phone('b')), book.set(phone('a', { createdAt: 4 }))]).toEqual([true, true]);
  expect(db.prepare('SELECT * FROM push_phones WHERE browser = ?').get('b')).toEqual({
    ...{
      browser: 'b',
      endpoint: 'https://push.example/b',
      p256dh: 'key',
      auth: 'secret',
      created_at: 5,
      lost_at: null,
    },
  });
  expect(open().list()).toEqual([phone('a', { createdAt: 4 }), phone('b')]);
  expect([book.of('a')?.browser, book.of('c'), changes, kept]).toEqual(['a', null, 2, ['phone b', 'phone a']]);
});

it('one that is put again takes the place of what was there, lost or not', () => {
  book.set(phone('a'));
  book.lose('a', 7);
  book.lose('nobody', 7);
  expect([open().list(), changes]).toEqual([[phone('a', { lostAt: 7 })], 2]);
  book.set(phone('a', { endpoint: 'https://push.example/new', p256dh: 'k', auth: 's', createdAt: 8 }));
  expect(open().list()).toEqual([
    phone('a', { endpoint: 'https://push.example/new', p256dh: 'k', auth: 's', createdAt: 8 }),
  ]);
});

it('goes, once, and with its browser on disk', () => {
  book.set(phone('a'));
  book.set(phone('b'));
  expect([book.remove('a'), book.remove('a'), book.list(), phones.list(), changes]).toEqual([
    ...[true, false, [phone('b')], [phone('b')], 3],
  ]);
  browsers.remove('b');
  expect(phones.list()).toEqual([]);
});

it('of a browser that was unpaired before the disk took it, nothing is kept', () => {
  expect(book.set(phone('stranger'))).toBe(true);
  expect([phones.list(), book.of('stranger')?.browser]).toEqual([[], 'stranger']);
});

it('the same address under another browser moves there; beyond the bound there is no room for one more, but for a change', () => {
  book.set(phone('a'));
  book.set(phone('b', { endpoint: phone('a').endpoint }));
  expect(
    open()
      .list()
      .map(({ browser }) => browser),
  ).toEqual(['b']);
  for (let n = 1; n < MOST_PHONES; n++) {
    pair(`p${n}`);
    expect(book.set(phone(`p${n}`))).toBe(true);
  }
  expect([
    book.set(phone('a', { endpoint: 'https://push.example/more' })),
    book.set(phone('p1', { auth: 'x' })),
    book.list().length,
  ]).toEqual([false, true, MOST_PHONES]);
  kept.length = 0;
  book.keepAll();
  expect(kept).toHaveLength(MOST_PHONES);
});

// Who may read the state: its owner alone, whatever the umask and whatever was there before. A real store, real files.
import { chmodSync, existsSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Store } from '../../sensor/record/store.ts';
import { incident, NOW, temporaryDirectory } from './store-fixtures.ts';

let directory: string;
let state: string;
let mended: string[];
const umask = process.umask();
beforeEach(() => {
  directory = temporaryDirectory();
  state = join(directory, 'deep', 'state');
  mended = [];
});
afterEach(() => {
  process.umask(umask);
  rmSync(directory, { recursive: true });
});

const open = () =>
  Store.open({ path: join(state, 'thingwatch.db'), now: () => NOW, onMended: (what) => mended.push(what) });
const modeOf = (path: string) => statSync(path).mode & 0o777;
const modes = () => Object.fromEntries(readdirSync(state).map((name) => [name, modeOf(join(state, name)).toString(8)]));

test.each([0o000, 0o022, 0o077, 0o277])('under umask %o the directory is 0700 and all in it 0600', (mask) => {
  process.umask(mask);
  const store = open();
  process.umask(umask);
  store.save({ incidents: [incident('a')], durable: true });
  expect(modeOf(state)).toBe(0o700);
  expect(modeOf(join(directory, 'deep'))).toBe(0o700);
  expect(modes()).toEqual({
    'thingwatch.db': '600',
    'thingwatch.db-shm': '600',
    'thingwatch.db-wal': '600',
    'thingwatch.db.lock': '600',
  });
  expect(mended).toEqual([]);
  store.close();
});

test('what others could read is put right at opening, also what was moved aside, and said once', () => {
  const before = open();
  before.save({ incidents: [incident('a')], durable: true });
  before.close();
  writeFileSync(join(state, 'thingwatch.db.damaged-20260101T000000Z'), 'old');
  writeFileSync(join(state, "somebody's own.txt"), 'not ours');
  for (const name of readdirSync(state)) chmodSync(join(state, name), 0o644);
  const store = open();
  store.save({ incidents: [incident('b')], durable: true });
  expect(mended).toEqual([expect.stringMatching(/other accounts .* could read .*thingwatch\.db.*its owner alone/)]);
  expect(Object.entries(modes()).filter(([, mode]) => mode !== '600')).toEqual([["somebody's own.txt", '644']]);
  store.close();
  open().close();
  expect(mended).toHaveLength(1);
});

test('a damaged database that others could read is kept for its owner alone', () => {
  const before = open();
  before.close();
  writeFileSync(join(state, 'thingwatch.db'), 'no database, and long enough not to be an empty one'.repeat(9));
  chmodSync(join(state, 'thingwatch.db'), 0o666);
  open().close();
  const aside = readdirSync(state).filter((name) => name.includes('.damaged-'));
  expect(aside).toHaveLength(1);
  expect(modeOf(join(state, aside[0] ?? ''))).toBe(0o600);
});

test('a directory that was there keeps the rights that a person gave it', () => {
  open().close();
  chmodSync(state, 0o750);
  open().close();
  expect(modeOf(state)).toBe(0o750);
  expect(existsSync(join(state, 'thingwatch.db'))).toBe(true);
});

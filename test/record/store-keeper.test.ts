// The store whatever becomes of its disk: removed, replaced, split, damaged or full while it is in use. What is said, once; what is
// kept meanwhile; and that all of it is on the disk afterwards.
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it, test } from 'vitest';
import { newDevice } from '../../sensor/attribute/device.ts';
import type { Log } from '../../sensor/log.ts';
import { StoreKeeper, type StoreKeeperOptions } from '../../sensor/record/store-keeper.ts';
import { WatchHours } from '../../sensor/record/watch-hours.ts';
import { CAN_MOUNT, NOT_RUN, SmallDisk } from '../support/small-disk.ts';
import { expectation, incident, message, NOW, temporaryDirectory } from './store-fixtures.ts';

const MEANWHILE = ' Meanwhile alerts are sent from memory, marked as not stored.';
const PHONE = { id: 'b', tokenHash: 'h', name: 'Phone', createdAt: 1, lastSeen: 2 };

let directory: string;
let state: string;
let path: string;
let said: string[];
let changes: number;
let keepers: StoreKeeper[];
beforeEach(() => {
  directory = temporaryDirectory();
  state = join(directory, 'state');
  path = join(state, 'a.db');
  said = [];
  changes = 0;
  keepers = [];
});
afterEach(() => {
  for (const keeper of keepers) keeper.close();
  rmSync(directory, { recursive: true });
});

const log: Log = {
  debug: () => {},
  info: (line) => said.push(`info: ${line}`),
  warn: (line) => said.push(`warn: ${line}`),
  error: (line) => said.push(`error: ${line}`),
};

function open(over: Partial<StoreKeeperOptions> = {}): StoreKeeper {
  const keeper = StoreKeeper.open({
    path,
    now: () => NOW,
    log,
    onChange: () => {
      changes++;
    },
    onDamage: (movedTo) => said.push(`aside: ${movedTo}`),
    ...over,
  });
  keepers.push(keeper);
  return keeper;
}

/** What another program reads in the file. */
function onDisk(file = path) {
  const db = new Database(file, { readonly: true });
  const list = (sql: string) => db.prepare(sql).pluck().all();
  try {
    return {
      incidents: list('SELECT id FROM incidents ORDER BY id'),
      messages: list('SELECT id FROM outbox ORDER BY seq'),
      topics: list('SELECT topic FROM published_topics ORDER BY topic'),
      browsers: list('SELECT id FROM browsers ORDER BY id'),
      meta: list("SELECT key || '=' || value FROM meta WHERE key <> 'probed_at' ORDER BY key"),
    };
  } finally {
    db.close();
  }
}

/** Something of everything. */
function fill(keeper: StoreKeeper): void {
  keeper.save({ incidents: [incident('i')], outbox: [message('m'), message('n')], durable: true });
  keeper.browsers.add(PHONE);
  keeper.topics.setPublished('a topic');
  keeper.setMeta('sensor_id', 'kept');
}
const ALL = { incidents: ['i'], messages: ['m', 'n'], topics: ['a topic'], browsers: ['b'], meta: ['sensor_id=kept'] };

const shown = (keeper: StoreKeeper) =>
  keeper.outbox.peek(9).map(({ id, stored }) => `${id}${stored === false ? '*' : ''}`);

describe('without a fault', () => {
  it('what is written is on disk, and nothing is said', () => {
    const keeper = open();
    fill(keeper);
    expect(onDisk()).toEqual(ALL);
    expect([keeper.problem, keeper.isRetryDue(), keeper.takeFresh(), said, changes]).toEqual([
      null,
      false,
      false,
      [],
      0,
    ]);
    keeper.close();
    keeper.close();
    const again = open();
    expect([again.browsers.list(), again.topics.publishedTopics(), again.meta('sensor_id'), again.meta('x')]).toEqual([
      ...[[PHONE], ['a topic'], 'kept', null],
    ]);
    expect([again.loadIncidents().length, shown(again), again.outbox.size(), again.outbox.dropped()]).toEqual([
      ...[1, ['m', 'n'], 2, 0],
    ]);
  });

  it('an entry and what tells of it are on disk together or not at all', () => {
    const keeper = open();
    keeper.setMeta('weeks', '1', true, [message('m')]);
    expect(onDisk()).toMatchObject({ messages: ['m'], meta: ['weeks=1'] });
    const db = new Database(path);
    db.exec("CREATE TRIGGER full BEFORE INSERT ON outbox BEGIN SELECT raise(ABORT, 'no room'); END");
    keeper.setMeta('weeks', '2', true, [message('n')]);
    expect(onDisk()).toMatchObject({ messages: ['m'], meta: ['weeks=1'] });
    expect([shown(keeper), keeper.meta('weeks'), keeper.problem === null]).toEqual([['m', 'n*'], '2', false]);
    keeper.setMeta('weeks', '3', true, [message('o')]);
    db.exec('DROP TRIGGER full');
    db.close();
    expect([keeper.reach(), keeper.save({ outbox: keeper.alerts.all(), durable: true })]).toEqual([true, true]);
    keeper.alerts.saved();
    expect(keeper.settle('all')).toBe(true);
    expect(onDisk()).toMatchObject({ messages: ['m', 'n', 'o'], meta: ['weeks=3'] });
  });

  it('all that was stored is loaded, kept frames with it', () => {
    const keeper = open();
    const frame = { seq: 0, time: 5, linkType: 1 as const, wireLength: 60, data: Buffer.from([1]) };
    keeper.save({
      ...{
        devices: [newDevice('02:00:00:00:00:01', NOW)],
        expectations: [expectation('e')],
        incidents: [incident('i')],
      },
      ...{ memories: [{ detector: 'd', mac: '', value: 1 }], durable: false },
      evidence: {
        changes: [{ incident: 'i', seen: 1, head: 1, next: 1, tailFrom: 1, frames: [frame] }],
        removed: [],
      },
    });
    expect([keeper.loadDevices(), keeper.loadExpectations(), keeper.loadMemories()]).toEqual([
      ...[[newDevice('02:00:00:00:00:01', NOW)], [expectation('e')], [{ detector: 'd', mac: '', value: 1 }]],
    ]);
    expect([keeper.loadEvidence()[0]?.sizes, keeper.framesOf('i')]).toEqual([[{ seq: 0, bytes: 1 }], [frame]]);
    expect(keeper.prune({ before: NOW })).toEqual({ incidents: [], timeline: 0 });
    expect(keeper.sizeBytes()).toBeGreaterThan(4096);
  });

  it('alerts that the disk has come first, then those that it has not', () => {
    const keeper = open();
    fill(keeper);
    keeper.alerts.add([message('x'), message('y')]);
    expect([shown(keeper), keeper.outbox.peek(3).map(({ id }) => id), keeper.outbox.size()]).toEqual([
      ...[['m', 'n', 'x*', 'y*'], ['m', 'n', 'x'], 4],
    ]);
    for (const id of ['m', 'y']) keeper.outbox.remove(id);
    expect([shown(keeper), keeper.outbox.size(), keeper.outbox.hasGone]).toEqual([['n', 'x*'], 2, true]);
  });

  it('a database that cannot be opened, and not for want of room, is told to who starts it', () => {
    open();
    expect(() => open()).toThrow(expect.objectContaining({ code: 'locked' }));
    expect([said, changes]).toEqual([[], 0]);
  });
});

describe('a fault', () => {
  const REMOVED = () =>
    `error: The database ${path} was removed, moved or replaced while it was in use. What is new lives in memory only until it can be written there again. Keep its directory in place, or set state_dir to one that stays.${MEANWHILE}`;
  const WRITTEN = 'info: the database can be written again: all that lived in memory are stored';

  /** What is refused is told once, and kept. */
  function refused(keeper: StoreKeeper, words: string): void {
    expect(keeper.save({ incidents: [incident('new')], durable: true })).toBe(false);
    expect(keeper.save({ incidents: [incident('new')], durable: true })).toBe(false);
    expect([said, changes, keeper.problem?.since]).toEqual([[words], 1, NOW]);
    keeper.setMeta('late', '1');
    keeper.topics.setPublished('late topic');
    keeper.browsers.add({ ...PHONE, id: 'late', tokenHash: 'h2' });
    expect([keeper.meta('late'), keeper.browsers.list().length, said.length]).toEqual(['1', 2, 1]);
  }

  /** As the recorder does it, round by round, until the disk takes all. */
  function mended(keeper: StoreKeeper): void {
    expect(keeper.isRetryDue()).toBe(true);
    expect(keeper.reach()).toBe(true);
    expect(keeper.save({ incidents: [incident('new')], outbox: keeper.alerts.all(), durable: true })).toBe(true);
    keeper.alerts.saved();
    expect([keeper.settle('all'), keeper.problem, said.at(-1)]).toEqual([true, null, WRITTEN]);
    expect(keeper.settle('all')).toBe(true);
  }

  const LATE = {
    ...{ incidents: ['i', 'new'], messages: ['m', 'n'], topics: ['a topic', 'late topic'], browsers: ['b', 'late'] },
    meta: ['late=1', 'sensor_id=kept'],
  };

  it('of a directory that was removed ends with all of the database back in its place', () => {
    const keeper = open();
    fill(keeper);
    rmSync(state, { recursive: true });
    refused(keeper, REMOVED());
    expect([keeper.reach(), shown(keeper)]).toEqual([true, ['m', 'n']]);
    mended(keeper);
    expect(onDisk()).toEqual(LATE);
    expect([keeper.takeFresh(), changes]).toEqual([false, 3]);
  });

  it('of a directory that was removed does not bring back what the broker has acknowledged', () => {
    const keeper = open();
    fill(keeper);
    keeper.outbox.remove('m');
    rmSync(state, { recursive: true });
    refused(keeper, REMOVED());
    mended(keeper);
    expect([onDisk().messages, shown(keeper)]).toEqual([['n'], ['n']]);
  });

  it('of a database in whose place another lies ends with what is in memory in that one, and its alerts', () => {
    const keeper = open();
    fill(keeper);
    const other = join(directory, 'other');
    mkdirSync(other);
    const theirs = open({ path: join(other, 'a.db') });
    theirs.save({ incidents: [incident('theirs')], durable: true });
    theirs.close();
    rmSync(state, { recursive: true });
    renameSync(other, state);
    refused(keeper, REMOVED());
    expect(keeper.reach()).toBe(true);
    expect([keeper.takeFresh(), keeper.takeFresh(), shown(keeper)]).toEqual([true, false, ['m*', 'n*']]);
    mended(keeper);
    expect(onDisk()).toEqual({ ...LATE, incidents: ['new', 'theirs'] });
  });

  it('of a database in whose place there is a new one ends with the settings that were read before', () => {
    const first = open();
    fill(first);
    first.close();
    const keeper = open();
    expect([keeper.meta('sensor_id'), keeper.meta('none')]).toEqual(['kept', null]);
    const other = join(directory, 'other');
    mkdirSync(other);
    open({ path: join(other, 'a.db') }).close();
    rmSync(state, { recursive: true });
    renameSync(other, state);
    expect([keeper.save({ durable: true }), keeper.reach(), keeper.settle('all')]).toEqual([false, true, true]);
    expect(onDisk()).toEqual({
      incidents: [],
      messages: [],
      topics: ['a topic'],
      browsers: ['b'],
      meta: ['sensor_id=kept'],
    });
  });

  it('of a database whose journal was removed ends with all that it had', () => {
    const keeper = open();
    fill(keeper);
    rmSync(`${path}-wal`);
    refused(keeper, REMOVED());
    mended(keeper);
    expect([onDisk(), keeper.takeFresh()]).toEqual([LATE, false]);
  });

  it('lasts as long as the place cannot be written: what is new goes on living in memory', () => {
    const keeper = open();
    fill(keeper);
    rmSync(state, { recursive: true });
    writeFileSync(state, 'a file in the way');
    // Node 22 calls a path below a file missing, Node 20 an error.
    const words = /^error: The database .* (?:cannot be opened for writing \(ENOTDIR|was removed, moved or replaced)/;
    refused(keeper, expect.stringMatching(words));
    expect([keeper.reach(), said.length, keeper.problem?.since, keeper.problem?.error.code]).toEqual([
      ...[false, 1, NOW, 'unwritable'],
    ]);
    rmSync(state);
    mended(keeper);
    expect([onDisk(), keeper.takeFresh()]).toEqual([LATE, false]);
  });

  it('lasts as long as another sensor uses the database that lies in its place', () => {
    const keeper = open();
    fill(keeper);
    const theirs = open({ path: join(directory, 'other/a.db') });
    theirs.save({ incidents: [incident('theirs')], durable: true });
    rmSync(state, { recursive: true });
    renameSync(join(directory, 'other'), state);
    refused(keeper, REMOVED());
    expect([keeper.reach(), keeper.reach(), shown(keeper), keeper.outbox.size(), said.length]).toEqual([
      ...[false, false, ['m*', 'n*'], 2, 1],
    ]);
    expect([keeper.loadIncidents(), keeper.problem?.error.code]).toEqual([[], 'locked']);
    theirs.close();
  });

  it('that found no other way than memory ends in a database that is none to be begun anew in the next', () => {
    const keeper = open();
    fill(keeper);
    const theirs = open({ path: join(directory, 'other/a.db') });
    rmSync(state, { recursive: true });
    renameSync(join(directory, 'other'), state);
    refused(keeper, REMOVED());
    expect(keeper.reach()).toBe(false);
    theirs.close();
    mended(keeper);
    expect([onDisk(), keeper.takeFresh(), keeper.takeFresh()]).toEqual([{ ...LATE, incidents: ['new'] }, true, false]);
    rmSync(`${path}-wal`);
    expect([keeper.save({ durable: true }), keeper.reach(), keeper.takeFresh()]).toEqual([false, true, false]);
  });

  it('of writing alone keeps what is refused', () => {
    const keeper = open();
    fill(keeper);
    const other = new Database(path);
    other.exec("CREATE TRIGGER no BEFORE INSERT ON published_topics BEGIN SELECT RAISE(ABORT, 'broken'); END");
    keeper.topics.setPublished('refused');
    expect([said.length, keeper.topics.publishedTopics(), keeper.problem?.error.code]).toEqual([
      ...[1, ['a topic', 'refused'], 'io'],
    ]);
    expect([keeper.reach(), keeper.settle('all'), keeper.problem === null]).toEqual([true, false, false]);
    keeper.setMeta('late', '1');
    expect(onDisk().meta).toEqual(['sensor_id=kept']);
    other.exec('DELETE FROM published_topics; DROP TRIGGER no');
    other.close();
    expect([keeper.reach(), keeper.settle('all'), keeper.problem]).toEqual([true, true, null]);
    // What was written before is not written once more.
    expect(onDisk()).toEqual({ ...ALL, topics: ['refused'], meta: ['late=1', 'sensor_id=kept'] });
  });

  it('ends only where the disk takes something, and opens nothing anew where the database lies in its place', () => {
    const keeper = open();
    fill(keeper);
    const other = new Database(path);
    for (const event of ['INSERT', 'UPDATE'])
      other.exec(`CREATE TRIGGER no_${event} BEFORE ${event} ON meta BEGIN SELECT RAISE(ABORT, 'broken'); END`);
    keeper.setMeta('late', '1');
    expect([keeper.problem?.error.code, keeper.reach()]).toEqual(['io', false]);
    for (const event of ['INSERT', 'UPDATE']) other.exec(`DROP TRIGGER no_${event}`);
    other.close();
    expect([keeper.reach(), keeper.outbox.size()]).toEqual([true, 2]);
    keeper.keep('meta late', () => {});
    renameSync(state, join(directory, 'away'));
    expect([keeper.settle('all'), keeper.problem, existsSync(state)]).toEqual([true, null, false]);
  });

  it('waits for another who writes a second, in a fault but a moment, and after it a second again', () => {
    const keeper = open();
    fill(keeper);
    let other = new Database(path);
    other.exec('BEGIN IMMEDIATE');
    const waited = (work: () => boolean) => {
      const begun = performance.now();
      expect(work()).toBe(false);
      return performance.now() - begun;
    };
    const save = () => keeper.save({ incidents: [incident('new')], durable: false });
    expect(waited(save)).toBeGreaterThan(900);
    // The least of several, as this machine may be busy.
    const least = (work: () => boolean) => Math.min(...Array.from({ length: 6 }, () => waited(work)));
    const inFault = least(() => keeper.reach());
    expect([inFault > 30, inFault < 95]).toEqual([true, true]);
    other.exec('ROLLBACK');
    other.close();
    rmSync(`${path}-wal`);
    // Opened anew, and still in a fault.
    expect(keeper.reach()).toBe(true);
    other = new Database(path);
    other.exec('BEGIN IMMEDIATE');
    const anew = least(save);
    expect([anew > 30, anew < 95]).toEqual([true, true]);
    other.exec('ROLLBACK');
    expect([keeper.reach(), save(), keeper.settle('all')]).toEqual([true, true, true]);
    other.exec('BEGIN IMMEDIATE');
    const after = waited(save);
    expect([after > 900, after < 1900]).toEqual([true, true]);
    other.close();
  }, 20_000);

  it('of pages that turned bad in use: the file is moved aside, and a fresh one takes what is in memory', () => {
    const keeper = open();
    fill(keeper);
    keeper.close();
    const other = open();
    // Another process writes, so that nothing of the file is known in memory, and leaves nonsense behind.
    const vandal = new Database(path);
    vandal.exec("INSERT INTO counters VALUES ('other', 1)");
    vandal.pragma('wal_checkpoint(TRUNCATE)');
    vandal.close();
    const bytes = readFileSync(path);
    bytes.fill(0xa5, 1024);
    writeFileSync(path, bytes);
    expect(other.save({ incidents: [incident('new')], durable: true })).toBe(false);
    expect(said).toEqual([expect.stringMatching(/^error: The database .* became unreadable while in use/)]);
    expect([other.reach(), other.takeFresh()]).toEqual([true, true]);
    expect(said[1]).toBe(`aside: ${path}.damaged-20260105T101112Z`);
    mended(other);
    expect(onDisk()).toMatchObject({ incidents: ['new'], topics: ['a topic'], browsers: ['b'] });
    expect(readdirSync(state)).toContain('a.db.damaged-20260105T101112Z');
  });

  describe('of one damaged page', () => {
    const MALFORMED = 'database disk image is malformed';
    let reasons: string[];
    let keeper: StoreKeeper;
    let whole: Buffer;
    beforeEach(() => {
      reasons = [];
      keeper = open({
        onDamage: (movedTo, reason) => {
          said.push(`aside: ${movedTo}`);
          reasons.push(reason);
        },
      });
      fill(keeper);
      const vandal = new Database(path);
      vandal.exec("INSERT INTO counters VALUES ('other', 1)");
      vandal.pragma('wal_checkpoint(TRUNCATE)');
      const page = Number(vandal.prepare("SELECT rootpage FROM sqlite_master WHERE name = 'incidents'").pluck().get());
      const size = Number(vandal.pragma('page_size', { simple: true }));
      vandal.close();
      whole = readFileSync(path);
      const bytes = Buffer.from(whole);
      bytes.fill(0xa5, (page - 1) * size, page * size);
      writeFileSync(path, bytes);
      expect([keeper.save({ incidents: [incident('new')], durable: true }), keeper.problem?.error.code]).toEqual([
        ...[false, 'damaged'],
      ]);
    });

    it('brings along alerts from those that are whole, and is over once a fresh database has all', () => {
      expect([keeper.reach(), keeper.takeFresh(), shown(keeper)]).toEqual([true, true, ['m*', 'n*']]);
      mended(keeper);
      expect(onDisk()).toEqual({ ...ALL, incidents: ['new'] });
      expect([reasons, shown(keeper)]).toEqual([[MALFORMED], ['m', 'n']]);
      // The next fault is another, and this database none to be moved aside.
      rmSync(`${path}-wal`);
      expect([keeper.save({ durable: true }), keeper.reach(), keeper.settle('all')]).toEqual([false, true, true]);
      expect([reasons.length, onDisk().incidents]).toEqual([1, ['new']]);
    });

    it('has the file moved aside, though it is found whole when it is looked at again', () => {
      writeFileSync(path, whole);
      expect([keeper.reach(), keeper.takeFresh(), reasons]).toEqual([true, true, [MALFORMED]]);
      mended(keeper);
      expect(onDisk(`${path}.damaged-20260105T101112Z`)).toEqual(ALL);
    });

    it('lives in memory as long as no other database can be begun, with each alert once', () => {
      renameSync(state, join(directory, 'away'));
      writeFileSync(state, 'a file in the way');
      expect([keeper.reach(), shown(keeper), keeper.outbox.size()]).toEqual([false, ['m*', 'n*'], 2]);
      expect([keeper.reach(), keeper.loadIncidents(), keeper.outbox.size(), reasons]).toEqual([false, [], 2, []]);
      expect(keeper.problem?.error.code).toBe('unwritable');
      rmSync(state);
      renameSync(join(directory, 'away'), state);
      mended(keeper);
      expect([onDisk(), reasons]).toEqual([{ ...ALL, incidents: ['new'] }, [MALFORMED]]);
    });
  });

  it('of one table is told also where it is only read', () => {
    const keeper = open();
    fill(keeper);
    const other = new Database(path);
    other.exec('DROP TABLE detector_memory; ALTER TABLE incidents RENAME TO away');
    other.close();
    expect([keeper.loadMemories(), keeper.problem?.error.code, said.length]).toEqual([[], 'io', 1]);
    expect(keeper.prune({ before: NOW })).toEqual({ incidents: [], timeline: 0 });
  });

  it('of reading gives what there is to give', () => {
    const keeper = open();
    fill(keeper);
    const other = new Database(path);
    other.exec('DROP TABLE outbox; DROP TABLE detector_memory');
    other.close();
    expect([keeper.outbox.peek(5), keeper.loadMemories(), keeper.problem?.error.code]).toEqual([[], [], 'io']);
    expect([said.length, keeper.loadIncidents().length]).toEqual([1, 1]);
  });
});

describe.skipIf(!CAN_MOUNT)(`a full disk${NOT_RUN}`, () => {
  let disk: SmallDisk;
  beforeEach(() => {
    disk = new SmallDisk(2);
    path = join(disk.path, 'a.db');
  });
  afterEach(() => {
    for (const keeper of keepers) keeper.close();
    disk.remove();
  });
  const FULL =
    /^error: No space left for the database .* Meanwhile alerts are sent from memory, marked as not stored\.$/;

  test('when it is opened for the first time: all lives in memory, until there is room', () => {
    disk.fill();
    const keeper = open();
    expect([said, changes]).toEqual([[expect.stringMatching(FULL)], 1]);
    expect([keeper.problem?.error.code, keeper.loadIncidents(), keeper.reach()]).toEqual(['full', [], false]);
    keeper.topics.setPublished('late');
    disk.empty();
    expect([keeper.reach(), keeper.takeFresh()]).toEqual([true, true]);
    expect(keeper.save({ incidents: [incident('new')], durable: true })).toBe(true);
    expect(keeper.settle('all')).toBe(true);
    expect(onDisk()).toMatchObject({ incidents: ['new'], topics: ['late'] });
  });

  test('when it is opened again: what is there can be read, and others can read it once there is room', () => {
    const before = open();
    fill(before);
    before.close();
    said = [];
    rmSync(`${path}-wal`, { force: true });
    rmSync(`${path}-shm`, { force: true });
    disk.fill();
    const keeper = open();
    expect([said, keeper.loadIncidents().length, shown(keeper), keeper.topics.publishedTopics()]).toEqual([
      ...[[expect.stringMatching(FULL)], 1, ['m', 'n'], ['a topic']],
    ]);
    disk.empty();
    expect([keeper.reach(), keeper.takeFresh(), keeper.settle('all')]).toEqual([true, false, true]);
    expect(keeper.save({ incidents: [incident('new')], durable: true })).toBe(true);
    expect(onDisk()).toEqual({ ...ALL, incidents: ['i', 'new'] });
  });

  test('in use: what is refused goes with the next save that there is room for', () => {
    const keeper = open();
    fill(keeper);
    disk.fill();
    const large = incident('large', { evidence: { text: 'x'.repeat(500_000) } });
    expect([keeper.save({ incidents: [large], durable: true }), keeper.problem?.error.code]).toEqual([false, 'full']);
    expect(keeper.loadIncidents()).toHaveLength(1);
    disk.empty();
    expect([keeper.reach(), keeper.save({ incidents: [large], durable: true }), keeper.settle('all')]).toEqual([
      ...[true, true, true],
    ]);
    copyFileSync(path, join(directory, 'copy'));
    expect(onDisk().incidents).toEqual(['i', 'large']);
  });
});

it('hours that were watched come back; in a fault they wait, and a database that has none gets all', () => {
  const keeper = open();
  const load = (from: StoreKeeper) => {
    const watch = new WatchHours();
    from.loadWatch(watch);
    return watch;
  };
  const watch = load(keeper);
  expect([watch.all(), watch.until]).toEqual([[], null]);
  keeper.saveWatch(watch);
  expect(load(keeper).until).toBeNull();
  const at = (minutes: number) => {
    watch.observe(NOW + minutes * 60_000, 'watched');
    keeper.saveWatch(watch);
  };
  for (let minutes = 0; minutes <= 100; minutes += 2) at(minutes);
  expect([load(keeper).all(), load(keeper).until]).toEqual([watch.all(), NOW + 100 * 60_000]);
  expect([watch.all().length, watch.changes()?.hours]).toEqual([2, []]);
  rmSync(state, { recursive: true });
  expect(keeper.save({ durable: true })).toBe(false);
  at(102);
  expect(watch.changes()?.hours).toHaveLength(1);
  const other = open({ path: join(directory, 'other/a.db') });
  other.close();
  renameSync(join(directory, 'other'), state);
  expect([keeper.reach(), keeper.settle('all'), load(keeper).all()]).toEqual([true, true, watch.all()]);
  expect(watch.changes()?.hours).toEqual([]);
});

it('in memory nothing is looked for on a disk', () => {
  const keeper = open({ path: ':memory:' });
  fill(keeper);
  expect([keeper.save({ incidents: [incident('new')], durable: true }), keeper.problem]).toEqual([true, null]);
  expect([keeper.loadIncidents().length, keeper.sizeBytes() > 0]).toEqual([2, true]);
});

// Damage at random places of a real database, at opening and in use: it goes on with what is there or moves it aside and says so.
// Never a crash, and nothing gone that SQLite could have told of.
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { newDevice } from '../../sensor/attribute/device.ts';
import { silentLog } from '../../sensor/log.ts';
import { StoreKeeper } from '../../sensor/record/store-keeper.ts';
import { reportFault } from '../support/fault-table.ts';
import { mail } from '../support/name-frames.ts';
import { CAMERA, FRIDGE, HOUR, MAIL_SERVER, START, Stage } from '../support/stage.ts';
import { backend, expectation, incident, message, NOW, temporaryDirectory } from './store-fixtures.ts';

const INCIDENTS = 120;
const DAMAGES = 20;
/** Of all of them the same each time: a figure that fails can be looked at again. */
const SEED = 11;

let root: string;
/** A database with its journal, as a kill leaves it. */
let killed: string;
/** The same after an orderly end. */
let closed: string;
beforeAll(() => {
  root = temporaryDirectory();
  [killed, closed] = [join(root, 'killed'), join(root, 'closed')];
  const store = open(closed);
  const device = newDevice('00:11:22:33:44:55', NOW);
  for (let n = 0; n < 60; n++) device.backends.set(`b${n}.example`, backend(`b${n}.example`, NOW));
  store.save({ incidents: Array.from({ length: 200 }, (_, n) => incident(`gone${n}`)), durable: true });
  store.save({
    devices: [device],
    incidents: Array.from({ length: INCIDENTS }, (_, n) => incident(id(n))),
    // Their pages become free ones.
    removedIncidents: Array.from({ length: 200 }, (_, n) => `gone${n}`),
    expectations: [expectation('e')],
    outbox: Array.from({ length: 50 }, (_, n) => message(`m${n}`)),
    durable: true,
  });
  copy(closed, killed);
  store.close();
});
afterAll(() => rmSync(root, { recursive: true }));

const id = (n: number) => `i${String(n).padStart(4, '0')}`;
const FILES = ['thingwatch.db', 'thingwatch.db-wal'];

function copy(from: string, to: string): void {
  mkdirSync(to, { recursive: true });
  for (const name of FILES) if (existsSync(join(from, name))) copyFileSync(join(from, name), join(to, name));
}

/** All that a keeper said of a database. */
interface Said {
  aside: string[];
  problems: string[];
  mended: string[];
  log: string[];
}
let said: Said;
beforeEach(() => {
  said = { aside: [], problems: [], mended: [], log: [] };
});

function open(directory: string): StoreKeeper {
  return StoreKeeper.open({
    path: join(directory, 'thingwatch.db'),
    now: () => NOW,
    onDamage: (movedTo) => said.aside.push(movedTo),
    onProblem: (problem) => said.problems.push(problem),
    onMended: (what) => said.mended.push(what),
    log: { ...silentLog, error: (line) => said.log.push(line) },
  });
}

/** Numbers below `limit` that depend on the seed alone (a linear congruence of Numerical Recipes). */
function dice(seed: number): (limit: number) => number {
  let state = seed;
  return (limit) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * limit);
  };
}

const PLACES: readonly [name: string, file: string, at: (size: number, roll: (limit: number) => number) => number][] = [
  ['file header', 'thingwatch.db', (_, roll) => roll(100)],
  ['page header', 'thingwatch.db', (size, roll) => roll(size / 1024) * 1024 + roll(12)],
  ['anywhere', 'thingwatch.db', (size, roll) => roll(size)],
  ['free pages', 'thingwatch.db', (size, roll) => freePage(closed, size) + roll(1024)],
  ['journal', 'thingwatch.db-wal', (size, roll) => roll(size)],
];

/** The head of the list of free pages (https://sqlite.org/fileformat2.html, 1.3). */
function freePage(directory: string, size: number): number {
  const page = readFileSync(join(directory, 'thingwatch.db')).readUInt32BE(32);
  expect(page).toBeGreaterThan(0);
  return Math.min(size - 1024, (page - 1) * 1024);
}

describe('at random places', () => {
  test.each(PLACES)(
    '%s',
    (name, file, at) => {
      const source = file.endsWith('-wal') ? killed : closed;
      const roll = dice(SEED);
      const outcomes = {
        'as it was': 0,
        mended: 0,
        'moved aside': 0,
        'rows told of': 0,
        refused: 0,
        'told of, its copy kept': 0,
      };
      for (let n = 0; n < DAMAGES; n++) {
        const directory = join(root, `${name.replace(' ', '-')}-${n}`);
        copy(source, directory);
        said = { aside: [], problems: [], mended: [], log: [] };
        const bytes = readFileSync(join(directory, file));
        const offset = at(bytes.length, roll);
        for (let i = offset; i < Math.min(bytes.length, offset + 1 + roll(40)); i++) bytes[i] = roll(256);
        writeFileSync(join(directory, file), bytes);
        outcomes[outcomeOf(directory, bytes, file)]++;
        rmSync(directory, { recursive: true });
      }
      reportFault({
        fault: `database damaged: ${name}`,
        inputs: `${DAMAGES} damages, ${INCIDENTS} incidents each`,
        outcome: Object.entries(outcomes)
          .flatMap(([what, count]) => (count > 0 ? `${count} ${what}` : []))
          .join(', '),
        lost: 0,
      });
    },
    180_000,
  );

  type Outcome = 'as it was' | 'mended' | 'moved aside' | 'rows told of' | 'refused' | 'told of, its copy kept';

  /** Opens it, and checks that what it says is so. */
  function outcomeOf(directory: string, damaged: Buffer, file: string): Outcome {
    let store: StoreKeeper;
    try {
      store = open(directory);
    } catch (error) {
      // A version number that is none of ours: told, and not a byte of it changed.
      expect(error).toMatchObject({ code: 'newer' });
      expect(readFileSync(join(directory, file)).equals(damaged)).toBe(true);
      return 'refused';
    }
    const [devices, incidents, expectations] = [store.loadDevices(), store.loadIncidents(), store.loadExpectations()];
    const messages = store.outbox.peek(1000);
    // It works: what is new is stored.
    store.save({ incidents: [incident('new')], durable: true });
    if (store.problem !== null) store.reach();
    store.close();
    const again = open(directory);
    expect(again.loadIncidents().filter((one) => one.id === 'new').length + said.log.length).toBeGreaterThan(0);
    again.close();
    if (said.aside.length > 0) {
      const kept = said.aside.map((path) => readFileSync(file.endsWith('-wal') ? `${path}-wal` : path));
      expect(kept.some((bytes) => bytes.length > 0)).toBe(true);
      return 'moved aside';
    }
    if (said.problems.length > 0) return 'rows told of';
    const known = [devices.length, incidents.length, expectations.length, messages.length];
    // A journal ends at the first frame that is not whole: SQLite has no more to go by.
    if (file.endsWith('-wal') && incidents.length !== INCIDENTS) {
      expect(said.mended).toEqual([expect.stringMatching(/journal is damaged: .*kept as /)]);
      const copy = /kept as (\S+)$/.exec(said.mended[0] ?? '')?.[1] ?? '';
      expect(readFileSync(copy).equals(damaged)).toBe(true);
      return 'told of, its copy kept';
    }
    expect(known).toEqual([1, INCIDENTS, 1, 50]);
    expect(new Set(incidents.map((one) => one.id)).size).toBe(INCIDENTS);
    return said.mended.length > 0 ? 'mended' : 'as it was';
  }
});

const MADE_ANEW = /^the database's indexes were damaged \(.+\) and were made anew: nothing in it is lost$/s;

test('an index that does not fit its table is made anew, and no incident comes to be there twice', () => {
  const found = brokenIndex();
  const directory = join(root, 'index');
  copy(closed, directory);
  writeFileSync(join(directory, 'thingwatch.db'), found);
  const store = open(directory);
  expect(said).toMatchObject({ aside: [], problems: [], mended: [expect.stringMatching(MADE_ANEW)] });
  const incidents = store.loadIncidents();
  store.save({ incidents, durable: true });
  expect(store.loadIncidents()).toHaveLength(INCIDENTS);
  store.close();
  reportFault({
    fault: 'index of the database damaged',
    inputs: `${INCIDENTS} incidents, saved again`,
    outcome: 'index made anew, each there once',
    lost: 0,
  });
});

/** The database with a byte of an index changed such that only `integrity_check` tells. */
function brokenIndex(): Buffer {
  const whole = readFileSync(join(closed, 'thingwatch.db'));
  const probe = join(root, 'probe.db');
  // Keys of incidents lie in the rows and, once more, in the index.
  for (let at = whole.indexOf(id(7)); at >= 0; at = whole.indexOf(id(7), at + 1)) {
    const bytes = Buffer.from(whole);
    bytes.write(id(8).slice(-1), at + 4);
    writeFileSync(probe, bytes);
    const db = new Database(probe);
    const [quick, full] = ['quick_check(1)', 'integrity_check(1)'].map((check) => db.pragma(check, { simple: true }));
    db.close();
    if (quick === 'ok' && full !== 'ok') return bytes;
  }
  throw new Error('no byte of an index was found');
}

describe('the journal of a killed sensor', () => {
  test('cut anywhere: what was whole before the cut is there, in order', () => {
    const roll = dice(SEED);
    const counts: number[] = [];
    for (let n = 0; n < 20; n++) {
      const directory = join(root, `cut ${n}`);
      copy(killed, directory);
      const wal = join(directory, 'thingwatch.db-wal');
      truncateSync(wal, roll(statSync(wal).size));
      const store = open(directory);
      counts.push(store.loadIncidents().length);
      store.save({ incidents: [incident('new')], durable: true });
      store.close();
      const again = open(directory);
      expect(again.loadIncidents().map((one) => one.id)).toContain('new');
      again.close();
      rmSync(directory, { recursive: true });
    }
    // Nothing of either save, the first of them, or both.
    expect([...new Set(counts)].filter((count) => ![0, 200, INCIDENTS].includes(count))).toEqual([]);
    expect(said.problems).toEqual([]);
    reportFault({
      fault: 'journal cut off',
      inputs: '20 cuts',
      outcome: 'whole saves before the cut are there',
      lost: 0,
    });
  });

  test('gone: the database is as it was before it', () => {
    const directory = join(root, 'no journal');
    copy(killed, directory);
    rmSync(join(directory, 'thingwatch.db-wal'));
    const store = open(directory);
    store.save({ incidents: [incident('new')], durable: true });
    expect(store.loadIncidents().map((one) => one.id)).toEqual(['new']);
    store.close();
  });
});

describe('in use', () => {
  let state: string;
  beforeEach(() => {
    state = temporaryDirectory();
  });

  /** Another process writes, so that nothing of the file is known in memory, and leaves nonsense behind. */
  function garble(path: string): void {
    const other = new Database(path);
    other.pragma('wal_checkpoint(TRUNCATE)');
    other.exec("INSERT INTO counters (name, value) VALUES ('other', 1)");
    other.pragma('wal_checkpoint(TRUNCATE)');
    other.close();
    const bytes = readFileSync(path);
    bytes.fill(0xa5, 1024);
    writeFileSync(path, bytes);
  }

  test('it is moved aside, and all that is in memory goes into a fresh one', () => {
    const stage = new Stage({ stateDir: state });
    stage.play(mail(CAMERA, MAIL_SERVER, START));
    stage.spine.store.browsers.add({ id: 'b', tokenHash: 'h', name: 'Phone', createdAt: START, lastSeen: START });
    stage.spine.store.topics.setPublished('a topic');
    stage.spine.store.setMeta('sensor_id', 'kept');
    stage.spine.recorder.flushAll();
    const events: string[] = [];
    stage.spine.events.on('incident', ({ change }) => events.push(change));
    garble(stage.spine.databasePath);
    stage.play(mail(FRIDGE, MAIL_SERVER, START + HOUR));
    for (let round = 0; round < 100; round++) stage.spine.recorder.flushMail();
    expect(events).toContain('opened');
    expect(stage.spine.recorder.problem).toBeNull();
    expect(stage.log.filter((line) => line.includes('became unreadable while in use'))).toHaveLength(1);
    expect(stage.log.filter((line) => line.includes('it was moved to'))).toHaveLength(1);
    expect(stage.log.filter((line) => line.includes('can be written again'))).toHaveLength(1);
    stage.spine.close();
    const again = new Stage({ stateDir: state });
    expect(
      again
        .incidents('mail_started')
        .map(({ device }) => device)
        .sort(),
    ).toEqual([FRIDGE.mac, CAMERA.mac].sort());
    expect(again.device(CAMERA).mail.attempts).toBe(1);
    const { store } = again.spine;
    expect([store.browsers.list().length, store.topics.publishedTopics(), store.meta('sensor_id')]).toEqual([
      1,
      ['a topic'],
      'kept',
    ]);
    again.spine.close();
    expect(readdirSync(state).filter((name) => name.includes('.damaged-')).length).toBeGreaterThan(0);
    rmSync(state, { recursive: true });
    reportFault({
      fault: 'database damaged while running',
      inputs: '2 devices mail, 1 before it; a browser, a topic',
      outcome: 'moved aside, all of it in a fresh one',
      lost: 0,
    });
  });
});

// `thingwatch backup` and `restore` as a person uses them: while a sensor runs under load, back onto the same box, onto a new one,
// through a pipe, and killed half way.
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { gunzipSync } from 'node:zlib';
import Database from 'better-sqlite3';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { SCHEMA_VERSION, schemaVersion } from '../../sensor/record/schema.ts';
import { Store } from '../../sensor/record/store.ts';
import { Random } from '../bench/random.ts';
import { readBooks, reckon } from '../crash/books.ts';
import { CrashRig } from '../crash/sensor.ts';
import { reportFault } from '../support/fault-table.ts';
import { CAN_MOUNT, NOT_RUN } from '../support/small-disk.ts';
import { CAPTURES, ensureBuilt, eventually, MAIN, Program, plainEnvironment, ROOT, scratch } from './program.ts';

const { path, remove } = scratch();
let rig: CrashRig | null = null;
let count = 0;
/** A new place for one test. */
let place: (name: string) => string;
beforeAll(ensureBuilt);
beforeEach(() => {
  count += 1;
  const directory = path(`test-${count}`);
  mkdirSync(directory);
  place = (name) => join(directory, name);
});
afterEach(async () => {
  await rig?.remove();
  rig = null;
});
afterAll(remove);

const SCHEMA_3 = join(ROOT, 'test/record/fixtures/schema-3.db.gz');
const mode = (file: string) => statSync(file).mode & 0o777;

/** A state directory with three incidents and a password. */
async function makeState(name: string, password = 'first'): Promise<string> {
  const state = place(name);
  const capture = join(CAPTURES, 'three-mailers.pcap');
  const { code, stderr } = await Program.run(['replay', capture, '--state', state, '--format', 'json']);
  expect({ code, stderr }).toMatchObject({ code: 0 });
  writeFileSync(join(state, 'mqtt-password'), `${password}\n`, { mode: 0o600 });
  return state;
}

function contentOf(state: string): { incidents: string[]; password: string } {
  const store = Store.open({ path: join(state, 'thingwatch.db'), now: Date.now });
  try {
    const incidents = store.loadIncidents().map(({ evidence, id }) => `${id} ${evidence.attempts}`);
    return { incidents, password: readFileSync(join(state, 'mqtt-password'), 'utf8').trim() };
  } finally {
    store.close();
  }
}

test('made while the sensor runs under load, it is the state of one moment; put back, it is that again', async () => {
  rig = await CrashRig.set(new Random(11));
  const { database, state } = rig;
  mkdirSync(state, { mode: 0o700 });
  writeFileSync(join(state, 'mqtt-password'), 'of then\n', { mode: 0o600 });
  await rig.start();
  rig.load.play(60);
  await eventually(() => (readBooks(database).incidents.length >= 10 ? true : null));
  const file = place('backup');
  const made = await Program.run(['backup', file, '--state', state]);
  expect(made).toMatchObject({
    code: 0,
    stdout: '',
    stderr: expect.stringMatching(/Wrote .*backup: .* incidents.*mqtt-password/),
  });
  expect(made.stderr).toMatch(/holds secrets/);
  expect(made.stderr).toMatch(/configuration file .* not in it/);
  const then = readBooks(file);
  // Of one moment: of each device what was on the wire until then.
  expect(reckon(new Map(), then, rig.load.attempts).problems).toEqual([]);
  expect(then).toMatchObject({ integrity: 'ok' });
  expect([mode(file), readdirSync(place('.'))]).toEqual([0o600, ['backup']]);

  const refused = await Program.run(['restore', file, '--state', state]);
  expect(refused).toMatchObject({ code: 1, stderr: expect.stringMatching(/in use by another process/) });
  expect(readdirSync(state).filter((name) => /restor/.test(name))).toEqual([]);
  const again = await Program.run(['backup', file, '--state', state]);
  expect(again).toMatchObject({ code: 2, stderr: expect.stringMatching(/already, and it was left as it is.*--force/) });
  await eventually(() => (readBooks(database).incidents.length >= then.incidents.length + 5 ? true : null));
  const ending = await rig.end('SIGTERM');
  expect({ ...ending, said: rig.said }).toMatchObject({ code: 0 });
  writeFileSync(join(state, 'mqtt-password'), 'of later\n', { mode: 0o600 });
  const later = readBooks(database);

  const restored = await Program.run(['restore', file, '--state', state]);
  expect(restored).toMatchObject({
    code: 0,
    stdout: '',
    stderr: expect.stringMatching(/Restored .*What was there before lies in/s),
  });
  expect(readBooks(database)).toEqual({ ...then, waiting: expect.any(Number) });
  const [aside = ''] = readdirSync(state).filter((name) => name.startsWith('before-restore-'));
  expect(readBooks(join(state, aside, 'thingwatch.db'))).toEqual(later);
  expect(readFileSync(join(state, aside, 'mqtt-password'), 'utf8')).toBe('of later\n');
  expect(readFileSync(join(state, 'mqtt-password'), 'utf8')).toBe('of then\n');
  expect([mode(join(state, aside)), mode(database), mode(join(state, 'mqtt-password'))]).toEqual([0o700, 0o600, 0o600]);

  await rig.start();
  await rig.end('SIGTERM');
  expect(readBooks(database).incidents).toEqual(then.incidents);

  const elsewhere = place('new-box');
  const moved = await Program.run(['restore', file, '--state', elsewhere]);
  expect(moved).toMatchObject({ code: 0, stderr: expect.stringMatching(/Nothing was there before/) });
  expect(readBooks(join(elsewhere, 'thingwatch.db'))).toEqual(then);
  expect([mode(elsewhere), mode(join(elsewhere, 'thingwatch.db'))]).toEqual([0o700, 0o600]);
  expect(readFileSync(join(elsewhere, 'mqtt-password'), 'utf8')).toBe('of then\n');
}, 240_000);

test('through a pipe from one box to the next', async () => {
  const state = await makeState('state');
  const next = place('next');
  const [node, env] = [process.execPath, plainEnvironment()];
  execFileSync(
    '/bin/sh',
    ['-c', '"$0" "$1" backup - --state "$2" | "$0" "$1" restore - --state "$3"', node, MAIN, state, next],
    {
      env,
      stdio: 'pipe',
    },
  );
  expect(contentOf(next)).toEqual(contentOf(state));
});

test('what is no backup is refused, and nothing of the state changes', async () => {
  const state = await makeState('state');
  const good = place('good');
  expect(await Program.run(['backup', good, '--state', state])).toMatchObject({ code: 0 });
  const before = readdirSync(state).map((name) => [name, statSync(join(state, name)).mtimeMs]);
  const variant = (name: string, change: (file: string) => void) => {
    copyFileSync(good, place(name));
    change(place(name));
    return place(name);
  };
  const sql = (text: string) => (file: string) => {
    const db = new Database(file);
    db.exec(text);
    db.close();
  };
  const cases: [string, RegExp][] = [
    [place('nowhere'), /There is no file/],
    [variant('text', (file) => writeFileSync(file, 'Dear diary, '.repeat(500))), /is no backup of thingwatch/],
    [variant('empty', (file) => writeFileSync(file, '')), /is no backup of thingwatch/],
    [variant('other', sql('DROP TABLE incidents')), /a database of something else/],
    [variant('newer', sql(`PRAGMA user_version = ${SCHEMA_VERSION + 1}`)), /written by a newer thingwatch/],
    [
      variant('trigger', sql('CREATE TRIGGER t AFTER INSERT ON incidents BEGIN DELETE FROM devices; END')),
      /holds a trigger/,
    ],
    [variant('path', sql("INSERT INTO backup_files VALUES ('../../etc/passwd', x'00')")), /damaged/],
    [variant('cut', (file) => writeFileSync(file, readFileSync(file).subarray(0, 30_000))), /damaged/],
    [
      variant('turned', (file) => {
        const bytes = readFileSync(file);
        bytes.fill(0xff, 10 * 1024, 30 * 1024);
        writeFileSync(file, bytes);
      }),
      /damaged/,
    ],
  ];
  for (const [file, said] of cases) {
    const ended = await Program.run(['restore', file, '--state', state]);
    expect({ file, ...ended }).toMatchObject({ code: 2, stdout: '', stderr: expect.stringMatching(said) });
    expect(ended.stderr.split('\n').length).toBeLessThan(4);
  }
  expect(readdirSync(state).map((name) => [name, statSync(join(state, name)).mtimeMs])).toEqual(before);
  reportFault({
    fault: 'a file that is no whole backup restored',
    inputs: `${cases.length} files: damaged, newer, foreign, hostile`,
    outcome: `${cases.length} refused with exit code 2`,
    lost: 0,
  });
}, 120_000);

test('a place that cannot be written, and a directory without a database, are said', async () => {
  const state = await makeState('state');
  expect(await Program.run(['backup', '/nowhere/at/all', '--state', state])).toMatchObject({
    code: 2,
    stderr: expect.stringMatching(/No backup of .* could be written to \/nowhere\/at\/all \(ENOENT/),
  });
  expect(await Program.run(['backup', place('b'), '--state', place('nothing')])).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/there is no database/),
  });
  expect(existsSync(place('b'))).toBe(false);
});

test('killed while it restores, the state is the old one or the new; the next start ends the work', async () => {
  const [old, other] = [await makeState('old', 'old'), await makeState('other', 'new')];
  const db = new Database(join(other, 'thingwatch.db'));
  db.exec("UPDATE incidents SET evidence = json_set(evidence, '$.attempts', 77)");
  db.close();
  const file = place('backup');
  expect(await Program.run(['backup', file, '--state', other])).toMatchObject({ code: 0 });
  const [oldContent, newContent] = [contentOf(old), contentOf(other)];
  const ends = { old: 0, new: 0 };
  const kills = 14;
  const random = new Random(5);
  for (let n = 0; n < kills; n++) {
    const state = place(`state-${n}`);
    mkdirSync(state, { mode: 0o700 });
    for (const name of ['thingwatch.db', 'mqtt-password']) copyFileSync(join(old, name), join(state, name));
    const inode = statSync(join(state, 'thingwatch.db')).ino;
    const child = spawn(process.execPath, [MAIN, 'restore', file, '--state', state], {
      env: plainEnvironment(),
      stdio: 'ignore',
    });
    const over = new Promise((resolve) => child.once('exit', resolve));
    // Every second one while it writes beside the old state, the others from the change on.
    const isBegun = (): boolean =>
      n % 2 === 0
        ? readdirSync(state).some((name) => name.endsWith('.restoring'))
        : statSync(join(state, 'thingwatch.db')).ino !== inode;
    while (child.exitCode === null && !isBegun()) await sleep(1);
    await sleep(random.below(n % 2 === 0 ? 60 : 15));
    child.kill('SIGKILL');
    await over;
    const content = contentOf(state);
    expect([oldContent, newContent]).toContainEqual(content);
    ends[content.password === 'old' ? 'old' : 'new']++;
    const again = await Program.run(['restore', file, '--state', state]);
    expect(again).toMatchObject({ code: 0 });
    expect(contentOf(state)).toEqual(newContent);
    expect(readdirSync(state).filter((name) => name.endsWith('.restoring'))).toEqual([]);
  }
  expect(ends.new).toBeGreaterThan(0);
  reportFault({
    fault: 'SIGKILL while a backup is restored',
    inputs: `${kills} kills`,
    outcome: `${ends.old} left the old state, ${ends.new} the new one, and a restore after it works`,
    lost: 0,
  });
}, 240_000);

test('a backup of an earlier schema is restored, and the next start brings it up to date', async () => {
  const file = place('earlier.db');
  writeFileSync(file, gunzipSync(readFileSync(SCHEMA_3)));
  const state = place('state');
  expect(await Program.run(['restore', file, '--state', state])).toMatchObject({
    code: 0,
    stderr: expect.stringMatching(/schema 3/),
  });
  const { code, stderr } = await Program.run(['replay', join(CAPTURES, 'retransmitted-syn.pcap'), '--state', state]);
  expect({ code, stderr }).toMatchObject({
    code: 0,
    stderr: expect.stringContaining(`brought from schema 3 to ${SCHEMA_VERSION}; as it was it lies in`),
  });
  const kept = readdirSync(state).find((name) => name.includes('.schema-3-')) ?? '';
  const db = new Database(join(state, kept), { readonly: true });
  expect(schemaVersion(db)).toBe(3);
  db.close();
  // And back: what was kept can be restored like a backup.
  expect(await Program.run(['restore', join(state, kept), '--state', state])).toMatchObject({ code: 0 });
}, 60_000);

test.skipIf(!CAN_MOUNT)(
  `without room for a copy an older database is brought up to date all the same, and that is told${NOT_RUN}`,
  () => {
    const [old, small] = [place('old.db'), place('small')];
    writeFileSync(old, gunzipSync(readFileSync(SCHEMA_3)));
    mkdirSync(small);
    const script = 'mount -t tmpfs -o size=1200k none "$1" && cp "$2" "$1/thingwatch.db" && shift 2 && exec "$@"';
    const capture = join(CAPTURES, 'retransmitted-syn.pcap');
    const command = [process.execPath, MAIN, 'replay', capture, '--state', small];
    const { status, stderr } = spawnSync('unshare', ['--mount', 'sh', '-c', script, 'sh', small, old, ...command], {
      encoding: 'utf8',
    });
    expect({ status, stderr }).toMatchObject({
      status: 0,
      stderr: expect.stringMatching(
        new RegExp(
          `brought from schema 3 to ${SCHEMA_VERSION}, and no copy of it as it was could be kept: it takes 1\\.\\d MB, and .* has \\d\\.\\d MB left`,
        ),
      ),
    });
  },
);

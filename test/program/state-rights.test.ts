// The state of the running program under an open umask: no file in it that another account could read.
import { chmodSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { mail, usual } from '../support/name-frames.ts';
import { CAMERA, MAIL_SERVER, START } from '../support/stage.ts';
import { PipedSensor } from './piped-sensor.ts';
import { ensureBuilt, eventually, scratch } from './program.ts';

const files = scratch();
const umask = process.umask();
let sensor: PipedSensor | undefined;
beforeAll(ensureBuilt);
afterEach(async () => {
  process.umask(umask);
  await sensor?.program.kill();
});
afterAll(files.remove);

/** Everything below the state directory that others may read or write, and the directory itself. */
function open(state: string): string[] {
  const below = readdirSync(state, { recursive: true, withFileTypes: true });
  const paths = [state, ...below.map(({ name, parentPath }) => join(parentPath, name))];
  return paths.filter((path) => (statSync(path).mode & 0o077) !== 0);
}

const start = (state: string) => {
  process.umask(0);
  // A broker for the home makes itself a password, which is kept in the state as well.
  sensor = new PipedSensor({ config: files.path('sensor.yaml'), mqtt: { listen: '0.0.0.0:0' }, state });
  process.umask(umask);
  return sensor;
};

it('database, journal, lock, password and pairing are for the owner alone; files of before are put right', async () => {
  const state = files.path('state');
  const first = start(state);
  const page = await first.page();
  first.feed(usual(), mail(CAMERA, MAIL_SERVER, START, { outcome: 'refused' }));
  await eventually(async () => ((await page.incidents()).length === 1 ? true : null));
  const names = readdirSync(state);
  expect(names).toEqual(
    expect.arrayContaining([
      'thingwatch.db',
      'thingwatch.db-wal',
      'thingwatch.db-shm',
      'thingwatch.db.lock',
      'pairing',
    ]),
  );
  expect(open(state)).toEqual([]);
  await first.program.kill();

  for (const name of names.filter((one) => one.startsWith('thingwatch.db'))) chmodSync(join(state, name), 0o644);
  const second = start(state);
  await second.page();
  expect(open(state)).toEqual([]);
  expect(second.program.stderr.split('\n').filter((line) => /its owner alone/.test(line))).toHaveLength(1);
});

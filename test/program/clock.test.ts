// A live sensor whose machine starts in 1970 and learns the time later, or has its clock set back: the built program, real mail in
// the lab, and a wall clock that libfaketime sets for its processes alone. The monotonic clock is the real one.
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Home, requireLab } from '../lab/home.ts';
import { ensureBuilt, eventually } from './program.ts';
import { LabSensor, type RunningSensor } from './sensor-in-lab.ts';

const library = readdirSync('/usr/lib')
  .map((folder) => join('/usr/lib', folder, 'faketime/libfaketime.so.1'))
  .find((path) => existsSync(path));
const reason = requireLab() ?? (library === undefined ? 'libfaketime is missing (apt-get install faketime)' : null);
if (reason !== null) console.warn(`SKIPPED, no clock is set: ${reason}`);

const DAY = 24 * 60 * 60_000;

describe.skipIf(reason !== null)('the sensor on a machine whose clock is set', () => {
  let home: Home;
  let lab: LabSensor;
  let sensor: RunningSensor | null = null;
  beforeAll(async () => {
    await ensureBuilt();
    home = await Home.start({ join: false });
    lab = await LabSensor.of(home);
    await home.device('kitchen-fridge').join();
  });
  afterEach(async () => {
    await sensor?.hang();
    await sensor?.program.kill();
    sensor = null;
  });
  afterAll(() => home?.stop());

  const clock = () => join(home.directory, 'clock');
  const answer = () => join(home.directory, 'synchronised');

  /** `wall`: what the machine believes from now on; `synchronised`: what its timedatectl would say of that. */
  function set(wall: number, synchronised: 'yes' | 'no'): void {
    writeFileSync(answer(), `${synchronised}\n`);
    writeFileSync(clock(), `@${new Date(wall).toISOString().slice(0, 19).replace('T', ' ')}\n`);
  }

  async function run(state?: string): Promise<RunningSensor> {
    const programs = join(home.directory, 'timedatectl');
    writeFileSync(programs, `#!/bin/sh\ncat ${answer()}\n`, { mode: 0o755 });
    sensor = await lab.run({
      ...(state === undefined ? {} : { state }),
      env: {
        LD_PRELOAD: library ?? '',
        FAKETIME_TIMESTAMP_FILE: clock(),
        FAKETIME_NO_CACHE: '1',
        FAKETIME_DONT_FAKE_MONOTONIC: '1',
        // Calendar times given are UTC.
        TZ: 'UTC',
        PATH: `${home.directory}:${process.env.PATH ?? ''}`,
      },
    });
    return sensor;
  }

  const certain = (page: RunningSensor['page'], wanted: boolean) =>
    eventually(async () => ((await page.health()).clock?.isCertain === wanted ? true : null));

  it('starts in 1970, then a time server is heard: one incident, with the time it happened at', async () => {
    set(60_000, 'no');
    const { alerts, page, state } = await run();
    const fridge = home.device('kitchen-fridge');
    await fridge.connect('closed.example.net', 25);
    await eventually(async () => (await page.incidents())[0] ?? null);
    const [marked] = await page.incidents();
    expect(marked?.timeUncertain).toBe(true);
    expect(marked?.startedAt).toMatch(/^2026-11-01T/);
    await certain(page, false);

    const now = Date.UTC(2027, 2, 10, 12);
    set(now, 'yes');
    await certain(page, true);
    await fridge.connect('closed.example.net', 25);
    const [incident, ...others] = await eventually(async () => {
      const list = await page.incidents();
      return list[0]?.evidence.refused === 2 ? list : null;
    });
    expect(others).toEqual([]);
    expect(incident).toMatchObject({ id: marked?.id, evidence: { attempts: 2 } });
    expect(incident?.timeUncertain).toBeUndefined();
    const [startedAt, lastAt] = [Date.parse(incident?.startedAt ?? ''), Date.parse(incident?.lastAt ?? '')];
    expect(startedAt).toBeLessThanOrEqual(now + 1000);
    expect(startedAt).toBeGreaterThan(now - 2 * 60_000);
    expect(lastAt).toBeGreaterThanOrEqual(now);
    expect(lastAt).toBeLessThan(now + 2 * 60_000);
    expect(alerts().map(({ event_type: type }) => type)).toEqual(['mail_started']);
    expect(JSON.stringify(await page.get('/api/devices'))).not.toMatch(/"(1970|2026)-/);

    // Back by an hour, and then a restart of the program with a clock in 1970 again.
    set(now - 60 * 60_000, 'yes');
    await certain(page, false);
    await fridge.connect('closed.example.net', 25);
    const [again] = await eventually(async () => {
      const list = await page.incidents();
      return list[0]?.summary.includes('3 refused') ? list : null;
    });
    expect(again?.id).toBe(marked?.id);
    expect(Date.parse(again?.lastAt ?? '')).toBeGreaterThanOrEqual(lastAt);
    await sensor?.hang();
    await sensor?.program.stop();
    set(60_000, 'no');
    const later = await run(state);
    expect(await later.page.incidents()).toEqual([again]);
    expect(later.alerts()).toEqual([]);
    expect((await later.page.health()).startedAt).toBeGreaterThan(now - DAY);
  }, 180_000);
});

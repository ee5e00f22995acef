// `thingwatch fleet withdraw` with the built program and a real NATS server: nothing of the home arrives after its withdrawal, whether a
// sensor runs or not, and what is said where the fleet cannot be told.
import { readFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { PipedSensor } from '../../../program/piped-sensor.ts';
import { ensureBuilt, eventually, Program, scratch, writeYaml } from '../../../program/program.ts';
import { mail } from '../../../support/name-frames.ts';
import { CAMERA, HOUR, MAIL_SERVER, START } from '../../../support/stage.ts';
import { FleetEnd } from './fleet-end.ts';

const files = scratch();
let end: FleetEnd;
let running: PipedSensor[];

beforeAll(ensureBuilt);
beforeAll(async () => {
  end = await FleetEnd.start();
});
beforeEach(() => {
  running = [];
});
afterEach(async () => {
  for (const { program } of running) await program.kill();
});
afterAll(async () => {
  await end.remove();
  files.remove();
});

let count = 0;
async function home(): Promise<{ id: string; config: string; state: string; enrolment: string }> {
  count++;
  const id = `h00000000000010${count}`;
  const enrolment = await end.enrol(files.path(`enrolment-${count}.json`), id);
  return { id, enrolment, config: files.path(`sensor-${count}.yaml`), state: files.path(`state-${count}`) };
}

function start({ config, enrolment, state }: { config: string; state: string; enrolment: string }): PipedSensor {
  const sensor = new PipedSensor({ config, state, mqtt: { url: 'mqtt://127.0.0.1:1' }, fleet: { enrolment } });
  running.push(sensor);
  return sensor;
}

const withdraw = (config: string) => Program.run(['--config', config, 'fleet', 'withdraw', '--yes']);
const kinds = (arrived: readonly string[]) => arrived.map((text) => JSON.parse(text).kind as string);

it('while the sensor runs: it says so, and sends nothing after it', async () => {
  const place = await home();
  const sensor = start(place);
  sensor.feed(mail(CAMERA, MAIL_SERVER, START, { outcome: 'refused' }));
  sensor.feed(mail(CAMERA, MAIL_SERVER, START + HOUR, { outcome: 'refused' }));
  const page = await sensor.page();
  await eventually(async () => ((await end.arrived(place.id)).length > 0 ? true : null));
  const { code, stdout } = await withdraw(place.config);
  expect(code).toBe(0);
  expect(stdout).toContain('was told to delete all');
  const arrived = await end.arrived(place.id);
  expect(kinds(arrived).at(-1)).toBe('withdrawal');
  const other = { mac: 'a4:cf:12:99:00:02', ip: '192.168.1.90' };
  sensor.feed(mail(other, MAIL_SERVER, START + 2 * HOUR, { outcome: 'refused' }));
  sensor.feed(mail(other, MAIL_SERVER, START + 3 * HOUR, { outcome: 'refused' }));
  await eventually(async () => ((await page.incidents()).length >= 2 ? true : null));
  const health = await eventually(async () => {
    const { fleet } = await page.health();
    return fleet?.error?.includes('remove fleet.enrolment') === true ? fleet : null;
  });
  expect(health).toMatchObject({ connected: false, waiting: 0 });
  await sensor.program.stop();
  // Nor does it after a start.
  const again = start(place);
  await again.page();
  await again.program.says(/this home has left the fleet/);
  await again.program.stop();
  expect(await end.arrived(place.id)).toEqual(arrived);
  const { stderr, stdout: previewed } = await Program.run(['--config', place.config, 'fleet', 'preview']);
  expect([previewed, stderr]).toEqual(['', expect.stringContaining('has left the fleet "Allotment club"')]);
}, 90_000);

it('of a fleet that cannot be reached: nothing more is sent all the same, and it is said that it was not told', async () => {
  const place = await home();
  const lost = JSON.parse(readFileSync(place.enrolment, 'utf8'));
  await end.enrol(place.enrolment, place.id);
  const enrolment = writeYaml(place.enrolment, { ...lost, urls: ['mqtt://127.0.0.1:1'] });
  const sensor = start({ ...place, enrolment });
  await sensor.page();
  await sensor.program.stop();
  const { code, stderr, stdout } = await withdraw(place.config);
  expect([code, stdout]).toEqual([1, 'From now on this sensor sends nothing to the fleet.\n']);
  expect(stderr).toContain('nothing listens at the address of the fleet');
  expect(stderr).toContain('give the command again');
  // Later it can.
  await end.enrol(place.enrolment, place.id);
  expect((await withdraw(place.config)).code).toBe(0);
  expect(kinds(await end.arrived(place.id))).toEqual(['withdrawal']);
}, 90_000);

it('of a home that is in no fleet is told off, and so is one that nobody can be asked about', async () => {
  const config = writeYaml(files.path('none.yaml'), { state_dir: files.path('none') });
  const none = await withdraw(config);
  expect([none.code, none.stderr]).toEqual([2, expect.stringContaining('this home is in no fleet')]);
  const place = await home();
  writeYaml(place.config, { state_dir: files.path('.'), fleet: { enrolment: place.enrolment } });
  const asked = await Program.run(['--config', place.config, 'fleet', 'withdraw']);
  expect([asked.code, asked.stderr]).toEqual([2, expect.stringContaining('--yes')]);
  expect(await end.arrived(place.id)).toEqual([]);
}, 60_000);

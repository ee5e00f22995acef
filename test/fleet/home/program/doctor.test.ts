// What `thingwatch doctor` says of a home's fleet, over a real NATS server: the enrolment, the server, what waits and what came of it; and
// nothing at all where a home is in none.
import { spawn } from 'node:child_process';
import { chmodSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import type { DoctorCheck, DoctorReport } from '../../../../sensor/deploy/doctor-check.ts';
import { readEnrolment } from '../../../../sensor/fleet/read-enrolment.ts';
import { markWithdrawn } from '../../../../sensor/fleet/withdrawn.ts';
import { silentLog } from '../../../../sensor/log.ts';
import { checkFleet } from '../../../../sensor/main/doctor-fleet.ts';
import { FleetDoor } from '../../../../sensor/main/fleet-door.ts';
import { ensureBuilt, eventually, MAIN, plainEnvironment, scratch, writeYaml } from '../../../program/program.ts';
import { Mosquitto, makeAuthority } from '../../../support/mosquitto.ts';
import { mail } from '../../../support/name-frames.ts';
import { CAMERA, HOUR, MAIL_SERVER, START, Stage } from '../../../support/stage.ts';
import { FLEET, FleetEnd, HOME } from './fleet-end.ts';

const DAY = 24 * HOUR;
let end: FleetEnd;
let files: ReturnType<typeof scratch>;
let path: string;
let now: number;

beforeAll(async () => {
  await ensureBuilt();
  end = await FleetEnd.start();
});
afterAll(() => end?.remove());
beforeEach(async () => {
  files = scratch();
  path = await end.enrol(files.path('fleet.json'));
  now = Date.now();
});
afterEach(() => files.remove());

async function examined(at = path): Promise<Map<string, DoctorCheck>> {
  const checks = await checkFleet(at, files.path('state'), () => now);
  // Nothing by which anybody could report in this home's name.
  expect(JSON.stringify(checks)).not.toContain(end.token.slice(0, 40));
  return new Map(checks.map((check) => [check.name, check]));
}

function rewrite(changes: object): string {
  const at = files.path('other.json');
  writeFileSync(at, JSON.stringify({ ...JSON.parse(readFileSync(path, 'utf8')), ...changes }), { mode: 0o600 });
  return at;
}

/** A credential that ends then. */
function tokenUntil(time: number): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  return `${part({ alg: 'ed25519-nkey' })}.${part({ exp: Math.floor(time / 1000) })}.c2ln`;
}

/** The sensor with this state directory takes part in its fleet until it is done. */
async function whileSensorRuns(
  enrolment: string,
  work: (door: FleetDoor, stage: Stage) => Promise<void>,
): Promise<void> {
  const stage = new Stage({ stateDir: files.path('state') });
  const place = { stateDir: files.path('state'), homeNet: [], version: '1.0.0', now: () => now, log: silentLog };
  const door = new FleetDoor({ enrolment: readEnrolment(enrolment), spine: stage.spine, ...place });
  door.start();
  try {
    await work(door, stage);
  } finally {
    await door.stop();
    stage.spine.close();
  }
}

it('a home that is well: the enrolment, the server that lets it in, and nothing is sent', async () => {
  const checks = await examined();
  const [server] = end.nats.mqttUrls;
  expect([...checks.keys()]).toEqual(['fleet enrolment', 'fleet server', 'fleet records']);
  expect(checks.get('fleet enrolment')).toMatchObject({
    result: 'ok',
    found: `this home is ${HOME} of "${FLEET}"; its credential has no end`,
    fix: null,
  });
  expect(checks.get('fleet server')).toMatchObject({
    result: 'ok',
    found: `${new URL(server ?? '').host} lets this home in`,
  });
  expect(checks.get('fleet records')).toMatchObject({
    result: 'ok',
    found: expect.stringContaining('no sensor has run'),
  });
  expect(await end.arrived()).toEqual([]);
}, 60_000);

it('a file that is none, that others can read, or that is not there', async () => {
  chmodSync(path, 0o644);
  expect((await examined()).get('fleet enrolment')).toMatchObject({
    result: 'fail',
    found: expect.stringContaining('chmod 600'),
  });
  chmodSync(path, 0o600);
  writeFileSync(path, '{"token": "secret-token"}');
  const none = await examined();
  expect(none.get('fleet enrolment')).toMatchObject({ result: 'fail', found: expect.stringContaining('no enrolment') });
  expect(JSON.stringify([...none])).not.toContain('secret-token');
  rmSync(path);
  const gone = await examined();
  expect(gone.get('fleet enrolment')).toMatchObject({
    result: 'fail',
    found: expect.stringContaining('cannot be read'),
  });
  // Of what is not known nothing more is said.
  expect(gone.size).toBe(1);
});

it.each([
  ['holds long', 400 * DAY, 'ok', 'holds until'],
  ['ends soon', 20 * DAY, 'warn', 'holds until'],
  ['has ended', -DAY, 'fail', 'ended on'],
])(
  'a credential that %s',
  async (_, from, result, words) => {
    const until = now + from;
    const at = rewrite({ token: tokenUntil(until) });
    const check = (await examined(at)).get('fleet enrolment');
    expect(check).toMatchObject({ result, found: expect.stringContaining(words) });
    expect(check?.found).toContain(new Date(until).toISOString().slice(0, 10));
    if (result !== 'ok') expect(check?.fix).toContain('new enrolment');
  },
  30_000,
);

it('a home that was shut out is told so, and what to do', async () => {
  const home = 'h000000000000009';
  const at = await end.enrol(files.path('revoked.json'), home);
  expect((await examined(at)).get('fleet server')?.result).toBe('ok');
  await end.revoke();
  const check = (await examined(at)).get('fleet server');
  expect(check).toMatchObject({
    result: 'fail',
    found: expect.stringContaining('was revoked'),
    fix: expect.stringContaining('new enrolment'),
  });
}, 60_000);

it('a home that has left is told so, and asks nobody', async () => {
  await whileSensorRuns(path, async () => {});
  markWithdrawn(files.path('state'), HOME);
  const checks = await examined(rewrite({ urls: ['mqtt://127.0.0.1:1'] }));
  expect([...checks.keys()]).toEqual(['fleet enrolment']);
  expect(checks.get('fleet enrolment')).toMatchObject({
    result: 'fail',
    found: expect.stringContaining('has left the fleet'),
  });
});

it('a server that is away, one that has no name, and one of several', async () => {
  const away = (await examined(rewrite({ urls: ['mqtt://127.0.0.1:1'] }))).get('fleet server');
  expect(away).toMatchObject({ result: 'fail', found: expect.stringContaining('nothing listens') });
  const nameless = (await examined(rewrite({ urls: ['mqtt://fleet.invalid:8883'] }))).get('fleet server');
  expect(nameless).toMatchObject({ result: 'fail', found: expect.stringMatching(/^fleet\.invalid:8883: the name of/) });
  const some = (await examined(rewrite({ urls: ['mqtt://127.0.0.1:1', ...end.nats.mqttUrls] }))).get('fleet server');
  expect(some).toMatchObject({
    result: 'warn',
    found: expect.stringMatching(/lets this home in; 127\.0\.0\.1:1: nothing/),
  });
}, 60_000);

it('a certificate that the enrolment’s authority signed, and one that it did not', async () => {
  const [ours, others] = [makeAuthority(), makeAuthority()];
  const broker = await Mosquitto.start({ authority: ours });
  try {
    const of = (ca: string) => rewrite({ urls: [broker.url], ca });
    const strange = (await examined(of(others.ca))).get('fleet server');
    expect(strange).toMatchObject({ result: 'fail', found: expect.stringContaining('is not signed by the authority') });
    // It trusts that one, and does not know the home.
    const trusted = await examined(of(ours.ca));
    expect(trusted.get('fleet server')?.found).toContain('does not let this home in');
    expect(trusted.get('fleet enrolment')?.found).toContain('the authority in it');
  } finally {
    await broker.remove();
    for (const { directory } of [ours, others]) rmSync(directory, { recursive: true });
  }
}, 60_000);

it('what waits, and when the last was acknowledged', async () => {
  const nobody = rewrite({ urls: ['mqtt://127.0.0.1:1'] });
  // When the frames were seen.
  now = START;
  const waits = (door: FleetDoor) => door.health().waiting;
  await whileSensorRuns(nobody, async (door, stage) => {
    stage.play(mail(CAMERA, MAIL_SERVER, START, { outcome: 'refused' }));
    stage.spine.recorder.flushMail();
    await eventually(() => (waits(door) > 0 ? true : null));
  });
  expect((await examined(nobody)).get('fleet records')).toMatchObject({
    result: 'ok',
    found: expect.stringMatching(/^1 waits, .*none was acknowledged yet, no warning was heard yet$/),
  });
  now += 2 * HOUR;
  expect((await examined(nobody)).get('fleet records')).toMatchObject({
    result: 'warn',
    fix: expect.stringContaining('mend'),
  });
  // It is reached, and the sensor does not run.
  expect((await examined()).get('fleet records')).toMatchObject({
    result: 'warn',
    fix: expect.stringContaining('IPAddressAllow'),
  });
  await whileSensorRuns(path, async (door) => {
    await eventually(() => (waits(door) === 0 && door.health().lastTakenAt !== null ? true : null));
  });
  const at = new Date(now).toISOString().slice(0, 16).replace('T', ' ');
  expect((await examined()).get('fleet records')).toMatchObject({
    result: 'ok',
    found: `none waits, the last was acknowledged ${at} UTC, no warning was heard yet`,
  });
}, 60_000);

it('the command says it after all else, and of a home in no fleet not a line', async () => {
  const doctor = async (settings: object): Promise<string[]> => {
    const config = writeYaml(files.path('doctor.yaml'), {
      state_dir: files.path('state'),
      capture: { interface: 'lo' },
      ...settings,
    });
    const child = spawn(process.execPath, [MAIN, '--config', config, 'doctor', '--json', '--seconds', '0'], {
      env: plainEnvironment(),
    });
    let said = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      said += text;
    });
    await new Promise((resolve) => child.once('close', resolve));
    return (JSON.parse(said) as DoctorReport).checks.map(({ name }) => name);
  };
  const without = await doctor({});
  expect(without.filter((name) => name.includes('fleet'))).toEqual([]);
  const within = await doctor({ fleet: { enrolment: path } });
  expect(within.filter((name) => !without.includes(name))).toEqual([
    'fleet enrolment',
    'fleet server',
    'fleet records',
  ]);
}, 120_000);

// `thingwatch doctor` on the mirror port of a home, beside a sensor that runs and without one; as a user without rights; and
// with a broker that is not ours.
import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { loadConfig } from '../../sensor/config.ts';
import type { DoctorCheck, DoctorReport } from '../../sensor/deploy/doctor-check.ts';
import { checkBroker } from '../../sensor/main/doctor-broker.ts';
import { Home, mirrorInterface, requireLab } from '../lab/home.ts';
import { MOSQUITTO, Mosquitto } from '../support/mosquitto.ts';
import { ensureBuilt, MAIN, plainEnvironment, scratch, writeYaml } from './program.ts';
import { LabSensor } from './sensor-in-lab.ts';

const reason = requireLab();
if (reason !== null) console.warn(`SKIPPED, no home is examined: ${reason}`);

interface Examined {
  code: number | null;
  report: DoctorReport;
  check(name: string): DoctorCheck | undefined;
}

async function examined(child: ChildProcess): Promise<Examined> {
  let said = '';
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  const report = JSON.parse(said) as DoctorReport;
  return { code, report, check: (wanted) => report.checks.find(({ name }) => name === wanted) };
}

describe.skipIf(reason !== null)('doctor at a mirror port', () => {
  let home: Home;
  let config: string;
  let settings: object;
  let state: string;
  beforeAll(async () => {
    await ensureBuilt();
    home = await Home.start();
    state = join(home.directory, 'state-1');
    settings = { sensor_id: 'lab', state_dir: state, capture: { interface: mirrorInterface } };
    config = writeYaml(join(home.directory, 'doctor.yaml'), settings);
  });
  afterAll(() => home?.stop());

  const doctorWith = (file: string, ...args: string[]): Promise<Examined> =>
    examined(home.spawnInSensor(process.execPath, [MAIN, '--config', file, 'doctor', '--json', ...args]));
  const doctor = (...args: string[]): Promise<Examined> => doctorWith(config, ...args);
  /** Devices use the Internet until it is over. */
  async function whileTalking<T>(work: Promise<T>): Promise<T> {
    let isOver = false;
    const over = work.finally(() => {
      isOver = true;
    });
    while (!isOver) await Promise.all(home.devices.map((device) => device.connect('cdn.manyfiles.example', 443)));
    return over;
  }

  test('that works finds nothing to repair, and leaves no trace', async () => {
    const { check, code, report } = await whileTalking(doctor('--seconds', '6'));
    expect(report).toMatchObject({ schema: 'thingwatch.doctor/1', source: mirrorInterface });
    expect(report.checks.filter(({ result }) => result === 'fail')).toEqual([]);
    expect([code, report.toRepair]).toEqual([0, 0]);
    expect(report.seconds).toBeGreaterThanOrEqual(6);
    expect(check('vantage')).toMatchObject({ result: 'ok', found: expect.stringContaining('both directions') });
    expect(Number.parseInt(check('devices')?.found ?? '', 10)).toBeGreaterThanOrEqual(home.devices.length);
    expect(Number.parseInt(check('traffic')?.found ?? '', 10)).toBeGreaterThan(5);
    expect(check('page')).toMatchObject({ result: 'ok', found: '127.0.0.1:8080 is free' });
    expect(check('state directory')?.found).toContain('(will be made)');
    expect(check('writing')).toBeUndefined();
    expect(check('ring')).toMatchObject({ result: 'ok' });
  }, 180_000);

  test('where nothing arrives has something to repair', async () => {
    // A cable with nobody on it: behind the mirror port the router makes itself known from time to time.
    await home.script('sensor', [
      'ip link add silent type veth peer name behind',
      'sysctl -q -w net.ipv6.conf.silent.disable_ipv6=1 net.ipv6.conf.behind.disable_ipv6=1',
      'ip link set behind up',
      'ip link set silent up',
    ]);
    const silent = writeYaml(join(home.directory, 'silent.yaml'), { ...settings, capture: { interface: 'silent' } });
    const { check, code } = await doctorWith(silent, '--seconds', '0.5');
    expect(code).toBe(1);
    expect(check('vantage')).toMatchObject({ result: 'fail', fix: expect.stringContaining('cable') });
    expect(check('loss')).toMatchObject({ result: 'ok', found: expect.stringContaining('too few packets to tell') });
  }, 180_000);

  test('beside a sensor that runs says so: its page answers, its time and its disk are looked at, it goes on', async () => {
    const lab = await LabSensor.of(home);
    const sensor = await lab.run();
    expect(sensor.state).toBe(state);
    try {
      const { check, code } = await whileTalking(doctor('--seconds', '6'));
      expect(code).toBe(0);
      expect(check('page')).toMatchObject({ result: 'ok', found: 'http://127.0.0.1:8080/ answers: a sensor runs' });
      expect(check('writing')).toMatchObject({ result: 'ok', found: expect.stringContaining('KiB/s') });
      expect(check('vantage')?.result).toBe('ok');
      await sensor.program.stop();
      const after = await doctor('--seconds', '0');
      expect(after.check('clock')?.found).toMatch(/last known 20\d\d-/);
      expect(after.check('vantage')).toBeUndefined();
      expect(sensor.program.stderr).not.toMatch(/error/i);
    } finally {
      await sensor.hang();
      await sensor.program.kill();
    }
  }, 180_000);
});

test('without the right to capture the rest is examined all the same', async () => {
  await ensureBuilt();
  const asNobody = ['--reuid=65534', '--regid=65534', '--clear-groups', '--inh-caps=-all', '--bounding-set=-all'];
  const settings = {
    THINGWATCH_CAPTURE_INTERFACE: 'lo',
    THINGWATCH_WEB_LISTEN: '127.0.0.1:0',
    THINGWATCH_STATE_DIR: '/tmp',
  };
  const command = [process.execPath, MAIN, 'doctor', '--json', '--seconds', '1'];
  const child = spawn('setpriv', [...asNobody, ...command], { cwd: '/', env: { ...plainEnvironment(), ...settings } });
  const { check, code } = await examined(child);
  expect(code).toBe(1);
  expect(check('privileges')).toMatchObject({ result: 'fail', fix: expect.stringContaining('sudo') });
  expect(check('traffic')).toMatchObject({ result: 'warn', found: expect.stringContaining('CAP_NET_RAW') });
  expect(check('notes')?.result).toBe('ok');
}, 180_000);

describe.skipIf(MOSQUITTO === null)('a broker that is not ours', () => {
  const configured = (mqtt: object) => {
    const place = scratch();
    const file = writeYaml(place.path('t.yaml'), { mqtt });
    const { config } = loadConfig({ file, workingDirectory: '/nowhere', environment: {} });
    place.remove();
    return config;
  };

  test('lets the sensor in by its password, and with a wrong one or without any says what to correct', async () => {
    const broker = await Mosquitto.start();
    try {
      const { password, port, username } = broker;
      const url = `mqtt://127.0.0.1:${port}`;
      expect(await checkBroker(configured({ url, username, password }))).toMatchObject({
        result: 'ok',
        found: `127.0.0.1:${port} lets the sensor in as ${username}, MQTT 5`,
        fix: null,
      });
      for (const login of [{ username, password: 'wrong' }, {}]) {
        const check = await checkBroker(configured({ url, ...login }));
        expect(check).toMatchObject({
          result: 'fail',
          fix: expect.stringContaining('mqtt.username and mqtt.password'),
        });
        expect(JSON.stringify(check)).not.toContain('wrong');
      }
    } finally {
      await broker.remove();
    }
  }, 30_000);

  test('that does not run, and an address that is none, are told apart; none is the embedded one', async () => {
    expect(await checkBroker(configured({ url: 'mqtt://127.0.0.1:9' }))).toMatchObject({
      result: 'fail',
      found: expect.stringContaining('nothing listens'),
    });
    expect(await checkBroker(configured({}))).toMatchObject({
      result: 'ok',
      found: expect.stringContaining('embedded'),
    });
  }, 30_000);
});

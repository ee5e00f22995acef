// Segmentation offloads of the mirror port, on a real veth: warned of, switched off and on again, also after a hard end.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { offloadsOn } from '../../sensor/capture/offloads.ts';
import { Home, mirrorInterface, requireLab } from '../lab/home.ts';
import { ensureBuilt, eventually, MAIN, writeYaml } from './program.ts';
import { LabSensor, type RunningSensor } from './sensor-in-lab.ts';

test('offloads that are on are named as ethtool -K takes them; those its driver fixed are kept apart', () => {
  const features = [
    'Features for eth0:',
    'tcp-segmentation-offload: on',
    '\ttx-tcp-segmentation: on',
    'generic-receive-offload: on',
    'large-receive-offload: off [fixed]',
    'generic-segmentation-offload: off',
    'rx-gro-hw: on [fixed]',
  ].join('\n');
  expect(offloadsOn(features)).toEqual({ switchable: ['tso', 'gro'], fixed: ['rx-gro-hw'] });
});

/** A checkout that only root can read has a warning of its own. */
const aboutOffloads = (warnings: readonly { key: string }[]) => warnings.filter(({ key }) => key !== 'runs_as_root');

const reason = requireLab();
if (reason !== null) console.warn(`SKIPPED, no offloads are switched: ${reason}`);

describe.skipIf(reason !== null)('the offloads of the mirror port', () => {
  let home: Home;
  let lab: LabSensor;
  let sensor: RunningSensor | null = null;
  beforeAll(async () => {
    await ensureBuilt();
    home = await Home.start({ join: false, devices: [] });
    lab = await LabSensor.of(home);
  });
  afterEach(async () => {
    await sensor?.hang();
    await sensor?.program.kill();
    sensor = null;
  });
  afterAll(() => home?.stop());

  const on = async () => offloadsOn(await home.script('sensor', [`ethtool -k ${mirrorInterface}`])).switchable;
  /** As a port is found. */
  async function asFound(): Promise<string[]> {
    await home.script('sensor', [`ethtool -K ${mirrorInterface} gro on gso on tso on`]);
    const found = await on();
    expect(found).toEqual(expect.arrayContaining(['tso', 'gso', 'gro']));
    return found;
  }
  async function run(settings: Parameters<LabSensor['run']>[0]): Promise<RunningSensor> {
    sensor = await lab.run(settings);
    return sensor;
  }
  /** As the service does before it starts; `before` the command stands what takes its rights away. */
  async function doctor(...before: string[]): Promise<{ code: number | null; said: string }> {
    const config = join(home.directory, 'thingwatch.yaml');
    const [command = '', ...args] = [...before, process.execPath, MAIN, '--config', config, 'doctor', '--fix-only'];
    const child = home.spawnInSensor(command, args, { cwd: home.directory });
    let said = '';
    child.stderr?.on('data', (text: Buffer) => {
      said += text.toString();
    });
    return new Promise((resolve) => child.once('close', (code) => resolve({ code, said })));
  }

  test('are left as they are and warned of, with the command that mends it, on the page and over MQTT', async () => {
    const found = await asFound();
    const { ear, page } = await run({});
    const fix = `sudo ethtool -K ${mirrorInterface} ${found.map((name) => `${name} off`).join(' ')}, or set capture.fix_offloads`;
    const warning = {
      key: 'offloads',
      text: `The port ${mirrorInterface} merges segments (${found.join(', ')}): under load frames get lost.`,
      fix,
    };
    expect(aboutOffloads((await page.health()).warnings)).toEqual([warning]);
    const told = await eventually(() => {
      const states = ear.filter(({ topic }) => topic === 'thingwatch/lab/state');
      const warnings = states.map(({ payload }) => aboutOffloads(JSON.parse(payload).mirror_port.warnings));
      return warnings.find(({ length }) => length > 0) ?? null;
    });
    expect(told).toEqual([warning]);
    expect(await on()).toEqual(found);
  });

  test('are switched off with capture.fix_offloads, which the log says, and on again at the end', async () => {
    const found = await asFound();
    const { page, program } = await run({ capture: { fix_offloads: true } });
    expect(await on()).toEqual([]);
    expect(aboutOffloads((await page.health()).warnings)).toEqual([]);
    expect(program.stderr).toContain(`switching off the offloads of ${mirrorInterface}: ${found.join(', ')}`);
    const { code, stderr } = await program.stop();
    expect([code, await on()]).toEqual([0, found]);
    expect(stderr).toContain(`offloads on again at ${mirrorInterface}`);
  });

  const allAtOnce = (first: RunningSensor) => first.program.kill();
  /** The sensor ends by itself then, without the right to switch anything. */
  async function keeperFirst(first: RunningSensor): Promise<void> {
    const { sensorPid } = first.program;
    expect(sensorPid).not.toBe(first.program.pid);
    first.program.child.kill('SIGKILL');
    await first.program.ended;
    await eventually(() => (existsSync(`/proc/${sensorPid}`) ? null : true));
  }

  test.each([
    ['all of it', 'with the setting', allAtOnce, { fix_offloads: true }],
    ['all of it', 'without it', allAtOnce, {}],
    ['its keeper', 'with the setting', keeperFirst, { fix_offloads: true }],
    ['its keeper', 'without it', keeperFirst, {}],
  ])(
    'that a sensor left off when %s was killed are on again after the next one, %s',
    async (_, __, kill, next) => {
      const found = await asFound();
      const first = await run({ capture: { fix_offloads: true } });
      await first.hang();
      await kill(first);
      expect(await on()).toEqual([]);
      const second = await run({ state: first.state, capture: next });
      expect(await on()).toEqual('fix_offloads' in next ? [] : found);
      await second.program.stop();
      expect(await on()).toEqual(found);
    },
    60_000,
  );

  test('are switched off by doctor --fix-only, as the service does; without the right it gives the command', async () => {
    writeYaml(join(home.directory, 'thingwatch.yaml'), { capture: { interface: mirrorInterface } });
    const found = await asFound();
    const nobody = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups'];
    const rights = ['inh-caps', 'ambient-caps', 'bounding-set'].map((set) => `--${set}=-all,+dac_read_search`);
    const refused = await doctor(...nobody, ...rights);
    expect(refused).toEqual({
      code: 1,
      said: expect.stringContaining(
        `it takes root: sudo ethtool -K ${mirrorInterface} ${found.map((name) => `${name} off`).join(' ')}`,
      ),
    });
    expect(await on()).toEqual(found);
    expect(await doctor()).toEqual({
      code: 0,
      said: `switching off the offloads of ${mirrorInterface}: ${found.join(', ')}\noff at ${mirrorInterface}: ${found.join(', ')}\n`,
    });
    expect(await on()).toEqual([]);
    expect(await doctor()).toEqual({ code: 0, said: `no offload that can be switched is on at ${mirrorInterface}\n` });
  });
});

// Who runs as what: every process of a sensor that was started as root, or with the one right that the service gives it.
import {
  chmodSync,
  chownSync,
  existsSync,
  linkSync,
  mkdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { getPriority } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { offloadsOn } from '../../sensor/capture/offloads.ts';
import { Home, mirrorInterface, requireLab } from '../lab/home.ts';
import { commandLine, descendantsOf, hasEnded } from '../support/processes.ts';
import { ensureBuilt, eventually, MAIN, Program, writeYaml } from './program.ts';

const reason = requireLab();
if (reason !== null) console.warn(`SKIPPED, no privileges are dropped: ${reason}`);

const NOBODY = 65_534;
const NET_RAW = '0000000000002000';
const NONE = '0000000000000000';

interface Status {
  uid: number;
  groups: string;
  permitted: string;
  effective: string;
  ambient: string;
  noNewPrivileges: string;
}

function statusOf(pid: number): Status {
  const text = readFileSync(`/proc/${pid}/status`, 'latin1');
  const field = (name: string) => new RegExp(`^${name}:[ \\t]*(.*?)[ \\t]*$`, 'm').exec(text)?.[1] ?? '';
  const [real = '', ...others] = field('Uid').split('\t');
  expect(others).toEqual([real, real, real]);
  return {
    uid: Number(real),
    groups: field('Groups'),
    permitted: field('CapPrm'),
    effective: field('CapEff'),
    ambient: field('CapAmb'),
    noNewPrivileges: field('NoNewPrivs'),
  };
}

describe.skipIf(reason !== null)('a sensor', () => {
  let home: Home;
  let program: Program | null = null;
  let started = 0;
  beforeAll(async () => {
    await ensureBuilt();
    home = await Home.start({ join: false, devices: [] });
  });
  afterEach(async () => {
    await program?.kill();
    program = null;
  });
  afterAll(() => home?.stop());

  interface Running {
    program: Program;
    keeper: number;
    sensor: number;
    capture: () => number;
  }

  function launch(settings: object, before: readonly string[] = [], env: NodeJS.ProcessEnv = {}): Program {
    started += 1;
    const config = writeYaml(join(home.directory, `privileges-${started}.yaml`), {
      state_dir: join(home.directory, `kept-${started}`),
      web: { listen: '127.0.0.1:0' },
      mqtt: { listen: '127.0.0.1:0' },
      ...settings,
      capture: { interface: mirrorInterface, ...('capture' in settings ? (settings.capture as object) : {}) },
    });
    const { SUDO_UID: _, ...environment } = process.env;
    const [command = '', ...args] = [...before, process.execPath, MAIN, '--config', config, 'run'];
    program = new Program(home.spawnInSensor(command, args, { cwd: home.directory, env: { ...environment, ...env } }));
    return program;
  }

  async function run(...args: Parameters<typeof launch>): Promise<Running> {
    const running = launch(...args);
    await running.says(/Capturing on mirror0/);
    const find = (what: string) => descendantsOf(running.pid).find((pid) => commandLine(pid).includes(what));
    // Not 0 instead: a signal to process 0 goes to the whole group, this test run included.
    const found = (what: string) => {
      const pid = find(what);
      if (pid === undefined) throw new Error(`no process ${what}`);
      return pid;
    };
    return { program: running, keeper: running.pid, sensor: found('--kept'), capture: () => found('cap-child.js') };
  }

  const stateDir = () => join(home.directory, `kept-${started}`);
  const gone = (pids: readonly number[]) => eventually(() => (pids.every(hasEnded) ? true : null));

  test('that root starts has three processes: a keeper, a sensor without any right, a capture with one', async () => {
    const { keeper, sensor, capture } = await run({ run_as: 'nobody' });
    expect(statusOf(keeper)).toMatchObject({ uid: 0 });
    expect(statusOf(sensor)).toEqual({
      uid: NOBODY,
      groups: String(NOBODY),
      permitted: NONE,
      effective: NONE,
      ambient: NONE,
      noNewPrivileges: '1',
    });
    expect(statusOf(capture())).toEqual({
      uid: NOBODY,
      groups: '',
      permitted: NET_RAW,
      effective: NET_RAW,
      ambient: NET_RAW,
      noNewPrivileges: '1',
    });
    // Beside what it asks for a moment, such as timedatectl.
    expect(descendantsOf(keeper).filter((pid) => commandLine(pid).includes(process.execPath))).toHaveLength(2);
    const nice = (pid: number) => Number(readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ')[1]?.split(' ')[16]);
    // The sensor's is that of whoever started it.
    expect([nice(sensor), nice(capture())]).toEqual([getPriority(), -14]);
    expect(['', '/thingwatch.db', '/pairing'].map((name) => statSync(stateDir() + name).uid)).toEqual([
      NOBODY,
      NOBODY,
      NOBODY,
    ]);
  });

  test('its capture gets none of the settings, in which passwords may be, nor what TLS trusts', async () => {
    const { sensor, capture } = await run({}, [], {
      THINGWATCH_MQTT_PASSWORD: 'hush',
      NODE_EXTRA_CA_CERTS: '/etc/hosts',
      KEPT_FOR_ALL: 'x',
    });
    const names = (pid: number) =>
      readFileSync(`/proc/${pid}/environ`, 'latin1').match(/(?:THINGWATCH_\w+|NODE_EXTRA_CA_CERTS|KEPT_FOR_ALL)(?==)/g);
    expect(names(sensor)).toEqual(expect.arrayContaining(['THINGWATCH_MQTT_PASSWORD', 'NODE_EXTRA_CA_CERTS']));
    expect(names(capture())).toEqual(['KEPT_FOR_ALL']);
  });

  test('starts its capture again after the drop', async () => {
    const { program: running, capture } = await run({});
    process.kill(capture(), 'SIGKILL');
    await running.says(/capturing again on mirror0 \(restart 1\)/);
    expect(statusOf(capture())).toMatchObject({ permitted: NET_RAW, effective: NET_RAW });
  });

  test('with the right of the service alone hands it to the capture and keeps none', async () => {
    const state = join(home.directory, 'of-1234');
    mkdirSync(state);
    chownSync(state, 1234, 1234);
    const sets = ['inh-caps', 'ambient-caps', 'bounding-set'].map((set) => `--${set}=-all,+net_raw`);
    const user = ['setpriv', '--reuid=1234', '--regid=1234', '--clear-groups', ...sets];
    const { keeper, sensor, capture } = await run({ state_dir: state }, user);
    const rights = (pid: number) => {
      const { ambient, effective, permitted, uid } = statusOf(pid);
      return [uid, permitted, effective, ambient];
    };
    expect(rights(keeper)).toEqual([1234, NET_RAW, NET_RAW, NET_RAW]);
    expect(rights(sensor)).toEqual([1234, NONE, NONE, NONE]);
    expect(rights(capture())).toEqual([1234, NET_RAW, NET_RAW, NET_RAW]);
  });

  test('serves a page on port 80 and writes what it learns after the drop', async () => {
    const { program: running, sensor } = await run({ web: { listen: '127.0.0.1:80' } });
    expect(running.stderr).toContain('Page: http://127.0.0.1:80/');
    expect(statusOf(sensor).effective).toBe(NONE);
    const before = statSync(join(stateDir(), 'thingwatch.db')).mtimeMs;
    const { code, stderr } = await running.stop();
    expect([code, stderr]).toEqual([0, expect.not.stringMatching(/ error /)]);
    expect(statSync(join(stateDir(), 'thingwatch.db')).mtimeMs).toBeGreaterThan(before);
  });

  test('puts the offloads of its port back at its end, which takes a right that it gave up', async () => {
    const on = async () => offloadsOn(await home.script('sensor', [`ethtool -k ${mirrorInterface}`])).switchable;
    await home.script('sensor', [`ethtool -K ${mirrorInterface} gro on gso on tso on`]);
    const found = await on();
    expect(found).toEqual(expect.arrayContaining(['gro']));
    const { program: running, sensor } = await run({ capture: { fix_offloads: true } });
    expect([await on(), statusOf(sensor).effective]).toEqual([[], NONE]);
    expect((await running.stop()).code).toBe(0);
    expect(await on()).toEqual(found);
  });

  test('goes when its keeper is killed, and its capture with it, even one that hangs', async () => {
    const { program: running, keeper, sensor, capture } = await run({});
    const child = capture();
    process.kill(child, 'SIGSTOP');
    process.kill(keeper, 'SIGKILL');
    const killed = performance.now();
    await gone([sensor, child]);
    // Long before a capture that hangs would be ended for that.
    expect(performance.now() - killed).toBeLessThan(13_000);
    expect((await running.ended).stderr).toContain('the process that holds the right to capture is gone');
  });

  test('that is killed takes its keeper with it, which says so and fails', async () => {
    const { program: running, sensor, capture } = await run({});
    const child = capture();
    process.kill(sensor, 'SIGKILL');
    const { code, stderr } = await running.ended;
    expect([code, stderr]).toEqual([1, expect.stringContaining('the sensor was ended by SIGKILL')]);
    await gone([child]);
  });

  test('ends once where an order to stop reaches all of its processes', async () => {
    const { program: running, keeper, sensor, capture } = await run({});
    for (const pid of [keeper, sensor, capture()]) process.kill(pid, 'SIGTERM');
    expect((await running.ended).code).toBe(0);
  });

  test('stays root where the user of its own choice cannot reach the state, and says which path on page and log', async () => {
    const hidden = join(home.directory, 'hidden');
    mkdirSync(hidden, { mode: 0o700 });
    const state = join(hidden, 'state');
    const { program: running, sensor, capture } = await run({ state_dir: state });
    expect(statusOf(sensor).uid).toBe(0);
    const { uid, effective } = statusOf(capture());
    // To read a checkout that is hidden as well.
    expect([uid, effective]).toEqual([0, '0000000000002004']);
    expect(running.stderr).toContain(`The sensor stays root: user nobody cannot reach ${state} (EACCES).`);
    expect(statSync(hidden).mode & 0o777).toBe(0o700);
  });

  test.each([
    ['that cannot reach it', { run_as: 'nobody' }, /run_as: user nobody cannot reach \S+ \(EACCES\)/],
    ['that there is not', { run_as: 'bodo' }, /run_as: there is no user bodo/],
  ])('does not start as a configured user %s', async (_, settings, words) => {
    mkdirSync(join(home.directory, 'shut'), { recursive: true, mode: 0o700 });
    const running = launch({ state_dir: join(home.directory, 'shut/state'), ...settings });
    const { code, stderr } = await running.ended;
    expect([code, stderr]).toEqual([2, expect.stringMatching(words)]);
    expect(existsSync(join(home.directory, 'shut/state'))).toBe(false);
  });

  test('stays root without a word where that is configured', async () => {
    const { program: running, sensor } = await run({ run_as: 'root' });
    expect([statusOf(sensor).uid, running.stderr]).toEqual([0, expect.not.stringMatching(/stays root/)]);
  });

  test("becomes who called sudo, with a state that root left, and nothing beside the sensor's own things changes hands", async () => {
    const state = join(home.directory, 'earlier');
    mkdirSync(join(state, 'pairing'), { recursive: true });
    const others = join(home.directory, 'others');
    writeFileSync(others, '');
    writeFileSync(join(home.directory, 'linked'), '');
    writeFileSync(join(state, 'mqtt-password'), 'x', { mode: 0o600 });
    symlinkSync(others, join(state, 'thingwatch-link'));
    linkSync(join(home.directory, 'linked'), join(state, 'thingwatch-hard'));
    const { sensor } = await run({ state_dir: state }, [], { SUDO_UID: '4321' });
    expect(statusOf(sensor).uid).toBe(4321);
    const owner = (path: string) => statSync(path).uid;
    expect(['.', 'pairing', 'mqtt-password', 'thingwatch.db'].map((name) => owner(join(state, name)))).toEqual([
      4321, 4321, 4321, 4321,
    ]);
    expect([owner(others), owner(join(home.directory, 'linked'))]).toEqual([0, 0]);
  });

  test('leaves a directory that holds other things to its owner, and stays root', async () => {
    const state = join(home.directory, 'shared');
    mkdirSync(state);
    writeFileSync(join(state, 'holiday.jpg'), '');
    const { program: running, sensor } = await run({ state_dir: state });
    expect([statusOf(sensor).uid, statSync(state).uid]).toEqual([0, 0]);
    expect(running.stderr).toContain("holds other things than the sensor's (holiday.jpg)");
  });

  test('of another user does not begin on the state of nobody, and says whose it is', async () => {
    const { program: first } = await run({ run_as: 'nobody' });
    await first.stop();
    const state = stateDir();
    const sets = ['inh-caps', 'ambient-caps', 'bounding-set'].map((set) => `--${set}=-all,+net_raw`);
    const running = launch({ state_dir: state }, [
      'setpriv',
      '--reuid=1234',
      '--regid=1234',
      '--clear-groups',
      ...sets,
    ]);
    const { code, stderr } = await running.ended;
    expect([code, stderr]).toEqual([
      2,
      expect.stringContaining(`the state directory ${state} belongs to user ${NOBODY}, as whom a sensor ran before`),
    ]);
  });

  test('runs a capture.command without rights as well', async () => {
    const said = join(home.directory, 'who');
    writeFileSync(said, '');
    chmodSync(said, 0o666);
    const running = launch({
      run_as: 'nobody',
      capture: { interface: undefined, command: `grep -E '^(Uid|CapEff)' /proc/self/status > ${said}; sleep 60` },
    });
    await running.says(/Taking frames from a command/);
    const text = await eventually(() => readFileSync(said, 'utf8') || null);
    expect(text).toMatch(/Uid:\s+65534\s+65534/);
    expect(text).toMatch(/CapEff:\s+0000000000000000/);
  });
});

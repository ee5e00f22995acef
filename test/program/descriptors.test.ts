// A live sensor that runs out of file descriptors while it captures, by its limit set down from outside: it neither ends nor spins,
// says so where it still can, and goes on by itself when there are some again.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Health } from '../../sensor/record/health.ts';
import { Home, requireLab } from '../lab/home.ts';
import { reportFault } from '../support/fault-table.ts';
import { commandLine, descendantsOf } from '../support/processes.ts';
import { ensureBuilt, eventually } from './program.ts';
import { LabSensor, type RunningSensor } from './sensor-in-lab.ts';

const reason = requireLab();

describe.skipIf(reason !== null)(`out of file descriptors${reason === null ? '' : ` (skipped: ${reason})`}`, () => {
  let home: Home;
  let sensor: RunningSensor;
  beforeAll(async () => {
    await ensureBuilt();
    home = await Home.start({ join: false });
    // Its limit is set from outside, which not every root may do to another user's process.
    sensor = await (await LabSensor.of(home)).run({ env: { THINGWATCH_RUN_AS: 'root' } });
    await home.device('kitchen-fridge').join();
  });
  afterAll(async () => {
    await sensor?.hang();
    await sensor?.program.kill();
    await home?.stop();
  });

  /** Over one connection that is kept: a new one cannot be had. */
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const health = (): Promise<Health> =>
    new Promise((resolve, reject) => {
      const headers = { host: '127.0.0.1:8080', cookie: sensor.page.cookie };
      const socketPath = join(home.directory, 'page.sock');
      request({ socketPath, path: '/api/health', headers, agent }, (answer) => {
        let text = '';
        answer.setEncoding('utf8').on('data', (more: string) => {
          text += more;
        });
        answer.on('end', () => resolve(JSON.parse(text) as Health));
      })
        .on('error', reject)
        .end();
    });
  const says = (wanted: boolean) =>
    eventually(async () =>
      (await health()).warnings.some(({ key }) => key === 'descriptors') === wanted ? true : null,
    );
  const limit = (soft: string) =>
    execFileSync('prlimit', ['--pid', String(sensor.program.sensorPid), `--nofile=${soft}:`]);
  /** Seconds of processor that the program has taken, whatever else the machine does. */
  const processor = () => {
    const [user = 0, system = 0] = readFileSync(`/proc/${sensor.program.sensorPid}/stat`, 'utf8')
      .replace(/^.*\) /, '')
      .split(' ')
      .slice(11, 13)
      .map(Number);
    return (user + system) / 100;
  };
  const captures = () => descendantsOf(sensor.program.pid).filter((pid) => commandLine(pid).includes('cap-child'));

  it('does not end, does not spin, says so, and captures again when there are some', async () => {
    await health();
    const [, before = ''] =
      /Max open files +(\d+)/.exec(readFileSync(`/proc/${sensor.program.sensorPid}/limits`, 'utf8')) ?? [];
    limit('5');
    await says(true);
    const [child] = captures();
    if (child === undefined) throw new Error('the capture has no child');
    process.kill(child, 'SIGKILL');
    await eventually(async () => ((await health()).capture === 'running' ? null : true));
    const spent = processor();
    const began = performance.now();
    // Knocks that nobody can answer.
    while (performance.now() - began < 8000) {
      const knock = sensor.page.health().catch(() => null);
      await Promise.all([Promise.race([knock, sleep(200)]), sleep(200)]);
      await health();
    }
    expect(processor() - spent).toBeLessThan(3);
    expect(sensor.program.isOver).toBe(false);
    expect((await health()).capture).not.toBe('running');

    limit(before);
    await says(false);
    await eventually(async () => ((await health()).capture === 'running' ? true : null));
    await eventually(() => sensor.page.health().catch(() => null));
    await home.device('kitchen-fridge').connect('closed.example.net', 25);
    await eventually(async () => (await sensor.page.incidents())[0] ?? null);
    await eventually(() => (sensor.alerts().length > 0 ? true : null));
    expect(sensor.program.stderr.match(/no file descriptors left/g)).toHaveLength(1);
    expect(sensor.program.stderr.match(/there are file descriptors again/g)).toHaveLength(1);
    reportFault({
      fault: 'out of file descriptors',
      inputs: 'capture killed, 40 knocks; then 1 mail',
      outcome: 'told',
      lost: 0,
    });
  }, 120_000);
});

// The mirror of a home is switched off, unplugged and plugged in elsewhere while the sensor runs: health and the broker tell.
import type { ChildProcess } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Health } from '../../sensor/record/health.ts';
import { Home, requireLab } from '../lab/home.ts';
import { helperPath } from '../lab/namespaces.ts';
import { outerSide } from '../support/vantage-frames.ts';
import { ensureBuilt, eventually } from './program.ts';
import { LabSensor, type RunningSensor } from './sensor-in-lab.ts';

const reason = requireLab();
if (reason !== null) console.warn(`SKIPPED, no mirror is unplugged: ${reason}`);

const MINUTE = 60_000;
/** Opens a connection to a server in the Internet, and says something to everybody, every second. */
const TALKER = `
const { connect } = require('node:net'), socket = require('node:dgram').createSocket('udp4');
socket.bind(() => socket.setBroadcast(true));
setInterval(() => {
  connect(443, 'cdn.manyfiles.example').on('connect', function () { this.end(); }).on('error', () => {});
  socket.send('M-SEARCH * HTTP/1.1\\r\\n\\r\\n', 1900, '192.168.50.255');
}, 1000);`;

describe.skipIf(reason !== null)('the mirror of a home', () => {
  let home: Home;
  let sensor: RunningSensor;
  let talking: ChildProcess[];

  beforeAll(async () => {
    await ensureBuilt();
    home = await Home.start();
    sensor = await (await LabSensor.of(home)).run();
    talking = home.devices.map((device) => device.spawn(process.execPath, ['-e', TALKER]));
  });
  afterAll(async () => {
    for (const child of talking ?? []) child.kill();
    await sensor?.hang();
    await sensor?.program.kill();
    await home?.stop();
  });

  const atSwitch = (command: string) => home.script('switch', [command]);
  /** Resolves to its health and how long it took (ms). */
  async function until(vantage: Health['vantage']): Promise<{ health: Health; took: number }> {
    const began = Date.now();
    const health = await eventually(async () => {
      await sleep(200);
      const now = await sensor.page.health();
      return now.vantage === vantage && now.sight.confidence !== 'unsure' ? now : null;
    });
    return { health, took: Date.now() - began };
  }
  const problem = () => {
    const states = sensor.ear.filter(({ topic }) => topic === 'thingwatch/lab/state');
    return JSON.parse(states.at(-1)?.payload ?? '{}').mirror_port_problem;
  };

  it('is well as it is plugged in', { timeout: 3 * MINUTE }, async () => {
    const { health } = await until('lan-both-ways');
    expect(health.sight).toMatchObject({ fix: null, sentence: expect.stringContaining('both directions') });
    await eventually(() => (problem() === 'OFF' ? true : null));
  });

  it('switched off, so that broadcasts alone come: red within a minute, and well again', {
    timeout: 4 * MINUTE,
  }, async () => {
    await sleep(25_000);
    await atSwitch('bridge link set dev port-mirror flood off');
    const { health, took } = await until('broadcast-only');
    expect(took).toBeLessThan(MINUTE);
    expect(health.sight.fix).toMatch(/mirror/);
    await eventually(() => (problem() === 'ON' ? true : null));
    await atSwitch('bridge link set dev port-mirror flood on');
    expect((await until('lan-both-ways')).took).toBeLessThan(MINUTE);
    await eventually(() => (problem() === 'OFF' ? true : null));
  });

  it('unplugged: red at once', { timeout: 2 * MINUTE }, async () => {
    await atSwitch('ip link set port-mirror down');
    const { health, took } = await until('nothing');
    // Not after the minute that silence takes.
    expect(took).toBeLessThan(30_000);
    expect(health.sight.reasons).toEqual(['the port has no cable partner']);
    await eventually(() => (problem() === 'ON' ? true : null));
    await atSwitch('ip link set port-mirror up');
    expect((await until('lan-both-ways')).took).toBeLessThan(MINUTE);
  });

  it('plugged in before the router: the outer side within a minute, and nothing laid to a device', {
    timeout: 3 * MINUTE,
  }, async () => {
    await atSwitch('ip link set port-mirror nomaster');
    const frames = outerSide({ count: 900, mail: 6 }).map(({ data }) => `${data.toString('base64')}\n`);
    const file = join(home.directory, 'outer-side');
    writeFileSync(file, frames.join(''));
    const inject = `${process.execPath} ${helperPath('inject.mjs')} port-mirror < ${file}`;
    await sleep(35_000);
    await atSwitch(inject);
    const { health } = await until('wan-side');
    expect(health.sight.sentence).toMatch(/outer side of the router/);
    await eventually(() => (sensor.alerts().some(({ kind }) => kind === 'sensor_blind') ? true : null));
    const incidents = await sensor.page.incidents();
    expect(incidents.map(({ kind }) => kind)).toEqual(['sensor_blind']);
    expect(incidents[0]?.evidence).toMatchObject({ vantage: 'wan-side', mailAttempts: 6 });
    await atSwitch('ip link set port-mirror master hub');
    expect((await until('lan-both-ways')).took).toBeLessThan(MINUTE);
  });
});

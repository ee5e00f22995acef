// Resident memory of the sensor as it runs: after the demo's replay, and live on a mirror port with its capture child.
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Home, mirrorInterface, requireLab } from '../lab/home.ts';
import { mailServer } from '../lab/internet.ts';
import { checkout, said, terminate } from '../lab/namespaces.ts';
import { freePort } from '../support/mosquitto.ts';
import { childrenOf, memoryOf, readArgs, THINGWATCH } from './measure.ts';

const SETTLE = 10_000;

export async function run(args: string[]): Promise<void> {
  readArgs(args, {});
  await replayed();
  const reason = requireLab();
  if (reason === null) await live();
  else console.log(`live: not measured, it needs the lab: ${reason}`);
}

async function replayed(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'thingwatch-bench-'));
  const config = join(folder, 'thingwatch.yaml');
  const [web, mqtt] = [await freePort(), await freePort()];
  writeFileSync(config, `web: { listen: 127.0.0.1:${web} }\nmqtt: { listen: 127.0.0.1:${mqtt} }\n`);
  const [command, script] = THINGWATCH;
  const capture = join(checkout, 'test/captures/demo.pcap');
  const sensor = spawn(command, [script, '--config', config, 'replay', capture, '--serve'], {
    cwd: checkout,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  try {
    await said(sensor, /replay is over/, 'sensor');
    await sleep(SETTLE);
    tell('replay --serve of the demo', sensor.pid);
  } finally {
    await terminate(sensor);
    rmSync(folder, { recursive: true, force: true });
  }
}

async function live(): Promise<void> {
  const home = await Home.start();
  try {
    const config = join(home.directory, 'thingwatch.yaml');
    writeFileSync(config, `state_dir: ${join(home.directory, 'state')}\ncapture: { interface: ${mirrorInterface} }\n`);
    const [command, script] = THINGWATCH;
    const sensor: ChildProcess = home.spawnInSensor(command, [script, 'run', '--config', config], {
      cwd: checkout,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    await said(sensor, /Capturing on/, 'sensor');
    for (const device of home.devices) await device.sendMail({ to: mailServer.name, count: 3 });
    await sleep(SETTLE);
    tell('run, live in the lab', sensor.pid);
    for (const child of childrenOf(sensor.pid ?? 0)) tell('  its capture child', child);
    await terminate(sensor);
  } finally {
    await home.stop();
  }
}

function tell(what: string, pid: number | undefined): void {
  const { peak, proportional, resident } = memoryOf(pid ?? 0);
  const megabytes = (value: number) => `${value.toFixed(0)} MB`;
  console.log(
    `${what.padEnd(28)} resident ${megabytes(resident)}, its share of what is common ${megabytes(proportional)}, peak ${megabytes(peak)}`,
  );
}

// Memory of the sensor: resident as it runs, after the demo's replay and live on a mirror port with its capture child; and day
// after day of a busy home in packet time, where it is to stay as it was after the first.
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { readPcap } from '../../sensor/capture/pcap-stream.ts';
import { keepHeapSmall } from '../../sensor/main/small-heap.ts';
import { Home, mirrorInterface, requireLab } from '../lab/home.ts';
import { mailServer } from '../lab/internet.ts';
import { checkout, said, terminate } from '../lab/namespaces.ts';
import { freePort } from '../support/mosquitto.ts';
import { sensorProcesses } from '../support/processes.ts';
import { PCAP_START } from './generate.ts';
import { HOUSEHOLD } from './household.bench.ts';
import { collectGarbage, memoryOf, readArgs, THINGWATCH, UsageError } from './measure.ts';
import { PacketTimeSensor } from './packet-time.ts';

const SETTLE = 10_000;
const DAY = 24 * 60 * 60_000;

const PARTS: Readonly<Record<string, (home: typeof HOUSEHOLD) => Promise<void>>> = { replayed, live, days };

export async function run(args: string[]): Promise<void> {
  const { positions, values } = readArgs(args, HOUSEHOLD);
  const unknown = positions.find((part) => !Object.hasOwn(PARTS, part));
  if (unknown !== undefined) throw new UsageError(`${unknown} is none of ${Object.keys(PARTS).join(', ')}`);
  for (const [name, part] of Object.entries(PARTS))
    if (positions.length === 0 || positions.includes(name)) await part(values);
}

/** Frames come from a process of their own, as from the capture child, so that making them takes no memory here. */
async function days({ connections, days, devices }: typeof HOUSEHOLD): Promise<void> {
  const [command, script] = THINGWATCH;
  const home = [`--devices`, `${devices}`, '--days', `${days}`, '--connections', `${connections}`];
  // Through a pipe, on which its writes wait.
  const household = spawn(
    'sh',
    ['-c', '"$@" | cat', 'sh', command, script, '--test-tools', 'bench', 'household', ...home],
    {
      cwd: checkout,
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  keepHeapSmall();
  const sensor = new PacketTimeSensor({ start: PCAP_START, isSynced: false });
  console.log(`${days} days of packet time, ${devices} devices; at the end of each, in MB (aim: as after the first)`);
  console.log('day     frames   heap  external  resident  database  backends  incidents');
  let frames = 0;
  let day = 0;
  const tellDay = () => {
    collectGarbage();
    const { external, heapUsed, rss } = process.memoryUsage();
    const { engine, recorder, store } = sensor.spine;
    const backends = [...engine.devices.all()].reduce((sum, device) => sum + device.backends.size, 0);
    const columns: [number, number][] = [
      ...[heapUsed, external, rss, store.sizeBytes()].map((bytes, n): [number, number] => [
        bytes / 1e6,
        [7, 10, 10, 10][n] ?? 10,
      ]),
      [backends, 10],
      [recorder.incidents.all().length, 11],
    ];
    const figures = columns.map(([value, width], n) => value.toFixed(n < 4 ? 1 : 0).padStart(width)).join('');
    console.log(`${String(++day).padStart(3)}${String(frames).padStart(11)}${figures}`);
  };
  await readPcap(household.stdout, {
    onFrame(frame) {
      while (frame.time >= PCAP_START + (day + 1) * DAY) tellDay();
      frames++;
      sensor.take(frame);
    },
  });
  if (day < days) tellDay();
  sensor.close();
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
  const reason = requireLab();
  if (reason !== null) {
    console.log(`live: not measured, it needs the lab: ${reason}`);
    return;
  }
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
    const { capture: child, keeper, sensor: proper } = sensorProcesses(sensor.pid ?? 0);
    tell('run, live in the lab', proper);
    tell('  its capture child', child);
    if (keeper > 0) tell('  its keeper', keeper);
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

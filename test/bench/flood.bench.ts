// Memory of the running sensor under floods, each on its own: real frames into a port, sensor and capture child in one cgroup.
// Of what the kernel charges a group the pages of files are no need of the sensor: it gives them back where memory is short.
// `held` is the rest, and what the aim is about; the code of Node and its libraries (`mapped`) stands beside it.
import { type ChildProcess, execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { checkout, Namespaces, requireLab, said } from '../lab/namespaces.ts';
import { sensorProcesses } from '../support/processes.ts';
import { type GroupMemory, MemoryGroup } from './cgroup.ts';
import { FLOODS } from './floods.ts';
import { PcapWriter } from './generate.ts';
import { readArgs, THINGWATCH, UsageError } from './measure.ts';
import { Random } from './random.ts';

/** `megabytes`: at which the kernel ends the sensor, as MemoryMax does; 0 for no limit. */
const DEFAULTS = { rate: 4000, seconds: 60, megabytes: 0 };
const PORT = 'mirror0';
const AIMS = { idle: 110, flood: 180 };
const SETTLE = 12_000;
/** For what waits in pipes and queues to pass, ms at most. */
const CATCH_UP = 60_000;
const LOOK_EVERY = 100;
const PCAP_HEADER = 24;
/** What a capture without frames writes between two looks, at most. */
const SIGNS_OF_LIFE = 200;

interface Figures {
  idle: GroupMemory;
  peak: GroupMemory;
  after: GroupMemory;
  /** Of the peak, what each process has of its own, MB. */
  own: { sensor: number; child: number };
  /** Bytes that the capture child handed on, of those that were sent. */
  share: number;
}

export async function run(args: string[]): Promise<void> {
  const { positions, values } = readArgs(args, DEFAULTS);
  const kinds = positions.length > 0 ? positions : Object.keys(FLOODS);
  const unknown = kinds.find((kind) => !Object.hasOwn(FLOODS, kind));
  if (unknown !== undefined) throw new UsageError(`there is no flood ${unknown}: ${Object.keys(FLOODS).join(', ')}`);
  const reason = requireLab();
  if (reason !== null) throw new Error(`it needs the lab: ${reason}`);
  console.log(
    `${values.rate} frames a second for ${values.seconds} s; MB held (aims: ${AIMS.idle} idle, ${AIMS.flood} under each flood), + mapped files`,
  );
  console.log('flood            idle          peak  (sensor + child)         after  charged at most   read');
  for (const kind of kinds) tell(kind, await measured(kind, values));
}

async function measured(kind: string, { megabytes, rate, seconds }: typeof DEFAULTS): Promise<Figures> {
  const group = MemoryGroup.make('thingwatch-flood');
  if (typeof group === 'string') throw new Error(group);
  if (megabytes > 0) group.limit(megabytes * 1024 * 1024);
  const lab = new Namespaces();
  try {
    await makePort(lab);
    const file = join(lab.directory, 'flood.pcap');
    const bytes = writeFlood(file, kind, rate * seconds);
    const sensor = await startSensor(lab, group);
    await sleep(SETTLE);
    const idle = group.read();
    const { capture: child, sensor: proper } = sensorProcesses(sensor.pid ?? 0);
    const watch = new Watch(group, proper, child);
    await play(lab, file, rate);
    const handedOn = await untilQuiet(child);
    watch.stop();
    const figures = { idle, peak: watch.peak, own: watch.own, after: group.read(), share: handedOn / bytes };
    const ended = once(sensor, 'exit');
    sensor.kill();
    await ended;
    return figures;
  } finally {
    await lab.close();
    await group.remove();
  }
}

async function makePort(lab: Namespaces): Promise<void> {
  const peer = `peer name eth0 netns ${lab.nameOf('sender')}`;
  await lab.create(['sensor', 'sender'], [`link add ${PORT} netns ${lab.nameOf('sensor')} type veth ${peer}`]);
  for (const role of ['sensor', 'sender']) await lab.script(role, ['sysctl -qw net.ipv6.conf.all.disable_ipv6=1']);
  await lab.script('sensor', [`ip link set ${PORT} up`, 'ip link set lo up']);
  await lab.script('sender', ['ip link set eth0 up']);
}

/** The size of all its records. */
function writeFlood(file: string, kind: string, count: number): number {
  const frames = FLOODS[kind]?.(new Random(1));
  const writer = new PcapWriter(file);
  for (let i = 0; i < count; i++) writer.write(frames?.next().value ?? Buffer.alloc(60), 100);
  return writer.close() - PCAP_HEADER;
}

/** Started by a copy of Node that no other process has read, so that its pages are charged to the sensor's group. */
async function startSensor(lab: Namespaces, group: MemoryGroup): Promise<ChildProcess> {
  const config = join(lab.directory, 'thingwatch.yaml');
  writeFileSync(config, `state_dir: ${join(lab.directory, 'state')}\ncapture: { interface: ${PORT} }\n`);
  const node = join(lab.directory, 'node');
  copyFileSync(process.execPath, node);
  execFileSync('sync', [node]);
  execFileSync('dd', [`if=${node}`, 'iflag=nocache', 'count=0', 'status=none']);
  const [, script] = THINGWATCH;
  const waiting = ['-c', 'read -r go && exec "$@"', 'sh', node, script, 'run', '--config', config];
  const sensor = lab.spawn('sensor', 'sh', waiting, { cwd: checkout });
  group.add(sensor.pid ?? 0);
  sensor.stdin?.write('go\n');
  await said(sensor, /Capturing on/, 'sensor');
  return sensor;
}

class Watch {
  peak: GroupMemory;
  own: Figures['own'];
  readonly #timer: NodeJS.Timeout;

  constructor(group: MemoryGroup, sensor: number, child: number) {
    const look = () => ({ sensor: ownMemory(sensor), child: ownMemory(child) });
    this.peak = group.read();
    this.own = look();
    this.#timer = setInterval(() => {
      const now = group.read();
      const charged = Math.max(now.charged, this.peak.charged);
      if (now.held > this.peak.held) this.own = look();
      this.peak = { ...(now.held > this.peak.held ? now : this.peak), charged };
    }, LOOK_EVERY);
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}

/** Resident pages of no file, MB. */
function ownMemory(pid: number): number {
  return Number(/^RssAnon:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1]) / 976.5625;
}

async function play(lab: Namespaces, file: string, rate: number): Promise<void> {
  const { code, stderr } = await lab.run('sender', 'tcpreplay', [
    ...['-i', 'eth0', '--preload-pcap', `--pps=${rate}`, '--quiet', file],
  ]);
  if (code !== 0) throw new Error(`tcpreplay: ${stderr.trim()}`);
}

/** What the capture child has written, once it writes no more. */
async function untilQuiet(child: number): Promise<number> {
  const written = () => Number(/^wchar: (\d+)/m.exec(readFileSync(`/proc/${child}/io`, 'latin1'))?.[1]);
  const end = performance.now() + CATCH_UP;
  for (let before = Number.NEGATIVE_INFINITY; written() - before > SIGNS_OF_LIFE && performance.now() < end; ) {
    before = written();
    await sleep(3000);
  }
  return written() - PCAP_HEADER;
}

function tell(kind: string, { after, idle, own, peak, share }: Figures): void {
  const pair = ({ held, mapped }: GroupMemory) => `${held.toFixed(0)} + ${mapped.toFixed(0)}`.padStart(12);
  console.log(
    `${kind.padEnd(10)} ${pair(idle)}  ${pair(peak)}  ${`(${own.sensor.toFixed(0)} + ${own.child.toFixed(0)})`.padStart(16)}  ${pair(after)} ${peak.charged.toFixed(0).padStart(16)} ${(share * 100).toFixed(1).padStart(9)} %`,
  );
}

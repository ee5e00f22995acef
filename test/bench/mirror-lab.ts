// A mirror port without a home: a sensor, a sender, a veth between them, and captures played into it. What the sensor and its
// capture child take for that is read from the kernel. A veth has no card: what the machine cannot send, nobody is asked to hear.
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { captureFilter } from '../../sensor/capture/filter.ts';
import { LINK_TYPES } from '../../sensor/capture/frame.ts';
import { checkout, execute, mustSucceed, Namespaces, requireLab, said, terminate } from '../lab/namespaces.ts';
import { sensorProcesses } from '../support/processes.ts';
import { THINGWATCH } from './measure.ts';

export const PORT = 'mirror0';
/** Of the sensor's broker, on its own loopback. */
export const BROKER = 1883;
const FILTER = captureFilter(LINK_TYPES.ethernet);
const PCAP_HEADER = 24;
/** For the capture child to open the port, ms. */
const SETTLE = 3000;
/** For what waits in pipes and queues to pass, ms at most, and how long nothing may come for it to be over. */
const CATCH_UP = 60_000;
const QUIET = 1000;
/** Of `utime` and `stime`, ms (proc_pid_stat(5)). */
const CLOCK_TICK = 10;

/** What tcpreplay says, and the kernel of the port. */
export interface Played {
  sent: number;
  /** Frames that the kernel brought to the port. */
  arrived: number;
  /** Mbit/s that were reached. */
  rate: number;
  seconds: number;
}

/** By one process. */
export interface Taken {
  /** Milliseconds of CPU time. */
  cpu: number;
  /** MB, at the end. */
  resident: number;
}

export interface SensorOptions {
  /** What the sensor is started by: `['taskset', '-c', '0']`. */
  by?: readonly string[];
  /** Before it, so that all it starts is in it as well. */
  onSpawn?(pid: number): void;
}

export class MirrorLab {
  readonly #lab: Namespaces;

  static async open(): Promise<MirrorLab> {
    const reason = requireLab();
    if (reason !== null) throw new Error(`it needs the lab: ${reason}`);
    const lab = new Namespaces();
    try {
      const peer = `peer name eth0 netns ${lab.nameOf('sender')}`;
      await lab.create(['sensor', 'sender'], [`link add ${PORT} netns ${lab.nameOf('sensor')} type veth ${peer}`]);
      for (const role of ['sensor', 'sender']) await lab.script(role, ['sysctl -qw net.ipv6.conf.all.disable_ipv6=1']);
      await lab.script('sensor', [`ip link set ${PORT} up`, 'ip link set lo up']);
      await lab.script('sender', ['ip link set eth0 up']);
      return new MirrorLab(lab);
    } catch (error) {
      await lab.close();
      throw error;
    }
  }

  private constructor(lab: Namespaces) {
    this.#lab = lab;
  }

  /** Removed by close(). */
  get directory(): string {
    return this.#lab.directory;
  }

  close(): Promise<void> {
    return this.#lab.close();
  }

  script(role: 'sensor' | 'sender', lines: readonly string[]): Promise<string> {
    return this.#lab.script(role, lines);
  }

  spawn(role: 'sensor' | 'sender', command: string, args: readonly string[], env = process.env): ChildProcess {
    return this.#lab.spawn(role, command, args, { cwd: checkout, env });
  }

  /** A sensor on the port, which has begun to capture. */
  async startSensor(state: string, { by = [], onSpawn = () => {} }: SensorOptions = {}): Promise<MirrorSensor> {
    const config = `${state}.yaml`;
    writeFileSync(
      config,
      `state_dir: ${state}\ncapture: { interface: ${PORT} }\nweb: { listen: 127.0.0.1:0 }\nmqtt: { listen: 127.0.0.1:${BROKER} }\n`,
    );
    const command = [...by, ...THINGWATCH, '--config', config, 'run'];
    // It waits for a word, so that it is where `onSpawn` puts it before it begins.
    const sensor = this.spawn('sensor', 'sh', ['-c', 'read -r go && exec "$@"', 'sh', ...command]);
    onSpawn(sensor.pid ?? 0);
    sensor.stdin?.write('go\n');
    await said(sensor, /Capturing on/, 'sensor');
    await sleep(SETTLE);
    return new MirrorSensor(sensor);
  }

  /** tcpdump with the sensor's filter and kernel buffer, writing to `file`; stop() tells what it captured and what was dropped. */
  async startTcpdump(file: string): Promise<{ pid: number; stop(): Promise<{ captured: number; dropped: number }> }> {
    const options = ['-i', PORT, '-B', '32768', '-Z', 'root', '-w', file, FILTER];
    const tcpdump = this.spawn('sensor', 'tcpdump', options);
    let words = '';
    tcpdump.stderr?.on('data', (text: Buffer) => {
      words += text.toString();
    });
    await said(tcpdump, /listening on/, 'tcpdump');
    const count = (what: string) => Number(new RegExp(`^(\\d+) packets ${what}`, 'm').exec(words)?.[1] ?? Number.NaN);
    return {
      pid: tcpdump.pid ?? 0,
      stop: async () => {
        await sleep(QUIET);
        await terminate(tcpdump, 'SIGINT');
        return { captured: count('captured'), dropped: count('dropped by kernel') };
      },
    };
  }

  /** Plays a capture into the port. */
  async play(file: string, rate: number): Promise<Played> {
    const arrivals = async () =>
      Number(await this.script('sensor', [`cat /sys/class/net/${PORT}/statistics/rx_packets`]));
    const before = await arrivals();
    const args = ['-i', 'eth0', '--preload-pcap', `--mbps=${rate}`, file];
    const { stdout } = mustSucceed('tcpreplay', await this.#lab.run('sender', 'tcpreplay', args));
    const of = (pattern: RegExp) => Number(pattern.exec(stdout)?.[1] ?? Number.NaN);
    return {
      sent: of(/Successful packets:\s+(\d+)/),
      arrived: (await arrivals()) - before,
      rate: of(/Rated:[^,]*,\s*([\d.]+) Mbps/),
      seconds: of(/sent in ([\d.]+) seconds/),
    };
  }
}

export class MirrorSensor {
  readonly #process: ChildProcess;
  readonly #parent: number;
  readonly #child: number;

  constructor(process: ChildProcess) {
    this.#process = process;
    const { capture: child, sensor } = sensorProcesses(process.pid ?? 0);
    this.#parent = sensor;
    this.#child = child;
  }

  get isRunning(): boolean {
    return this.#process.exitCode === null && this.#process.signalCode === null;
  }

  /** What parent and capture child took for `work` and what follows from it, and the bytes of all records the child has handed on. */
  async during<T>(work: () => Promise<T>): Promise<{ result: T; parent: Taken; child: Taken; handedOn: number }> {
    const before = [cpuTimeOf(this.#parent), cpuTimeOf(this.#child)] as const;
    const result = await work();
    await this.#untilQuiet();
    const taken = (pid: number, cpu: number): Taken => ({ cpu: cpuTimeOf(pid) - cpu, resident: residentOf(pid) });
    return {
      result,
      parent: taken(this.#parent, before[0]),
      child: taken(this.#child, before[1]),
      handedOn: writtenBy(this.#child) - PCAP_HEADER,
    };
  }

  /** The child writes no more, and the parent has nothing to do. */
  async #untilQuiet(): Promise<void> {
    const end = performance.now() + CATCH_UP;
    for (let isBusy = true; isBusy && performance.now() < end; ) {
      const [written, cpu] = [writtenBy(this.#child), cpuTimeOf(this.#parent)];
      await sleep(QUIET);
      isBusy = writtenBy(this.#child) !== written || cpuTimeOf(this.#parent) - cpu > QUIET / 5;
    }
  }

  /** Resolves when it has stored what it knows; on a busy machine that takes longer than terminate() would wait. */
  async stop(): Promise<void> {
    if (!this.isRunning) return;
    const ended = once(this.#process, 'exit');
    this.#process.kill();
    await ended;
  }
}

/** Packets of a capture that pass the filter, and the bytes of their records. */
export async function passing(file: string): Promise<{ packets: number; bytes: number }> {
  const count = async (script: string) =>
    Number(mustSucceed('tcpdump', await execute('sh', ['-c', script, 'sh', file, FILTER])).stdout);
  const packets = await count('tcpdump -r "$1" --count "$2" 2>/dev/null | cut -d" " -f1');
  return { packets, bytes: (await count('tcpdump -r "$1" -w - "$2" 2>/dev/null | wc -c')) - PCAP_HEADER };
}

/** Of bytes handed on. A few more are the child's own doing: it wakes itself through descriptors of 8 bytes. */
export function lostText(expected: number, handedOn: number): string {
  const lost = expected - handedOn;
  return lost <= 0 ? 'nothing lost' : `${((100 * lost) / expected).toFixed(2)} % lost`;
}

/** User and system time of a process, ms. */
export function cpuTimeOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) * CLOCK_TICK;
}

function residentOf(pid: number): number {
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1]) / 1024;
}

function writtenBy(pid: number): number {
  return Number(/^wchar: (\d+)/m.exec(readFileSync(`/proc/${pid}/io`, 'latin1'))?.[1]);
}

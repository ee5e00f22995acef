// CPU time for four days of a home with a hundred chatty things, of which every packet passes the filter: user time by packet,
// beside others, in alternating runs of one sitting. Aim: 5 µs a packet.
import { readFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { captureFilter } from '../../sensor/capture/filter.ts';
import { LINK_TYPES } from '../../sensor/capture/frame.ts';
import { checkout } from '../lab/namespaces.ts';
import { CHATTY, chattyCapture } from './chatty-home.ts';
import { outputOf, readArgs, THINGWATCH, timed } from './measure.ts';

const SMALL = `${checkout}/test/captures/three-mailers.pcap`;

interface Cost {
  wall: number;
  user: number;
  system: number;
}

export async function run(args: string[]): Promise<void> {
  const { values } = readArgs(args, { packets: CHATTY.packets, seed: CHATTY.seed, rounds: 5 });
  const file = chattyCapture(values);
  const filter = captureFilter(LINK_TYPES.ethernet);
  const count = async (...expression: string[]) =>
    Number(/\d+/.exec(await outputOf(['tcpdump', '-r', file, '--count', ...expression]))?.[0]);
  const packets = await count();
  const contenders = [
    { name: 'thingwatch, with tcpdump', command: [...THINGWATCH, 'replay', file, '--format', 'json'] },
    { name: '  of it tcpdump', command: ['tcpdump', '-r', file, '-w', '/dev/null', filter] },
    { name: '  of it start-up', command: [...THINGWATCH, 'replay', SMALL, '--format', 'json'] },
    { name: 'ndpiReader', command: ['ndpiReader', '-q', '-i', file] },
    { name: 'tshark', command: ['tshark', '-n', '-r', file, '-Y', 'smtp'], once: true },
  ];
  const costs = new Map<string, Cost[]>();
  for (let round = 0; round < values.rounds; round++) {
    for (const { name, command, once } of contenders) {
      const cost = once === true && round > 0 ? null : await costOf(command);
      if (cost !== null) costs.set(name, [...(costs.get(name) ?? []), cost]);
    }
  }
  console.log(
    `${file}: ${packets} packets, ${await count(filter)} pass the filter; ${cpus().length} cores, Node ${process.versions.node}, load ${loadavg()[0]?.toFixed(1)}; least of ${values.rounds} alternating runs`,
  );
  const least = (name: string, key: keyof Cost) => Math.min(...(costs.get(name) ?? []).map((cost) => cost[key]));
  const beside = least('ndpiReader', 'user');
  for (const { name, once } of contenders) {
    const [user, system, wall] = [least(name, 'user'), least(name, 'system'), least(name, 'wall')];
    if (!Number.isFinite(user)) {
      console.log(`${name.padEnd(26)} not installed`);
      continue;
    }
    const micros = (value: number) => ((value * 1000) / packets).toFixed(2);
    const ratio = Number.isFinite(beside) ? `, ${(user / beside).toFixed(2)} x ndpiReader` : '';
    console.log(
      `${name.padEnd(26)} ${micros(user)} us user and ${micros(system)} us system a packet${ratio}, ${wall.toFixed(0)} ms${once === true ? ', one run' : ''}`,
    );
  }
}

/** What a command and its children took, in ms; null where it is not installed. One at a time: it is read off all children that ended. */
async function costOf(command: readonly string[]): Promise<Cost | null> {
  const before = childrensTime();
  const wall = await timed(command);
  if (wall === null) return null;
  const after = childrensTime();
  return { wall, user: after.user - before.user, system: after.system - before.system };
}

/** CPU time of children that ended, ms, in steps of 10 (proc_pid_stat(5), fields 16 and 17). */
function childrensTime(): { user: number; system: number } {
  const stat = readFileSync('/proc/self/stat', 'latin1');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return { user: Number(fields[13]) * 10, system: Number(fields[14]) * 10 };
}

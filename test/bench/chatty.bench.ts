// CPU time for four days of a home with a hundred chatty things, of which every packet passes the filter: user time by packet,
// beside others, in alternating runs of one sitting. Aim: 5 µs a packet.
import { cpus, loadavg } from 'node:os';
import { captureFilter } from '../../sensor/capture/filter.ts';
import { LINK_TYPES } from '../../sensor/capture/frame.ts';
import { checkout } from '../lab/namespaces.ts';
import { CHATTY, chattyCapture } from './chatty-home.ts';
import { type Cost, costsOf, packetsIn, readArgs, THINGWATCH } from './measure.ts';

const SMALL = `${checkout}/test/captures/three-mailers.pcap`;

export async function run(args: string[]): Promise<void> {
  const { values } = readArgs(args, { packets: CHATTY.packets, seed: CHATTY.seed, rounds: 5 });
  const file = chattyCapture(values);
  const filter = captureFilter(LINK_TYPES.ethernet);
  const packets = await packetsIn(file);
  const contenders = [
    { name: 'thingwatch, with tcpdump', command: [...THINGWATCH, 'replay', file, '--format', 'json'] },
    { name: '  of it tcpdump', command: ['tcpdump', '-r', file, '-w', '/dev/null', filter] },
    { name: '  of it start-up', command: [...THINGWATCH, 'replay', SMALL, '--format', 'json'] },
    { name: 'ndpiReader', command: ['ndpiReader', '-q', '-i', file] },
    { name: 'tshark', command: ['tshark', '-n', '-r', file, '-Y', 'smtp'], once: true },
  ];
  const costs = await costsOf(contenders, values.rounds);
  console.log(
    `${file}: ${packets} packets, ${await packetsIn(file, filter)} pass the filter; ${cpus().length} cores, Node ${process.versions.node}, load ${loadavg()[0]?.toFixed(1)}; least of ${values.rounds} alternating runs`,
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

// A replay of which every packet passes the filter: time, CPU time and memory beside others, in alternating runs of one sitting.
// Aim: 450,000 packets a second, start-up included, in 150 MB.
import { cpus, loadavg } from 'node:os';
import { captureFilter } from '../../sensor/capture/filter.ts';
import { LINK_TYPES } from '../../sensor/capture/frame.ts';
import { EVERYTHING, generatedCapture } from './generate.ts';
import { type Contender, type Cost, costsOf, packetsIn, readArgs, THINGWATCH } from './measure.ts';

export async function run(args: string[]): Promise<void> {
  const { positions, values } = readArgs(args, { packets: EVERYTHING.packets, rounds: 5 });
  const file = positions[0] ?? generatedCapture({ ...EVERYTHING, packets: values.packets }, 'everything');
  const filter = captureFilter(LINK_TYPES.ethernet);
  const [packets, passed] = [await packetsIn(file), await packetsIn(file, filter)];
  const contenders: Contender[] = [
    { name: 'tcpdump -w /dev/null', command: ['tcpdump', '-r', file, '-w', '/dev/null'] },
    { name: 'tcpdump, our filter', command: ['tcpdump', '-r', file, '-w', '/dev/null', filter] },
    { name: 'thingwatch replay', command: [...THINGWATCH, 'replay', file, '--format', 'json'] },
    { name: 'ndpiReader', command: ['ndpiReader', '-q', '-i', file] },
    { name: 'tshark', command: ['tshark', '-n', '-r', file, '-Y', 'smtp'], once: true },
  ];
  const costs = await costsOf(contenders, values.rounds);
  console.log(
    `${file}: ${packets} packets, ${passed} pass the filter; ${cpus().length} cores, Node ${process.versions.node}, load ${loadavg()[0]?.toFixed(1)}; fastest of ${values.rounds} alternating runs`,
  );
  const beside = Math.min(...(costs.get('ndpiReader') ?? []).map(({ wall }) => wall));
  for (const { name, once } of contenders) {
    const all = costs.get(name);
    if (all === undefined) {
      console.log(`${name.padEnd(22)} not installed`);
      continue;
    }
    const least = (key: keyof Cost) => Math.min(...all.map((cost) => cost[key]));
    const [wall, peak] = [least('wall'), Math.max(...all.map((cost) => cost.peak))];
    const parts = [
      `${name.padEnd(22)} ${wall.toFixed(0).padStart(6)} ms`,
      `${((packets / wall) * 1000).toFixed(0)} packets/s`,
      `${((least('user') * 1000) / packets).toFixed(2)} us user a packet`,
      `peak ${peak.toFixed(0)} MB`,
    ];
    if (Number.isFinite(beside)) parts.push(`${(wall / beside).toFixed(2)} x ndpiReader`);
    console.log(`${parts.join(', ')}${once ? ', one run' : ''}`);
  }
}

// Wall time of `thingwatch replay` beside what others take for the same file, in alternating runs of one sitting.
// Aims, start-up included: at most 1.3 times `tcpdump -r FILE -w /dev/null` for a million packets, 1.15 times for four.
import { cpus, loadavg } from 'node:os';
import { captureFilter } from '../../sensor/capture/filter.ts';
import { LINK_TYPES } from '../../sensor/capture/frame.ts';
import { checkout } from '../lab/namespaces.ts';
import { DEFAULT_MIX, generatedCapture } from './generate.ts';
import { type Contender, costsOf, median, packetsIn, readArgs, THINGWATCH } from './measure.ts';

const SMALL = `${checkout}/test/captures/three-mailers.pcap`;
const MAIL = 'tcp.flags.syn==1 && tcp.flags.ack==0 && tcp.dstport in {25,465,587,2525}';

export async function run(args: string[]): Promise<void> {
  const { positions, values } = readArgs(args, { rounds: 5, packets: DEFAULT_MIX.packets });
  const file = positions[0] ?? generatedCapture({ ...DEFAULT_MIX, packets: values.packets });
  const packets = await packetsIn(file);
  const contenders: Contender[] = [
    { name: 'tcpdump -w /dev/null', command: ['tcpdump', '-r', file, '-w', '/dev/null'] },
    {
      name: 'tcpdump, our filter',
      command: ['tcpdump', '-r', file, '-w', '/dev/null', captureFilter(LINK_TYPES.ethernet)],
    },
    { name: 'thingwatch replay', command: [...THINGWATCH, 'replay', file, '--format', 'json'] },
    { name: 'thingwatch, start-up', command: [...THINGWATCH, 'replay', SMALL, '--format', 'json'] },
    { name: 'ndpiReader', command: ['ndpiReader', '-q', '-i', file] },
    { name: 'tshark', command: ['tshark', '-n', '-r', file, '-Y', MAIL], once: true },
  ];
  const costs = await costsOf(contenders, values.rounds);
  const times = new Map([...costs].map(([name, all]) => [name, all.map(({ wall }) => wall)]));
  const base = median(times.get('tcpdump -w /dev/null') ?? []);
  console.log(
    `${file}: ${packets} packets; ${cpus().length} cores, Node ${process.versions.node}, load ${loadavg()[0]?.toFixed(1)}; medians of ${values.rounds} alternating runs`,
  );
  for (const { name, once } of contenders) {
    const all = times.get(name);
    if (all === undefined) {
      console.log(`${name.padEnd(22)} not installed`);
      continue;
    }
    const took = median(all);
    const ratio = `${(took / base).toFixed(2)} x tcpdump`;
    const rate = name.endsWith('start-up')
      ? 'a capture of a few packets'
      : `${Math.round((packets / took) * 1000)} packets/s`;
    const spread = `${Math.min(...all).toFixed(0)}-${Math.max(...all).toFixed(0)}`;
    console.log(
      `${name.padEnd(22)} ${took.toFixed(0).padStart(7)} ms (${spread}), ${ratio}, ${rate}${once ? ', one run' : ''}`,
    );
  }
  const [whole = [], start = []] = [times.get('thingwatch replay'), times.get('thingwatch, start-up')];
  const net = median(whole) - median(start);
  console.log(`thingwatch without start-up: ${net.toFixed(0)} ms, ${(net / base).toFixed(2)} x tcpdump`);
  const quickest = (values: number[]) => Math.min(...values);
  const fastest = quickest(times.get('tcpdump -w /dev/null') ?? []);
  console.log(
    `fastest runs, which other work on the machine disturbs least: ${(quickest(whole) / fastest).toFixed(2)} x tcpdump, ${((quickest(whole) - quickest(start)) / fastest).toFixed(2)} x without start-up`,
  );
}

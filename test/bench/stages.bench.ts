// Where a replay's processor time goes: the same capture as far as tcpdump's pipe, through pcap-parser, decoded, attributed, and
// judged and recorded, each in a process of its own as a replay is. What an earlier stage takes no later one can save.
import { openSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { loadVendors } from '../../sensor/attribute/vendor.ts';
import { captureFilter } from '../../sensor/capture/filter.ts';
import { type Frame, LINK_TYPES } from '../../sensor/capture/frame.ts';
import { replay } from '../../sensor/capture/replay.ts';
import { startTcpdump } from '../../sensor/capture/tcpdump.ts';
import { decodeFrame } from '../../sensor/decode/frame.ts';
import { interestOf } from '../../sensor/decode/interest.ts';
import { DecodeCounters } from '../../sensor/decode/outcome.ts';
import { Knowledge } from '../../sensor/detect/knowledge.ts';
import { Engine } from '../../sensor/engine.ts';
import { giveRoom } from '../../sensor/main/small-heap.ts';
import { indexNotes } from '../../sensor/notes/note-index.ts';
import { CHATTY, chattyCapture } from './chatty-home.ts';
import { type Cost, costsOf, packetsIn, readArgs, THINGWATCH, UsageError } from './measure.ts';
import { replaySpine } from './spine.ts';

/** In order; each does all that those before it do. */
const STAGES: Record<string, { what: string; run(file: string): Promise<unknown> }> = {
  start: { what: 'this bench alone, taken off the others', run: async () => undefined },
  bytes: { what: "tcpdump with the filter, and its pipe's octets", run: bytes },
  packets: { what: 'pcap-parser', run: (file) => frames(file, () => undefined) },
  decoded: { what: 'decoding', run: decoded },
  attributed: { what: 'attribution', run: attributed },
  judged: { what: 'detectors, incidents, record', run: judged },
};

export async function run(args: string[]): Promise<void> {
  const { positions, values } = readArgs(args, { rounds: 5, packets: CHATTY.packets });
  const [file = chattyCapture({ ...CHATTY, packets: values.packets }), only] = positions;
  if (only !== undefined) {
    const stage = Object.hasOwn(STAGES, only) ? STAGES[only] : undefined;
    if (stage === undefined) throw new UsageError(`a stage is one of ${Object.keys(STAGES).join(', ')}`);
    giveRoom();
    await stage.run(file);
    return;
  }
  const bench = [...THINGWATCH, '--test-tools', 'bench', 'stages', file];
  const contenders = Object.keys(STAGES).map((name) => ({ name, command: [...bench, name] }));
  const costs = await costsOf(contenders, values.rounds);
  const packets = await packetsIn(file, captureFilter(LINK_TYPES.ethernet));
  console.log(
    `${file}: ${packets} packets pass the filter; ${cpus().length} cores, Node ${process.versions.node}, load ${loadavg()[0]?.toFixed(1)}; user time of all threads and of tcpdump, least of ${values.rounds} alternating runs`,
  );
  const least = (name: string, key: keyof Cost) => Math.min(...(costs.get(name) ?? []).map((cost) => cost[key]));
  let before = least('start', 'user');
  for (const [name, { what }] of Object.entries(STAGES)) {
    const user = least(name, 'user');
    const micros = (value: number) => ((value * 1000) / packets).toFixed(2);
    const until = micros(user - least('start', 'user'));
    console.log(
      `${name.padEnd(11)} ${until.padStart(6)} us a packet, of it ${micros(user - before).padStart(6)} for ${what}; ${least(name, 'wall').toFixed(0)} ms`,
    );
    before = user;
  }
}

async function bytes(file: string): Promise<void> {
  const { child, ended } = startTcpdump({ input: openSync(file, 'r'), linkType: LINK_TYPES.ethernet, filter: true });
  // What it writes waits until it is read.
  child.stdout?.removeAllListeners('readable').resume();
  await ended;
}

async function frames(file: string, onFrame: (frame: Frame) => void): Promise<void> {
  await replay({ files: [file], onFrame, onWarning: (message) => console.warn(message) });
}

function decoded(file: string): Promise<void> {
  const counters = new DecodeCounters();
  return frames(file, (frame) => {
    const packet = decodeFrame(frame, counters);
    if (packet !== null) interestOf(packet);
  });
}

async function attributed(file: string): Promise<void> {
  const engine = new Engine({
    homeNet: [],
    sensorMac: null,
    onFinding: () => true,
    knowledge: new Knowledge(loadVendors(), indexNotes([])),
    settings: { learningDays: 0, overdueDays: 0, recorded: true },
    detectors: [],
  });
  await frames(file, (frame) => engine.frame(frame));
  engine.finish();
}

async function judged(file: string): Promise<void> {
  const spine = replaySpine();
  await frames(file, (frame) => spine.engine.frame(frame));
  spine.engine.finish();
  spine.close();
}

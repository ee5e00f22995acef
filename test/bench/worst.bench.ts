// Traffic made to cost as much as it can, beside a home's usual packets in the same run: processor time a frame as a multiple of
// theirs, the dearest frame, what is held afterwards, and what bounds it. That the bounds hold is tested without a clock, in
// test/fuzz/worst.test.ts.
import { type Frame, LINK_TYPES } from '../../sensor/capture/frame.ts';
import { collectGarbage, readArgs } from './measure.ts';
import { memorySpine } from './spine.ts';
import { PLAIN, WORST_CASES, type WorstCase } from './worst-cases.ts';

const START = Date.parse('2026-02-05T10:00:00Z');

interface Cost {
  /** µs of user CPU time for one frame, on average. */
  each: number;
  /** ms of user CPU time for each frame. */
  frames: Float64Array;
  /** MB. */
  held: number;
}

export async function run(args: string[]): Promise<void> {
  const { positions, values } = readArgs(args, { rounds: 3 });
  const cases = WORST_CASES.filter(
    ({ name }) => positions.length === 0 || positions.some((part) => name.includes(part)),
  );
  costOf(PLAIN);
  console.log(`fastest of ${values.rounds} rounds, user CPU; the plain packets are measured before each case\n`);
  console.log(
    `${'traffic'.padEnd(48)}${'frames'.padStart(7)}${'µs each'.padStart(9)}${'× plain'.padStart(9)}${'worst ms'.padStart(10)}${'held MB'.padStart(9)}  bound`,
  );
  for (const worst of cases) {
    const rounds = Array.from({ length: values.rounds }, () => ({ plain: costOf(PLAIN), own: costOf(worst) }));
    const least = (pick: (round: (typeof rounds)[number]) => number) => Math.min(...rounds.map(pick));
    const [plain, each] = [least(({ plain }) => plain.each), least(({ own }) => own.each)];
    const held = least(({ own }) => own.held);
    // What one frame takes is the least of the rounds: a collection hits another one each time.
    const most =
      rounds[0]?.own.frames.reduce(
        (worst, _, i) =>
          Math.max(
            worst,
            least(({ own }) => own.frames[i] ?? 0),
          ),
        0,
      ) ?? 0;
    console.log(
      `${worst.name.padEnd(48)}${String(worst.frames().length).padStart(7)}${each.toFixed(1).padStart(9)}${(each / plain).toFixed(1).padStart(9)}${most.toFixed(2).padStart(10)}${held.toFixed(1).padStart(9)}  ${worst.bound}`,
    );
  }
}

function costOf({ frames }: WorstCase): Cost {
  const list = frames().map(
    (data, i): Frame => ({ time: START + i, linkType: LINK_TYPES.ethernet, data, originalLength: data.length }),
  );
  const spine = memorySpine();
  const empty = heap();
  const begun = process.cpuUsage();
  for (const frame of list) spine.engine.frame(frame);
  const each = process.cpuUsage(begun).user / list.length;
  const held = heap() - empty;
  spine.close();
  return { each, frames: frameByFrame(list), held };
}

/** Measured apart, as the measuring takes as long as a plain packet. */
function frameByFrame(list: readonly Frame[]): Float64Array {
  const spine = memorySpine();
  const times = Float64Array.from(list, (frame) => {
    const begun = process.cpuUsage();
    spine.engine.frame(frame);
    return process.cpuUsage(begun).user / 1000;
  });
  spine.close();
  return times;
}

function heap(): number {
  collectGarbage();
  const { arrayBuffers, heapUsed } = process.memoryUsage();
  return (heapUsed + arrayBuffers) / 1e6;
}

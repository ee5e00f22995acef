// The tables behind a flood, in one process and at full speed: do they and the heap level off? Memory of the sensor as it
// runs is what `bench -- flood` measures.
import { writeHeapSnapshot } from 'node:v8';
import { LINK_TYPES } from '../../sensor/capture/frame.ts';
import { FLOODS } from './floods.ts';
import { collectGarbage, readArgs, UsageError } from './measure.ts';
import { Random } from './random.ts';
import { memorySpine } from './spine.ts';

const DEFAULTS = { frames: 1_000_000, snapshot: 0 };
const STEPS = 20;
/** Frames in a millisecond of packet time: 2,000 a second, so that deadlines pass while the flood lasts. */
const PER_MILLISECOND = 2;

export async function run(args: string[]): Promise<void> {
  const { positions, values } = readArgs(args, DEFAULTS);
  const [kind = 'mixed'] = positions;
  const frames = FLOODS[kind]?.(new Random(1));
  if (frames === undefined) throw new UsageError(`there is no flood ${kind}: ${Object.keys(FLOODS).join(', ')}`);
  const spine = memorySpine();
  const started = Date.parse('2026-01-05T10:00:00Z');
  const begun = performance.now();
  const step = Math.max(1, Math.floor(values.frames / STEPS));
  let last = begun;
  console.log('   frames  devices  incidents  malformed  heap MB   RSS MB  external MB  frames/s');
  for (let i = 1; i <= values.frames; i++) {
    const data = frames.next().value;
    const time = started + Math.floor(i / PER_MILLISECOND);
    spine.engine.frame({ time, linkType: LINK_TYPES.ethernet, data, originalLength: data.length });
    // As the running sensor does, by its own timers.
    if (i % 10_000 === 0) spine.recorder.flushMail();
    if (i % 100_000 === 0) spine.recorder.flushAll();
    if (i % step !== 0) continue;
    collectGarbage();
    const { external, heapUsed, rss } = process.memoryUsage();
    const counts = [i, spine.engine.devices.size, spine.recorder.incidents.all().length];
    const figures: [number, number][] = [
      ...counts.map((count, column): [number, number] => [count, [9, 9, 11][column] ?? 9]),
      [spine.engine.counters.total('malformed'), 11],
      [heapUsed / 1e6, 9],
      [rss / 1e6, 9],
      [external / 1e6, 13],
      [(step / (performance.now() - last)) * 1000, 10],
    ];
    console.log(figures.map(([value, width]) => String(Math.round(value)).padStart(width)).join(''));
    last = performance.now();
  }
  console.log(
    `${kind}: ${values.frames} frames in ${((performance.now() - begun) / 1000).toFixed(0)} s, made and read in one process`,
  );
  if (values.snapshot > 0) console.log(writeHeapSnapshot());
  spine.close();
}

// How well capture loss is told: frames of a capture dropped at random, and what the estimate says of it beside the truth.
// Dropping before the filter and behind it is the same, as each frame is lost by itself.
import type { Frame } from '../../sensor/capture/frame.ts';
import { generatedCapture } from './generate.ts';
import { readArgs } from './measure.ts';
import { Random } from './random.ts';
import { framesOf, memorySpine } from './spine.ts';

const PERCENT = [0, 0.5, 2, 10];

export async function run(args: string[]): Promise<void> {
  const { positions, values } = readArgs(args, { seeds: 3 });
  const file = positions[0] ?? generatedCapture();
  const frames = await framesOf(file);
  console.log(`${file}: ${frames.length} frames pass the filter`);
  for (const percent of PERCENT) {
    for (let seed = 1; seed <= (percent === 0 ? 1 : values.seeds); seed++) {
      const random = new Random(seed);
      const {
        high,
        low,
        missed,
        percent: told,
        samples,
      } = lossOf(frames.filter(() => random.below(100_000) >= percent * 1000));
      const raw = `${missed} of ${samples} samples, ${((missed / samples) * 100).toFixed(2)} %`;
      console.log(
        `${`${percent} %`.padEnd(6)} told: ${told === null ? `too few packets to tell, ${low} to ${high} %` : `${told} %`} (${raw})`,
      );
    }
  }
}

function lossOf(frames: readonly Frame[]) {
  const spine = memorySpine();
  for (const frame of frames) spine.engine.frame(frame);
  spine.engine.finish();
  const { overall } = spine.engine.loss;
  spine.close();
  return overall;
}

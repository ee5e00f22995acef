// What naming costs: the same replay with and without the readers of names. They are put out of action here, from outside;
// the product has no such switch. Aim: at most 30 % more.
import { DestinationNames } from '../../sensor/attribute/destination-names.ts';
import { NameTraffic } from '../../sensor/attribute/name-traffic.ts';
import { Openings } from '../../sensor/attribute/openings.ts';
import type { Frame } from '../../sensor/capture/frame.ts';
import { replay } from '../../sensor/capture/replay.ts';
import { generatedCapture } from './generate.ts';
import { median, readArgs } from './measure.ts';
import { framesOf, memorySpine } from './spine.ts';

/** Takes the readers of names out; returns what puts them back. */
function withoutNaming(): () => void {
  const kept = [
    [Openings.prototype, { ...methods(Openings.prototype, ['tcp', 'udp']) }],
    [NameTraffic.prototype, { ...methods(NameTraffic.prototype, ['tcp', 'udp']) }],
    [DestinationNames.prototype, { ...methods(DestinationNames.prototype, ['nameOf']) }],
  ] as const;
  Object.assign(Openings.prototype, { tcp: () => null, udp: () => null });
  Object.assign(NameTraffic.prototype, { tcp: () => undefined, udp: () => false });
  Object.assign(DestinationNames.prototype, { nameOf: () => null });
  return () => {
    for (const [prototype, before] of kept) Object.assign(prototype, before);
  };
}

function methods<T extends object>(prototype: T, names: (keyof T)[]): Partial<T> {
  return Object.fromEntries(names.map((name) => [name, prototype[name]])) as Partial<T>;
}

export async function run(args: string[]): Promise<void> {
  const { positions, values } = readArgs(args, { rounds: 5 });
  const file = positions[0] ?? generatedCapture();
  const frames = await framesOf(file);
  const results = {
    whole: { on: [] as number[], off: [] as number[] },
    engine: { on: [] as number[], off: [] as number[] },
  };
  // The first round warms the compiler up and does not count.
  for (let round = 0; round <= values.rounds; round++) {
    for (const mode of ['on', 'off'] as const) {
      const restore = mode === 'off' ? withoutNaming() : () => undefined;
      const whole = await timeReplay(file);
      const engine = timeEngine(frames);
      restore();
      if (round === 0) continue;
      results.whole[mode].push(whole);
      results.engine[mode].push(engine);
    }
  }
  const line = (what: string, { on, off }: { on: number[]; off: number[] }, aim: string) =>
    console.log(
      `${what.padEnd(34)} ${median(on).toFixed(0)} ms with names, ${median(off).toFixed(0)} ms without: ${(median(on) / median(off)).toFixed(2)}${aim}`,
    );
  console.log(`${file}: ${frames.length} frames pass the filter; medians of ${values.rounds} alternating runs`);
  line('replay, tcpdump to last frame', results.whole, ' (aim 1.30)');
  line('engine alone, frames in memory', results.engine, '');
}

async function timeReplay(file: string): Promise<number> {
  const spine = memorySpine();
  const begun = performance.now();
  const onFrame = (frame: Frame) => spine.engine.frame(frame);
  await replay({ files: [file], onFrame, onWarning: (message) => console.warn(message) });
  spine.engine.finish();
  const took = performance.now() - begun;
  spine.close();
  return took;
}

function timeEngine(frames: readonly Frame[]): number {
  const spine = memorySpine();
  const begun = performance.now();
  for (const frame of frames) spine.engine.frame(frame);
  spine.engine.finish();
  const took = performance.now() - begun;
  spine.close();
  return took;
}

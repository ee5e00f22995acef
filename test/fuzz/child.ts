// A process for one target, started by main.ts: searches for the time that it is given and hands over what came of it.
import { readFileSync } from 'node:fs';
import { deserialize } from 'node:v8';
import { corpusOf } from './corpus.ts';
import { numberedBlocks } from './coverage.ts';
import { type Result, search } from './loop.ts';
import { materialOf, type Recordings } from './material.ts';
import { Runner } from './runner.ts';
import { TARGETS } from './targets.ts';

export interface Order {
  target: string;
  seed: number;
  /** ms; 0 runs the kept inputs alone. */
  time: number;
  hangFile: string;
  /** Recordings to take seeds from, serialized. */
  material: string;
}

process.once('message', (order: Order) => {
  void answer(order).then((result) => {
    process.send?.(result, () => process.exit(0));
  });
});

async function answer({ hangFile, material, seed, target: name, time }: Order): Promise<Result> {
  const load = TARGETS[name];
  if (load === undefined) throw new Error(`there is no target ${name}`);
  const target = await load();
  const runner = new Runner(target, hangFile);
  await runner.watched();
  const kept = corpusOf(name).map(({ bytes }) => bytes);
  const recordings: Recordings = deserialize(readFileSync(material));
  const seeds = target.seeds(materialOf(recordings));
  const result = await search(runner, { kept, seeds, seed, time, modules: numberedBlocks().modules });
  await runner.close();
  return result;
}

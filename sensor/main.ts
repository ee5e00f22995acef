// The program's first file in dist. It loads the program as chunks, each with what V8 compiled of it when dist was built.
import { existsSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { ChunkLoader } from './main/chunk-loader.ts';
import type * as KeptRun from './main/kept-run.ts';
import type * as Program from './main/program.ts';
import { keepYoungSmall } from './main/small-heap.ts';

keepYoungSmall();
const chunks = new ChunkLoader();

/** Runs thingwatch with the arguments after the script's name; resolves to the exit code. */
export async function main(argv: string[]): Promise<number> {
  if (isRun(argv)) {
    const { runKept } = chunks.load(join(import.meta.dirname, 'chunks/kept-run.js')) as typeof KeptRun;
    const code = await runKept(argv);
    if (code !== null) return code;
  }
  const program = chunks.load(join(import.meta.dirname, 'chunks/program.js')) as typeof Program;
  return program.main(argv);
}

/** Whether it is the command that captures, and not yet under a keeper. What else is in the arguments the sensor itself reads. */
function isRun(argv: readonly string[]): boolean {
  const isValue = (index: number) => argv[index - 1] === '--config';
  const command = argv.find((word, index) => !word.startsWith('-') && !isValue(index));
  return command === 'run' && !argv.some((word) => ['--kept', '--demo', '--help', '-h'].includes(word));
}

/** For the build: what V8 compiled of the program until now serves later starts. */
export function keepCompiled(): void {
  keepYoungSmall();
  chunks.keepCompiled();
}

// `node dist/sensor/main.js run` starts it without the set-up that start.mjs makes first.
const script = process.argv[1];
if (script !== undefined && existsSync(script) && realpathSync(script) === import.meta.filename) {
  void main(process.argv.slice(2)).then((code) => {
    process.exitCode = code;
  });
}

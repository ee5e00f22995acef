// The program's first file in dist. It loads the program as chunks, each with what V8 compiled of it when dist was built.
import { existsSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { ChunkLoader } from './main/chunk-loader.ts';
import type * as KeptRun from './main/kept-run.ts';
import type * as Program from './main/program.ts';
import { giveRoom, keepYoungSmall, withYoungSmall } from './main/small-heap.ts';

keepYoungSmall();
/** Whether the program has been given room on its heap. */
let isRoomy = false;
const chunks = new ChunkLoader((compile) => (isRoomy ? withYoungSmall(compile) : compile()));

/** Runs thingwatch with the arguments after the script's name; resolves to the exit code. */
export async function main(argv: string[]): Promise<number> {
  isRoomy = ends(argv);
  if (isRoomy) giveRoom();
  else keepYoungSmall();
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
  return commandOf(argv) === 'run' && !argv.some((word) => ['--kept', '--demo', '--help', '-h'].includes(word));
}

/** Whether it is a command that works through something, and then ends. */
function ends(argv: readonly string[]): boolean {
  const command = commandOf(argv);
  return command === 'self-test' || (command === 'replay' && !argv.includes('--serve'));
}

function commandOf(argv: readonly string[]): string | undefined {
  const isValue = (index: number) => argv[index - 1] === '--config';
  return argv.find((word, index) => !word.startsWith('-') && !isValue(index));
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

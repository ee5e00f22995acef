// The program: its commands, each loaded when it is given, and how it ends. What they do is in main/, which alone knows all rooms.
import { existsSync, realpathSync } from 'node:fs';
import * as nodeModule from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PROJECT_ROOT, version } from './checkout.ts';
import { type Handlers, runCli } from './cli.ts';
import { complain, print } from './main/terminal.ts';

/** Runs thingwatch with the arguments after the script's name; resolves to the exit code. */
export async function main(argv: string[]): Promise<number> {
  const others = () => import('./main/commands.ts');
  const handlers: Handlers = {
    run: async (options) => {
      if (options.demo) return (await import('./main/serve-replay.ts')).demo(options);
      return (await import('./main/run.ts')).run(options);
    },
    replay: async (command) => (await import('./main/replay-command.ts')).replayCommand(command),
    doctor: async (options) => (await others()).doctor(options),
    selfTest: async () => (await others()).selfTest(),
    notesCheck: async (options) => (await others()).notesCheck(options),
    pair: async (options) => (await others()).pair(options),
    evidence: async (command) => (await others()).evidence(command),
  };
  keepCompiled();
  for (const stream of [process.stdout, process.stderr]) stream.on('error', forgiveClosedPipe);
  try {
    return await runCli(argv, handlers, { version: version(), out: print, complain });
  } catch (error) {
    const { explain } = await import('./main/explain.ts');
    return explain(error);
  }
}

/** From Node 22.1 on what is compiled of the chunks is kept for the next start; where it cannot be written it is not. */
function keepCompiled(): void {
  const { enableCompileCache } = nodeModule as { enableCompileCache?(folder: string): unknown };
  enableCompileCache?.(join(PROJECT_ROOT, 'node_modules/.thingwatch/compiled'));
}

/** A reader that has seen enough, as in `replay … | head`, ends nothing: a sensor goes on without its terminal. */
function forgiveClosedPipe(error: Error): void {
  if (!('code' in error && error.code === 'EPIPE')) throw error;
}

// `node dist/sensor/main.js run` starts it without the set-up that start.mjs makes first.
const script = process.argv[1];
if (script !== undefined && existsSync(script) && realpathSync(script) === fileURLToPath(import.meta.url)) {
  process.exitCode = await main(process.argv.slice(2));
}

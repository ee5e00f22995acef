// The program: its commands, each loaded when it is given, and how it ends. Belongs to main.ts.
import { version } from '../checkout.ts';
import { EXIT, type Handlers, runCli } from '../cli.ts';
import { fleetHandlers } from './fleet-commands.ts';
import { complain, print } from './terminal.ts';

/** Runs thingwatch with the arguments after the script's name; resolves to the exit code. */
export async function main(argv: string[]): Promise<number> {
  const others = () => import('./commands.ts');
  const handlers: Handlers = {
    run: async (options) => {
      if (options.demo) return (await import('./serve-replay.ts')).demo(options);
      return (await import('./run.ts')).run(options);
    },
    replay: async (command) => (await import('./replay-command.ts')).replayCommand(command),
    doctor: async (options) => (await others()).doctor(options),
    selfTest: async () => (await others()).selfTest(),
    notesCheck: async (options) => (await others()).notesCheck(options),
    notesCoverage: async (options) => (await others()).notesCoverage(options),
    pair: async (options) => (await others()).pair(options),
    testAlert: async (options) => (await others()).testAlert(options),
    evidence: async (command) => (await others()).evidence(command),
    backup: async (command) => (await others()).backup(command),
    restore: async (command) => (await others()).restore(command),
    install: async (command) => (await others()).install(command),
    update: async (command) => (await import('./update.ts')).update(command),
    uninstall: async (command) => (await import('./uninstall.ts')).uninstall(command),
    status: async (options) => (await import('./status.ts')).status(options),
    fleet: fleetHandlers,
    manual: async (program, format) => {
      print((await import('./manual.ts')).manual(program, format));
      return EXIT.done;
    },
  };
  for (const stream of [process.stdout, process.stderr]) stream.on('error', forgiveClosedPipe);
  try {
    return await runCli(argv, handlers, { version: version(), out: print, complain });
  } catch (error) {
    const { explain } = await import('./explain.ts');
    return explain(error);
  }
}

/** A reader that has seen enough, as in `replay … | head`, ends nothing: a sensor goes on without its terminal. */
function forgiveClosedPipe(error: Error): void {
  if (!('code' in error && error.code === 'EPIPE')) throw error;
}

// `thingwatch replay`: the captures first, so that tcpdump is at work on them while the rest of the program is loaded.
// Belongs to main.ts.
import { closeCaptures, openCaptures } from '../capture/replay.ts';
import { EXIT, type ReplayCommand } from '../cli.ts';
import { EdgeError } from './edge-error.ts';

export async function replayCommand(command: ReplayCommand): Promise<number> {
  if (command.files.includes('-') && command.files.length > 1) {
    throw new EdgeError(EXIT.usage, '- is standard input and cannot be mixed with files: give it alone');
  }
  if (command.serve) {
    // Broker and page are loaded only where they are used.
    const { serveReplay } = await import('./serve-replay.ts');
    return serveReplay(command);
  }
  const captures = await openCaptures({ files: command.files });
  try {
    const { replayPlain } = await import('./replay-plain.ts');
    return await replayPlain(captures, command);
  } finally {
    closeCaptures(captures);
  }
}

// `thingwatch replay`: what is asked for, put to work. Belongs to main.ts.
import { EXIT, type ReplayCommand } from '../cli.ts';
import { openSpine } from '../spine.ts';
import { EdgeError } from './edge-error.ts';
import { buildReport, printReport, replayInto, replayIo, streamIncidents } from './replay.ts';
import { openSession } from './session.ts';
import { complain, print, stopSignal } from './terminal.ts';

export async function replayCommand(command: ReplayCommand): Promise<number> {
  const session = openSession(command);
  const homeNet = command.homeNet.length > 0 ? command.homeNet : session.config.capture.home_net;
  if (command.files.includes('-') && command.files.length > 1) {
    throw new EdgeError(EXIT.usage, '- is standard input and cannot be mixed with files: give it alone');
  }
  if (command.serve) {
    // Broker and page are loaded only where they are used: a plain replay starts faster without them.
    const { serveReplay } = await import('./serve-replay.ts');
    return serveReplay(session, { ...command, homeNet }, 'replay');
  }
  const spine = openSpine({
    ...session,
    stateDir: command.state,
    homeNet,
    sensorMac: null,
    recorded: true,
    alerts: () => [],
  });
  const abort = new AbortController();
  void stopSignal().then(() => abort.abort());
  try {
    if (command.format === 'ndjson') streamIncidents(spine, print);
    if (command.state !== null) spine.startFlushing();
    const outcome = await replayInto(spine, command, replayIo(session, abort.signal));
    spine.engine.finish();
    spine.recorder.flushAll();
    if (abort.signal.aborted) complain('Stopped before the end; the report covers what was read until then.\n');
    return printReport(buildReport(spine, outcome), command.format, print);
  } finally {
    spine.close();
  }
}

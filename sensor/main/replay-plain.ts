// A replay without page and broker: open captures through a spine of their own, then the report. Belongs to main.ts.
import type { OpenCaptures } from '../capture/replay.ts';
import type { ReplayCommand } from '../cli.ts';
import { wordsIn } from '../language/words.ts';
import type { RecordStore } from '../record/record-store.ts';
import { openPassingSpine, type Spine, type SpineOptions } from '../spine.ts';
import { printReport, replayInto, replayIo, streamIncidents } from './replay.ts';
import { homeNetOf, openSession } from './session.ts';
import { complain, print, stopSignal } from './terminal.ts';

export async function replayPlain(captures: OpenCaptures, command: ReplayCommand): Promise<number> {
  const session = openSession(command);
  const spine = await openInto(command.state, {
    ...session,
    homeNet: homeNetOf(command, session),
    sensorMac: null,
    words: await wordsIn(session.config.language),
    recorded: true,
    alerts: () => [],
  });
  const abort = new AbortController();
  void stopSignal().then(() => abort.abort());
  try {
    if (command.format === 'ndjson') streamIncidents(spine, print);
    if (command.state !== null) spine.startFlushing();
    const outcome = await replayInto(spine, { ...command, captures }, replayIo(session, abort.signal));
    spine.engine.finish();
    spine.recorder.flushAll();
    if (abort.signal.aborted) complain('Stopped before the end; the report covers what was read until then.\n');
    return printReport(spine, outcome, command.format, print);
  } finally {
    spine.close();
  }
}

/** SQLite is loaded only where something is to be kept. */
async function openInto(stateDir: string | null, options: SpineOptions): Promise<Spine<RecordStore>> {
  if (stateDir === null) return openPassingSpine(options);
  return (await import('../stored-spine.ts')).openSpine({ ...options, stateDir });
}

// `thingwatch replay --serve` and `run --demo`: a replay with page and broker, which stay up until they are stopped. Belongs to main.ts.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { PROJECT_ROOT } from '../checkout.ts';
import { EXIT, type GlobalOptions, type ReplayCommand } from '../cli.ts';
import { EdgeError } from './edge-error.ts';
import { printReport, replayInto, replayIo, streamIncidents } from './replay.ts';
import { serve } from './serve.ts';
import { homeNetOf, openSession, type Session } from './session.ts';
import { keepHeapSmall } from './small-heap.ts';
import { complain, print, stopSignal } from './terminal.ts';

const DEMO = {
  capture: join(PROJECT_ROOT, 'test/captures/demo.pcap'),
  notes: join(PROJECT_ROOT, 'test/captures/demo-notes'),
  /** Nine recorded hours in about half a minute. */
  speed: 1000,
} as const;

export async function demo(options: GlobalOptions): Promise<number> {
  if (!existsSync(DEMO.capture))
    throw new EdgeError(EXIT.failed, 'the demo capture is not there: it comes with a checkout, under test/captures');
  const session = openSession(options);
  complain('Demo: a recorded home, quickened. Nothing is captured and nothing is kept.\n');
  return replayServed(session, { files: [DEMO.capture], speed: DEMO.speed, homeNet: [], state: null }, 'demo');
}

export async function serveReplay(command: ReplayCommand): Promise<number> {
  const session = openSession(command);
  return replayServed(session, { ...command, homeNet: homeNetOf(command, session) }, 'replay');
}

/** Replays with page and broker, and stays up until it is stopped. */
async function replayServed(
  session: Session,
  command: Pick<ReplayCommand, 'files' | 'speed' | 'homeNet' | 'state'> & Partial<Pick<ReplayCommand, 'format'>>,
  mode: 'replay' | 'demo',
): Promise<number> {
  keepHeapSmall();
  const served = await serve({
    session,
    mode,
    interface: null,
    stateDir: command.state,
    homeNet: command.homeNet,
    ...(mode === 'demo' ? { extraNotes: [DEMO.notes] } : {}),
  });
  const { health, spine } = served;
  const abort = new AbortController();
  const stopped = stopSignal().then(() => abort.abort());
  try {
    await served.begin();
    health.capture = 'running';
    if (command.format === 'ndjson') streamIncidents(spine, print);
    const outcome = await replayInto(spine, command, replayIo(session, abort.signal));
    spine.engine.finish();
    spine.recorder.flushAll();
    health.capture = 'ended';
    if (command.format !== undefined) printReport(spine, outcome, command.format, print);
    if (!abort.signal.aborted) complain('The replay is over; page and broker stay up until you press Ctrl-C.\n');
    await stopped;
    return EXIT.done;
  } finally {
    await served.stop();
  }
}

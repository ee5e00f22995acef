// `thingwatch replay`: capture files through the spine, then the report. Belongs to main.ts.

import type { CaptureStats } from '../attribute/intake.ts';
import { Pacer } from '../capture/pace.ts';
import { type OpenCaptures, replay } from '../capture/replay.ts';
import { EXIT, type ReplayCommand } from '../cli.ts';
import type { Engine } from '../engine.ts';
import { english } from '../language/words.ts';
import type { Log } from '../log.ts';
import type { RecordStore } from '../record/record-store.ts';
import { isoTime, type Report } from '../record/report.ts';
import { reportDevice, reportIncident } from '../record/report-builder.ts';
import { sightOf } from '../record/wording-vantage.ts';
import type { Spine } from '../spine.ts';
import type { Session } from './session.ts';
import { print } from './terminal.ts';
import { textReport } from './text-report.ts';

/** How often progress is written, in ms of real time. */
const PROGRESS_EVERY = 500;
/** A pipe without a frame for this long (ms) pauses. */
const PAUSE = 100;

export interface ReplayIo {
  out(text: string): void;
  /** Null where nobody watches: standard error is no terminal. */
  progress: ((line: string) => void) | null;
  log: Log;
  /** Monotonic milliseconds. */
  now(): number;
  signal: AbortSignal;
}

export interface ReplayOutcome {
  files: string[];
  cutFiles: number;
  damagedFiles: number;
}

/** As a person at the terminal sees it. */
export function replayIo(session: Session, signal: AbortSignal): ReplayIo {
  const isTerminal = process.stderr.isTTY === true;
  return {
    out: print,
    progress: isTerminal ? (line) => process.stderr.write(`\r\x1b[K${line}`) : null,
    log: session.log('capture'),
    now: () => performance.now(),
    signal,
  };
}

/** Sends the files through the engine; `onFrames` is told when frames begin to flow. Rejects with CaptureError. */
export async function replayInto(
  spine: Spine<RecordStore>,
  command: Pick<ReplayCommand, 'files' | 'speed'> & { captures?: OpenCaptures },
  io: ReplayIo,
): Promise<ReplayOutcome> {
  const { engine } = spine;
  const started = io.now();
  let told = started;
  const show = io.progress;
  const pacer =
    command.speed === null
      ? undefined
      : new Pacer({
          speed: command.speed,
          now: io.now,
          sleep: (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds)),
          onFrame: (frame) => engine.frame(frame),
          onWait: (time) => engine.tick(time),
        });
  io.signal.addEventListener('abort', () => pacer?.stop(), { once: true });
  const pauses = command.files.includes('-') ? watchForPauses(engine) : undefined;
  try {
    const result = await replay({
      files: command.files,
      ...(command.captures === undefined ? {} : { captures: command.captures }),
      onFrame: (frame) => engine.frame(frame),
      onWarning: (message) => io.log.warn(message),
      signal: io.signal,
      ...(pacer === undefined ? {} : { pacer }),
      ...(show === null
        ? {}
        : {
            onProgress: (file: string, bytes: number | null, total: number | null) => {
              if (io.now() - told < PROGRESS_EVERY) return;
              told = io.now();
              show(progressLine(file, bytes, total, engine.stats.packets, told - started));
            },
          }),
    });
    return { files: result.files, cutFiles: result.cutFiles, damagedFiles: result.damagedFiles };
  } finally {
    clearInterval(pauses);
    io.progress?.('');
  }
}

/** A pipe, unlike a file, may be still for long: what waits for its next frame is told then. */
function watchForPauses(engine: Engine): NodeJS.Timeout {
  let seen = -1;
  return setInterval(() => {
    if (engine.stats.packets === seen) engine.idle();
    seen = engine.stats.packets;
  }, PAUSE);
}

/** Prints a line for each incident as it opens, again too, and as its severity changes: not for a rise at the same one. */
export function streamIncidents(spine: Spine<RecordStore>, out: (text: string) => void): void {
  const told = new Map(spine.recorder.incidents.all().map(({ id, severity }) => [id, severity]));
  spine.events.on('incident', ({ change, incident }) => {
    const { id, severity } = incident;
    const opens = change === 'opened' || change === 'reopened' || change === 'resumed';
    if (!opens && (change === 'absorbed' || told.get(id) === severity)) return;
    told.set(id, severity);
    out(`${JSON.stringify({ schema: 'thingwatch.incident/1', change, ...reportIncident(spine.words, incident) })}\n`);
  });
}

/** Told in the language of `words`. */
export function buildReport(spine: Spine<RecordStore>, outcome: ReplayOutcome, words = spine.words): Report {
  const { engine, knowledge, recorder } = spine;
  const stats: CaptureStats = engine.stats;
  const loss = engine.loss.overall;
  return {
    schema: 'thingwatch.report/1',
    capture: {
      files: outcome.files,
      packets: stats.packets,
      firstPacket: stats.firstPacket === null ? null : isoTime(stats.firstPacket),
      lastPacket: stats.lastPacket === null ? null : isoTime(stats.lastPacket),
      truncated: engine.counters.total('truncated') + outcome.cutFiles,
      malformed: engine.counters.total('malformed') + outcome.damagedFiles,
      duplicates: stats.duplicates,
      duplicatesByKind: stats.duplicatesByKind,
      vantage: engine.vantage,
      sight: sightOf(words, engine.judgement),
      lossPercent: loss.percent,
      loss,
    },
    devices: engine.devices.all().map((device) => reportDevice(words, device, knowledge, engine.devices)),
    incidents: recorder.incidents
      .all()
      .map((incident) => reportIncident(words, incident, recorder.describer.sentencesIn(words, incident))),
  };
}

export function printReport(
  spine: Spine<RecordStore>,
  outcome: ReplayOutcome,
  format: ReplayCommand['format'],
  out: (text: string) => void,
): number {
  if (format === 'text') out(textReport(buildReport(spine, outcome, english)));
  else out(`${JSON.stringify(buildReport(spine, outcome), null, format === 'json' ? 2 : undefined)}\n`);
  return EXIT.done;
}

function progressLine(
  file: string,
  bytes: number | null,
  total: number | null,
  packets: number,
  elapsed: number,
): string {
  const share =
    bytes !== null && total !== null && total > 0 ? ` ${Math.min(100, Math.round((bytes / total) * 100))} %` : '';
  const read = bytes === null ? '' : ` ${(bytes / 1e6).toFixed(1)} MB${share},`;
  return `${file}:${read} ${packets} packets kept, ${(elapsed / 1000).toFixed(0)} s`;
}

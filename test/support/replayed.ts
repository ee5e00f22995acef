// A capture file through the sensor's real replay, in this process and in memory; for tests and benches that look at more than
// the printed report.
import { silentLog } from '../../sensor/log.ts';
import { buildReport, replayInto } from '../../sensor/main/replay.ts';
import type { Report } from '../../sensor/record/report.ts';
import type { Spine } from '../../sensor/spine.ts';
import { memorySpine } from '../bench/spine.ts';

/** What `look` sees of the spine when the file is over. Rejects with CaptureError. */
export async function replayed<Result>(
  file: string,
  homeNet: readonly string[],
  look: (spine: Spine, report: Report) => Result,
): Promise<Result> {
  const spine = memorySpine(homeNet);
  try {
    const outcome = await replayInto(
      spine,
      { files: [file], speed: null },
      {
        out: () => {},
        progress: null,
        log: silentLog,
        now: () => performance.now(),
        signal: new AbortController().signal,
      },
    );
    spine.engine.finish();
    spine.recorder.flushAll();
    return look(spine, buildReport(spine, outcome));
  } finally {
    spine.close();
  }
}

/** The report of a capture file. */
export function replayedReport(file: string, homeNet: readonly string[]): Promise<Report> {
  return replayed(file, homeNet, (_, report) => report);
}

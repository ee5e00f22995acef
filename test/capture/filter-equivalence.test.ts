// The filter is there for speed alone: with and without it a capture gives the same report.
import { existsSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { CaptureError } from '../../sensor/capture/errors.ts';
import { replay } from '../../sensor/capture/replay.ts';
import { loadConfig } from '../../sensor/config.ts';
import { silentLog } from '../../sensor/log.ts';
import { buildReport } from '../../sensor/main/replay.ts';
import { openSpine } from '../../sensor/stored-spine.ts';
import { CAPTURES_OF_OTHERS } from '../support/captures-of-others.ts';

const OWN = resolve(import.meta.dirname, '../captures');

const capturesIn = (folder: string) =>
  existsSync(folder)
    ? readdirSync(folder)
        .filter((name) => /\.pcap(ng|_)?$/.test(name))
        .map((name) => join(folder, name))
    : [];

const { config } = loadConfig({ file: undefined, workingDirectory: tmpdir(), environment: {} });

/** The report, or why there is none. `truncated` and `malformed` are left out: the filter drops such frames before they are counted. */
async function reportOn(file: string, filter: boolean): Promise<unknown> {
  const spine = openSpine({
    config,
    stateDir: null,
    homeNet: [],
    sensorMac: null,
    log: () => silentLog,
    now: () => 0,
    alerts: () => [],
  });
  try {
    const outcome = await replay({
      files: [file],
      filter,
      onFrame: (frame) => spine.engine.frame(frame),
      onWarning() {},
    });
    spine.engine.finish();
    spine.recorder.flushAll();
    const report = buildReport(spine, outcome);
    return { ...report, capture: { ...report.capture, truncated: null, malformed: null } };
  } catch (error) {
    if (error instanceof CaptureError) return error.message;
    throw error;
  } finally {
    spine.close();
  }
}

describe('captures recorded in the lab', () => {
  test.each(capturesIn(OWN))('%s', async (file) => {
    const filtered = await reportOn(file, true);
    expect(filtered).toMatchObject({
      schema: 'thingwatch.report/1',
      devices: expect.arrayContaining([expect.anything()]),
    });
    expect(filtered).toEqual(await reportOn(file, false));
  });
});

const others = capturesIn(CAPTURES_OF_OTHERS);
if (others.length === 0)
  console.warn(`SKIPPED: no captures in ${CAPTURES_OF_OTHERS} (CAPTURES_OF_OTHERS names another folder)`);

describe.skipIf(others.length === 0)('captures from other projects', () => {
  test.each(others.length === 0 ? ['none'] : others)('%s', async (file) => {
    expect(await reportOn(file, true)).toEqual(await reportOn(file, false));
  });
});

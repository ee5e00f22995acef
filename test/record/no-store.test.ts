// A replay that keeps nothing tells what one with a database tells.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { loadConfig } from '../../sensor/config.ts';
import { silentLog } from '../../sensor/log.ts';
import { buildReport } from '../../sensor/main/replay.ts';
import type { RecordStore } from '../../sensor/record/record-store.ts';
import { KEEP } from '../../sensor/record/schedule.ts';
import { openPassingSpine, type Spine } from '../../sensor/spine.ts';
import { openSpine } from '../../sensor/stored-spine.ts';
import { framesOf } from '../bench/spine.ts';
import { checkout } from '../lab/namespaces.ts';

const CAPTURES = join(checkout, 'test/captures');
const captures = readdirSync(CAPTURES).filter((name) => name.endsWith('.pcap'));
const DAY = 24 * 60 * 60_000;
const outcome = { files: ['x'], cutFiles: 0, damagedFiles: 0 };

function spines(): [Spine, Spine<RecordStore>] {
  const { config } = loadConfig({ file: undefined, workingDirectory: '/nowhere', environment: {} });
  const options = {
    ...{ config, homeNet: [], sensorMac: null, recorded: true },
    ...{ log: () => silentLog, now: () => 0, alerts: () => [] },
  };
  return [openSpine({ ...options, stateDir: null }), openPassingSpine(options)];
}

it.each(captures)('the report of %s is the same', async (name) => {
  const frames = await framesOf(join(CAPTURES, name));
  const [stored, passing] = spines().map((spine) => {
    for (const frame of frames) spine.engine.frame(frame);
    spine.engine.finish();
    spine.recorder.flushAll();
    const report = buildReport(spine, outcome);
    spine.close();
    return report;
  });
  expect(passing).toEqual(stored);
});

it('what was closed for longer than such incidents are kept is told by neither', async () => {
  const frames = await framesOf(join(CAPTURES, 'three-mailers.pcap'));
  const left = spines().map((spine) => {
    for (const frame of frames) spine.engine.frame(frame);
    const before = spine.recorder.incidents.all().length;
    for (const incident of spine.recorder.incidents.all().slice(1)) {
      Object.assign(incident, { state: 'resolved', resolvedAt: incident.lastAt });
      spine.recorder.changed(incident, 'updated', incident.lastAt, null);
    }
    spine.engine.tick((frames.at(-1)?.time ?? 0) + KEEP + DAY);
    spine.recorder.flushAll();
    const open = spine.recorder.incidents.all().filter(({ state }) => state === 'open').length;
    const after = spine.recorder.incidents.all().length;
    spine.close();
    return { before, after, open };
  });
  expect(left[0]?.before).toBeGreaterThan(2);
  expect(left[0]).toEqual({ before: left[0]?.before, after: 1, open: 1 });
  expect(left[1]).toEqual(left[0]);
});

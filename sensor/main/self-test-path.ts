// The way of the self-test's cases: one capture file of them all through the reader and filter of `replay`, then each case's
// frames into a sensor of its own, with a temporary state, the embedded broker and the page. What comes of them is looked at
// from outside. Belongs to main.ts.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Frame } from '../capture/frame.ts';
import { replay } from '../capture/replay.ts';
import { loadConfig } from '../config.ts';
import { createLog, LogTail } from '../log.ts';
import type { Case } from '../self-test/case.ts';
import { writePcap } from '../self-test/frames/pcap-file.ts';
import { judge } from '../self-test/judge.ts';
import { topicsFor } from './edges.ts';
import { newPairingLink, runningPage } from './pair.ts';
import { BrokerEar, PageVisitor } from './self-test-edges.ts';
import { serve } from './serve.ts';
import type { Session } from './session.ts';

const SENSOR_ID = 'self-test';
/** Each case has this much time of the capture to itself (ms): more than the longest takes. */
const APART = 100 * 24 * 60 * 60_000;
/** The broker is on this machine; a slow machine gets this long (ms). */
const DELIVERY = 10_000;
/** How long retained states may take after the last alert (ms). */
const SETTLING = 1000;
const LOOK_EVERY = 10;

/** What capture makes of each case's frames; they are read in one go. Rejects with CaptureError. */
export async function capture(cases: readonly Case[], folder: string, signal: AbortSignal): Promise<Frame[][]> {
  const file = join(folder, 'traffic.pcap');
  const crafted = cases.map((one) =>
    one
      .frames()
      .flat()
      .toSorted((a, b) => a.time - b.time),
  );
  const begin = (index: number) => index * APART;
  writePcap(
    file,
    crafted.flatMap((frames, index) => frames.map((frame) => ({ ...frame, time: frame.time + begin(index) }))),
  );
  const first = Math.min(...crafted.flatMap(([frame]) => frame?.time ?? []));
  const captured = cases.map((): Frame[] => []);
  await replay({
    files: [file],
    onFrame(frame) {
      const index = Math.floor((frame.time - first) / APART);
      captured[index]?.push({ ...frame, time: frame.time - begin(index), data: Buffer.from(frame.data) });
    },
    onWarning(message) {
      throw new Error(`the capture of the self-test itself is wrong: ${message}`);
    },
    signal,
  });
  return captured;
}

/** Plays the case's frames in `folder`, its own. Null when it came out as expected, else what did not. */
export async function playCase(one: Case, frames: readonly Frame[], folder: string): Promise<string | null> {
  const stateDir = join(folder, 'state');
  mkdirSync(stateDir, { recursive: true });
  const session = ownSession(folder);
  const served = await serve({
    session,
    mode: 'replay',
    interface: null,
    stateDir,
    homeNet: [],
    print() {},
  });
  try {
    await served.begin();
    const { health, spine } = served;
    const ear = await BrokerEar.open(health.read().broker?.url ?? '', topicsFor(session.config, SENSOR_ID));
    try {
      const page = await PageVisitor.follow(newPairingLink(stateDir, runningPage(stateDir)?.url ?? ''));
      if (one.warnings !== undefined) spine.engine.warned(one.warnings);
      for (const frame of frames) spine.engine.frame(frame);
      spine.engine.finish();
      spine.recorder.flushAll();
      return await verdict(one, page, ear);
    } finally {
      await ear.close();
    }
  } finally {
    await served.stop();
    rmSync(folder, { recursive: true });
  }
}

/** Defaults, on free ports of loopback: nothing from the user's configuration and environment. */
function ownSession(folder: string): Session {
  const file = join(folder, 'self-test.yaml');
  const anyPort = { listen: '127.0.0.1:0' };
  // Without Home Assistant, for whose sake the first alert of a device waits a second. JSON is YAML.
  const settings = { sensor_id: SENSOR_ID, mqtt: anyPort, web: anyPort, homeassistant: { enabled: false } };
  writeFileSync(file, JSON.stringify(settings));
  const { config } = loadConfig({ file, workingDirectory: folder, environment: {} });
  const now = () => Date.now();
  const complain = (line: string) => process.stderr.write(`${line}\n`);
  return { config, logTail: new LogTail(1), now, log: (room) => createLog(room, complain, 'error', now) };
}

/** Silence is judged as well, so all that is to be told must have been told first. */
async function verdict(one: Case, page: PageVisitor, ear: BrokerEar): Promise<string | null> {
  const givenUp = performance.now() + DELIVERY;
  while (!(await page.hasToldAll())) {
    if (performance.now() > givenUp) return 'expected all alerts to reach the broker, got some that still wait';
    await sleep(LOOK_EVERY);
  }
  await ear.caughtUp(DELIVERY);
  const settled = performance.now() + SETTLING;
  for (;;) {
    const problem = judge(one, { incidents: await page.incidents(), ...ear.heard() });
    if (problem === null || performance.now() > settled) return problem;
    await sleep(LOOK_EVERY);
  }
}

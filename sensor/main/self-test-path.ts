// One case of the self-test on its way through the whole path: a capture file as replay reads it, a sensor with a temporary
// state, the embedded broker, and the page. What came of it is looked at from outside. Belongs to main.ts.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { loadConfig } from '../config.ts';
import { createLog, LogTail } from '../log.ts';
import type { Case } from '../self-test/case.ts';
import { writePcap } from '../self-test/frames/pcap-file.ts';
import { judge } from '../self-test/judge.ts';
import { topicsFor } from './edges.ts';
import { newPairingLink, runningPage } from './pair.ts';
import { replayInto } from './replay.ts';
import { BrokerEar, PageVisitor } from './self-test-edges.ts';
import { type Served, serve } from './serve.ts';
import type { Session } from './session.ts';

const SENSOR_ID = 'self-test';
/** Alerts of a device wait a second for Home Assistant; a slow machine gets more (ms). */
const DELIVERY = 15_000;
/** How long retained states may take after the last alert (ms). */
const SETTLING = 2000;
const LOOK_EVERY = 20;

/** Plays the case in `folder`, its own. Null when it came out as expected, else what did not. Rejects with CaptureError. */
export async function playCase(one: Case, folder: string, signal: AbortSignal): Promise<string | null> {
  const stateDir = join(folder, 'state');
  mkdirSync(stateDir, { recursive: true });
  const session = ownSession(folder);
  const served = await serve({ session, mode: 'replay', interface: null, stateDir, homeNet: [], print() {} });
  try {
    const ear = await BrokerEar.open(served.health.read().broker?.url ?? '', topicsFor(session.config, SENSOR_ID));
    try {
      const page = await PageVisitor.follow(newPairingLink(stateDir, runningPage(stateDir)?.url ?? '', session.now()));
      await replayFrames(served, { one, folder, session, signal });
      return await verdict(one, page, ear);
    } finally {
      await ear.close();
    }
  } finally {
    await served.stop();
  }
}

/** Defaults, on free ports of loopback: nothing from the user's configuration and environment. */
function ownSession(folder: string): Session {
  const file = join(folder, 'self-test.yaml');
  const anyPort = { listen: '127.0.0.1:0' };
  // JSON is YAML.
  writeFileSync(file, JSON.stringify({ sensor_id: SENSOR_ID, mqtt: anyPort, web: anyPort }));
  const { config } = loadConfig({ file, workingDirectory: folder, environment: {} });
  const now = () => Date.now();
  const complain = (line: string) => process.stderr.write(`${line}\n`);
  return { config, logTail: new LogTail(1), now, log: (room) => createLog(room, complain, 'error', now) };
}

interface Play {
  one: Case;
  folder: string;
  session: Session;
  signal: AbortSignal;
}

/** As `thingwatch replay` does it. */
async function replayFrames({ health, spine }: Served, { folder, one, session, signal }: Play): Promise<void> {
  const file = join(folder, 'traffic.pcap');
  const frames = one.frames().flat();
  writePcap(
    file,
    frames.toSorted((a, b) => a.time - b.time),
  );
  await replayInto(
    spine,
    { files: [file], speed: null },
    { out() {}, progress: null, log: session.log('capture'), now: () => performance.now(), signal },
  );
  spine.engine.finish();
  spine.recorder.flushAll();
  health.capture = 'ended';
}

/** Silence is judged as well, so all that is to be told must have been told first. */
async function verdict(one: Case, page: PageVisitor, ear: BrokerEar): Promise<string | null> {
  const givenUp = performance.now() + DELIVERY;
  while (!(await page.hasToldAll())) {
    if (performance.now() > givenUp) return 'expected all alerts to reach the broker, got some that still wait';
    await sleep(LOOK_EVERY);
  }
  await ear.caughtUp();
  const settled = performance.now() + SETTLING;
  for (;;) {
    const problem = judge(one, { incidents: await page.incidents(), ...ear.heard() });
    if (problem === null || performance.now() > settled) return problem;
    await sleep(LOOK_EVERY);
  }
}

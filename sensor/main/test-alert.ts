// `thingwatch test-alert`: asks the running sensor for a test alert and says who took it; and the sensor's answer to that, a small
// file beside the pairing links. Loaded only where one is asked for. Belongs to main.ts.
import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { EXIT } from '../cli.ts';
import type { CommandRunner } from '../record/commands.ts';
import type { Health } from '../record/health.ts';
import { EdgeError } from './edge-error.ts';
import { pairingFolder, runningPage } from './pairing-links.ts';
import { askTest, withdrawTest } from './requests.ts';

const LOOK_MS = 100;
/** Until the sensor answers at all, and until everybody has taken it. */
const BEGUN_WITHIN_MS = 5_000;
const TAKEN_WITHIN_MS = 25_000;
/** Who has a fault by then is not waited for, ms. */
const FAULT_SHOWS_WITHIN_MS = 3_000;
/** For a reader that went away meanwhile. */
const LEFT_FOR_MS = 60_000;

const answer = z.object({
  refused: z.string().nullable(),
  channels: z.array(z.object({ label: z.string(), taken: z.boolean(), error: z.string().nullable() })),
});
type Answer = z.infer<typeof answer>;

export interface TestParts {
  stateDir: string;
  run: CommandRunner;
  health(): Health;
  /** Whether the message of this id still waits in the outbox. */
  isWaiting(id: string): boolean;
}

/** In the sensor: sends it, and writes who has taken it until all have or time is up. */
export async function answerTest(request: string, { health, isWaiting, run, stateDir }: TestParts): Promise<void> {
  const path = answerPath(stateDir, request);
  const result = run({ type: 'test_alert' }, 'command-line');
  const id = result.ok ? result.alert : undefined;
  let written = '';
  for (let waited = 0; waited < TAKEN_WITHIN_MS; waited += LOOK_MS) {
    const now: Answer =
      id === undefined
        ? { refused: result.ok ? 'Nobody is told.' : result.error, channels: [] }
        : { refused: null, channels: channelsOf(health(), id, isWaiting) };
    const text = JSON.stringify(now);
    if (text !== written) writeFileSync(path, text, { mode: 0o600 });
    written = text;
    if (now.channels.every(({ taken }) => taken)) break;
    await sleep(LOOK_MS, undefined, { ref: false });
  }
  await sleep(LEFT_FOR_MS, undefined, { ref: false });
  rmSync(path, { force: true });
}

function channelsOf({ broker, notify }: Health, id: string, isWaiting: (id: string) => boolean): Answer['channels'] {
  const mqtt =
    broker === null
      ? []
      : [
          {
            label: `MQTT broker ${broker.url}${broker.embedded ? ' (built in)' : ''}`,
            taken: !isWaiting(id),
            ...broker,
          },
        ];
  // Of phones there may be none so far.
  const others = notify
    .filter(({ queues }) => queues?.length !== 0)
    .map(({ error, host, kind, name, queues = [name] }) => ({
      ...{ label: `${name} (${kind} at ${host})`, taken: !queues.some((queue) => isWaiting(`${id}@${queue}`)), error },
    }));
  return [...mqtt, ...others].map(({ error, label, taken }) => ({ label, taken, error: taken ? null : error }));
}

/** In the command's process: resolves to the exit code. */
export async function sendTestAlert(stateDir: string, print: (text: string) => void): Promise<number> {
  if (runningPage(stateDir) === null)
    throw new EdgeError(
      EXIT.failed,
      `no sensor runs with the state directory ${stateDir}: start it first, or name its configuration with --config`,
    );
  const request = randomBytes(8).toString('hex');
  askTest(stateDir, request);
  const path = answerPath(stateDir, request);
  try {
    const told = await settled(path);
    if (told === null) {
      withdrawTest(stateDir, request);
      throw new EdgeError(
        EXIT.failed,
        `the sensor has not answered within ${BEGUN_WITHIN_MS / 1000} seconds: look whether it runs`,
      );
    }
    if (told.refused !== null) throw new EdgeError(EXIT.failed, told.refused);
    for (const { error, label, taken } of told.channels)
      print(`${taken ? 'taken  ' : 'WAITING'}  ${label}${taken ? '' : `: ${error ?? 'no answer yet'}`}\n`);
    const isTaken = told.channels.every(({ taken }) => taken);
    print(isTaken ? 'Everybody took the test alert.\n' : 'What waits is tried again until it is taken.\n');
    return isTaken ? EXIT.done : EXIT.failed;
  } finally {
    rmSync(path, { force: true });
  }
}

/** The last answer there is; null where none came. */
async function settled(path: string): Promise<Answer | null> {
  let last: Answer | null = null;
  let since = 0;
  for (let waited = 0; waited < (last === null ? BEGUN_WITHIN_MS : TAKEN_WITHIN_MS); waited += LOOK_MS) {
    last = readAnswer(path) ?? last;
    if (last !== null) since += LOOK_MS;
    const isFaultKnown = since >= FAULT_SHOWS_WITHIN_MS;
    if (last?.channels.every(({ error, taken }) => taken || (isFaultKnown && error !== null))) break;
    await sleep(LOOK_MS);
  }
  return last;
}

function readAnswer(path: string): Answer | null {
  try {
    return existsSync(path) ? answer.parse(JSON.parse(readFileSync(path, 'utf8'))) : null;
  } catch {
    // It is being written.
    return null;
  }
}

function answerPath(stateDir: string, request: string): string {
  return join(pairingFolder(stateDir), `tested-${request}`);
}

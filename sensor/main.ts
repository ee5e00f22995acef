// Composition root: commands, rooms, signals, exit codes. The files in main/ are parts of it.
import { existsSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CaptureError } from './capture/errors.ts';
import { mendOffloads } from './capture/offloads.ts';
import {
  type DoctorCommand,
  type EvidenceCommand,
  EXIT,
  type GlobalOptions,
  type Handlers,
  type ReplayCommand,
  runCli,
} from './cli.ts';
import { ConfigError } from './config.ts';
import { EdgeError } from './main/edge-error.ts';
import { liveCapture, planSource, sourceNames } from './main/live.ts';
import { buildReport, printReport, type ReplayIo, replayInto, streamIncidents } from './main/replay.ts';
import type { Served, ServedOptions } from './main/serve.ts';
import { openSession, type Session, version } from './main/session.ts';
import { keepHeapSmall } from './main/small-heap.ts';
import { checkNotes, formatProblem } from './notes/check.ts';
import { StoreError } from './record/store-error.ts';
import { databaseIn, openKnowledge, openSpine, PROJECT_ROOT, SHIPPED_NOTES } from './spine.ts';

const DEMO = {
  capture: join(PROJECT_ROOT, 'test/captures/demo.pcap'),
  notes: join(PROJECT_ROOT, 'test/captures/demo-notes'),
  /** Nine recorded hours in about half a minute. */
  speed: 1000,
} as const;

/** Runs thingwatch with the arguments after the script's name; resolves to the exit code. */
export async function main(argv: string[]): Promise<number> {
  const handlers: Handlers = {
    run: (options) => (options.demo ? demo(options) : run(options)),
    replay: replayCommand,
    doctor,
    selfTest,
    notesCheck,
    pair,
    evidence,
  };
  for (const stream of [process.stdout, process.stderr]) stream.on('error', forgiveClosedPipe);
  try {
    return await runCli(argv, handlers, { version: version(), out: print, complain });
  } catch (error) {
    return explain(error);
  }
}

async function run(options: GlobalOptions): Promise<number> {
  keepHeapSmall();
  const session = openSession(options);
  const { config } = session;
  const plan = planSource(session);
  await plan.probe();
  const served = await serve({
    session,
    mode: 'live',
    interface: plan.label,
    stateDir: config.state_dir,
    homeNet: config.capture.home_net,
  });
  const live = liveCapture(session, plan, served);
  try {
    await live.start();
    complain(`${plan.port === null ? 'Taking frames from' : 'Capturing on'} ${plan.label}. Stop with Ctrl-C.\n`);
    await stopSignal();
    return EXIT.done;
  } finally {
    await live.stop();
    await served.stop();
  }
}

async function demo(options: GlobalOptions): Promise<number> {
  if (!existsSync(DEMO.capture))
    throw new EdgeError(EXIT.failed, 'the demo capture is not there: it comes with a checkout, under test/captures');
  const session = openSession(options);
  complain('Demo: a recorded home, quickened. Nothing is captured and nothing is kept.\n');
  return serveReplay(session, { files: [DEMO.capture], speed: DEMO.speed, homeNet: [], state: null }, 'demo');
}

async function replayCommand(command: ReplayCommand): Promise<number> {
  const session = openSession(command);
  const homeNet = command.homeNet.length > 0 ? command.homeNet : session.config.capture.home_net;
  if (command.files.includes('-') && command.files.length > 1) {
    throw new EdgeError(EXIT.usage, '- is standard input and cannot be mixed with files: give it alone');
  }
  if (command.serve) return serveReplay(session, { ...command, homeNet }, 'replay');
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

/** Replays with page and broker, and stays up until it is stopped. */
async function serveReplay(
  session: Session,
  command: Pick<ReplayCommand, 'files' | 'speed' | 'homeNet' | 'state'> & Partial<Pick<ReplayCommand, 'format'>>,
  mode: 'replay' | 'demo',
): Promise<number> {
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
    health.capture = 'running';
    if (command.format === 'ndjson') streamIncidents(spine, print);
    const outcome = await replayInto(spine, command, replayIo(session, abort.signal));
    spine.engine.finish();
    spine.recorder.flushAll();
    health.capture = 'ended';
    if (command.format !== undefined) printReport(buildReport(spine, outcome), command.format, print);
    if (!abort.signal.aborted) complain('The replay is over; page and broker stay up until you press Ctrl-C.\n');
    await stopped;
    return EXIT.done;
  } finally {
    await served.stop();
  }
}

function replayIo(session: Session, signal: AbortSignal): ReplayIo {
  const isTerminal = process.stderr.isTTY === true;
  return {
    out: print,
    progress: isTerminal ? (line) => process.stderr.write(`\r\x1b[K${line}`) : null,
    log: session.log('capture'),
    now: () => performance.now(),
    signal,
  };
}

async function doctor(options: DoctorCommand): Promise<number> {
  const session = openSession(options);
  if (options.fix) {
    const { port } = sourceNames(session.config);
    const mended = port === null ? null : await mendOffloads(port, (said) => complain(`${said}\n`));
    if (mended !== null) complain(`${mended.said}\n`);
    if (options.fixOnly) return mended?.done === false ? EXIT.failed : EXIT.done;
  }
  const examination = await import('./main/doctor.ts');
  const abort = new AbortController();
  void stopSignal().then(() => abort.abort());
  return examination.doctor(session, { ...options, out: print, complain, signal: abort.signal });
}

async function selfTest(): Promise<number> {
  const [{ CASES }, runner] = await Promise.all([import('./self-test/cases.ts'), import('./main/self-test.ts')]);
  const abort = new AbortController();
  void stopSignal().then(() => abort.abort());
  const isPassed = await runner.selfTest(CASES, { out: print, signal: abort.signal });
  if (abort.signal.aborted) complain('Stopped before the end.\n');
  return isPassed ? EXIT.done : EXIT.failed;
}

async function notesCheck({ dirs, ...globals }: GlobalOptions & { dirs: string[] }): Promise<number> {
  const checked = dirs.length > 0 ? dirs : [SHIPPED_NOTES, ...openSession(globals).config.notes.dirs];
  const { count, problems } = checkNotes(checked);
  for (const problem of problems) print(`${formatProblem(problem)}\n`);
  print(
    problems.length === 0
      ? `Notes checked: ${count}. No problems.\n`
      : `Problems: ${problems.length}. Notes without any: ${count}.\n`,
  );
  return problems.length === 0 ? EXIT.done : EXIT.failed;
}

async function pair(options: GlobalOptions): Promise<number> {
  const { config } = openSession(options);
  const { newPairingLink, pairingText, runningPage } = await import('./main/pair.ts');
  const page = runningPage(config.state_dir);
  if (page === null) {
    throw new EdgeError(
      EXIT.failed,
      `no sensor runs with the state directory ${config.state_dir}: start it first, or name its configuration with --config`,
    );
  }
  const link = newPairingLink(config.state_dir, page.url);
  print(await pairingText({ link, loopbackOnly: page.loopbackOnly }));
  return EXIT.done;
}

async function evidence(command: EvidenceCommand): Promise<number> {
  const session = openSession(command);
  const { printEvidence } = await import('./main/evidence.ts');
  const path = databaseIn(command.state ?? session.config.state_dir);
  const place = { path, version: version(), knowledge: () => openKnowledge(session) };
  printEvidence(command, place, { out: print, complain });
  return EXIT.done;
}

/** Broker and page are loaded only where they are used: a plain replay starts faster without them. */
async function serve(options: ServedOptions): Promise<Served> {
  const edges = await import('./main/serve.ts');
  return edges.serve(options);
}

/** Resolves at the first Ctrl-C, SIGTERM or hang-up. A second one ends the process the hard way. */
function stopSignal(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => resolve());
  });
}

function explain(error: unknown): number {
  if (error instanceof ConfigError) {
    complain(
      `The configuration is wrong; nothing was started:\n${error.problems.map((problem) => `  ${problem}\n`).join('')}`,
    );
    return EXIT.usage;
  }
  if (error instanceof CaptureError) {
    complain(`thingwatch: ${error.message}\n`);
    return error.problem === 'unopened' ? EXIT.usage : EXIT.failed;
  }
  if (error instanceof EdgeError) {
    complain(`thingwatch: ${error.message}\n`);
    return error.code;
  }
  if (error instanceof StoreError) {
    complain(`thingwatch: ${error.message}\n`);
    return error.code === 'newer' || error.code === 'unwritable' ? EXIT.usage : EXIT.failed;
  }
  throw error;
}

/** A reader that has seen enough, as in `replay … | head`, ends nothing: a sensor goes on without its terminal. */
function forgiveClosedPipe(error: Error): void {
  if (!('code' in error && error.code === 'EPIPE')) throw error;
}

function print(text: string | Buffer): void {
  process.stdout.write(text);
}

function complain(text: string): void {
  process.stderr.write(text);
}

// `node dist/sensor/main.js run` starts it without the set-up that start.mjs makes first.
const script = process.argv[1];
if (script !== undefined && existsSync(script) && realpathSync(script) === fileURLToPath(import.meta.url)) {
  process.exitCode = await main(process.argv.slice(2));
}

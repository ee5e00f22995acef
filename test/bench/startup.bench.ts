// How long starts take: a bare Node beside the help, a replay of a few packets, and a live run until its capture is open, with an
// empty database and with a year-old one. Wall time in alternating rounds; on another machine the ratio to the bare Node says more.
import { spawn } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, statSync } from 'node:fs';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { LINK_TYPES } from '../../sensor/capture/frame.ts';
import { loadConfig } from '../../sensor/config.ts';
import { silentLog } from '../../sensor/log.ts';
import { databaseIn } from '../../sensor/spine.ts';
import { openSpine } from '../../sensor/stored-spine.ts';
import { checkout } from '../lab/namespaces.ts';
import { Household } from './household.ts';
import { median, plainEnvironment, readArgs, THINGWATCH, timed } from './measure.ts';

const SMALL = `${checkout}/test/captures/three-mailers.pcap`;
const DAY = 24 * 60 * 60_000;
const FLUSH = DAY / 4;
const YEAR_DAYS = 365;
const DEVICES = 100;
/** Connections of a thing in a day; a person's device makes ten times as many. Few: what lasts of a year are devices and backends. */
const CONNECTIONS = 1;
/** Frames are taken from here on. */
const CAPTURING = 'Capturing on ';

export async function run(args: string[]): Promise<void> {
  const { values } = readArgs(args, { rounds: 7 });
  const asRoot = process.getuid?.() === 0;
  const year = asRoot ? yearOldDatabase() : null;
  const starts: Record<string, () => Promise<number | null>> = {
    'node -e 0': () => timed([process.execPath, '-e', '0']),
    '--help': () => timed([...THINGWATCH, '--help']),
    'replay of a few packets': () => timed([...THINGWATCH, 'replay', SMALL, '--format', 'json']),
    'run, empty database': async () => (asRoot ? untilCapturing(null) : null),
    'run, year-old database': async () => (asRoot ? untilCapturing(year) : null),
  };
  const times = new Map<string, number[]>();
  for (let round = 0; round < values.rounds; round++) {
    for (const [name, start] of Object.entries(starts)) {
      const took = await start();
      if (took !== null) times.set(name, [...(times.get(name) ?? []), took]);
    }
  }
  console.log(
    `${cpus().length} cores, Node ${process.versions.node}, load ${loadavg()[0]?.toFixed(1)}; ${values.rounds} alternating rounds`,
  );
  const floor = times.get('node -e 0') ?? [];
  for (const name of Object.keys(starts)) {
    const all = times.get(name);
    if (all === undefined) {
      console.log(`${name.padEnd(24)} not run: it needs root`);
      continue;
    }
    const fastest = Math.min(...all);
    console.log(
      `${name.padEnd(24)} fastest ${fastest.toFixed(0).padStart(5)} ms, median ${median(all).toFixed(0).padStart(5)} ms; ${(fastest / Math.min(...floor)).toFixed(1)} and ${(median(all) / median(floor)).toFixed(1)} x node -e 0`,
    );
  }
}

/** Milliseconds from the start until frames are taken, from the loopback interface. */
async function untilCapturing(database: string | null): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'thingwatch-startup-'));
  if (database !== null) copyFileSync(database, databaseIn(folder));
  const env = {
    ...plainEnvironment(),
    THINGWATCH_STATE_DIR: folder,
    THINGWATCH_CAPTURE_INTERFACE: 'lo',
    THINGWATCH_MQTT_LISTEN: '127.0.0.1:0',
    THINGWATCH_WEB_LISTEN: '127.0.0.1:0',
  };
  const begun = performance.now();
  const [command = '', ...args] = [...THINGWATCH, 'run'];
  const child = spawn(command, args, { cwd: folder, env, stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  try {
    return await new Promise<number>((resolve, reject) => {
      child.stderr.setEncoding('utf8').on('data', (text: string) => {
        said += text;
        if (said.includes(CAPTURING)) resolve(performance.now() - begun);
      });
      child.once('error', reject);
      child.once('close', (code) => reject(new Error(`run ended with ${code}: ${said.trim()}`)));
    });
  } finally {
    child.kill('SIGTERM');
    if (child.exitCode === null && child.signalCode === null)
      await new Promise((resolve) => child.once('close', resolve));
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Path of the database of a home that was watched for a year until today; made when there is none of this day. */
function yearOldDatabase(): string {
  const folder = join(tmpdir(), 'thingwatch-bench');
  const file = join(folder, `year-${DEVICES}.db`);
  if (existsSync(file) && Date.now() - statSync(file).mtimeMs < DAY) return file;
  console.log(`making the database of a year with ${DEVICES} devices: ${file}`);
  mkdirSync(folder, { recursive: true });
  const made = mkdtempSync(join(folder, 'year-'));
  const begin = Date.now() - YEAR_DAYS * DAY;
  let now = begin;
  const { config } = loadConfig({ file: undefined, workingDirectory: '/', environment: {} });
  const spine = openSpine({
    config,
    stateDir: made,
    homeNet: [],
    sensorMac: null,
    log: () => silentLog,
    now: () => now,
    alerts: () => [],
  });
  const home = new Household({ devices: DEVICES, connections: CONNECTIONS, presenceEvery: FLUSH, seed: 3 });
  for (let day = 0; day < YEAR_DAYS; day++) {
    let flushAt = begin + day * DAY;
    for (const { data, time } of home.day(begin + day * DAY)) {
      for (; flushAt <= time; flushAt += FLUSH) spine.recorder.flushAll();
      now = time;
      spine.engine.frame({ time, linkType: LINK_TYPES.ethernet, data, originalLength: data.length });
    }
  }
  spine.close();
  renameSync(databaseIn(made), file);
  rmSync(made, { recursive: true });
  return file;
}

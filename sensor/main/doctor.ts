// `thingwatch doctor`: gathers what the checks need of all rooms, and prints what they say. Belongs to main.ts.
import { existsSync, readFileSync } from 'node:fs';
import Database from 'better-sqlite3';
import { version } from '../checkout.ts';
import { EXIT } from '../cli.ts';
import { doctorReport, formatDoctor, NO_MIRROR_PORT, runDoctor } from '../deploy/doctor.ts';
import type { DoctorCheck } from '../deploy/doctor-check.ts';
import type { Watched } from '../deploy/doctor-traffic.ts';
import { checkNotes, formatProblem } from '../notes/check.ts';
import { checkMirrors } from '../notes/mirrors.ts';
import { databaseIn, SHIPPED_NOTES } from '../spine.ts';
import { checkBroker } from './doctor-broker.ts';
import { checkRights } from './doctor-rights.ts';
import { watchTraffic } from './doctor-watch.ts';
import { sourceNames } from './live.ts';
import { CLOCK_KEY } from './live-clock.ts';
import { runningPage } from './pairing-links.ts';
import type { Session } from './session.ts';
import { askSynchronised, batteryClock, readKept } from './system-clock.ts';

export interface DoctorRun {
  /** How long traffic is watched; 0 leaves it out. */
  seconds: number;
  json: boolean;
  out(text: string): void;
  complain(text: string): void;
  signal: AbortSignal;
}

export async function doctor(session: Session, run: DoctorRun): Promise<number> {
  const { config, now } = session;
  const { port, remote } = sourceNames(config);
  const stateDir = config.state_dir;
  // Two on one router, or two of a command that was meant for one, would be in each other's way; two on one port are not.
  const isTaken = remote !== null && runningPid(stateDir) !== null;
  if (run.seconds > 0 && !isTaken) run.complain(`Watching traffic for ${run.seconds} seconds …\n`);
  const [watched, broker, targets, fleet, synchronised] = await Promise.all([
    run.seconds === 0 ? null : isTaken ? TAKEN : watchTraffic(session, run.seconds, run.signal),
    checkBroker(config),
    Object.keys(config.notify).length === 0
      ? []
      : import('./doctor-notify.ts').then((checks) => checks.checkTargets(config)),
    config.fleet.enrolment === undefined
      ? []
      : import('./doctor-fleet.ts').then(({ checkFleet }) => checkFleet(config.fleet.enrolment ?? '', stateDir, now)),
    askSynchronised(),
  ]);
  const thingwatch = version();
  const { base_path: basePath, cert, listen } = config.web;
  const checks = await runDoctor({
    interface: port,
    remote,
    stateDir,
    thingwatch,
    page: { listen, basePath, tls: cert !== undefined },
    watched,
    clock: { now: now(), synchronised, battery: batteryClock(), lastKnown: lastKnownTime(stateDir) },
    writesADay: writesADay(stateDir),
    others: [checkRights(config, runningPid(stateDir)), broker, ...targets, ...fleet, notesCheck(config.notes.dirs)],
  });
  const about = {
    thingwatch,
    source: port ?? remote,
    seconds: watched !== null && 'seconds' in watched ? watched.seconds : 0,
  };
  run.out(run.json ? `${JSON.stringify(doctorReport(checks, about), null, 2)}\n` : formatDoctor(checks));
  if (remote === null && !run.json) run.complain(NO_MIRROR_PORT);
  return checks.some(({ result }) => result === 'fail') ? EXIT.failed : EXIT.done;
}

const TAKEN: Watched = { problem: 'the running sensor takes the frames; its page shows what it sees' };

function notesCheck(dirs: readonly string[]): DoctorCheck {
  const all = [SHIPPED_NOTES, ...dirs];
  const { count, problems: inNotes } = checkNotes(all);
  const problems = [...inNotes, ...checkMirrors(all).problems];
  const check = { name: 'notes', why: 'they tell what a device family may do, and what to do when it does not' };
  if (problems.length === 0) return { ...check, result: 'ok', found: `${count} firmware notes, all valid`, fix: null };
  const [first] = problems;
  const found = `${problems.length} mistakes in firmware notes: ${first === undefined ? '' : formatProblem(first)}`;
  return { ...check, result: 'warn', found, fix: 'thingwatch notes check, which lists each with file, line and key' };
}

/** What a sensor with this database knew last, read beside it where it runs. */
function lastKnownTime(stateDir: string): number | null {
  const path = databaseIn(stateDir);
  if (!existsSync(path)) return null;
  try {
    const db = new Database(path, { readonly: true, fileMustExist: true });
    try {
      const text = db.prepare<[string], string>('SELECT value FROM meta WHERE key = ?').pluck().get(CLOCK_KEY);
      return readKept(text ?? null)?.time ?? null;
    } finally {
      db.close();
    }
  } catch {
    // Another's, damaged, or of an older version: the sensor says so when it starts.
    return null;
  }
}

/** Null where no sensor runs with this state directory. */
function runningPid(stateDir: string): number | null {
  const pid = runningPage(stateDir)?.pid;
  return pid !== undefined && existsSync(`/proc/${pid}`) ? pid : null;
}

const DAY = 24 * 60 * 60;
/** A process younger than this (s) has written its beginnings, not its habit. */
const YOUNG = 60;

/** What the kernel counts for the running sensor; null where none runs or its counts may not be read. */
function writesADay(stateDir: string): number | null {
  const pid = runningPid(stateDir);
  if (pid === null) return null;
  try {
    const bytes = Number(/^write_bytes: (\d+)$/m.exec(readFileSync(`/proc/${pid}/io`, 'utf8'))?.[1]);
    // Field 22 of proc(5)'s stat: ticks, a hundredth of a second, after boot; the name before it may hold spaces.
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? [];
    const age = Number.parseFloat(readFileSync('/proc/uptime', 'utf8')) - Number(fields[19]) / 100;
    return age < YOUNG || Number.isNaN(bytes) ? null : Math.round((bytes / age) * DAY);
  } catch {
    return null;
  }
}

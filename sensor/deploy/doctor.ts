// Whether this machine can be a sensor: each check looks for itself and says what it found, why it matters and what to do.
// It changes nothing and sends nothing, but for one connection to the configured broker.
import { listInterfaces } from '../capture/interfaces.ts';
import {
  checkCaptureAddOn,
  checkFilterRoom,
  checkInterface,
  checkOffloads,
  checkOpening,
  checkPrivileges,
  checkTcpdump,
  readFilterLimit,
  readOwnStatus,
} from './doctor-capture.ts';
import type { DoctorCheck } from './doctor-check.ts';
import { checkBroker, checkClock, checkPort, checkStateDirectory } from './doctor-place.ts';
import { checkRemote } from './doctor-source.ts';

export { type DoctorCheck, formatDoctor } from './doctor-check.ts';
export { NO_MIRROR_PORT } from './doctor-source.ts';

export interface DoctorOptions {
  /** The interface that `run` would listen on; null when none is configured and none could be guessed. */
  readonly interface: string | null;
  /** What gives the frames in place of an interface of this machine, for people; null where one does. */
  readonly remote: string | null;
  readonly stateDir: string;
  /** `host:port` of the page; an IPv6 host in brackets. */
  readonly webListen: string;
  /** The configured broker, or null for the embedded one. */
  readonly mqttUrl: string | null;
  /** This machine's clock, milliseconds since 1970. */
  readonly now: number;
}

/** Runs every check, in the order a person would repair things. None throws or takes longer than a few seconds. */
export async function runDoctor(options: DoctorOptions): Promise<DoctorCheck[]> {
  return Promise.all([
    ...(options.remote === null ? portChecks(options.interface) : [checkRemote(options.remote)]),
    checkTcpdump(),
    ...(options.remote === null ? [checkCaptureAddOn()] : []),
    checkStateDirectory(options.stateDir),
    checkPort(options.webListen),
    checkBroker(options.mqttUrl),
    checkClock(options.now),
  ]);
}

function portChecks(wanted: string | null): (DoctorCheck | Promise<DoctorCheck>)[] {
  const interfaces = listInterfaces();
  const device = interfaces.find(({ name }) => name === wanted)?.name;
  return [
    checkPrivileges(readOwnStatus(), process.getuid?.()),
    checkInterface(wanted, interfaces),
    ...(device === undefined ? [] : [checkOpening(device), checkOffloads(device)]),
    checkFilterRoom(readFilterLimit()),
  ];
}

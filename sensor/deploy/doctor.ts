// Whether this machine can be a sensor: each check looks for itself and says what it found, why it matters and what to do.
// It changes nothing and sends nothing on the network it watches; what must be asked of other rooms is handed in.
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
import {
  type ClockFacts,
  checkClock,
  checkMtu,
  checkRing,
  checkVersions,
  checkWriting,
  mtuOf,
} from './doctor-machine.ts';
import { checkPage, checkStateDirectory, type PagePlace } from './doctor-place.ts';
import { checkRemote } from './doctor-source.ts';
import { trafficChecks, type Watched } from './doctor-traffic.ts';

export { type DoctorCheck, doctorReport, formatDoctor } from './doctor-check.ts';
export { NO_MIRROR_PORT } from './doctor-source.ts';

export interface DoctorOptions {
  /** The interface that `run` would listen on; null when none is configured and none could be guessed. */
  readonly interface: string | null;
  /** What gives the frames in place of an interface of this machine, for people; null where one does. */
  readonly remote: string | null;
  readonly stateDir: string;
  readonly thingwatch: string;
  readonly page: PagePlace;
  /** What traffic showed; null where nobody was to look. */
  readonly watched: Watched | null;
  readonly clock: ClockFacts;
  /** Bytes that the running sensor writes a day; null where none runs, or it cannot be told. */
  readonly writesADay: number | null;
  /** Of the broker and of the notes, which belong to other rooms. */
  readonly others: readonly DoctorCheck[];
}

/** Runs every check, in the order a person would repair things. None throws or takes longer than a few seconds. */
export async function runDoctor(options: DoctorOptions): Promise<DoctorCheck[]> {
  const { clock, others, page, remote, stateDir, thingwatch, watched, writesADay } = options;
  const writing = checkWriting(stateDir, writesADay);
  return Promise.all([
    ...(remote === null ? portChecks(options) : [checkRemote(remote)]),
    ...(watched === null ? [] : trafficChecks(watched, options.interface)),
    checkTcpdump(),
    ...(remote === null ? [checkCaptureAddOn()] : []),
    checkVersions(thingwatch),
    checkStateDirectory(stateDir),
    ...(writing === null ? [] : [writing]),
    checkPage(page),
    ...others,
    checkClock(clock),
  ]);
}

function portChecks({ interface: wanted, watched }: DoctorOptions): (DoctorCheck | Promise<DoctorCheck>)[] {
  const interfaces = listInterfaces();
  const device = interfaces.find(({ name }) => name === wanted)?.name;
  const unseen = { problem: 'nobody listened' };
  return [
    checkPrivileges(readOwnStatus(), process.getuid?.()),
    checkInterface(wanted, interfaces),
    ...(device === undefined
      ? []
      : [
          checkOpening(device),
          checkOffloads(device),
          checkRing(device, mtuOf(device)),
          checkMtu(device, mtuOf(device), watched ?? unseen),
        ]),
    checkFilterRoom(readFilterLimit()),
  ];
}

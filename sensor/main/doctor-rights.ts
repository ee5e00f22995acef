// Doctor's check of who a sensor runs as here: the user that `run` would become, and what the processes of a running one may do.
// Belongs to main.ts.
import { readFileSync } from 'node:fs';
import type { Config } from '../config.ts';
import type { DoctorCheck } from '../deploy/doctor-check.ts';
import { english } from '../language/words.ts';
import { EdgeError } from './edge-error.ts';
import { needsKeeper, type Rights, readRights } from './privileges.ts';
import { planRunAs, rootWarning } from './run-as.ts';

const NAME = 'rights';
const WHY = 'what reads hostile bytes off the wire must have no right that is worth taking';

/** @param pid of a running sensor, null where none runs */
export function checkRights(config: Config, pid: number | null): DoctorCheck {
  const running = pid === null ? null : rightsOf(pid);
  if (running !== null) return tellRunning(running);
  const own = readRights();
  if (own.uid !== 0)
    return tell(
      'ok',
      needsKeeper(own) ? AMBIENT : `a sensor of user ${own.uid} is one process with that user's rights`,
      null,
    );
  try {
    const { stays, user } = planRunAs(config);
    if (stays !== null) {
      const { fix, text } = rootWarning(stays).say(english);
      return tell('warn', text, fix);
    }
    return user === null
      ? tell('warn', 'run_as: root has the sensor stay root', 'leave run_as out, or name a user with it')
      : tell('ok', `started by root the sensor becomes user ${user.name}; its capture alone keeps CAP_NET_RAW`, null);
  } catch (error) {
    if (error instanceof EdgeError) return tell('fail', error.message, 'let that user reach it, or change run_as');
    throw error;
  }
}

const AMBIENT = 'the sensor gives CAP_NET_RAW to its capture alone';

function tell(result: DoctorCheck['result'], found: string, fix: string | null): DoctorCheck {
  return { name: NAME, result, found, why: WHY, fix };
}

function tellRunning({ effective, permitted, uid }: Rights): DoctorCheck {
  const rights = effective | permitted;
  if (uid !== 0 && rights === 0n) return tell('ok', `the running sensor is user ${uid} and has no capability`, null);
  const found = `the running sensor is user ${uid} and has capabilities (${rights.toString(16)})`;
  return tell('warn', found, 'its page and its log say why; start it as the service, or with sudo, and see run_as');
}

function rightsOf(pid: number): Rights | null {
  try {
    return readRights(readFileSync(`/proc/${pid}/status`, 'latin1'));
  } catch {
    return null;
  }
}

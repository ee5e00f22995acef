// `thingwatch fleet withdraw`: the home leaves its fleet. From then on nothing is sent, whatever the configuration says, and the fleet
// is told to delete what it has. Belongs to main.ts.
import { existsSync } from 'node:fs';
import { EXIT } from '../cli.ts';
import type { FleetWithdrawCommand } from '../cli-fleet.ts';
import { RECORD_SCHEMA } from '../fleet/record.ts';
import { sendOnce } from '../fleet/send-once.ts';
import { markWithdrawn } from '../fleet/withdrawn.ts';
import { isAsked, isYes } from './ask.ts';
import { EdgeError } from './edge-error.ts';
import { enrolmentOf } from './fleet-door.ts';
import { openSession } from './session.ts';
import { systemAuthorities } from './system-authorities.ts';
import { complain, print } from './terminal.ts';

/** A sensor that runs looks once a second whether its home has left. */
const NOTICED_WITHIN_MS = 2500;

export async function withdraw(command: FleetWithdrawCommand): Promise<number> {
  const { config } = openSession(command);
  const enrolment = enrolmentOf(config);
  if (enrolment === null)
    throw new EdgeError(EXIT.usage, 'this home is in no fleet: the configuration has no fleet.enrolment');
  const stateDir = command.state ?? config.state_dir;
  if (!existsSync(stateDir))
    throw new EdgeError(EXIT.usage, `there is no directory ${stateDir}: name that of the database with --state`);
  if (!command.yes && !(await isAgreed(enrolment.fleet))) return EXIT.failed;
  mark(stateDir, enrolment.home);
  print('From now on this sensor sends nothing to the fleet.\n');
  // Nothing of this home is to arrive after its withdrawal.
  await new Promise((resolve) => setTimeout(resolve, NOTICED_WITHIN_MS));
  const fault = await sendOnce({ enrolment, authorities: systemAuthorities(), payload: withdrawal(Date.now()) });
  if (fault !== null) {
    complain(
      `thingwatch: ${fault}. So the fleet was not told to delete what it has: give the command again, or ask whoever runs the fleet.\n`,
    );
    return EXIT.failed;
  }
  print(
    `The fleet "${enrolment.fleet}" was told to delete all that this home sent. Whoever runs it can tell you when that is done.\n` +
      `Now remove fleet.enrolment from the configuration, and the file ${config.fleet.enrolment}; then start the sensor again.\n`,
  );
  return EXIT.done;
}

async function isAgreed(fleet: string): Promise<boolean> {
  if (!isAsked()) throw new EdgeError(EXIT.usage, 'nobody can be asked here (no terminal): give --yes');
  if (await isYes(`Leave the fleet "${fleet}" and have it delete all that this home sent? This cannot be undone.`))
    return true;
  complain('Nothing was changed.\n');
  return false;
}

function mark(stateDir: string, home: string): void {
  try {
    markWithdrawn(stateDir, home);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new EdgeError(
      EXIT.failed,
      `that this home has left cannot be written beside its database (${why}), so nothing was done: as the user of the ` +
        'sensor, or root, it can',
    );
  }
}

/** @param now wall time, ms: later than what an earlier withdrawal bore */
function withdrawal(now: number): string {
  return JSON.stringify({
    schema: RECORD_SCHEMA,
    id: 'withdrawal',
    revision: Math.floor(now / 1000),
    kind: 'withdrawal',
    body: {},
  });
}

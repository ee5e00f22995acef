// `thingwatch fleet preview`: what is sent to the fleet of the state at hand, record for record, and nothing else. It sends nothing
// and changes nothing. Belongs to main.ts.
import { existsSync } from 'node:fs';
import { Home } from '../attribute/home.ts';
import { PrivateThings } from '../attribute/private-things.ts';
import { EXIT } from '../cli.ts';
import type { FleetPreviewCommand } from '../cli-fleet.ts';
import type { FleetBooks } from '../fleet/books.ts';
import { DAYS_KEY, DayBook } from '../fleet/day-book.ts';
import { Ledger } from '../fleet/ledger.ts';
import { keptMembership, type Membership, membershipForNobody } from '../fleet/membership.ts';
import { planRecords } from '../fleet/plan.ts';
import type { FleetRecord } from '../fleet/record.ts';
import { isWithdrawn } from '../fleet/withdrawn.ts';
import { readBooks, type StoredBooks } from '../record/books-reader.ts';
import { databaseIn, openKnowledge, shippedNotes } from '../spine.ts';
import { EdgeError } from './edge-error.ts';
import { enrolmentOf, newestOf } from './fleet-door.ts';
import { openSession, type Session } from './session.ts';
import { complain, print } from './terminal.ts';

export function preview(command: FleetPreviewCommand): number {
  const session = openSession(command);
  const stateDir = command.state ?? session.config.state_dir;
  const path = databaseIn(stateDir);
  if (!existsSync(path))
    throw new EdgeError(EXIT.failed, `there is no database ${path}: name its directory with --state or --config`);
  const enrolment = enrolmentOf(session.config);
  if (enrolment !== null && isWithdrawn(stateDir, enrolment.home)) {
    complain(`This home has left the fleet "${enrolment.fleet}": nothing is sent to it.\n`);
    return EXIT.done;
  }
  const stored = readBooks(path);
  const store = { meta: (key: string) => stored.meta.get(key) ?? null };
  const now = newestOf(stored.devices, stored.until ?? 0);
  const kept = keptMembership(store, enrolment?.home ?? null);
  const records = recordsOf(session, stored, {
    membership: kept ?? membershipForNobody(now),
    now,
    isMember: kept !== null,
  });
  complain(aboutIt(path, enrolment?.fleet ?? null, kept !== null, records.length));
  for (const record of records) print(`${JSON.stringify(record)}\n`);
  return EXIT.done;
}

function recordsOf(
  session: Session,
  stored: StoredBooks,
  { isMember, membership, now }: { membership: Membership; now: number; isMember: boolean },
): FleetRecord[] {
  const { devices, hours, incidents, memory, meta, until } = stored;
  const home = new Home(session.config.capture.home_net);
  home.restore(memory);
  const privates = new PrivateThings(devices);
  const books: FleetBooks = {
    ...{ devices, incidents, home, now, since: membership.since, pseudonym: membership.pseudonym },
    hours: until === null ? null : hours,
    days: new DayBook(meta.get(DAYS_KEY) ?? null),
    knowledge: openKnowledge(session),
    families: new Set(shippedNotes().map(({ slug }) => slug)),
    isPrivate: (mac) => privates.has(mac),
  };
  // What another fleet was told changes nothing of what this one would be.
  const ledger = new Ledger({ meta: (key) => (isMember ? (meta.get(key) ?? null) : null) });
  return planRecords(books, ledger).map(({ record }) => record);
}

/** For standard error: the records alone go to standard output. */
function aboutIt(path: string, fleet: string | null, isMember: boolean, count: number): string {
  const whom = fleet === null ? 'a fleet, if this home were in one' : `the fleet "${fleet}"`;
  const hashes = isMember ? '' : ' It has not reported there yet: the hashes will be others than these.';
  return (
    `What is sent to ${whom} of what lies in ${path}: ${count} records, one a line, each as it travels and nothing beside them. ` +
    `Nothing is sent by this command; a sensor that runs writes its latest news there within ten minutes.${hashes}\n`
  );
}

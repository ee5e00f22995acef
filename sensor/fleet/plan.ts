// All that a home has to tell its fleet at one moment, each record with the revision that it has or will have: what the page and
// `fleet preview` show and what is sent is the same list, made here.
import { type FleetBooks, Told } from './books.ts';
import { DAY, DAYS_TOLD } from './day-book.ts';
import { type Draft, digestOf, recordOf } from './draft.ts';
import type { Ledger, Sent } from './ledger.ts';
import type { FleetRecord } from './record.ts';
import { coverageDrafts, usageDrafts } from './report-days.ts';
import { incidentDrafts, incidentRecord } from './report-incidents.ts';
import { atOnce, type Steps } from './steps.ts';

export interface Planned {
  record: FleetRecord;
  /** `sent`: this revision was handed to the outbox · `news`: goes at once · `counts`: goes when its time has come. */
  state: 'sent' | 'news' | 'counts';
  /** What the ledger is to know once it is handed over; `sentAt` is still to be set. */
  sent: Sent;
  /** What the ledger knew when this was worked out: where it knows more by now, this is old. */
  before: Sent | undefined;
}

/** All there is, or the incidents with these ids at home alone: what changed is told without looking through the rest. */
export type Extent = 'all' | ReadonlySet<string>;

const SECOND = 1000;
/** An incident that was told and is in the books no more was dissolved; one that old (s) may have made room. */
const TAKEN_BACK_WITHIN = 300 * 24 * 60 * 60;

/** Incidents by their last moment, then coverage, then usage by day. */
export function planRecords(
  books: FleetBooks,
  ledger: Pick<Ledger, 'get' | 'entries'>,
  extent: Extent = 'all',
): Planned[] {
  return atOnce(planSteps(books, ledger, extent));
}

/** The same a record or a device at a time; books and ledger may go on meanwhile, but nothing of them may have become private. */
export function* planSteps(
  books: FleetBooks,
  ledger: Pick<Ledger, 'get' | 'entries'>,
  extent: Extent,
): Steps<Planned[]> {
  // As of now: what is told of meanwhile is newer than what is worked out here, and not gone for being in no draft.
  const before = new Map(known(books, ledger, extent));
  yield;
  const told = new Told(books);
  yield;
  const plan: Planned[] = [];
  const ids = new Set<string>();
  function* take(drafts: Steps<Draft[]>): Steps<void> {
    for (const draft of yield* drafts) {
      ids.add(draft.id);
      plan.push(planned(draft, before.get(draft.id)));
      yield;
    }
  }
  yield* take(incidentDrafts(told, extent === 'all' ? null : extent));
  if (extent === 'all') {
    yield* take(coverageDrafts(told));
    yield* take(usageDrafts(told));
  }
  for (const [id, sent] of before) {
    const taken = ids.has(id) ? null : takenBack(id, sent, books.now / SECOND);
    if (taken === null) continue;
    plan.push(taken);
    yield;
  }
  return plan;
}

/** What was told of all that is looked at. */
function known(
  { pseudonym }: FleetBooks,
  ledger: Pick<Ledger, 'get' | 'entries'>,
  extent: Extent,
): Iterable<readonly [id: string, sent: Sent]> {
  if (extent === 'all') return ledger.entries();
  return [...extent].flatMap((incident) => {
    const id = incidentRecord(pseudonym('incident', incident));
    const sent = ledger.get(id);
    return sent === undefined ? [] : [[id, sent] as const];
  });
}

function planned({ at, content, emptied, id, news }: Draft, before: Sent | undefined): Planned {
  const digest = digestOf(content);
  if (before?.digest === digest && before.news === news)
    return { record: recordOf(id, before.revision, content), state: 'sent', sent: before, before };
  const revision = Math.max(at, before === undefined ? 0 : before.revision + 1);
  return {
    record: recordOf(id, revision, content),
    state: before?.news === news ? 'counts' : 'news',
    sent: { revision, digest, news, sentAt: 0, at, emptied },
    before,
  };
}

/** What was told and holds no more, such as of a device that is private now. @param now packet time, s */
function takenBack(id: string, before: Sent, now: number): Planned | null {
  const { at, emptied } = before;
  if (emptied === null) return null;
  const reach = emptied.kind === 'incident' ? TAKEN_BACK_WITHIN : ((DAYS_TOLD - 1) * DAY) / SECOND;
  if (at < now - reach) return null;
  return planned({ id, content: emptied, emptied, at, news: 'taken back' }, before);
}

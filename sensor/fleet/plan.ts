// All that a home has to tell its fleet at one moment, each record with the revision that it has or will have: what the page and
// `fleet preview` show and what is sent is the same list, made here.
import { type FleetBooks, Told } from './books.ts';
import { DAY, DAYS_TOLD } from './day-book.ts';
import { type Draft, digestOf, recordOf } from './draft.ts';
import type { Ledger, Sent } from './ledger.ts';
import type { FleetRecord } from './record.ts';
import { coverageDrafts, usageDrafts } from './report-days.ts';
import { incidentDrafts, incidentRecord } from './report-incidents.ts';

export interface Planned {
  record: FleetRecord;
  /** `sent`: this revision was handed to the outbox · `news`: goes at once · `counts`: goes when its time has come. */
  state: 'sent' | 'news' | 'counts';
  /** What the ledger is to know once it is handed over; `sentAt` is still to be set. */
  sent: Sent;
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
  const told = new Told(books);
  const drafts =
    extent === 'all'
      ? [...incidentDrafts(told, null), ...coverageDrafts(told), ...usageDrafts(told)]
      : incidentDrafts(told, extent);
  const ids = new Set(drafts.map(({ id }) => id));
  const gone = [...known(books, ledger, extent)].flatMap(([id, sent]) =>
    ids.has(id) ? [] : (takenBack(id, sent, books.now / SECOND) ?? []),
  );
  return [...drafts.map((draft) => planned(draft, ledger.get(draft.id))), ...gone];
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
    return { record: recordOf(id, before.revision, content), state: 'sent', sent: before };
  const revision = Math.max(at, before === undefined ? 0 : before.revision + 1);
  return {
    record: recordOf(id, revision, content),
    state: before?.news === news ? 'counts' : 'news',
    sent: { revision, digest, news, sentAt: 0, at, emptied },
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

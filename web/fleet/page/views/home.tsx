// One home: how it was seen, day by day; and for a helper of it what it has sent, as it sees that itself.
import { useEffect, useRef, useState } from 'preact/hooks';
import { day, relativeTime } from '../../../page/format.ts';
import { Card, Empty, Facts, Title } from '../../../page/parts/plain.tsx';
import type { HomeAnswer, HomeDay, RecordsPage } from '../../shapes.ts';
import { ask, useResource } from '../client.ts';
import { Choice, Failure, Pending, Prose, Stale } from '../parts/basics.tsx';
import { noonOf } from '../parts/days.ts';
import { HomeBadges, HomeStrip } from '../parts/home-line.tsx';
import { wordFor, words } from '../words.ts';

export function HomeView({ home }: { home: string }) {
  const answer = useResource<HomeAnswer>(`api/homes/${encodeURIComponent(home)}`);
  const title = answer.data?.home.label ?? home;
  return (
    <>
      <Title back={{ path: '/homes', label: words.home.back }}>{title}</Title>
      <Stale resource={answer} />
      {answer.data === null ? <Pending resource={answer} /> : <Home answer={answer.data} />}
    </>
  );
}

function Home({ answer: { days, home, mayOpen } }: { answer: HomeAnswer }) {
  const text = words.homes;
  const vantage = days.findLast((one) => one.vantage !== null)?.vantage ?? null;
  return (
    <>
      <Card>
        <HomeBadges home={home} />
        {home.isBlind && (
          <p class="notice">
            <Prose text={words.home.blindHint} />
          </p>
        )}
        <Facts
          rows={[
            [text.id, home.home],
            [text.state, text.states[home.state]],
            [text.version, home.version],
            [text.since, day(noonOf(home.enrolled))],
            [text.lastReport, home.lastSeen === null ? text.neverSeen : day(noonOf(home.lastSeen))],
            [words.home.sees, vantage === null ? null : (wordFor(words.home.vantage, vantage) ?? words.state.unknown)],
          ]}
        />
      </Card>
      <Card title={words.home.coverage}>
        <HomeStrip home={home} />
        <p class="strip-ends muted" aria-hidden="true">
          <span>{words.home.firstDay}</span>
          <span>{words.home.lastDay}</span>
        </p>
        <Gaps days={days} />
      </Card>
      {mayOpen ? <Records home={home.home} /> : <Closed home={home.home} />}
    </>
  );
}

function Gaps({ days }: { days: HomeDay[] }) {
  const lacking = days.filter((one) => (one.hours ?? 0) < 24 || (one.lossPercent ?? 0) > 0).toReversed();
  if (lacking.length === 0) return null;
  return (
    <details>
      <summary>{words.home.why(lacking.length)}</summary>
      <ul class="bullets">
        {lacking.map((one) => (
          <li key={one.day}>
            {one.hours === null
              ? words.home.nothing(noonOf(one.day))
              : words.home.gap(noonOf(one.day), Math.round(one.hours * 10) / 10, one.lossPercent ?? 0)}
          </li>
        ))}
      </ul>
    </details>
  );
}

function Closed({ home }: { home: string }) {
  return (
    <Card title={words.home.record} quiet>
      <p>{words.home.closed}</p>
      <p class="muted">{words.home.closedHint}</p>
      <code class="command">npm run -s thingwatch -- fleet desk --add-token NAME --home {home}</code>
    </Card>
  );
}

type Kind = keyof typeof words.home.kinds;

function Records({ home }: { home: string }) {
  const [kind, setKind] = useState<Kind>('incident');
  return (
    <Card title={words.home.record}>
      <p class="muted">
        <Prose text={words.home.recordHint} />
      </p>
      <Choice label={words.home.kind} names={words.home.kinds} value={kind} choose={setKind} />
      <RecordList key={kind} home={home} kind={kind} />
    </Card>
  );
}

function RecordList({ home, kind }: { home: string; kind: Kind }) {
  const [page, setPage] = useState<RecordsPage | null>(null);
  const [failed, setFailed] = useState<string | null>(null);
  const isGone = useRef(false);

  async function load(from: RecordsPage | null): Promise<void> {
    setFailed(null);
    try {
      const after = from === null || from.next === null ? '' : `&after=${from.next}`;
      const next = await ask<RecordsPage>(`api/homes/${home}/records?kind=${kind}${after}`);
      if (!isGone.current) setPage({ records: [...(from?.records ?? []), ...next.records], next: next.next });
    } catch (error) {
      if (!isGone.current) setFailed(error instanceof Error ? error.message : words.state.failed);
    }
  }
  useEffect(() => {
    isGone.current = false;
    void load(null);
    return () => {
      isGone.current = true;
    };
  }, []);
  if (failed !== null) return <Failure text={failed} retry={() => void load(page)} />;
  if (page === null) return <p role="status">{words.state.loading}</p>;
  if (page.records.length === 0)
    return <Empty title={words.home.noRecords} hint={words.home.noRecordsHint} icon="search" />;
  return (
    <>
      <ul class="records">
        {page.records.map((one) => (
          <RecordItem key={one.id} record={one} />
        ))}
      </ul>
      {page.next !== null && (
        <button type="button" class="wide" onClick={() => void load(page)}>
          {words.state.more}
        </button>
      )}
    </>
  );
}

interface AnyBody {
  body?: { day?: string; family?: string | null; startedAt?: string; incidentKind?: string };
}

/** What it is about, and the record itself, which a home prints on one line. */
function RecordItem({ record }: { record: RecordsPage['records'][number] }) {
  const value = JSON.parse(record.text) as AnyBody;
  const { day: when, family, incidentKind, startedAt } = value.body ?? {};
  const time = startedAt === undefined ? null : relativeTime(startedAt, Date.now());
  const parts = [incidentKind, when === undefined ? time : day(noonOf(when)), family].filter((part) => Boolean(part));
  return (
    <li>
      <details>
        <summary>
          <span class="wrap">{parts.length > 0 ? parts.join(' · ') : record.id}</span>
        </summary>
        <section class="record-text" aria-label={record.id}>
          <pre>{JSON.stringify(value, null, 2)}</pre>
        </section>
      </details>
    </li>
  );
}

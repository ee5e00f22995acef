// One home: how it was seen, day by day; and for a helper of it what it has sent, as it sees that itself.
import { day } from '../../../page/format.ts';
import { Card, Facts, Title } from '../../../page/parts/plain.tsx';
import type { HomeAnswer, HomeDay } from '../../shapes.ts';
import { useResource } from '../client.ts';
import { Pending, Prose, Stale } from '../parts/basics.tsx';
import { noonOf } from '../parts/days.ts';
import { HomeBadges, HomeStrip } from '../parts/home-line.tsx';
import { LateRecords } from '../parts/late-records.tsx';
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

function Records({ home }: { home: string }) {
  return (
    <Card title={words.home.record}>
      <p class="muted">
        <Prose text={words.home.recordHint} />
      </p>
      <LateRecords show={({ Records: List }) => <List home={home} />}>
        <p role="status">{words.state.loading}</p>
      </LateRecords>
    </Card>
  );
}

// In how many homes there were incidents, by family and by backend, over days and weeks.
import { useState } from 'preact/hooks';
import { date } from '../../../page/format.ts';
import { Card, Empty, Title } from '../../../page/parts/plain.tsx';
import type { Bucket, IncidentsAnswer, IncidentsBy, IncidentsKind } from '../../shapes.ts';
import { useResource } from '../client.ts';
import { Choice, Pending, Stale } from '../parts/basics.tsx';
import { noonOf } from '../parts/days.ts';
import { familyName } from '../parts/family.ts';
import { SeriesRow, SeriesTable } from '../parts/series.tsx';
import { words } from '../words.ts';

const SHOWN = 10;
/** Columns of the table that still can be read. */
const COLUMNS = 6;

export function IncidentsView() {
  const [by, setBy] = useState<IncidentsBy>('family');
  const [bucket, setBucket] = useState<Bucket>('day');
  const [kind, setKind] = useState<IncidentsKind>('mail');
  const text = words.incidents;
  const answer = useResource<IncidentsAnswer>(`api/incidents?by=${by}&bucket=${bucket}&kind=${kind}`);
  return (
    <>
      <Title>{text.title}</Title>
      <div class="choices-row">
        <Choice label={text.by} names={text.bys} value={by} choose={setBy} />
        <Choice label={text.bucket} names={text.buckets} value={bucket} choose={setBucket} />
        <Choice label={text.kind} names={text.kinds} value={kind} choose={setKind} />
      </div>
      <Stale resource={answer} />
      {answer.data === null ? (
        <Pending resource={answer} />
      ) : (
        <Series key={`${by} ${bucket} ${kind}`} answer={answer.data} />
      )}
    </>
  );
}

function Series({ answer }: { answer: IncidentsAnswer }) {
  const [shown, setShown] = useState(SHOWN);
  const text = words.incidents;
  const { all, by, series, starts } = answer;
  if (all.homes === null) return <Empty title={text.none} hint={text.noneHint} />;
  const nameOf = (name: string): string => (by === 'family' ? familyName(name) : name);
  const most = Math.max(...all.counts.map((count) => count ?? 0), 1);
  const rest = series.length - shown;
  const rows = [{ ...all, name: text.all }, ...series.slice(0, COLUMNS - 1)].map((one, index) => ({
    ...one,
    name: index === 0 ? one.name : nameOf(one.name),
  }));
  return (
    <>
      <Card>
        {by === 'backend' && <p class="muted">{text.backendHint}</p>}
        <ul class="series-list">
          <SeriesRow name={text.all} series={all} most={most} />
          {series.slice(0, shown).map((one) => (
            <SeriesRow key={one.name} name={nameOf(one.name)} series={one} most={most} />
          ))}
        </ul>
        <p class="strip-ends muted" aria-hidden="true">
          <span>{date(noonOf(starts[0] ?? ''))}</span>
          <span>{date(noonOf(starts.at(-1) ?? ''))}</span>
        </p>
        {rest > 0 && (
          <button type="button" class="wide" onClick={() => setShown(series.length)}>
            {text.more(rest)}
          </button>
        )}
        <details>
          <summary>{text.table}</summary>
          <SeriesTable starts={starts} rows={rows} />
        </details>
      </Card>
      <p class="muted">
        {words.homes.reckoned(answer.at)}. {words.state.fives}
      </p>
    </>
  );
}

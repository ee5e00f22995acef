// What the sensor says of a week that has ended: its sentences as they come.
import type { WeekView } from '../../shapes.ts';
import { useResource } from '../resource.ts';
import { words } from '../words.ts';
import { Card } from './basics.tsx';

/** The last one; nothing before there is any. `isDue`: what is more urgent has been asked for and is there. */
export function LastWeek({ isDue }: { isDue: boolean }) {
  const weeks = useResource<{ weeks: WeekView[] }>(isDue ? 'api/weeks' : null, ['weeks', 'devices'], 60_000);
  const [last] = weeks.data?.weeks ?? [];
  if (last === undefined) return null;
  return (
    <Card title={words.week.title(last.to)}>
      <Sentences week={last} />
    </Card>
  );
}

/** Those before, each to be opened. */
export function EarlierWeeks() {
  const weeks = useResource<{ weeks: WeekView[] }>('api/weeks', ['weeks', 'devices'], 60_000);
  const all = weeks.data?.weeks ?? [];
  if (all.length === 0) return null;
  return (
    <Card title={words.week.all}>
      {all.map((week) => (
        <details key={week.to}>
          <summary>{words.week.line(week.to, week.percent)}</summary>
          <Sentences week={week} />
        </details>
      ))}
    </Card>
  );
}

function Sentences({ week }: { week: WeekView }) {
  return (
    <ul class="bullets">
      {week.sentences.map((sentence) => (
        <li key={sentence}>{sentence}</li>
      ))}
    </ul>
  );
}

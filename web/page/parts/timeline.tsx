// "What happened before": the sensor's own sentences, newest first, with the time and where a name comes from.

import { useState } from 'preact/hooks';
import type { ReportTimelineEntry } from '../../../sensor/record/report.ts';
import { shortTime } from '../format.ts';
import { words } from '../words.ts';
import { useNow } from './now.ts';

const PAGE = 15;

export function Timeline({ entries, none }: { entries: ReportTimelineEntry[]; none: string }) {
  const now = useNow();
  const [limit, setLimit] = useState(PAGE);
  if (entries.length === 0) return <p class="muted">{none}</p>;
  const rest = entries.length - limit;
  return (
    <>
      <ol class="timeline">
        {entries.slice(0, limit).map((entry) => (
          <li key={`${entry.time} ${entry.kind} ${entry.name} ${entry.ip}`} class={`event-${entry.kind}`}>
            <time class="muted" dateTime={entry.time}>
              {shortTime(entry.time, now)}
            </time>
            <span class="wrap">{entry.text}</span>
          </li>
        ))}
      </ol>
      {rest > 0 && (
        <button type="button" class="wide" onClick={() => setLimit(limit + PAGE)}>
          {words.state.more(Math.min(PAGE, rest))}
        </button>
      )}
    </>
  );
}

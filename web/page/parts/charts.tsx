// Mail attempts and backend contacts over a day or a month: drawn lazily by uPlot, and the same figures as a table.
import { useEffect, useRef, useState } from 'preact/hooks';
import type { ActivityHour } from '../../../sensor/attribute/activity.ts';
import { figure } from '../format.ts';
import { words } from '../words.ts';
import { type Bucket, buckets, type Range } from './activity.ts';

export function ActivityCharts({ activity, now }: { activity: ActivityHour[]; now: number }) {
  const [range, setRange] = useState<Range>('day');
  const rows = buckets(activity, range, Math.floor(now / 60_000) * 60_000);
  const total = (pick: (row: Bucket) => number): number => rows.reduce((sum, row) => sum + pick(row), 0);
  return (
    <div class="charts">
      <RangeChoice range={range} choose={setRange} />
      <div class="chart-pair">
        <Plot
          title={words.chart.mail}
          total={total((row) => row.mailAttempts)}
          rows={rows}
          range={range}
          series="mailAttempts"
        />
        <Plot
          title={words.chart.backends}
          total={total((row) => row.connections)}
          rows={rows}
          range={range}
          series="connections"
        />
      </div>
      <details>
        <summary>{words.chart.table}</summary>
        <FiguresTable rows={rows} range={range} />
      </details>
    </div>
  );
}

function RangeChoice({ range, choose }: { range: Range; choose: (range: Range) => void }) {
  return (
    <fieldset class="segments">
      <legend class="hidden">{words.chart.range}</legend>
      {(['day', 'month'] as const).map((value) => (
        <button key={value} type="button" aria-pressed={range === value} onClick={() => choose(value)}>
          {words.chart.ranges[value]}
        </button>
      ))}
    </fieldset>
  );
}

interface PlotProps {
  title: string;
  total: number;
  rows: Bucket[];
  range: Range;
  series: 'mailAttempts' | 'connections';
}

function Plot({ title, total, rows, range, series }: PlotProps) {
  const holder = useRef<HTMLDivElement>(null);
  const shown = JSON.stringify(rows.map((row) => [row.time, row[series]]));
  useEffect(() => {
    const element = holder.current;
    if (!element || total === 0) return;
    let remove: (() => void) | null = null;
    let gone = false;
    void import('./plot.ts').then(({ drawBars }) => {
      if (!gone) remove = drawBars(element, rows, series, range);
    });
    return () => {
      gone = true;
      remove?.();
    };
  }, [shown, range, series]);
  return (
    <figure class="chart">
      <figcaption>
        <span>{title}</span> <span class="muted">{words.chart.total(total)}</span>
      </figcaption>
      {total === 0 ? (
        <p class="chart-none">{words.chart.none}</p>
      ) : (
        <div class="plot" ref={holder} aria-hidden="true" />
      )}
    </figure>
  );
}

function FiguresTable({ rows, range }: { rows: Bucket[]; range: Range }) {
  return (
    <table>
      <thead>
        <tr>
          <th scope="col">{range === 'day' ? words.chart.hour : words.chart.date}</th>
          <th scope="col">{words.chart.mail}</th>
          <th scope="col">{words.chart.backends}</th>
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <tr key={row.time}>
            <th scope="row">{row.label}</th>
            <td>{figure(row.mailAttempts)}</td>
            <td>{figure(row.connections)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** Thirty small squares: on which days it spoke, and on which it sent mail. The charts' table has the figures. */

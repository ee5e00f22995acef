// One row of the incidents over time: a name, its homes in the whole time, and a bar for each day or week.
import { date } from '../../../page/format.ts';
import type { IncidentSeries, Told } from '../../shapes.ts';
import { words } from '../words.ts';
import { noonOf } from './days.ts';

const STEP = 6;
const HIGH = 36;

export function SeriesRow({ name, series, most }: { name: string; series: IncidentSeries; most: number }) {
  return (
    <li class="series">
      <span class="series-name">
        <strong class="wrap">{name}</strong> <span class="muted">{words.incidents.total(series.homes)}</span>
      </span>
      <svg
        class="bars"
        role="img"
        aria-label={words.incidents.chart(name, series.homes)}
        viewBox={`0 0 ${series.counts.length * STEP} ${HIGH}`}
        preserveAspectRatio="none"
      >
        <path class="idle" d={series.counts.map((_, index) => bar(index, 1)).join('')} />
        <path
          class="active"
          d={series.counts
            .map((count, index) => (count === null ? '' : bar(index, Math.max(3, (HIGH * count) / most))))
            .join('')}
        />
      </svg>
    </li>
  );
}

function bar(index: number, height: number): string {
  return `M${index * STEP} ${HIGH}h${STEP - 1}v${-height}h${1 - STEP}z`;
}

/** The same figures for who reads rather than looks. */
export function SeriesTable({ starts, rows }: { starts: string[]; rows: { name: string; counts: Told[] }[] }) {
  const isWeeks = starts.length > 1 && Date.parse(starts[1] ?? '') - Date.parse(starts[0] ?? '') > 86_400_000;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by the keyboard
    <section class="table-holder" aria-label={words.incidents.table} tabIndex={0}>
      <table>
        <thead>
          <tr>
            <th scope="col">{isWeeks ? words.incidents.week : words.incidents.date}</th>
            {rows.map(({ name }) => (
              <th key={name} scope="col">
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {starts.map((start, index) => (
            <tr key={start}>
              <th scope="row">{date(noonOf(start))}</th>
              {rows.map(({ counts, name }) => (
                <td key={name}>{words.told(counts[index] ?? null)}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

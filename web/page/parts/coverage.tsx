// How much of each of the last thirty days the sensor saw the home: a bar a day, as high as its share, and in words why not the rest.
import type { Coverage } from '../../../sensor/record/coverage.ts';
import { words } from '../words.ts';
import { Card } from './basics.tsx';
import { CoverageStrip } from './coverage-strip.tsx';

/** Below this (percent) a day is drawn as a poor one. */
const POOR = 90;

export function CoverageCard({ coverage }: { coverage: Coverage | null }) {
  if (coverage === null) return null;
  const text = words.coverage;
  const lacking = coverage.days.filter(({ percent }) => percent !== null && percent < 100).toReversed();
  return (
    <Card title={text.title}>
      <p>{text.week(coverage.week.percent)}</p>
      <CoverageStrip days={coverage.days} label={text.strip(coverage.days)} poor={POOR} />
      <p class="strip-ends muted" aria-hidden="true">
        <span>{text.firstDay}</span>
        <span>{text.lastDay}</span>
      </p>
      {lacking.length > 0 && (
        <details>
          <summary>{text.why(lacking.length)}</summary>
          <ul class="bullets">
            {lacking.map((day) => (
              <li key={day.day}>{text.day(day)}</li>
            ))}
          </ul>
        </details>
      )}
    </Card>
  );
}

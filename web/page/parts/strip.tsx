// Thirty days in one thin row: at most three shapes in the drawing however many days there are, so that long lists stay light.
import { type DayLevel, STRIP_DAYS } from '../../activity-strip.ts';
import { words } from '../words.ts';

const STEP = 4;
const LEVELS: [level: DayLevel, name: string][] = [
  [0, 'idle'],
  [1, 'active'],
  [2, 'mail'],
];

export function stripText(levels: DayLevel[]): string {
  const active = levels.filter((level) => level > 0).length;
  return words.chart.strip(active, levels.filter((level) => level === 2).length);
}

export function DayStrip({ levels }: { levels: DayLevel[] }) {
  return (
    <svg
      class="strip"
      role="img"
      aria-label={stripText(levels)}
      viewBox={`0 0 ${STRIP_DAYS * STEP} 10`}
      preserveAspectRatio="none"
    >
      {LEVELS.map(([level, name]) => (
        <path key={name} class={name} d={levels.map((own, day) => (own === level ? bar(day, level) : '')).join('')} />
      ))}
    </svg>
  );
}

/** A silent day is a low line, so that colour is not the only difference. */
function bar(day: number, level: DayLevel): string {
  return level === 0 ? `M${day * STEP} 8h3v2h-3z` : `M${day * STEP} ${level === 1 ? 3 : 0}h3V10h-3z`;
}

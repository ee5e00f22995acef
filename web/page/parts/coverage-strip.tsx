// A bar for each day, as high as its share of the day: at most three shapes in the drawing, so that long lists of them stay light.

const STEP = 4;
const HIGH = 20;

export interface SeenDay {
  /** Of the day; null before there was anything to see. */
  percent: number | null;
}

/** `label` is what it says to who cannot see it; a day below `poor` percent is drawn as a poor one. */
export function CoverageStrip({ days, label, poor }: { days: readonly SeenDay[]; label: string; poor: number }) {
  const isPoor = ({ percent }: SeenDay): boolean => (percent ?? 0) < poor;
  return (
    <svg
      class="strip coverage"
      role="img"
      aria-label={label}
      viewBox={`0 0 ${days.length * STEP} ${HIGH}`}
      preserveAspectRatio="none"
    >
      <path class="idle" d={days.map((_, index) => bar(index, 0, 2)).join('')} />
      {(['active', 'poor'] as const).map((name) => (
        <path
          key={name}
          class={name}
          d={days.map((day, index) => (isPoor(day) === (name === 'poor') ? share(day, index) : '')).join('')}
        />
      ))}
    </svg>
  );
}

/** Of a day on record something is seen of the bar; of one before the sensor was there nothing but the line below. */
function share({ percent }: SeenDay, index: number): string {
  if (percent === null) return '';
  // What is missing at the top must be seen as well, however little it is.
  const full = percent === 100 ? HIGH : Math.min(HIGH - 3, (HIGH * percent) / 100);
  return bar(index, 0, Math.max(3, full));
}

function bar(index: number, from: number, height: number): string {
  return `M${index * STEP} ${HIGH - from}h3v${-height}h-3z`;
}

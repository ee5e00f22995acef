// The one place that knows uPlot; loaded only when a chart is shown. Colours come from the style sheet's variables.
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { date, figure, hour, type Time } from '../format.ts';
import type { Bucket, Range } from './activity.ts';

const HEIGHT = 150;
const dark = matchMedia('(prefers-color-scheme: dark)');

/** Draws into an empty element; returns what takes it away again. Follows the element's width and the colour scheme. */
export function drawBars(
  element: HTMLElement,
  rows: Bucket[],
  series: 'mailAttempts' | 'connections',
  range: Range,
): () => void {
  let plot = newPlot(element, rows, series, range);
  const redraw = (): void => {
    plot.destroy();
    plot = newPlot(element, rows, series, range);
  };
  const observer = new ResizeObserver(() => {
    if (element.clientWidth !== plot.width) plot.setSize({ width: element.clientWidth, height: HEIGHT });
  });
  observer.observe(element);
  dark.addEventListener('change', redraw);
  return () => {
    observer.disconnect();
    dark.removeEventListener('change', redraw);
    plot.destroy();
  };
}

function newPlot(element: HTMLElement, rows: Bucket[], series: 'mailAttempts' | 'connections', range: Range): uPlot {
  const style = getComputedStyle(element);
  const colour = (name: string): string => style.getPropertyValue(name).trim();
  const fill = colour(series === 'mailAttempts' ? '--critical' : '--accent');
  const axis = { stroke: colour('--muted'), font: '12px system-ui, sans-serif', ticks: { show: false } };
  const short = range === 'day' ? hour : date;
  const bars = uPlot.paths.bars?.({ size: [0.7, 40], radius: 0.2 });
  return new uPlot(
    {
      width: element.clientWidth,
      height: HEIGHT,
      padding: [8, 14, 0, 0],
      legend: { show: false },
      cursor: { show: false },
      scales: {
        x: { time: false, range: [-0.6, rows.length - 0.4] },
        y: { range: (_plot, _min, max) => [0, Math.max(1, max) * 1.08] },
      },
      axes: [
        {
          ...axis,
          grid: { show: false },
          size: 26,
          splits: () => ticks(rows.length),
          values: (_plot, at) => at.map((index) => label(rows[index], short)),
        },
        {
          ...axis,
          grid: { stroke: colour('--line'), width: 1 },
          size: 46,
          incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1e3, 2e3, 5e3, 1e4, 1e5, 1e6],
          space: 36,
          values: (_plot, at) => at.map(figure),
        },
      ],
      series: [{}, { fill, stroke: fill, width: 0, points: { show: false }, ...(bars ? { paths: bars } : {}) }],
    },
    [rows.map((_, index) => index), rows.map((row) => row[series])],
    element,
  );
}

/** Six labels fit the narrowest phone. */
function ticks(count: number): number[] {
  const step = Math.ceil(count / 6);
  return Array.from({ length: count }, (_, index) => index).filter((index) => (count - 1 - index) % step === 0);
}

function label(row: Bucket | undefined, format: (time: Time) => string): string {
  return row ? format(row.time) : '';
}

// Small robust statistics: what is usual, how far usual strays, and a median of a stream in constant memory.

/** Scales the median absolute deviation to a standard deviation where values are normally distributed. */
const MAD_SCALE = 1.4826;

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? 0;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? 0) + upper) / 2;
}

/** Median absolute deviation, scaled: one wild day in fourteen does not move it. */
export function deviation(values: readonly number[]): number {
  const usual = median(values);
  return MAD_SCALE * median(values.map((value) => Math.abs(value - usual)));
}

/**
 * The median of a stream by the P² algorithm (Jain and Chlamtac, 1985): five markers that move with the values, exact for up
 * to five of them, an estimate after. State is plain data.
 */
export interface StreamMedian {
  count: number;
  heights: number[];
  positions: number[];
}

export function newStreamMedian(): StreamMedian {
  return { count: 0, heights: [], positions: [1, 2, 3, 4, 5] };
}

const QUANTILES = [0, 0.25, 0.5, 0.75, 1] as const;

export function addToMedian(state: StreamMedian, value: number): void {
  state.count++;
  const { heights, positions } = state;
  if (heights.length < QUANTILES.length) {
    heights.push(value);
    heights.sort((a, b) => a - b);
    return;
  }
  heights[0] = Math.min(at(heights, 0), value);
  heights[4] = Math.max(at(heights, 4), value);
  for (let i = 1; i < 5; i++) if (value < at(heights, i) || i === 4) positions[i] = at(positions, i) + 1;
  for (let i = 1; i <= 3; i++) adjust(state, i);
}

export function medianOf({ count, heights }: StreamMedian): number {
  return count < QUANTILES.length ? median(heights) : at(heights, 2);
}

/** Moves marker `i` by one towards where it should stand, by a parabola where that keeps the order, else in a line. */
function adjust({ count, heights, positions }: StreamMedian, i: number): void {
  const wanted = 1 + (count - 1) * (QUANTILES[i] ?? 0);
  const off = wanted - at(positions, i);
  const [before, here, after] = [at(positions, i - 1), at(positions, i), at(positions, i + 1)];
  if (!(off >= 1 && after - here > 1) && !(off <= -1 && before - here < -1)) return;
  const step = Math.sign(off);
  const [low, middle, high] = [at(heights, i - 1), at(heights, i), at(heights, i + 1)];
  const rise = (here - before + step) * ((high - middle) / (after - here));
  const fall = (after - here - step) * ((middle - low) / (here - before));
  const curved = middle + (step / (after - before)) * (rise + fall);
  const neighbour = i + step;
  const straight = middle + (step * (at(heights, neighbour) - middle)) / (at(positions, neighbour) - here);
  heights[i] = low < curved && curved < high ? curved : straight;
  positions[i] = here + step;
}

function at(values: readonly number[], index: number): number {
  return values[index] ?? 0;
}

// How many of the frames that must have passed were seen: samples by quarters of an hour, and what share of loss they prove.

/** Samples are added up over so many ms. */
const BLOCK = 15 * 60_000;
/** A day of blocks. */
const BLOCKS = 96;
/** Quantile of the normal distribution: of a hundred intervals, 98 hold the truth. */
const Z = 2.33;
/** A share is stated where the truth lies within so many points of it. */
const PRECISION = 0.5;
/** From here on (percent) loss is certain, however wide the interval. */
const CERTAIN = 0.5;
/** So few misses prove nothing. */
const MISSES = 3;
/** More than that (percent) is no loss: a part of the traffic does not cross the mirror. */
const NO_LOSS = 50;

export interface LossEstimate {
  /** Null where too few samples tell. */
  percent: number | null;
  /** Between these two it lies, in percent. */
  low: number;
  high: number;
  /** Frames that must have passed. */
  samples: number;
  /** Those of them that were not seen. */
  missed: number;
  /** Frames are being lost, even where nobody can say how many exactly. */
  isCertain: boolean;
}

interface Block {
  index: number;
  samples: number;
  missed: number;
}

export class LossTally {
  readonly #blocks: Block[] = [];
  readonly #total = { samples: 0, missed: 0 };

  add(time: number, samples: number, missed: number): void {
    const index = Math.floor(time / BLOCK);
    let block = this.#blocks.at(-1);
    if (block?.index !== index) {
      block = { index, samples: 0, missed: 0 };
      this.#blocks.push(block);
      if (this.#blocks.length > BLOCKS) this.#blocks.shift();
    }
    for (const sum of [block, this.#total]) {
      sum.samples += samples;
      sum.missed += missed;
    }
  }

  /** The clock was put right by so many ms. */
  moveTime(by: number): void {
    for (const block of this.#blocks) block.index += Math.round(by / BLOCK);
  }

  /** Of all since the start. */
  overall(): LossEstimate {
    return estimate(this.#total.samples, this.#total.missed);
  }

  /**
   * Of the last quarter of an hour at `time`; where that holds too little to tell, of as many before as tell, within a day. Loss
   * that the last two quarters prove is not thinned by better times before.
   */
  recent(time: number): LossEstimate {
    const now = Math.floor(time / BLOCK);
    let [samples, missed] = [0, 0];
    for (const block of this.#blocks.toReversed()) {
      if (now - block.index >= BLOCKS) break;
      samples += block.samples;
      missed += block.missed;
      const found = estimate(samples, missed);
      if (found.percent !== null || (found.isCertain && now - block.index <= 1)) return found;
    }
    return estimate(samples, missed);
  }
}

/** By the score interval of Wilson (1927), which holds for small shares as well. */
function estimate(samples: number, missed: number): LossEstimate {
  if (samples === 0) return { percent: null, low: 0, high: 100, samples, missed, isCertain: false };
  const share = missed / samples;
  const spread = Z * Math.sqrt((share * (1 - share)) / samples + (Z * Z) / (4 * samples * samples));
  const [middle, scale] = [share + (Z * Z) / (2 * samples), 1 + (Z * Z) / samples];
  const low = missed === 0 ? 0 : Math.max(0, ((middle - spread) / scale) * 100);
  const high = Math.min(100, ((middle + spread) / scale) * 100);
  const percent = share * 100;
  const isTold = high - percent <= PRECISION && percent - low <= PRECISION;
  return {
    percent: isTold ? rounded(percent) : null,
    low: rounded(low),
    high: rounded(high),
    samples,
    missed,
    isCertain: missed >= MISSES && low > CERTAIN && percent < NO_LOSS,
  };
}

function rounded(percent: number): number {
  return Math.round(percent * 100) / 100;
}

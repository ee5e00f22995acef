// The few figures that a judgement stands on, exact for small numbers: Fisher's test, an interval for the lift, and how likely it is
// that a family mails as it always did. Pure arithmetic; what is counted, and what follows from it, stands elsewhere.

/**
 * Homes, two by two. `a` used the backend and mail began after it, `b` used it and are healthy, `c` mailed without it (or before it),
 * `d` are healthy without it.
 */
export interface Table {
  a: number;
  b: number;
  c: number;
  d: number;
}

/** How much likelier mail is with the backend than without; `high` is null where nothing bounds it. */
export interface Lift {
  value: number;
  low: number;
  high: number | null;
}

const SMALL = 256;
const small = new Float64Array(SMALL);
for (let n = 2; n < SMALL; n++) small[n] = (small[n - 1] ?? 0) + Math.log(n);

/** ln n!: summed for small n, Stirling's series beyond (DLMF 5.11.1), whose error there is below 1e-15. */
export function logFactorial(n: number): number {
  if (n < SMALL) return small[n] ?? Number.NaN;
  const x = n + 1;
  const inverse = 1 / x;
  const square = inverse * inverse;
  const series = inverse * (1 / 12 - square * (1 / 360 - square / 1260));
  return (x - 0.5) * Math.log(x) - x + 0.5 * Math.log(2 * Math.PI) + series;
}

const logChoose = (n: number, k: number): number => logFactorial(n) - logFactorial(k) - logFactorial(n - k);

/**
 * Fisher's exact test, one-sided (R. A. Fisher, The Logic of Inductive Inference, 1935): the natural logarithm of the chance of at least
 * `a` mailing homes among those that used the backend, had all mailing homes been drawn by lot. As a logarithm, since hundreds of homes
 * make it smaller than any number of a computer.
 */
export function logFisher({ a, b, c, d }: Table): number {
  const used = a + b;
  const mailed = a + c;
  const all = used + c + d;
  const most = Math.min(used, mailed);
  // Each term beside the first, which is the largest of them where it matters.
  let [term, sum] = [1, 0];
  for (let x = a; x <= most; x++) {
    sum += term;
    term *= ((used - x) * (mailed - x)) / ((x + 1) * (all - used - mailed + x + 1));
    if (term < sum * 1e-16) break;
  }
  const first = logChoose(used, a) + logChoose(all - used, c) - logChoose(all, mailed);
  return Math.min(0, first + Math.log(sum));
}

export const fisher = (table: Table): number => Math.exp(logFisher(table));

/**
 * The same had each user of the backend been so many times as likely to be drawn, by the odds (the noncentral hypergeometric distribution
 * of the same paper): what innocent company does to a backend is no evidence against it.
 */
export function fisherOfOdds({ a, b, c, d }: Table, odds: number): number {
  const [used, unused, mailed] = [a + b, c + d, a + c];
  const least = Math.max(0, mailed - unused);
  const weights: number[] = [];
  for (let x = least; x <= Math.min(used, mailed); x++)
    weights.push(logChoose(used, x) + logChoose(unused, mailed - x) + x * Math.log(odds));
  const most = Math.max(...weights);
  let [tail, all] = [0, 0];
  for (const [at, weight] of weights.entries()) {
    const share = Math.exp(weight - most);
    all += share;
    if (least + at >= a) tail += share;
  }
  return tail / all;
}

/** The regularized incomplete beta function I_x(a, b), by its continued fraction (DLMF 8.17.22) in Lentz's way; a, b > 0. */
export const incompleteBeta = (x: number, a: number, b: number): number => Math.exp(logIncompleteBeta(x, a, b));

function logIncompleteBeta(x: number, a: number, b: number): number {
  if (x <= 0) return Number.NEGATIVE_INFINITY;
  if (x >= 1) return 0;
  if (x > (a + 1) / (a + b + 2)) return Math.log1p(-Math.exp(logIncompleteBeta(1 - x, b, a)));
  let [c, d] = [1, 1 / away(1 - ((a + b) * x) / (a + 1))];
  let fraction = d;
  for (let m = 1; m < 10_000; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1 / away(1 + even * d);
    c = away(1 + even / c);
    fraction *= c * d;
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 / away(1 + odd * d);
    c = away(1 + odd / c);
    fraction *= c * d;
    if (Math.abs(c * d - 1) < 1e-14) break;
  }
  const front = logGamma(a + b) - logGamma(a) - logGamma(b) + a * Math.log(x) + b * Math.log1p(-x) - Math.log(a);
  return Math.min(0, front + Math.log(fraction));
}

const away = (x: number): number => (Math.abs(x) < 1e-300 ? 1e-300 : x);

/** ln Γ(x), x > 0: moved up to where Stirling's series holds. */
function logGamma(x: number): number {
  let [shift, at] = [0, x];
  while (at < 12) shift -= Math.log(at++);
  const inverse = 1 / at;
  const square = inverse * inverse;
  const series = inverse * (1 / 12 - square * (1 / 360 - square * (1 / 1260 - square / 1680)));
  return shift + (at - 0.5) * Math.log(at) - at + 0.5 * Math.log(2 * Math.PI) + series;
}

/**
 * The relative risk with its interval of 95 %. Mail is rare, so that both counts are close to Poisson's; given their sum, `a` is
 * binomial, and the interval of Clopper and Pearson (1934) for it becomes one for the ratio (Przyborowski and Wilenski 1940). It covers
 * the truth at least as often as it says, with single homes too, and where mail is not rare it is wider than it need be. Katz's
 * interval of logarithms (1978) is narrower, and wrong for a handful of homes or none. The value has half a home added to each
 * count (Walter 1975), so that it exists where nobody mailed without the backend.
 */
export function liftOf({ a, b, c, d }: Table): Lift {
  const [used, unused] = [a + b, c + d];
  const value = ((a + 0.5) * (unused + 1)) / ((used + 1) * (c + 0.5));
  if (used === 0 || unused === 0 || a + c === 0) return { value, low: 0, high: null };
  const ratio = (share: number): number => (share * unused) / ((1 - share) * used);
  const low = a === 0 ? 0 : ratio(betaQuantile(0.025, a, c + 1));
  const high = c === 0 ? null : ratio(betaQuantile(0.975, a + 1, c));
  return { value, low, high };
}

/** By halving: 60 steps are the precision of a double. */
function betaQuantile(probability: number, a: number, b: number): number {
  let [low, high] = [0, 1];
  for (let step = 0; step < 60; step++) {
    const middle = (low + high) / 2;
    if (incompleteBeta(middle, a, b) < probability) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/** How often homes of one kind begin to mail in a period, and how sure that is: a gamma distribution's mean and shape. */
export interface Habit {
  rate: number;
  shape: number;
}

/** Weight of what is usual, in homes that mailed: so little that a few homes outweigh it. */
const PRIOR_SHAPE = 0.5;

/**
 * From what was seen: `mailed` homes in `time` (homes times periods). Before anything is seen the rate has a gamma distribution of shape
 * 1/2 about what is usual; so families that mail a hundred times more than others are possible, though not likely.
 */
export function habitOf(mailed: number, time: number, usual: number): Habit {
  const shape = PRIOR_SHAPE + mailed;
  return { rate: shape / (PRIOR_SHAPE / usual + time), shape };
}

/**
 * The chance, as its natural logarithm, that by habit alone at least `mailed` homes begin to mail in a period, of so many of each kind. For
 * one kind the number is negative binomial (A. Gelman and others, Bayesian Data Analysis, 2.6); a sum over kinds is taken for one of the
 * same mean and variance.
 * @param mostShape however much was seen: habits vary from period to period more than chance does
 */
export function logByHabit(
  mailed: number,
  kinds: readonly { homes: number; habit: Habit }[],
  mostShape: number,
): number {
  if (mailed === 0) return 0;
  let [mean, excess] = [0, 0];
  for (const { habit, homes } of kinds) {
    const expected = homes * habit.rate;
    mean += expected;
    excess += (expected * expected) / Math.min(habit.shape, mostShape);
  }
  if (mean === 0) return Number.NEGATIVE_INFINITY;
  const shape = (mean * mean) / excess;
  return logIncompleteBeta(mean / (mean + shape), mailed, shape);
}

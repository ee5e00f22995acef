// Reads Prometheus' text exposition format 0.0.4 as its specification has it, and refuses what that does not allow: a stranger to
// the writer in web/metrics-text.ts, with which it has nothing in common. `problems` are the conventions that `promtool` checks.

export interface MetricSample {
  name: string;
  labels: Record<string, string>;
  value: number;
}

export interface MetricFamily {
  name: string;
  type: string;
  help: string;
  samples: MetricSample[];
}

const NAME = /^[a-zA-Z_:][a-zA-Z0-9_:]*/;
const LABEL = /^[a-zA-Z_][a-zA-Z0-9_]*/;
/** Go's ParseFloat, as far as exporters use it. */
const VALUE = /^(?:[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?|[+-]?Inf|NaN)$/;
const TYPES = ['counter', 'gauge', 'histogram', 'summary', 'untyped'];
const SUFFIXES: Record<string, RegExp> = { histogram: /_(?:bucket|sum|count)$/, summary: /_(?:sum|count)$/ };

/** @throws Error with the line that breaks the format */
export function parseExposition(text: string): MetricFamily[] {
  if (text !== '' && !text.endsWith('\n')) throw new Error('the last line does not end');
  const families: MetricFamily[] = [];
  const helps = new Map<string, string>();
  const closed = new Set<string>();
  const seen = new Set<string>();
  for (const line of text.split('\n').slice(0, -1)) {
    const fail = (why: string): never => {
      throw new Error(`${why}: ${line}`);
    };
    if (line.trim() === '') continue;
    const comment = /^# (HELP|TYPE) (\S+) (.*)$/.exec(line);
    if (comment !== null) {
      const [, kind, name = '', rest = ''] = comment;
      if (NAME.exec(name)?.[0] !== name) fail('no metric name');
      if (closed.has(name)) fail('its group was closed before');
      if (kind === 'HELP') {
        if (helps.has(name)) fail('a second HELP');
        helps.set(name, unescaped(rest, false) ?? fail('a wrong escape'));
        continue;
      }
      if (!TYPES.includes(rest)) fail('no type');
      if (families.some((family) => family.name === name)) fail('a second TYPE');
      const last = families.at(-1);
      if (last !== undefined) closed.add(last.name);
      families.push({ name, type: rest, help: helps.get(name) ?? '', samples: [] });
      continue;
    }
    if (line.startsWith('#')) continue;
    const sample = parseSample(line) ?? fail('no sample');
    const family = families.at(-1) ?? fail('a sample without a TYPE');
    const base = sample.name.replace(SUFFIXES[family.type] ?? /^$/, '');
    if (base !== family.name) fail(`not of the group of ${family.name}`);
    if (sample.name === family.name && family.type === 'histogram') fail('a bare sample of a histogram');
    const key = `${sample.name} ${JSON.stringify(Object.entries(sample.labels).sort())}`;
    if (seen.has(key)) fail('told twice');
    seen.add(key);
    family.samples.push(sample);
  }
  for (const family of families) checkShape(family);
  return families;
}

function parseSample(line: string): MetricSample | null {
  const name = NAME.exec(line)?.[0];
  if (name === undefined) return null;
  let rest = line.slice(name.length);
  const labels: Record<string, string> = {};
  if (rest.startsWith('{')) {
    rest = rest.slice(1);
    while (!rest.startsWith('}')) {
      const label = LABEL.exec(rest)?.[0];
      if (label === undefined || Object.hasOwn(labels, label)) return null;
      const quoted = /^="((?:[^"\\]|\\.)*)"(,?)/.exec(rest.slice(label.length));
      const value = unescaped(quoted?.[1] ?? '', true);
      if (quoted === null || value === null) return null;
      labels[label] = value;
      rest = rest.slice(label.length + quoted[0].length);
      if (quoted[2] === '' && !rest.startsWith('}')) return null;
    }
    rest = rest.slice(1);
  }
  const [value = '', time, ...more] = rest.trim().split(/[ \t]+/);
  if (!VALUE.test(value) || (time !== undefined && !/^-?\d+$/.test(time)) || more.length > 0) return null;
  return { name, labels, value: Number(value.replace(/Inf$/, 'Infinity')) };
}

function unescaped(text: string, isQuoted: boolean): string | null {
  if (!(isQuoted ? /^(?:[^\\]|\\[\\n"])*$/ : /^(?:[^\\]|\\[\\n])*$/).test(text)) return null;
  return text.replace(/\\(.)/g, (_, character: string) => (character === 'n' ? '\n' : character));
}

function checkShape({ name, samples, type }: MetricFamily): void {
  const fail = (why: string): never => {
    throw new Error(`${name}: ${why}`);
  };
  if (type !== 'histogram' && type !== 'summary') return;
  const count = samples.find((sample) => sample.name === `${name}_count`)?.value ?? fail('no _count');
  if (!samples.some((sample) => sample.name === `${name}_sum`)) fail('no _sum');
  if (type === 'summary') {
    const quantiles = samples.filter((sample) => sample.name === name).map(({ labels }) => Number(labels.quantile));
    if (!quantiles.every((quantile) => quantile >= 0 && quantile <= 1)) fail('no quantile');
    return;
  }
  const buckets = samples.filter((sample) => sample.name === `${name}_bucket`);
  const bounds = buckets.map(({ labels }) => Number((labels.le ?? '').replace('Inf', 'Infinity')));
  if (bounds.some((bound, index) => index > 0 && !(bound > (bounds[index - 1] ?? 0)))) fail('bounds that do not rise');
  if (buckets.some(({ value }, index) => value < (buckets[index - 1]?.value ?? 0))) fail('buckets that do not add up');
  if (bounds.at(-1) !== Number.POSITIVE_INFINITY || buckets.at(-1)?.value !== count) fail('no last bucket');
}

const UNITS = /_(?:milliseconds|ms|minutes|hours|days|kilobytes|megabytes|percent|celsius_degrees)(?:_|$)/;

/** What goes against the naming conventions of prometheus.io. */
export function namingProblems(families: readonly MetricFamily[]): string[] {
  return families.flatMap(({ help, name, samples, type }) => {
    const problems = [
      help.trim() === '' && 'has no HELP',
      samples.length === 0 && 'has no samples',
      type === 'counter' && !name.endsWith('_total') && 'counts and does not end in _total',
      type !== 'counter' && name.endsWith('_total') && 'ends in _total and is no counter',
      type !== 'histogram' && type !== 'summary' && /_(?:count|sum|bucket)$/.test(name) && 'ends as a histogram does',
      UNITS.test(name) && 'is in no base unit',
      /[A-Z:]/.test(name) && 'is not in lower case',
      new RegExp(`_${type}(?:_|$)`).test(name) && 'has its type in its name',
    ];
    return problems.filter((problem) => problem !== false).map((problem) => `${name} ${problem}`);
  });
}

/** The value of one sample; undefined where there is none. */
export function sampleOf(
  families: readonly MetricFamily[],
  name: string,
  labels: Readonly<Record<string, string>> = {},
): number | undefined {
  const all = families.flatMap(({ samples }) => samples).filter((sample) => sample.name === name);
  return all.find((sample) => Object.entries(labels).every(([key, value]) => sample.labels[key] === value))?.value;
}

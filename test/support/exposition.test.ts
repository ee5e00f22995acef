// The reader of the exposition format, by the examples and rules of its specification: what is wrong must not pass.
import { expect, it } from 'vitest';
import { namingProblems, parseExposition, sampleOf } from './exposition.ts';

it('reads counters, labels with escapes, histograms, summaries and special values', () => {
  const families = parseExposition(
    [
      '# HELP http_requests_total The total number of HTTP requests.',
      '# TYPE http_requests_total counter',
      'http_requests_total{method="post",code="200"} 1027 1395066363000',
      'http_requests_total{method="post",code="400",} 3',
      '# A comment.',
      '',
      '# HELP odd Text with \\\\ and\\nnewline.',
      '# TYPE odd gauge',
      'odd{path="C:\\\\DIR\\\\FILE.TXT",error="Cannot find:\\n\\"FILE\\""} 1.458255915e9',
      'odd{x="inf"} +Inf',
      'odd{x="none"} NaN',
      '# HELP size_bytes Sizes.',
      '# TYPE size_bytes histogram',
      'size_bytes_bucket{le="0.05"} 2',
      'size_bytes_bucket{le="+Inf"} 5',
      'size_bytes_sum 53423',
      'size_bytes_count 5',
      '# HELP rpc_seconds Calls.',
      '# TYPE rpc_seconds summary',
      'rpc_seconds{quantile="0.5"} 4773',
      'rpc_seconds_sum 1.7560473e+07',
      'rpc_seconds_count 2693',
      '',
    ].join('\n'),
  );
  expect(sampleOf(families, 'http_requests_total', { code: '400' })).toBe(3);
  expect(families[1]?.help).toBe('Text with \\ and\nnewline.');
  expect(families[1]?.samples[0]?.labels).toEqual({ path: 'C:\\DIR\\FILE.TXT', error: 'Cannot find:\n"FILE"' });
  expect(sampleOf(families, 'odd', { x: 'inf' })).toBe(Number.POSITIVE_INFINITY);
  expect(sampleOf(families, 'size_bytes_count')).toBe(5);
  expect(namingProblems(families)).toEqual([]);
});

const TYPED = '# TYPE a gauge\n';
it.each([
  ['a last line that does not end', `${TYPED}a 1`],
  ['a sample of no type', 'a 1\n'],
  ['two values', `${TYPED}a 1 2 3\n`],
  ['no value', `${TYPED}a\n`],
  ['a value with a comma', `${TYPED}a 1,5\n`],
  ['a label without quotes', `${TYPED}a{b=c} 1\n`],
  ['a label twice', `${TYPED}a{b="c",b="d"} 1\n`],
  ['a quote in a label', `${TYPED}a{b="c"d"} 1\n`],
  ['a wrong escape', `${TYPED}a{b="\\t"} 1\n`],
  ['a name with a dash', '# TYPE a-b gauge\na-b 1\n'],
  ['a sample twice', `${TYPED}a{b="c"} 1\na{b="c"} 2\n`],
  ['a group in two parts', `${TYPED}a 1\n# TYPE b gauge\nb 1\na{c="d"} 2\n`],
  ['a second type', `${TYPED}a 1\n# TYPE a gauge\na{b="c"} 1\n`],
  ['a type of no kind', '# TYPE a number\na 1\n'],
  ['buckets that fall', '# TYPE a histogram\na_bucket{le="1"} 3\na_bucket{le="+Inf"} 2\na_sum 1\na_count 2\n'],
  ['a histogram without its last bucket', '# TYPE a histogram\na_bucket{le="1"} 3\na_sum 1\na_count 3\n'],
])('refuses %s', (_, text) => {
  expect(() => parseExposition(text)).toThrow();
});

it('knows a name that goes against the conventions', () => {
  const named = (name: string, type: string) =>
    namingProblems(parseExposition(`# HELP ${name} Words.\n# TYPE ${name} ${type}\n${name} 1\n`));
  expect(named('packets', 'counter')).toHaveLength(1);
  expect(named('packets_total', 'gauge')).toHaveLength(1);
  expect(named('delay_milliseconds', 'gauge')).toHaveLength(1);
  expect(named('loss_percent', 'gauge')).toHaveLength(1);
  expect(named('loss_ratio', 'gauge')).toEqual([]);
});

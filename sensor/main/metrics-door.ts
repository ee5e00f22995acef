// `/metrics` where the configuration switches it on: its code is loaded only then. Belongs to main.ts.
import { readFileSync } from 'node:fs';
import type { MetricsDoor } from '../../web/metrics.ts';
import { EXIT } from '../cli.ts';
import { type Config, METRICS_TOKEN } from '../config/schema.ts';
import type { Health } from '../record/health.ts';
import type { Spine } from '../spine.ts';
import { EdgeError } from './edge-error.ts';

export interface MetricsFacts {
  config: Pick<Config, 'metrics'>;
  spine: Spine;
  health(): Pick<Health, 'mode'>;
  now(): number;
}

/** Null without a token. @throws EdgeError when its file cannot be read or holds none */
export async function metricsDoor({ config, health, now, spine }: MetricsFacts): Promise<MetricsDoor | null> {
  const { token_file: file, token = file === undefined ? undefined : readToken(file) } = config.metrics;
  if (token === undefined) return null;
  const { openMetrics } = await import('../../web/metrics.ts');
  const { events, recorder } = spine;
  return openMetrics({
    token,
    events,
    incidents: () => recorder.incidents.values(),
    now: health().mode === 'live' ? now : null,
  });
}

/** The line end that editors add is no part of it. */
function readToken(path: string): string {
  const [shape, words] = METRICS_TOKEN;
  let token: string;
  try {
    token = readFileSync(path, 'utf8').replace(/\r?\n$/, '');
  } catch (error) {
    const why = error instanceof Error && 'code' in error ? String(error.code) : 'it is no file';
    throw new EdgeError(EXIT.usage, `metrics.token_file: ${path} cannot be read (${why})`);
  }
  if (!shape.test(token)) throw new EdgeError(EXIT.usage, `metrics.token_file: what is in ${path} ${words}`);
  return token;
}

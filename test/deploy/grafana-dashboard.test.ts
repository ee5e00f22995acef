// The dashboard for Grafana: what its import wants is there, and every query asks for metrics and labels that `/metrics` has.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, it } from 'vitest';
import { z } from 'zod';
import { newRecordEvents } from '../../sensor/record/events.ts';
import { processFacts, stateFamilies } from '../../web/metrics-families.ts';
import { MetricsTally } from '../../web/metrics-tally.ts';
import { metricsText } from '../../web/metrics-text.ts';
import { parseExposition } from '../support/exposition.ts';
import { quietHealth } from '../support/sample-home.ts';

const datasource = z.strictObject({ type: z.literal('prometheus'), uid: z.literal(`\${DS_PROMETHEUS}`) });
const position = z.strictObject({
  x: z.int().min(0).max(23),
  y: z.int().min(0),
  w: z.int().min(1).max(24),
  h: z.int().min(1),
});
const panel = z.object({
  id: z.int().positive(),
  type: z.enum(['stat', 'timeseries']),
  title: z.string().min(1),
  description: z.string().min(1),
  datasource,
  gridPos: position,
  fieldConfig: z.strictObject({ defaults: z.object({ unit: z.string().min(1) }), overrides: z.array(z.unknown()) }),
  options: z.record(z.string(), z.unknown()),
  targets: z
    .array(
      z.strictObject({
        refId: z.string().regex(/^[A-Z]$/),
        datasource,
        expr: z.string().min(1),
        legendFormat: z.string(),
      }),
    )
    .min(1),
});
/** As Grafana exports a dashboard for import elsewhere. */
const dashboard = z.object({
  __inputs: z.tuple([
    z.object({ name: z.literal('DS_PROMETHEUS'), type: z.literal('datasource'), pluginId: z.literal('prometheus') }),
  ]),
  __requires: z.array(
    z.strictObject({
      type: z.enum(['grafana', 'datasource', 'panel']),
      id: z.string(),
      name: z.string(),
      version: z.string(),
    }),
  ),
  /** Grafana gives it one of its own. */
  id: z.null(),
  uid: z.string().regex(/^[\w-]{1,40}$/),
  title: z.string().min(1),
  schemaVersion: z.int().min(36),
  version: z.int(),
  time: z.strictObject({ from: z.string(), to: z.string() }),
  annotations: z.object({ list: z.array(z.unknown()) }),
  templating: z.strictObject({
    list: z.tuple([
      z.object({ name: z.literal('instance'), type: z.literal('query'), datasource, definition: z.string() }),
    ]),
  }),
  panels: z.array(panel).min(1),
});

const file = fileURLToPath(new URL('../../sensor/deploy/grafana-dashboard.json', import.meta.url));
const parsed = dashboard.parse(JSON.parse(readFileSync(file, 'utf8')));

const tally = new MetricsTally({ events: newRecordEvents(), now: Date.now });
afterAll(() => tally.close());

/** Labels by the names of all samples of a sensor of which everything is known. */
function offered(): Map<string, Map<string, Set<string>>> {
  const web = { openPages: 0, wrongTokens: 0, slowedTokens: 0, refusedHosts: 0, refusedOrigins: 0, refusedPages: 0 };
  const health = {
    ...quietHealth(Date.now()),
    clock: { isCertain: true, differenceMs: 0 },
    interfaceDrops: { dropped: 1, received: 9, minutes: 15 },
    now: 0,
    web: { ...web, refusedStrangers: 0 },
  };
  const text = metricsText([...stateFamilies(health, [], processFacts()), ...tally.families()]);
  const names = new Map<string, Map<string, Set<string>>>();
  for (const { labels, name } of parseExposition(text).flatMap(({ samples }) => samples)) {
    const known = names.get(name) ?? new Map<string, Set<string>>();
    names.set(name, known);
    for (const [label, value] of Object.entries(labels)) known.set(label, (known.get(label) ?? new Set()).add(value));
  }
  return names;
}

/** Each metric that a query names, with its matchers and what it is grouped by. */
function asked(query: string): { name: string; matchers: [label: string, value: string][]; groups: string[] }[] {
  const groups = [...query.matchAll(/\bby \(([^)]*)\)/g)].flatMap(([, list = '']) => list.split(/,\s*/));
  return [...query.matchAll(/\b(thingwatch_\w+)(?:\{([^}]*)\})?/g)].map(([, name = '', inner = '']) => ({
    name,
    matchers: [...inner.matchAll(/(\w+)=~?"([^"]*)"/g)].map(([, label = '', value = '']): [string, string] => [
      label,
      value,
    ]),
    groups,
  }));
}

it('asks for metrics, labels and values that there are, and counts only over time', () => {
  const names = offered();
  const queries = parsed.panels.flatMap(({ targets }) => targets.map(({ expr }) => expr));
  expect(queries.length).toBeGreaterThan(10);
  for (const query of [...queries, parsed.templating.list[0].definition]) {
    const all = asked(query);
    expect([query, all.length > 0]).toEqual([query, true]);
    for (const { groups, matchers, name } of all) {
      const labels = names.get(name);
      expect([name, labels !== undefined]).toEqual([name, true]);
      // Prometheus itself adds whose sample it is.
      for (const [label, value] of matchers.filter(([key]) => key !== 'instance'))
        expect([query, label, labels?.get(label)?.has(value)]).toEqual([query, label, true]);
      for (const label of groups)
        expect([query, label, label === 'instance' || labels?.has(label)]).toEqual([query, label, true]);
      const isCounter = /_(?:total|bucket)$/.test(name);
      expect([query, new RegExp(`(?:rate|increase)\\(${name}\\{[^}]*\\}\\[`).test(query)]).toEqual([query, isCounter]);
    }
  }
});

it('shows what a person looks for: health, incidents by kind, packets, loss, latency, memory', () => {
  const text = JSON.stringify(parsed.panels.map(({ targets }) => targets));
  for (const part of ['capture_state', 'by (kind)', 'packets_total', 'loss_ratio', 'alert_delay', 'resident_memory'])
    expect(text).toContain(part);
});

it('has panels of their own numbers and places, and names the kinds that it needs', () => {
  const { panels } = parsed;
  expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
  const cells = panels.flatMap(({ gridPos: { h, w, x, y } }) => {
    expect(x + w).toBeLessThanOrEqual(24);
    return Array.from({ length: w * h }, (_, n) => `${x + (n % w)}/${y + Math.floor(n / w)}`);
  });
  expect(new Set(cells).size).toBe(cells.length);
  const required = parsed.__requires.filter(({ type }) => type === 'panel').map(({ id }) => id);
  expect([...new Set(panels.map(({ type }) => type))].toSorted()).toEqual(required.toSorted());
  for (const { targets } of panels) expect(new Set(targets.map(({ refId }) => refId)).size).toBe(targets.length);
});

// The reference of settings against the schema itself: every key stands in it once, with its default and its choices, and none that
// there is not.
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { schema } from '../../sensor/config/schema.ts';
import { codeIn, manualPlaces, read } from './documents.ts';

interface Setting {
  key: string;
  /** Undefined where there is none. */
  fallback: unknown;
  /** What else it may be, where only certain words are right. */
  choices: readonly string[];
}

/** Defaults and choices of a schema, key by key; what a person names is NAME. */
function settingsOf(type: unknown, key = '', fallback?: unknown): Setting[] {
  if (type instanceof z.ZodDefault || type instanceof z.ZodPrefault)
    return settingsOf(type.def.innerType, key, type.def.defaultValue);
  if (type instanceof z.ZodOptional) return settingsOf(type.def.innerType, key);
  if (type instanceof z.ZodObject)
    return Object.entries(type.shape).flatMap(([name, inner]) =>
      settingsOf(inner, key === '' ? name : `${key}.${name}`),
    );
  if (type instanceof z.ZodRecord) return settingsOf(type.def.valueType, `${key}.NAME`);
  if (type instanceof z.ZodUnion && type.options.every((option) => option instanceof z.ZodObject))
    return merged(type.options.flatMap((option) => settingsOf(option, key)));
  if (type instanceof z.ZodEnum) return [{ key, fallback, choices: type.options.map(String) }];
  if (type instanceof z.ZodLiteral) return [{ key, fallback, choices: [...type.values].map(String) }];
  return [{ key, fallback, choices: [] }];
}

/** The same key in several kinds of one thing is one row. */
function merged(settings: readonly Setting[]): Setting[] {
  const byKey = new Map<string, Setting>();
  for (const one of settings) {
    const before = byKey.get(one.key);
    const choices = [...new Set([...(before?.choices ?? []), ...one.choices])];
    byKey.set(one.key, { key: one.key, fallback: before?.fallback ?? one.fallback, choices });
  }
  return [...byKey.values()];
}

/** `| key | default | words |` */
function rowsIn(text: string): { key: string; fallback: string; words: string }[] {
  return [...text.matchAll(/^\| `([a-zA-Z_.]+)` \| (.*?) \| (.*?) ?\|$/gm)].map(
    ([, key = '', fallback = '', words = '']) => ({ key, fallback, words }),
  );
}

/** `metrics.md`, not a setting. */
const isFile = (code: string) => /\.(?:md|ts|json|yaml)$/.test(code);

const SETTINGS = settingsOf(schema());
const ROWS = rowsIn(read('sensor/deploy/manual/configuration.md'));

describe('the reference of settings', () => {
  it('has every key, once, and none that there is not', () => {
    expect(SETTINGS.length).toBeGreaterThan(50);
    expect(ROWS.map(({ key }) => key).sort()).toEqual(SETTINGS.map(({ key }) => key).sort());
  });

  it.each(SETTINGS.map(({ key, ...rest }) => [key, rest] as const))('%s', (key, { choices, fallback }) => {
    const row = ROWS.find((one) => one.key === key);
    const [, code] = /^`([^`]+)`(?: for \w+)?$/.exec(row?.fallback ?? '') ?? [];
    // A default in code is the very value; where there is none, words say what happens, or a dash.
    expect(code === undefined ? undefined : parse(code)).toEqual(fallback);
    for (const choice of choices) expect(row?.words).toContain(`\`${choice}\``);
  });

  it('knows every setting that a sentence of README, manual or THREATS names', () => {
    const sections = new Set(SETTINGS.map(({ key }) => key.split('.')[0]));
    const named = [...manualPlaces(), 'sensor/THREATS.md']
      .flatMap((place) => codeIn(place))
      .flatMap(({ at, code }) => {
        const [key = '', section] = /^([a-z_]+)\.[a-z_.]+/.exec(code) ?? [];
        return section !== undefined && sections.has(section) && !isFile(code) ? [{ at, key }] : [];
      });
    expect(named.length).toBeGreaterThan(60);
    const keys = SETTINGS.map(({ key }) => key);
    const isThere = (key: string) => keys.some((other) => other === key || other.startsWith(`${key}.`));
    expect(named.filter(({ key }) => !isThere(key))).toEqual([]);
  });
});

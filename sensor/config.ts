// Configuration: YAML file and environment, checked by one schema. Every mistake is told at once, with its key path.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Document } from 'yaml';
import { z } from 'zod';
import { defaults } from './config/defaults.ts';
import { type Config, schema } from './config/schema.ts';
import { nestsTooDeep, yaml } from './notes/yaml.ts';

const ENVIRONMENT_PREFIX = 'THINGWATCH_';
const FILE_NAMES = ['thingwatch.yaml', '/etc/thingwatch/thingwatch.yaml'];

/** For what is parsed once: zod makes no code of its own for it. */
const ONCE = { jitless: true } as const;

export type { Config };

/** All that is wrong, one line each; exit code 2. */
export class ConfigError extends Error {
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(problems.join('\n'));
    this.problems = problems;
  }
}

export interface ConfigSource {
  /** `--config FILE`; it must exist. */
  file: string | undefined;
  workingDirectory: string;
  environment: Readonly<Record<string, string | undefined>>;
}

/** Reads the file, lays the environment over it, checks the whole. Throws ConfigError. */
export function loadConfig(source: ConfigSource): { config: Config; file: string | null } {
  const path =
    source.file ??
    FILE_NAMES.map((name) => join(name.startsWith('/') ? '' : source.workingDirectory, name)).find(existsSync);
  const problems: string[] = [];
  const values = path === undefined ? {} : readYaml(path, problems);
  const variables = Object.entries(source.environment).filter(([name]) => name.startsWith(ENVIRONMENT_PREFIX));
  // Read from the schema only where there is a variable: it takes longer than all else here.
  const keys = variables.length === 0 ? new Map<string, EnvironmentKey>() : environmentKeys();
  /** Names of variables by the key they set. */
  const fromEnvironment = new Map<string, string>();
  for (const [name, text] of variables) {
    if (text === undefined) continue;
    const key = keys.get(name);
    if (key === undefined)
      problems.push(
        `${name}: there is no such setting; the environment names are THINGWATCH_ and the key's path in capitals`,
      );
    else {
      setAt(values, key.path, key.parse(text));
      fromEnvironment.set(key.path.join('.'), name);
    }
  }
  // Nothing is set, so there is nothing to check: to make the schema takes a start longer than all else here.
  if (problems.length === 0 && Object.keys(values).length === 0) return { config: defaults(), file: path ?? null };
  const result = schema().safeParse(values, ONCE);
  if (!result.success)
    problems.push(...result.error.issues.flatMap((issue) => describe(issue, path ?? 'configuration', fromEnvironment)));
  if (problems.length > 0 || !result.success) throw new ConfigError(problems);
  return { config: result.data, file: path ?? null };
}

/** Places of a file that is no YAML; who reads more of them learns no more. */
const FAULTS_TOLD = 20;

function readYaml(path: string, problems: string[]): Record<string, unknown> {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw new ConfigError([`${path}: cannot be read (${error instanceof Error ? error.message : String(error)})`]);
  }
  if (nestsTooDeep(text))
    throw new ConfigError([
      `${path}: is nested too deeply to be read; settings lie in sections, like "web:" with "listen: 127.0.0.1:8080" under it`,
    ]);
  const { LineCounter, parseDocument } = yaml();
  const counter = new LineCounter();
  const document = parseDocument(text, { lineCounter: counter, prettyErrors: false });
  const { errors } = document;
  if (errors.length > 0) {
    const faults = errors.slice(0, FAULTS_TOLD).map(({ message, pos }) => {
      const { col, line } = counter.linePos(pos[0]);
      return `${path}: ${message} at line ${line}, column ${col}`;
    });
    const left = errors.length - faults.length;
    throw new ConfigError(left === 0 ? faults : [...faults, `${path}: and ${left} more places that are no YAML`]);
  }
  const value = parsedValue(document, path) ?? {};
  if (typeof value === 'object' && !Array.isArray(value))
    // A section whose keys are all commented out reads as null: it says nothing.
    return Object.fromEntries(Object.entries(value).filter(([, section]) => section !== null));
  problems.push(`${path}: must be a mapping of settings, like "web:" with "listen: 127.0.0.1:8080" under it`);
  return {};
}

/** Aliases that multiply beyond reason are refused here by the parser. */
function parsedValue(document: Document, path: string): unknown {
  try {
    return document.toJS();
  } catch (error) {
    throw new ConfigError([`${path}: ${error instanceof Error ? error.message : String(error)}`]);
  }
}

/** What a value of the wrong type should have been; a password of digits is a number to YAML. */
const KINDS: Partial<Record<string, string>> = {
  string: 'must be text; put a number in quotes',
  number: 'must be a number',
  boolean: 'must be true or false',
  array: 'must be a list, such as [one, two]',
  object: 'must be a section, with its settings indented below',
  record: 'must be a section, with its settings indented below',
};

function describe(issue: z.core.$ZodIssue, path: string, fromEnvironment: ReadonlyMap<string, string>): string[] {
  const at = issue.path.join('.');
  const variable = issue.path
    .map((_, index) => fromEnvironment.get(issue.path.slice(0, index + 1).join('.')))
    .findLast((name) => name !== undefined);
  const message = issue.code === 'invalid_type' ? (KINDS[issue.expected] ?? issue.message) : issue.message;
  if (variable !== undefined) return [`${variable}: ${at}: ${message}`];
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => `${path}: ${at === '' ? key : `${at}.${key}`}: there is no such setting`);
  }
  return [`${path}: ${at}: ${message}`];
}

interface EnvironmentKey {
  path: string[];
  parse(text: string): unknown;
}

/** `THINGWATCH_MQTT_URL` and so on, from the schema itself. Lists are separated by commas. */
function environmentKeys(): Map<string, EnvironmentKey> {
  const keys = new Map<string, EnvironmentKey>();
  const walk = (type: unknown, path: string[]) => {
    const section = sectionIn(type);
    if (section !== null) {
      for (const [name, inner] of Object.entries(section.shape)) walk(inner, [...path, name]);
    } else if (type instanceof z.ZodType) {
      const parse = parserFor(type.safeParse(undefined).data);
      keys.set(ENVIRONMENT_PREFIX + path.join('_').toUpperCase(), { path, parse });
    }
  };
  walk(schema(), []);
  return keys;
}

/** The section of settings that a default or an option wraps; null for a single setting. */
function sectionIn(type: unknown): z.ZodObject | null {
  if (type instanceof z.ZodObject) return type;
  const wraps = type instanceof z.ZodOptional || type instanceof z.ZodDefault || type instanceof z.ZodPrefault;
  return wraps ? sectionIn(type.def.innerType) : null;
}

/** Turns text into the type of the setting's default; what does not fit stays text, for the schema to name. */
function parserFor(sample: unknown): (text: string) => unknown {
  if (Array.isArray(sample))
    return (text) =>
      text
        .split(',')
        .map((item) => item.trim())
        .filter((item) => item !== '');
  if (typeof sample === 'boolean') return (text) => ({ true: true, false: false })[text] ?? text;
  if (typeof sample === 'number')
    return (text) => (text.trim() === '' || Number.isNaN(Number(text)) ? text : Number(text));
  return (text) => text;
}

function setAt(target: Record<string, unknown>, path: readonly string[], value: unknown): void {
  const [first = '', ...rest] = path;
  if (rest.length === 0) {
    target[first] = value;
    return;
  }
  const inner = target[first] ?? {};
  // Not a section at all: it stays, for the schema to name.
  if (typeof inner !== 'object' || Array.isArray(inner)) return;
  const next = Object.fromEntries(Object.entries(inner));
  target[first] = next;
  setAt(next, rest, value);
}

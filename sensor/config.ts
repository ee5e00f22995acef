// Configuration: YAML file and environment, checked by one schema. Every mistake is told at once, with its key path.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Document } from 'yaml';
import { z } from 'zod';
import { parsePrefix } from './attribute/prefix.ts';
import { fleet } from './config/fleet.ts';
import { notify } from './config/notify.ts';
import { LANGUAGES } from './language/words.ts';
import { LOG_LEVELS } from './log.ts';
import { nestsTooDeep, yaml } from './notes/yaml.ts';

const ENVIRONMENT_PREFIX = 'THINGWATCH_';
const FILE_NAMES = ['thingwatch.yaml', '/etc/thingwatch/thingwatch.yaml'];

/** For what is parsed once: zod makes no code of its own for it. */
const ONCE = { jitless: true } as const;

const prefix = z.string().refine((text) => parsePrefix(text) !== null, 'is no CIDR prefix such as 192.168.1.0/24');
/** `host:port`; the host may be empty (all addresses) or a bracketed IPv6 address. */
const listen = z
  .string()
  .regex(/^(?:\[[0-9a-fA-F:.]+\]|[^:\s]*):\d{1,5}$/, 'must be HOST:PORT, for example 127.0.0.1:8080')
  .refine((text) => Number(/\d*$/.exec(text)?.[0]) <= 65_535, 'has a port above 65535');
const file = z.string().min(1);
const topic = z.string().regex(/^[^+#\0/][^+#\0]*$/, 'must be an MQTT topic without + and #');

/** A certificate without its key, or the other way round, would be ignored in silence. */
const bothOrNeither = [
  ({ cert, key }: { cert?: string | undefined; key?: string | undefined }) =>
    (cert === undefined) === (key === undefined),
  { message: 'cert and key belong together: set both or neither' },
] as const;

/** What a Bearer header can carry (RFC 6750, section 2.1), and too long to be guessed. */
export const METRICS_TOKEN = [
  /^[\w.~+/-]{16,512}=*$/,
  'must be 16 characters or more: letters, digits and - . _ ~ + / alone',
] as const;

/** Where frames come from; the interface of the default route where none is named. */
const SOURCES = ['interface', 'command', 'fritzbox'] as const;

/** AVM's router, asked for its own capture. */
const fritzbox = z
  .strictObject({
    url: z
      .string()
      .regex(/^https?:\/\/[^\s/@]+\/?$/, 'must be the address of the box, such as http://fritz.box')
      .default('http://fritz.box'),
    /** Without one, the user that the box offers to a browser. */
    username: z.string().optional(),
    password: z.string().optional(),
    password_file: file.optional(),
    /** A name from the box's list, such as lan, or what its page calls it, such as 1-lan. */
    interface: z.string().min(1).default('lan'),
    /** A libpcap filter that the box applies. */
    filter: z.string().min(1).optional(),
    /** PEM file of the certificate that the box must show. */
    ca: file.optional(),
    /** SHA-256 of that certificate, in hex. */
    fingerprint: z
      .string()
      .regex(/^(?:[0-9a-fA-F]{2}:?){31}[0-9a-fA-F]{2}$/, 'must be a SHA-256 fingerprint: 32 octets in hex')
      .optional(),
    insecure: z.boolean().default(false),
  })
  .refine(({ password, password_file: file }) => (password === undefined) !== (file === undefined), {
    message: 'needs password or password_file, one of them',
  })
  .refine(
    ({ ca, fingerprint, insecure, url }) =>
      [ca !== undefined, fingerprint !== undefined, insecure].filter(Boolean).length <=
      (url.startsWith('http:') ? 0 : 1),
    { message: 'ca, fingerprint and insecure are for an https:// address, one of them' },
  );

/** Every setting, with its default. */
export const schema = z.strictObject({
  state_dir: z.string().min(1).default('./state'),
  /** In every MQTT topic and unique id; by default the capture interface's MAC, kept from the first start. */
  sensor_id: z
    .string()
    .regex(/^[a-zA-Z0-9_-]{1,64}$/, 'may have letters, digits, _ and - only')
    .optional(),
  /** Whom the sensor becomes when it was started as root: a user's name or id; `root` stays root. */
  run_as: z.string().min(1).max(64).optional(),
  /** Of what people are told; commands, log and errors are English. */
  language: z.enum(LANGUAGES, { error: `must be one of ${LANGUAGES.join(', ')}` }).default('en'),
  log: z.strictObject({ level: z.enum(LOG_LEVELS).default('info') }).prefault({}),
  capture: z
    .strictObject({
      interface: z.string().min(1).optional(),
      /** In place of an interface: text for /bin/sh, or a program and its arguments. Its standard output is the capture. */
      command: z
        .union([z.string().min(1), z.tuple([z.string().min(1)], z.string())], 'must be text, or a list of texts')
        .optional(),
      fritzbox: fritzbox.optional(),
      fix_offloads: z.boolean().default(false),
      home_net: z.array(prefix).default([]),
    })
    .refine((capture) => SOURCES.filter((key) => capture[key] !== undefined).length <= 1, {
      message: `${SOURCES.join(', ')}: set one of them at most`,
    })
    .prefault({}),
  mqtt: z
    .strictObject({
      url: z
        .string()
        .regex(/^(?:mqtts?|tcp|tls|ssl|wss?):\/\/[^\s]+$/, 'must be a broker URL such as mqtt://192.168.1.10:1883')
        .optional(),
      username: z.string().optional(),
      password: z.string().optional(),
      ca: file.optional(),
      cert: file.optional(),
      key: file.optional(),
      base_topic: topic.default('thingwatch'),
      client_id: z.string().min(1).max(64).optional(),
      /** The embedded broker's address, where no `url` names another. */
      listen: listen.default('127.0.0.1:1883'),
    })
    .refine(...bothOrNeither)
    .prefault({}),
  homeassistant: z
    .strictObject({
      enabled: z.boolean().default(true),
      prefix: topic.default('homeassistant'),
      devices: z.enum(['flagged', 'all']).default('flagged'),
      link_by_mac: z.boolean().default(true),
      status_topic: topic.optional(),
      hold_hours: z
        .number()
        .positive()
        .max(24 * 30)
        .default(24),
    })
    .prefault({}),
  web: z
    .strictObject({
      listen: listen.default('127.0.0.1:8080'),
      base_path: z.string().startsWith('/', 'must begin with /').default('/'),
      host_names: z.array(z.string().min(1)).default([]),
      /** Reverse proxies whose X-Forwarded-For is believed, as CIDR prefixes. */
      trusted_proxies: z.array(prefix).default([]),
      cert: file.optional(),
      key: file.optional(),
    })
    .refine(...bothOrNeither)
    .prefault({}),
  metrics: z
    .strictObject({
      token: z
        .string()
        .regex(...METRICS_TOKEN)
        .optional(),
      token_file: file.optional(),
    })
    .refine(({ token, token_file: path }) => token === undefined || path === undefined, {
      message: 'token and token_file: set one of them at most',
    })
    .prefault({}),
  notify,
  fleet,
  notes: z.strictObject({ dirs: z.array(z.string().min(1)).default([]) }).prefault({}),
  detect: z
    .strictObject({
      learning_days: z.number().min(0).max(365).default(7),
      updates_overdue_days: z.number().positive().max(3650).default(30),
    })
    .prefault({}),
  store: z
    .strictObject({
      flush_seconds: z.number().min(1).max(3600).default(600),
      max_megabytes: z.number().min(16).max(100_000).default(512),
    })
    .prefault({}),
});

export type Config = z.infer<typeof schema>;

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
  const result = schema.safeParse(values, ONCE);
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
  walk(schema, []);
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

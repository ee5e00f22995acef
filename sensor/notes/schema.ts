// The shape of a firmware note: what its YAML front matter may say, and the record the rest of the sensor works with.
// Unknown keys are errors, and no host, port or mail fact passes without its source.
import { z } from 'zod';
import { lazily } from '../lazily.ts';
import { globProblem, hostPatternProblem, isSharedInfrastructure } from './pattern.ts';

const CATEGORIES = [
  'appliance',
  'camera',
  'computer',
  'console',
  'doorbell',
  'energy',
  'heating',
  'hub',
  'light',
  'mobile',
  'nas',
  'network',
  'plug',
  'printer',
  'reader',
  'receiver',
  'router',
  'sensor',
  'speaker',
  'telephone',
  'thermostat',
  'tv',
  'vacuum',
] as const;

const MAX_LIST = 64;
const MAX_BACKENDS = 128;

export const SLUG = /^[a-z0-9]+(?:-[a-z0-9]+)*$/;
const OBSERVED = /^observed \d{4}-\d{2}-\d{2}: .{8,}$/;

/** A value refused with the words of a checker that returns null when it is content. */
function checked(problem: (text: string) => string | null) {
  return z.string().superRefine((text, context) => {
    const message = problem(text);
    if (message) context.addIssue({ code: 'custom', message });
  });
}

const text = lazily(() => z.string().trim().min(1).max(120));
const glob = lazily(() => checked(globProblem));
const hostPattern = lazily(() => checked(hostPatternProblem));
const globs = lazily(() => z.array(glob()).max(MAX_LIST).default([]));

function sourceProblem(source: string): string | null {
  if (source.length > 500) return 'is longer than 500 characters';
  if (OBSERVED.test(source)) return null;
  const url = URL.canParse(source) ? new URL(source) : null;
  if (url && (url.protocol === 'https:' || url.protocol === 'http:') && url.hostname.includes('.')) return null;
  return 'must be a web address, or "observed YYYY-MM-DD: " and what was seen';
}

export const source = lazily(() => checked(sourceProblem));

const backend = lazily(() =>
  z
    .strictObject({
      /** Exact host, or `*.` and the domain whose sub-domains (and which itself) it stands for. */
      host: hostPattern(),
      role: z.enum(['update', 'telemetry', 'cloud', 'store', 'time']),
      /** Run for this vendor's products only; false for a CDN, rented storage or a public service. */
      dedicated: z.boolean(),
      source: source(),
      /** `low` is shown to people, but neither recognises a device nor gives a backend its role. */
      confidence: z.enum(['high', 'medium', 'low']),
    })
    .superRefine((entry, context) => {
      if (entry.dedicated && isSharedInfrastructure(entry.host))
        context.addIssue({ code: 'custom', path: ['dedicated'], message: 'must be false: others share this host' });
    }),
);

const mail = lazily(() =>
  z
    .strictObject({
      /** `never`: any mail is worth an incident. `if-configured`: only to a server that its owner entered. */
      expected: z.enum(['never', 'if-configured']),
      ports: z.array(z.int().min(1).max(65_535)).max(16).default([]),
      servers: z.array(hostPattern()).max(MAX_LIST).default([]),
      source: source(),
    })
    .superRefine((entry, context) => {
      if (entry.expected === 'never' && (entry.ports.length > 0 || entry.servers.length > 0))
        context.addIssue({ code: 'custom', path: ['expected'], message: 'never goes without ports and servers' });
    }),
);

const match = lazily(() =>
  z.strictObject({
    /** IEEE organisation names that only this family carries. */
    oui: z.array(text()).max(MAX_LIST).default([]),
    /** IEEE organisation names that other kinds of devices carry as well: phones, computers, bought-in radio modules. */
    ouiShared: z.array(text()).max(MAX_LIST).default([]),
    hostnames: globs(),
    /** DNS-SD service types (`_hue._tcp`), or model keys as `key=value` or the value alone. */
    mdns: globs(),
    /** SERVER header or device type. */
    ssdp: globs(),
    /** Vendor class (option 60) or parameter request list (option 55) as `1,3,6`. */
    dhcp: globs(),
    /** Hosts out of `backends` that nothing but this family contacts. */
    backends: z.array(hostPattern()).max(MAX_LIST).default([]),
    /** Where the recognition patterns come from. */
    source: source().optional(),
  }),
);

export const frontMatter = lazily(() =>
  z
    .strictObject({
      slug: z.string().max(64).regex(SLUG, 'must be lower-case words joined by hyphens'),
      vendor: text(),
      family: text(),
      category: z.enum(CATEGORIES),
      /** Left out it follows from the category: routers and network gear are infrastructure, everything else is a thing. */
      class: z.enum(['thing', 'general-purpose', 'infrastructure']).optional(),
      match: match(),
      backends: z.array(backend()).max(MAX_BACKENDS).default([]),
      /** Left out where nothing is known. */
      mail: mail().optional(),
      defaultPassword: z.strictObject({
        risk: z.enum(['high', 'medium', 'low', 'unknown']),
        source: source().optional(),
      }),
      /** Where the factory-reset steps come from: the vendor's page, or `general`, which sends people to the manual. */
      reset: z.strictObject({ source: checked((value) => (value === 'general' ? null : sourceProblem(value))) }),
    })
    .superRefine((note, context) => {
      const usable = new Set(note.backends.filter((b) => b.dedicated && b.confidence !== 'low').map((b) => b.host));
      for (const [index, host] of note.match.backends.entries())
        if (!usable.has(host))
          context.addIssue({
            code: 'custom',
            path: ['match', 'backends', index],
            message: 'must be listed under backends, dedicated and with more than low confidence',
          });
    }),
);

export type FrontMatter = z.infer<ReturnType<typeof frontMatter>>;
export type NoteBackend = FrontMatter['backends'][number];
export type NoteMail = NonNullable<FrontMatter['mail']>;
export type NoteBackendRole = NoteBackend['role'];

/** What a person does with the device, as plain text: whoever shows it escapes it. */
export interface NoteSteps {
  disconnect: string[];
  reset: string[];
  reinstall: string[];
  closeAccess: string[];
}

export interface Note extends Omit<FrontMatter, 'mail'> {
  mail: NoteMail | null;
  /** The first paragraph under the title, as plain text; empty where there is none. */
  summary: string;
  steps: NoteSteps;
  /** File it was read from. */
  file: string;
}

/** Something wrong in a note, to be shown with its place. */
export interface NoteProblem {
  file: string;
  /** 1-based; 1 where the file as a whole is meant. */
  line: number;
  /** Path of the key, `backends[2].source`; empty where no key is concerned. */
  key: string;
  message: string;
}

// Every setting: what it may be, and what it is where nobody sets it. Shapes alone; config.ts reads what was set.
import { z } from 'zod';
import { parsePrefix } from '../attribute/prefix.ts';
import { LANGUAGES } from '../language/words.ts';
import { lazily } from '../lazily.ts';
import { LOG_LEVELS } from '../log.ts';
import { fleet } from './fleet.ts';
import { notify } from './notify.ts';

const prefix = lazily(() =>
  z.string().refine((text) => parsePrefix(text) !== null, 'is no CIDR prefix such as 192.168.1.0/24'),
);
/** `host:port`; the host may be empty (all addresses) or a bracketed IPv6 address. */
const listen = lazily(() =>
  z
    .string()
    .regex(/^(?:\[[0-9a-fA-F:.]+\]|[^:\s]*):\d{1,5}$/, 'must be HOST:PORT, for example 127.0.0.1:8080')
    .refine((text) => Number(/\d*$/.exec(text)?.[0]) <= 65_535, 'has a port above 65535'),
);
const file = lazily(() => z.string().min(1));
const topic = lazily(() => z.string().regex(/^[^+#\0/][^+#\0]*$/, 'must be an MQTT topic without + and #'));

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
const fritzbox = lazily(() =>
  z
    .strictObject({
      url: z
        .string()
        .regex(/^https?:\/\/[^\s/@]+\/?$/, 'must be the address of the box, such as http://fritz.box')
        .default('http://fritz.box'),
      /** Without one, the user that the box offers to a browser. */
      username: z.string().optional(),
      password: z.string().optional(),
      password_file: file().optional(),
      /** A name from the box's list, such as lan, or what its page calls it, such as 1-lan. */
      interface: z.string().min(1).default('lan'),
      /** A libpcap filter that the box applies. */
      filter: z.string().min(1).optional(),
      /** PEM file of the certificate that the box must show. */
      ca: file().optional(),
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
    ),
);

/** Every setting, with its default. */
export const schema = lazily(() =>
  z.strictObject({
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
        fritzbox: fritzbox().optional(),
        fix_offloads: z.boolean().default(false),
        home_net: z.array(prefix()).default([]),
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
        ca: file().optional(),
        cert: file().optional(),
        key: file().optional(),
        base_topic: topic().default('thingwatch'),
        client_id: z.string().min(1).max(64).optional(),
        /** The embedded broker's address, where no `url` names another. */
        listen: listen().default('127.0.0.1:1883'),
      })
      .refine(...bothOrNeither)
      .prefault({}),
    homeassistant: z
      .strictObject({
        enabled: z.boolean().default(true),
        prefix: topic().default('homeassistant'),
        devices: z.enum(['flagged', 'all']).default('flagged'),
        link_by_mac: z.boolean().default(true),
        status_topic: topic().optional(),
        hold_hours: z
          .number()
          .positive()
          .max(24 * 30)
          .default(24),
      })
      .prefault({}),
    web: z
      .strictObject({
        listen: listen().default('127.0.0.1:8080'),
        base_path: z.string().startsWith('/', 'must begin with /').default('/'),
        host_names: z.array(z.string().min(1)).default([]),
        /** Reverse proxies whose X-Forwarded-For is believed, as CIDR prefixes. */
        trusted_proxies: z.array(prefix()).default([]),
        cert: file().optional(),
        key: file().optional(),
      })
      .refine(...bothOrNeither)
      .prefault({}),
    metrics: z
      .strictObject({
        token: z
          .string()
          .regex(...METRICS_TOKEN)
          .optional(),
        token_file: file().optional(),
      })
      .refine(({ token, token_file: path }) => token === undefined || path === undefined, {
        message: 'token and token_file: set one of them at most',
      })
      .prefault({}),
    notify: notify(),
    fleet: fleet(),
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
  }),
);

export type Config = z.infer<ReturnType<typeof schema>>;

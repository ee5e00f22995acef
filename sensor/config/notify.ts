// The settings below `notify`: who is told of alerts beside the broker, and of which. Shapes alone.
import { z } from 'zod';
import { lazily } from '../lazily.ts';

/** One that is added by mistake a hundred times would cost a connection each. */
const MOST_TARGETS = 8;
const NAME = /^[a-zA-Z0-9][a-zA-Z0-9_-]{0,31}$/;
const TIME = '(?:[01]\\d|2[0-3]):[0-5]\\d';

const file = lazily(() => z.string().min(1));
const secret = lazily(() => z.string().regex(/^[\x21-\x7e]{1,512}$/, 'must be printable ASCII without spaces'));

/** A secret in it would be shown with the rest. */
function isPlain(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { password, protocol, username } = new URL(text);
  return (protocol === 'https:' || protocol === 'http:') && username === '' && password === '';
}

const address = lazily(() =>
  z.string().refine(isPlain, 'must be an address such as https://push.example.net, without user and password'),
);
/** Of a server, to which paths are added. */
const server = lazily(() => address().refine((text) => !/[?#]/.test(text), 'must be an address without ? and #'));

const shared = lazily(() => ({
  /** Nothing milder is told. */
  least: z.enum(['info', 'low', 'medium', 'high', 'critical']).default('medium'),
  /** In local time; what is not critical waits for its end. */
  quiet: z
    .string()
    .regex(new RegExp(`^${TIME}-${TIME}$`), 'must be FROM-TO in local time, such as "22:00-07:00"')
    .refine((text) => text.slice(0, 5) !== text.slice(6), 'begins when it ends')
    .optional(),
  /** Of each week a summary, whatever `least` says. */
  weekly: z.boolean().default(true),
  /** Devices by the names they have at home; else by maker or family and the end of their address. */
  names: z.boolean().default(false),
  /** PEM file of the authority that signed the certificate of an https:// address. */
  ca: file().optional(),
}));

const ntfy = lazily(() =>
  z.strictObject({
    kind: z.literal('ntfy'),
    url: server().default('https://ntfy.sh'),
    topic: z.string().regex(/^[-_A-Za-z0-9]{1,64}$/, 'may have letters, digits, _ and - only, 64 at most'),
    token: secret().optional(),
    token_file: file().optional(),
    ...shared(),
  }),
);
const gotify = lazily(() =>
  z.strictObject({
    kind: z.literal('gotify'),
    url: server(),
    token: secret().optional(),
    token_file: file().optional(),
    ...shared(),
  }),
);
const webhook = lazily(() =>
  z.strictObject({
    kind: z.literal('webhook'),
    url: address(),
    /** Each message is signed with it: HMAC-SHA256. */
    secret: secret().optional(),
    secret_file: file().optional(),
    ...shared(),
  }),
);

/** Phones: each that its owner put on the list on the page. */
const webpush = lazily(() => {
  const { ca, ...alike } = shared();
  return z.strictObject({
    kind: z.literal('webpush'),
    /** Hosts of push services beside those that browsers come with. */
    services: z
      .array(
        z
          .string()
          .regex(
            /^[a-zA-Z0-9.-]+(?::\d{1,5})?$/,
            'must be hosts such as push.example.net, with :PORT where it is not 443',
          ),
      )
      .max(16)
      .default([]),
    /** Push services are told whom to ask about the messages. */
    contact: z
      .string()
      .regex(/^(?:https:\/\/|mailto:)[\x21-\x7e]{1,200}$/, 'must be an https:// or mailto: address of yours')
      .default('https://thingwatch.example/'),
    /** PEM file of the authority behind one of `services`. */
    ca,
    ...alike,
  });
});

const kinds = lazily(() =>
  z.discriminatedUnion('kind', [ntfy(), gotify(), webhook(), webpush()], 'must be ntfy, gotify, webhook or webpush'),
);

export type NotifyTarget = z.infer<ReturnType<typeof kinds>>;

const target = lazily(() =>
  kinds().superRefine((settings, { addIssue }) => {
    if (settings.kind === 'webpush') return;
    const key = settings.kind === 'webhook' ? 'secret' : 'token';
    const [given, inFile] =
      settings.kind === 'webhook' ? [settings.secret, settings.secret_file] : [settings.token, settings.token_file];
    if (given !== undefined && inFile !== undefined)
      addIssue({ code: 'custom', message: `needs ${key} or ${key}_file, not both` });
    if (settings.kind === 'gotify' && given === undefined && inFile === undefined)
      addIssue({
        code: 'custom',
        message: 'needs token or token_file, the token of an application of the Gotify server',
      });
    if (settings.ca !== undefined && settings.url.startsWith('http:'))
      addIssue({ code: 'custom', path: ['ca'], message: 'is for an https:// address' });
  }),
);

/** By the names that people are shown. */
export const notify = lazily(() =>
  z
    .record(z.string(), target())
    .superRefine((targets, { addIssue }) => {
      for (const name of Object.keys(targets))
        if (!NAME.test(name))
          addIssue({
            code: 'custom',
            path: [name],
            message: 'the name may have letters, digits, _ and - only, 32 at most',
          });
      const phones = Object.entries(targets).filter(([, { kind }]) => kind === 'webpush');
      for (const [name] of phones.slice(1))
        addIssue({
          code: 'custom',
          path: [name],
          message: `is the second webpush: ${phones[0]?.[0]} is for all phones`,
        });
      if (Object.keys(targets).length > MOST_TARGETS)
        addIssue({ code: 'custom', message: `has more than ${MOST_TARGETS} targets` });
    })
    .default({}),
);

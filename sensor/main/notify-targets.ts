// From the configuration to running targets: secrets and certificates are read, and what a target may read of an incident is put
// together. Loaded only where the configuration names a target. Belongs to main.ts.
import { readFileSync } from 'node:fs';
import { EXIT } from '../cli.ts';
import type { Config } from '../config.ts';
import type { Log } from '../log.ts';
import { type Notify, startNotify } from '../publish/notify/notify.ts';
import type { PhoneSettings, Phones } from '../publish/notify/phones.ts';
import type { NotifyTarget } from '../publish/notify/shapes.ts';
import { systemTimers } from '../publish/ports.ts';
import { cleanText } from '../publish/text.ts';
import { namelessOf, withoutNames } from '../record/without-names.ts';
import { weekSentences } from '../record/wording-week.ts';
import type { Spine } from '../spine.ts';
import { EdgeError } from './edge-error.ts';
import { systemAuthorities } from './system-authorities.ts';

/** Of a device in a summary, where several stand side by side. */
const NAME_LIMIT = 40;
const SECRET = /^[\x21-\x7e]{1,512}$/;

/** Where the store keeps the sensor's own key for push services. */
const PUSH_KEY = 'push_key';

type Webpush = Extract<Config['notify'][string], { kind: 'webpush' }>;

export interface TargetsParts {
  config: Config;
  spine: Spine;
  pageUrl: string | null;
  version: string;
  now(): number;
  log: Log;
}

/** With the door for phones, where the configuration has one. @throws EdgeError for a file that cannot be read */
export async function startTargets(parts: TargetsParts): Promise<{ notify: Notify; phones: Phones | null }> {
  const { config, log, now, spine } = parts;
  const { outbox } = spine.store;
  const notify = startThem(parts);
  const letGo = () => outbox.keepTargets(notify.names());
  const [name, webpush] = Object.entries(config.notify).find(([, { kind }]) => kind === 'webpush') ?? [];
  const settings = name === undefined || webpush?.kind !== 'webpush' ? null : phoneSettings(name, webpush);
  const { Phones } = settings === null ? { Phones: null } : await import('../publish/notify/phones.ts');
  const phones =
    settings === null || Phones === null
      ? null
      : new Phones({
          settings,
          notify,
          book: spine.store.phones,
          secret: {
            read: () => spine.store.meta(PUSH_KEY),
            write: (text) => spine.store.setMeta(PUSH_KEY, text, true),
          },
          letGo,
          now,
          log,
        });
  letGo();
  return { notify, phones };
}

function startThem({ config, log, now, pageUrl, spine, version }: TargetsParts): Notify {
  const { engine, events, knowledge, recorder, store, words } = spine;
  const parts = { describer: recorder.describer, knowledge, device: (mac: string) => engine.devices.get(mac) };
  return startNotify({
    targets: readTargets(config.notify),
    queueOf: (name) => store.outbox.of(name),
    tell(incident, withNames) {
      if (!withNames) return withoutNames(incident, parts);
      const device = incident.device === null ? undefined : engine.devices.get(incident.device);
      const { who } = withoutNames(incident, parts);
      const isInner = incident.evidence.innerAddress !== undefined;
      return {
        ...incident,
        who: device === undefined || isInner ? who : knowledge.displayName(device, engine.devices, words),
      };
    },
    tellWeek: (week, withNames) =>
      weekSentences(words, week, (mac) => {
        const device = engine.devices.get(mac);
        if (device === undefined) return null;
        return cleanText(
          withNames ? knowledge.displayName(device, engine.devices, words) : namelessOf(mac, parts),
          NAME_LIMIT,
        );
      }),
    pageUrl,
    version,
    words,
    events,
    timers: systemTimers,
    now,
    random: Math.random,
    log,
  });
}

/** With what their files hold; phones are none of these. */
export function readTargets(settings: Config['notify']): NotifyTarget[] {
  return Object.entries(settings).flatMap(([name, target]) => {
    if (target.kind === 'webpush') return [];
    const { ca, kind, least, names, quiet = null, weekly } = target;
    const url = new URL(target.url);
    const token = kind === 'webhook' ? null : secretOf(target.token, target.token_file, `notify.${name}.token_file`);
    const secret =
      kind === 'webhook' ? secretOf(target.secret, target.secret_file, `notify.${name}.secret_file`) : null;
    const topic = kind === 'ntfy' ? target.topic : '';
    const authorities = ca === undefined ? systemAuthorities() : readText(`notify.${name}.ca`, ca);
    return {
      ...{ name, kind, url, topic, token, secret, least, quiet, weekly, names },
      ca: url.protocol === 'https:' ? authorities : null,
    };
  });
}

function phoneSettings(name: string, target: Webpush): PhoneSettings {
  const { ca, contact, least, names, quiet = null, services, weekly } = target;
  const authorities = ca === undefined ? systemAuthorities() : readText(`notify.${name}.ca`, ca);
  return { name, contact, least, names, quiet, services, weekly, ca: authorities };
}

/** Without the line end that editors add. */
function secretOf(given: string | undefined, file: string | undefined, key: string): string | null {
  if (given !== undefined) return given;
  if (file === undefined) return null;
  const secret = readText(key, file).trimEnd();
  if (!SECRET.test(secret)) throw new EdgeError(EXIT.usage, `${key}: ${file} must hold one line of printable ASCII`);
  return secret;
}

function readText(key: string, path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const why = error instanceof Error && 'code' in error ? String(error.code) : 'it is no file';
    throw new EdgeError(EXIT.usage, `${key}: ${path} cannot be read (${why})`);
  }
}

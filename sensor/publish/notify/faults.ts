// What keeps a target from taking a message: in words for whoever set it up, without secrets and without anything the target wrote;
// and when it is worth trying again.

import { UNTRUSTED } from '../untrusted.ts';
import { OURS } from './http-call.ts';
import { type HttpAnswer, type NotifyTarget, PHONE_OF } from './shapes.ts';

export interface TargetFault {
  text: string;
  /**
   * `away`: it comes back by itself; `refused`: somebody has to change something; `busy`: it wants fewer messages; `message`: it has
   * something against this one; `long`: it finds this one too long; `gone`: a phone that is there no more.
   */
  kind: 'away' | 'refused' | 'busy' | 'message' | 'long' | 'gone';
  /** It asks for a pause, ms. */
  pause?: number;
}

const LONGEST_PAUSE_MS = 60 * 60_000;
/** First and longest pause between two tries, ms. */
const PAUSES: Record<Exclude<TargetFault['kind'], 'long' | 'gone'>, [first: number, longest: number]> = {
  away: [5_000, 5 * 60_000],
  refused: [30_000, 15 * 60_000],
  busy: [10_000, LONGEST_PAUSE_MS],
  message: [30_000, 15 * 60_000],
};

/** After so many failures in a row, with up to a fifth more by chance, so that a server is not met by all at once. */
export function pauseAfter({ kind, pause = 0 }: TargetFault, failures: number, random: number): number {
  const [first, longest] = PAUSES[kind === 'long' || kind === 'gone' ? 'message' : kind];
  const own = Math.min(longest, first * 2 ** Math.min(30, failures - 1)) * (1 + random / 5);
  return Math.max(own, Math.min(LONGEST_PAUSE_MS, pause));
}

type Named = Pick<NotifyTarget, 'kind' | 'name' | 'token' | 'url'>;

/** Of an answer that takes nothing. `now`: wall time, ms. */
export function answerFault(target: Named, { headers, status }: HttpAnswer, now: number): TargetFault {
  const { kind, name, token, url } = target;
  const host = url.host;
  const key = `notify.${name}`;
  if (kind === 'webpush') return pushFault(host, { headers, status }, now);
  if (status >= 200 && status < 300)
    return { kind: 'refused', text: `what answers at ${host} is no ${KINDS[kind]} server (${key}.url)` };
  if (status >= 300 && status < 400)
    return {
      kind: 'refused',
      text: `${host} leads to another address, which is not followed: put that into ${key}.url`,
    };
  switch (status) {
    case 401:
    case 403:
      if (kind === 'webhook')
        return { kind: 'refused', text: `${host} does not let the sensor in (${status}; ${key}.url)` };
      if (token === null) return { kind: 'refused', text: `${host} wants a token (${key}.token)` };
      return {
        kind: 'refused',
        text:
          status === 401
            ? `${host} does not know the token (${key}.token)`
            : `${host} does not let this token write here (${key}.token)`,
      };
    case 404:
    case 405:
    case 410:
      return {
        kind: 'refused',
        text: `there is nothing at this address of ${host} that takes messages (${status}; ${key}.url)`,
      };
    case 408:
      return { kind: 'away', text: `${host} waited too long for the message` };
    case 413:
      return { kind: 'long', text: `the message is too long for ${host}` };
    case 429:
      return {
        kind: 'busy',
        text: `${host} wants fewer messages for now`,
        pause: retryAfter(headers['retry-after'], now),
      };
  }
  if (status >= 400 && status < 500) return { kind: 'message', text: `${host} does not take the message (${status})` };
  return {
    kind: 'away',
    text: `${host} has trouble of its own (${status})`,
    pause: retryAfter(headers['retry-after'], now),
  };
}

const KINDS: Record<Exclude<NotifyTarget['kind'], 'webpush'>, string> = {
  ntfy: 'ntfy',
  gotify: 'Gotify',
  webhook: 'webhook',
};

/** Of a push service that takes nothing (RFC 8030, section 5; RFC 8292, section 2). Its address is no setting of anybody's. */
function pushFault(
  host: string,
  { headers, status }: Pick<HttpAnswer, 'headers' | 'status'>,
  now: number,
): TargetFault {
  if (status === 404 || status === 410)
    return { kind: 'gone', text: `${host} knows this phone no more: press "Tell this phone" on it again` };
  if (status === 413) return { kind: 'long', text: `the message is too long for ${host}` };
  if (status === 401 || status === 403)
    return {
      kind: 'refused',
      text: `${host} does not accept the sensor's signature (${status}): see that this machine's clock is right, else press "Tell this phone" on the phone again`,
    };
  const pause = retryAfter(headers['retry-after'], now);
  if (status === 429) return { kind: 'busy', text: `${host} wants fewer messages for now`, pause };
  if (status >= 300 && status < 400)
    return { kind: 'refused', text: `${host} leads to another address, which is not followed` };
  if (status >= 400 && status < 500 && status !== 408)
    return { kind: 'message', text: `${host} does not take the message (${status})` };
  return { kind: 'away', text: `${host} has trouble of its own (${status})`, pause };
}

/** RFC 9110, section 10.2.3: seconds, or a date. */
export function retryAfter(value: string | string[] | undefined, now: number): number {
  const text = typeof value === 'string' ? value.trim() : '';
  const milliseconds = /^\d{1,9}$/.test(text) ? Number(text) * 1000 : Date.parse(text) - now;
  return Number.isNaN(milliseconds) ? 0 : Math.min(LONGEST_PAUSE_MS, Math.max(0, milliseconds));
}

/** `where`: the setting that has the address, in brackets. */
const AWAY: Record<string, (host: string, where: string) => string> = {
  ECONNREFUSED: (host, where) => `nothing listens at ${host}${where}`,
  ENOTFOUND: (host, where) => `the name of ${host} is not known${where}`,
  EAI_AGAIN: (host) => `the name of ${host} cannot be looked up now`,
  EHOSTUNREACH: (host) => `${host} cannot be reached`,
  ENETUNREACH: (host) => `${host} cannot be reached: no network`,
  ETIMEDOUT: (host) => `${host} does not answer`,
  [OURS.silent]: (host) => `${host} does not answer in time`,
  [OURS.inside]: (host) =>
    `the name server of this machine says that ${host} is an address of the home, which is not asked`,
  EMFILE: (host) =>
    `this machine lets the sensor open no more connections (file descriptors), so it cannot reach ${host}`,
  // What systemd's filter of addresses answers.
  EPERM: (host) =>
    `this machine does not let the sensor speak with ${host}: as a service it needs IPAddressAllow= for it`,
};

/** Of a question without an answer. */
export function callFault({ kind, name, url }: Named, error: unknown): TargetFault {
  const host = url.host;
  const [group = name] = name.split(PHONE_OF);
  const where = kind === 'webpush' ? '' : ` (notify.${name}.url)`;
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const away = AWAY[code];
  if (away !== undefined) return { kind: 'away', text: away(host, where) };
  if (code === 'CERT_HAS_EXPIRED') return { kind: 'refused', text: `the certificate of ${host} has expired` };
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID')
    return { kind: 'refused', text: `the certificate of ${host} is for another name${where}` };
  if (UNTRUSTED.has(code))
    return {
      kind: 'refused',
      text: `the certificate of ${host} is not signed by a known authority (notify.${group}.ca)`,
    };
  if (code === 'EPROTO' || code.startsWith('ERR_SSL_'))
    return { kind: 'refused', text: `${host} does not speak TLS at this port${where}` };
  if (code.startsWith('HPE_')) return { kind: 'refused', text: `what answers at ${host} speaks no HTTP${where}` };
  return { kind: 'away', text: `the connection to ${host} was lost` };
}

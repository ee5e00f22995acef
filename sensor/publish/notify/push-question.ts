// A notice as a phone's push service is asked to take it (RFC 8030), small enough and readable for the phone alone.
import { createHash } from 'node:crypto';
import type { Severity } from '../../detect/finding.ts';
import { lookupOutside } from './push-services.ts';
import type { HttpQuestion, Notice, PushAccess } from './shapes.ts';
import { encrypted, vapidHeader } from './web-push.ts';

/** What the page's service worker is given. */
export interface PushMessage {
  /** A later message of the same id takes the place of this one. */
  id: string;
  title: string;
  body: string;
  /** Where on the page it leads. */
  hash: string;
  /** Stays until a person has seen it. */
  isUrgent: boolean;
}

/** A phone that is off for longer is told by its page. */
const KEPT_FOR_S = 7 * 24 * 60 * 60;
/** RFC 8030, section 5.3: how soon a phone is woken that saves its battery. */
const URGENCY: Record<Severity, string> = { info: 'low', low: 'low', medium: 'normal', high: 'high', critical: 'high' };
/** Octets of the text; with the rest far below what one message may have. */
const BODY_LIMIT = 2400;
const SHORT_LIMIT = 200;

export function pushQuestion(
  { keys, contact, isBuiltIn, vapid }: PushAccess,
  url: URL,
  notice: Notice,
  { isShort, now, text }: { isShort: boolean; now: number; text: string },
): Omit<HttpQuestion, 'ca' | 'signal'> {
  const { id, severity, title } = notice;
  const message: PushMessage = {
    ...{ id, title, body: cut(text, isShort ? SHORT_LIMIT : BODY_LIMIT), hash: hashOf(notice) },
    isUrgent: severity === 'critical',
  };
  return {
    method: 'POST',
    url,
    headers: {
      authorization: vapidHeader(vapid, { origin: url.origin, now, contact }),
      'content-type': 'application/octet-stream',
      'content-encoding': 'aes128gcm',
      ttl: String(KEPT_FOR_S),
      urgency: URGENCY[severity],
      // Of the same message again the service keeps one (RFC 8030, section 5.4); it learns nothing by it.
      topic: createHash('sha256').update(id).digest('base64url').slice(0, 32),
    },
    body: encrypted(Buffer.from(JSON.stringify(message)), keys),
    wantsText: false,
    ...(isBuiltIn ? { lookup: lookupOutside } : {}),
  };
}

function hashOf({ change, incident }: Notice): string {
  if (change === 'digest' && incident === null) return '#/incidents';
  return incident === null ? '#/' : `#/incidents/${incident}`;
}

/** Whole characters; what JSON writes longer counts as it is written. */
function cut(text: string, octets: number): string {
  const size = (of: string) => Buffer.byteLength(JSON.stringify(of));
  if (size(text) <= octets) return text;
  const characters = [...text];
  let end = Math.min(characters.length, octets);
  while (end > 0 && size(characters.slice(0, end).join('')) > octets - 3) end = Math.floor(end * 0.9);
  return `${characters.slice(0, end).join('').trimEnd()}…`;
}

// A notice as each kind of target wants to be asked to take it, and whether it did. Pure. Sources: ntfy's "Publish as JSON" and
// "Updating notifications" (docs.ntfy.sh/publish, since server 2.16), Gotify's REST API (gotify.net/api-docs, POST /message, extras).
import { createHmac } from 'node:crypto';
import type { Severity } from '../../detect/finding.ts';
import type { Words } from '../../language/words.ts';
import { pushQuestion } from './push-question.ts';
import type { HttpAnswer, HttpQuestion, Notice, NotifyTarget } from './shapes.ts';

type Question = Omit<HttpQuestion, 'ca' | 'signal'>;

/** 5 is the loudest. */
const NTFY_PRIORITY: Record<Severity, number> = { info: 2, low: 2, medium: 3, high: 4, critical: 5 };
/** From 8 on its app makes a noise. */
const GOTIFY_PRIORITY: Record<Severity, number> = { info: 2, low: 3, medium: 5, high: 8, critical: 10 };

/** `isStored`: it is on disk. `isShort`: the target found the whole too long. `now`: wall time, ms. */
export function questionFor(
  target: NotifyTarget,
  notice: Notice,
  how: { isShort: boolean; isStored: boolean; now: number; version: string; words: Words },
): Question {
  const { isShort, isStored, now, version, words } = how;
  const headers = { 'content-type': 'application/json', 'user-agent': `thingwatch/${version}` };
  const sentences = isShort ? [] : [notice.advice, isStored ? null : words.alerts.notStored];
  const message = [isShort ? notice.text.slice(0, 200) : notice.text, ...sentences]
    .filter((part) => part !== null)
    .join('\n\n');
  switch (target.kind) {
    case 'ntfy':
      return {
        method: 'POST',
        url: target.url,
        headers: { ...headers, ...(target.token === null ? {} : { authorization: `Bearer ${target.token}` }) },
        body: JSON.stringify({
          topic: target.topic,
          title: notice.title,
          message,
          priority: NTFY_PRIORITY[notice.severity],
          tags: [notice.test ? 'test_tube' : notice.change === 'week' ? 'calendar' : 'warning'],
          // Who got it before has it replaced by this one.
          sequence_id: notice.id,
          ...(notice.link === null ? {} : { click: notice.link }),
        }),
        wantsText: true,
      };
    case 'gotify':
      return {
        method: 'POST',
        url: below(target.url, 'message'),
        headers: { ...headers, 'x-gotify-key': target.token ?? '' },
        body: JSON.stringify({
          title: notice.title,
          message,
          priority: GOTIFY_PRIORITY[notice.severity],
          extras: {
            'thingwatch::alert': { id: notice.id },
            ...(notice.link === null ? {} : { 'client::notification': { click: { url: notice.link } } }),
          },
        }),
        wantsText: true,
      };
    case 'webhook': {
      const body = JSON.stringify({ ...notice, stored: isStored, ...(isShort ? { text: message, advice: null } : {}) });
      return {
        method: 'POST',
        url: target.url,
        headers: {
          ...headers,
          'x-thingwatch-id': notice.id,
          ...(target.secret === null ? {} : { 'x-thingwatch-signature': signature(target.secret, body) }),
        },
        body,
        wantsText: false,
      };
    }
    case 'webpush': {
      if (target.push === undefined) throw new Error('a phone without its keys');
      return pushQuestion(target.push, target.url, notice, { isShort, now, text: message });
    }
  }
}

/** `sha256=` and the HMAC-SHA256 of the body in hex. */
export function signature(secret: string, body: string): string {
  return `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`;
}

/** A web server of another kind may say 200 to anything: ntfy and Gotify say what they made of it. */
export function isTaken({ kind }: Pick<NotifyTarget, 'kind'>, { status, text }: HttpAnswer): boolean {
  if (kind === 'webhook' || kind === 'webpush') return status >= 200 && status < 300;
  if (status !== 200) return false;
  const { event, id } = jsonObject(text);
  return kind === 'ntfy' ? typeof id === 'string' && event === 'message' : typeof id === 'number';
}

/** An empty one for what is none. */
export function jsonObject(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}

/** The server may lie below a path. */
export function below(server: URL, path: string): URL {
  return new URL(`${server.pathname.replace(/\/*$/, '/')}${path}`, server);
}

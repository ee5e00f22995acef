// Whether a target could be told of an alert, found out without telling it of one: for `thingwatch doctor`.
import { connect as connectTcp } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { answerFault, callFault } from './faults.ts';
import { callHttp, OURS } from './http-call.ts';
import { below, jsonObject } from './questions.ts';
import type { HttpAnswer, HttpQuestion, NotifyTarget } from './shapes.ts';

/** `warn`: it is there, and whether it takes alerts only a test alert shows. */
export interface Probe {
  result: 'ok' | 'warn' | 'fail';
  /** For people, without secrets. */
  found: string;
}

const ANSWER_WITHIN_MS = 8_000;

export async function probeTarget(target: NotifyTarget, within = ANSWER_WITHIN_MS): Promise<Probe> {
  try {
    switch (target.kind) {
      case 'ntfy':
        return await probeNtfy(target, within);
      case 'gotify':
        return await probeGotify(target, within);
      case 'webhook':
      case 'webpush':
        return await probeConnection(target, within);
    }
  } catch (error) {
    return { result: 'fail', found: callFault(target, error).text };
  }
}

async function probeNtfy(target: NotifyTarget, within: number): Promise<Probe> {
  const { token, topic, url } = target;
  const health = await ask(target, within, { url: below(url, 'v1/health') });
  if (jsonObject(health.text).healthy !== true) return failed(target, health);
  const headers: Record<string, string> = token === null ? {} : { authorization: `Bearer ${token}` };
  // Asks for the right to read, which one that may write need not have.
  const { status } = await ask(target, within, { url: below(url, `${topic}/auth`), headers });
  const who = token === null ? 'anybody' : 'this token';
  if (status === 200) return { result: 'ok', found: `ntfy at ${url.host} lets ${who} in to the topic` };
  if (status === 401) return failed(target, { status, headers: {}, text: '' });
  return {
    result: 'warn',
    found: `ntfy at ${url.host} is there, and ${who} may not read the topic: "thingwatch test-alert" shows whether it may write`,
  };
}

async function probeGotify(target: NotifyTarget, within: number): Promise<Probe> {
  const { token, url } = target;
  const health = await ask(target, within, { url: below(url, 'health') });
  if (jsonObject(health.text).health === undefined) return failed(target, health);
  // Without its message it is refused, whoever sends it; but whose token is wrong is told that first.
  const headers = { 'x-gotify-key': token ?? '', 'content-type': 'application/json' };
  const answer = await ask(target, within, { method: 'POST', url: below(url, 'message'), headers, body: '{}' });
  if (answer.status === 400) return { result: 'ok', found: `Gotify at ${url.host} knows the token` };
  return failed(target, answer);
}

/** No more than a connection: whatever is asked of a webhook may set something off. */
function probeConnection(target: NotifyTarget, within: number): Promise<Probe> {
  const { ca, url } = target;
  const isSecure = url.protocol === 'https:';
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const port = url.port === '' ? (isSecure ? 443 : 80) : Number(url.port);
  return new Promise((resolve, reject) => {
    const trust = ca === null ? {} : { ca };
    const isName = /[a-z]/i.test(host) && !host.includes(':');
    const socket = isSecure
      ? connectTls({ host, port, ...trust, ...(isName ? { servername: host } : {}) })
      : connectTcp({ host, port });
    const end = () => {
      clearTimeout(timer);
      socket.destroy();
    };
    const timer = setTimeout(() => socket.destroy(Object.assign(new Error('silent'), { code: OURS.silent })), within);
    socket.once(isSecure ? 'secureConnect' : 'connect', () => {
      end();
      const found = `${url.host} can be reached: "thingwatch test-alert" shows whether the webhook takes alerts`;
      resolve({ result: 'warn', found });
    });
    socket.once('error', (error) => {
      end();
      reject(error);
    });
  });
}

function ask(
  target: NotifyTarget,
  within: number,
  question: Partial<HttpQuestion> & { url: URL },
): Promise<HttpAnswer> {
  const { signal } = new AbortController();
  return callHttp(
    { method: 'GET', headers: {}, body: '', ca: target.ca, wantsText: true, signal, ...question },
    within,
  );
}

function failed(target: NotifyTarget, answer: HttpAnswer): Probe {
  return { result: 'fail', found: answerFault(target, answer, Date.now()).text };
}

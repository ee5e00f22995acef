// One question over HTTP on a connection of its own, with bounds on time and on what is read. It follows nothing: wherever an answer
// wants to lead, token and message were meant for the address in the configuration.
import { type ClientRequest, request as httpRequest, type IncomingMessage, type RequestOptions } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { HttpAnswer, HttpQuestion } from './shapes.ts';

/** All of it: the name looked up, the connection, TLS, the question and its answer, ms. */
export const ANSWER_WITHIN_MS = 20_000;
/** Bytes; those of a real answer are some hundreds. */
const LONGEST_ANSWER = 64 * 1024;

/** Codes of what we hold against a server ourselves. */
export const OURS = { silent: 'NOTIFY_SILENT', stopped: 'NOTIFY_STOPPED', inside: 'NOTIFY_INSIDE' } as const;

/** Rejects with an error that has a `code`, of the system, of TLS or one of `OURS`. */
export function callHttp(question: HttpQuestion, within = ANSWER_WITHIN_MS): Promise<HttpAnswer> {
  const { body, ca, headers, lookup, method, signal, url, wantsText } = question;
  return new Promise((resolve, reject) => {
    const options: RequestOptions & { ca?: string } = {
      method,
      ...(lookup === undefined ? {} : { lookup }),
      agent: false,
      headers: { ...headers, 'content-length': Buffer.byteLength(body) },
      ...(ca === null ? {} : { ca }),
    };
    const outgoing: ClientRequest =
      url.protocol === 'https:' ? httpsRequest(url, options, onAnswer) : httpRequest(url, options, onAnswer);
    const timer = setTimeout(() => outgoing.destroy(faultOf(OURS.silent)), within);
    const onStop = () => outgoing.destroy(faultOf(OURS.stopped));
    signal.addEventListener('abort', onStop, { once: true });
    if (signal.aborted) onStop();
    outgoing.on('error', (error) => {
      settle();
      reject(error);
    });
    outgoing.end(body);

    function settle(): void {
      clearTimeout(timer);
      signal.removeEventListener('abort', onStop);
    }

    function finish(answer: IncomingMessage, text: string): void {
      settle();
      answer.destroy();
      resolve({ status: answer.statusCode ?? 0, headers: answer.headers, text });
    }

    function onAnswer(answer: IncomingMessage): void {
      if (!wantsText || answer.statusCode !== 200) {
        finish(answer, '');
        return;
      }
      let text = '';
      answer.setEncoding('utf8');
      answer.on('data', (more: string) => {
        text += more;
        if (text.length > LONGEST_ANSWER) finish(answer, '');
      });
      answer.once('end', () => finish(answer, text));
      // Broken off: what was cut is no answer of the kind that is looked for.
      answer.once('error', (error) => {
        settle();
        reject(error);
      });
    }
  });
}

function faultOf(code: string): Error {
  return Object.assign(new Error(code), { code });
}

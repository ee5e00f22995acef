// Stand-ins on loopback for those that are told of alerts, over real HTTP: ntfy and Gotify as their documents describe them (both
// are Go programs that neither Debian nor npm has), and a webhook's receiver that checks the signature. Sources: docs.ntfy.sh/publish
// ("Publish as JSON", "Updating notifications", error codes of its server), gotify.net/api-docs.
import { createHmac, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { Socket } from 'node:net';
import { freePort } from './mosquitto.ts';

/** What one of them was sent and took. */
export interface Received {
  /** The message's own id, by which a receiver tells a repetition. */
  id: string;
  title: string;
  text: string;
  /** The whole, as it came. */
  body: string;
  headers: IncomingMessage['headers'];
  at: number;
}

export interface Tls {
  cert: string;
  key: string;
}

type Fault = (request: IncomingMessage, response: ServerResponse) => void;

export abstract class StandIn {
  /** Each message that was taken, repetitions too. */
  readonly taken: Received[] = [];
  /** Every question, also those that a fault answered: when it came, and what was asked. */
  readonly asked: { at: number; method: string; path: string; headers: IncomingMessage['headers'] }[] = [];
  /** Answers in place of the server. */
  fault: Fault | null = null;
  readonly #tls: Tls | null;
  #server: Server | null = null;
  #port = 0;
  readonly #sockets = new Set<Socket>();

  constructor(tls: Tls | null = null) {
    this.#tls = tls;
  }

  get url(): string {
    return `${this.#tls === null ? 'http' : 'https'}://${this.host}`;
  }

  get host(): string {
    return `127.0.0.1:${this.#port}`;
  }

  ids(): string[] {
    return this.taken.map(({ id }) => id);
  }

  /** Again at the same port after `stop`. */
  async start(): Promise<this> {
    const listener: RequestListener = (request, response) => void this.#serve(request, response);
    const server = this.#tls === null ? createServer(listener) : createSecureServer({ ...this.#tls }, listener);
    server.on('connection', (socket) => {
      this.#sockets.add(socket);
      socket.on('error', () => {}).once('close', () => this.#sockets.delete(socket));
    });
    // Not one that the system gives away: others would be given it while this one is stopped.
    if (this.#port === 0) this.#port = await freePort();
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(this.#port, '127.0.0.1', resolve);
    });
    this.#server = server;
    return this;
  }

  /** As when its machine goes: nothing listens, and what was open is cut. */
  async stop(): Promise<void> {
    const server = this.#server;
    this.#server = null;
    for (const socket of this.#sockets) socket.destroy();
    if (server !== null) await new Promise((resolve) => server.close(resolve));
  }

  protected abstract answer(request: IncomingMessage, body: string, octets: Buffer): [status: number, body: unknown];

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { headers, method = '', url = '' } = request;
    this.asked.push({ at: performance.now(), method, path: url, headers });
    if (this.fault !== null) {
      this.fault(request, response);
      request.resume();
      return;
    }
    const octets = await bodyOf(request);
    // Who asked was killed meanwhile, or has changed its mind.
    if (octets === null) return;
    const [status, body] = this.answer(request, octets.toString('utf8'), octets);
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(body === null ? '' : JSON.stringify(body));
  }
}

/** Null where it breaks off. */
async function bodyOf(request: IncomingMessage): Promise<Buffer | null> {
  const chunks: Buffer[] = [];
  try {
    for await (const chunk of request) chunks.push(chunk as Buffer);
  } catch {
    return null;
  }
  return Buffer.concat(chunks);
}

function parse(body: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(body);
    return typeof value === 'object' && value !== null ? { ...value } : null;
  } catch {
    return null;
  }
}

const text = (value: unknown): string => (typeof value === 'string' ? value : '');

export class NtfyStandIn extends StandIn {
  /** The only one that may be written to with the token; without one by anybody. */
  topic = 'home';
  token: string | null = null;
  /** Of tokens that may write and not read. */
  isWriteOnly = false;
  #count = 0;

  protected answer(request: IncomingMessage, body: string): [number, unknown] {
    const refused = (code: number, error: string): [number, unknown] => [
      Math.floor(code / 100),
      { code, http: Math.floor(code / 100), error, link: 'https://ntfy.sh/docs/publish/' },
    ];
    const { headers, method, url } = request;
    if (method === 'GET' && url === '/v1/health') return [200, { healthy: true }];
    const { authorization } = headers;
    const isKnown = authorization !== undefined && authorization === `Bearer ${this.token}`;
    if (authorization !== undefined && !isKnown) return refused(40101, 'unauthorized');
    const isAllowed = this.token === null || isKnown;
    if (method === 'GET' && url === `/${this.topic}/auth`)
      return isAllowed && !this.isWriteOnly ? [200, { success: true }] : refused(40301, 'forbidden');
    if (method !== 'POST' || url !== '/') return refused(40401, 'page not found');
    const message = parse(body);
    if (message === null || text(message.topic) === '')
      return refused(40017, 'invalid request: request body must be message JSON');
    if (!/^[-_A-Za-z0-9]{1,64}$/.test(text(message.topic))) return refused(40009, 'invalid request: topic invalid');
    if (message.sequence_id !== undefined && !/^[-_A-Za-z0-9]{1,64}$/.test(text(message.sequence_id)))
      return refused(40049, 'invalid request: sequence ID invalid');
    if (!isAllowed || message.topic !== this.topic) return refused(40301, 'forbidden');
    if (Buffer.byteLength(text(message.message)) > 4096)
      return refused(41301, 'attachment too large, or bandwidth limit reached');
    if (![1, 2, 3, 4, 5].includes(Number(message.priority))) return refused(40007, 'invalid priority parameter');
    this.taken.push({
      id: text(message.sequence_id),
      title: text(message.title),
      text: text(message.message),
      ...{ body, headers, at: performance.now() },
    });
    const id = `m${++this.#count}`;
    return [200, { id, time: 1_767_600_000, expires: 1_767_643_200, event: 'message', ...message }];
  }
}

export class GotifyStandIn extends StandIn {
  token = 'AbCdEf.123';

  protected answer(request: IncomingMessage, body: string): [number, unknown] {
    const refused = (status: number, error: string, errorDescription: string): [number, unknown] => [
      status,
      { error, errorCode: status, errorDescription },
    ];
    const { headers, method, url } = request;
    if (method === 'GET' && url === '/health') return [200, { health: 'green', database: 'green' }];
    if (method !== 'POST' || url !== '/message') return refused(404, 'Not Found', 'page not found');
    if (headers['x-gotify-key'] !== this.token)
      return refused(
        401,
        'Unauthorized',
        'you need to provide a valid access token or user credentials to access this api',
      );
    const message = parse(body);
    if (message === null || text(message.message) === '')
      return refused(400, 'Bad Request', "Field 'message' is required");
    const extras = (message.extras ?? {}) as Record<string, { id?: string }>;
    this.taken.push({
      id: text(extras['thingwatch::alert']?.id),
      title: text(message.title),
      text: text(message.message),
      ...{ body, headers, at: performance.now() },
    });
    return [200, { id: this.taken.length, appid: 1, date: '2026-01-05T10:00:00Z', ...message }];
  }
}

export class WebhookStandIn extends StandIn {
  /** Null: anybody is believed. */
  secret: string | null = null;

  protected answer({ headers, method }: IncomingMessage, body: string): [number, unknown] {
    if (method !== 'POST') return [405, null];
    if (this.secret !== null && !isSigned(body, this.secret, headers['x-thingwatch-signature'])) return [401, null];
    const message = parse(body) ?? {};
    this.taken.push({
      id: text(headers['x-thingwatch-id']),
      title: text(message.title),
      text: text(message.text),
      ...{ body, headers, at: performance.now() },
    });
    return [204, null];
  }
}

/** As the manual tells a receiver to check it. */
function isSigned(body: string, secret: string, signature: string | string[] | undefined): boolean {
  const expected = Buffer.from(`sha256=${createHmac('sha256', secret).update(body).digest('hex')}`);
  const given = Buffer.from(typeof signature === 'string' ? signature : '');
  return expected.length === given.length && timingSafeEqual(expected, given);
}

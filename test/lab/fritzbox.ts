// A stand-in for a FRITZ!Box on loopback: the published login, both of its generations, the list of interfaces in three forms,
// and the capture as a stream that a test writes, cuts or lets fall silent. It knows nothing of what asks it.
import { createHash, pbkdf2Sync, randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { CapturedFrame } from '../support/packet-builder.ts';

export interface BoxOptions {
  /** `md5`: FRITZ!OS before 7.24, which knows no version 2. */
  login?: 'pbkdf2' | 'md5';
  username?: string;
  password?: string;
  /** How its capture page lists interfaces; `none`: in a form that nobody knows. */
  list?: 'json' | 'html' | 'none';
  tls?: { cert: string; key: string };
  /** The user may log in, but not change settings. */
  mayCapture?: boolean;
}

const NOBODY = '0000000000000000';
const INTERFACES: readonly [id: string, label: string][] = [
  ['2-1', '1. Internetverbindung'],
  ['3-0', 'Routing-Schnittstelle'],
  ['1-eth0', 'eth0'],
  ['1-lan', 'lan'],
  ['4-133', 'AP (2.4 GHz, ath0) - Schnittstelle 1'],
  ['4-135', 'AP2 (5 GHz, ath1) - Schnittstelle 1'],
];

export class StandInBox {
  readonly #options: Required<Omit<BoxOptions, 'tls'>>;
  readonly #server: Server;
  readonly #sessions = new Set<string>();
  readonly #captures = new Set<ServerResponse>();
  #challenge = '';
  /** Seconds for which nobody may log in; a test sets it, and a wrong password does. */
  blockTime = 0;
  /** All that was asked, as "METHOD path", with what was sent as a form. */
  readonly asked: string[] = [];
  /** Logins that were tried, and those that succeeded. */
  tried = 0;
  loggedIn = 0;
  /** Interfaces whose capture was started, and stopped by request. */
  readonly started: URLSearchParams[] = [];
  readonly stopped: URLSearchParams[] = [];
  /** What a capture begins with, so that a test need not be quick. */
  readonly onCapture: CapturedFrame[] = [];

  static async start(options: BoxOptions = {}): Promise<StandInBox> {
    const box = new StandInBox(options);
    await new Promise<void>((resolve) => box.#server.listen(0, '127.0.0.1', resolve));
    return box;
  }

  private constructor({ tls, ...options }: BoxOptions) {
    const defaults = {
      login: 'pbkdf2',
      username: 'sensor',
      password: 'gehe1m',
      list: 'json',
      mayCapture: true,
    } as const;
    this.#options = { ...defaults, ...options };
    const listener: RequestListener = (request, response) => void this.#answer(request, response);
    this.#server = tls === undefined ? createServer(listener) : createTlsServer(tls, listener);
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get captures(): number {
    return this.#captures.size;
  }

  get sessions(): number {
    return this.#sessions.size;
  }

  setPassword(password: string): void {
    this.#options.password = password;
  }

  /** Frames to every capture that runs. */
  send(...frames: CapturedFrame[]): void {
    for (const response of this.#captures) response.write(records(frames));
  }

  /** Ends every capture; with `hard`, its connection breaks. */
  cut(hard = false): void {
    for (const response of this.#captures) {
      if (hard) response.destroy();
      else response.end();
    }
    this.#captures.clear();
  }

  /** Forgets who was logged in, as after 20 minutes or a restart. */
  forget(): void {
    this.#sessions.clear();
  }

  async close(): Promise<void> {
    this.cut(true);
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://box');
    let body = '';
    try {
      for await (const chunk of request) body += String(chunk);
    } catch {
      // Broken off: who asked was ended meanwhile.
      return;
    }
    this.asked.push(`${request.method} ${request.url} ${body}`.trim());
    const parameters = new URLSearchParams([...url.searchParams, ...new URLSearchParams(body)]);
    if (url.pathname === '/login_sid.lua') {
      response.setHeader('content-type', 'text/xml').end(this.#login(parameters));
      return;
    }
    const isKnown = this.#sessions.has(parameters.get('sid') ?? '');
    if (!isKnown || !this.#options.mayCapture) {
      response.writeHead(isKnown ? 403 : 303, { location: '/', 'content-type': 'text/html' }).end('<html>login</html>');
    } else if (url.pathname === '/cgi-bin/capture_notimeout') this.#capture(parameters, response);
    else this.#page(url.pathname, parameters, response);
  }

  #login(parameters: URLSearchParams): string {
    const sid = parameters.get('sid');
    if (sid !== null && parameters.has('logout')) this.#sessions.delete(sid);
    if (sid !== null) return this.#info(this.#sessions.has(sid) ? sid : NOBODY);
    const answer = parameters.get('response');
    if (answer === null) return this.#info(NOBODY);
    this.tried++;
    const isRight =
      this.blockTime === 0 &&
      parameters.get('username') === this.#options.username &&
      answer.toLowerCase() === this.#expected().toLowerCase();
    if (!isRight) {
      this.blockTime = Math.max(1, this.blockTime * 2);
      return this.#info(NOBODY);
    }
    const opened = randomBytes(8).toString('hex');
    this.#sessions.add(opened);
    this.loggedIn++;
    return this.#info(opened);
  }

  #expected(): string {
    const { login, password } = this.#options;
    if (login === 'md5') {
      const hash = createHash('md5').update(Buffer.from(`${this.#challenge}-${password}`, 'utf16le'));
      return `${this.#challenge}-${hash.digest('hex')}`;
    }
    const [, rounds, salt = '', moreRounds, dynamicSalt = ''] = this.#challenge.split('$');
    const key = pbkdf2Sync(password, Buffer.from(salt, 'hex'), Number(rounds), 32, 'sha256');
    return `${dynamicSalt}$${pbkdf2Sync(key, Buffer.from(dynamicSalt, 'hex'), Number(moreRounds), 32, 'sha256').toString('hex')}`;
  }

  #info(sid: string): string {
    const salt = () => randomBytes(16).toString('hex');
    if (sid === NOBODY)
      this.#challenge =
        this.#options.login === 'md5' ? randomBytes(4).toString('hex') : `2$6000$${salt()}$600$${salt()}`;
    const users = `<Users><User>guest</User><User last="1">${this.#options.username}</User></Users>`;
    return `<?xml version="1.0" encoding="utf-8"?><SessionInfo><SID>${sid}</SID><Challenge>${this.#challenge}</Challenge><BlockTime>${this.blockTime}</BlockTime><Rights></Rights>${users}</SessionInfo>`;
  }

  #page(path: string, parameters: URLSearchParams, response: ServerResponse): void {
    const { list } = this.#options;
    if (path === '/data.lua' && parameters.get('page') === 'cap' && list === 'json') {
      const interfaces = INTERFACES.map(([name, displayname]) => ({ name, displayname, active: false }));
      response
        .setHeader('content-type', 'application/json')
        .end(JSON.stringify({ pid: 'cap', data: { snapshot: { interfaces } } }));
    } else if (path === '/capture.lua' && list === 'html') {
      const rows = INTERFACES.map(
        ([id, label]) =>
          `<tr>\n<th>${label.replaceAll("'", '&#39;')}</th>\n<td class="buttonrow">\n<button type="submit" name="start" id="uiStart_${id}" value="${id}">Start</button>\n</td>\n<td><button type="submit" name="stop" value="1;-1;x">Stopp</button></td>\n</tr>\n`,
      );
      response
        .setHeader('content-type', 'text/html')
        .end(`<html><table class="zebra">\n${rows.join('')}</table></html>`);
    } else response.writeHead(404, { 'content-type': 'text/html' }).end('<html>404</html>');
  }

  #capture(parameters: URLSearchParams, response: ServerResponse): void {
    if (parameters.get('capture') === 'Stop') {
      this.stopped.push(parameters);
      this.cut();
      response.end();
      return;
    }
    this.started.push(parameters);
    this.#captures.add(response);
    response.on('close', () => this.#captures.delete(response));
    response.setHeader('content-type', 'application/octet-stream');
    response.write(Buffer.concat([FILE_HEADER, records(this.onCapture)]));
  }
}

/** AVM's boxes write the modified form of libpcap: its own magic, and eight octets more for each record. */
const FILE_HEADER = Buffer.from('34cdb2a1020004000000000000000000000800000100'.padEnd(48, '0'), 'hex');

function records(frames: readonly CapturedFrame[]): Buffer {
  return Buffer.concat(
    frames.flatMap(({ data, time }, index) => {
      const header = Buffer.alloc(24);
      header.writeUInt32LE(Math.floor(time / 1000), 0);
      header.writeUInt32LE((time % 1000) * 1000, 4);
      header.writeUInt32LE(data.length, 8);
      header.writeUInt32LE(data.length, 12);
      header.writeUInt32LE(10, 16);
      header.writeUInt8(index & 0xff, 22);
      return [header, data];
    }),
  );
}

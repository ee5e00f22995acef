// Requests to the real web server on loopback, with the real recorder behind it: as a paired browser sends them, and octets that are
// hardly HTTP.

import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { english } from '../../../sensor/language/words.ts';
import { LogTail } from '../../../sensor/log.ts';
import { pageModel } from '../../../sensor/main/page-model.ts';
import { SensorHealth } from '../../../sensor/main/sensor-health.ts';
import { newMemoryLinks } from '../../../web/access.ts';
import { apiRoutes } from '../../../web/api.ts';
import { createWebServer } from '../../../web/server.ts';
import { memorySpine } from '../../bench/spine.ts';
import { newMemoryBrowsers } from '../../support/page-model.ts';
import { ownRecordings } from '../material.ts';
import { joinPieces, splitPieces } from '../pieces.ts';
import { mustHold, type Target } from '../target.ts';

const START = Date.parse('2026-02-05T10:00:00Z');
const CAMERA = 'a4:cf:12:99:be:ef';

class Page {
  readonly #folder = mkdtempSync(join(tmpdir(), 'thingwatch-fuzz-'));
  readonly #spine = memorySpine();
  readonly #errors: string[] = [];
  readonly #web;
  readonly #browsers = newMemoryBrowsers();
  port = 0;
  #cookie = '';
  /** The strangers' pace goes by it; a minute passes before each request, so that none is too much. */
  #ticks = START;

  constructor() {
    writeFileSync(join(this.#folder, 'index.html'), '<!doctype html><title>thingwatch</title>');
    let time = START;
    for (const frames of ownRecordings())
      for (const data of frames) {
        time += 50;
        this.#spine.engine.frame({ time, linkType: 1, data, originalLength: data.length });
      }
    this.#spine.recorder.flushAll();
    const health = new SensorHealth(
      this.#spine,
      { version: '0', startedAt: 0, mode: 'demo', interface: null },
      () => time,
    );
    this.#web = createWebServer({
      listen: { host: '127.0.0.1', port: 0 },
      basePath: '/',
      hostNames: [],
      publicDir: this.#folder,
      model: pageModel(this.#spine, () => health.read(), new LogTail(10)),
      words: english,
      run: this.#spine.run,
      events: this.#spine.events,
      browsers: this.#browsers,
      links: newMemoryLinks(),
      clock: () => time,
      ticks: () => this.#ticks,
      randomBytes,
      log: { info() {}, warn() {}, error: (text) => this.#errors.push(text) },
    });
  }

  async open(): Promise<this> {
    const { url } = await this.#web.listen();
    this.port = Number(new URL(url).port);
    return this;
  }

  /** A paired browser's cookie; some requests of the fuzzer end its pairing. */
  async cookie(): Promise<string> {
    if (this.#cookie !== '') return this.#cookie;
    // Only so many can be paired.
    for (const { id } of this.#browsers.list()) this.#browsers.remove(id);
    const token = this.#web.pairingLink().link.split('#/pair/')[1] ?? '';
    const pair = this.request('POST', '/api/pair', '', JSON.stringify({ token, name: 'fuzzer' }));
    const answer = await this.send(pair);
    this.#cookie = /^set-cookie: ([^;]+)/im.exec(answer)?.[1] ?? '';
    mustHold(this.#cookie !== '', `no browser can be paired any more: ${answer.slice(0, 200)}`);
    return this.#cookie;
  }

  request(method: string, path: string, cookie: string, body: string): Buffer {
    const octets = Buffer.from(body, 'latin1');
    const lines = [`${method} ${path} HTTP/1.1`, `Host: 127.0.0.1:${this.port}`, 'Connection: close'];
    if (cookie !== '') lines.push(`Cookie: ${cookie}`);
    if (octets.length > 0) lines.push('Content-Type: application/json', `Content-Length: ${octets.length}`);
    return Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1'), octets]);
  }

  /** The answer as far as it comes; of a stream of events its beginning. */
  send(octets: Buffer, hangUp = false): Promise<string> {
    this.#ticks += 60_000;
    return new Promise((resolve) => {
      let answer = '';
      const socket = connect(this.port, '127.0.0.1');
      socket.setEncoding('latin1');
      socket.on('data', (text: string) => {
        if (answer.length < 65_536) answer += text;
        if (/^content-type: text\/event-stream/im.test(answer)) socket.destroy();
      });
      socket.on('error', () => {});
      socket.on('close', () => resolve(answer));
      // The rest of a request that is not whole would be waited for.
      if (hangUp) socket.end(octets);
      else socket.write(octets);
    });
  }

  check(answer: string): void {
    const error = this.#errors.shift();
    mustHold(error === undefined, `the server failed: ${error}`);
    const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(answer)?.[1] ?? 0);
    if (status === 401) this.#cookie = '';
    mustHold(status < 500 || status === 503, `answered ${answer.slice(0, 200)}`);
    mustHold(!/node_modules|\bat \w+ \(/.test(answer), `an answer shows its insides: ${answer.slice(0, 300)}`);
  }

  async close(): Promise<void> {
    await this.#web.close();
    this.#spine.close();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

const COMMANDS = [
  { type: 'acknowledge_all' },
  { type: 'acknowledge_device', device: CAMERA },
  { type: 'allow_mail', device: CAMERA, allow: true },
  { type: 'rename', device: CAMERA, label: 'Küche' },
  { type: 'keep_private', device: CAMERA, keep: true },
  { type: 'merge', device: CAMERA, into: '00:17:88:01:02:03', older: [] },
  { type: 'unmerge', device: CAMERA },
  { type: 'distinguish', device: CAMERA, from: '00:17:88:01:02:03', distinct: true },
  { type: 'expect', incident: 'x', until: null },
  { type: 'forget', device: '00:00:00:00:00:01' },
].map((command) => JSON.stringify(command));

async function api(): Promise<Target> {
  const page = await new Page().open();
  return {
    inPieces: true,
    longest: 8192,
    /** Of each piece the kind names the route, a line what stands in place of its parameter and behind it, the rest is the body. */
    async run(input, frame) {
      for (const { bytes, kind } of splitPieces(input).slice(0, 4)) {
        const route = apiRoutes[kind % apiRoutes.length];
        if (route === undefined) continue;
        const [line = '', ...body] = bytes.toString('latin1').split('\n');
        const [value = '', query = ''] = line
          .split('?', 2)
          .map((part) => part.replace(/[^!-~]/g, (octet) => escape(octet)));
        const path = `${route.path.replace(/:\w+/, value)}${query === '' ? '' : `?${query}`}`;
        page.check(
          await page.send(page.request(route.method.toUpperCase(), path, await page.cookie(), body.join('\n'))),
        );
        frame();
      }
    },
    seeds: () => [
      ...apiRoutes.map((_, kind) =>
        joinPieces([{ kind, bytes: Buffer.from(`${CAMERA}?limit=5&states=open&least=low&view=summary`) }]),
      ),
      ...COMMANDS.map((command) =>
        joinPieces([
          { kind: apiRoutes.findIndex(({ path }) => path === '/api/commands'), bytes: Buffer.from(`\n${command}`) },
        ]),
      ),
    ],
    close: () => page.close(),
  };
}

async function server(): Promise<Target> {
  const page = await new Page().open();
  return {
    longest: 4096,
    async run(input) {
      const text = input
        .toString('latin1')
        .replaceAll('PORT', String(page.port))
        .replaceAll('COOKIE', await page.cookie());
      page.check(await page.send(Buffer.from(text, 'latin1'), true));
    },
    seeds: () =>
      [
        'GET / HTTP/1.1\r\nHost: 127.0.0.1:PORT\r\nConnection: close\r\n\r\n',
        'GET /api/devices?view=summary HTTP/1.1\r\nHost: 127.0.0.1:PORT\r\nCookie: COOKIE\r\nConnection: close\r\n\r\n',
        'POST /api/commands HTTP/1.1\r\nHost: localhost:PORT\r\nOrigin: http://localhost:PORT\r\nCookie: a=b; COOKIE\r\nContent-Type: application/json\r\nContent-Length: 26\r\nConnection: close\r\n\r\n{"type":"acknowledge_all"}',
        'POST /api/pair HTTP/1.1\r\nHost: 127.0.0.1:PORT\r\nTransfer-Encoding: chunked\r\nContent-Type: application/json\r\nX-Forwarded-For: 10.0.0.1\r\nConnection: close\r\n\r\n2\r\n{}\r\n0\r\n\r\n',
        'GET /assets/..%2f..%2fpackage.json HTTP/1.0\r\n\r\n',
      ].map((text) => Buffer.from(text, 'latin1')),
    close: () => page.close(),
  };
}

export const WEB: Readonly<Record<string, () => Target | Promise<Target>>> = { api, 'http-server': server };

// The server's manners: headers, limits, errors that leak nothing, the path prefix, TLS, and clients that only hold on.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { request as httpsRequest } from 'node:https';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { CONNECTION_LIMITS } from '../../web/connections.ts';
import { WebServerError } from '../../web/server.ts';
import { troubledHome } from '../support/page-model.ts';
import { type RunningWeb, startWeb } from '../support/web-client.ts';

let running: RunningWeb | null = null;
const start = async (options = {}): Promise<RunningWeb> => {
  running = await startWeb(troubledHome(Date.now()), options);
  return running;
};
afterEach(async () => {
  await running?.close();
  running = null;
});

describe('headers', () => {
  it('allow no inline code, no foreign source, no foreign frame, and tell nothing of the software', async () => {
    const { headers } = await (await start()).call('/');
    const policy = String(headers['content-security-policy']);
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("connect-src 'self'");
    expect(policy).toContain("frame-ancestors 'self'");
    expect(policy).not.toMatch(/unsafe|\*|https?:/);
    expect(headers['x-content-type-options']).toBe('nosniff');
    expect(headers['x-powered-by']).toBeUndefined();
    expect(headers['strict-transport-security']).toBeUndefined();
    expect(headers.server).toBeUndefined();
  });

  it('keep answers of the API out of caches, compress the page, and answer an unchanged page with 304', async () => {
    const web = await start();
    expect((await web.call('/api/devices')).headers['cache-control']).toBe('no-store');
    const page = await web.call('/', { headers: { 'Accept-Encoding': 'gzip' } });
    expect(page.headers['content-encoding']).toBe('gzip');
    const again = await web.call('/', { headers: { 'If-None-Match': String(page.headers.etag) } });
    expect(again.status).toBe(304);
  });
});

describe('paths and bodies', () => {
  it('serve nothing from outside the page', async () => {
    const web = await start();
    for (const path of [
      '/../package.json',
      '/..%2fpackage.json',
      '/%2e%2e/%2e%2e/etc/passwd',
      '/assets/../../../etc/passwd',
      '/..\\..\\etc\\passwd',
      '//etc/passwd',
      '/index.html%00.js',
      '/%',
      '/assets/%c0%ae%c0%ae/',
    ]) {
      const answer = await web.call(path);
      expect([path, answer.status === 404 || answer.status === 400]).toEqual([path, true]);
      expect(answer.text).not.toMatch(/root:|"name": "thingwatch"|node_modules|at \w+ \(/);
    }
  });

  it('refuse a body over 4 KiB, broken JSON and foreign keys with words and no innards', async () => {
    const web = await start();
    const cookie = await web.pair();
    const post = (rawBody: string) => web.call('/api/commands', { method: 'POST', cookie, rawBody });
    const large = await post(JSON.stringify({ type: 'rename', device: 'x', label: 'x'.repeat(5000) }));
    expect(large.status).toBe(413);
    const hostile = [
      '{"type":',
      '{"type":"explode"}',
      '{"type":"rename","device":"../../x","label":"y"}',
      '[]',
      'null',
      '"x"',
      '{"__proto__":{"type":"forget"}}',
    ];
    for (const body of hostile) {
      const answer = await post(body);
      expect([body, answer.status]).toEqual([body, 400]);
      expect(answer.text).not.toMatch(/at \w|Unexpected|node_modules|\.\.\/|zod/i);
    }
    expect((await post('{"type":"rename","device":"3c:84:6a:10:20:01","label":"x","extra":1}')).status).toBe(400);
    expect(web.logged.filter((line) => line.includes('failed'))).toEqual([]);
  });

  it('hide what goes wrong inside', async () => {
    const web = await start();
    const cookie = await web.pair();
    web.home.model.devices = () => {
      throw new Error('secret /var/lib/thingwatch/state.db');
    };
    const answer = await web.call('/api/devices', { cookie });
    expect(answer.status).toBe(500);
    expect(answer.text).not.toContain('secret');
    expect(web.logged.join()).toContain('secret');
  });
});

describe('behind a path prefix', () => {
  it('works with the prefix kept or stripped, and sets the cookie for it', async () => {
    const web = await start({ basePath: 'watch' });
    expect(web.url).toMatch(/\/watch\/$/);
    expect((await web.call('/watch')).headers.location).toBe('/watch/');
    expect((await web.call('/watch/')).text).toContain('<title>thingwatch</title>');
    expect((await web.call('/')).text).toContain('<title>thingwatch</title>');
    expect((await web.call('/watch/api/devices')).status).toBe(401);
    const link = web.web.pairingLink().link;
    expect(link).toContain(`:${web.port}/watch/#/pair/`);
    const body = { token: link.split('#/pair/')[1] };
    const paired = await web.call('/watch/api/pair', {
      method: 'POST',
      body,
      headers: { Origin: `https://127.0.0.1:${web.port}` },
    });
    expect(paired.headers['set-cookie']?.[0]).toMatch(/; Path=\/watch\/;.*; Secure$/);
    const cookie = String(paired.headers['set-cookie']?.[0]?.split(';')[0]);
    expect((await web.call('/watch/api/devices', { cookie })).status).toBe(200);
  });
});

describe('starting', () => {
  it('says in words that the port is taken, the address foreign, the page not built, the certificate bad', async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const { port } = other.address() as AddressInfo;
    const failure = async (options: object): Promise<string> => {
      const error: unknown = await startWeb(troubledHome(Date.now()), options).then(
        () => null,
        (reason: unknown) => reason,
      );
      expect(error).toBeInstanceOf(WebServerError);
      const { code, message } = error as WebServerError;
      return `${code}: ${message}`;
    };
    expect(await failure({ listen: { host: '127.0.0.1', port } })).toBe(
      `port_in_use: Another program already uses 127.0.0.1:${port}. Choose another port with web.listen.`,
    );
    expect(await failure({ listen: { host: '203.0.113.1', port: 0 } })).toMatch(/^address_not_here: .*web\.listen/);
    expect(await failure({ publicDir: '/nowhere' })).toMatch(/^page_not_built: .*npm run build/);
    expect(await failure({ tls: { cert: 'x', key: 'y' } })).toMatch(/^bad_certificate: .*web\.cert/);
    await new Promise((resolve) => other.close(resolve));
  });

  it('serves TLS with the user’s certificate and marks the cookie Secure', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'thingwatch-tls-'));
    const [key, cert] = [join(directory, 'key.pem'), join(directory, 'cert.pem')];
    execFileSync(
      'openssl',
      [
        'req',
        '-x509',
        '-newkey',
        'ec',
        '-pkeyopt',
        'ec_paramgen_curve:prime256v1',
        '-nodes',
        '-keyout',
        key,
        '-out',
        cert,
        '-days',
        '2',
        '-subj',
        '/CN=localhost',
      ],
      { stdio: 'ignore' },
    );
    const tls = { key: readFileSync(key, 'utf8'), cert: readFileSync(cert, 'utf8') };
    rmSync(directory, { recursive: true });
    const web = await start({ tls });
    expect(web.url).toMatch(/^https:/);
    const body = JSON.stringify({ token: web.web.pairingLink().link.split('#/pair/')[1] });
    const cookies = await new Promise<string[] | undefined>((resolve, reject) => {
      const headers = { 'Content-Type': 'application/json', Host: `localhost:${web.port}` };
      const request = httpsRequest(
        {
          host: '127.0.0.1',
          port: web.port,
          path: '/api/pair',
          method: 'POST',
          ca: tls.cert,
          servername: 'localhost',
          headers,
          agent: false,
        },
        (response) => {
          response.resume();
          resolve(response.headers['set-cookie']);
        },
      );
      request.on('error', reject).end(body);
    });
    expect(cookies?.[0]).toMatch(/; Secure$/);
  });
});

describe('clients that only hold on', () => {
  it('are bounded in number, and a paired browser still gets through', async () => {
    const web = await start();
    const cookie = await web.pair();
    let ended = 0;
    const sockets: Socket[] = [];
    for (let index = 0; index < CONNECTION_LIMITS.strangers + 60; index += 1) {
      const socket = connect(web.port, '127.0.0.1');
      socket.on('error', () => {}).on('close', () => (ended += 1));
      await new Promise((resolve) => socket.once('connect', resolve));
      socket.write('GET / HTTP/1.1\r\nHost: localhost\r\nX-Slow: ');
      sockets.push(socket);
    }
    expect((await web.call('/api/devices', { cookie })).status).toBe(200);
    await expect.poll(() => ended).toBeGreaterThanOrEqual(60);
    for (const socket of sockets) socket.destroy();
  });

  it('are bounded in time: half a request is answered 408 and closed', async () => {
    const web = await start();
    const socket = connect(web.port, '127.0.0.1');
    socket.write('POST /api/pair HTTP/1.1\r\nHost: localhost\r\n');
    const drip = setInterval(() => socket.write('X: y\r\n'), 500);
    const answer = await new Promise<string>((resolve) => {
      let text = '';
      socket.on('data', (chunk) => {
        text += chunk.toString();
      });
      socket.on('error', () => {});
      socket.on('close', () => resolve(text));
    });
    clearInterval(drip);
    expect(answer).toMatch(/^HTTP\/1\.1 408 /);
  });
});

// How the page's server listens: its bounds in time and number, where the home finds it, and why it could not, in words.
import { createServer, type Server } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import { bracketed, lanAddress, listening, newHttpServer, WebServerError } from '../../web/listen.ts';

const opened: Server[] = [];
afterEach(() => {
  for (const server of opened.splice(0)) server.close();
});

it('waits for nobody longer than this, and drops what is beyond its number', () => {
  const server = newHttpServer(() => {}, undefined);
  const { headersTimeout, keepAliveTimeout, maxConnections, requestTimeout } = server;
  const checks: unknown = Reflect.get(server, 'connectionsCheckingInterval');
  expect({ checks, headersTimeout, keepAliveTimeout, maxConnections, requestTimeout }).toEqual({
    ...{ checks: 1000, headersTimeout: 8000, keepAliveTimeout: 5000, maxConnections: 1024, requestTimeout: 15_000 },
  });
});

describe('why it cannot listen', () => {
  async function reason(host: string, code: string | undefined): Promise<string> {
    const failing = createServer();
    failing.listen = () => failing;
    const failed = listening(failing, { host, port: 8080 });
    failing.emit('error', Object.assign(new Error('the cause'), code === undefined ? {} : { code }));
    const error: unknown = await failed.catch((raised: unknown) => raised);
    if (!(error instanceof WebServerError)) throw new Error('another error');
    return `${error.code}: ${error.message}`;
  }

  it.each<[string | undefined, string, string]>([
    ['EADDRINUSE', '::1', 'port_in_use: Another program already uses [::1]:8080. Choose another port with web.listen.'],
    [
      'EACCES',
      '0.0.0.0',
      'port_not_allowed: This user may not listen on 0.0.0.0:8080. Choose a port above 1023 with web.listen.',
    ],
    ['EADDRNOTAVAIL', '::2', 'address_not_here: This machine has no address ::2. Check web.listen.'],
    ['ENOTFOUND', 'nowhere', 'address_not_here: This machine has no address nowhere. Check web.listen.'],
    ['EMFILE', '127.0.0.1', 'failed: The page cannot listen on 127.0.0.1:8080: EMFILE.'],
    [undefined, '127.0.0.1', 'failed: The page cannot listen on 127.0.0.1:8080: the cause.'],
  ])('%s at %s', async (code, host, words) => expect(await reason(host, code)).toBe(words));
});

it('tells the port it was given', async () => {
  const server = newHttpServer(() => {}, undefined);
  opened.push(server);
  const port = await listening(server, { host: '127.0.0.1', port: 0 });
  expect(server.address()).toEqual({ address: '127.0.0.1', family: 'IPv4', port });
});

it('is found by the home at its first outward address, IPv4 before IPv6', () => {
  const own = (address: string, internal = false) => ({
    ...{ address, internal },
    family: address.includes(':') ? ('IPv6' as const) : ('IPv4' as const),
  });
  const [loopback, v6, first, second] = [own('127.0.0.1', true), own('fe80::1'), own('192.0.2.5'), own('192.0.2.6')];
  expect(lanAddress([loopback, v6, first, second])).toBe('192.0.2.5');
  expect(lanAddress([loopback, v6, own('fe80::2')])).toBe('fe80::1');
  expect(lanAddress([loopback])).toBeNull();
  expect([bracketed('fe80::1'), bracketed('192.0.2.5')]).toEqual(['[fe80::1]', '192.0.2.5']);
});

// What a person may write as the embedded broker's address, whom that lets in, and what becomes of a port that is taken.
import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import {
  BrokerConfigError,
  isLoopback,
  listenOnFreePort,
  localUrl,
  placeFrom,
} from '../../sensor/publish/broker-address.ts';
import { freePort } from '../support/mosquitto.ts';

const servers: Server[] = [];

afterEach(async () => {
  for (const server of servers.splice(0)) await new Promise((resolve) => server.close(resolve));
});

function server(): Server {
  const one = createServer();
  servers.push(one);
  return one;
}

/** Below the ports that the system and `freePort` give away, so that others take none of the next 20 meanwhile. */
const first = 10_000 + (process.pid % 490) * 20;

/** So many ports from there on are taken, by us or by others. */
async function take(first: number, count: number): Promise<void> {
  for (let port = first; port < first + count; port += 1) {
    const one = server();
    one.listen(port, '127.0.0.1');
    await Promise.race([once(one, 'listening'), once(one, 'error')]).catch(() => {});
  }
}

describe('an address', () => {
  it.each([
    ['127.0.0.1:1883', '127.0.0.1', 1883],
    ['sensor.lan:1', 'sensor.lan', 1],
    ['[::1]:1883', '::1', 1883],
    ['[::ffff:127.0.0.1]:1883', '::ffff:127.0.0.1', 1883],
    [':1883', '0.0.0.0', 1883],
    ['127.0.0.1:0', '127.0.0.1', 0],
    ['127.0.0.1:65535', '127.0.0.1', 65_535],
  ])('%s is read', (listen, host, port) => {
    expect(placeFrom(listen)).toEqual({ host, port });
  });

  it.each([
    ...[
      '',
      '1883',
      'localhost',
      '127.0.0.1:',
      '127.0.0.1:x',
      '127.0.0.1:65536',
      '127.0.0.1:018830',
      '127.0.0.1:1883/x',
    ],
    ...['::1:1883', '[::1:1883', '::1]:1883', '[]:1883', '[host]:1883', 'x[::1]:1883', 'mqtt://127.0.0.1:1883'],
  ])('%j is none, which is said with what is one', (listen) => {
    const words = 'the embedded broker needs an address as host:port, for example 127.0.0.1:1883';
    expect(() => placeFrom(listen)).toThrow(new BrokerConfigError(words));
  });
});

it.each([
  ...(['127.0.0.1', '127.1.2.3', 'localhost', '::1'].map((host) => [host, true]) as [string, boolean][]),
  ...(['0.0.0.0', '::', '192.168.1.5', '1.127.0.1', '127.evil.example', '127.0.0.1.nip.example', 'box', '::2'].map(
    (host) => [host, false],
  ) as [string, boolean][]),
])('%s is this machine alone: %s', (host, is) => {
  expect(isLoopback(host)).toBe(is);
});

it.each([
  ['127.0.0.1', 'mqtt://127.0.0.1:1883'],
  ['192.168.1.20', 'mqtt://192.168.1.20:1883'],
  ['0.0.0.0', 'mqtt://127.0.0.1:1883'],
  ['::', 'mqtt://127.0.0.1:1883'],
  ['::1', 'mqtt://[::1]:1883'],
])('a server at %s is reached from here by %s', (address, url) => {
  expect(localUrl({ address, port: 1883 })).toBe(url);
});

describe('a port', () => {
  it('that is free is taken, and the server’s errors are its own again', async () => {
    const port = await freePort();
    const one = server();
    expect(await listenOnFreePort(one, { host: '127.0.0.1', port })).toMatchObject({ address: '127.0.0.1', port });
    expect([one.listening, one.listenerCount('error')]).toEqual([true, 0]);
  });

  it('of no matter which number is the one that the system gave', async () => {
    const { address, port } = await listenOnFreePort(server(), { host: 'localhost', port: 0 });
    expect([['127.0.0.1', '::1'].includes(address), port > 0]).toEqual([true, true]);
  });

  it('that is taken gives way to the next that is free', async () => {
    await take(first, 2);
    const { port } = await listenOnFreePort(server(), { host: '127.0.0.1', port: first });
    expect([port > first + 1, port < first + 20]).toEqual([true, true]);
  });

  it('is looked for among 20', async () => {
    await take(first, 20);
    const last = servers[19] as Server;
    await expect(listenOnFreePort(server(), { host: '127.0.0.1', port: first })).rejects.toThrow(
      new BrokerConfigError(`ports ${first} to ${first + 19} are all taken: the embedded broker has nowhere to listen`),
    );
    await new Promise((resolve) => last.close(resolve));
    const { port } = await listenOnFreePort(server(), { host: '127.0.0.1', port: first });
    expect(port).toBe(first + 19);
  });

  it('is not looked for beyond the last', async () => {
    await take(65_534, 2);
    await expect(listenOnFreePort(server(), { host: '127.0.0.1', port: 65_534 })).rejects.toThrow(
      'ports 65534 to 65535 are all taken: the embedded broker has nowhere to listen',
    );
  });

  it('at an address that is not ours is not looked for at all', async () => {
    await expect(listenOnFreePort(server(), { host: '192.0.2.1', port: 1883 })).rejects.toThrow(
      new BrokerConfigError('the embedded broker cannot listen on 192.0.2.1 port 1883'),
    );
  });
});

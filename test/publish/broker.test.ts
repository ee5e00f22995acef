// The embedded broker: open on loopback only, never open elsewhere, and not to be filled by anybody.
import { connect, createServer, type Server } from 'node:net';
import mqtt, { type MqttClient } from 'mqtt';
import { afterEach, describe, expect, it } from 'vitest';
import { silentLog } from '../../sensor/log.ts';
import { BrokerConfigError, type EmbeddedBroker, startBroker } from '../../sensor/publish/broker.ts';
import { freePort } from '../support/mosquitto.ts';
import { retained, until } from '../support/transcript.ts';

const cleanUp: (() => unknown)[] = [];

afterEach(async () => {
  for (const remove of cleanUp.splice(0).reverse()) await remove();
});

async function start(options: Partial<Parameters<typeof startBroker>[0]> = {}): Promise<EmbeddedBroker> {
  const broker = await startBroker({ listen: `127.0.0.1:${await freePort()}`, log: silentLog, ...options });
  cleanUp.push(() => broker.close());
  return broker;
}

async function client(url: string, login: { username?: string; password?: string } = {}): Promise<MqttClient> {
  const connected = await mqtt.connectAsync(url, { protocolVersion: 4, reconnectPeriod: 0, ...login });
  connected.on('error', () => {});
  cleanUp.push(() => connected.endAsync(true));
  return connected;
}

it('takes and keeps retained messages on loopback without a password', async () => {
  const broker = await start();
  await (await client(broker.url)).publishAsync('a/b', 'kept', { qos: 1, retain: true });
  expect(await retained(broker.url, { protocolVersion: 4 })).toEqual(new Map([['a/b', 'kept']]));
});

it('takes the next free port, and says so', async () => {
  const taken: Server = createServer();
  const port = await freePort();
  await new Promise<void>((resolve) => taken.listen(port, '127.0.0.1', resolve));
  cleanUp.push(() => taken.close());
  const said: string[] = [];
  const broker = await start({
    listen: `127.0.0.1:${port}`,
    log: { ...silentLog, info: (message) => said.push(message) },
  });
  expect(broker.port).toBeGreaterThan(port);
  expect(broker.url).toBe(`mqtt://127.0.0.1:${broker.port}`);
  expect(said).toEqual([`port ${port} is taken; the embedded broker listens on ${broker.port}`]);
});

describe('beyond this machine', () => {
  it.each(['0.0.0.0:1883', ':1883', '192.168.1.20:1883', '[::]:1883', 'sensor.lan:1883'])(
    '%s is refused without a password',
    async (listen) => {
      for (const login of [
        {},
        { username: 'home' },
        { username: 'home', password: '' },
        { username: '', password: 'x' },
      ]) {
        await expect(startBroker({ listen, log: silentLog, ...login })).rejects.toThrow(
          /only with a user name and a password/,
        );
      }
    },
  );

  it('lets in who knows the password, and nobody else', async () => {
    const login = { username: 'home', password: 'a long one' };
    const broker = await start({ listen: `0.0.0.0:${await freePort()}`, ...login });
    expect((await client(broker.url, login)).connected).toBe(true);
    for (const wrong of [
      {},
      { username: 'home' },
      { ...login, password: 'a long onf' },
      { ...login, username: 'homf' },
    ]) {
      await expect(mqtt.connectAsync(broker.url, { protocolVersion: 4, reconnectPeriod: 0, ...wrong })).rejects.toThrow(
        /Bad username or password/,
      );
    }
  });
});

it.each(['1883', 'localhost', '127.0.0.1:99999', '127.0.0.1:', '::1:1883', ''])(
  'refuses the address %j with a sentence',
  async (listen) => {
    await expect(startBroker({ listen, log: silentLog })).rejects.toThrow(BrokerConfigError);
  },
);

describe('bounds', () => {
  it('a packet that is announced as too large ends the connection, before it is collected', async () => {
    const broker = await start();
    const socket = connect(broker.port, '127.0.0.1');
    const closed = new Promise((resolve) => socket.once('close', resolve));
    socket.on('error', () => {});
    // PUBLISH with a remaining length of 268,435,455 bytes (MQTT 3.1.1, section 2.2.3), of which none follows.
    socket.write(Buffer.from([0x30, 0xff, 0xff, 0xff, 0x7f]));
    await closed;
    expect((await client(broker.url)).connected).toBe(true);
  });

  it('a remaining length without an end ends the connection', async () => {
    const broker = await start();
    const socket = connect(broker.port, '127.0.0.1');
    const closed = new Promise((resolve) => socket.once('close', resolve));
    socket.on('error', () => {});
    socket.write(Buffer.from([0x30, 0x80, 0x80, 0x80, 0x80, 0x80]));
    await closed;
  });

  it('200 KB pass, 300 KB do not', async () => {
    const broker = await start();
    const sender = await client(broker.url);
    await sender.publishAsync('large', 'x'.repeat(200 * 1024), { qos: 1 });
    const closed = new Promise<void>((resolve) => sender.once('close', () => resolve()));
    sender.publish('larger', 'x'.repeat(300 * 1024), { qos: 1 });
    await closed;
  });

  it('many small packets in odd pieces are let through byte by byte', async () => {
    const broker = await start();
    const socket = connect(broker.port, '127.0.0.1');
    cleanUp.push(() => socket.destroy());
    const got: Buffer[] = [];
    socket.on('data', (chunk: Buffer) => got.push(chunk));
    // CONNECT with clean session, keep-alive 60, client id "a"; then two PINGREQ.
    const bytes = [0x10, 0x0d, 0, 4, 0x4d, 0x51, 0x54, 0x54, 4, 2, 0, 60, 0, 1, 0x61, 0xc0, 0, 0xc0, 0];
    for (const byte of bytes) {
      socket.write(Buffer.from([byte]));
      await new Promise((resolve) => setImmediate(resolve));
    }
    // CONNACK, then a PINGRESP each.
    await until(() => Buffer.concat(got).equals(Buffer.from([0x20, 2, 0, 0, 0xd0, 0, 0xd0, 0])));
  });

  it('a client may not write to the broker’s own topics', async () => {
    const broker = await start();
    const sender = await client(broker.url);
    const closed = new Promise<void>((resolve) => sender.once('close', () => resolve()));
    sender.publish('$SYS/x', '1', { qos: 1 });
    await closed;
  });
});

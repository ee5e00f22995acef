// The embedded broker: open on loopback only, never open elsewhere, and not to be filled by anybody.
import { once } from 'node:events';
import { connect } from 'node:net';
import mqtt, { type MqttClient } from 'mqtt';
import { afterEach, describe, expect, it } from 'vitest';
import { silentLog } from '../../sensor/log.ts';
import { type EmbeddedBroker, startBroker } from '../../sensor/publish/broker.ts';
import { retained, until } from '../support/transcript.ts';

const cleanUp: (() => unknown)[] = [];

afterEach(async () => {
  for (const remove of cleanUp.splice(0).reverse()) await remove();
});

async function start(options: Partial<Parameters<typeof startBroker>[0]> = {}): Promise<EmbeddedBroker> {
  const broker = await startBroker({ listen: '127.0.0.1:0', log: silentLog, ...options });
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

it('answers who comes first, though it is loaded for that one alone, and though it hangs up behind what it says', async () => {
  const broker = await start();
  const answer: Buffer[] = [];
  const socket = connect(broker.port, '127.0.0.1');
  socket.on('data', (bytes) => answer.push(bytes));
  // CONNECT (MQTT 3.1.1, section 3.1) of client `a`, and DISCONNECT.
  socket.end(Buffer.from('100d00044d5154540402003c000161e000', 'hex'));
  await once(socket, 'close');
  expect(Buffer.concat(answer).toString('hex')).toBe('20020000');
});

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

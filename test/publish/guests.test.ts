// Guests at the embedded broker, without and with the password: a thousand connections, wrong passwords, floods of retained messages
// and subscriptions, sessions and messages that are begun and never ended, a client that reads nothing. The sensor's own
// client and Home Assistant go on.
import { once } from 'node:events';
import { connect, Server, type Socket } from 'node:net';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { MqttClient } from 'mqtt';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { silentLog } from '../../sensor/log.ts';
import { type EmbeddedBroker, startBroker } from '../../sensor/publish/broker.ts';
import { GUEST_LIMITS } from '../../sensor/publish/guests.ts';
import { reportFault } from '../support/fault-table.ts';

const GUEST = '127.0.0.66';
const LOGIN = { username: 'thingwatch', password: 'what the family knows' };
const MEGABYTE = 1024 * 1024;

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

let broker: EmbeddedBroker;
let told: string[];
let own: MqttClient;
let homeAssistant: MqttClient;
let heard: string[];
/** The broker's ends of all connections so far, by the ports of the others. */
let ends: Map<number | undefined, Socket>;
let sockets: Socket[] = [];
let clients: MqttClient[] = [];

beforeEach(async () => {
  told = [];
  ends = new Map();
  const listening = vi.spyOn(Server.prototype, 'listen');
  broker = await startBroker({
    listen: '0.0.0.0:0',
    ...LOGIN,
    log: { ...silentLog, warn: (text) => told.push(text) },
  });
  const [server] = listening.mock.contexts as Server[];
  listening.mockRestore();
  server?.on('connection', (socket) => ends.set(socket.remotePort, socket));
  own = await login(broker.login, '127.0.0.1');
  homeAssistant = await login(LOGIN, '127.0.0.2');
  heard = [];
  homeAssistant.on('message', (_topic, payload) => heard.push(payload.toString('utf8', 0, 32)));
  await homeAssistant.subscribeAsync('thingwatch/x/alert', { qos: 1 });
});
afterEach(async () => {
  for (const socket of sockets) socket.destroy();
  for (const client of clients) client.end(true);
  sockets = [];
  clients = [];
  await broker.close();
});

function dial(from: string): Socket {
  const socket = connect({ port: broker.port, host: '127.0.0.1', localAddress: from });
  socket.on('error', () => {});
  sockets.push(socket);
  return socket;
}

async function login(
  access: { username: string; password: string },
  from: string,
  options: { clean?: boolean; clientId?: string } = {},
): Promise<MqttClient> {
  const client = new MqttClient(() => dial(from), { protocolVersion: 4, reconnectPeriod: 0, ...access, ...options });
  clients.push(client);
  client.on('error', () => {});
  await new Promise((resolve, reject) => {
    client.once('connect', resolve);
    client.once('close', () => reject(new Error('not let in')));
  });
  return client;
}

/** Logged in over a socket that nobody reads. CONNECT with user name and password (MQTT 3.1.1, section 3.1). */
function rawGuest(id: string): Socket {
  const guest = dial(GUEST);
  const text = (value: string) => Buffer.concat([Buffer.from([0, value.length]), Buffer.from(value)]);
  const login = [text(id), text(LOGIN.username), text(LOGIN.password)];
  const body = Buffer.concat([text('MQTT'), Buffer.from([4, 0xc2, 0, 0]), ...login]);
  guest.write(Buffer.concat([Buffer.from([0x10, body.length]), body]));
  return guest;
}

async function alertArrives(text: string): Promise<void> {
  await own.publishAsync('thingwatch/x/alert', text, { qos: 1 });
  await expect.poll(() => heard, { timeout: 20_000 }).toContain(text);
}

const alive = (from: string) => sockets.filter((socket) => !socket.destroyed && socket.localAddress === from).length;

describe('without the password', () => {
  it('1,000 connections that say nothing leave the door open for others', async () => {
    for (let round = 0; round < 20; round += 1) {
      const more = Array.from({ length: 50 }, () => dial(GUEST).resume());
      await Promise.all(
        more.map((socket) => new Promise((resolve) => socket.once('connect', resolve).once('close', resolve))),
      );
    }
    await login(LOGIN, '127.0.0.3');
    await login(LOGIN, GUEST);
    await expect.poll(() => alive(GUEST), { timeout: 20_000 }).toBeLessThanOrEqual(GUEST_LIMITS.strangers + 1);
    await alertArrives('after 1,000 connections');
    reportFault({
      fault: '1,000 connections to the embedded broker',
      inputs: '2 logins, 1 alert',
      outcome: 'let in, heard',
      lost: 0,
    });
  });

  it('300 wrong passwords are answered slowly and told by a few lines; the right one gets in meanwhile', async () => {
    const wrong = Array.from({ length: 300 }, (_, index) =>
      login({ ...LOGIN, password: `guess ${index}` }, GUEST).then(
        () => true,
        () => false,
      ),
    );
    await login(LOGIN, GUEST);
    await alertArrives('after 300 guesses');
    expect(await Promise.all(wrong)).toEqual(new Array(300).fill(false));
    expect(told.length).toBeGreaterThan(0);
    expect(told.length).toBeLessThan(10);
    expect(told[0]).toBe('wrong passwords at the embedded broker so far: 1');
    reportFault({
      fault: '300 wrong passwords at the embedded broker',
      inputs: '1 login, 1 alert',
      outcome: 'let in, heard',
      lost: 0,
    });
  });
});

describe('with the password', () => {
  it('200 clients of one guest crowd out each other', async () => {
    for (let index = 0; index < 200; index += 1)
      await login(LOGIN, GUEST, { clientId: `guest-${index}` }).catch(() => {});
    await expect.poll(() => alive(GUEST), { timeout: 20_000 }).toBeLessThanOrEqual(GUEST_LIMITS.clients);
    expect([own.connected, homeAssistant.connected]).toEqual([true, true]);
    await login(LOGIN, '127.0.0.3');
    await alertArrives('after 200 clients');
    reportFault({ fault: '200 clients of a guest with the password', inputs: '1 alert', outcome: 'heard', lost: 0 });
  });

  it('a flood of retained messages ends at its bound, and the sensor’s own still have room', async () => {
    const guest = await login(LOGIN, GUEST);
    guest.setMaxListeners(500);
    const payload = 'x'.repeat(200 * 1024);
    for (let index = 0; index < 400 && guest.connected; index += 1) {
      await Promise.race([
        guest.publishAsync(`flood/${index}`, payload, { qos: 1, retain: true }).then(
          () => {},
          () => {},
        ),
        new Promise<void>((resolve) => guest.once('close', () => resolve())),
      ]);
    }
    expect(guest.connected).toBe(false);
    await own.publishAsync('thingwatch/x/state', 'y'.repeat(200 * 1024), { qos: 1, retain: true });
    await alertArrives('after the flood');
    const reader = await login(LOGIN, '127.0.0.3');
    let bytes = 0;
    reader.on('message', (_topic, { length }) => {
      bytes += length;
    });
    await reader.subscribeAsync('#', { qos: 0 });
    await expect.poll(() => bytes, { timeout: 20_000 }).toBeGreaterThan(GUEST_LIMITS.retainedBytes / 2);
    expect(bytes).toBeLessThanOrEqual(GUEST_LIMITS.retainedBytes + 201 * 1024);
  }, 60_000);

  it('a session that is left behind keeps nothing', async () => {
    const away = await login(LOGIN, GUEST, { clean: false, clientId: 'away' });
    await away.subscribeAsync('#', { qos: 1 });
    await away.endAsync(true);
    collect();
    const before = process.memoryUsage();
    for (let index = 0; index < 100; index += 1)
      await Promise.all(
        Array.from({ length: 50 }, () => own.publishAsync('thingwatch/x/other', 'z'.repeat(10 * 1024), { qos: 1 })),
      );
    collect();
    const after = process.memoryUsage();
    const grown = after.heapUsed + after.external - before.heapUsed - before.external;
    // 50 MB went through.
    expect(grown).toBeLessThan(16 * MEGABYTE);
    const back = await login(LOGIN, GUEST, { clean: false, clientId: 'away' });
    let late = 0;
    back.on('message', () => {
      late += 1;
    });
    await alertArrives('after the session');
    expect(late).toBe(0);
  }, 60_000);

  it('messages that are begun and never ended cost the connection', async () => {
    const guest = rawGuest('q');
    const ended = new Promise<void>((resolve) => guest.resume().once('close', () => resolve()));
    for (let id = 1; id <= 40; id += 1) guest.write(Buffer.from([0x34, 8, 0, 1, 0x74, 0, id, 0x61, 0x62, 0x63]));
    await ended;
    await alertArrives('after QoS 2');
  });

  it('5,000 subscriptions are refused beyond their bound', async () => {
    const guest = await login(LOGIN, GUEST);
    let refused = 0;
    for (let index = 0; index < 5000; index += 500) {
      const topics = Array.from({ length: 500 }, (_, more) => `many/${index + more}/+/#`);
      await guest.subscribeAsync(topics, { qos: 0 }).then(
        (granted) => {
          refused += granted.filter(({ qos }) => qos === 128).length;
        },
        () => {
          refused += 1;
        },
      );
    }
    expect(refused).toBeGreaterThan(0);
    await alertArrives('after 5,000 subscriptions');
  });

  it('a client that reads nothing holds others up for seconds at most, and then is gone', async () => {
    const stalled = rawGuest('stalled');
    // SUBSCRIBE to everything (MQTT 3.1.1, section 3.8).
    stalled.write(Buffer.from([0x82, 6, 0, 1, 0, 1, 0x23, 1]));
    await new Promise((resolve) => stalled.once('readable', resolve));
    const ended = new Promise<void>((resolve) => stalled.once('close', () => resolve()));
    collect();
    const before = process.memoryUsage();
    const flood = await login(LOGIN, '127.0.0.67');
    for (let index = 0; index < 300; index += 1) flood.publish('flood', 'x'.repeat(100 * 1024), { qos: 0 });
    await alertArrives('past the one who reads nothing');
    // It cannot see it itself, as it reads nothing.
    const end = ends.get(stalled.localPort);
    if (end?.closed === false) await once(end, 'close');
    expect(end?.closed).toBe(true);
    stalled.resume();
    await ended;
    await alertArrives('and after');
    flood.end(true);
    collect();
    const after = process.memoryUsage();
    expect(after.heapUsed + after.external - before.heapUsed - before.external).toBeLessThan(64 * MEGABYTE);
    reportFault({
      fault: 'a client of the embedded broker that stalls',
      inputs: '2 alerts, 30 MB of others',
      outcome: 'alerts heard',
      lost: 0,
    });
  }, 60_000);
});

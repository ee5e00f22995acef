// Who gets into the embedded broker, how slowly a wrong password is answered, and what each may leave there. The clock for wrong
// passwords stands still.
import { once } from 'node:events';
import { connect, Server, Socket } from 'node:net';
import { Aedes } from 'aedes';
import mqtt, { type IConnackPacket, type MqttClient } from 'mqtt';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { silentLog } from '../../sensor/log.ts';
import { type BrokerOptions, type EmbeddedBroker, startBroker } from '../../sensor/publish/broker.ts';
import { GUEST_LIMITS, Shelf } from '../../sensor/publish/guests.ts';
import { FakeTimers } from '../support/fake-timers.ts';
import { freePort } from '../support/mosquitto.ts';
import { until } from '../support/transcript.ts';

const LOGIN = { username: 'home', password: 'a long one' };

let broker: EmbeddedBroker;
let timers: FakeTimers;
let log: string[];
let clients: MqttClient[];

async function start(options: Partial<BrokerOptions> = {}): Promise<void> {
  broker = await startBroker({
    listen: '127.0.0.1:0',
    log: {
      ...silentLog,
      info: (message) => log.push(`info ${message}`),
      warn: (message) => log.push(`warn ${message}`),
    },
    timers,
    ...options,
  });
}

beforeEach(() => {
  timers = new FakeTimers();
  log = [];
  clients = [];
});
afterEach(async () => {
  vi.restoreAllMocks();
  for (const client of clients) client.end(true);
  await broker.close();
});

/** The answer to a login: the CONNACK, or why there was none. */
function login(access: { username?: string; password?: string }, options: mqtt.IClientOptions = {}): Promise<unknown> {
  const client = mqtt.connect(broker.url, { protocolVersion: 4, reconnectPeriod: 0, ...access, ...options });
  clients.push(client);
  client.setMaxListeners(0);
  return new Promise((resolve) => {
    client.once('connect', resolve);
    client.on('error', (error) => resolve('code' in error ? error.code : error.message));
    client.once('close', () => resolve('closed'));
  });
}

async function enter(access = LOGIN, options: mqtt.IClientOptions = {}): Promise<MqttClient> {
  expect(await login(access, options)).toMatchObject({ cmd: 'connack', returnCode: 0 });
  return clients.at(-1) as MqttClient;
}

describe('with a password', () => {
  beforeEach(() => start({ listen: '0.0.0.0:0', ...LOGIN }));

  it('lets in who knows it, and the sensor by a login of its own', async () => {
    await enter();
    await enter(broker.login);
    expect(broker.login).toEqual({
      username: 'thingwatch-sensor',
      // 24 random bytes.
      password: expect.stringMatching(/^[\w-]{32}$/),
    });
    expect([broker.host, broker.url, log]).toEqual(['0.0.0.0', `mqtt://127.0.0.1:${broker.port}`, []]);
  });

  it('answers a wrong login after a second, each time, and tells of the first, the second, the fourth', async () => {
    const wrong = [
      {},
      { username: 'home' },
      { ...LOGIN, password: 'a long onf' },
      { ...LOGIN, username: 'homf' },
      { ...broker.login, password: LOGIN.password },
    ];
    const answers: unknown[] = [];
    for (const access of wrong) void login(access).then((answer) => answers.push(answer));
    await until(() => timers.pending().length === wrong.length);
    expect(timers.pending()).toEqual([1000, 1000, 1000, 1000, 1000]);
    timers.advance(999);
    await enter();
    expect(answers).toEqual([]);
    timers.advance(1);
    await until(() => answers.length === wrong.length);
    // CONNACK return code 4 (MQTT 3.1.1, section 3.2.2.3).
    expect(answers).toEqual([4, 4, 4, 4, 4]);
    expect(log).toEqual([1, 2, 4].map((count) => `warn wrong passwords at the embedded broker so far: ${count}`));
  });
});

it('without one lets in whoever comes, on this machine', async () => {
  await start();
  expect(await login({})).toMatchObject({ returnCode: 0 });
  expect(await login({ username: 'whoever' })).toMatchObject({ returnCode: 0 });
});

describe('its bounds', () => {
  it('are given to what speaks MQTT for us', async () => {
    const created = vi.spyOn(Aedes, 'createBroker');
    const listening = vi.spyOn(Server.prototype, 'listen');
    await start();
    await enter();
    expect(created.mock.calls[0]?.[0]).toMatchObject({
      concurrency: 100,
      connectTimeout: 10_000,
      maxClientsIdLength: 64,
      maxTopicLevels: 16,
      queueLimit: 100,
      drainTimeout: 10_000,
      maxInflightInbound: 16,
    });
    expect(listening.mock.contexts[0]).toMatchObject({ maxConnections: 1024 });
  });

  it('sends each packet at once', async () => {
    await start();
    const setNoDelay = vi.spyOn(Socket.prototype, 'setNoDelay');
    await enter();
    const ours = setNoDelay.mock.contexts.flatMap((socket, index) =>
      (socket as Socket).localPort === broker.port ? [setNoDelay.mock.calls[index]] : [],
    );
    expect(ours).toEqual([[true]]);
  });

  it('lets 32 wait at the door, and who has logged in does not count', async () => {
    await start();
    await enter();
    const knocking = Array.from({ length: 33 }, () => connect(broker.port, '127.0.0.1').on('error', () => {}));
    await Promise.all(knocking.map((socket) => once(socket, 'connect')));
    await until(() => knocking.some((socket) => socket.resume().closed));
    await enter();
    expect(clients.map(({ connected }) => connected)).toEqual([true, true]);
    for (const socket of knocking) socket.destroy();
  });

  it('lets guests in up to their number, and the sensor besides', async () => {
    await start(LOGIN);
    await enter(broker.login);
    for (let index = 0; index < GUEST_LIMITS.clients; index += 1) await enter();
    expect(clients.every(({ connected }) => connected)).toBe(true);
    await enter();
    await until(() => clients.some(({ connected }) => !connected));
    expect(clients.findIndex(({ connected }) => !connected)).toBe(1);
  });

  it('tells of a connection that it could not take, and goes on', async () => {
    const listening = vi.spyOn(Server.prototype, 'listen');
    await start();
    const server = listening.mock.contexts[0] as Server;
    server.emit('error', Object.assign(new Error('accept'), { code: 'EMFILE' }));
    server.emit('error', new Error('no code'));
    const told = 'warn a connection to the embedded broker could not be taken:';
    expect(log).toEqual([`${told} EMFILE`, `${told} no code`]);
    await enter();
  });
});

it('keeps no session: who comes back finds none', async () => {
  await start();
  const options = { clean: false, clientId: 'away' };
  const away = await enter(LOGIN, options);
  await away.subscribeAsync('#', { qos: 1 });
  await away.endAsync();
  const back = (await login(LOGIN, options)) as IConnackPacket;
  expect(back.sessionPresent).toBe(false);
});

describe('what is retained', () => {
  beforeEach(() => start(LOGIN));

  it('by a guest lies on the shelf, with its length; what is not retained does not', async () => {
    const takes = vi.spyOn(Shelf.prototype, 'takes');
    const guest = await enter();
    await guest.publishAsync('a', 'four', { qos: 1, retain: true });
    await guest.publishAsync('b', 'four', { qos: 1 });
    await guest.publishAsync('a', '', { qos: 1, retain: true });
    expect(takes.mock.calls).toEqual([
      ['a', 4],
      ['a', 0],
    ]);
  });

  it('by a guest for whom there is no room costs the connection', async () => {
    vi.spyOn(Shelf.prototype, 'takes').mockReturnValue(false);
    const guest = await enter();
    await guest.publishAsync('b', 'passes', { qos: 1 });
    const closed = new Promise<void>((resolve) => guest.once('close', resolve));
    guest.publish('a', 'four', { qos: 1, retain: true });
    await closed;
  });

  it('by the sensor takes the place of a guest’s, and needs no room', async () => {
    const takes = vi.spyOn(Shelf.prototype, 'takes').mockReturnValue(false);
    const leaves = vi.spyOn(Shelf.prototype, 'leaves');
    const own = await enter(broker.login);
    await own.publishAsync('a', 'four', { qos: 1, retain: true });
    await own.publishAsync('b', 'four', { qos: 1 });
    expect([leaves.mock.calls, takes.mock.calls]).toEqual([[['a']], []]);
  });
});

it('only topics that begin with $ are its own', async () => {
  await start();
  const guest = await enter();
  await guest.publishAsync('a/$', '1', { qos: 1 });
  const closed = new Promise<void>((resolve) => guest.once('close', resolve));
  guest.publish('$a', '1', { qos: 1 });
  await closed;
});

describe('subscriptions', () => {
  const topics = Array.from({ length: GUEST_LIMITS.subscriptionsPerClient }, (_, index) => `${index}`);

  it('of a guest are granted up to 4,096', async () => {
    await start(LOGIN);
    const guest = await enter();
    expect((await guest.subscribeAsync(topics)).every(({ qos }) => qos === 0)).toBe(true);
    const refused = await guest.subscribeAsync('one/more').catch((error: Error) => error.message);
    expect(refused).toMatch(/Subscribe error/);
  });

  it('of the sensor are granted all', async () => {
    await start(LOGIN);
    const own = await enter(broker.login);
    await own.subscribeAsync(topics);
    expect(await own.subscribeAsync('one/more')).toEqual([{ topic: 'one/more', qos: 0 }]);
  });
});

it('says which port it took only where it is another than was wished', async () => {
  const port = await freePort();
  await start({ listen: `127.0.0.1:${port}` });
  expect([broker.port, log]).toEqual([port, []]);
  const second = await startBroker({
    listen: `127.0.0.1:${port}`,
    log: { ...silentLog, info: (message) => log.push(message) },
  });
  expect(log).toEqual([`port ${port} is taken; the embedded broker listens on ${second.port}`]);
  await second.close();
});

it('closes with all connections, and leaves its port', async () => {
  // Not one of the system's, who would give it to others meanwhile.
  const port = await freePort();
  await start({ listen: `127.0.0.1:${port}` });
  const client = await enter();
  const closed = new Promise<void>((resolve) => client.once('close', resolve));
  await broker.close();
  await closed;
  await start({ listen: `127.0.0.1:${port}` });
  expect(broker.port).toBe(port);
});

// Getting to the broker: protocol versions, TLS, certificates, access lists, backoff, and what is said when it fails.
import { rmSync } from 'node:fs';
import { connect, createServer, type Server, Socket } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { silentLog } from '../../sensor/log.ts';
import { Link } from '../../sensor/publish/link.ts';
import { FakeTimers } from '../support/fake-timers.ts';
import { type Authority, freePort, MOSQUITTO, Mosquitto, makeAuthority } from '../support/mosquitto.ts';
import { accessTo, aedesBroker, type Lab, publisherLab, type TestBroker, TOPICS } from '../support/publisher-lab.ts';
import { anIncident } from '../support/small-home.ts';
import { until } from '../support/transcript.ts';

const cleanUp: (() => Promise<unknown>)[] = [];
let lab: Lab;

afterEach(async () => {
  await lab?.publisher.stop();
  for (const remove of cleanUp.splice(0)) await remove();
});

async function aedes(): Promise<TestBroker> {
  const broker = await aedesBroker();
  cleanUp.push(() => broker.remove());
  return broker;
}

describe('protocol version', () => {
  it('a broker that refuses MQTT 5 gets 3.1.1 at once, without a complaint', async () => {
    lab = publisherLab(accessTo(await aedes()));
    lab.publisher.start();
    await until(() => lab.publisher.status().connected);
    expect(lab.log).toEqual(['info connected to the broker with MQTT 3.1.1']);
  });

  it('a broker that hangs up on MQTT 5 gets 3.1.1 at the next attempt', async () => {
    const broker = await aedes();
    const old = await hangsUpOnVersion5(broker.port);
    lab = publisherLab(accessTo(broker, old));
    lab.publisher.start();
    await until(() => lab.publisher.status().error !== null);
    expect(lab.publisher.status().error).toMatch(/^the MQTT broker hung up before it answered/);
    lab.timers.advance(1000);
    await until(() => lab.publisher.status().connected);
    expect(lab.log.at(-1)).toBe('info connected to the broker with MQTT 3.1.1');
    expect(lab.publisher.status().error).toBeNull();
  });
});

it('holds nothing back until what was sent before is acknowledged', async () => {
  const setNoDelay = vi.spyOn(Socket.prototype, 'setNoDelay');
  const broker = await aedes();
  lab = publisherLab(accessTo(broker));
  lab.publisher.start();
  await until(() => lab.publisher.status().connected);
  const ours = setNoDelay.mock.contexts.filter(
    (socket) => socket instanceof Socket && socket.remotePort === broker.port,
  );
  setNoDelay.mockRestore();
  expect(ours).toHaveLength(1);
});

it('tries for ever: a second, doubling to a minute, with some play, said once', async () => {
  const timers = new FakeTimers();
  const log: string[] = [];
  const play = [0.5, 0.5, 0.5, 0, 0.99, 0.5, 0.5, 0.5, 0];
  const ignore = (): void => {};
  const link = new Link({
    access: { url: `mqtt://127.0.0.1:${await freePort()}`, clientId: 'x' },
    will: { topic: 't', payload: 'offline' },
    timers,
    random: () => play.shift() ?? 0.5,
    log: { ...silentLog, error: (message) => log.push(message) },
    onOpen: ignore,
    onClose: ignore,
    onMessage: ignore,
  });
  link.start();
  const delays: number[] = [];
  while (delays.length < 9) {
    await until(() => timers.pending().length > 0);
    const [delay = 0] = timers.pending();
    delays.push(Math.round(delay));
    timers.advance(delay);
  }
  await link.stop();
  expect(delays).toEqual([1000, 2000, 4000, 6400, 19_136, 32_000, 60_000, 60_000, 48_000]);
  expect(log).toEqual(['nothing listens at the address of the MQTT broker (mqtt.url); trying again until it works']);
});

it('shows the address without the password in it', () => {
  lab = publisherLab({ url: 'mqtt://user:secret@127.0.0.1:1' });
  expect(lab.publisher.status().url).toBe('mqtt://127.0.0.1:1');
});

it('an address that cannot be used is said, not thrown', () => {
  lab = publisherLab({ url: 'gopher://x' });
  lab.publisher.start();
  expect(lab.publisher.status().error).toBe('the address of the MQTT broker (mqtt.url) cannot be used');
});

describe.skipIf(MOSQUITTO === null)('TLS and access lists, with Mosquitto', () => {
  let authority: Authority;
  let other: Authority;

  beforeAll(() => {
    authority = makeAuthority();
    other = makeAuthority();
  });
  afterAll(() => {
    for (const { directory } of [authority, other]) rmSync(directory, { recursive: true, force: true });
  });

  async function mosquitto(options: Parameters<typeof Mosquitto.start>[0]) {
    const broker = await Mosquitto.start(options);
    cleanUp.push(() => broker.remove());
    return { url: broker.url, username: broker.username, password: broker.password };
  }

  it('a certificate of an authority we were told of is trusted', async () => {
    lab = publisherLab({ ...(await mosquitto({ authority })), ca: authority.ca });
    lab.publisher.start();
    await until(() => lab.publisher.status().connected);
    expect(lab.log).toEqual(['info connected to the broker with MQTT 5']);
  });

  it('another one is not, and nothing is sent to it', async () => {
    lab = publisherLab({ ...(await mosquitto({ authority })), ca: other.ca });
    lab.publisher.start();
    await until(() => lab.publisher.status().error !== null);
    expect(lab.publisher.status().error).toMatch(/certificate is not signed by a known authority \(mqtt.ca\)/);
  });

  it('a client certificate opens the door that stays shut without', async () => {
    const access = { ...(await mosquitto({ authority, clientCertificates: true })), ca: authority.ca };
    lab = publisherLab(access);
    lab.publisher.start();
    await until(() => lab.publisher.status().error !== null);
    expect(lab.publisher.status().error).toMatch(/client certificate/);
    await lab.publisher.stop();
    lab = publisherLab({ ...access, ...authority.client });
    lab.publisher.start();
    await until(() => lab.publisher.status().connected);
  });

  it('plain MQTT at a TLS port is not a silent failure', async () => {
    const access = await mosquitto({ authority });
    lab = publisherLab({ ...access, url: access.url.replace('mqtts', 'mqtt') });
    lab.publisher.start();
    await until(() => lab.publisher.status().error !== null);
    expect(lab.publisher.status().connected).toBe(false);
  });

  it('an access list that refuses our topics is said, and the alert is kept', async () => {
    lab = publisherLab(
      await mosquitto({ accessList: ['user sensor', 'topic read #', `topic write ${TOPICS.status}`] }),
    );
    lab.home.tell('opened', anIncident({ kind: 'sensor_blind', device: null }));
    lab.publisher.start();
    await until(() => lab.publisher.status().error !== null);
    expect(lab.publisher.status()).toMatchObject({ connected: true, waiting: 1 });
    expect(lab.publisher.status().error).toMatch(/access list/);
  });
});

it('a certificate that is none is said, not thrown', async () => {
  lab = publisherLab({ url: 'mqtts://127.0.0.1:1', cert: 'no PEM', key: 'no PEM' });
  lab.publisher.start();
  await until(() => lab.publisher.status().error !== null);
  expect(lab.publisher.status().error).toMatch(/cannot be read as PEM/);
});

/** As some old brokers do: CONNECT (MQTT 3.1.1, section 3.1.2.2) with a protocol level other than 4 ends the connection. */
async function hangsUpOnVersion5(port: number): Promise<number> {
  const sockets = new Set<Socket>();
  const server: Server = createServer((near) => {
    sockets.add(near);
    near.on('error', () => {});
    near.once('data', (first: Buffer) => {
      const level = first[first.indexOf('MQTT') + 4];
      if (level !== 4) {
        near.destroy();
        return;
      }
      const far = connect(port, '127.0.0.1');
      sockets.add(far);
      far.on('error', () => {});
      far.write(first);
      near.pipe(far).pipe(near);
    });
  });
  const own = await freePort();
  await new Promise<void>((resolve) => server.listen(own, '127.0.0.1', resolve));
  cleanUp.unshift(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
  return own;
}

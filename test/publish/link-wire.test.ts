// What goes over the wire between the link and a broker, field by field, and what the link makes of each answer.
import mqtt from 'mqtt';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { silentLog } from '../../sensor/log.ts';
import { type Incoming, Link, type LinkOptions, type Session } from '../../sensor/publish/link.ts';
import { FakeTimers } from '../support/fake-timers.ts';
import { freePort } from '../support/mosquitto.ts';
import { type Packet, type Script, ScriptedBroker } from '../support/scripted-broker.ts';
import { until } from '../support/transcript.ts';

let broker: ScriptedBroker;
let timers: FakeTimers;
let wire: FakeTimers;
let link: Link;
let log: string[];
let sessions: Session[];
let closed: number;
let messages: string[];
let random: number;

function make(access: Partial<LinkOptions['access']> = {}): void {
  link = new Link({
    access: { url: broker.url, clientId: 'thingwatch_1', username: 'home', password: 'a long one', ...access },
    will: { topic: 't/status', payload: 'offline' },
    timers,
    wire,
    random: () => random,
    log: {
      ...silentLog,
      info: (message) => log.push(`info ${message}`),
      warn: (message) => log.push(`warn ${message}`),
      error: (message) => log.push(`error ${message}`),
    },
    onOpen: (session) => sessions.push(session),
    onClose: () => {
      closed += 1;
    },
    onMessage: ({ topic, payload, retained }: Incoming) =>
      messages.push(`${topic}=${payload.toString()}${retained ? ' retained' : ''}`),
  });
}

beforeEach(async () => {
  broker = await ScriptedBroker.start();
  timers = new FakeTimers();
  wire = new FakeTimers();
  log = [];
  sessions = [];
  closed = 0;
  messages = [];
  random = 0.5;
  make();
});
afterEach(async () => {
  broker.script = () => false;
  broker.cut();
  await link.stop();
  await broker.close();
});

async function open(script?: Script): Promise<Session> {
  if (script !== undefined) broker.script = script;
  link.start();
  return opened(1);
}

async function opened(count: number): Promise<Session> {
  await until(() => sessions.length === count);
  return sessions[count - 1] as Session;
}

const failed = (count = 1): Promise<void> =>
  until(() => log.filter((line) => line.startsWith('error')).length === count);
const refuses =
  (reasonCode: number): Script =>
  ({ cmd }, { send }) => {
    if (cmd === 'connect') send({ cmd: 'connack', reasonCode, returnCode: reasonCode });
    return cmd === 'connect';
  };
/** For brokers of 3.1.1, which know no level 5. */
const only4: Script = ({ cmd, protocolVersion }, { send }) => {
  if (cmd !== 'connect' || protocolVersion === 4) return false;
  send({ cmd: 'connack', reasonCode: 132 });
  return true;
};
const AGAIN = 'trying again until it works';

describe('CONNECT', () => {
  const connect = {
    cmd: 'connect',
    protocolId: 'MQTT',
    protocolVersion: 5,
    clean: true,
    keepalive: 30,
    clientId: 'thingwatch_1',
    username: 'home',
    password: Buffer.from('a long one'),
    will: { topic: 't/status', payload: Buffer.from('offline'), qos: 1, retain: true },
    properties: { maximumPacketSize: 256 * 1024 },
  };

  it('says who we are, what is said when we are gone, and how large a packet may be', async () => {
    expect([link.connected, link.error]).toEqual([false, null]);
    await open();
    expect(broker.packets[0]).toMatchObject(connect);
    expect([link.connected, link.error, log]).toEqual([true, null, ['info connected to the broker with MQTT 5']]);
  });

  it('says the same in 3.1.1, at once, where 5 is refused', async () => {
    const session = await open(only4);
    const { properties: _, ...plain } = connect;
    expect(broker.of('connect')).toHaveLength(2);
    expect(broker.packets[1]).toMatchObject({ ...plain, protocolVersion: 4 });
    expect(broker.packets[1]).not.toHaveProperty('properties');
    expect([session.version, log]).toEqual([4, ['info connected to the broker with MQTT 3.1.1']]);
  });

  it('leaves nothing to the client library that is ours: neither reconnecting nor what it remembers', async () => {
    const connecting = vi.spyOn(mqtt, 'connect');
    await open();
    expect(connecting.mock.calls[0]?.[1]).toMatchObject({
      reconnectPeriod: 0,
      resubscribe: false,
      connectTimeout: 10_000,
      rejectUnauthorized: true,
      writeCache: false,
    });
    connecting.mockRestore();
  });

  it.each(['mqtt', 'tcp', 'mqtts', 'tls', 'ssl', 'ws', 'wss'])('goes by %s', async (scheme) => {
    make({ url: `${scheme}://127.0.0.1:${await freePort()}` });
    link.start();
    await failed();
    expect(link.error).toBe(`nothing listens at the address of the MQTT broker (mqtt.url); ${AGAIN}`);
  });

  it.each(['gopher://127.0.0.1', 'http://127.0.0.1', '', '127.0.0.1'])('does not go by %j', (url) => {
    make({ url });
    link.start();
    expect([link.error, timers.pending()]).toEqual(['the address of the MQTT broker (mqtt.url) cannot be used', []]);
  });

  it('does not go with a key that is none', async () => {
    make({ url: 'mqtts://127.0.0.1:1', cert: 'no PEM', key: 'no PEM' });
    link.start();
    await until(() => link.error !== null);
    expect([link.error, timers.pending()]).toEqual([
      'the certificate or key for the MQTT broker (mqtt.ca, mqtt.cert, mqtt.key) cannot be read as PEM',
      [],
    ]);
  });

  it('goes once, however often it is started', async () => {
    link.start();
    link.start();
    await opened(1);
    link.start();
    expect([broker.connections, broker.of('connect').length]).toEqual([1, 1]);
  });
});

describe('CONNACK', () => {
  it.each([
    [7, { receiveMaximum: 7 }],
    [65_535, {}],
  ])('that takes %i messages at a time is believed', async (receiveMaximum, properties) => {
    const session = await open(({ cmd }, { send }) => {
      if (cmd === 'connect') send({ cmd: 'connack', reasonCode: 0, properties });
      return cmd === 'connect';
    });
    expect([session.receiveMaximum, session.version]).toEqual([receiveMaximum, 5]);
  });

  it('that refuses is told, and the next try is a second later', async () => {
    broker.script = refuses(134);
    link.start();
    await failed();
    const error = `the MQTT broker refuses this user name or password (mqtt.username, mqtt.password); ${AGAIN}`;
    expect([link.error, link.connected, closed, log]).toEqual([error, false, 0, [`error ${error}`]]);
    expect([timers.pending(), broker.connections]).toEqual([[1000], 1]);
    timers.advance(1000);
    await until(() => broker.connections === 2);
    await until(() => timers.pending().length === 1);
    expect([timers.pending(), log.length]).toEqual([[2000], 1]);
  });

  it('that refuses 3.1.1 as well does not make us run in circles', async () => {
    broker.script = ({ protocolVersion }, { send }) => {
      send({ cmd: 'connack', reasonCode: 132, returnCode: protocolVersion === 4 ? 1 : 132 });
      return true;
    };
    link.start();
    await failed();
    expect([link.error, broker.of('connect').map(({ protocolVersion }) => protocolVersion)]).toEqual([
      `the MQTT broker speaks neither MQTT 5 nor 3.1.1; ${AGAIN}`,
      [5, 4],
    ]);
    expect(timers.pending()).toEqual([1000]);
  });

  it('that does not come, since the broker hangs up: the other version is next, and then the first again', async () => {
    broker.script = (_packet, { hangUp }) => {
      hangUp();
      return true;
    };
    link.start();
    for (let tries = 1; tries <= 3; tries += 1) {
      await until(() => timers.pending().length === 1);
      expect(timers.pending()).toEqual([1000 * 2 ** (tries - 1)]);
      timers.advance(60_000);
    }
    await until(() => broker.of('connect').length === 4);
    expect(broker.of('connect').map(({ protocolVersion }) => protocolVersion)).toEqual([5, 4, 5, 4]);
    expect(log).toEqual([`error the MQTT broker hung up before it answered; ${AGAIN}`]);
  });
});

describe('the version of MQTT', () => {
  const versions = () => broker.of('connect').map(({ protocolVersion }) => protocolVersion);

  async function lost(): Promise<void> {
    broker.line?.hangUp();
    await until(() => timers.pending().length === 1);
    timers.advance(60_000);
  }

  it('is 5 again after a hang-up before CONNACK that meant something else', async () => {
    let hangUps = 1;
    broker.script = (_packet, { hangUp }) => {
      if (hangUps === 0) return false;
      hangUps -= 1;
      hangUp();
      return true;
    };
    link.start();
    await until(() => timers.pending().length === 1);
    timers.advance(60_000);
    expect((await opened(1)).version).toBe(4);
    await lost();
    expect((await opened(2)).version).toBe(5);
    expect(versions()).toEqual([5, 4, 5]);
  });

  it('stays 3.1.1 with a broker that said so', async () => {
    await open(only4);
    await lost();
    expect((await opened(2)).version).toBe(4);
    expect(versions()).toEqual([5, 4, 4]);
  });
});

describe('PUBLISH and its answer', () => {
  it('goes with QoS 1, retained or not, and is done when it is taken', async () => {
    const session = await open();
    const done: unknown[] = [];
    session.publish('a', '1', true, (refused) => done.push(refused));
    session.publish('b', '2', false, (refused) => done.push(refused));
    await until(() => done.length === 2);
    expect(done).toEqual([null, null]);
    expect(broker.of('publish')).toEqual([
      expect.objectContaining({ topic: 'a', payload: Buffer.from('1'), qos: 1, retain: true, dup: false }),
      expect.objectContaining({ topic: 'b', payload: Buffer.from('2'), qos: 1, retain: false, dup: false }),
    ]);
  });

  it('says what the broker refused, by its own reason', async () => {
    const session = await open(({ cmd, messageId }, { send }) => {
      if (cmd === 'publish') send({ cmd: 'puback', messageId, reasonCode: 135 });
      return cmd === 'publish';
    });
    const refused = await new Promise((resolve) => session.publish('a', '1', true, resolve));
    expect(refused).toMatchObject({ code: 135 });
    expect(link.connected).toBe(true);
  });

  it('is never done when the connection ends first', async () => {
    const session = await open(({ cmd }, { hangUp }) => {
      if (cmd === 'publish') hangUp();
      return cmd === 'publish';
    });
    let done = 0;
    const publish = () =>
      session.publish('a', '1', true, () => {
        done += 1;
      });
    publish();
    publish();
    await failed();
    publish();
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect([done, closed, wire.pending()]).toEqual([0, 1, []]);
  });

  it('without an answer for a minute is silence, held against the broker until it answers again', async () => {
    const silent: Script = ({ cmd }) => cmd === 'publish';
    const session = await open(silent);
    session.publish('a', '1', true, () => {});
    await until(() => broker.of('publish').length === 1);
    wire.advance(60_000);
    await failed();
    const error = `the MQTT broker takes messages and acknowledges none of them; ${AGAIN}`;
    expect([link.error, wire.pending()]).toEqual([error, []]);
    broker.script = () => false;
    timers.advance(1000);
    const next = await opened(2);
    timers.advance(60_000);
    expect(link.error).toBe(error);
    await new Promise((resolve) => next.publish('a', '1', true, resolve));
    expect([link.error, log.at(-1), wire.pending()]).toEqual([null, 'info connected to the broker with MQTT 5', []]);
  });

  it('that was refused does not count as an answer that ends silence', async () => {
    const session = await open(({ cmd }) => cmd === 'publish');
    session.publish('a', '1', true, () => {});
    await until(() => broker.of('publish').length === 1);
    wire.advance(60_000);
    await failed();
    broker.script = ({ cmd, messageId }, { send }) => {
      if (cmd === 'publish') send({ cmd: 'puback', messageId, reasonCode: 135 });
      return cmd === 'publish';
    };
    timers.advance(1000);
    const next = await opened(2);
    await new Promise((resolve) => next.publish('a', '1', true, resolve));
    expect(link.error).toMatch(/acknowledges none/);
  });
});

describe('SUBSCRIBE', () => {
  const all = [
    { topic: 'a', qos: 1, noLocal: true, retainAsPublished: false, withRetained: false },
    { topic: 'b', qos: 0, noLocal: false, retainAsPublished: true, withRetained: true },
  ] as const;

  it('has the options of MQTT 5', async () => {
    (await open()).subscribe(all);
    await until(() => broker.of('subscribe').length === 1);
    expect(broker.of('subscribe')[0]?.subscriptions).toEqual([
      { topic: 'a', qos: 1, nl: true, rap: false, rh: 2 },
      { topic: 'b', qos: 0, nl: false, rap: true, rh: 0 },
    ]);
  });

  it('has none of them in 3.1.1', async () => {
    (await open(only4)).subscribe(all);
    await until(() => broker.of('subscribe').length === 1);
    expect(broker.of('subscribe')[0]?.subscriptions).toEqual([
      { topic: 'a', qos: 1 },
      { topic: 'b', qos: 0 },
    ]);
  });

  it('that is refused is told, one that is granted is not', async () => {
    const session = await open(({ cmd, messageId, subscriptions }, { send }) => {
      const isSecond = JSON.stringify(subscriptions ?? '').includes('"b"');
      if (cmd === 'subscribe' && isSecond) send({ cmd: 'suback', messageId, granted: [0x87] });
      return cmd === 'subscribe' && isSecond;
    });
    session.subscribe(all.slice(0, 1));
    session.subscribe(all.slice(1));
    await until(() => log.length > 1);
    expect(log.slice(1)).toEqual(['warn the broker refuses a subscription; orders may not arrive']);
  });

  it('that the end of the connection leaves open is not', async () => {
    const session = await open(({ cmd }, { hangUp }) => {
      if (cmd === 'subscribe') hangUp();
      return cmd === 'subscribe';
    });
    session.subscribe(all);
    await failed();
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(log.filter((line) => line.startsWith('warn'))).toEqual([]);
  });

  it('is taken back', async () => {
    (await open()).unsubscribe('a');
    await until(() => broker.of('unsubscribe').length === 1);
    expect(broker.of('unsubscribe')[0]?.unsubscriptions).toEqual(['a']);
  });
});

it('hands on messages with the flag that they came with', async () => {
  await open();
  for (const retain of [true, false])
    broker.line?.send({ cmd: 'publish', topic: 'a', payload: 'text', qos: 0, retain, dup: false });
  await until(() => messages.length === 2);
  expect(messages).toEqual(['a=text retained', 'a=text']);
});

describe('what ends a connection is told', () => {
  const small = (count: number): Buffer => Buffer.alloc(6 * count, Buffer.from([0x30, 4, 0, 1, 0x61, 0]));

  it.each<[string, string, () => unknown]>([
    [
      'a DISCONNECT, by its reason',
      'another client took our place at the MQTT broker: two sensors have the same id',
      () => broker.line?.send({ cmd: 'disconnect', reasonCode: 142 }),
    ],
    ['a lost line', 'the connection to the MQTT broker was lost', () => broker.cut()],
    [
      'bytes that are no MQTT',
      'what answers at the address of the MQTT broker (mqtt.url) sends no MQTT',
      () => broker.line?.sendBytes(Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n')),
    ],
    [
      'a packet that is announced as too large',
      'the MQTT broker announces a message that is too large for the sensor',
      () => broker.line?.sendBytes(Buffer.from([0x30, 0x81, 0x80, 0x10])),
    ],
    [
      'a flood',
      'the MQTT broker floods the sensor with messages that it did not ask for',
      () => broker.line?.sendBytes(small(20_100)),
    ],
  ])('%s', async (what, words, end) => {
    await open();
    end();
    await failed();
    expect(link.error).toBe(`${words}; ${AGAIN}`);
    expect([link.connected, closed, timers.pending()]).toEqual([false, 1, [1000]]);
    // Of a flood as many as may come unasked, and CONNACK was the first.
    expect(messages.length).toBe(what === 'a flood' ? 19_999 : 0);
  });

  it('20,000 messages at once are none', async () => {
    await open();
    // CONNACK was the first packet.
    broker.line?.sendBytes(small(19_999));
    await until(() => messages.length === 19_999);
    expect([link.connected, log.length]).toEqual([true, 1]);
  });

  it('nothing that comes in behind it is looked at', async () => {
    await open();
    broker.line?.sendBytes(Buffer.concat([Buffer.from([0x00, 0x00]), small(10)]));
    await failed();
    expect(messages).toEqual([]);
  });
});

describe('trying again', () => {
  it('begins with a second after a connection that lasted half a minute, and goes on doubling after a shorter one', async () => {
    const delays: number[] = [];
    const lose = async (lasting: number): Promise<void> => {
      timers.advance(lasting);
      broker.cut();
      await until(() => !link.connected);
      delays.push(...timers.pending());
      timers.advance(60_000);
    };
    link.start();
    for (const [index, lasting] of [1000, 29_999, 29_999, 30_000, 1000].entries()) {
      await opened(index + 1);
      await lose(lasting);
    }
    expect(delays).toEqual([1000, 2000, 4000, 1000, 2000]);
  });

  it.each([
    [0, [1000, 1600, 3200]],
    [0.99, [1196, 2392, 4784]],
  ])('has some play, but never less than a second: %d', async (play, expected) => {
    random = play;
    broker.script = refuses(136);
    link.start();
    const delays: number[] = [];
    while (delays.length < 3) {
      await until(() => timers.pending().length === 1);
      const [delay = 0] = timers.pending();
      delays.push(Math.round(delay));
      timers.advance(delay);
    }
    expect(delays).toEqual(expected);
  });

  it('has a minute as its longest wait, for ever', async () => {
    random = 0.99;
    broker.script = refuses(136);
    link.start();
    for (let tries = 1; tries <= 12; tries += 1) {
      await until(() => timers.pending().length === 1);
      if (tries > 7) expect(timers.pending()).toEqual([60_000]);
      timers.advance(60_000);
    }
  });
});

describe('leaving', () => {
  it('says the last word itself, waits until it is taken, and says goodbye', async () => {
    const session = await open();
    await link.stop();
    await until(() => broker.of('disconnect').length > 0);
    expect(broker.packets.slice(1)).toEqual([
      expect.objectContaining({
        cmd: 'publish',
        topic: 't/status',
        payload: Buffer.from('offline'),
        qos: 1,
        retain: true,
      }),
      expect.objectContaining({ cmd: 'disconnect' }),
    ]);
    expect([link.connected, timers.pending(), wire.pending()]).toEqual([false, [], []]);
    session.publish('a', '1', true, () => {});
    session.subscribe([{ topic: 'a', qos: 1, noLocal: true, retainAsPublished: false, withRetained: false }]);
    session.unsubscribe('a');
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect([broker.packets.length, log.length, broker.connections]).toEqual([3, 1, 1]);
    expect(closed).toBe(1);
  });

  it('waits two seconds for a broker that answers nothing', async () => {
    await open(({ cmd }) => cmd === 'publish');
    let isOver = false;
    const stopped = link.stop().then(() => {
      isOver = true;
    });
    await until(() => broker.of('publish').length === 1);
    expect(timers.pending()).toEqual([2000]);
    timers.advance(1999);
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect([isOver, broker.of('disconnect')]).toEqual([false, []]);
    timers.advance(1);
    await until(() => timers.pending().length === 1);
    expect(timers.pending()).toEqual([2000]);
    timers.advance(2000);
    await stopped;
    expect([link.connected, timers.pending()]).toEqual([false, []]);
  });

  it('is quick where there is no connection, and nothing is tried again', async () => {
    broker.script = refuses(136);
    link.start();
    await until(() => timers.pending().length === 1);
    await link.stop();
    expect(timers.pending()).toEqual([]);
    await link.stop();
    expect([broker.connections, broker.of('publish')]).toEqual([1, []]);
  });

  it('ends a connection that is not open yet, which then is no news', async () => {
    broker.script = ({ cmd }) => cmd === 'connect';
    link.start();
    await until(() => broker.packets.length === 1);
    await link.stop();
    await until(() => broker.open === 0);
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect([log, closed, timers.pending(), broker.of('disconnect')]).toEqual([[], 0, [], []]);
  });

  it('takes it for the end when the broker hangs up meanwhile', async () => {
    await open(({ cmd }, { hangUp }) => {
      if (cmd === 'publish') hangUp();
      return cmd === 'publish';
    });
    await link.stop();
    expect([log.length, timers.pending(), broker.connections]).toEqual([1, [], 1]);
  });

  it('lets the news of a recovery go', async () => {
    await open();
    broker.cut();
    await until(() => timers.pending().length === 1);
    timers.advance(1000);
    await opened(2);
    expect(timers.pending()).toEqual([30_000]);
    await link.stop();
    expect(timers.pending()).toEqual([]);
  });

  it('can be followed by a new start', async () => {
    await open();
    await link.stop();
    link.start();
    await opened(2);
    expect(link.connected).toBe(true);
  });

  it('can be followed by one at once: the end of the old connection is none of the new one', async () => {
    broker.script = ({ cmd }, { connection }) => cmd === 'connect' && connection === 1;
    link.start();
    await until(() => broker.packets.length === 1);
    await link.stop();
    link.start();
    await opened(1);
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect([link.connected, link.error, closed, timers.pending(), broker.connections]).toEqual([true, null, 0, [], 2]);
  });

  it('leaves sessions of before dead', async () => {
    const first = await open();
    broker.cut();
    await until(() => timers.pending().length === 1);
    timers.advance(1000);
    await opened(2);
    const before: Packet[] = [...broker.packets];
    first.publish('a', '1', true, () => {});
    first.subscribe([{ topic: 'a', qos: 1, noLocal: true, retainAsPublished: false, withRetained: false }]);
    first.unsubscribe('a');
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect([broker.packets, wire.pending()]).toEqual([before, []]);
  });
});

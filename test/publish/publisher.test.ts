// What the publisher does on each piece of news, order and birth, and when: over the embedded broker, with a clock that stands still.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { newDevice } from '../../sensor/attribute/device.ts';
import { subscriptionsFor } from '../../sensor/publish/client.ts';
import {
  accessTo,
  aedesBroker,
  allTaken,
  CAMERA,
  type Lab,
  type LabOptions,
  publisherLab,
  type TestBroker,
  TOPICS,
} from '../support/publisher-lab.ts';
import { ScriptedBroker } from '../support/scripted-broker.ts';
import { aDevice, anIncident, START, someHealth } from '../support/small-home.ts';
import { Transcript, until } from '../support/transcript.ts';

const BIRTH = 'homeassistant/status';
const EVENTS = ['incident', 'device', 'forgotten', 'expectations', 'vantage', 'storage'] as const;
/** Ordered something that it does not know, it says its state: all that was said before has then been heard. */
const PLUG = 'a4:cf:12:00:00:01';
const NAMES = new Map([
  [TOPICS.status, 'status'],
  [TOPICS.state, 'state'],
  [TOPICS.alert, 'alert'],
  [TOPICS.sensorConfig, 'config'],
  [TOPICS.deviceState(CAMERA), 'camera state'],
  [TOPICS.deviceConfig(CAMERA), 'camera config'],
  [TOPICS.deviceAlert(CAMERA), 'camera alert'],
  [TOPICS.deviceState(PLUG), 'plug state'],
  [TOPICS.deviceConfig(PLUG), 'plug config'],
]);
const ALL = ['status', 'config', 'camera config', 'plug config', 'state', 'camera state', 'plug state'];

let broker: TestBroker;
let transcript: Transcript;
let lab: Lab;
let rounds: number;

function make(options: LabOptions = {}): void {
  lab = publisherLab(accessTo(broker), options);
  lab.home.add(aDevice(CAMERA, 'Hallway camera', { named: true }));
  lab.home.add(aDevice(PLUG, 'plug', { named: true }));
}

beforeEach(async () => {
  rounds = 0;
  broker = await aedesBroker();
  transcript = await Transcript.listen(broker.url, broker.login);
  make();
});
afterEach(async () => {
  await lab.publisher.stop();
  await transcript.close();
  await broker.remove();
});

async function started(): Promise<void> {
  lab.publisher.start();
  await until(() => transcript.last(TOPICS.deviceState(PLUG)) !== undefined);
  // Configs have been heard of by Home Assistant.
  await heard(() => lab.timers.advance(1000));
}

/** Names of what the publisher says because of `act`. */
async function heard(act: () => unknown): Promise<string[]> {
  transcript.clear();
  await act();
  rounds += 1;
  lab.home.add(aDevice(PLUG, 'plug', { named: true, connectionsLastHour: rounds }));
  const end = `"internet_activity":${rounds},`;
  await transcript.send(TOPICS.allowMail(PLUG), 'what is said');
  const isEnd = ({ topic, payload }: { topic: string; payload: string }) =>
    topic === TOPICS.deviceState(PLUG) && payload.includes(end);
  await until(() => transcript.messages.some(isEnd));
  const said = transcript.messages.slice(0, transcript.messages.findIndex(isEnd));
  return said.flatMap(({ topic }) => NAMES.get(topic) ?? []);
}

/** What is shown changes, and nobody is told. */
function quietly(changes: Parameters<typeof aDevice>[2]): void {
  lab.home.add({ ...(lab.home.device(CAMERA) ?? aDevice(CAMERA, null)), ...changes });
}

it('asks for orders and births that come live, and for orders by the flag that the sender gave them', () => {
  const plain = { qos: 1, noLocal: true, retainAsPublished: false, withRetained: false };
  const orders = TOPICS.orders.map((topic) => ({ ...plain, topic, retainAsPublished: true }));
  const statusTopic = 'ha/birth';
  expect(subscriptionsFor(TOPICS, { enabled: true, statusTopic })).toEqual([
    ...orders,
    { ...plain, topic: statusTopic },
  ]);
  expect(subscriptionsFor(TOPICS, { enabled: false, statusTopic })).toEqual(orders);
});

it('listens to each piece of news from its start to its end, and leaves no timer behind', async () => {
  const listeners = () => EVENTS.map((event) => lab.home.events.listenerCount(event));
  expect([listeners(), lab.timers.pending()]).toEqual([[0, 0, 0, 0, 0, 0], []]);
  await started();
  lab.home.events.emit('expectations');
  await transcript.send(BIRTH, 'online');
  await until(() => lab.timers.pending().includes(3000));
  expect([listeners(), lab.timers.pending()]).toEqual([
    [1, 1, 1, 1, 1, 1],
    [250, 3000, 29_000],
  ]);
  await lab.publisher.stop();
  expect([listeners(), lab.timers.pending()]).toEqual([[0, 0, 0, 0, 0, 0], []]);
  expect(lab.publisher.status()).toMatchObject({ connected: false, error: null });
});

it('says how it is', async () => {
  const { url } = broker;
  const status = { url, embedded: false, connected: false, error: null, waiting: 0, dropped: 2 };
  lab.home.outbox.dropped = () => 2;
  expect(lab.publisher.status()).toEqual(status);
  lab.home.tell('opened', anIncident({ kind: 'sensor_blind', device: null }));
  expect(lab.publisher.status()).toEqual({ ...status, waiting: 1 });
  await started();
  await allTaken(lab);
  expect(lab.publisher.status()).toEqual({ ...status, connected: true });
  expect(publisherLab({ url: 'no address' }).publisher.status().url).toBe('');
});

describe('on news', () => {
  beforeEach(started);

  it('of a device says what has changed of it', async () => {
    expect(await heard(() => lab.home.change(CAMERA, { name: 'Porch camera', allowMail: true }))).toEqual([
      'camera config',
      'camera state',
    ]);
    expect(await heard(() => lab.home.events.emit('device', newDevice('a4:cf:12:00:00:09', START)))).toEqual([]);
  });

  it('of a device that is forgotten takes it back', async () => {
    expect(await heard(() => lab.home.forget(CAMERA))).toEqual(['camera config', 'camera state']);
    expect(transcript.last(TOPICS.deviceConfig(CAMERA))?.payload).toBe('');
  });

  it('of expectations waits a quarter of a second for more, and then says what has changed of all', async () => {
    quietly({ allowMail: true });
    lab.home.events.emit('expectations');
    lab.timers.advance(200);
    lab.home.events.emit('expectations');
    expect(lab.timers.pending()).toEqual([50, 28_800]);
    expect(await heard(() => lab.timers.advance(49))).toEqual([]);
    expect(await heard(() => lab.timers.advance(1))).toEqual(['camera state']);
    quietly({ allowMail: false });
    lab.home.events.emit('expectations');
    expect(await heard(() => lab.timers.advance(250))).toEqual(['camera state']);
  });

  it.each(['vantage', 'storage'] as const)('of the %s says how the sensor is', async (event) => {
    lab.home.health = someHealth({ capture: 'failed' });
    expect(await heard(() => lab.home.events.emit(event))).toEqual(['state']);
  });

  it('of an incident says how its device and the sensor are, and then the alerts', async () => {
    expect(await heard(() => lab.home.mail(CAMERA))).toEqual(['camera state', 'state', 'alert', 'camera alert']);
    await allTaken(lab);
    expect(lab.home.outbox.size()).toBe(0);
  });

  it('of an incident of the house says how the sensor is, and the alert', async () => {
    lab.home.health = someHealth({ capture: 'failed' });
    const incident = anIncident({ kind: 'sensor_blind', device: null });
    expect(await heard(() => lab.home.tell('opened', incident))).toEqual(['state', 'alert']);
  });

  it('of mere counts says nothing of the sensor', async () => {
    lab.home.health = someHealth({ capture: 'failed' });
    quietly({ allowMail: true });
    expect(await heard(() => lab.home.tell('updated', anIncident()))).toEqual(['camera state']);
    lab.home.health = someHealth({ capture: 'restarting' });
    expect(await heard(() => lab.home.tell('acknowledged', anIncident()))).toEqual(['state']);
  });

  it('of an incident brings back a device that was deleted, unless the news is that it is over or of no interest', async () => {
    lab.home.suppressed.suppress(CAMERA);
    for (const change of ['updated', 'acknowledged', 'expected', 'resolved'] as const)
      lab.home.tell(change, anIncident());
    expect(lab.home.suppressed.keys.size).toBe(1);
    await heard(() => lab.home.tell('resumed', anIncident()));
    expect(lab.home.suppressed.keys.size).toBe(0);
  });
});

it('keeps alerts until the picture stands, whatever happens meanwhile', async () => {
  // A state of before that will not come is waited for.
  lab.home.topicStore.setPublished(TOPICS.deviceState(CAMERA));
  make({ home: lab.home });
  lab.publisher.start();
  await until(() => transcript.last(TOPICS.deviceConfig(PLUG)) !== undefined);
  await until(() => lab.timers.pending().includes(1000));
  lab.home.mail(CAMERA);
  await transcript.settled();
  expect(transcript.last(TOPICS.alert)).toBeUndefined();
  lab.timers.advance(1000);
  await until(() => transcript.last(TOPICS.alert) !== undefined);
  const [state, alert] = [TOPICS.state, TOPICS.alert].map((topic) => transcript.topics.indexOf(topic));
  expect(state).toBeLessThan(alert ?? 0);
});

describe('each half minute', () => {
  beforeEach(started);

  it('says what time alone has changed, and sends what waits', async () => {
    for (const capture of ['failed', 'running'] as const) {
      const allowMail = capture === 'failed';
      quietly({ allowMail });
      lab.home.health = someHealth({ capture });
      const id = `late ${capture}`;
      const row = { id, topic: TOPICS.alert, payload: '{}', createdAt: 0, priority: 'alert' } as const;
      lab.home.outbox.rows.set(id, row);
      const [left = 0] = lab.timers.pending();
      // The plug's own state may be due as well.
      const said = await heard(() => lab.timers.advance(left));
      expect(said.filter((name) => name !== 'plug state')).toEqual(['state', 'camera state', 'alert']);
    }
  });
});

describe('an order', () => {
  beforeEach(started);

  it('for a device is answered with its state, changed or not, and with how the sensor is', async () => {
    lab.home.health = someHealth({ capture: 'failed' });
    expect(await heard(() => transcript.send(TOPICS.acknowledge(CAMERA), 'nonsense'))).toEqual([
      'camera state',
      'state',
    ]);
  });

  it('for the house is answered with what has changed of all', async () => {
    quietly({ allowMail: true });
    lab.home.health = someHealth({ capture: 'failed' });
    expect(await heard(() => transcript.send(TOPICS.acknowledgeAll, 'nonsense'))).toEqual(['state', 'camera state']);
  });

  it('that empties a config is the user’s: the device goes', async () => {
    const said = await heard(() => transcript.send(TOPICS.deviceConfig(CAMERA), '', true));
    expect([said, [...lab.home.suppressed.keys]]).toEqual([['camera config', 'camera state'], [CAMERA]]);
  });
});

describe('a birth of Home Assistant', () => {
  const born = () => until(() => lab.timers.pending().includes(3000));

  it('has all said again, between one and five seconds later, once for several', async () => {
    await started();
    await transcript.send(BIRTH, 'online');
    await born();
    lab.timers.advance(2000);
    await heard(() => transcript.send(BIRTH, 'online'));
    // The sooner one, and the round of every half minute.
    expect(lab.timers.pending()).toEqual([1000, 27_000]);
    const said = await heard(async () => {
      lab.timers.advance(1000);
      await until(() => transcript.last(TOPICS.deviceState(CAMERA)) !== undefined);
    });
    expect(said.slice(0, ALL.length)).toEqual(ALL);
    await transcript.send(BIRTH, 'online');
    await born();
  });

  it.each(['offline', 'onlin', 'online ', 'xonline', ''])('is not %j', async (payload) => {
    await started();
    await heard(() => transcript.send(BIRTH, payload));
    expect(lab.timers.pending()).toEqual([29_000]);
  });

  it('is not what the broker has kept of one', async () => {
    await transcript.send(BIRTH, 'online', true);
    await started();
    expect(lab.timers.pending()).toEqual([29_000]);
  });

  it('is forgotten with the connection', async () => {
    await started();
    await transcript.send(BIRTH, 'online');
    await born();
    await transcript.close();
    await broker.die();
    await until(() => !lab.publisher.status().connected);
    expect(lab.timers.pending()).not.toContain(3000);
    await broker.revive();
    transcript = await Transcript.listen(broker.url, broker.login);
  });

  it('is nothing to a sensor without Home Assistant', async () => {
    make({ homeAssistant: { enabled: false } });
    await started();
    await heard(() => transcript.send(BIRTH, 'online'));
    expect(lab.timers.pending()).toEqual([29_000]);
  });
});

describe('a broker that refuses our messages', () => {
  const REFUSED = "the MQTT broker's access list does not let us publish to our topics";
  let refusing: ScriptedBroker;
  /** What it refuses, by the ends of topics. */
  let refused: string[];

  beforeEach(async () => {
    refusing = await ScriptedBroker.start(({ cmd, messageId, topic }, { send }) => {
      const isRefused = cmd === 'publish' && refused.some((end) => String(topic).endsWith(end));
      // PUBACK with "not authorized" (MQTT 5, section 3.4.2.1).
      if (isRefused) send({ cmd: 'puback', messageId, reasonCode: 135 });
      return isRefused;
    });
    lab = publisherLab({ url: refusing.url });
  });
  afterEach(() => refusing.close());

  const errors = () => lab.log.filter((line) => line.startsWith('error'));
  const isSaid = (end: string) => refusing.packets.some(({ topic }) => String(topic).endsWith(end));

  it('is told once, however much it refuses; and no more when the next connection is not refused', async () => {
    refused = ['/status', '/config', '/state'];
    lab.publisher.start();
    await until(() => isSaid('/state') && lab.publisher.status().error !== null);
    expect([lab.publisher.status(), errors()]).toMatchObject([
      { connected: true, error: REFUSED },
      [`error ${REFUSED}`],
    ]);
    refused = [];
    refusing.cut();
    await until(() => !lab.publisher.status().connected);
    expect(lab.publisher.status().error).toMatch(/^the connection to the MQTT broker was lost/);
    lab.timers.advance(1000);
    await until(() => lab.publisher.status().connected);
    lab.timers.advance(30_000);
    expect(lab.publisher.status().error).toBeNull();
  });

  it('has the alerts half a minute later, and when it takes one all is well again', async () => {
    refused = ['/alert'];
    lab.publisher.start();
    await until(() => isSaid('/state'));
    lab.home.tell('opened', anIncident({ kind: 'sensor_blind', device: null }));
    await until(() => lab.publisher.status().error === REFUSED);
    refused = [];
    lab.timers.advance(30_000);
    await until(() => lab.publisher.status().waiting === 0);
    expect([lab.publisher.status().error, errors()]).toEqual([null, [`error ${REFUSED}`]]);
  });
});

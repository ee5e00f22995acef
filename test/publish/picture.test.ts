// The retained picture on the broker, message by message: what is said at a start and in which order, what is waited for, what is
// taken back, and what the user deleted.

import { beforeEach, describe, expect, it } from 'vitest';
import { english } from '../../sensor/language/words.ts';
import { silentLog } from '../../sensor/log.ts';
import { Outbox } from '../../sensor/publish/outbox.ts';
import { type HomeAssistantOptions, Picture } from '../../sensor/publish/picture.ts';
import { Sender } from '../../sensor/publish/sender.ts';
import { HOLD_MS } from '../../sensor/publish/verdict.ts';
import { FakeTimers } from '../support/fake-timers.ts';
import { CAMERA, TOPICS } from '../support/publisher-lab.ts';
import { aDevice, anIncident, SmallHome, someHealth } from '../support/small-home.ts';
import { Wire } from '../support/wire.ts';

const PLUG = 'a4:cf:12:00:00:01';
const NAMES = new Map([
  [TOPICS.status, 'status'],
  [TOPICS.state, 'state'],
  [TOPICS.sensorConfig, 'config'],
  [TOPICS.deviceState(CAMERA), 'camera state'],
  [TOPICS.deviceConfig(CAMERA), 'camera config'],
  [TOPICS.deviceAlert(CAMERA), 'camera alert'],
  [TOPICS.deviceState(PLUG), 'plug state'],
  [TOPICS.deviceConfig(PLUG), 'plug config'],
]);
const START_OF_CAMERA = ['status', 'config', 'camera config', 'state', 'camera state'];
const EMPTY = Buffer.alloc(0);

let home: SmallHome;
let timers: FakeTimers;
let wire: Wire;
let alerts: Outbox;
let log: string[];
let announcements: number;
let refusals: number;
let picture: Picture;

function make(homeAssistant: Partial<HomeAssistantOptions> = {}): void {
  alerts = new Outbox({ store: home.outbox, timers, onRefusal() {} });
  picture = new Picture({
    words: english,
    topics: TOPICS,
    version: '0.1.0',
    homeAssistant: {
      ...{ enabled: true, statusTopic: 'homeassistant/status', devices: 'flagged', linkByMac: true },
      ...homeAssistant,
    },
    holdMs: HOLD_MS,
    source: home,
    alerts,
    timers,
    log: { ...silentLog, info: (message) => log.push(message) },
    outbox: home.outbox,
    topicStore: home.topicStore,
    suppressed: home.suppressed,
    onRefusal: () => {
      refusals += 1;
    },
    onAnnounced: () => {
      announcements += 1;
    },
  });
}

function connect(version: 4 | 5 = 5): void {
  picture.close();
  wire = new Wire({ version });
  const sender = new Sender(wire);
  alerts.open(sender);
  picture.open(wire, sender);
}

/** Names of what was sent; `-` before what was cleared. */
function said(from = 0): string[] {
  return wire.sent.slice(from).map((text) => {
    const [topic = '', payload] = text.split(/=(.*)/s);
    const name = NAMES.get(topic) ?? topic;
    expect(payload).toMatch(/ retained$/);
    return payload === ' retained' ? `-${name}` : name;
  });
}

const payloadOf = (topic: string): Record<string, unknown> => {
  const text = wire.sent.findLast((one) => one.startsWith(`${topic}=`)) ?? '';
  return JSON.parse(text.slice(topic.length + 1, -' retained'.length));
};

/** Connected, and all of a start said and taken. */
function started(version: 4 | 5 = 5): void {
  connect(version);
  wire.answerAll();
  wire.sent.length = 0;
}

const camera = (changes: Parameters<typeof aDevice>[2] = {}) =>
  aDevice(CAMERA, 'Hallway camera', { named: true, ...changes });
const refreshCamera = (force?: boolean): void => {
  const device = home.device(CAMERA);
  if (device !== null) picture.refresh(device, force);
};

beforeEach(() => {
  home = new SmallHome(TOPICS);
  home.add(camera());
  home.add(aDevice(PLUG, 'quiet plug'));
  timers = new FakeTimers();
  timers.advance(100_000);
  log = [];
  announcements = 0;
  refusals = 0;
  make();
});

describe('at a start', () => {
  it('says that it is there and who there is; and how things are when the broker has taken the first', () => {
    connect();
    expect([said(), picture.announced, announcements]).toEqual([START_OF_CAMERA.slice(0, 3), false, 0]);
    expect(wire.sent[0]).toBe(`${TOPICS.status}=online retained`);
    wire.answer();
    expect([said(), picture.announced, announcements]).toEqual([START_OF_CAMERA, true, 1]);
    wire.answerAll();
    expect([said(), refusals]).toEqual([START_OF_CAMERA, 0]);
  });

  it('asks for the states of before once, and for each config topic as long as it is connected', () => {
    const watched = { qos: 1, noLocal: true, retainAsPublished: false, withRetained: false };
    const configs = [
      { topic: TOPICS.sensorConfig, ...watched },
      { topic: TOPICS.deviceConfig(CAMERA), ...watched },
    ];
    connect();
    const states = {
      topic: TOPICS.allDeviceStates,
      qos: 0,
      noLocal: false,
      retainAsPublished: false,
      withRetained: true,
    };
    expect(wire.subscribed).toEqual([states, ...configs]);
    wire.answerAll();
    expect(wire.unsubscribed).toEqual([TOPICS.allDeviceStates]);
    picture.announce();
    expect(wire.subscribed).toHaveLength(3);
    picture.close();
    connect();
    wire.answerAll();
    expect([wire.subscribed, wire.unsubscribed]).toEqual([configs, []]);
  });

  it('shows every device that there is where that is wished', () => {
    make({ devices: 'all' });
    connect();
    wire.answerAll();
    expect(said()).toEqual(['status', 'config', 'camera config', 'plug config', 'state', 'camera state', 'plug state']);
  });

  it('without Home Assistant says how things are and asks for no config', () => {
    make({ enabled: false });
    connect();
    wire.answerAll();
    expect(said()).toEqual(['status', 'state', 'camera state']);
    expect(wire.subscribed.map(({ topic }) => topic)).toEqual([TOPICS.allDeviceStates]);
  });

  it('clears what an earlier run left and nobody wants, and nothing else', () => {
    for (const topic of [...NAMES.keys()].filter((one) => one !== TOPICS.deviceAlert(CAMERA)))
      home.topicStore.setPublished(topic);
    make();
    connect();
    expect(said()).toEqual(['status', 'config', 'camera config', '-plug state', '-plug config']);
    home.topicStore.setPublished(TOPICS.deviceConfig(CAMERA));
    make({ enabled: false });
    connect();
    expect(said()).toEqual(['status', '-config', '-camera config', '-plug state', '-plug config']);
  });

  it('tells that the broker refuses', () => {
    connect();
    wire.answer(new Error('not authorized'));
    expect(refusals).toBe(1);
  });
});

it('says all again after a birth and over a new connection, unchanged as it is', () => {
  started();
  picture.announce();
  wire.answerAll();
  expect(said()).toEqual(START_OF_CAMERA);
  picture.close();
  expect(picture.announced).toBe(false);
  connect();
  wire.answerAll();
  expect([said(), announcements]).toEqual([START_OF_CAMERA, 3]);
});

it('says nothing before the first states were said, nor after the connection has ended', () => {
  expect(picture.announced).toBe(false);
  refreshCamera();
  connect();
  const before = wire.sent.length;
  picture.refreshAll();
  expect(wire.sent.length).toBe(before);
  wire.answerAll();
  timers.advance(1000);
  home.add(camera({ connectionsLastHour: 9 }));
  refreshCamera();
  expect(timers.pending()).toEqual([29_000]);
  picture.close();
  expect(timers.pending()).toEqual([]);
  const [sent, subscribed] = [wire.sent.length, wire.subscribed.length];
  picture.refreshAll();
  picture.announce();
  expect([wire.sent.length, wire.subscribed.length]).toEqual([sent, subscribed]);
});

describe('counters of before a restart', () => {
  const earlier = (mail: number): Buffer =>
    Buffer.from(JSON.stringify({ mail_connections: mail, update_connections: 0 }));
  const mailConnections = (): unknown => payloadOf(TOPICS.deviceState(CAMERA)).mail_connections;

  beforeEach(() => {
    for (const topic of [TOPICS.status, TOPICS.deviceState(CAMERA), TOPICS.deviceConfig(CAMERA)])
      home.topicStore.setPublished(topic);
    make();
  });

  it('are waited for, and taken up when they come', () => {
    connect();
    wire.answerAll();
    expect([said(), timers.pending()]).toEqual([START_OF_CAMERA.slice(0, 3), [1000]]);
    expect(picture.received(TOPICS.deviceState(CAMERA), earlier(105))).toBe(true);
    wire.answerAll();
    expect([said(), mailConnections(), timers.pending()]).toEqual([START_OF_CAMERA, 105, []]);
    expect(wire.unsubscribed).toEqual([TOPICS.allDeviceStates]);
  });

  it('are waited for a second where the broker has lost them, whatever is said meanwhile', () => {
    connect();
    wire.answerAll();
    timers.advance(500);
    picture.announce();
    wire.answerAll();
    timers.advance(499);
    expect(announcements).toBe(0);
    timers.advance(1);
    expect([announcements, mailConnections()]).toEqual([1, 0]);
  });

  it('that came before our first message was taken are not waited for', () => {
    connect();
    picture.received(TOPICS.deviceState(CAMERA), earlier(105));
    expect(announcements).toBe(0);
    wire.answer();
    expect([announcements, mailConnections()]).toEqual([1, 105]);
  });

  it('are waited for of each device', () => {
    home.topicStore.setPublished(TOPICS.deviceState(PLUG));
    make();
    connect();
    wire.answerAll();
    picture.received(TOPICS.deviceState(CAMERA), earlier(105));
    expect(announcements).toBe(0);
    picture.received(TOPICS.deviceState(PLUG), earlier(1));
    expect(announcements).toBe(1);
  });

  it('that come too late are not believed: they may be our own', () => {
    connect();
    wire.answerAll();
    timers.advance(1000);
    home.add(aDevice(PLUG, 'plug', { named: true }));
    expect(picture.received(TOPICS.deviceState(PLUG), earlier(105))).toBe(true);
    picture.refreshAll();
    expect(payloadOf(TOPICS.deviceState(PLUG)).mail_connections).toBe(0);
  });

  it('of a device that is not known any more are not kept', () => {
    const stranger = 'a4:cf:12:00:00:09';
    connect();
    wire.answerAll();
    picture.received(TOPICS.deviceState(stranger), earlier(105));
    timers.advance(1000);
    home.add(aDevice(stranger, 'new', { named: true }));
    picture.refreshAll();
    expect(payloadOf(TOPICS.deviceState(stranger)).mail_connections).toBe(0);
  });

  it('are waited for again when the connection ends meanwhile', () => {
    connect();
    wire.answerAll();
    picture.close();
    expect(timers.pending()).toEqual([]);
    connect();
    wire.answerAll();
    expect([announcements, timers.pending()]).toEqual([0, [1000]]);
  });
});

describe('a device', () => {
  beforeEach(() => started());

  it('is said again only where it has changed, or was ordered', () => {
    refreshCamera();
    expect(said()).toEqual([]);
    refreshCamera(true);
    expect(said()).toEqual(['camera state']);
    home.add(camera({ name: 'Porch camera' }));
    refreshCamera();
    expect(said(1)).toEqual(['camera config']);
    home.add(camera({ name: 'Porch camera', allowMail: true }));
    refreshCamera();
    expect(said(2)).toEqual(['camera state']);
  });

  it('appears when it comes to matter, and is cleared when it no longer does', () => {
    home.add(aDevice(PLUG, 'plug', { named: true }));
    picture.refreshAll();
    wire.answerAll();
    expect(said()).toEqual(['plug config', 'plug state']);
    home.add(aDevice(PLUG, 'plug'));
    picture.refreshAll();
    expect(said(2)).toEqual(['-plug config', '-plug state']);
    home.add(aDevice(PLUG, 'plug', { named: true }));
    picture.refreshAll();
    expect(said(4)).toEqual(['plug config', 'plug state']);
  });

  it('that is forgotten is cleared, with its counters and what the user did to it, and the sensor says what is left', () => {
    home.add(camera({ mail: { ...camera().mail, attempts: 7 }, incidents: [anIncident()] }));
    picture.refreshAll();
    wire.answerAll();
    home.suppressed.suppress(CAMERA);
    home.forget(CAMERA);
    const before = wire.sent.length;
    picture.forget(CAMERA);
    expect(said(before)).toEqual(['-camera config', '-camera state', 'state']);
    expect(payloadOf(TOPICS.state).devices_sending_mail).toBe(0);
    expect(home.suppressed.keys.size).toBe(0);
    wire.answerAll();
    home.add(camera());
    refreshCamera();
    expect(payloadOf(TOPICS.deviceState(CAMERA)).mail_connections).toBe(0);
  });
});

describe('alerts of a device', () => {
  const alert = (): void => {
    const message = {
      id: 'a',
      topic: TOPICS.deviceAlert(CAMERA),
      payload: '',
      createdAt: 0,
      priority: 'alert',
    } as const;
    home.outbox.rows.set('a', message);
    alerts.drain();
  };
  const isSent = (): boolean => wire.sent.includes(`${TOPICS.deviceAlert(CAMERA)}=`);

  it('wait until Home Assistant has had a second with its config', () => {
    connect();
    alert();
    timers.advance(5000);
    expect(isSent()).toBe(false);
    wire.answerAll();
    timers.advance(999);
    expect(isSent()).toBe(false);
    timers.advance(1);
    expect(isSent()).toBe(true);
  });

  it('do not wait where its config is known, also when it goes again', () => {
    home.topicStore.setPublished(TOPICS.deviceConfig(CAMERA));
    make();
    connect();
    alert();
    expect(isSent()).toBe(true);
  });

  it('are not held back by a config that has not changed, nor by a new name', () => {
    connect();
    wire.answerAll();
    timers.advance(1000);
    refreshCamera();
    home.add(camera({ name: 'Porch camera' }));
    refreshCamera();
    alert();
    expect(isSent()).toBe(true);
  });
});

describe('the sensor', () => {
  const problem = (): unknown => payloadOf(TOPICS.state).mirror_port_problem;

  it('is said again when it has changed, at most each half minute', () => {
    started();
    picture.refreshSensor();
    expect(said()).toEqual([]);
    home.health = someHealth({ devices: 2 });
    picture.refreshSensor();
    expect(said()).toEqual([]);
    timers.advance(30_000);
    expect([said(), payloadOf(TOPICS.state).devices_seen]).toEqual([['state'], 2]);
  });

  it('for a minute after its start does not complain that it has seen nothing', () => {
    home.health = someHealth({ vantage: 'nothing' });
    started();
    timers.advance(59_999);
    picture.refreshSensor();
    expect(wire.sent).toEqual([]);
    timers.advance(1);
    picture.refreshSensor();
    expect(problem()).toBe('ON');
  });

  it('of a home that mails says how many devices do, and how many alerts were dropped', () => {
    home.add(camera({ incidents: [anIncident()] }));
    home.outbox.dropped = () => 3;
    connect();
    wire.answerAll();
    expect(payloadOf(TOPICS.state)).toMatchObject({
      devices_sending_mail: 1,
      alerts_dropped: 3,
      mirror_port_problem: 'OFF',
    });
  });
});

describe('what the user deletes in Home Assistant', () => {
  beforeEach(() => started());

  it('stays away, and is said to: a device with its state', () => {
    expect(picture.received(TOPICS.deviceConfig(CAMERA), EMPTY)).toBe(true);
    expect([said(), [...home.suppressed.keys]]).toEqual([['-camera state'], [CAMERA]]);
    expect(log).toEqual([`${CAMERA} was deleted in Home Assistant and stays away until the next incident`]);
    wire.answerAll();
    picture.announce();
    wire.answerAll();
    expect(said(1)).toEqual(['status', 'config', 'state']);
  });

  it('stays away: the sensor, whose states go on', () => {
    expect(picture.received(TOPICS.sensorConfig, EMPTY)).toBe(true);
    expect([said(), [...home.suppressed.keys]]).toEqual([[], ['sensor']]);
    expect(log).toEqual(['the sensor was deleted in Home Assistant and stays away until the next incident']);
    home.topicStore.setPublished(TOPICS.sensorConfig);
    picture.announce();
    wire.answerAll();
    expect(said()).toEqual(['status', 'camera config', '-config', 'state', 'camera state']);
  });

  it('comes back with the next incident: the device with its own, the sensor with any', () => {
    for (const topic of [TOPICS.deviceConfig(CAMERA), TOPICS.sensorConfig]) picture.received(topic, EMPTY);
    wire.answerAll();
    const before = wire.sent.length;
    picture.bringBack(PLUG);
    expect([said(before), [...home.suppressed.keys]]).toEqual([['config'], [CAMERA]]);
    picture.bringBack(CAMERA);
    refreshCamera();
    expect([said(before + 1), home.suppressed.keys.size]).toEqual([['camera config', 'camera state'], 0]);
  });

  it('comes back with an incident of the house as well; before the start is said it waits for that', () => {
    picture.received(TOPICS.sensorConfig, EMPTY);
    connect();
    const before = wire.sent.length;
    picture.bringBack(null);
    expect([said(before), home.suppressed.keys.size]).toEqual([[], 0]);
    picture.bringBack(null);
    wire.answerAll();
    expect(said(before)).toEqual(['state', 'camera state']);
  });

  it('is nothing to us where we do not know the device', () => {
    expect(picture.received(TOPICS.deviceConfig('a4:cf:12:00:00:09'), EMPTY)).toBe(true);
    expect([said(), home.suppressed.keys.size, log]).toEqual([[], 0, []]);
  });

  it('is not our own clearing that comes back over MQTT 3.1.1', () => {
    started(4);
    home.forget(CAMERA);
    picture.forget(CAMERA);
    home.add(camera());
    refreshCamera();
    picture.received(TOPICS.deviceConfig(CAMERA), EMPTY);
    expect(home.suppressed.keys.size).toBe(0);
    picture.received(TOPICS.deviceConfig(CAMERA), EMPTY);
    expect([...home.suppressed.keys]).toEqual([CAMERA]);
  });
});

it('takes what is on its own topics and leaves the rest to others', () => {
  started();
  for (const topic of [TOPICS.sensorConfig, TOPICS.deviceConfig(CAMERA)])
    expect(picture.received(topic, Buffer.from('{}'))).toBe(true);
  for (const topic of [TOPICS.deviceAlert(CAMERA), TOPICS.allowMail(CAMERA), TOPICS.state, 'other'])
    expect(picture.received(topic, EMPTY)).toBe(false);
  expect([said(), home.suppressed.keys.size]).toEqual([[], 0]);
});

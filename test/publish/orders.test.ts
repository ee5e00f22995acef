// Orders over MQTT: three good ones, and everything that only looks like one.
import { beforeEach, describe, expect, it } from 'vitest';
import { Orders } from '../../sensor/publish/orders.ts';
import { createTopics } from '../../sensor/publish/topics.ts';
import type { CommandResult } from '../../sensor/record/commands.ts';
import { FakeTimers } from '../support/fake-timers.ts';
import { aDevice, SmallHome } from '../support/small-home.ts';

const MAC = 'a4:cf:12:99:be:ef';
const topics = createTopics({ baseTopic: 'thingwatch', sensorId: 'b827eb5512aa', discoveryPrefix: 'homeassistant' });
let home: SmallHome;
let timers: FakeTimers;
let log: string[];
let answered: (string | null)[];
let result: CommandResult;
let orders: Orders;
const give = (topic: string, payload: string | Buffer, retained = false): boolean =>
  orders.handle({ topic, payload: Buffer.from(payload), retained });

beforeEach(() => {
  home = new SmallHome(topics);
  home.add(aDevice(MAC, 'camera'));
  timers = new FakeTimers();
  log = [];
  answered = [];
  result = { ok: true, changed: true };
  const note = (message: string): void => {
    log.push(message);
  };
  orders = new Orders({
    topics,
    source: home,
    timers,
    log: { debug: note, info: note, warn: note, error: note },
    run: (command, actor) => {
      expect(actor).toBe('home-assistant');
      home.commands.push(command);
      return result;
    },
    onDone: (device) => answered.push(device),
  });
});

it('turns the switch and the buttons into commands and answers each', () => {
  give(topics.allowMail(MAC), 'ON');
  give(topics.allowMail(MAC), 'OFF');
  give(topics.acknowledge(MAC), 'PRESS');
  give(topics.acknowledgeAll, 'PRESS');
  expect(home.commands).toEqual([
    { type: 'allow_mail', device: MAC, allow: true },
    { type: 'allow_mail', device: MAC, allow: false },
    { type: 'acknowledge_device', device: MAC },
    { type: 'acknowledge_all' },
  ]);
  expect(answered).toEqual([MAC, MAC, MAC, null]);
  expect(log).toEqual([
    'order from Home Assistant done: allow_mail',
    'order from Home Assistant done: allow_mail',
    'order from Home Assistant done: acknowledge_device',
    'order from Home Assistant done: acknowledge_all',
  ]);
});

it('answers a refused order as well, so that the switch shows what is true', () => {
  result = { ok: false, status: 409, error: 'nothing to allow' };
  give(topics.allowMail(MAC), 'ON');
  expect(answered).toEqual([MAC]);
  expect(log).toEqual(['an order over MQTT was refused: not possible now']);
});

describe('refuses', () => {
  it.each([
    ['a word it does not know', topics.allowMail(MAC), 'on', 'malformed'],
    ['a press on the switch', topics.allowMail(MAC), 'PRESS', 'malformed'],
    ['ON for a button', topics.acknowledge(MAC), 'ON', 'malformed'],
    ['ON for the button of the house', topics.acknowledgeAll, 'ON', 'malformed'],
    ['nothing', topics.acknowledge(MAC), '', 'malformed'],
    ['bytes that are no text', topics.acknowledgeAll, Buffer.from([0xff, 0xfe]), 'malformed'],
    ['64 bytes', topics.allowMail(MAC), 'O'.repeat(64), 'malformed'],
    ['65 bytes', topics.allowMail(MAC), 'O'.repeat(65), 'oversized'],
    ['a device it does not know', topics.allowMail('a4:cf:12:00:00:01'), 'ON', 'for an unknown device'],
  ])('%s', (_what, topic, payload, reason) => {
    expect(give(topic, payload)).toBe(true);
    expect(home.commands).toEqual([]);
    expect(log).toEqual([`an order over MQTT was refused: ${reason}`]);
    // What is malformed is answered: the switch shows what is true.
    expect(answered).toHaveLength(reason === 'malformed' ? 1 : 0);
  });

  it('a retained order, which would be given again after every restart', () => {
    give(topics.allowMail(MAC), 'ON', true);
    expect(home.commands).toEqual([]);
    expect(log).toEqual(['an order over MQTT was refused: retained']);
  });

  it('without repeating a byte of it, and with one line a minute for each reason', () => {
    timers.advance(1000);
    for (let i = 0; i < 100; i += 1) give(topics.allowMail(MAC), `<evil ${i}>`);
    expect(log).toEqual(['an order over MQTT was refused: malformed']);
    give(topics.allowMail(MAC), 'ON', true);
    expect(log.slice(1)).toEqual(['an order over MQTT was refused: retained']);
    timers.advance(59_999);
    give(topics.allowMail(MAC), '<evil>');
    expect(log).toHaveLength(2);
    timers.advance(1);
    give(topics.allowMail(MAC), '<evil>');
    expect(log.slice(2)).toEqual(['an order over MQTT was refused: malformed']);
  });
});

it('leaves other topics to others', () => {
  expect(give(topics.deviceState(MAC), 'ON')).toBe(false);
  expect(give('thingwatch/b827eb5512aa/devices/x/acknowledge', 'PRESS')).toBe(false);
});

it('orders without end are neither done nor answered, and said once a minute; a second later one is taken again', () => {
  for (let i = 0; i < 10_000; i += 1) expect(give(topics.acknowledgeAll, 'PRESS')).toBe(true);
  expect([home.commands.length, answered.length]).toEqual([120, 120]);
  expect(log.filter((line) => line.includes('refused'))).toEqual(['an order over MQTT was refused: too many']);
  timers.advance(1000);
  give(topics.acknowledgeAll, 'PRESS');
  give(topics.acknowledgeAll, 'PRESS');
  expect(home.commands).toHaveLength(121);
});

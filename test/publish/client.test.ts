// The publisher's story, told as what passes over a broker: start, mail, orders, names, forgetting, deleting.
import { expect, it } from 'vitest';
import { EVENT_TYPES } from '../../sensor/publish/alerts.ts';
import {
  checkDiscovery,
  checkEvent,
  checkHouse,
  checkState,
  type MqttMessage,
  stateRules,
} from '../support/ha-checker.ts';
import { CAMERA, TOPICS } from '../support/publisher-lab.ts';
import { overEachBroker } from '../support/publisher-stage.ts';
import { aDevice, anIncident } from '../support/small-home.ts';
import { retained, until } from '../support/transcript.ts';

const SENSOR = [TOPICS.status, TOPICS.sensorConfig, TOPICS.state];
const ALL_OF_CAMERA = [TOPICS.deviceConfig(CAMERA), TOPICS.deviceState(CAMERA)];

overEachBroker((stage) => {
  function expectRules(messages: readonly MqttMessage[], rulesFrom: ReadonlyMap<string, string>): void {
    for (const message of messages) {
      // MQTT 3.1.1 does not pass the flag on; what is retained there is asked for by itself.
      const shown = stage.broker.version === 5 ? message : { ...message, retain: !message.topic.endsWith('/alert') };
      if (message.topic.endsWith('/config')) expect(checkDiscovery(shown)).toEqual([]);
      else if (message.topic.endsWith('/alert')) expect(checkEvent(shown, EVENT_TYPES)).toEqual([]);
      else if (message.topic.endsWith('/state') && message.payload !== '') {
        const mac = TOPICS.parseDevice(message.topic)?.mac;
        const discovery = rulesFrom.get(mac === undefined ? TOPICS.sensorConfig : TOPICS.deviceConfig(mac));
        expect(checkState(shown, stateRules(discovery ?? ''))).toEqual([]);
      }
      expect(message.qos).toBe(1);
    }
  }

  it('start: status, the sensor, its devices, then how things are', async () => {
    stage.lab.home.add(aDevice(CAMERA, 'Hallway camera', { named: true }));
    stage.lab.home.add(aDevice('a4:cf:12:00:00:01', 'quiet plug'));
    stage.lab.publisher.start();
    await until(() => stage.transcript.last(TOPICS.deviceState(CAMERA)) !== undefined);
    await stage.allHeard();
    expect(stage.transcript.topics).toEqual([
      TOPICS.status,
      TOPICS.sensorConfig,
      TOPICS.deviceConfig(CAMERA),
      TOPICS.state,
      TOPICS.deviceState(CAMERA),
    ]);
    expect(stage.transcript.last(TOPICS.status)?.payload).toBe('online');
    const kept = await retained(stage.broker.url, stage.broker.login);
    expect([...kept.keys()].sort()).toEqual([...SENSOR, ...ALL_OF_CAMERA].sort());
    expectRules(stage.transcript.messages, kept);
    expect(checkHouse([kept.get(TOPICS.sensorConfig) ?? '', kept.get(TOPICS.deviceConfig(CAMERA)) ?? ''])).toEqual([]);
    expect(stage.lab.publisher.status()).toMatchObject({ connected: true, error: null, waiting: 0 });
  });

  it('first mail: the device appears, its state turns, the house is told at once and the device when it is listened to', async () => {
    stage.lab.home.add(aDevice(CAMERA, 'Hallway camera'));
    await stage.started();
    stage.transcript.clear();
    stage.lab.home.mail(CAMERA);
    await until(() => stage.transcript.last(TOPICS.alert) !== undefined);
    await stage.allHeard();
    expect(stage.transcript.topics).toEqual([...ALL_OF_CAMERA, TOPICS.state, TOPICS.alert]);
    await stage.deviceAlertHeard();
    const kept = await retained(stage.broker.url, stage.broker.login);
    expectRules(stage.transcript.messages, kept);
    expect(JSON.parse(kept.get(TOPICS.deviceState(CAMERA)) ?? '')).toMatchObject({
      sending_mail: 'ON',
      mail_connections: 1,
    });
    expect(JSON.parse(kept.get(TOPICS.state) ?? '')).toMatchObject({ devices_sending_mail: 1 });
    expect([...kept.keys()].filter((topic) => topic.endsWith('/alert'))).toEqual([]);
    expect(stage.lab.home.outbox.rows.size).toBe(0);
  });

  it('a device that is already known is told at once', async () => {
    await stage.mailing();
    stage.lab.timers.advance(1000);
    stage.lab.home.mail(CAMERA, 'escalated', 'critical');
    await until(() => stage.transcript.last(TOPICS.deviceAlert(CAMERA)) !== undefined);
    expect(JSON.parse(stage.transcript.last(TOPICS.alert)?.payload ?? '')).toMatchObject({
      event_type: 'escalated',
      severity: 'critical',
    });
  });

  it('allow by the switch, and back', async () => {
    await stage.mailing();
    await stage.transcript.send(TOPICS.allowMail(CAMERA), 'ON');
    await until(
      () => stage.transcript.last(TOPICS.deviceState(CAMERA))?.payload.includes('"allow_mail":"ON"') === true,
    );
    expect(stage.lab.home.commands).toEqual([{ type: 'allow_mail', device: CAMERA, allow: true }]);
    await stage.transcript.send(TOPICS.allowMail(CAMERA), 'OFF');
    await until(
      () => stage.transcript.last(TOPICS.deviceState(CAMERA))?.payload.includes('"allow_mail":"OFF"') === true,
    );
  });

  it('acknowledge: the button acts, and the verdict ends after the hold time', async () => {
    await stage.mailing();
    await stage.transcript.send(TOPICS.acknowledge(CAMERA), 'PRESS');
    await until(() => stage.transcript.last(TOPICS.deviceState(CAMERA))?.payload.includes('"severity":null') === true);
    expect(stage.lab.home.commands).toEqual([{ type: 'acknowledge_device', device: CAMERA }]);
    expect(JSON.parse(stage.transcript.last(TOPICS.deviceState(CAMERA))?.payload ?? '').sending_mail).toBe('ON');
    stage.lab.home.time += 24 * 60 * 60 * 1000;
    stage.lab.timers.advance(30_000);
    await until(
      () => stage.transcript.last(TOPICS.deviceState(CAMERA))?.payload.includes('"sending_mail":"OFF"') === true,
    );
    expect(stage.transcript.of(TOPICS.alert)).toEqual([]);
  });

  it('what only looks like an order does nothing', async () => {
    await stage.mailing();
    await stage.transcript.send(TOPICS.allowMail(CAMERA), 'on');
    await stage.transcript.send(TOPICS.allowMail(CAMERA), 'X'.repeat(100_000));
    await stage.transcript.send(TOPICS.acknowledge('a4:cf:12:00:00:09'), 'PRESS');
    await until(() => stage.lab.log.filter((line) => line.includes('refused')).length === 3);
    expect(stage.lab.home.commands).toEqual([]);
    expect(stage.lab.log.join()).not.toMatch(/XXX|00:09/);
  });

  it('an order left retained on the broker is not carried out at the next start', async () => {
    stage.lab.home.add(aDevice(CAMERA, 'Hallway camera', { named: true }));
    await stage.transcript.send(TOPICS.allowMail(CAMERA), 'ON', true);
    await stage.started();
    await stage.transcript.send(TOPICS.acknowledgeAll, 'PRESS');
    await until(() => stage.lab.home.commands.length > 0);
    expect(stage.lab.home.commands).toEqual([{ type: 'acknowledge_all' }]);
  });

  it('renamed: the config goes again with the same ids, and nothing else', async () => {
    await stage.mailing();
    const before = JSON.parse(
      (await retained(stage.broker.url, stage.broker.login)).get(TOPICS.deviceConfig(CAMERA)) ?? '',
    );
    stage.lab.home.change(CAMERA, { name: 'Porch camera', named: true });
    await until(() => stage.transcript.last(TOPICS.deviceConfig(CAMERA)) !== undefined);
    await stage.allHeard();
    expect(stage.transcript.topics).toEqual([TOPICS.deviceConfig(CAMERA)]);
    const after = JSON.parse(stage.transcript.last(TOPICS.deviceConfig(CAMERA))?.payload ?? '');
    expect(after.device).toEqual({ ...before.device, name: 'Porch camera' });
    expect(after.components.alert.unique_id).toBe(before.components.alert.unique_id);
  });

  it('forgotten: nothing of the device is left on the broker or in the store', async () => {
    await stage.mailing();
    stage.lab.home.forget(CAMERA);
    await until(() => !stage.lab.home.topicStore.publishedTopics().some((topic) => topic.includes('a4cf1299beef')));
    const kept = await retained(stage.broker.url, stage.broker.login);
    expect([...kept.keys()].sort()).toEqual([...SENSOR].sort());
  });

  it('deleted in Home Assistant: stays away, over a birth too, until its next incident', async () => {
    await stage.mailing();
    await stage.transcript.send(TOPICS.deviceConfig(CAMERA), '', true);
    await until(() => stage.lab.home.suppressed.isSuppressed(CAMERA));
    await until(() => stage.transcript.last(TOPICS.deviceState(CAMERA))?.payload === '');
    stage.transcript.clear();
    stage.lab.home.change(CAMERA, { name: 'Porch camera' });
    await stage.transcript.send('homeassistant/status', 'online');
    await until(() => stage.lab.timers.pending().includes(3000));
    stage.lab.timers.advance(3000);
    await until(() => stage.transcript.last(TOPICS.state) !== undefined);
    await stage.allHeard();
    expect(stage.transcript.topics.filter((topic) => topic.includes('a4cf1299beef'))).toEqual([]);
    stage.lab.home.mail(CAMERA, 'resumed');
    await stage.deviceAlertHeard();
    expect((await retained(stage.broker.url, stage.broker.login)).has(TOPICS.deviceConfig(CAMERA))).toBe(true);
  });

  it('deleted in Home Assistant before: an incident from before it connects brings it back as well', async () => {
    const { home, publisher } = stage.lab;
    home.add(aDevice(CAMERA, 'Hallway camera'));
    home.suppressed.suppress(CAMERA);
    publisher.hear();
    home.mail(CAMERA);
    publisher.start();
    await stage.deviceAlertHeard();
    expect(home.suppressed.keys.size).toBe(0);
    expect((await retained(stage.broker.url, stage.broker.login)).has(TOPICS.deviceConfig(CAMERA))).toBe(true);
  });

  it('forgotten and seen again: our own clearing is not taken for the user’s', async () => {
    await stage.mailing();
    stage.lab.home.forget(CAMERA);
    await until(() => stage.transcript.last(TOPICS.deviceConfig(CAMERA))?.payload === '');
    await stage.allHeard();
    stage.lab.home.add(aDevice(CAMERA, 'Hallway camera'));
    stage.lab.home.mail(CAMERA);
    await stage.deviceAlertHeard();
    expect(stage.lab.home.suppressed.keys.size).toBe(0);
    expect((await retained(stage.broker.url, stage.broker.login)).has(TOPICS.deviceConfig(CAMERA))).toBe(true);
  });

  it('a device that mails every minute for a day: one event, and no more than a state each half minute', async () => {
    await stage.mailing();
    const device = stage.lab.home.device(CAMERA);
    for (let minute = 1; minute <= 24 * 60; minute += 1) {
      stage.lab.home.time += 60_000;
      stage.lab.timers.advance(60_000);
      stage.lab.home.change(CAMERA, {
        mail: { ...(device?.mail ?? aDevice(CAMERA, null).mail), attempts: minute + 1 },
      });
      const [incident] = stage.lab.home.device(CAMERA)?.incidents ?? [];
      stage.lab.home.tell('updated', {
        ...anIncident(),
        ...incident,
        findings: minute + 1,
        lastAt: stage.lab.home.time,
      });
    }
    await until(
      () => stage.transcript.last(TOPICS.deviceState(CAMERA))?.payload.includes('"mail_connections":1441') === true,
    );
    await stage.allHeard();
    expect(stage.transcript.of(TOPICS.alert)).toEqual([]);
    expect(stage.transcript.of(TOPICS.deviceState(CAMERA)).length).toBeLessThanOrEqual(24 * 60);
  });
});

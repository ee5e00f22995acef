// What the publisher does when things end, break and come back: itself, the broker, Home Assistant.
import { expect, it } from 'vitest';
import { accessTo, CAMERA, Cable, publisherLab, TOPICS } from '../support/publisher-lab.ts';
import { overEachBroker } from '../support/publisher-stage.ts';
import { aDevice, SmallHome } from '../support/small-home.ts';
import { retained, Transcript, until } from '../support/transcript.ts';

const SENSOR = [TOPICS.status, TOPICS.sensorConfig, TOPICS.state];

overEachBroker((stage) => {
  it('what an earlier run left behind is cleared, also after a crash', async () => {
    const ghosts = [
      'homeassistant/device/thingwatch_b827eb5512aa_a4cf12000009/config',
      'thingwatch/b827eb5512aa/devices/a4cf12000009/state',
    ];
    for (const ghost of ghosts) {
      await stage.transcript.send(ghost, '{}', true);
      stage.lab.home.topicStore.setPublished(ghost);
    }
    await stage.started();
    await until(() => stage.lab.home.topicStore.publishedTopics().length === SENSOR.length);
    expect([...(await retained(stage.broker.url, stage.broker.login)).keys()].sort()).toEqual([...SENSOR].sort());
  });

  it('clean stop: offline once, by ourselves', async () => {
    await stage.started();
    stage.transcript.clear();
    await stage.lab.publisher.stop();
    await until(() => stage.transcript.last(TOPICS.status) !== undefined);
    await stage.allHeard();
    expect(stage.transcript.messages.map(({ topic, payload }) => `${topic} ${payload}`)).toEqual([
      `${TOPICS.status} offline`,
    ]);
    expect((await retained(stage.broker.url, stage.broker.login)).get(TOPICS.status)).toBe('offline');
  });

  it('kill -9: the broker says offline in our place, and everything is said again afterwards', async () => {
    const cable = await Cable.to(stage.broker.port);
    stage.lab = publisherLab(accessTo(stage.broker, cable.port));
    await stage.mailing();
    cable.cut();
    await until(() => stage.transcript.last(TOPICS.status)?.payload === 'offline');
    expect((await retained(stage.broker.url, stage.broker.login)).get(TOPICS.status)).toBe('offline');
    await until(() => stage.lab.publisher.status().error !== null);
    stage.transcript.clear();
    stage.lab.timers.advance(1000);
    await until(() => stage.transcript.last(TOPICS.deviceState(CAMERA)) !== undefined);
    await stage.allHeard();
    expect(stage.transcript.topics).toEqual([
      TOPICS.status,
      TOPICS.sensorConfig,
      TOPICS.deviceConfig(CAMERA),
      TOPICS.state,
      TOPICS.deviceState(CAMERA),
    ]);
    await stage.lab.publisher.stop();
    await cable.remove();
  });

  it('broker restart without persistence: it has all again', async () => {
    await stage.mailing();
    const before = await retained(stage.broker.url, stage.broker.login);
    await stage.transcript.close();
    await stage.broker.die();
    await until(() => !stage.lab.publisher.status().connected);
    await stage.broker.revive();
    expect((await retained(stage.broker.url, stage.broker.login)).size).toBe(0);
    stage.transcript = await Transcript.listen(stage.broker.url, stage.broker.login);
    await until(() => {
      stage.lab.timers.advance(100);
      return stage.transcript.last(TOPICS.deviceState(CAMERA)) !== undefined;
    });
    await stage.allHeard();
    expect(await retained(stage.broker.url, stage.broker.login)).toEqual(before);
  });

  it('birth of Home Assistant: all again, after a moment, and once for several births', async () => {
    await stage.mailing();
    await stage.transcript.send('homeassistant/status', 'online');
    await stage.transcript.send('homeassistant/status', 'online');
    await until(() => stage.lab.timers.pending().includes(3000));
    await stage.allHeard();
    stage.transcript.clear();
    stage.lab.timers.advance(3000);
    await until(() => stage.transcript.last(TOPICS.deviceState(CAMERA)) !== undefined);
    await stage.allHeard();
    expect(stage.transcript.topics).toEqual([
      TOPICS.status,
      TOPICS.sensorConfig,
      TOPICS.deviceConfig(CAMERA),
      TOPICS.state,
      TOPICS.deviceState(CAMERA),
    ]);
  });

  it('a broker that is away for 50 incidents and a restart of ours: 50 alerts, in order, none twice', async () => {
    await stage.transcript.close();
    await stage.broker.die();
    stage.lab.publisher.start();
    for (let i = 0; i < 50; i += 1) {
      const mac = `a4:cf:12:00:00:${i.toString(16).padStart(2, '0')}`;
      stage.lab.home.add(aDevice(mac, `device ${i}`));
      stage.lab.home.mail(mac, 'opened', 'high', `incident${i.toString().padStart(8, '0')}`);
      stage.lab.home.time += 12_000;
    }
    await stage.lab.publisher.stop();
    const { home } = stage.lab;
    stage.lab = publisherLab(accessTo(stage.broker), { home });
    stage.lab.publisher.start();
    // Its first try is over, and the next one waits: who listens is there before it.
    await until(() => stage.lab.publisher.status().error !== null);
    await stage.broker.revive();
    stage.transcript = await Transcript.listen(stage.broker.url, stage.broker.login);
    await until(() => {
      stage.lab.timers.advance(100);
      return home.outbox.rows.size === 0;
    });
    await stage.allHeard();
    const alerts = stage.transcript.messages
      .filter(({ topic }) => topic.endsWith('/alert'))
      .map(({ payload }) => JSON.parse(payload));
    expect(new Set(alerts.map(({ id }) => id)).size).toBe(100);
    expect(alerts).toHaveLength(100);
    const house = stage.transcript.of(TOPICS.alert).map(({ payload }) => JSON.parse(payload).incident);
    expect(house).toEqual(Array.from({ length: 50 }, (_, i) => `incident${i.toString().padStart(8, '0')}`));
  });

  it('a wrong password is said once, in plain words and without it', async () => {
    stage.lab = publisherLab({ ...accessTo(stage.broker), password: 'wrong horse' });
    stage.lab.publisher.start();
    for (let tries = 0; tries < 3; tries += 1) {
      await until(() => stage.lab.timers.pending().some((left) => left < 30_000));
      stage.lab.timers.advance(20_000);
    }
    await until(() => stage.lab.timers.pending().some((left) => left < 30_000));
    expect(stage.lab.publisher.status().error).toMatch(/refuses this user name or password|does not let this user in/);
    expect(stage.lab.log.filter((line) => line.startsWith('error'))).toHaveLength(1);
    expect(stage.lab.log.join()).not.toContain('horse');
  });

  it('counters do not fall after a crash that cost the last minute', async () => {
    const camera = aDevice(CAMERA, 'Hallway camera', {
      named: true,
      mail: { ...aDevice(CAMERA, null).mail, attempts: 105 },
    });
    stage.lab.home.add(camera);
    await stage.started();
    await until(() => stage.transcript.last(TOPICS.deviceState(CAMERA)) !== undefined);
    await stage.lab.publisher.stop();
    stage.transcript.clear();
    const home = new SmallHome(TOPICS);
    home.add({ ...camera, mail: { ...camera.mail, attempts: 103 } });
    stage.lab = publisherLab(accessTo(stage.broker), { home, topicStore: stage.lab.home.topicStore });
    stage.lab.publisher.start();
    await until(() => stage.transcript.last(TOPICS.deviceState(CAMERA)) !== undefined);
    expect(JSON.parse(stage.transcript.last(TOPICS.deviceState(CAMERA))?.payload ?? '').mail_connections).toBe(105);
  });

  it('without Home Assistant: states and alerts, no discovery, and earlier discovery is cleared', async () => {
    stage.lab.home.add(aDevice(CAMERA, 'Hallway camera', { named: true }));
    await stage.started();
    await until(() => stage.transcript.last(TOPICS.deviceState(CAMERA)) !== undefined);
    await stage.lab.publisher.stop();
    const { home } = stage.lab;
    stage.lab = publisherLab(accessTo(stage.broker), { home, homeAssistant: { enabled: false } });
    stage.transcript.clear();
    await stage.started();
    await until(() => stage.transcript.last(TOPICS.deviceState(CAMERA)) !== undefined);
    expect([...(await retained(stage.broker.url, stage.broker.login)).keys()].sort()).toEqual(
      [TOPICS.status, TOPICS.state, TOPICS.deviceState(CAMERA)].sort(),
    );
  });
});

// The built program, its database and a Mosquitto that is stopped as a whole while twenty devices begin to mail: the page has them at
// once, and the broker every alert when it goes on, once; also when the program was killed meanwhile.
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createTopics } from '../../sensor/publish/topics.ts';
import { reportFault } from '../support/fault-table.ts';
import { MOSQUITTO, Mosquitto } from '../support/mosquitto.ts';
import { mail } from '../support/name-frames.ts';
import { MAIL_SERVER, MINUTE, SECOND, START } from '../support/stage.ts';
import { Transcript } from '../support/transcript.ts';
import { PipedSensor, SENSOR_ID } from './piped-sensor.ts';
import { ensureBuilt, eventually, scratch } from './program.ts';

const TOPICS = createTopics({ baseTopic: 'thingwatch', sensorId: SENSOR_ID, discoveryPrefix: 'homeassistant' });
const DEVICES = Array.from({ length: 20 }, (_, index) => ({
  mac: `24:0a:c4:10:00:${(index + 16).toString(16)}`,
  ip: `192.168.1.${index + 30}`,
}));

beforeAll(ensureBuilt);

describe.skipIf(MOSQUITTO === null)(
  `a broker that hangs${MOSQUITTO === null ? ' (skipped: Mosquitto is not installed)' : ''}`,
  () => {
    let files: ReturnType<typeof scratch>;
    let broker: Mosquitto;
    let ear: Transcript;
    let sensor: PipedSensor;

    beforeEach(async () => {
      files = scratch();
      broker = await Mosquitto.start();
      ear = await Transcript.listen(broker.url, login());
      sensor = start();
      await eventually(() => ear.last(TOPICS.state) ?? null);
    });
    afterEach(async () => {
      broker.goOn();
      await sensor.program.kill();
      await ear.close();
      await broker.remove();
      files.remove();
    });

    const login = () => ({ username: broker.username, password: broker.password });
    const start = () =>
      new PipedSensor({
        config: files.path('sensor.yaml'),
        state: files.path('state'),
        mqtt: { url: broker.url, ...login() },
      });
    const house = () => ear.of(TOPICS.alert).map(({ payload }) => JSON.parse(payload) as { id: string; mac: string });

    async function mails(): Promise<void> {
      sensor.feed(
        ...DEVICES.map((device, index) => mail(device, MAIL_SERVER, START + index * SECOND, { outcome: 'refused' })),
      );
      sensor.feed(mail(DEVICES[0] ?? { mac: '', ip: '' }, MAIL_SERVER, START + MINUTE, { outcome: 'refused' }));
      const page = await sensor.page();
      await eventually(async () => ((await page.incidents()).length === DEVICES.length ? true : null));
      await eventually(async () => (((await page.health()).broker?.waiting ?? 0) >= DEVICES.length ? true : null));
    }

    async function told(fault: string): Promise<void> {
      broker.goOn();
      await eventually(() => (new Set(house().map(({ mac }) => mac)).size === DEVICES.length ? true : null));
      const page = await sensor.page();
      await eventually(async () => ((await page.health()).broker?.waiting === 0 ? true : null));
      const ids = house().map(({ id }) => id);
      const repeated = ids.length - new Set(ids).size;
      reportFault({
        fault,
        inputs: '20 devices mail meanwhile',
        outcome: `20 told to the house${repeated === 0 ? '' : `, ${repeated} again with the same id`}`,
        lost: DEVICES.length - new Set(house().map(({ mac }) => mac)).size,
      });
    }

    it('and goes on: nothing on the page waits for it', async () => {
      broker.hang();
      await mails();
      await told('a Mosquitto that is stopped');
    }, 180_000);

    it('while the program is killed and started again', async () => {
      broker.hang();
      await mails();
      await sensor.program.kill();
      sensor = start();
      const page = await sensor.page();
      expect(await page.incidents()).toHaveLength(DEVICES.length);
      expect((await page.health()).broker?.connected).toBe(false);
      await told('a Mosquitto that is stopped, and a killed sensor');
    }, 180_000);
  },
);

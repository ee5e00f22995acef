// How long 100 devices take to appear in Home Assistant: from connect to the last discovery payload's PUBACK, over the
// embedded broker and, where it is installed, Mosquitto. Aim: under 2 s.
import { english } from '../../sensor/language/words.ts';
import { silentLog } from '../../sensor/log.ts';
import { startBroker } from '../../sensor/publish/broker.ts';
import { deviceDiscovery, sensorDiscovery } from '../../sensor/publish/discovery.ts';
import { type BrokerAccess, Link, type Session } from '../../sensor/publish/link.ts';
import { systemTimers } from '../../sensor/publish/ports.ts';
import { Sender } from '../../sensor/publish/sender.ts';
import { freePort, MOSQUITTO, Mosquitto } from '../support/mosquitto.ts';
import { TOPICS } from '../support/publisher-lab.ts';
import { aDevice, SmallHome } from '../support/small-home.ts';

const DEVICES = 100;

/** Milliseconds from the start of connecting to the last PUBACK. */
async function measure(access: BrokerAccess): Promise<number> {
  const context = { topics: TOPICS, version: '0.1.0', words: english, linkByMac: true };
  const devices = Array.from({ length: DEVICES }, (_, i) =>
    aDevice(`a4:cf:12:00:00:${i.toString(16).padStart(2, '0')}`, `device ${i}`),
  );
  const begun = performance.now();
  let link: Link | undefined;
  await new Promise<void>((resolve) => {
    link = new Link({
      access,
      will: { topic: TOPICS.status, payload: 'offline' },
      timers: systemTimers,
      random: Math.random,
      log: silentLog,
      onClose: () => {},
      onMessage: () => {},
      onOpen: (session: Session) => {
        const sender = new Sender(session);
        sender.send({ topic: TOPICS.status, payload: 'online', retain: true });
        const sensor = sensorDiscovery(context, new SmallHome(TOPICS).sensor());
        sender.send({ topic: TOPICS.sensorConfig, payload: sensor, retain: true });
        let left = devices.length;
        for (const device of devices) {
          const message = {
            topic: TOPICS.deviceConfig(device.mac),
            payload: deviceDiscovery(context, device),
            retain: true,
          };
          sender.send(message, () => {
            left -= 1;
            if (left === 0) resolve();
          });
        }
      },
    });
    link.start();
  });
  const took = performance.now() - begun;
  await link?.stop();
  return took;
}

export async function run(): Promise<void> {
  const report = (broker: string, milliseconds: number): void => {
    console.log(
      `discovery: ${DEVICES} devices, connect to last PUBACK, ${broker}: ${milliseconds.toFixed(0)} ms (aim < 2000 ms)`,
    );
  };
  const own = await startBroker({ listen: `127.0.0.1:${await freePort()}`, log: silentLog });
  report('embedded broker', await measure({ url: own.url, clientId: 'bench' }));
  await own.close();
  if (MOSQUITTO === null) {
    console.log('discovery: Mosquitto is not installed, not measured');
    return;
  }
  const mosquitto = await Mosquitto.start();
  const { url, username, password } = mosquitto;
  report('Mosquitto', await measure({ url, username, password, clientId: 'bench' }));
  await mosquitto.remove();
}

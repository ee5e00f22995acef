// What client and broker keep in memory for packets they may send.
import { createRequire } from 'node:module';
import { afterEach, expect, it } from 'vitest';
import { silentLog } from '../../sensor/log.ts';
import { type EmbeddedBroker, startBroker } from '../../sensor/publish/broker.ts';
import { type Lab, publisherLab } from '../support/publisher-lab.ts';
import { until } from '../support/transcript.ts';

const ofMqtt = createRequire(createRequire(import.meta.url).resolve('mqtt'));
const { cache } = ofMqtt('mqtt-packet/numbers.js') as { cache: Record<number, Buffer> };
let broker: EmbeddedBroker;
let lab: Lab;
afterEach(async () => {
  await lab.publisher.stop();
  await broker.close();
});

it('client and broker talk without a Buffer for each number there is', async () => {
  broker = await startBroker({ listen: '127.0.0.1:0', log: silentLog });
  lab = publisherLab({ url: broker.url });
  lab.publisher.start();
  await until(() => lab.publisher.status().connected);
  expect(Object.keys(cache)).toEqual([]);
});

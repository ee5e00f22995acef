// Brokers that hang, are slow, hang up, send garbage or floods, between a real sensor's publisher and a real broker: nothing
// waits for them, nothing grows, every alert is delivered in the end, and a fault is told once at its start and its end.
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { reportFault } from '../support/fault-table.ts';
import { MOSQUITTO } from '../support/mosquitto.ts';
import {
  accessTo,
  aedesBroker,
  type Lab,
  mosquittoBroker,
  publisherLab,
  type TestBroker,
  TOPICS,
} from '../support/publisher-lab.ts';
import { aDevice } from '../support/small-home.ts';
import { retained, Transcript, until } from '../support/transcript.ts';
import { publishPacket, TYPE, typeOf, UnrulyCable, type Ways } from '../support/unruly-cable.ts';

const DAY = 24 * 60 * 60_000;
const DEVICES = 20;
/** Of the packets' time: one that waited for such a broker would take two seconds or more. A busy machine may take its time as well. */
const WAITED_FOR_NOBODY_MS = 1500;

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

const brokers = [
  { name: 'Mosquitto', start: () => mosquittoBroker(null), missing: MOSQUITTO === null },
  { name: 'aedes', start: aedesBroker, missing: false },
];

for (const { name, start, missing } of brokers) {
  describe.skipIf(missing)(`${name}${missing ? ' (not installed)' : ''}, behind a cable that is not`, () => {
    let broker: TestBroker;
    let cable: UnrulyCable;
    let lab: Lab;
    let transcript: Transcript;

    beforeEach(async () => {
      broker = await start();
      cable = await UnrulyCable.to(broker.port);
      lab = publisherLab(accessTo(broker, cable.port));
      transcript = await Transcript.listen(broker.url, broker.login);
    });
    afterEach(async () => {
      await lab.publisher.stop();
      await transcript.close();
      await cable.remove();
      await broker.remove();
    });

    const status = () => lab.publisher.status();
    const errors = () => lab.log.filter((line) => line.startsWith('error'));
    const connections = () => lab.log.filter((line) => line.startsWith('info connected'));

    async function connected(ways: Ways = {}): Promise<void> {
      cable.ways = ways;
      lab.publisher.start();
      await until(() => status().connected);
    }

    /** Each device's first mail, told while the broker does what it does; what it took of the packets' time at most. */
    function incidents(from = 0, count = DEVICES): number {
      let slowest = 0;
      for (let i = from; i < from + count; i += 1) {
        const mac = `a4:cf:12:00:${(i >> 8).toString(16).padStart(2, '0')}:${(i & 0xff).toString(16).padStart(2, '0')}`;
        lab.home.add(aDevice(mac, `device ${i}`));
        const before = performance.now();
        lab.home.mail(mac, 'opened', 'high', `incident${i.toString().padStart(8, '0')}`);
        slowest = Math.max(slowest, performance.now() - before);
        lab.home.time += 12_000;
      }
      return slowest;
    }

    const heard = () =>
      transcript.messages
        .filter(({ topic }) => topic.endsWith('/alert'))
        .map(({ payload }) => JSON.parse(payload).id as string);

    /** The fault is over: time goes by until the broker has every alert. */
    async function delivered(count: number): Promise<{ repeated: number; lost: number }> {
      await until(() => {
        lab.timers.advance(100);
        return lab.home.outbox.rows.size === 0;
      });
      await transcript.settled();
      const ids = new Set(heard());
      return { repeated: heard().length - ids.size, lost: 2 * count - ids.size };
    }

    function report(fault: string, { repeated, lost }: { repeated: number; lost: number }, alerts = 2 * DEVICES): void {
      const again = repeated === 0 ? '' : `, ${repeated} again with the same id`;
      reportFault({
        fault: `${fault} (${name})`,
        inputs: `${alerts} alerts meanwhile`,
        outcome: `all delivered${again}`,
        lost,
      });
      expect(lost).toBe(0);
    }

    it('takes a connection and never answers', async () => {
      cable.ways = { isDead: true };
      lab.publisher.start();
      expect(incidents()).toBeLessThan(WAITED_FOR_NOBODY_MS);
      await until(() => status().error !== null);
      expect(status()).toMatchObject({ connected: false, waiting: 2 * DEVICES });
      expect(status().error).toMatch(/^the MQTT broker does not answer/);
      cable.behave();
      cable.cut();
      report('a broker that never sends CONNACK', await delivered(DEVICES));
      expect([errors().length, connections().length, status().error]).toEqual([1, 1, null]);
    }, 60_000);

    it('answers pings and acknowledges nothing', async () => {
      await connected({ onPacket: (packet, { send }) => (typeOf(packet) === TYPE.puback ? undefined : send(packet)) });
      expect(incidents()).toBeLessThan(WAITED_FOR_NOBODY_MS);
      for (let minute = 0; minute < 3; minute += 1) {
        const before = cable.connections;
        lab.wire.advance(60_000);
        await until(() => !status().connected);
        expect(status().error).toMatch(/takes messages and acknowledges none/);
        lab.timers.advance(60_000);
        await until(() => cable.connections > before && status().connected);
        // Connected or not: health says that nothing gets through until something does.
        expect(status()).toMatchObject({ error: expect.stringMatching(/acknowledges none/), waiting: 2 * DEVICES });
      }
      expect([errors().length, connections().length]).toEqual([1, 1]);
      lab.wire.advance(60_000);
      await until(() => !status().connected);
      cable.behave();
      report('a broker that never sends PUBACK', await delivered(DEVICES));
      expect([errors().length, connections().length, status().error]).toEqual([1, 2, null]);
    });

    it('stops reading', async () => {
      await connected();
      await until(() => transcript.last(TOPICS.state) !== undefined);
      cable.ways = { isDeaf: true };
      expect(incidents()).toBeLessThan(WAITED_FOR_NOBODY_MS);
      collect();
      const before = process.memoryUsage();
      for (let round = 0; round < 500; round += 1) {
        for (const { mac } of lab.home.devices()) lab.home.mail(mac, 'updated');
        lab.timers.advance(30_000);
        await new Promise((resolve) => setImmediate(resolve));
      }
      collect();
      const after = process.memoryUsage();
      const grown = after.heapUsed + after.external - before.heapUsed - before.external;
      expect(grown).toBeLessThan(8 * 1024 * 1024);
      lab.wire.advance(60_000);
      await until(() => !status().connected);
      expect(status().error).toMatch(/takes messages and acknowledges none/);
      cable.behave();
      report('a broker that stops reading', await delivered(DEVICES));
      expect([errors().length, connections().length, status().error]).toEqual([1, 2, null]);
    }, 60_000);

    it('takes its time: each PUBACK after two seconds, into a small receive window', async () => {
      let held = 0;
      let most = 0;
      await connected({
        onPacket: (packet, { send }) => {
          if (typeOf(packet) !== TYPE.puback) return send(packet);
          held += 1;
          most = Math.max(most, held);
          setTimeout(() => {
            held -= 1;
            send(packet);
          }, 2000);
        },
      });
      expect(incidents(0, 10)).toBeLessThan(WAITED_FOR_NOBODY_MS);
      report('a broker that takes 2 s for each PUBACK', await delivered(10), 20);
      expect(most).toBeLessThanOrEqual(16);
      expect([errors(), connections().length, status().error]).toEqual([[], 1, null]);
    }, 60_000);

    it('hangs up after each packet: said once, and once more when it is over', async () => {
      cable.ways = {
        onPacket: (packet, { send, hangUp }) => {
          send(packet);
          if (typeOf(packet) !== TYPE.connack) hangUp();
        },
      };
      lab.publisher.start();
      expect(incidents()).toBeLessThan(WAITED_FOR_NOBODY_MS);
      await until(() => {
        // While it is connected time stands still: half a minute would make it a connection that has lasted.
        if (!status().connected) lab.timers.advance(1000);
        return cable.connections >= 20;
      });
      await until(() => !status().connected);
      expect(status().error).toMatch(/connection to the MQTT broker was lost/);
      expect([errors().length, connections().length]).toEqual([1, 1]);
      cable.behave();
      report('a broker that hangs up after each packet', await delivered(DEVICES));
      lab.timers.advance(30_000);
      expect([errors().length, connections().length, status().error]).toEqual([1, 2, null]);
    }, 60_000);

    it('sends garbage in place of packets', async () => {
      await connected();
      const garbage = Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n'.repeat(100));
      cable.ways = { onPacket: (_packet, { send }) => send(garbage) };
      expect(incidents()).toBeLessThan(WAITED_FOR_NOBODY_MS);
      await until(() => status().error !== null);
      expect(status().error).toMatch(/sends no MQTT/);
      await until(() => {
        lab.timers.advance(100);
        return cable.connections >= 3;
      });
      cable.behave();
      report('a broker that sends garbage', await delivered(DEVICES));
      lab.timers.advance(30_000);
      expect([errors().length, connections().length, status().error]).toEqual([1, 2, null]);
    });

    it('announces a packet of 256 MB: refused before it is collected', async () => {
      await connected();
      const flood = Buffer.alloc(1024 * 1024, 0x61);
      let sent = 0;
      cable.ways = {
        onPacket: (_packet, { send }) => {
          send(Buffer.from([0x30, 0xff, 0xff, 0xff, 0x7f, 0x00, 0x01]));
          for (let i = 0; i < 64; i += 1) send(flood);
          sent += 64;
        },
      };
      collect();
      const before = process.memoryUsage().external;
      incidents();
      await until(() => status().error !== null);
      expect(status().error).toMatch(/too large for the sensor/);
      expect(process.memoryUsage().external - before).toBeLessThan(sent * flood.length + 16 * 1024 * 1024);
      cable.behave();
      report('a broker that announces packets of 256 MB', await delivered(DEVICES));
      lab.timers.advance(30_000);
      expect([errors().length, connections().length, status().error]).toEqual([1, 2, null]);
    });

    it('repeats orders without end', async () => {
      lab.home.add(aDevice('a4:cf:12:00:00:00', 'device 0'));
      const order = publishPacket(TOPICS.acknowledgeAll, 'PRESS', { properties: broker.version === 5, retain: true });
      const stream = Buffer.concat(Array.from({ length: 1000 }, () => order));
      await connected();
      await until(() => transcript.last(TOPICS.state) !== undefined);
      transcript.clear();
      let sent = 0;
      cable.ways = {
        onPacket: (packet, { send }) => {
          send(packet);
          if (sent === 0) for (; sent < 200_000; sent += 1000) send(stream);
        },
      };
      expect(incidents()).toBeLessThan(WAITED_FOR_NOBODY_MS);
      await until(() => status().error !== null);
      expect(status().error).toMatch(/floods the sensor/);
      expect(lab.home.commands).toEqual([]);
      expect(lab.log.filter((line) => line.startsWith('warn'))).toEqual([
        'warn an order over MQTT was refused: retained',
        'warn an order over MQTT was refused: too many',
      ]);
      cable.behave();
      report('a broker that sends 200,000 retained orders', await delivered(DEVICES));
      lab.timers.advance(30_000);
      expect([errors().length, connections().length, status().error]).toEqual([1, 2, null]);
    }, 60_000);

    it('is gone for a day and comes back with nothing: all is said again, and every alert', async () => {
      await connected();
      await until(() => transcript.last(TOPICS.state) !== undefined);
      await transcript.close();
      await broker.die();
      await until(() => !status().connected);
      const begin = lab.timers.now();
      incidents();
      for (let gone = 0; gone < DAY; gone += 60_000) {
        lab.timers.advance(60_000);
        if (gone % (60 * 60_000) === 0) await new Promise((resolve) => setTimeout(resolve, 20));
      }
      expect(lab.timers.now() - begin).toBeGreaterThanOrEqual(DAY);
      lab.home.time += DAY;
      incidents(DEVICES);
      expect(status()).toMatchObject({ connected: false, waiting: 4 * DEVICES });
      // The line goes dead first; then nothing listens.
      expect(errors().length).toBeLessThanOrEqual(2);
      // The last try is over, and the next one waits: who listens is there before it.
      await until(() => lab.timers.pending().length > 1);
      await broker.revive();
      transcript = await Transcript.listen(broker.url, broker.login);
      report('a broker that is gone for a day', await delivered(2 * DEVICES), 4 * DEVICES);
      const kept = await retained(broker.url, broker.login);
      expect(kept.get(TOPICS.status)).toBe('online');
      for (const { mac } of lab.home.devices())
        expect([kept.has(TOPICS.deviceConfig(mac)), kept.has(TOPICS.deviceState(mac))]).toEqual([true, true]);
    }, 60_000);
  });
}

describe.skipIf(MOSQUITTO === null)(
  `Mosquitto${MOSQUITTO === null ? ' (not installed)' : ''}, with a session that is not ours`,
  () => {
    it('says that it remembers us: alerts, discovery and orders all the same', async () => {
      const broker = await mosquittoBroker(null);
      // Session present, though a clean start was asked for (MQTT 5, section 3.2.2.1.1).
      const cable = await UnrulyCable.to(broker.port, {
        onPacket: (packet, { send }) => {
          if (typeOf(packet) === TYPE.connack) packet[2] = 1;
          send(packet);
        },
      });
      const lab = publisherLab(accessTo(broker, cable.port));
      const transcript = await Transcript.listen(broker.url, broker.login);
      lab.home.add(aDevice('a4:cf:12:00:00:00', 'device 0'));
      lab.publisher.start();
      lab.home.mail('a4:cf:12:00:00:00');
      await until(() => {
        lab.timers.advance(100);
        return lab.home.outbox.rows.size === 0;
      });
      await transcript.send(TOPICS.acknowledgeAll, 'PRESS');
      await until(() => lab.home.commands.length === 1);
      expect((await retained(broker.url, broker.login)).has(TOPICS.sensorConfig)).toBe(true);
      reportFault({
        fault: 'a broker with a session of its own (Mosquitto)',
        inputs: '2 alerts, 1 order',
        outcome: 'delivered, done',
        lost: 0,
      });
      await lab.publisher.stop();
      await transcript.close();
      await cable.remove();
      await broker.remove();
    });
  },
);

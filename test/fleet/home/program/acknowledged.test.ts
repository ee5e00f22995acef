// A record is struck off when a real NATS server has acknowledged it, and not a moment before: one that takes it and stands still, is
// killed and comes back has it sent again, and stores it once.
import { type AddressInfo, createServer, connect as dial, type Server, type Socket } from 'node:net';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { recordTopic } from '../../../../sensor/fleet/topics.ts';
import { Uplink } from '../../../../sensor/fleet/uplink.ts';
import { silentLog } from '../../../../sensor/log.ts';
import { systemTimers } from '../../../../sensor/publish/ports.ts';
import { eventually } from '../../../program/program.ts';
import { MemoryOutbox } from '../../../support/small-home.ts';
import { FleetEnd, HOME } from './fleet-end.ts';

/** Between a home and a server: what the home has sent, and that the server's kernel has it. */
class Wire {
  sent = '';
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  static async to(url: string): Promise<Wire> {
    const wire = new Wire(Number(new URL(url).port));
    await new Promise<void>((resolve) => wire.#server.listen(0, '127.0.0.1', resolve));
    return wire;
  }

  private constructor(port: number) {
    this.#server = createServer((home) => {
      const server = dial(port, '127.0.0.1');
      home.on('data', (chunk) => server.write(chunk, () => (this.sent += chunk.toString('latin1'))));
      server.on('data', (chunk) => home.write(chunk));
      for (const [one, other] of [
        [home, server],
        [server, home],
      ] as const) {
        this.#sockets.add(one);
        one.on('error', () => {});
        one.on('close', () => {
          this.#sockets.delete(one);
          other.destroy();
        });
      }
    });
  }

  get url(): string {
    return `mqtt://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  times(text: string): number {
    return this.sent.split(text).length - 1;
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

let end: FleetEnd;
let wire: Wire;
let queue: MemoryOutbox;
let uplink: Uplink;

beforeEach(async () => {
  end = await FleetEnd.start();
  wire = await Wire.to(end.nats.mqttUrls[0] ?? '');
  queue = new MemoryOutbox();
  const { token } = await end.nats.homeToken(HOME);
  uplink = new Uplink({
    enrolment: { home: HOME, token, urls: [wire.url], ca: null },
    ...{
      clientId: HOME,
      authorities: null,
      queue,
      timers: systemTimers,
      now: Date.now,
      random: () => 0,
      log: silentLog,
    },
  });
  uplink.start();
  await eventually(() => (uplink.status().connected ? true : null));
}, 60_000);
afterEach(async () => {
  await uplink?.stop();
  await wire?.close();
  await end?.remove();
});

function tell(...payloads: string[]): void {
  for (const payload of payloads)
    queue.rows.set(payload, { id: payload, topic: recordTopic(HOME), payload, createdAt: 0, priority: 'alert' });
  uplink.drain();
}

it('a server that takes a record, never acknowledges it and is killed: it is sent again, and stored once', async () => {
  tell('{"n":1}');
  await eventually(() => (queue.size() === 0 ? true : null));
  const takenAt = uplink.status().lastTakenAt;
  await end.nats.pause(0);
  tell('{"n":2}', '{"n":3}');
  await eventually(() => (wire.times('{"n":3}') === 1 ? true : null));
  // Handed to the server, and still the home's.
  expect([...queue.rows.keys()]).toEqual(['{"n":2}', '{"n":3}']);
  await end.nats.kill(0);
  await eventually(() => (uplink.status().connected ? null : true));
  expect([...queue.rows.keys()]).toEqual(['{"n":2}', '{"n":3}']);
  expect(uplink.status().lastTakenAt).toBe(takenAt);
  await end.nats.run(0);
  await eventually(() => (queue.size() === 0 ? true : null));
  expect([1, 2, 3].map((n) => wire.times(`{"n":${n}}`))).toEqual([1, 2, 2]);
  expect(await end.arrived()).toEqual(['{"n":1}', '{"n":2}', '{"n":3}']);
}, 120_000);

// The connection to the fleet over real sockets: the window, the order, what is acknowledged and what is not, servers that are silent,
// refuse, hang up or show a wrong certificate, and what a person is told of it.
import { rmSync } from 'node:fs';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { Uplink, type UplinkOptions } from '../../../../sensor/fleet/uplink.ts';
import type { Log } from '../../../../sensor/log.ts';
import { systemTimers } from '../../../../sensor/publish/ports.ts';
import type { OutboxMessage } from '../../../../sensor/record/outbox.ts';
import { eventually } from '../../../program/program.ts';
import { FakeTimers } from '../../../support/fake-timers.ts';
import { Mosquitto, makeAuthority } from '../../../support/mosquitto.ts';
import { ScriptedBroker } from '../../../support/scripted-broker.ts';
import { MemoryOutbox } from '../../../support/small-home.ts';
import { HOME } from './fleet-end.ts';

const TOPIC = `fleet/v1/records/${HOME}`;
const MINUTE = 60_000;

let queue: MemoryOutbox;
let timers: FakeTimers;
let lines: string[];
let log: Log;
const ends: (() => Promise<unknown>)[] = [];

beforeEach(() => {
  queue = new MemoryOutbox();
  timers = new FakeTimers();
  lines = [];
  const write = (line: string) => void lines.push(line);
  log = { debug: write, info: write, warn: write, error: write };
});
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

function wait(count: number, from = 0, topic = TOPIC): void {
  for (let n = from; n < from + count; n++) {
    const row: OutboxMessage = { id: `r${n}`, topic, payload: `{"n":${n}}`, createdAt: 0, priority: 'alert' };
    queue.rows.set(row.id, row);
  }
}

async function server(script?: Parameters<typeof ScriptedBroker.start>[0]): Promise<ScriptedBroker> {
  const broker = await ScriptedBroker.start(script);
  ends.push(() => broker.close());
  return broker;
}

function uplink(urls: string[], changes: Partial<UplinkOptions> = {}, ca: string | null = null): Uplink {
  const made = new Uplink({
    enrolment: { home: HOME, token: 'secret-token', urls, ca },
    clientId: HOME,
    authorities: null,
    queue,
    timers,
    now: () => 4711,
    random: () => 0.5,
    log,
    ...changes,
  });
  ends.push(() => {
    // A farewell waits for its time.
    const stopped = made.stop();
    timers.advance(2000);
    return stopped;
  });
  made.start();
  return made;
}

it('speaks MQTT 3.1.1 with a clean session, as the home with its token', async () => {
  const broker = await server();
  uplink([broker.url]);
  const connect = await eventually(() => broker.of('connect')[0] ?? null);
  expect(connect).toMatchObject({ protocolVersion: 4, clean: true, clientId: HOME, username: HOME });
  expect(String(connect.password)).toBe('secret-token');
});

it('sends sixteen at a time in order, each with QoS 1 and not retained, and lets go of what is acknowledged', async () => {
  const held: (() => void)[] = [];
  const broker = await server((packet, line) => {
    if (packet.cmd !== 'publish') return false;
    held.push(() => line.send({ cmd: 'puback', messageId: packet.messageId }));
    return true;
  });
  wait(40);
  const link = uplink([broker.url]);
  await eventually(() => (held.length === 16 ? true : null));
  expect(queue.size()).toBe(40);
  expect(broker.of('publish').map(({ payload }) => String(payload))).toEqual(
    Array.from({ length: 16 }, (_, n) => `{"n":${n}}`),
  );
  expect(broker.of('publish')[0]).toMatchObject({ topic: TOPIC, qos: 1, retain: false });
  for (let n = 0; n < 40; n++) await eventually(() => held.shift() ?? null).then((acknowledge) => acknowledge());
  await eventually(() => (queue.size() === 0 ? true : null));
  expect(link.status()).toEqual({ connected: true, error: null, lastTakenAt: 4711 });
});

it('what is not acknowledged goes again over the next connection', async () => {
  let silent = true;
  const broker = await server((packet) => packet.cmd === 'publish' && silent);
  wait(3);
  const link = uplink([broker.url]);
  await eventually(() => (broker.of('publish').length === 3 ? true : null));
  // Half a minute without an acknowledgement is enough.
  timers.advance(29_000);
  expect(broker.connections).toBe(1);
  timers.advance(2_000);
  await eventually(() => (link.status().connected ? null : true));
  expect(link.status().error).toBe('the fleet takes records and acknowledges none of them');
  silent = false;
  timers.advance(MINUTE);
  await eventually(() => (queue.size() === 0 ? true : null));
  expect([broker.connections, broker.of('publish').length]).toEqual([2, 6]);
  expect(lines.filter((line) => line.includes('acknowledges none'))).toHaveLength(1);
  expect(lines.at(-1)).toContain('takes records again');
});

it('goes to the next server where one is gone, and comes back to the first', async () => {
  const broker = await server();
  const link = uplink(['mqtt://127.0.0.1:1', broker.url]);
  await eventually(() => (link.status().error === null ? null : true));
  expect(link.status().error).toBe('nothing listens at the address of the fleet');
  timers.advance(2000);
  await eventually(() => (link.status().connected ? true : null));
  broker.cut();
  await eventually(() => (link.status().connected ? null : true));
  expect(link.status().error).toBe('the connection to the fleet was lost');
});

it('waits ever longer, and half an hour where a person has to mend it', async () => {
  const link = uplink(['mqtt://127.0.0.1:1']);
  const pauses: number[] = [];
  for (let n = 0; n < 11; n++) {
    await eventually(() => (timers.pending().length > 0 ? true : null));
    pauses.push(timers.pending()[0] ?? 0);
    timers.advance(pauses.at(-1) ?? 0);
  }
  expect(pauses).toEqual([1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300].map((seconds) => seconds * 1000));
  expect(lines).toHaveLength(1);
  await link.stop();
  const refusing = await server((packet, line) => {
    if (packet.cmd !== 'connect') return false;
    line.send({ cmd: 'connack', returnCode: 5, sessionPresent: false });
    return true;
  });
  timers = new FakeTimers();
  const refused = uplink([refusing.url], { timers });
  await eventually(() => (timers.pending().length > 0 ? true : null));
  expect(timers.pending()).toEqual([30 * MINUTE]);
  expect(refused.status().error).toContain('does not let this home in');
  expect(lines.join('\n')).not.toContain('secret-token');
});

it('is told what it asked for, and of nothing else', async () => {
  const heard: string[] = [];
  const broker = await server();
  const onMessage = (topic: string, payload: Buffer) => void heard.push(`${topic} ${payload}`);
  uplink([broker.url], { subscriptions: [{ filter: 'fleet/v1/warnings/+', onMessage }] });
  const [subscribe] = await eventually(() => (broker.of('subscribe').length > 0 ? broker.of('subscribe') : null));
  expect(subscribe).toMatchObject({ subscriptions: [{ topic: 'fleet/v1/warnings/+', qos: 0 }] });
  for (const topic of ['fleet/v1/other/a', 'fleet/v1/warnings/a/b', 'fleet/v1/warnings/a'])
    broker.line?.send({ cmd: 'publish', topic, payload: 'x', qos: 0, dup: false, retain: false });
  await eventually(() => (heard.length > 0 ? true : null));
  expect(heard).toEqual(['fleet/v1/warnings/a x']);
});

it('a server that announces more than a warning can be is left', async () => {
  const broker = await server();
  const link = uplink([broker.url]);
  await eventually(() => (link.status().connected ? true : null));
  broker.line?.sendBytes(Buffer.from([0x30, 0xff, 0xff, 0xff, 0x7f]));
  await eventually(() => (link.status().connected ? null : true));
  expect(link.status().error).toBe('what answers at the address of the fleet is none');
});

it('what is no MQTT is told as that', async () => {
  const broker = await server((packet, line) => {
    if (packet.cmd !== 'connect') return false;
    line.sendBytes(Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n'));
    return true;
  });
  const link = uplink([broker.url]);
  await eventually(() => (link.status().error === null ? null : true));
  expect(link.status().error).toBe('what answers at the address of the fleet is none');
});

it('records of another fleet are not sent to this one', async () => {
  const broker = await server();
  wait(2, 0, 'fleet/v1/records/h000000000000009');
  wait(1, 5);
  uplink([broker.url]);
  await eventually(() => (queue.size() === 0 ? true : null));
  expect(broker.of('publish').map(({ payload }) => String(payload))).toEqual(['{"n":5}']);
});

it('speaks TLS with whom the enrolment’s authority has signed, and with nobody else', async () => {
  const [ours, others] = [makeAuthority(), makeAuthority()];
  const broker = await Mosquitto.start({ authority: ours });
  ends.push(async () => {
    await broker.remove();
    for (const { directory } of [ours, others]) rmSync(directory, { recursive: true });
  });
  const enrolment = { home: broker.username, token: broker.password, urls: [broker.url] };
  const real = { timers: systemTimers };
  const trusted = uplink([broker.url], { ...real, enrolment: { ...enrolment, ca: ours.ca } });
  await eventually(() => (trusted.status().connected ? true : null));
  const wary = uplink([broker.url], { ...real, enrolment: { ...enrolment, ca: others.ca } });
  const error = await eventually(() => wary.status().error);
  expect(error).toContain('is not signed by the authority in the enrolment');
  const wrong = uplink([broker.url], { ...real, enrolment: { ...enrolment, token: 'x', ca: ours.ca } });
  expect(await eventually(() => wrong.status().error)).toContain('does not let this home in');
}, 60_000);

it('ends within a second, whatever the server does', async () => {
  const broker = await server((packet) => packet.cmd === 'publish' || packet.cmd === 'disconnect');
  wait(3);
  const link = uplink([broker.url]);
  await eventually(() => (broker.of('publish').length === 3 ? true : null));
  const stopped = link.stop();
  // The server does not say farewell.
  timers.advance(1000);
  await stopped;
  expect(queue.size()).toBe(3);
});

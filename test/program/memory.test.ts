// What the program must not forget: counts across SIGKILL, alerts across a broker's absence.
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Report } from '../../sensor/record/report.ts';
import { MOSQUITTO, makeAuthority } from '../support/mosquitto.ts';
import { arp, ethernet, pcapBytes, tcpConversation } from '../support/packet-builder.ts';
import { childrenOf } from '../support/processes.ts';
import { accessTo, aedesBroker, Cable, mosquittoBroker, type TestBroker } from '../support/publisher-lab.ts';
import { Transcript } from '../support/transcript.ts';
import { ensureBuilt, eventually, PairedPage, Program, scratch, writeYaml } from './program.ts';

const START = Date.parse('2026-01-05T10:00:00Z');
const DAY = 24 * 60 * 60_000;
const GATEWAY = '00:0d:b9:10:00:fe';
const HEADER = pcapBytes([]);

const files = scratch();
const running: Program[] = [];
beforeAll(ensureBuilt);
afterEach(async () => {
  for (const program of running.splice(0)) await program.kill();
});
const authority = MOSQUITTO === null ? null : makeAuthority();
afterAll(() => {
  files.remove();
  if (authority !== null) rmSync(authority.directory, { recursive: true });
});

function start(args: readonly string[]): Program {
  const program = Program.start(args);
  program.child.stdin?.on('error', () => {});
  running.push(program);
  return program;
}

/** Frames as a stream carries them on: without the file's header. */
function bare(frames: Parameters<typeof pcapBytes>[0]): Buffer {
  return pcapBytes(frames).subarray(HEADER.length);
}

/** A device says where it is, then tries a server outside that never answers. */
function mailOf(number: number, time: number, port: number): Buffer {
  const mac = `24:0a:c4:20:00:${number.toString(16).padStart(2, '0')}`;
  const ip = `192.168.50.${100 + number}`;
  const asks = arp({ operation: 'request', senderMac: mac, senderIp: ip, targetIp: '192.168.50.1' });
  const request = ethernet({ source: mac, destination: 'ff:ff:ff:ff:ff:ff' }, asks);
  const syn = tcpConversation({
    client: { mac, ip, port },
    server: { mac: GATEWAY, ip: '203.0.113.25', port: 25 },
    time: time + 5,
    isn: 7_000_000 + port,
    outcome: 'unanswered',
  });
  return bare([{ time, data: request }, ...syn]);
}

/** What another process sees on the disk. */
function storedAttempts(state: string): number {
  let database: Database.Database;
  try {
    database = new Database(join(state, 'thingwatch.db'), { readonly: true, fileMustExist: true });
  } catch {
    return 0;
  }
  try {
    return Number(database.prepare('SELECT sum(attempts) FROM mail_destinations').pluck().get() ?? 0);
  } catch {
    // The tables are still being made.
    return 0;
  } finally {
    database.close();
  }
}

describe('ten mails over fifteen days, and the power goes after the third and the seventh', () => {
  it('are one incident with ten attempts', async () => {
    const state = files.path('fifteen-days');
    const times = Array.from({ length: 10 }, (_, index) => START + (index * 15 * DAY) / 10);
    let program = start(['replay', '-', '--state', state, '--format', 'json']);
    program.child.stdin?.write(HEADER);
    for (const [index, time] of times.entries()) {
      const sent = index + 1;
      program.child.stdin?.write(mailOf(1, time, 40_000 + index));
      await eventually(() => (storedAttempts(state) >= sent ? true : null));
      if (sent !== 3 && sent !== 7) continue;
      expect(childrenOf(program.pid), 'its tcpdump').toHaveLength(1);
      await program.kill();
      program = start(['replay', '-', '--state', state, '--format', 'json']);
      program.child.stdin?.write(HEADER);
    }
    program.child.stdin?.end();
    const { code, stdout } = await program.ended;
    expect(code).toBe(0);
    const { devices, incidents } = JSON.parse(stdout) as Report;
    expect(incidents).toHaveLength(1);
    expect(incidents[0]).toMatchObject({ kind: 'mail_started', device: '24:0a:c4:20:00:01' });
    expect(incidents[0]?.evidence).toMatchObject({ attempts: 10 });
    expect(incidents[0]?.startedAt).toBe('2026-01-05T10:00:00.005Z');
    const mailer = devices.find(({ mac }) => mac === '24:0a:c4:20:00:01');
    // Whether the third and the seventh would have been answered within 30 seconds, nobody was there to see.
    expect(mailer?.mail).toMatchObject({ attempts: 10, connected: 0, refused: 0, unanswered: 8 });
  });
});

const brokers: [string, () => Promise<TestBroker>][] = [
  ['aedes', aedesBroker],
  ...(authority === null
    ? []
    : [['Mosquitto', () => mosquittoBroker(authority)] as [string, () => Promise<TestBroker>]]),
];
if (authority === null) console.warn('SKIPPED, Mosquitto is not installed: the outage is played with aedes alone');

describe.each(brokers)(
  'the broker (%s) is away for all of fifty incidents, and the sensor is killed meanwhile',
  (name, begin) => {
    it('delivers fifty alerts once it is back: none lost, none twice', async () => {
      const broker = await begin();
      // The broker is away for the sensor alone: whoever listens there hears every alert, whenever it comes.
      const way = await Cable.unplugged(broker.port);
      const ear = await Transcript.listen(broker.url, broker.login);
      try {
        const { url, username, password } = accessTo(broker, way.port);
        const state = files.path(`outage-${name}`);
        const config = writeYaml(files.path(`${name}.yaml`), {
          sensor_id: 'outage',
          web: { listen: '127.0.0.1:0' },
          mqtt: {
            ...{ url, username, password },
            ...(authority !== null && name === 'Mosquitto' ? { ca: join(authority.directory, 'ca.pem') } : {}),
          },
        });
        const sensor = () => start(['--config', config, 'replay', '-', '--serve', '--state', state]);
        const first = sensor();
        await raise(first, 0, 25);
        await first.kill();
        const second = sensor();
        const page = await raise(second, 25, 50);
        expect((await page.health()).broker).toMatchObject({ connected: false, waiting: 100, dropped: 0 });

        expect(ear.messages).toEqual([]);
        await way.plugIn();
        await eventually(async () => ((await page.health()).broker?.waiting === 0 ? true : null));
        await ear.settled();
        const house = ear.of('thingwatch/outage/alert').map(({ payload }) => JSON.parse(payload));
        expect(house).toHaveLength(50);
        expect(new Set(house.map(({ id }) => id)).size).toBe(50);
        expect(new Set(house.map(({ mac }) => mac)).size).toBe(50);
        expect(new Set(house.map(({ event_type: type }) => type))).toEqual(new Set(['mail_started']));
        const own = ear.messages.filter(({ topic }) => /\/devices\/[0-9a-f]{12}\/alert$/.test(topic));
        expect(new Set(own.map(({ topic }) => topic)).size).toBe(50);
        expect(own).toHaveLength(50);
        expect((await second.stop()).code).toBe(0);
      } finally {
        await ear.close();
        await way.remove();
        await broker.remove();
      }
    }, 180_000);
  },
);

/** Sends the mails of devices `from` up to `to` and waits until the page shows an incident for every device so far. */
async function raise(program: Program, from: number, to: number): Promise<PairedPage> {
  const mails = Array.from({ length: to - from }, (_, index) =>
    mailOf(from + index, START + (from + index) * 1000, 41_000),
  );
  program.child.stdin?.write(Buffer.concat([HEADER, ...mails]));
  const page = await PairedPage.open(program);
  await eventually(async () => ((await page.incidents()).length === to ? true : null));
  return page;
}

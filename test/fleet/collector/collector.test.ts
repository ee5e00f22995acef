// The collector between a real NATS server and a real PostgreSQL: what is stored, what goes to the dead letters, who is held back, and
// that nothing is lost while either server is away.
import { connectAsync } from 'mqtt';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Collector, type CollectorOptions } from '../../../sensor/fleet/collector/collector.ts';
import { CONSUMER } from '../../../sensor/fleet/collector/streams.ts';
import { fleetPackage } from '../../../sensor/fleet/packages.ts';
import { RECORD_OCTETS } from '../../../sensor/fleet/record.ts';
import { type FleetDatabase, openDatabase } from '../../../sensor/fleet/store/database.ts';
import { isoDay } from '../../../sensor/fleet/store/retention.ts';
import { MQTT_STREAM, recordTopic } from '../../../sensor/fleet/topics.ts';
import type { Log } from '../../../sensor/log.ts';
import { until } from '../support/place.ts';
import { coverageRecord, homeId, incidentRecord, usageRecord, withdrawalRecord } from '../support/records.ts';
import { FleetStage, type Sender } from '../support/stage.ts';

const day = (ago: number): string => isoDay(new Date(Date.now() - ago * 86_400_000));

/** Seconds that the servers wait for an acknowledgement. */
const ACK_WAIT = 3;

let stage: FleetStage;
let db: FleetDatabase;
let next = 1;
const running: Collector[] = [];
const senders: Sender[] = [];
const said: string[] = [];
const keep = (message: string): void => void said.push(message);
const log: Log = { debug: keep, info: keep, warn: keep, error: keep };

beforeAll(async () => {
  stage = await FleetStage.start({ nodes: 1, ackWait: ACK_WAIT });
  db = await openDatabase(stage.databaseUrl);
});

afterEach(async () => {
  for (const collector of running.splice(0)) await collector.stop();
  for (const sender of senders.splice(0)) await sender.end();
  said.length = 0;
});

afterAll(async () => {
  await db?.close();
  await stage?.remove();
});

function collect(options: Partial<CollectorOptions> = {}): Collector {
  const collector = new Collector({ connection: stage.connection, db, log, now: () => Date.now(), ...options });
  running.push(collector);
  collector.start();
  return collector;
}

async function home(): Promise<Sender> {
  const sender = await stage.home(homeId(next++));
  senders.push(sender);
  return sender;
}

/**
 * Records that wait in the stream or were taken and not acknowledged. Of what homes have just sent the stream knows first, the consumer
 * a moment later: so both are asked.
 */
async function waiting(): Promise<number> {
  const manager = await fleetPackage('@nats-io/jetstream').jetstreamManager(stage.connection);
  const { messages } = (await manager.streams.info(MQTT_STREAM)).state;
  const { num_ack_pending, num_pending } = await manager.consumers.info(MQTT_STREAM, CONSUMER);
  return Math.max(messages, num_pending + num_ack_pending);
}

const emptied = (): Promise<void> =>
  until(
    () => `all is acknowledged\n${said.join('\n')}`,
    async () => (await waiting().catch(() => -1)) === 0,
  );

describe('a collector', () => {
  it('stores what homes send, and what was sent while none ran', async () => {
    const [one, two] = [await home(), await home()];
    await one.send(coverageRecord(day(1)), usageRecord(day(1), ['updates.example']));
    expect(await waiting()).toBe(2);
    collect();
    await two.send(incidentRecord(1, `${day(1)}T10:00Z`));
    await emptied();
    expect(await stage.count('records', one.home)).toBe(2);
    expect(await stage.count('incidents', two.home)).toBe(1);
  });

  it('shares the work with others, and each record is stored once', async () => {
    const one = await home();
    const small = { batch: { records: 20, wait: 5 } };
    const collectors = [collect(small), collect(small), collect(small)];
    const records = Array.from({ length: 400 }, (_, n) => incidentRecord(n, `${day(1)}T10:00Z`));
    await one.send(...records, ...records.slice(0, 50));
    await emptied();
    expect(await stage.count('incidents', one.home)).toBe(400);
    const figures = collectors.map((collector) => collector.figures);
    expect(figures.reduce((sum, { stored }) => sum + stored, 0)).toBe(400);
    // More where one took longer than the servers wait for it: then another gets the same once more.
    expect(figures.reduce((sum, { known }) => sum + known, 0)).toBeGreaterThanOrEqual(50);
    expect(figures.filter(({ stored }) => stored > 0).length).toBeGreaterThan(1);
  });

  it('keeps what it still works on, and what waits behind that, however long the servers have waited', async () => {
    const one = await home();
    const patient = { batch: { records: 10, wait: 5 }, stillWorking: 500 };
    const collectors = [collect(patient), collect(patient)];
    await stage.db.transaction(async (tx) => {
      await tx.query('LOCK TABLE records IN ACCESS EXCLUSIVE MODE');
      await one.send(...Array.from({ length: 30 }, (_, n) => incidentRecord(n, `${day(1)}T10:00Z`)));
      await new Promise((resolve) => setTimeout(resolve, 2.5 * ACK_WAIT * 1000));
    });
    await emptied();
    const figures = collectors.map((collector) => collector.figures);
    expect(figures.reduce((sum, { stored }) => sum + stored, 0)).toBe(30);
    expect(figures.reduce((sum, { known }) => sum + known, 0)).toBe(0);
  });

  it('tells what it did when it stops', async () => {
    const one = await home();
    const collector = collect();
    await one.send(coverageRecord(day(1)), 'nonsense');
    await emptied();
    await collector.stop();
    running.length = 0;
    expect(said.at(-1)).toMatch(/^1 records stored \([\d.]+\/s\), 1 to the dead letters, 0 wait$/);
  });
});

describe('what is no record', () => {
  it('goes to the dead letters with its reason, and holds up nothing', async () => {
    const one = await home();
    const future = isoDay(new Date(Date.now() + 4 * 86_400_000));
    const record = (change: object): string => JSON.stringify({ ...coverageRecord(day(1)), ...change });
    const vendor = 'A\u0000B';
    await one.send(
      '{"schema":',
      Buffer.from([0xff, 0xfe, 0x00]),
      record({ schema: 'thingwatch.fleet/9' }),
      record({ owner: 'somebody' }),
      JSON.stringify(usageRecord(day(1), [], { vendor: 'x'.repeat(RECORD_OCTETS) })),
      coverageRecord(future),
      coverageRecord('1970-01-01'),
      coverageRecord('2026-02-31'),
      usageRecord(day(1), [], { vendor }),
      usageRecord(day(1), ['\ud800.example']),
      coverageRecord(day(2)),
    );
    collect();
    await emptied();
    expect(await stage.count('records', one.home)).toBe(1);
    const letters = await stage.deadLetters(one.home);
    expect(letters.map(({ detail, reason }) => `${reason}: ${detail}`)).toEqual([
      'no JSON: 10 octets',
      'no JSON: 3 octets',
      expect.stringMatching(/^wrong schema: schema: /),
      expect.stringMatching(/^wrong schema: .*owner/),
      expect.stringMatching(/^too long: 3\d{4} octets$/),
      `date out of range: ${future}`,
      'date out of range: 1970-01-01',
      expect.stringMatching(/^(?:date out of range|wrong schema): /),
      'bad text: A?B',
      'bad text: ?.example',
    ]);
    expect(letters[0]?.text).toBe('{"schema":');
    expect(letters[4]?.text).toHaveLength(4096);
  });

  it('and what no home may send that is unknown or revoked', async () => {
    const unknown = await stage.sender(homeId(next++));
    const revoked = await home();
    senders.push(unknown);
    await stage.db.query("UPDATE homes SET state = 'revoked' WHERE home = $1", [revoked.home]);
    collect();
    await unknown.send(coverageRecord(day(1)));
    await revoked.send(coverageRecord(day(1)));
    await emptied();
    expect(await stage.deadLetters(unknown.home)).toMatchObject([{ reason: 'unknown home' }]);
    expect(await stage.deadLetters(revoked.home)).toMatchObject([{ reason: 'revoked home' }]);
  });

  it('nor what the database will not have, which is found among those that it has', async () => {
    const [one, two] = [await home(), await home()];
    await stage.db.query(`CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS
      $$ BEGIN RAISE EXCEPTION 'no' USING ERRCODE = 'data_exception'; END $$`);
    await stage.db.query(
      "CREATE TRIGGER refuse BEFORE INSERT ON incidents FOR EACH ROW WHEN (NEW.kind = 'poison') EXECUTE FUNCTION refuse()",
    );
    const records = Array.from({ length: 40 }, (_, n) => incidentRecord(n, `${day(1)}T10:00Z`));
    const poison = incidentRecord(77, `${day(1)}T10:00Z`, { incidentKind: 'poison' });
    await one.send(...records.slice(0, 17), poison, ...records.slice(17));
    await two.send(...records);
    collect();
    await emptied();
    await stage.db.query('DROP TRIGGER refuse ON incidents');
    expect(await stage.count('incidents', one.home)).toBe(40);
    expect(await stage.count('incidents', two.home)).toBe(40);
    expect(await stage.deadLetters(one.home)).toMatchObject([{ reason: 'not storable', detail: '22000' }]);
    expect(said.join('\n')).toContain('could not be stored');
  });

  it('nor what comes under the name of another home: the server keeps it from the stream', async () => {
    const [one, two] = [await home(), await home()];
    // The server acknowledges what it does not let through (nats-server 2.9), or closes the connection.
    const forged = one.client.publishAsync(recordTopic(two.home), JSON.stringify(coverageRecord(day(1))), { qos: 1 });
    await Promise.race([forged.catch(() => {}), new Promise((resolve) => setTimeout(resolve, 2000))]);
    expect(await waiting()).toBe(0);
    collect();
    await two.send(coverageRecord(day(2)));
    await emptied();
    const { rows } = await stage.db.query('SELECT day FROM coverage WHERE home = $1', [two.home]);
    expect(rows).toEqual([{ day: day(2) }]);
  });
});

describe('a home', () => {
  it('that floods is held back, told of, and hurts nobody else', async () => {
    const [flooding, quiet] = [await home(), await home()];
    await flooding.send(...Array.from({ length: 300 }, (_, n) => incidentRecord(n, `${day(1)}T10:00Z`)));
    await quiet.send(...Array.from({ length: 30 }, (_, n) => incidentRecord(n, `${day(1)}T10:00Z`)));
    const collector = collect({ flood: { atOnce: 100, aSecond: 0 }, batch: { records: 50, wait: 5 } });
    await emptied();
    expect(await stage.count('incidents', flooding.home)).toBe(100);
    expect(await stage.count('incidents', quiet.home)).toBe(30);
    expect(collector.figures).toMatchObject({ stored: 130, limited: 200, dead: 0 });
    const { rows } = await stage.db.query('SELECT records, refused FROM intake WHERE home = $1', [flooding.home]);
    expect(rows).toEqual([{ records: 100, refused: 200 }]);
    const letters = await stage.deadLetters(flooding.home);
    expect(letters[0]).toMatchObject({ reason: 'sends too much' });
    expect(letters.length).toBeLessThanOrEqual(6);
    await collector.stop();
    running.length = 0;
    expect(said.at(-1)).toContain('200 refused of 1 home that sent too much');
  });

  it('that withdraws is forgotten with its dead letters, and stays so', async () => {
    const [leaving, staying] = [await home(), await home()];
    collect();
    for (const one of [leaving, staying])
      await one.send(coverageRecord(day(1)), usageRecord(day(1), ['a.example']), 'nonsense');
    await emptied();
    expect(await stage.deadLetters(leaving.home)).toHaveLength(1);
    await leaving.send(withdrawalRecord());
    await emptied();
    await leaving.send(coverageRecord(day(2)), 'more nonsense');
    await emptied();
    for (const table of ['records', 'coverage', 'exposure', 'families', 'intake'])
      expect(await stage.count(table, leaving.home), table).toBe(0);
    expect(await stage.count('records', staying.home)).toBe(2);
    expect((await stage.deadLetters(staying.home)).length).toBe(1);
    expect((await stage.deadLetters(leaving.home)).map(({ text }) => text)).toEqual([]);
  });

  it('whose credential is revoked cannot connect any more', async () => {
    const one = await home();
    const closed = new Promise<void>((resolve) => one.client.once('close', () => resolve()));
    await stage.nats.revoke(one.credential);
    await closed;
    const { password = '' } = one.client.options;
    const again = { username: 'home', password, protocolVersion: 4, reconnectPeriod: 0 } as const;
    await expect(connectAsync(stage.nats.mqttUrls[0] ?? '', again)).rejects.toThrow(/[Nn]ot authorized/);
  });
});

describe('nothing is lost', () => {
  it('while the database is away, and nothing acknowledged', async () => {
    const one = await home();
    collect();
    await stage.postgres.kill();
    await one.send(...Array.from({ length: 60 }, (_, n) => incidentRecord(n, `${day(1)}T10:00Z`)));
    await until(
      () => 'it says so',
      () => said.some((line) => line.startsWith('the database does not store')),
    );
    expect(await waiting()).toBe(60);
    await stage.postgres.run();
    await emptied();
    expect(await stage.count('incidents', one.home)).toBe(60);
    expect(said.join('\n')).toContain('nothing was lost');
  }, 60_000);

  it('while the NATS server is away', async () => {
    const one = await home();
    collect();
    await one.send(coverageRecord(day(1)));
    await emptied();
    await stage.nats.kill(0);
    const sent = one.send(coverageRecord(day(2)));
    await new Promise((resolve) => setTimeout(resolve, 1000));
    await stage.nats.run(0);
    await sent;
    await emptied();
    expect(await stage.count('coverage', one.home)).toBe(2);
  }, 60_000);

  it('when it is stopped while the database is away: another stores it', async () => {
    const one = await home();
    const first = collect();
    await stage.postgres.kill();
    await one.send(coverageRecord(day(1)));
    await until(
      () => 'it says so',
      () => said.some((line) => line.startsWith('the database does not store')),
    );
    await first.stop();
    running.length = 0;
    await stage.postgres.run();
    collect();
    await emptied();
    expect(await stage.count('coverage', one.home)).toBe(1);
  }, 60_000);
});

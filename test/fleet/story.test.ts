// The whole of it, from wire to wire: a fleet as an operator starts it, and three homes in namespaces, each with a router, things and a
// sensor of its own. Two cameras take firmware from a bad backend and mail. With three homes elsewhere, of which the fleet knows the same,
// they are five: the third home is warned, on its page and by MQTT, before its camera mails.
import { chmodSync, readFileSync } from 'node:fs';
import net from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Enrolment, enrolment } from '../../sensor/fleet/enrolment.ts';
import { groupOf } from '../../sensor/fleet/record.ts';
import { type FleetDatabase, openDatabase } from '../../sensor/fleet/store/database.ts';
import { INTAKE_LIMITS } from '../../sensor/fleet/store/intake.ts';
import { type Arrival, storeBatch } from '../../sensor/fleet/store/storing.ts';
import { Home, requireLab } from '../lab/home.ts';
import { CAPTURES, ensureBuilt, eventually } from '../program/program.ts';
import { LabSensor, type RunningSensor } from '../program/sensor-in-lab.ts';
import { RunningFleet } from './operator/running-fleet.ts';
import { coverageRecord, enrol, homeId, incidentRecord, usageRecord } from './support/records.ts';

const reason = requireLab();
if (reason !== null) console.warn(`SKIPPED, the story of three homes and their fleet is not played: ${reason}`);

const NOTES = join(CAPTURES, 'demo-notes');
const CAMERA = '24:0a:c4:10:00:01';
/** What a fleet hears of a thing whose family only a note of the home's own knows: its maker. */
const KIND = { family: null, vendor: 'Espressif Inc.' } as const;
const BAD = 'lumacam.example';
/** From which other cameras of that family have their firmware. */
const GOOD = 'steadycam.example';
const DAY = 24 * 60 * 60_000;
/** Of which the fleet has heard before the story begins. */
const DAYS_BEFORE = 21;
const ELSEWHERE = { mailed: 3, healthy: 200 } as const;

interface House {
  name: string;
  home: Home;
  sensor: RunningSensor;
  enrolment: Enrolment;
  door: net.Server;
}

const dayOf = (time: number): string => new Date(time).toISOString().slice(0, 10);
const minuteOf = (time: number): string => `${new Date(time).toISOString().slice(0, 16)}Z`;

describe.skipIf(reason !== null)('a backend that infects cameras in several homes', () => {
  const begun = Date.now();
  let fleet: RunningFleet;
  let db: FleetDatabase;
  const houses: House[] = [];
  const house = (name: string): House => {
    const found = houses.find((one) => one.name === name);
    if (found === undefined) throw new Error(`there is no ${name}`);
    return found;
  };

  beforeAll(async () => {
    await ensureBuilt();
    fleet = await RunningFleet.make();
    await fleet.start();
    db = await openDatabase(fleet.databaseUrl());
    for (const name of ['first', 'second', 'third']) houses.push(await settle(name));
    await haveHistory();
  }, 240_000);

  afterAll(async () => {
    for (const { door, home, sensor } of houses) {
      await sensor.hang();
      await sensor.program.stop();
      await home.stop();
      door.close();
    }
    await db?.close();
    await fleet?.remove();
  }, 120_000);

  /** A home with its sensor, which reaches the fleet's servers on its own loopback. */
  async function settle(name: string): Promise<House> {
    const file = join(fleet.folder, `${name}.json`);
    expect(fleet.give('enrol', '--label', name, '--out', file).err).toBe('');
    const told = enrolment.parse(JSON.parse(readFileSync(file, 'utf8')));
    const home = await Home.start({
      devices: [
        { name: 'hallway-camera', mac: CAMERA },
        { name: 'kitchen-fridge', mac: '30:ae:a4:10:00:02' },
      ],
      join: false,
    });
    const socket = join(home.directory, 'fleet.sock');
    const door = net.createServer((inside) => {
      const servers = net.connect(fleet.ports.mqtt, '127.0.0.1');
      inside.pipe(servers).pipe(inside);
      inside.on('error', () => servers.destroy());
      servers.on('error', () => inside.destroy());
    });
    await new Promise<void>((resolve) => door.listen(socket, resolve));
    chmodSync(socket, 0o777);
    await home.reachOut(socket, fleet.ports.mqtt);
    const sensor = await (await LabSensor.of(home)).run({ notes: [NOTES], fleet: file });
    return { name, home, sensor, enrolment: told, door };
  }

  /** Three weeks of which the fleet has heard, by the servers' dates of then: what no test can wait for. */
  async function haveHistory(): Promise<void> {
    const own = houses.map(({ enrolment: { home } }) => home);
    const elsewhere = Array.from({ length: ELSEWHERE.mailed + ELSEWHERE.healthy }, (_, n) => homeId(n + 1));
    const mailed = elsewhere.slice(0, ELSEWHERE.mailed);
    await enrol(db, elsewhere);
    await db.query("UPDATE homes SET enrolled_at = enrolled_at - interval '60 days'");
    const users = new Set([...own, ...mailed]);
    for (let ago = DAYS_BEFORE; ago > 0; ago--) {
      const [day, at] = [dayOf(begun - ago * DAY), new Date(begun - (ago - 1) * DAY)];
      const arrivals: Arrival[] = [...own, ...elsewhere].flatMap((home) =>
        [coverageRecord(day), usageRecord(day, [users.has(home) ? BAD : GOOD], KIND)].map((record) => ({
          home,
          record,
          at,
          octets: 300,
        })),
      );
      await storeBatch(db, arrivals, INTAKE_LIMITS);
    }
    const mails = mailed.map((home, n): Arrival => {
      const [download, mail] = [begun - 3 * DAY, begun - 2 * DAY].map((time) => minuteOf(time + n * 60_000));
      const record = incidentRecord(n, mail ?? '', {
        device: { hash: '0'.repeat(16), ...KIND, class: 'thing' },
        before: [{ backend: BAD, role: 'update', step: 'firmware_download', at: download ?? '', bytesDown: 420_000 }],
      });
      return { home, record, at: new Date(begun - 2 * DAY), octets: 600 };
    });
    await storeBatch(db, mails, INTAKE_LIMITS);
  }

  const outbreaks = async () =>
    (await db.query<{ backend: string; homes_mailed: number; state: string }>('SELECT * FROM outbreaks')).rows;

  it('is no outbreak while so few homes mail that one could be told from another', async () => {
    for (const { home } of houses) for (const device of home.devices) await device.join();
    const [camera] = house('third').home.devices;
    // Twice, as a camera that asks for news of its firmware.
    for (let n = 0; n < 2; n++) await camera?.fetch('https://firmware.lumacam.example/firmware?bytes=1000');
    for (const name of ['first', 'second'])
      await house(name).home.device('hallway-camera').fetch('https://firmware.lumacam.example/firmware?bytes=420000');
    for (const name of ['first', 'second'])
      await eventually(async () => {
        const { timeline } = await house(name).sensor.page.get<{ timeline: { kind: string }[] }>(
          `/api/devices/${CAMERA}`,
        );
        return timeline.some(({ kind }) => kind === 'firmware_download') || null;
      });
    expect(await outbreaks()).toEqual([]);
  }, 120_000);

  it('is named when the cameras of two more homes mail; what those sent says how they came to it, and nothing of whose they are', async () => {
    await house('first').home.device('hallway-camera').sendMail({ to: 'mail.example.net', count: 2 });
    await house('second').home.device('hallway-camera').sendMail({ to: 'closed.example.net' });
    const [named] = await eventually(async () => {
      const rows = await outbreaks();
      return rows.length > 0 ? rows : null;
    });
    expect(named).toMatchObject({ backend: BAD, homes_mailed: 5, state: 'open' });
    const own = [house('first'), house('second')].map(({ enrolment: { home } }) => home);
    const { rows } = await db.query<{ family: string; before: { backend: string; step: string }[] }>(
      "SELECT family, before FROM incidents WHERE home = ANY($1) AND kind = 'mail_started'",
      [own],
    );
    expect(rows.map(({ family }) => family)).toEqual([groupOf(KIND), groupOf(KIND)]);
    for (const { before } of rows) {
      expect(before).toContainEqual(expect.objectContaining({ backend: BAD, step: 'firmware_download' }));
      expect(before.map(({ backend }) => backend)).toContain(BAD);
    }
    const { rows: all } = await db.query<{ body: unknown }>('SELECT body FROM records WHERE home = ANY($1)', [own]);
    const stored = JSON.stringify(all).toLowerCase();
    for (const secret of [CAMERA, CAMERA.replaceAll(':', ''), '192.168.50.', '2001:db8:50', 'hallway'])
      expect(stored).not.toContain(secret);
  }, 120_000);

  it('the third home is warned on its page and by MQTT, and its camera has not mailed', async () => {
    const { sensor } = house('third');
    const warned = await eventually(
      async () => (await sensor.page.incidents()).find(({ kind }) => kind === 'fleet_warning') ?? null,
    );
    expect(warned.device).toBe(CAMERA);
    expect(warned.summary).toContain(BAD);
    const alert = await eventually(() => sensor.alerts().find(({ kind }) => kind === 'fleet_warning') ?? null);
    expect(alert).toMatchObject({ mac: CAMERA });
    expect((await sensor.page.incidents()).map(({ kind }) => kind)).not.toContain('mail_started');
    console.info(`the third home is told: ${warned.summary}`);
  }, 120_000);

  it('when it mails after all, that is told as ever: a warning silences nothing', async () => {
    const { home, sensor } = house('third');
    await home.device('hallway-camera').sendMail({ to: 'mail.example.net' });
    const mail = await eventually(
      async () => (await sensor.page.incidents()).find(({ kind }) => kind === 'mail_started') ?? null,
    );
    const warned = (await sensor.page.incidents()).find(({ kind }) => kind === 'fleet_warning');
    expect(mail.device).toBe(CAMERA);
    expect(Date.parse(warned?.startedAt ?? '')).toBeLessThan(Date.parse(mail.startedAt));
    await eventually(() => sensor.alerts().find(({ kind }) => kind === 'mail_started') ?? null);
  }, 120_000);
});

// A compromised update backend, played live: two devices take firmware from it over TLS and then send mail. A third takes
// its own from elsewhere. The sensor is to tell what happened before, and which backend the two share.
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Home, requireLab } from '../lab/home.ts';
import { CAPTURES, ensureBuilt, eventually, Program } from './program.ts';
import { LabSensor, type RunningSensor } from './sensor-in-lab.ts';

const reason = requireLab();
if (reason !== null) console.warn(`SKIPPED, the story is not played: ${reason}`);

const CAMERA = '24:0a:c4:10:00:01';
const DOORBELL = '24:0a:c4:10:00:05';
const NOTES = join(CAPTURES, 'demo-notes');

it('the notes about the makers that the lab invents are sound', async () => {
  await ensureBuilt();
  expect(await Program.run(['notes', 'check', NOTES])).toMatchObject({
    code: 0,
    stdout: 'Notes checked: 2. No problems.\n',
  });
});

describe.skipIf(reason !== null)('two cameras of one maker begin to send mail', () => {
  let home: Home;
  let sensor: RunningSensor;
  beforeAll(async () => {
    await ensureBuilt();
    home = await Home.start({
      devices: [
        { name: 'hallway-camera', mac: CAMERA },
        { name: 'kitchen-fridge', mac: '30:ae:a4:10:00:02' },
        { name: 'porch-doorbell', mac: DOORBELL },
      ],
      join: false,
    });
    sensor = await (await LabSensor.of(home)).run({ notes: [NOTES] });
    const [camera, fridge, doorbell] = ['hallway-camera', 'kitchen-fridge', 'porch-doorbell'].map((name) =>
      home.device(name),
    );
    for (const device of home.devices) {
      await device.join();
      await device.fetch('https://cdn.manyfiles.example/icon.png');
    }
    for (const device of [camera, doorbell]) {
      await device?.fetch('https://telemetry.lumacam.example/state');
      await device?.fetch('https://firmware.lumacam.example/firmware?bytes=420000');
    }
    await fridge?.fetch('https://updates.coldbox.example/firmware?bytes=300000');
    // On a busy machine a connection may close after the command that used it has ended: the story is told in order.
    for (const mac of [CAMERA, DOORBELL]) {
      await eventually(async () => {
        const { timeline } = await sensor.page.get<{ timeline: { kind: string }[] }>(`/api/devices/${mac}`);
        return timeline.some(({ kind }) => kind === 'firmware_download') ? true : null;
      });
    }
    await camera?.sendMail({ to: 'mail.example.net', count: 2 });
    await doorbell?.sendMail({ to: 'closed.example.net' });
  });
  afterAll(async () => {
    await sensor?.hang();
    await sensor?.program.stop();
    await home?.stop();
  });

  it('each incident shows the firmware it took before, newest first', async () => {
    const incidents = await eventually(async () => {
      const list = await sensor.page.incidents();
      return list.filter(({ kind }) => kind === 'mail_started').length === 2 ? list : null;
    });
    for (const mac of [CAMERA, DOORBELL]) {
      const { before = [] } = incidents.find(({ device }) => device === mac) ?? {};
      expect(before.map(({ kind, name, role }) => [kind, name, role]).slice(0, 1)).toEqual([
        ['firmware_download', 'firmware.lumacam.example', 'update'],
      ]);
      expect(before[0]).toMatchObject({ nameFrom: 'sni', ip: '203.0.113.80' });
      expect(Number(before[0]?.detail.bytes)).toBeGreaterThan(420_000);
      const contacts = before.filter(({ kind }) => kind === 'backend_new').map(({ name }) => name);
      expect(contacts).toEqual(
        expect.arrayContaining(['firmware.lumacam.example', 'telemetry.lumacam.example', 'cdn.manyfiles.example']),
      );
    }
  });

  it('the outbreak names the backend that gave them firmware, not the one that everybody uses', async () => {
    const outbreak = await eventually(
      async () => (await sensor.page.incidents()).find(({ kind }) => kind === 'outbreak') ?? null,
    );
    expect(outbreak).toMatchObject({
      severity: 'critical',
      device: null,
      evidence: {
        backend: 'lumacam.example',
        role: 'update',
        unaffectedDevices: 0,
        devices: [{ mac: CAMERA }, { mac: DOORBELL }],
      },
    });
    expect(outbreak.summary).toContain('lumacam.example');
    expect(outbreak.summary).not.toContain('manyfiles');
    const alert = await eventually(() => sensor.alerts().find(({ kind }) => kind === 'outbreak') ?? null);
    expect(alert).toMatchObject({ event_type: 'outbreak', severity: 'critical', mac: null });
  });

  it('the fridge has its own update backend, its note, and no incident', async () => {
    const { devices } = await sensor.page.get<{ devices: { mac: string }[] }>('/api/devices');
    const mac = '30:ae:a4:10:00:02';
    expect(devices.map((device) => device.mac)).toContain(mac);
    const fridge = await eventually(async () => {
      const detail = await sensor.page.get<{
        note: string | null;
        backends: { name: string; role: string; hosts: string[]; bytesDown: number }[];
      }>(`/api/devices/${mac}`);
      return detail.backends.some(({ bytesDown }) => bytesDown > 300_000) ? detail : null;
    });
    expect(fridge.note).toBe('coldbox-fridge');
    expect(fridge.backends).toContainEqual(
      expect.objectContaining({ name: 'coldbox.example', role: 'update', hosts: ['updates.coldbox.example'] }),
    );
    expect((await sensor.page.incidents()).map(({ device }) => device)).not.toContain(mac);
  });
});

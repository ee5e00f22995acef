// What the page shows of a fleet, what `thingwatch fleet preview` prints, and what arrives at a real NATS server are the same records,
// octet for octet; and of a device that its page marks as private there is nothing in any of them.
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { FleetRecordPage, FleetView } from '../../../../web/shapes.ts';
import { PipedSensor } from '../../../program/piped-sensor.ts';
import { ensureBuilt, eventually, type PairedPage, Program, scratch } from '../../../program/program.ts';
import { mail, visit } from '../../../support/name-frames.ts';
import { CAMERA, DAY, FRIDGE, HOUR, MAIL_SERVER, START } from '../../../support/stage.ts';
import { FLEET, FleetEnd } from './fleet-end.ts';

const KINDS = ['incident', 'coverage', 'usage'] as const;
const FIRMWARE = 'firmware.camera-fleet.net';
const files = scratch();
let end: FleetEnd;

beforeAll(ensureBuilt);
beforeAll(async () => {
  end = await FleetEnd.start();
});
afterAll(async () => {
  await end.remove();
  files.remove();
});

/** Every record that the page shows, as text, by its id. */
async function shownOn(page: PairedPage): Promise<Map<string, string>> {
  const shown = new Map<string, string>();
  for (const kind of KINDS) {
    for (let after: string | null = ''; after !== null; ) {
      const query = `kind=${kind}&limit=3${after === '' ? '' : `&after=${encodeURIComponent(after)}`}`;
      const answer: FleetRecordPage = await page.get(`/api/fleet/records?${query}`);
      for (const record of answer.records) shown.set(record.id, JSON.stringify(record));
      after = answer.next;
    }
  }
  return shown;
}

const byId = (texts: readonly string[]): Map<string, string> =>
  new Map(texts.map((text) => [(JSON.parse(text) as { id: string }).id, text]));
const sorted = (records: ReadonlyMap<string, string>): string[] => [...records.values()].sort();

it('page, preview and wire are the same, before and after a device is kept private', async () => {
  const [config, state] = [files.path('sensor.yaml'), files.path('state')];
  const enrolment = await end.enrol(files.path('enrolment.json'));
  const sensor = new PipedSensor({ config, state, mqtt: { url: 'mqtt://127.0.0.1:1' }, fleet: { enrolment } });
  const { program } = sensor;
  try {
    const page = await sensor.page();
    // Two devices fetch from the same backend every day, until two days have been seen; then one of them mails, later the other one.
    const counts = async () => (await page.get<FleetView>('/api/fleet')).counts;
    let time = START;
    await eventually(async () => {
      for (const device of [CAMERA, FRIDGE]) sensor.feed(visit(device, '203.0.113.80', time, { host: FIRMWARE }));
      time += DAY;
      // The sensor looks from where it sees the home once a second, by the clock of the machine.
      await sleep(1200);
      return (await counts()).coverage >= 2 ? true : null;
    });
    for (const [n, device] of [CAMERA, FRIDGE].entries())
      sensor.feed(mail(device, MAIL_SERVER, time + (n + 1) * HOUR, { outcome: 'refused' }));
    sensor.feed(visit(CAMERA, '203.0.113.80', time + 3 * HOUR, { host: FIRMWARE }));
    // Two that mail, and their outbreak.
    await eventually(async () => ((await counts()).incident === 3 ? true : null));
    const view: FleetView = await page.get('/api/fleet');
    expect(view).toMatchObject({ fleet: FLEET, privates: [], hosts: [expect.stringMatching(/^127\.0\.0\.1:\d+$/)] });
    // What is news goes within a second.
    const same = async (): Promise<Map<string, string>> =>
      eventually(async () => {
        const [shown, arrived] = [await shownOn(page), byId(await end.arrived())];
        return JSON.stringify(sorted(shown)) === JSON.stringify(sorted(arrived)) ? shown : null;
      });
    const before = await same();
    const { coverage, incident, usage } = await counts();
    expect([incident, usage >= 4, before.size]).toEqual([3, true, incident + coverage + usage]);
    const incidents = await page.incidents();
    const mailing = CAMERA.mac;
    await page.command({ type: 'keep_private', device: mailing, keep: true });
    const after = await eventually(async () => {
      const shown = await same();
      return JSON.stringify(sorted(shown)) === JSON.stringify(sorted(before)) ? null : shown;
    });
    expect((await page.get<FleetView>('/api/fleet')).privates).toMatchObject([{ mac: mailing }]);
    // Its incidents say only that they are taken back, and so does the outbreak that was one with it alone.
    const own = incidents.filter(({ device, severity }) => device === mailing && severity !== 'info');
    const takenBack = [...after].filter(
      ([id, text]) => id.startsWith('incident:') && text.includes('"severity":"info"'),
    );
    expect([own.length, takenBack.length]).toEqual([1, 2]);
    for (const [id] of takenBack) expect(before.get(id)).not.toContain('"severity":"info"');
    await program.stop();

    const { code, stdout } = await Program.run(['--config', config, 'fleet', 'preview']);
    expect([code, sorted(byId(stdout.trim().split('\n')))]).toEqual([0, sorted(after)]);
    expect(stdout.trim().split('\n')).toHaveLength(after.size);
  } finally {
    await program.kill();
  }
}, 120_000);

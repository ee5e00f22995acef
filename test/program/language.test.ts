// The whole program in German: what it tells on MQTT, what its page's API answers each browser, and what stays English.
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import type { ReportIncident } from '../../sensor/record/report.ts';
import { aedesBroker } from '../support/publisher-lab.ts';
import { Transcript } from '../support/transcript.ts';
import { mqttFor } from './piped-sensor.ts';
import { CAPTURES, ensureBuilt, eventually, PairedPage, Program, scratch, writeYaml } from './program.ts';

const files = scratch();
const capture = join(CAPTURES, 'three-mailers.pcap');
const running: Program[] = [];
beforeAll(ensureBuilt);
afterEach(async () => {
  for (const program of running.splice(0)) await program.kill();
});
afterAll(files.remove);

const ENGLISH = /is (?:trying to reach|talking to) mail servers|is sending mail/;
const GERMAN =
  /versucht, Mailserver im Internet zu erreichen|spricht mit Mailservern im Internet|verschickt Mail an Server/;

it('a broker hears German; each browser reads its own language; log, commands and ids stay as they are', async () => {
  // Alerts are not kept: who shall hear them listens before the program starts.
  const broker = await aedesBroker();
  const ear = await Transcript.listen(broker.url, broker.login);
  const path = writeYaml(files.path('de.yaml'), {
    ...{ language: 'de', sensor_id: 'deutsch', state_dir: files.path('state') },
    ...{ web: { listen: '127.0.0.1:0' }, mqtt: mqttFor(broker, null) },
  });
  const program = Program.start(['--config', path, 'replay', '--serve', '--format', 'text', capture]);
  running.push(program);
  const page = await PairedPage.open(program);
  await program.says(/The replay is over; page and broker stay up/);
  const alert = await eventually(() => ear.last('thingwatch/deutsch/alert') ?? null);
  expect(JSON.parse(alert.payload).summary).toMatch(GERMAN);
  const config = await eventually(() => ear.last('homeassistant/device/thingwatch_deutsch/config') ?? null);
  expect(JSON.parse(config.payload).components.mirror_port).toMatchObject({
    name: 'Spiegel-Port',
    unique_id: 'thingwatch_deutsch_mirror_port',
    default_entity_id: 'binary_sensor.thingwatch_mirror_port',
  });
  const incidents = async (query: string) =>
    (await page.get<{ incidents: ReportIncident[] }>(`/api/incidents${query}`)).incidents.map(({ summary }) => summary);
  for (const summary of await incidents('')) expect(summary).toMatch(GERMAN);
  for (const summary of await incidents('?language=en')) expect(summary).toMatch(ENGLISH);
  expect(await incidents('?language=en')).toHaveLength(3);
  expect(program.stderr).toMatch(ENGLISH);
  expect(`${program.stderr}${program.stdout}`).not.toMatch(GERMAN);
  await program.stop();
  await ear.close();
  await broker.remove();
});

it('JSON of a replay is English by default, and German where that is configured', async () => {
  const path = writeYaml(files.path('json.yaml'), { language: 'de', state_dir: files.path('json') });
  const summaries = async (...args: string[]) => {
    const { code, stdout } = await Program.run([...args, 'replay', '--format', 'json', capture]);
    expect(code).toBe(0);
    return JSON.parse(stdout)
      .incidents.map(({ summary }: ReportIncident) => summary)
      .join('\n');
  };
  expect(await summaries()).toMatch(ENGLISH);
  expect(await summaries('--config', path)).toMatch(GERMAN);
});

it('a language that there is not is a mistake in the configuration, which says what there is', async () => {
  const path = writeYaml(files.path('fr.yaml'), { language: 'fr' });
  const { code, stderr } = await Program.run(['--config', path, 'replay', capture]);
  expect(code).toBe(2);
  expect(stderr).toContain('language: must be one of en, de');
});

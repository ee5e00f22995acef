// What the documents list or count is what the program has: commands, kinds of incidents, topics, entities, families of devices, cases.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { type Handlers, runCli } from '../../sensor/cli.ts';
import { INCIDENT_KINDS } from '../../sensor/detect/finding.ts';
import { english } from '../../sensor/language/words.ts';
import { fleetHandlers } from '../../sensor/main/fleet-commands.ts';
import { createTopics } from '../../sensor/publish/topics.ts';
import { CASES as SELF_TEST } from '../../sensor/self-test/cases.ts';
import { CASES as HOMES } from '../detection/cases.ts';
import { codeIn, ROOT, read } from './documents.ts';

const MANUAL = 'sensor/deploy/manual';
const page = (name: string): string => read(`${MANUAL}/${name}.md`);
/** What stands as code in the first cell of a table's rows. */
const rowsOf = (name: string): string[] =>
  [...page(name).matchAll(/^\| ((?:`[^`]+`(?:, )?)+) \|/gm)].flatMap(([, cell = '']) =>
    [...cell.matchAll(/`([^`]+)`/g)].map(([, code = '']) => code),
  );

it('every command stands in the table of commands', async () => {
  let help = '';
  const io = { version: '0', out: (text: string) => (help += text), complain: () => {} };
  await runCli(['--help'], { fleet: fleetHandlers } as Handlers, io);
  const commands = [...help.slice(help.indexOf('Commands:')).matchAll(/^ {2}([a-z][a-z-]*)/gm)].map(([, name]) => name);
  expect(commands.length).toBeGreaterThan(10);
  const named = new Set(rowsOf('operation').map((code) => code.split(' ')[0]));
  expect(commands.filter((name) => name !== 'help' && !named.has(name ?? ''))).toEqual([]);
});

it('every kind of incident stands under what raises an alarm, and none that there is not', () => {
  const kinds = rowsOf('alarms').filter((code) => /^[a-z]+_?[a-z_]*$/.test(code));
  expect(kinds.sort()).toEqual([...INCIDENT_KINDS].sort());
});

it('every topic stands in the table of topics, and none that there is not', () => {
  const [mac, sensor] = ['aa:bb:cc:dd:ee:ff', 'sensor-1'];
  const topics = createTopics({ baseTopic: 'thingwatch', discoveryPrefix: 'homeassistant', sensorId: sensor });
  const own = [topics.status, topics.state, topics.alert, topics.weekly, topics.acknowledgeAll];
  const ofDevice = [topics.deviceState, topics.deviceAlert, topics.allowMail, topics.acknowledge].map((of) => of(mac));
  const asDocumented = (topic: string) => topic.replace(sensor, '<sensor>').replace('aabbccddeeff', '<mac>');
  const config = 'homeassistant/device/thingwatch_<sensor>…/config';
  expect(rowsOf('home-assistant').sort()).toEqual([...own, ...ofDevice].map(asDocumented).concat(config).sort());
  const [start = '', end = ''] = config.split('…');
  for (const topic of [topics.sensorConfig, topics.deviceConfig(mac)].map(asDocumented))
    expect([topic.startsWith(start), topic.endsWith(end)]).toEqual([true, true]);
});

it('every entity of Home Assistant is named', () => {
  const names = Object.values(english.entities);
  expect(names.length).toBeGreaterThan(15);
  const text = page('home-assistant');
  expect(names.filter((name) => !text.includes(`*${name}*`))).toEqual([]);
});

it('metrics that are named exist', () => {
  const families = read('web/metrics-families.ts');
  const named = new Set(page('prometheus').match(/thingwatch_\w+/g));
  expect(named.size).toBeGreaterThan(3);
  expect([...named].filter((name) => !families.includes(name.replace('thingwatch_', '')))).toEqual([]);
});

it('numbers of families and cases are those that there are', () => {
  const notes = readdirSync(join(ROOT, 'firmware-notes')).filter(
    (name) => name.endsWith('.md') && name !== 'README.md',
  );
  expect(read('README.md')).toMatch(new RegExp(`notes on ${notes.length} device\\s+families`));
  expect(page('figures')).toContain(`| ${SELF_TEST.length} cases in `);
  expect(page('figures')).toContain(`| crafted homes: ${HOMES.length} cases, `);
});

it('files of the checkout that are named exist', () => {
  const named = ['README.md', ...readdirSync(join(ROOT, MANUAL)).map((name) => `${MANUAL}/${name}`)]
    .filter((place) => place.endsWith('.md'))
    .flatMap((place) => codeIn(place))
    .filter(({ code }) => /^(?:sensor|web|test|firmware-notes)\/[\w./-]+$/.test(code));
  expect(named.length).toBeGreaterThan(1);
  const isThere = (place: string) => readdirSync(join(ROOT, place, '..')).includes(place.split('/').at(-1) ?? '');
  expect(named.filter(({ code }) => !isThere(code.replace(/\/$/, '')))).toEqual([]);
});

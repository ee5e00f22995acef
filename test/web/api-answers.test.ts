// What each path of the API answers, told whole: every shape for reading, every order, every refusal with its words.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Command } from '../../sensor/record/commands.ts';
import { pcapBytes } from '../../sensor/self-test/frames/pcap-file.ts';
import { activityStrip } from '../../web/activity-strip.ts';
import { apiRoutes, commandSchema, summarize } from '../../web/api.ts';
import { type MemoryHome, newMemoryHome } from '../support/page-model.ts';
import { CAMERA, camera, DAY, HOUR, mailIncident, plainDevice } from '../support/sample-home.ts';
import { type Answer, type RunningWeb, startWeb } from '../support/web-client.ts';

const NOW = Date.parse('2026-01-20T12:30:00Z');
const FRIDGE = '3c:84:6a:10:20:11';
const ID = 'a1b2c3d4e5f6a7b8';
const NOTHING = { error: { code: 'not_found', message: 'There is no such thing here.' } };
const iso = (time: number): string => new Date(time).toISOString();
/** As it is after it was sent. */
const sent = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

let home: MemoryHome;
let running: RunningWeb;
let cookie: string;
/** What was asked of the small home, and by whom. */
let ran: [Command, string][];

beforeEach(async () => {
  const suggestion = { device: FRIDGE, mac: CAMERA, name: 'Hallway camera', older: [], reason: 'Both say so.' };
  const fridge = {
    ...plainDevice(FRIDGE, 'Fridge', NOW),
    mergeSuggestion: { ...suggestion, kind: 'new-address' as const },
  };
  home = newMemoryHome(NOW, [camera(NOW), fridge], [mailIncident(NOW)]);
  ran = [];
  running = await startWeb(home, {
    run: (command, actor) => {
      ran.push([command, actor]);
      return home.run(command, actor);
    },
  });
  running.clock.now = NOW;
  cookie = await running.pair('Phone');
});
afterEach(() => running.close());

const get = (path: string): Promise<Answer> => running.call(path, { cookie });
const order = (body: unknown) => running.call('/api/commands', { method: 'POST', cookie, body });
const said = ({ json, status }: Answer) => [status, json];
const refused = (status: number, code: string, message: string) => [status, { error: { code, message } }];

describe('reading', () => {
  it('answers on each path with what the sensor knows, and nothing else', async () => {
    await order({ type: 'expect', incident: ID, until: null });
    const { model } = home;
    const web = { openPages: 0, wrongTokens: 0, slowedTokens: 0, refusedHosts: 0, refusedOrigins: 0, refusedPages: 0 };
    const answers: Record<string, unknown> = {
      '/api/health': { ...model.health(), now: NOW, web: { ...web, refusedStrangers: 0 } },
      '/api/devices': { devices: model.devices() },
      [`/api/devices/${CAMERA}`]: model.device(CAMERA),
      [`/api/devices/${CAMERA.toUpperCase()}`]: model.device(CAMERA),
      '/api/merge-suggestions': { suggestions: model.suggestions() },
      '/api/incidents': { incidents: home.incidents, next: null },
      [`/api/incidents/${ID}`]: { ...home.incidents[0], frames: { kept: 64, seen: 412 } },
      [`/api/incidents/${ID}/preview`]: model.preview(ID),
      '/api/expectations': { expectations: home.expectations },
      '/api/activity': { activity: model.activity() },
      '/api/notes/example-camera': model.note('example-camera'),
      '/api/mirrors': {
        mirrors: [
          { slug: 'acme-switch', name: 'Acme smart switches', kind: 'switch' },
          { slug: 'hostile-router', name: '<img src=x onerror=window.hacked=1>', kind: 'router' },
        ],
      },
      '/api/mirrors/acme-switch': {
        ...{ slug: 'acme-switch', name: 'Acme smart switches', kind: 'switch' },
        shows: 'All that passes between your devices and the router.',
        warnings: ['It forgets the mirror when it restarts.'],
        steps: {
          set: ['Open the page of the switch.', 'Mirror the router’s port to the sensor’s.'],
          directions: ['Choose “both”.'],
          inside: ['Mirror the port that leads to the LAN side.'],
          nothing: ['Look at the lights.'],
        },
        sources: ['https://acme.example/mirror'],
      },
      '/api/log': { lines: home.log },
    };
    for (const [path, answer] of Object.entries(answers))
      expect([path, ...said(await get(path))]).toEqual([path, 200, sent(answer)]);
  });

  it('sums each device up for the list', async () => {
    const { devices } = (await get('/api/devices?view=summary')).json as { devices: unknown[] };
    const fridge = {
      ...{ mac: FRIDGE, role: 'device', name: 'Fridge', vendor: 'Example Electronics', address: '192.168.1.17' },
      ...{ note: null, sameAs: null, perhapsSameAs: 'Hallway camera', randomizedMac: false, broadcastOnly: false },
      ...{ firstSeen: iso(NOW - 12 * DAY), lastSeen: iso(NOW - 60_000) },
      ...{ mailAttempts: 0, lastMail: null, lastUpdateContact: null, backends: 0 },
      strip: activityStrip(home.devices[1]?.activity ?? [], NOW),
    };
    expect(devices).toEqual([
      {
        ...fridge,
        ...{ mac: CAMERA, name: 'Hallway camera', address: '192.168.1.1', note: 'example-camera', perhapsSameAs: null },
        ...{ mailAttempts: 27, lastMail: iso(NOW - 9 * 60_000), lastUpdateContact: iso(NOW - HOUR), backends: 3 },
        strip: activityStrip(home.devices[0]?.activity ?? [], NOW),
      },
      fridge,
    ]);
    expect(said(await get('/api/devices?view=other'))).toEqual(said(await get('/api/devices')));
  });

  it('sums up with the newest mail and the newest contact with an update server, not with another', () => {
    const device = camera(NOW);
    const [first, second, third] = device.mail.destinations;
    const [update, cloud] = device.backends;
    if (!first || !second || !third || !update || !cloud) throw new Error('the camera has been places');
    const at = (hours: number) => ({ lastSeen: iso(NOW - hours * HOUR) });
    device.mail.destinations = [
      { ...first, ...at(3) },
      { ...second, ...at(1) },
      { ...third, ...at(2) },
    ];
    device.backends = [
      { ...update, ...at(5) },
      { ...update, ...at(4) },
      { ...cloud, ...at(1) },
    ];
    expect(summarize(device, [])).toMatchObject({
      ...{ lastMail: at(1).lastSeen, lastUpdateContact: at(4).lastSeen, backends: 3, strip: [], perhapsSameAs: null },
    });
  });

  it('passes on which incidents are asked for, within bounds', async () => {
    const asked: unknown[] = [];
    home.model.incidents = (page) => {
      asked.push(page);
      return { incidents: [], next: null };
    };
    const long = 'x'.repeat(128);
    const queries = [
      '',
      '?limit=1',
      '?limit=200&before=x',
      `?before=${long}`,
      '?states=open',
      '?states=open,acknowledged,expected,resolved&least=low',
      '?other=1',
    ];
    for (const query of queries)
      expect([query, ...said(await get(`/api/incidents${query}`))]).toEqual([
        query,
        200,
        { incidents: [], next: null },
      ]);
    // What is not asked for is not there at all.
    expect(asked).toStrictEqual([
      { limit: 50 },
      { limit: 1 },
      { limit: 200, before: 'x' },
      { limit: 50, before: long },
      { limit: 50, states: ['open'] },
      { limit: 50, states: ['open', 'acknowledged', 'expected', 'resolved'], least: 'low' },
      { limit: 50 },
    ]);
    const wrong: [string, string][] = [
      ['?limit=0', 'limit'],
      ['?limit=201', 'limit'],
      ['?limit=1.5', 'limit'],
      ['?before=', 'before'],
      [`?before=${long}x`, 'before'],
      ['?least=worst', 'least'],
      ['?states=open,open,open,open,open', 'states'],
      ['?limit=0&least=worst', 'limit, least'],
    ];
    for (const [query, where] of wrong)
      expect([query, ...said(await get(`/api/incidents${query}`))]).toEqual([
        query,
        ...refused(400, 'bad_request', `Not understood: ${where}.`),
      ]);
    expect(asked).toHaveLength(queries.length);
  });

  it('finds nothing under names that nobody has, be they ever so long', async () => {
    const paths = [
      'devices/x',
      'incidents/x',
      'incidents/x/preview',
      'incidents/x/evidence.pcap',
      'incidents/x/evidence.txt',
    ];
    for (const path of [...paths, 'notes/x', `notes/${'x'.repeat(129)}`, 'nothing', 'devices/x/y'])
      expect([path, ...said(await get(`/api/${path}`))]).toEqual([path, 404, NOTHING]);
  });

  it('takes names of up to 128 characters', async () => {
    const asked: string[] = [];
    home.model.note = (slug) => {
      asked.push(slug);
      return null;
    };
    await get(`/api/notes/${'x'.repeat(128)}`);
    await get(`/api/notes/${'y'.repeat(129)}`);
    expect(asked).toEqual(['x'.repeat(128), '']);
  });
});

describe('files to save', () => {
  const file = async (path: string) => {
    const { status, headers, text } = await get(path);
    return [status, headers['content-type'], headers['content-disposition'], text];
  };

  it('are the evidence of an incident and the support bundle', async () => {
    expect(await file(`/api/incidents/${ID}/evidence.pcap`)).toEqual([
      ...[200, 'application/vnd.tcpdump.pcap', `attachment; filename="thingwatch-${ID}.pcap"`],
      pcapBytes([]).toString('utf8'),
    ]);
    expect(await file(`/api/incidents/${ID}/evidence.txt`)).toEqual([
      ...[200, 'text/plain; charset=utf-8', `attachment; filename="thingwatch-${ID}.txt"`],
      'REPORT\n',
    ]);
    const [status, type, name, text] = await file('/api/support-bundle');
    expect([status, type, name]).toEqual([
      ...[200, 'application/json; charset=utf-8', 'attachment; filename="thingwatch-support.json"'],
    ]);
    const bundle = JSON.parse(String(text));
    expect(bundle).toMatchObject({ schema: 'thingwatch.support/1', health: { now: NOW } });
  });

  it('without frames is only the report', async () => {
    home.frames = { kept: 0, seen: 0 };
    expect(said(await get(`/api/incidents/${ID}/evidence.pcap`))).toEqual([404, NOTHING]);
    expect((await get(`/api/incidents/${ID}/evidence.txt`)).status).toBe(200);
  });
});

describe('orders', () => {
  const [device, into] = [FRIDGE, CAMERA];
  const EVERY: Command[] = [
    { type: 'acknowledge', incident: ID },
    { type: 'acknowledge_device', device },
    { type: 'acknowledge_all' },
    { type: 'expect', incident: ID, until: null },
    { type: 'expect', incident: ID, until: NOW + DAY },
    { type: 'allow_mail', device, allow: true },
    { type: 'allow_mail', device, allow: false },
    { type: 'remove_expectation', expectation: 'x' },
    { type: 'resolve', incident: ID },
    { type: 'rename', device, label: 'Cold' },
    { type: 'rename', device, label: null },
    { type: 'keep_private', device, keep: true },
    { type: 'keep_private', device, keep: false },
    { type: 'merge', device, into, older: [] },
    { type: 'merge', device, into, older: new Array<string>(16).fill(into) },
    { type: 'unmerge', device, older: [into] },
    { type: 'distinguish', device, from: into, distinct: true },
    { type: 'forget', device },
  ];

  it('of each kind are passed on as the page’s, and answered with what came of them', async () => {
    for (const command of EVERY) await order(command);
    expect(ran).toEqual(EVERY.map((command) => [command, 'page']));
    expect(said(await order({ type: 'acknowledge', incident: 'none' }))).toEqual(
      refused(404, 'refused', 'There is no such incident.'),
    );
    expect(said(await order({ type: 'acknowledge_all' }))).toEqual(
      refused(400, 'refused', 'This small home does not know that order.'),
    );
    expect(said(await order({ type: 'acknowledge', incident: ID }))).toEqual([200, { ok: true, changed: true }]);
    expect(said(await order({ type: 'acknowledge', incident: ID }))).toEqual([200, { ok: true, changed: false }]);
    expect(said(await order({ type: 'expect', incident: ID, until: null }))).toEqual([
      ...[200, { ok: true, changed: true, expectation: 'expectation-2' }],
    ]);
  });

  it.each<[string, object, boolean]>([
    ['a name of 64', { type: 'rename', device, label: 'x'.repeat(64) }, true],
    ['a name of 65', { type: 'rename', device, label: 'x'.repeat(65) }, false],
    ['a name of 64 and spaces', { type: 'rename', device, label: ` ${'x'.repeat(64)} ` }, true],
    ['a name with an order of letters', { type: 'rename', device, label: 'x\u2066y' }, false],
    ['a name with a line', { type: 'rename', device, label: 'x\u2028y' }, false],
    ['half a sign', { type: 'rename', device, label: 'x\ud800' }, false],
    ['a word that is none', { type: 'keep_private', device, keep: 'true' }, false],
    ['nobody to keep private', { type: 'keep_private', keep: true }, false],
    ['an id of one', { type: 'acknowledge', incident: 'x' }, true],
    ['an id of none', { type: 'acknowledge', incident: '' }, false],
    ['an id of 64', { type: 'acknowledge', incident: 'x'.repeat(64) }, true],
    ['an id of 65', { type: 'acknowledge', incident: 'x'.repeat(65) }, false],
    ['addresses for one thing, left out', { type: 'unmerge', device }, true],
    ['17 addresses', { type: 'unmerge', device, older: new Array<string>(17).fill(into) }, false],
    ['a MAC address with more before', { type: 'forget', device: `x${device}` }, false],
    ['a MAC address with more behind', { type: 'forget', device: `${device}:00` }, false],
    ['a MAC address in capitals', { type: 'forget', device: device.toUpperCase() }, false],
    ['a time that is over before 1970', { type: 'expect', incident: 'x', until: 0 }, false],
    ['half a millisecond', { type: 'expect', incident: 'x', until: 1.5 }, false],
    ['a key too many', { type: 'acknowledge_all', device }, false],
  ])('are bounded: %s', (_name, command, isTaken) => {
    expect(commandSchema.safeParse(command).success).toBe(isTaken);
  });

  it('that are not understood say where, and never what was there', async () => {
    const wrong: [unknown, string][] = [
      [{ type: 'explode' }, 'Not understood: type.'],
      [{ type: 'rename', device: '<b>', label: 7 }, 'Not understood: device, label.'],
      [{ type: 'merge', device, into, older: ['x'] }, 'The request was not understood.'],
      [{ type: 'acknowledge_all', '<b>': 1 }, 'The request was not understood.'],
      [[], 'The request was not understood.'],
    ];
    for (const [command, message] of wrong)
      expect([command, ...said(await order(command))]).toEqual([command, ...refused(400, 'bad_request', message)]);
    expect(ran).toEqual([]);
  });
});

it('every path is asked for by its own method alone', async () => {
  for (const { method, path } of apiRoutes) {
    const other = method === 'get' ? 'PUT' : 'GET';
    if (apiRoutes.some((route) => route.path === path && route.method === other.toLowerCase())) continue;
    expect([path, ...said(await running.call(path, { method: other, cookie }))]).toEqual([path, 404, NOTHING]);
  }
});

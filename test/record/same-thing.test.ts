// A rotating address: a person says that two addresses are one thing. Name and expectations then count for the newer one,
// nothing else moves, it survives a restart, and it can be undone.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Device } from '../../sensor/attribute/device.ts';
import { loadConfig } from '../../sensor/config.ts';
import type { Finding } from '../../sensor/detect/finding.ts';
import { english } from '../../sensor/language/words.ts';
import { LogTail } from '../../sensor/log.ts';
import { pageModel } from '../../sensor/main/page-model.ts';
import type { CommandResult } from '../../sensor/record/commands.ts';
import type { Spine } from '../../sensor/spine.ts';
import { openSpine } from '../../sensor/stored-spine.ts';
import type { PageModel } from '../../web/ports.ts';
import { quietHealth } from '../support/sample-home.ts';

const OLD = '02:00:00:00:00:0a';
const NEW = '02:00:00:00:00:0b';
const THIRD = '02:00:00:00:00:0c';
const T = Date.parse('2026-01-05T10:00:00Z');
const DAY = 24 * 60 * 60_000;
const quiet = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

let stateDir: string;
let spine: Spine;
let page: PageModel;

function start(): void {
  const { config } = loadConfig({ file: undefined, workingDirectory: stateDir, environment: {} });
  spine = openSpine({
    config,
    stateDir,
    homeNet: [],
    sensorMac: null,
    log: () => quiet,
    now: () => T,
    alerts: () => [],
  });
  page = pageModel(spine, () => quietHealth(T), new LogTail(10))(english);
}

beforeEach(() => {
  stateDir = mkdtempSync(join(tmpdir(), 'thingwatch-same-'));
  start();
});
afterEach(() => {
  spine.close();
  rmSync(stateDir, { recursive: true });
});

/** A device that announces a name and was seen for a while from `time` on. */
function appears(mac: string, time: number, hostname: string): Device {
  const device = spine.engine.devices.seen(mac, time);
  if (device === null) throw new Error(`${mac} is a group address`);
  device.hostnames.push({ name: hostname, from: 'dhcp', firstSeen: time, lastSeen: time });
  device.lastSeen = time + 1000;
  spine.engine.devices.keep(device);
  return device;
}

/** One mail attempt of the device to the same server. */
function mails(device: Device, time: number): void {
  const known = device.mail.destinations.get('192.0.2.25 25');
  const counts = { connected: 0, refused: 0, unanswered: 0, messages: 0, recipients: 0 };
  const destination = known ?? {
    ...{ ip: '192.0.2.25', port: 25, name: 'mail.example.net', nameFrom: 'dns' as const, attempts: 0 },
    ...{ ...counts, firstSeen: time, lastSeen: time },
  };
  destination.attempts += 1;
  destination.lastSeen = time;
  device.mail.attempts += 1;
  device.mail.destinations.set('192.0.2.25 25', destination);
  const finding: Finding = {
    kind: 'mail_started',
    severity: 'high',
    device: device.mac,
    portClass: '25',
    time,
    effect: 'opens',
    destination: { ip: '192.0.2.25', port: 25, name: 'mail.example.net' },
    evidence: {},
    first: {},
    add: { attempts: 1 },
  };
  spine.recorder.finding(finding, device);
}

const merge = (device: string, into: string): CommandResult => spine.run({ type: 'merge', device, into }, 'page');
const incidentsOf = (mac: string) => spine.recorder.incidents.ofDevice(mac);

/** The old address is named and its mail is expected; then a new one turns up with the same announced name. */
function rotated(): { older: Device; newer: Device } {
  const older = appears(OLD, T, 'annas-phone');
  spine.run({ type: 'rename', device: OLD, label: 'Anna’s phone' }, 'page');
  mails(older, T + 100);
  const id = incidentsOf(OLD)[0]?.id ?? '';
  expect(spine.run({ type: 'expect', incident: id, until: null }, 'page')).toMatchObject({ ok: true, changed: true });
  return { older, newer: appears(NEW, T + DAY, 'annas-phone') };
}

describe('two addresses of one thing', () => {
  it('are suggested as one, and stay two as long as nobody says yes', () => {
    const { newer } = rotated();
    expect(page.device(NEW)?.mergeSuggestion).toMatchObject({ mac: OLD, name: 'Anna’s phone' });
    expect(page.device(OLD)?.mergeSuggestion).toBeNull();
    expect(page.device(NEW)).toMatchObject({ name: 'annas-phone', nameFrom: 'dhcp', sameAs: null });
    mails(newer, T + DAY + 100);
    expect(incidentsOf(NEW)).toMatchObject([{ state: 'open' }]);
  });

  it('share name and expectations after a yes; counts, addresses and incidents stay apart', () => {
    const { older, newer } = rotated();
    expect(merge(NEW, OLD)).toEqual({ ok: true, changed: true });
    expect(merge(NEW, OLD)).toEqual({ ok: true, changed: false });
    expect(page.device(NEW)).toMatchObject({
      name: 'Anna’s phone',
      nameFrom: 'user',
      label: null,
      sameAs: OLD,
      olderName: 'Anna’s phone',
      mergeSuggestion: null,
    });
    mails(newer, T + DAY + 100);
    expect(incidentsOf(NEW)).toEqual([]);
    expect(spine.recorder.expectations.all()).toMatchObject([{ device: OLD, matches: 1, lastMatch: T + DAY + 100 }]);
    expect([older.mail.attempts, newer.mail.attempts]).toEqual([1, 1]);
    expect([...newer.leases, ...newer.timeline]).toEqual([]);
  });

  it('are two again after an undo', () => {
    const { newer } = rotated();
    merge(NEW, OLD);
    expect(spine.run({ type: 'unmerge', device: NEW }, 'page')).toEqual({ ok: true, changed: true });
    expect(spine.run({ type: 'unmerge', device: NEW }, 'page')).toEqual({ ok: true, changed: false });
    mails(newer, T + DAY + 100);
    expect(incidentsOf(NEW)).toMatchObject([{ state: 'open', summary: expect.stringMatching(/^annas-phone /) }]);
    merge(NEW, OLD);
    spine.recorder.flushMail();
    expect(incidentsOf(NEW)).toMatchObject([{ state: 'open', summary: expect.stringMatching(/^Anna’s phone /) }]);
  });

  it('stay joined over a restart, and part when the older one is forgotten', () => {
    rotated();
    merge(NEW, OLD);
    spine.close();
    start();
    expect(page.device(NEW)).toMatchObject({ name: 'Anna’s phone', sameAs: OLD });
    spine.run({ type: 'forget', device: OLD }, 'page');
    expect(page.device(NEW)).toMatchObject({ name: 'annas-phone', sameAs: null });
    spine.close();
    start();
    expect(page.devices().map(({ mac, sameAs }) => [mac, sameAs])).toEqual([[NEW, null]]);
  });

  it('are kept apart by a no, which a restart does not forget; forgetting one of them does, and so does a yes', () => {
    rotated();
    const differ = (distinct: boolean) => spine.run({ type: 'distinguish', device: NEW, from: OLD, distinct }, 'page');
    merge(NEW, OLD);
    expect(differ(true)).toEqual({ ok: true, changed: true });
    expect(page.device(NEW)).toMatchObject({ sameAs: null, mergeSuggestion: null, distinctFrom: [{ mac: OLD }] });
    expect(page.device(OLD)).toMatchObject({ distinctFrom: [{ mac: NEW, name: 'annas-phone (…:00:0b)' }] });
    spine.close();
    start();
    expect(page.suggestions()).toEqual([]);
    expect(differ(true)).toEqual({ ok: true, changed: false });
    expect(differ(false)).toEqual({ ok: true, changed: true });
    expect(page.suggestions()).toMatchObject([{ device: NEW, mac: OLD, kind: 'new-address', older: [] }]);
    differ(true);
    expect(merge(NEW, OLD)).toEqual({ ok: true, changed: true });
    expect(page.device(NEW)).toMatchObject({ sameAs: OLD, distinctFrom: [], sameThing: [{ mac: OLD }] });
    expect(page.device(OLD)).toMatchObject({ sameAs: null, sameThing: [{ mac: NEW }] });
    differ(true);
    spine.run({ type: 'forget', device: OLD }, 'page');
    expect(page.device(NEW)?.distinctFrom).toEqual([]);
    spine.close();
    start();
    expect(page.device(NEW)?.distinctFrom).toEqual([]);
  });

  it('are all joined or none: one that is unknown, or the router, among those further back', () => {
    const devices = ['0a', '0b', '0c'].map((end, i) => appears(`02:00:00:00:00:${end}`, T + i * DAY, 'annas-phone'));
    const [first, second, third] = devices.map(({ mac }) => mac);
    const all = (older: string[]) =>
      spine.run({ type: 'merge', device: third ?? '', into: second ?? '', older }, 'page');
    expect(all(['02:00:00:00:00:ff'])).toMatchObject({ ok: false, status: 404 });
    if (devices[0] !== undefined) devices[0].role = 'gateway';
    expect(all([first ?? ''])).toMatchObject({ ok: false, status: 409 });
    expect(devices.map(({ sameAs }) => sameAs)).toEqual([null, null, null]);
    if (devices[0] !== undefined) devices[0].role = 'device';
    expect(all([first ?? ''])).toEqual({ ok: true, changed: true });
    expect(devices.map(({ sameAs }) => sameAs)).toEqual([null, first, second]);
  });

  it('may be a chain, never a ring; the router and strangers are never joined', () => {
    rotated();
    const third = appears(THIRD, T + 2 * DAY, 'annas-phone');
    expect(merge(NEW, OLD)).toMatchObject({ ok: true });
    expect(merge(THIRD, NEW)).toMatchObject({ ok: true });
    expect(page.device(THIRD)?.name).toBe('Anna’s phone');
    mails(third, T + 2 * DAY);
    expect(incidentsOf(THIRD)).toEqual([]);
    expect(merge(OLD, THIRD)).toMatchObject({ ok: false, status: 409 });
    expect(merge(OLD, OLD)).toMatchObject({ ok: false, status: 409 });
    expect(merge(OLD, '02:00:00:00:00:ff')).toMatchObject({ ok: false, status: 404 });
    const router = appears('02:00:00:00:00:fe', T, 'router');
    router.role = 'gateway';
    expect(merge(THIRD, router.mac)).toMatchObject({ ok: false, status: 409 });
    expect(merge(router.mac, OLD)).toMatchObject({ ok: false, status: 409 });
  });

  it('are bounded: a ring or an endless chain in a damaged database ends', () => {
    const devices = Array.from({ length: 40 }, (_, index) =>
      appears(`02:00:00:00:01:${index.toString(16).padStart(2, '0')}`, T, `n${index}`),
    );
    for (const [index, device] of devices.entries()) device.sameAs = devices[(index + 1) % 40]?.mac ?? null;
    const [first, last] = [devices[0], devices[39]];
    expect(first && spine.engine.devices.sameThing(first)).toHaveLength(16);
    if (first && last) first.sameAs = last.mac;
    if (last && first) last.sameAs = first.mac;
    expect(first && spine.engine.devices.sameThing(first)).toEqual([first, last]);
    if (first) expect(merge('02:00:00:00:01:05', '02:00:00:00:01:06')).toMatchObject({ ok: false, status: 409 });
  });

  it('share what Home Assistant allows: off removes it for the thing, whichever address is asked', () => {
    rotated();
    merge(NEW, OLD);
    expect(spine.run({ type: 'allow_mail', device: NEW, allow: false }, 'home-assistant')).toMatchObject({
      changed: true,
    });
    expect(spine.recorder.expectations.all()).toEqual([]);
  });
});

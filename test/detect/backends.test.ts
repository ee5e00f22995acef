// Whom a device talks to: aggregation, roles, what is news after the learning time, downloads, updates that stay away.
import { expect, test } from 'vitest';
import { backendName, isVendorUpdateHost } from '../../sensor/detect/backends.ts';
import { answered, dhcpRequest, visit } from '../support/name-frames.ts';
import { CAMERA, DAY, HOUR, MINUTE, SECOND, START, Stage } from '../support/stage.ts';

/** A light bridge by its vendor's block: its note knows the vendor's hosts. */
const BRIDGE = { mac: '00:17:88:0a:0b:0c', ip: '192.168.1.60' };
const UPDATE_HOST = 'firmware.meethue.com';
const FIRST = '198.51.100.10';
const SECOND_IP = '198.51.100.11';

test('a backend is a registrable domain; the hosts, the volume and the first and last time are under it', () => {
  const stage = new Stage();
  stage.play(
    visit(CAMERA, FIRST, START, { host: 'api.vendor.example', down: 14_000 }),
    visit(CAMERA, SECOND_IP, START + HOUR, { host: 'img.vendor.example', down: 1400 }),
  );
  stage.finish();
  const [backend, ...others] = stage.device(CAMERA).backends;
  expect(others).toEqual([]);
  expect(backend).toMatchObject({
    name: 'vendor.example',
    role: 'unknown',
    hosts: ['api.vendor.example', 'img.vendor.example'],
    nameFrom: ['sni'],
    connections: 2,
    bytesDown: 15_400,
    firstSeen: new Date(START).toISOString().slice(0, 19).concat('.003Z'),
  });
  expect(backend?.bytesUp).toBeGreaterThan(150);
});

test('tenants of one cloud stay apart, and cloud domains are marked as shared', () => {
  expect(backendName('a.b.vendor.co.uk', FIRST)).toBe('vendor.co.uk');
  expect(backendName('bucket-one.s3.amazonaws.com', FIRST)).not.toBe(backendName('bucket-two.s3.amazonaws.com', FIRST));
  expect(backendName(null, FIRST)).toBe(FIRST);
  const stage = new Stage();
  stage.play(visit(CAMERA, FIRST, START, { host: 'd111111abcdef8.cloudfront.net' }));
  stage.finish();
  expect(stage.device(CAMERA).backends).toMatchObject([{ shared: true }]);
});

test('a note gives the role; an unanswered connection is no backend', () => {
  const stage = new Stage();
  stage.play(
    visit(BRIDGE, FIRST, START, { host: UPDATE_HOST }),
    visit(BRIDGE, SECOND_IP, START + MINUTE, { host: 'nowhere.example' }).slice(0, 1),
  );
  stage.finish();
  expect(stage.device(BRIDGE).backends).toMatchObject([{ role: 'update', roleFrom: 'note', hosts: [UPDATE_HOST] }]);
});

test.each([
  ['fw-update.sonos.com', 'Sonos, Inc.', true],
  ['ota3.eu.sonos.com', 'Sonos, Inc.', true],
  ['api.sonos.com', 'Sonos, Inc.', false],
  ['update.sonos-fans.example', 'Sonos, Inc.', false],
  ['update.s3.amazonaws.com', 'Amazon Technologies Inc.', false],
  ['update.other.example', 'Sonos, Inc.', false],
  ['update.sonos.com', null, false],
  ['updateless.sonos.com', 'Sonos, Inc.', false],
])('the host-label rule: %s for a device of %s is an update server: %s', (host, vendor, expected) => {
  expect(isVendorUpdateHost(host, vendor)).toBe(expected);
});

test('in the first week everything is learned in silence; then a new domain is info, an unnamed address or an update server medium', () => {
  const stage = new Stage();
  stage.play(
    visit(BRIDGE, FIRST, START, { host: 'api.known.example' }),
    visit(BRIDGE, FIRST, START + 6 * DAY, { host: 'api.learned.example' }),
  );
  expect(stage.incidents()).toEqual([]);
  stage.play(
    visit(BRIDGE, SECOND_IP, START + 8 * DAY, { host: 'cdn-17.known.example' }),
    visit(BRIDGE, FIRST, START + 9 * DAY, { host: 'api.strange.example' }),
    visit(BRIDGE, '198.51.100.12', START + 10 * DAY),
    visit(BRIDGE, FIRST, START + 11 * DAY, { host: UPDATE_HOST }),
  );
  const news = stage.finish().incidents.map(({ evidence, kind, severity }) => [kind, evidence.backend, severity]);
  expect(news).toEqual([
    ['backend_new', 'strange.example', 'info'],
    ['backend_new', '198.51.100.12', 'medium'],
    ['backend_new', 'meethue.com', 'medium'],
  ]);
});

test('more than 256 KiB from an update server is a firmware download, with host, bytes and duration', () => {
  const stage = new Stage();
  stage.play(
    visit(BRIDGE, FIRST, START, { host: UPDATE_HOST, down: 1400 * 187 }),
    visit(BRIDGE, FIRST, START + HOUR, { host: UPDATE_HOST, down: 1400 * 188 }),
    visit(BRIDGE, FIRST, START + 2 * HOUR, { host: 'api.strange.example', down: 1400 * 300 }),
  );
  stage.finish();
  const timeline = stage.spine.engine.devices.get(BRIDGE.mac)?.timeline ?? [];
  const downloads = timeline.filter(({ kind }) => kind === 'firmware_download');
  expect(downloads).toMatchObject([{ name: UPDATE_HOST, nameFrom: 'sni', ip: FIRST, detail: { bytes: 1400 * 188 } }]);
  expect(downloads[0]?.detail.durationMs).toBeGreaterThan(300);
});

test('updates are overdue once, after thirty days without contact, while the device is still there', () => {
  const stage = new Stage();
  stage.play(visit(BRIDGE, FIRST, START, { host: UPDATE_HOST }));
  for (let day = 1; day <= 40; day++)
    stage.play(dhcpRequest(BRIDGE.mac, [[12, 'bridge']], START + day * DAY)).wait(START + day * DAY + HOUR);
  const overdue = stage.incident('updates_overdue');
  expect(overdue).toMatchObject({ severity: 'low', findings: 1, evidence: { backend: 'meethue.com' } });
  expect(overdue.startedAt).toBe(new Date(START + 30 * DAY + HOUR).toISOString());
  expect(stage.alerts.filter(({ kind }) => kind === 'updates_overdue')).toHaveLength(1);
});

test('a device that was switched off is not overdue', () => {
  const stage = new Stage();
  stage.play(visit(BRIDGE, FIRST, START, { host: UPDATE_HOST }));
  for (let day = 1; day <= 40; day++) stage.play(dhcpRequest(CAMERA.mac, [], START + day * DAY));
  expect(stage.incidents()).toEqual([]);
});

test('a name that came ten seconds late is still the name; nothing is counted twice', () => {
  const stage = new Stage();
  const frames = visit(CAMERA, FIRST, START, { host: 'slow.vendor.example', down: 2800 });
  const isHello = (index: number) => index >= 3;
  stage.play(frames.map((frame, i) => (isHello(i) ? { ...frame, time: frame.time + 9 * SECOND } : frame)));
  stage.finish();
  expect(stage.device(CAMERA).backends).toMatchObject([{ name: 'vendor.example', connections: 1, bytesDown: 2800 }]);
});

test('ten thousand backends keep to the bound, and to three incidents, and leave the download in the history', () => {
  const stage = new Stage({ detect: { learning_days: 0 } });
  stage.play(visit(BRIDGE, FIRST, START, { host: UPDATE_HOST, down: 1400 * 200 }));
  for (let i = 0; i < 5000; i++) {
    const time = START + MINUTE + i * 100;
    stage.play(answered(BRIDGE, `x.random-${i}.example`, [`203.0.${(i >> 8) & 255}.${i & 255}`], time));
    stage.play(visit(BRIDGE, `203.0.${(i >> 8) & 255}.${i & 255}`, time));
    stage.play(visit(BRIDGE, `198.18.${(i >> 8) & 255}.${i & 255}`, time));
  }
  const { incidents } = stage.finish();
  const device = stage.spine.engine.devices.get(BRIDGE.mac);
  expect(device?.backends.size).toBe(256);
  expect(device?.timeline.length).toBeLessThanOrEqual(256);
  expect(device?.timeline.some(({ kind }) => kind === 'firmware_download')).toBe(true);
  expect(incidents.length).toBeLessThanOrEqual(3);
});

// Whom a device talks to: aggregation, roles, what is news after the learning time, downloads, updates that stay away.
import { expect, test } from 'vitest';
import { backendName, isWordOf, updatesOf } from '../../sensor/detect/backend-name.ts';
import { answered, dhcpRequest, mail, visit } from '../support/name-frames.ts';
import { tcpConversation } from '../support/packet-builder.ts';
import { BRIDGE, CAMERA, DAY, HOUR, MINUTE, outside, SECOND, START, Stage } from '../support/stage.ts';

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
  expect(isWordOf(vendor, updatesOf(host))).toBe(expected);
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

test("what the sensor's own machine fetches is shown and not told", () => {
  const stage = new Stage({ sensorMac: BRIDGE.mac });
  stage.play(
    visit(BRIDGE, FIRST, START, { host: 'ntfy.example' }),
    visit(BRIDGE, SECOND_IP, START + 8 * DAY, { host: 'registry.npmjs.org' }),
  );
  expect(stage.incidents().map(({ kind, severity }) => [kind, severity])).toEqual([['backend_new', 'info']]);
});

test('a further host in the domain of a known update server is no news', () => {
  const stage = new Stage();
  stage.play(
    visit(BRIDGE, FIRST, START, { host: UPDATE_HOST }),
    visit(BRIDGE, SECOND_IP, START + 8 * DAY, { host: 'time.meethue.com' }),
  );
  expect(stage.incidents()).toEqual([]);
  expect(stage.device(BRIDGE).backends.map(({ role }) => role)).toEqual(['time', 'update']);
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

test('firmware fetched in ranges, a connection each, is one download; a question every minute never becomes one', () => {
  const stage = new Stage();
  const ranges = Array.from({ length: 10 }, (_, i) =>
    visit(BRIDGE, FIRST, START + i * 20 * SECOND, { host: UPDATE_HOST, down: 1400 * 24 }),
  );
  const questions = Array.from({ length: 60 }, (_, i) =>
    visit(BRIDGE, FIRST, START + HOUR + i * 50 * SECOND, { host: UPDATE_HOST, down: 1400 * 6 }),
  );
  stage.play(...ranges, ...questions);
  stage.finish();
  const timeline = stage.spine.engine.devices.get(BRIDGE.mac)?.timeline ?? [];
  const downloads = timeline.filter(({ kind }) => kind === 'firmware_download');
  expect(downloads).toMatchObject([{ name: UPDATE_HOST, detail: { bytes: 1400 * 240 } }]);
  expect(downloads[0]?.detail.durationMs).toBeGreaterThan(180 * SECOND);
});

test('a download on a connection that is kept is known with the next request, before mail that follows', () => {
  const stage = new Stage();
  const request = { from: 'C' as const, bytes: Buffer.from(`GET / HTTP/1.1\r\nHost: ${UPDATE_HOST}\r\n\r\n`) };
  const bulk = Array.from({ length: 300 }, () => ({ from: 'S' as const, bytes: Buffer.alloc(1400) }));
  const kept = tcpConversation({
    client: { ...BRIDGE, port: 30_000 },
    server: outside(FIRST, 80),
    time: START,
    outcome: 'connected',
    dialogue: [request, ...bulk, request],
    close: false,
  });
  stage.play(kept, mail(BRIDGE, '203.0.113.25', START + HOUR)).finish();
  const [incident] = stage.spine.recorder.incidents.all();
  expect(incident?.before).toMatchObject([
    { kind: 'firmware_download', name: UPDATE_HOST, detail: { bytes: 420_000 } },
    { kind: 'backend_new' },
  ]);
  expect(stage.device(BRIDGE).backends).toMatchObject([{ connections: 1, bytesDown: 420_000 }]);
});

test('a download counts when the server has sent all, though the device never closes its side', () => {
  const FIN_OFFSET = 14 + 20 + 13;
  const isFinOf = (mac: string, data: Buffer) =>
    ((data[FIN_OFFSET] ?? 0) & 1) !== 0 && data.subarray(6, 12).toString('hex') === mac.replaceAll(':', '');
  const whole = visit(BRIDGE, FIRST, START, { host: UPDATE_HOST, down: 1400 * 300 });
  const halfOpen = whole.filter(({ data }) => !isFinOf(BRIDGE.mac, data));
  expect(halfOpen).toHaveLength(whole.length - 1);
  const stage = new Stage().play(halfOpen, mail(BRIDGE, '203.0.113.25', START + HOUR));
  const [incident] = stage.spine.recorder.incidents.all();
  expect(incident?.before[0]).toMatchObject({ kind: 'firmware_download', detail: { bytes: 420_000 } });
  stage.finish();
  expect(stage.device(BRIDGE).backends).toMatchObject([{ connections: 1, bytesDown: 420_000 }]);
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

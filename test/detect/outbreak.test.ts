// What happened before a device turned bad, and what several such devices had in common.
import { expect, test } from 'vitest';
import { mail, visit } from '../support/name-frames.ts';
import { tcpConversation } from '../support/packet-builder.ts';
import {
  at,
  BRIDGE,
  CAMERA,
  DAY,
  FRIDGE,
  GATEWAY,
  HOUR,
  MAIL_SERVER,
  MINUTE,
  SECOND,
  START,
  Stage,
  TELEVISION,
} from '../support/stage.ts';

const UPDATE_HOST = 'firmware.meethue.com';
const CLOUD = 'api.everybody.example';
const OTHERS = Array.from({ length: 4 }, (_, i) => ({ mac: `00:17:88:0c:00:0${i}`, ip: `192.168.1.7${i}` }));

test('the chain before a mail incident: thirty days, newest first, each with its name and where it comes from', () => {
  const stage = new Stage();
  const reachedFromOutside = tcpConversation({
    client: at(GATEWAY, '203.0.113.66', 55_000),
    server: at(BRIDGE, BRIDGE.ip, 23),
    time: START + 39 * DAY,
    outcome: 'connected',
  });
  stage.play(
    visit(BRIDGE, '198.51.100.1', START, { host: 'old.forgotten.example' }),
    visit(BRIDGE, '198.51.100.2', START + 20 * DAY, { host: CLOUD }),
    visit(BRIDGE, '198.51.100.3', START + 30 * DAY, { host: UPDATE_HOST, down: 1400 * 200 }),
    reachedFromOutside,
    mail(BRIDGE, MAIL_SERVER, START + 40 * DAY),
    visit(BRIDGE, '198.51.100.4', START + 41 * DAY, { host: 'later.example' }),
  );
  stage.finish();
  const { before } = stage.incident('mail_started');
  expect(before.map(({ kind, name, nameFrom }) => [kind, name, nameFrom])).toEqual([
    ['inbound_connection', null, null],
    ['firmware_download', UPDATE_HOST, 'sni'],
    ['backend_new', UPDATE_HOST, 'sni'],
    ['backend_new', CLOUD, 'sni'],
  ]);
  expect(before[0]).toMatchObject({ ip: '203.0.113.66', detail: { port: 23 } });
  expect(before[1]?.text).toBe(`Downloaded 273 KiB from ${UPDATE_HOST}, an update backend.`);
});

test('an outbreak names the backend that the mailers share, not the one that everybody uses', () => {
  const stage = new Stage();
  for (const host of [CAMERA, FRIDGE, TELEVISION, ...OTHERS])
    stage.play(visit(host, '198.51.100.20', START + SECOND, { host: CLOUD }));
  for (const host of [CAMERA, FRIDGE, OTHERS[0] ?? BRIDGE])
    stage.play(visit(host, '198.51.100.30', START + HOUR, { host: 'plugins.broken-in.example' }));
  stage.play(mail(CAMERA, MAIL_SERVER, START + DAY));
  expect(stage.incidents('outbreak')).toEqual([]);
  stage.play(mail(FRIDGE, MAIL_SERVER, START + DAY + MINUTE));
  const outbreak = stage.incident('outbreak');
  expect(outbreak).toMatchObject({
    severity: 'critical',
    device: null,
    evidence: {
      backend: 'broken-in.example',
      unaffectedDevices: 1,
      devices: [
        { mac: FRIDGE.mac, mailSince: '2026-01-06T10:01:00.000Z' },
        { mac: CAMERA.mac, mailSince: '2026-01-06T10:00:00.000Z' },
      ],
    },
  });
  expect(JSON.stringify(outbreak.evidence.alsoShared)).toContain('everybody.example');
  expect(outbreak.summary).toContain('1 other device uses it too');
});

test('a third device joins the outbreak it belongs to', () => {
  const stage = new Stage();
  for (const [i, host] of [CAMERA, FRIDGE, TELEVISION].entries()) {
    stage.play(visit(host, '198.51.100.30', START + i * MINUTE, { host: 'plugins.broken-in.example' }));
    stage.play(mail(host, MAIL_SERVER, START + DAY + i * MINUTE));
  }
  const { evidence } = stage.incident('outbreak');
  expect(evidence.devices).toHaveLength(3);
  expect(stage.alerts.filter(({ kind }) => kind === 'outbreak')).toMatchObject([{ change: 'opened' }]);
});

test('of many that begin to mail within a second all are part of the outbreak, and none is told of twice', () => {
  const many = Array.from({ length: 40 }, (_, i) => {
    const last = (i + 10).toString(16).padStart(2, '0');
    return { mac: `00:17:88:0d:00:${last}`, ip: `192.168.1.${100 + i}` };
  });
  const stage = new Stage();
  for (const host of many) stage.play(visit(host, '198.51.100.30', START, { host: 'plugins.broken-in.example' }));
  for (const [i, host] of many.entries()) stage.play(mail(host, MAIL_SERVER, START + DAY + i * 20));
  stage.finish();
  const { evidence } = stage.incident('outbreak');
  expect(evidence.devices).toHaveLength(40);
  const joined = stage
    .incidents('mail_started')
    .filter(({ evidence: own }) => `${own.supportedBy}`.includes('outbreak'));
  expect(joined).toHaveLength(40);
  expect(stage.alerts.filter(({ kind }) => kind === 'outbreak')).toMatchObject([{ change: 'opened' }]);
});

test('a backend that most others use without harm, or that was contacted only afterwards, explains nothing', () => {
  const stage = new Stage();
  for (const host of [CAMERA, FRIDGE, TELEVISION, ...OTHERS])
    stage.play(visit(host, '198.51.100.20', START, { host: CLOUD }));
  for (const host of [CAMERA, FRIDGE]) {
    stage.play(mail(host, MAIL_SERVER, START + DAY));
    stage.play(visit(host, '198.51.100.31', START + DAY + MINUTE, { host: 'afterwards.example' }));
  }
  stage.play(mail(TELEVISION, MAIL_SERVER, START + 2 * DAY));
  expect(stage.incidents('outbreak')).toEqual([]);
});

test('where all mail, an update server of two explains more than what all three use', () => {
  const stage = new Stage();
  for (const host of [CAMERA, FRIDGE, TELEVISION]) {
    stage.play(visit(host, '198.51.100.20', START, { host: CLOUD }));
    stage.play(visit(host, '198.51.100.21', START + SECOND, { host: '2.pool.ntp.org' }));
  }
  for (const host of [CAMERA, FRIDGE]) stage.play(visit(host, '198.51.100.30', START + HOUR, { host: UPDATE_HOST }));
  for (const host of [CAMERA, FRIDGE, TELEVISION]) stage.play(mail(host, MAIL_SERVER, START + DAY));
  const { evidence } = stage.incident('outbreak');
  expect(evidence).toMatchObject({ backend: 'meethue.com', role: 'update' });
  expect(evidence.devices).toHaveLength(2);
  expect(JSON.stringify(evidence.alsoShared)).toContain('everybody.example');
});

test("a host is one backend, though its label tells its role to the vendor's own device alone", () => {
  const stage = new Stage();
  // The first has a block of the vendor's, the second an address that says nothing, the third uses it unharmed.
  const [light, stranger, unharmed] = ['00:17:88:0a:00:01', '02:00:5e:00:00:02', '02:00:5e:00:00:03'].map((mac, i) => ({
    mac,
    ip: `192.168.1.8${i}`,
  }));
  for (const host of [light, stranger, unharmed])
    if (host !== undefined) stage.play(visit(host, '198.51.100.30', START, { host: 'ota.philips.com' }));
  for (const host of [light, stranger]) if (host !== undefined) stage.play(mail(host, MAIL_SERVER, START + DAY));
  expect(stage.incident('outbreak').evidence).toMatchObject({
    backend: 'philips.com',
    role: 'update',
    devices: [{ mac: light?.mac }, { mac: stranger?.mac }],
    unaffectedDevices: 1,
  });
});

test('mail that a person expects makes no outbreak', () => {
  const stage = new Stage();
  for (const host of [CAMERA, FRIDGE])
    stage.play(visit(host, '198.51.100.30', START, { host: 'plugins.broken-in.example' }));
  stage.play(mail(CAMERA, MAIL_SERVER, START + DAY));
  stage.run({ type: 'expect', incident: stage.incident('mail_started').id, until: null });
  stage.play(mail(FRIDGE, MAIL_SERVER, START + 2 * DAY));
  expect(stage.incidents('outbreak')).toEqual([]);
});

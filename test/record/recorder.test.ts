// What lasts: restarts on the same state, a disk that refuses to write, devices that give way, and the same frames
// giving the same.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { answered, dhcpAck, mail, visit } from '../support/name-frames.ts';
import { arp, type CapturedFrame, ethernet, tcpConversation } from '../support/packet-builder.ts';
import {
  CAMERA,
  DAY,
  FRIDGE,
  GATEWAY,
  HOUR,
  MAIL_SERVER,
  MINUTE,
  outside,
  SECOND,
  START,
  Stage,
  TELEVISION,
} from '../support/stage.ts';

let stateDir: string;
beforeEach(() => {
  stateDir = mkdtempSync(join(tmpdir(), 'thingwatch-recorder-'));
});
afterEach(() => rmSync(stateDir, { recursive: true, force: true }));

/** The same frames whenever it is called. */
function attempt(number: number, time: number): CapturedFrame[] {
  const client = { ...CAMERA, port: 30_000 + number };
  return tcpConversation({ client, server: outside(MAIL_SERVER, 25), time, isn: number * 1009, outcome: 'refused' });
}

test('ten mails over fifteen days with two restarts are one incident with ten attempts', () => {
  const ids = new Set<string>();
  const alerts: string[] = [];
  let number = 0;
  for (const until of [3, 7, 10]) {
    const stage = new Stage({ stateDir });
    for (; number < until; number++) stage.play(attempt(number, START + number * 1.5 * DAY));
    stage.wait(START + number * 1.5 * DAY);
    const incident = stage.incident('mail_started');
    ids.add(incident.id);
    expect(incident).toMatchObject({ findings: number, evidence: { attempts: number, refused: number } });
    expect(stage.device(CAMERA).mail).toMatchObject({ attempts: number, refused: number });
    alerts.push(...stage.alerts.map(({ change }) => change));
    stage.spine.close();
  }
  expect(ids.size).toBe(1);
  expect(alerts).toEqual(['opened']);
});

test('an incident is on disk before it is told of', () => {
  const stage = new Stage({ stateDir });
  const seen: unknown[] = [];
  stage.spine.events.on('incident', () => {
    const reader = new Database(stage.spine.databasePath, { readonly: true });
    seen.push(reader.prepare('SELECT count(*) AS count FROM incidents').get());
    reader.close();
  });
  stage.play(attempt(1, START));
  expect(seen).toEqual([{ count: 1 }]);
  stage.spine.close();
});

test('gateway, prefixes, labels, what is private, expectations and the learning time come back', () => {
  const first = new Stage({ stateDir });
  const mask = [1, Buffer.from([255, 255, 255, 240])] as const;
  first.play(
    dhcpAck({ mac: TELEVISION.mac, ip: '198.51.100.20' }, START, [mask]),
    visit(CAMERA, '203.0.113.80', START, { host: 'api.vendor.example' }),
    mail(CAMERA, MAIL_SERVER, START + MINUTE),
  );
  first.run({ type: 'expect', incident: first.incident('mail_started').id, until: null });
  first.run({ type: 'rename', device: CAMERA.mac, label: 'Hall' });
  first.run({ type: 'keep_private', device: CAMERA.mac, keep: true });
  const memory = first.spine.engine.memory();
  first.spine.close();
  const second = new Stage({ stateDir });
  expect(second.spine.engine.memory()).toEqual(memory);
  expect(memory.prefixes).toMatchObject([{ prefix: '198.51.100.16/28', by: GATEWAY.mac }]);
  expect(memory.links).toEqual(['198.51.100.16/28']);
  expect(memory.gateways).toEqual([GATEWAY.mac]);
  second.play(
    mail(CAMERA, MAIL_SERVER, START + 10 * DAY),
    visit(CAMERA, '203.0.113.81', START + 10 * DAY, { host: 'new.strange.example' }),
  );
  expect(second.device(CAMERA)).toMatchObject({ name: 'Hall', nameFrom: 'user' });
  expect(second.spine.engine.devices.get(CAMERA.mac)?.isPrivate).toBe(true);
  expect(second.incident('mail_started')).toMatchObject({ state: 'expected', findings: 1 });
  expect(second.incident('backend_new').evidence).toMatchObject({ backend: 'strange.example' });
  second.spine.close();
});

/** A database that refuses what the sensor writes, as one on a full disk does, until the function that it returns is called. */
function refuseWrites(path: string): () => void {
  const TABLES = ['incidents', 'expectations', 'devices'];
  const change = (sql: (table: string, event: string) => string) => {
    const database = new Database(path);
    for (const table of TABLES) for (const event of ['INSERT', 'UPDATE', 'DELETE']) database.exec(sql(table, event));
    database.close();
  };
  change(
    (table, event) =>
      `CREATE TRIGGER no_${table}_${event} BEFORE ${event} ON ${table} BEGIN SELECT RAISE(ABORT, 'no space'); END`,
  );
  return () => change((table, event) => `DROP TRIGGER no_${table}_${event}`);
}

test('while the disk refuses, everything is kept in memory; once it takes writes again, nothing is missing', () => {
  const stage = new Stage({ stateDir });
  stage.play(attempt(1, START), mail(FRIDGE, MAIL_SERVER, START + MINUTE));
  const fridge = stage.incidents('mail_started').find(({ device }) => device === FRIDGE.mac);
  const expected = stage.run({ type: 'expect', incident: fridge?.id ?? '', until: null });
  const allowWrites = refuseWrites(stage.spine.databasePath);
  stage.play(attempt(2, START + HOUR), mail(TELEVISION, MAIL_SERVER, START + HOUR + MINUTE));
  stage.wait(START + HOUR + 2 * MINUTE);
  stage.run({ type: 'remove_expectation', expectation: (expected.ok && expected.expectation) || '' });
  stage.run({ type: 'forget', device: FRIDGE.mac });
  stage.spine.recorder.flushAll();
  stage.spine.recorder.flushAll();
  expect(stage.spine.recorder.problem).not.toBeNull();
  expect(stage.log.filter((line) => line.includes(stage.spine.recorder.problem ?? '-'))).toHaveLength(1);
  expect(stage.incidents('mail_started')).toHaveLength(3);
  allowWrites();
  stage.spine.recorder.flushAll();
  expect(stage.spine.recorder.problem).toBeNull();
  expect(stage.log.at(-1)).toContain('can be written again');
  stage.spine.close();
  const again = new Stage({ stateDir });
  expect(again.incidents('mail_started').map(({ device, findings }) => [device, findings])).toEqual([
    [FRIDGE.mac, 1],
    [TELEVISION.mac, 1],
    [CAMERA.mac, 2],
  ]);
  expect(again.devices().map(({ mac }) => mac)).not.toContain(FRIDGE.mac);
  expect(again.spine.recorder.expectations.all()).toEqual([]);
  again.spine.close();
});

test('devices that gave way to others are deleted from the store as well', () => {
  const stage = new Stage({ stateDir });
  for (let i = 0; i < 3000; i++) {
    const mac = `02:00:00:00:${(i >> 8).toString(16).padStart(2, '0')}:${(i & 255).toString(16).padStart(2, '0')}`;
    const ip = `10.9.${i >> 8}.${i & 255}`;
    const claim = arp({ operation: 'request', senderMac: mac, senderIp: ip, targetIp: ip });
    // So slowly that it is no flood.
    stage.play({
      time: START + i * 4 * SECOND,
      data: ethernet({ source: mac, destination: 'ff:ff:ff:ff:ff:ff' }, claim),
    });
    if (i % 500 === 0) stage.spine.recorder.flushAll();
  }
  stage.spine.close();
  const again = new Stage({ stateDir });
  expect(again.spine.engine.devices.size).toBe(2048);
  again.spine.close();
});

test('more real devices that mail than can be kept apart are told of as one more incident, none is lost', () => {
  const stage = new Stage();
  for (let i = 0; i < 2100; i++) {
    const mac = `02:00:00:00:${(i >> 8).toString(16).padStart(2, '0')}:${(i & 255).toString(16).padStart(2, '0')}`;
    const client = { mac, ip: `10.9.${i >> 8}.${i & 255}`, port: 40_000 };
    stage.play(
      tcpConversation({ client, server: outside(MAIL_SERVER, 25), time: START + i * 100, outcome: 'connected' }),
    );
  }
  const incidents = stage.incidents('mail_started');
  expect(incidents).toHaveLength(2049);
  const attempts = incidents.reduce((sum, { evidence }) => sum + Number(evidence.attempts), 0);
  expect(attempts).toBe(2100);
  expect(incidents.filter(({ device }) => device === null)).toMatchObject([{ evidence: { attempts: 52 } }]);
});

test('the same frames give the same report, identifiers and order included', () => {
  const frames = [
    dhcpAck(CAMERA, START),
    answered(CAMERA, 'mx.example.net', [MAIL_SERVER], START + 1),
    ...[...Array(20).keys()].flatMap((i) => attempt(i, START + i * MINUTE)),
    ...visit(FRIDGE, '203.0.113.80', START + HOUR, { host: 'api.vendor.example', down: 14_000 }),
    ...mail(FRIDGE, MAIL_SERVER, START + 2 * HOUR, { outcome: 'connected' }),
    ...mail(TELEVISION, MAIL_SERVER, START + 3 * HOUR, { port: 587 }),
  ];
  const report = () => JSON.stringify(new Stage().play(frames).finish());
  expect(report()).toBe(report());
  expect(report()).toContain('mx.example.net');
});

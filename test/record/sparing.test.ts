// What the disk is spared: counts wait for a save of all, a flood shares its writings, acknowledged messages go with what comes
// next. And that nothing is told of before it is on disk, nor lost with an orderly end.
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Pace } from '../../sensor/record/pace.ts';
import { answered, mail, visit } from '../support/name-frames.ts';
import { CAMERA, HOUR, MAIL_SERVER, MINUTE, SECOND, START, Stage } from '../support/stage.ts';
import { Home } from './home.ts';

let stateDir: string;
beforeEach(() => {
  stateDir = mkdtempSync(join(tmpdir(), 'thingwatch-sparing-'));
});
afterEach(() => rmSync(stateDir, { recursive: true, force: true }));

function onDisk<Row>(stage: Stage, sql: string): Row[] {
  const reader = new Database(stage.spine.databasePath, { readonly: true });
  try {
    return reader.prepare<[], Row>(sql).all();
  } finally {
    reader.close();
  }
}

const backendsOnDisk = (stage: Stage) =>
  onDisk<{ name: string; connections: number }>(stage, 'SELECT name, connections FROM backends ORDER BY name');

test('a new backend is stored with the next flush; that it is met again waits six hours, or for the end', () => {
  const stage = new Stage({ stateDir });
  const meet = (host: string, ip: string, time: number) =>
    stage.play(answered(CAMERA, host, [ip], time), visit(CAMERA, ip, time + SECOND, { host }));
  meet('api.first.example', '203.0.113.80', START);
  stage.spine.recorder.flush();
  meet('api.first.example', '203.0.113.80', START + HOUR);
  meet('api.second.example', '203.0.113.81', START + HOUR + MINUTE);
  stage.spine.recorder.flush();
  expect(backendsOnDisk(stage)).toEqual([
    { name: 'first.example', connections: 1 },
    { name: 'second.example', connections: 1 },
  ]);
  stage.wait(START + 7 * HOUR);
  stage.spine.recorder.flush();
  expect(backendsOnDisk(stage)).toMatchObject([{ connections: 2 }, { connections: 1 }]);
  meet('api.first.example', '203.0.113.80', START + 8 * HOUR);
  stage.spine.close();
  const again = new Stage({ stateDir });
  expect(again.device(CAMERA).backends.map(({ connections }) => connections)).toEqual([3, 1]);
  again.spine.close();
});

test('page and broker hear of a device that changed though nothing of it is stored yet', () => {
  const stage = new Stage({ stateDir });
  const told: string[] = [];
  stage.spine.events.on('device', ({ mac }) => told.push(mac));
  stage.play(visit(CAMERA, '203.0.113.80', START, { host: 'api.first.example' }));
  stage.spine.recorder.tell();
  expect(told).toContain(CAMERA.mac);
  expect(backendsOnDisk(stage)).toEqual([]);
  stage.spine.recorder.flush();
  expect(backendsOnDisk(stage)).toHaveLength(1);
  stage.spine.close();
});

test('after a restart nothing is written of devices and incidents, nor told, before something changes', () => {
  const [one, twin] = ['02:00:5e:00:00:0a', '02:00:5e:00:00:0c'];
  const home = new Home([one, twin], { stateDir });
  home.mails(one);
  home.device(twin).hostnames = home.device(one).hostnames.map((host) => ({ ...host }));
  home.stage.spine.engine.devices.renamed(home.device(twin));
  home.stage.spine.close();
  const again = new Stage({ stateDir });
  const told: string[] = [];
  again.spine.events.on('incident', ({ change }) => told.push(change));
  again.spine.events.on('device', ({ mac }) => told.push(mac));
  const journal = () => statSync(`${again.spine.databasePath}-wal`).size;
  const before = journal();
  for (let time = 0; time < 3; time++) again.spine.recorder.flushMail();
  expect([told, journal()]).toEqual([[], before]);
  again.spine.close();
});

test('mail is counted on disk as it goes on', () => {
  const stage = new Stage({ stateDir });
  for (const n of [0, 1]) {
    stage.play(mail(CAMERA, MAIL_SERVER, START + n * MINUTE, { outcome: 'refused' }));
    stage.spine.recorder.flushMail();
  }
  expect(onDisk(stage, 'SELECT attempts FROM mail_destinations')).toEqual([{ attempts: 2 }]);
  stage.spine.close();
});

describe('a flood of incidents', () => {
  const mailers = 400;
  const flood = (stage: Stage, { first = 0, start = START } = {}) => {
    for (let n = 0; n < mailers; n++) {
      const i = first + n;
      const mac = `24:0a:c4:77:${(i >> 8).toString(16).padStart(2, '0')}:${(i & 255).toString(16).padStart(2, '0')}`;
      const from = { mac, ip: `192.168.${2 + (i >> 7)}.${1 + (i & 127)}` };
      stage.play(mail(from, MAIL_SERVER, start + n * 100, { outcome: 'connected' }));
    }
  };

  test('each is on disk before it is told of, though several share a writing; the log says so once', () => {
    const stage = new Stage({ stateDir });
    const missing: string[] = [];
    const told: string[] = [];
    stage.spine.events.on('incident', ({ change, incident: { id } }) => {
      if (change !== 'opened') return;
      told.push(id);
      if (onDisk(stage, `SELECT id FROM incidents WHERE id = '${id}'`).length === 0) missing.push(id);
    });
    flood(stage);
    const known = stage.spine.recorder.incidents.all().length;
    expect(known).toBeGreaterThan(350);
    expect(told.length).toBeLessThan(known);
    stage.wait(START + 2 * MINUTE);
    stage.spine.recorder.flushMail();
    expect(new Set(told).size).toBe(known);
    expect(missing).toEqual([]);
    expect(stage.log.filter((line) => line.includes('so many incidents'))).toHaveLength(1);
    stage.spine.close();
  });

  test('the log tells of the beginning and the end of each', () => {
    const stage = new Stage({ stateDir });
    const said = () => stage.log.flatMap((line) => /so many incidents|at once again/.exec(line) ?? []);
    const calmAt = (time: number) => {
      stage.wait(time);
      stage.spine.recorder.flushMail();
    };
    flood(stage);
    calmAt(START + 2 * MINUTE);
    expect(said()).toEqual(['so many incidents']);
    calmAt(START + 12 * MINUTE);
    calmAt(START + 13 * MINUTE);
    expect(said()).toEqual(['so many incidents', 'at once again']);
    flood(stage, { first: mailers, start: START + 20 * MINUTE });
    calmAt(START + 22 * MINUTE);
    calmAt(START + 32 * MINUTE);
    expect(said()).toEqual(['so many incidents', 'at once again', 'so many incidents', 'at once again']);
    stage.spine.close();
  });

  test('none is on disk without what is to be told of it, whatever else is written meanwhile', () => {
    const stage = new Stage({ stateDir });
    const told = new Set<string>();
    stage.spine.events.on('incident', ({ change, incident: { id } }) => {
      if (change === 'opened') told.add(id);
    });
    flood(stage);
    const { recorder } = stage.spine;
    const known = recorder.incidents.all().map(({ id }) => id);
    expect(told.size).toBeLessThan(known.length);
    recorder.framesOf(known[0] ?? '');
    const stored = onDisk<{ id: string }>(stage, 'SELECT id FROM incidents').map(({ id }) => id);
    expect(stored.length).toBeGreaterThan(0);
    expect(stored.filter((id) => !told.has(id))).toEqual([]);
    stage.spine.close();
  });

  test('none is lost with an orderly end in the middle of it', () => {
    const stage = new Stage({ stateDir });
    flood(stage);
    const known = stage.spine.recorder.incidents.all().map(({ id }) => id);
    stage.spine.close();
    const again = new Stage({ stateDir });
    expect(again.spine.recorder.incidents.all().map(({ id }) => id)).toEqual(known);
    again.spine.close();
  });
});

describe('an acknowledged message', () => {
  const message = (id: string) =>
    ({ id, topic: 'alert', payload: MAIL_SERVER, createdAt: START, priority: 'alert' }) as const;

  const rows = (stage: Stage) => onDisk<{ id: string }>(stage, 'SELECT id FROM outbox').map(({ id }) => id);

  test('is not sent again; its row goes with what is written next, or with the last that waits', () => {
    const stage = new Stage({ stateDir });
    const { spine } = stage;
    const { outbox } = spine.store;
    spine.store.save({ outbox: [message('a'), message('b'), message('c')], durable: true });
    outbox.remove('a');
    outbox.remove('never there');
    expect([outbox.peek(10).map(({ id }) => id), outbox.size()]).toEqual([['b', 'c'], 2]);
    expect(rows(stage)).toEqual(['a', 'b', 'c']);
    spine.recorder.flushMail();
    expect([outbox.hasGone, rows(stage)]).toEqual([false, ['b', 'c']]);
    outbox.remove('b');
    expect(rows(stage)).toEqual(['b', 'c']);
    outbox.remove('c');
    expect([outbox.hasGone, rows(stage)]).toEqual([false, []]);
    spine.close();
    const again = new Stage({ stateDir });
    expect(again.spine.store.outbox.size()).toBe(0);
    again.spine.close();
  });
});

describe('the pace of writing', () => {
  const taken = (pace: Pace, what: 'incident' | 'counts', times: number, now: number) =>
    Array.from({ length: times }, () => pace.take(what, now)).filter(Boolean).length;

  test('what comes seldom is never held up', () => {
    const pace = new Pace();
    expect(Array.from({ length: 2000 }, (_, n) => pace.take('counts', START + n * 30 * SECOND))).not.toContain(false);
  });

  test('counts leave to incidents what these may need; both go on in time', () => {
    const pace = new Pace();
    expect(taken(pace, 'counts', 1000, START)).toBe(100);
    expect(taken(pace, 'incident', 1000, START)).toBe(100);
    expect(taken(pace, 'incident', 1000, START + MINUTE)).toBe(2);
    expect(taken(pace, 'counts', 1000, START + MINUTE)).toBe(0);
  });

  test('no more than 320 in an hour, however they come', () => {
    const pace = new Pace();
    let count = 0;
    for (let n = 0; n < 3600; n++) count += taken(pace, n % 2 === 0 ? 'incident' : 'counts', 2, START + n * SECOND);
    expect(count).toBeLessThanOrEqual(320);
  });

  test('a clock that was set back holds nothing up', () => {
    const pace = new Pace();
    expect(taken(pace, 'incident', 1000, START)).toBe(200);
    expect(pace.take('incident', START - HOUR)).toBe(true);
  });
});

// The recorder step by step: what a finding does to books and disk, when it is told of, and what waits for which flush.

import { mkdtempSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DISTINCT_KEY } from '../../sensor/record/distinct-pairs.ts';
import { visit } from '../support/name-frames.ts';
import { CAMERA, DAY, FRIDGE, HOUR, MINUTE, SECOND, START, Stage } from '../support/stage.ts';
import { attempts, mail } from './evidence-fixtures.ts';
import { finding } from './findings.ts';
import { Home, SERVER } from './home.ts';
import { backend, entry, message } from './store-fixtures.ts';

const [A, B, C] = ['a4:cf:12:00:00:0a', 'a4:cf:12:00:00:0b', 'a4:cf:12:00:00:0c'] as const;

const ids = (home: Home) => home.store.loadIncidents().map(({ id }) => id);

describe('a finding', () => {
  it('that opens an incident is on disk and told at once; what only counts waits for the next flush', () => {
    const home = new Home([A]);
    const one = home.mails(A);
    expect([home.told, ids(home)]).toEqual([[`opened ${A}`], [one.id]]);
    home.told.length = 0;
    home.mails(A);
    expect([home.told, home.store.loadIncidents()[0]?.findings]).toEqual([[], 1]);
    home.stage.spine.recorder.flushMail();
    expect([home.told, home.store.loadIncidents()[0]?.findings]).toEqual([[`updated ${A}`, `device ${A}`], 2]);
    expect(home.store.loadIncidents()[0]?.summary).toContain('2 attempts');
    home.told.length = 0;
    home.stage.spine.recorder.flushMail();
    expect(home.told).toEqual([]);
    home.stage.spine.recorder.flushAll();
    // Of a disk that takes all there is nothing to say.
    expect(home.stage.log).toEqual([]);
  });

  it('that mail began, or began again, is looked at for an outbreak, and no other is', () => {
    const home = new Home([A, B, C]);
    for (const mac of [A, B]) {
      const contact = { ...backend('bad.example', START - HOUR), role: 'update' as const };
      home.device(mac).backends.set('bad.example', { ...contact, firstSeen: START - HOUR });
    }
    const judged = () => {
      const [outbreak] = home.stage.spine.recorder.incidents.ofKind('outbreak');
      return outbreak?.findings ?? 0;
    };
    const one = home.mails(A);
    expect(judged()).toBe(0);
    home.mails(B, { time: START + 1 });
    expect(judged()).toBe(1);
    home.mails(B, { time: START + 2 });
    home.finds({ device: C, kind: 'mail_lookup', destination: null, portClass: 'x', time: START + 3 });
    home.mails(A, { kind: 'submission_started', portClass: 'submission', severity: 'medium', time: START + 4 });
    expect(judged()).toBe(1);
    home.run({ type: 'resolve', incident: one.id });
    home.mails(A, { time: START + DAY });
    expect([one.state, judged()]).toEqual(['open', 2]);
  });

  it('about a condition concerns no device', () => {
    const home = new Home([A]);
    home.finds({ device: A, kind: 'symptom', effect: 'state', portClass: 'x', destination: null });
    home.stage.spine.recorder.flushMail();
    expect(home.told).toEqual([`opened ${A}`]);
  });

  it('stands, but where a person has called it normal, which is counted and told', () => {
    const home = new Home([A]);
    const { recorder } = home.stage.spine;
    const one = home.mails(A);
    home.run({ type: 'expect', incident: one.id, until: null });
    home.told.length = 0;
    const about = {};
    const again = { ...home.finding({ device: A, time: START + 5 }), about };
    expect(recorder.finding(again, home.device(A))).toBe(false);
    expect(recorder.finding({ ...again, effect: 'updates' }, home.device(A))).toBe(false);
    expect(recorder.finding({ ...again, effect: 'updates', about: {} }, home.device(A))).toBe(true);
    recorder.flushMail();
    expect(recorder.expectations.all()).toMatchObject([{ matches: 1, lastMatch: START + 5 }]);
    expect(home.store.loadExpectations()).toMatchObject([{ matches: 1, lastMatch: START + 5 }]);
    expect([one.findings, one.state, home.told.at(-1)]).toEqual([1, 'expected', 'expectations']);
  });

  it('about another address of the thing is expected as well, and by the name that it knew there', () => {
    const home = new Home([A, B]);
    const { recorder } = home.stage.spine;
    const mail = home.mails(B);
    const known = home.device(B).mail.destinations.get(`${SERVER} 25`);
    Object.assign(known ?? {}, { name: 'mx.provider.example', nameFrom: 'dns' });
    home.run({ type: 'expect', incident: mail.id, until: null });
    home.run({ type: 'merge', device: A, into: B });
    const finding = home.finding({ device: A });
    expect(recorder.finding(finding, home.device(A))).toBe(false);
    expect(
      recorder.finding({ ...finding, destination: { ip: '203.0.113.99', port: 25, name: null } }, home.device(A)),
    ).toBe(true);
  });

  it('that it looks up mail servers is expected of whose mail is', () => {
    const home = new Home([A, B]);
    const { recorder } = home.stage.spine;
    const lookup = (device: string) =>
      recorder.finding(
        home.finding({ device, kind: 'mail_lookup', destination: null, portClass: 'x' }),
        home.device(device),
      );
    expect(lookup(A)).toBe(true);
    home.run({ type: 'expect', incident: home.mails(A).id, until: null });
    expect([lookup(A), lookup(B)]).toEqual([false, true]);
  });

  it('that only tells more of no incident stands, and changes nothing', () => {
    const home = new Home([A]);
    expect(home.stage.spine.recorder.finding(home.finding({ device: A, effect: 'updates' }), home.device(A))).toBe(
      true,
    );
    expect([home.told, ids(home)]).toEqual([[], []]);
  });

  it('after a quiet day of what was acknowledged is one more event of the device', () => {
    const home = new Home([A]);
    const one = home.mails(A);
    home.run({ type: 'acknowledge', incident: one.id });
    home.told.length = 0;
    home.mails(A, { time: START + DAY });
    expect([home.told, home.device(A).timeline.map(({ kind, time }) => [kind, time])]).toEqual([
      ...[[`resumed ${A}`], [['mail_resumed', START + DAY]]],
    ]);
  });
});

describe('what becomes part of another incident', () => {
  it('is taken from the disk and told of, once it was told', () => {
    const home = new Home([A, B]);
    const lookup = home.finds({ device: A, kind: 'mail_lookup', destination: null, portClass: 'x' });
    const others = home.finds({ device: B, kind: 'mail_lookup', destination: null, portClass: 'x' });
    home.told.length = 0;
    const mail = home.mails(A, { absorbs: 'mail_lookup' });
    home.stage.spine.recorder.flushMail();
    expect(home.told).toEqual([`absorbed ${A}`, `opened ${A}`]);
    expect(ids(home).sort()).toEqual([others.id, mail.id].sort());
    expect(home.stage.spine.recorder.incidents.get(lookup.id)).toBeUndefined();
  });

  it('are the incidents of addresses since a time', () => {
    const home = new Home([A, B]);
    const before = home.mails(A, { time: START - 1 });
    const at = home.mails(A, { time: START, portClass: 'odd' });
    const other = home.mails(B, { time: START });
    const flood = home.finds({
      ...{ device: null, kind: 'mac_flood', portClass: '', destination: null },
      takesOver: { macs: [A], since: START },
    });
    home.stage.spine.recorder.flushMail();
    expect(ids(home).sort()).toEqual([before.id, other.id, flood.id].sort());
    expect(home.stage.spine.recorder.incidents.get(at.id)).toBeUndefined();
    expect(home.stage.spine.engine.devices.get(A)).toBeDefined();
  });

  it('are those of made-up addresses, of which nothing remains', () => {
    const home = new Home([A, B]);
    home.mails(A, { time: 5 });
    const other = home.mails(B);
    home.stage.spine.recorder.flushAll();
    expect(home.stored(A)).toBeDefined();
    home.told.length = 0;
    const flood = home.finds({
      ...{ device: null, kind: 'mac_flood', portClass: '', destination: null, withdraws: [A] },
    });
    home.stage.spine.recorder.flushAll();
    expect(ids(home).sort()).toEqual([other.id, flood.id].sort());
    expect([home.stored(A), home.told.filter((line) => line.includes(A))]).toEqual([
      ...[undefined, [`absorbed ${A}`, `forgotten ${A}`]],
    ]);
  });
});

describe('on disk', () => {
  let stateDir: string;
  beforeEach(() => {
    stateDir = mkdtempSync(join(tmpdir(), 'thingwatch-steps-'));
  });
  afterEach(() => rmSync(stateDir, { recursive: true, force: true }));

  const refuse = (home: Home): (() => void) => {
    const change = (sql: (table: string, event: string) => string) => {
      const db = new Database(home.stage.spine.databasePath);
      for (const table of ['incidents', 'devices'])
        for (const event of ['INSERT', 'UPDATE']) db.exec(sql(table, event));
      db.close();
    };
    change(
      (table, event) =>
        `CREATE TRIGGER ${table}${event} BEFORE ${event} ON ${table} BEGIN SELECT RAISE(ABORT, 'no'); END`,
    );
    return () => change((table, event) => `DROP TRIGGER ${table}${event}`);
  };

  it('in a fault everything is told all the same, and how much waits; after it all of it is stored', () => {
    const home = new Home([A, B], { stateDir, isTold: true });
    const { recorder } = home.stage.spine;
    expect([recorder.problem, recorder.refused]).toEqual([null, null]);
    const allow = refuse(home);
    const one = home.mails(A);
    home.mails(B);
    expect(recorder.problem).toMatch(/^The database .* could not be used \(no\)/);
    expect(recorder.refused).toEqual({ since: START, incidents: 2, alerts: 2, lost: 0 });
    expect(home.told).toEqual([`opened ${A}`, `opened ${B}`]);
    home.mails(A);
    home.told.length = 0;
    recorder.flushMail();
    expect([home.told, one.summary.includes('2 attempts')]).toEqual([
      ...[[`updated ${A}`, `device ${A}`, `device ${B}`], true],
    ]);
    home.run({ type: 'forget', device: B });
    expect(home.told).toEqual([`forgotten ${B}`]);
    // The longer it lasts, the more seldom it is tried again; an end waits for no round.
    for (let round = 0; round < 20; round++) recorder.flushMail();
    allow();
    recorder.flushMail();
    expect(recorder.problem).not.toBeNull();
    recorder.flushAll();
    expect([recorder.problem, recorder.refused, home.store.outbox.size()]).toEqual([null, null, 2]);
    expect(home.stage.log.at(-1)).toBe(
      'the database can be written again: 2 incidents and 2 alerts that lived in memory are stored',
    );
    home.stage.spine.close();
    const again = new Home([], { stateDir });
    expect(again.store.loadIncidents().map(({ device, findings }) => [device, findings])).toContainEqual([A, 2]);
    expect([again.stored(A)?.mac, again.stored(B)]).toEqual([A, undefined]);
    again.stage.spine.close();
  });

  it('incidents that memory has given up while the disk refused them are counted, and the log says how many', () => {
    const home = new Home([A, B], { stateDir, isTold: true });
    const { recorder } = home.stage.spine;
    const allow = refuse(home);
    const one = home.mails(A);
    home.mails(B);
    recorder.incidents.remove([one.id]);
    // What is no longer known is given up with the next attempt.
    expect(recorder.refused).toMatchObject({ incidents: 2, lost: 0 });
    recorder.flushAll();
    expect(recorder.refused).toMatchObject({ incidents: 1, lost: 1 });
    allow();
    recorder.flushAll();
    expect([recorder.refused, home.stage.log.at(-1)]).toEqual([
      ...[
        null,
        'the database can be written again: 1 incidents and 2 alerts, but for 1 for which there was no room, that lived in memory are stored',
      ],
    ]);
    const db = new Database(home.stage.spine.databasePath, { readonly: true });
    expect(db.prepare('SELECT * FROM counters').all()).toEqual([{ name: 'dropped_incidents', value: 1 }]);
    db.close();
    expect(ids(home)).toHaveLength(1);
    home.stage.spine.close();
  });

  it('in a fault closed incidents stay, however old', () => {
    const home = new Home([A, B], { stateDir });
    const { engine, recorder } = home.stage.spine;
    const one = home.mails(A);
    home.run({ type: 'resolve', incident: one.id });
    const allow = refuse(home);
    home.mails(B);
    engine.tick(START + 2 * 365 * DAY);
    recorder.flush();
    expect(recorder.incidents.get(one.id)?.id).toBe(one.id);
    allow();
    recorder.flushAll();
    expect(recorder.incidents.get(one.id)).toBeUndefined();
    home.stage.spine.close();
  });

  /** All that a database has of what memory has as well. */
  function contents(path: string): Record<string, unknown[]> {
    const db = new Database(path, { readonly: true });
    const tables = db
      .prepare<[], string>("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")
      .pluck()
      .all();
    const of = tables.filter((name) => !/^(sqlite_sequence|counters|watch_hours|evidence_frames)$/.test(name));
    const all = of.map((name): [string, unknown[]] => [
      name,
      db
        .prepare(`SELECT * FROM ${name}`)
        .all()
        .filter((row) => (row as { key?: string }).key !== 'probed_at'),
    ]);
    db.close();
    return Object.fromEntries(all);
  }

  it('of a database in whose place another lies, all that is known goes into that one', () => {
    const stage = new Stage({ stateDir, meta: () => ({ of_the_program: 'x' }) });
    const { recorder, databasePath } = stage.spine;
    stage.play(
      visit(CAMERA, '203.0.113.80', START, { host: 'api.vendor.example' }),
      mail({ dialogue: 'plain', time: START + SECOND }),
      attempts(2, FRIDGE, START + 2 * SECOND),
    );
    stage.wait(START + MINUTE);
    stage.spine.engine.devices.get(CAMERA.mac)?.timeline.push(entry(START));
    stage.run({ type: 'expect', incident: stage.incidents('mail_started')[0]?.id ?? '', until: null });
    stage.run({ type: 'distinguish', device: CAMERA.mac, from: FRIDGE.mac, distinct: true });
    recorder.flushAll();
    const before = contents(databasePath);
    expect(Object.entries(before).flatMap(([name, rows]) => (rows.length === 0 ? [name] : []))).toEqual([
      ...['browsers', 'outbox', 'published_topics', 'push_phones'],
    ]);
    const other = mkdtempSync(join(tmpdir(), 'thingwatch-steps-'));
    new Stage({ stateDir: other }).spine.close();
    rmSync(stateDir, { recursive: true });
    renameSync(other, stateDir);
    recorder.flushAll();
    expect(recorder.problem).toMatch(/was removed, moved or replaced/);
    recorder.flushAll();
    expect(recorder.problem).toBeNull();
    const after = contents(databasePath);
    for (const [name, rows] of Object.entries(before))
      expect([name, after[name]]).toEqual([name, expect.arrayContaining(rows)]);
    stage.spine.close();
  });

  it('devices that changed are told of by the minute and stored with a flush; counts every six hours, or in the end', () => {
    const home = new Home([A], { stateDir });
    const { engine, recorder } = home.stage.spine;
    recorder.flush();
    home.device(A).connections = 5;
    home.device(A).label = 'Hall';
    engine.devices.markChanged(home.device(A));
    home.told.length = 0;
    recorder.tell();
    recorder.tell();
    expect([home.told, home.stored(A)?.label]).toEqual([[`device ${A}`], null]);
    recorder.flush();
    expect([home.stored(A)?.label, home.told]).toEqual(['Hall', [`device ${A}`]]);
    home.device(A).connections = 6;
    engine.devices.markChanged(home.device(A));
    engine.tick(START + 6 * HOUR - 1);
    recorder.flush();
    expect(home.stored(A)?.connections).toBe(5);
    engine.tick(START + 6 * HOUR);
    recorder.flush();
    expect(home.stored(A)?.connections).toBe(6);
    home.device(A).connections = 7;
    engine.devices.markChanged(home.device(A));
    recorder.flushAll();
    expect(home.stored(A)?.connections).toBe(7);
    home.stage.spine.close();
  });

  it('closed incidents and events go after a year, which is looked at by the hour', () => {
    const home = new Home([A], { stateDir });
    const { engine, recorder } = home.stage.spine;
    const one = home.mails(A);
    home.device(A).timeline.push(entry(START));
    home.run({ type: 'expect', incident: one.id, until: null });
    recorder.flushAll();
    engine.tick(START + 365 * DAY);
    recorder.flushAll();
    expect([ids(home), recorder.incidents.get(one.id)?.id]).toEqual([[one.id], one.id]);
    engine.tick(START + 365 * DAY + HOUR - SECOND);
    recorder.flushAll();
    expect(ids(home)).toEqual([one.id]);
    engine.tick(START + 365 * DAY + HOUR);
    recorder.flushAll();
    expect([ids(home), recorder.incidents.get(one.id), home.stored(A)?.timeline]).toEqual([[], undefined, []]);
    home.stage.spine.close();
  });
});

it('when the clock is put right all that is kept bears its times, on disk at once', () => {
  const home = new Home([A]);
  const { recorder, moveTime } = home.stage.spine;
  const one = home.mails(A);
  home.run({ type: 'expect', incident: one.id, until: START + HOUR });
  home.told.length = 0;
  moveTime({ since: START - 1, until: START + 1, by: DAY }, true);
  expect([one.startedAt, home.store.loadIncidents()[0]?.startedAt]).toEqual([START + DAY, START + DAY]);
  expect(home.store.loadExpectations()).toMatchObject([{ createdAt: START + DAY, until: START + HOUR + DAY }]);
  expect(home.stored(A)?.firstSeen).toBe(START + DAY);
  recorder.flushMail();
  expect(home.told).toEqual(expect.arrayContaining([`updated ${A}`, 'expectations']));
});

it('who takes the name that another announces makes both be told by more than that', () => {
  const home = new Home([A]);
  const one = home.mails(A);
  const { recorder } = home.stage.spine;
  recorder.flushMail();
  const twin = home.appears(C);
  twin.hostnames = home.device(A).hostnames.map((host) => ({ ...host }));
  home.stage.spine.engine.devices.renamed(twin);
  home.told.length = 0;
  recorder.flushMail();
  recorder.flushMail();
  expect(home.told).toContain(`updated ${A}`);
  expect(one.summary).not.toMatch(/^host-0a is/);
});

describe('an order of a person', () => {
  it('to send a test alert has it on disk at once, and says so to who sends', () => {
    const home = new Home([A]);
    home.stage.spine.events.on('test', () => home.told.push(`test, ${home.store.outbox.size()} waiting`));
    home.stage.spine.recorder.test([message('t1'), message('t2')]);
    expect([home.told, home.store.outbox.peek(9).map(({ id }) => id)]).toEqual([['test, 2 waiting'], ['t1', 't2']]);
  });

  it('that names a device is on disk at once, and what is told of its incidents, and of no others, changes', () => {
    const home = new Home([A, B]);
    const [one, other] = [home.mails(A), home.mails(B)];
    home.stage.spine.recorder.flushAll();
    home.run({ type: 'rename', device: A, label: 'Hall' });
    expect([home.told, home.stored(A)?.label]).toEqual([[`device ${A}`], 'Hall']);
    home.told.length = 0;
    const summaryOf = (id: string) => home.store.loadIncidents().find((incident) => incident.id === id)?.summary;
    const before = summaryOf(other.id);
    home.stage.spine.recorder.flushMail();
    expect(home.told.filter((line) => line.startsWith('updated'))).toEqual([`updated ${A}`]);
    expect([summaryOf(one.id), summaryOf(other.id)]).toEqual([expect.stringMatching(/^Hall /), before]);
  });

  it('that tells two addresses apart is on disk at once', () => {
    const home = new Home([A, B]);
    home.run({ type: 'distinguish', device: A, from: B, distinct: true });
    expect(home.store.meta(DISTINCT_KEY) ?? '').toContain(A);
  });

  it('that forgets a device takes its frames at once; its incident stays', () => {
    const stage = new Stage().play(mail({ dialogue: 'plain' }), attempts(2, FRIDGE, START + SECOND));
    const framesOf = (mac: string) =>
      stage.incidents('mail_started').flatMap(({ device, id }) => {
        return device === mac ? [stage.spine.recorder.framesOf(id).length, stage.spine.store.framesOf(id).length] : [];
      });
    const [kept, stored] = framesOf(CAMERA.mac);
    expect([kept === stored, (kept ?? 0) > 5, framesOf(FRIDGE.mac)]).toEqual([true, true, [2, 2]]);
    stage.run({ type: 'forget', device: CAMERA.mac });
    expect([framesOf(CAMERA.mac), framesOf(FRIDGE.mac)]).toEqual([
      [0, 0],
      [2, 2],
    ]);
  });
});

describe('frames of an incident', () => {
  it('are given in their order, with those that are not on disk yet', () => {
    const stage = new Stage().play(attempts(1, CAMERA, START));
    const [one] = stage.incidents('mail_started');
    const seqs = () => stage.spine.recorder.framesOf(one?.id ?? '').map(({ seq }) => seq);
    expect(seqs()).toEqual([0]);
    stage.play(mail({ dialogue: 'plain', clientPort: 41_000, time: START + MINUTE }));
    const now = seqs();
    expect(now.length).toBeGreaterThan(5);
    expect(now).toEqual(now.map((_, n) => n));
    expect(stage.spine.store.framesOf(one?.id ?? '')).toHaveLength(now.length);
    expect(stage.spine.recorder.framesOf('unknown')).toEqual([]);
  });

  it('that became part of another are its, on disk as well', () => {
    const stage = new Stage().play(attempts(2, CAMERA, START));
    const { recorder, store } = stage.spine;
    const [one] = stage.incidents('mail_started');
    expect(store.framesOf(one?.id ?? '').length + recorder.framesOf(one?.id ?? '').length).toBe(4);
    const flood = { kind: 'mac_flood', device: null, portClass: '', destination: null, time: START + MINUTE } as const;
    recorder.finding(finding({ ...flood, takesOver: { macs: [CAMERA.mac], since: START } }), null);
    recorder.flushAll();
    const [more] = stage.incidents('mac_flood');
    expect([store.framesOf(one?.id ?? ''), store.framesOf(more?.id ?? '').length]).toEqual([[], 2]);
    expect(recorder.incidents.get(one?.id ?? '')).toBeUndefined();
  });
});

describe('what only counts', () => {
  it('of an incident that is part of another meanwhile is neither written nor told', () => {
    const home = new Home([A]);
    const lookup = () => home.finds({ device: A, kind: 'mail_lookup', destination: null, portClass: 'x' });
    lookup();
    home.stage.spine.recorder.flushMail();
    lookup();
    home.told.length = 0;
    const one = home.mails(A, { absorbs: 'mail_lookup' });
    home.stage.spine.recorder.flushMail();
    expect(home.told).toEqual([`absorbed ${A}`, `opened ${A}`]);
    expect(ids(home)).toEqual([one.id]);
  });

  it('is left alone by an incident that absorbs nothing, or nobody’s', () => {
    const home = new Home([A, B]);
    const one = home.finds({ device: A, kind: 'mail_lookup', destination: null, portClass: 'x' });
    home.mails(B, { absorbs: 'mail_lookup' });
    const none = { device: null, kind: 'mac_flood' as const, portClass: '', destination: null };
    home.finds({ ...none, absorbs: 'mail_lookup', withdraws: [], takesOver: { macs: [], since: 0 } });
    expect([ids(home).includes(one.id), home.device(A).mac]).toEqual([true, A]);
  });
});

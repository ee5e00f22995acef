// The store's smaller tables: every cell of their rows, which rows may go, and what is said of those that cannot be read.
import { chmodSync, existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { BrowserBook } from '../../sensor/record/browser-book.ts';
import { Browsers, readBrowsers } from '../../sensor/record/browsers.ts';
import { Counters } from '../../sensor/record/counters.ts';
import type { AfterCommit } from '../../sensor/record/device-table.ts';
import { MEMORY_KEY, parseMemory, VANTAGE_KEY } from '../../sensor/record/engine-meta.ts';
import type { EvidenceFrame } from '../../sensor/record/evidence-ring.ts';
import { EvidenceTable } from '../../sensor/record/evidence-table.ts';
import type { Incident } from '../../sensor/record/incident.ts';
import { IncidentTable } from '../../sensor/record/incident-table.ts';
import { MemoryTable } from '../../sensor/record/memory-table.ts';
import { Outbox } from '../../sensor/record/outbox.ts';
import { migrate, SCHEMA_VERSION, schemaVersion } from '../../sensor/record/schema.ts';
import { Store } from '../../sensor/record/store.ts';
import { TopicBook } from '../../sensor/record/topic-book.ts';
import { DAY, expectation, incident, message, NOW, temporaryDirectory } from './store-fixtures.ts';

let db: Database.Database;
let problems: string[];
const onProblem = (problem: string) => void problems.push(problem);
const work = <T>(what: () => T): T => what();
beforeEach(() => {
  db = new Database(':memory:');
  migrate(db);
  problems = [];
});
afterEach(() => db.close());

const rows = (sql: string) => db.prepare<[], Record<string, unknown>>(sql).all();

describe('the schema', () => {
  it('goes up one version at a time, and never down', () => {
    const fresh = new Database(':memory:');
    const tables = () => fresh.prepare('SELECT count(*) FROM sqlite_master').pluck().get();
    const seen = Array.from({ length: SCHEMA_VERSION }, (_, n) => {
      migrate(fresh, n + 1);
      return [schemaVersion(fresh), tables()];
    });
    expect(seen.map(([version]) => version)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
    migrate(fresh, 2);
    migrate(fresh);
    expect([schemaVersion(fresh), tables()]).toEqual(seen.at(-1));
    fresh.pragma(`user_version = ${SCHEMA_VERSION + 1}`);
    migrate(fresh);
    expect(schemaVersion(fresh)).toBe(SCHEMA_VERSION + 1);
    fresh.close();
  });
});

describe('incidents', () => {
  const full: Incident = incident('i', {
    ...{ kind: 'exposed', severity: 'low', device: 'm', portClass: 'p', startedAt: 1, lastAt: 2, findings: 3 },
    ...{ summary: 's', evidence: { a: [1] }, advice: ['b'], before: [], state: 'resolved', acknowledgedAt: 4 },
    ...{ resolvedAt: 5, watchUntil: 6 },
  });

  it('have each field in its own cell, and come back', () => {
    const table = new IncidentTable(db, onProblem);
    table.saveIncident(full);
    expect(rows('SELECT * FROM incidents')).toEqual([
      {
        ...{ id: 'i', kind: 'exposed', severity: 'low', device: 'm', port_class: 'p', started_at: 1, last_at: 2 },
        ...{ findings: 3, summary: 's', evidence: '{"a":[1]}', advice: '["b"]', happened_before: '[]' },
        ...{ state: 'resolved', acknowledged_at: 4, resolved_at: 5, watch_until: 6 },
      },
    ]);
    expect(table.loadIncidents(false)).toStrictEqual([full]);
    const other = incident('i', { device: null, severity: 'critical', state: 'open' });
    table.saveIncident(other);
    expect(table.loadIncidents(false)).toStrictEqual([other]);
    table.removeIncident('i');
    expect([table.loadIncidents(false), problems]).toEqual([[], []]);
  });

  it('are loaded by start, then id; those that are open are open or acknowledged', () => {
    const table = new IncidentTable(db, onProblem);
    const states = ['resolved', 'acknowledged', 'open', 'expected'] as const;
    for (const [n, state] of states.entries())
      table.saveIncident(incident(`i${9 - n}`, { state, startedAt: n < 2 ? 7 : 5 }));
    const ids = (openOnly: boolean) => table.loadIncidents(openOnly).map(({ id }) => id);
    expect([ids(false), ids(true)]).toEqual([
      ['i6', 'i7', 'i8', 'i9'],
      ['i7', 'i8'],
    ]);
  });

  it.each([
    ["kind = 'x'", 'kind'],
    ["severity = 'x'", 'severity'],
    ["state = 'x'", 'state'],
    ["advice = '{}'", 'advice'],
    ["evidence = '[]'", 'evidence'],
    ["happened_before = '[{}]'", 'before.0.time'],
  ])('with %s are skipped and told', (change, field) => {
    const table = new IncidentTable(db, onProblem);
    table.saveIncident(full);
    table.saveIncident(incident('j'));
    db.exec(`UPDATE incidents SET ${change} WHERE id = 'i'`);
    expect(table.loadIncidents(false).map(({ id }) => id)).toEqual(['j']);
    expect(problems).toEqual([`skipped an unreadable row of incidents (i): unexpected ${field}`]);
  });

  it.each<[string, Partial<Incident>, number | null]>([
    ['open', { state: 'open', lastAt: 1 }, null],
    ['acknowledged', { state: 'acknowledged', lastAt: 1 }, null],
    ['resolved', { state: 'resolved', lastAt: 1, resolvedAt: 5 }, 5],
    ['resolved, and went on', { state: 'resolved', lastAt: 9, resolvedAt: 5 }, 9],
    ['resolved, and watched', { state: 'resolved', lastAt: 1, resolvedAt: 5, watchUntil: 12 }, 12],
    ['expected', { state: 'expected', lastAt: 3 }, 3],
  ])('that are %s go only when all of it lies before', (_, over, at) => {
    const table = new IncidentTable(db, onProblem);
    table.saveIncident(incident('i', over));
    expect(table.timeOfOldest(9)).toBe(at);
    expect(table.removeBefore(at ?? 99).incidents).toEqual([]);
    expect(table.removeBefore((at ?? 99) + 1).incidents).toEqual(at === null ? [] : ['i']);
  });

  it('and events of devices: the oldest that may go, by time', () => {
    const table = new IncidentTable(db, onProblem);
    expect(table.timeOfOldest(1)).toBeNull();
    db.exec(`INSERT INTO devices (mac, role, first_seen, last_seen, broadcast_only, shared_mac, connections, hostnames, identity, firmware, mail, lookups)
             VALUES ('m', 'device', 1, 1, 0, 0, 0, '[]', '{}', '[]', '{}', '{}')`);
    for (const time of [10, 30])
      db.exec(`INSERT INTO timeline (mac, ord, time, kind, detail) VALUES ('m', ${time}, ${time}, 'x', '{}')`);
    table.saveIncident(incident('i', { state: 'expected', lastAt: 20 }));
    expect([1, 2, 3, 4].map((count) => table.timeOfOldest(count))).toEqual([10, 20, 30, 30]);
    expect(table.removeBefore(30)).toEqual({ incidents: ['i'], timeline: 1 });
    expect(rows('SELECT time FROM timeline')).toEqual([{ time: 30 }]);
  });
});

describe('expectations', () => {
  it('have each field in its own cell, and come back oldest first, with what people are shown of the pairs', () => {
    const table = new IncidentTable(db, onProblem);
    const one = {
      ...expectation('e'),
      ...{ device: 'm', createdAt: 1, createdBy: 'page', until: 2, matches: 3, lastMatch: 4, incident: 'i' },
      targets: [
        { destination: 'b', port: 587, from: '192.168.7.3' },
        { destination: 'a', port: 25 },
        { destination: 'b', port: 25 },
      ],
    };
    table.saveExpectation(one);
    table.saveExpectation({ ...expectation('d'), createdAt: 0, covers: 'exposed', until: null });
    table.saveExpectation({ ...expectation('c'), createdAt: 1 });
    expect(rows("SELECT * FROM expectations WHERE id = 'e'")).toEqual([
      {
        ...{ id: 'e', device: 'm', covers: 'mail', created_at: 1, created_by: 'page', until: 2, matches: 3 },
        ...{ last_match: 4, incident: 'i', targets: JSON.stringify(one.targets) },
      },
    ]);
    const loaded = table.loadExpectations();
    expect(loaded.map(({ id }) => id)).toEqual(['d', 'c', 'e']);
    expect(loaded[2]).toMatchObject({ ...one, destinations: ['a', 'b'], ports: [25, 587] });
    expect(loaded[2]?.targets).toStrictEqual(one.targets);
    expect(loaded[0]).toMatchObject({ covers: 'exposed', until: null });
    table.removeExpectation('e');
    expect(table.loadExpectations()).toHaveLength(2);
  });

  it.each([
    ["covers = 'all'", 'unexpected covers'],
    [`targets = '[{"destination":"a","port":"25"}]'`, 'unexpected targets.0.port'],
    [`targets = '[{"destination":"a","port":25,"from":5}]'`, 'unexpected targets.0.from'],
    ["targets = 'x'", 'not JSON'],
  ])('with %s are skipped and told', (change, reason) => {
    const table = new IncidentTable(db, onProblem);
    table.saveExpectation(expectation('e'));
    db.exec(`UPDATE expectations SET ${change}`);
    expect([table.loadExpectations(), problems]).toEqual([
      ...[[], [`skipped an unreadable row of expectations (e): ${reason}`]],
    ]);
  });
});

describe('what detectors remember', () => {
  it('is kept by detector and device, replaced, and deleted by null', () => {
    const table = new MemoryTable(db, onProblem);
    for (const [detector, mac, value] of [
      ['b', '', { a: 1 }],
      ['a', 'n', [2]],
      ['a', 'm', 3],
      ['a', 'n', 'x'],
      ['c', 'm', 5],
      ['c', 'm', null],
    ] as const)
      table.save({ detector, mac, value });
    expect(table.load()).toEqual([
      { detector: 'a', mac: 'm', value: 3 },
      { detector: 'a', mac: 'n', value: 'x' },
      { detector: 'b', mac: '', value: { a: 1 } },
    ]);
    db.exec("UPDATE detector_memory SET value = '{' WHERE mac = 'n'");
    expect(table.load()).toHaveLength(2);
    expect(problems).toEqual(['skipped an unreadable row of detector_memory (a, n): not JSON']);
  });
});

describe('frames', () => {
  const frame = (seq: number, over: Partial<EvidenceFrame> = {}): EvidenceFrame => ({
    ...{ seq, time: 1000 + seq, linkType: 1, wireLength: 60 + seq, data: Buffer.from([seq, 7]), ...over },
  });
  const change = (frames: EvidenceFrame[], over = {}) => ({
    ...{ incident: 'i', seen: 9, head: 2, next: 5, tailFrom: 2, frames, ...over },
  });
  const frameRows = () =>
    rows('SELECT incident, seq FROM evidence_frames').map(({ incident: id, seq }) => `${id}${seq}`);

  it('have each field in its own cell, and come back with what is known of them', () => {
    const table = new EvidenceTable(db, onProblem);
    table.save({ changes: [change([frame(1), frame(0)]), change([frame(0)], { incident: 'h' })], removed: [] });
    expect(rows("SELECT * FROM evidence_frames WHERE incident = 'i' AND seq = 1")).toEqual([
      { incident: 'i', seq: 1, time: 1001, link_type: 1, wire_length: 61, data: Buffer.from([1, 7]) },
    ]);
    expect(table.framesOf('i')).toEqual([frame(0), frame(1)]);
    const known = { seen: 9, head: 2, next: 5 };
    expect(table.load()).toEqual([
      { ...known, incident: 'h', sizes: [{ seq: 0, bytes: 2 }] },
      { ...known, incident: 'i', sizes: [0, 1].map((seq) => ({ seq, bytes: 2 })) },
    ]);
    expect([table.seenOf('i'), table.seenOf('x'), table.framesOf('x')]).toEqual([9, 0, []]);
  });

  it('that gave way are deleted: those from the head to the tail, not the first and not the latest', () => {
    const table = new EvidenceTable(db, onProblem);
    table.save({ changes: [change([0, 1, 2, 3, 4].map((seq) => frame(seq)))], removed: [] });
    table.save({ changes: [change([frame(5)], { tailFrom: 4, next: 6, seen: 12 })], removed: [] });
    expect(frameRows()).toEqual(['i0', 'i1', 'i4', 'i5']);
    expect(rows('SELECT * FROM evidence')).toEqual([{ incident: 'i', seen: 12, head: 2, next: 6 }]);
  });

  it('of incidents that are removed, or that are no more, go', () => {
    const table = new EvidenceTable(db, onProblem);
    const all = ['a', 'b', 'c'].map((id) => change([frame(0)], { incident: id }));
    table.save({ changes: all, removed: [] });
    new IncidentTable(db, onProblem).saveIncident(incident('c'));
    table.save({ changes: [], removed: ['a', 'x'] });
    expect(frameRows()).toEqual(['b0', 'c0']);
    table.removeOrphans();
    expect([frameRows(), table.load().map((one) => one.incident)]).toEqual([['c0'], ['c']]);
    // What is removed and kept anew in one save is kept.
    table.save({ changes: [change([frame(7)], { incident: 'c' })], removed: ['c'] });
    expect(frameRows()).toEqual(['c7']);
  });

  it('are moved with the clock, from the first moment to the last', () => {
    const table = new EvidenceTable(db, onProblem);
    table.save({ changes: [change([0, 1, 2, 3].map((seq) => frame(seq)))], removed: [] });
    table.move({ since: 1001, until: 1002, by: 50 });
    expect(table.framesOf('i').map(({ time }) => time)).toEqual([1000, 1051, 1052, 1003]);
  });

  it('stay where a correction of the clock begins where it ends: nothing was stamped wrong', () => {
    const store = Store.open({ path: ':memory:', now: () => NOW });
    store.save({ evidence: { changes: [change([frame(0)])], removed: [] }, durable: false });
    store.save({ moves: [{ since: 1000, until: 1000, by: 50 }], durable: false });
    expect(store.evidence.framesOf('i').map(({ time }) => time)).toEqual([1000]);
    store.save({ moves: [{ since: 999, until: 1000, by: 50 }], durable: false });
    expect(store.evidence.framesOf('i').map(({ time }) => time)).toEqual([1050]);
    store.close();
  });

  it('of an unknown link, or of no octets, are skipped and told', () => {
    const table = new EvidenceTable(db, onProblem);
    table.save({ changes: [change([0, 1, 2].map((seq) => frame(seq)))], removed: [] });
    db.exec('UPDATE evidence_frames SET link_type = 9999 WHERE seq = 1');
    db.exec("UPDATE evidence_frames SET data = x'' WHERE seq = 2");
    expect(table.framesOf('i').map(({ seq }) => seq)).toEqual([0, 2]);
    expect(problems).toEqual(['skipped an unreadable row of evidence_frames (i, 1): unexpected value']);
  });
});

describe('running totals', () => {
  it('begin at nothing, and add up, each for itself', () => {
    const counters = new Counters(db);
    counters.add('dropped_incidents', 2);
    counters.add('dropped_incidents', 3);
    counters.add('dropped_timeline', 7);
    expect([
      counters.get('dropped_incidents'),
      counters.get('dropped_timeline'),
      counters.get('dropped_messages'),
    ]).toEqual([...[5, 7, 0]]);
  });
});

describe('the outbox', () => {
  const state = { priority: 'state' as const };
  let outbox: Outbox;
  beforeEach(() => {
    outbox = new Outbox(db, work, 4);
  });

  function save(added: Parameters<Outbox['save']>[0], lost?: number): void {
    const afterCommit: AfterCommit = [];
    db.transaction(() => outbox.save(added, afterCommit, lost))();
    for (const remember of afterCommit) remember();
  }
  const stored = () => rows('SELECT id FROM outbox ORDER BY seq').map(({ id }) => id);
  const shown = () => outbox.peek(99).map(({ id }) => id);

  it('has each field of a message in its own cell, in the order of coming', () => {
    save([message('b', { topic: 't', payload: 'p', createdAt: 5 }), message('a', state)]);
    expect(rows('SELECT * FROM outbox')).toEqual([
      { seq: 1, id: 'b', topic: 't', payload: 'p', created_at: 5, priority: 'alert', target: '' },
      {
        ...{ seq: 2, id: 'a', topic: 'thingwatch/alert', payload: '{"id":"a"}', created_at: NOW },
        ...{ priority: 'state', target: '' },
      },
    ]);
    expect(outbox.peek(1)).toEqual([message('b', { topic: 't', payload: 'p', createdAt: 5 })]);
  });

  it('keeps what the broker has until nothing waits any more, or until the next save', () => {
    save([message('a'), message('b', state), message('c')]);
    expect(outbox.hasGone).toBe(false);
    outbox.remove('a');
    outbox.remove('unknown');
    expect([shown(), stored(), outbox.size(), outbox.hasGone]).toEqual([['b', 'c'], ['a', 'b', 'c'], 2, true]);
    expect(outbox.peek(1).map(({ id }) => id)).toEqual(['b']);
    outbox.remove('b');
    outbox.remove('c');
    expect([shown(), stored(), outbox.size(), outbox.hasGone]).toEqual([[], [], 0, false]);
    save([message('d'), message('e')]);
    outbox.remove('d');
    save([message('f')]);
    expect([stored(), outbox.size(), outbox.hasGone]).toEqual([['e', 'f'], 2, false]);
  });

  it('what another target took as one goes as one', () => {
    const added = ['a', 'b', 'c'].map((id) => message(id, { target: 'phone' }));
    save([...added, message('d')]);
    db.exec("CREATE TEMP TRIGGER whole AFTER DELETE ON outbox WHEN old.id = 'c' BEGIN SELECT raise(ABORT, 'no'); END");
    expect(() => outbox.remove('a', 'b', 'c')).toThrow('no');
    expect([stored(), outbox.peek(9, 'phone'), outbox.size('phone')]).toEqual([['a', 'b', 'c', 'd'], [], 0]);
    db.exec('DROP TRIGGER whole');
    outbox.remove('a', 'b', 'c');
    expect([stored(), outbox.size('phone')]).toEqual([['d'], 0]);
  });

  it('gives out no more than it is asked for, whatever is gone', () => {
    save([message('a'), message('b'), message('c')]);
    outbox.remove('c');
    expect(outbox.peek(1).map(({ id }) => id)).toEqual(['a']);
    expect(outbox.peek(0)).toEqual([]);
  });

  it('makes room for what is new by what is gone first, then by states, then by the oldest, and counts those', () => {
    save([message('a1'), message('s1', state), message('a2'), message('s2', state)]);
    outbox.remove('a1');
    save([message('a3')]);
    expect([stored(), outbox.dropped()]).toEqual([['s1', 'a2', 's2', 'a3'], 0]);
    save([message('a4'), message('s3', state)]);
    expect([stored(), outbox.dropped(), outbox.size()]).toEqual([['a2', 'a3', 'a4', 's3'], 2, 4]);
    save([message('a5'), message('a6'), message('a7')]);
    expect([stored(), outbox.dropped(), outbox.size()]).toEqual([['a4', 'a5', 'a6', 'a7'], 5, 4]);
    save([message('s4', state)]);
    expect([stored(), outbox.dropped()]).toEqual([['a4', 'a5', 'a6', 'a7'], 6]);
    save([message('a8')]);
    expect([stored(), outbox.dropped(), outbox.size()]).toEqual([['a5', 'a6', 'a7', 'a8'], 7, 4]);
  });

  it('knows after a restart how many wait, and which of them are states', () => {
    save([message('a1'), message('s1', state), message('a2')]);
    outbox = new Outbox(db, work, 2);
    expect(outbox.size()).toBe(3);
    save([message('a3')]);
    expect([stored(), outbox.size()]).toEqual([['a2', 'a3'], 2]);
  });

  it('a message that waits already is not counted again, whatever it is now', () => {
    save([message('a', state), message('a', state), message('b')]);
    save([message('a', state)]);
    expect([outbox.size(), stored()]).toEqual([2, ['a', 'b']]);
    save([message('c'), message('d'), message('e')]);
    expect([stored(), outbox.size()]).toEqual([['b', 'c', 'd', 'e'], 4]);
  });

  it('counts what was given up before it came here', () => {
    save([], 0);
    expect(rows('SELECT * FROM counters')).toEqual([]);
    save([message('a')], 3);
    save([]);
    expect(outbox.dropped()).toBe(3);
  });

  it('a save that fails changes nothing of what it knows', () => {
    save([message('a'), message('b')]);
    outbox.remove('a');
    const failing = db.transaction(() => {
      outbox.save([message('c')], []);
      throw new Error('full');
    });
    expect(failing).toThrow('full');
    expect([shown(), stored(), outbox.size(), outbox.hasGone]).toEqual([['b'], ['a', 'b'], 1, true]);
  });

  it('exactly full is not too full: nothing gives way, and nothing is counted', () => {
    save([message('a'), message('b'), message('c'), message('d', state)]);
    expect([outbox.size(), rows('SELECT * FROM counters')]).toEqual([4, []]);
    save([message('e')], 1);
    expect([stored(), outbox.dropped()]).toEqual([['a', 'b', 'c', 'e'], 2]);
  });

  it('knows of a state that came after a restart that it gives way before older alerts', () => {
    save([message('a'), message('b')]);
    outbox = new Outbox(db, work, 3);
    save([message('s', state), message('c')]);
    expect(stored()).toEqual(['a', 'b', 'c']);
  });

  it('counts an acknowledgement that comes twice once, and knows of each message whether it waits', () => {
    save([message('a'), message('b'), message('p', { target: 'phone' })]);
    expect(['a', 'b', 'p', 'x'].map((id) => outbox.has(id))).toEqual([true, true, true, false]);
    for (const id of ['p', 'a', 'a']) outbox.remove(id);
    expect([outbox.size(), outbox.size('phone'), shown()]).toEqual([1, 0, ['b']]);
    expect(['a', 'b', 'p'].map((id) => outbox.has(id))).toEqual([false, true, false]);
    // On disk still, for nobody.
    expect([stored(), outbox.all().map(({ id }) => id)]).toEqual([['a', 'b'], ['b']]);
    save([]);
    expect([stored(), outbox.size(), outbox.has('a')]).toEqual([['b'], 1, false]);
  });

  it('in which nothing waits asks nothing of the disk', () => {
    db.exec('ALTER TABLE outbox RENAME TO away');
    expect([outbox.peek(9), outbox.peek(9, 'phone')]).toEqual([[], []]);
  });

  it('lets go of those who are no more, and writes nothing where that is nobody', () => {
    const directory = temporaryDirectory();
    const [file, other] = [0, 1].map(() => new Database(join(directory, 'a.db'), { timeout: 0 })) as [
      Database.Database,
      Database.Database,
    ];
    migrate(file);
    const lasting = new Outbox(file, work);
    const afterCommit: AfterCommit = [];
    lasting.save([message('a'), message('p', { target: 'phone' })], afterCommit);
    for (const remember of afterCommit) remember();
    other.exec('BEGIN IMMEDIATE');
    lasting.keepTargets(['phone', 'hook']);
    expect(() => lasting.keepTargets(['hook'])).toThrow(/locked/);
    expect([lasting.size('phone'), lasting.size()]).toEqual([1, 1]);
    other.exec('ROLLBACK');
    lasting.keepTargets(['hook']);
    expect([lasting.size('phone'), lasting.all().map(({ id }) => id)]).toEqual([0, ['a']]);
    for (const one of [file, other]) one.close();
    rmSync(directory, { recursive: true });
  });

  it('takes an acknowledgement of what was never there, where it could not look, and is right again with the next save', () => {
    db.exec('ALTER TABLE outbox RENAME TO away');
    expect(() => outbox.remove('unknown')).toThrow(/no such table/);
    db.exec('ALTER TABLE away RENAME TO outbox');
    expect([shown(), outbox.hasGone]).toEqual([[], true]);
    save([message('a')]);
    expect([shown(), outbox.size(), outbox.hasGone]).toEqual([['a'], 1, false]);
  });

  it('of which nothing can be read takes an acknowledgement all the same, and gives the message out no more', () => {
    save([message('a'), message('b')]);
    db.exec('ALTER TABLE outbox RENAME TO away');
    outbox.remove('a');
    db.exec('ALTER TABLE away RENAME TO outbox');
    expect([shown(), outbox.hasGone]).toEqual([['b'], true]);
  });
});

describe('browsers', () => {
  const phone = { id: 'p', tokenHash: 'h1', name: 'Phone', createdAt: 2, lastSeen: 3 };
  const tablet = { id: 't', tokenHash: 'h2', name: 'Tablet', createdAt: 1, lastSeen: 4 };
  const laptop = { id: 'l', tokenHash: 'h3', name: 'Laptop', createdAt: 2, lastSeen: 5 };

  it('have each field in its own cell, the oldest pairing first', () => {
    const browsers = new Browsers(db, work);
    for (const one of [phone, tablet, laptop]) browsers.put(one);
    expect(browsers.list()).toEqual([tablet, laptop, phone]);
    expect(rows("SELECT * FROM browsers WHERE id = 'p'")).toEqual([
      { id: 'p', token_hash: 'h1', name: 'Phone', created_at: 2, last_seen: 3 },
    ]);
    expect([browsers.remove('p'), browsers.remove('p'), browsers.list()]).toEqual([true, false, [tablet, laptop]]);
  });

  it('can be listed by a command beside the sensor, which changes nothing; without a database that is told', () => {
    const directory = temporaryDirectory();
    const path = join(directory, 'a.db');
    expect(() => readBrowsers(path)).toThrow(expect.objectContaining({ name: 'StoreError', code: 'unwritable' }));
    expect(existsSync(path)).toBe(false);
    const sensor = new Database(path);
    migrate(sensor);
    new Browsers(sensor, work).put(phone);
    chmodSync(path, 0o400);
    expect(readBrowsers(path)).toEqual([phone]);
    new Browsers(sensor, work).put(tablet);
    expect(readBrowsers(path)).toEqual([tablet, phone]);
    sensor.close();
    rmSync(directory, { recursive: true });
  });

  it('are known in memory, and what changes is written: a browser, or that it is gone', () => {
    const browsers = new Browsers(db, work);
    const kept: string[] = [];
    const book = new BrowserBook([tablet], (what, write) => {
      kept.push(what);
      write({ browsers } as unknown as Store);
    });
    book.add(phone);
    book.touch('p', 9);
    book.touch('unknown', 9);
    expect([book.list(), kept]).toEqual([
      [tablet, { ...phone, lastSeen: 9 }],
      ['browser p', 'browser p'],
    ]);
    expect(browsers.list()).toEqual([{ ...phone, lastSeen: 9 }]);
    expect([book.remove('p'), book.remove('p'), browsers.list(), kept.length]).toEqual([true, false, [], 3]);
    book.keepAll();
    expect([browsers.list(), kept.at(-1)]).toEqual([[tablet], 'browser t']);
  });
});

it('topics are known in memory, sorted, and what changes is written', () => {
  const written: string[] = [];
  const store = {
    setPublished: (topic: string) => written.push(`+${topic}`),
    unsetPublished: (topic: string) => written.push(`-${topic}`),
  } as unknown as Store;
  const kept: string[] = [];
  const book = new TopicBook(['c', 'a'], (what, write) => {
    kept.push(what);
    write(store);
  });
  book.setPublished('b');
  book.unsetPublished('a');
  expect([book.publishedTopics(), written, kept]).toEqual([
    ['b', 'c'],
    ['+b', '-a'],
    ['topic b', 'topic a'],
  ]);
  book.keepAll();
  expect(written.slice(2)).toEqual(['+c', '+b']);
});

describe('what the engine remembered', () => {
  it('lies under the names that databases have it by', () => {
    expect([MEMORY_KEY, VANTAGE_KEY]).toEqual(['engine_memory', 'vantage']);
  });

  const nothing = { prefixes: [], publicAddresses: [], links: [], gateways: [] };

  it.each([
    null,
    '',
    'x',
    '[]',
    '5',
    '{"prefixes":5}',
    '{"prefixes":[5],"publicAddresses":[{}],"links":[1],"gateways":{}}',
  ])('is nothing in %j', (text) => {
    expect(parseMemory(text)).toEqual(nothing);
  });

  it('is what can be read of it, prefixes also as they were kept once', () => {
    const prefix = { prefix: '198.51.100.0/24', by: 'm', until: DAY };
    const claim = { ip: '198.51.100.1', by: 'm', until: DAY };
    const text = JSON.stringify({
      ...{ prefixes: [prefix, '203.0.113.0/24', { prefix: 'x' }], publicAddresses: [claim, { ip: 'y' }] },
      ...{ links: ['a', 1, 'b'], gateways: ['g', null] },
    });
    expect(parseMemory(text)).toEqual({
      prefixes: [prefix, { prefix: '203.0.113.0/24', by: null, until: Number.MAX_SAFE_INTEGER }],
      ...{ publicAddresses: [claim], links: ['a', 'b'], gateways: ['g'] },
    });
  });
});

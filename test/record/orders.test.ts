// Each order of a person by itself: what it answers, whom it changes, what is told of it, and what of it is stored.
import { describe, expect, it } from 'vitest';
import { LONGEST_CHAIN } from '../../sensor/attribute/device.ts';
import { PrivateThings } from '../../sensor/attribute/private-things.ts';
import { previewExpectation } from '../../sensor/record/command-runner.ts';
import type { Command } from '../../sensor/record/commands.ts';
import { DISTINCT_KEY } from '../../sensor/record/distinct-pairs.ts';
import { DAY, START } from '../support/stage.ts';
import { Home, SERVER } from './home.ts';

const [A, B, C, D] = ['a4:cf:12:00:00:0a', 'a4:cf:12:00:00:0b', 'a4:cf:12:00:00:0c', 'a4:cf:12:00:00:0d'] as const;
const UNKNOWN = 'a4:cf:12:00:00:ff';
const NO_INCIDENT = { ok: false, status: 404, error: 'There is no such incident.' };
const NO_DEVICE = { ok: false, status: 404, error: 'There is no such device.' };
const changed = (is: boolean) => ({ ok: true, changed: is });

describe('acknowledge', () => {
  it('takes what is open, with the time, and tells and stores it; again it changes nothing', () => {
    const home = new Home([A]);
    const incident = home.mails(A);
    expect(home.run({ type: 'acknowledge', incident: incident.id })).toEqual(changed(true));
    expect(incident).toMatchObject({ state: 'acknowledged', acknowledgedAt: START });
    expect(home.told).toEqual([`acknowledged ${A}`]);
    expect(home.store.loadIncidents()).toMatchObject([{ state: 'acknowledged', acknowledgedAt: START }]);
    expect([home.run({ type: 'acknowledge', incident: incident.id }), home.told]).toEqual([changed(false), []]);
    expect(home.run({ type: 'acknowledge', incident: 'none' })).toEqual(NO_INCIDENT);
  });

  it('also of the home, which is no device', () => {
    const home = new Home([]);
    const { id } = home.finds({ device: null, kind: 'sensor_blind', destination: null });
    expect(home.run({ type: 'acknowledge', incident: id })).toEqual(changed(true));
  });

  it('takes all of one device, or of all, where one of them changes', () => {
    const home = new Home([A, B]);
    const [first, other] = [home.mails(A), home.mails(B)];
    const second = home.mails(A, { portClass: 'odd' });
    expect(home.run({ type: 'acknowledge_device', device: UNKNOWN })).toEqual(changed(false));
    expect(home.run({ type: 'acknowledge', incident: first.id })).toEqual(changed(true));
    expect(home.run({ type: 'acknowledge_device', device: A })).toEqual(changed(true));
    expect([first, second, other].map(({ state }) => state)).toEqual(['acknowledged', 'acknowledged', 'open']);
    expect(home.run({ type: 'acknowledge_device', device: A })).toEqual(changed(false));
    expect(home.run({ type: 'acknowledge_all' })).toEqual(changed(true));
    expect([other.state, home.run({ type: 'acknowledge_all' })]).toEqual(['acknowledged', changed(false)]);
  });
});

describe('resolve', () => {
  it('ends it with the time, and watches for a week; again it changes nothing', () => {
    const home = new Home([A]);
    const incident = home.mails(A);
    expect(home.run({ type: 'resolve', incident: incident.id })).toEqual(changed(true));
    expect(incident).toMatchObject({ state: 'resolved', resolvedAt: START, watchUntil: START + 7 * DAY });
    expect([home.told, home.store.loadIncidents()[0]?.state]).toEqual([[`resolved ${A}`], 'resolved']);
    expect([home.run({ type: 'resolve', incident: incident.id }), home.told]).toEqual([changed(false), []]);
    expect(home.run({ type: 'resolve', incident: 'none' })).toEqual(NO_INCIDENT);
  });
});

describe('expect', () => {
  const REFUSED = {
    ...{ ok: false, status: 409, error: 'Only mail and open ports of a device that is still known can be expected.' },
  };

  it('makes an expectation of what was seen, which is told and stored; again it is the same, with the new end', () => {
    const home = new Home([A]);
    const incident = home.mails(A);
    const first = home.run({ type: 'expect', incident: incident.id, until: START + DAY });
    expect(first).toEqual({ ok: true, changed: true, expectation: expect.stringMatching(/^[a-f0-9]{16}$/) });
    expect([incident.state, home.told]).toEqual(['expected', [`expected ${A}`, 'expectations']]);
    const made = {
      ...{ device: A, covers: 'mail', targets: [{ destination: SERVER, port: 25 }], createdAt: START },
      ...{ createdBy: 'page', until: START + DAY, matches: 0, lastMatch: null, incident: incident.id },
    };
    expect(home.store.loadExpectations()).toMatchObject([made]);
    expect(home.run({ type: 'expect', incident: incident.id, until: null })).toEqual({ ...first, changed: false });
    expect(home.told).toEqual(['expectations']);
    expect(home.store.loadExpectations()).toMatchObject([{ ...made, until: null }]);
  });

  it('is refused for what nobody can call normal, and of what is no longer known', () => {
    const home = new Home([A]);
    const outbreak = home.finds({ device: null, kind: 'outbreak', destination: null });
    const lookup = home.finds({ device: A, kind: 'mail_lookup', destination: null });
    const mail = home.mails(A);
    expect(home.run({ type: 'expect', incident: outbreak.id, until: null })).toEqual(REFUSED);
    expect(home.run({ type: 'expect', incident: lookup.id, until: null })).toEqual(REFUSED);
    home.run({ type: 'forget', device: A });
    expect(home.run({ type: 'expect', incident: mail.id, until: null })).toEqual(REFUSED);
    expect(home.run({ type: 'expect', incident: 'none', until: null })).toEqual(NO_INCIDENT);
    expect([home.stage.spine.recorder.expectations.all(), mail.state]).toEqual([[], 'open']);
  });

  it('is refused where its destinations are forgotten', () => {
    const home = new Home([A]);
    const incident = home.mails(A);
    home.device(A).mail.destinations.clear();
    expect(home.run({ type: 'expect', incident: incident.id, until: null })).toEqual({
      ...{ ok: false, status: 409 },
      error: 'The destinations of this incident are no longer remembered, so nothing can be allowed.',
    });
    expect([incident.state, home.stage.spine.recorder.expectations.all()]).toEqual(['open', []]);
  });

  it('is shown before: what would be covered, and how many attempts it would have hidden', () => {
    const home = new Home([A]);
    const preview = (id: string) => previewExpectation(home.stage.spine, id);
    const mail = home.mails(A);
    expect(preview(mail.id)).toEqual({
      ...{ covers: 'mail', targets: [{ destination: SERVER, port: 25 }], destinations: [SERVER], ports: [25] },
      wouldHaveHidden: 1,
    });
    const lookup = home.finds({ device: A, kind: 'mail_lookup', destination: null });
    const blind = home.finds({ device: null, kind: 'sensor_blind', destination: null });
    expect([preview(lookup.id), preview(blind.id), preview('none')]).toEqual([null, null, null]);
    home.run({ type: 'forget', device: A });
    expect(preview(mail.id)).toBeNull();
  });

  it('is undone: the incident is open again, without an alert, and what was made is gone', () => {
    const home = new Home([A]);
    const incident = home.mails(A);
    const made = home.run({ type: 'expect', incident: incident.id, until: null });
    const expectation = made.ok ? (made.expectation ?? '') : '';
    expect(home.run({ type: 'remove_expectation', expectation })).toEqual(changed(true));
    expect([incident.state, home.told.slice(0, 2)]).toEqual(['open', ['expectations', `updated ${A}`]]);
    expect([home.store.loadExpectations(), home.store.loadIncidents()[0]?.state]).toEqual([[], 'open']);
    expect([home.run({ type: 'remove_expectation', expectation }), home.told]).toEqual([changed(false), []]);
  });

  it('is undone also where the incident is resolved meanwhile, or gone: that stays so', () => {
    const home = new Home([A]);
    const incident = home.mails(A);
    const made = home.run({ type: 'expect', incident: incident.id, until: null });
    home.run({ type: 'resolve', incident: incident.id });
    const expectation = made.ok ? (made.expectation ?? '') : '';
    expect(home.run({ type: 'remove_expectation', expectation })).toEqual(changed(true));
    expect([incident.state, home.told]).toEqual(['resolved', ['expectations']]);
  });
});

describe('allow mail', () => {
  const NOTHING = {
    ...{ ok: false, status: 409, error: 'This device has no open mail incident, so there is nothing to allow.' },
  };
  const allow = (device: string, is = true): Command => ({ type: 'allow_mail', device, allow: is });

  it('expects all mail that is open or acknowledged, and nothing else', () => {
    const home = new Home([A, B]);
    const open = home.mails(A);
    const acknowledged = home.mails(A, { kind: 'submission_started', portClass: 'submission' });
    const lookup = home.finds({ device: A, kind: 'mail_lookup', destination: null });
    const others = home.mails(B);
    home.run({ type: 'acknowledge', incident: acknowledged.id });
    expect(home.run(allow(A))).toEqual(changed(true));
    expect([open, acknowledged, lookup, others].map(({ state }) => state)).toEqual([
      ...['expected', 'expected', 'open', 'open'],
    ]);
    expect(home.stage.spine.recorder.expectations.all().map(({ createdBy, until }) => [createdBy, until])).toEqual([
      ...[
        ['page', null],
        ['page', null],
      ],
    ]);
    expect(home.run(allow(A))).toEqual(NOTHING);
  });

  it('is refused without open mail, and of a device that is not there', () => {
    const home = new Home([A]);
    home.finds({ device: A, kind: 'mail_lookup', destination: null });
    expect([home.run(allow(A)), home.run(allow(UNKNOWN)), home.run(allow(UNKNOWN, false))]).toEqual([
      ...[NOTHING, NO_DEVICE, NO_DEVICE],
    ]);
    const { id } = home.mails(A);
    home.run({ type: 'resolve', incident: id });
    expect(home.run(allow(A))).toEqual(NOTHING);
  });

  it('tells why, where one of them cannot be allowed', () => {
    const home = new Home([A]);
    home.mails(A);
    const gone = home.mails(A, { kind: 'submission_started', portClass: 'submission' });
    home.device(A).mail.destinations.delete(`${SERVER} 587`);
    expect(home.run(allow(A))).toMatchObject({ ok: false, status: 409, error: /no longer remembered/ });
    expect(gone.state).toBe('open');
  });

  it('is taken back for the thing as a whole, and for its mail alone', () => {
    const home = new Home([A, B]);
    const [mail, older] = [home.mails(A), home.mails(B)];
    const exposed = home.finds({
      ...{ device: A, kind: 'exposed', portClass: '22', evidence: { ports: [22] } },
      destination: { ip: '198.51.100.9', port: 22, name: null },
    });
    home.run(allow(A));
    home.run(allow(B));
    home.run({ type: 'expect', incident: exposed.id, until: null });
    home.run({ type: 'merge', device: A, into: B });
    expect(home.run(allow(A, false))).toEqual(changed(true));
    expect([mail, older, exposed].map(({ state }) => state)).toEqual(['open', 'open', 'expected']);
    expect(home.run(allow(A, false))).toEqual(changed(false));
  });
});

describe('rename', () => {
  const rename = (label: string | null, device: string = A): Command => ({ type: 'rename', device, label });

  it.each<[string, string | null, string | null]>([
    ['a name', 'Hall', 'Hall'],
    ['with blanks around it', '  Hall ', 'Hall'],
    ['of 64 characters', 'x'.repeat(64), 'x'.repeat(64)],
    ['of more', 'x'.repeat(65), 'x'.repeat(64)],
  ])('%s is given, told and stored; given again it changes nothing', (_, label, given) => {
    const home = new Home([A]);
    expect([home.run(rename(label)), home.told]).toEqual([changed(true), [`device ${A}`]]);
    expect([home.device(A).label, home.stored(A)?.label]).toEqual([given, given]);
    expect([home.run(rename(label)), home.told]).toEqual([changed(false), []]);
  });

  it.each([null, '', ' \n'])('%j takes it away', (label) => {
    const home = new Home([A]);
    expect(home.run(rename(label))).toEqual(changed(false));
    home.run(rename('Hall'));
    expect([home.run(rename(label)), home.stored(A)?.label]).toEqual([changed(true), null]);
    expect(home.run(rename('x', UNKNOWN))).toEqual(NO_DEVICE);
  });

  it('keeps a device that was only passing, and tells its incidents by the name', () => {
    const home = new Home([]);
    home.stage.spine.engine.devices.seen(A, START);
    const incident = home.mails(A);
    home.run(rename('Hall'));
    expect(home.stage.spine.engine.devices.isKept(A)).toBe(true);
    expect([home.stored(A)?.label, home.store.loadIncidents()[0]?.summary]).toEqual([
      ...['Hall', expect.stringMatching(/^Hall /)],
    ]);
    expect(incident.summary).toMatch(/^Hall /);
  });
});

describe('merge', () => {
  const merge = (device: string, into: string, ...older: string[]): Command => ({
    ...{ type: 'merge' as const, device, into, ...(older.length === 0 ? {} : { older }) },
  });
  const chain = (home: Home, mac: string) =>
    home.stage.spine.engine.devices.sameThing(home.device(mac)).map((one) => one.mac);

  it('joins one to an older address, which is told and stored; again it changes nothing', () => {
    const home = new Home([A, B]);
    expect([home.run(merge(A, B)), home.told]).toEqual([changed(true), [`device ${A}`]]);
    expect([chain(home, A), chain(home, B), home.stored(A)?.sameAs]).toEqual([...[[A, B], [B], B]]);
    expect([home.run(merge(A, B)), home.told]).toEqual([changed(false), []]);
  });

  it('joins still older ones to the oldest of each, in order', () => {
    const home = new Home([A, B, C, D]);
    home.run(merge(B, C));
    expect(home.run(merge(A, B, D))).toEqual(changed(true));
    expect([chain(home, A), home.told]).toEqual([
      [A, B, C, D],
      [`device ${A}`, `device ${C}`],
    ]);
    expect(home.run(merge(A, B, C, D))).toEqual(changed(false));
  });

  it('goes to another where it was joined before', () => {
    const home = new Home([A, B, C]);
    home.run(merge(A, B));
    expect([home.run(merge(A, C)), chain(home, A), home.stored(A)?.sameAs]).toEqual([changed(true), [A, C], C]);
  });

  it('is refused as a whole where one is not there', () => {
    const home = new Home([A, B]);
    for (const command of [merge(UNKNOWN, B), merge(A, UNKNOWN), merge(A, B, UNKNOWN)])
      expect([home.run(command), chain(home, A)]).toEqual([NO_DEVICE, [A]]);
  });

  it.each(['gateway', 'sensor'] as const)('is refused with the %s', (role) => {
    const home = new Home([A, B, C]);
    home.device(C).role = role;
    const error = 'The router and the sensor are never taken for another device.';
    for (const command of [merge(C, B), merge(A, C), merge(A, B, C)])
      expect([home.run(command), chain(home, A)]).toEqual([{ ok: false, status: 409, error }, [A]]);
  });

  it('is refused the other way round, and with itself', () => {
    const home = new Home([A, B, C]);
    home.run(merge(A, B));
    home.run(merge(B, C));
    const error = 'These two are already joined the other way round.';
    for (const command of [merge(B, A), merge(C, A), merge(A, A), merge(C, B)])
      expect(home.run(command)).toEqual({ ok: false, status: 409, error });
    expect(chain(home, A)).toEqual([A, B, C]);
  });

  it('is refused where there would be more addresses than are followed', () => {
    const macs = Array.from(
      { length: LONGEST_CHAIN + 1 },
      (_, n) => `a4:cf:12:00:01:${n.toString(16).padStart(2, '0')}`,
    );
    const home = new Home([...macs]);
    const [first = '', second = '', ...more] = macs;
    const error = 'Too many addresses are joined already.';
    expect(home.run(merge(first, second, ...more))).toEqual({ ok: false, status: 409, error });
    expect(home.run(merge(first, second, ...more.slice(1)))).toEqual(changed(true));
    expect(chain(home, first)).toHaveLength(LONGEST_CHAIN);
  });

  it('keeps an older one that was only passing, and takes back that they are different', () => {
    const home = new Home([A]);
    home.stage.spine.engine.devices.seen(B, START);
    home.run({ type: 'distinguish', device: A, from: B, distinct: true });
    expect(home.stage.spine.recorder.distinct.has(A, B)).toBe(true);
    home.run(merge(A, B));
    home.stage.spine.recorder.flushAll();
    expect([home.stage.spine.recorder.distinct.has(A, B), home.stored(B)?.mac]).toEqual([false, B]);
    expect(home.store.meta(DISTINCT_KEY)).toBe('[]');
  });

  it('is undone: one from what it was joined to, with the rest of the chain that was joined along', () => {
    const home = new Home([A, B, C, D]);
    home.run(merge(A, B, C, D));
    expect(home.run({ type: 'unmerge', device: A, older: [C] })).toEqual(changed(true));
    expect([chain(home, A), chain(home, B), chain(home, C), home.told]).toEqual([
      ...[[A], [B], [C, D], [`device ${A}`, `device ${B}`]],
    ]);
    expect(home.run({ type: 'unmerge', device: C })).toEqual(changed(true));
    expect([home.stored(C)?.sameAs, home.run({ type: 'unmerge', device: C })]).toEqual([null, changed(false)]);
    expect(home.run({ type: 'unmerge', device: UNKNOWN })).toEqual(NO_DEVICE);
  });
});

describe('distinguish', () => {
  const part = (device: string, from: string, distinct = true): Command => ({
    ...{ type: 'distinguish' as const, device, from, distinct },
  });

  it('remembers that two are different, which is told and stored; again it changes nothing', () => {
    const home = new Home([A, B]);
    expect([home.run(part(A, B)), home.told]).toEqual([changed(true), [`device ${A}`]]);
    expect(home.store.meta(DISTINCT_KEY)).toBe(`[["${A}","${B}"]]`);
    expect([home.run(part(A, B)), home.run(part(B, A)), home.told]).toEqual([changed(false), changed(false), []]);
  });

  it('parts them in either direction, and no others', () => {
    for (const [device, from] of [
      [A, B],
      [B, A],
    ] as const) {
      const home = new Home([A, B, C, D]);
      home.run({ type: 'merge', device: A, into: B });
      home.run({ type: 'merge', device: C, into: D });
      expect(home.run(part(device, from))).toEqual(changed(true));
      expect([A, C].map((mac) => home.stored(mac)?.sameAs)).toEqual([null, D]);
      home.run(part(C, B));
      expect(home.device(C).sameAs).toBe(D);
    }
  });

  it('parts also what was called different before it was joined anew', () => {
    const home = new Home([A, B]);
    home.run(part(A, B));
    home.device(A).sameAs = B;
    expect([home.run(part(A, B)), home.device(A).sameAs]).toEqual([changed(true), null]);
  });

  it('is taken back, and parts nothing then', () => {
    const home = new Home([A, B]);
    expect(home.run(part(A, B, false))).toEqual(changed(false));
    home.run(part(A, B));
    home.device(A).sameAs = B;
    expect([home.run(part(A, B, false)), home.told]).toEqual([changed(true), [`device ${A}`]]);
    expect([home.device(A).sameAs, home.stage.spine.recorder.distinct.has(A, B)]).toEqual([B, false]);
  });

  it('holds for one that is not there any more, and needs the device itself', () => {
    const home = new Home([A]);
    expect([home.run(part(A, UNKNOWN)), home.run(part(UNKNOWN, A))]).toEqual([changed(true), NO_DEVICE]);
  });
});

describe('forget', () => {
  it('takes away the device, which is told and stored; what pointed at it stands alone; again it changes nothing', () => {
    const home = new Home([A, B, C, D]);
    home.run({ type: 'merge', device: A, into: B });
    home.run({ type: 'merge', device: C, into: D });
    home.run({ type: 'distinguish', device: B, from: C, distinct: true });
    home.stage.spine.recorder.flushAll();
    expect(home.run({ type: 'forget', device: B })).toEqual(changed(true));
    expect([home.told, home.stored(B), home.stored(A)?.sameAs, home.stored(C)?.sameAs]).toEqual([
      ...[[`forgotten ${B}`, `device ${A}`], undefined, null, D],
    ]);
    expect(home.store.meta(DISTINCT_KEY)).toBe('[]');
    expect([home.run({ type: 'forget', device: B }), home.told]).toEqual([changed(false), []]);
  });
});

describe('keep private', () => {
  const keep = (device: string, is = true): Command => ({ type: 'keep_private', device, keep: is });
  const merge = (device: string, into: string): Command => ({ type: 'merge', device, into });
  /** Which of them are private: as things, by their own mark, and by what is on disk. */
  const marks = (home: Home) => {
    const all = [A, B, C, D];
    const things = new PrivateThings(home.stage.spine.engine.devices.all());
    const stored = new PrivateThings(home.store.loadDevices());
    return [
      all.filter((mac) => things.has(mac)),
      all.filter((mac) => home.stage.spine.engine.devices.get(mac)?.isPrivate === true),
      all.filter((mac) => stored.has(mac)),
    ];
  };
  const all = (...macs: string[]) => [macs, macs, macs];

  it('is told and stored at once; again it changes nothing; and it can be taken back', () => {
    const home = new Home([A, B]);
    expect([home.run(keep(A)), home.told, marks(home)]).toEqual([changed(true), [`device ${A}`], all(A)]);
    expect([home.run(keep(A)), home.told]).toEqual([changed(false), []]);
    expect([home.run(keep(A, false)), home.told, marks(home)]).toEqual([changed(true), [`device ${A}`], all()]);
    expect([home.run(keep(A, false)), home.run(keep(UNKNOWN))]).toEqual([changed(false), NO_DEVICE]);
  });

  it('keeps a device that was only passing', () => {
    const home = new Home([]);
    home.stage.spine.engine.devices.seen(A, START);
    home.run(keep(A));
    expect([home.stage.spine.engine.devices.isKept(A), marks(home)]).toEqual([true, all(A)]);
  });

  it('marks each address that the thing has, older and newer, and takes the mark from each', () => {
    const home = new Home([A, B, C, D]);
    home.run(merge(A, B));
    home.run(merge(C, B));
    expect([home.run(keep(A)), marks(home)]).toEqual([changed(true), all(A, B, C)]);
    // So it stays where a person parts them.
    home.run({ type: 'unmerge', device: A });
    expect(marks(home)).toEqual(all(A, B, C));
    home.run(merge(A, B));
    expect([home.run(keep(C, false)), marks(home)]).toEqual([changed(true), all()]);
  });

  it('holds for a new address as long as that is joined to a private one', () => {
    const home = new Home([A, B, C]);
    home.run(keep(B));
    home.run(merge(A, B));
    expect(marks(home)).toEqual([[A, B], [B], [A, B]]);
    home.run({ type: 'unmerge', device: A });
    expect(marks(home)).toEqual(all(B));
    // The other way round: what is private makes what it is joined to private.
    home.run(merge(B, C));
    expect(marks(home)).toEqual([[B, C], [B], [B, C]]);
    home.run({ type: 'distinguish', device: B, from: C, distinct: true });
    expect(marks(home)).toEqual(all(B));
  });

  it('outlives the address that bore it: what was joined to that is private by itself', () => {
    const home = new Home([A, B, C, D]);
    home.run(keep(B));
    home.run(merge(A, B));
    home.run(merge(B, C));
    home.run({ type: 'forget', device: B });
    expect(marks(home)).toEqual(all(A, C));
    // One in the middle that bore no mark hands it on as well.
    const other = new Home([A, B, C, D]);
    other.run(keep(C));
    other.run(merge(A, B));
    other.run(merge(B, C));
    other.run({ type: 'forget', device: B });
    expect(marks(other)).toEqual(all(A, C));
    // And what is forgotten and comes back is a new device.
    other.run({ type: 'forget', device: A });
    other.appears(A);
    expect(marks(other)).toEqual(all(C));
  });

  it('is not handed on by what is not private', () => {
    const home = new Home([A, B]);
    home.run(merge(A, B));
    home.run({ type: 'forget', device: B });
    expect(marks(home)).toEqual(all());
  });

  it('lies in no report that is handed on', () => {
    const home = new Home([A]);
    home.run(keep(A));
    expect(JSON.stringify(home.stage.device({ mac: A }))).not.toContain('rivate');
  });
});

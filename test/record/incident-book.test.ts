// What a finding does to the incidents, one finding at a time: which it belongs to, what it counts, and whether that is news.
import { describe, expect, it } from 'vitest';
import { newDevice } from '../../sensor/attribute/device.ts';
import { KnownTime } from '../../sensor/attribute/known-time.ts';
import type { Finding, Severity } from '../../sensor/detect/finding.ts';
import type { Incident } from '../../sensor/record/incident.ts';
import { IncidentBook, mailServers, WATCH } from '../../sensor/record/incident-book.ts';
import { CAMERA_MAC, finding } from './findings.ts';
import { DAY, entry, incident, NOW } from './store-fixtures.ts';

const HOUR = DAY / 24;

/** A book in which the first finding has opened its incident. */
function opened(over: Partial<Finding> = {}): { book: IncidentBook; one: Incident } {
  const book = new IncidentBook();
  const applied = book.apply(finding(over), null);
  if (applied === null) throw new Error('nothing was opened');
  return { book, one: applied.incident };
}
const changeOf = (book: IncidentBook, over: Partial<Finding>) => book.apply(finding(over), null)?.change ?? null;

it('names as closed long ago what is resolved or expected and no longer watched, never what is open', () => {
  const book = new IncidentBook();
  const old = { lastAt: NOW - 10 * DAY, resolvedAt: null, watchUntil: null };
  book.load([
    incident('expected', { ...old, state: 'expected' }),
    incident('resolved', { ...old, state: 'resolved', resolvedAt: NOW - 9 * DAY }),
    incident('resolved later', { ...old, state: 'resolved', resolvedAt: NOW - 7 * DAY }),
    incident('watched', { ...old, state: 'resolved', resolvedAt: NOW - 9 * DAY, watchUntil: NOW }),
    incident('seen since', { ...old, state: 'expected', lastAt: NOW - 8 * DAY }),
    incident('open', { ...old, state: 'open' }),
    incident('acknowledged', { ...old, state: 'acknowledged' }),
  ]);
  expect(book.closedBefore(NOW - 8 * DAY)).toEqual(['expected', 'resolved']);
  expect(book.closedBefore(NOW + 1)).toHaveLength(5);
});

describe('a first finding', () => {
  it('opens an incident with all that it says, and what happened before on the device', () => {
    const device = newDevice(CAMERA_MAC, NOW - DAY);
    device.timeline.push(entry(NOW - 2 * HOUR), entry(NOW - HOUR), entry(NOW + 1));
    const book = new IncidentBook();
    const applied = book.apply(
      finding({
        stage: 'attempt',
        evidence: { lastDestination: 'b', gone: undefined },
        first: { firstDestination: 'a', lastDestination: 'x' },
        add: { attempts: 1, refused: 0 },
      }),
      device,
    );
    expect(applied).toEqual({
      change: 'opened',
      incident: {
        id: expect.stringMatching(/^[a-f0-9]{16}$/),
        ...{ kind: 'mail_started', severity: 'high', device: CAMERA_MAC, portClass: '25', state: 'open' },
        ...{ startedAt: NOW, lastAt: NOW, findings: 1, summary: '', advice: [] },
        evidence: { firstDestination: 'a', lastDestination: 'b', attempts: 1, refused: 0, stage: 'attempt' },
        before: [entry(NOW - HOUR), entry(NOW - 2 * HOUR)],
        ...{ acknowledgedAt: null, resolvedAt: null, watchUntil: null },
      },
    });
    expect(Object.keys(applied?.incident.evidence ?? {})).not.toContain('gone');
    expect(book.get(applied?.incident.id ?? '')).toBe(applied?.incident);
  });

  it('stands for several judgements where it says so, and knows nothing of before without a device', () => {
    const { one } = opened({ times: 5, stage: undefined as never });
    expect([one.findings, one.before, Object.keys(one.evidence)]).toEqual([5, [], ['attempts']]);
  });

  it('has the same id whenever it is played, and another where anything differs that separates incidents', () => {
    const variants: Partial<Finding>[] = [
      ...[{}, { device: null }, { device: '02:00:00:00:00:02' }, { kind: 'exposed' as const }, { portClass: 'odd' }],
      ...[{ time: NOW + 1 }, { inner: '192.168.7.3' }],
    ];
    const ids = variants.map((over) => opened(over).one.id);
    expect(new Set(ids).size).toBe(variants.length);
    expect(variants.map((over) => opened(over).one.id)).toEqual(ids);
    expect(opened({ evidence: { other: 1 } }).one.id).toBe(ids[0]);
    // Automations and pages know incidents by it, also after an update.
    expect(ids).toEqual([
      ...['7968973c3e5a5b91', '2dad5347e0629089', '6f7a6c530430ffb1', 'a594386babd2789f', 'bda7853f672418bb'],
      ...['aeb406dea885dd92', '8fb9e3e9d8eaf104'],
    ]);
  });

  it.each<[string, Partial<Finding>, string]>([
    ['the same', {}, 'first'],
    ['the address behind the device', { inner: '192.168.7.3' }, 'behind'],
    ['another device', { device: '02:00:00:00:00:02' }, 'new'],
    ['the home', { device: null }, 'new'],
    ['another kind', { kind: 'mail_lookup' }, 'new'],
    ['another class of ports', { portClass: 'odd' }, 'new'],
    ['another address behind the device', { inner: '192.168.7.4' }, 'new'],
  ])('and the next one of %s', (_, over, whose) => {
    const book = new IncidentBook();
    book.load([incident('first'), incident('behind', { evidence: { innerAddress: '192.168.7.3' } })]);
    const applied = book.apply(finding({ time: NOW + HOUR, ...over }), null);
    const isKnown = ['first', 'behind'].includes(applied?.incident.id ?? '');
    expect([isKnown ? applied?.incident.id : 'new', applied?.change]).toEqual([
      ...[whose, whose === 'new' ? 'opened' : 'updated'],
    ]);
  });

  it('that only tells more of an earlier one is of no incident', () => {
    const book = new IncidentBook();
    expect(book.apply(finding({ effect: 'updates' }), null)).toBeNull();
    expect(book.all()).toEqual([]);
    expect(changeOf(book, { effect: 'state' })).toBe('opened');
  });
});

describe('a further finding', () => {
  it('replaces facts, takes some back, adds numbers, and never turns back the time', () => {
    const { book, one } = opened({ evidence: { place: 'a', doubt: true, text: 'x' }, stage: undefined as never });
    book.apply(finding({ time: NOW + HOUR, evidence: { place: 'b', doubt: undefined }, add: { attempts: 2 } }), null);
    book.apply(finding({ time: NOW + 1, evidence: {}, first: { place: 'c' }, add: { messages: 3, text: 4 } }), null);
    expect(one).toMatchObject({ lastAt: NOW + HOUR, findings: 3, startedAt: NOW });
    expect(one.evidence).toStrictEqual({ place: 'b', text: 4, attempts: 3, messages: 3 });
  });

  it.each<[Finding['effect'], number | undefined, number]>([
    ['opens', undefined, 2],
    ['opens', 4, 5],
    ['updates', undefined, 1],
    ['updates', 4, 1],
    ['state', undefined, 1],
  ])('that %s, for %s judgements, makes %i', (effect, times, findings) => {
    const { book, one } = opened();
    book.apply(finding({ effect, ...(times === undefined ? {} : { times }) }), null);
    expect(one.findings).toBe(findings);
  });

  it.each<[Severity, Severity, Severity, string]>([
    ['high', 'critical', 'critical', 'escalated'],
    ['info', 'low', 'low', 'escalated'],
    ['high', 'high', 'high', 'updated'],
    ['high', 'medium', 'high', 'updated'],
    ['critical', 'info', 'critical', 'updated'],
  ])('of severity: from %s, told %s, it is %s, which is "%s"', (before, told, after, change) => {
    const { book, one } = opened({ severity: before });
    expect([changeOf(book, { severity: told }), one.severity]).toEqual([change, after]);
  });

  it('raises the stage of mail and never lowers it; a stage that is told is news at the same severity as well', () => {
    const { book, one } = opened({ severity: 'critical', stage: 'connected' });
    const told = (stage: 'attempt' | 'connected' | 'accepted' | 'fan-out', severity: Severity = 'critical') => {
      const change = changeOf(book, { stage, severity, effect: 'updates' });
      return [change, one.evidence.stage];
    };
    expect(told('attempt')).toEqual(['updated', 'connected']);
    expect(told('connected')).toEqual(['updated', 'connected']);
    expect(told('accepted')).toEqual(['escalated', 'accepted']);
    expect(told('fan-out', 'high')).toEqual(['escalated', 'fan-out']);
    expect([changeOf(book, { effect: 'updates', severity: 'critical' }), one.evidence.stage]).toEqual([
      ...['updated', 'fan-out'],
    ]);
  });

  it('of submission: a stage that is not told is no news, one that is told is', () => {
    const submission = { kind: 'submission_started', portClass: 'submission', severity: 'medium' } as const;
    const { book, one } = opened({ ...submission, stage: 'attempt' });
    expect(changeOf(book, { ...submission, stage: 'accepted' })).toBe('updated');
    expect([changeOf(book, { ...submission, stage: 'fan-out', severity: 'high' }), one.severity]).toEqual([
      ...['escalated', 'high'],
    ]);
  });

  it.each<[string, Partial<Finding>, Record<string, unknown>, Severity, unknown]>([
    ['of a device that people mail from', {}, {}, 'info', 'attempt'],
    ['with a lower severity that is not silent', { severity: 'low' }, {}, 'medium', 'fan-out'],
    ['of mail to servers', { kind: 'mail_started' }, {}, 'medium', 'fan-out'],
    ['without a stage', { stage: undefined as never }, {}, 'medium', 'fan-out'],
    ['where something else speaks against it', {}, { stage: 'corroborated' }, 'medium', 'corroborated'],
  ])('calms a submission: %s', (_, over, evidence, severity, stage) => {
    const submission = { portClass: 'submission', kind: 'submission_started', stage: 'fan-out' } as const;
    const kind = over.kind ?? 'submission_started';
    const { book, one } = opened({ ...submission, kind, severity: 'medium' });
    Object.assign(one.evidence, evidence);
    expect(changeOf(book, { ...submission, stage: 'attempt', severity: 'info', effect: 'updates', ...over })).toBe(
      'updated',
    );
    expect([one.severity, one.evidence.stage]).toEqual([severity, stage]);
  });

  it('that ends the condition resolves what is open or acknowledged, without news, and nothing else', () => {
    const ended = (state: Incident['state']) => {
      const { book, one } = opened({ effect: 'state' });
      Object.assign(one, { state });
      const applied = book.apply(
        finding({ effect: 'updates', closes: true, severity: 'critical', time: NOW + 5 }),
        null,
      );
      return [applied?.change, applied?.incident.state, applied?.incident.resolvedAt];
    };
    expect(ended('open')).toEqual(['updated', 'resolved', NOW + 5]);
    expect(ended('acknowledged')).toEqual(['updated', 'resolved', NOW + 5]);
    expect(ended('expected')).toEqual(['updated', 'expected', null]);
    expect(ended('resolved')).toEqual(['updated', 'resolved', null]);
  });
});

describe('what a person has dealt with', () => {
  const spoken = { acknowledgedAt: NOW, resolvedAt: NOW, watchUntil: NOW + WATCH };

  function spokenThen(
    state: Incident['state'],
    over: Partial<Finding>,
    set: Partial<Incident> = {},
    time = new KnownTime(),
  ) {
    const book = new IncidentBook(time);
    const one = book.apply(finding({ severity: 'medium' }), null)?.incident;
    if (one === undefined) throw new Error('nothing was opened');
    Object.assign(one, { state, ...spoken, ...set });
    const applied = book.apply(finding({ severity: 'medium', ...over }), null);
    const { acknowledgedAt, resolvedAt, severity, watchUntil } = one;
    const is = applied?.incident === one ? one.state : 'another';
    return [applied?.change, is, severity, [acknowledgedAt, resolvedAt, watchUntil]];
  }
  const undone = [null, null, null];
  const kept = [NOW, NOW, NOW + WATCH];

  it('seven days are a week of watching', () => {
    expect(WATCH).toBe(7 * DAY);
  });

  it.each<[string, Incident['state'], Partial<Finding>, unknown[]]>([
    ['resolved, and watched', 'resolved', { time: NOW + WATCH }, ['reopened', 'open', 'critical', undone]],
    ['resolved, and watched no more', 'resolved', { time: NOW + WATCH + 1 }, ['opened', 'another', 'medium', kept]],
    ['resolved: more of what was', 'resolved', { effect: 'updates' }, ['updated', 'resolved', 'medium', kept]],
    [
      'resolved: worse of what was',
      'resolved',
      { effect: 'updates', severity: 'high' },
      ['updated', 'resolved', 'high', kept],
    ],
    ['resolved: a state', 'resolved', { effect: 'state' }, ['updated', 'resolved', 'medium', kept]],
    ['expected', 'expected', {}, ['reopened', 'open', 'medium', undone]],
    [
      'expected: more of what was',
      'expected',
      { effect: 'updates', severity: 'high' },
      ['updated', 'expected', 'high', kept],
    ],
    ['acknowledged, a day later', 'acknowledged', { time: NOW + DAY }, ['resumed', 'open', 'medium', undone]],
    ['acknowledged, sooner', 'acknowledged', { time: NOW + DAY - 1 }, ['updated', 'acknowledged', 'medium', kept]],
    [
      'acknowledged: more, a day later',
      'acknowledged',
      { time: NOW + DAY, effect: 'updates' },
      ['updated', 'acknowledged', 'medium', kept],
    ],
    ['acknowledged: worse', 'acknowledged', { severity: 'high' }, ['escalated', 'acknowledged', 'high', kept]],
    ['open, a day later', 'open', { time: NOW + DAY }, ['updated', 'open', 'medium', kept]],
  ])('%s', (_, state, over, expected) => {
    expect(spokenThen(state, over)).toEqual(expected);
  });

  it('what is resolved and not watched is over', () => {
    expect(spokenThen('resolved', {}, { watchUntil: null })[0]).toBe('opened');
  });

  it('a day of silence counts as far as it was watched', () => {
    const time = new KnownTime();
    time.addGap(NOW + HOUR, 12 * HOUR);
    expect(spokenThen('acknowledged', { time: NOW + DAY }, {}, time)[0]).toBe('updated');
    expect(spokenThen('acknowledged', { time: NOW + 1.5 * DAY }, {}, time)[0]).toBe('resumed');
  });
});

describe('an address behind a device', () => {
  const inner = '192.168.7.3';

  it('takes over what was told of the device, if that was about the address', () => {
    const { book, one } = opened({ first: { address: inner } });
    expect(book.apply(finding({ inner, time: NOW + 1 }), null)).toEqual({ incident: one, change: 'updated' });
    expect(one.evidence).toMatchObject({ innerAddress: inner, attempts: 2 });
    // The device itself begins anew, and the address goes on.
    expect(changeOf(book, { time: NOW + 2 })).toBe('opened');
    expect(book.apply(finding({ inner, time: NOW + 3 }), null)?.incident).toBe(one);
  });

  it('has its own where that was about another', () => {
    const { book } = opened({ first: { address: '192.168.7.4' } });
    expect(changeOf(book, { inner, time: NOW + 1 })).toBe('opened');
    expect(changeOf(book, { time: NOW + 2 })).toBe('updated');
  });

  it('is known again from what was stored', () => {
    const stored = incident('a'.repeat(16), { evidence: { innerAddress: inner } });
    const book = new IncidentBook();
    book.load([stored]);
    expect(book.apply(finding({ inner, time: NOW + 1 }), null)?.incident).toBe(stored);
    expect(changeOf(book, { time: NOW + 2 })).toBe('opened');
  });
});

describe('looking up', () => {
  const [A, B] = ['02:00:00:00:00:0a', '02:00:00:00:00:0b'];
  const book = new IncidentBook();
  const ones = [
    incident('d', { device: B, startedAt: NOW }),
    incident('c', { device: A, startedAt: NOW + 1, state: 'acknowledged' }),
    incident('b', { device: A, startedAt: NOW, kind: 'exposed' }),
    incident('a', { device: A, startedAt: NOW, state: 'resolved' }),
    incident('e', { device: null, startedAt: NOW + 9, kind: 'sensor_blind' }),
    incident('f', { device: A, startedAt: NOW - 1, state: 'expected' }),
  ];
  book.load(ones);
  const ids = (incidents: Iterable<Incident>) => [...incidents].map(({ id }) => id).join('');

  it('all are sorted by device, start and id', () => {
    expect(ids(book.all())).toBe('efabcd');
  });

  it('by device, kind, and what is open of a kind', () => {
    expect([ids(book.ofDevice(A)), ids(book.ofDevice(B)), ids(book.ofDevice('x'))]).toEqual(['cbaf', 'd', '']);
    expect([ids(book.ofKind('exposed')), ids(book.ofKind('outbreak'))]).toEqual(['b', '']);
    expect([ids(book.openOf(A, 'mail_started')), ids(book.openOf(A, 'exposed'))]).toEqual(['c', 'b']);
    expect(ids(book.values())).toBe('dcbaef');
  });

  it('one that is removed is found by nothing, and the next finding opens another', () => {
    const { book: other, one } = opened();
    other.remove(['unknown', one.id]);
    expect([other.get(one.id), other.ofDevice(CAMERA_MAC), [...other.ofKind('mail_started')], other.all()]).toEqual([
      ...[undefined, [], [], []],
    ]);
    expect(changeOf(other, { time: NOW + 1 })).toBe('opened');
  });

  it('one that is removed takes not the place of the latest of its group', () => {
    const { book: other, one } = opened();
    other.load([incident('old', { startedAt: NOW - DAY })]);
    other.remove(['old']);
    expect(other.apply(finding({ time: NOW + 1 }), null)?.incident).toBe(one);
  });

  it('of a group the latest goes on, in whatever order they are loaded; of two that began at once the second', () => {
    const latestOf = (...incidents: Incident[]) => {
      const other = new IncidentBook();
      other.load(incidents);
      return other.apply(finding({ time: NOW + 1 }), null)?.incident.id;
    };
    const [old, young, same] = [incident('old', { startedAt: NOW - 1 }), incident('young'), incident('same')];
    expect([latestOf(old, young), latestOf(young, old), latestOf(young, same)]).toEqual(['young', 'young', 'same']);
  });

  it('one that is loaded again takes the place of what it was', () => {
    const other = new IncidentBook();
    other.load([incident('a'), incident('a', { device: A, kind: 'exposed' })]);
    expect([ids(other.ofDevice(CAMERA_MAC)), ids(other.ofDevice(A))]).toEqual(['', 'a']);
    expect([ids(other.ofKind('mail_started')), ids(other.ofKind('exposed'))]).toEqual(['', 'a']);
  });
});

it('beyond twenty thousand a tenth gives way: closed ones, then by severity, the longest silent first', () => {
  const book = new IncidentBook();
  const many = (count: number, name: string, over: (n: number) => Partial<Incident>) =>
    Array.from({ length: count }, (_, n) => incident(`${name}${n}`, { portClass: `${name}${n}`, ...over(n) }));
  book.load(many(17_000, 'high', () => ({ severity: 'high' })));
  book.load(many(600, 'expected', () => ({ severity: 'critical', state: 'expected' })));
  book.load(many(600, 'resolved', () => ({ severity: 'critical', state: 'resolved' })));
  book.load(
    many(1800, 'info', (n) => ({ severity: 'info', state: n % 2 === 0 ? 'open' : 'acknowledged', lastAt: NOW - n })),
  );
  expect([...book.values()].length).toBe(20_000);
  book.load([incident('one more', { severity: 'low', portClass: 'x' })]);
  const left = (name: string) => [...book.values()].filter(({ id }) => id.startsWith(name)).map(({ id }) => id);
  expect(['expected', 'resolved', 'info', 'high', 'one more'].map((name) => left(name).length)).toEqual([
    ...[0, 0, 1000, 17_000, 1],
  ]);
  expect([left('info')[0], left('info').at(-1)]).toEqual(['info0', 'info999']);
});

it('mail servers are those of its ports that were tried since it began, and those that are forgotten', () => {
  const device = newDevice(CAMERA_MAC, NOW);
  const tried = (key: string, port: number, lastSeen: number, attempts = 1) =>
    device.mail.destinations.set(key, {
      ...{ ip: key, port, name: null, nameFrom: null, attempts, connected: 0, refused: 0, unanswered: 0 },
      ...{ messages: 0, recipients: 0, firstSeen: NOW - DAY, lastSeen },
    });
  tried('a', 25, NOW);
  tried('b', 25, NOW + 1);
  tried('before', 25, NOW - 1);
  tried('submission', 587, NOW + 1);
  tried('never', 25, NOW + 1, 0);
  expect(mailServers(incident('x'), device)).toBe(2);
  device.mail.forgottenDestinations = 3;
  expect([mailServers(incident('x'), device), mailServers(incident('x', { portClass: 'submission' }), device)]).toEqual(
    [...[5, 4]],
  );
});

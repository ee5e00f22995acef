// Every sentence that an incident, an event or the page may be told with, over what evidence may hold: kept as text and compared, so
// that a change of words shows as what people will read. `vitest -u` writes it anew.

import { describe, expect, it } from 'vitest';
import { type Device, newDevice, type TimelineEntry } from '../../sensor/attribute/device.ts';
import type { Suggestion } from '../../sensor/attribute/same-thing.ts';
import { type Judgement, VANTAGES, type VantageReason } from '../../sensor/attribute/vantage.ts';
import { INCIDENT_KINDS, type IncidentKind } from '../../sensor/detect/finding.ts';
import { english, type Words, wordsIn } from '../../sensor/language/words.ts';
import { lossSentence, withLoss } from '../../sensor/record/during-loss.ts';
import type { Incident } from '../../sensor/record/incident.ts';
import { adviceFor, summaryOf, timelineText } from '../../sensor/record/wording.ts';
import { stageText } from '../../sensor/record/wording-mail.ts';
import { carrierText, isClient, placeAdvice, whoText } from '../../sensor/record/wording-place.ts';
import { sameReason } from '../../sensor/record/wording-same.ts';
import { notCoveredText, reasonText, sightOf } from '../../sensor/record/wording-vantage.ts';
import { finding } from './findings.ts';
import { entry, incident, NOW } from './store-fixtures.ts';

type Evidence = Record<string, unknown>;

function of(kind: IncidentKind, evidence: Evidence, over: Partial<Incident> = {}): Incident {
  return incident('i', { kind, evidence, before: [], ...over });
}

/** Each case on a line, and what is said of it below. */
function told<T>(cases: readonly T[], say: (one: T) => string | readonly string[] | null): string {
  const lines = cases.map((one) => {
    const said = say(one);
    const texts = said === null || typeof said === 'string' ? [said ?? '(nothing)'] : said;
    return [JSON.stringify(one), ...texts.map((text) => `    ${text}`)].join('\n');
  });
  return `${lines.join('\n')}\n`;
}

const german = await wordsIn('de');

const keep = ({ language }: Words, name: string, text: string) =>
  expect(text).toMatchFileSnapshot(`sentences/${language === 'en' ? '' : `${language}/`}${name}.txt`);

const MAIL: Evidence[] = [
  ...[{}, { attempts: 1 }, { attempts: 2, servers: 2 }, { attempts: 2, connected: 1, refused: 1, servers: 0 }],
  ...[
    { attempts: 3, unanswered: 3 },
    { attempts: 3, connected: 2, messages: 1 },
    { attempts: 3, connected: 2, messages: 2 },
  ],
  { attempts: 1, refused: 1, refusedBy: { ip: '203.0.113.25', reason: 'no-such-user' } },
  { attempts: 1, refusedBy: { ip: '203.0.113.25' } },
  { attempts: 9, burst: { attempts: 9, servers: 1, minutes: 5, silentBefore: false } },
  { attempts: 9, burst: { attempts: 9, servers: 2, minutes: 1, silentBefore: true } },
  ...[
    { attempts: 1, answerOnly: true },
    { attempts: 2, answerOnly: true, beganBefore: true },
  ],
  ...[
    { attempts: 1, beganBefore: true },
    { attempts: 2, beganBefore: true },
    { attempts: 1, forgedMac: 'm' },
  ],
  { attempts: 1, supportedBy: ['exposed', 'mail_lookup', 'outbreak', 'symptom', 'unknown'] },
  ...[
    { attempts: 1, dialogue: { blockListed: true } },
    { attempts: 1, dialogue: { blockListed: false } },
  ],
  { attempts: 1, lastDestination: { ip: '203.0.113.25', port: 587, through: { proxy: '198.51.100.1' } } },
  { attempts: 1, lastDestination: { ip: '203.0.113.25', name: 'smtp.example', port: 587 } },
  ...[
    { attempts: 1, lossPercent: 7 },
    { attempts: 1, outerSide: {} },
    { attempts: 1, outerSide: { address: '192.0.2.1' } },
  ],
];

const LOOKUPS: Evidence[] = [
  ...[
    { mx: 1, dnsbl: 0 },
    { mx: 0, dnsbl: 2, lists: ['a'] },
    { mx: 2, dnsbl: 1, lists: ['a', 'b'], ownAddress: 'no' },
  ],
  ...[
    { mx: 0, dnsbl: 1, lists: ['a'], ownAddress: 'yes' },
    { mx: 1, dnsbl: 1, lists: ['a'], ownAddress: 'probably' },
  ],
];

const SERVICES = ['telnet', 'ssh', 'adb', 'rdp', 'vnc', 'smb', 'http', 'https', 'rtsp', 'mqtt', 'tr-069', 'other'];
const EXPOSED: Evidence[] = [
  ...SERVICES.map((service) => ({ ports: [22], service, connections: 1, sources: 1 })),
  ...[
    { ports: [22, 80], connections: 3, sources: 2 },
    { ports: [], connections: 0, sources: 0 },
  ],
];

const mapping = (over: Evidence, rest: Evidence = {}) => ({
  ...{ mapping: { externalPort: 8080, internalPort: 80, protocol: 'tcp', lease: 0, ...over }, mappings: 1, ...rest },
});
const MAPPINGS: Evidence[] = [
  ...[{}, { externalPort: 0 }, { externalPort: null }, { protocol: 'udp' }, { protocol: undefined }].map((one) =>
    mapping(one),
  ),
  ...[{ description: 'video' }, { description: '' }, { internalClient: '192.168.1.9' }, { internalClient: null }].map(
    (one) => mapping(one),
  ),
  ...[1, 89, 90, 7199, 7200, 9000, 172_799, 172_800, 216_000].map((lease) => mapping({ lease })),
  ...[mapping({}, { closedAt: 'then' }), mapping({}, { mappings: 2 }), mapping({}, { closedAt: 5, mappings: 0 })],
];

const OUTBREAKS: Evidence[] = [
  { devices: [{ mac: 'a' }, { name: 'b' }], hosts: ['h'], role: 'update', unaffectedDevices: 0 },
  { devices: [{ mac: 'a' }, { name: 'b' }, { name: 'c' }], hosts: [], backend: 'x', unaffectedDevices: 1 },
  { devices: [{ mac: 'a' }, { name: 'b' }, { name: 'c' }, { name: 'd' }], hosts: ['h', 'i'], unaffectedDevices: 2 },
];

const OTHERS: [IncidentKind, Evidence[]][] = [
  ['mail_lookup', LOOKUPS],
  ['exposed', EXPOSED],
  ['port_mapping', MAPPINGS],
  ['outbreak', OUTBREAKS],
  [
    'backend_new',
    [
      ...[
        { backend: 'b', backends: 1, role: 'unknown' },
        { backend: 'b', backends: 1, role: 'cloud' },
      ],
      { backend: 'b', backends: 2, role: 'update' },
    ],
  ],
  ['updates_overdue', [{ backend: 'b', lastContact: '2026-01-01T10:00:00.000Z' }, {}]],
  [
    'symptom',
    ['always-on', 'destinations', 'connections', 'latency'].map((measure) => ({ measure, value: 0.756, usual: 0.1 })),
  ],
  [
    'mac_flood',
    [
      { addresses: 300, connections: 0, mailAttempts: 0 },
      { addresses: 300, connections: 1, mailAttempts: 1, bearers: ['a'] },
      { addresses: 300, connections: 2, mailAttempts: 2, bearers: ['a', 'b'] },
    ],
  ],
  [
    'fleet_warning',
    ['family', 'maker', 'things', undefined].flatMap((among) =>
      [1, 2].map((contacts) => ({
        ...{ backend: 'b', homesMailed: 37, homesExposed: 41, among, contacts },
        ...{ lastContact: '2026-01-05T10:00:00.000Z', ownMail: contacts - 1 },
      })),
    ),
  ],
  [
    'sensor_blind',
    [
      ...VANTAGES.map((vantage) => ({ vantage })),
      ...['from-home', 'to-home', 'x'].map((direction) => ({ vantage: 'lan-one-way', direction })),
      ...[{ vantage: 'x' }, { vantage: 'wan-side', mailAttempts: 1 }, { vantage: 'wan-side', mailAttempts: 2 }],
    ],
  ],
];

const PLACES: Evidence[] = [
  ...[{}, { behind: null }, { behind: { who: 'other', mac: 'm', kind: null } }],
  ...[null, 'repeater', 'router'].flatMap((kind) =>
    ['client', 'address', 'perhaps'].map((who) => ({ behind: { who, kind, mac: 'm' }, innerAddress: '192.168.7.3' })),
  ),
  { behind: { who: 'address', kind: 'router', mac: 'm', name: 'attic' }, address: '192.168.7.4' },
  { behind: { who: 'perhaps', kind: null, mac: 'm', name: null }, address: '192.168.7.4' },
];

const device = (role: Device['role']): Device => ({ ...newDevice('m', NOW), role });
const NOTE = { steps: { disconnect: ['D'], reset: ['R'], reinstall: [], closeAccess: ['C'] } } as never;

describe.each([english, german])('in $language', (words) => {
  it('of mail', () =>
    keep(
      words,
      'mail',
      told(MAIL, (evidence) => [
        summaryOf(words, of('mail_started', evidence), 'camera'),
        summaryOf(words, of('mail_started', evidence, { portClass: 'odd' }), null),
        summaryOf(words, of('submission_started', evidence), 'camera'),
      ]),
    ));

  it('of stages', () =>
    keep(
      words,
      'stages',
      told(['attempt', 'connected', 'accepted', 'fan-out', 'corroborated', 'x', undefined], (stage) =>
        stageText(words, of('mail_started', { stage })),
      ),
    ));

  it('of the other kinds', () =>
    keep(
      words,
      'kinds',
      OTHERS.map(
        ([kind, cases]) => `== ${kind}\n${told(cases, (evidence) => summaryOf(words, of(kind, evidence), 'camera'))}`,
      ).join('\n'),
    ));

  it('of a blind sensor that sees again', () =>
    keep(
      words,
      'blind',
      told(
        VANTAGES.flatMap((vantage) => ['open', 'resolved'].map((state) => [vantage, state] as const)),
        ([vantage, state]) =>
          summaryOf(words, of('sensor_blind', { vantage, mailAttempts: 1 }, { state: state as 'open' }), null),
      ),
    ));

  it('of who it is and where', () =>
    keep(
      words,
      'places',
      told(PLACES, (evidence) => [
        whoText(words, 'tv', { evidence }),
        `${carrierText(words, evidence)}; ${isClient(evidence) ? 'a client' : 'no client'}`,
        ...placeAdvice(words, { evidence }),
      ]),
    ));

  it('of what to do', () => {
    const kinds = INCIDENT_KINDS.map(
      (kind) => `== ${kind}\n${told([{}], (evidence) => adviceFor(words, of(kind, evidence), null, null))}`,
    );
    const blind = told(VANTAGES, (vantage) => adviceFor(words, of('sensor_blind', { vantage }), null, null));
    const roles = told(
      [
        ...(['device', 'gateway', 'sensor'] as const).map((role) => ({ role, evidence: {} })),
        { role: 'gateway' as const, evidence: { innerAddress: 'x' } },
        {
          role: 'device' as const,
          evidence: { behind: { who: 'address', kind: 'router', mac: 'm' }, innerAddress: 'x' },
        },
      ],
      ({ evidence, role }) => adviceFor(words, of('mail_started', evidence), device(role), null),
    );
    const note = told(['mail_started', 'submission_started'] as const, (kind) =>
      adviceFor(words, of(kind, {}), device('device'), NOTE),
    );
    return keep(
      words,
      'advice',
      [...kinds, '== where the sensor looks from', blind, '== roles', roles, '== note', note].join('\n'),
    );
  });

  it('of what happened before', () => {
    const events: TimelineEntry[] = [
      { ...entry(NOW), detail: { bytes: 1023 } },
      { ...entry(NOW), detail: {}, name: null },
      { ...entry(NOW), kind: 'store_download', detail: { bytes: 5_000_000 }, nameFrom: 'dns-other' },
      { ...entry(NOW), kind: 'firmware_change', detail: { from: '1', to: '2' } },
      { ...entry(NOW), kind: 'backend_new', detail: {}, role: null },
      { ...entry(NOW), kind: 'backend_new', detail: { through: 'p' }, role: 'unknown' },
      { ...entry(NOW), kind: 'backend_new', detail: { through: null }, name: null, ip: null },
      { ...entry(NOW), kind: 'inbound_connection', detail: { port: 22 }, name: null },
      { ...entry(NOW), kind: 'remote_login', detail: { port: 22, service: 'SSH', durationMs: 30_000 } },
      { ...entry(NOW), kind: 'remote_login', detail: { port: 22, durationMs: 7_200_000 }, ip: null },
      { ...entry(NOW), kind: 'remote_login', detail: { port: 22 } },
      { ...entry(NOW), kind: 'port_mapped', detail: { externalPort: 80, internalPort: 8080, protocol: 'udp' } },
      { ...entry(NOW), kind: 'port_mapped', detail: { externalPort: null, internalPort: 8080 } },
      ...[0, 1, 2].map((lookups) => ({
        ...entry(NOW),
        kind: 'mail_lookup' as const,
        detail: { lookups, lists: lookups },
      })),
      { ...entry(NOW), kind: 'mail_resumed', detail: {} },
    ];
    return keep(
      words,
      'before',
      told(events, (event) => timelineText(words, event)),
    );
  });

  it('of what the sensor sees', () => {
    const base: Judgement = {
      ...{ vantage: 'lan-both-ways', direction: null, confidence: 'sure', reasons: [], isOld: false, outer: null },
    };
    const judgements = [
      ...VANTAGES.map((vantage) => ({ ...base, vantage })),
      ...(['from-home', 'to-home'] as const).map((direction) => ({
        ...base,
        vantage: 'lan-one-way' as const,
        direction,
      })),
      { ...base, confidence: 'unsure' as const, reasons: [{ kind: 'quiet' as const }] },
    ];
    const kinds: VantageReason['kind'][] = [
      ...(['both-directions', 'only-from-home', 'only-to-home', 'local-only', 'public-on-both-ends', 'pppoe'] as const),
      ...([
        'carrier-address',
        'passed-on',
        'systems',
        'nobody-else',
        'own-only',
        'broadcasts-only',
        'silence',
      ] as const),
      ...(['no-carrier', 'quiet'] as const),
    ];
    const reasons: VantageReason[] = kinds.flatMap((kind) => [{ kind }, { kind, count: 1 }, { kind, count: 2 }]);
    const covered: [number, string[]][] = [
      ...([
        [0, ['a']],
        [1, []],
        [1, ['a']],
        [2, ['a', 'b']],
        [2, ['a', 'b', 'c']],
        [5, ['a', 'b']],
      ] as [number, string[]][]),
    ];
    return keep(
      words,
      'sight',
      [
        told(judgements, (one) => Object.entries(sightOf(words, one)).map(([key, value]) => `${key}: ${value}`)),
        told(reasons, (reason) => reasonText(words, reason)),
        told(covered, ([count, names]) => notCoveredText(words, count, names)),
      ].join('\n'),
    );
  });

  it('of why two addresses may be one thing', () => {
    const suggestion = (over: Partial<Suggestion>): Suggestion => ({
      ...{ kind: 'new-address', device: 'a', into: 'b', older: [], reasons: [{ kind: 'id' }], ...over },
    });
    const kinds = ['client-id', 'id', 'adjacent', 'model', 'system', 'note'] as const;
    const cases: Suggestion[] = [
      ...kinds.map((kind) => suggestion({ reasons: [{ kind }] })),
      suggestion({ reasons: [{ kind: 'name', name: 'annas-phone' }, { kind: 'model' }] }),
      ...([[], ['c'], ['c', 'd']] as string[][]).map((older) => suggestion({ older })),
      ...(['never-together', 'seldom-together', 'note'] as const).map((kind) =>
        suggestion({ kind: 'two-interfaces', reasons: [{ kind: 'adjacent' }, { kind }] }),
      ),
      suggestion({ reasons: [{ kind: 'never-together' }] }),
    ];
    return keep(
      words,
      'same',
      told(cases, (one) => sameReason(words, one)),
    );
  });
});

it('of packets that were being lost', () => {
  const loss = (missed: number, isCertain = true) => ({
    ...{ percent: null, low: 0, high: 0, samples: 200, missed, isCertain },
  });
  const share = (over: Parameters<typeof finding>[0], now: ReturnType<typeof loss> | undefined) =>
    withLoss(finding({ evidence: { a: 1 }, ...over }), () => now).evidence;
  expect([1, 2, 3, 20].map((missed) => share({}, loss(missed)))).toEqual([
    ...[1, 1, 2, 10].map((lossPercent) => ({ a: 1, lossPercent })),
  ]);
  for (const evidence of [share({}, undefined), share({}, loss(20, false)), share({ effect: 'updates' }, loss(20))])
    expect(evidence).toEqual({ a: 1 });
  const counted = INCIDENT_KINDS.filter((kind) => share({ kind }, loss(20)).lossPercent === 10);
  expect(INCIDENT_KINDS.filter((kind) => !counted.includes(kind))).toEqual(['updates_overdue', 'sensor_blind']);
  expect([lossSentence(english, {}), lossSentence(english, { lossPercent: 7 })]).toEqual([
    ...[null, 'The capture was losing about 7 % of packets then: counts may be too low.'],
  ]);
});

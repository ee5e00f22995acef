// What an expectation covers, on the parts themselves: each condition from both sides, and every bound.
import { describe, expect, it } from 'vitest';
import { type Device, type MailDestination, mailDestinationKey, newDevice } from '../../sensor/attribute/device.ts';
import type { Finding } from '../../sensor/detect/finding.ts';
import {
  ANYBODY,
  calmedByNote,
  canBeExpected,
  covers,
  findingsCovered,
  innerOf,
  isIncidents,
  isInNote,
  type Scope,
  scopeOf,
  withKnownName,
} from '../../sensor/record/expectation-scope.ts';
import type { Incident, Target } from '../../sensor/record/incident.ts';
import { CAMERA_MAC, finding } from './findings.ts';
import { incident, NOW } from './store-fixtures.ts';

function destination(over: Partial<MailDestination> = {}): MailDestination {
  return {
    ...{ ip: '203.0.113.25', port: 25, name: null, nameFrom: null, attempts: 1, connected: 0, refused: 0 },
    ...{ unanswered: 0, messages: 0, recipients: 0, firstSeen: NOW, lastSeen: NOW, ...over },
  };
}

function device(...destinations: Partial<MailDestination>[]): Device {
  const camera = newDevice(CAMERA_MAC, NOW);
  for (const one of destinations.map(destination)) camera.mail.destinations.set(mailDestinationKey(one), one);
  return camera;
}

const submission: Partial<Incident> = { kind: 'submission_started', portClass: 'submission' };
const targetsOf = (over: Partial<Incident>, ...destinations: Partial<MailDestination>[]) =>
  scopeOf(incident('i', over), device(...destinations)).targets;

it.each([
  ['mail_started', true],
  ['submission_started', true],
  ['exposed', true],
  ['mail_lookup', false],
  ['outbreak', false],
  ['port_mapping', false],
  ['backend_new', false],
] as const)('%s can be called normal: %s', (kind, can) => {
  expect(canBeExpected({ kind })).toBe(can);
});

describe('the scope of an incident', () => {
  it.each<[string, Partial<Incident>, Partial<MailDestination>, Target[]]>([
    ['an address without a name', {}, {}, [{ destination: '203.0.113.25', port: 25 }]],
    [
      'the host that a resolver told the device of, on port 25',
      {},
      { name: 'mx1.provider.example', nameFrom: 'dns' },
      [{ destination: 'mx1.provider.example', port: 25 }],
    ],
    [
      'the domain of the host, for submission',
      submission,
      { port: 587, name: 'smtp1.provider.example', nameFrom: 'dns' },
      [{ destination: 'provider.example', port: 587 }],
    ],
    [
      'the host alone on rented machines',
      submission,
      { port: 465, name: 'a.smtp.azurewebsites.net', nameFrom: 'dns' },
      [{ destination: 'a.smtp.azurewebsites.net', port: 465 }],
    ],
    [
      'the host that a proxy was asked for',
      {},
      { ip: '198.51.100.10', name: 'mx1.provider.example', nameFrom: 'proxy' },
      [{ destination: 'mx1.provider.example', port: 25 }],
    ],
    [
      'the address, where only the device itself says the name',
      {},
      { name: 'mx1.provider.example', nameFrom: 'sni' },
      [{ destination: '203.0.113.25', port: 25 }],
    ],
    [
      'the host, on an odd port',
      { portClass: 'odd' },
      { port: 2626, name: 'mx1.provider.example', nameFrom: 'dns' },
      [{ destination: 'mx1.provider.example', port: 2626 }],
    ],
    ['nothing that was never tried', {}, { attempts: 0 }, []],
    [
      'what was seen last as it began',
      { startedAt: NOW },
      { lastSeen: NOW },
      [{ destination: '203.0.113.25', port: 25 }],
    ],
    ['nothing that was seen last before it', { startedAt: NOW + 1 }, { lastSeen: NOW }, []],
    ['nothing of another kind of port', submission, { port: 25 }, []],
  ])('has %s', (_, over, seen, targets) => {
    expect(targetsOf(over, seen)).toEqual(targets);
  });

  it('is sorted by name, then by port, each pair once; and lists of both for people', () => {
    const at = (name: string, ip: string, port: number) => ({ name, ip, port, nameFrom: 'dns' as const });
    const scope = scopeOf(
      incident('i', submission),
      device(
        at('b.two.example', '203.0.113.1', 587),
        at('a.two.example', '203.0.113.2', 587),
        at('a.two.example', '203.0.113.2', 465),
        at('a.one.example', '203.0.113.3', 2525),
      ),
    );
    expect(scope).toEqual({
      covers: 'mail',
      targets: [
        { destination: 'one.example', port: 2525 },
        { destination: 'two.example', port: 465 },
        { destination: 'two.example', port: 587 },
      ],
      destinations: ['one.example', 'two.example'],
      ports: [465, 587, 2525],
    });
  });

  it('has sixty-four targets at most', () => {
    const many = Array.from({ length: 65 }, (_, n) => ({ ip: `203.0.113.${n}` }));
    expect(targetsOf({}, ...many.slice(0, 64))).toHaveLength(64);
    const targets = targetsOf({}, ...many).map(({ destination: to }) => to);
    expect([targets.length, targets.includes('203.0.113.64'), targets.includes('203.0.113.63')]).toEqual([
      ...[64, false, true],
    ]);
  });

  it('of one behind the MAC has its address, and its first and last server alone', () => {
    const place = (ip: string, port = 25) => ({ ip, port, name: null });
    const evidence = {
      ...{ innerAddress: '192.168.7.3', firstDestination: place('203.0.113.1') },
      lastDestination: place('203.0.113.2'),
    };
    const servers = ['203.0.113.1', '203.0.113.2', '203.0.113.3'].map((ip) => ({ ip }));
    expect(targetsOf({ evidence }, ...servers)).toEqual([
      { destination: '203.0.113.1', port: 25, from: '192.168.7.3' },
      { destination: '203.0.113.2', port: 25, from: '192.168.7.3' },
    ]);
    expect(targetsOf({ evidence: { innerAddress: '192.168.7.3' } }, ...servers)).toEqual([]);
  });

  it('of an open port is anybody at that one', () => {
    const exposed = incident('i', { kind: 'exposed', portClass: '', evidence: { ports: [8080, 'x', null, 22] } });
    expect(scopeOf(exposed, device({}))).toEqual({
      covers: 'exposed',
      targets: [
        { destination: '*', port: 22 },
        { destination: '*', port: 8080 },
      ],
      destinations: [ANYBODY],
      ports: [22, 8080],
    });
    expect(scopeOf({ ...exposed, evidence: { ports: '22' } }, device({})).targets).toEqual([]);
  });
});

describe('what a scope would have hidden', () => {
  const scope = (covered: 'mail' | 'exposed', ...targets: Target[]): Scope => ({
    ...{ covers: covered, targets, destinations: [], ports: [] },
  });

  it('are the attempts at its targets, by address or by a name that is borne out', () => {
    const camera = device(
      { ip: '203.0.113.1', attempts: 1 },
      { ip: '203.0.113.2', attempts: 10, name: 'mx.one.example', nameFrom: 'dns' },
      { ip: '203.0.113.3', attempts: 100, name: 'mx.one.example', nameFrom: 'sni' },
      { ip: '203.0.113.1', attempts: 1000, name: 'mx.two.example', nameFrom: 'proxy' },
    );
    const hidden = (...targets: Target[]) => findingsCovered(incident('i'), camera, scope('mail', ...targets));
    expect(hidden()).toBe(0);
    expect(hidden({ destination: 'mx.one.example', port: 25 })).toBe(10);
    expect(hidden({ destination: '203.0.113.3', port: 25 })).toBe(100);
    // The address is that of the proxy, which is nobody's mail server.
    expect(hidden({ destination: '203.0.113.1', port: 25 })).toBe(1);
    expect(hidden({ destination: 'mx.two.example', port: 25 })).toBe(1000);
    expect(hidden({ destination: '203.0.113.1', port: 26 })).toBe(0);
    expect(hidden({ destination: '203.0.113.1', port: 25 }, { destination: 'mx.one.example', port: 25 })).toBe(11);
  });

  it('of an open port is all of it', () => {
    expect(findingsCovered(incident('i', { findings: 7 }), device({}), scope('exposed'))).toBe(7);
  });
});

describe('a finding', () => {
  const to = (over: Partial<NonNullable<Finding['destination']>> = {}) => ({
    ...{ ip: '203.0.113.25', port: 25, name: null, ...over },
  });
  const expected = (what: 'mail' | 'exposed', ...targets: Target[]): Scope => ({
    ...{ covers: what, targets, destinations: [], ports: [] },
  });
  const SERVER = { destination: '203.0.113.25', port: 25 };
  const DOMAIN = { destination: 'provider.example', port: 587 };
  const mailed: Partial<Finding> = { kind: 'submission_started', destination: to({ port: 587 }) };

  it.each<[string, Scope, Partial<Finding>, boolean]>([
    ['to the address', expected('mail', SERVER), {}, true],
    ['to the address, among others', expected('mail', DOMAIN, SERVER), {}, true],
    ['to another port of it', expected('mail', SERVER), { destination: to({ port: 26 }) }, false],
    ['to another address', expected('mail', SERVER), { destination: to({ ip: '203.0.113.26' }) }, false],
    ['to no place', expected('mail', SERVER), { destination: null }, false],
    ['of another kind', expected('mail', SERVER), { kind: 'mail_lookup' }, false],
    ['of submission to the address', expected('mail', { ...SERVER, port: 587 }), mailed, true],
    [
      'to the name',
      expected('mail', DOMAIN),
      { ...mailed, destination: to({ port: 587, name: 'provider.example' }) },
      true,
    ],
    [
      'to a host of the domain, for submission',
      expected('mail', DOMAIN),
      { ...mailed, destination: to({ port: 587, name: 'smtp.provider.example' }) },
      true,
    ],
    [
      'to a host of a domain that ends alike',
      expected('mail', DOMAIN),
      { ...mailed, destination: to({ port: 587, name: 'notprovider.example' }) },
      false,
    ],
    [
      'to a host of the domain on port 25',
      expected('mail', { ...DOMAIN, port: 25 }),
      { destination: to({ name: 'mx.provider.example' }) },
      false,
    ],
    ['from one behind the MAC', expected('mail', SERVER), { inner: '192.168.7.3' }, false],
    [
      'from the one that it is of',
      expected('mail', { ...SERVER, from: '192.168.7.3' }),
      { inner: '192.168.7.3' },
      true,
    ],
    ['from another than it is of', expected('mail', { ...SERVER, from: '192.168.7.3' }), {}, false],
    ['of an open port, where mail is expected', expected('mail', SERVER), { kind: 'exposed' }, false],
    ['of mail, where an open port is', expected('exposed', { ...SERVER, destination: ANYBODY }), {}, false],
    ['of that open port', expected('exposed', { ...SERVER, destination: ANYBODY }), { kind: 'exposed' }, true],
    [
      'of another open port',
      expected('exposed', { ...SERVER, destination: ANYBODY }),
      { kind: 'exposed', destination: to({ port: 80 }) },
      false,
    ],
    [
      'by no address through a proxy, to the name',
      expected('mail', { ...SERVER, destination: 'mx.provider.example' }),
      { destination: to({ ip: null, name: 'mx.provider.example' }) },
      true,
    ],
    ['by no address to no name', expected('mail', SERVER), { destination: to({ ip: null }) }, false],
  ])('%s', (_, scope, over, isCovered) => {
    expect(covers(scope, finding(over))).toBe(isCovered);
  });

  it('has the name that the device, under any of its addresses, was given there before', () => {
    const known = { name: 'mx.provider.example', nameFrom: 'dns' as const };
    const nameOf = (chain: Device[], over: Partial<Finding> = {}) => withKnownName(finding(over), chain).destination;
    expect(nameOf([device(), device(known)])).toEqual(to({ name: 'mx.provider.example' }));
    expect(nameOf([device(known)], mailed)).toEqual(to({ port: 587 }));
    expect(nameOf([device({ ...known, port: 587 })], mailed)).toEqual(to({ port: 587, name: 'mx.provider.example' }));
    expect(nameOf([device({ ...known, nameFrom: 'sni' }), device()])).toEqual(to());
    expect(nameOf([device(known)], { destination: to({ name: 'own.example' }) })).toEqual(to({ name: 'own.example' }));
    expect(nameOf([device(known)], { destination: to({ ip: null }) })).toEqual(to({ ip: null }));
    expect(nameOf([device(known)], { destination: null })).toBeNull();
    expect(nameOf([device(known)], { kind: 'exposed' })).toEqual(to());
    expect(nameOf([])).toEqual(to());
  });
});

describe('a firmware note', () => {
  const ofNote = (over: object = {}) => ({
    ...{ expected: 'if-configured' as const, ports: [465], source: 'https://vendor.example' },
    ...{ servers: ['smtp.vendor.example', '*.push.vendor.example'], ...over },
  });
  const to = (name: string | null, port = 465, over: Partial<Finding> = {}) =>
    finding({ kind: 'submission_started', destination: { ip: '203.0.113.25', name, port }, ...over });

  it.each([
    ['smtp.vendor.example', 465, {}, true],
    ['a.smtp.vendor.example', 465, {}, false],
    ['a.push.vendor.example', 465, {}, true],
    ['a.b.push.vendor.example', 465, {}, true],
    ['push.vendor.example', 465, {}, true],
    ['notpush.vendor.example', 465, {}, false],
    ['smtp.vendor.example', 587, {}, false],
    ['smtp.vendor.example', 587, { ports: [] }, true],
    ['smtp.vendor.example', 587, { ports: [465, 587] }, true],
    [null, 465, {}, false],
  ] as const)('knows %s:%i where it says %j: %s', (name, port, over, isKnown) => {
    expect(isInNote(ofNote(over), to(name, port))).toBe(isKnown);
  });

  it('knows no port 25, and nothing without a place', () => {
    const note = ofNote({ ports: [] });
    expect([isInNote(note, to('smtp.vendor.example', 25, { kind: 'mail_started' })), isInNote(note, to(null))]).toEqual(
      [...[false, false]],
    );
    expect(isInNote(note, { ...to(null), destination: null })).toBe(false);
  });

  it('calms what it knows, of the device itself, and says which one it was', () => {
    const note = { slug: 'vendor-camera', mail: ofNote() };
    const mailed = to('smtp.vendor.example', 465, { severity: 'medium', evidence: { a: 1 } });
    expect(calmedByNote(mailed, note)).toEqual({
      ...mailed,
      ...{ severity: 'info', evidence: { a: 1, expectedByNote: 'vendor-camera' } },
    });
    for (const [one, by] of [
      [mailed, null],
      [mailed, { ...note, mail: null }],
      [{ ...mailed, inner: '192.168.7.3' }, note],
      [to('smtp.other.example'), note],
    ] as const)
      expect(calmedByNote(one, by)).toBe(one);
  });
});

describe('one behind a MAC', () => {
  it('is known by its address', () => {
    expect([{ innerAddress: '192.168.7.3' }, {}, { innerAddress: 5 }].map((evidence) => innerOf({ evidence }))).toEqual(
      [...['192.168.7.3', undefined, undefined]],
    );
  });

  it.each([
    [{}, true],
    [{ innerAddress: 'x' }, false],
    [{ innerAddress: 'x', firstDestination: { ip: 'a', port: 25 } }, true],
    [{ innerAddress: 'x', lastDestination: { ip: 'a', port: 25 } }, true],
    [{ innerAddress: 'x', lastDestination: { ip: 'a', port: 26 } }, false],
    [{ innerAddress: 'x', lastDestination: { ip: 'b', port: 25 } }, false],
    [{ innerAddress: 'x', firstDestination: null, lastDestination: 'a' }, false],
  ])('%j has been at its server: %s', (evidence, has) => {
    expect(isIncidents({ evidence }, { ip: 'a', port: 25 })).toBe(has);
  });
});

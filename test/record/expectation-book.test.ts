// What people called normal, one expectation and one finding at a time: what is covered, for whom and until when.
import { describe, expect, it } from 'vitest';
import { type Device, type MailDestination, mailDestinationKey, newDevice } from '../../sensor/attribute/device.ts';
import type { Finding } from '../../sensor/detect/finding.ts';
import { ExpectationBook } from '../../sensor/record/expectation-book.ts';
import {
  calmedByNote,
  canBeExpected,
  covers,
  findingsCovered,
  innerOf,
  isIncidents,
  isInNote,
  scopeOf,
  withKnownName,
} from '../../sensor/record/expectation-scope.ts';
import type { Expectation, Target } from '../../sensor/record/incident.ts';
import { CAMERA_MAC, finding } from './findings.ts';
import { DAY, expectation, incident, NOW } from './store-fixtures.ts';

const SERVER = '203.0.113.25';

function destination(over: Partial<MailDestination> = {}): MailDestination {
  return {
    ...{ ip: SERVER, port: 25, name: null, nameFrom: null, attempts: 1, connected: 0, refused: 0, unanswered: 0 },
    ...{ messages: 0, recipients: 0, firstSeen: NOW, lastSeen: NOW, ...over },
  };
}

function deviceWith(...destinations: Partial<MailDestination>[]): Device {
  const device = newDevice(CAMERA_MAC, NOW);
  for (const one of destinations.map(destination)) device.mail.destinations.set(mailDestinationKey(one), one);
  return device;
}

const expected = (id: string, over: Partial<Expectation> = {}): Expectation => ({ ...expectation(id), ...over });

describe('the book', () => {
  const [A, B] = ['02:00:00:00:00:0a', '02:00:00:00:00:0b'];
  const target = (port: number, from?: string): Target => ({
    ...{ destination: SERVER, port, ...(from === undefined ? {} : { from }) },
  });
  const book = new ExpectationBook();
  book.load([
    expected('old', { device: A, createdAt: 1, targets: [target(25)], until: NOW }),
    expected('young', { device: A, createdAt: 3, targets: [target(587)], until: null }),
    expected('b', { device: B, createdAt: 2, targets: [target(465)], until: null }),
    expected('a', {
      device: B,
      createdAt: 2,
      covers: 'exposed',
      targets: [{ destination: '*', port: 22 }],
      until: null,
    }),
  ]);
  book.load([expected('c', { device: B, createdAt: 2, targets: [], until: null })]);
  const ids = (all: Expectation[]) => all.map(({ id }) => id);

  it('tells the newest first, of all and of a thing with several addresses; at one time by id', () => {
    expect(ids(book.all())).toEqual(['young', 'a', 'b', 'c', 'old']);
    expect(ids(book.ofDevice([A]))).toEqual(['young', 'old']);
    expect(ids(book.ofDevice([A, B]))).toEqual(['young', 'a', 'b', 'c', 'old']);
    expect([book.get('a')?.id, book.get('x'), ids(book.ofDevice([]))]).toEqual(['a', undefined, []]);
  });

  it.each<[string, Partial<Finding>, string[], string | null]>([
    ['a pair, to the last moment', { time: NOW }, [A], 'old'],
    ['a pair, later', { time: NOW + 1 }, [A], null],
    ['a pair of another address of the thing', { destination: { ip: SERVER, port: 465, name: null } }, [A, B], 'b'],
    ['a pair of another device', { destination: { ip: SERVER, port: 465, name: null } }, [A], null],
    ['for good', { time: NOW + 999 * DAY, destination: { ip: SERVER, port: 587, name: null } }, [A], 'young'],
    ['a port of its own', { kind: 'exposed', destination: { ip: '1.2.3.4', port: 22, name: null } }, [B], 'a'],
  ])('covers %s', (_, over, macs, id) => {
    expect(book.covering(finding(over), macs)?.id ?? null).toBe(id);
  });

  it('allows mail of a device, or of an address behind it, as long as some of it is expected', () => {
    const other = new ExpectationBook();
    other.load([
      expected('device', { device: A, targets: [target(25)], until: NOW }),
      expected('behind', { device: A, targets: [target(25, '192.168.7.3')], until: null }),
      expected('two', { device: '02:00:00:00:00:0c', targets: [target(25, '192.168.7.3'), target(25)], until: null }),
      expected('port', { device: B, covers: 'exposed', targets: [target(22)], until: null }),
    ]);
    const allows = (macs: string[], time: number, inner?: string) => other.allowsMail(macs, time, inner);
    expect([
      allows([A], NOW),
      allows([A], NOW + 1),
      allows([B, A], NOW),
      allows([B], NOW),
      allows(['02:00:00:00:00:0c'], NOW),
    ]).toEqual([...[true, false, true, false, true]]);
    expect([
      allows([A], NOW + 1, '192.168.7.3'),
      allows([A], NOW, '192.168.7.4'),
      allows([B], NOW, '192.168.7.3'),
    ]).toEqual([...[true, false, false]]);
  });

  it('makes one of a scope and a device; made again it is the same, with the new end', () => {
    const other = new ExpectationBook();
    const scope = { covers: 'mail', targets: [target(25)], destinations: [SERVER], ports: [25] } as const;
    const from = { device: A, scope: { ...scope, targets: [target(25)], destinations: [SERVER], ports: [25] } };
    const made = other.add({ ...from, until: NOW, by: 'page', time: 5, incident: 'i' });
    expect(made).toEqual({
      ...{ ...scope, id: expect.stringMatching(/^[a-f0-9]{16}$/), device: A, createdAt: 5, createdBy: 'page' },
      ...{ until: NOW, matches: 0, lastMatch: null, incident: 'i' },
    });
    made.matches = 7;
    const again = other.add({ ...from, until: null, by: 'home-assistant', time: 9, incident: 'j' });
    expect([again === made, again.until, again.createdBy, again.matches, other.all().length]).toEqual([
      ...[true, null, 'page', 7, 1],
    ]);
    const others = [
      { ...from, device: B },
      { ...from, scope: { ...from.scope, covers: 'exposed' as const } },
      { ...from, scope: { ...from.scope, targets: [target(587)] } },
    ].map((one) => other.add({ ...one, until: null, by: 'page', time: 5, incident: null }).id);
    expect(new Set([made.id, ...others]).size).toBe(4);
    expect(ids(other.ofDevice([A])).length).toBe(3);
  });

  it('gives up one that is removed, once', () => {
    const other = new ExpectationBook();
    const one = expected('a', { device: A, targets: [target(25)], until: null });
    other.load([one]);
    expect([other.remove('x'), other.remove('a'), other.remove('a')]).toEqual([null, one, null]);
    expect([other.all(), other.ofDevice([A]), other.covering(finding(), [A])]).toEqual([[], [], null]);
  });
});

describe('a scope', () => {
  it.each([
    ['mail_started', true],
    ['submission_started', true],
    ['exposed', true],
    ['outbreak', false],
    ['mail_lookup', false],
    ['port_mapping', false],
  ] as const)('of %s: can be expected is %s', (kind, can) => {
    expect(canBeExpected({ kind })).toBe(can);
  });

  it('has the pairs that the incident has seen, sorted, and each destination and port once', () => {
    const device = deviceWith(
      ...[{ ip: '203.0.113.9', port: 25 }, { ip: '203.0.113.10' }, { ip: '203.0.113.8', lastSeen: NOW - 1 }],
      ...[
        { ip: '203.0.113.7', attempts: 0 },
        { ip: '203.0.113.6', port: 587 },
      ],
    );
    expect(scopeOf(incident('a'), device)).toStrictEqual({
      covers: 'mail',
      targets: [
        { destination: '203.0.113.10', port: 25 },
        { destination: '203.0.113.9', port: 25 },
      ],
      destinations: ['203.0.113.10', '203.0.113.9'],
      ports: [25],
    });
  });

  it.each<[string, Partial<MailDestination>, string]>([
    ['port 25: the host', { name: 'mx1.provider.example', nameFrom: 'dns', port: 25 }, 'mx1.provider.example'],
    [
      'what a proxy was asked for',
      { name: 'mx1.provider.example', nameFrom: 'proxy', port: 25 },
      'mx1.provider.example',
    ],
    [
      'a name from its own hello alone: the address',
      { name: 'mx1.provider.example', nameFrom: 'sni', port: 25 },
      SERVER,
    ],
    ['a name that another device was told', { name: 'mx1.provider.example', nameFrom: 'dns-other', port: 25 }, SERVER],
    ['submission: the provider', { name: 'smtp1.provider.example', nameFrom: 'dns', port: 587 }, 'provider.example'],
    [
      'rented machines: the host',
      { name: 'a.b.azurewebsites.net', nameFrom: 'dns', port: 587 },
      'a.b.azurewebsites.net',
    ],
  ])('of %s', (_, over, name) => {
    const portClass = over.port === 25 ? '25' : 'submission';
    const { targets } = scopeOf(incident('a', { portClass }), deviceWith(over));
    expect(targets).toEqual([{ destination: name, port: over.port }]);
  });

  it('of a device that was reached has its ports, for anybody', () => {
    const exposed = (ports: unknown) =>
      scopeOf(incident('a', { kind: 'exposed', evidence: { ports } }), deviceWith({}));
    expect(exposed([8080, 22, 'x'])).toEqual({
      covers: 'exposed',
      targets: [
        { destination: '*', port: 22 },
        { destination: '*', port: 8080 },
      ],
      destinations: ['*'],
      ports: [22, 8080],
    });
    expect(exposed('22').targets).toEqual([]);
  });

  it('of an address behind the device has what that was seen to reach, and says so', () => {
    const evidence = {
      innerAddress: '192.168.7.3',
      firstDestination: { ip: '203.0.113.1', port: 25 },
      lastDestination: { ip: '203.0.113.2', port: 25 },
    };
    const device = deviceWith(...[1, 2, 3].map((n) => ({ ip: `203.0.113.${n}` })));
    expect(scopeOf(incident('a', { evidence }), device).targets).toEqual([
      { destination: '203.0.113.1', port: 25, from: '192.168.7.3' },
      { destination: '203.0.113.2', port: 25, from: '192.168.7.3' },
    ]);
  });

  it.each<[string, Record<string, unknown>, boolean]>([
    ['the device itself', {}, true],
    ['the first destination', { innerAddress: 'x', firstDestination: { ip: SERVER, port: 25 } }, true],
    ['the last destination', { innerAddress: 'x', lastDestination: { ip: SERVER, port: 25 } }, true],
    ['another port', { innerAddress: 'x', lastDestination: { ip: SERVER, port: 587 } }, false],
    ['another address', { innerAddress: 'x', lastDestination: { ip: '203.0.113.26', port: 25 } }, false],
    ['no destination', { innerAddress: 'x', firstDestination: null, lastDestination: 'x' }, false],
  ])('whose a destination is: %s', (_, evidence, isTheirs) => {
    expect(isIncidents({ evidence }, { ip: SERVER, port: 25 })).toBe(isTheirs);
  });

  it('an address behind is text or none', () => {
    expect([innerOf({ evidence: { innerAddress: 'x' } }), innerOf({ evidence: { innerAddress: 1 } })]).toEqual([
      ...['x', undefined],
    ]);
  });

  it('would have hidden the attempts at what it covers, and of what was reached all', () => {
    const device = deviceWith(
      { ip: '203.0.113.1', name: 'mx.one.example', nameFrom: 'dns', attempts: 2 },
      { ip: '203.0.113.2', name: 'mx.one.example', nameFrom: 'dns', attempts: 3 },
      { ip: '203.0.113.3', name: 'mx.one.example', nameFrom: 'sni', attempts: 40 },
      { ip: '203.0.113.4', name: 'mx.one.example', nameFrom: 'proxy', attempts: 100 },
      { ip: '203.0.113.5', name: 'mx.two.example', nameFrom: 'dns', attempts: 1000 },
    );
    const hidden = (...targets: Target[]) =>
      findingsCovered(incident('a'), device, { covers: 'mail', targets, destinations: [], ports: [] });
    expect(hidden({ destination: 'mx.one.example', port: 25 })).toBe(105);
    expect(hidden({ destination: '203.0.113.3', port: 25 }, { destination: 'mx.two.example', port: 25 })).toBe(1040);
    // What a proxy was asked for has no address of its own.
    expect(hidden({ destination: '203.0.113.4', port: 25 })).toBe(0);
    expect([hidden({ destination: 'mx.one.example', port: 587 }), hidden()]).toEqual([0, 0]);
    const exposed = { covers: 'exposed', targets: [], destinations: [], ports: [] } as const;
    expect(
      findingsCovered(incident('a', { findings: 9 }), device, { ...exposed, targets: [], destinations: [], ports: [] }),
    ).toBe(9);
  });
});

describe('a finding is covered', () => {
  const by = (targets: Target[], over: Partial<Finding>, what: 'mail' | 'exposed' = 'mail') =>
    covers({ covers: what, targets, destinations: [], ports: [] }, finding(over));
  const at = (ip: string | null, port: number, name: string | null = null) => ({ destination: { ip, port, name } });
  const provider = [{ destination: 'provider.example', port: 587 }];
  const host = [{ destination: 'mx.provider.example', port: 25 }];

  it.each<[string, Target[], Partial<Finding>, boolean]>([
    ['the address and port', [{ destination: SERVER, port: 25 }], {}, true],
    ['another port', [{ destination: SERVER, port: 587 }], {}, false],
    ['another address', [{ destination: '203.0.113.26', port: 25 }], {}, false],
    ['the host', host, at(SERVER, 25, 'mx.provider.example'), true],
    ['a host below it', host, at(SERVER, 25, 'a.mx.provider.example'), false],
    ['the provider, for submission', provider, at(SERVER, 587, 'provider.example'), true],
    ['a host of the provider, for submission', provider, at(SERVER, 587, 'smtp.provider.example'), true],
    ['one that only ends alike', provider, at(SERVER, 587, 'notprovider.example'), false],
    ['a host without a name', provider, at(SERVER, 587), false],
    ['what a proxy was asked for', host, at(null, 25, 'mx.provider.example'), true],
    ['none at all', [], {}, false],
    ['nowhere', [{ destination: SERVER, port: 25 }], { destination: null }, false],
    ['a lookup', [{ destination: SERVER, port: 25 }], { kind: 'mail_lookup' }, false],
    ['something that reached it', [{ destination: SERVER, port: 25 }], { kind: 'exposed' }, false],
    ['one behind it', [{ destination: SERVER, port: 25 }], { inner: '192.168.7.3' }, false],
    ['the one behind it', [{ destination: SERVER, port: 25, from: '192.168.7.3' }], { inner: '192.168.7.3' }, true],
    ['the device, by one behind it', [{ destination: SERVER, port: 25, from: '192.168.7.3' }], {}, false],
  ])('%s', (_, targets, over, isCovered) => {
    expect(by(targets, over)).toBe(isCovered);
  });

  it('that reached the device, by what is expected to, and mail not by that', () => {
    const anybody = [{ destination: '*', port: 22 }];
    expect(by(anybody, { kind: 'exposed', ...at('1.2.3.4', 22) }, 'exposed')).toBe(true);
    expect(by(anybody, { kind: 'exposed', ...at('1.2.3.4', 23) }, 'exposed')).toBe(false);
    expect(by(anybody, at('1.2.3.4', 22), 'exposed')).toBe(false);
  });
});

describe('the name that the device itself was given before', () => {
  const named = deviceWith({ name: 'mx.provider.example', nameFrom: 'dns' });
  const over = (chain: Device[], changes: Partial<Finding> = {}) =>
    withKnownName(finding(changes), chain).destination?.name;

  it('is taken under any address of the thing', () => {
    expect(over([deviceWith(), named])).toBe('mx.provider.example');
    expect(withKnownName(finding(), [named])).toEqual(
      finding({ destination: { ip: SERVER, port: 25, name: 'mx.provider.example' } }),
    );
  });

  it.each<[string, Device[], Partial<Finding>, string | null | undefined]>([
    ['it has a name', [named], { destination: { ip: SERVER, port: 25, name: 'x' } }, 'x'],
    ['it is another port', [named], { destination: { ip: SERVER, port: 587, name: null } }, null],
    ['it has no address', [named], { destination: { ip: null, port: 25, name: null } }, null],
    ['it goes nowhere', [named], { destination: null }, undefined],
    ['it is no mail', [named], { kind: 'exposed' }, null],
    ['the name is from its hello', [deviceWith({ name: 'x', nameFrom: 'sni' })], {}, null],
    ['nothing is known', [], {}, null],
  ])('is not where %s', (_, chain, changes, name) => {
    expect(over(chain, changes)).toBe(name);
  });
});

describe("a firmware note's own mail", () => {
  const note = {
    slug: 'acme-cam',
    mail: {
      expected: 'if-configured' as const,
      ports: [465],
      servers: ['smtp.vendor.example', '*.push.vendor.example'],
      source: 'https://vendor.example',
    },
  };
  const submission = (name: string | null, port: number): Partial<Finding> => ({
    ...{ kind: 'submission_started', portClass: 'submission', severity: 'medium' },
    destination: { ip: SERVER, port, name },
  });

  it('is shown and not told', () => {
    const mail = finding({ ...submission('smtp.vendor.example', 465), evidence: { attempts: 1 } });
    expect(calmedByNote(mail, note)).toEqual({
      ...{ ...mail, severity: 'info', evidence: { attempts: 1, expectedByNote: 'acme-cam' } },
    });
  });

  it.each<[string, Partial<Finding>, typeof note | { slug: string; mail: null } | null]>([
    ['there is no note', submission('smtp.vendor.example', 465), null],
    ['the note says nothing of mail', submission('smtp.vendor.example', 465), { slug: 'x', mail: null }],
    ['it is one behind the device', { ...submission('smtp.vendor.example', 465), inner: '192.168.7.3' }, note],
    ['it is another server', submission('smtp.evil.example', 465), note],
    ['it is no mail', { ...submission('smtp.vendor.example', 465), kind: 'exposed' }, note],
  ])('stays what it is where %s', (_, over, of) => {
    expect(calmedByNote(finding(over), of)).toEqual(finding(over));
  });

  it.each<[string | null, number, readonly number[], boolean]>([
    ['smtp.vendor.example', 465, [465], true],
    ['smtp.vendor.example', 587, [465], false],
    ['smtp.vendor.example', 587, [], true],
    ['a.smtp.vendor.example', 465, [465], false],
    ['a.push.vendor.example', 465, [465], true],
    ['push.vendor.example', 465, [465], true],
    ['apush.vendor.example', 465, [465], false],
    ['vendor.example', 465, [465], false],
    [null, 465, [465], false],
  ])('%s on port %i with ports %j: %s', (name, port, ports, isKnown) => {
    expect(isInNote({ ...note.mail, ports: [...ports] }, finding(submission(name, port)))).toBe(isKnown);
  });

  it('is no mail to servers, and none that goes nowhere', () => {
    expect(isInNote(note.mail, finding({ ...submission('smtp.vendor.example', 465), kind: 'mail_started' }))).toBe(
      false,
    );
    expect(isInNote(note.mail, finding({ kind: 'submission_started', destination: null }))).toBe(false);
  });
});

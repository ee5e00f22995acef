// What destinations are called and for how long, where a connection really goes, and how its mail is counted there.
import { beforeEach, describe, expect, it } from 'vitest';
import { type Connection, type InnerDestination, newConnection } from '../../sensor/attribute/connection.ts';
import { destinationOf } from '../../sensor/attribute/destination.ts';
import { DestinationNames } from '../../sensor/attribute/destination-names.ts';
import { type Device, LIMITS, newDevice } from '../../sensor/attribute/device.ts';
import {
  countAccepted,
  countAttempt,
  countOutcome,
  mailDestination,
  nameByHello,
} from '../../sensor/attribute/mail-tally.ts';
import type { DnsMessage } from '../../sensor/decode/dns.ts';
import { CAMERA, DAY, FRIDGE, MINUTE, SECOND, START } from '../../sensor/self-test/frames/home.ts';

describe('a name', () => {
  const [ONE, TWO] = ['203.0.113.1', '203.0.113.2'];
  type Record = DnsMessage['answers'][number];
  const record = (type: 'A' | 'AAAA' | 'CNAME', name: string, data: string, ttl = 300): Record =>
    ({ type, name, data, ttl }) as Record;
  const service = (type: 'HTTPS' | 'SVCB', name: string, target: string, hints: string[] = [], ttl = 300): Record =>
    ({ type, name, ttl, data: { target, hints } }) as unknown as Record;
  const answer = (answers: Record[], fields: Partial<DnsMessage> = {}): DnsMessage => ({
    ...{ id: 1, response: true, opcode: 0, rcode: 0, truncatedFlag: false, complete: true },
    ...{ questions: [{ name: 'a.example', type: 'A' }], answers, additionals: [], ...fields },
  });

  let names: DestinationNames;
  beforeEach(() => {
    names = new DestinationNames();
  });
  const named = (ip: string, time = 0, device: string | null = CAMERA.mac) => {
    const known = names.nameOf(device, ip, START + time);
    return known === null ? null : `${known.name} ${known.from}`;
  };
  const learn = (message: DnsMessage, asker: string | null = CAMERA.mac) => names.learn(asker, message, START);

  it('is the device’s own by its own answer, and another’s by another’s', () => {
    expect([named(ONE), names.addressOf('a.example', START)]).toEqual([null, null]);
    learn(answer([record('A', 'a.example', ONE), record('AAAA', 'a.example', '2001:db8::1')]));
    expect([named(ONE), named('2001:db8::1'), named(TWO)]).toEqual(['a.example dns', 'a.example dns', null]);
    expect([named(ONE, 0, FRIDGE.mac), named(ONE, 0, null)]).toEqual(['a.example dns-other', 'a.example dns-other']);
    expect([names.addressOf('a.example', START), names.addressOf('b.example', START)]).toEqual([ONE, null]);
    learn(answer([record('A', 'b.example', ONE)], { questions: [{ name: 'b.example', type: 'A' }] }), null);
    expect([named(ONE), named(ONE, 0, FRIDGE.mac)]).toEqual(['a.example dns', 'b.example dns-other']);
  });

  it.each([
    [0, 10 * MINUTE],
    [600, 10 * MINUTE],
    [601, 10 * MINUTE + SECOND],
    [7 * 86_400, 7 * DAY],
    [7 * 86_400 + 1, 7 * DAY],
  ])('that is told for %i seconds holds for %i ms, and moves with the clock', (ttl, life) => {
    learn(answer([record('A', 'a.example', ONE, ttl)]));
    const holds = (time: number) => [
      ...[named(ONE, time), named(ONE, time, FRIDGE.mac), names.addressOf('a.example', START + time)],
    ];
    const all = ['a.example dns', 'a.example dns-other', ONE];
    expect([holds(life), holds(life + 1)]).toEqual([all, [null, null, null]]);
    names.moveTime(MINUTE);
    expect([holds(life + MINUTE), holds(life + MINUTE + 1)]).toEqual([all, [null, null, null]]);
  });

  it.each([
    ['is forgotten an hour after its time', 70 * MINUTE + 1, null],
    ['stays so long, as packets may come late', 70 * MINUTE, 'a.example dns'],
  ])('%s', (_, later, expected) => {
    learn(answer([record('A', 'a.example', ONE)]));
    const other = answer([record('A', 'b.example', TWO)], { questions: [{ name: 'b.example', type: 'A' }] });
    names.learn(CAMERA.mac, other, START + later);
    const known = [named(ONE), named(ONE, 0, FRIDGE.mac), names.addressOf('a.example', START)];
    expect(known).toEqual(expected === null ? [null, null, null] : [expected, 'a.example dns-other', ONE]);
    expect([named(TWO, later), names.addressOf('b.example', START + later)]).toEqual(['b.example dns', TWO]);
  });

  it('is looked for by the clock as it is now, also where that was set back', () => {
    names.learn(null, answer([record('A', 'a.example', TWO)]), START + DAY);
    learn(answer([record('A', 'a.example', ONE)]));
    names.learn(null, answer([record('A', 'a.example', TWO)]), START + 71 * MINUTE);
    expect(named(ONE)).toBe(null);
  });

  it('that is no host’s names nothing, and hides no other question', () => {
    const questions = [
      { name: 'no name.example', type: 'A' },
      { name: 'a.example', type: 'A' },
    ];
    learn(answer([record('A', 'no name.example', TWO), record('A', 'a.example', ONE)], { questions }));
    expect([names.nameOf(CAMERA.mac, TWO, START), names.nameOf(CAMERA.mac, ONE, START)?.name]).toEqual([
      null,
      'a.example',
    ]);
  });

  it('that one device lost is still another’s', () => {
    learn(answer([record('A', 'a.example', ONE, 0)]));
    learn(answer([record('A', 'a.example', ONE, 3600)]), FRIDGE.mac);
    expect(named(ONE, 30 * MINUTE)).toBe('a.example dns-other');
  });

  it.each<[string, Partial<DnsMessage>]>([
    ['a question', { response: false }],
    ['a refusal', { rcode: 3 }],
    ['one about nothing', { questions: [] }],
    ['one about no host', { questions: [{ name: 'not a host', type: 'A' }] }],
  ])('is not told by %s', (_what, fields) => {
    learn(answer([record('A', 'a.example', ONE)], fields));
    expect(named(ONE)).toBeNull();
  });

  it.each<[string, Record[], Record[], boolean]>([
    ['an alias', [record('CNAME', 'a.example', 'b.example'), record('A', 'b.example', ONE)], [], true],
    [
      'aliases in any order',
      [
        record('A', 'c.example', ONE),
        record('CNAME', 'b.example', 'c.example'),
        record('CNAME', 'a.example', 'b.example'),
      ],
      [],
      true,
    ],
    [
      'an alias in a ring',
      [
        record('CNAME', 'a.example', 'b.example'),
        record('CNAME', 'b.example', 'a.example'),
        record('A', 'b.example', ONE),
      ],
      [],
      true,
    ],
    ['no alias', [record('CNAME', 'x.example', 'b.example'), record('A', 'b.example', ONE)], [], false],
    ['another name', [record('A', 'b.example', ONE)], [], false],
    ['a service’s target', [service('HTTPS', 'a.example', 'b.example'), record('A', 'b.example', ONE)], [], true],
    ['another service’s target', [service('SVCB', 'a.example', 'b.example'), record('A', 'b.example', ONE)], [], true],
    ['a service’s hints', [service('HTTPS', 'a.example', '', [ONE])], [], true],
    ['another service’s hints', [service('SVCB', 'a.example', '', [ONE])], [], true],
    ['hints of another name', [service('SVCB', 'b.example', '', [ONE])], [], false],
    ['a service without a target', [service('HTTPS', 'a.example', ''), record('A', '', ONE)], [], false],
    ['what is sent along', [service('SVCB', 'a.example', 'b.example')], [record('A', 'b.example', ONE)], true],
    [
      'an alias that is sent along',
      [],
      [record('CNAME', 'a.example', 'b.example'), record('A', 'b.example', ONE)],
      false,
    ],
  ])('reaches an address by %s', (_what, answers, additionals, expected) => {
    learn(answer(answers, { additionals }));
    expect(named(ONE)).toBe(expected ? 'a.example dns' : null);
  });

  it('reaches over sixteen aliases', () => {
    const chain = (count: number) => [
      record('A', `n${count}.example`, ONE),
      ...Array.from({ length: count }, (_, n) =>
        record('CNAME', n === 0 ? 'a.example' : `n${n}.example`, `n${n + 1}.example`),
      ).reverse(),
    ];
    learn(answer(chain(17)));
    expect(named(ONE)).toBeNull();
    learn(answer(chain(16)));
    expect(named(ONE)).toBe('a.example dns');
  });

  it('that is looked up leads to the first address of the latest answer', () => {
    learn(answer([record('A', 'a.example', ONE), record('A', 'a.example', TWO)]));
    expect(names.addressOf('a.example', START)).toBe(ONE);
    learn(answer([record('A', 'a.example', TWO), record('A', 'a.example', ONE)]));
    expect(names.addressOf('a.example', START)).toBe(TWO);
    learn(answer([]));
    expect(names.addressOf('a.example', START)).toBe(TWO);
  });
});

const SERVER = '203.0.113.25';
function connection(fields: Partial<Connection> = {}): Connection {
  const made = newConnection(null, { sourcePort: 40_000, destinationPort: 25 }, START, 1);
  return { ...made, responderIp: SERVER, responderPort: 25, ...fields };
}
const through = (fields: Partial<InnerDestination> = {}): InnerDestination => ({
  ...{ host: 'mx.example', ip: null, port: 587, via: 'socks5', outcome: 'pending', clientNext: 0, serverNext: null },
  ...fields,
});

describe('where a connection goes', () => {
  it.each<[string, Partial<Connection>, ReturnType<typeof destinationOf>]>([
    ['straight', {}, { ip: SERVER, port: 25, through: null }],
    ['through a proxy, to a name', { inner: through() }, { ip: SERVER, port: 587, through: `${SERVER}:25` }],
    [
      'to a name that was looked up',
      { inner: through({ ip: '198.51.100.1' }) },
      { ip: '198.51.100.1', port: 587, through: `${SERVER}:25` },
    ],
    ['through one that refused', { inner: through({ outcome: 'refused' }) }, { ip: SERVER, port: 25, through: null }],
    [
      'through one of IPv6',
      { responderIp: 'fd00::1', inner: through() },
      { ip: 'fd00::1', port: 587, through: '[fd00::1]:25' },
    ],
  ])('%s', (_what, fields, expected) => {
    expect(destinationOf(connection(fields))).toEqual(expected);
  });

  const place = { ip: SERVER, port: 25, name: null, nameFrom: null };
  const inside = { ip: '198.51.100.1', port: 587 };
  const toAddress = through({ host: '198.51.100.1', ip: '198.51.100.1' });
  it.each<[string, Partial<Connection>, object]>([
    ['straight', { name: 'a.example', nameFrom: 'dns' }, { ...place, name: 'a.example', nameFrom: 'dns' }],
    [
      'through a proxy, to a name',
      { inner: through() },
      { ip: SERVER, port: 587, name: 'mx.example', nameFrom: 'proxy' },
    ],
    [
      'to one that was looked up',
      { inner: through({ ip: '198.51.100.1' }) },
      { ...inside, name: 'mx.example', nameFrom: 'proxy' },
    ],
    [
      'to an address',
      { inner: toAddress, name: 'a.example', nameFrom: 'dns' },
      { ...inside, name: null, nameFrom: null },
    ],
    [
      'to one that names itself',
      { inner: toAddress, name: 'a.example', nameFrom: 'sni' },
      { ...inside, name: 'a.example', nameFrom: 'sni' },
    ],
  ])('with mail %s', (_what, fields, expected) => {
    expect(mailDestination(connection(fields))).toEqual(expected);
  });
});

describe('mail', () => {
  let device: Device;
  beforeEach(() => {
    device = newDevice(CAMERA.mac, START);
  });
  const destinations = () => [...device.mail.destinations.entries()];
  const none = { attempts: 0, connected: 0, refused: 0, unanswered: 0, messages: 0, recipients: 0 };

  it('is counted in all, and at its destination', () => {
    const one = connection({ name: 'a.example', nameFrom: 'dns' });
    countAttempt(device, one, START + 5);
    countAttempt(device, one, START + 3);
    countOutcome(device, one, 'unanswered', null, START + 7);
    countOutcome(device, one, 'connected', 'unanswered', START + 6);
    countAccepted(device, one, 2, 3, START + 9);
    const counts = { ...none, attempts: 2, connected: 1, messages: 2, recipients: 3 };
    expect(device.mail).toMatchObject({ ...counts, forgottenDestinations: 0 });
    expect(destinations()).toEqual([
      [
        `${SERVER} 25`,
        {
          ...counts,
          ip: SERVER,
          port: 25,
          name: 'a.example',
          nameFrom: 'dns',
          firstSeen: START + 5,
          lastSeen: START + 9,
        },
      ],
    ]);
    countAttempt(device, connection(), START + 1);
    expect(destinations()[0]?.[1]).toMatchObject({
      name: 'a.example',
      nameFrom: 'dns',
      attempts: 3,
      lastSeen: START + 9,
    });
    countOutcome(device, connection({ responderIp: '203.0.113.99' }), 'refused', null, START);
    expect([device.mail.refused, destinations().length]).toEqual([1, 1]);
  });

  it('through a proxy is counted by name, with the address that is known by then', () => {
    countAttempt(device, connection({ inner: through() }), START);
    countAttempt(device, connection({ inner: through({ host: 'mx2.example' }) }), START);
    countAttempt(device, connection({ inner: through({ ip: '198.51.100.1' }) }), START);
    expect(destinations().map(([key, { attempts, ip }]) => [key, ip, attempts])).toEqual([
      ['mx.example 587', '198.51.100.1', 2],
      ['mx2.example 587', SERVER, 1],
    ]);
  });

  it('to more destinations than are kept lets go of what was seen longest ago', () => {
    const to = (n: number) => connection({ responderIp: `10.0.${n >> 8}.${n & 255}` });
    for (let n = 0; n < LIMITS.mailDestinations; n++) countAttempt(device, to(n), START + n);
    countAttempt(device, to(0), START + 9999);
    countAttempt(device, to(600), START + 9999);
    expect([device.mail.destinations.size, device.mail.forgottenDestinations, device.mail.attempts]).toEqual([
      ...[LIMITS.mailDestinations, 1, LIMITS.mailDestinations + 2],
    ]);
    expect([0, 1, 600].map((n) => device.mail.destinations.has(`10.0.${n >> 8}.${n & 255} 25`))).toEqual([
      true,
      false,
      true,
    ]);
  });

  it.each<[string, Partial<Connection>, Partial<Connection>, [string | null, string | null]]>([
    ['that nothing named', {}, { name: 'mx.example', nameFrom: 'sni' }, ['mx.example', 'sni']],
    [
      'that another’s lookup named',
      { name: 'a.example', nameFrom: 'dns-other' },
      { name: 'mx.example', nameFrom: 'sni' },
      ['mx.example', 'sni'],
    ],
    [
      'that its own lookup named',
      { name: 'a.example', nameFrom: 'dns' },
      { name: 'mx.example', nameFrom: 'sni' },
      ['a.example', 'dns'],
    ],
    ['that nothing named, by no hello', {}, { name: 'mx.example', nameFrom: 'dns' }, [null, null]],
    ['elsewhere', {}, { name: 'mx.example', nameFrom: 'sni', responderPort: 587 }, [null, null]],
  ])('is named by its hello at a destination %s', (_what, before, now, [name, nameFrom]) => {
    countAttempt(device, connection(before), START);
    nameByHello(device, connection(now));
    expect(destinations().map(([, one]) => [one.name, one.nameFrom])).toEqual([[name, nameFrom]]);
  });
});

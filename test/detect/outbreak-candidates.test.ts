// Which backend explains several mailers, as a table of homes: what counts as a contact before, what weighs more, what settles a tie.
import { expect, test } from 'vitest';
import { type Backend, backendKey, type Device, newDevice } from '../../sensor/attribute/device.ts';
import { findOutbreak } from '../../sensor/detect/outbreak.ts';
import { backendOf } from '../support/backend.ts';
import { DAY, HOUR, START } from '../support/stage.ts';

type Contact = Pick<Backend, 'name'> & Partial<Backend>;

const BAD = { name: 'bad.example' };
const MAILED = START + DAY;

const contact = ({ name, ...more }: Contact): Backend =>
  backendOf({ name, hosts: [`host.${name}`], nameFrom: ['sni'], connections: 1, firstSeen: START, ...more });

let made = 0;
function device(...contacts: Contact[]): Device {
  made += 1;
  const found = newDevice(`00:17:88:0c:00:${String(made % 90).padStart(2, '0')}`, START);
  for (const backend of contacts.map(contact)) found.backends.set(backendKey(backend), backend);
  return found;
}

function outbreak(mailers: readonly Device[], others: readonly Device[] = []) {
  const affected = mailers.map((one) => ({ device: one, startedAt: MAILED }));
  return findOutbreak(affected, [...mailers, ...others], ({ mac }) => `thing ${mac}`, MAILED + HOUR);
}

const named = (mailers: readonly Device[], others: readonly Device[] = []) =>
  outbreak(mailers, others)?.evidence.backend ?? null;
const several = (count: number, ...contacts: Contact[]) => Array.from({ length: count }, () => device(...contacts));

test('all that is told of two that share one', () => {
  const late = device({ ...BAD, hosts: ['b.bad.example', 'a.bad.example'], firstSeen: START + HOUR, role: 'cloud' });
  const early = device({ ...BAD, hosts: ['c.bad.example'], shared: true });
  const found = outbreak([late, early], several(1, BAD));
  expect(found).toEqual({
    kind: 'outbreak',
    severity: 'critical',
    device: null,
    portClass: 'bad.example',
    time: MAILED + HOUR,
    effect: 'opens',
    destination: null,
    evidence: {
      backend: 'bad.example',
      hosts: ['a.bad.example', 'b.bad.example', 'c.bad.example'],
      role: 'unknown',
      shared: true,
      unaffectedDevices: 1,
      devices: [late, early].map((one) => ({
        mac: one.mac,
        name: `thing ${one.mac}`,
        firstContact: new Date(one === late ? START + HOUR : START).toISOString(),
        mailSince: new Date(MAILED).toISOString(),
      })),
      alsoShared: [],
    },
    first: {},
    add: {},
  });
});

test.each([
  ['one mailer alone', several(1, BAD), [], null],
  ['two that share nothing', [device(BAD), device({ name: 'other.example' })], [], null],
  [
    'a contact at the moment of the first mail is before it',
    several(2, { ...BAD, firstSeen: MAILED }),
    [],
    'bad.example',
  ],
  ['a contact after the mail explains nothing', [device(BAD), device({ ...BAD, firstSeen: MAILED + 1 })], [], null],
  ['as many others as mailers use it', several(2, BAD), several(2, BAD), 'bad.example'],
  ['one more of the others uses it', several(2, BAD), several(3, BAD), null],
])('%s', (_, mailers, others, expected) => {
  expect(named(mailers, others)).toBe(expected);
});

const good = (more: Partial<Backend> = {}) => ({ name: 'also.example', ...more });

test.each([
  ['an update server of two outweighs a cloud of three', { role: 'update' as const }, 2, { role: 'cloud' as const }, 3],
  ['a store outweighs what is unknown', { role: 'store' as const }, 2, {}, 2],
  ['an update server outweighs a store', { role: 'update' as const }, 2, { role: 'store' as const }, 2],
  ['what is unknown outweighs statistics', {}, 2, { role: 'telemetry' as const }, 3],
  ['a cloud outweighs the time', { role: 'cloud' as const }, 2, { role: 'time' as const }, 3],
  ['what is its own outweighs rented infrastructure', {}, 2, { shared: true }, 3],
  ['three outweigh two', {}, 3, {}, 2],
])('%s', (_, first, firstCount, second, secondCount) => {
  const mailers = Array.from({ length: 3 }, (__, i) =>
    device(...(i < firstCount ? [{ ...BAD, ...first }] : []), ...(i < secondCount ? [good(second)] : [])),
  );
  expect(named(mailers)).toBe('bad.example');
  const other = outbreak(mailers)?.evidence.alsoShared;
  expect(other).toMatchObject([{ backend: 'also.example' }]);
});

test('by the same weight the role decides, then whether it is rented, then the name', () => {
  // Two that weigh 4 are as much as four that weigh 2.
  const equal = [
    ...several(2, { ...BAD, role: 'update' }, good(), { name: 'a.example' }),
    ...several(2, good(), { name: 'a.example' }),
  ];
  expect(named(equal)).toBe('bad.example');
  const rented = [...several(2, BAD, good({ shared: true })), ...several(2, good({ shared: true }))];
  expect(named(rented)).toBe('bad.example');
  expect(named(several(2, { name: 'b.example' }, { name: 'a.example' }))).toBe('a.example');
});

test('three others are told of besides, those that explain most first', () => {
  const names = ['a', 'b', 'c', 'd', 'e'].map((letter) => ({ name: `${letter}.example` }));
  expect(outbreak(several(2, ...names))?.evidence.alsoShared).toMatchObject([
    { backend: 'b.example' },
    { backend: 'c.example' },
    { backend: 'd.example' },
  ]);
});

test('a host is the same backend whatever its role is for each device; the earliest contact counts', () => {
  const split = device(
    { ...BAD, hosts: ['www.bad.example'], firstSeen: START + 2 * HOUR },
    { ...BAD, role: 'update', hosts: ['fw.bad.example'], firstSeen: START + HOUR },
  );
  const plain = device({ ...BAD, hosts: ['fw.bad.example', 'www.bad.example'], firstSeen: START + 3 * HOUR });
  const found = outbreak([split, plain]);
  expect(found).toMatchObject({
    portClass: 'bad.example update',
    evidence: { role: 'update', hosts: ['fw.bad.example'] },
  });
  expect(found?.evidence.devices).toMatchObject([
    { mac: split.mac, firstContact: new Date(START + HOUR).toISOString() },
    { mac: plain.mac, firstContact: new Date(START + 3 * HOUR).toISOString() },
  ]);
  expect(outbreak([split, plain])?.evidence.alsoShared).toMatchObject([
    { backend: 'bad.example', role: 'unknown', devices: [{ firstContact: new Date(START + HOUR).toISOString() }, {}] },
  ]);
});

test('devices are told of by their address, the role that weighs most whatever comes first', () => {
  const [first, second] = [device({ ...BAD, role: 'unknown' }), device({ ...BAD, role: 'cloud' })];
  for (const mailers of [
    [first, second],
    [second, first],
  ])
    expect(outbreak(mailers)?.evidence).toMatchObject({
      role: 'unknown',
      devices: [first, second].map(({ mac }) => ({ mac })).sort((a, b) => (a.mac < b.mac ? -1 : 1)),
    });
});

test('what a mailer contacted after its first mail adds nothing', () => {
  const late = device({ ...BAD, hosts: ['late.bad.example'], shared: true, role: 'cloud', firstSeen: MAILED + 1 });
  expect(outbreak([late, ...several(2, BAD)])?.evidence).toMatchObject({
    hosts: ['host.bad.example'],
    shared: false,
    role: 'unknown',
    devices: [{}, {}],
  });
});

test('others that use something else are not counted', () => {
  expect(outbreak(several(2, BAD), several(3, { name: 'other.example' }))?.evidence.unaffectedDevices).toBe(0);
});

test('another host of the same domain, kept apart by its role, is another backend', () => {
  const update = device({ ...BAD, role: 'update', hosts: ['fw.bad.example'] });
  expect(outbreak([update, device({ ...BAD, hosts: ['www.bad.example'] })])).toBeNull();
});

test('the earliest of several contacts counts, whichever is looked at first', () => {
  const split = device(
    { ...BAD, hosts: ['fw.bad.example'], firstSeen: START + HOUR },
    { ...BAD, role: 'update', hosts: ['fw.bad.example'], firstSeen: START + 2 * HOUR },
  );
  expect(outbreak([split, split])?.evidence.devices).toMatchObject([
    { firstContact: new Date(START + HOUR).toISOString() },
    {},
  ]);
});

test('what others use explains less, and among what explains nothing the role decides', () => {
  const mailers = several(2, { name: 'a.example' }, { name: 'b.example' });
  expect(named(mailers, several(1, { name: 'a.example' }))).toBe('b.example');
  const many = several(2, BAD, { name: 'a.example' }, { name: 'z.example', role: 'update' });
  const others = several(3, { name: 'a.example' }, { name: 'z.example', role: 'update' });
  expect(outbreak(many, others)?.evidence).toMatchObject({
    backend: 'bad.example',
    alsoShared: [{ backend: 'z.example' }, { backend: 'a.example' }],
  });
});

test('what is rented comes after what is not, whichever is seen first', () => {
  const rented = [...several(2, good({ shared: true }), BAD), ...several(2, good({ shared: true }))];
  expect(named(rented)).toBe('bad.example');
});

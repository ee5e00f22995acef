// What is known of devices and hosts is worked out once, and anew as soon as anything that it rests on has changed.
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { type Backend, type Device, newDevice } from '../../sensor/attribute/device.ts';
import { loadVendors } from '../../sensor/attribute/vendor.ts';
import { HostBook } from '../../sensor/detect/host-facts.ts';
import { Knowledge } from '../../sensor/detect/knowledge.ts';
import { loadNotes } from '../../sensor/notes/load.ts';
import { indexNotes } from '../../sensor/notes/note-index.ts';

const TIME = Date.parse('2026-01-05T10:11:12Z');
const { notes } = loadNotes([fileURLToPath(new URL('../../firmware-notes', import.meta.url))]);
const knowledge = new Knowledge(loadVendors(), indexNotes(notes));

const backend = (...hosts: string[]) => ({ hosts }) as Partial<Backend> as Backend;

const CHANGES: [string, (device: Device) => void][] = [
  ['its part', (device) => (device.role = 'gateway')],
  ['a name', ({ hostnames }) => hostnames.push({ name: 'iPad', from: 'mdns', firstSeen: TIME, lastSeen: TIME })],
  ['another name', ({ hostnames }) => hostnames.splice(0, 1, { ...hostnames[0], name: 'tv' } as (typeof hostnames)[0])],
  ['a service', ({ identity }) => identity.mdnsServices.push('_hap._tcp')],
  ['another service', ({ identity }) => identity.mdnsServices.splice(0, 1, '_ipp._tcp')],
  ['an instance', ({ identity }) => identity.mdnsIds.push('instance=hall')],
  ['another instance', ({ identity }) => identity.mdnsIds.splice(0, 1, 'instance=porch')],
  ['an instance of as many letters', ({ identity }) => identity.mdnsIds.splice(0, 1, 'instance=lawn')],
  ['an instance that is forgotten', ({ identity }) => identity.mdnsIds.pop()],
  ['a model', ({ identity }) => identity.mdnsModels.push('md=Chromecast')],
  ['a UPnP server', ({ identity }) => (identity.ssdpServer = 'Linux UPnP/1.0')],
  ['a UPnP type', ({ identity }) => identity.ssdpTypes.push('basic')],
  ['a vendor class', ({ identity }) => (identity.dhcpVendorClass = 'MSFT 5.0')],
  ['a fingerprint', ({ identity }) => (identity.dhcpFingerprint = '1,3,6')],
  ['a user agent', ({ identity }) => (identity.userAgent = 'Mozilla/5.0')],
  ['a backend', ({ backends }) => backends.set('shelly.cloud', backend('api.shelly.cloud'))],
  ['a host of a backend', ({ backends }) => backends.get('first.example')?.hosts.push('ws.meethue.com')],
  ['a backend that is forgotten', ({ backends }) => backends.delete('meethue.com')],
];

/** As a note tells nothing of them. */
const IDLE_CHANGES: [string, (device: Device) => void][] = [
  ['a backend', ({ backends }) => backends.set('second.example', backend('two.second.example'))],
  ['a host of a backend', ({ backends }) => backends.get('first.example')?.hosts.push('more.first.example')],
  ['a backend that is forgotten', ({ backends }) => backends.delete('first.example')],
];

function lamp(): Device {
  const device = newDevice('a4:cf:12:99:be:ef', TIME);
  device.hostnames.push({ name: 'lamp', from: 'dhcp', firstSeen: TIME, lastSeen: TIME });
  device.identity.mdnsServices.push('_http._tcp');
  device.identity.mdnsIds.push('instance=lamp');
  device.backends.set('first.example', backend('one.first.example'));
  device.backends.set('meethue.com', backend('diag.meethue.com'));
  return device;
}

test.each(IDLE_CHANGES)('a device is not judged anew with %s that says nothing of it', (_what, change) => {
  const device = lamp();
  const before = knowledge.classOf(device);
  change(device);
  expect(knowledge.classOf(device)).toBe(before);
  device.backends.get('meethue.com')?.hosts.push('firmware.meethue.com');
  expect(knowledge.classOf(device)).not.toBe(before);
});

test.each(CHANGES)('a device is judged anew with %s, and not before', (_what, change) => {
  const device = lamp();
  const before = knowledge.classOf(device);
  device.lastSeen += 1000;
  expect(knowledge.classOf(device)).toBe(before);
  change(device);
  expect(knowledge.classOf(device)).not.toBe(before);
});

test('a device is recognised by what it calls its own service', () => {
  const device = newDevice('a4:cf:12:99:be:ef', TIME);
  device.identity.mdnsIds.push('id=a4cf1299beef', 'instance=shellyplus1-a4cf1299beef');
  const { evidence, slug } = knowledge.matchOf(device) ?? {};
  expect([slug, evidence?.map(({ value }) => value)]).toEqual([
    'shelly',
    ['shellyplus1-a4cf1299beef', 'Espressif Inc.'],
  ]);
});

test('a host is looked at once, whoever asks for it', () => {
  const book = new HostBook(indexNotes([]));
  const facts = book.factsOf('fw-update.eu.philips.com');
  expect(facts).toEqual({
    domain: 'philips.com',
    shared: false,
    store: null,
    updatesOf: 'philips',
    isListed: false,
    recognises: false,
  });
  expect(book.factsOf('fw-update.eu.philips.com')).toBe(facts);
  expect(book.factsOf('plugins.things.example')).toMatchObject({ store: 'label', updatesOf: null });
  expect(book.factsOf('bucket.s3.amazonaws.com')).toMatchObject({ shared: true });
});

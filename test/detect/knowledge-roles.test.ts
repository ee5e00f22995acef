// What notes and the vendor's name make of a device and of the hosts it asks for.

import { describe, expect, it, test } from 'vitest';
import { type Backend, type Device, newDevice } from '../../sensor/attribute/device.ts';
import { DeviceTable } from '../../sensor/attribute/device-table.ts';
import { loadVendors } from '../../sensor/attribute/vendor.ts';
import { backendName, isWordOf, updatesOf } from '../../sensor/detect/backend-name.ts';
import { HostBook } from '../../sensor/detect/host-facts.ts';
import { Knowledge } from '../../sensor/detect/knowledge.ts';
import { english } from '../../sensor/language/words.ts';
import { parseNote } from '../../sensor/notes/load.ts';
import { indexNotes } from '../../sensor/notes/note-index.ts';
import type { Note } from '../../sensor/notes/schema.ts';
import { BRIDGE, CAMERA, PHONE, START } from '../support/stage.ts';

const vendors = loadVendors();

function note(slug: string, yaml: string, family = 'Hue, Wiz / others', vendor = 'Philips'): Note {
  const head = `slug: ${slug}\nvendor: ${vendor}\nfamily: ${family}\ncategory: light`;
  const text = `---\n${head}\ndefaultPassword: { risk: unknown }\nreset: { source: general }\n${yaml}\n---\n`;
  const parsed = parseNote(`${slug}.md`, text);
  if (parsed.note === null) throw new Error(JSON.stringify(parsed.problems));
  return parsed.note;
}
const fact = (host: string, role: string, dedicated = true) =>
  `  - { host: '${host}', role: ${role}, dedicated: ${dedicated}, source: 'https://example.org/x', confidence: high }`;

const HUE = [
  "match:\n  oui: ['Philips Lighting BV']\n  backends: ['*.hue.example']\nbackends:",
  fact('*.philips.com', 'cloud'),
  fact('exact.philips.com', 'cloud'),
  fact('*.hue.example', 'cloud'),
  fact('fw.hue.example', 'update'),
  fact('*.telemetry.example', 'telemetry', false),
].join('\n');

const knowledgeOf = (...notes: Note[]) => new Knowledge(vendors, indexNotes(notes));
const hue = (family?: string, vendor?: string) => note('hue', HUE, family, vendor);
const bridge = (): Device => newDevice(BRIDGE.mac, START);

test('the vendor is who the address was given to; of a made-up one nobody', () => {
  const knowledge = knowledgeOf();
  const device = bridge();
  expect(knowledge.vendorOf(device)).toBe('Philips Lighting BV');
  expect(knowledge.vendorOf(newDevice(PHONE.mac, START))).toBeNull();
  // It is looked up once.
  device.mac = PHONE.mac;
  expect(knowledge.vendorOf(device)).toBe('Philips Lighting BV');
});

test('a device has the note that fits it, and by it its class', () => {
  const knowledge = knowledgeOf(hue());
  const device = bridge();
  expect(knowledge.matchOf(device)).toMatchObject({ slug: 'hue' });
  expect(knowledge.noteOf(device)?.slug).toBe('hue');
  expect(knowledge.note('hue')?.slug).toBe('hue');
  expect(knowledge.note('other')).toBeNull();
  expect(knowledge.classOf(device).class).toBe('thing');
  expect(knowledge.isGeneralPurpose(device)).toBe(false);
  const camera = newDevice(CAMERA.mac, START);
  expect([knowledge.matchOf(camera), knowledge.noteOf(camera)]).toEqual([null, null]);
  const gateway = Object.assign(bridge(), { role: 'gateway' });
  expect(knowledge.classOf(gateway).class).toBe('infrastructure');
});

test('what a note says of a device stands in its class; a tablet is one that people use', () => {
  const evidence = (knowledge: Knowledge) => knowledge.classOf(bridge()).evidence.map((one) => one.evidence);
  expect(evidence(knowledgeOf())).not.toContain('note');
  expect(evidence(knowledgeOf(hue()))).toContain('note');
  const tablet = bridge();
  tablet.hostnames.push({ name: 'iPad', from: 'mdns', firstSeen: START, lastSeen: START });
  tablet.identity.userAgent = 'Mozilla/5.0 (iPad; CPU OS 17_0 like Mac OS X)';
  expect(knowledgeOf().isGeneralPurpose(tablet)).toBe(true);
});

describe('the role of a host', () => {
  const knowledge = knowledgeOf(hue());
  it.each([
    ['fw.hue.example', { role: 'update', note: 'hue', dedicated: true }],
    ['a.telemetry.example', { role: 'telemetry', note: 'hue', dedicated: false }],
    ['api.philips.com', { role: 'cloud', note: 'hue', dedicated: true }],
    ['exact.philips.com', { role: 'cloud', note: 'hue', dedicated: true }],
    // Its own label says more than the pattern for all of the vendor's.
    ['update.philips.com', null],
    ['other.example', null],
  ])('%s', (host, expected) => {
    expect(knowledge.backend(host, bridge())).toEqual(expected);
  });

  it('goes by what is dedicated for a device without that note', () => {
    const camera = newDevice(CAMERA.mac, START);
    expect(knowledge.backend('fw.hue.example', camera)).toMatchObject({ role: 'update' });
    expect(knowledge.backend('a.telemetry.example', camera)).toBeNull();
    // The label is believed of the vendor's own devices alone.
    expect(knowledge.backend('update.philips.com', camera)).toMatchObject({ role: 'cloud' });
  });

  it('an exact host says what it says, whatever its label', () => {
    const exact = knowledgeOf(
      note('hue', `match:\n  oui: ['Philips Lighting BV']\nbackends:\n${fact('update.philips.com', 'cloud')}`),
    );
    expect(exact.backend('update.philips.com', bridge())).toMatchObject({ role: 'cloud' });
    const pattern = note(
      'hue',
      `match:\n  oui: ['Philips Lighting BV']\nbackends:\n${fact('*.philips.com', 'telemetry')}`,
    );
    expect(knowledgeOf(pattern).backend('update.philips.com', bridge())).toMatchObject({ role: 'telemetry' });
  });

  it('by its label is an update server below the domain of the vendor', () => {
    const [own, other] = [bridge(), newDevice(CAMERA.mac, START)];
    expect(knowledge.isUpdateHost('fw-update.philips.com', own)).toBe(true);
    expect(knowledge.isUpdateHost('api.philips.com', own)).toBe(false);
    expect(knowledge.isUpdateHost('fw-update.philips.com', other)).toBe(false);
    expect(knowledge.isUpdateHost('fw-update.other.example', own)).toBe(false);
  });
});

describe('what people are shown as its name', () => {
  const shown = (family: string, vendor: string) =>
    knowledgeOf(hue(family, vendor)).displayName(bridge(), new DeviceTable(), english);
  it.each([
    ['Hue, Wiz / others', 'Philips', 'Philips Hue'],
    ['Hue (bridges)', 'Philips', 'Philips Hue'],
    ['Hue/Wiz', 'Philips', 'Philips Hue'],
    ['philips lamps', 'Philips', 'philips lamps'],
    ['(all)', 'Philips', 'Philips'],
  ])('of the family %s of %s', (family, vendor, expected) => {
    expect(shown(JSON.stringify(family), vendor)).toBe(`${expected} (…:0b:0c)`);
  });

  it('without a note is not a family', () => {
    const name = knowledgeOf().displayName(bridge(), new DeviceTable(), english);
    expect(name).toContain('Philips Lighting');
    expect(name).not.toContain('Hue');
  });
});

test('a device is recognised by the hosts it talks to, the first 64 of them, and judged anew when they change', () => {
  const knowledge = knowledgeOf(hue());
  const device = newDevice(PHONE.mac, START);
  device.backends.set('a', {
    hosts: Array.from({ length: 63 }, (_, i) => `h${i}.example`),
  } as Partial<Backend> as Backend);
  const before = knowledge.classOf(device);
  device.backends.set('b', { hosts: ['x.hue.example'] } as Partial<Backend> as Backend);
  const after = knowledge.classOf(device);
  expect(after).not.toBe(before);
  // What comes beyond them changes nothing.
  device.backends.get('b')?.hosts.push('y.hue.example');
  device.backends.set('c', { hosts: ['z.hue.example'] } as Partial<Backend> as Backend);
  expect(knowledge.classOf(device)).toBe(after);
  device.backends.get('b')?.hosts.splice(0, 1);
  expect(knowledge.classOf(device)).not.toBe(after);
});

test.each([
  [(device: Device) => device.hostnames.push({ name: 'b', from: 'dhcp', firstSeen: START, lastSeen: START })],
  [(device: Device) => device.hostnames.pop()],
  [(device: Device) => device.identity.mdnsServices.pop()],
  [(device: Device) => device.identity.mdnsModels.splice(0, 1, 'md=other')],
  [(device: Device) => device.identity.ssdpTypes.splice(0, 1, 'other')],
])('it is judged anew as well: %s', (change) => {
  const knowledge = knowledgeOf();
  const device = bridge();
  device.hostnames.push({ name: 'a', from: 'dhcp', firstSeen: START, lastSeen: START });
  device.identity.mdnsServices.push('_a._tcp', '_b._tcp');
  device.identity.mdnsModels.push('md=one');
  device.identity.ssdpTypes.push('one');
  const before = knowledge.classOf(device);
  expect(knowledge.classOf(device)).toBe(before);
  change(device);
  expect(knowledge.classOf(device)).not.toBe(before);
});

describe('what a host name says by itself', () => {
  it.each([
    ['a.b.vendor.co.uk', 'vendor.co.uk'],
    ['vendor.example', 'vendor.example'],
    ['one.github.io', 'one.github.io'],
    ['github.io', 'github.io'],
    ['s3.amazonaws.com', 'amazonaws.com'],
    ['localhost', 'localhost'],
    ['192.0.2.7', '192.0.2.7'],
  ])('%s is of %s', (host, domain) => {
    expect(backendName(host, '198.51.100.1')).toBe(domain);
  });

  it.each([
    ['update.sonos.com', 'sonos'],
    ['a.updates.eu.sonos.com', 'sonos'],
    ['my-fota.sonos.com', 'sonos'],
    ['softwareupdate.sonos.com', 'sonos'],
    ['swupdate.sonos.com', 'sonos'],
    ['fwupdate.sonos.com', 'sonos'],
    ['fw.sonos.com', 'sonos'],
    ['ota123.sonos.com', 'sonos'],
    ['ota1234.sonos.com', null],
    ['myupdate.sonos.com', null],
    ['updated.sonos.com', null],
    ['update.com', null],
    ['update', null],
    ['update.sonos.co.uk', 'sonos'],
    ['', null],
    ['192.0.2.7', null],
  ])('%s offers updates of %s', (host, word) => {
    expect(updatesOf(host)).toBe(word);
  });

  it.each([
    ['Sonos, Inc.', 'sonos', true],
    ['SONOS', 'sonos', true],
    ['Sonos, Inc.', 'sono', false],
    ['The Sonos', 'sonos', false],
    ['LG Innotek', 'lg', false],
    ['Sony Corporation', 'sony', true],
    [null, 'sonos', false],
    ['Sonos', null, false],
    [null, null, false],
    ['', '', false],
  ])('the word of %s is %s: %s', (vendor, word, expected) => {
    expect(isWordOf(vendor, word)).toBe(expected);
  });

  it('is worked out once for each of 4,096 hosts', () => {
    const book = new HostBook(indexNotes([hue()]));
    const first = book.factsOf('fw.hue.example');
    expect(first).toMatchObject({ domain: 'hue.example', isListed: true, recognises: true, shared: false });
    for (let i = 0; i < 4095; i++) book.factsOf(`h${i}`);
    expect(book.factsOf('fw.hue.example')).toBe(first);
    for (let i = 0; i < 4096; i++) book.factsOf(`i${i}`);
    expect(book.factsOf('fw.hue.example')).not.toBe(first);
  });

  it('is let go where nobody asked for it meanwhile', () => {
    const book = new HostBook(indexNotes([hue()]));
    const first = book.factsOf('fw.hue.example');
    const asked = [0, 0].map(() => book.factsOf('h.example'));
    book.forgetUnused();
    expect(book.factsOf('h.example')).toBe(asked[0]);
    expect(book.factsOf('fw.hue.example')).not.toBe(first);
    expect(book.factsOf('fw.hue.example')).toEqual(first);
  });
});

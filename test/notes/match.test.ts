// Which note a device gets, told as the evidence it gave; and what a host is for.
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { loadNotes, parseNote } from '../../sensor/notes/load.ts';
import { matchNote, type NoteEvidence, SILENT } from '../../sensor/notes/match.ts';
import { findBackendRole, indexNotes, recognisesBy } from '../../sensor/notes/note-index.ts';
import { globMatches } from '../../sensor/notes/pattern.ts';
import type { Note } from '../../sensor/notes/schema.ts';

const shipped = indexNotes(loadNotes([fileURLToPath(new URL('../../firmware-notes', import.meta.url))]).notes);

function match(evidence: Partial<NoteEvidence>, notes = shipped) {
  return matchNote({ ...SILENT, ...evidence }, notes);
}

/** A note with just the given recognition and backends. */
function note(slug: string, yaml: string): Note {
  const text = `---
slug: ${slug}
vendor: V
family: F
category: camera
defaultPassword: { risk: unknown }
reset: { source: general }
${yaml}
---
`;
  const parsed = parseNote(`${slug}.md`, text);
  expect(parsed.problems).toEqual([]);
  if (!parsed.note) throw new Error('no note');
  return parsed.note;
}

const fact = (host: string, role: string, dedicated = true, confidence = 'high'): string =>
  `  - { host: '${host}', role: ${role}, dedicated: ${dedicated}, source: 'https://example.org/x', confidence: ${confidence} }`;

test('a vendor name of its own is enough, and says so', () => {
  expect(match({ vendor: 'Synology Incorporated' })).toEqual({
    slug: 'synology-nas',
    confidence: 'medium',
    evidence: [{ evidence: 'vendor', value: 'Synology Incorporated', weight: 4 }],
  });
});

test('a second kind of evidence makes it sure', () => {
  expect(match({ vendor: 'Philips Lighting BV', mdnsServices: ['Hue Bridge - 12AB._hue._tcp.local.'] })).toEqual({
    slug: 'philips-hue',
    confidence: 'high',
    evidence: [
      { evidence: 'vendor', value: 'Philips Lighting BV', weight: 4 },
      { evidence: 'mdns', value: '_hue._tcp', weight: 4 },
    ],
  });
});

test.each([
  ['nothing at all', {}],
  ['the vendor of phones and televisions alike', { vendor: 'Samsung Electronics Co.,Ltd' }],
  ['a vendor that several notes share', { vendor: 'TP-LINK TECHNOLOGIES CO.,LTD.' }],
  ['a vendor nobody knows', { vendor: 'Nobody Ltd' }],
  ['one backend alone: a phone with the app does the same', { backendHosts: ['ws.meethue.com'] }],
  ['the app’s backends: still a phone', { backendHosts: ['ws.meethue.com', 'data.meethue.com', 'diag.meethue.com'] }],
  ['rented storage that anybody uses', { vendor: 'Espressif Inc.', backendHosts: ['s3-us-west-2.amazonaws.com'] }],
  [
    'an update host of two families',
    { vendor: 'Amazon Technologies Inc.', backendHosts: ['softwareupdates.amazon.com'] },
  ],
  ['a User-Agent, which apps imitate', { userAgent: 'Linux UPnP/1.0 Sonos/83.1-61210' }],
  ['an instance alone: people name them', { mdnsInstances: ['Shelly’s television', 'shelly'] }],
  ['a vendor behind a random address', { vendor: 'Synology Incorporated', randomizedMac: true }],
  ['two families that claim it alike', { vendor: 'Synology Incorporated', mdnsServices: ['_hue._tcp'] }],
] as [string, Partial<NoteEvidence>][])('no guess from %s', (_, evidence) => {
  expect(match(evidence)).toBeNull();
});

test.each([
  [
    'a shared vendor with a default name',
    { vendor: 'TP-LINK TECHNOLOGIES CO.,LTD.', hostnames: ['HS110'] },
    'tplink-kasa',
  ],
  ['a shared vendor with what it announces', { vendor: 'Apple, Inc.', mdnsModels: ['model=AppleTV6,2'] }, 'apple-tv'],
  [
    'a radio module with the cloud it talks to',
    { vendor: 'Espressif Inc.', backendHosts: ['m2.tuyaeu.com'] },
    'tuya-devices',
  ],
  [
    'a radio module with the default name of its own mDNS instance',
    { vendor: 'Espressif Inc.', mdnsInstances: ['shellyplus1-A8032ABE54DC'] },
    'shelly',
  ],
  [
    'an update host with others, as only the device does',
    { backendHosts: ['firmware.meethue.com', 'WS.meethue.com.'] },
    'philips-hue',
  ],
  ['its SSDP server header', { ssdpServer: 'Roku/12.5 UPnP/1.0 Roku/12.5', vendor: 'Roku, Inc.' }, 'roku'],
  ['its SSDP device type', { ssdpTypes: ['urn:schemas-upnp-org:device:ZonePlayer:1'] }, 'sonos'],
] as [string, Partial<NoteEvidence>, string][])('%s', (_, evidence, slug) => {
  expect(match(evidence)?.slug).toBe(slug);
});

test('DHCP evidence counts by vendor class or parameter list', () => {
  const notes = indexNotes([note('a', "match: { ouiShared: [Chips], dhcp: ['acme-os*', '1,3,6,15,119'] }")]);
  expect(match({ vendor: 'Chips', dhcpVendorClass: 'Acme-OS 2' }, notes)?.slug).toBe('a');
  expect(match({ vendor: 'Chips', dhcpFingerprint: '1,3,6,15,119' }, notes)?.evidence).toContainEqual({
    evidence: 'dhcp',
    value: '1,3,6,15,119',
    weight: 3,
  });
  expect(match({ dhcpFingerprint: '1,3,6,15,119' }, notes)).toBeNull();
});

test('two notes that both call a vendor their own cancel each other', () => {
  const both = indexNotes([note('a', 'match: { oui: [Acme] }'), note('b', 'match: { oui: [Acme] }')]);
  expect(match({ vendor: 'Acme' }, both)).toBeNull();
});

test('a company that is registered in two spellings is one vendor of the note', () => {
  const notes = indexNotes([note('a', 'match: { oui: [Acme Corp, ACME CORP] }')]);
  expect(match({ vendor: 'Acme Corp' }, notes)?.evidence).toEqual([
    { evidence: 'vendor', value: 'Acme Corp', weight: 4 },
  ]);
});

test('the role of a host: exact before wildcard, and the wildcard covers the domain itself', () => {
  const notes = indexNotes([
    note('a', `match: {}\nbackends:\n${fact('*.acme.com', 'cloud')}\n${fact('fw.acme.com', 'update')}`),
  ]);
  expect(findBackendRole('FW.acme.com.', notes, null)).toEqual({
    role: 'update',
    note: 'a',
    dedicated: true,
    pattern: 'fw.acme.com',
  });
  expect(findBackendRole('x.y.acme.com', notes, null)).toMatchObject({ role: 'cloud', pattern: '*.acme.com' });
  expect(findBackendRole('acme.com', notes, null)?.role).toBe('cloud');
  expect(findBackendRole('notacme.com', notes, null)).toBeNull();
});

test('shared infrastructure speaks for devices of its note only', () => {
  expect(findBackendRole('raw.githubusercontent.com', shipped, null)).toBeNull();
  expect(findBackendRole('raw.githubusercontent.com', shipped, 'philips-hue')).toBeNull();
  expect(findBackendRole('raw.githubusercontent.com', shipped, 'zigbee2mqtt')).toEqual({
    role: 'update',
    note: 'zigbee2mqtt',
    dedicated: false,
    pattern: 'raw.githubusercontent.com',
  });
});

test('the device’s own note goes before others, and notes that disagree say nothing', () => {
  const notes = indexNotes([
    note('a', `match: {}\nbackends:\n${fact('api.acme.com', 'cloud')}`),
    note('b', `match: {}\nbackends:\n${fact('api.acme.com', 'update')}`),
  ]);
  expect(findBackendRole('api.acme.com', notes, 'b')).toMatchObject({ note: 'b', role: 'update' });
  expect(findBackendRole('api.acme.com', notes, null)).toBeNull();
});

test('a fact of low confidence gives no role', () => {
  const notes = indexNotes([note('a', `match: {}\nbackends:\n${fact('fw.acme.com', 'update', true, 'low')}`)]);
  expect(findBackendRole('fw.acme.com', notes, 'a')).toBeNull();
});

test('globs match whole text, and a hostile one ends soon', () => {
  expect(globMatches('a*c*', 'abcd')).toBe(true);
  expect(globMatches('a*c', 'abcd')).toBe(false);
  expect(globMatches('*', '')).toBe(true);
  expect(globMatches(`${'*a'.repeat(8)}b`, 'a'.repeat(512))).toBe(false);
  fc.assert(
    fc.property(
      fc.string({ unit: fc.constantFrom('a', 'b', '*') }),
      fc.string({ unit: fc.constantFrom('a', 'b') }),
      (glob, text) => {
        expect(globMatches(glob, text)).toBe(new RegExp(`^${glob.replaceAll('*', '.*')}$`).test(text));
      },
    ),
  );
});

test('no evidence at all makes matching or naming throw', () => {
  const text = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 600 }),
    fc.constantFrom('._tcp', '=', '.', '*.', '__proto__'),
  );
  const maybe = fc.option(text);
  const texts = fc.array(text, { maxLength: 80 });
  fc.assert(
    fc.property(
      fc.record({
        vendor: maybe,
        randomizedMac: fc.boolean(),
        hostnames: texts,
        mdnsServices: texts,
        mdnsInstances: texts,
        mdnsModels: texts,
        ssdpServer: maybe,
        ssdpTypes: texts,
        dhcpVendorClass: maybe,
        dhcpFingerprint: maybe,
        userAgent: maybe,
        backendHosts: texts,
      }),
      maybe,
      (evidence, slug) => {
        matchNote(evidence, shipped);
        for (const host of evidence.backendHosts) findBackendRole(host, shipped, slug);
      },
    ),
    { numRuns: 200 },
  );
});

test('only hosts by which some note recognises a device say anything of what it is', () => {
  const telling = [...shipped.recognisingHosts.keys()].map((pattern) => pattern.replace('*', 'eu'));
  const host = fc.oneof(
    fc.constantFrom(...telling, ...telling.map((name) => `${name.toUpperCase()}.`)),
    fc.domain(),
    fc.constantFrom('amazonaws.com', 'example.com', 'a..b', ''),
  );
  expect(telling.filter((name) => !recognisesBy(name, shipped))).toEqual([]);
  expect(recognisesBy('www.example.com', shipped)).toBe(false);
  fc.assert(
    fc.property(
      fc.array(host, { maxLength: 64 }),
      fc.constantFrom(null, 'Amazon Technologies Inc.'),
      (hosts, vendor) => {
        const some = hosts.filter((name) => recognisesBy(name, shipped));
        expect(match({ vendor, backendHosts: some })).toEqual(match({ vendor, backendHosts: hosts }));
      },
    ),
  );
});

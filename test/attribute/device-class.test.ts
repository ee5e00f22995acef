// Who is a person's device and who is a thing: crafted identities as they show on a cable. Doubt makes a thing.
import { describe, expect, it } from 'vitest';
import { classify, classOfNote, type DeviceClass } from '../../sensor/attribute/device-class.ts';
import type { MatchEvidence, NoteEvidence } from '../../sensor/notes/match.ts';
import type { Note } from '../../sensor/notes/schema.ts';

const IOS = '1,121,3,6,15,108,114,119,252';
const MACOS = '1,121,3,6,15,108,114,119,252,95,44,46';
const WINDOWS = '1,3,6,15,31,33,43,44,46,47,119,121,249,252';
const ANDROID = '1,3,6,15,26,28,51,58,59,43,114';
const APPLE = 'Apple, Inc.';
const SAFARI = 'Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) AppleWebKit/605.1.15';
const TIZEN = 'Mozilla/5.0 (Linux; Tizen 6.0) SamsungBrowser/2.2 SmartTV Safari/537.36';

function facts(known: Partial<NoteEvidence>): NoteEvidence {
  return {
    vendor: null,
    randomizedMac: false,
    hostnames: [],
    mdnsServices: [],
    mdnsModels: [],
    ssdpServer: null,
    ssdpTypes: [],
    dhcpVendorClass: null,
    dhcpFingerprint: null,
    userAgent: null,
    backendHosts: [],
    ...known,
  };
}

function note(category: Note['category'], said?: DeviceClass): Note {
  return { slug: `a-${category}`, category, class: said } as Note;
}

const own: MatchEvidence[] = [{ evidence: 'mdns', value: '_x._tcp', weight: 4 }];
const vague: MatchEvidence[] = [
  { evidence: 'vendor', value: APPLE, weight: 2 },
  { evidence: 'backend', value: 'mesu.apple.com', weight: 3 },
];

const G = 'general-purpose';
const CASES: readonly [string, Partial<NoteEvidence>, DeviceClass][] = [
  ['iPhone, private address', { hostnames: ['iPhone'], dhcpFingerprint: IOS, randomizedMac: true }, G],
  ["somebody's iPhone, Apple address", { hostnames: ['Annas-iPhone'], vendor: APPLE }, G],
  ['iPad by its fingerprint and service', { dhcpFingerprint: IOS, mdnsServices: ['_apple-mobdev2._tcp'] }, G],
  ['iPhone by vendor and browser', { vendor: APPLE, userAgent: SAFARI }, G],
  ['MacBook', { hostnames: ['Peters-MacBook-Pro'], dhcpFingerprint: MACOS, vendor: APPLE }, G],
  ['Mac by model key', { mdnsModels: ['model=Mac14,2'], vendor: APPLE }, G],
  ['Windows desktop', { hostnames: ['DESKTOP-7K3J2LQ'], dhcpVendorClass: 'MSFT 5.0', dhcpFingerprint: WINDOWS }, G],
  ['Windows laptop by name and class', { hostnames: ['LAPTOP-AB12CD34'], dhcpVendorClass: 'MSFT 5.0' }, G],
  ['Dell with Windows, renamed', { hostnames: ['office'], vendor: 'Dell Inc.', dhcpFingerprint: WINDOWS }, G],
  ['Pixel', { hostnames: ['Pixel-7'], dhcpFingerprint: ANDROID, randomizedMac: true }, G],
  ['Galaxy', { hostnames: ['Galaxy-S21-von-Eva'], dhcpVendorClass: 'android-dhcp-13', randomizedMac: true }, G],
  ['Galaxy with name in front', { hostnames: ['Eva-Galaxy-A52'], dhcpFingerprint: ANDROID, randomizedMac: true }, G],
  [
    'old Android with its id',
    {
      hostnames: ['android-1f2e3d4c5b6a7988'],
      dhcpFingerprint: ANDROID,
      userAgent: 'Dalvik/2.1.0 (Linux; U; Android 9; SM-G960F Build/PPR1)',
    },
    G,
  ],
  ['Linux laptop', { hostnames: ['ThinkPad-X1'], userAgent: 'Mozilla/5.0 (X11; Ubuntu; Linux x86_64; rv:128.0)' }, G],
  ['Chromebook', { hostnames: ['chromebook'], userAgent: 'Mozilla/5.0 (X11; CrOS x86_64 14541.0.0)' }, G],
  ['Surface', { hostnames: ['Surface-Laptop'], vendor: 'Microsoft Corporation' }, G],
  ['Motorola phone', { hostnames: ['moto-g-power'], vendor: 'Motorola Mobility LLC, a Lenovo Company' }, G],
  ['nothing known', {}, 'thing'],
  ['a name alone', { hostnames: ['iPhone'] }, 'thing'],
  ['a fingerprint alone', { dhcpFingerprint: IOS }, 'thing'],
  ['Apple address alone', { vendor: APPLE }, 'thing'],
  ['a private address alone', { randomizedMac: true }, 'thing'],
  ['a browser alone', { userAgent: SAFARI }, 'thing'],
  [
    'Android TV box',
    { dhcpFingerprint: ANDROID, dhcpVendorClass: 'android-dhcp-9', hostnames: ['android-tv'] },
    'thing',
  ],
  [
    'cheap box that calls itself by its chip',
    {
      dhcpFingerprint: ANDROID,
      dhcpVendorClass: 'android-dhcp-10',
      userAgent: 'Dalvik/2.1.0 (Linux; U; Android 10; T95)',
    },
    'thing',
  ],
  [
    'Fire TV',
    { dhcpFingerprint: ANDROID, hostnames: ['amazon-1a2b'], userAgent: 'Dalvik/2.1.0 (Linux; U; Android 9; AFTMM)' },
    'thing',
  ],
  ['Samsung TV', { userAgent: TIZEN, vendor: 'Samsung Electronics Co.,Ltd' }, 'thing'],
  [
    'Samsung TV that is called like a phone',
    { userAgent: TIZEN, hostnames: ['Galaxy-S21'], dhcpFingerprint: ANDROID, randomizedMac: true },
    'thing',
  ],
  ['LG TV', { userAgent: 'Mozilla/5.0 (Web0S; Linux/SmartTV) AppleWebKit/537.36', hostnames: ['LGwebOSTV'] }, 'thing'],
  [
    'Chromecast',
    { userAgent: 'Mozilla/5.0 (X11; Linux armv7l) CrKey/1.56', mdnsServices: ['_googlecast._tcp'] },
    'thing',
  ],
  ['Apple TV', { mdnsModels: ['model=AppleTV11,1'], vendor: APPLE, dhcpFingerprint: IOS }, 'thing'],
  ['HomePod', { mdnsModels: ['am=AudioAccessory5,1'], vendor: APPLE, hostnames: ['HomePod'] }, 'thing'],
  ['Raspberry Pi', { hostnames: ['raspberrypi'], dhcpVendorClass: 'dhcpcd-9.4.1:Linux-6.1:armv7l:BCM2711' }, 'thing'],
  ['ESP', { hostnames: ['ESP_1A2B3C'], vendor: 'Espressif Inc.', dhcpFingerprint: '1,3,28,6' }, 'thing'],
  ['camera with udhcp', { hostnames: ['ipcam'], dhcpVendorClass: 'udhcp 1.24.1' }, 'thing'],
  ['Linux server', { hostnames: ['server'], mdnsServices: ['_workstation._tcp', '_ssh._tcp'] }, 'thing'],
  ['PlayStation', { hostnames: ['PS5-123'], userAgent: 'Mozilla/5.0 (PlayStation 5 3.20)' }, 'general-purpose'],
  ['PlayStation by DHCP alone', { dhcpVendorClass: 'PS4' }, 'thing'],
  ['PlayStation by DHCP and name', { dhcpVendorClass: 'PS4', hostnames: ['PS4-AABBCC'] }, 'general-purpose'],
  ['Xbox', { hostnames: ['XboxOne'], dhcpVendorClass: 'MSFT 5.0 XBOX' }, 'general-purpose'],
  ['Nintendo Switch', { hostnames: ['Nintendo'], userAgent: 'Mozilla/5.0 (Nintendo Switch; WebApplet)' }, 'thing'],
  ['printer', { hostnames: ['BRW1A2B3C'], mdnsServices: ['_ipp._tcp'] }, 'thing'],
  ['Echo', { hostnames: ['amazon-echo'], vendor: 'Amazon Technologies Inc.', dhcpFingerprint: ANDROID }, 'thing'],
  [
    'a camera that claims to be an iPhone by name and browser',
    { hostnames: ['iPhone', 'ipc-365'], vendor: 'Hangzhou Example' },
    'thing',
  ],
];

describe('identities', () => {
  it.each(CASES)('%s', (_, known, expected) => {
    expect(classify(facts(known), null, false).class).toBe(expected);
  });
});

describe('notes', () => {
  const phone = facts({ hostnames: ['iPhone'], dhcpFingerprint: IOS, vendor: APPLE });

  it('that recognise a thing by what is its own outweigh every announced name', () => {
    const { class: found, evidence } = classify(phone, { note: note('camera'), evidence: own }, false);
    expect(found).toBe('thing');
    expect(evidence).toContainEqual({ evidence: 'note', value: 'a-camera', weight: -4 });
  });

  it('that rest on a vendor of phones and its servers do not', () => {
    expect(classify(phone, { note: note('tv'), evidence: vague }, false).class).toBe(G);
  });

  it('may say what their family is', () => {
    expect(classify(facts({}), { note: note('computer', G), evidence: own }, false).class).toBe(G);
    expect(classify(facts({}), { note: note('hub', 'infrastructure'), evidence: own }, false).class).toBe(
      'infrastructure',
    );
    expect(
      ['router', 'network', 'nas', 'computer'].map((category) => classOfNote(note(category as Note['category']))),
    ).toEqual(['infrastructure', 'infrastructure', 'thing', 'thing']);
  });

  it('are not asked about the gateway', () => {
    expect(classify(phone, null, true).class).toBe('infrastructure');
  });
});

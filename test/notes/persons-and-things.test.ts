// Receivers, storage, energy, heating, appliances, and the devices that people write mail on: each is recognised by what it
// announces on a cable, with the evidence that is shown; what only looks like one is not; and notes decide who may mail.
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { classify } from '../../sensor/attribute/device-class.ts';
import { loadNotes } from '../../sensor/notes/load.ts';
import { type MatchEvidence, matchNote, type NoteEvidence, SILENT } from '../../sensor/notes/match.ts';
import { indexNotes } from '../../sensor/notes/note-index.ts';

const { notes } = loadNotes([fileURLToPath(new URL('../../firmware-notes', import.meta.url))]);
const shipped = indexNotes(notes);

const IOS = '1,121,3,6,15,108,114,119,252';
const MACOS = '1,121,3,6,15,108,114,119,252,95,44,46';
const WINDOWS = '1,3,6,15,31,33,43,44,46,47,119,121,249,252';
const ANDROID = '1,3,6,15,26,28,51,58,59,43,114,108';
const NETWORK_MANAGER = '1,2,6,12,15,26,28,121,3,33,40,41,42,119,249,252,17';
const CHROMEOS = '1,3,6,12,15,17,23,28,29,31,33,40,41,42,119';
const APPLE = 'Apple, Inc.';
const SAMSUNG = 'Samsung Electronics Co.,Ltd';
const FRIDGE =
  'Mozilla/5.0 (Linux; Tizen 3.0; FamilyHub) AppleWebKit/537.3 (KHTML, like Gecko) Version/2.3 Mobile Safari/537.3';
const T95 = 'Dalvik/2.1.0 (Linux; U; Android 10; T95 Build/QP1A.191105.004)';

const facts = (known: Partial<NoteEvidence>): NoteEvidence => ({ ...SILENT, ...known });
const recognised = (known: Partial<NoteEvidence>) => matchNote(facts(known), shipped);

function classOf(known: Partial<NoteEvidence>) {
  const match = recognised(known);
  const note = match === null ? undefined : shipped.notes.get(match.slug);
  const matched = match === null || note === undefined ? null : { note, evidence: match.evidence };
  return classify(facts(known), matched, false).class;
}

/** Evidence as it is shown, in short: `vendor SMA Solar Technology AG 4`. */
const shown = (evidence: readonly MatchEvidence[]) =>
  evidence.map(({ evidence: kind, value, weight }) => `${kind} ${value} ${weight}`).sort();

const FAMILIES: readonly [string, Partial<NoteEvidence>, string[]][] = [
  [
    'dreambox',
    { vendor: 'Dream-Multimedia-Tv GmbH', hostnames: ['dm920'] },
    ['vendor Dream-Multimedia-Tv GmbH 4', 'hostname dm920 3'],
  ],
  [
    'dreambox',
    { hostnames: ['dreamtwo'], backendHosts: ['www.dreamboxupdate.com'] },
    ['hostname dreamtwo 3', 'backend www.dreamboxupdate.com 3'],
  ],
  ['enigma2', { vendor: 'Marusys', hostnames: ['vuduo2'] }, ['vendor Marusys 2', 'hostname vuduo2 3']],
  [
    'enigma2',
    { hostnames: ['osmio4k'], backendHosts: ['feeds2.mynonpublic.com'] },
    ['hostname osmio4k 3', 'backend feeds2.mynonpublic.com 3'],
  ],
  [
    'lg-thinq',
    { vendor: 'LG Innotek', backendHosts: ['common.lgthinq.com', 'eic.lgthinq.com'] },
    ['vendor LG Innotek 2', 'backend common.lgthinq.com 3'],
  ],
  [
    'samsung-family-hub',
    { vendor: SAMSUNG, userAgent: FRIDGE },
    [`vendor ${SAMSUNG} 2`, `ssdp ${FRIDGE.toLowerCase()} 2`],
  ],
  [
    'truenas',
    { hostnames: ['truenas'], backendHosts: ['update.ixsystems.com'] },
    ['hostname truenas 3', 'backend update.ixsystems.com 3'],
  ],
  [
    'openmediavault',
    { hostnames: ['openmediavault'], backendHosts: ['packages.openmediavault.org'] },
    ['hostname openmediavault 3', 'backend packages.openmediavault.org 3'],
  ],
  [
    'unraid',
    { hostnames: ['Tower'], backendHosts: ['mothership.unraid.net'] },
    ['hostname tower 3', 'backend mothership.unraid.net 2'],
  ],
  [
    'wd-mycloud',
    { vendor: 'Western Digital Technologies, Inc.', hostnames: ['WDMyCloudEX2'] },
    ['vendor Western Digital Technologies, Inc. 2', 'hostname wdmycloudex2 3'],
  ],
  ['asustor', { vendor: 'Asustor Inc.' }, ['vendor Asustor Inc. 4']],
  [
    'android-tv-box',
    { hostnames: ['T95'], dhcpVendorClass: 'android-dhcp-10' },
    ['hostname t95 2', 'dhcp android-dhcp-10 3'],
  ],
  [
    'android-tv-box',
    { userAgent: T95, dhcpVendorClass: 'android-dhcp-10' },
    [`ssdp ${T95.toLowerCase()} 2`, 'dhcp android-dhcp-10 3'],
  ],
  [
    'android-tv-box',
    { backendHosts: ['ycxrl.com', 'cbphe.com'], dhcpVendorClass: 'android-dhcp-10' },
    ['backend ycxrl.com 3', 'dhcp android-dhcp-10 3'],
  ],
  [
    'libreelec',
    { hostnames: ['LibreELEC'], backendHosts: ['update.libreelec.tv'] },
    ['hostname libreelec 3', 'backend update.libreelec.tv 3'],
  ],
  [
    'libreelec',
    { vendor: 'Raspberry Pi Trading Ltd', hostnames: ['LibreELEC'] },
    ['vendor Raspberry Pi Trading Ltd 2', 'hostname libreelec 3'],
  ],
  [
    'enphase',
    { vendor: 'Enphase Energy', mdnsServices: ['envoy._enphase-envoy._tcp.local.'] },
    ['vendor Enphase Energy 4', 'mdns _enphase-envoy._tcp 4'],
  ],
  [
    'solaredge',
    { vendor: 'SolarEdge Technologies', backendHosts: ['prod.solaredge.com'] },
    ['vendor SolarEdge Technologies 4', 'backend prod.solaredge.com 2'],
  ],
  [
    'fronius',
    { vendor: 'Fronius Schweissmaschinen', backendHosts: ['fdmp.solarweb.com'] },
    ['vendor Fronius Schweissmaschinen 4', 'backend fdmp.solarweb.com 2'],
  ],
  [
    'sma',
    { vendor: 'SMA Solar Technology AG', backendHosts: ['proxy.ied.sma.de', 'stun.ied.sma.de'] },
    ['vendor SMA Solar Technology AG 4', 'backend proxy.ied.sma.de 3'],
  ],
  [
    'growatt',
    { vendor: 'Espressif Inc.', backendHosts: ['server.growatt.com'] },
    ['vendor Espressif Inc. 2', 'backend server.growatt.com 2'],
  ],
  [
    'goodwe',
    { vendor: 'GoodWe Technologies CO., Ltd', backendHosts: ['tcp.goodwe-power.com'] },
    ['vendor GoodWe Technologies CO., Ltd 4', 'backend tcp.goodwe-power.com 2'],
  ],
  [
    'go-e-charger',
    { vendor: 'Espressif Inc.', hostnames: ['go-eCharger'], backendHosts: ['app.v3.go-e.io'] },
    ['hostname go-echarger 3', 'backend app.v3.go-e.io 2', 'vendor Espressif Inc. 2'],
  ],
  ['keba-wallbox', { vendor: 'KEBA GmbH' }, ['vendor KEBA GmbH 4']],
  ['zaptec', { vendor: 'Zaptec' }, ['vendor Zaptec 4']],
  ['myenergi', { vendor: 'myenergi Ltd' }, ['vendor myenergi Ltd 4']],
  ['alfen', { vendor: 'Alfen BV' }, ['vendor Alfen BV 4']],
  ['viessmann', { vendor: 'Viessmann Elektronik GmbH' }, ['vendor Viessmann Elektronik GmbH 4']],
  ['vaillant', { vendor: 'Vaillant GmbH' }, ['vendor Vaillant GmbH 4']],
  [
    'bosch-heating',
    { vendor: 'Bosch Thermotechnik GmbH', backendHosts: ['xmpp.rrcng.ticx.boschtt.net'] },
    ['vendor Bosch Thermotechnik GmbH 4', 'backend xmpp.rrcng.ticx.boschtt.net 2'],
  ],
  [
    'miele',
    { vendor: 'Miele & Cie. KG', mdnsServices: ['Miele WCI._mieleathome._tcp.local.'] },
    ['vendor Miele & Cie. KG 4', 'mdns _mieleathome._tcp 4'],
  ],
  ['dyson', { mdnsServices: ['475_NN2-EU-JEA0000A._dyson_mqtt._tcp.local.'] }, ['mdns _dyson_mqtt._tcp 4']],
  [
    'iphone-ipad',
    { hostnames: ['Annas-iPhone'], dhcpFingerprint: IOS, randomizedMac: true },
    ['hostname annas-iphone 3', `dhcp ${IOS} 3`],
  ],
  ['iphone-ipad', { vendor: APPLE, hostnames: ['iPad'], dhcpFingerprint: IOS }, ['hostname ipad 3', `dhcp ${IOS} 3`]],
  [
    'android-phone',
    { hostnames: ['Pixel-7'], dhcpVendorClass: 'android-dhcp-14', randomizedMac: true },
    ['hostname pixel-7 3', 'dhcp android-dhcp-14 3'],
  ],
  [
    'android-phone',
    { hostnames: ['Eva-Galaxy-A52'], dhcpFingerprint: ANDROID },
    ['hostname eva-galaxy-a52 3', `dhcp ${ANDROID} 3`],
  ],
  [
    'windows-pc',
    { hostnames: ['DESKTOP-7K3J2LQ'], dhcpVendorClass: 'MSFT 5.0' },
    ['hostname desktop-7k3j2lq 3', 'dhcp msft 5.0 3'],
  ],
  [
    'windows-pc',
    { hostnames: ['office'], dhcpFingerprint: WINDOWS, backendHosts: ['ctldl.windowsupdate.com'] },
    [`dhcp ${WINDOWS} 3`, 'backend ctldl.windowsupdate.com 3'],
  ],
  ['mac', { vendor: APPLE, hostnames: ['Peters-MacBook-Pro'] }, [`vendor ${APPLE} 2`, 'hostname peters-macbook-pro 3']],
  [
    'mac',
    { hostnames: ['Mac-mini'], dhcpFingerprint: MACOS, randomizedMac: true },
    ['hostname mac-mini 3', `dhcp ${MACOS} 3`],
  ],
  [
    'linux-desktop',
    { hostnames: ['fedora'], dhcpFingerprint: NETWORK_MANAGER },
    ['hostname fedora 3', `dhcp ${NETWORK_MANAGER} 3`],
  ],
  [
    'linux-desktop',
    { hostnames: ['workbench'], dhcpFingerprint: NETWORK_MANAGER, backendHosts: ['connectivity-check.ubuntu.com'] },
    [`dhcp ${NETWORK_MANAGER} 3`, 'backend connectivity-check.ubuntu.com 2'],
  ],
  [
    'chromeos',
    { hostnames: ['chromebook'], dhcpFingerprint: CHROMEOS },
    ['hostname chromebook 3', `dhcp ${CHROMEOS} 3`],
  ],
  [
    'kindle',
    { vendor: 'Amazon Technologies Inc.', hostnames: ['kindle-1a2b3c4d5'] },
    ['vendor Amazon Technologies Inc. 2', 'hostname kindle-1a2b3c4d5 3'],
  ],
  [
    'xbox',
    {
      vendor: 'Microsoft Corporation',
      hostnames: ['XBOX-SYSTEMOS'],
      dhcpVendorClass: 'MSFT 5.0 XBOX',
      dhcpFingerprint: WINDOWS,
    },
    ['vendor Microsoft Corporation 2', 'hostname xbox-systemos 3', 'dhcp msft 5.0 xbox 3'],
  ],
  [
    'steam-deck',
    { hostnames: ['steamdeck'], dhcpFingerprint: NETWORK_MANAGER },
    ['hostname steamdeck 3', `dhcp ${NETWORK_MANAGER} 3`],
  ],
];

/** What it is told apart from, and what it is taken for instead: nothing, or what it is. */
const LOOK_ALIKES: readonly [string, Partial<NoteEvidence>, string | null][] = [
  [
    'an Apple TV asks the DHCP server like an iPhone',
    { vendor: APPLE, mdnsModels: ['model=AppleTV11,1'], dhcpFingerprint: IOS },
    'apple-tv',
  ],
  [
    'a HomePod that somebody has called iPhone',
    { vendor: APPLE, mdnsModels: ['am=AudioAccessory5,1'], hostnames: ['iPhone-speaker'], dhcpFingerprint: IOS },
    null,
  ],
  [
    'an Apple watch, or an Apple TV that says nothing',
    { vendor: APPLE, hostnames: ['Apple-Watch'], dhcpFingerprint: IOS },
    null,
  ],
  ['an Apple address alone', { vendor: APPLE }, null],
  ['a name alone', { hostnames: ['iPhone'] }, null],
  ['a camera whose owner calls it iPhone', { vendor: 'Reolink Innovation Limited', hostnames: ['iPhone'] }, null],
  [
    'storage that shows itself to Macs as a Mac',
    { mdnsModels: ['model=MacPro7,1@ECOLOR=226,226,224'], hostnames: ['nas'] },
    null,
  ],
  [
    'a receiver for AirPlay on a Linux computer',
    { hostnames: ['workbench'], mdnsServices: ['_airplay._tcp'], dhcpFingerprint: NETWORK_MANAGER },
    null,
  ],
  ['Android that says nothing but that', { dhcpVendorClass: 'android-dhcp-13', dhcpFingerprint: ANDROID }, null],
  [
    'a cheap Android TV box with its number for a name',
    { hostnames: ['android-1f2e3d4c5b6a7988'], dhcpVendorClass: 'android-dhcp-9' },
    null,
  ],
  [
    'a cheap Android TV box that is called like a phone',
    { hostnames: ['Galaxy-S21'], dhcpVendorClass: 'android-dhcp-10', userAgent: T95 },
    'android-tv-box',
  ],
  [
    'a Fire TV',
    {
      vendor: 'Amazon Technologies Inc.',
      dhcpVendorClass: 'android-dhcp-9',
      backendHosts: ['firetvcaptiveportal.com'],
    },
    'amazon-firetv',
  ],
  [
    'an Echo',
    {
      vendor: 'Amazon Technologies Inc.',
      dhcpFingerprint: ANDROID,
      backendHosts: ['api.amazonalexa.com', 'msh.amazon.com'],
    },
    'amazon-echo',
  ],
  ['a Fire tablet, which is neither', { vendor: 'Amazon Technologies Inc.', dhcpFingerprint: ANDROID }, null],
  [
    'a Chromecast',
    { vendor: 'Google, Inc.', mdnsModels: ['md=Chromecast Ultra'], dhcpFingerprint: ANDROID },
    'google-home',
  ],
  [
    'a Google address with Android: a Pixel or a Chromecast',
    { vendor: 'Google, Inc.', dhcpFingerprint: ANDROID },
    null,
  ],
  [
    'a Philips television with Android',
    { vendor: 'TPVision Europe B.V', dhcpVendorClass: 'android-dhcp-12' },
    'philips-tv',
  ],
  [
    'a Bravia with Android',
    { vendor: 'Sony Corporation', hostnames: ['BRAVIA-4K'], dhcpFingerprint: ANDROID },
    'sony-bravia',
  ],
  ['a television of a maker of phones', { hostnames: ['OnePlus-TV'], dhcpVendorClass: 'android-dhcp-9' }, null],
  [
    'a Samsung television',
    { vendor: SAMSUNG, hostnames: ['Samsung-TV'], userAgent: 'Mozilla/5.0 (SMART-TV; Linux; Tizen 5.0)' },
    'samsung-tv',
  ],
  ['a Samsung address alone', { vendor: SAMSUNG }, null],
  ['an LG television', { vendor: 'LG Innotek', hostnames: ['LGwebOSTV'] }, 'lg-webos'],
  [
    'a phone with the ThinQ app',
    { backendHosts: ['common.lgthinq.com', 'eic-service.lgthinq.com'], randomizedMac: true },
    null,
  ],
  ['a phone with the Growatt app', { backendHosts: ['server.growatt.com'], randomizedMac: true }, null],
  ['a phone with the EasyControl app', { backendHosts: ['xmpp.rrcng.ticx.boschtt.net'], randomizedMac: true }, null],
  ['an oven of Bosch', { vendor: 'BSH Hausgeräte GmbH' }, 'home-connect'],
  ['an ESP with a name of its own', { vendor: 'Espressif Inc.', hostnames: ['wallbox'] }, null],
  ['a device that runs Windows inside', { vendor: 'Nobody Ltd', dhcpVendorClass: 'MSFT 5.0' }, null],
  ['a desktop that does not run Windows', { hostnames: ['desktop-anna'], dhcpFingerprint: NETWORK_MANAGER }, null],
  [
    'an Xbox that fetches updates like Windows',
    { dhcpVendorClass: 'MSFT 5.0 XBOX', hostnames: ['XboxOne'], backendHosts: ['ctldl.windowsupdate.com'] },
    'xbox',
  ],
  ['a machine with NetworkManager', { hostnames: ['gateway'], dhcpFingerprint: NETWORK_MANAGER }, null],
  [
    'a Raspberry Pi with NetworkManager',
    { vendor: 'Raspberry Pi (Trading) Ltd', hostnames: ['raspberrypi'], dhcpFingerprint: NETWORK_MANAGER },
    'raspberry-pi',
  ],
  [
    'Home Assistant with NetworkManager',
    { vendor: 'Raspberry Pi (Trading) Ltd', hostnames: ['homeassistant'], dhcpFingerprint: NETWORK_MANAGER },
    'home-assistant',
  ],
  [
    'a computer that plays with Kodi',
    { hostnames: ['raspberrypi'], vendor: 'Raspberry Pi Trading Ltd', mdnsServices: ['_xbmc-jsonrpc-h._tcp'] },
    'raspberry-pi',
  ],
  [
    'a computer case called tower',
    { hostnames: ['tower'], vendor: 'Intel Corporate', dhcpVendorClass: 'MSFT 5.0' },
    'windows-pc',
  ],
  ['a disk of Western Digital', { vendor: 'Western Digital Technologies, Inc.' }, null],
  ['a computer that reads about TrueNAS', { hostnames: ['laptop'], backendHosts: ['www.truenas.com'] }, null],
  ['a Kindle app on a phone', { backendHosts: ['www.kindle.com'], randomizedMac: true }, null],
];

describe('families', () => {
  it.each(FAMILIES)('%s', (slug, known, evidence) => {
    const match = recognised(known);
    expect(match?.slug).toBe(slug);
    expect(shown(match?.evidence ?? [])).toEqual([...evidence].sort());
  });
});

describe('look-alikes', () => {
  it.each(LOOK_ALIKES)('%s', (_, known, slug) => {
    expect(recognised(known)?.slug ?? null).toBe(slug);
  });
});

describe('people’s devices', () => {
  const personal = notes.filter((note) => note.class === 'general-purpose');

  it.each(FAMILIES)('%s has the class that its note says', (slug, known) => {
    const isPersonal = personal.some((note) => note.slug === slug);
    expect(classOf(known)).toBe(isPersonal ? 'general-purpose' : 'thing');
  });

  const things = LOOK_ALIKES.filter(([, , slug]) => slug !== null && !personal.some((note) => note.slug === slug));

  it.each(things)('%s: a thing', (_, known) => {
    expect(classOf(known)).toBe('thing');
  });

  it('one kind of evidence makes none of them, but a maker of consoles alone', () => {
    for (const { match, slug } of personal) {
      expect([...match.mdns, ...match.ssdp], slug).toEqual([]);
      expect(recognised({ backendHosts: match.backends.map((host) => host.replace('*', 'eu')) }), slug).toBeNull();
      if (match.oui.length > 0) expect(slug).toBe('playstation');
    }
  });

  it('what only a television says outweighs a phone’s name', () => {
    const tv = { hostnames: ['Galaxy-S21'], dhcpFingerprint: ANDROID, randomizedMac: true };
    expect(classOf(tv)).toBe('general-purpose');
    expect(classOf({ ...tv, userAgent: 'Mozilla/5.0 (Linux; Tizen 6.0) SamsungBrowser/2.2 SmartTV' })).toBe('thing');
  });
});

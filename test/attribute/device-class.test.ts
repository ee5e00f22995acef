// Who is a person's device and who is a thing: crafted identities as they show on a cable. Doubt makes a thing.
import { describe, expect, it } from 'vitest';
import { classify, classOfNote, type DeviceClass } from '../../sensor/attribute/device-class.ts';
import { type MatchEvidence, type NoteEvidence, SILENT } from '../../sensor/notes/match.ts';
import type { Note } from '../../sensor/notes/schema.ts';

const IOS = '1,121,3,6,15,108,114,119,252';
const MACOS = '1,121,3,6,15,108,114,119,252,95,44,46';
const WINDOWS = '1,3,6,15,31,33,43,44,46,47,119,121,249,252';
const ANDROID = '1,3,6,15,26,28,51,58,59,43,114';
const APPLE = 'Apple, Inc.';
const SAFARI = 'Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) AppleWebKit/605.1.15';
const TIZEN = 'Mozilla/5.0 (Linux; Tizen 6.0) SamsungBrowser/2.2 SmartTV Safari/537.36';

const facts = (known: Partial<NoteEvidence>): NoteEvidence => ({ ...SILENT, ...known });

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

  it('that know a telephone by its name alone give way to what only a television says', () => {
    const tv = facts({ hostnames: ['Galaxy-S21'], dhcpFingerprint: ANDROID, userAgent: TIZEN });
    const named: MatchEvidence[] = [
      { evidence: 'hostname', value: 'galaxy-s21', weight: 3 },
      { evidence: 'dhcp', value: ANDROID, weight: 3 },
    ];
    expect(classify(facts({}), { note: note('mobile', G), evidence: named }, false).class).toBe(G);
    expect(classify(tv, { note: note('mobile', G), evidence: named }, false).class).toBe('thing');
    expect(classify(tv, { note: note('mobile', G), evidence: own }, false).class).toBe(G);
  });

  it('are not asked about the gateway', () => {
    expect(classify(phone, null, true).class).toBe('infrastructure');
  });
});

describe('what is told of each kind of evidence, with its weight', () => {
  type Told = [evidence: string, value: string, weight: number];
  const told = (known: Partial<NoteEvidence>): Told[] =>
    classify(facts(known), null, false).evidence.map(({ evidence, value, weight }) => [evidence, value, weight]);

  it.each([
    ['1,121,3,6,15,108,114,119,252', 'iOS, iPadOS', 2],
    ['1,121,3,6,15,114,119,252', 'iOS, iPadOS', 2],
    ['1,121,3,6,15,119,252', 'iOS, iPadOS', 2],
    ['1,3,6,15,119,252', 'iOS', 2],
    ['1,121,3,6,15,108,114,119,252,95,44,46', 'macOS', 2],
    ['1,121,3,6,15,114,119,252,95,44,46', 'macOS', 2],
    ['1,121,3,6,15,119,252,95,44,46', 'macOS', 2],
    ['1,3,6,15,119,95,252,44,46', 'macOS', 2],
    ['1,3,6,15,31,33,43,44,46,47,119,121,249,252', 'Windows', 2],
    ['1,3,6,15,31,33,43,44,46,47,121,249,252', 'Windows', 2],
    ['1,15,3,6,44,46,47,31,33,121,249,43,252', 'Windows', 2],
    ['1,15,3,6,44,46,47,31,33,121,249,43', 'Windows', 2],
    ['1,33,3,6,15,26,28,51,58,59', 'Android', 1],
    ['1,3,6,15,26,28,51,58,59,43', 'Android', 1],
    ['1,3,6,15,26,28,51,58,59,43,114', 'Android', 1],
    ['1,3,6,15,26,28,51,58,59,43,114,108', 'Android', 1],
    ['1,3,6,12,15,17,23,28,29,31,33,40,41,42,119', 'ChromeOS', 1],
    ['1,2,6,12,15,26,28,121,3,33,40,41,42,119,249,252,17', 'Linux with NetworkManager', 1],
  ])('the parameter list %s is that of %s', (dhcpFingerprint, system, weight) => {
    expect(told({ dhcpFingerprint })).toEqual([['dhcp', system, weight]]);
    expect(told({ dhcpFingerprint: `${dhcpFingerprint},7` })).toEqual([]);
  });

  it.each([
    ['MSFT 5.0', 2],
    ['Xbox', 2],
    ['PS3', 2],
    ['PS5', 2],
    ['android-dhcp-13', 1],
    ['PS6', 0],
    ['PS4 ', 0],
    ['my ps4', 0],
    ['no MSFT 5.0', 0],
    ['dhcpcd-android-dhcp-9', 0],
    ['udhcp 1.24.1', 0],
  ])('the vendor class %s weighs %i', (dhcpVendorClass, weight) => {
    expect(told({ dhcpVendorClass })).toEqual(weight === 0 ? [] : [['dhcp', dhcpVendorClass, weight]]);
  });

  it('of a parameter list and a vendor class the heavier counts, the list of equals', () => {
    expect(told({ dhcpFingerprint: ANDROID, dhcpVendorClass: 'MSFT 5.0' })).toEqual([['dhcp', 'MSFT 5.0', 2]]);
    expect(told({ dhcpFingerprint: IOS, dhcpVendorClass: 'android-dhcp-9' })).toEqual([['dhcp', 'iOS, iPadOS', 2]]);
    expect(told({ dhcpFingerprint: ANDROID, dhcpVendorClass: 'android-dhcp-9' })).toEqual([['dhcp', 'Android', 1]]);
  });

  it.each([
    ['iPhone iPad Annas-iPhone iPhone-von-Anna', 'iphoneX xiphone'],
    ['MacBook Annas-MacBook-Air iMac Mac-mini MacMini Mac-Pro MacStudio Annas-MBP MBA', 'bigmac xmacbook'],
    ['DESKTOP-7K3J2L LAPTOP-AB12CD34', 'DESKTOP-7K3J2 DESKTOP-7K3J2LQ12 my-DESKTOP-7K3J2LQ TOWER-7K3J2LQ'],
    ['WIN-8CHARS00 WIN-12CHARACTERS WIN-A1B2C3D4E5F6', 'WIN-7CHARS- a-WIN-8CHARS00 WIN-A1B2C3D4E5F6G'],
    ['PS5-123 PS4 xbox Xbox-1 XboxOne xbox_2 steamdeck Steam-Deck', 'PS6 PS5x my-ps5 xboxer'],
    [
      'android-1f2e3d4c5b6a android-1f2e3d4c5b6a7988',
      'android-1f2e3d4c5b6 android-1f2e3d4c5b6a79881 my-android-1f2e3d4c5b6a',
    ],
    [
      'Galaxy-S21 Evas-Galaxy-A52 Galaxy-Tab-S6 Pixel-7 Pixel-Fold OnePlus redmi-note moto-g moto-e huawei-p30 nokia-8',
      'galaxy-watch mypixel-7 xgalaxy-s21 huawei-router motox',
    ],
    ['ThinkPad-X1 my-ThinkPad latitude Inspiron XPS13 xps-15 EliteBook Surface chromebook Framework', 'myThinkPad xps'],
  ])('host names that systems make up: %s; and not %s', (names, others) => {
    for (const name of names.split(' ')) expect(told({ hostnames: ['x', name] })).toEqual([['hostname', name, 2]]);
    for (const name of others.split(' ')) expect(told({ hostnames: [name] }), name).toEqual([]);
  });

  it.each([
    ['_apple-mobdev2._tcp.local', 3],
    ['_Apple-Mobdev._tcp.local.', 3],
    ['_remotepairing._tcp', 3],
    ['_rdlink._tcp', 2],
    ['_airdrop._tcp', 2],
    ['_workstation._tcp', 1],
    ['_ssh._tcp', 0],
    ['_airdrop._tcp.local.x', 0],
  ])('the service %s weighs %i', (service, weight) => {
    const expected = weight === 0 ? [] : [['mdns', service, weight]];
    expect(told({ mdnsServices: ['_ssh._tcp', service] })).toEqual(expected);
  });

  it('of services the heaviest counts, and a model before them', () => {
    const mdnsServices = ['_workstation._tcp', '_airdrop._tcp', '_rdlink._tcp'];
    expect(told({ mdnsServices })).toEqual([['mdns', '_airdrop._tcp', 2]]);
    expect(told({ mdnsServices, mdnsModels: ['a=b', 'model=Mac14,2'] })).toEqual([['mdns', 'model=Mac14,2', 3]]);
    for (const model of ['iPhone12,1', 'iPad1,1', 'MacBookPro1,1', 'iMac1,1', 'Macmini9,1', 'MacPro7,1'])
      expect(told({ mdnsModels: [`model=${model}`] })).toEqual([['mdns', `model=${model}`, 3]]);
    for (const model of ['AppleTV11,1', 'AudioAccessory5,1', 'HomePod'])
      expect(told({ mdnsModels: ['a=b', `model=${model}`] })).toEqual([['mdns', `model=${model}`, -3]]);
    expect(told({ mdnsModels: ['model=Mac', 'iphone'] })).toEqual([]);
  });

  it('what a program calls itself counts for or against, and its first eighty characters are told', () => {
    const personal = [
      ...[
        '(iPhone; CPU',
        '(iPad; CPU',
        '(Macintosh; Intel',
        '(Windows NT 10.0',
        '(PlayStation 5',
        '(X11; Linux x86_64',
      ],
      ...['(X11; CrOS x86_64', 'x Android 13', 'Microsoft-CryptoAPI/10.0', 'Microsoft NCSI', 'CFNetwork/1 Darwin/22'],
    ];
    const thing = [
      ...['SmartTV', 'smart-tv', 'Tizen', 'Web0S', 'webOS', 'HbbTV', 'BRAVIA', 'NetCast', 'Viera', 'Roku', 'CrKey'],
      ...['GoogleTV', 'Android TV', 'AFTMM', 'AppleTV', 'TV Box', 'X96', 'H96', 'T95', 'MXQ', 'PhilipsTV', 'Nintendo'],
    ];
    for (const text of personal) expect(told({ userAgent: text })).toEqual([['user-agent', text, 2]]);
    for (const text of thing) expect(told({ userAgent: text })).toEqual([['user-agent', text, -3]]);
    for (const text of thing)
      expect(told({ userAgent: `(iPhone; ${text}` })).toEqual([['user-agent', `(iPhone; ${text}`, -3]]);
    expect(told({ userAgent: 'curl/8.0' })).toEqual([]);
    const long = `(iPhone; ${'x'.repeat(100)}`;
    expect(told({ userAgent: long })).toEqual([['user-agent', long.slice(0, 80), 2]]);
    expect(told({ userAgent: `${'x'.repeat(100)} tizen` })).toEqual([['user-agent', 'x'.repeat(80), -3]]);
  });

  it('makers of telephones and computers', () => {
    const makers = [
      ...['Apple, Inc.', 'Dell Inc.', 'Framework Computer, LLC', 'HUAWEI Device Co., Ltd.', 'Intel Corporate'],
      ...[
        'LCFC(HeFei) Electronics Technology Co., Ltd',
        'Microsoft Corporation',
        'vivo Mobile Communication Co., Ltd.',
      ],
      ...['Motorola Mobility LLC, a Lenovo Company', 'OnePlus Technology (Shenzhen) Co., Ltd'],
      ...['OnePlus Tech (Shenzhen) Ltd', 'GUANGDONG OPPO MOBILE TELECOMMUNICATIONS CORP.,LTD'],
    ];
    for (const vendor of makers) expect(told({ vendor })).toEqual([['vendor', vendor, 2]]);
    expect(told({ vendor: 'Espressif Inc.' })).toEqual([]);
    expect(told({ vendor: APPLE, randomizedMac: true })).toEqual([
      ['vendor', APPLE, 2],
      ['randomized-mac', 'locally administered', 1],
    ]);
  });

  it('takes four points of two kinds', () => {
    const classOf = (known: Partial<NoteEvidence>) => classify(facts(known), null, false).class;
    expect(classOf({ hostnames: ['iPhone'], dhcpFingerprint: ANDROID })).toBe('thing');
    expect(classOf({ hostnames: ['iPhone'], dhcpFingerprint: IOS })).toBe(G);
    expect(classOf({ mdnsServices: ['_workstation._tcp'], dhcpFingerprint: ANDROID, randomizedMac: true })).toBe(
      'thing',
    );
    expect(classOf({ mdnsModels: ['model=Mac14,2'], mdnsServices: ['_airdrop._tcp'] })).toBe('thing');
    expect(classOf({ mdnsModels: ['model=Mac14,2'], randomizedMac: true })).toBe(G);
  });
});

describe('of a note', () => {
  const weigh = (evidence: MatchEvidence[], said?: DeviceClass) =>
    classify(facts({ hostnames: ['iPhone'] }), { note: note('camera', said), evidence }, false);
  const vendor = (weight: number): MatchEvidence => ({ evidence: 'vendor', value: 'x', weight });
  const name = { evidence: 'hostname', value: 'iPhone', weight: 2 };

  it('what is the family’s own counts', () => {
    const slug = { evidence: 'note', value: 'a-camera' };
    expect(weigh([vendor(4), ...own, ...vague]).evidence).toEqual([name, { ...slug, weight: -8 }]);
    expect(weigh([vendor(3)]).evidence).toEqual([name]);
    expect(weigh(own, G)).toEqual({ class: G, evidence: [{ ...slug, weight: 4 }, name] });
    expect(weigh([], G)).toEqual({ class: G, evidence: [{ ...slug, weight: 0 }, name] });
    expect(weigh(own, 'infrastructure')).toEqual({ class: 'infrastructure', evidence: [{ ...slug, weight: 4 }] });
  });

  it('nothing is told of the router', () => {
    expect(classify(facts({ hostnames: ['iPhone'] }), { note: note('camera'), evidence: own }, true)).toEqual({
      ...{ class: 'infrastructure', evidence: [] },
    });
  });
});

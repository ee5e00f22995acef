// What a device is for: a thing with one job, a general-purpose device on which people read and write mail, or the network's
// own infrastructure. It decides who may hand mail to a provider without an alarm, so doubt makes a thing.
import type { MatchEvidence, NoteEvidence } from '../notes/match.ts';
import type { Note } from '../notes/schema.ts';

export type DeviceClass = 'thing' | 'general-purpose' | 'infrastructure';

/** Why, for people. A negative weight speaks for a thing. */
export interface ClassEvidence {
  evidence: 'note' | 'vendor' | 'hostname' | 'dhcp' | 'mdns' | 'user-agent' | 'randomized-mac';
  value: string;
  weight: number;
}

export interface Classified {
  class: DeviceClass;
  evidence: ClassEvidence[];
}

/**
 * | evidence | weight | because |
 * |---|---|---|
 * | host name | 2 | operating systems make it up from the model; anybody can announce one |
 * | DHCP | 2 | parameter list or vendor class of Windows, macOS, iOS; 1 for Android, which cheap TV boxes run as well |
 * | mDNS | 3 | a service or model that Apple's phones and computers alone announce; 1 for a Linux workstation |
 * | User-Agent | 2 | a phone's or computer's platform token, without any of a television's |
 * | vendor | 2 | its IEEE name is on telephones and computers for the most part |
 * | randomised MAC | 1 | telephones and laptops do so; so does whoever wants to |
 *
 * Four points of two kinds make a general-purpose device: one kind alone is what an infected thing would announce. What
 * names a thing outweighs them, see `thingEvidence`.
 */
const NEEDED = 4;
const KINDS_NEEDED = 2;

/** Model names that phones, tablets, computers and consoles with mail programs announce by themselves (vendors' defaults; Fingerbank's host name rules). */
const HOSTNAMES = [
  /(?:^|[-_ ])(?:iphone|ipad)(?:$|[-_ ])/,
  /(?:^|[-_ ])(?:macbook|imac|mac-?mini|mac-?pro|mac-?studio|mbp|mba)/,
  /^(?:desktop|laptop)-[a-z0-9]{6,8}$/,
  /^win-[a-z0-9]{8,12}$/,
  /^(?:ps[345](?:$|-)|xbox(?:$|[-_ o])|steam-?deck)/,
  /^android-[0-9a-f]{12,16}$/,
  /^(?:.*-)?(?:galaxy-(?:s|a|m|z|j|note|tab|fold|flip)|pixel-\d|pixel-(?:fold|tablet)|oneplus|redmi|poco|xperia|moto-?[ge]|huawei-(?:p|mate)|honor|realme|fairphone|nokia-)/,
  /(?:^|-)(?:thinkpad|ideapad|latitude|inspiron|xps-?\d|elitebook|probook|zenbook|vivobook|surface|chromebook|framework)/,
];

/** Parameter request lists (RFC 2132, option 55) by operating system, as Fingerbank and Satori publish them. */
const FINGERPRINTS: Readonly<Record<string, { system: string; weight: number }>> = {
  '1,121,3,6,15,108,114,119,252': { system: 'iOS, iPadOS', weight: 2 },
  '1,121,3,6,15,114,119,252': { system: 'iOS, iPadOS', weight: 2 },
  '1,121,3,6,15,119,252': { system: 'iOS, iPadOS', weight: 2 },
  '1,3,6,15,119,252': { system: 'iOS', weight: 2 },
  '1,121,3,6,15,108,114,119,252,95,44,46': { system: 'macOS', weight: 2 },
  '1,121,3,6,15,114,119,252,95,44,46': { system: 'macOS', weight: 2 },
  '1,121,3,6,15,119,252,95,44,46': { system: 'macOS', weight: 2 },
  '1,3,6,15,119,95,252,44,46': { system: 'macOS', weight: 2 },
  '1,3,6,15,31,33,43,44,46,47,119,121,249,252': { system: 'Windows', weight: 2 },
  '1,3,6,15,31,33,43,44,46,47,121,249,252': { system: 'Windows', weight: 2 },
  '1,15,3,6,44,46,47,31,33,121,249,43,252': { system: 'Windows', weight: 2 },
  '1,15,3,6,44,46,47,31,33,121,249,43': { system: 'Windows', weight: 2 },
  '1,33,3,6,15,26,28,51,58,59': { system: 'Android', weight: 1 },
  '1,3,6,15,26,28,51,58,59,43': { system: 'Android', weight: 1 },
  '1,3,6,15,26,28,51,58,59,43,114': { system: 'Android', weight: 1 },
  '1,3,6,15,26,28,51,58,59,43,114,108': { system: 'Android', weight: 1 },
  '1,3,6,12,15,17,23,28,29,31,33,40,41,42,119': { system: 'ChromeOS', weight: 1 },
  '1,2,6,12,15,26,28,121,3,33,40,41,42,119,249,252,17': { system: 'Linux with NetworkManager', weight: 1 },
};

/** Vendor classes (option 60). A bare `dhcpcd` or `udhcp` is on things as well. */
const VENDOR_CLASSES: readonly { pattern: RegExp; weight: number }[] = [
  { pattern: /^(?:msft 5\.0|xbox)/, weight: 2 },
  { pattern: /^ps[345]$/, weight: 2 },
  { pattern: /^android-dhcp-/, weight: 1 },
];

const MDNS_SERVICES: Readonly<Record<string, number>> = {
  '_apple-mobdev2._tcp': 3,
  '_apple-mobdev._tcp': 3,
  '_remotepairing._tcp': 3,
  '_rdlink._tcp': 2,
  '_airdrop._tcp': 2,
  '_workstation._tcp': 1,
};

const PERSONAL_MODEL = /=(?:iphone|ipad|macbook|imac|macmini|macpro|mac\d+,\d)/;
const THING_MODEL = /=(?:appletv|audioaccessory|homepod)/;

const PERSONAL_AGENT =
  /\((?:iphone|ipad|macintosh|windows nt|playstation|x11; (?:linux|cros|ubuntu|fedora))|\bandroid \d|microsoft-cryptoapi|microsoft ncsi|cfnetwork\/.* darwin\//;
/** Browsers on televisions, boxes and speakers say that they are; so do Fire TV's `AFT` models. */
const THING_AGENT =
  /smart-?tv|tizen|web0s|webos|hbbtv|bravia|netcast|viera|roku|crkey|googletv|android ?tv|\baft[a-z]{1,4}\b|appletv|tv ?box|x96|h96|t95|mxq|philipstv|nintendo/;

/** IEEE names that are on telephones and computers for the most part. */
const PERSONAL_VENDORS = new Set([
  'apple, inc.',
  'dell inc.',
  'framework computer, llc',
  'huawei device co., ltd.',
  'intel corporate',
  'lcfc(hefei) electronics technology co., ltd',
  'microsoft corporation',
  'motorola mobility llc, a lenovo company',
  'oneplus technology (shenzhen) co., ltd',
  'oneplus tech (shenzhen) ltd',
  'guangdong oppo mobile telecommunications corp.,ltd',
  'vivo mobile communication co., ltd.',
]);

/**
 * The class of a device with this evidence. `note` and `matched` are the firmware note that fits it and why; `isGateway`: it
 * is the home's router.
 */
export function classify(
  facts: NoteEvidence,
  match: { note: Note; evidence: readonly MatchEvidence[] } | null,
  isGateway: boolean,
): Classified {
  const noteClass = match === null ? null : classOfNote(match.note);
  const byNote: ClassEvidence[] =
    match === null ? [] : [{ evidence: 'note', value: match.note.slug, weight: ownWeight(match.evidence) }];
  if (isGateway) return { class: 'infrastructure', evidence: [] };
  if (noteClass === 'infrastructure') return { class: 'infrastructure', evidence: byNote };
  const personal = personalEvidence(facts);
  const against = [...thingEvidence(facts), ...(noteClass === 'thing' ? byNote : [])].filter(
    ({ weight }) => weight > 0,
  );
  const speaksFor = noteClass === 'general-purpose' ? [...byNote, ...personal] : personal;
  const evidence = [...speaksFor, ...against.map((one) => ({ ...one, weight: -one.weight }))];
  const total = speaksFor.reduce((sum, { weight }) => sum + weight, 0);
  const kinds = new Set(speaksFor.map((one) => one.evidence)).size;
  const isPersonal = against.length === 0 && total >= NEEDED && kinds >= KINDS_NEEDED;
  const saidByNote = noteClass === 'general-purpose' && (against.length === 0 || !restsOnNames(match?.evidence ?? []));
  return { class: isPersonal || saidByNote ? 'general-purpose' : 'thing', evidence };
}

/** What a note says its family is; where it says nothing, its category does. */
export function classOfNote({ category, class: said }: Note): DeviceClass {
  if (said !== undefined) return said;
  return category === 'router' || category === 'network' ? 'infrastructure' : 'thing';
}

function personalEvidence(facts: NoteEvidence): ClassEvidence[] {
  const { dhcpFingerprint, dhcpVendorClass, hostnames, mdnsModels, mdnsServices, randomizedMac, userAgent, vendor } =
    facts;
  const found: ClassEvidence[] = [];
  const hostname = hostnames.find((name) => HOSTNAMES.some((pattern) => pattern.test(name.toLowerCase())));
  if (hostname !== undefined) found.push({ evidence: 'hostname', value: hostname, weight: 2 });
  const system = dhcpFingerprint === null ? undefined : FINGERPRINTS[dhcpFingerprint];
  const vendorClass = VENDOR_CLASSES.find(({ pattern }) => pattern.test((dhcpVendorClass ?? '').toLowerCase()));
  if (system !== undefined && system.weight >= (vendorClass?.weight ?? 0))
    found.push({ evidence: 'dhcp', value: system.system, weight: system.weight });
  else if (vendorClass !== undefined)
    found.push({ evidence: 'dhcp', value: dhcpVendorClass ?? '', weight: vendorClass.weight });
  const service = heaviest(mdnsServices.map((type) => [type, MDNS_SERVICES[serviceType(type)] ?? 0] as const));
  const model = mdnsModels.find((text) => PERSONAL_MODEL.test(text.toLowerCase()));
  if (model !== undefined) found.push({ evidence: 'mdns', value: model, weight: 3 });
  else if (service !== null) found.push({ evidence: 'mdns', value: service[0], weight: service[1] });
  if (userAgent !== null && PERSONAL_AGENT.test(userAgent.toLowerCase()) && !THING_AGENT.test(userAgent.toLowerCase()))
    found.push({ evidence: 'user-agent', value: userAgent.slice(0, 80), weight: 2 });
  if (vendor !== null && PERSONAL_VENDORS.has(vendor.toLowerCase()))
    found.push({ evidence: 'vendor', value: vendor, weight: 2 });
  if (randomizedMac && found.length > 0)
    found.push({ evidence: 'randomized-mac', value: 'locally administered', weight: 1 });
  return found;
}

/** What only a thing says of itself outweighs all the names it may make up besides. */
function thingEvidence({ mdnsModels, userAgent }: NoteEvidence): ClassEvidence[] {
  const found: ClassEvidence[] = [];
  const model = mdnsModels.find((text) => THING_MODEL.test(text.toLowerCase()));
  if (model !== undefined) found.push({ evidence: 'mdns', value: model, weight: 3 });
  if (userAgent !== null && THING_AGENT.test(userAgent.toLowerCase()))
    found.push({ evidence: 'user-agent', value: userAgent.slice(0, 80), weight: 3 });
  return found;
}

/** A match that rests on what a device makes up, a name and DHCP options, gives way to what only a thing says of itself. */
function restsOnNames(evidence: readonly MatchEvidence[]): boolean {
  return ownWeight(evidence.filter(({ evidence: kind }) => kind !== 'hostname' && kind !== 'dhcp')) === 0;
}

/** What of a note's match is the family's own: a vendor of phones or an update server of all of Apple tells none from others. */
function ownWeight(evidence: readonly MatchEvidence[]): number {
  return evidence
    .filter(({ evidence: kind, weight }) => (kind === 'vendor' ? weight >= 4 : kind !== 'backend'))
    .reduce((sum, { weight }) => sum + weight, 0);
}

function heaviest(entries: readonly (readonly [string, number])[]): readonly [string, number] | null {
  const best = entries.reduce<readonly [string, number] | null>(
    (found, entry) => (entry[1] > (found?.[1] ?? 0) ? entry : found),
    null,
  );
  return best;
}

/** `_smb._tcp` of `_smb._tcp.local`. */
function serviceType(text: string): string {
  return text.toLowerCase().replace(/\.local\.?$/, '');
}

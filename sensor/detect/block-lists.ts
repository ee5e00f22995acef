// DNS lists that mail servers ask about their clients, and that senders of spam ask about themselves (RFC 5782): the zones with
// their operators' pages, and what a question under one of them is about. Lists that were shut down are still asked.
import { ipv6Text } from '../decode/bytes.ts';
import type { IpAddress } from '../decode/packet.ts';

interface BlockList {
  zone: string;
  /** What stands before the zone: an address reversed, or a domain. */
  lists: 'address' | 'domain';
  /** The operator gives each user a key, a label between subject and zone. */
  keyed?: true;
}

interface Operator {
  /** Its page, and until when there were lists. */
  source: string;
  addresses?: readonly string[];
  domains?: readonly string[];
}

/** Zones by operator's page. */
export const OPERATORS: readonly Operator[] = [
  {
    source: 'https://www.spamhaus.org/blocklists',
    addresses: ['zen', 'sbl', 'xbl', 'pbl', 'sbl-xbl', 'css', 'authbl'].map((list) => `${list}.spamhaus.org`),
    domains: ['dbl.spamhaus.org', 'zrd.spamhaus.org'],
  },
  { source: 'https://www.spamcop.net/bl.shtml', addresses: ['bl.spamcop.net'] },
  { source: 'https://www.barracudacentral.org/rbl', addresses: ['b.barracudacentral.org', 'bb.barracudacentral.org'] },
  { source: 'https://www.abuseat.org', addresses: ['cbl.abuseat.org'] },
  {
    source: 'http://www.sorbs.net (until June 2024)',
    addresses: [
      'dnsbl',
      'spam.dnsbl',
      'recent.spam.dnsbl',
      'safe.dnsbl',
      'dul.dnsbl',
      'smtp.dnsbl',
      'web.dnsbl',
      'socks.dnsbl',
    ].map((list) => `${list}.sorbs.net`),
    domains: ['rhsbl.sorbs.net'],
  },
  {
    source: 'https://www.uceprotect.net',
    addresses: ['dnsbl-0.uceprotect.net', 'dnsbl-1.uceprotect.net', 'dnsbl-2.uceprotect.net', 'dnsbl-3.uceprotect.net'],
  },
  { source: 'https://www.backscatterer.org', addresses: ['ips.backscatterer.org'] },
  { source: 'https://psbl.org', addresses: ['psbl.surriel.com'] },
  { source: 'https://dronebl.org', addresses: ['dnsbl.dronebl.org'] },
  { source: 'https://www.nixspam.net (until 2025)', addresses: ['ix.dnsbl.manitu.net'] },
  {
    source: 'https://mailspike.org',
    addresses: ['bl.mailspike.net', 'z.mailspike.net', 'rep.mailspike.net', 'wl.mailspike.net'],
  },
  { source: 'https://www.blocklist.de', addresses: ['bl.blocklist.de', 'all.bl.blocklist.de'] },
  { source: 'http://www.usenix.org.uk/content/rbl.html', addresses: ['all.s5h.net'] },
  {
    source: 'https://www.spamrats.com',
    addresses: [
      'all.spamrats.com',
      'dyna.spamrats.com',
      'noptr.spamrats.com',
      'spam.spamrats.com',
      'auth.spamrats.com',
    ],
  },
  { source: 'https://nordspam.com', addresses: ['bl.nordspam.com'], domains: ['dbl.nordspam.com'] },
  {
    source: 'https://www.invaluement.com',
    addresses: ['sip.invaluement.com', 'sip24.invaluement.com'],
    domains: ['uri.invaluement.com'],
  },
  { source: 'https://wiki.junkemailfilter.com', addresses: ['hostkarma.junkemailfilter.com'] },
  { source: 'http://www.gbudb.com/truncate', addresses: ['truncate.gbudb.net'] },
  {
    source: 'https://spameatingmonkey.com',
    addresses: ['bl.spameatingmonkey.net', 'backscatter.spameatingmonkey.net'],
    domains: ['uribl.spameatingmonkey.net', 'fresh.spameatingmonkey.net'],
  },
  { source: 'https://0spam.org', addresses: ['bl.0spam.org', 'rbl.0spam.org'], domains: ['url.0spam.org'] },
  { source: 'http://wpbl.info', addresses: ['db.wpbl.info'] },
  { source: 'https://blacklist.lashback.com', addresses: ['ubl.unsubscore.com'] },
  { source: 'https://senderscore.org', addresses: ['bl.score.senderscore.com', 'score.senderscore.com'] },
  { source: 'https://www.dnswl.org', addresses: ['list.dnswl.org'] },
  { source: 'https://antispam.imp.ch', addresses: ['spamrbl.imp.ch', 'wormrbl.imp.ch'] },
  { source: 'https://www.anonmails.de/dnsbl.php', addresses: ['spam.dnsbl.anonmails.de'] },
  { source: 'https://www.interserver.net/tips/kb/interserver-rbl', addresses: ['rbl.interserver.net'] },
  { source: 'https://surbl.org/guidelines', domains: ['multi.surbl.org', 'abuse.surbl.org'] },
  {
    source: 'https://uribl.com/about.shtml',
    domains: ['multi.uribl.com', 'black.uribl.com', 'grey.uribl.com', 'red.uribl.com'],
  },
  { source: 'https://www.sarbl.org', domains: ['public.sarbl.org'] },
];

/** With a key of the user's own between subject and zone. */
export const KEYED: readonly Required<Operator>[] = [
  {
    source: 'https://docs.spamhaus.com/datasets/docs/source/40-real-world-usage/PublicMirrors/DQS',
    addresses: ['zen', 'sbl', 'xbl', 'pbl', 'authbl'].map((list) => `${list}.dq.spamhaus.net`),
    domains: ['dbl.dq.spamhaus.net', 'zrd.dq.spamhaus.net'],
  },
  {
    source: 'https://docs.abusix.com/abusix-mail-intelligence',
    addresses: [
      'combined.mail.abusix.zone',
      'black.mail.abusix.zone',
      'exploit.mail.abusix.zone',
      'dynamic.mail.abusix.zone',
    ],
    domains: ['dblack.mail.abusix.zone'],
  },
];

const ZONES = new Map<string, BlockList>([
  ...OPERATORS.flatMap(({ addresses = [], domains = [] }) => listsOf(addresses, domains)),
  ...KEYED.flatMap(({ addresses, domains }) =>
    listsOf(addresses, domains).map(([zone, list]) => [zone, { ...list, keyed: true as const }] as const),
  ),
]);

/** The last two labels of each: most questions end otherwise. */
const ENDINGS = new Set([...ZONES.keys()].map(endingOf));
/** Labels of the longest zone above. */
const DEEPEST = Math.max(...[...ZONES.keys()].map((zone) => zone.split('.').length));

/** What a question asks a block list: about an address, or about a domain, which is not kept. */
export interface BlockListQuestion {
  zone: string;
  about: { address: IpAddress } | 'domain';
}

/** What `name` (lower case) asks a block list; null where it asks none. */
export function blockListQuestion(name: string): BlockListQuestion | null {
  if (!ENDINGS.has(endingOf(name))) return null;
  const labels = name.split('.');
  for (let length = Math.min(DEEPEST, labels.length - 1); length >= 2; length--) {
    const zone = labels.slice(-length).join('.');
    const list = ZONES.get(zone);
    if (list === undefined) continue;
    const subject = labels.slice(0, -length - (list.keyed === true ? 1 : 0));
    if (list.lists === 'domain') return subject.length >= 2 ? { zone, about: 'domain' } : null;
    const address = unreversed(subject);
    return address === null ? null : { zone, about: { address } };
  }
  return null;
}

function endingOf(name: string): string {
  return name.slice(name.lastIndexOf('.', name.lastIndexOf('.') - 1) + 1);
}

/** Four decimal octets, or 32 nibbles, least significant first (RFC 5782, sections 2.1 and 2.4). */
function unreversed(labels: readonly string[]): IpAddress | null {
  if (labels.length === 4 && labels.every((label) => /^\d{1,3}$/.test(label) && Number(label) <= 255))
    return labels.toReversed().map(Number).join('.');
  if (labels.length !== 32 || !labels.every((label) => /^[0-9a-f]$/.test(label))) return null;
  const nibbles = labels.toReversed().join('');
  return canonicalIpv6((nibbles.match(/.{4}/g) ?? []).map((group) => Number.parseInt(group, 16)));
}

function canonicalIpv6(groups: readonly number[]): IpAddress {
  const bytes = Buffer.alloc(16);
  for (const [i, group] of groups.entries()) bytes.writeUInt16BE(group, i * 2);
  return ipv6Text(bytes, 0);
}

function listsOf(addresses: readonly string[], domains: readonly string[]): (readonly [string, BlockList])[] {
  return [
    ...addresses.map((zone) => [zone, { zone, lists: 'address' as const }] as const),
    ...domains.map((zone) => [zone, { zone, lists: 'domain' as const }] as const),
  ];
}

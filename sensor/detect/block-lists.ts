// DNS block lists that mail senders ask about themselves or that mail servers ask about their clients (RFC 5782).

/** Zones of well-known lists, each named in its operator's public documentation. */
const ZONES = [
  'zen.spamhaus.org',
  'sbl.spamhaus.org',
  'xbl.spamhaus.org',
  'pbl.spamhaus.org',
  'sbl-xbl.spamhaus.org',
  'bl.spamcop.net',
  'b.barracudacentral.org',
  'dnsbl.sorbs.net',
  'cbl.abuseat.org',
  'psbl.surriel.com',
  'dnsbl-1.uceprotect.net',
  'dnsbl-2.uceprotect.net',
  'dnsbl.dronebl.org',
  'ix.dnsbl.manitu.net',
  'bl.mailspike.net',
  'spam.dnsbl.sorbs.net',
  'all.s5h.net',
  'bl.blocklist.de',
] as const;

/** An address reversed before the zone: four decimal octets, or 32 nibbles (RFC 5782, sections 2.1 and 2.4). */
const REVERSED_IPV4 = /^(?:\d{1,3}\.){4}$/;
const REVERSED_IPV6 = /^(?:[0-9a-f]\.){32}$/;

/** Whether `name` (lower case) asks a block list about an address. */
export function isBlockListQuery(name: string): boolean {
  const zone = ZONES.find((candidate) => name.endsWith(`.${candidate}`));
  if (zone === undefined) return false;
  const subject = name.slice(0, name.length - zone.length);
  return REVERSED_IPV4.test(subject) || REVERSED_IPV6.test(subject);
}

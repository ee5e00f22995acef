// What a question asks a block list: an address, written backwards, or a domain. Everything else is an ordinary name.
import { expect, test } from 'vitest';
import { blockListQuestion, KEYED, OPERATORS } from '../../sensor/detect/block-lists.ts';

const IPV6_REVERSED = '1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2';

test.each([
  ['7.113.0.203.zen.spamhaus.org', { zone: 'zen.spamhaus.org', about: { address: '203.0.113.7' } }],
  ['7.113.0.203.b.barracudacentral.org', { zone: 'b.barracudacentral.org', about: { address: '203.0.113.7' } }],
  ['7.113.0.203.spam.dnsbl.sorbs.net', { zone: 'spam.dnsbl.sorbs.net', about: { address: '203.0.113.7' } }],
  [`${IPV6_REVERSED}.zen.spamhaus.org`, { zone: 'zen.spamhaus.org', about: { address: '2001:db8::1' } }],
  ['7.113.0.203.k3y.zen.dq.spamhaus.net', { zone: 'zen.dq.spamhaus.net', about: { address: '203.0.113.7' } }],
  [
    '7.113.0.203.k3y.combined.mail.abusix.zone',
    { zone: 'combined.mail.abusix.zone', about: { address: '203.0.113.7' } },
  ],
  ['shop.example.dbl.spamhaus.org', { zone: 'dbl.spamhaus.org', about: 'domain' }],
  ['shop.example.multi.surbl.org', { zone: 'multi.surbl.org', about: 'domain' }],
  ['shop.example.k3y.dbl.dq.spamhaus.net', { zone: 'dbl.dq.spamhaus.net', about: 'domain' }],
  ['www.spamhaus.org', null],
  ['zen.spamhaus.org', null],
  ['256.113.0.203.zen.spamhaus.org', null],
  ['113.0.203.zen.spamhaus.org', null],
  ['1.7.113.0.203.zen.spamhaus.org', null],
  ['7.113.0.203.zen.spamhaus.org.example', null],
  ['7.113.0.203.in-addr.arpa', null],
  ['dbl.spamhaus.org', null],
  ['multi.surbl.org', null],
  ['mail.example.net', null],
  ['', null],
])('%s', (name, expected) => expect(blockListQuestion(name)).toEqual(expected));

test('every operator has a page and at least one zone, and each zone is a name that is listed once and understood', () => {
  const zones = [...OPERATORS, ...KEYED].flatMap(({ source, addresses = [], domains = [] }) => {
    expect(source).toMatch(/^https?:\/\/[a-z0-9-]+(\.[a-z0-9-]+)+(\/\S*)?( \(until .*\d{4}\))?$/);
    expect(addresses.length + domains.length).toBeGreaterThan(0);
    return [...addresses, ...domains];
  });
  for (const zone of zones) expect(zone).toMatch(/^[a-z0-9-]+(\.[a-z0-9-]+)+\.[a-z]+$/);
  expect(new Set(zones).size).toBe(zones.length);
  for (const { addresses = [], domains = [] } of OPERATORS) {
    for (const zone of addresses)
      expect(blockListQuestion(`7.113.0.203.${zone}`)).toEqual({ zone, about: { address: '203.0.113.7' } });
    for (const zone of domains) expect(blockListQuestion(`shop.example.${zone}`)).toEqual({ zone, about: 'domain' });
  }
  for (const { addresses, domains } of KEYED) {
    for (const zone of addresses)
      expect(blockListQuestion(`7.113.0.203.k3y.${zone}`)).toEqual({ zone, about: { address: '203.0.113.7' } });
    for (const zone of domains)
      expect(blockListQuestion(`shop.example.k3y.${zone}`)).toEqual({ zone, about: 'domain' });
  }
});

import { BlockList, isIP } from 'node:net';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { PrefixSet } from '../../sensor/attribute/prefix-set.ts';

test('an address is in a prefix by its leading bits; the versions meet in mapped addresses', () => {
  const set = new PrefixSet(['10.0.0.0/8', '172.16.0.0/12', '2001:db8::/33', '::1/128', '224.0.0.0/4']);
  for (const inside of ['10.255.0.1', '172.31.255.255', '2001:db8:7fff::1', '::1', '239.1.2.3', '::ffff:10.0.0.1'])
    expect([inside, set.has(inside)]).toEqual([inside, true]);
  for (const outside of ['11.0.0.1', '172.32.0.0', '2001:db8:8000::', '::2', '240.0.0.1', '::ffff:11.0.0.1', '', 'a'])
    expect([outside, set.has(outside)]).toEqual([outside, false]);
});

test('what is no prefix is refused', () => {
  for (const text of ['10.0.0.0', '10.0.0.0/33', 'fe80::/129', 'home/8']) expect(() => new PrefixSet([text])).toThrow();
});

test('it says what Node says of the same prefixes', () => {
  const ip = fc.oneof(fc.ipV4(), fc.ipV6());
  const prefix = fc.tuple(ip, fc.nat(128)).map(([address, bits]) => ({
    address,
    length: Math.min(bits, isIP(address) === 4 ? 32 : 128),
  }));
  const family = (address: string) => (isIP(address) === 4 ? 'ipv4' : 'ipv6');
  fc.assert(
    fc.property(fc.array(prefix, { minLength: 1, maxLength: 4 }), fc.array(ip, { minLength: 1 }), (prefixes, ips) => {
      const list = new BlockList();
      for (const { address, length } of prefixes) list.addSubnet(address, length, family(address));
      const set = new PrefixSet(prefixes.map(({ address, length }) => `${address}/${length}`));
      // Random addresses are seldom in a long prefix; those of the prefixes themselves are.
      for (const one of [...ips, ...prefixes.map(({ address }) => address)])
        expect([one, set.has(one)]).toEqual([one, list.check(one, family(one))]);
    }),
  );
});

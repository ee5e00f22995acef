// DHCPv6: the client’s identifier and names, addresses and prefixes, and messages inside a relay’s.
import { expect, test } from 'vitest';
import { decodeDhcpv6 } from '../../sensor/decode/dhcpv6.ts';
import { hex } from '../support/hex.ts';
import * as build from '../support/packet-builder.ts';

const DUID_LL = '0001 000a 0003 0001 a4cf1299beef';
const ADDRESS = '20010db8000000000000000000000050';

test('a solicit: DUID-LLT with its MAC, FQDN, vendor class', () => {
  const message = hex(`01 0a0b0c
    0001 000e 0001 0001 2b3c4d5e a4cf1299beef
    0027 000c 01 06 63616d657261 03 6c616e
    0010 000b 00000009 0005 41636d6531
    0006 0004 0017 0018`);
  expect(decodeDhcpv6(message)).toEqual({
    messageType: 1,
    transactionId: 0x0a0b0c,
    clientId: '000100012b3c4d5ea4cf1299beef',
    clientMac: 'a4:cf:12:99:be:ef',
    fqdn: 'camera.lan',
    vendorClass: 'Acme1',
    addresses: [],
    delegatedPrefixes: [],
  });
});

test('a reply: addresses in IA_NA and IA_TA, prefixes in IA_PD', () => {
  const message = hex(`07 000001 ${DUID_LL}
    0003 0028 00000001 00000708 00000b40 0005 0018 ${ADDRESS} 00000e10 00001c20
    0004 0020 00000002 0005 0018 ${ADDRESS.slice(0, -2)}51 00000e10 00001c20
    0019 0029 00000003 00000708 00000b40 001a 0019 00000e10 00001c20 38 20010db8000100000000000000000000`);
  expect(decodeDhcpv6(message)).toMatchObject({
    messageType: 7,
    clientId: '00030001a4cf1299beef',
    clientMac: 'a4:cf:12:99:be:ef',
    addresses: ['2001:db8::50', '2001:db8::51'],
    delegatedPrefixes: [{ prefix: '2001:db8:1::', length: 56 }],
  });
});

test('what a server takes back (valid lifetime 0) is left out; a client’s zeros are only a hint', () => {
  const association = `0003 0028 00000001 00000000 00000000 0005 0018 ${ADDRESS} 00000000 00000000`;
  expect(decodeDhcpv6(hex(`07 000001 ${association}`))).toMatchObject({ addresses: [] });
  expect(decodeDhcpv6(hex(`03 000001 ${association}`))).toMatchObject({ addresses: ['2001:db8::50'] });
});

test('a relayed message is opened one level, either way', () => {
  const solicit = build.dhcpv6({ messageType: 1, clientMac: 'a4:cf:12:99:be:ef' });
  for (const type of [12, 13] as const) {
    const relayed = build.dhcpv6Relay(type, solicit);
    expect(decodeDhcpv6(relayed)).toMatchObject({ messageType: 1, clientMac: 'a4:cf:12:99:be:ef' });
    expect(decodeDhcpv6(build.dhcpv6Relay(type, relayed))).toMatchObject({ reason: 'unsupported' });
  }
  expect(decodeDhcpv6(hex(`0c 00 ${'00'.repeat(32)}`))).toMatchObject({ reason: 'malformed' });
});

test('identifiers that hold no Ethernet address give no MAC', () => {
  const clientMac = (duid: string) => decodeDhcpv6(hex(`01 000001 0001 00${duid.length === 8 ? '04' : '0a'} ${duid}`));
  expect(clientMac('00020000 0009 01020304'.replaceAll(' ', ''))).toMatchObject({ clientMac: null });
  expect(clientMac('00030020a4cf1299beef')).toMatchObject({ clientMac: null, clientId: '00030020a4cf1299beef' });
  expect(clientMac('00030001')).toMatchObject({ clientMac: null });
});

test('identifiers, vendor classes and names too short to mean anything read as absent', () => {
  const message = hex('01 000001 0001 0002 0003 0010 0003 000000 0010 0008 00000009 00ff 4163 0027 0001 00');
  expect(decodeDhcpv6(message)).toMatchObject({ clientId: '0003', clientMac: null, vendorClass: null, fqdn: null });
});

test('a flood of addresses is cut at 64', () => {
  const addresses = Array.from({ length: 200 }, (_, i) => `2001:db8::${i.toString(16)}`);
  expect(decodeDhcpv6(build.dhcpv6({ messageType: 7, addresses }))).toHaveProperty('addresses.length', 64);
});

test.each([
  ['the header', '01 00', 4, 2],
  ['a relay header', '0c 00', 34, 2],
  ['an option header', `01 000001 ${DUID_LL} 0027`, 22, 20],
  ['an option', '01 000001 0001 000a 0003', 18, 10],
])(
  'a capture cut in %s is truncated, a message that short malformed; both tell the numbers',
  (_, digits, needed, available) => {
    const failure = { layer: 'dhcpv6', needed, available };
    expect(decodeDhcpv6(hex(digits), 200)).toMatchObject({ ...failure, reason: 'truncated' });
    expect(decodeDhcpv6(hex(digits))).toMatchObject({ ...failure, reason: 'malformed' });
  },
);

test.each([
  ['an association without its fixed fields', '01 000001 0003 0004 00000001'],
  ['an address without its lifetimes', `07 000001 0004 0018 00000001 0005 0010 ${ADDRESS}`],
  [
    'a prefix without its octets',
    `07 000001 0019 0020 ${'00'.repeat(12)} 001a 0010 00000e10 00001c20 38 20010db8000100`,
  ],
  ['an option beyond its association', `07 000001 0004 000a 00000001 0005 0018 0000`],
  ['a prefix length of 129', `07 000001 0019 0029 ${'00'.repeat(12)} 001a 0019 00000e10 00001c20 81 ${ADDRESS}`],
])('%s is malformed, even where the capture was cut later', (_, digits) => {
  expect(decodeDhcpv6(hex(digits), 500)).toMatchObject({ layer: 'dhcpv6', reason: 'malformed' });
});

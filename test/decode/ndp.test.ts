// Neighbor Discovery: the four messages, and the checks a receiver must make before it believes one.
import { expect, test } from 'vitest';
import { decodeNdp } from '../../sensor/decode/ndp.ts';
import type { Ip } from '../../sensor/decode/packet.ts';
import { hex } from '../support/hex.ts';

const TARGET = 'fe80000000000000a6cf12fffe99beef';
const SOURCE_LINK_ADDRESS = '0101 a4cf1299beef';
const PREFIX = `03 04 40 c0 00015180 00003840 00000000 20010db8000100000000000000000000`;

function ipWith(digits: string, fields: Partial<Ip> = {}): Ip {
  const payload = hex(digits);
  return {
    version: 6,
    source: 'fe80::a6cf:12ff:fe99:beef',
    destination: 'ff02::1',
    protocol: 58,
    hopLimit: 255,
    identification: 0,
    fragmentOffset: 0,
    moreFragments: false,
    payload,
    payloadLength: payload.length,
    ...fields,
  };
}

test('neighbor solicitation, with and without the sender’s link-layer address', () => {
  expect(decodeNdp(ipWith(`87 00 0000 00000000 ${TARGET} ${SOURCE_LINK_ADDRESS}`))).toEqual({
    type: 'neighbor-solicitation',
    target: 'fe80::a6cf:12ff:fe99:beef',
    sourceLinkAddress: 'a4:cf:12:99:be:ef',
  });
  const duplicateAddressDetection = ipWith(`87 00 0000 00000000 ${TARGET}`, { source: '::' });
  expect(decodeNdp(duplicateAddressDetection)).toMatchObject({ sourceLinkAddress: null });
});

test('neighbor advertisement: flags and target link-layer address', () => {
  expect(decodeNdp(ipWith(`88 00 0000 60000000 ${TARGET} 0201 a4cf1299beef`))).toEqual({
    type: 'neighbor-advertisement',
    target: 'fe80::a6cf:12ff:fe99:beef',
    targetLinkAddress: 'a4:cf:12:99:be:ef',
    router: false,
    solicited: true,
    override: true,
  });
  expect(decodeNdp(ipWith(`88 00 0000 80000000 ${TARGET}`))).toMatchObject({ router: true, targetLinkAddress: null });
});

test('router solicitation', () => {
  expect(decodeNdp(ipWith(`85 00 0000 00000000 ${SOURCE_LINK_ADDRESS}`))).toEqual({
    type: 'router-solicitation',
    sourceLinkAddress: 'a4:cf:12:99:be:ef',
  });
});

test('router advertisement: lifetime, prefixes, unknown options stepped over', () => {
  const mtu = '05 01 0000 000005dc';
  const message = `86 00 0000 40 00 0708 00000000 00000000 ${SOURCE_LINK_ADDRESS} ${mtu} ${PREFIX}`;
  expect(decodeNdp(ipWith(message))).toEqual({
    type: 'router-advertisement',
    sourceLinkAddress: 'a4:cf:12:99:be:ef',
    routerLifetime: 1800,
    prefixes: [{ prefix: '2001:db8:1::', length: 64, onLink: true, autonomous: true, validLifetime: 86400 }],
  });
});

test('a flood of prefixes is cut at 32', () => {
  const message = decodeNdp(ipWith(`86 00 0000 40 00 0708 00000000 00000000 ${PREFIX.repeat(100)}`));
  expect(message).toHaveProperty('prefixes.length', 32);
});

test.each([
  ['hop limit 254: it came from off the link', `87 00 0000 00000000 ${TARGET}`, { hopLimit: 254 }],
  ['code 1', `87 01 0000 00000000 ${TARGET}`, {}],
  ['fragmented', `87 00 0000 00000000 ${TARGET}`, { moreFragments: true }],
  ['multicast target', `87 00 0000 00000000 ff${TARGET.slice(2)}`, {}],
  ['option length 0', `87 00 0000 00000000 ${TARGET} 0100 a4cf1299beef`, {}],
  ['option beyond the message', `87 00 0000 00000000 ${TARGET} 0102 a4cf1299beef`, {}],
  ['address of the unspecified address', `87 00 0000 00000000 ${TARGET} ${SOURCE_LINK_ADDRESS}`, { source: '::' }],
  ['advertisement from a global address', '86 00 0000 40 00 0708 00000000 00000000', { source: '2001:db8::1' }],
  ['prefix length 129', `86 00 0000 40 00 0708 00000000 00000000 03 04 81${PREFIX.slice(8)}`, {}],
  ['too short', '87 00 0000 00000000', {}],
])('%s is malformed', (_, digits, fields) => {
  expect(decodeNdp(ipWith(digits, fields))).toMatchObject({ layer: 'icmpv6', reason: 'malformed' });
});

test.each([
  ['in the header', '87 00', 4, 2],
  ['in the message', '87 00 0000 00000000 fe80', 24, 10],
  ['in an option header', `87 00 0000 00000000 ${TARGET} 01`, 26, 25],
  ['in an option', `87 00 0000 00000000 ${TARGET} 0101 a4cf`, 32, 28],
])('a capture cut %s is truncated', (_, digits, needed, available) => {
  const cut = ipWith(digits, { payloadLength: 32 });
  expect(decodeNdp(cut)).toMatchObject({ layer: 'icmpv6', reason: 'truncated', needed, available });
});

test('echo requests and multicast reports are unread', () => {
  for (const type of ['80', '8f', '89']) {
    expect(decodeNdp(ipWith(`${type} 00 0000 00000000`))).toMatchObject({ layer: 'icmpv6', reason: 'unsupported' });
  }
});

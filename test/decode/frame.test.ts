// Link layers: bytes beside what they say. Ethernet, tags, PPPoE and the two cooked forms.
import { expect, test } from 'vitest';
import { decodeFrame } from '../../sensor/decode/frame.ts';
import { DecodeCounters } from '../../sensor/decode/outcome.ts';
import { frameOf, hex } from '../support/hex.ts';

const ETHERNET = '3c37862b1100 a4cf1299beef';
/** 192.168.1.50:49152 to 203.0.113.25:25, SYN. */
const SYN_PACKET = `4500 0028 1c46 4000 4006 0000 c0a80132 cb007119
  c000 0019 00000064 00000000 5002 faf0 0000 0000`;
const SYN6_PACKET = `60000000 0014 06 40 20010db8000000000000000000000050 20010db8ffff00000000000000000025
  c000 0019 00000064 00000000 5002 faf0 0000 0000`;

function decode(data: Buffer, fields: Parameters<typeof frameOf>[1] = {}) {
  const counters = new DecodeCounters();
  return { packet: decodeFrame(frameOf(data, fields), counters), counts: counters.toJSON() };
}

test('a SYN in Ethernet, field by field', () => {
  const data = hex(`${ETHERNET} 0800 ${SYN_PACKET}`);
  const { packet, counts } = decode(data, { time: 1_700_000_000_123 });
  expect(packet).toEqual({
    time: 1_700_000_000_123,
    wireLength: 54,
    sourceMac: 'a4:cf:12:99:be:ef',
    destinationMac: '3c:37:86:2b:11:00',
    vlanIds: [],
    pppoeSessionId: null,
    arp: null,
    ip: {
      version: 4,
      source: '192.168.1.50',
      destination: '203.0.113.25',
      protocol: 6,
      hopLimit: 64,
      identification: 0x1c46,
      fragmentOffset: 0,
      moreFragments: false,
      payload: data.subarray(34),
      payloadLength: 20,
    },
    tcp: {
      sourcePort: 49152,
      destinationPort: 25,
      sequence: 100,
      acknowledgement: 0,
      flags: 0x02,
      window: 0xfaf0,
      payload: Buffer.alloc(0),
      payloadLength: 0,
    },
    udp: null,
    icmpv6: null,
    icmpError: null,
    mirrored: null,
  });
  expect(counts).toEqual({});
});

test.each([
  ['802.1Q', '8100 0064 0800', [100]],
  ['priority tag, VLAN 0', '8100 e000 0800', []],
  ['QinQ', '88a8 000a 8100 2014 0800', [10, 20]],
  ['the older 0x9100', '9100 000a 8100 0014 0800', [10, 20]],
  ['0x8100 in 0x8100', '8100 000a 8100 0014 0800', [10, 20]],
  ['three tags', '8100 0001 8100 0002 8100 0003 0800', [1, 2, 3]],
])('VLAN: %s', (_, tags, vlanIds) => {
  const { packet, counts } = decode(hex(`${ETHERNET} ${tags} ${SYN_PACKET}`));
  expect(packet?.vlanIds).toEqual(vlanIds);
  expect(packet?.tcp?.destinationPort).toBe(25);
  expect(counts).toEqual({});
});

test('a fourth tag is not followed, and the sender is still told', () => {
  const { packet, counts } = decode(hex(`${ETHERNET} ${'8100 0001'.repeat(4)} 0800 ${SYN_PACKET}`));
  expect(packet).toMatchObject({ sourceMac: 'a4:cf:12:99:be:ef', ip: null, tcp: null });
  expect(counts).toEqual({ 'vlan.unsupported': 1 });
});

test('PPPoE sessions carry IPv4 and IPv6, also behind QinQ; the length field ends the packet before the padding', () => {
  const v4 = decode(hex(`${ETHERNET} 8864 1100 0007 002a 0021 ${SYN_PACKET} 000000000000`));
  expect(v4.packet).toMatchObject({ pppoeSessionId: 7, ip: { version: 4 }, tcp: { destinationPort: 25 } });
  expect(v4.packet?.tcp?.payloadLength).toBe(0);
  const v6 = decode(hex(`${ETHERNET} 88a8 000a 8100 0014 8864 1100 0007 003e 0057 ${SYN6_PACKET}`));
  expect(v6.packet).toMatchObject({ vlanIds: [10, 20], pppoeSessionId: 7, ip: { source: '2001:db8::50' } });
  expect([v4.counts, v6.counts]).toEqual([{}, {}]);
});

test('PPPoE with a compressed protocol field: all else lies one octet ahead, behind any tags', () => {
  const v4 = decode(hex(`${ETHERNET} 8864 1100 0007 0029 21 ${SYN_PACKET} 000000000000`));
  expect(v4.packet).toMatchObject({ pppoeSessionId: 7, ip: { version: 4, payloadLength: 20 }, tcp: { flags: 2 } });
  const v6 = decode(hex(`${ETHERNET} 9100 0001 88a8 000a 8100 0014 8864 1100 0007 003d 57 ${SYN6_PACKET} 0000`));
  expect(v6.packet).toMatchObject({ vlanIds: [1, 10, 20], ip: { source: '2001:db8::50' }, tcp: { flags: 2 } });
  const cooked = decode(hex(`0000 0001 0006 a4cf1299beef 0000 8864 1100 0007 0029 21 ${SYN_PACKET}`), {
    linkType: 113,
  });
  expect(cooked.packet).toMatchObject({ pppoeSessionId: 7, tcp: { destinationPort: 25 } });
  expect([v4.counts, v6.counts, cooked.counts]).toEqual([{}, {}, {}]);
});

test('PPPoE’s length holds where the packet inside tells another', () => {
  const noLength = SYN_PACKET.replace('4500 0028', '4500 0000');
  const offloaded = decode(hex(`${ETHERNET} 8864 1100 0007 002a 0021 ${noLength} 000000000000`));
  expect(offloaded.packet?.tcp).toMatchObject({ destinationPort: 25, payloadLength: 0 });
  const tooLong = SYN_PACKET.replace('4500 0028', '4500 0030');
  const beyond = decode(hex(`${ETHERNET} 8864 1100 0007 002a 0021 ${tooLong} 0000000000000000`));
  expect(beyond.packet?.tcp).toMatchObject({ payload: Buffer.alloc(0), payloadLength: 8 });
});

test.each([
  ['LCP echo', '8864 1100 0007 000a c021 0901000800000000', { 'pppoe.unsupported': 1 }],
  ['discovery', '8863 1109 0000 0000', { 'pppoe.unsupported': 1 }],
  ['version 2', '8864 2100 0007 002a 0021', { 'pppoe.malformed': 1 }],
  ['length without room for the protocol', '8864 1100 0007 0001 0021', { 'pppoe.malformed': 1 }],
  ['a compressed protocol that is none of ours', '8864 1100 0007 0003 fd 0000', { 'pppoe.unsupported': 1 }],
  ['a compressed protocol and nothing behind it', '8864 1100 0007 0001 21', { 'ipv4.malformed': 1 }],
  ['no room for a compressed protocol', '8864 1100 0007 0000 21', { 'pppoe.malformed': 1 }],
  ['address and control before the protocol', '8864 1100 0007 0004 ff03 0021', { 'pppoe.unsupported': 1 }],
  ['802.3 length with LLC: spanning tree', '0026 424203 0000000000', { 'link.unsupported': 1 }],
  ['EAPOL', '888e 0100 0000', { 'link.unsupported': 1 }],
])('%s: the sender is told, the failure counted', (_, rest, expected) => {
  const { packet, counts } = decode(hex(`${ETHERNET} ${rest}`));
  expect(packet).toMatchObject({ sourceMac: 'a4:cf:12:99:be:ef', ip: null });
  expect(counts).toEqual(expected);
});

test('Linux cooked capture: the sender where it is an Ethernet address, no receiver', () => {
  const cooked = decode(hex(`0000 0001 0006 a4cf1299beef 0000 0800 ${SYN_PACKET}`), { linkType: 113 });
  expect(cooked.packet).toMatchObject({ sourceMac: 'a4:cf:12:99:be:ef', destinationMac: null, tcp: { flags: 2 } });
  const tunnel = decode(hex(`0000 fffe 0000 0000000000000000 86dd ${SYN6_PACKET}`), { linkType: 113 });
  expect(tunnel.packet).toMatchObject({ sourceMac: null, ip: { version: 6 }, tcp: { flags: 2 } });
  const eightOctets = decode(hex(`0000 0001 0008 a4cf1299beef0102 0800 ${SYN_PACKET}`), { linkType: 113 });
  expect(eightOctets.packet?.sourceMac).toBeNull();
});

test('Linux cooked capture, second form, with a tag inside', () => {
  const data = hex(`8100 0000 00000002 0001 00 06 a4cf1299beef 0000 0064 0800 ${SYN_PACKET}`);
  const { packet, counts } = decode(data, { linkType: 276 });
  expect(packet).toMatchObject({ sourceMac: 'a4:cf:12:99:be:ef', vlanIds: [100], tcp: { destinationPort: 25 } });
  expect(counts).toEqual({});
  const tagged = hex(`0000 0001 0006 a4cf1299beef 0000 8100 0064 0800 ${SYN_PACKET}`);
  expect(decode(tagged, { linkType: 113 }).packet?.vlanIds).toEqual([100]);
});

test.each([
  [1, 14],
  [113, 16],
  [276, 20],
] as const)('without a whole link header (type %i, %i bytes) there is no packet', (linkType, headerLength) => {
  const part = Buffer.alloc(headerLength - 1);
  const cut = decode(part, { linkType, originalLength: 60 });
  expect(cut).toEqual({ packet: null, counts: { 'link.truncated': 1 } });
  expect(decode(part, { linkType })).toEqual({ packet: null, counts: { 'link.malformed': 1 } });
});

test('a capture cut in a tag or in PPPoE is truncated there', () => {
  const inTag = decode(hex(`${ETHERNET} 8100 0064`), { originalLength: 60 });
  expect(inTag.packet).toMatchObject({ sourceMac: 'a4:cf:12:99:be:ef', vlanIds: [] });
  expect(inTag.counts).toEqual({ 'vlan.truncated': 1 });
  expect(decode(hex(`${ETHERNET} 8864 1100 00`), { originalLength: 60 }).counts).toEqual({ 'pppoe.truncated': 1 });
  const inProtocol = decode(hex(`${ETHERNET} 8864 1100 0007 002a 00`), { originalLength: 60 });
  expect(inProtocol.counts).toEqual({ 'pppoe.truncated': 1 });
});

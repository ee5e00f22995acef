// What is left of a frame that is kept: all headers, whatever lies around them, and nothing of what they carry.
import { describe, expect, it } from 'vitest';
import { type Frame, LINK_TYPES, type LinkType } from '../../sensor/capture/frame.ts';
import { decodeFrame } from '../../sensor/decode/frame.ts';
import { cutFrame } from '../../sensor/decode/frame-cut.ts';
import { DecodeCounters } from '../../sensor/decode/outcome.ts';
import {
  arp,
  ethernet,
  ipv4,
  ipv6,
  raw,
  sll,
  sll2,
  type TaggingFields,
  tcp,
  u32,
  udp,
} from '../support/packet-builder.ts';

const MACS = { source: '02:00:00:00:00:01', destination: '02:00:00:00:00:02' };
const V4 = { source: '192.168.1.50', destination: '203.0.113.25' };
const V6 = { source: '2001:db8::1', destination: '2001:db8::2' };
const PAYLOAD = Buffer.from('MAIL FROM:<somebody@example.org>\r\n'.repeat(8));
const NOTHING = Buffer.alloc(0);
const segment = tcp({ sourcePort: 40_000, destinationPort: 25, flags: 'PA' }, PAYLOAD);

function cut(data: Buffer, kept = NOTHING, linkType: LinkType = LINK_TYPES.ethernet): Buffer {
  // The capture's buffer is larger than the frame in it.
  const shared = Buffer.concat([Buffer.alloc(100), data, Buffer.alloc(50)]);
  const frame: Frame = {
    time: 0,
    linkType,
    data: shared.subarray(100, 100 + data.length),
    originalLength: data.length,
  };
  const packet = decodeFrame(frame, new DecodeCounters());
  if (packet === null) throw new Error('no packet');
  return cutFrame(frame, packet, kept);
}

describe('TCP and UDP', () => {
  it.each<[string, TaggingFields, number]>([
    ['plain', {}, 0],
    ['tagged', { vlans: [7] }, 4],
    ['twice tagged over PPPoE', { vlans: [7, 8], pppoe: 3 }, 16],
  ])('%s: the headers as they were, and no payload', (_, tags, more) => {
    for (const [network, length] of [
      [ipv4(V4, segment), 14 + 20 + 20],
      [ipv6(V6, segment), 14 + 40 + 20],
    ] as const) {
      const whole = ethernet({ ...MACS, ...tags }, network);
      expect(cut(whole).equals(whole.subarray(0, length + more))).toBe(true);
    }
  });

  it('cooked', () => {
    const source = MACS.source;
    for (const [whole, linkType, header] of [
      [sll({ source }, ipv4(V4, segment)), LINK_TYPES.linuxCooked, 16],
      [sll2({ source, interfaceIndex: 2 }, ipv4(V4, segment)), LINK_TYPES.linuxCooked2, 20],
    ] as const)
      expect(cut(whole, NOTHING, linkType)).toHaveLength(header + 40);
  });

  it('what the caller keeps stands behind the headers', () => {
    const kept = Buffer.from('MAIL FROM:xxx\r\n');
    expect(
      cut(ethernet(MACS, ipv4(V4, segment)), kept)
        .subarray(54)
        .equals(kept),
    ).toBe(true);
  });

  it('a datagram, a later fragment, and one with a damaged header keep nothing that they carry', () => {
    const datagram = udp({ sourcePort: 5000, destinationPort: 53 }, PAYLOAD);
    expect(cut(ethernet(MACS, ipv4(V4, datagram)))).toHaveLength(42);
    expect(cut(ethernet(MACS, ipv4({ ...V4, fragmentOffset: 1480 }, raw(6, PAYLOAD))))).toHaveLength(34);
    expect(cut(ethernet(MACS, ipv4(V4, raw(6, PAYLOAD.subarray(0, 12)))))).toHaveLength(34);
  });
});

it('an ICMP error keeps what it quotes of headers', () => {
  const quoted = ethernet(MACS, ipv4(V4, segment)).subarray(14);
  const error = Buffer.concat([Buffer.from([3, 13, 0, 0]), u32(0), quoted]);
  expect(cut(ethernet(MACS, ipv4(V4, raw(1, error))))).toHaveLength(34 + 8 + 20 + 8);
  const quoted6 = ethernet(MACS, ipv6(V6, segment)).subarray(14);
  const error6 = Buffer.concat([Buffer.from([1, 1, 0, 0]), u32(0), quoted6]);
  expect(cut(ethernet(MACS, ipv6(V6, raw(58, error6))))).toHaveLength(54 + 8 + 40 + 8);
});

it('ARP stays whole, unknown frames keep their addresses alone', () => {
  const request = arp({
    operation: 'request',
    senderMac: MACS.source,
    senderIp: '192.168.1.50',
    targetIp: '192.168.1.1',
  });
  const whole = ethernet(MACS, request);
  expect(cut(whole).equals(whole.subarray(0, 60))).toBe(true);
  expect(cut(ethernet(MACS, { etherType: 0x1234, bytes: PAYLOAD }))).toHaveLength(14);
});

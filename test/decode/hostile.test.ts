// Whatever bytes come, the decoders return: no throw (a read past the end would throw), views within the frame, bounded lists.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { LINK_TYPES } from '../../sensor/capture/frame.ts';
import { decodeDhcp } from '../../sensor/decode/dhcp.ts';
import { decodeDhcpv6 } from '../../sensor/decode/dhcpv6.ts';
import { decodeFrame } from '../../sensor/decode/frame.ts';
import { DecodeCounters, Failure } from '../../sensor/decode/outcome.ts';
import { frameOf, hex } from '../support/hex.ts';
import * as build from '../support/packet-builder.ts';

const LINK = { source: 'a4:cf:12:99:be:ef', destination: '3c:37:86:2b:11:00' };
const V4 = { source: '192.168.1.50', destination: '203.0.113.25' };
const V6 = { source: 'fe80::50', destination: '2001:db8::25' };
const SYN = build.tcp({ sourcePort: 50000, destinationPort: 25, flags: 'S', options: hex('020405b4') });
const QUERY = build.udp({ sourcePort: 50000, destinationPort: 53 }, Buffer.from('question'));
const DHCP = build.dhcp({
  operation: 'request',
  messageType: 3,
  clientMac: LINK.source,
  options: [
    [52, Buffer.from([3])],
    [12, 'kitchencam'],
    [81, Buffer.concat([Buffer.from([4, 0, 0]), build.wireName('cam.lan')])],
  ],
  bootFile: build.dhcpOptions([[12, 'more']]),
  serverName: build.dhcpOptions([[60, 'vendor']]),
});
const DHCPV6 = build.dhcpv6Relay(
  12,
  build.dhcpv6({
    messageType: 7,
    clientMac: LINK.source,
    fqdn: 'cam.lan',
    addresses: ['2001:db8::50'],
    prefixes: ['2001:db8:1::/56'],
    options: [[16, Buffer.concat([build.u32(9), build.u16(4), Buffer.from('Acme')])]],
  }),
);

const EXTENSIONS = [build.hopByHop(), build.routing(), build.fragment(0, false, 7), build.authentication()];
const ADVERTISEMENT = build.routerAdvertisement({
  sourceMac: LINK.source,
  prefixes: [{ prefix: '2001:db8:1::', length: 64 }],
});
const NETWORKS = [
  build.ipv4({ ...V4, options: hex('94040000') }, SYN),
  build.ipv4(V4, QUERY),
  build.ipv6({ ...V6, extensions: EXTENSIONS }, SYN),
  build.ipv6({ ...V6, hopLimit: 255 }, build.neighborSolicitation({ target: V6.source, sourceMac: LINK.source })),
  build.ipv6({ ...V6, hopLimit: 255 }, build.neighborAdvertisement({ target: V6.source, targetMac: LINK.source })),
  build.ipv6({ ...V6, hopLimit: 255 }, ADVERTISEMENT),
  build.ipv4(V4, build.raw(1, Buffer.concat([hex('030d000000000000'), build.ipv4(V4, SYN).bytes]))),
  build.ipv6(
    V6,
    build.raw(58, Buffer.concat([hex('0101000000000000'), build.ipv6({ ...V6, extensions: EXTENSIONS }, SYN).bytes])),
  ),
];
const ARP = build.arp({ operation: 'request', senderMac: LINK.source, senderIp: V4.source, targetIp: '192.168.1.1' });
const TAGGED = { vlans: [10, 20], pppoe: 7 };

/** Valid frames of every link type, plain and tagged, with everything that can be inside. */
const VALID = [
  frameOf(build.ethernet(LINK, ARP)),
  frameOf(build.sll(LINK, ARP), { linkType: 113 }),
  ...NETWORKS.flatMap((network) => [
    frameOf(build.ethernet(LINK, network)),
    frameOf(build.ethernet({ ...LINK, ...TAGGED }, network)),
    frameOf(build.sll({ ...LINK, ...TAGGED }, network), { linkType: 113 }),
    frameOf(build.sll2({ ...LINK, ...TAGGED }, network), { linkType: 276 }),
  ]),
];

const anyLinkType = fc.constantFrom(...Object.values(LINK_TYPES));
const anyMutation = fc.array(fc.tuple(fc.nat(400), fc.integer({ min: 0, max: 255 })), { maxLength: 6 });
const LENGTH_LIES = [0, 1, 2, 0x45, 0x7f, 0x80, 0xfe, 0xff];
const sharpMutation = fc.array(fc.tuple(fc.nat(400), fc.constantFrom(...LENGTH_LIES)), { maxLength: 6 });

function mutated(data: Buffer, changes: readonly (readonly [number, number])[], cut: number): Buffer {
  const copy = Buffer.from(data);
  for (const [at, value] of changes) if (copy.length > 0) copy[at % copy.length] = value;
  return copy.subarray(0, Math.max(0, copy.length - cut));
}

function liesWithin(view: Buffer, data: Buffer): boolean {
  return view.byteOffset >= data.byteOffset && view.byteOffset + view.length <= data.byteOffset + data.length;
}

/** Decodes the bytes standing between two others' bytes in one buffer, as in the shared read buffer of capture. */
function decodeAmong(data: Buffer, linkType: 1 | 113 | 276, originalLength: number): void {
  const shared = Buffer.concat([Buffer.alloc(64, 0xaa), data, Buffer.alloc(64, 0xaa)]);
  const frame = frameOf(shared.subarray(64, 64 + data.length), { linkType, originalLength });
  const counters = new DecodeCounters();
  const packet = decodeFrame(frame, counters);
  const failures = counters.total('truncated') + counters.total('malformed') + counters.total('unsupported');
  expect(failures).toBeLessThanOrEqual(1);
  if (packet === null) {
    expect(failures).toBe(1);
    return;
  }
  expect(packet.vlanIds.length).toBeLessThanOrEqual(3);
  const views = [packet.ip?.payload, packet.tcp?.payload, packet.udp?.payload].filter((view) => view !== undefined);
  for (const view of views) expect(view.length === 0 || liesWithin(view, frame.data)).toBe(true);
  for (const layer of [packet.ip, packet.tcp, packet.udp]) {
    if (layer !== null) expect(layer.payload.length).toBeLessThanOrEqual(layer.payloadLength);
  }
}

test('the valid frames are read without a failure, so that their mutations start deep', () => {
  for (const frame of VALID) {
    const counters = new DecodeCounters();
    const packet = decodeFrame(frame, counters);
    expect(counters.toJSON()).toEqual({});
    expect(packet?.arp ?? packet?.tcp ?? packet?.udp ?? packet?.icmpv6 ?? packet?.icmpError).toBeTruthy();
  }
  expect(decodeDhcp(DHCP)).toMatchObject({ hostName: 'kitchencammore', vendorClass: 'vendor', fqdn: 'cam.lan' });
  expect(decodeDhcpv6(DHCPV6)).toMatchObject({ fqdn: 'cam.lan', vendorClass: 'Acme', addresses: ['2001:db8::50'] });
});

test('any bytes as a frame of any link type', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), anyLinkType, fc.nat(400), (bytes, linkType, more) => {
      decodeAmong(Buffer.from(bytes), linkType, bytes.length + more);
    }),
    { numRuns: 5000 },
  );
});

test('every prefix of every valid frame, cut by the capture or that short on the wire', () => {
  for (const frame of VALID) {
    for (let length = 0; length <= frame.data.length; length++) {
      const part = frame.data.subarray(0, length);
      decodeAmong(part, frame.linkType, frame.originalLength);
      decodeAmong(part, frame.linkType, length);
    }
  }
});

test('valid frames with octets changed and ends cut', () => {
  const change = fc.oneof(anyMutation, sharpMutation);
  fc.assert(
    fc.property(fc.constantFrom(...VALID), change, fc.nat(60), fc.boolean(), (frame, changes, cut, wasCaptureCut) => {
      const data = mutated(frame.data, changes, cut);
      decodeAmong(data, frame.linkType, wasCaptureCut ? frame.originalLength : data.length);
    }),
    { numRuns: 20_000 },
  );
});

test('any octets and any change to a DHCP message: a record within its bounds or a reason', () => {
  const octets = fc.oneof(
    fc.uint8Array({ maxLength: 600 }).map((bytes) => Buffer.from(bytes)),
    fc.uint8Array({ maxLength: 600 }).map((bytes) => Buffer.concat([DHCP.subarray(0, 240), bytes])),
    fc.tuple(fc.oneof(anyMutation, sharpMutation), fc.nat(80)).map(([changes, cut]) => mutated(DHCP, changes, cut)),
  );
  fc.assert(
    fc.property(octets, fc.nat(100), (bytes, more) => {
      const dhcp = decodeDhcp(bytes, bytes.length + more);
      if (dhcp instanceof Failure) return;
      for (const text of [dhcp.hostName, dhcp.fqdn, dhcp.vendorClass]) expect((text ?? '').length).toBeLessThan(256);
      expect(dhcp.parameterRequestList.length).toBeLessThan(256);
      expect(Math.max(dhcp.routers.length, dhcp.dnsServers.length)).toBeLessThanOrEqual(16);
    }),
    { numRuns: 10_000 },
  );
});

test('any octets and any change to a DHCPv6 message: a record within its bounds or a reason', () => {
  const octets = fc.oneof(
    fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
    fc.tuple(fc.oneof(anyMutation, sharpMutation), fc.nat(80)).map(([changes, cut]) => mutated(DHCPV6, changes, cut)),
  );
  fc.assert(
    fc.property(octets, fc.nat(100), (bytes, more) => {
      const dhcpv6 = decodeDhcpv6(bytes, bytes.length + more);
      if (dhcpv6 instanceof Failure) return;
      expect((dhcpv6.clientId ?? '').length).toBeLessThanOrEqual(260);
      for (const text of [dhcpv6.fqdn, dhcpv6.vendorClass]) expect((text ?? '').length).toBeLessThan(256);
      expect(dhcpv6.addresses.length).toBeLessThanOrEqual(64);
    }),
    { numRuns: 10_000 },
  );
});

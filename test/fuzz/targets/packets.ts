// Frames of every link type with what lies in them, and the binary messages of UDP that hold no names.
import type { LinkType } from '../../../sensor/capture/frame.ts';
import { decodeDhcp } from '../../../sensor/decode/dhcp.ts';
import { decodeDhcpv6 } from '../../../sensor/decode/dhcpv6.ts';
import { decodeFrame } from '../../../sensor/decode/frame.ts';
import { cutFrame, headerLength, MAX_HEADERS } from '../../../sensor/decode/frame-cut.ts';
import { interestOf } from '../../../sensor/decode/interest.ts';
import { decodeNatPmp } from '../../../sensor/decode/nat-pmp.ts';
import { DecodeCounters } from '../../../sensor/decode/outcome.ts';
import type { Packet } from '../../../sensor/decode/packet.ts';
import { decodePcp } from '../../../sensor/decode/pcp.ts';
import * as build from '../../support/packet-builder.ts';
import { decodedAlike, mustBeShort, mustHold, type Target } from '../target.ts';

const LINKS: readonly LinkType[] = [1, 113, 276];
const A = 'a4:cf:12:99:be:ef';
const LINK = { source: A, destination: '3c:37:86:2b:11:00' };
const V4 = { source: '192.168.1.50', destination: '203.0.113.25' };
const V6 = { source: 'fe80::50', destination: '2001:db8::25' };
const NOTHING = Buffer.alloc(0);

/** One octet for the link type, one for how much of the frame was not captured. */
const framed = (data: Buffer, link = 0, missing = 0) => Buffer.concat([Buffer.from([link, missing]), data]);

function networks(): build.NetworkLayer[] {
  const syn = build.tcp({ sourcePort: 50_000, destinationPort: 25, flags: 'S' });
  const extensions = [build.hopByHop(), build.routing(), build.fragment(0, true, 7), build.authentication()];
  const neighbour = { ...V6, hopLimit: 255 };
  const prefixes = [{ prefix: '2001:db8:1::', length: 64 }];
  const inner = build.ethernet(LINK, build.ipv4(V4, syn));
  return [
    build.arp({ operation: 'request', senderMac: A, senderIp: V4.source, targetIp: '192.168.1.1' }),
    build.ipv4({ ...V4, options: Buffer.from('94040000', 'hex') }, syn),
    build.ipv4(V4, build.udp({ sourcePort: 50_000, destinationPort: 53 }, Buffer.from('question'))),
    build.ipv6({ ...V6, extensions }, syn),
    build.ipv6(neighbour, build.neighborSolicitation({ target: V6.source, sourceMac: A })),
    build.ipv6(neighbour, build.neighborAdvertisement({ target: V6.source, targetMac: A })),
    build.ipv6(neighbour, build.routerSolicitation({ sourceMac: A })),
    build.ipv6(neighbour, build.routerAdvertisement({ sourceMac: A, prefixes })),
    build.ipv4(V4, build.icmpUnreachable(13, build.ipv4(V4, syn))),
    build.ipv6(V6, build.icmpv6Unreachable(1, build.ipv6({ ...V6, extensions }, syn))),
    ...build.WRAPPINGS.map((wrapping) => build.ipv4(V4, build.wrapped(inner, wrapping))),
  ];
}

const frame: Target = {
  run(input) {
    if (input.length < 2) return;
    const linkType = LINKS[(input[0] ?? 0) % LINKS.length] ?? 1;
    const missing = (input[1] ?? 0) & 0x7f;
    // Set: it came wrapped itself.
    const unwrapped = ((input[1] ?? 0) & 0x80) !== 0;
    decodedAlike(input.subarray(2), (data) => {
      const counters = new DecodeCounters();
      const given = { time: 0, linkType, data, originalLength: data.length + missing, unwrapped };
      const packet = decodeFrame(given, counters);
      const failures = counters.total('truncated') + counters.total('malformed') + counters.total('unsupported');
      mustHold(failures <= 1, `${failures} failures of one frame`);
      if (packet === null) return { counters };
      check(packet, data);
      const cut = cutFrame(given, packet, NOTHING);
      mustHold(cut.length === headerLength(data, packet) && cut.length <= MAX_HEADERS, `${cut.length} octets kept`);
      return { packet, counters, interest: interestOf(packet), cut };
    });
  },
  seeds: (material) => [
    ...networks().flatMap((network) => [
      framed(build.ethernet(LINK, network)),
      framed(build.ethernet({ ...LINK, vlans: [10, 20], pppoe: 7 }, network), 0, 20),
      framed(build.sll(LINK, network), 1),
      framed(build.sll2(LINK, network), 2),
    ]),
    ...material.frames(() => true, 150).map((data) => framed(data)),
  ],
};

function check(packet: Packet, data: Buffer): void {
  mustHold(packet.vlanIds.length <= 3, `${packet.vlanIds.length} tags`);
  for (const view of [packet.ip?.payload, packet.tcp?.payload, packet.udp?.payload, packet.mirrored?.data]) {
    if (view === undefined || view.length === 0) continue;
    const from = view.byteOffset - data.byteOffset;
    mustHold(
      from >= 0 && from + view.length <= data.length,
      `a view of ${view.length} octets at ${from} of ${data.length}`,
    );
  }
  for (const layer of [packet.ip, packet.tcp, packet.udp])
    if (layer !== null) mustHold(layer.payload.length <= layer.payloadLength, 'more octets than on the wire');
  mustHold(
    (packet.mirrored?.data.length ?? 0) <= (packet.mirrored?.originalLength ?? 0),
    'more octets than were mirrored',
  );
}

/** A decoder that takes a payload and how long it was on the wire: two octets in front tell how much is missing. */
function withLength(
  decode: (payload: Buffer, onWire: number) => unknown,
  most: number,
  seeds: Target['seeds'],
): () => Target {
  return () => ({
    run(input) {
      const missing = input.length < 2 ? 0 : input.readUInt16BE(0) & 0x7ff;
      mustBeShort(
        decodedAlike(input.subarray(2), (bytes) => decode(bytes, bytes.length + missing)),
        most,
      );
    },
    seeds: (material) => seeds(material).map((bytes) => Buffer.concat([Buffer.from([0, 0]), bytes])),
  });
}

const DHCP = build.dhcp({
  operation: 'request',
  messageType: 3,
  clientMac: A,
  options: [
    [52, Buffer.from([3])],
    [12, 'kitchencam'],
    [61, Buffer.from([1, 2, 3, 4, 5, 6, 7])],
    [81, Buffer.concat([Buffer.from([4, 0, 0]), build.wireName('cam.lan')])],
  ],
  bootFile: build.dhcpOptions([[12, 'more']]),
  serverName: build.dhcpOptions([[60, 'vendor']]),
});

const dhcpv6 = () => {
  const message = build.dhcpv6({
    messageType: 7,
    clientMac: A,
    fqdn: 'cam.lan',
    addresses: ['2001:db8::50'],
    prefixes: ['2001:db8:1::/56'],
    options: [[16, Buffer.concat([build.u32(9), build.u16(4), Buffer.from('Acme')])]],
  });
  return [message, build.dhcpv6Relay(12, message), build.dhcpv6Relay(13, build.dhcpv6Relay(13, message))];
};

export const PACKETS: Readonly<Record<string, () => Target>> = {
  frame: () => frame,
  'remote-mirror': () => ({
    ...frame,
    seeds: ({ recordings }) => {
      const frames = recordings.flatMap((list) => list.filter((data) => data.length < 400).slice(0, 3)).slice(0, 20);
      return build.WRAPPINGS.flatMap((wrapping) =>
        frames.flatMap((data) => build.wrap({ time: 0, data }, wrapping).map((made) => framed(made.data))),
      );
    },
  }),
  dhcp: withLength(decodeDhcp, 600, (material) => [DHCP, ...material.datagrams(67, 68)]),
  dhcpv6: withLength(decodeDhcpv6, 600, (material) => [...dhcpv6(), ...material.datagrams(546, 547)]),
  pcp: withLength(decodePcp, 64, (material) => [
    ...material.datagrams(5351),
    ...material
      .datagrams(5351)
      .map((bytes) => Buffer.concat([bytes, Buffer.from('01000010', 'hex'), Buffer.alloc(16, 9)])),
  ]),
  'nat-pmp': withLength(decodeNatPmp, 64, (material) => [
    ...material.datagrams(5351),
    ...['0000', '0080000000000001cb007101', '00810000000000010050005000001c20', '000100000050005000001c20'].map(
      (digits) => Buffer.from(digits, 'hex'),
    ),
  ]),
};

// The builders are only worth something if others read their frames the same way: tcpdump does, checksums included.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { decodeFrame } from '../../sensor/decode/frame.ts';
import { DecodeCounters } from '../../sensor/decode/outcome.ts';
import { frameOf } from './hex.ts';
import * as build from './packet-builder.ts';

const directory = mkdtempSync(join(tmpdir(), 'thingwatch-builder-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const TIME = Date.UTC(2026, 0, 15, 10, 0, 0, 250);
const CLIENT = { mac: 'a4:cf:12:99:be:ef', ip: '192.168.1.50', port: 50000 };
const SERVER = { mac: '3c:37:86:2b:11:00', ip: '203.0.113.25', port: 25 };
const CLIENT6 = { ...CLIENT, ip: '2001:db8::50' };
const SERVER6 = { ...SERVER, ip: '2001:db8:ffff::25' };
const DIALOGUE = ['S: 220 mail.example ESMTP', 'C: EHLO camera', 'S: 250 ok'];
const LINK = { source: CLIENT.mac, destination: SERVER.mac };

function tcpdump(path: string, ...options: string[]): string {
  const run = spawnSync('tcpdump', ['-nn', '-r', path, ...options], {
    encoding: 'utf8',
    env: { ...process.env, TZ: 'UTC' },
  });
  expect(run.status, run.stderr).toBe(0);
  return run.stdout;
}

function udp4(sourcePort: number, destinationPort: number, payload: Buffer): Buffer {
  const addresses = { source: CLIENT.ip, destination: SERVER.ip };
  return build.ethernet(LINK, build.ipv4(addresses, build.udp({ sourcePort, destinationPort }, payload)));
}

function icmp6(message: build.UpperLayer): Buffer {
  return build.ethernet(LINK, build.ipv6({ source: 'fe80::1', destination: 'ff02::1', hopLimit: 255 }, message));
}

test.each([
  ['IPv4', CLIENT, SERVER],
  ['IPv6', CLIENT6, SERVER6],
])(
  'tcpdump follows a whole connection over %s: handshake, dialogue, close, every checksum correct',
  (_, client, server) => {
    const path = join(directory, 'connection.pcap');
    build.writePcap(
      path,
      build.tcpConversation({ client, server, time: TIME, outcome: 'connected', dialogue: DIALOGUE }),
    );
    const lines = tcpdump(path, '-t').trim().split('\n');
    expect(lines.map((line) => /Flags \[(.*?)\]/.exec(line)?.[1])).toEqual([
      'S',
      'S.',
      '.',
      'P.',
      '.',
      'P.',
      '.',
      'P.',
      '.',
      'F.',
      'F.',
      '.',
    ]);
    // tcpdump numbers a connection from its SYN: 24 and 8 octets were said, and FIN and SYN count one each.
    expect(lines.at(-1)).toContain('ack 34,');
    const verbose = tcpdump(path, '-vv');
    expect(verbose.match(/cksum 0x[0-9a-f]{4} \(correct\)/g)).toHaveLength(12);
    expect(verbose).not.toMatch(/incorrect|bad/);
  },
);

test('retransmitted SYNs repeat the sequence number; a refusal acknowledges it', () => {
  const fields = { client: CLIENT, server: SERVER, time: TIME, isn: 0xffffffff };
  const unanswered = build.tcpConversation({ ...fields, outcome: 'unanswered', retransmitSyn: 2 });
  expect(unanswered.map(({ time }) => time - TIME)).toEqual([0, 1000, 3000]);
  const refused = build.tcpConversation({ ...fields, outcome: 'refused' });
  const path = join(directory, 'refused.pcap');
  build.writePcap(path, [...unanswered, ...refused]);
  const lines = tcpdump(path, '-S', '-t').trim().split('\n');
  expect(lines.filter((line) => line.includes('Flags [S], seq 4294967295,'))).toHaveLength(4);
  expect(lines.at(-1)).toContain('Flags [R.], seq 0, ack 0,');
});

test('tcpdump reads tags and PPPoE, and what is inside', () => {
  const path = join(directory, 'tagged.pcap');
  const tags = { vlans: [10, 20], pppoe: 7 };
  const fields = { client: CLIENT, server: SERVER, time: TIME, outcome: 'unanswered' as const, ...tags };
  build.writePcap(path, build.tcpConversation(fields));
  expect(tcpdump(path, '-e')).toMatch(
    /802\.1Q-QinQ.*vlan 10,.*vlan 20,.*PPPoE {2}\[ses 0x7\].*192\.168\.1\.50\.50000 > 203\.0\.113\.25\.25: Flags \[S\]/,
  );
});

test('tcpdump reads ARP, Neighbor Discovery and DHCP with correct checksums', () => {
  const dhcp = build.dhcp({
    operation: 'request',
    messageType: 1,
    clientMac: CLIENT.mac,
    options: [[12, 'kitchencam']],
  });
  const dhcpv6 = build.dhcpv6({ messageType: 1, clientMac: CLIENT.mac, fqdn: 'cam.lan', prefixes: ['2001:db8::/56'] });
  const addresses6 = { source: 'fe80::1', destination: 'ff02::1:2' };
  const frames = [
    build.ethernet(
      LINK,
      build.arp({ operation: 'request', senderMac: CLIENT.mac, senderIp: CLIENT.ip, targetIp: '192.168.1.1' }),
    ),
    icmp6(build.neighborSolicitation({ target: 'fe80::50', sourceMac: CLIENT.mac })),
    icmp6(build.neighborAdvertisement({ target: 'fe80::50', targetMac: CLIENT.mac, solicited: true })),
    icmp6(build.routerSolicitation({ sourceMac: CLIENT.mac })),
    icmp6(build.routerAdvertisement({ sourceMac: SERVER.mac, prefixes: [{ prefix: '2001:db8:1::', length: 64 }] })),
    udp4(68, 67, dhcp),
    build.ethernet(LINK, build.ipv6(addresses6, build.udp({ sourcePort: 546, destinationPort: 547 }, dhcpv6))),
  ];
  const path = join(directory, 'messages.pcap');
  build.writePcap(
    path,
    frames.map((data, i) => ({ time: TIME + i, data })),
  );
  const text = tcpdump(path, '-vv');
  for (const said of [
    'who-has 192.168.1.1 tell 192.168.1.50',
    'neighbor solicitation, length 32, who has fe80::50',
    'neighbor advertisement, length 32, tgt is fe80::50, Flags [solicited]',
    'router solicitation',
    'prefix info option (3), length 32 (4): 2001:db8:1::/64, Flags [onlink, auto]',
    'Hostname (12), length 10: "kitchencam"',
    'dhcp6 solicit (xid=a0b0c (client-ID hwaddr type 1 a4cf1299beef)',
    '(Client-FQDN)',
  ]) {
    expect(text).toContain(said);
  }
  expect(text).not.toMatch(/incorrect|bad|\[\||invalid/);
  expect(text.match(/udp sum ok/g)).toHaveLength(2);
  expect(text.match(/icmp6 sum ok/g)).toHaveLength(4);
});

test('fragments and extension headers read as such', () => {
  const syn = build.tcp({ sourcePort: 50000, destinationPort: 25, flags: 'S' });
  const addresses = { source: CLIENT6.ip, destination: SERVER6.ip };
  const extensions = [build.hopByHop(), build.destinationOptions(), build.fragment(0, true, 42)];
  const path = join(directory, 'extensions.pcap');
  const pieces = { source: CLIENT.ip, destination: SERVER.ip, fragmentOffset: 1480, identification: 42 };
  build.writePcap(path, [
    { time: TIME, data: build.ethernet(LINK, build.ipv6({ ...addresses, extensions }, syn)) },
    { time: TIME, data: build.ethernet(LINK, build.ipv4(pieces, build.raw(17, Buffer.alloc(8)))) },
  ]);
  const text = tcpdump(path, '-v');
  expect(text).toMatch(/HBH .*DSTOPT .*frag \(0x0000002a:0\|20\) 50000 > 25: Flags \[S\]/);
  expect(text).toMatch(/id 42, offset 1480/);
});

test.each([
  ['microseconds, little-endian', {}],
  ['microseconds, big-endian', { bigEndian: true }],
  ['nanoseconds, little-endian', { nanosecond: true }],
  ['nanoseconds, big-endian', { bigEndian: true, nanosecond: true }],
])('classic pcap, %s', (_, options) => {
  const path = join(directory, 'flavour.pcap');
  build.writePcap(path, [{ time: TIME, data: udp4(1, 2, Buffer.from('x')) }], options);
  expect(tcpdump(path)).toMatch(/^10:00:00\.250000.* IP 192\.168\.1\.50\.1 > 203\.0\.113\.25\.2: UDP, length 1\n$/);
});

test.each([false, true])('pcapng, big-endian %s', (bigEndian) => {
  const path = join(directory, 'capture.pcapng');
  build.writePcapng(path, [{ time: TIME, data: udp4(1, 2, Buffer.from('x')) }], { bigEndian });
  expect(tcpdump(path)).toMatch(/^10:00:00\.250000 IP 192\.168\.1\.50\.1 > 203\.0\.113\.25\.2: UDP, length 1\n$/);
});

test.each([
  [113, build.sll],
  [276, build.sll2],
] as const)('cooked captures (link type %i) bear the sender', (linkType, cooked) => {
  const packet = build.ipv4(
    { source: CLIENT.ip, destination: SERVER.ip },
    build.udp({ sourcePort: 1, destinationPort: 2 }, Buffer.from('x')),
  );
  const data = cooked({ source: CLIENT.mac }, packet);
  const path = join(directory, `cooked-${linkType}.pcap`);
  build.writePcap(path, [{ time: TIME, data }], { linkType });
  expect(tcpdump(path, '-e')).toMatch(/a4:cf:12:99:be:ef.* 192\.168\.1\.50\.1 > 203\.0\.113\.25\.2/);
  const decoded = decodeFrame(frameOf(data, { linkType }), new DecodeCounters());
  expect(decoded?.sourceMac).toBe(CLIENT.mac);
});

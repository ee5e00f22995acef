// DHCPv4: who a client says it is, what a server hands out, and the odd ways options can be laid out.
import { expect, test } from 'vitest';
import { decodeDhcp } from '../../sensor/decode/dhcp.ts';
import { Failure } from '../../sensor/decode/outcome.ts';
import type { Dhcp } from '../../sensor/decode/packet.ts';
import { hex } from '../support/hex.ts';
import * as build from '../support/packet-builder.ts';

const ZEROS = (octets: number) => '00'.repeat(octets);
const FIXED = `01 01 06 00 3903f326 0000 0000 00000000 00000000 00000000 00000000
  a4cf1299beef ${ZEROS(10)} ${ZEROS(64)} ${ZEROS(128)}`;
const COOKIE = '63825363';

function message(options: string): Buffer {
  return hex(`${FIXED} ${COOKIE} ${options}`);
}

function dhcpOf(bytes: Buffer): Dhcp {
  const result = decodeDhcp(bytes);
  if (result instanceof Failure) throw new Error(`${result.reason}: ${result.detail}`);
  return result;
}

test('a request: everything that tells who the client is', () => {
  const options = [
    '35 01 03', // message type: request
    '3d 07 01 a4cf1299beef', // client identifier
    '32 04 c0a80132', // requested address
    '0c 0a 6b69746368656e63616d', // host name
    '51 0d 00 ff ff 63616d2e686f6d652e00', // FQDN as text
    '3c 08 4d53465420352e30', // vendor class
    '37 04 01 03 06 0f', // parameter request list
    '00 00 ff 0c 01 58', // padding, end, and what lies behind it
  ];
  expect(dhcpOf(message(options.join(' ')))).toEqual({
    operation: 'request',
    messageType: 3,
    transactionId: 0x3903f326,
    clientMac: 'a4:cf:12:99:be:ef',
    clientIp: null,
    yourIp: null,
    relayIp: null,
    requestedIp: '192.168.1.50',
    hostName: 'kitchencam',
    fqdn: 'cam.home.',
    vendorClass: 'MSFT 5.0',
    clientId: '01a4cf1299beef',
    parameterRequestList: [1, 3, 6, 15],
    subnetMask: null,
    routers: [],
    dnsServers: [],
    serverId: null,
    leaseTime: null,
  });
});

test('an acknowledgement: the lease and the network around it', () => {
  const ack = build.dhcp({
    operation: 'reply',
    messageType: 5,
    clientMac: 'a4:cf:12:99:be:ef',
    clientIp: '192.168.1.50',
    yourIp: '192.168.1.50',
    options: [
      [1, hex('ffffff00')],
      [3, hex('c0a80101')],
      [6, hex('c0a80101 08080808')],
      [51, hex('00015180')],
      [54, hex('c0a80101')],
    ],
  });
  expect(dhcpOf(ack)).toMatchObject({
    operation: 'reply',
    messageType: 5,
    clientIp: '192.168.1.50',
    yourIp: '192.168.1.50',
    subnetMask: '255.255.255.0',
    routers: ['192.168.1.1'],
    dnsServers: ['192.168.1.1', '8.8.8.8'],
    leaseTime: 86400,
    serverId: '192.168.1.1',
  });
});

test('the FQDN in wire form (E bit)', () => {
  expect(dhcpOf(message('51 0f 04 00 00 06 63616d657261 03 6c616e 00 ff')).fqdn).toBe('camera.lan');
  expect(dhcpOf(message('51 05 04 00 00 3f 61 ff')).fqdn).toBeNull();
});

test('an option split in parts is joined (RFC 3396)', () => {
  expect(dhcpOf(message('0c 04 6b697463 3c 01 41 0c 03 68656e ff')).hostName).toBe('kitchen');
});

test('overload: options go on in the file field, then in the server name field', () => {
  const request = build.dhcp({
    operation: 'request',
    messageType: 1,
    clientMac: 'a4:cf:12:99:be:ef',
    options: [
      [52, Buffer.from([3])],
      [12, 'ki'],
    ],
    bootFile: hex('0c 02 7463 ff 0c 01 58'),
    serverName: hex('0c 03 68656e 3c 01 41 ff'),
  });
  expect(dhcpOf(request)).toMatchObject({ hostName: 'kitchen', vendorClass: 'A' });
});

test('without overload the file and server name fields are no options', () => {
  const request = build.dhcp({ operation: 'request', clientMac: 'a4:cf:12:99:be:ef', bootFile: hex('0c 01 58 ff') });
  expect(dhcpOf(request)).toMatchObject({ hostName: null, messageType: null });
});

test('text is UTF-8 or Latin-1, hostile characters left for the cleaning, at most 255 characters', () => {
  expect(dhcpOf(message('0c 06 4bc3bc636865 ff')).hostName).toBe('Küche');
  expect(dhcpOf(message('0c 05 4bfc636865 ff')).hostName).toBe('Küche');
  expect(dhcpOf(message('0c 03 610a62 ff')).hostName).toBe('a\nb');
  expect(dhcpOf(message('0c 02 0000 ff')).hostName).toBeNull();
  expect(dhcpOf(message(`${`0c ff ${'61'.repeat(255)}`.repeat(3)} ff`)).hostName).toHaveLength(255);
});

test('a chaddr that is no MAC is null', () => {
  const infiniband = message('35 01 01 ff');
  infiniband[1] = 32;
  infiniband[2] = 0;
  expect(dhcpOf(infiniband).clientMac).toBeNull();
});

test('options of impossible length read as absent, lists keep their whole addresses', () => {
  const dhcp = dhcpOf(message('32 03 c0a801 33 02 0001 03 06 c0a80101c0a8 ff'));
  expect(dhcp).toMatchObject({ requestedIp: null, leaseTime: null, routers: ['192.168.1.1'] });
  expect(dhcpOf(message(`06 fc ${'08080808'.repeat(63)} ff`)).dnsServers).toHaveLength(16);
});

test('a missing end option is tolerated', () => {
  expect(dhcpOf(message('35 01 01')).messageType).toBe(1);
});

test.each([
  ['fixed fields', hex(FIXED), 240, 236],
  ['an option’s length', message('0c'), 242, 241],
  ['an option', message('0c 05 6b69'), 247, 244],
])(
  'a capture cut in %s is truncated, a message that short malformed; both tell the numbers',
  (_, bytes, needed, available) => {
    const failure = { layer: 'dhcp', needed, available };
    expect(decodeDhcp(bytes, 300)).toMatchObject({ ...failure, reason: 'truncated' });
    expect(decodeDhcp(bytes)).toMatchObject({ ...failure, reason: 'malformed' });
  },
);

test.each([
  ['no magic cookie', hex(`${FIXED} 00000000 ff`)],
  ['operation 3', hex(`03${FIXED.slice(2)} ${COOKIE} ff`)],
  ['a message type of two octets', message('35 02 0101 ff')],
  [
    'an overloaded field that an option leaves',
    build.dhcp({
      operation: 'request',
      clientMac: 'a4:cf:12:99:be:ef',
      options: [[52, Buffer.from([2])]],
      serverName: hex('0c 40 41'),
    }),
  ],
])('%s is malformed', (_, bytes) => {
  expect(decodeDhcp(bytes, 1000)).toMatchObject({ layer: 'dhcp', reason: 'malformed' });
});

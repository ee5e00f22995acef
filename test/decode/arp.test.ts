// ARP for IPv4 over Ethernet, and what is left unread.
import { expect, test } from 'vitest';
import { decodeArp } from '../../sensor/decode/arp.ts';
import { hex } from '../support/hex.ts';

const SENDER = 'a4cf1299beef c0a80132';
const TARGET = '000000000000 c0a80101';

const arp = (data: Buffer, wireEnd = data.length) => decodeArp(data, 0, wireEnd);

test('a request and a reply, padding left out', () => {
  expect(arp(hex(`0001 0800 06 04 0001 ${SENDER} ${TARGET} ${'00'.repeat(18)}`))).toEqual({
    operation: 'request',
    senderMac: 'a4:cf:12:99:be:ef',
    senderIp: '192.168.1.50',
    targetMac: '00:00:00:00:00:00',
    targetIp: '192.168.1.1',
  });
  expect(arp(hex(`0001 0800 06 04 0002 ${SENDER} ${TARGET}`))).toMatchObject({ operation: 'reply' });
});

test.each([
  ['RARP', `0001 0800 06 04 0003 ${SENDER} ${TARGET}`],
  ['another hardware type', `0007 0800 06 04 0001 ${SENDER} ${TARGET}`],
  ['another protocol', `0001 86dd 06 04 0001 ${SENDER} ${TARGET}`],
  ['addresses of 255 octets', `0001 0800 ff ff 0001 ${SENDER} ${TARGET}`],
])('%s is unsupported', (_, digits) => {
  expect(arp(hex(digits))).toMatchObject({ layer: 'arp', reason: 'unsupported' });
});

test.each([
  ['header cut', '0001 0800', 46, 'truncated', 8, 4],
  ['header short', '0001 0800', 4, 'malformed', 8, 4],
  ['addresses cut', `0001 0800 06 04 0001 ${SENDER}`, 46, 'truncated', 28, 18],
  ['addresses short', `0001 0800 06 04 0001 ${SENDER}`, 18, 'malformed', 28, 18],
] as const)('%s', (_, digits, wireEnd, reason, needed, available) => {
  expect(arp(hex(digits), wireEnd)).toMatchObject({ layer: 'arp', reason, needed, available });
});

// The opening of a connection through a proxy, octet by octet and in both directions: the inner destination, and where the
// inner octets begin.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeConnect, decodeStatusLine } from '../../sensor/decode/http-connect.ts';
import { TunnelOpening, tunnelAnswerOf, tunnelOf } from '../../sensor/decode/tunnel.ts';
import { hex } from '../support/hex.ts';

const ascii = (text: string) => Buffer.from(text, 'latin1');

const CONVERSATIONS = [
  {
    via: 'socks4' as const,
    client: hex('04 01 0019 cb007119 00'),
    server: hex('00 5a 0000 00000000'),
    destination: { host: '203.0.113.25', port: 25 },
  },
  {
    via: 'socks5' as const,
    client: hex(`05 01 00 05 01 00 03 0a ${ascii('mx.example').toString('hex')} 0019`),
    server: hex('05 00 05 00 00 01 00000000 0000'),
    destination: { host: 'mx.example', port: 25 },
  },
  {
    via: 'http-connect' as const,
    client: ascii('CONNECT MX.example:587 HTTP/1.1\r\nHost: mx.example:587\r\nProxy-Authorization: Basic eA==\r\n\r\n'),
    server: ascii('HTTP/1.0 200 Connection established\r\nVia: proxy\r\n\r\n'),
    destination: { host: 'mx.example', port: 587 },
  },
];

describe.each(CONVERSATIONS)('through $via', ({ via, client, server, destination }) => {
  const inner = { client: ascii('EHLO bot\r\n'), server: ascii('220 mx ready\r\n') };

  test('in two segments, each with the first inner octets in it', () => {
    const opening = new TunnelOpening();
    expect(opening.client(Buffer.concat([client, inner.client]))).toEqual({
      ...destination,
      via,
      payloadAt: client.length,
    });
    expect(opening.server(Buffer.concat([server, inner.server]))).toEqual({ accepted: true, payloadAt: server.length });
  });

  test('octet by octet; what is told once stays told', () => {
    const opening = new TunnelOpening();
    for (const octet of client.subarray(0, -1)) expect(opening.client(Buffer.from([octet]))).toBe('more');
    const told = { ...destination, via, payloadAt: client.length };
    expect(opening.client(client.subarray(-1))).toEqual(told);
    expect(opening.client(inner.client)).toEqual(told);
    for (const octet of server.subarray(0, -1)) expect(opening.server(Buffer.from([octet]))).toBe('more');
    expect(opening.server(server.subarray(-1))).toEqual({ accepted: true, payloadAt: server.length });
  });
});

test.each([
  ['an SMTP client', 'EHLO mx\r\n', '220 mx ready\r\n'],
  ['an HTTP client', 'GET / HTTP/1.1\r\n\r\n', 'SSH-2.0-x\r\n'],
  ['TLS', '\x16\x03\x01\x00', '\x16\x03\x03\x00'],
  ['a CONNECT without a port', 'CONNECT mx.example HTTP/1.1\r\n\r\n', '\x05\x00\x07\x00\x00'],
  ['a CONNECT to port 0', 'CONNECT mx.example:0 HTTP/1.1\r\n\r\n', 'HTTP/1.1 abc\r\n\r\n'],
  ['a CONNECT to no host', 'CONNECT [mx.example]:25 HTTP/1.1\r\n\r\n', 'HTTP/2 200\r\n'],
])('%s is no tunnel', (_, client, server) => {
  const opening = new TunnelOpening();
  expect(opening.client(ascii(client))).toBeNull();
  expect(opening.server(ascii(server))).toBeNull();
  expect(opening.client(CONVERSATIONS[0]?.client ?? Buffer.alloc(0))).toBeNull();
});

test.each([
  ['407 Proxy Authentication Required', false],
  ['403 Forbidden', false],
  ['502 Bad Gateway', false],
  ['200 OK', true],
  ['204', true],
])('a proxy that answers %s', (status, accepted) => {
  const answer = `HTTP/1.1 ${status}\r\nContent-Length: 0\r\n\r\n`;
  expect(tunnelAnswerOf(ascii(answer))).toEqual({ accepted, payloadAt: answer.length });
});

test('the destination of a CONNECT is known with its first line', () => {
  expect(decodeConnect(ascii('CONNECT [2001:DB8::25]:25 HTTP/1.1\r\nHost: '))).toEqual({
    host: '2001:db8::25',
    port: 25,
    consumed: null,
  });
  expect(decodeConnect(ascii('CONNECT 203.0.113.25:25 HTTP/1.0'))).toMatchObject({ reason: 'truncated' });
  expect(decodeStatusLine(ascii('HTTP/1.1 200 OK\r\nVia'))).toEqual({ status: 200, consumed: null });
});

test('an opening without end is given up: SOCKS behind its longest, CONNECT behind 8 KiB', () => {
  const endless = new TunnelOpening();
  const answers = Array.from({ length: 90 }, () => endless.client(ascii(`X: ${'x'.repeat(95)}\r\n`)));
  expect(answers.at(-1)).toBeNull();
  const connect = new TunnelOpening();
  expect(connect.client(ascii('CONNECT mx.example:25 HTTP/1.1\r\n'))).toBe('more');
  const fed = Array.from({ length: 90 }, () => connect.client(ascii(`X: ${'x'.repeat(95)}\r\n`)));
  expect(fed[60]).toBe('more');
  expect(fed.at(-1)).toBeNull();
  expect(tunnelOf(Buffer.concat([hex('04 01 0019 cb007119'), Buffer.alloc(2000, 0x61)]))).toBeNull();
});

test('any octets in any pieces: an answer, and the same as in one piece', () => {
  const start = fc.constantFrom(...CONVERSATIONS.flatMap(({ client, server }) => [client, server]), Buffer.alloc(0));
  fc.assert(
    fc.property(start, fc.uint8Array({ maxLength: 80 }), fc.nat(60), fc.nat(100), (begin, rest, cut, at) => {
      const bytes = Buffer.concat([begin.subarray(0, Math.max(0, begin.length - cut)), rest]);
      const opening = new TunnelOpening();
      opening.client(bytes.subarray(0, at));
      opening.server(bytes.subarray(0, at));
      const inPieces = [opening.client(bytes.subarray(at)), opening.server(bytes.subarray(at))];
      expect(inPieces).toEqual([tunnelOf(bytes), tunnelAnswerOf(bytes)]);
    }),
    { numRuns: 5000 },
  );
});

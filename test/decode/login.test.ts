// What the first octets of either side give away about a service.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { asksForLogin, carriesHttpLogin, spokenService } from '../../sensor/decode/login.ts';
import { hex } from '../support/hex.ts';

const latin1 = (text: string) => Buffer.from(text, 'latin1');

test.each([
  ['telnet', '\xff\xfd\x18\xff\xfd\x20'],
  ['telnet', '\xff\xfb\x01'],
  ['telnet', '\r\nBusyBox v1.19\r\n(none) login: '],
  ['telnet', 'Password:'],
  ['ssh', 'SSH-2.0-dropbear_2014.63\r\n'],
  ['ssh', 'SSH-1.99-Cisco'],
  ['http', 'GET / HTTP/1.1\r\nHost: x\r\n\r\n'],
  ['http', 'HTTP/1.1 401 Unauthorized\r\n'],
  ['rtsp', 'DESCRIBE rtsp://192.168.1.50/11 RTSP/1.0\r\n'],
  ['rtsp', 'RTSP/1.0 401 Unauthorized\r\n'],
  ['vnc', 'RFB 003.008\n'],
  ['smtp', 'EHLO scanner\r\n'],
  ['smtp', '220 mail.example ESMTP Postfix\r\n'],
  ['ftp', '220 (vsFTPd 3.0.3) FTP ready\r\n'],
  ['ftp', 'USER anonymous\r\n'],
  ['tr-069', 'POST / HTTP/1.1\r\nSOAPAction: "cwmp:Inform"\r\n\r\n'],
  ['https', '\x16\x03\x01\x02\x00\x01\x00'],
  ['mqtt', '\x10\x13\x00\x04MQTT\x04\x02\x00\x3c\x00\x07cam'],
  ['mqtt', '\x10\x80\x01\x00\x06MQIsdp\x03'],
  ['socks', '\x05\x01\x00'],
  [null, ''],
  [null, 'GET'],
  [null, '\x16\x03\x03\x00\x04\x0e\x00'],
  [null, 'please login: or not\r\nmore'],
  [null, '220 ready\r\n'],
  [null, '\x05\x05\x00'],
])('%s: %j', (service, text) => {
  expect(spokenService(latin1(text))).toBe(service);
});

test.each([
  // RDP: TPKT, X.224 connection request with a cookie's beginning.
  ['rdp', '0300 0013 0e e0 0000 0000 00 0100080003000000'],
  // SMB1 negotiate and SMB2 negotiate behind their NetBIOS session header.
  ['smb', '00 000054 ff534d42 72 00000000'],
  ['smb', '00 000068 fe534d42 4000 0100'],
  // ADB: CNXN, version, maximum data, length, checksum, magic.
  ['adb', '434e584e 00000001 00100000 07000000 32020000 bcb1a7b1'],
  [null, '434e584e'],
])('%s: %s', (service, digits) => {
  expect(spokenService(hex(digits))).toBe(service);
});

test.each([
  ['GET / HTTP/1.1\r\nHost: cam\r\nAuthorization: Basic eA==\r\n\r\n', true],
  ['DESCRIBE rtsp://cam/ RTSP/1.0\r\nCSeq: 2\r\nauthorization: Digest x\r\n\r\n', true],
  ['GET / HTTP/1.1\r\nHost: cam\r\n\r\n', false],
  ['POST / HTTP/1.1\r\nContent-Length: 20\r\n\r\n\r\nAuthorization: Basic', false],
  ['GET / HTTP/1.1\r\nAuthorization:\r\n\r\n', false],
  ['HTTP/1.1 200 OK\r\nAuthorization: Basic eA==\r\n\r\n', false],
])('%j carries a login: %s', (text, expected) => {
  expect(carriesHttpLogin(latin1(text))).toBe(expected);
});

test.each([
  ['HTTP/1.1 401 Unauthorized\r\n', true],
  ['RTSP/1.0 401 Unauthorized\r\n', true],
  ['HTTP/1.1 403 Forbidden\r\n', false],
  ['HTTP/1.1 4010', false],
])('%j asks for a login: %s', (text, expected) => {
  expect(asksForLogin(latin1(text))).toBe(expected);
});

test('any octets: a word or none, and no time lost', () => {
  fc.assert(
    fc.property(
      fc.constantFrom('', '\xff\xfb', '\x10', '220 ', 'login:', 'SSH-', '\x03\x00', 'CNXN'),
      fc.uint8Array({ maxLength: 100 }),
      (start, rest) => {
        const payload = Buffer.concat([latin1(start), rest]);
        expect(spokenService(payload) ?? 'none').toMatch(/^[a-z0-9-]+$/);
        expect(typeof carriesHttpLogin(payload)).toBe('boolean');
      },
    ),
    { numRuns: 3000 },
  );
  const started = process.hrtime.bigint();
  for (const text of ['login:', 'login: ', '\r\n', 'A ', '220 ']) spokenService(latin1(text.repeat(50_000)));
  expect(Number(process.hrtime.bigint() - started) / 1e6).toBeLessThan(1000);
});

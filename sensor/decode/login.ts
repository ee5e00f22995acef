// Which service a payload gives away by its first octets, and what a remote login looks like from the wire. Ports are a
// habit and are known elsewhere; this is what is spoken. Names, passwords and tokens are never read.

/** Words as in detect/services.ts. */
export type SpokenService =
  | 'telnet'
  | 'ssh'
  | 'http'
  | 'https'
  | 'rtsp'
  | 'adb'
  | 'mqtt'
  | 'rdp'
  | 'smb'
  | 'tr-069'
  | 'ftp'
  | 'smtp'
  | 'vnc'
  | 'socks';

/** Octets looked at. */
const LOOKED_AT = 2048;

const HTTP_START = /^(?:GET|HEAD|POST|PUT|DELETE|OPTIONS|PATCH|CONNECT) \S* HTTP\/1\.|^HTTP\/1\.\d \d{3}/;
/** RFC 2326, section 10: methods of its own, its version in both lines. */
const RTSP_START = /^(?:[A-Z_]{4,13} \S+ )?RTSP\/[12]\.\d/;
const TR_069 = /\nSOAPAction:[^\n]*cwmp|urn:dslforum-org:cwmp/i;
/** What telnet daemons print, with and without negotiation before it. */
const LOGIN_PROMPT = /(?:^|[\r\n])[^\r\n]{0,64}\b(?:login|username|user name|password):\s*$/i;

/** Tests in order, each on the first octets of either side. */
const BY_TEXT: readonly (readonly [SpokenService, RegExp])[] = [
  // RFC 4253, section 4.2.
  ['ssh', /^SSH-\d/],
  ['rtsp', RTSP_START],
  // RFC 6143, section 7.1.1.
  ['vnc', /^RFB \d{3}\.\d{3}\n/],
  ['smtp', /^(?:EHLO|HELO) |^220[ -][^\r\n]*\bE?SMTP\b/i],
  ['ftp', /^220[ -][^\r\n]*\bFTP|^USER [^\r\n]*\r?\n/i],
  ['tr-069', TR_069],
  ['http', HTTP_START],
  ['telnet', LOGIN_PROMPT],
];

/** The service whose first words these are; null for octets that tell none. */
export function spokenService(payload: Buffer): SpokenService | null {
  const binary = binaryService(payload);
  if (binary !== null) return binary;
  const text = payload.toString('latin1', 0, LOOKED_AT);
  return BY_TEXT.find(([, start]) => start.test(text))?.[0] ?? null;
}

function binaryService(payload: Buffer): SpokenService | null {
  if (payload.length < 3) return null;
  // IAC WILL, WON'T, DO or DON'T (RFC 854).
  const [first = 0, second = 0, third = 0] = payload;
  if (first === 0xff && second >= 0xfb && second <= 0xfe) return 'telnet';
  // TLS handshake record with a ClientHello or ServerHello (RFC 8446, section 5.1).
  if (first === 0x16 && second === 3 && (payload[5] === 1 || payload[5] === 2)) return 'https';
  // TPKT (RFC 1006) around an X.224 connection request or confirm, as RDP begins (MS-RDPBCGR, section 2.2.1.1).
  if (first === 3 && second === 0 && (payload[5] === 0xe0 || payload[5] === 0xd0)) return 'rdp';
  // NetBIOS session header, then SMB1 or SMB2 (MS-SMB2, section 2.2.1).
  const protocolId = payload.toString('latin1', 4, 8);
  if (first === 0 && (protocolId === '\xffSMB' || protocolId === '\xfeSMB')) return 'smb';
  // ADB's first message, `A_CNXN` or `A_AUTH` (AOSP, system/core/adb/protocol.txt).
  const command = payload.toString('latin1', 0, 4);
  if (payload.length >= 24 && (command === 'CNXN' || command === 'AUTH')) return 'adb';
  if (isMqttConnect(payload)) return 'mqtt';
  return first === 5 && second === payload.length - 2 && third <= 2 ? 'socks' : null;
}

/** CONNECT, its length in one to four octets, then the protocol name: `MQTT` (3.1.1 and 5.0, section 3.1.2), `MQIsdp` (3.1). */
function isMqttConnect(payload: Buffer): boolean {
  if (payload[0] !== 0x10) return false;
  const lengthEnd = payload.subarray(1, 5).findIndex((octet) => octet < 0x80) + 2;
  const name = payload.toString('latin1', lengthEnd, lengthEnd + 8);
  return lengthEnd > 1 && (name.startsWith('\0\x04MQTT') || name.startsWith('\0\x06MQIsdp'));
}

/** A request with credentials (RFC 9110, section 11.6.2; RFC 2326 for RTSP): someone has, or tries, a password. */
export function carriesHttpLogin(payload: Buffer): boolean {
  const head = payload.toString('latin1', 0, LOOKED_AT);
  const isRequest = /^[A-Z_]{3,13} \S+ (?:HTTP\/1|RTSP\/[12])\.\d\r?\n/.test(head);
  return isRequest && /\r?\nauthorization:[ \t]*\S/i.test(head.split(/\r?\n\r?\n/, 1)[0] ?? '');
}

/** An answer that asks for a password: 401 of HTTP or RTSP. */
export function asksForLogin(payload: Buffer): boolean {
  return /^(?:HTTP\/1|RTSP\/[12])\.\d 401\b/.test(payload.toString('latin1', 0, 16));
}

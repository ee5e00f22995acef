// SMTP dialogues full of what must never be kept, for tests that look for it afterwards. Whatever of a line is secret holds
// SECRET, in one of its spellings.

/** `[side, octets as latin1]`, in the order they were sent. */
export type Said = ['C' | 'S', string];

/** Five letters that no verb, reply or header holds: any four in a row would be found. */
export const SECRET = 'qzjvk';
/** The same in base64 and in the encodings of a mail header, whole or in part. */
export const SECRETS = [SECRET, 'cXpqdm', 'F6anZr', 'xemp2a'];

const who = `${SECRET}.user`;
const GREETING: Said[] = [
  ['S', `220 mx.${SECRET}.example ESMTP\r\n`],
  ['C', `EHLO ${SECRET}.example\r\n`],
  ['S', `250-mx.${SECRET}.example hello\r\n250-PIPELINING\r\n250-CHUNKING\r\n250-AUTH PLAIN LOGIN\r\n250 STARTTLS\r\n`],
];
const ENVELOPE: Said[] = [
  ['C', `MAIL FROM:<${who}@a.example> SIZE=123\r\n`],
  ['S', `250 2.1.0 <${who}@a.example> ok\r\n`],
  ['C', `rcpt to: <${who}@b.example>\r\n`],
  ['S', `250 2.1.5 <${who}@b.example> ok\r\n`],
];
const BODY = `Subject: ${SECRET} news\r\nFrom: ${who}@a.example\r\n\r\nDATA ${SECRET}\r\nRCPT TO:<${who}@c.example>\r\n250 ${SECRET}\r\n..${SECRET}\r\nQUIT\r\n`;
const BODY_8BIT = `Subject: \xdf\xdf ${SECRET} \xfc\r\n\r\n\xdf\xe9${SECRET}\xff\r\n`;
const QUIT: Said[] = [
  ['C', 'QUIT\r\n'],
  ['S', `221 2.0.0 bye ${SECRET}\r\n`],
];
const DATA = (body: string): Said[] => [
  ['C', 'DATA\r\n'],
  ['S', `354 go ahead ${SECRET}\r\n`],
  ['C', `${body}.\r\n`],
  ['S', `250 2.0.0 queued as ${SECRET}\r\n`],
];
const base64 = (text: string): string => Buffer.from(text).toString('base64');

export const DIALOGUES: Record<string, Said[]> = {
  plain: [...GREETING, ...ENVELOPE, ...DATA(BODY), ...QUIT],
  'two mails': [...GREETING, ...ENVELOPE, ...DATA(BODY), ...ENVELOPE, ...DATA(BODY_8BIT), ...QUIT],
  'SMTPUTF8 and eight bits': [
    ...GREETING,
    ['C', `MAIL FROM:<\xdf\xc3\xbc${who}@a.example> SMTPUTF8 BODY=8BITMIME\r\n`],
    ['S', '250 ok\r\n'],
    ['C', `RCPT TO:<\xc3\xb6${who}@b.example>\r\n`],
    ['S', '250 ok\r\n'],
    ...DATA(BODY_8BIT),
    ...QUIT,
  ],
  pipelined: [
    ...GREETING,
    ['C', `MAIL FROM:<${who}@a.example>\r\nRCPT TO:<${who}@b.example>\r\nRCPT TO:<x${who}@b.example>\r\nDATA\r\n`],
    ['S', '250 ok\r\n250 ok\r\n550 5.1.1 '],
    ['S', `no ${who}@b.example\r\n354 go\r\n`],
    ['C', `${BODY}.\r\nMAIL FROM:<${who}@a.example>\r\nRCPT TO:<${who}@d.example>\r\nDATA\r\n`],
    ['S', '250 queued\r\n250 ok\r\n250 ok\r\n354 go\r\n'],
    ['C', `${BODY}.\r\nQUIT\r\n`],
    ['S', '250 queued\r\n221 bye\r\n'],
  ],
  'without waiting for anything': [
    ['C', `HELO ${SECRET}\r\nMAIL FROM:<${who}@a>\r\nRCPT TO:<${who}@b>\r\nDATA\r\n${BODY}.\r\nQUIT\r\n`],
    ['S', '220 hi\r\n250 hi\r\n250 ok\r\n250 ok\r\n354 go\r\n250 queued\r\n221 bye\r\n'],
  ],
  'DATA refused, then again': [
    ...GREETING,
    ...ENVELOPE,
    ['C', 'DATA\r\n'],
    ['S', '451 later\r\n'],
    ...DATA(BODY),
    ...QUIT,
  ],
  chunks: [
    ...GREETING,
    ...ENVELOPE,
    ['C', `BDAT ${BODY.length}\r\n${BODY}`],
    ['S', `250 2.0.0 ${SECRET} octets\r\n`],
    ['C', `bdat ${BODY_8BIT.length} last\r\n${BODY_8BIT}QUIT\r\n`],
    ['S', `250 queued ${SECRET}\r\n221 bye\r\n`],
  ],
  'chunks of an odd size': [
    ...GREETING,
    ...ENVELOPE,
    ['C', `BDAT ${SECRET} LAST\r\nRCPT TO:<${who}@b>\r\n${BODY}`],
    ['S', '501 what\r\n'],
    ...QUIT,
  ],
  'a login': [
    ...GREETING,
    ['C', `AUTH PLAIN ${base64(`\0${who}\0${SECRET}`)}\r\n`],
    ['S', '535 5.7.8 no\r\n'],
    ['C', 'AUTH LOGIN\r\n'],
    ['S', `334 ${base64('Username:')}\r\n`],
    ['C', `${base64(SECRET)}\r\n`],
    ['S', `334 ${base64('Password:')}\r\n`],
    ['C', `DATA ${SECRET}\r\n`],
    ['S', `235 2.7.0 welcome ${who}\r\n`],
    ...ENVELOPE,
    ...DATA(BODY),
    ...QUIT,
  ],
  'bare line feeds': [
    ['S', `220 ${SECRET}\n`],
    ['C', `EHLO ${SECRET}\n`],
    ['S', `250 ${SECRET}\n`],
    ['C', `MAIL FROM:<${who}@a>\n`],
    ['S', '250 ok\n'],
    ['C', `RCPT TO:<${who}@b>\n`],
    ['S', '250 ok\n'],
    ['C', 'DATA\n'],
    ['S', '354 go\n'],
    ['C', `${BODY.replaceAll('\r', '')}.\n`],
    ['S', '250 queued\n'],
    ['C', 'QUIT\n'],
    ['S', '221 bye\n'],
  ],
  'TLS begins': [
    ...GREETING,
    ['C', 'STARTTLS\r\n'],
    ['S', '220 ready\r\n'],
    ['C', `\x16\x03\x01\0\x05${SECRET}\nMAIL FROM:<${SECRET}>\r\n`],
    ['S', `\x16\x03\x03\0\x05${SECRET}\n250 ${SECRET}\r\n`],
  ],
  'TLS refused': [
    ...GREETING,
    ['C', 'STARTTLS\r\n'],
    ['S', `454 no ${SECRET}\r\n`],
    ...ENVELOPE,
    ...DATA(BODY),
    ...QUIT,
  ],
  'through SOCKS': [
    ['C', '\x05\x01\0'],
    ['S', '\x05\0'],
    ['C', `\x05\x01\0\x03\x0amx.example\0\x19`],
    ['S', '\x05\0\0\x01\0\0\0\0\0\0'],
    ...GREETING,
    ...ENVELOPE,
    ...DATA(BODY),
    ...QUIT,
  ],
  'through HTTP CONNECT': [
    ['C', `CONNECT mx.example:25 HTTP/1.1\r\nHost: mx.example\r\nProxy-Authorization: Basic ${base64(who)}\r\n\r\n`],
    ['S', 'HTTP/1.1 200 OK\r\n\r\n'],
    ...GREETING,
    ...ENVELOPE,
    ...DATA(BODY),
    ...QUIT,
  ],
};

/** Which secrets, or parts of them, are in `octets`, whatever their case. */
export function secretsIn(octets: Buffer): string[] {
  const text = octets.toString('latin1').toLowerCase();
  const parts = SECRETS.flatMap((secret) => [secret.slice(0, 4), secret.slice(-4)]);
  return parts.filter((part) => text.includes(part.toLowerCase()));
}

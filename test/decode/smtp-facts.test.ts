// What is kept of a dialogue: how the client calls itself, what was offered, tried and refused, and whether a list was named.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SmtpDialogue } from '../../sensor/decode/smtp.ts';
import { looksLikeBanner } from '../../sensor/decode/smtp-beginning.ts';
import { helloClass, speaksOfBlockList } from '../../sensor/decode/smtp-facts.ts';

function play(lines: readonly string[], ownNames: readonly string[] = []): SmtpDialogue {
  const dialogue = new SmtpDialogue(true, () => ownNames);
  for (const line of lines) {
    const bytes = Buffer.from(`${line.slice(3)}\r\n`, 'latin1');
    if (line.startsWith('S: ')) dialogue.serverBytes(bytes);
    else dialogue.clientBytes(bytes);
  }
  return dialogue;
}

describe('how a client calls itself', () => {
  it.each([
    ['[192.168.1.50]', 'address-literal'],
    ['[IPv6:fe80::1]', 'address-literal'],
    ['192.168.1.50', 'address-literal'],
    ['localhost', 'own-name'],
    ['localhost.localdomain', 'own-name'],
    ['hallway-camera', 'own-name'],
    ['hallway-camera.fritz.box', 'own-name'],
    ['ipcam.local', 'own-name'],
    ['IPCAM.vendor.example', 'own-name'],
    ['nas.family.example.', 'own-name'],
    ['mail.bank.example', 'foreign-domain'],
    ['gmail.com', 'foreign-domain'],
  ])('%s: %s', (name, expected) => {
    expect(helloClass(name, ['ipcam', 'nas.family.example'])).toBe(expected);
  });
});

describe('a hello in a connection whose beginning was not seen', () => {
  const hears = (...segments: (string | null)[]) => {
    const dialogue = new SmtpDialogue(false);
    for (const segment of segments)
      if (segment === null) dialogue.lost('client');
      else dialogue.clientBytes(Buffer.from(segment, 'latin1'));
    return dialogue.facts.helloSeen;
  };

  it('is one wherever segments end', () => {
    const hello = 'EHLO cam\r\n';
    for (let cut = 0; cut <= hello.length; cut++) expect(hears(hello.slice(0, cut), hello.slice(cut))).toBe(true);
    expect(hears('H', 'E', 'L', 'O', ' ')).toBe(true);
  });

  it('is none where octets of it are missing, or others came before', () => {
    expect(hears('EH', null, 'LO cam\r\n')).toBe(false);
    expect(hears('x', 'EHLO cam\r\n')).toBe(false);
    expect(hears('word ', 'EHLO cam\r\n')).toBe(false);
    expect(hears(null, 'EHLO cam\r\n')).toBe(true);
  });
});

describe('a refusal that names a list', () => {
  it.each([
    ['554 5.7.1 Service unavailable; Client host [203.0.113.7] blocked using zen.spamhaus.org', true],
    ['550-Your host is listed at bl.spamcop.net', true],
    ['550 5.7.1 Mail from IP 203.0.113.7 was rejected due to listing in Spamhaus PBL', true],
    ['421 4.7.0 your IP is on our blocklist', true],
    ['550 rejected because the sender is on a black list', true],
    ['571 Email from 203.0.113.7 is currently blocked by our RBL', true],
    ['553 sorry, your domain has been denylisted', true],
    ['550 5.1.1 no such user', false],
    ['554 5.7.1 relay access denied', false],
    ['450 4.2.0 greylisted, try again later', false],
    ['550 mailing list does not exist', false],
    ['552 5.3.4 message too large', false],
    ['535 5.7.8 authentication failed', false],
    ['550 sorry, no mailbox listed here', false],
  ])('%s: %s', (line, expected) => expect(speaksOfBlockList(line)).toBe(expected));

  it('is found in any line of a reply, and only in refusals', () => {
    const start = ['S: 220 mx ESMTP', 'C: EHLO cam', 'S: 250 ok', 'C: MAIL FROM:<a@b.example>'];
    expect(play([...start, 'S: 550-sorry', 'S: 550-see spamhaus', 'S: 550 bye']).facts.blockListed).toBe(true);
    expect(play([...start, 'S: 250 checked at spamhaus, fine']).facts.blockListed).toBe(false);
  });
});

describe('a dialogue in numbers', () => {
  it('counts commands, what was accepted and refused, and replies by class', () => {
    const { counts, facts } = play([
      'S: 220 mx ESMTP',
      'C: EHLO mail.bank.example',
      'S: 250-mx',
      'S: 250-AUTH PLAIN LOGIN',
      'S: 250 STARTTLS',
      'C: MAIL FROM:<a@b.example>',
      'S: 250 ok',
      'C: RCPT TO:<c@d.example>',
      'S: 250 ok',
      'C: RCPT TO:<e@d.example>',
      'S: 550 no such user',
      'C: DATA',
      'S: 354 go',
      'C: text',
      'C: .',
      'S: 554 spam',
      'C: MAIL FROM:<a@b.example>',
      'S: 452 later',
      'C: QUIT',
      'S: 221 bye',
    ]);
    expect(counts).toEqual({
      messages: 0,
      recipients: 1,
      messagesRefused: 1,
      recipientsRefused: 1,
      mailCommands: 2,
      mailAccepted: 1,
      mailRefused: 1,
      rcptCommands: 2,
      dataCommands: 1,
      bdatCommands: 0,
      replies2xx: 5,
      replies3xx: 1,
      replies4xx: 1,
      replies5xx: 2,
      gaps: 0,
    });
    expect(facts).toEqual({
      hello: 'foreign-domain',
      bannerSeen: true,
      helloSeen: true,
      authOffered: true,
      authTried: false,
      authAccepted: false,
      startTlsOffered: true,
      startTls: false,
      blockListed: false,
    });
  });

  it.each([
    [['C: AUTH PLAIN AGEAYg==', 'S: 235 ok'], true],
    [['C: AUTH LOGIN', 'S: 334 VXNlcm5hbWU6', 'C: dXNlcg==', 'S: 334 UGFzc3dvcmQ6', 'C: cGFzcw==', 'S: 235 ok'], true],
    [['C: AUTH PLAIN', 'S: 334', 'C: AGEAYg==', 'S: 535 5.7.8 no'], false],
  ])('knows a login and whether it was accepted: %j', (lines, accepted) => {
    const { facts } = play(['S: 220 mx ESMTP', 'C: EHLO cam', 'S: 250 AUTH PLAIN LOGIN', ...lines]);
    expect(facts).toMatchObject({ authOffered: true, authTried: true, authAccepted: accepted });
  });

  it('of a chunked message has the chunks and the verdict', () => {
    const dialogue = new SmtpDialogue(true);
    dialogue.serverBytes(Buffer.from('220 mx ESMTP\r\n'));
    dialogue.clientBytes(Buffer.from('EHLO cam\r\n'));
    dialogue.serverBytes(Buffer.from('250 CHUNKING\r\n'));
    dialogue.clientBytes(
      Buffer.from('MAIL FROM:<a@b.example>\r\nRCPT TO:<c@d.example>\r\nBDAT 5\r\nhelloBDAT 6 LAST\r\n world'),
    );
    dialogue.serverBytes(Buffer.from('250 ok\r\n250 ok\r\n250 ok\r\n250 queued\r\n'));
    expect(dialogue.counts).toMatchObject({ messages: 1, recipients: 1, bdatCommands: 2, replies2xx: 6 });
  });

  it('does not take the answer to a hello for the greeting that was not captured', () => {
    const dialogue = play([
      'C: EHLO cam',
      'S: 250 ok',
      'C: MAIL FROM:<a@b.example>',
      'S: 250 ok',
      'C: RCPT TO:<c@d.example>',
      'S: 550 no such user',
    ]);
    expect(dialogue.counts).toMatchObject({ mailAccepted: 1, recipients: 0, recipientsRefused: 1 });
  });

  it('keeps no text of a dialogue, whatever is said', () => {
    const marked = fc.string({ minLength: 1, maxLength: 30 }).map((text) => `zqx${text.replace(/[\r\n]/g, '')}`);
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.constantFrom('C', 'S'), marked), { maxLength: 30 }), (lines) => {
        const dialogue = play(['S: 220 mx ESMTP', ...lines.map(([side, text]) => `${side}: ${text}`)]);
        expect(JSON.stringify([dialogue.counts, dialogue.facts])).not.toContain('zqx');
      }),
    );
  });
});

describe('a greeting', () => {
  it.each([
    ['220 mx.example ESMTP Postfix\r\n', true],
    ['220-mx.example SMTP\r\n', true],
    ['220 (vsFTPd 3.0.3)\r\n', false],
    ['220 ProFTPD Server ready\r\n', false],
    ['250 SMTP\r\n', false],
  ])('%j is of a mail server: %s', (text, expected) => expect(looksLikeBanner(Buffer.from(text))).toBe(expected));
});

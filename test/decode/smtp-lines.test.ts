import { describe, expect, it } from 'vitest';
import { BodyEnd, LineHeads } from '../../sensor/decode/smtp-lines.ts';

describe('the beginning of a line', () => {
  it.each([
    ['RCPT TO:<secret@example.org>\r\n', 'RCPT ', true],
    ['Subject: secret\r\n', 'Subje', true],
    ['DATA\r\n', 'DATA', false],
    ['DATA\n', 'DATA', false],
    ['BDAT 86 LAST\r\n', 'BDAT 86 LAST', false],
    [`BDAT ${'9'.repeat(60)}\r\n`, `BDAT ${'9'.repeat(43)}`, true],
  ])('is all that is kept of %j', (line, head, cut) => {
    expect(LineHeads.forCommands().take(Buffer.from(line), 0)).toEqual({ head, cut, next: line.length });
  });

  it('is the code of a reply and the keyword that it may offer; a refusal is read whole', () => {
    const reply = Buffer.from('250-SIZE of something long\r\n550 5.7.1 blocked using a list\r\n');
    const heads = LineHeads.forReplies();
    expect(heads.take(reply, 0)).toMatchObject({ head: '250-SIZE of some', next: 28 });
    expect(heads.take(reply, 28)).toMatchObject({ head: '550 5.7.1 blocked using a list' });
  });

  it('is remembered while the line goes on', () => {
    const heads = LineHeads.forCommands();
    expect(heads.take(Buffer.from('RC'), 0)).toBeNull();
    expect(heads.take(Buffer.from('PT TO:<secret'), 0)).toBeNull();
    expect(heads.take(Buffer.from('@example.org>\r'), 0)).toBeNull();
    expect(heads.take(Buffer.from('\n'), 0)).toEqual({ head: 'RCPT ', cut: true, next: 1 });
  });
});

describe('the end of a body', () => {
  it('is a lone dot between two CRLF', () => {
    expect(new BodyEnd().take(Buffer.from('a\r\n..\r\n.\r\nQUIT'), 0)).toBe(10);
  });

  it('is not a loose dot, which is remembered', () => {
    const body = new BodyEnd();
    expect(body.take(Buffer.from('a\n.\n'), 0)).toBeNull();
    expect(body).toMatchObject({ looseDot: true, endsLoosely: true });
    expect(body.take(Buffer.from('more'), 0)).toBeNull();
    expect(body).toMatchObject({ looseDot: true, endsLoosely: false });
  });
});

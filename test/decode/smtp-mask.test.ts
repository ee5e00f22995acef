// What is left of an SMTP dialogue when it may be kept: verbs, codes, line ends; and nothing else however it is cut up.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TCP_FLAGS, type Tcp } from '../../sensor/decode/packet.ts';
import { SmtpMask } from '../../sensor/decode/smtp-mask.ts';
import { DIALOGUES, type Said, secretsIn } from '../support/dialogues.ts';

interface Segment {
  from: 'originator' | 'responder';
  tcp: Tcp;
}

const ISN = { C: 0xffff_fff0, S: 7000 };

function segment(side: 'C' | 'S', sequence: number, acknowledgement: number, payload: Buffer, flags = 0): Segment {
  const ports = side === 'C' ? { sourcePort: 40000, destinationPort: 25 } : { sourcePort: 25, destinationPort: 40000 };
  const tcp = { ...ports, sequence, acknowledgement, flags: flags | TCP_FLAGS.ack, window: 9, payload };
  return { from: side === 'C' ? 'originator' : 'responder', tcp: { ...tcp, payloadLength: payload.length } };
}

/** The dialogue as segments, each utterance cut after `cuts` octets in turn. */
function segments(dialogue: readonly Said[], cuts: readonly number[] = [1460]): Segment[] {
  const next = { C: (ISN.C + 1) >>> 0, S: ISN.S + 1 };
  const made = [
    segment('C', ISN.C, 0, Buffer.alloc(0), TCP_FLAGS.syn),
    segment('S', ISN.S, next.C, Buffer.alloc(0), TCP_FLAGS.syn),
  ];
  let turn = 0;
  for (const [side, text] of dialogue) {
    const bytes = Buffer.from(text, 'latin1');
    for (let at = 0; at < bytes.length; ) {
      const part = bytes.subarray(at, at + (cuts[turn++ % cuts.length] ?? 1));
      made.push(segment(side, next[side], next[side === 'C' ? 'S' : 'C'], part));
      next[side] = (next[side] + part.length) >>> 0;
      at += part.length;
    }
  }
  return made;
}

function kept(list: readonly Segment[]): string[] {
  const mask = new SmtpMask();
  return list.map(({ from, tcp }) => mask.take(tcp, from).toString('latin1')).filter((text) => text !== '');
}

const all = (list: readonly Segment[]): Buffer => Buffer.from(kept(list).join('\0'), 'latin1');

describe('what is kept', () => {
  it('is verbs, codes and the shape of their lines', () => {
    const dialogue: Said[] = [
      ['S', '220 mx.example\r\n'],
      ['C', 'EHLO me\r\n'],
      ['S', '250-mx.example\r\n250 SIZE 9\r\n'],
      ['C', 'mail from:<a@b>\r\n'],
      ['S', '250 2.1.0 ok\r\n'],
      ['C', 'DATA\r\n'],
      ['S', '354 go\r\n'],
      ['C', 'Subject: x\r\n\r\nQUIT\r\n.\r\n'],
      ['S', '250 2.0.0 taken\r\n'],
      ['C', 'BDAT 4 LAST\r\nQUIT'],
      ['S', '250 2.0.0 taken\r\n'],
      ['C', 'QUIT\r\n'],
    ];
    expect(kept(segments(dialogue))).toEqual([
      '220 xxxxxxxxxx\r\n',
      'EHLO xx\r\n',
      '250-xxxxxxxxxx\r\n250 xxxxxx\r\n',
      'mail from:xxxxx\r\n',
      '250 2.1.0xxx\r\n',
      'DATA\r\n',
      '354 xx\r\n',
      '250 2.0.0xxxxxx\r\n',
      'BDAT 4 LAST\r\n',
      '250 2.0.0xxxxxx\r\n',
      'QUIT\r\n',
    ]);
  });

  it('is the same verbs and codes when they come octet by octet', () => {
    for (const name of ['plain', 'two mails', 'a login', 'chunks', 'TLS refused']) {
      const words = (list: readonly Segment[]) =>
        kept(list)
          .join('')
          .replace(/x+/g, '')
          .replace(/[\r\n ]+/g, ' ');
      const whole = words(segments(DIALOGUES[name] ?? []));
      const cut = words(segments(DIALOGUES[name] ?? [], [1]));
      for (const verb of whole.match(/(?!last)[A-Z]{4,}|\d{3}/gi) ?? [])
        expect([name, cut]).toEqual([name, expect.stringContaining(verb)]);
    }
  });

  it.each([
    ['bodies that look like commands', 'plain', /QUITxx|RCPT TO:x+\r\nRCPT|250 x+\r\n\.\./i, false],
    ['the next envelope behind a final dot', 'pipelined', /\.?xx\r\nMAIL FROM:/, true],
    ['a quit after a chunk', 'chunks', /QUIT/, true],
    ['commands after a refused DATA', 'DATA refused, then again', /DATA\r\n451 x+\r\nDATA\r\n354/, true],
    ['commands after a body with bare line feeds', 'bare line feeds', /354 xx\n250 x+\nQUIT\n/, true],
    ['commands after STARTTLS was refused', 'TLS refused', /454 x+\r\nMAIL FROM:/, true],
    ['anything after TLS began', 'TLS begins', /220 x+\r\n./s, false],
    ['an answer that looks like a command', 'a login', /334 x+\r\nDATA/, false],
  ])('%s', (_, name, pattern, isThere) => {
    expect(
      pattern.test(
        kept(segments(DIALOGUES[name] ?? []))
          .join('')
          .replace(/^220 .*\r\nEHLO.*\r\n/, ''),
      ),
    ).toBe(isThere);
  });
});

describe('no address, subject, text or password is left', () => {
  it.each(Object.keys(DIALOGUES))('of "%s", cut anywhere', (name) => {
    const dialogue = DIALOGUES[name] ?? [];
    for (let size = 1; size <= 40; size++) expect(secretsIn(all(segments(dialogue, [size])))).toEqual([]);
    expect(secretsIn(all(segments(dialogue)))).toEqual([]);
  });

  it.each(Object.keys(DIALOGUES))(
    'of "%s", whatever is lost, late, repeated, cut short or not seen at the beginning',
    (name) => {
      const plan = fc.record({
        cuts: fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 5 }),
        from: fc.nat(30),
        swaps: fc.array(fc.nat(60), { maxLength: 6 }),
        lost: fc.array(fc.nat(60), { maxLength: 4 }),
        repeated: fc.array(fc.nat(60), { maxLength: 4 }),
        oneSided: fc.constantFrom<'both' | 'originator' | 'responder'>('both', 'both', 'originator', 'responder'),
        short: fc.option(fc.nat(20)),
      });
      fc.assert(
        fc.property(plan, ({ cuts, from, lost, oneSided, repeated, short, swaps }) => {
          const list = segments(DIALOGUES[name] ?? [], cuts);
          for (const at of swaps) {
            const [one, other] = [list[at], list[at + 1]];
            if (one !== undefined && other !== undefined) list.splice(at, 2, other, one);
          }
          for (const at of repeated) list.splice(at + 2, 0, ...list.slice(at, at + 1));
          const seen = list
            .filter((one, at) => !lost.includes(at) && at >= from && (oneSided === 'both' || one.from === oneSided))
            .map(({ from: side, tcp }) => ({
              from: side,
              tcp: short === null ? tcp : { ...tcp, payload: tcp.payload.subarray(0, short) },
            }));
          expect(secretsIn(all(seen))).toEqual([]);
        }),
        { numRuns: 300 },
      );
    },
  );
});

it('reads on after a gap once the server has answered all that the client said', () => {
  const list = segments(DIALOGUES.plain ?? []);
  const text = kept(list.filter((_, at) => at !== 3)).join('');
  expect(text).not.toContain('MAIL FROM:');
  expect(text).toContain('rcpt to:');
});

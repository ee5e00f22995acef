import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SmtpDialogue } from '../../sensor/decode/smtp.ts';
import { looksLikeHello } from '../../sensor/decode/smtp-beginning.ts';

type Line = ['C' | 'S' | 'raw client', string];

/** Plays a dialogue; a line without its own end gets CRLF, raw octets stay as they are. */
function play(lines: Line[], dialogue = new SmtpDialogue(true)): SmtpDialogue {
  for (const [side, text] of lines) {
    const whole = side === 'raw client' || text.endsWith('\n');
    const bytes = Buffer.from(whole ? text : `${text}\r\n`, 'latin1');
    if (side === 'S') dialogue.serverBytes(bytes);
    else dialogue.clientBytes(bytes);
  }
  return dialogue;
}

const counts = ({ messages, recipients }: SmtpDialogue): [number, number] => [messages, recipients];

const GREETING: Line[] = [
  ['S', '220 mx.example ESMTP'],
  ['C', 'EHLO fridge'],
  ['S', '250-mx.example\r\n250-PIPELINING\r\n250-CHUNKING\r\n250 STARTTLS'],
];
const ENVELOPE: Line[] = [
  ['C', 'MAIL FROM:<a@fridge.example>'],
  ['S', '250 OK'],
  ['C', 'RCPT TO:<b@example.org>'],
  ['S', '250 OK'],
];
const ONE_MAIL: Line[] = [
  ...ENVELOPE,
  ['C', 'DATA'],
  ['S', '354 go ahead'],
  ['C', 'Subject: hi\r\n\r\nRCPT TO:<not@a.command>\r\n..stuffed\r\nDATA\r\n.\r\n'],
  ['S', '250 queued'],
];

describe('the quick look at a payload', () => {
  it.each([
    ['EHLO fridge\r\n', true],
    ['helo x', true],
    ['HELO\r\n', true],
    ['EHLO\n', true],
    ['EHLOX', false],
    ['EHLO', false],
    [' EHLO x', false],
    ['', false],
  ])('%j is a hello: %s', (text, expected) => {
    expect(looksLikeHello(Buffer.from(text))).toBe(expected);
  });
});

describe('a plain dialogue', () => {
  it('has a banner, a hello, one message and one recipient', () => {
    const dialogue = play([...GREETING, ...ONE_MAIL, ['C', 'QUIT'], ['S', '221 bye']]);
    expect(dialogue).toMatchObject({
      facts: { bannerSeen: true, helloSeen: true, startTls: false },
      messages: 1,
      recipients: 1,
    });
  });

  it('counts every message of a connection, and after RSET and a second EHLO too', () => {
    const reset: Line[] = [
      ['C', 'RSET'],
      ['S', '250 OK'],
      ['C', 'EHLO again'],
      ['S', '250 mx.example'],
    ];
    expect(counts(play([...GREETING, ...ONE_MAIL, ...ENVELOPE, ...reset, ...ONE_MAIL]))).toEqual([2, 3]);
  });

  it('counts only what the server takes', () => {
    const refused: Line[] = [
      ['C', 'MAIL FROM:<a@fridge.example>'],
      ['S', '250 OK'],
      ['C', 'rcpt to:<x@example.org>'],
      ['S', '550 no such user'],
      ['C', 'RCPT TO:<y@example.org>'],
      ['S', '251 will forward'],
      ['C', 'DATA'],
      ['S', '354 go ahead'],
      ['C', 'spam\r\n.\r\n'],
      ['S', '554 looks like spam'],
    ];
    expect(counts(play([...GREETING, ...refused]))).toEqual([0, 1]);
    const noData: Line[] = [...ENVELOPE, ['C', 'DATA'], ['S', '451 try later'], ...ONE_MAIL];
    expect(counts(play([...GREETING, ...noData]))).toEqual([1, 2]);
  });

  it('knows a rejected connection', () => {
    const dialogue = play([
      ['S', '554 go away'],
      ['C', 'EHLO x'],
      ['S', '503 no'],
    ]);
    expect(dialogue).toMatchObject({ facts: { bannerSeen: false, helloSeen: true }, messages: 0 });
  });

  it('does not care how the octets are cut into segments', () => {
    const dialogue = new SmtpDialogue(true);
    for (const [side, text] of [...GREETING, ...ONE_MAIL]) {
      for (const octet of Buffer.from(text.endsWith('\n') ? text : `${text}\r\n`)) {
        if (side === 'C') dialogue.clientBytes(Buffer.from([octet]));
        else dialogue.serverBytes(Buffer.from([octet]));
      }
    }
    expect(counts(dialogue)).toEqual([1, 1]);
  });
});

describe('clients in a hurry', () => {
  it('pipelines commands up to DATA', () => {
    const dialogue = play([
      ...GREETING,
      ['C', 'MAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nRCPT TO:<e@f>\r\nDATA'],
      ['S', '250 OK\r\n250 OK\r\n550 no\r\n354 go'],
      ['C', 'text\r\n.\r\n'],
      ['S', '250 queued'],
    ]);
    expect(counts(dialogue)).toEqual([1, 1]);
  });

  it('pipelines the next envelope behind the final dot', () => {
    const envelope = 'MAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA';
    const dialogue = play([
      ...GREETING,
      ['C', envelope],
      ['S', '250 OK\r\n250 OK\r\n354 go'],
      ['C', `one\r\n.\r\n${envelope}`],
      ['S', '250 queued\r\n250 OK\r\n250 OK\r\n354 go'],
      ['C', 'two\r\n.\r\nQUIT'],
      ['S', '250 queued\r\n221 bye'],
    ]);
    expect(counts(dialogue)).toEqual([2, 2]);
  });

  it('speaks before the greeting, which answers none of its commands', () => {
    const early: Line[] = [
      ['C', 'MAIL FROM:<a@b>\r\nRCPT TO:<c@d>'],
      ['S', '220 hi\r\n250 OK\r\n550 no'],
    ];
    expect(counts(play(early))).toEqual([0, 0]);
  });

  it('sends everything without waiting, and is taken', () => {
    const dialogue = play([
      ['C', 'HELO x\r\nMAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\nspam\r\n.\r\nQUIT'],
      ['S', '220 hi\r\n250 hi\r\n250 OK\r\n250 OK\r\n354 go\r\n250 queued\r\n221 bye'],
    ]);
    expect(dialogue).toMatchObject({ messages: 1, recipients: 1, facts: { bannerSeen: true } });
  });

  it('sends everything without waiting, and its body is answered as commands', () => {
    const dialogue = play([
      ...GREETING,
      ['C', 'MAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\nNOOP\r\nRCPT TO:<x@y>\r\n.\r\nRCPT TO:<e@f>\r\nRCPT TO:<g@h>'],
      ['S', '250 OK\r\n550 no\r\n503 no recipients\r\n250 OK\r\n250 OK\r\n500 what\r\n550 no\r\n550 no'],
    ]);
    expect(counts(dialogue)[1]).toBeLessThanOrEqual(1);
  });
});

describe('the end of a body', () => {
  it.each([
    ['nothing', ['.\r\n']],
    ['a text, in its own segment', ['text\r\n', '.\r\n']],
    ['a text, octet by octet', [...'text\r\n.\r\n']],
    ['a stuffed dot', ['..\r\n.\r\n']],
    ['dots that have company', ['. \r\n.x\r\nx.\r\n.\r\n']],
    ['bare line feeds only, as simple bots send', ['text\n.\n']],
    ['a line of a megabyte', ['x'.repeat(1 << 20), '\r\n.\r\n']],
  ])('is found after %s', (_, parts) => {
    const body = parts.map((part): Line => ['raw client', part]);
    const start: Line[] = [...GREETING, ...ENVELOPE, ['C', 'DATA'], ['S', '354 go']];
    expect(counts(play([...start, ...body, ['S', '250 OK'], ...ONE_MAIL]))).toEqual([2, 2]);
  });

  it('is not the server saying 250 before the dot', () => {
    const early: Line[] = [...GREETING, ...ENVELOPE, ['C', 'DATA'], ['S', '354 go'], ['C', 'text'], ['S', '250 OK']];
    expect(counts(play(early))).toEqual([0, 1]);
  });
});

describe('BDAT', () => {
  it('skips chunks by their size and counts the last', () => {
    const dialogue = play([
      ...GREETING,
      ...ENVELOPE,
      ['C', 'BDAT 12\r\nRCPT TO:<x>\n'],
      ['S', '250 12 octets'],
      ['C', 'bdat 5 last\r\n.\r\nabRCPT TO:<c@d>'],
      ['S', '250 queued\r\n250 OK'],
      ['C', 'BDAT 0 LAST'],
      ['S', '250 queued'],
    ]);
    expect(counts(dialogue)).toEqual([2, 2]);
  });

  it.each(['-1', '9007199254740993', '99999999999999999999', '1e3', '', '5 LAST x', `${'0'.repeat(80)}5`])(
    'with the size %j makes us unsure until the next 354, and counts nothing wrongly',
    (size) => {
      const odd: Line[] = [
        ['C', `BDAT ${size} LAST`],
        ['S', '501 syntax'],
        ['C', 'RCPT TO:<x@y>'],
        ['S', '250 OK'],
      ];
      const dialogue = play([...GREETING, ...ENVELOPE, ...odd]);
      expect(counts(dialogue)).toEqual([0, 1]);
      expect(
        counts(
          play(
            [
              ['C', 'DATA'],
              ['S', '354 go'],
              ['C', '.'],
              ['S', '250 queued'],
            ],
            dialogue,
          ),
        ),
      ).toEqual([1, 1]);
    },
  );
});

describe('extensions', () => {
  it('stops counting when STARTTLS is accepted', () => {
    const tls: Line[] = [
      ['C', 'STARTTLS'],
      ['S', '220 ready'],
    ];
    const dialogue = play([...GREETING, ...tls, ...GREETING, ...ONE_MAIL]);
    expect(dialogue).toMatchObject({ facts: { startTls: true }, messages: 0, recipients: 0 });
  });

  it('goes on when STARTTLS is refused', () => {
    const dialogue = play([...GREETING, ['C', 'STARTTLS'], ['S', '454 not now'], ...ONE_MAIL]);
    expect(dialogue).toMatchObject({ facts: { startTls: false }, messages: 1 });
  });

  it.each(['ZnJpZGdl', 'DATA', 'BDAT 99', ''])('is not derailed by AUTH with the answer %j', (answer) => {
    const auth: Line[] = [
      ['C', 'AUTH LOGIN'],
      ['S', '334 VXNlcm5hbWU6'],
      ['C', answer],
      ['S', '334 UGFzc3dvcmQ6'],
      ['C', 'c2VjcmV0'],
      ['S', '235 OK'],
    ];
    expect(counts(play([...GREETING, ...auth, ...ONE_MAIL]))).toEqual([1, 1]);
  });

  it('leaves LMTP alone, whose replies count otherwise', () => {
    expect(counts(play([['S', '220 hi'], ['C', 'LHLO x'], ['S', '250 hi'], ...ONE_MAIL]))).toEqual([0, 0]);
  });
});

describe('missing octets', () => {
  it('inside a body lose neither the message nor the next one', () => {
    const dialogue = play([...GREETING, ...ENVELOPE, ['C', 'DATA'], ['S', '354 go'], ['C', 'Subject: x']]);
    dialogue.lost('client');
    play([['C', 'half a line\r\n.'], ['S', '250 queued'], ...ONE_MAIL], dialogue);
    expect(counts(dialogue)).toEqual([2, 2]);
  });

  it('of the server make us wait for the next 354', () => {
    const dialogue = play([...GREETING, ['C', 'MAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nRCPT TO:<e@f>']]);
    dialogue.lost('server');
    play([['S', 'x OK\r\n250 OK\r\n250 OK'], ...ONE_MAIL], dialogue);
    expect(counts(dialogue)).toEqual([1, 0]);
    expect(counts(play(ONE_MAIL, dialogue))).toEqual([2, 1]);
  });

  it('do not make a reply of the end of a line', () => {
    const dialogue = play([...GREETING, ['C', 'NOOP']]);
    dialogue.lost('server');
    play(
      [
        ['S', '354 was in the middle of a reply'],
        ['C', 'x\r\n.\r\n'],
        ['S', '250 OK'],
      ],
      dialogue,
    );
    expect(counts(dialogue)).toEqual([0, 0]);
  });

  it('at the beginning: a connection joined in the middle is counted from its next message', () => {
    const dialogue = play([['C', 'RCPT TO:<a@b>'], ['S', '250 OK'], ...ONE_MAIL, ...ONE_MAIL], new SmtpDialogue(false));
    expect(dialogue).toMatchObject({ facts: { helloSeen: false }, messages: 2, recipients: 1 });
  });

  it('at the beginning, up to the hello, change nothing', () => {
    expect(play([...GREETING.slice(1), ...ONE_MAIL], new SmtpDialogue(false))).toMatchObject({
      facts: { helloSeen: true },
      messages: 1,
      recipients: 1,
    });
    expect(
      play([['C', 'EHLO x'], ['S', '220 late'], ['S', '250 hi'], ...ONE_MAIL], new SmtpDialogue(false)),
    ).toMatchObject({
      facts: { bannerSeen: true },
      recipients: 1,
    });
  });
});

/** One transaction of an honest server and a client that pipelines or not, with what the server took. */
interface Transaction {
  recipients: boolean[];
  taken: boolean;
  chunked: boolean;
  pipelined: boolean;
  body: string;
}

const transaction: fc.Arbitrary<Transaction> = fc.record({
  recipients: fc.array(fc.boolean(), { minLength: 1, maxLength: 4 }),
  taken: fc.boolean(),
  chunked: fc.boolean(),
  pipelined: fc.boolean(),
  body: fc
    .array(fc.constantFrom('text', '..', 'RCPT TO:<x@y>', 'DATA', '250 OK', '354 go', '', 'BDAT 9'), { maxLength: 5 })
    .map((lines) => lines.map((line) => `${line}\r\n`).join('')),
});

function script({ recipients, taken, chunked, pipelined, body }: Transaction): Line[] {
  const commands = ['MAIL FROM:<a@b>', ...recipients.map((_, i) => `RCPT TO:<user${i}@c>`)];
  const replies = ['250 OK', ...recipients.map((accepted) => (accepted ? '250 OK' : '550 no'))];
  const verdict = taken ? '250 queued' : '554 no';
  if (chunked) {
    const group = `${commands.join('\r\n')}\r\nBDAT ${body.length} LAST\r\n${body}`;
    return [
      ['raw client', group],
      ['S', [...replies, verdict].join('\r\n')],
    ];
  }
  const end: Line[] = [
    ['C', `${body}.\r\n`],
    ['S', verdict],
  ];
  if (pipelined) return [['C', [...commands, 'DATA'].join('\r\n')], ['S', [...replies, '354 go'].join('\r\n')], ...end];
  const steps = commands.flatMap((command, i): Line[] => [
    ['C', command],
    ['S', replies[i] ?? ''],
  ]);
  return [...steps, ['C', 'DATA'], ['S', '354 go'], ...end];
}

const conversation = fc.array(transaction, { minLength: 1, maxLength: 5 }).map((transactions) => ({
  messages: transactions.filter(({ taken }) => taken).length,
  recipients: transactions.flatMap(({ recipients }) => recipients).filter(Boolean).length,
  lines: [...GREETING, ...transactions.flatMap(script)],
}));

/** Cuts a dialogue into segments of the sizes given, in order. */
function segmentsOf(lines: Line[], sizes: number[]): { side: 'client' | 'server'; bytes: Buffer }[] {
  let turn = 0;
  return lines.flatMap(([side, text]) => {
    const bytes = Buffer.from(side === 'raw client' || text.endsWith('\n') ? text : `${text}\r\n`);
    const pieces: { side: 'client' | 'server'; bytes: Buffer }[] = [];
    for (let at = 0; at < bytes.length; ) {
      const end = at + (sizes[turn++ % sizes.length] ?? 1);
      pieces.push({ side: side === 'S' ? 'server' : 'client', bytes: bytes.subarray(at, end) });
      at = end;
    }
    return pieces;
  });
}

describe('properties', () => {
  const sizes = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 6 });

  it('counts exactly, however the dialogue is cut', () => {
    fc.assert(
      fc.property(conversation, sizes, ({ lines, messages, recipients }, cuts) => {
        const dialogue = new SmtpDialogue(true);
        for (const { side, bytes } of segmentsOf(lines, cuts)) {
          if (side === 'client') dialogue.clientBytes(bytes);
          else dialogue.serverBytes(bytes);
        }
        expect(counts(dialogue)).toEqual([messages, recipients]);
      }),
      { numRuns: 500 },
    );
  });

  it('never counts too much when segments are missing, from the first one too', () => {
    fc.assert(
      fc.property(
        conversation,
        sizes,
        fc.uniqueArray(fc.nat(60), { maxLength: 6 }),
        ({ lines, messages, recipients }, cuts, missing) => {
          const dialogue = new SmtpDialogue(true);
          segmentsOf(lines, cuts).forEach(({ side, bytes }, i) => {
            if (missing.includes(i)) dialogue.lost(side);
            else if (side === 'client') dialogue.clientBytes(bytes);
            else dialogue.serverBytes(bytes);
          });
          expect(dialogue.messages).toBeLessThanOrEqual(messages);
          expect(dialogue.recipients).toBeLessThanOrEqual(recipients);
        },
      ),
      { numRuns: 2000 },
    );
  });

  it('never throws on octets of any kind', () => {
    const octets = fc.oneof(
      fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes)),
      fc
        .constantFrom('DATA\r\n', '354 \r\n', '250 \r\n', '.\r\n', 'BDAT 9 LAST\r\n', '334 \r\n')
        .map((text) => Buffer.from(text)),
    );
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.constantFrom('client', 'server', 'lost'), octets)), (events) => {
        const dialogue = new SmtpDialogue(events.length % 2 === 0);
        for (const [what, bytes] of events) {
          if (what === 'client') dialogue.clientBytes(bytes);
          else if (what === 'server') dialogue.serverBytes(bytes);
          else dialogue.lost(bytes.length % 2 === 0 ? 'client' : 'server');
        }
        expect(dialogue.messages).toBeLessThanOrEqual(events.length);
      }),
    );
  });
});

// SMTP dialogues, cut anywhere and with octets missing: what is counted does not depend on where segments end, and what is masked
// holds no word of anybody.
import { TCP_FLAGS } from '../../../sensor/decode/packet.ts';
import { SmtpDialogue } from '../../../sensor/decode/smtp.ts';
import { looksLikeBanner } from '../../../sensor/decode/smtp-beginning.ts';
import { SmtpMask } from '../../../sensor/decode/smtp-mask.ts';
import { DIALOGUES } from '../../support/dialogues.ts';
import { joinPieces, type Piece, splitPieces } from '../pieces.ts';
import { mustHold, type Target, textOf } from '../target.ts';

/** What a piece is: one of the two sides speaks, or octets of it are missing. */
const KINDS = 4;

function dialogues(): Buffer[] {
  return Object.values(DIALOGUES).map((said) =>
    joinPieces(said.map(([side, text]) => ({ kind: side === 'C' ? 0 : 1, bytes: Buffer.from(text, 'latin1') }))),
  );
}

function counted(pieces: readonly Piece[], frame: () => void): SmtpDialogue {
  const dialogue = new SmtpDialogue(true, () => ['kitchencam']);
  for (const { bytes, kind } of pieces) {
    const what = kind % KINDS;
    if (what === 0) dialogue.clientBytes(bytes);
    else if (what === 1) dialogue.serverBytes(bytes);
    else if (dialogue.awaitsVerdict && what === 2) dialogue.lost('client');
    else dialogue.lost(what === 2 ? 'client' : 'server', bytes.length === 0 ? null : bytes.length);
    frame();
  }
  return dialogue;
}

/** Whatever one side says without a word of the other, in one piece. */
function joined(pieces: readonly Piece[]): Piece[] {
  const made: Piece[] = [];
  for (const { bytes, kind } of pieces) {
    const last = made.at(-1);
    if (last !== undefined && last.kind === kind % KINDS && kind % KINDS < 2)
      last.bytes = Buffer.concat([last.bytes, bytes]);
    else made.push({ kind: kind % KINDS, bytes });
  }
  return made;
}

const smtp: Target = {
  inPieces: true,
  longest: 8192,
  run(input, frame) {
    const pieces = splitPieces(input);
    const dialogue = counted(pieces, frame);
    for (const [name, count] of Object.entries(dialogue.counts))
      mustHold(Number.isSafeInteger(count) && count >= 0, `${name} is ${count}`);
    mustHold(dialogue.recipients <= dialogue.counts.replies2xx, 'more recipients than replies');
    mustHold(dialogue.messages <= dialogue.counts.replies2xx, 'more messages than replies');
    for (const { bytes } of pieces) looksLikeBanner(bytes);
    if (pieces.some(({ kind }) => kind % KINDS > 1)) return;
    const again = counted(joined(pieces), () => {});
    const [one, other] = [dialogue, again].map(({ counts, facts }) => textOf({ counts, facts }));
    mustHold(one === other, `cut otherwise it counts ${other} in place of ${one}`);
  },
  seeds: dialogues,
};

const VERBS = 'mail from: rcpt to: starttls ehlo helo lhlo data bdat last rset noop quit vrfy expn help auth etrn';
/** How far ahead of the last segment the next is said to be, by three bits of its kind. */
const AHEAD = [0, 0, 0, 0, 0, 10, -7, 1000];

const smtpMask: Target = {
  inPieces: true,
  longest: 8192,
  run(input, frame) {
    const mask = new SmtpMask();
    const next = [0xffff_fff0, 5000];
    for (const { bytes, kind } of splitPieces(input)) {
      const side = kind & 1;
      const sequence = ((next[side] ?? 0) + (AHEAD[(kind >> 1) & 7] ?? 0)) >>> 0;
      const missing = (kind & 0x40) === 0 ? 0 : 100;
      const flags = TCP_FLAGS.ack | ((kind & 0x80) === 0 ? 0 : TCP_FLAGS.syn);
      const segment = {
        sourcePort: 1,
        destinationPort: 25,
        sequence,
        acknowledgement: next[1 - side] ?? 0,
        flags,
        window: 1,
      };
      const kept = mask.take(
        { ...segment, payload: bytes, payloadLength: bytes.length + missing },
        side === 0 ? 'originator' : 'responder',
      );
      next[side] = (sequence + bytes.length + missing + ((kind & 0x80) === 0 ? 0 : 1)) >>> 0;
      check(kept, bytes);
      frame();
    }
  },
  seeds: dialogues,
};

/** Verbs, codes, line ends and `x`; and each octet that is kept stands where it stood. */
function check(kept: Buffer, bytes: Buffer): void {
  mustHold(kept.length <= Math.min(512, bytes.length), `${kept.length} octets kept of ${bytes.length}`);
  for (let i = 0; i < kept.length; i++)
    mustHold(kept[i] === 0x78 || kept[i] === bytes[i], `octet ${i} is none of those that came`);
  const text = kept.toString('latin1');
  mustHold(/^[\w \t\r\n:.-]*$/.test(text), `kept ${JSON.stringify(text)}`);
  for (const word of text.match(/[A-Za-z]+/g) ?? []) {
    const bare = word.toLowerCase().replace(/x+$/, '');
    mustHold(VERBS.includes(bare.replace(/^x+/, '')) || VERBS.includes(bare), `kept the word ${JSON.stringify(word)}`);
  }
}

export const SMTP: Readonly<Record<string, () => Target>> = { smtp: () => smtp, 'smtp-mask': () => smtpMask };

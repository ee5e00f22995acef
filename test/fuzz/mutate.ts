// Inputs from inputs: octets changed, cut, doubled, moved, taken from others, replaced by what the code compares with. The same
// randomness gives the same inputs.
import { mulberry32 } from '../support/mulberry.ts';
import { joinPieces, MAX_PIECES, PIECE_HEADER, type Piece, splitPieces } from './pieces.ts';

/** Whole numbers from 0 up to and without `below`. */
export type Below = (below: number) => number;

export function randomBelow(seed: number): Below {
  const word = mulberry32(seed);
  return (below) => Math.floor((word() / 0x1_0000_0000) * below);
}

export interface Sources {
  below: Below;
  /** Another input that is known. */
  other(): Buffer;
  /** What the code compares with. */
  words: readonly Buffer[];
  longest: number;
}

const EDGES = [0, 1, 2, 3, 4, 7, 8, 15, 16, 31, 32, 63, 64, 65, 127, 128, 191, 192, 254, 255];
const EDGES16 = [0, 1, 0x7f, 0x80, 0xff, 0x100, 0x1ff, 0x3fff, 0x4000, 0x7fff, 0x8000, 0xc00c, 0xfffe, 0xffff];
const EDGES32 = [0, 1, 0x7fff_ffff, 0x8000_0000, 0xffff_fffe, 0xffff_ffff];

type Change = (bytes: Buffer, sources: Sources) => Buffer;

function spliced(bytes: Buffer, from: number, to: number, between: Buffer): Buffer {
  return Buffer.concat([bytes.subarray(0, from), between, bytes.subarray(to)]);
}

function span(length: number, below: Below): [number, number] {
  const from = below(length + 1);
  // Short ones more often than long ones.
  const most = below(4) === 0 ? length - from : Math.min(16, length - from);
  return [from, from + below(most + 1)];
}

const octet =
  (change: (value: number, sources: Sources) => number): Change =>
  (bytes, sources) => {
    if (bytes.length === 0) return bytes;
    const at = sources.below(bytes.length);
    const made = Buffer.from(bytes);
    made[at] = change(made[at] ?? 0, sources) & 0xff;
    return made;
  };

/** Writes a number of `width` octets over those at some place, most significant octet first. */
const word =
  (width: 2 | 4, value: (known: number, left: number, sources: Sources) => number): Change =>
  (bytes, sources) => {
    if (bytes.length < width) return bytes;
    const at = sources.below(bytes.length - width + 1);
    const made = Buffer.from(bytes);
    const known = made.readUIntBE(at, width);
    const wanted = Math.trunc(value(known, bytes.length - at - width, sources));
    const limit = 2 ** (8 * width);
    made.writeUIntBE(((wanted % limit) + limit) % limit, at, width);
    return made;
  };

const CHANGES: readonly Change[] = [
  octet((value, { below }) => value ^ (1 << below(8))),
  octet((_, { below }) => below(256)),
  octet((_, { below }) => EDGES[below(EDGES.length)] ?? 0),
  octet((value, { below }) => value + below(35) - 17),
  word(2, (_, __, { below }) => EDGES16[below(EDGES16.length)] ?? 0),
  word(4, (_, __, { below }) => EDGES32[below(EDGES32.length)] ?? 0),
  word(2, (known, _, { below }) => known + below(35) - 17),
  // A length that fits, or nearly.
  word(2, (_, left, { below }) => left + below(5) - 2),
  (bytes, { below }) => spliced(bytes, ...span(bytes.length, below), Buffer.alloc(0)),
  (bytes, { below }) => bytes.subarray(0, below(bytes.length + 1)),
  (bytes, { below }) => {
    const [from, to] = span(bytes.length, below);
    return spliced(bytes, to, to, bytes.subarray(from, to));
  },
  (bytes, { below }) => {
    const at = below(bytes.length + 1);
    return spliced(bytes, at, at, Buffer.alloc(1 + below(below(8) === 0 ? 300 : 8), below(256)));
  },
  (bytes, { below, other }) => {
    const from = other();
    const [start, end] = span(from.length, below);
    const at = below(bytes.length + 1);
    return spliced(
      bytes,
      at,
      below(2) === 0 ? at : Math.min(bytes.length, at + end - start),
      from.subarray(start, end),
    );
  },
  (bytes, { below, other }) => Buffer.concat([bytes.subarray(0, below(bytes.length + 1)), other()]),
  (bytes, { below, words }) => {
    const token = words[below(words.length)] ?? Buffer.alloc(0);
    const at = below(bytes.length + 1);
    return spliced(bytes, at, below(2) === 0 ? at : Math.min(bytes.length, at + token.length), token);
  },
  // The same again and again: what grows with the number of something shows here.
  (bytes, { below, longest }) => {
    const [from, to] = span(bytes.length, below);
    if (to === from) return bytes;
    const times = Math.min(1 << below(12), Math.floor((longest - bytes.length) / (to - from)));
    return times < 1 ? bytes : spliced(bytes, to, to, Buffer.alloc(times * (to - from), bytes.subarray(from, to)));
  },
];

/** Another input, a few changes away from `bytes`. */
export function mutated(bytes: Buffer, sources: Sources): Buffer {
  let made = bytes;
  for (let left = 1 << sources.below(4); left > 0; left--) {
    made = CHANGES[sources.below(CHANGES.length)]?.(made, sources) ?? made;
    if (made.length > sources.longest) made = made.subarray(0, sources.longest);
  }
  return made;
}

type ListChange = (pieces: Piece[], sources: Sources) => Piece[];

const LIST_CHANGES: readonly ListChange[] = [
  (pieces, { below }) => pieces.toSpliced(below(pieces.length), 1 + below(below(4) === 0 ? 8 : 1)),
  (pieces, { below }) => {
    const at = below(pieces.length);
    return pieces.toSpliced(below(pieces.length + 1), 0, ...pieces.slice(at, at + 1 + below(below(4) === 0 ? 8 : 1)));
  },
  (pieces, { below }) => {
    const [piece] = pieces.slice(below(pieces.length));
    return piece === undefined
      ? pieces
      : pieces.filter((one) => one !== piece).toSpliced(below(pieces.length), 0, piece);
  },
  (pieces, { below, other }) => {
    const from = splitPieces(other());
    const at = below(from.length + 1);
    return pieces.toSpliced(below(pieces.length + 1), 0, ...from.slice(at, at + 1 + below(8)));
  },
  // One piece as two.
  (pieces, { below }) => {
    const at = below(pieces.length);
    const piece = pieces[at];
    if (piece === undefined || piece.bytes.length < 2) return pieces;
    const cut = 1 + below(piece.bytes.length - 1);
    const [head, tail] = [piece.bytes.subarray(0, cut), piece.bytes.subarray(cut)];
    return pieces.toSpliced(at, 1, { ...piece, bytes: head }, { ...piece, bytes: tail });
  },
  (pieces, { below }) => {
    const at = below(pieces.length);
    return pieces.map((piece, i) =>
      i === at ? { ...piece, kind: below(3) === 0 ? below(256) : piece.kind ^ (1 << below(8)) } : piece,
    );
  },
  (pieces, { below }) => {
    const [piece] = pieces.slice(below(pieces.length));
    return piece === undefined
      ? pieces
      : [...pieces, ...new Array<Piece>(1 + below(below(16) === 0 ? MAX_PIECES : 4)).fill(piece)];
  },
];

/** The same for an input of pieces: the list is changed, or the bytes of a piece. */
export function mutatedPieces(input: Buffer, sources: Sources): Buffer {
  const { below } = sources;
  let pieces = splitPieces(input);
  for (let left = 1 << below(4); left > 0; left--) {
    if (pieces.length === 0 || below(3) === 0)
      pieces = LIST_CHANGES[below(LIST_CHANGES.length)]?.(pieces, sources) ?? pieces;
    else {
      const at = below(pieces.length);
      const own = {
        ...sources,
        other: () => pieceOf(sources.other(), below),
        longest: Math.min(0xffff, sources.longest),
      };
      pieces = pieces.map((piece, i) => (i === at ? { ...piece, bytes: mutated(piece.bytes, own) } : piece));
    }
  }
  let left = sources.longest;
  return joinPieces(
    pieces.filter(({ bytes }) => {
      left -= bytes.length + PIECE_HEADER;
      return left >= 0;
    }),
  );
}

function pieceOf(input: Buffer, below: Below): Buffer {
  const pieces = splitPieces(input);
  return pieces[below(pieces.length)]?.bytes ?? Buffer.alloc(0);
}

/** What the code compares with, as octets: its words as they are, its numbers in one, two and four octets. */
export function wordsOf(words: readonly string[], numbers: readonly number[]): Buffer[] {
  const made = words.map((text) => Buffer.from(text, 'latin1'));
  for (const text of words) if (/^(?:[0-9a-f]{2}){3,}$/.test(text)) made.push(Buffer.from(text, 'hex'));
  for (const number of numbers) {
    if (number < 0 || number > 0xffff_ffff) continue;
    const width = number < 0x100 ? 1 : number < 0x10000 ? 2 : 4;
    const bytes = Buffer.alloc(width);
    bytes.writeUIntBE(number, 0, width);
    made.push(bytes);
    made.push(Buffer.from(String(number), 'latin1'));
  }
  return made;
}

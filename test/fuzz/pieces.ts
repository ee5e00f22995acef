// An input of several pieces as bytes, so that what is kept, printed and repeated is one thing: segments, frames, lines of an order.
// Each piece is a kind (one octet; what it means is the target's), a length (two) and its bytes. Any bytes can be read as pieces.

export interface Piece {
  kind: number;
  bytes: Buffer;
}

export const PIECE_HEADER = 3;
export const MAX_PIECES = 256;
const MAX_LENGTH = 0xffff;

export function joinPieces(pieces: readonly Piece[]): Buffer {
  return Buffer.concat(
    pieces.slice(0, MAX_PIECES).map(({ bytes, kind }) => {
      const body = bytes.subarray(0, MAX_LENGTH);
      return Buffer.concat([Buffer.from([kind & 0xff, body.length >> 8, body.length & 0xff]), body]);
    }),
  );
}

/** The last piece may be shorter than it says. */
export function splitPieces(input: Buffer): Piece[] {
  const pieces: Piece[] = [];
  for (let at = 0; at + PIECE_HEADER <= input.length && pieces.length < MAX_PIECES; ) {
    const end = Math.min(input.length, at + PIECE_HEADER + input.readUInt16BE(at + 1));
    pieces.push({ kind: input[at] ?? 0, bytes: input.subarray(at + PIECE_HEADER, end) });
    at = end;
  }
  return pieces;
}

/** Cuts `bytes` into pieces of one kind, of `sizes` in turn. */
export function cutUp(bytes: Buffer, kind: number, ...sizes: number[]): Piece[] {
  const pieces: Piece[] = [];
  for (let at = 0, turn = 0; at < bytes.length && pieces.length < MAX_PIECES; turn++) {
    const size = sizes[turn % sizes.length] ?? bytes.length;
    pieces.push({ kind, bytes: bytes.subarray(at, at + size) });
    at += Math.max(1, size);
  }
  return pieces;
}

// Unsigned numbers in network byte order. They give what Buffer's readers give and throw past the end as those do, without all else
// that those look at: a packet takes thirty of them, and that was a third of decoding (`npm run bench -- stages`).

const PAST_END = 'a number that goes past the end of the octets';

export function octetAt(data: Uint8Array, at: number): number {
  const octet = data[at];
  if (octet === undefined) throw new RangeError(PAST_END);
  return octet;
}

export function uint16At(data: Uint8Array, at: number): number {
  const high = data[at];
  const low = data[at + 1];
  if (high === undefined || low === undefined) throw new RangeError(PAST_END);
  return (high << 8) | low;
}

export function uint24At(data: Uint8Array, at: number): number {
  return (octetAt(data, at) << 16) | uint16At(data, at + 1);
}

export function uint32At(data: Uint8Array, at: number): number {
  const first = data[at];
  const second = data[at + 1];
  const third = data[at + 2];
  const fourth = data[at + 3];
  if (first === undefined || second === undefined || third === undefined || fourth === undefined)
    throw new RangeError(PAST_END);
  return ((first << 24) | (second << 16) | (third << 8) | fourth) >>> 0;
}

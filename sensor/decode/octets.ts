// Unsigned numbers in network byte order. They say the same as Buffer's readers, which check what they are asked for in a way that
// costs nine times as much, and of which a packet takes thirty (`npm run bench -- stages`). A read past the end throws, as theirs does.

export function octetAt(data: Uint8Array, at: number): number {
  const octet = data[at];
  if (octet === undefined) throw pastEnd(data, at);
  return octet;
}

export function uint16At(data: Uint8Array, at: number): number {
  const high = data[at];
  const low = data[at + 1];
  if (high === undefined || low === undefined) throw pastEnd(data, at);
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
    throw pastEnd(data, at);
  return ((first << 24) | (second << 16) | (third << 8) | fourth) >>> 0;
}

function pastEnd({ length }: Uint8Array, at: number): RangeError {
  return new RangeError(`a number at ${at} of ${length} octets`);
}

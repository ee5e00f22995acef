// What a target of the fuzzer is: a part of the program that is given hostile bytes, and what must hold whatever they are.
import type { Material } from './material.ts';

export interface Target {
  /** Runs one input and throws for whatever must not be. What it builds is its own: the same bytes do the same again. */
  run(input: Buffer, frame: () => void): void | Promise<void>;
  /** Well-formed inputs from which others are made. */
  seeds(material: Material): Buffer[];
  /** The input is read as pieces (pieces.ts), which are shuffled, dropped and doubled as well. */
  inPieces?: boolean;
  /** Octets of an input. */
  longest?: number;
  /** Lets go of what it holds: servers, files. */
  close?(): void | Promise<void>;
}

/** Something that must hold did not. */
export class Broken extends Error {
  override name = 'Broken';
}

export function mustHold(holds: boolean, what: string): void {
  if (!holds) throw new Broken(what);
}

const before = Buffer.alloc(64, 0xaa);
const other = Buffer.alloc(64, 0x55);

/**
 * Decodes the bytes twice, each time with other bytes before and behind them in one buffer, as in the read buffer of capture. What
 * comes of them must be the same: then no octet of a neighbour was read, and nothing was remembered.
 */
export function decodedAlike<T>(bytes: Buffer, decode: (bytes: Buffer) => T): T {
  const within = (around: Buffer) => {
    const whole = Buffer.concat([around, bytes, around]);
    return decode(whole.subarray(around.length, around.length + bytes.length));
  };
  const [first, second] = [within(before), within(other)];
  const [one, two] = [textOf(first), textOf(second)];
  if (one !== two)
    throw new Broken(`the same bytes were decoded in two ways: ${one.slice(0, 300)} and ${two.slice(0, 300)}`);
  return first;
}

/** As JSON, maps, sets and bytes included. */
export function textOf(value: unknown): string {
  const plain = function (this: unknown, key: string, inner: unknown): unknown {
    // A Buffer has been turned into a list of numbers before it comes here.
    const own: unknown = typeof this === 'object' && this !== null ? Reflect.get(this, key) : inner;
    if (Buffer.isBuffer(own)) return own.toString('latin1');
    if (own instanceof Map || own instanceof Set) return [...own];
    return typeof own === 'bigint' ? String(own) : inner;
  };
  return JSON.stringify(value, plain) ?? 'undefined';
}

/** No list, text or name in `value` is longer than `most`. */
export function mustBeShort(value: unknown, most: number): void {
  if (typeof value === 'string') mustHold(value.length <= most, `a text of ${value.length} characters`);
  else if (Buffer.isBuffer(value)) return;
  else if (value instanceof Map) {
    mustHold(value.size <= most, `a map of ${value.size} entries`);
    for (const entry of value) mustBeShort(entry, most);
  } else if (Array.isArray(value)) {
    mustHold(value.length <= most, `a list of ${value.length} entries`);
    for (const entry of value) mustBeShort(entry, most);
  } else if (typeof value === 'object' && value !== null)
    for (const entry of Object.values(value)) mustBeShort(entry, most);
}

// Checks plain data on its way back from disk, piece by piece, into what a row is believed to hold. A start reads thousands of rows,
// and zod, which tells of all that is wrong, takes ten times as long to find nothing wrong. What is read is made anew: it holds what
// its shape names and nothing else.

/** Gives back what it is given as what it is; throws Unfit where it is something else. */
export type Read<T> = (value: unknown) => T;

/** Not what it should be. */
export class Unfit extends Error {
  /** Where in what was read, `list.0.port`; empty: the whole. */
  place: string;

  constructor(place = '') {
    super('not what it should be');
    this.place = place;
  }
}

export const text: Read<string> = (value) => {
  if (typeof value !== 'string') throw new Unfit();
  return value;
};

export const count: Read<number> = (value) => {
  if (typeof value !== 'number' || !Number.isFinite(value)) throw new Unfit();
  return value;
};

export const truth: Read<boolean> = (value) => {
  if (typeof value !== 'boolean') throw new Unfit();
  return value;
};

/** As SQLite keeps what is true or false. */
export const flag: Read<boolean> = (value) => {
  if (value !== 0 && value !== 1) throw new Unfit();
  return value === 1;
};

export function oneOf<T extends string>(...words: readonly T[]): Read<T> {
  const isWord = (value: unknown): value is T => words.includes(value as T);
  return (value) => {
    if (!isWord(value)) throw new Unfit();
    return value;
  };
}

export function orNull<T>(read: Read<T>): Read<T | null> {
  return (value) => (value === null ? null : read(value));
}

/** Of rows from before it was kept: `made`. */
export function orMissing<T>(read: Read<T>, made: () => T): Read<T> {
  return (value) => (value === undefined ? made() : read(value));
}

/** @param fits whether there may be as many */
export function listOf<T>(read: Read<T>, fits: (length: number) => boolean = () => true): Read<T[]> {
  return (value) => {
    if (!Array.isArray(value) || !fits(value.length)) throw new Unfit();
    let at = 0;
    try {
      // By `push` each list would have room for 16 items more.
      return value.map((item, n) => {
        at = n;
        return read(item);
      });
    } catch (error) {
      throw within(at, error);
    }
  };
}

/** Of any keys. */
export function entriesOf<T>(read: Read<T>): Read<Record<string, T>> {
  return (value) => {
    if (!isObject(value)) throw new Unfit();
    let at = '';
    try {
      const found: Record<string, T> = {};
      for (at of Object.keys(value)) if (at !== '__proto__') found[at] = read(value[at]);
      return found;
    } catch (error) {
      throw within(at, error);
    }
  };
}

/** An object of these; of `optional` ones only those that are there. */
export function fields<T extends object>(reads: Reads<T>, optional: readonly (keyof T & string)[] = []): Read<T> {
  const names = Object.keys(reads) as (keyof T & string)[];
  const readers = names.map((name): Read<unknown> => reads[name]);
  const mayMiss = names.map((name) => optional.includes(name));
  return (value) => {
    if (!isObject(value)) throw new Unfit();
    let at = 0;
    try {
      const found: Record<string, unknown> = {};
      // By number: before V8 has compiled it, a loop over entries takes twice as long.
      for (; at < names.length; at++) {
        const name = names[at] ?? '';
        const given = value[name];
        if (given !== undefined || !mayMiss[at]) found[name] = readers[at]?.(given);
      }
      return found as T;
    } catch (error) {
      throw within(names[at] ?? '', error);
    }
  };
}

/** Null for what does not fit. */
export function orNothing<T>(read: Read<T>): (value: unknown) => T | null {
  return (value) => {
    try {
      return read(value);
    } catch (error) {
      if (error instanceof Unfit) return null;
      throw error;
    }
  };
}

/** How each field of a shape is read. */
export type Reads<T extends object> = { [Name in keyof T]-?: Read<Exclude<T[Name], undefined>> };

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function within(at: string | number, error: unknown): unknown {
  if (error instanceof Unfit) error.place = error.place === '' ? `${at}` : `${at}.${error.place}`;
  return error;
}

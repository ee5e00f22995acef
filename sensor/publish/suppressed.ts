// What the user deleted in Home Assistant, kept as one short text in the store: a JSON list of keys, newest last.
import type { SuppressedStore } from './ports.ts';

/** More than devices are remembered at all; the oldest give way. */
const LIMIT = 2048;

export interface TextCell {
  read(): string | null;
  write(text: string): void;
}

/** No text, and one that is no list, counts as an empty one. */
export function suppressedIn(cell: TextCell): SuppressedStore {
  let keys: Set<string> | undefined;
  const all = (): Set<string> => {
    keys ??= new Set(parse(cell.read()));
    return keys;
  };
  const write = (): void => cell.write(JSON.stringify([...all()].slice(-LIMIT)));
  return {
    isSuppressed: (key) => all().has(key),
    suppress(key) {
      if (all().has(key)) return;
      all().add(key);
      write();
    },
    unsuppress(key) {
      if (all().delete(key)) write();
    },
  };
}

function parse(text: string | null): string[] {
  try {
    const keys = JSON.parse(`${text}`) as unknown[];
    return keys.filter((key) => typeof key === 'string').slice(-LIMIT);
  } catch {
    return [];
  }
}

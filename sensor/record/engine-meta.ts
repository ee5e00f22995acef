// What the store remembers of the engine as a whole, as entries of its meta table.
import { z } from 'zod';
import type { Engine, EngineMemory } from '../engine.ts';
import { lazily } from '../lazily.ts';

export const MEMORY_KEY = 'engine_memory';
/** From where the sensor looked when it last stored everything. */
export const VANTAGE_KEY = 'vantage';
/** In which incidents are stored; English where it is not there. */
export const LANGUAGE_KEY = 'language';

/** A list without the entries that do not fit. */
function list<T>(entry: z.ZodType<T>) {
  return z
    .array(z.unknown())
    .catch([])
    .transform((values) => values.flatMap((value) => entry.safeParse(value).data ?? []));
}

const memoryShape = lazily(() => {
  const text = z.string();
  const time = z.number();
  const learned = z
    .object({ prefix: text, by: text.nullable(), until: time })
    .or(text.transform((prefix) => ({ prefix, by: null, until: Number.MAX_SAFE_INTEGER })));
  const publicClaim = z.object({ ip: text, by: text, until: time });
  return z.object({
    prefixes: list(learned),
    publicAddresses: list(publicClaim),
    links: list(text),
    gateways: list(text),
  });
});

/** `language`: that incidents are stored in. */
export function metaOf(engine: Engine, language: string): Record<string, string> {
  return {
    [MEMORY_KEY]: JSON.stringify(engine.memory()),
    [VANTAGE_KEY]: engine.vantage,
    [LANGUAGE_KEY]: language,
  };
}

/** Nothing where the text is no memory; what is wrong in it is left out. Prefixes were plain text once. */
export function parseMemory(text: string | null): EngineMemory {
  const nothing: EngineMemory = { prefixes: [], publicAddresses: [], links: [], gateways: [] };
  if (text === null) return nothing;
  try {
    return memoryShape().parse(JSON.parse(text));
  } catch {
    return nothing;
  }
}

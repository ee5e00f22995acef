// What the store remembers of the engine as a whole, as entries of its meta table.
import type { Engine, EngineMemory } from '../engine.ts';

export const MEMORY_KEY = 'engine_memory';
/** From where the sensor looked when it last stored everything. */
export const VANTAGE_KEY = 'vantage';

export function metaOf(engine: Engine): Record<string, string> {
  return { [MEMORY_KEY]: JSON.stringify(engine.memory()), [VANTAGE_KEY]: engine.vantage };
}

/** Nothing where the text is no memory. */
export function parseMemory(text: string | null): EngineMemory {
  const nothing: EngineMemory = { prefixes: [], gateways: [] };
  if (text === null) return nothing;
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null) return nothing;
    const strings = (list: unknown) => (Array.isArray(list) ? list.filter((item) => typeof item === 'string') : []);
    return {
      prefixes: strings('prefixes' in value ? value.prefixes : null),
      gateways: strings('gateways' in value ? value.gateways : null),
    };
  } catch {
    return nothing;
  }
}

/** Writes the vendor table to `outFile` and returns how many prefixes it holds. */
export function buildOui(outFile: string): Promise<number>;

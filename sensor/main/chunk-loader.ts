// Loads the chunks of the built program, which are CommonJS, each with what V8 compiled of it when dist was built: a start then
// compiles next to nothing. What another version of V8 or other flags left is refused by V8, which compiles the chunk as ever.
// Belongs to main.ts.
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { Script } from 'node:vm';

interface Chunk {
  exports: unknown;
  script: Script;
}

export class ChunkLoader {
  readonly #chunks = new Map<string, Chunk>();
  readonly #requirePackage = createRequire(import.meta.filename);
  readonly #asBuilt: (compile: () => Script) => Script;

  /** @param asBuilt calls `compile` under the flags that V8 had when dist was built */
  constructor(asBuilt = (compile: () => Script) => compile()) {
    this.#asBuilt = asBuilt;
  }

  /** What the chunk exports. It runs the first time. */
  load(file: string): unknown {
    const known = this.#chunks.get(file);
    if (known !== undefined) return known.exports;
    const chunk: Chunk = { exports: {}, script: this.#asBuilt(() => compileChunk(file)) };
    // Kept before it runs: chunks may need each other.
    this.#chunks.set(file, chunk);
    const folder = dirname(file);
    const require = (name: string) =>
      name.startsWith('.') ? this.load(join(folder, name)) : this.#requirePackage(name);
    chunk.script.runInThisContext()(chunk.exports, require, chunk, file, folder);
    return chunk.exports;
  }

  /** Keeps beside each chunk what is compiled of it by now. */
  keepCompiled(): void {
    for (const [file, { script }] of this.#chunks) {
      writeFileSync(`${compiledOf(file)}.new`, script.createCachedData());
      renameSync(`${compiledOf(file)}.new`, compiledOf(file));
    }
  }
}

/** The chunk as the function that Node makes of a CommonJS module, by what is kept of it where V8 takes that. */
export function compileChunk(file: string): Script {
  const text = `(function (exports, require, module, __filename, __dirname) { ${readFileSync(file, 'utf8')}\n})`;
  const cachedData = readCompiled(file);
  return new Script(text, { filename: file, ...(cachedData === null ? {} : { cachedData }) });
}

function readCompiled(file: string): Buffer | null {
  try {
    return readFileSync(compiledOf(file));
  } catch {
    // Not part of what the build started.
    return null;
  }
}

function compiledOf(file: string): string {
  // V8 takes what another kind of processor left, and then computes nonsense.
  return `${file}.${process.arch}.compiled`;
}

// The inputs that are kept: a text file a target, a line an input, `name: hex`. A name that is not `found` says what the bytes once did.
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PROJECT_ROOT } from '../../sensor/checkout.ts';

const FOLDER = join(PROJECT_ROOT, 'test/fuzz/corpus');

export interface Kept {
  name: string;
  bytes: Buffer;
}

export function corpusOf(target: string): Kept[] {
  const file = join(FOLDER, `${target}.txt`);
  if (!existsSync(file)) return [];
  return readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => {
      const [, name = '', digits = ''] = /^([^:]+): ?([0-9a-f]*)$/.exec(line) ?? [];
      if (name === '' || digits.length % 2 !== 0) throw new Error(`${file}: this is no input: ${line.slice(0, 80)}`);
      return { name, bytes: Buffer.from(digits, 'hex') };
    });
}

export function writeCorpus(target: string, inputs: readonly Kept[]): void {
  const lines = inputs.map(({ bytes, name }) => `${name}: ${bytes.toString('hex')}\n`);
  writeFileSync(join(FOLDER, `${target}.txt`), lines.join(''));
}

/** Targets of which inputs are kept. */
export function keptTargets(): string[] {
  return readdirSync(FOLDER)
    .filter((name) => name.endsWith('.txt'))
    .map((name) => name.slice(0, -4));
}

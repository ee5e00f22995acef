// Makes the vendor table out of the oui-data package: one line a prefix, `HEX<tab>organisation`, sorted by byte, so that
// the sensor can search it where it lies. Runs alone: node sensor/deploy/build-oui.mjs [FILE]
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Registrants that hide a name, or only hold a block for others. */
const NOBODY = new Set(['private', 'ieee registration authority']);

/** Writes the table to `outFile` and returns how many prefixes it holds. */
export async function buildOui(outFile) {
  const registryFile = createRequire(import.meta.url).resolve('oui-data');
  const registry = JSON.parse(await readFile(registryFile, 'utf8'));
  const { version } = JSON.parse(await readFile(join(dirname(registryFile), 'package.json'), 'utf8'));
  const lines = [];
  for (const [prefix, record] of Object.entries(registry)) {
    const name = record
      .split('\n', 1)[0]
      .replace(/[\s\p{Cc}]+/gu, ' ')
      .trim();
    if (/^(?:[0-9A-F]{6}|[0-9A-F]{7}|[0-9A-F]{9})$/.test(prefix) && name !== '' && !NOBODY.has(name.toLowerCase()))
      lines.push(`${prefix}\t${name}\n`);
  }
  lines.sort((a, b) => (a < b ? -1 : 1));
  const head = `# IEEE MA-L, MA-M and MA-S registries, from oui-data ${version} (BSD-2-Clause)\n`;
  await mkdir(dirname(outFile), { recursive: true });
  await writeFile(`${outFile}.part`, head + lines.join(''));
  await rename(`${outFile}.part`, outFile);
  return lines.length;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const outFile = process.argv[2] ?? fileURLToPath(new URL('../../dist/oui.txt', import.meta.url));
  console.log(`${await buildOui(outFile)} prefixes in ${outFile}`);
}

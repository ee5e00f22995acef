// YAML, loaded when there is some to read. Most starts read none: the notes that come with thingwatch are parsed at build time.
import { createRequire } from 'node:module';
import type * as Yaml from 'yaml';

const load: (name: 'yaml') => typeof Yaml = createRequire(import.meta.filename);

/** Kept by Node from the first call on. */
export function yaml(): typeof Yaml {
  return load('yaml');
}

// Where the project lies, found upward from wherever this code runs, be it its source or a bundle in dist; and its version.
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

export const PROJECT_ROOT = folderAbove(import.meta.dirname);

function folderAbove(folder: string): string {
  if (existsSync(join(folder, 'package-lock.json'))) return folder;
  if (dirname(folder) === folder)
    throw new Error('no package-lock.json above the program: it runs from a checkout only');
  return folderAbove(dirname(folder));
}

export function version(): string {
  const value: unknown = JSON.parse(readFileSync(join(PROJECT_ROOT, 'package.json'), 'utf8'));
  return typeof value === 'object' && value !== null && 'version' in value ? String(value.version) : '0';
}

// Where an installed sensor lies, and what it is called there. One place for each thing: a machine has one service.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export const PLACES = {
  /** The built program, root's own: whoever may change it is root at the next start (ExecStartPre). */
  program: '/opt/thingwatch',
  /** The build before, while and after an update. */
  previous: '/opt/thingwatch.previous',
  /** A build on its way. */
  coming: '/opt/thingwatch.new',
  unit: '/etc/systemd/system/thingwatch.service',
  config: '/etc/thingwatch/thingwatch.yaml',
  state: '/var/lib/thingwatch',
  /** Starts the installed program with the arguments it is given. */
  command: '/usr/local/bin/thingwatch',
} as const;

/** Where Debian's package has the program, with its unit, command and user. */
export const PACKAGED = '/usr/lib/thingwatch';
/** … and the manual. */
const PACKAGED_DOCUMENTS = '/usr/share/doc/thingwatch';

export const SERVICE = 'thingwatch';
export const USER = 'thingwatch';

/** In the program's folder: what `install` and `update` put there. */
const INSTALLED = 'installed.json';

export interface Installed {
  version: string;
  /** Tells builds of one version apart. */
  stamp: string;
  user: string;
  config: string;
  /** Where it was built; `update` looks there. */
  checkout: string;
  /** The stamp that has passed its self-test; null where none has. */
  selfTest: string | null;
}

export const installedFile = (program: string): string => join(program, INSTALLED);

/** Null where `install` has put nothing, or not to its end. */
export function readInstalled(program: string = PLACES.program): Installed | null {
  try {
    return JSON.parse(readFileSync(installedFile(program), 'utf8')) as Installed;
  } catch {
    return null;
  }
}

/** Of the build in `folder`, from its sources and its version; null where there is none. */
export function stampOf(folder: string): string | null {
  const read = (file: string) => JSON.parse(readFileSync(join(folder, file), 'utf8')) as Record<string, unknown>;
  try {
    const [{ program }, { version }] = [read('dist/built.json'), read('package.json')];
    return typeof program === 'string' ? `${program}-${version}` : null;
  } catch {
    return null;
  }
}

/** For people: the version, and what tells two builds of it apart. */
export function buildName(version: string, stamp: string): string {
  return `${version} (build ${stamp.slice(0, 8)})`;
}

/** The manual's first page, of the program in `folder`. */
export function readmeOf(folder: string): string {
  return `${folder === PACKAGED ? PACKAGED_DOCUMENTS : folder}/README.md`;
}

/** A page of the manual, of the program in `folder`. */
export function manualPage(folder: string, name: string): string {
  return `${folder === PACKAGED ? PACKAGED_DOCUMENTS : `${folder}/sensor/deploy`}/manual/${name}`;
}

/** Whether `folder` holds sources to build from, and not only what was built. */
export function isCheckout(folder: string): boolean {
  return existsSync(join(folder, 'sensor/main.ts'));
}

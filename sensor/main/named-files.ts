// Files and directories that the configuration names and that were read at the start: told when one has gone meanwhile, since the next
// start will miss it, and when it is back. Belongs to main.ts.
import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import type { Warning } from '../capture/live-source.ts';
import type { Config } from '../config.ts';
import type { Log } from '../log.ts';

interface Named {
  /** The setting. */
  key: string;
  path: string;
  /** It could be read at the start. */
  wasThere: boolean;
  isThere: boolean;
}

const EVERY_MS = 10_000;
/** Says nothing of the file: no descriptor is left. */
const EXHAUSTED = ['EMFILE', 'ENFILE'];
/** Nor does this, later: what was read as root may not be for the user that the sensor has become. */
const FORBIDDEN = [...EXHAUSTED, 'EACCES'];

export class NamedFiles {
  readonly #files: Named[];
  readonly #log: Log;
  #timer: NodeJS.Timeout | null = null;

  constructor({ mqtt, notes, web }: Pick<Config, 'mqtt' | 'notes' | 'web'>, log: Log) {
    this.#log = log;
    const named: [key: string, path: string | undefined][] = [
      ...notes.dirs.map((path): [string, string] => ['notes.dirs', path]),
      ['mqtt.ca', mqtt.ca],
      ['mqtt.cert', mqtt.cert],
      ['mqtt.key', mqtt.key],
      ['web.cert', web.cert],
      ['web.key', web.key],
    ];
    this.#files = named.flatMap(([key, path]) =>
      path === undefined ? [] : { key, path, wasThere: true, isThere: true },
    );
  }

  /** Resolves after the first look; what is missing then was not read. */
  async start(): Promise<void> {
    if (this.#files.length === 0) return;
    await this.#look(EXHAUSTED);
    for (const file of this.#files) file.wasThere = file.isThere;
    this.#again();
  }

  stop(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }

  warnings(): Warning[] {
    return this.#files.flatMap((file) => {
      const text = sentence(file);
      return text === null ? [] : { key: `file_${file.key.replace('.', '_')}`, text, fix: fix(file) };
    });
  }

  /** A mount that hangs holds nothing up: the next look waits for the end of this one. */
  #again(): void {
    this.#timer = setTimeout(() => {
      void this.#look(FORBIDDEN).then(() => {
        if (this.#timer !== null) this.#again();
      });
    }, EVERY_MS);
  }

  /** Errors with a code of `unknown` leave a file as it was. */
  async #look(unknown: readonly string[]): Promise<void> {
    await Promise.all(
      this.#files.map(async (file) => {
        const isThere = await access(file.path, constants.R_OK).then(
          () => true,
          ({ code = '' }: NodeJS.ErrnoException) => unknown.includes(code) && file.isThere,
        );
        if (isThere === file.isThere) return;
        file.isThere = isThere;
        if (isThere) this.#log.info(`${file.path} (${file.key}) is back`);
        else this.#log.warn(`${sentence({ ...file, isThere })} ${fix(file)}`);
      }),
    );
  }
}

function sentence({ isThere, key, path, wasThere }: Named): string | null {
  if (!isThere && !wasThere) return `${path} (${key}) cannot be read; its notes are not used.`;
  if (!isThere) return `${path} (${key}) has gone; what was read of it at the start is still used.`;
  return wasThere
    ? null
    : `${path} (${key}) can be read now, but was not there at the start; its notes are not used yet.`;
}

function fix({ isThere, key }: Named): string {
  if (isThere) return 'Start the sensor again.';
  return key === 'notes.dirs'
    ? 'Put it back, or take it out of notes.dirs.'
    : `Put it back before the next start, or change ${key}.`;
}

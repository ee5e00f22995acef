// Files and directories that the configuration names and that were read at the start: told when one has gone meanwhile, since the next
// start will miss it, and when it is back. Belongs to main.ts.
import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import type { Warning } from '../capture/live-source.ts';
import type { Config } from '../config.ts';
import { english, type Words } from '../language/words.ts';
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

  constructor(
    {
      fleet,
      metrics,
      mqtt,
      notes,
      notify,
      web,
    }: Pick<Config, 'fleet' | 'metrics' | 'mqtt' | 'notes' | 'notify' | 'web'>,
    log: Log,
  ) {
    this.#log = log;
    const named: [key: string, path: string | undefined][] = [
      ...notes.dirs.map((path): [string, string] => ['notes.dirs', path]),
      ['mqtt.ca', mqtt.ca],
      ['mqtt.cert', mqtt.cert],
      ['mqtt.key', mqtt.key],
      ['web.cert', web.cert],
      ['web.key', web.key],
      ['metrics.token_file', metrics.token_file],
      ['fleet.enrolment', fleet.enrolment],
      ...Object.entries(notify).flatMap(([name, target]) => filesOf(`notify.${name}`, target)),
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
      if (file.isThere && file.wasThere) return [];
      const { ...asItIs } = file;
      return { key: `file_${file.key.replaceAll('.', '_')}`, say: ({ warnings }) => told(warnings, asItIs) };
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
        else {
          const { fix, text } = told(english.warnings, file);
          this.#log.warn(`${text} ${fix}`);
        }
      }),
    );
  }
}

function filesOf(key: string, target: Config['notify'][string]): [key: string, path: string | undefined][] {
  if (target.kind === 'webpush') return [[`${key}.ca`, target.ca]];
  const secret: [string, string | undefined] =
    target.kind === 'webhook' ? [`${key}.secret_file`, target.secret_file] : [`${key}.token_file`, target.token_file];
  return [secret, [`${key}.ca`, target.ca]];
}

function told(warnings: Words['warnings'], { isThere, key, path, wasThere }: Named): { text: string; fix: string } {
  if (isThere) return { text: warnings.notesLate({ path, key }), fix: warnings.startAgain };
  return {
    text: (wasThere ? warnings.fileGone : warnings.notesUnread)({ path, key }),
    fix: key === 'notes.dirs' ? warnings.putNotesBack : warnings.putFileBack({ key }),
  };
}

// What is known of each mutant: kept between runs by the content of its source and of each test file, so that a run that was
// broken off goes on where it was, and a changed test file is asked again alone.
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type Mutant, mutantsOf } from './operators.ts';

/** A mutant with its file and a name that lasts as long as its line does. */
export interface Known extends Mutant {
  file: string;
  name: string;
  /** In the file, from 1; only for people. */
  lineNumber: number;
}

/** Of one test file with one content: the tests that take longer than is waited for. */
interface Slow {
  content: string;
  paths: string[];
}

interface Entry {
  /** Of the source it was made in. */
  source: string;
  killed: { test: string; content: string; by: string; how: string } | null;
  /** Test files that noticed nothing, with the content they had. */
  passed: Record<string, string>;
  reached: boolean;
}

/** What a list of accepted mutants says of one; the words are those that the report prints. */
export interface Accepted {
  file: string;
  place: string;
  line: string;
  change: string;
  /** Equivalent: no test can tell. Accepted: none should be made. */
  as: 'equivalent' | 'accepted';
  why: string;
}

const digest = (text: string): string => createHash('sha256').update(text).digest('base64url').slice(0, 16);

export function knownMutants(root: string, file: string): Known[] {
  const source = readFileSync(join(root, file), 'utf8');
  const seen = new Map<string, number>();
  return mutantsOf(file, source).map((mutant) => {
    const same = `${file} ${mutant.place} ${mutant.line} ${mutant.change}`;
    const nth = (seen.get(same) ?? 0) + 1;
    seen.set(same, nth);
    const lineNumber = source.slice(0, mutant.start).split('\n').length;
    return { ...mutant, file, lineNumber, name: `${same} ${nth}` };
  });
}

/** Whether `accepted` speaks of `mutant`; the same change twice in one line is accepted twice. */
export function speaksOf(accepted: Accepted, mutant: Known): boolean {
  const { file, place, line, change } = accepted;
  return mutant.file === file && mutant.place === place && mutant.line === line && mutant.change === change;
}

/** A source or test was touched during a run: offsets no longer fit, and what is found means nothing. */
export class ChangedError extends Error {
  constructor(files: readonly string[]) {
    super(
      `changed during the run: ${files.join(', ')}. What was found since the last save is thrown away; leave the files alone and start again.`,
    );
  }
}

export class Results {
  readonly #file: string;
  readonly #root: string;
  readonly #entries: Record<string, Entry>;
  readonly #slowFile: string;
  readonly #slow: Record<string, Slow>;
  readonly #longest: number;
  readonly #contents = new Map<string, string>();
  /** When each file that takes part was last written, as it was at the start; null where it is not there. */
  readonly #writtenAt: ReadonlyMap<string, number | null>;

  /**
   * To be made before the mutants are, so that a change is not missed.
   *
   * @param files that take part and must stay as they are, relative to `root`
   * @param longest in milliseconds: what a test file did not notice with its longer tests left out is not known with them */
  constructor(root: string, room: string, longest: number, files: readonly string[]) {
    this.#root = root;
    this.#writtenAt = new Map(files.map((file) => [file, this.#timeOf(file)]));
    this.#longest = longest;
    this.#file = join(root, '.mutants', `${room}.json`);
    this.#entries = readEntries(this.#file);
    this.#slowFile = join(root, '.mutants', `${room}-slow-${longest}.json`);
    this.#slow = readEntries(this.#slowFile);
  }

  /** Who killed it, if that test and the source still are what they were. */
  killed(mutant: Known): Entry['killed'] {
    const killed = this.#current(mutant)?.killed ?? null;
    return killed !== null && this.#contentOf(killed.test) === killed.content ? killed : null;
  }

  /** Whether `test`, as it is now, was asked already and noticed nothing. */
  hasPassed(mutant: Known, test: string): boolean {
    return this.#current(mutant)?.passed[test] === `${this.#contentOf(test)} ${this.#longest}`;
  }

  isReached(mutant: Known): boolean {
    return this.#current(mutant)?.reached ?? false;
  }

  noteKilled(mutant: Known, test: string, { by, how }: { by: string; how: string }): void {
    const entry = this.#make(mutant);
    entry.killed = { test, content: this.#contentOf(test), by, how };
    entry.reached = true;
  }

  notePassed(mutant: Known, test: string, isReached: boolean): void {
    const entry = this.#make(mutant);
    entry.passed[test] = `${this.#contentOf(test)} ${this.#longest}`;
    entry.reached ||= isReached;
  }

  /** Tests of a file that are known to take too long. */
  slowIn(test: string): string[] {
    const known = this.#slow[test];
    return known?.content === this.#contentOf(test) ? known.paths : [];
  }

  noteSlow(test: string, paths: string[]): void {
    this.#slow[test] = { content: this.#contentOf(test), paths };
  }

  /** @throws ChangedError where a file that takes part was written since the start */
  checkUnchanged(): void {
    const changed = [...this.#writtenAt].filter(([file, time]) => this.#timeOf(file) !== time).map(([file]) => file);
    if (changed.length > 0) throw new ChangedError(changed);
  }

  /** @throws ChangedError, and saves nothing */
  save(): void {
    this.checkUnchanged();
    mkdirSync(dirname(this.#file), { recursive: true });
    for (const [file, content] of [
      [this.#file, this.#entries],
      [this.#slowFile, this.#slow],
    ] as const) {
      writeFileSync(`${file}.new`, JSON.stringify(content));
      renameSync(`${file}.new`, file);
    }
  }

  #current({ name, file }: Known): Entry | undefined {
    const entry = Object.hasOwn(this.#entries, name) ? this.#entries[name] : undefined;
    return entry?.source === this.#contentOf(file) ? entry : undefined;
  }

  #make(mutant: Known): Entry {
    const current = this.#current(mutant);
    if (current !== undefined) return current;
    const fresh: Entry = { source: this.#contentOf(mutant.file), killed: null, passed: {}, reached: false };
    this.#entries[mutant.name] = fresh;
    return fresh;
  }

  #timeOf(file: string): number | null {
    return statSync(join(this.#root, file), { throwIfNoEntry: false })?.mtimeMs ?? null;
  }

  #contentOf(file: string): string {
    const known = this.#contents.get(file);
    if (known !== undefined) return known;
    const content = digest(readFileSync(join(this.#root, file), 'utf8'));
    this.#contents.set(file, content);
    return content;
  }
}

function readEntries<T>(file: string): Record<string, T> {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Record<string, T>;
  } catch {
    return {};
  }
}

// In which of its languages a page speaks: the one chosen by hand in this browser, else the phone's first that there is, else the
// first of its own. Knows none of the words.
import { useEffect, useState } from 'preact/hooks';

/** A language with the place whose dates and figures go with it. */
export interface Speech<Code> {
  code: Code;
  /** BCP 47. */
  locale: string;
}

interface SpokenLanguage<Words> {
  /** Where it is at home when a phone does not say from where its person comes. */
  locale: string;
  load: () => Promise<Words>;
}

export interface SpeakerOptions<Code extends string, Words> {
  languages: Record<Code, SpokenLanguage<Words>>;
  /** What is spoken where nothing else is asked for; its words are always there. */
  first: Code;
  /** From here on the page says these; null where they did not come, and the first ones hold. */
  speak: (words: Words | null, locale: string) => void;
  /** For a person: the language did not come. */
  noAnswer: () => string;
}

const KEY = 'thingwatch.language';

export class Speaker<Code extends string, Words> {
  readonly #options: SpeakerOptions<Code, Words>;
  /** Undefined until it was looked for. */
  #chosen: Code | null | undefined;
  #speech: Speech<Code>;
  readonly #listeners = new Set<() => void>();

  constructor(options: SpeakerOptions<Code, Words>) {
    this.#options = options;
    this.#speech = this.speechFor(null, []);
  }

  isLanguage(code: string | null): code is Code {
    return code !== null && Object.hasOwn(this.#options.languages, code);
  }

  /** `wanted`: what the phone's person reads, first things first, as `navigator.languages` has it. */
  speechFor(choice: Code | null, wanted: readonly string[]): Speech<Code> {
    const { first, languages } = this.#options;
    const codes = wanted.map((tag) => tag.toLowerCase().split('-')[0] ?? '');
    const code = choice ?? codes.find((known) => this.isLanguage(known)) ?? first;
    const own = wanted.find((tag) => tag.toLowerCase().startsWith(`${code}-`) && isLocale(tag));
    return { code, locale: own ?? languages[code].locale };
  }

  /** What was chosen by hand; null where the page follows the phone. */
  choice(): Code | null {
    if (this.#chosen === undefined) {
      const kept = readChoice();
      this.#chosen = this.isLanguage(kept) ? kept : null;
    }
    return this.#chosen;
  }

  /** What the page speaks, or is about to: its server is asked for sentences of its own in it too. */
  spoken(): Code {
    return this.#speech.code;
  }

  /** Resolves once the page can say its first word. Where the server is away and does not bring the language, it speaks the first. */
  async learn(): Promise<void> {
    this.#speech = this.speechFor(this.choice(), navigator.languages);
    const own = await this.#load(this.#speech.code);
    if (own === null) this.#speech = this.speechFor(this.#options.first, navigator.languages);
    this.#begin(own);
  }

  /** Null follows the phone again. Throws with words for a person where the language does not come; then nothing changes. */
  async choose(code: Code | null): Promise<void> {
    const before = this.choice();
    this.#chosen = code;
    const next = this.speechFor(code, navigator.languages);
    const own = await this.#load(next.code);
    // Another one was chosen meanwhile.
    if (this.#chosen !== code) return;
    if (own === null) {
      this.#chosen = before;
      throw new Error(this.#options.noAnswer());
    }
    writeChoice(code);
    this.#speech = next;
    this.#begin(own);
    for (const listener of [...this.#listeners]) listener();
  }

  /** Calls back after the language has changed. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  /** Shows what calls it anew after the language has changed, and what stands in it too. @returns the choice */
  useChoice(): Code | null {
    const [, setTurn] = useState(0);
    useEffect(() => this.onChange(() => setTurn((turn) => turn + 1)), []);
    return this.choice();
  }

  #load(code: Code): Promise<Words | null> {
    return this.#options.languages[code].load().catch(() => null);
  }

  #begin(own: Words | null): void {
    this.#options.speak(own, this.#speech.locale);
    document.documentElement.lang = this.#speech.code;
  }
}

/** Some browsers hand on what the machine calls its language: `en-US@posix`. */
function isLocale(tag: string): boolean {
  try {
    return Intl.DateTimeFormat.supportedLocalesOf(tag).length > 0;
  } catch {
    return false;
  }
}

/** A browser may forbid to keep anything: then a choice holds until the page is closed. */
function readChoice(): string | null {
  try {
    return localStorage.getItem(KEY);
  } catch {
    return null;
  }
}

function writeChoice(code: string | null): void {
  try {
    if (code === null) localStorage.removeItem(KEY);
    else localStorage.setItem(KEY, code);
  } catch {
    // Nothing is lost but comfort.
  }
}

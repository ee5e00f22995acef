// Answers that cost the database something: each is reckoned once for all who ask, and told for a while. An old one is told once more
// while it is reckoned anew, so that nobody waits but the first. Knows nothing of what they say.

interface Known<Answer> {
  at: number;
  answer: Promise<Answer>;
  isRenewed: boolean;
}

/** An answer that is older than so many times its time is waited for. */
const TOO_OLD = 6;

export class Kept<Answer> {
  readonly #ticks: () => number;
  readonly #forMs: number;
  readonly #answers = new Map<string, Known<Answer>>();

  /** `ticks`: monotonic milliseconds. */
  constructor({ ticks, forMs }: { ticks: () => number; forMs: number }) {
    this.#ticks = ticks;
    this.#forMs = forMs;
  }

  /** `key`: one of a few, never what somebody typed. What fails is not kept. */
  get(key: string, reckon: () => Promise<Answer>): Promise<Answer> {
    const known = this.#answers.get(key);
    const age = known === undefined ? Number.POSITIVE_INFINITY : this.#ticks() - known.at;
    if (known === undefined || age >= TOO_OLD * this.#forMs) return this.#begin(key, reckon);
    if (age >= this.#forMs && !known.isRenewed) this.#renew(key, known, reckon);
    return known.answer;
  }

  #begin(key: string, reckon: () => Promise<Answer>): Promise<Answer> {
    const begun = { at: this.#ticks(), answer: reckon(), isRenewed: false };
    this.#answers.set(key, begun);
    begun.answer.catch(() => {
      if (this.#answers.get(key) === begun) this.#answers.delete(key);
    });
    return begun.answer;
  }

  #renew(key: string, known: Known<Answer>, reckon: () => Promise<Answer>): void {
    known.isRenewed = true;
    const at = this.#ticks();
    reckon().then(
      (answer) => {
        if (this.#answers.get(key) === known)
          this.#answers.set(key, { at, answer: Promise.resolve(answer), isRenewed: false });
      },
      () => {
        known.isRenewed = false;
      },
    );
  }
}

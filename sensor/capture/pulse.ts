// How long something has given no sign of life, counted in turns of one's own: time in which this process did not run itself
// (stopped, asleep with the machine, at work on something long) is laid to nobody else. It judges nothing.

export class Pulse {
  readonly #every: number;
  readonly #timer: NodeJS.Timeout;
  #turns = 0;

  /** Every so many ms `onTurn` is told for how many ms there was none; until `stop`. */
  constructor(every: number, onTurn: (quiet: number) => void) {
    this.#every = every;
    this.#timer = setInterval(() => {
      this.#turns++;
      onTurn(this.quiet);
    }, every);
  }

  /** A sign of life. */
  beat(): void {
    this.#turns = 0;
  }

  /** Milliseconds without one, of this process's own. */
  get quiet(): number {
    return this.#turns * this.#every;
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}

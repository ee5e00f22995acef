// Levelled lines with the room's name, on standard error. Never a secret, never text from the wire that was not cleaned.

export const LOG_LEVELS = ['debug', 'info', 'warn', 'error'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

export interface Log {
  debug(message: string): void;
  info(message: string): void;
  warn(message: string): void;
  error(message: string): void;
}

/** Takes one finished line, without its newline. */
export type LogSink = (line: string, level: LogLevel) => void;

/** Lines of one room and level within a minute. What the network sends must not fill the card with words. */
const LINES_A_MINUTE = 60;
const MINUTE = 60_000;

/**
 * A log for one room; lines below `threshold` are dropped, and what is too much of one level is counted in place of being told,
 * except at `debug`. `now` gives wall time in milliseconds.
 */
export function createLog(room: string, sink: LogSink, threshold: LogLevel, now: () => number): Log {
  const write = (level: LogLevel) => {
    const put = (message: string) =>
      sink(`${new Date(now()).toISOString()} ${level.padEnd(5)} ${room}: ${message}`, level);
    const limit = new LineLimit((more) => put(`and ${more} more lines within a minute that are not shown`));
    return (message: string) => {
      if (LOG_LEVELS.indexOf(level) < LOG_LEVELS.indexOf(threshold)) return;
      if (level === 'debug' || limit.allows(now())) put(message);
    };
  };
  return { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') };
}

class LineLimit {
  readonly #onDropped: (count: number) => void;
  #since = Number.NEGATIVE_INFINITY;
  #lines = 0;

  /** `onDropped` is told how many were too much, when the next minute begins with a line. */
  constructor(onDropped: (count: number) => void) {
    this.#onDropped = onDropped;
  }

  allows(time: number): boolean {
    if (time - this.#since >= MINUTE || time < this.#since) {
      const dropped = this.#lines - LINES_A_MINUTE;
      this.#since = time;
      this.#lines = 0;
      if (dropped > 0) this.#onDropped(dropped);
    }
    this.#lines++;
    return this.#lines <= LINES_A_MINUTE;
  }
}

/** The newest lines, for the page's sensor view; bounded. */
export class LogTail {
  readonly #lines: string[] = [];
  readonly #limit: number;

  constructor(limit: number) {
    this.#limit = limit;
  }

  push(line: string): void {
    this.#lines.push(line);
    if (this.#lines.length > this.#limit) this.#lines.shift();
  }

  lines(): string[] {
    return [...this.#lines];
  }
}

/** For tests and libraries that need a log and want none. */
export const silentLog: Log = { debug() {}, info() {}, warn() {}, error() {} };

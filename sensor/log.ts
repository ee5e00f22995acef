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

/** A log for one room; lines below `threshold` are dropped. `now` gives wall time in milliseconds. */
export function createLog(room: string, sink: LogSink, threshold: LogLevel, now: () => number): Log {
  const write = (level: LogLevel) => (message: string) => {
    if (LOG_LEVELS.indexOf(level) < LOG_LEVELS.indexOf(threshold)) return;
    sink(`${new Date(now()).toISOString()} ${level.padEnd(5)} ${room}: ${message}`, level);
  };
  return { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') };
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

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

/** Lines of one kind within a minute. What the network sends must not fill the card with words … */
const LINES_A_MINUTE = 20;
const MINUTE = 60_000;
/** … and a flood of one kind must not hide another. Kinds of one room and level that are told apart; the rest count as one. */
const KINDS = 64;
const REST = 'others';
/** A kind is known by so many words, each of them a plain one: names, numbers and addresses come later or are none. */
const KIND_WORDS = 3;
const PLAIN_WORD = /^\[?[a-z]{1,20}\]?$/;

export interface LogOptions {
  sink: LogSink;
  /** Lines below it are dropped. */
  threshold: LogLevel;
  /** Wall time, ms. */
  now(): number;
  /** Called once, when a line was left out: has `flush` called at the end of the program. */
  atEnd?(flush: () => void): void;
}

/**
 * The log of a program, a room at a time. What is too much of one kind is counted in place of being told, except at `debug`; how
 * many that were is told within a minute, and at the end.
 */
export class LogBook {
  readonly #options: LogOptions;
  readonly #limits: LineLimit[] = [];
  #timer: NodeJS.Timeout | null = null;
  #endIsAsked = false;

  constructor(options: LogOptions) {
    this.#options = options;
  }

  room(name: string): Log {
    const { now, sink, threshold } = this.#options;
    const write = (level: LogLevel) => {
      const put = (message: string) =>
        sink(`${new Date(now()).toISOString()} ${level.padEnd(5)} ${name}: ${message}`, level);
      if (LOG_LEVELS.indexOf(level) < LOG_LEVELS.indexOf(threshold)) return () => {};
      if (level === 'debug') return put;
      const limit = new LineLimit(put);
      this.#limits.push(limit);
      return (message: string) => {
        if (limit.allows(message, now())) put(message);
        else this.#tellLater();
      };
    };
    return { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') };
  }

  /** Tells how many lines were left out and not told of yet. */
  flush(): void {
    for (const limit of this.#limits) limit.flush();
  }

  #tellLater(): void {
    if (!this.#endIsAsked) this.#options.atEnd?.(() => this.flush());
    this.#endIsAsked = true;
    this.#timer ??= setTimeout(() => {
      this.#timer = null;
      this.flush();
    }, MINUTE).unref();
  }
}

/** One room's log by itself. */
export function createLog(room: string, sink: LogSink, threshold: LogLevel, now: () => number): Log {
  return new LogBook({ sink, threshold, now }).room(room);
}

/** What a line is about: its first words, up to where foreign text begins. */
function kindOf(message: string): string {
  const words: string[] = [];
  for (let at = 0; at < message.length && words.length < KIND_WORDS; ) {
    const space = message.indexOf(' ', at);
    const end = space < 0 ? message.length : space;
    const isLast = message[end - 1] === ':';
    const word = message.slice(at, isLast ? end - 1 : end);
    words.push(PLAIN_WORD.test(word) ? word : '…');
    if (isLast) break;
    at = end + 1;
  }
  return words.join(' ');
}

interface Kind {
  since: number;
  lines: number;
}

class LineLimit {
  readonly #put: (message: string) => void;
  readonly #kinds = new Map<string, Kind>();

  constructor(put: (message: string) => void) {
    this.#put = put;
  }

  allows(message: string, time: number): boolean {
    const found = kindOf(message);
    const name = this.#kinds.has(found) || this.#kinds.size < KINDS ? found : REST;
    let kind = this.#kinds.get(name);
    if (kind === undefined) {
      kind = { since: time, lines: 0 };
      this.#kinds.set(name, kind);
    }
    if (time - kind.since >= MINUTE || time < kind.since) {
      this.#tellDropped(name, kind);
      kind.since = time;
      kind.lines = 0;
    }
    kind.lines++;
    return kind.lines <= LINES_A_MINUTE;
  }

  flush(): void {
    for (const [name, kind] of this.#kinds) this.#tellDropped(name, kind);
  }

  #tellDropped(name: string, kind: Kind): void {
    const dropped = kind.lines - LINES_A_MINUTE;
    if (dropped <= 0) return;
    kind.lines = LINES_A_MINUTE;
    this.#put(`and ${dropped} more lines within a minute that are not shown: ${name}`);
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

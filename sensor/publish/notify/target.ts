// Empties one target's part of the outbox into it, one message after the other, with pauses of its own where it does not take them:
// no other target and no broker waits for it. What quiet hours held back goes as one message when they end. A row goes in the very
// callback of the answer that takes the message, so that only a crash between the two can repeat one, and then with the same id.
import type { Words } from '../../language/words.ts';
import type { Log } from '../../log.ts';
import type { NotifyHealth } from '../../record/health.ts';
import type { OutboxMessage } from '../../record/outbox.ts';
import { Alarm } from '../alarm.ts';
import type { OutboxStore, Timers } from '../ports.ts';
import { answerFault, callFault, pauseAfter, type TargetFault } from './faults.ts';
import { callHttp } from './http-call.ts';
import { digestNotice } from './notice.ts';
import { isTaken, questionFor } from './questions.ts';
import { isQuiet, quietFor, quietUntil } from './quiet-hours.ts';
import type { Notice, NotifyTarget } from './shapes.ts';

export interface TargetOptions {
  target: NotifyTarget;
  queue: OutboxStore;
  /** Where a phone can open the page; null where none can. */
  pageUrl: string | null;
  version: string;
  words: Words;
  timers: Timers;
  /** Wall time, ms. */
  now(): number;
  /** 0 ≤ x < 1. */
  random(): number;
  log: Log;
  /** Of a phone: its push service knows it no more. */
  gone?(): void;
  /** As ANSWER_WITHIN_MS unless told. */
  within?: number;
}

/** As many as the outbox holds of one. */
const ALL = 500;
/** A clock may be set: how long is waited for the end of quiet hours before it is looked again, ms. */
const LOOK_AGAIN_MS = 60_000;
/** What waits since longer is no longer of the night before, ms. */
const OF_LATE_MS = 7 * 24 * 60 * 60_000;
/** What is on its way at the end may arrive within this, ms. */
const FAREWELL_MS = 2_000;

interface Waiting {
  notice: Notice;
  /** Rows that are taken with it. */
  rows: string[];
  isStored: boolean;
}

export class Target {
  readonly #options: TargetOptions;
  readonly #abort = new AbortController();
  /** The target has something against these; they are given up once it takes another. */
  readonly #refused = new Set<string>();
  /** Found too long: they go without what is not needed. */
  readonly #shortened = new Set<string>();
  #sending: Promise<void> | null = null;
  readonly #pause: Alarm;
  /** That no message of the moment may go. */
  #isHeld = false;
  #failures = 0;
  #fault: TargetFault | null = null;
  #lastTakenAt: number | null = null;
  #stopped = false;

  constructor(options: TargetOptions) {
    this.#options = options;
    this.#pause = new Alarm(options.timers);
  }

  /** Call it when there may be something new. */
  drain(): void {
    // What is held may be urgent now.
    if (this.#isHeld) this.#endPause();
    if (this.#stopped || this.#sending !== null || this.#pause.isSet) return;
    const next = this.#next();
    if (next === null) {
      this.#hold();
      return;
    }
    this.#sending = this.#send(next).finally(() => {
      this.#sending = null;
      this.drain();
    });
  }

  /** A person waits for it: one that is left alone for now is asked all the same, unless it wanted to be. */
  drainNow(): void {
    if (this.#fault?.kind !== 'busy') this.#endPause();
    this.drain();
  }

  health(): NotifyHealth {
    const { queue, target } = this.#options;
    return {
      name: target.name,
      kind: target.kind,
      host: target.url.host,
      error: this.#fault?.text ?? null,
      waiting: queue.size(),
      heldUntil: this.#isHeld && target.quiet !== null ? quietUntil(target.quiet) : null,
      dropped: queue.dropped(),
      lastTakenAt: this.#lastTakenAt,
    };
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#endPause();
    const { timers } = this.#options;
    const late = timers.set(FAREWELL_MS, () => this.#abort.abort());
    await this.#sending;
    timers.clear(late);
  }

  /** In quiet hours what is critical, or a test that a person waits for; else the oldest, with what else was held back. */
  #next(): Waiting | null {
    const { now, queue, target } = this.#options;
    const quiet = target.quiet !== null && isQuiet(target.quiet, now());
    for (const message of queue.peek(quiet ? ALL : 1 + this.#refused.size)) {
      if (this.#refused.has(message.id)) continue;
      const notice = readNotice(message.payload);
      if (notice === null) queue.remove(message.id);
      else if (!quiet && this.#wasHeld(message, notice)) return this.#digest();
      else if (!quiet || isUrgent(notice)) return { notice, rows: [message.id], isStored: message.stored !== false };
    }
    return null;
  }

  /** A program, which a webhook is, wants each by itself. */
  #wasHeld({ createdAt }: OutboxMessage, notice: Notice): boolean {
    const { now, target } = this.#options;
    if (target.quiet === null || target.kind === 'webhook' || isUrgent(notice) || notice.change === 'week')
      return false;
    return now() - createdAt < OF_LATE_MS && isQuiet(target.quiet, createdAt);
  }

  /** All that was held back; one alone as it is. */
  #digest(): Waiting {
    const { pageUrl, queue, words } = this.#options;
    const held = queue.peek(ALL).flatMap((message) => {
      const notice = this.#refused.has(message.id) ? null : readNotice(message.payload);
      return notice !== null && this.#wasHeld(message, notice) ? { message, notice } : [];
    });
    const notices = held.map(({ notice }) => notice);
    return {
      notice: notices.length === 1 ? (notices[0] as Notice) : digestNotice(words, notices, pageUrl),
      rows: held.map(({ message }) => message.id),
      isStored: held.every(({ message }) => message.stored !== false),
    };
  }

  async #send({ isStored, notice, rows }: Waiting): Promise<void> {
    const { now, queue, target, version, within, words } = this.#options;
    const { id } = notice;
    const isShort = this.#shortened.has(id);
    const question = questionFor(target, notice, { isShort, isStored, now: now(), version, words });
    let fault: TargetFault;
    try {
      const answer = await callHttp({ ...question, ca: target.ca, signal: this.#abort.signal }, within);
      if (isTaken(target, answer)) {
        queue.remove(...rows);
        this.#taken(id);
        return;
      }
      fault = answerFault(target, answer, now());
    } catch (error) {
      fault = callFault(target, error);
    }
    if (fault.kind === 'long' && !isShort) this.#shortened.add(id);
    else this.#failed(fault, rows);
  }

  #taken(id: string): void {
    const { log, now, queue, target } = this.#options;
    if (this.#fault !== null) log.info(`${labelOf(target)} takes alerts again`);
    this.#lastTakenAt = now();
    this.#failures = 0;
    this.#fault = null;
    this.#shortened.delete(id);
    if (this.#refused.size === 0) return;
    log.error(`${labelOf(target)} takes other alerts, so ${this.#refused.size} that it does not take are given up`);
    queue.remove(...this.#refused);
    this.#refused.clear();
    this.#shortened.clear();
  }

  #failed(fault: TargetFault, rows: readonly string[]): void {
    if (this.#stopped) return;
    const { gone, log, queue, random, target } = this.#options;
    if (fault.kind === 'gone') {
      log.warn(`${labelOf(target)}: ${fault.text}`);
      this.#stopped = true;
      gone?.();
      return;
    }
    if (this.#fault?.text !== fault.text)
      log.warn(`${labelOf(target)}: ${fault.text}; alerts for it wait and are tried again`);
    this.#fault = fault;
    const isOfMessage = fault.kind === 'message' || fault.kind === 'long';
    if (isOfMessage) {
      for (const row of rows) this.#refused.add(row);
      // Whether it is the message or the target, the next one shows.
      if (queue.size() > this.#refused.size) return;
      this.#refused.clear();
    }
    this.#failures++;
    this.#wait(pauseAfter(fault, this.#failures, random()), false);
  }

  /** Nothing may go now: until quiet hours end, where something waits for that. */
  #hold(): void {
    const { now, queue, target } = this.#options;
    if (this.#refused.size > 0) {
      this.#refused.clear();
      this.#wait(LOOK_AGAIN_MS, false);
      return;
    }
    if (target.quiet === null || queue.size() === 0) return;
    this.#wait(Math.min(LOOK_AGAIN_MS, quietFor(target.quiet, now())), true);
  }

  #wait(milliseconds: number, isHeld: boolean): void {
    this.#isHeld = isHeld;
    this.#pause.set(milliseconds, () => this.#again());
  }

  #again(): void {
    this.#endPause();
    this.drain();
  }

  #endPause(): void {
    this.#pause.clear();
    this.#isHeld = false;
  }
}

/** Goes through in quiet hours. */
function isUrgent({ severity, test }: Notice): boolean {
  return test || severity === 'critical';
}

/** `phone (ntfy at ntfy.sh)`. */
function labelOf({ kind, name, url }: NotifyTarget): string {
  return `${name} (${kind} at ${url.host})`;
}

/** Null for what this version cannot read. */
function readNotice(payload: string): Notice | null {
  try {
    const notice = JSON.parse(payload) as Notice;
    return notice.schema === 'thingwatch.alert/1' ? notice : null;
  } catch {
    return null;
  }
}

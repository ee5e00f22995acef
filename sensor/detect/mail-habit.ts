// What a device's mail looks like as a whole: how many servers and recipients within thirty days, and the largest burst.
// Bounded; detect/mail.ts asks it after every attempt.
import { z } from 'zod';
import type { IpAddress } from '../decode/packet.ts';
import { lazily } from '../lazily.ts';
import { FAN_OUT_SERVERS, type MailPortClass } from './mail-ladder.ts';

/** Servers and recipients count together within this time (ms). */
const MEMORY = 30 * 24 * 60 * 60_000;
/** A burst is what happens within this time (ms) of its first attempt. */
const BURST = 10 * 60_000;
/** Fewer attempts are no burst. */
const BURST_ATTEMPTS = 20;
/** After a silence this long (ms) an earlier burst no longer stands for what happens now. */
const FORGET_BURST = 24 * 60 * 60_000;
/** Servers told apart within one burst. */
const BURST_SERVERS = 1024;

export interface Burst {
  attempts: number;
  servers: number;
  minutes: number;
  /** No attempt in the day before it. */
  silentBefore: boolean;
}

const classHabit = lazily(() =>
  z.object({
    /** Server and packet time of the last attempt. */
    servers: z.array(z.tuple([z.string(), z.number()])).max(FAN_OUT_SERVERS),
    recipients: z.number(),
    /** When recipients began to be counted. */
    since: z.number(),
  }),
);
const habitShape = lazily(() => {
  const habit = classHabit().optional();
  const ports = { '25': habit, submission: habit, odd: habit };
  return z.object({ ...ports, inner: z.record(z.string(), z.object(ports)).optional() });
});

/** Addresses behind one MAC that are told apart; beyond that the oldest gives way. */
const INNER = 32;

export type ClassHabit = z.infer<ReturnType<typeof classHabit>>;
/** By port class. */
export type PortHabit = Partial<Record<MailPortClass, ClassHabit>>;
/** Of a device, and of addresses behind it that have no MAC of their own. */
export type MailHabit = PortHabit & { inner?: Record<IpAddress, PortHabit> };

export function readHabit(value: unknown): MailHabit | null {
  const read = habitShape().safeParse(value);
  return read.success ? (read.data as MailHabit) : null;
}

/** The habit of the device itself, or of an address behind it. */
export function habitAt(habit: MailHabit, inner: IpAddress | undefined): PortHabit {
  if (inner === undefined) return habit;
  habit.inner ??= {};
  const known = habit.inner[inner] ?? {};
  habit.inner[inner] = known;
  const [oldest, ...others] = Object.keys(habit.inner);
  if (oldest !== undefined && others.length >= INNER) delete habit.inner[oldest];
  return known;
}

/** An attempt at `server`; returns the habit, and whether it changed in what has to be stored. */
export function noteServer(habit: PortHabit, portClass: MailPortClass, server: string, time: number): ClassHabit {
  const known = habitOf(habit, portClass, time);
  known.servers = known.servers.filter(([name, seen]) => name !== server && time - seen < MEMORY);
  known.servers.push([server, time]);
  if (known.servers.length > FAN_OUT_SERVERS) known.servers.shift();
  return known;
}

export function noteRecipients(habit: PortHabit, portClass: MailPortClass, count: number, time: number): ClassHabit {
  const known = habitOf(habit, portClass, time);
  if (time - known.since >= MEMORY) {
    known.since = time;
    known.recipients = 0;
  }
  known.recipients += count;
  return known;
}

function habitOf(habit: PortHabit, portClass: MailPortClass, time: number): ClassHabit {
  habit[portClass] ??= { servers: [], recipients: 0, since: time };
  return habit[portClass];
}

/** The burst in progress, and the largest since the device was silent for a day. */
export class BurstCounter {
  #startedAt = Number.NEGATIVE_INFINITY;
  #lastAt = Number.NEGATIVE_INFINITY;
  #attempts = 0;
  #servers = new Set<string>();
  #silentBefore = true;
  #largest = 0;

  /** An attempt. Returns the burst when it is the largest so far, null while there is none. */
  attempt(server: string, time: number): Burst | null {
    if (time - this.#startedAt >= BURST || time < this.#startedAt) this.#begin(time);
    this.#lastAt = time;
    this.#attempts++;
    if (this.#servers.size < BURST_SERVERS) this.#servers.add(server);
    if (this.#attempts < BURST_ATTEMPTS || this.#attempts <= this.#largest) return null;
    this.#largest = this.#attempts;
    const minutes = Math.max(1, Math.ceil((time - this.#startedAt) / 60_000));
    return { attempts: this.#attempts, servers: this.#servers.size, minutes, silentBefore: this.#silentBefore };
  }

  /** The clock was put right by so many ms. */
  moveTime(by: number): void {
    this.#startedAt += by;
    this.#lastAt += by;
  }

  #begin(time: number): void {
    this.#silentBefore = time - this.#lastAt >= FORGET_BURST;
    if (this.#silentBefore) this.#largest = 0;
    this.#startedAt = time;
    this.#attempts = 0;
    this.#servers = new Set();
  }
}

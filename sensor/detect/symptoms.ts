// What people notice of an infected thing, as far as a cable shows it: it talks all the time, to many, often, and answers
// slowly. Each measure is held against the same device's last two weeks. Supporting evidence only: info, never an alert.
import { LRUCache } from 'lru-cache';
import { atMost } from '../attribute/at-most.ts';
import type { Connection, Way } from '../attribute/connection.ts';
import { type Device, LIMITS } from '../attribute/device.ts';
import type { TimeMove } from '../attribute/time-move.ts';
import type { DnsMessage } from '../decode/dns.ts';
import type { IpAddress, Mac, Packet } from '../decode/packet.ts';
import { count, fields, listOf, oneOf, orNothing, orNull, truth } from '../plain-data.ts';
import type { Detector, Surroundings } from './detector.ts';
import { DeviceMemory } from './memory.ts';
import { addToMedian, deviation, median, medianOf, newStreamMedian } from './statistics.ts';

const MINUTE = 60_000;
const SLOT = 5 * MINUTE;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const SLOTS = DAY / SLOT;
/** Bits of one stored number. */
const WORD = 24;
const HISTORY_DAYS = 14;
/** Fewer days are no habit. */
const DAYS_NEEDED = 7;
/** Fewer answers on a day say nothing of its speed. */
const RESPONSES_NEEDED = 20;
/** Destinations told apart within one hour. */
const DESTINATIONS = 1024;
/** A device that does nothing for this long (ms) after an answer was not waiting for it. */
const LONGEST_RESPONSE = 5000;
/** How many deviations above the usual are no chance: six leave a device alone for years. */
const DEVIATIONS = 6;

type Measure = 'always-on' | 'destinations' | 'connections' | 'slow';

/**
 * Beyond the deviations a value must also be `least`, `times` the usual and `more` than it, as a device that does the same
 * every day has no deviation at all.
 */
const RULES: Record<Measure, { least: number; times: number; more: number }> = {
  // Share of the day's five-minute slots: half the day, and six hours more than usual.
  'always-on': { least: 0.5, times: 1, more: 0.25 },
  // Distinct addresses in one hour: a thing has a handful of backends; a scan or a mailer has hundreds.
  destinations: { least: 20, times: 4, more: 15 },
  // New connections in one hour: one a minute is a busy thing.
  connections: { least: 60, times: 4, more: 45 },
  // Milliseconds: what a person would feel.
  slow: { least: 60, times: 3, more: 50 },
};

interface Day {
  share: number;
  destinations: number;
  connections: number;
  slow: number | null;
}

interface Habit {
  /** Days since 1970. */
  day: number;
  /** The first day is never whole: it is no measure of others. */
  isFirstDay: boolean;
  slots: number[];
  hour: number;
  connections: number;
  /** Of the busiest hour of the day so far. */
  most: { destinations: number; connections: number };
  response: { count: number; heights: number[]; positions: number[] };
  history: Day[];
  /** Told today. */
  told: Measure[];
}

const readHabit = fields<Habit>({
  day: count,
  isFirstDay: truth,
  slots: listOf(count, (length) => length === SLOTS / WORD),
  hour: count,
  connections: count,
  most: fields<Habit['most']>({ destinations: count, connections: count }),
  response: fields<Habit['response']>({
    count,
    heights: listOf(count, (length) => length <= 5),
    positions: listOf(count, (length) => length === 5),
  }),
  history: listOf(
    fields<Day>({ share: count, destinations: count, connections: count, slow: orNull(count) }),
    (length) => length <= HISTORY_DAYS,
  ),
  told: listOf(oneOf('always-on', 'destinations', 'connections', 'slow')),
});

export class SymptomDetector implements Detector {
  readonly name = 'symptoms';
  readonly ways: readonly Way[] = ['outbound', 'local'];
  readonly memory: DeviceMemory<Habit>;
  readonly #around: Surroundings;
  /** Destinations of the hour in progress, by device; a restart begins the hour anew. */
  readonly #destinations = new LRUCache<Mac, Set<IpAddress>>(atMost(LIMITS.devices));
  /** When a device got the last answer to a DNS question it had asked; null once it has connected since. */
  readonly #answeredAt = new LRUCache<Mac, { time: number | null }>(atMost(LIMITS.devices));

  constructor(around: Surroundings) {
    this.#around = around;
    this.memory = new DeviceMemory(orNothing(readHabit), around.devices);
  }

  opened(device: Device, connection: Connection, time: number): void {
    if (connection.way !== 'outbound' || this.#isPersons(device) || !this.#around.devices.isKept(device.mac)) return;
    const habit = this.#habitOf(device, time);
    habit.connections++;
    const seen = this.#destinationsOf(device.mac);
    if (seen.size < DESTINATIONS) seen.add(connection.responderIp);
    habit.most.connections = Math.max(habit.most.connections, habit.connections);
    habit.most.destinations = Math.max(habit.most.destinations, seen.size);
    this.#occupy(habit, time);
    this.#judge(device, habit, 'connections', habit.connections, time);
    this.#judge(device, habit, 'destinations', seen.size, time);
    this.#respondedTo(device, habit, time);
  }

  /** A neighbour's SYN was answered: how long the device took. */
  settled(_device: Device, connection: Connection, time: number): void {
    const { openedAt, outcome, outcomeBefore, receivedBy, way } = connection;
    if (way !== 'local' || outcome !== 'connected' || outcomeBefore !== null || receivedBy === null) return;
    const responder = this.#around.devices.get(receivedBy);
    if (responder === undefined || this.#isPersons(responder)) return;
    this.#response(responder, this.#habitOf(responder, time), time - openedAt, time);
  }

  ended(device: Device, connection: Connection, time: number): void {
    if (connection.way === 'outbound' && !this.#isPersons(device)) this.#occupy(this.#habitOf(device, time), time);
  }

  /** From the answer on it is the device's own time; the resolver's is none of it. */
  dns(message: DnsMessage, { destinationMac }: Packet, _device: Device | null, time: number): void {
    if (!message.response || destinationMac === null) return;
    const answered = this.#answeredAt.get(destinationMac);
    if (answered === undefined) this.#answeredAt.set(destinationMac, { time });
    else answered.time = time;
  }

  /** The day goes on under its right name; one that the clock was put forward in was not watched as a whole. */
  moveTime({ by, since, until }: TimeMove): void {
    const now = until + by;
    const [day, hour] = [Math.floor(now / DAY), Math.floor(now / HOUR)];
    for (const [mac, habit] of this.memory.entries()) {
      if (habit.hour < Math.floor(since / HOUR)) continue;
      Object.assign(habit, habit.day === day ? { hour } : { ...newHabit(day, hour), history: habit.history });
      this.memory.mark(mac);
    }
    for (const answered of this.#answeredAt.values()) if (answered.time !== null) answered.time += by;
  }

  #respondedTo(device: Device, habit: Habit, time: number): void {
    const answered = this.#answeredAt.get(device.mac);
    if (answered === undefined || answered.time === null) return;
    const waited = time - answered.time;
    answered.time = null;
    this.#response(device, habit, waited, time);
  }

  #response(device: Device, habit: Habit, milliseconds: number, time: number): void {
    if (milliseconds < 0 || milliseconds > LONGEST_RESPONSE) return;
    addToMedian(habit.response, milliseconds);
    if (habit.response.count >= RESPONSES_NEEDED) this.#judge(device, habit, 'slow', medianOf(habit.response), time);
  }

  #occupy(habit: Habit, time: number): void {
    const slot = Math.floor((time % DAY) / SLOT);
    const word = Math.floor(slot / WORD);
    habit.slots[word] = (habit.slots[word] ?? 0) | (1 << (slot % WORD));
  }

  /** People use a computer as they like: it has no habit to stray from. */
  #isPersons(device: Device): boolean {
    return device.role !== 'device' || this.#around.knowledge.isGeneralPurpose(device);
  }

  #habitOf(device: Device, time: number): Habit {
    const [day, hour] = [Math.floor(time / DAY), Math.floor(time / HOUR)];
    const habit = this.memory.of(device.mac, () => newHabit(day, hour));
    if (habit.hour === hour) return habit;
    habit.hour = hour;
    habit.connections = 0;
    this.#destinations.delete(device.mac);
    if (habit.day !== day) this.#nextDay(device, habit, day, time);
    // Once an hour is enough for the card; what a restart costs is the hour in progress.
    this.memory.mark(device.mac);
    return habit;
  }

  #nextDay(device: Device, habit: Habit, day: number, time: number): void {
    const share = habit.slots.reduce((sum, word) => sum + bitsOf(word), 0) / SLOTS;
    if (!habit.isFirstDay) {
      this.#judge(device, habit, 'always-on', share, time);
      const slow = habit.response.count >= RESPONSES_NEEDED ? medianOf(habit.response) : null;
      const { connections, destinations } = habit.most;
      habit.history = habit.history.concat([{ share, destinations, connections, slow }]).slice(-HISTORY_DAYS);
    }
    Object.assign(habit, { ...newHabit(day, habit.hour), isFirstDay: false, history: habit.history });
  }

  #destinationsOf(mac: Mac): Set<IpAddress> {
    let seen = this.#destinations.get(mac);
    if (seen === undefined) {
      seen = new Set();
      this.#destinations.set(mac, seen);
    }
    return seen;
  }

  #judge(device: Device, habit: Habit, measure: Measure, value: number, time: number): void {
    const { least, more, times } = RULES[measure];
    if (value < least || habit.told.includes(measure)) return;
    const days = habit.history.flatMap((past) => dayValue(past, measure) ?? []);
    if (days.length < DAYS_NEEDED) return;
    const usual = median(days);
    if (value < usual * times || value < usual + Math.max(more, DEVIATIONS * deviation(days))) return;
    habit.told.push(measure);
    this.memory.mark(device.mac);
    this.#around.found(
      {
        kind: 'symptom',
        severity: 'info',
        device: device.mac,
        portClass: measure,
        time,
        effect: 'opens',
        destination: null,
        evidence: { measure, value: rounded(value), usual: rounded(usual), days: days.length },
        first: {},
        add: {},
      },
      device,
    );
  }
}

function newHabit(day: number, hour: number): Habit {
  return {
    day,
    isFirstDay: true,
    slots: Array.from({ length: SLOTS / WORD }, () => 0),
    hour,
    connections: 0,
    most: { destinations: 0, connections: 0 },
    response: newStreamMedian(),
    history: [],
    told: [],
  };
}

function dayValue(past: Day, measure: Measure): number | null {
  return measure === 'always-on' ? past.share : past[measure];
}

function bitsOf(word: number): number {
  let count = 0;
  for (let rest = word; rest !== 0; rest &= rest - 1) count++;
  return count;
}

function rounded(value: number): number {
  return Math.round(value * 100) / 100;
}

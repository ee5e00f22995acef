// A device's connections and mail attempts, hour by hour, a month back. They are what there is most of in a home's memory, so they
// lie as plain numbers in one array: an object for each hour takes five times as much.

export interface ActivityHour {
  /** Hours since 1970. */
  hour: number;
  connections: number;
  mailAttempts: number;
}

/** So many hours are kept: 31 days. */
export const ACTIVITY_HOURS = 31 * 24;
/** Numbers of one hour, in this order. None reaches 2³². */
const HOUR = 0;
const CONNECTIONS = 1;
const MAIL_ATTEMPTS = 2;
const WIDTH = 3;
/** Hours that there is room for at first, and that it grows by: most addresses of a flood never have more than one. */
const FIRST_ROOM = 4;
const MORE_ROOM = 24;

const NOTHING = new Uint32Array(0);

/** Hours in which something was counted, oldest first. What it hands out are copies. */
export class Activity implements Iterable<ActivityHour> {
  #numbers = NOTHING;
  /** Of hours in use. */
  #length = 0;

  /** `hours`: oldest first. */
  constructor(hours: Iterable<ActivityHour> = []) {
    this.add(hours);
  }

  *[Symbol.iterator](): Generator<ActivityHour> {
    for (let at = 0; at < this.#length; at++) yield this.#at(at);
  }

  /** What was counted in `hour`, if anything. */
  of(hour: number): ActivityHour | undefined {
    const at = this.#find(hour);
    return at < 0 ? undefined : this.#at(at);
  }

  /** Later ones than there are, oldest first. */
  add(hours: Iterable<ActivityHour>): void {
    for (const { connections, hour, mailAttempts } of hours) this.#append(hour, connections, mailAttempts);
  }

  /** One more in `hour`; in the last one, where `hour` is before that and was not kept. */
  count(hour: number, what: 'connections' | 'mailAttempts'): void {
    const last = this.#length - 1;
    if (last < 0 || this.#number(last, HOUR) < hour) {
      this.#append(hour, 0, 0);
      this.#forgetBefore(hour - ACTIVITY_HOURS + 1);
    }
    const known = this.#find(hour);
    const at = known < 0 ? this.#length - 1 : known;
    const number = at * WIDTH + (what === 'connections' ? CONNECTIONS : MAIL_ATTEMPTS);
    this.#numbers[number] = (this.#numbers[number] ?? 0) + 1;
  }

  #append(hour: number, connections: number, mailAttempts: number): void {
    const end = this.#length * WIDTH;
    if (end === this.#numbers.length) {
      const larger = new Uint32Array(end + WIDTH * (end === 0 ? FIRST_ROOM : MORE_ROOM));
      larger.set(this.#numbers);
      this.#numbers = larger;
    }
    this.#numbers[end + HOUR] = hour;
    this.#numbers[end + CONNECTIONS] = connections;
    this.#numbers[end + MAIL_ATTEMPTS] = mailAttempts;
    this.#length++;
  }

  #forgetBefore(hour: number): void {
    let gone = Math.max(0, this.#length - ACTIVITY_HOURS);
    while (gone < this.#length && this.#number(gone, HOUR) < hour) gone++;
    this.#numbers.copyWithin(0, gone * WIDTH, this.#length * WIDTH);
    this.#length -= gone;
  }

  /** Mostly it is the last. */
  #find(hour: number): number {
    let at = this.#length - 1;
    while (at >= 0 && this.#number(at, HOUR) !== hour) at--;
    return at;
  }

  #at(at: number): ActivityHour {
    return {
      hour: this.#number(at, HOUR),
      connections: this.#number(at, CONNECTIONS),
      mailAttempts: this.#number(at, MAIL_ATTEMPTS),
    };
  }

  #number(at: number, which: number): number {
    return this.#numbers[at * WIDTH + which] ?? 0;
  }
}

// The one door to the fleet, for a home that is in one: its enrolment, what it is told, and the connection there. Loaded only where
// the configuration names an enrolment. Belongs to main.ts.
import type { FleetReport } from '../../web/ports.ts';
import { Home } from '../attribute/home.ts';
import { PrivateThings } from '../attribute/private-things.ts';
import { EXIT } from '../cli.ts';
import type { Config } from '../config.ts';
import type { FleetBooks } from '../fleet/books.ts';
import { ContactBook } from '../fleet/contact.ts';
import { DAYS_KEY, DayBook } from '../fleet/day-book.ts';
import type { Enrolment } from '../fleet/enrolment.ts';
import { membershipOf } from '../fleet/membership.ts';
import type { Extent } from '../fleet/plan.ts';
import { EnrolmentError, readEnrolment } from '../fleet/read-enrolment.ts';
import type { FleetRecord } from '../fleet/record.ts';
import { Reporter } from '../fleet/report.ts';
import { Slices } from '../fleet/steps.ts';
import { recordTopic } from '../fleet/topics.ts';
import { Uplink } from '../fleet/uplink.ts';
import { Warnings } from '../fleet/warnings.ts';
import { isWithdrawn } from '../fleet/withdrawn.ts';
import type { Log } from '../log.ts';
import { systemTimers } from '../publish/ports.ts';
import type { IncidentEvent } from '../record/events.ts';
import type { FleetHealth } from '../record/health.ts';
import { FLEET_TARGET } from '../record/outbox.ts';
import { type Spine, shippedNotes } from '../spine.ts';
import { EdgeError } from './edge-error.ts';
import { systemAuthorities } from './system-authorities.ts';

const SECOND = 1000;
/** All is looked through for what is to be told so often, also for counts whose hour has come. */
const ALL_EVERY = 5 * 60 * SECOND;
/** An incident is told this long (ms) after it began, those that follow it together. */
const TOLD_AFTER = 50;
const GATHERED = SECOND;
const DAYS_STORED_EVERY = 5 * 60 * SECOND;

const HAS_LEFT = 'this home has left the fleet and sends nothing: remove fleet.enrolment from the configuration';

export interface FleetParts {
  enrolment: Enrolment;
  spine: Spine;
  stateDir: string;
  homeNet: readonly string[];
  version: string;
  /** The sensor's own time, ms. */
  now(): number;
  log: Log;
}

/** @throws EdgeError for a file that is none */
export function enrolmentOf({ fleet }: Config): Enrolment | null {
  try {
    return fleet.enrolment === undefined ? null : readEnrolment(fleet.enrolment);
  } catch (error) {
    if (error instanceof EnrolmentError) throw new EdgeError(EXIT.usage, error.message);
    throw error;
  }
}

export class FleetDoor {
  readonly #parts: FleetParts;
  readonly #queue: ReturnType<Spine['store']['outbox']['of']>;
  readonly #days: DayBook;
  readonly #reporter: Reporter;
  readonly #uplink: Uplink;
  readonly #warnings: Warnings;
  readonly #contact: ContactBook;
  readonly #books: Omit<FleetBooks, 'devices' | 'incidents' | 'hours' | 'home' | 'isPrivate' | 'now'>;
  /** By the clock of the machine, ms. */
  readonly #next = { all: 0, days: 0 };
  /** Incidents of which there is news. */
  readonly #changed = new Set<string>();
  readonly #slices = new Slices();
  #timer: NodeJS.Timeout | null = null;
  #syncedAt = 0;
  #hasLooked = false;
  #hasLeft = false;
  /** More is to be told than waits. */
  #isWanting = false;
  /** What is private, and which addresses are one thing, to see that it changes. */
  #privates = '';
  #told = '';

  constructor(parts: FleetParts) {
    const { enrolment, log, now, spine } = parts;
    const { store } = spine;
    this.#parts = parts;
    this.#queue = store.outbox.of(FLEET_TARGET);
    this.#days = new DayBook(store.meta(DAYS_KEY));
    const membership = membershipOf(store, enrolment.home, isRecorded(spine) ? 0 : now());
    this.#books = {
      ...{ days: this.#days, knowledge: spine.knowledge, pseudonym: membership.pseudonym, since: membership.since },
      families: new Set(shippedNotes().map(({ slug }) => slug)),
    };
    this.#reporter = new Reporter({
      books: () => this.#read(),
      store,
      queue: this.#queue,
      topic: recordTopic(enrolment.home),
      ticks: () => performance.now(),
    });
    if (membership.isNew) this.#reporter.forget();
    this.#contact = new ContactBook(store, enrolment.home);
    this.#warnings = new Warnings({
      ...{ keys: enrolment.warningKeys, store, now, log },
      onHeld: (held) => spine.engine.warned(held),
    });
    this.#uplink = new Uplink({
      enrolment,
      clientId: enrolment.home,
      authorities: systemAuthorities(),
      queue: this.#queue,
      subscriptions: [this.#warnings],
      timers: systemTimers,
      now,
      random: Math.random,
      log,
      onEmpty: () => {
        if (this.#isWanting) this.#next.all = 0;
      },
    });
  }

  start(): void {
    this.#look();
    if (this.#hasLeft) return;
    this.#parts.spine.events.on('incident', this.#onIncident);
    this.#warnings.start();
    // What still waits from before is taken back first, where it holds no more.
    this.#sync('all');
    this.#uplink.start();
  }

  /** Call about once a second. */
  tick(): void {
    this.#look();
    if (this.#hasLeft) return;
    this.#warnings.tick();
    const { spine } = this.#parts;
    this.#noteContact(false);
    this.#observe();
    const ticks = performance.now();
    if (ticks >= this.#next.days) {
      this.#next.days = ticks + DAYS_STORED_EVERY;
      this.#keepDays();
    }
    const privates = this.#privatesNow();
    const isNews = privates !== this.#privates;
    this.#privates = privates;
    // Packet time of recorded frames may have gone on by days. What is private goes back at once.
    if (isRecorded(spine) || isNews) this.#sync('all');
    else if (ticks >= this.#next.all) this.#lookThrough();
  }

  /** A person's word about one of them may concern another address of the same thing. */
  #privatesNow(): string {
    const judged = this.#parts.spine.engine.devices
      .all()
      .filter(({ isPrivate, sameAs }) => isPrivate || sameAs !== null);
    return judged.map(({ isPrivate, mac, sameAs }) => `${mac} ${isPrivate} ${sameAs}`).join();
  }

  /** Frames and the page do not wait for it. */
  #lookThrough(): void {
    this.#next.all = performance.now() + ALL_EVERY;
    if (this.#slices.isRunning) return;
    const privates = this.#privates;
    this.#slices.begin({
      steps: this.#reporter.steps('all'),
      isStale: () => this.#hasLeft || this.#privatesNow() !== privates,
      onDone: ({ left }) => this.#synced(left),
      onError: (error) => this.#fails(error),
    });
  }

  /** What is sent, and what is to be: of the state at hand, record for record. */
  records(): FleetRecord[] {
    return this.#hasLeft ? [] : this.#reporter.records();
  }

  /** For the page. */
  report(): FleetReport {
    const { fleet, home, urls } = this.#parts.enrolment;
    return { fleet, home, hosts: urls.map((url) => new URL(url).host), records: () => this.records() };
  }

  health(): FleetHealth {
    const { enrolment } = this.#parts;
    const { error, ...status } = this.#uplink.status();
    return {
      name: enrolment.fleet,
      ...status,
      error: this.#hasLeft ? HAS_LEFT : error,
      waiting: this.#queue.size(),
      dropped: this.#queue.dropped(),
      warnings: this.#warnings.health(),
    };
  }

  async stop(): Promise<void> {
    this.#parts.spine.events.off('incident', this.#onIncident);
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#slices.drop();
    if (!this.#hasLeft) {
      this.#keepDays();
      this.#noteContact(true);
    }
    await this.#uplink.stop();
  }

  #noteContact(isLast: boolean): void {
    const { lastTakenAt: acknowledgedAt } = this.#uplink.status();
    this.#contact.note({ acknowledgedAt, warningAt: this.#warnings.heardAt }, isLast);
  }

  readonly #onIncident = ({ change, incident }: IncidentEvent): void => {
    // Counts wait for their time. Not within the event: what it tells of is just being stored.
    if (change === 'updated') return;
    this.#changed.add(incident.id);
    const since = performance.now() - this.#syncedAt;
    this.#timer ??= setTimeout(
      () => {
        this.#timer = null;
        if (!this.#hasLeft) this.#sync(this.#changed);
      },
      Math.max(TOLD_AFTER, GATHERED - since),
    );
  };

  #sync(extent: Extent): void {
    const ticks = performance.now();
    this.#syncedAt = ticks;
    if (extent === 'all') {
      this.#next.all = ticks + ALL_EVERY;
      this.#slices.drop();
    }
    try {
      this.#synced(this.#reporter.sync(extent).left);
    } catch (error) {
      this.#fails(error);
    }
    this.#changed.clear();
  }

  #synced(left: number): void {
    this.#isWanting = left > 0;
    this.#tell('');
    this.#uplink.drain();
  }

  /** Alerts do not depend on it. What waits goes all the same. */
  #fails(error: unknown): void {
    this.#tell(`what the fleet is to be told cannot be worked out: ${error instanceof Error ? error.message : error}`);
    this.#uplink.drain();
  }

  #tell(text: string): void {
    if (text !== '' && text !== this.#told) this.#parts.log.error(text);
    this.#told = text;
  }

  #observe(): void {
    const { now, spine, version } = this.#parts;
    const { judgement, loss, now: packetTime, stats } = spine.engine;
    const look = { vantage: judgement.vantage, lossPercent: loss.recent.percent, version };
    if (!isRecorded(spine)) this.#days.observe(now(), look, false);
    else if (stats.firstPacket !== null) {
      // A recording may be over before the first look.
      if (!this.#hasLooked) this.#days.observe(stats.firstPacket, look, true);
      this.#hasLooked = true;
      this.#days.observe(packetTime, look, true);
    }
  }

  #look(): void {
    const { enrolment, log, stateDir } = this.#parts;
    const hasLeft = isWithdrawn(stateDir, enrolment.home);
    if (hasLeft && !this.#hasLeft) {
      this.#parts.spine.engine.warned([]);
      log.warn(HAS_LEFT);
      void this.#uplink.stop();
      for (let rows = this.#queue.peek(500); rows.length > 0; rows = this.#queue.peek(500))
        this.#queue.remove(...rows.map(({ id }) => id));
    }
    this.#hasLeft = hasLeft;
  }

  #keepDays(): void {
    this.#parts.spine.store.setMeta(DAYS_KEY, this.#days.text());
  }

  #read(): FleetBooks {
    const { homeNet, now, spine } = this.#parts;
    const { engine, recorder, watch } = spine;
    const devices = engine.devices.all();
    const privates = new PrivateThings(devices);
    const home = new Home(homeNet);
    home.restore(engine.memory());
    const hours = watch?.all() ?? null;
    return {
      ...{ ...this.#books, devices, hours, home },
      incidents: recorder.incidents.values(),
      isPrivate: (mac) => privates.has(mac),
      now: isRecorded(spine) ? newestOf(devices, engine.now) : now(),
    };
  }
}

/** Packet time of the newest frame that is known of, ms. */
export function newestOf(devices: FleetBooks['devices'], now: number): number {
  return devices.reduce((newest, { lastSeen }) => Math.max(newest, lastSeen), now);
}

function isRecorded({ watch }: Spine): boolean {
  return watch === null;
}

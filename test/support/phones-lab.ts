// What tells phones, whole but for the broker and the page: a store in memory, the targets, the door for phones, and a push service
// on loopback that reads and checks what it is sent. Pauses are moved by hand.
import { english } from '../../sensor/language/words.ts';
import { type Notify, startNotify } from '../../sensor/publish/notify/notify.ts';
import { type PhoneSettings, Phones } from '../../sensor/publish/notify/phones.ts';
import { type IncidentEvent, newRecordEvents } from '../../sensor/record/events.ts';
import { StoreKeeper } from '../../sensor/record/store-keeper.ts';
import { FakeTimers } from './fake-timers.ts';
import type { Authority } from './mosquitto.ts';
import { PushServiceStandIn, type StandInPhone } from './push-service.ts';
import { anIncident } from './small-home.ts';

const KEY = 'push_key';

export class PhonesLab {
  readonly service: PushServiceStandIn;
  readonly log: string[] = [];
  readonly store: StoreKeeper;
  events = newRecordEvents();
  timers = new FakeTimers();
  readonly #ca: string;
  readonly #room = {
    debug: (line: string) => this.log.push(line),
    info: (line: string) => this.log.push(line),
    warn: (line: string) => this.log.push(line),
    error: (line: string) => this.log.push(line),
  };
  #running: { notify: Notify; phones: Phones } | null = null;

  static async open(authority: Authority): Promise<PhonesLab> {
    const lab = new PhonesLab(await new PushServiceStandIn(authority.server).start(), authority.ca);
    lab.begin();
    return lab;
  }

  private constructor(service: PushServiceStandIn, ca: string) {
    this.service = service;
    this.#ca = ca;
    this.store = StoreKeeper.open({ path: ':memory:', now: Date.now, log: this.#room });
  }

  get notify(): Notify {
    if (this.#running === null) throw new Error('the lab has not begun');
    return this.#running.notify;
  }

  get phones(): Phones {
    if (this.#running === null) throw new Error('the lab has not begun');
    return this.#running.phones;
  }

  /** The sensor's secret. */
  get secret(): string {
    return this.store.meta(KEY) ?? '';
  }

  begin(over: Partial<PhoneSettings> = {}): void {
    this.timers = new FakeTimers();
    this.events = newRecordEvents();
    const { events, service, store, timers } = this;
    const notify = startNotify({
      targets: [],
      queueOf: (name) => store.outbox.of(name),
      tell: ({ summary }, withNames) => ({
        ...{ who: withNames ? 'Lena’s camera' : 'Espressif (…:be:ef)', summary, advice: ['Stop it.'] },
      }),
      tellWeek: () => ['The home was watched.'],
      ...{
        pageUrl: null,
        version: '1',
        words: english,
        events,
        timers,
        now: Date.now,
        random: () => 0,
        log: this.#room,
      },
    });
    const phones = new Phones({
      settings: {
        ...{ name: 'phones', least: 'medium', quiet: null, weekly: true, names: false, ca: this.#ca },
        ...{ contact: 'https://thingwatch.example/', services: [service.host] },
        ...over,
      },
      notify,
      book: store.phones,
      secret: { read: () => store.meta(KEY), write: (text) => store.setMeta(KEY, text, true) },
      letGo: () => store.outbox.keepTargets(notify.names()),
      now: Date.now,
      log: this.#room,
    });
    this.#running = { notify, phones };
  }

  /** As a process that is started again. */
  async again(over: Partial<PhoneSettings> = {}): Promise<void> {
    await this.notify.stop();
    this.begin(over);
  }

  /** A paired browser whose phone is on the list. */
  join(browser: string): StandInPhone {
    this.store.browsers.add({ id: browser, tokenHash: browser, name: browser, createdAt: 1, lastSeen: 1 });
    const phone = this.service.phone();
    const added = this.phones.add(browser, this.service.subscription(phone));
    if (added !== 'ok') throw new Error(added);
    return phone;
  }

  /** On disk first, told then. */
  happens(event: Partial<IncidentEvent> = {}): void {
    const whole: IncidentEvent = { change: 'opened', incident: anIncident(), time: Date.now(), ...event };
    this.store.save({ outbox: this.notify.messages(whole), durable: true });
    this.events.emit('incident', whole);
  }

  async close(): Promise<void> {
    await this.notify.stop();
    await this.service.stop();
    this.store.close();
  }
}

// The publisher: one connection to the broker, the retained picture kept true over it, alerts sent, orders taken.
// It judges nothing; what it says comes from main's view, what it is ordered goes to main's command function.
import type { Mac } from '../decode/packet.ts';
import type { Words } from '../language/words.ts';
import type { Log } from '../log.ts';
import type { CommandRunner } from '../record/commands.ts';
import type { RecordEventMap, RecordEvents } from '../record/events.ts';
import type { Health } from '../record/health.ts';
import { Alarm } from './alarm.ts';
import { eventType } from './alerts.ts';
import { type BrokerAccess, type Incoming, Link, type Session, type Subscription } from './link.ts';
import { Orders } from './orders.ts';
import { Outbox } from './outbox.ts';
import { type HomeAssistantOptions, Picture } from './picture.ts';
import type { PublishSource, Stores, Timers } from './ports.ts';
import { Sender } from './sender.ts';
import { STATE_INTERVAL_MS } from './state-gate.ts';
import type { Topics } from './topics.ts';
import { HOLD_MS } from './verdict.ts';

export interface PublisherOptions extends Stores {
  /** The language of what is published. */
  words: Words;
  access: BrokerAccess;
  /** The broker is our own. */
  embedded: boolean;
  topics: Topics;
  version: string;
  homeAssistant: HomeAssistantOptions;
  /** How long *Sending mail* stays on after the last mail that was not expected; 24 h unless told. */
  holdMs?: number;
  source: PublishSource;
  events: RecordEvents;
  run: CommandRunner;
  timers: Timers;
  /** As LinkOptions.wire. */
  wire?: Timers | undefined;
  /** 0 ≤ x < 1. */
  random: () => number;
  log: Log;
}

const BIRTH_DELAY_MS = { least: 1000, most: 5000 };
const GATHER_MS = 250;
/** What Home Assistant says at its birth. */
const ONLINE = Buffer.from('online');
const REFUSED = "the MQTT broker's access list does not let us publish to our topics";

export class Publisher {
  readonly #options: PublisherOptions;
  readonly #link: Link;
  readonly #outbox: Outbox;
  readonly #picture: Picture;
  readonly #orders: Orders;
  /** For people. */
  readonly #url: string;
  #refused = false;
  #hears = false;
  readonly #birth: Alarm;
  readonly #tick: Alarm;
  readonly #soon: Alarm;

  constructor(options: PublisherOptions) {
    const { access, topics, source, run, timers, random, log, holdMs = HOLD_MS } = options;
    this.#options = options;
    this.#url = withoutSecrets(access.url);
    this.#birth = new Alarm(timers);
    this.#tick = new Alarm(timers);
    this.#soon = new Alarm(timers);
    this.#link = new Link({
      access,
      will: { topic: topics.status, payload: 'offline' },
      timers,
      wire: options.wire,
      random,
      log,
      onOpen: (session) => this.#opened(session),
      onClose: () => this.#closed(),
      onMessage: (message) => this.#received(message),
    });
    this.#outbox = new Outbox({
      store: options.outbox,
      timers,
      onRefusal: (refused) => this.#noteRefusal(refused),
    });
    this.#picture = new Picture({
      ...options,
      holdMs,
      alerts: this.#outbox,
      onRefusal: () => this.#noteRefusal(true),
      onAnnounced: () => this.#outbox.drain(),
    });
    this.#orders = new Orders({ topics, source, run, timers, log, onDone: (device) => this.#answer(device) });
  }

  /** Follows what happens from now on; connecting can wait for `start`, which does this too. */
  hear(): void {
    if (this.#hears) return;
    this.#hears = true;
    const { events } = this.#options;
    events.on('incident', this.#onIncident);
    events.on('device', this.#onDevice);
    events.on('forgotten', this.#onForgotten);
    events.on('expectations', this.#onExpectations);
    events.on('vantage', this.#onSensor);
    events.on('storage', this.#onSensor);
    events.on('week', this.#onWeek);
    events.on('test', this.#onTest);
  }

  start(): void {
    this.hear();
    this.#link.start();
    this.#scheduleTick();
  }

  /** Says `offline` and leaves; resolves within a few seconds whatever the broker does. */
  async stop(): Promise<void> {
    const { events } = this.#options;
    events.off('incident', this.#onIncident);
    events.off('device', this.#onDevice);
    events.off('forgotten', this.#onForgotten);
    events.off('expectations', this.#onExpectations);
    events.off('vantage', this.#onSensor);
    events.off('storage', this.#onSensor);
    events.off('week', this.#onWeek);
    events.off('test', this.#onTest);
    this.#hears = false;
    this.#tick.clear();
    this.#soon.clear();
    // The outbox stays open meanwhile, so that acknowledgements on their way still remove their rows.
    await this.#link.stop();
    this.#closed();
  }

  status(): NonNullable<Health['broker']> {
    const { embedded, outbox } = this.#options;
    return {
      url: this.#url,
      embedded,
      connected: this.#link.connected,
      error: this.#link.error ?? (this.#refused ? REFUSED : null),
      waiting: outbox.size(),
      dropped: outbox.dropped(),
    };
  }

  #opened(session: Session): void {
    const { topics, homeAssistant } = this.#options;
    // What was refused before is tried again, and told again where it still is.
    this.#refused = false;
    session.subscribe(subscriptionsFor(topics, homeAssistant));
    const sender = new Sender(session);
    this.#outbox.open(sender);
    this.#picture.open(session, sender);
  }

  #closed(): void {
    this.#picture.close();
    this.#outbox.close();
    this.#birth.clear();
  }

  readonly #onIncident = (event: RecordEventMap['incident'][0]): void => {
    const mac = event.incident.device;
    if (eventType(event) !== null && event.change !== 'resolved') this.#picture.bringBack(mac);
    if (mac !== null) this.#refreshDevice(mac);
    // Counts alone change nothing about the house.
    if (event.change !== 'updated') this.#picture.refreshSensor();
    this.#drain();
  };

  readonly #onDevice = ({ mac }: RecordEventMap['device'][0]): void => this.#refreshDevice(mac);

  readonly #onForgotten = (mac: Mac): void => this.#picture.forget(mac);

  /** May come often while an expectation matches, and concerns any device: gathered for a moment. */
  readonly #onExpectations = (): void => {
    if (!this.#soon.isSet) this.#soon.set(GATHER_MS, () => this.#picture.refreshAll());
  };

  readonly #onSensor = (): void => this.#picture.refreshSensor();

  readonly #onWeek = (): void => this.#picture.refreshWeek();
  readonly #onTest = (): void => this.#drain();

  #refreshDevice(mac: Mac, force = false): void {
    const device = this.#options.source.device(mac);
    if (device !== null) this.#picture.refresh(device, force);
  }

  /** Alerts follow the picture, so that Home Assistant knows the device an alert is about. */
  #drain(): void {
    if (this.#picture.announced) this.#outbox.drain();
  }

  #answer(mac: Mac | null): void {
    if (mac === null) this.#picture.refreshAll();
    else this.#refreshDevice(mac, true);
    this.#picture.refreshSensor();
  }

  #received(message: Incoming): void {
    const { homeAssistant } = this.#options;
    const { topic, payload, retained } = message;
    if (topic === homeAssistant.statusTopic) {
      if (!retained && payload.equals(ONLINE)) this.#scheduleBirth();
    } else if (!this.#picture.received(topic, payload)) this.#orders.handle(message);
  }

  #scheduleBirth(): void {
    if (this.#birth.isSet) return;
    const { least, most } = BIRTH_DELAY_MS;
    this.#birth.set(least + this.#options.random() * (most - least), () => this.#picture.announce());
  }

  /** What changes by time alone: the hold time, rates, a mirror that has gone quiet. */
  #scheduleTick(): void {
    this.#tick.set(STATE_INTERVAL_MS, () => {
      this.#picture.refreshAll();
      this.#drain();
      this.#scheduleTick();
    });
  }

  #noteRefusal(refused: boolean): void {
    if (refused && !this.#refused) this.#options.log.error(REFUSED);
    this.#refused = refused;
  }
}

/** Orders and births: none that the broker has kept, and an order that it is to keep must be seen to be one. */
export function subscriptionsFor(
  topics: Topics,
  { enabled, statusTopic }: Pick<HomeAssistantOptions, 'enabled' | 'statusTopic'>,
): Subscription[] {
  const plain = { qos: 1, noLocal: true, retainAsPublished: false, withRetained: false } as const;
  const orders = topics.orders.map((topic) => ({ ...plain, topic, retainAsPublished: true }));
  return enabled ? [...orders, { ...plain, topic: statusTopic }] : orders;
}

function withoutSecrets(url: string): string {
  try {
    const parsed = new URL(url);
    parsed.username = '';
    parsed.password = '';
    return parsed.href;
  } catch {
    return '';
  }
}

// The broker's retained picture of the sensor and its devices: availability, discovery, states. Says everything again
// after a connection or a birth, otherwise only what changed; decides nothing about alerts.
import type { Mac } from '../decode/packet.ts';
import type { Words } from '../language/words.ts';
import type { Log } from '../log.ts';
import { Alarm } from './alarm.ts';
import { CounterFloor } from './counters.ts';
import { type DiscoveryContext, deviceDiscovery, sensorDiscovery } from './discovery.ts';
import type { Session } from './link.ts';
import type { Outbox } from './outbox.ts';
import { deviceState, type StateMessage, sensorState, weekMessage } from './payloads.ts';
import type { DeviceView, PublishSource, Stores, Timers } from './ports.ts';
import { RetainedTopics } from './retained.ts';
import type { Sender } from './sender.ts';
import { StateGate } from './state-gate.ts';
import type { Topics } from './topics.ts';
import { type DevicePolicy, devicesSendingMail, matters } from './verdict.ts';

export interface HomeAssistantOptions {
  enabled: boolean;
  /** Topic of its birth message, `homeassistant/status` by default. */
  statusTopic: string;
  devices: DevicePolicy;
  linkByMac: boolean;
}

export interface PictureOptions extends Stores {
  words: Words;
  topics: Topics;
  version: string;
  homeAssistant: HomeAssistantOptions;
  holdMs: number;
  source: PublishSource;
  alerts: Outbox;
  timers: Timers;
  log: Log;
  onRefusal(): void;
  /** The states of this connection or birth have been said; alerts may follow. */
  onAnnounced(): void;
}

/** Home Assistant needs a moment to subscribe to the alerts of a device it has just learned of. */
const DISCOVERY_SETTLE_MS = 1000;
const SETTLING_MS = 60_000;
const READ_MS = 1000;
/** Key of the sensor itself among what the user deleted. */
const SENSOR_KEY = 'sensor';

export class Picture {
  readonly #options: PictureOptions;
  readonly #context: DiscoveryContext;
  readonly #retained: RetainedTopics;
  readonly #gate: StateGate;
  readonly #counters = new CounterFloor();
  readonly #startedAt: number;
  #session: Session | null = null;
  /** This connection's states have been said once; until then changes wait for that. */
  #announced = false;
  /** State topics from before a restart whose counters are still to come; null once that is over. */
  #unread: Set<string> | null;
  /** Set while those are waited for. */
  readonly #reading: Alarm;

  constructor(options: PictureOptions) {
    const { topics, version, homeAssistant, topicStore, timers, words, onRefusal } = options;
    this.#options = options;
    this.#context = { topics, version, words, linkByMac: homeAssistant.linkByMac };
    this.#retained = new RetainedTopics({ store: topicStore, onRefusal });
    this.#gate = new StateGate({ timers, publish: (topic, payload) => this.#retained.publish(topic, payload) });
    this.#startedAt = timers.now();
    this.#reading = new Alarm(timers);
    this.#unread = new Set(topicStore.publishedTopics().filter((topic) => topics.parseDevice(topic)?.rest === 'state'));
  }

  get announced(): boolean {
    return this.#announced;
  }

  open(session: Session, sender: Sender): void {
    this.#session = session;
    this.#retained.open(sender, session.version === 4);
    if (this.#unread !== null) {
      const topic = this.#options.topics.allDeviceStates;
      session.subscribe([{ topic, qos: 0, noLocal: false, retainAsPublished: false, withRetained: true }]);
    }
    this.announce();
  }

  close(): void {
    this.#session = null;
    this.#announced = false;
    this.#reading.clear();
    this.#retained.close();
    this.#gate.clear();
  }

  /** Status, then who there is, then how things are: Home Assistant can place each thing as it comes. */
  announce(): void {
    const { topics, source } = this.#options;
    this.#retained.repeatConfigs();
    this.#gate.clear();
    this.#retained.publish(topics.status, 'online', () => this.#announceWhenRead());
    const wanted = new Set([topics.status, topics.state]);
    if (source.week() !== null) wanted.add(topics.weekly);
    if (this.#sensorConfig()) wanted.add(topics.sensorConfig);
    for (const device of source.devices()) {
      if (!this.#wants(device)) continue;
      wanted.add(topics.deviceState(device.mac));
      if (this.#deviceConfig(device)) wanted.add(topics.deviceConfig(device.mac));
    }
    this.#retained.clearUnwanted(wanted);
  }

  /** Before the first states the old ones are read, for their counters; a broker that lost them is not waited for long. */
  #announceWhenRead(): void {
    if (this.#unread === null || this.#unread.size === 0) this.#announceStates();
    else if (!this.#reading.isSet) this.#reading.set(READ_MS, () => this.#announceStates());
  }

  #announceStates(): void {
    if (this.#unread !== null) this.#session?.unsubscribe(this.#options.topics.allDeviceStates);
    this.#unread = null;
    this.#reading.clear();
    this.#announced = true;
    this.refreshAll();
    this.#options.onAnnounced();
  }

  refreshAll(): void {
    this.refreshSensor();
    this.refreshWeek();
    for (const device of this.#options.source.devices()) this.refresh(device);
  }

  /** `force`: past the rate limit and even if unchanged. */
  refresh(device: DeviceView, force = false): void {
    if (!this.#announced) return;
    if (!this.#wants(device)) {
      this.#drop(device.mac);
      return;
    }
    this.#deviceConfig(device);
    const { topics, source, holdMs } = this.#options;
    const state = deviceState(device, this.#counters.of(device), source.now(), holdMs);
    this.#state(topics.deviceState(device.mac), state, force);
  }

  refreshSensor(): void {
    if (!this.#announced) return;
    const { source, topics, outbox, timers, holdMs } = this.#options;
    const now = source.now();
    const state = sensorState({
      words: this.#options.words,
      view: source.sensor(),
      devicesSendingMail: devicesSendingMail(source.incidents(), now, holdMs),
      alertsDropped: outbox.dropped(),
      settling: timers.now() - this.#startedAt < SETTLING_MS,
    });
    this.#state(topics.state, state, false);
  }

  refreshWeek(): void {
    const { source, topics } = this.#options;
    const week = this.#announced ? source.week() : null;
    if (week !== null) this.#state(topics.weekly, weekMessage(week), false);
  }

  #state(topic: string, state: StateMessage, force: boolean): void {
    if (force) this.#gate.force(topic, state);
    else this.#gate.offer(topic, state);
  }

  /** A new incident brings back what the user deleted in Home Assistant. */
  bringBack(mac: Mac | null): void {
    const { suppressed } = this.#options;
    if (mac !== null) suppressed.unsuppress(mac);
    suppressed.unsuppress(SENSOR_KEY);
    if (this.#announced) this.#sensorConfig();
  }

  forget(mac: Mac): void {
    this.#counters.forget(mac);
    this.#options.suppressed.unsuppress(mac);
    this.#drop(mac);
    this.refreshSensor();
  }

  #drop(mac: Mac): void {
    const { topics } = this.#options;
    this.#gate.forget(topics.deviceState(mac));
    this.#retained.clear(topics.deviceConfig(mac));
    this.#retained.clear(topics.deviceState(mac));
  }

  /** Takes a message on a topic of the picture; false when the topic is none of its own. */
  received(topic: string, payload: Buffer): boolean {
    const { topics, source } = this.#options;
    if (topic === topics.sensorConfig || topics.parseDeviceConfig(topic) !== null) {
      if (payload.length === 0 && this.#retained.clearedByOther(topic)) this.#userRemoved(topic);
      return true;
    }
    const device = topics.parseDevice(topic);
    if (device?.rest !== 'state') return false;
    if (this.#unread === null) return true;
    if (source.device(device.mac) !== null) this.#counters.learn(device.mac, payload);
    this.#unread.delete(topic);
    if (this.#reading.isSet) this.#announceWhenRead();
    return true;
  }

  /** Home Assistant empties a config topic when its user deletes the device. */
  #userRemoved(configTopic: string): void {
    const { topics, suppressed, source, log } = this.#options;
    const mac = topics.parseDeviceConfig(configTopic);
    if (mac !== null && source.device(mac) === null) return;
    suppressed.suppress(mac ?? SENSOR_KEY);
    if (mac !== null) this.#drop(mac);
    log.info(`${mac ?? 'the sensor'} was deleted in Home Assistant and stays away until the next incident`);
  }

  /** Whether the topic is wanted on the broker at all. */
  #sensorConfig(): boolean {
    const { topics, homeAssistant, suppressed, source } = this.#options;
    if (!homeAssistant.enabled || suppressed.isSuppressed(SENSOR_KEY)) return false;
    this.#watch(topics.sensorConfig);
    const { mac, pageUrl } = source.sensor();
    this.#retained.config(
      topics.sensorConfig,
      () => sensorDiscovery(this.#context, { mac, pageUrl }),
      () => {},
    );
    return true;
  }

  #deviceConfig(device: DeviceView): boolean {
    const { topics, homeAssistant, alerts } = this.#options;
    if (!homeAssistant.enabled) return false;
    const topic = topics.deviceConfig(device.mac);
    const alertTopic = topics.deviceAlert(device.mac);
    if (!this.#retained.has(topic)) alerts.hold(alertTopic);
    this.#watch(topic);
    const { idName, mac, name, randomizedMac } = device;
    this.#retained.config(
      topic,
      () => deviceDiscovery(this.#context, { idName, mac, name, randomizedMac }),
      () => alerts.release(alertTopic, DISCOVERY_SETTLE_MS),
    );
    return true;
  }

  #watch(topic: string): void {
    if (!this.#retained.watch(topic)) return;
    this.#session?.subscribe([{ topic, qos: 1, noLocal: true, retainAsPublished: false, withRetained: false }]);
  }

  #wants(device: DeviceView): boolean {
    const { homeAssistant, suppressed } = this.#options;
    return matters(device, homeAssistant.devices) && !suppressed.isSuppressed(device.mac);
  }
}

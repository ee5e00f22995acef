// Empties the fleet's part of the outbox into its NATS servers, over MQTT 3.1.1: one connection to one of them at a time, the next one
// where that fails. A row goes in the very callback of its PUBACK, so that only a crash between the two sends it twice, which changes
// nothing there. Nobody else waits for it: broker and targets have connections of their own.
import mqtt, { type MqttClient } from 'mqtt';
import type { Log } from '../log.ts';
import { Alarm } from '../publish/alarm.ts';
import { PacketLengths } from '../publish/packet-lengths.ts';
import type { OutboxStore, Timers } from '../publish/ports.ts';
import type { Enrolment } from './enrolment.ts';
import { recordTopic } from './topics.ts';
import { type UplinkFault, uplinkFault } from './uplink-fault.ts';

/** What is heard of the fleet. */
export interface Subscription {
  /** A topic filter. */
  filter: string;
  onMessage(topic: string, payload: Buffer): void;
}

export interface UplinkOptions {
  enrolment: Pick<Enrolment, 'ca' | 'home' | 'token' | 'urls'>;
  /** Told apart from another connection of the same home. */
  clientId: string;
  /** PEM of the authorities that are trusted where the enrolment names none; null for those of Node.js. */
  authorities: string | null;
  queue: Pick<OutboxStore, 'peek' | 'remove' | 'size'>;
  subscriptions?: readonly Subscription[];
  timers: Timers;
  /** Wall time, ms. */
  now(): number;
  /** 0 ≤ x < 1. */
  random(): number;
  log: Log;
  /** Told when all that waited is acknowledged. */
  onEmpty?(): void;
}

export interface UplinkStatus {
  connected: boolean;
  /** For a person and without secrets. */
  error: string | null;
  lastTakenAt: number | null;
}

/** Records on their way at a time. */
const IN_FLIGHT = 16;
const FIRST_BACKOFF_MS = 1000;
const LONGEST_BACKOFF_MS = 5 * 60_000;
/** What a person has to mend first is asked for so seldom. */
const LASTING_BACKOFF_MS = 30 * 60_000;
const CONNECT_TIMEOUT_MS = 15_000;
const KEEPALIVE_SECONDS = 60;
/** A server that takes records and acknowledges none for so long is left for another. */
const SILENT_MS = 30_000;
const FAREWELL_MS = 1000;
/** A connection that held for so long was a good one. */
const LASTED_MS = 60_000;

export class Uplink {
  readonly #options: UplinkOptions;
  readonly #topic: string;
  readonly #inFlight = new Set<string>();
  readonly #retry: Alarm;
  readonly #silence: Alarm;
  #client: MqttClient | null = null;
  #onSilence: () => void = () => {};
  #isOpen = false;
  #isStopped = true;
  #url = 0;
  #failures = 0;
  /** Since when, by the timers' clock. */
  #openedAt = 0;
  #fault: UplinkFault | null = null;
  #lastTakenAt: number | null = null;

  constructor(options: UplinkOptions) {
    this.#options = options;
    this.#topic = recordTopic(options.enrolment.home);
    this.#retry = new Alarm(options.timers);
    this.#silence = new Alarm(options.timers);
  }

  start(): void {
    if (!this.#isStopped) return;
    this.#isStopped = false;
    this.#connect();
  }

  status(): UplinkStatus {
    return { connected: this.#isOpen, error: this.#fault?.text ?? null, lastTakenAt: this.#lastTakenAt };
  }

  /** Call it when there may be something new. */
  drain(): void {
    const client = this.#client;
    if (client === null || !this.#isOpen) return;
    const { queue } = this.#options;
    for (const { id, payload, topic } of queue.peek(2 * IN_FLIGHT)) {
      if (this.#inFlight.size >= IN_FLIGHT) return;
      if (this.#inFlight.has(id)) continue;
      // Of a fleet that this home was in before.
      if (topic === this.#topic) this.#send(client, id, payload);
      else queue.remove(id);
    }
  }

  /** Resolves within a second or two whatever the servers do. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#retry.clear();
    this.#silence.clear();
    const client = this.#client;
    this.#client = null;
    this.#isOpen = false;
    if (client === null) return;
    await new Promise<void>((resolve) => {
      const late = this.#options.timers.set(FAREWELL_MS, resolve);
      client.end(false, {}, () => {
        this.#options.timers.clear(late);
        resolve();
      });
    });
    client.end(true);
  }

  #connect(): void {
    const { authorities, clientId, enrolment } = this.#options;
    const url = enrolment.urls[this.#url % enrolment.urls.length] ?? '';
    const ca = enrolment.ca ?? authorities;
    const client = mqtt.connect(url, {
      protocolVersion: 4,
      clean: true,
      clientId,
      username: enrolment.home,
      password: enrolment.token,
      ...(ca === null ? {} : { ca }),
      rejectUnauthorized: true,
      keepalive: KEEPALIVE_SECONDS,
      connectTimeout: CONNECT_TIMEOUT_MS,
      // As in publish/link.ts: what is sent again is the outbox's business.
      writeCache: false,
      reconnectPeriod: 0,
      resubscribe: false,
    });
    this.#client = client;
    let [failure, opened]: [Error | null, boolean] = [null, false];
    const fail = (error: Error): void => {
      failure ??= error;
      client.stream.destroy();
    };
    const lengths = new PacketLengths();
    client.stream.on('data', (chunk: Buffer) => {
      if (!lengths.fits(chunk)) fail(ownFault('FLEET_NO_MQTT'));
    });
    client.on('error', fail);
    client.on('connect', () => {
      if (this.#client !== client) return;
      opened = true;
      this.#opened(client, () => fail(ownFault('FLEET_SILENT')));
    });
    client.on('message', (topic, payload) => {
      if (this.#client === client && failure === null) this.#received(topic, payload);
    });
    client.on('close', () => {
      if (this.#client !== client) return;
      this.#client = null;
      client.end(true);
      this.#closed(uplinkFault(failure, opened));
    });
  }

  #opened(client: MqttClient, onSilence: () => void): void {
    this.#isOpen = true;
    this.#openedAt = this.#options.timers.now();
    this.#onSilence = onSilence;
    if (this.#fault !== null) this.#options.log.info('the fleet takes records again');
    this.#fault = null;
    // At most once: of more the servers would make a consumer for each home. What is missed is retained, and comes with the next connection.
    for (const { filter } of this.#options.subscriptions ?? [])
      client.subscribe(filter, { qos: 0 }, (error) => {
        if (error !== null && this.#client === client)
          this.#options.log.warn('the fleet refuses to tell this home of warnings');
      });
    this.drain();
  }

  #send(client: MqttClient, id: string, payload: string): void {
    this.#inFlight.add(id);
    if (!this.#silence.isSet) this.#silence.set(SILENT_MS, () => this.#onSilence());
    client.publish(this.#topic, payload, { qos: 1 }, (error) => {
      // An error here means that the connection is ending, and the record goes again over the next one.
      if (this.#client !== client || error) return;
      this.#taken(id);
    });
  }

  #taken(id: string): void {
    const { now, onEmpty, queue } = this.#options;
    queue.remove(id);
    this.#inFlight.delete(id);
    this.#failures = 0;
    this.#lastTakenAt = now();
    this.#silence.clear();
    if (this.#inFlight.size > 0) this.#silence.set(SILENT_MS, () => this.#onSilence());
    this.drain();
    if (this.#inFlight.size === 0 && queue.size() === 0) onEmpty?.();
  }

  #received(topic: string, payload: Buffer): void {
    for (const { filter, onMessage } of this.#options.subscriptions ?? [])
      if (matches(filter, topic)) onMessage(topic, payload);
  }

  #closed(fault: UplinkFault): void {
    const { log, random, timers } = this.#options;
    if (this.#isOpen && timers.now() - this.#openedAt > LASTED_MS) this.#failures = 0;
    this.#isOpen = false;
    this.#inFlight.clear();
    this.#silence.clear();
    if (this.#isStopped) return;
    if (this.#fault?.text !== fault.text) log.warn(`${fault.text}; what it is told waits and is tried again`);
    this.#fault = fault;
    this.#url++;
    this.#retry.set(this.#backoff(fault, random()), () => this.#connect());
  }

  /** 1 s, doubling to 5 minutes, each up to half shorter or longer: a thousand homes do not come back at once. */
  #backoff({ isLasting }: UplinkFault, random: number): number {
    const delay = Math.min(LONGEST_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** this.#failures);
    this.#failures++;
    // One of several servers may know better than the one that refused.
    const isRefusedByAll = isLasting && this.#failures >= this.#options.enrolment.urls.length;
    return (isRefusedByAll ? LASTING_BACKOFF_MS : delay) * (0.5 + random);
  }
}

function ownFault(code: 'FLEET_SILENT' | 'FLEET_NO_MQTT'): Error {
  return Object.assign(new Error(code), { code });
}

/** MQTT 3.1.1, section 4.7, for filters with `+`. */
function matches(filter: string, topic: string): boolean {
  const [parts, given] = [filter.split('/'), topic.split('/')];
  return parts.length === given.length && parts.every((part, n) => part === '+' || part === given[n]);
}

// One MQTT connection after another, for ever: TLS, protocol fallback, backoff, plain words for what went wrong.
// It knows nothing of topics; each connection is a fresh session that main traffic is written to.
import { Socket } from 'node:net';
import type { IClientOptions, default as Mqtt, MqttClient } from 'mqtt';
import type { Log } from '../log.ts';
import { Alarm } from './alarm.ts';
import { Balance } from './balance.ts';
import { brokerFault, faultOf, isNoMqtt } from './broker-fault.ts';
import { LinkNews } from './link-news.ts';
import { LARGEST_PACKET, PacketLengths } from './packet-lengths.ts';
import { systemTimers, type Timers } from './ports.ts';
import { Subscriber } from './subscriber.ts';

export interface BrokerAccess {
  url: string;
  username?: string;
  password?: string;
  /** PEM text. */
  ca?: string;
  cert?: string;
  key?: string;
  /** Unique and stable: two sensors with one id would throw each other out. */
  clientId: string;
}

export interface LastWill {
  topic: string;
  payload: string;
}

export interface Incoming {
  topic: string;
  payload: Buffer;
  retained: boolean;
}

export interface Subscription {
  topic: string;
  qos: 0 | 1;
  /** MQTT 5 only: keep our own messages from coming back. */
  noLocal: boolean;
  /** MQTT 5 only: pass the retain flag of live messages through. */
  retainAsPublished: boolean;
  /** MQTT 5 only: let the broker send what it has retained; on 3.1.1 it always does. */
  withRetained: boolean;
}

/** One live connection. After it closes its functions do nothing. */
export interface Session {
  version: 4 | 5;
  /** How many unacknowledged messages the broker takes. */
  receiveMaximum: number;
  /** Always QoS 1. `done` is called at PUBACK, or with what the broker refused; never after the connection closed. */
  publish(topic: string, payload: string, retain: boolean, done: (refused: Error | null) => void): void;
  subscribe(subscriptions: readonly Subscription[]): void;
  unsubscribe(topic: string): void;
}

export interface LinkOptions {
  access: BrokerAccess;
  will: LastWill;
  timers: Timers;
  /** Time in which a broker answers, as mqtt.js keeps it for pings; the system's unless told. */
  wire?: Timers | undefined;
  /** 0 ≤ x < 1. */
  random: () => number;
  log: Log;
  onOpen(session: Session): void;
  onClose(): void;
  onMessage(message: Incoming): void;
}

/** mqtt.js quietly takes another way when it does not know the one asked for. */
const SCHEMES: ReadonlySet<string> = new Set(['mqtt:', 'mqtts:', 'tcp:', 'tls:', 'ssl:', 'ws:', 'wss:']);
const FIRST_BACKOFF_MS = 1000;
const LONGEST_BACKOFF_MS = 60_000;
const CONNECT_TIMEOUT_MS = 10_000;
const KEEPALIVE_SECONDS = 30;
const FAREWELL_MS = 2000;
const DEFAULT_RECEIVE_MAXIMUM = 65_535;

export class Link {
  readonly #options: LinkOptions;
  #client: MqttClient | null = null;
  #open = false;
  #stopped = true;
  #version: 4 | 5 = 5;
  /** The broker said itself that it does not know MQTT 5. */
  #refusesFive = false;
  #failures = 0;
  readonly #retry: Alarm;
  readonly #news: LinkNews;

  constructor(options: LinkOptions) {
    this.#options = options;
    this.#retry = new Alarm(options.timers);
    this.#news = new LinkNews(options.timers, options.log);
  }

  get connected(): boolean {
    return this.#open;
  }

  /** What keeps us from the broker, for a person and without secrets. */
  get error(): string | null {
    return this.#news.error;
  }

  start(): void {
    if (!this.#stopped) return;
    this.#stopped = false;
    this.#connect();
  }

  /** Publishes the will's payload ourselves, then leaves: a clean DISCONNECT keeps the broker from sending it. */
  async stop(): Promise<void> {
    this.#stopped = true;
    const { will } = this.#options;
    this.#retry.clear();
    this.#news.stop();
    const client = this.#client;
    if (client === null) return;
    if (this.#open) {
      await this.#within(FAREWELL_MS, (done) =>
        client.publish(will.topic, will.payload, { qos: 1, retain: true }, done),
      );
      await this.#within(FAREWELL_MS, (done) => client.end(false, {}, done));
    }
    client.end(true);
    this.#open = false;
    this.#client = null;
  }

  #within(milliseconds: number, run: (done: () => void) => void): Promise<void> {
    const { timers } = this.#options;
    return new Promise((resolve) => {
      const late = timers.set(milliseconds, resolve);
      run(() => {
        timers.clear(late);
        resolve();
      });
    });
  }

  #connect(): void {
    if (!SCHEMES.has(schemeOf(this.#options.access.url))) {
      this.#news.failed('the address of the MQTT broker (mqtt.url) cannot be used');
      return;
    }
    // Loaded with the first connection: a start takes frames before.
    void import('mqtt').then(({ default: mqtt }) => {
      if (!this.#stopped && this.#client === null) this.#connectBy(mqtt);
    });
  }

  #connectBy(mqtt: typeof Mqtt): void {
    const { access, will } = this.#options;
    const version = this.#version;
    let client: MqttClient;
    try {
      client = mqtt.connect(access.url, {
        ...clientOptions(access, version),
        will: { ...will, qos: 1, retain: true },
      });
    } catch {
      this.#news.failed(
        'the certificate or key for the MQTT broker (mqtt.ca, mqtt.cert, mqtt.key) cannot be read as PEM',
      );
      return;
    }
    this.#client = client;
    let failure: Error | null = null;
    let opened = false;
    const fail = (error: Error): void => {
      failure ??= error;
      client.stream.destroy();
    };
    const balance = new Balance(this.#options.wire ?? systemTimers, {
      onSilence: () => fail(faultOf('BROKER_SILENT')),
      onFlood: () => fail(faultOf('BROKER_FLOODS')),
    });
    const lengths = new PacketLengths();
    client.stream.on('data', (chunk: Buffer) => {
      if (!lengths.fits(chunk)) fail(faultOf('BROKER_TOO_LARGE'));
    });
    // After some errors, such as a packet that is none, mqtt.js goes on with the same connection.
    client.on('error', (error) => fail(isNoMqtt(error) ? faultOf('BROKER_NO_MQTT') : error));
    client.on('packetreceive', () => balance.received());
    client.on('disconnect', ({ reasonCode }) =>
      fail(Object.assign(new Error('disconnected by the broker'), { code: reasonCode })),
    );
    client.on('connect', (connack) => {
      if (this.#client !== client) return;
      opened = true;
      this.#open = true;
      // An alert does not wait for the acknowledgement of what was sent before it (RFC 896).
      if (client.stream instanceof Socket) client.stream.setNoDelay(true);
      this.#news.opened(version);
      const receiveMaximum = connack.properties?.receiveMaximum ?? DEFAULT_RECEIVE_MAXIMUM;
      this.#options.onOpen(this.#session(client, { version, receiveMaximum, balance }));
    });
    client.on('message', (topic, payload, packet) => {
      if (this.#client === client && failure === null)
        this.#options.onMessage({ topic, payload, retained: packet.retain });
    });
    client.on('close', () => {
      balance.stop();
      if (this.#client !== client) return;
      this.#client = null;
      client.end(true);
      this.#closed(opened, failure);
    });
  }

  #session(
    client: MqttClient,
    { version, receiveMaximum, balance }: Pick<Session, 'version' | 'receiveMaximum'> & { balance: Balance },
  ): Session {
    const live = (): boolean => this.#client === client && !this.#stopped;
    const subscriber = new Subscriber((subscriptions, answered) => {
      const options = subscriptions.map(({ topic, qos, noLocal, retainAsPublished, withRetained }) => [
        topic,
        // The client library leaves out what 3.1.1 has no place for.
        { qos, nl: noLocal, rap: retainAsPublished, rh: withRetained ? 0 : 2 },
      ]);
      client.subscribe(Object.fromEntries(options), (error) => {
        if (!live()) return;
        if (error !== null) this.#options.log.warn('the broker refuses a subscription; orders may not arrive');
        answered();
      });
    });
    return {
      version,
      receiveMaximum,
      publish: (topic, payload, retain, done) => {
        if (!live()) return;
        balance.sent();
        client.publish(topic, payload, { qos: 1, retain }, (error) => {
          if (this.#client !== client) return;
          balance.acknowledged();
          if (!error) {
            this.#news.acknowledged(version);
            done(null);
            return;
          }
          // Only the broker's own reason is a refusal; anything else means that the connection is ending.
          const { code } = error as { code?: unknown };
          if (typeof code === 'number') done(error);
        });
      },
      subscribe: (subscriptions) => {
        if (live()) subscriber.subscribe(subscriptions);
      },
      unsubscribe: (topic) => {
        if (live() && !subscriber.drop(topic)) client.unsubscribe(topic);
      },
    };
  }

  #closed(opened: boolean, failure: Error | null): void {
    const { random, onClose } = this.#options;
    this.#open = false;
    if (opened) onClose();
    if (this.#stopped) return;
    const fault = brokerFault(failure, opened);
    if (opened && this.#news.closed(fault.isSilence === true)) this.#failures = 0;
    if (fault.protocol === 'refused' && this.#version === 5) {
      this.#version = 4;
      this.#refusesFive = true;
      this.#connect();
      return;
    }
    // Some old brokers hang up on a version they do not know, so the other one is next. A hang-up may mean anything: after a
    // connection the newer one has another chance.
    if (fault.protocol === 'unclear') this.#version = this.#version === 5 ? 4 : 5;
    else if (opened && !this.#refusesFive) this.#version = 5;
    this.#news.failed(`${fault.text}; trying again until it works`);
    this.#retry.set(this.#backoff(random()), () => this.#connect());
  }

  /** 1 s, doubling to 60 s, each up to a fifth shorter or longer. */
  #backoff(random: number): number {
    const delay = Math.min(LONGEST_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** this.#failures);
    this.#failures += 1;
    return Math.min(LONGEST_BACKOFF_MS, Math.max(FIRST_BACKOFF_MS, delay * (0.8 + 0.4 * random)));
  }
}

function schemeOf(url: string): string {
  try {
    return new URL(url).protocol;
  } catch {
    return '';
  }
}

function clientOptions(access: BrokerAccess, version: 4 | 5): IClientOptions {
  const { url: _, ...rest } = access;
  return {
    ...rest,
    protocolVersion: version,
    ...(version === 5 ? { properties: { maximumPacketSize: LARGEST_PACKET } } : {}),
    clean: true,
    // Every number of two bytes as a buffer of its own, made in advance: 8 MB for what is written in no time.
    writeCache: false,
    keepalive: KEEPALIVE_SECONDS,
    connectTimeout: CONNECT_TIMEOUT_MS,
    // Reconnecting is ours: mqtt.js would repeat unacknowledged messages from its own memory beside our outbox.
    reconnectPeriod: 0,
    resubscribe: false,
    rejectUnauthorized: true,
  };
}

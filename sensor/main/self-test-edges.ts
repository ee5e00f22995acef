// Who looks at the self-test's sensor from outside: a client of its broker, and a browser on its page. Belongs to main.ts.
import mqtt, { type MqttClient } from 'mqtt';
import { z } from 'zod';
import type { Topics } from '../publish/topics.ts';
import {
  alertSchema,
  deviceStateSchema,
  incidentSchema,
  type Seen,
  type SeenAlert,
  type SeenDevice,
  type SeenIncident,
} from '../self-test/seen.ts';

const healthSchema = z.object({ broker: z.object({ connected: z.boolean(), waiting: z.number() }) });
const incidentsSchema = z.object({ incidents: z.array(incidentSchema), next: z.null() });

/** Subscribed to everything. */
export class BrokerEar {
  readonly #client: MqttClient;
  readonly #topics: Topics;
  readonly #alerts: SeenAlert[] = [];
  readonly #deviceAlerts: SeenAlert[] = [];
  readonly #devices = new Map<string, SeenDevice>();
  /** A message that is not of the shape it must have. */
  #fault: unknown = null;

  static async open(url: string, topics: Topics): Promise<BrokerEar> {
    const ear = new BrokerEar(await mqtt.connectAsync(url, { protocolVersion: 4, reconnectPeriod: 0 }), topics);
    await ear.#client.subscribeAsync('#', { qos: 1 });
    return ear;
  }

  private constructor(client: MqttClient, topics: Topics) {
    this.#client = client;
    this.#topics = topics;
    client.on('message', (topic, payload) => {
      try {
        this.#hear(topic, payload.toString('utf8'));
      } catch (error) {
        this.#fault ??= error;
      }
    });
  }

  /** Throws on a message that could not be understood. */
  heard(): Omit<Seen, 'incidents'> {
    if (this.#fault !== null) throw this.#fault;
    return { alerts: this.#alerts, deviceAlerts: this.#deviceAlerts, devices: this.#devices };
  }

  /** Resolves when a message of its own has come back, within `milliseconds`: what the broker had before it has been heard. */
  async caughtUp(milliseconds: number): Promise<void> {
    const topic = `${this.#topics.root}/self-test`;
    const back = new Promise<void>((resolve, reject) => {
      const late = setTimeout(() => reject(new Error('the broker delivers nothing')), milliseconds);
      this.#client.on('message', (heard) => {
        if (heard !== topic) return;
        clearTimeout(late);
        resolve();
      });
    });
    await Promise.all([back, this.#client.publishAsync(topic, 'caught up?', { qos: 1 })]);
  }

  close(): Promise<void> {
    return this.#client.endAsync(true);
  }

  #hear(topic: string, payload: string): void {
    const device = this.#topics.parseDevice(topic);
    if (topic === this.#topics.alert) this.#alerts.push(alertSchema.parse(JSON.parse(payload)));
    else if (device?.rest === 'alert') this.#deviceAlerts.push(alertSchema.parse(JSON.parse(payload)));
    else if (device?.rest === 'state') {
      if (payload === '') this.#devices.delete(device.mac);
      else this.#devices.set(device.mac, deviceStateSchema.parse(JSON.parse(payload)));
    }
  }
}

/** A browser that opened a pairing link. */
export class PageVisitor {
  readonly #url: string;
  readonly #cookie: string;

  static async follow(link: string): Promise<PageVisitor> {
    const [url = '', token = ''] = link.split('#/pair/');
    const page = await fetch(url);
    if (!/<!doctype html>/i.test(await page.text())) throw new Error(`the page cannot be opened: ${page.status}`);
    const answer = await fetch(`${url}api/pair`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ token, name: 'Self-test' }),
    });
    if (!answer.ok) throw new Error(`the page refuses its own pairing link: ${answer.status} ${await answer.text()}`);
    return new PageVisitor(url, answer.headers.get('set-cookie')?.split(';')[0] ?? '');
  }

  private constructor(url: string, cookie: string) {
    this.#url = url;
    this.#cookie = cookie;
  }

  /** Nothing waits for the broker any more. */
  async hasToldAll(): Promise<boolean> {
    const { broker } = healthSchema.parse(await this.#get('api/health'));
    return broker.connected && broker.waiting === 0;
  }

  async incidents(): Promise<SeenIncident[]> {
    return incidentsSchema.parse(await this.#get('api/incidents?limit=200')).incidents;
  }

  async #get(path: string): Promise<unknown> {
    const answer = await fetch(`${this.#url}${path}`, { headers: { cookie: this.#cookie } });
    if (!answer.ok) throw new Error(`the page answers ${path} with ${answer.status}`);
    return answer.json();
  }
}

// A home in memory, as main would show it to the publisher: devices, incidents, the stores, and the command function.

import { newDevice } from '../../sensor/attribute/device.ts';
import { english } from '../../sensor/language/words.ts';
import { alertMessages } from '../../sensor/publish/alerts.ts';
import type {
  DeviceView,
  OutboxStore,
  PublishSource,
  SuppressedStore,
  TopicStore,
  WeekView,
} from '../../sensor/publish/ports.ts';
import type { Topics } from '../../sensor/publish/topics.ts';
import type { Command, CommandResult } from '../../sensor/record/commands.ts';
import { type IncidentChange, newRecordEvents } from '../../sensor/record/events.ts';
import type { Health } from '../../sensor/record/health.ts';
import type { Incident } from '../../sensor/record/incident.ts';
import type { OutboxMessage } from '../../sensor/record/outbox.ts';
import { sightFrom } from './sight.ts';

export const START = Date.parse('2026-01-05T10:11:12Z');

export class MemoryOutbox implements OutboxStore {
  readonly rows = new Map<string, OutboxMessage>();

  peek(limit: number): OutboxMessage[] {
    return [...this.rows.values()].slice(0, limit);
  }

  remove(...ids: string[]): void {
    for (const id of ids) this.rows.delete(id);
  }

  size(): number {
    return this.rows.size;
  }

  dropped(): number {
    return 0;
  }
}

export class MemoryTopics implements TopicStore {
  readonly topics = new Set<string>();

  publishedTopics(): string[] {
    return [...this.topics];
  }

  setPublished(topic: string): void {
    this.topics.add(topic);
  }

  unsetPublished(topic: string): void {
    this.topics.delete(topic);
  }
}

export class MemorySuppressed implements SuppressedStore {
  readonly keys = new Set<string>();

  isSuppressed(key: string): boolean {
    return this.keys.has(key);
  }

  suppress(key: string): void {
    this.keys.add(key);
  }

  unsuppress(key: string): void {
    this.keys.delete(key);
  }
}

export function aDevice(mac: string, name: string | null, changes: Partial<DeviceView> = {}): DeviceView {
  return {
    mac,
    name,
    idName: name,
    named: false,
    randomizedMac: false,
    address: '192.168.1.44',
    mail: { attempts: 0, connected: 0, refused: 0, unanswered: 0, last: null },
    updates: { connections: 0, lastBackend: null, lastDownload: null },
    connectionsLastHour: 0,
    established: true,
    allowMail: false,
    incidents: [],
    ...changes,
  };
}

export function anIncident(changes: Partial<Incident> = {}): Incident {
  return {
    id: 'a1b2c3d4e5f60718',
    kind: 'mail_started',
    severity: 'high',
    device: 'a4:cf:12:99:be:ef',
    portClass: '25',
    startedAt: START,
    lastAt: START,
    findings: 1,
    summary: 'Hallway camera started sending mail.',
    evidence: {
      lastDestination: { ip: '203.0.113.25', port: 25, name: 'mx.example.net' },
      attempts: 1,
      connected: 0,
      refused: 0,
      unanswered: 1,
    },
    advice: ['Disconnect the device from the network.'],
    before: [],
    state: 'open',
    acknowledgedAt: null,
    resolvedAt: null,
    watchUntil: null,
    ...changes,
  };
}

export function someHealth(changes: Partial<Health> = {}): Health {
  return {
    version: '0.1.0',
    startedAt: START - 60_000,
    mode: 'live',
    interface: 'eth0',
    capture: 'running',
    captureRestarts: 0,
    clock: null,
    coverage: null,
    captureError: null,
    lastFrameAt: START,
    frames: 1000,
    framesPerSecond: 12.34,
    duplicates: { identical: 0, vlan: 0, routed: 0, hairpin: 0 },
    lossPercent: 0,
    loss: { percent: 0, low: 0, high: 0.1, samples: 5000, missed: 0, isCertain: false },
    interfaceDrops: null,
    vantage: 'lan-both-ways',
    sight: sightFrom(changes.vantage ?? 'lan-both-ways'),
    notCovered: { count: 0, devices: [], sentence: null },
    blindSpots: [],
    warnings: [],
    decode: {},
    broker: null,
    notify: [],
    fleet: null,
    database: { path: '', bytes: 0, error: null, refused: null },
    devices: 1,
    openIncidents: 0,
    ...changes,
  };
}

export class SmallHome implements PublishSource {
  readonly events = newRecordEvents();
  readonly outbox: OutboxStore & { rows: Map<string, OutboxMessage> } = new MemoryOutbox();
  readonly topicStore = new MemoryTopics();
  readonly suppressed = new MemorySuppressed();
  readonly commands: Command[] = [];
  health = someHealth();
  time = START;
  readonly #topics: Topics;
  readonly #devices = new Map<string, DeviceView>();

  constructor(topics: Topics) {
    this.#topics = topics;
  }

  add(device: DeviceView): void {
    this.#devices.set(device.mac, device);
  }

  devices(): DeviceView[] {
    return [...this.#devices.values()];
  }

  device(mac: string): DeviceView | null {
    return this.#devices.get(mac) ?? null;
  }

  incidents(): Incident[] {
    return this.devices().flatMap(({ incidents }) => incidents);
  }

  sensor() {
    return { health: this.health, mac: 'b8:27:eb:55:12:aa', pageUrl: 'http://192.168.1.20:8080', blind: false };
  }

  /** The week that was summed up last. */
  summed: WeekView | null = null;

  week(): WeekView | null {
    return this.summed;
  }

  now(): number {
    return this.time;
  }

  /** Changes what is shown of a device and says so. */
  change(mac: string, changes: Partial<DeviceView>): void {
    const device = this.device(mac);
    if (device === null) throw new Error(`no device ${mac}`);
    this.add({ ...device, ...changes });
    this.events.emit('device', newDevice(mac, this.time));
  }

  /** The first or a further mail: tallies and incident change and its alerts are in the outbox before anybody is told. */
  mail(
    mac: string,
    change: IncidentChange = 'opened',
    severity: Incident['severity'] = 'high',
    id = `${mac.replaceAll(':', '')}mail`,
  ): void {
    const device = this.device(mac);
    if (device === null) throw new Error(`no device ${mac}`);
    const attempts = device.mail.attempts + 1;
    const incident = anIncident({
      id,
      device: mac,
      severity,
      lastAt: this.time,
      findings: attempts,
      summary: `${device.name} sends mail.`,
    });
    this.add({
      ...device,
      mail: {
        attempts,
        connected: 0,
        refused: 0,
        unanswered: attempts,
        last: { ip: '203.0.113.25', name: 'mx.example.net', port: 25, time: this.time, connection: 'unanswered' },
      },
      incidents: [...device.incidents.filter((other) => other.id !== id), incident],
    });
    this.tell(change, incident);
  }

  tell(change: IncidentChange, incident: Incident): void {
    const event = { change, incident, time: this.time };
    const device = incident.device === null ? null : this.device(incident.device);
    for (const message of alertMessages(english, this.#topics, event, device))
      this.outbox.rows.set(message.id, message);
    this.events.emit('incident', event);
  }

  forget(mac: string): void {
    this.#devices.delete(mac);
    this.events.emit('forgotten', mac);
  }

  /** The function of page and Home Assistant alike, as far as it shows here. */
  readonly run = (command: Command, _actor: string): CommandResult => {
    this.commands.push(command);
    if (command.type === 'allow_mail') {
      const device = this.device(command.device);
      if (device === null) return { ok: false, status: 404, error: 'unknown device' };
      const state = command.allow ? 'expected' : 'open';
      this.add({
        ...device,
        allowMail: command.allow,
        incidents: device.incidents.map((incident) => ({ ...incident, state })),
      });
      this.events.emit('expectations');
    }
    if (command.type === 'acknowledge_device') {
      const device = this.device(command.device);
      if (device === null) return { ok: false, status: 404, error: 'unknown device' };
      this.add({ ...device, incidents: device.incidents.map((incident) => ({ ...incident, state: 'acknowledged' })) });
      for (const incident of this.device(command.device)?.incidents ?? []) this.tell('acknowledged', incident);
    }
    return { ok: true, changed: true };
  };
}

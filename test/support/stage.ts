// A home on one cable for tests of the rooms between decode and record: frames go through the real engine, store and recorder.

import { type Frame, LINK_TYPES } from '../../sensor/capture/frame.ts';
import { type Config, loadConfig } from '../../sensor/config.ts';
import { english, type Words } from '../../sensor/language/words.ts';
import type { Command, CommandResult } from '../../sensor/record/commands.ts';
import type { IncidentChange } from '../../sensor/record/events.ts';
import type { Incident } from '../../sensor/record/incident.ts';
import type { OutboxMessage } from '../../sensor/record/outbox.ts';
import type { ReportDevice, ReportIncident } from '../../sensor/record/report.ts';
import { reportDevice, reportIncident } from '../../sensor/record/report-builder.ts';
import { START } from '../../sensor/self-test/frames/home.ts';
import type { Spine, SpineOptions } from '../../sensor/spine.ts';
import { openSpine } from '../../sensor/stored-spine.ts';
import type { CapturedFrame } from './packet-builder.ts';

export * from '../../sensor/self-test/frames/home.ts';

export interface Told {
  change: IncidentChange;
  id: string;
  kind: string;
  severity: string;
  device: string | null;
}

export interface StageOptions {
  /** Keeps its store here; in memory unless told. */
  stateDir?: string;
  homeNet?: readonly string[];
  sensorMac?: string;
  /** As from a file, where what waits in packet time keeps nobody waiting; else as live. */
  recorded?: boolean;
  /** The language that incidents are told in; English unless told. */
  words?: Words;
  detect?: Partial<Config['detect']>;
  meta?: SpineOptions['meta'];
  /** What is alerted of waits in the outbox for a broker. */
  isTold?: boolean;
  /** Wall time; it stands unless told. */
  now?: () => number;
}

export class Stage {
  readonly spine: Spine;
  /** Everything that was alerted of. */
  readonly alerts: Told[] = [];
  readonly log: string[] = [];
  readonly #isTold: boolean;

  constructor(options: StageOptions = {}) {
    this.#isTold = options.isTold ?? false;
    const { config } = loadConfig({ file: undefined, workingDirectory: '/nowhere', environment: {} });
    const write = (message: string) => this.log.push(message);
    this.spine = openSpine({
      config: { ...config, detect: { ...config.detect, ...options.detect } },
      stateDir: options.stateDir ?? null,
      homeNet: options.homeNet ?? [],
      sensorMac: options.sensorMac ?? null,
      recorded: options.recorded ?? false,
      words: options.words ?? english,
      log: () => ({ debug: write, info: write, warn: write, error: write }),
      now: options.now ?? (() => START),
      ...(options.meta === undefined ? {} : { meta: options.meta }),
      alerts: ({ change, incident }) => this.#alert(change, incident),
    });
  }

  /** Sends frames, by time. */
  play(...parts: readonly (CapturedFrame | readonly CapturedFrame[])[]): this {
    const frames = parts.flat();
    for (const frame of frames.toSorted((a, b) => a.time - b.time)) this.send(frame);
    return this;
  }

  send({ data, originalLength = data.length, time }: CapturedFrame): void {
    const frame: Frame = { time, linkType: LINK_TYPES.ethernet, data, originalLength };
    this.spine.engine.frame(frame);
  }

  /** Lets packet time pass without frames. */
  wait(until: number): this {
    this.spine.engine.tick(until);
    return this;
  }

  run(command: Command): CommandResult {
    return this.spine.run(command, 'page');
  }

  devices(): ReportDevice[] {
    const { engine, knowledge } = this.spine;
    return engine.devices.all().map((device) => reportDevice(english, device, knowledge, engine.devices));
  }

  device(host: { mac: string }): ReportDevice {
    const found = this.devices().find(({ mac }) => mac === host.mac);
    if (found === undefined) throw new Error(`no device ${host.mac}`);
    return found;
  }

  incidents(kind?: string): ReportIncident[] {
    this.spine.recorder.flushMail();
    const all = this.spine.recorder.incidents.all().map((incident) => reportIncident(english, incident));
    return kind === undefined ? all : all.filter((incident) => incident.kind === kind);
  }

  /** The one incident of its kind. */
  incident(kind: string): ReportIncident {
    const [first, ...others] = this.incidents(kind);
    if (first === undefined || others.length > 0) throw new Error(`${others.length + (first ? 1 : 0)} ${kind}`);
    return first;
  }

  /** The end of the capture, and what the replay report says of it. */
  finish(): { devices: ReportDevice[]; incidents: ReportIncident[] } {
    this.spine.engine.finish();
    this.spine.recorder.flushAll();
    return { devices: this.devices(), incidents: this.incidents() };
  }

  #alert(change: IncidentChange, { device, id, kind, lastAt, severity }: Incident): OutboxMessage[] {
    this.alerts.push({ change, id, kind, severity, device });
    if (!this.#isTold) return [];
    return [{ id: `${id} ${change}`, topic: 'alert', payload: severity, createdAt: lastAt, priority: 'alert' }];
  }
}

// Writes an incident's sentences from what is known now: who it is called, which servers, what to do.
import type { Device } from '../attribute/device.ts';
import { THIS_SENSOR } from '../attribute/display-name.ts';
import { isMailKind } from '../detect/finding.ts';
import type { Knowledge } from '../detect/knowledge.ts';
import type { Engine } from '../engine.ts';
import type { Incident } from './incident.ts';
import { mailServers } from './incident-book.ts';
import { adviceFor, summaryOf } from './wording.ts';

export class Describer {
  readonly #knowledge: Knowledge;
  /** Null before the recorder is attached to it. */
  readonly #engine: () => Engine | null;

  constructor(knowledge: Knowledge, engine: () => Engine | null) {
    this.#knowledge = knowledge;
    this.#engine = engine;
  }

  /** What people are shown as the device's name. */
  nameOf(device: Device): string {
    const engine = this.#engine();
    return engine === null ? device.mac : this.#knowledge.displayName(device, engine.devices);
  }

  /** Its name as the subject of a sentence: that it is the sensor's own machine must not be overlooked. */
  #subjectOf(device: Device): string {
    const name = this.nameOf(device);
    if (device.role !== 'sensor') return name;
    return name === THIS_SENSOR ? `${THIS_SENSOR} itself` : `${name} (this sensor itself)`;
  }

  /** Writes summary and advice anew. */
  describe(incident: Incident, device: Device | null): void {
    const note = device === null ? null : this.#knowledge.noteOf(device);
    if (device !== null && isMailKind(incident.kind)) incident.evidence.servers = mailServers(incident, device);
    incident.summary = summaryOf(incident, device === null ? null : this.#subjectOf(device));
    incident.advice = adviceFor(incident, device, note);
  }
}

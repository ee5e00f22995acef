// Writes an incident's sentences from what is known now: who it is called, which servers, what to do.
import type { Device } from '../attribute/device.ts';
import { THIS_SENSOR } from '../attribute/display-name.ts';
import { bearsOwnName } from '../attribute/identity.ts';
import { isMailKind } from '../detect/finding.ts';
import type { Knowledge } from '../detect/knowledge.ts';
import type { Engine } from '../engine.ts';
import { innerOf } from './expectation-scope.ts';
import type { Incident } from './incident.ts';
import { mailServers } from './incident-book.ts';
import { adviceFor, summaryOf } from './wording.ts';
import { whoText } from './wording-place.ts';

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

  /** What is said of a device in an outbreak: of one behind it, whose mail that is, the address. */
  mailerName(device: Device, mail: readonly Incident[]): string {
    const [inner] = mail.flatMap((incident) => innerOf(incident) ?? []);
    return inner !== undefined && mail.every((incident) => innerOf(incident) !== undefined)
      ? `a device at ${inner}`
      : this.nameOf(device);
  }

  /** Writes summary and advice anew. */
  describe(incident: Incident, device: Device | null): void {
    const note = device === null ? null : this.#knowledge.noteOf(device);
    const isInner = innerOf(incident) !== undefined;
    if (device !== null && isMailKind(incident.kind) && !isInner)
      incident.evidence.servers = mailServers(incident, device);
    this.#nameCarrier(incident);
    const name = device === null ? null : this.#subjectOf(device);
    incident.summary = summaryOf(
      incident,
      name === null ? null : whoText(this.#doubted(name, incident, device), incident),
    );
    incident.advice = adviceFor(incident, device, isInner ? null : note);
  }

  /** What hands on the frames is called by its own name, one of those behind it by none. */
  #nameCarrier({ evidence }: Incident): void {
    const { behind } = evidence;
    if (typeof behind !== 'object' || behind === null || !('mac' in behind) || !('kind' in behind)) return;
    const carrier = this.#engine()?.devices.get(`${behind.mac}`);
    if (carrier === undefined) return;
    const hasOwn = carrier.label !== null || (behind.kind !== null && bearsOwnName(carrier));
    Object.assign(behind, { name: hasOwn ? this.nameOf(carrier) : null });
  }

  /** What is told of a MAC that several devices share, without an address, is one of theirs. */
  #doubted(name: string, { evidence, kind }: Incident, device: Device | null): string {
    if (device?.sharedMac !== true || evidence.behind !== undefined || isMailKind(kind) || kind === 'exposed')
      return name;
    return `${name} or another device behind the same MAC`;
  }
}

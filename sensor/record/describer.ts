// Tells an incident from what is known now: who it is called, which servers, what to do; in the language that incidents are stored
// in, and in any other for whoever asks.
import type { Device } from '../attribute/device.ts';
import type { DeviceTable } from '../attribute/device-table.ts';
import { bearsOwnName } from '../attribute/identity.ts';
import { isMailKind } from '../detect/finding.ts';
import type { Knowledge } from '../detect/knowledge.ts';
import { english, type Words } from '../language/words.ts';
import { innerOf } from './expectation-scope.ts';
import type { Incident } from './incident.ts';
import { mailServers } from './incident-book.ts';
import { adviceFor, canBeTold, summaryOf } from './wording.ts';
import { fields, list } from './wording-parts.ts';
import { whoText } from './wording-place.ts';

type Sentences = Pick<Incident, 'summary' | 'advice'>;

/** Where the devices are known; null before the recorder is attached to it. */
type Home = { readonly devices: DeviceTable } | null;

export class Describer {
  /** What incidents are stored in. */
  readonly words: Words;
  readonly #knowledge: Knowledge;
  readonly #home: () => Home;

  constructor(knowledge: Knowledge, home: () => Home, words: Words) {
    this.words = words;
    this.#knowledge = knowledge;
    this.#home = home;
  }

  /** What people are shown as the device's name. */
  nameOf(device: Device, words = this.words): string {
    const home = this.#home();
    return home === null ? device.mac : this.#knowledge.displayName(device, home.devices, words);
  }

  /** Its name as the subject of a sentence: that it is the sensor's own machine must not be overlooked. */
  #subjectOf(words: Words, device: Device): string {
    const { names } = words;
    const name = this.nameOf(device, words);
    if (device.role !== 'sensor') return name;
    return name === names.thisSensor ? names.itself({ name }) : names.labelledSensor({ name });
  }

  /** What is said of a device in an outbreak: of one behind it, whose mail that is, the address. */
  mailerName(device: Device, mail: readonly Incident[]): string {
    const [inner] = mail.flatMap((incident) => innerOf(incident) ?? []);
    return inner !== undefined && mail.every((incident) => innerOf(incident) !== undefined)
      ? this.words.names.oneAt({ address: inner })
      : this.nameOf(device);
  }

  /** Writes summary and advice anew. */
  describe(incident: Incident, device: Device | null): void {
    const isInner = innerOf(incident) !== undefined;
    if (device !== null && isMailKind(incident.kind) && !isInner)
      incident.evidence.servers = mailServers(incident, device);
    this.#nameCarrier(incident);
    const name = device === null ? null : this.#subjectOf(this.words, device);
    Object.assign(incident, this.sentencesOf(this.words, incident, device, name));
  }

  /** Those that were told anew, since `language` was another: all but those of which it cannot be told any more what they say. */
  retold(incidents: Iterable<Incident>, language: string | null): Incident[] {
    if ((language ?? english.language) === this.words.language) return [];
    return [...incidents].filter((incident) => {
      const device = this.#deviceOf(incident);
      if (device === undefined || !canBeTold(incident)) return false;
      incident.evidence = this.#inWords(this.words, incident.evidence);
      const name = device === null ? null : this.#subjectOf(this.words, device);
      Object.assign(incident, this.sentencesOf(this.words, incident, device, name));
      return true;
    });
  }

  /** In the language of `words`; as they are stored where they are in it, or cannot be told anew. */
  sentencesIn(words: Words, incident: Incident): Sentences {
    const device = this.#deviceOf(incident);
    if (words.language === this.words.language || device === undefined || !canBeTold(incident)) return incident;
    const told = { ...incident, evidence: this.#inWords(words, incident.evidence) };
    return this.sentencesOf(words, told, device, device === null ? null : this.#subjectOf(words, device));
  }

  /** `name`: what the device is called in them. */
  sentencesOf(words: Words, incident: Incident, device: Device | null, name: string | null): Sentences {
    const isInner = innerOf(incident) !== undefined;
    const note = device === null || isInner ? null : this.#knowledge.noteOf(device);
    const who = name === null ? null : whoText(words, this.#doubted(words, name, incident, device), incident);
    return { summary: summaryOf(words, incident, who), advice: adviceFor(words, incident, device, note) };
  }

  /** Null for an incident of none, undefined where it is forgotten. */
  #deviceOf({ device }: Incident): Device | null | undefined {
    return device === null ? null : this.#home()?.devices.get(device);
  }

  /** What hands on the frames is called by its own name, one of those behind it by none. */
  #nameCarrier({ evidence }: Incident): void {
    const { behind } = evidence;
    if (typeof behind !== 'object' || behind === null || !('mac' in behind) || !('kind' in behind)) return;
    const carrier = this.#home()?.devices.get(`${behind.mac}`);
    if (carrier === undefined) return;
    const hasOwn = carrier.label !== null || (behind.kind !== null && bearsOwnName(carrier));
    Object.assign(behind, { name: hasOwn ? this.nameOf(carrier) : null });
  }

  /** The names that an outbreak's evidence has of devices may be made up here, in a language: `Router (…:12:34)`. */
  #inWords(words: Words, evidence: Incident['evidence']): Incident['evidence'] {
    if (evidence.devices === undefined) return evidence;
    const devices = list(evidence.devices).map((one) => {
      const { mac, name } = fields(one);
      return typeof name === 'string' ? { ...fields(one), name: this.#nameIn(words, name, `${mac}`) } : one;
    });
    return { ...evidence, devices };
  }

  #nameIn(words: Words, name: string, mac: string): string {
    const device = this.#home()?.devices.get(mac);
    for (const told of [english, this.words]) {
      if (device !== undefined && name === this.nameOf(device, told)) return this.nameOf(device, words);
      const [before = '', after = ''] = told.names.oneAt({ address: '\0' }).split('\0');
      if (name.startsWith(before) && name.endsWith(after))
        return words.names.oneAt({ address: name.slice(before.length, name.length - after.length) });
    }
    return name;
  }

  /** What is told of a MAC that several devices share, without an address, is one of theirs. */
  #doubted(words: Words, name: string, { evidence, kind }: Incident, device: Device | null): string {
    if (device?.sharedMac !== true || evidence.behind !== undefined || isMailKind(kind) || kind === 'exposed')
      return name;
    return words.places.doubted({ name });
  }
}

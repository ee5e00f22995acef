// Two signs outweigh one: mail and a lookup, or mail and an open door, of the same device within a day. Hears what the other
// detectors find, and says so of the mail incident. Symptoms support a case without raising it.
import { z } from 'zod';
import type { Device } from '../attribute/device.ts';
import { lazily } from '../lazily.ts';
import type { Detector, Surroundings } from './detector.ts';
import { type Finding, type IncidentKind, isMailKind, SEVERITIES } from './finding.ts';
import { DeviceMemory } from './memory.ts';

/** Signs further apart (ms) are two stories. */
const TOGETHER = 24 * 60 * 60_000;

/** What speaks against a device that mails; `symptom` joins in, and proves nothing. */
const SIGNS = ['mail_lookup', 'exposed', 'symptom'] as const;
type Sign = (typeof SIGNS)[number];

const memoryShape = lazily(() =>
  z.object({
    /** Packet time of the newest sign of each kind. */
    signs: z.partialRecord(z.enum(SIGNS), z.number()),
    /** The newest mail by kind and port class, and the signs that its incident has been told of. */
    mail: z.record(z.string(), z.object({ time: z.number(), told: z.array(z.enum(SIGNS)) })),
  }),
);
type Known = z.infer<ReturnType<typeof memoryShape>>;

export class CorroborationDetector implements Detector {
  readonly name = 'corroboration';
  readonly memory: DeviceMemory<Known>;
  readonly #around: Pick<Surroundings, 'devices' | 'found'>;
  /** The newest mail finding by device, kind and port class: what is said of it later is about the same connection. */
  readonly #latest = new WeakMap<Device, Map<string, Finding>>();

  constructor(around: Pick<Surroundings, 'devices' | 'found'>) {
    this.#around = around;
    this.memory = new DeviceMemory((value) => memoryShape().safeParse(value).data ?? null, around.devices);
  }

  finding(finding: Finding, device: Device | null): void {
    if (device === null || finding.effect !== 'opens') return;
    if (isMailKind(finding.kind)) this.#mailed(device, finding);
    else if (isSign(finding.kind) && counts(finding)) this.#signed(device, finding.kind, finding.time);
  }

  #mailed(device: Device, finding: Finding): void {
    const known = this.#knownOf(device);
    const key = mailKey(finding);
    let latest = this.#latest.get(device);
    if (latest === undefined) {
      latest = new Map();
      this.#latest.set(device, latest);
    }
    latest.set(key, finding);
    const before = known.mail[key];
    const isSameStory = before !== undefined && finding.time - before.time <= TOGETHER;
    const told = isSameStory ? before.told : [];
    known.mail[key] = { time: finding.time, told };
    // A minute more or less decides nothing: the card is spared.
    if (before === undefined || finding.time - before.time > 60_000) this.memory.mark(device.mac);
    for (const sign of SIGNS) {
      const at = known.signs[sign];
      if (at !== undefined && Math.abs(finding.time - at) <= TOGETHER && !told.includes(sign))
        this.#tell(device, key, sign, at, finding.time);
    }
  }

  #signed(device: Device, sign: Sign, time: number): void {
    const known = this.#knownOf(device);
    known.signs[sign] = time;
    this.memory.mark(device.mac);
    for (const [key, { time: mailedAt }] of Object.entries(known.mail)) {
      if (Math.abs(time - mailedAt) <= TOGETHER) this.#tell(device, key, sign, time, time);
    }
  }

  /** A sign raises a mail incident once; a further lookup only joins it, so that it does not stand alone. */
  #tell(device: Device, key: string, sign: Sign, at: number, time: number): void {
    const mail = this.#knownOf(device).mail[key];
    if (mail === undefined) return;
    const isNew = !mail.told.includes(sign);
    if (!isNew && sign !== 'mail_lookup') return;
    if (isNew) {
      mail.told.push(sign);
      this.memory.mark(device.mac);
    }
    const about = this.#latest.get(device)?.get(key)?.about;
    const [kind, portClass = ''] = key.split(' ');
    if (kind !== 'mail_started' && kind !== 'submission_started') return;
    this.#around.found(
      {
        kind,
        portClass,
        device: device.mac,
        time,
        effect: 'updates',
        ...(about === undefined ? {} : { about }),
        destination: null,
        ...(sign === 'symptom' ? { severity: 'info' } : { severity: 'critical', stage: 'corroborated' }),
        ...(sign === 'mail_lookup' ? { absorbs: 'mail_lookup' } : {}),
        evidence: this.#said(device, mail.told, sign, at),
        first: {},
        add: {},
      },
      device,
    );
  }

  #said({ lookups }: Device, told: readonly Sign[], sign: Sign, at: number): Record<string, unknown> {
    return {
      supportedBy: [...told].sort(),
      ...(sign === 'mail_lookup' ? { lookups: { ...lookups } } : { [`${sign}At`]: new Date(at).toISOString() }),
    };
  }

  #knownOf({ mac }: Device): Known {
    return this.memory.of(mac, () => ({ signs: {}, mail: {} }));
  }
}

/** A door that only a computer's own program opened speaks against nobody. */
function counts({ kind, severity }: Finding): boolean {
  return kind !== 'exposed' || SEVERITIES.indexOf(severity) >= SEVERITIES.indexOf('medium');
}

function isSign(kind: IncidentKind): kind is Sign {
  return (SIGNS as readonly string[]).includes(kind);
}

function mailKey({ kind, portClass }: Finding): string {
  return `${kind} ${portClass}`;
}

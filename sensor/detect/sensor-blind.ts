// The sensor sees too little: an incident of its own, from when that is certain until it is well again. While it looks at the
// outer side of the router nothing is laid to a device: what was found there, also before it was clear, becomes part of it.
import { LRUCache } from 'lru-cache';
import { z } from 'zod';
import { atMost } from '../attribute/at-most.ts';
import type { Device } from '../attribute/device.ts';
import type { TimeMove } from '../attribute/time-move.ts';
import { type Judgement, VANTAGES, type Vantage } from '../attribute/vantage.ts';
import type { Mac } from '../decode/packet.ts';
import { lazily } from '../lazily.ts';
import type { Detector, Surroundings } from './detector.ts';
import { type Finding, isMailKind, SEVERITIES, type Severity } from './finding.ts';
import { DeviceMemory, HOME } from './memory.ts';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
/** How long (ms) it must last before it is told. The outer side is told at once: what is found there is no device's. */
const LASTS: Record<'live' | 'recorded', Record<Vantage, number>> = {
  live: {
    'lan-both-ways': 0,
    'wan-side': 0,
    'lan-one-way': 10 * MINUTE,
    'own-traffic-only': 5 * MINUTE,
    'broadcast-only': 5 * MINUTE,
    nothing: 5 * MINUTE,
  },
  // A recording may hold what somebody cut out of a home: it must be long to say anything of the mirror.
  recorded: {
    'lan-both-ways': 0,
    'wan-side': 0,
    'lan-one-way': 10 * MINUTE,
    'own-traffic-only': 15 * MINUTE,
    'broadcast-only': 15 * MINUTE,
    nothing: Number.POSITIVE_INFINITY,
  },
};
/** Handshakes with a hole before one direction is an incident: a few may have other causes. */
const HOLES_NEEDED = 50;
/** Well for this long (ms), and it is over. */
const WELL = MINUTE;
/** What comes and goes is told ever more slowly: each end within this long (ms) doubles what the next beginning and end take. */
const FLAPPING = 6 * HOUR;
const MOST_DOUBLINGS = 6;
/** Severity of what may be the router itself, seen from outside. */
const DOUBTFUL: Severity = 'medium';
/** Longer than this (ms) without a look, and nothing is known of what lay between: the machine slept, or its clock was set. */
const UNWATCHED = 2 * MINUTE;
/** So long (ms) without enough to judge by, and what was before does not last any more. */
const UNCLEAR = 15 * MINUTE;
const DEVICES = 64;
const HELD = 64;

const SEVERITY: Record<Vantage, Severity> = {
  'lan-both-ways': 'info',
  'lan-one-way': 'low',
  'wan-side': 'medium',
  'own-traffic-only': 'medium',
  'broadcast-only': 'medium',
  nothing: 'medium',
};

const openShape = lazily(() => z.object({ vantage: z.enum(VANTAGES), openedAt: z.number() }));

export class SensorBlindDetector implements Detector {
  readonly name = 'sensor-blind';
  readonly memory: DeviceMemory<z.infer<ReturnType<typeof openShape>>>;
  readonly #around: Surroundings;
  readonly #lasts: Record<Vantage, number>;
  readonly #every: number;
  #next = 0;
  #lookedAt = 0;
  /** When there was last enough to judge by. */
  #sureAt = 0;
  /** The stations whose incidents were taken over since the start. */
  #taken = '';
  /** When it began to be as bad as it is; null while it is well. */
  #bad: { since: number; holes: number } | null = null;
  #wellSince: number | null = null;
  #closedAt: number | null = null;
  #doublings = 0;
  /** Mail attempts told of each device, in case that it is none. */
  readonly #mail = new LRUCache<Mac, number>(atMost(DEVICES));
  /** What was told with doubt, as it would be without. */
  readonly #doubted = new LRUCache<Mac, { device: Device; findings: Finding[] }>(atMost(DEVICES));
  readonly #asIs = new WeakSet<Finding>();

  constructor(around: Surroundings) {
    this.#around = around;
    const { recorded } = around.settings;
    this.#lasts = LASTS[recorded ? 'recorded' : 'live'];
    this.#every = recorded ? 5 * SECOND : SECOND;
    this.memory = new DeviceMemory((value) => openShape().safeParse(value).data ?? null, around.devices);
  }

  tick(time: number): void {
    if (time < this.#next && time > this.#next - HOUR) return;
    this.#next = time + this.#every;
    this.#look(this.#around.vantage.present(), time);
  }

  /** The clock was put right: how long it has been as it is stays as it was. */
  moveTime({ by }: TimeMove): void {
    this.#next += by;
    this.#lookedAt += by;
    this.#sureAt += by;
    if (this.#bad !== null) this.#bad.since += by;
    if (this.#wellSince !== null) this.#wellSince += by;
    if (this.#closedAt !== null) this.#closedAt += by;
  }

  /** What a recording shows as a whole decides where no moment of it did. */
  finish(time: number): void {
    const { settings, vantage } = this.#around;
    const judged = settings.recorded ? vantage.conclude() : vantage.present();
    if (judged.vantage === 'wan-side') this.#look(judged, time);
  }

  intercepts(finding: Finding, device: Device): boolean {
    if (this.#asIs.has(finding)) return false;
    const judged = this.#around.vantage.present();
    if (this.#around.vantage.isOuter(device.mac)) {
      this.#look(judged, finding.time);
      if (isAttempt(finding)) this.#tell('wan-side', finding.time, 'updates', { add: { mailAttempts: 1 } });
      return true;
    }
    if (judged.vantage !== 'wan-side' || judged.outer?.macs.includes(device.mac) !== true) return false;
    this.#tellWithDoubt(finding, device);
    return true;
  }

  finding(finding: Finding, device: Device | null): void {
    if (device !== null && isAttempt(finding)) this.#mail.set(device.mac, (this.#mail.get(device.mac) ?? 0) + 1);
  }

  #look(judged: Judgement, time: number): void {
    const isGap = time < this.#lookedAt || (!this.#around.settings.recorded && time - this.#lookedAt > UNWATCHED);
    if (isGap) [this.#bad, this.#wellSince] = [null, null];
    this.#lookedAt = time;
    if (judged.confidence === 'unsure' || judged.isOld) return;
    if (time - this.#sureAt > UNCLEAR) [this.#bad, this.#wellSince] = [null, null];
    this.#sureAt = time;
    if (judged.vantage === 'lan-both-ways') this.#well(time);
    else this.#unwell(judged, time);
    if (judged.vantage === 'wan-side') return;
    this.#taken = '';
    if (this.#doubted.size > 0) this.#clear();
  }

  #well(time: number): void {
    this.#bad = null;
    this.#wellSince ??= time;
    const open = this.memory.get(HOME);
    if (open === undefined || time - this.#wellSince < WELL * 2 ** this.#doublings) return;
    this.memory.forget(HOME);
    this.#doublings = this.#isFlapping(time) ? Math.min(this.#doublings + 1, MOST_DOUBLINGS) : 0;
    this.#closedAt = time;
    this.#tell(open.vantage, time, 'updates', { closes: true, evidence: { endedAt: isoTime(time) } });
  }

  #unwell(judged: Judgement, time: number): void {
    const { holes } = this.#around.vantage;
    this.#wellSince = null;
    this.#bad ??= { since: time, holes };
    const { vantage } = judged;
    const open = this.memory.get(HOME);
    if (open?.vantage !== vantage) {
      const wait = this.#lasts[vantage] * (this.#isFlapping(time) ? 2 ** this.#doublings : 1);
      if (time - this.#bad.since < wait) return;
      if (vantage === 'lan-one-way' && holes - this.#bad.holes < HOLES_NEEDED) return;
      this.memory.set(HOME, { vantage, openedAt: open?.openedAt ?? this.#bad.since });
      const [effect, begins] =
        open === undefined ? (['opens', this.#bad.since] as const) : (['updates', time] as const);
      this.#tell(vantage, begins, effect, {
        evidence: { vantage, direction: judged.direction, since: isoTime(this.#bad.since), endedAt: undefined },
      });
    }
    this.#takeOver(judged, time);
  }

  /** What was told of the two stations on the outer side before it was clear. */
  #takeOver({ outer }: Judgement, time: number): void {
    const key = outer?.macs.join() ?? '';
    if (outer === null || key === this.#taken) return;
    this.#taken = key;
    const mailAttempts = this.#mailOf(outer.macs);
    this.#tell('wan-side', time, 'state', { takesOver: outer, ...(mailAttempts > 0 ? { add: { mailAttempts } } : {}) });
  }

  #isFlapping(time: number): boolean {
    return this.#closedAt !== null && Math.abs(time - this.#closedAt) < FLAPPING;
  }

  /** What was told of these is taken back with their incidents. */
  #mailOf(macs: readonly Mac[]): number {
    let attempts = 0;
    for (const mac of macs) {
      attempts += this.#mail.get(mac) ?? 0;
      this.#mail.delete(mac);
      this.#doubted.delete(mac);
    }
    return attempts;
  }

  /** Public addresses on both ends and next to nothing else so far: a device without NAT, or the router from outside. */
  #tellWithDoubt(finding: Finding, device: Device): void {
    const doubted = this.#doubted.get(device.mac) ?? { device, findings: [] };
    if (doubted.findings.length < HELD) doubted.findings.push(finding);
    this.#doubted.set(device.mac, doubted);
    const severity = rank(finding.severity) > rank(DOUBTFUL) ? DOUBTFUL : finding.severity;
    const { stage: _untilClear, ...told } = finding;
    const { address } = finding.evidence;
    this.#foundAsIs({ ...told, severity, evidence: { ...told.evidence, outerSide: { address } } }, device);
  }

  /** It is a device of the home after all: told again with its full weight. */
  #clear(): void {
    for (const { device, findings } of this.#doubted.values())
      for (const finding of findings)
        this.#foundAsIs(
          { ...finding, effect: 'updates', add: {}, evidence: { ...finding.evidence, outerSide: undefined } },
          device,
        );
    this.#doubted.clear();
  }

  #foundAsIs(finding: Finding, device: Device): void {
    this.#asIs.add(finding);
    this.#around.found(finding, device);
  }

  #tell(vantage: Vantage, time: number, effect: Finding['effect'], more: Partial<Finding>): void {
    this.#around.found(
      {
        kind: 'sensor_blind',
        severity: SEVERITY[vantage],
        device: null,
        portClass: '',
        time,
        effect,
        destination: null,
        evidence: {},
        first: {},
        add: {},
        ...more,
      },
      null,
    );
  }
}

function isAttempt({ effect, kind }: Finding): boolean {
  return isMailKind(kind) && effect === 'opens';
}

function isoTime(time: number): string {
  return new Date(time).toISOString();
}

function rank(severity: Severity): number {
  return SEVERITIES.indexOf(severity);
}

// From where the sensor looks, judged by what passes: a mirror that shows half, the wrong side of the router, or nothing. Two
// judgements: of the present, over the shortest stretch of packet time that tells; and of all that passed, for a recording.
import type { Mac, Packet } from '../decode/packet.ts';
import { Handshakes } from './handshakes.ts';
import { Heartbeat, type LinkState } from './heartbeat.ts';
import type { Home } from './home.ts';
import { LinkNeighbours } from './link-neighbours.ts';
import { isGroup } from './mac-address.ts';
import { Evidence, type Sides } from './vantage-evidence.ts';
import { type Judgement, judge, verdict } from './vantage-verdict.ts';

export type { LinkState } from './heartbeat.ts';
export {
  CONFIDENCES,
  type Confidence,
  type Judgement,
  VANTAGES,
  type Vantage,
  type VantageDirection,
  type VantageReason,
} from './vantage-verdict.ts';

const SECOND = 1000;
const DHCP_PORTS = new Set([67, 68]);
/** Evidence is kept by stretches of this length (ms). */
const STRETCH = 10 * SECOND;
/** The present is judged over the first of these (ms) that leaves no doubt: what is plugged elsewhere shows within a minute. */
const WINDOWS = [30 * SECOND, 120 * SECOND, 900 * SECOND] as const;
const LONGEST = WINDOWS[2];
/** Within a second it is judged anew only when an eighth more has passed: it may be asked for each of a flood of findings. */
const FRESH = 1.125;
/** A sensor that has just begun has seen nothing yet (ms). */
const SETTLING = 60 * SECOND;

interface Stretch {
  from: number;
  evidence: Evidence;
}

export interface VantageOptions {
  /** The capture interface's own address, null in a replay. */
  sensorMac: Mac | null;
  /** The frames are no live capture: a pause in packet time says nothing about the mirror. */
  recorded?: boolean;
}

export class VantageJudge {
  readonly #home: Home;
  readonly #sensorMac: Mac | null;
  readonly #recorded: boolean;
  readonly #neighbours: LinkNeighbours;
  readonly #handshakes = new Handshakes();
  /** Of the packet at hand. */
  readonly #sides: Sides = { isForeign: true, isFromInside: true, isToInside: true, hole: null };
  /** Of all stretches but the newest. */
  readonly #before = new Evidence();
  #heartbeat = new Heartbeat();
  /** Oldest first. */
  #stretches: Stretch[] = [];
  #holes = 0;
  #now = 0;
  #began: number | null = null;
  /** The judgement of `#judgedAt`, as long as little has passed since. */
  #present: Judgement | null = null;
  #judgedAt = 0;
  #frames = 0;
  #framesJudged = 0;
  #isMissing = false;
  #last: Judgement = verdict('nothing', 'unsure', []);
  /** Addresses of the router's outer side, while that is what the sensor sees. */
  #outer: ReadonlySet<Mac> = new Set();

  constructor(home: Home, { recorded = false, sensorMac }: VantageOptions) {
    this.#home = home;
    this.#sensorMac = sensorMac;
    this.#recorded = recorded;
    this.#neighbours = new LinkNeighbours(home);
  }

  observe(packet: Packet, time: number): void {
    this.tick(time);
    this.#began ??= time;
    const sides = this.#sidesOf(packet);
    if (sides.hole !== null) this.#holes++;
    this.#stretchAt(time).add(packet, sides);
    this.#neighbours.observe(packet, time);
    const { destinationMac } = packet;
    const isToGroup = destinationMac !== null && isGroup(destinationMac);
    this.#heartbeat.frame(time, sides.isForeign && !isToGroup, isToGroup);
    this.#frames++;
    // What was missing a moment ago comes again.
    if (this.#isMissing) this.#present = null;
  }

  /** Packet time has reached `time` (ms); earlier than before where the capture's clock was set back. */
  tick(time: number): void {
    if (time < this.#now - LONGEST) {
      this.#retire();
      this.#stretches = [];
      this.#neighbours.forget();
      this.#heartbeat = new Heartbeat();
    }
    this.#now = time;
    this.#began ??= time;
  }

  /** The clock was put right by so many ms: what was seen was seen just now. */
  moveTime(by: number): void {
    for (const stretch of this.#stretches) stretch.from += by;
    this.#now += by;
    this.#judgedAt += by;
    if (this.#began !== null) this.#began += by;
    this.#heartbeat.moveTime(by);
    this.#present = null;
  }

  /** What the kernel says of the capture interface: live alone, about once a second. */
  link(state: LinkState): void {
    this.#heartbeat.link(state, this.#now);
    this.#present = null;
  }

  /** What is told: of the present while it lasts, of the whole in a recording. */
  judgement(): Judgement {
    return this.#recorded ? this.whole() : this.present();
  }

  /** Of all that has passed. */
  whole(): Judgement {
    const all = new Evidence();
    all.merge(this.#before);
    const newest = this.#stretches.at(-1);
    if (newest !== undefined) all.merge(newest.evidence);
    return judge(all, this.#neighbours, this.#home.fixed);
  }

  /** The capture has ended: what all of it shows holds from now on. */
  conclude(): Judgement {
    return this.#note(this.whole());
  }

  /** Of now. While too little passes to tell, the last one stands, with less confidence. */
  present(): Judgement {
    const isFresh = this.#now - this.#judgedAt < SECOND && this.#frames <= this.#framesJudged * FRESH;
    if (this.#present !== null && isFresh) return this.#present;
    this.#judgedAt = this.#now;
    this.#framesJudged = this.#frames;
    const missing = this.#missing();
    this.#isMissing = missing !== null;
    this.#present = missing ?? this.#note(this.#seen());
    return this.#present;
  }

  /** Handshakes so far of which a part was there and not seen. */
  get holes(): number {
    return this.#holes;
  }

  /** One of the two stations on the outer side of the router: no device of the home. */
  isOuter(mac: Mac): boolean {
    return this.#outer.has(mac);
  }

  #note(judged: Judgement): Judgement {
    if (judged.confidence === 'unsure' || judged.isOld) return judged;
    this.#last = judged;
    this.#outer = new Set(judged.outer?.macs);
    return judged;
  }

  /** What used to come and does not any more, outweighs what came. */
  #missing(): Judgement | null {
    const { hadUnicast } = this.#heartbeat;
    const missing = this.#heartbeat.missing(this.#now);
    if (missing === 'carrier') return verdict('nothing', 'sure', [{ kind: 'no-carrier' }]);
    const seconds = (what: 'everything' | 'unicast') => Math.floor(this.#heartbeat.silence(what, this.#now) / SECOND);
    if (missing === 'everything' && !this.#recorded)
      return verdict('nothing', 'likely', [{ kind: 'silence', count: seconds('everything') }]);
    if (missing === 'unicast' && hadUnicast) {
      const evidence = new Evidence();
      this.#gather(evidence, WINDOWS[0], this.#stretches.length);
      const { group, own } = evidence;
      if (own > 0) return verdict('own-traffic-only', 'likely', [{ kind: 'own-only', count: own }]);
      return verdict('broadcast-only', 'likely', [{ kind: 'broadcasts-only', count: group }]);
    }
    return null;
  }

  #seen(): Judgement {
    const { hadUnicast } = this.#heartbeat;
    const isNew = this.#began === null || this.#now - this.#began < SETTLING;
    if (this.#stretches.length === 0 && this.#before.frames === 0)
      return verdict('nothing', isNew ? 'unsure' : 'likely', [{ kind: 'silence' }]);
    let widest: Judgement | null = null;
    const evidence = new Evidence();
    let earlier = this.#stretches.length;
    // Where nobody else was heard, what the machine says itself comes and goes.
    for (const window of hadUnicast ? WINDOWS : [LONGEST]) {
      earlier = this.#gather(evidence, window, earlier);
      // A pause in what devices say to each other is no judgement of the mirror, see #missing.
      if (evidence.frames === 0 || (hadUnicast && evidence.foreign === 0)) continue;
      widest = judge(evidence, this.#neighbours, this.#home.fixed);
      if (widest.confidence !== 'unsure') break;
    }
    const stands = this.#last.confidence !== 'unsure';
    if (widest === null || (widest.confidence === 'unsure' && stands))
      return { ...this.#last, confidence: stands ? 'likely' : 'unsure', reasons: [{ kind: 'quiet' }], isOld: true };
    return !hadUnicast && isNew ? { ...widest, confidence: 'unsure' } : widest;
  }

  /** Merges the window's stretches before the one at `end`, the newest first. Returns where a longer window goes on. */
  #gather(evidence: Evidence, window: number, end: number): number {
    for (let at = end - 1; at >= 0; at--) {
      const stretch = this.#stretches[at];
      if (stretch === undefined || stretch.from + STRETCH <= this.#now - window) return at + 1;
      evidence.merge(stretch.evidence);
    }
    return 0;
  }

  #sidesOf(packet: Packet): Sides {
    const { destinationMac, ip, sourceMac, tcp, udp } = packet;
    const own = this.#sensorMac;
    const isForeign = own === null || (sourceMac !== own && destinationMac !== own);
    const sides = this.#sides;
    sides.isForeign = isForeign;
    sides.isFromInside = true;
    sides.isToInside = true;
    sides.hole = null;
    // DHCP relays and servers have public addresses too, and what they say is no traffic with the Internet.
    if (ip === null || (udp !== null && DHCP_PORTS.has(udp.destinationPort))) return sides;
    const isFromInside = this.#home.isInside(ip.source);
    const isToInside = this.#home.isInside(ip.destination);
    sides.isFromInside = isFromInside;
    sides.isToInside = isToInside;
    if (tcp !== null && isFromInside !== isToInside) sides.hole = this.#handshakes.observe(packet, tcp, isFromInside);
    return sides;
  }

  #stretchAt(time: number): Evidence {
    const newest = this.#stretches.at(-1);
    if (newest !== undefined && time - newest.from < STRETCH) return newest.evidence;
    this.#retire();
    const stretch = { from: time - (time % STRETCH), evidence: new Evidence() };
    this.#stretches.push(stretch);
    while (this.#stretches.length > LONGEST / STRETCH + 1) this.#stretches.shift();
    return stretch.evidence;
  }

  #retire(): void {
    const newest = this.#stretches.at(-1);
    if (newest !== undefined) this.#before.merge(newest.evidence);
  }
}

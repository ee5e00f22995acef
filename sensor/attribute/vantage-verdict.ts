// From where the sensor looks, judged from evidence: the word, the direction, how sure it is, and why. Pure.
import type { IpAddress, Mac } from '../decode/packet.ts';
import type { LinkNeighbours } from './link-neighbours.ts';
import type { Evidence, Sender } from './vantage-evidence.ts';

export const VANTAGES = [
  'lan-both-ways',
  'lan-one-way',
  'wan-side',
  'own-traffic-only',
  'broadcast-only',
  'nothing',
] as const;
export type Vantage = (typeof VANTAGES)[number];

/** Which direction alone is visible: what devices send to the Internet, or what comes from there. */
export type VantageDirection = 'from-home' | 'to-home';

export const CONFIDENCES = ['sure', 'likely', 'unsure'] as const;
export type Confidence = (typeof CONFIDENCES)[number];

/** What a judgement rests on. `count` is of packets, or of what the kind says. */
export interface VantageReason {
  kind:
    | 'both-directions'
    | 'only-from-home'
    | 'only-to-home'
    | 'local-only'
    | 'public-on-both-ends'
    | 'pppoe'
    | 'carrier-address'
    | 'passed-on'
    | 'systems'
    | 'nobody-else'
    | 'own-only'
    | 'broadcasts-only'
    | 'silence'
    | 'no-carrier'
    | 'quiet';
  count?: number;
}

export interface Judgement {
  vantage: Vantage;
  /** Null unless the vantage is `lan-one-way` and the direction is known. */
  direction: VantageDirection | null;
  confidence: Confidence;
  reasons: readonly VantageReason[];
  /** Too little passes at present: it is the last one. */
  isOld: boolean;
  /** On the outer side: the router's address there and the provider's, and since when packets are handed over (ms). */
  outer: { macs: readonly Mac[]; since: number } | null;
}

/** Nothing is settled by fewer packets with both ends outside, or inside a PPPoE session. */
const OUTSIDE_NEEDED = 20;
/** Of the packets with addresses. */
const OUTSIDE_SHARE = 0.9;
/** Packets that a router passed on, with first hop limits of two systems, each of them so often. */
const PASSED_NEEDED = 12;
const PASSED_OF_EACH = 3;
const PASSED_SHARE = 0.25;
/** The same with one system alone: a thing may begin at an odd hop limit by itself. */
const PASSED_ALONE = 30;
const PASSED_ALONE_SHARE = 0.8;
const MANY = 50;
/** Systems told apart by the window of their SYNs; one system has one or two. */
const WINDOWS_OF_MANY = 3;
/** Beside so many packets one way, a stray one the other way is none. */
const STRAY_SHARE = 0.01;
const STRAY_BESIDE = 200;
/** Packets each way, of each direction, that leave no doubt. */
const ENOUGH = 5;

/** `since`: when the evidence begins, ms of packet time. `isFixed`: a person said what is inside, so that no address tells a side. */
export function judge(evidence: Evidence, neighbours: LinkNeighbours, isFixed: boolean): Judgement {
  const { foreign, frames, group, unicast } = evidence;
  if (frames === 0) return verdict('nothing', 'unsure', [{ kind: 'silence' }]);
  if (unicast === 0)
    return verdict('broadcast-only', group < ENOUGH ? 'unsure' : 'likely', [{ kind: 'broadcasts-only', count: group }]);
  if (foreign === 0) {
    const confidence = unicast + group < ENOUGH ? 'unsure' : 'likely';
    return verdict('own-traffic-only', confidence, [{ kind: 'own-only', count: unicast }]);
  }
  if (isFixed) return lan(evidence);
  const outer = outerSide(evidence, neighbours);
  if (outer === 'perhaps') return { ...lan(evidence), confidence: 'unsure' };
  return outer ?? lan(evidence);
}

export function verdict(vantage: Vantage, confidence: Confidence, reasons: readonly VantageReason[]): Judgement {
  return { vantage, direction: null, confidence, reasons, isOld: false, outer: null };
}

/** `perhaps`: it looks so, and there is too little of it. */
function outerSide(evidence: Evidence, neighbours: LinkNeighbours): Judgement | 'perhaps' | null {
  const { addressed, betweenOutside } = evidence;
  if (betweenOutside > 0 && betweenOutside >= addressed * OUTSIDE_SHARE) return publicEnds(evidence, neighbours);
  return oneHomeBehind(evidence, neighbours);
}

/** Both ends of the packets are public: no NAT, or its far side. Several stations with an address each are hosts without NAT. */
function publicEnds(evidence: Evidence, neighbours: LinkNeighbours): Judgement | null {
  const { betweenOutside, pppoe, senders } = evidence;
  const macs = new Set([...senders].flatMap(([mac, { to }]) => (to === null ? [mac] : [mac, to])));
  const hosts = [...senders.values()].filter(({ packets, sources }) => packets >= 3 && sources.length === 1);
  if (macs.size > 2 && hosts.length > 1) return null;
  const confidence = betweenOutside >= OUTSIDE_NEEDED ? 'sure' : 'unsure';
  const since = Math.min(...[...macs].map((mac) => neighbours.hopSince(mac) ?? Number.POSITIVE_INFINITY));
  return {
    ...verdict('wan-side', confidence, [
      { kind: 'public-on-both-ends', count: betweenOutside },
      ...(pppoe > 0 ? [{ kind: 'pppoe' as const, count: pppoe }] : []),
    ]),
    outer: { macs: [...macs].sort(), since: Number.isFinite(since) ? since : 0 },
  };
}

/** One station hands on what others sent, under an address or two, and nobody else of a home is on the link. */
function oneHomeBehind(evidence: Evidence, neighbours: LinkNeighbours): Judgement | 'perhaps' | null {
  const found = mostPassedOn(evidence);
  if (found === null) return null;
  const [mac, router] = found;
  const { leaving, packets, passedOn, sources, synWindows, to } = router;
  if (sources.length > 2 || hasLeaverBeside(evidence, mac, to) || neighbours.speaksForOthers(mac, sources)) return null;
  const since = (to === null ? null : neighbours.hopSince(to)) ?? 0;
  if (neighbours.anyBeside(mac, to, since)) return null;
  const passed = passedOn[0] + passedOn[1] + passedOn[2];
  const share = passed / packets;
  if (neighbours.announces(mac) && share < PASSED_ALONE_SHARE) return null;
  const systems = passedOn.filter((count) => count >= PASSED_OF_EACH).length;
  const isCarrier = leaving >= OUTSIDE_NEEDED && sources.length > 0 && sources.every(isCarriers);
  const isInSession = evidence.pppoe >= OUTSIDE_NEEDED && evidence.pppoe >= evidence.addressed * OUTSIDE_SHARE;
  const isPppoe = isInSession && (isCarrier || passed >= PASSED_OF_EACH);
  const isMixed = systems >= 2 && passed >= PASSED_NEEDED && share >= PASSED_SHARE;
  const isSteady = passed >= PASSED_ALONE && share >= PASSED_ALONE_SHARE;
  if (!isPppoe && !isCarrier && !isMixed && !isSteady) return share >= PASSED_SHARE ? 'perhaps' : null;
  const isSure =
    isPppoe || (isMixed && passed >= MANY) || (synWindows.length >= WINDOWS_OF_MANY && passed >= PASSED_NEEDED);
  return {
    ...verdict('wan-side', isSure ? 'sure' : 'likely', [
      ...(passed > 0 ? [{ kind: 'passed-on' as const, count: passed }] : []),
      ...(isPppoe ? [{ kind: 'pppoe' as const, count: evidence.pppoe }] : []),
      ...(isCarrier ? [{ kind: 'carrier-address' as const }] : []),
      ...(systems >= 2 ? [{ kind: 'systems' as const, count: systems }] : []),
      { kind: 'nobody-else' },
    ]),
    outer: { macs: (to === null ? [mac] : [mac, to]).sort(), since },
  };
}

/** Of those whose packets leave the home, who bears most signs of a hop behind it; else who sends most. */
function mostPassedOn({ senders }: Evidence): [Mac, Sender] | null {
  const passed = ({ passedOn }: Sender) => passedOn[0] + passedOn[1] + passedOn[2];
  let most: [Mac, Sender] | null = null;
  for (const entry of senders) {
    const [, sender] = entry;
    if (sender.leaving === 0) continue;
    const more = most === null ? 1 : passed(sender) - passed(most[1]) || sender.leaving - most[1].leaving;
    if (more > 0) most = entry;
  }
  return most;
}

/** Whether packets of anybody but these two leave the home. */
function hasLeaverBeside({ senders }: Evidence, inner: Mac, outer: Mac | null): boolean {
  for (const [mac, { leaving }] of senders) if (mac !== inner && mac !== outer && leaving > 1) return true;
  return false;
}

/** Shared address space between a provider and its customers (RFC 6598): 100.64.0.0/10. */
function isCarriers(ip: IpAddress): boolean {
  const [first, second] = ip.split('.').map(Number);
  return first === 100 && second !== undefined && second >= 64 && second < 128;
}

/**
 * Directions are told by packets between inside and outside alone: neighbours answer each other on any mirror. A handshake with
 * a hole shows that something was missed; SYNs without an answer may meet a provider's block.
 */
function lan(evidence: Evidence): Judgement {
  const { answersMissed, betweenOutside, fromOutside, isAnswered, questionsMissed, toOutside } = evidence;
  const [fewer, more] = [Math.min(toOutside, fromOutside), Math.max(toOutside, fromOutside)];
  const isOneWay = more > 0 && (fewer === 0 || (more >= STRAY_BESIDE && fewer <= more * STRAY_SHARE));
  if (more > 0 && !isOneWay) {
    const confidence = fewer >= ENOUGH ? 'sure' : 'likely';
    return verdict('lan-both-ways', confidence, [{ kind: 'both-directions', count: toOutside + fromOutside }]);
  }
  // Hosts with public addresses of their own, on a prefix that nobody announced.
  if (!isOneWay && betweenOutside >= ENOUGH && isAnswered)
    return verdict('lan-both-ways', 'likely', [{ kind: 'both-directions', count: betweenOutside }]);
  if (!isOneWay) return verdict(isAnswered ? 'lan-both-ways' : 'lan-one-way', 'unsure', [{ kind: 'local-only' }]);
  const direction = toOutside > fromOutside ? 'from-home' : 'to-home';
  const missed = direction === 'from-home' ? answersMissed : questionsMissed;
  if (missed === 0 && isAnswered) return verdict('lan-both-ways', 'unsure', [{ kind: 'local-only' }]);
  const confidence = missed === 0 ? 'unsure' : missed < ENOUGH ? 'likely' : 'sure';
  return { ...verdict('lan-one-way', confidence, [{ kind: `only-${direction}`, count: more }]), direction };
}

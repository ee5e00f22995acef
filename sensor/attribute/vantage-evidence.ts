// What a stretch of packet time shows of the place that the sensor looks from: counts by direction, and who hands packets on
// towards the Internet, with the hop limits that tell a host's own packets from those that a router passed on. Judges nothing.
import { type IpAddress, type Mac, type Packet, TCP_FLAGS } from '../decode/packet.ts';
import type { Hole } from './handshakes.ts';
import { INITIAL_HOP_LIMITS } from './hop-limit.ts';
import { isGroup } from './mac-address.ts';

/** Who hands packets on; a home has tens of devices, and two tell all that is asked here. */
const SENDERS = 16;
const SOURCES = 4;
/** TCP windows of SYNs differ by operating system. */
const WINDOWS = 8;
/** Pairs of talking MACs remembered. */
const PAIRS = 64;

/** Who sends packets to or from an outside address that are on their way through a router. */
export interface Sender {
  packets: number;
  /** From an inside address to an outside one, and over IPv6 from any address that is not the Internet's by rule. */
  leaving: number;
  /** By the first hop limit that they are one below, as FIRST_HOP_LIMITS lists them. */
  passedOn: [number, number, number];
  /** IPv4 addresses they come from; each once, as below: so few are told apart faster in a list. */
  sources: IpAddress[];
  synWindows: number[];
  /** Whom it hands them to. */
  to: Mac | null;
}

/** What was made out of a packet before it is counted. */
export interface Sides {
  isForeign: boolean;
  isFromInside: boolean;
  isToInside: boolean;
  hole: Hole;
}

export class Evidence {
  frames = 0;
  /** To everybody or to a group. */
  group = 0;
  unicast = 0;
  /** Unicast that is neither from nor to the sensor itself. */
  foreign = 0;
  /** Unicast from or to the sensor itself. */
  own = 0;
  toOutside = 0;
  fromOutside = 0;
  /** Both ends outside, IPv4: a home's own IPv6 addresses are public too, and its prefix may not have been announced yet. */
  betweenOutside = 0;
  /** Handshakes whose answer, or whose question, was not seen though it was there. */
  answersMissed = 0;
  questionsMissed = 0;
  /** Unicast IP inside a PPPoE session. */
  pppoe = 0;
  /** Two MACs were seen to send IP packets to each other. */
  isAnswered = false;
  readonly senders = new Map<Mac, Sender>();
  /** Who sent to whom, sender and receiver in turn, until two of them answer each other. */
  readonly #spoke: Mac[] = [];

  add(packet: Packet, { hole, isForeign, isFromInside, isToInside }: Sides): void {
    this.frames++;
    const { destinationMac, ip, sourceMac } = packet;
    if (destinationMac !== null && isGroup(destinationMac)) {
      this.group++;
      return;
    }
    this.unicast++;
    if (isForeign) this.foreign++;
    else this.own++;
    if (ip === null) return;
    if (packet.pppoeSessionId !== null) this.pppoe++;
    if (!this.isAnswered) this.#noteSpeaker(sourceMac, destinationMac);
    if (hole === 'answer') this.answersMissed++;
    else if (hole === 'question') this.questionsMissed++;
    if (isToInside) {
      if (!isFromInside) this.fromOutside++;
      return;
    }
    if (isFromInside) this.toOutside++;
    else if (ip.version === 4) this.betweenOutside++;
    if (sourceMac !== null) this.#noteSender(packet, sourceMac, isFromInside || ip.version === 6);
  }

  /** Takes in what another stretch showed. */
  merge(other: Evidence): void {
    this.frames += other.frames;
    this.group += other.group;
    this.unicast += other.unicast;
    this.foreign += other.foreign;
    this.own += other.own;
    this.toOutside += other.toOutside;
    this.fromOutside += other.fromOutside;
    this.betweenOutside += other.betweenOutside;
    this.answersMissed += other.answersMissed;
    this.questionsMissed += other.questionsMissed;
    this.pppoe += other.pppoe;
    this.isAnswered ||= other.isAnswered;
    for (const [mac, theirs] of other.senders) {
      const own = this.senders.get(mac);
      if (own === undefined) {
        if (this.senders.size < SENDERS) this.senders.set(mac, copyOf(theirs));
        continue;
      }
      own.packets += theirs.packets;
      own.leaving += theirs.leaving;
      for (const i of [0, 1, 2] as const) own.passedOn[i] += theirs.passedOn[i];
      for (const ip of theirs.sources) addOnce(own.sources, ip, SOURCES);
      for (const window of theirs.synWindows) addOnce(own.synWindows, window, WINDOWS);
      own.to = theirs.to;
    }
  }

  /** Packets with an end outside. */
  get addressed(): number {
    return this.toOutside + this.fromOutside + this.betweenOutside;
  }

  #noteSender({ destinationMac, ip, tcp }: Packet, mac: Mac, isLeaving: boolean): void {
    const sender = this.#senderOf(mac);
    if (sender === null || ip === null) return;
    sender.packets++;
    if (isLeaving) sender.leaving++;
    const passed = (INITIAL_HOP_LIMITS as readonly number[]).indexOf(ip.hopLimit + 1);
    if (passed === 0 || passed === 1 || passed === 2) sender.passedOn[passed]++;
    if (ip.version === 4) addOnce(sender.sources, ip.source, SOURCES);
    if (tcp !== null && (tcp.flags & TCP_FLAGS.syn) !== 0) addOnce(sender.synWindows, tcp.window, WINDOWS);
    sender.to = destinationMac;
  }

  #senderOf(mac: Mac): Sender | null {
    const known = this.senders.get(mac);
    if (known !== undefined) return known;
    if (this.senders.size >= SENDERS) return null;
    const sender: Sender = {
      packets: 0,
      leaving: 0,
      passedOn: [0, 0, 0],
      sources: [],
      synWindows: [],
      to: null,
    };
    this.senders.set(mac, sender);
    return sender;
  }

  /** Two MACs that send packets to each other show both directions, whatever becomes of their connections. */
  #noteSpeaker(sender: Mac | null, receiver: Mac | null): void {
    if (sender === null || receiver === null) return;
    const spoke = this.#spoke;
    let isKnown = false;
    for (let i = 0; i < spoke.length; i += 2) {
      if (spoke[i] === receiver && spoke[i + 1] === sender) {
        this.isAnswered = true;
        return;
      }
      isKnown ||= spoke[i] === sender && spoke[i + 1] === receiver;
    }
    if (!isKnown && spoke.length < 2 * PAIRS) spoke.push(sender, receiver);
  }
}

/** A list that is copied whole takes no more room than it needs; one that grows does. */
function copyOf({ leaving, packets, passedOn, sources, synWindows, to }: Sender): Sender {
  const [first, second, third] = passedOn;
  return {
    packets,
    leaving,
    passedOn: [first, second, third],
    sources: sources.slice(),
    synWindows: synWindows.slice(),
    to,
  };
}

function addOnce<T>(list: T[], value: T, limit: number): void {
  if (list.length < limit && !list.includes(value)) list.push(value);
}

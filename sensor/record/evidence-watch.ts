// Which frames belong to which incident: those during which it was found, and every later one of a connection it is about.
// Cuts and masks them before the ring sees any. For a packet of no incident it does next to nothing.
import { LRUCache } from 'lru-cache';
import { atMost } from '../attribute/at-most.ts';
import type { Connection } from '../attribute/connection.ts';
import { movedTime, type TimeMove } from '../attribute/time-move.ts';
import type { Frame } from '../capture/frame.ts';
import { cutFrame, headerLength, MAX_HEADERS } from '../decode/frame-cut.ts';
import { type Packet, TCP_FLAGS } from '../decode/packet.ts';
import { SmtpMask } from '../decode/smtp-mask.ts';
import { type Finding, type IncidentKind, isMailKind } from '../detect/finding.ts';
import type { PacketWatcher } from '../detect/packet-watcher.ts';
import { type EvidenceFrame, EvidenceRing } from './evidence-ring.ts';
import type { Incident } from './incident.ts';

/** Opening frames remembered in case their connection becomes an incident with its answer. */
const OPENINGS = 256;
/** Found in what did not happen, or in other incidents: the frame at hand shows nothing of it. */
const WITHOUT_FRAMES = new Set<IncidentKind>(['outbreak', 'symptom', 'updates_overdue', 'sensor_blind']);
/** Frames that an absorbed incident hands on: enough to show it, and few beside what absorbed it. */
const ABSORBED = 16;
/** Absorptions remembered, while connections of the absorbed may still go on. */
const ABSORPTIONS = 1024;
const NOTHING = Buffer.alloc(0);
/** NAT-PMP and PCP (RFC 6886, RFC 6887): a request is at most this long without options, and names nobody. */
const ROUTER_PORT = 5351;
const MAPPING_OCTETS = 60;

interface Followed {
  incidents: Incident[];
  /** For what is mail; null where the payload is cut off. */
  mask: SmtpMask | null;
}

/** Every connection of a home has one, so that its octets are written over those of an older one. */
interface Opening extends Omit<EvidenceFrame, 'seq' | 'data'> {
  connection: Connection;
  headers: Buffer;
  length: number;
}

export class EvidenceWatch implements PacketWatcher {
  readonly ring: EvidenceRing;
  readonly #followed = new WeakMap<Connection, Followed>();
  /** Incidents found while the present packet is looked at. */
  #found: { incident: Incident; about: object | null }[] = [];
  /** What incidents that are no more have become part of, by their id. */
  readonly #absorbed = new LRUCache<string, Incident>(atMost(ABSORPTIONS));
  readonly #openings: Opening[] = [];
  #nextOpening = 0;

  constructor(ring = new EvidenceRing()) {
    this.ring = ring;
  }

  /** What was found between packets, as after a wait, has its frames in the connection it is about. */
  before(): void {
    if (this.#found.length === 0) return;
    for (const { about, incident } of this.#found) if (isConnection(about)) this.#follow(about, incident);
    this.#found = [];
  }

  /** A finding became part of an incident. */
  found(incident: Incident, { about }: Pick<Finding, 'about'>): void {
    if (!WITHOUT_FRAMES.has(incident.kind)) this.#found.push({ incident, about: about ?? null });
  }

  /** The incident `from` has become part of another, and its latest frames, which are given, with it. */
  absorb(incident: Incident, from: string, frames: readonly EvidenceFrame[]): void {
    this.#absorbed.set(from, incident);
    for (const frame of frames.slice(-ABSORBED)) this.ring.add(incident, frame);
  }

  moveTime(move: TimeMove): void {
    for (const opening of this.#openings) opening.time = movedTime(opening.time, move);
    this.ring.moveTime(move);
  }

  after(frame: Frame, packet: Packet, connection: Connection | null): void {
    const known = connection === null ? undefined : this.#followed.get(connection);
    if (known === undefined && this.#found.length === 0) {
      if (connection !== null && isOpening(packet)) this.#remember(connection, frame, packet);
      return;
    }
    const alone: Incident[] = [];
    for (const { incident, about } of this.#found) {
      if (isConnection(about)) this.#follow(about, incident);
      // An ICMP error speaks of a connection and is no part of it.
      if (!isConnection(about) || packet.icmpError !== null) alone.push(incident);
    }
    this.#found = [];
    const followed = connection === null ? undefined : this.#followed.get(connection);
    // Read whether it is kept or not: the mask has to see every segment.
    const kept = keptOf(packet, connection, followed?.mask ?? null);
    const concerned = [...alone, ...(followed?.incidents ?? [])].map((one) => this.#absorbed.get(one.id) ?? one);
    const incidents = new Set(concerned.filter(({ state }) => state !== 'expected'));
    if (incidents.size === 0) return;
    const cut = cutOf(frame, packet, kept);
    for (const incident of incidents) this.ring.add(incident, cut);
  }

  #follow(connection: Connection, incident: Incident): void {
    let followed = this.#followed.get(connection);
    if (followed === undefined) {
      // A list that is made with its one incident takes a tenth of the room of one that it is added to.
      followed = { incidents: [incident], mask: null };
      this.#followed.set(connection, followed);
    } else if (followed.incidents.includes(incident)) return;
    else followed.incidents.push(incident);
    if (isMailKind(incident.kind)) followed.mask ??= new SmtpMask();
    const opening = this.#openings.find((known) => known.connection === connection);
    if (opening !== undefined) this.ring.add(incident, frameOf(opening));
  }

  #remember(connection: Connection, { data, linkType, originalLength, time }: Frame, packet: Packet): void {
    const headers = this.#openings[this.#nextOpening]?.headers ?? Buffer.allocUnsafeSlow(MAX_HEADERS);
    const length = headerLength(data, packet);
    data.copy(headers, 0, 0, length);
    this.#openings[this.#nextOpening] = { connection, headers, length, linkType, time, wireLength: originalLength };
    this.#nextOpening = (this.#nextOpening + 1) % OPENINGS;
  }
}

function frameOf({ headers, length, linkType, time, wireLength }: Opening): Omit<EvidenceFrame, 'seq'> {
  const data = Buffer.allocUnsafeSlow(length);
  headers.copy(data, 0, 0, length);
  return { time, linkType, wireLength, data };
}

function cutOf(frame: Frame, packet: Packet, kept: Buffer): Omit<EvidenceFrame, 'seq'> {
  const { linkType, originalLength, time } = frame;
  return { time, linkType, wireLength: originalLength, data: cutFrame(frame, packet, kept) };
}

/** What may be kept of the payload. */
function keptOf({ ip, tcp, udp }: Packet, connection: Connection | null, mask: SmtpMask | null): Buffer {
  if (tcp !== null && mask !== null && connection !== null) {
    const isFromOriginator = ip?.source === connection.originatorIp && tcp.sourcePort === connection.originatorPort;
    return mask.take(tcp, isFromOriginator ? 'originator' : 'responder');
  }
  const isMapping = udp !== null && (udp.destinationPort === ROUTER_PORT || udp.sourcePort === ROUTER_PORT);
  return isMapping ? udp.payload.subarray(0, MAPPING_OCTETS) : NOTHING;
}

function isOpening({ tcp }: Packet): boolean {
  return tcp !== null && (tcp.flags & (TCP_FLAGS.syn | TCP_FLAGS.ack)) === TCP_FLAGS.syn;
}

function isConnection(about: object | null): about is Connection {
  return about !== null && 'originatorPort' in about;
}

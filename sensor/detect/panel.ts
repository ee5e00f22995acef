// All detectors side by side: tells each what it wants to hear, hands on what they find, and gathers their memory.
import type { Connection, Way } from '../attribute/connection.ts';
import type { ConnectionListener } from '../attribute/connection-traffic.ts';
import type { Side } from '../attribute/connections.ts';
import type { Device } from '../attribute/device.ts';
import type { TimeMove } from '../attribute/time-move.ts';
import type { DnsMessage } from '../decode/dns.ts';
import type { Mac, Packet, Tcp, Udp } from '../decode/packet.ts';
import type { Detector, DetectorFactory, Surroundings } from './detector.ts';
import type { Finding } from './finding.ts';
import type { HeldWarning } from './held-warning.ts';
import type { Remembered } from './memory.ts';

type ConnectionEvent = 'opened' | 'settled' | 'named' | 'segment' | 'tunnelled' | 'received' | 'ended';
type Hearing<E extends keyof Detector> = Detector & Required<Pick<Detector, E>>;
type ByWay<E extends ConnectionEvent> = Record<Way, readonly Hearing<E>[]>;

const USUAL_WAYS: readonly Way[] = ['outbound'];

export class DetectorPanel implements ConnectionListener {
  readonly #detectors: readonly Detector[];
  readonly #onFinding: (finding: Finding, device: Device | null) => boolean;
  readonly #devices: Surroundings['devices'];
  readonly #opened: ByWay<'opened'>;
  readonly #settled: ByWay<'settled'>;
  readonly #named: ByWay<'named'>;
  readonly #segment: ByWay<'segment'>;
  readonly #tunnelled: ByWay<'tunnelled'>;
  readonly #received: ByWay<'received'>;
  readonly #ended: ByWay<'ended'>;
  readonly #dns: readonly Hearing<'dns'>[];
  readonly #datagram: readonly Hearing<'datagram'>[];
  readonly #appeared: readonly Hearing<'appeared'>[];
  readonly #intercepts: readonly Hearing<'intercepts'>[];
  readonly #finding: readonly Hearing<'finding'>[];
  readonly #tick: readonly Hearing<'tick'>[];

  constructor(
    factories: readonly DetectorFactory[],
    around: Omit<Surroundings, 'found'>,
    onFinding: (finding: Finding, device: Device | null) => boolean,
  ) {
    this.#onFinding = onFinding;
    this.#devices = around.devices;
    const found = (finding: Finding, device: Device | null) => this.#found(finding, device);
    this.#detectors = factories.map((make) => make({ ...around, found }));
    this.#opened = this.#byWay('opened');
    this.#settled = this.#byWay('settled');
    this.#named = this.#byWay('named');
    this.#segment = this.#byWay('segment');
    this.#tunnelled = this.#byWay('tunnelled');
    this.#received = this.#byWay('received');
    this.#ended = this.#byWay('ended');
    this.#dns = this.#hearing('dns');
    this.#datagram = this.#hearing('datagram');
    this.#appeared = this.#hearing('appeared');
    this.#intercepts = this.#hearing('intercepts');
    this.#finding = this.#hearing('finding');
    this.#tick = this.#hearing('tick');
  }

  appeared(device: Device, time: number): void {
    for (const detector of this.#appeared) detector.appeared(device, time);
  }

  opened(device: Device, connection: Connection, time: number): void {
    for (const detector of listeners(this.#opened, connection)) detector.opened(device, connection, time);
  }

  settled(device: Device, connection: Connection, time: number): void {
    for (const detector of listeners(this.#settled, connection)) detector.settled(device, connection, time);
  }

  named(device: Device, connection: Connection, time: number, bareAddress: string | null): void {
    for (const detector of listeners(this.#named, connection)) detector.named(device, connection, time, bareAddress);
  }

  segment(device: Device, connection: Connection, tcp: Tcp, from: Side, time: number): void {
    for (const detector of listeners(this.#segment, connection)) detector.segment(device, connection, tcp, from, time);
  }

  tunnelled(device: Device, connection: Connection, time: number): void {
    for (const detector of listeners(this.#tunnelled, connection)) detector.tunnelled(device, connection, time);
  }

  received(device: Device, connection: Connection, time: number): void {
    for (const detector of listeners(this.#received, connection)) detector.received(device, connection, time);
  }

  ended(device: Device, connection: Connection, time: number): void {
    for (const detector of listeners(this.#ended, connection)) detector.ended(device, connection, time);
  }

  dns(message: DnsMessage, packet: Packet, device: Device | null, time: number): void {
    for (const detector of this.#dns) detector.dns(message, packet, device, time);
  }

  datagram(device: Device, packet: Packet, udp: Udp, time: number): void {
    for (const detector of this.#datagram) detector.datagram(device, packet, udp, time);
  }

  warned(warnings: readonly HeldWarning[]): void {
    for (const detector of this.#hearing('warned')) detector.warned(warnings);
  }

  tick(time: number): void {
    for (const detector of this.#tick) detector.tick(time);
  }

  idle(): void {
    for (const detector of this.#hearing('idle')) detector.idle();
  }

  finish(time: number): void {
    for (const detector of this.#hearing('finish')) detector.finish(time);
  }

  /** What is to be stored since the last call. */
  takeMemory(): Remembered[] {
    return this.#detectors.flatMap(({ name, memory }) =>
      (memory?.takeChanged() ?? []).map((changed) => ({ detector: name, ...changed })),
    );
  }

  /** All that is remembered, stored or not. */
  allMemory(): Remembered[] {
    return this.#detectors.flatMap(({ name, memory }) =>
      (memory?.all() ?? []).map((remembered) => ({ detector: name, ...remembered })),
    );
  }

  /** Takes back what was stored; what belongs to no detector of this version is left alone. */
  restore(remembered: Iterable<Remembered>): void {
    const memories = new Map(this.#detectors.map(({ name, memory }) => [name, memory]));
    for (const { detector, mac, value } of remembered) memories.get(detector)?.restore(mac, value);
  }

  moveTime(move: TimeMove): void {
    for (const { memory } of this.#detectors) memory?.moveTime(move);
    for (const detector of this.#hearing('moveTime')) detector.moveTime(move);
  }

  forget(mac: Mac): void {
    for (const { memory } of this.#detectors) memory?.forget(mac);
  }

  /** Devices beyond the bound, as a flood of made-up MACs brings them, are told of as one. */
  #found(finding: Finding, device: Device | null): void {
    if (device !== null && this.#intercepts.some((detector) => detector.intercepts(finding, device))) return;
    const isKept = device === null || this.#devices.isKept(device.mac);
    const told = isKept ? finding : { ...finding, device: null };
    if (!this.#onFinding(told, isKept ? device : null)) return;
    for (const detector of this.#finding) detector.finding(told, isKept ? device : null);
  }

  #byWay<E extends ConnectionEvent>(event: E): ByWay<E> {
    const all = this.#hearing(event);
    const on = (way: Way) => all.filter(({ ways = USUAL_WAYS }) => ways.includes(way));
    return { outbound: on('outbound'), inbound: on('inbound'), local: on('local') };
  }

  #hearing<E extends keyof Detector>(event: E): Hearing<E>[] {
    return this.#detectors.filter((detector): detector is Hearing<E> => detector[event] !== undefined);
  }
}

function listeners<E extends ConnectionEvent>(byWay: ByWay<E>, { way }: Connection): readonly Hearing<E>[] {
  return way === null ? [] : byWay[way];
}

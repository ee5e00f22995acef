// Frame in, findings out. Owns packet time; deterministic, no I/O, no clock of its own. It routes: each packet goes through
// the room attribute, and what that makes of it to the detectors, which judge.
import { CaptureLoss } from './attribute/capture-loss.ts';
import type { Connection } from './attribute/connection.ts';
import { ConnectionTraffic } from './attribute/connection-traffic.ts';
import { DestinationNames } from './attribute/destination-names.ts';
import type { Device } from './attribute/device.ts';
import { DeviceTable } from './attribute/device-table.ts';
import { GatewayFinder } from './attribute/gateway.ts';
import { Home, type HomeMemory } from './attribute/home.ts';
import { IdentityBook } from './attribute/identity.ts';
import { type CaptureStats, Intake } from './attribute/intake.ts';
import { LinkLearner } from './attribute/link-learner.ts';
import type { LossEstimate } from './attribute/loss-tally.ts';
import { isGroup } from './attribute/mac-address.ts';
import { NameTraffic } from './attribute/name-traffic.ts';
import { Resolvers } from './attribute/resolvers.ts';
import type { TimeMove } from './attribute/time-move.ts';
import { type Judgement, type LinkState, type Vantage, VantageJudge } from './attribute/vantage.ts';
import type { Frame } from './capture/frame.ts';
import type { Interest } from './decode/interest.ts';
import { DecodeCounters } from './decode/outcome.ts';
import type { Mac, Packet, Udp } from './decode/packet.ts';
import type { DetectorFactory, DetectSettings } from './detect/detector.ts';
import { DETECTORS } from './detect/detectors.ts';
import type { Finding } from './detect/finding.ts';
import type { HeldWarning } from './detect/held-warning.ts';
import type { Knowledge } from './detect/knowledge.ts';
import type { Remembered } from './detect/memory.ts';
import type { PacketWatcher } from './detect/packet-watcher.ts';
import { DetectorPanel } from './detect/panel.ts';

const DHCP_PORTS = new Set([67, 68]);
const DHCPV6_PORTS = new Set([546, 547]);
const ROUTER_PORT = 5351;
/** Frames further behind than this (ms) are no disorder: the clock was set back, or a capture from earlier follows. */
const CLOCK_STEP = 60_000;
/** So many of them in a row, since the stamp of a single one may be damaged. */
const STEP_FRAMES = 8;

export interface EngineOptions {
  /** CIDR prefixes that replace what is inside; empty for the built-in set. */
  homeNet: readonly string[];
  /** The capture interface's own address, null in a replay. */
  sensorMac: Mac | null;
  /** Addresses of this machine's other interfaces: what it sends itself may leave by another than it listens on. */
  ownMacs?: readonly Mac[];
  /** Returns whether the finding stands, or a person has called it normal. */
  onFinding(finding: Finding, device: Device | null): boolean;
  watcher?: PacketWatcher;
  /** The capture has ended and all is judged. */
  onFinish?(): void;
  /** Something waits for packet time to reach `until` (ms): a live capture sees to a tick then. */
  onWait?(until: number): void;
  knowledge: Knowledge;
  settings: DetectSettings;
  /** All of them, unless a test wants one alone. */
  detectors?: readonly DetectorFactory[];
}

/** What an engine must know again after a restart, besides its devices. */
export interface EngineMemory extends HomeMemory {
  gateways: Mac[];
}

export class Engine {
  readonly devices = new DeviceTable(
    (device, time) => this.#detectors.appeared(device, time),
    (mac) => this.#gateways.isGateway(mac),
  );
  readonly counters = new DecodeCounters();
  readonly #options: EngineOptions;
  readonly #home: Home;
  readonly #gateways = new GatewayFinder();
  readonly #identities = new IdentityBook(this.devices);
  readonly #intake: Intake;
  readonly #loss = new CaptureLoss();
  readonly #vantage: VantageJudge;
  readonly #detectors: DetectorPanel;
  readonly #connections: ConnectionTraffic;
  readonly #links: LinkLearner;
  readonly #nameTraffic: NameTraffic;
  /** Packet time; goes back only where the capture's clock was set back. */
  #now = 0;
  #behind = 0;

  constructor(options: EngineOptions) {
    this.#options = options;
    this.#home = new Home(options.homeNet);
    const names = new DestinationNames();
    const parts = { devices: this.devices, identities: this.#identities, counters: this.counters };
    const { recorded } = options.settings;
    this.#vantage = new VantageJudge(this.#home, { sensorMac: options.sensorMac, recorded });
    const place = { gateways: this.#gateways, home: this.#home };
    const resolvers = new Resolvers();
    const { detectors = DETECTORS, knowledge, onFinding, onWait = () => {}, settings } = options;
    const waitFor = (milliseconds: number) => onWait(this.#now + milliseconds);
    this.#detectors = new DetectorPanel(
      detectors,
      { devices: this.devices, ...place, vantage: this.#vantage, resolvers, knowledge, settings, onWait: waitFor },
      onFinding,
    );
    this.#intake = new Intake({
      ...parts,
      ...place,
      onOwnAddress: (ip, by, time) => this.#home.claimPublic(ip, by, time),
      onCut: () => {
        this.#loss.isCut = true;
      },
      onPacket: (frame, packet, interest) => this.#packet(frame, packet, interest),
      onWait,
    });
    this.#connections = new ConnectionTraffic({
      ...parts,
      ...place,
      names,
      loss: this.#loss,
      listener: this.#detectors,
    });
    this.#links = new LinkLearner({ ...parts, ...place, resolvers });
    this.#nameTraffic = new NameTraffic({
      ...parts,
      names,
      onMessage: (message, packet, device) => {
        this.#loss.dns(message, packet, this.#now);
        this.#detectors.dns(message, packet, device, this.#now);
      },
    });
  }

  get now(): number {
    return this.#now;
  }

  get stats(): Readonly<CaptureStats> {
    return this.#intake.stats;
  }

  /** Frames lost before they were read: of all so far, and lately. */
  get loss(): { overall: LossEstimate; recent: LossEstimate } {
    return { overall: this.#loss.overall(), recent: this.#loss.recent(this.#now) };
  }

  get vantage(): Vantage {
    return this.judgement.vantage;
  }

  /** From where the sensor looks: at present, or in a recording as a whole. */
  get judgement(): Judgement {
    return this.#vantage.judgement();
  }

  /** What the kernel says of the capture interface, about once a second. */
  link(state: LinkState): void {
    this.#vantage.link(state);
  }

  memory(): EngineMemory {
    return { ...this.#home.memory(), gateways: this.#gateways.gateways() };
  }

  restore(memory: EngineMemory, devices: Iterable<Device>, remembered: Iterable<Remembered>): void {
    this.#home.restore(memory);
    this.#gateways.restore(memory.gateways);
    for (const device of devices) this.devices.restore(device);
    // Each is called what it was called when its incidents were stored.
    this.devices.takeRenamed();
    this.#detectors.restore(remembered);
  }

  /** What detectors have to be told again after a restart, as far as it changed since the last call. */
  takeDetectorMemory(): Remembered[] {
    return this.#detectors.takeMemory();
  }

  /** All that detectors have to be told again after a restart. */
  detectorMemory(): Remembered[] {
    return this.#detectors.allMemory();
  }

  /** Warnings of the fleet that hold from now on, in place of those before. They take effect when packet time goes on. */
  warned(warnings: readonly HeldWarning[]): void {
    this.#detectors.warned(warnings);
  }

  /** A device is no longer remembered: detectors forget it too. */
  forgotten(mac: Mac): void {
    this.#detectors.forget(mac);
  }

  /** Takes the next frame. Frames that are out of order by time are taken at the time already reached. */
  frame(frame: Frame): void {
    this.#intake.frame(frame);
  }

  /** The one of its copies that counts. */
  #packet(frame: Frame, packet: Packet, interest: Interest): void {
    this.#follow(frame.time);
    this.#loss.passed(this.#now);
    if (interest === 'tls-continued') {
      if (packet.tcp !== null) this.#connections.continued(packet, packet.tcp, this.#now);
      return;
    }
    this.#options.watcher?.before();
    const connection = this.#attribute(packet);
    this.#options.watcher?.after(frame, packet, connection);
  }

  /** Packet time has reached `time` (ms), with or without a frame. What waits for its other leg holds it back. */
  tick(time: number): void {
    this.#advance(this.#intake.tick(time));
    this.#options.watcher?.before();
  }

  #advance(time: number): void {
    if (time <= this.#now) return;
    this.#now = time;
    this.#home.expire(time);
    this.#connections.expire(time);
    this.#vantage.tick(time);
    this.#detectors.tick(time);
  }

  #follow(time: number): void {
    this.#behind = time < this.#now - CLOCK_STEP ? this.#behind + 1 : 0;
    if (this.#behind >= STEP_FRAMES) {
      this.#connections.giveUp(this.#now);
      this.#now = 0;
      this.#behind = 0;
    }
    this.#advance(time);
  }

  /** The clock was put right: packet time goes on from there, and what was stamped wrong bears the time that it had. */
  moveTime(move: TimeMove): void {
    // What still waits was stamped by the old clock.
    this.#intake.flush();
    this.#now += move.by;
    this.#home.moveTime(move);
    this.#intake.moveTime(move);
    this.#loss.moveTime(move.by);
    this.#vantage.moveTime(move.by);
    this.#connections.moveTime(move.by);
    this.devices.moveTime(move);
    this.#detectors.moveTime(move);
  }

  /** For a while nothing has come of a stream that goes on: nothing waits for what might come. */
  idle(): void {
    this.#intake.flush();
    this.#detectors.idle();
  }

  /** The capture has ended: settles what is pending. */
  finish(): void {
    this.#intake.flush();
    this.#connections.close(this.#now);
    this.#loss.close();
    this.#detectors.finish(this.#now);
    this.#options.watcher?.before();
    this.#assignRoles();
    this.#options.onFinish?.();
  }

  isGateway(mac: Mac): boolean {
    return this.#gateways.isGateway(mac);
  }

  #attribute(packet: Packet): Connection | null {
    const device = this.devices.senderOf(packet.sourceMac, packet.ip?.source ?? null, this.#now);
    this.#vantage.observe(packet, this.#now);
    if (device !== null) {
      device.role = this.#roleOf(device);
      if (packet.destinationMac === null || !isGroup(packet.destinationMac)) device.broadcastOnly = false;
    }
    this.#links.answered(packet, device);
    this.#links.passed(packet, device, this.#now);
    if (packet.arp !== null && device !== null) this.#links.arp(packet, packet.arp, device, this.#now);
    if (packet.icmpv6 !== null && device !== null) this.#links.neighbor(packet, packet.icmpv6, device, this.#now);
    if (packet.tcp !== null) {
      this.#nameTraffic.tcp(packet, packet.tcp, device, this.#now);
      return this.#connections.tcp(packet, packet.tcp, this.#now);
    }
    if (packet.icmpError !== null) this.#connections.refused(packet, packet.icmpError, this.#now);
    if (packet.udp !== null) this.#udp(packet, packet.udp, device);
    return null;
  }

  #roleOf(device: Device): Device['role'] {
    if (device.mac === this.#options.sensorMac || this.#options.ownMacs?.includes(device.mac)) return 'sensor';
    const isRouter = this.#gateways.isGateway(device.mac) || this.#vantage.isOuter(device.mac);
    return isRouter ? 'gateway' : 'device';
  }

  #assignRoles(): void {
    for (const device of this.devices.all()) device.role = this.#roleOf(device);
  }

  #udp(packet: Packet, udp: Udp, device: Device | null): void {
    if (DHCP_PORTS.has(udp.destinationPort)) this.#links.dhcp(packet, udp, this.#now);
    else if (DHCPV6_PORTS.has(udp.destinationPort)) this.#links.dhcpv6(packet, udp, this.#now);
    else if (isRouterPort(udp)) {
      if (device !== null) this.#detectors.datagram(device, packet, udp, this.#now);
    } else if (!this.#nameTraffic.udp(packet, udp, device, this.#now)) this.#connections.udp(packet, udp, this.#now);
  }
}

/** NAT-PMP and PCP (RFC 6886, RFC 6887). */
function isRouterPort({ destinationPort, sourcePort }: Udp): boolean {
  return destinationPort === ROUTER_PORT || sourcePort === ROUTER_PORT;
}

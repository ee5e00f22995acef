// Frame in, findings out. Owns packet time; deterministic, no I/O, no clock of its own. It sends each packet through the
// rooms attribute and detect; what they say goes to the sink.
import type { Connection } from './attribute/connection.ts';
import { type ConnectionHandler, ConnectionTable } from './attribute/connections.ts';
import { DestinationNames } from './attribute/destination-names.ts';
import type { Device } from './attribute/device.ts';
import { DeviceTable, isGroup } from './attribute/device-table.ts';
import { Direction } from './attribute/direction.ts';
import { DuplicateFinder } from './attribute/duplicates.ts';
import { GatewayFinder } from './attribute/gateway.ts';
import { Home } from './attribute/home.ts';
import { IdentityBook } from './attribute/identity.ts';
import { LinkLearner } from './attribute/link-learner.ts';
import { NameTraffic } from './attribute/name-traffic.ts';
import { type Opening, Openings } from './attribute/openings.ts';
import { addTimeline, countActivity } from './attribute/timeline.ts';
import { type Vantage, VantageJudge } from './attribute/vantage.ts';
import type { Frame } from './capture/frame.ts';
import { decodeFrame } from './decode/frame.ts';
import { interestOf, isMailPort } from './decode/interest.ts';
import { DecodeCounters, truncated } from './decode/outcome.ts';
import type { Mac, Packet, Tcp, Udp } from './decode/packet.ts';
import { looksLikeHello } from './decode/smtp.ts';
import type { BackendWatch } from './detect/backends.ts';
import type { Finding } from './detect/finding.ts';
import { MailWatch } from './detect/mail-watch.ts';

const DHCP_PORTS = new Set([67, 68]);
const DHCPV6_PORTS = new Set([546, 547]);
/** Frames further behind than this (ms) are no disorder: the clock was set back, or a capture from earlier follows. */
const CLOCK_STEP = 60_000;
/** So many of them in a row, since the stamp of a single one may be damaged. */
const STEP_FRAMES = 8;

export interface EngineOptions {
  /** CIDR prefixes that replace what is inside; empty for the built-in set. */
  homeNet: readonly string[];
  /** The capture interface's own address, null in a replay. */
  sensorMac: Mac | null;
  onFinding(finding: Finding, device: Device | null): void;
  backends: BackendWatch;
}

/** What capture has delivered so far. */
export interface CaptureStats {
  packets: number;
  firstPacket: number | null;
  lastPacket: number | null;
  duplicates: number;
}

/** What an engine must know again after a restart, besides its devices. */
export interface EngineMemory {
  prefixes: string[];
  gateways: Mac[];
}

export class Engine {
  readonly devices = new DeviceTable();
  readonly counters = new DecodeCounters();
  readonly #options: EngineOptions;
  readonly #home: Home;
  readonly #gateways = new GatewayFinder();
  readonly #identities = new IdentityBook(this.devices);
  readonly #names = new DestinationNames();
  readonly #duplicates = new DuplicateFinder();
  readonly #vantage: VantageJudge;
  readonly #mail: MailWatch;
  readonly #connections: ConnectionTable;
  readonly #openings: Openings;
  readonly #links: LinkLearner;
  readonly #direction: Direction;
  readonly #nameTraffic: NameTraffic;
  readonly #stats: CaptureStats = { packets: 0, firstPacket: null, lastPacket: null, duplicates: 0 };
  /** Packet time; goes back only where the capture's clock was set back. */
  #now = 0;
  #behind = 0;

  constructor(options: EngineOptions) {
    this.#options = options;
    this.#home = new Home(options.homeNet);
    this.#vantage = new VantageJudge(this.#home, options.sensorMac);
    this.#mail = new MailWatch((finding, device) => this.#found(finding, device));
    this.#connections = new ConnectionTable(this.#connectionHandler(), isMailPort);
    this.#openings = new Openings(this.counters, (connection) => this.#connectionEnded(connection));
    const parts = { devices: this.devices, identities: this.#identities, counters: this.counters };
    const place = { gateways: this.#gateways, home: this.#home };
    this.#links = new LinkLearner({ ...parts, ...place });
    this.#direction = new Direction({ devices: this.devices, ...place });
    this.#nameTraffic = new NameTraffic({ ...parts, names: this.#names });
  }

  get now(): number {
    return this.#now;
  }

  get stats(): Readonly<CaptureStats> {
    return this.#stats;
  }

  get vantage(): Vantage {
    return this.#vantage.judge();
  }

  memory(): EngineMemory {
    return { prefixes: this.#home.prefixes(), gateways: this.#gateways.gateways() };
  }

  restore(memory: EngineMemory, devices: Iterable<Device>): void {
    this.#home.restore(memory.prefixes);
    this.#gateways.restore(memory.gateways);
    for (const device of devices) this.devices.restore(device);
  }

  /** Takes the next frame. Frames that are out of order by time are taken at the time already reached. */
  frame(frame: Frame): void {
    const { data, originalLength } = frame;
    if (data.length >= originalLength) {
      this.#take(frame);
      return;
    }
    const before = this.counters.total('truncated');
    const isKept = this.#take(frame);
    // Cut behind all that was read of it, as a message body is: it is cut all the same.
    if (isKept && this.counters.total('truncated') === before)
      this.counters.count(truncated('link', 'frame', originalLength, data.length));
  }

  /** Whether the job has use for it. */
  #take(frame: Frame): boolean {
    const packet = decodeFrame(frame, this.counters);
    if (packet === null) return false;
    const interest = interestOf(packet);
    if (interest === null) return false;
    this.#follow(frame.time);
    this.#stats.packets++;
    this.#stats.firstPacket ??= frame.time;
    this.#stats.lastPacket = Math.max(this.#stats.lastPacket ?? 0, frame.time);
    if (interest === 'tls-continued') {
      if (packet.tcp !== null) this.#continued(packet, packet.tcp);
    } else if (this.#duplicates.isCopy(packet, this.#now)) this.#stats.duplicates++;
    else this.#attribute(packet);
    return true;
  }

  /** Packet time has reached `time` (ms), with or without a frame. */
  tick(time: number): void {
    if (time <= this.#now) return;
    this.#now = time;
    this.#connections.expire(time);
    this.#openings.expire(time);
    this.#options.backends.tick(time, this.devices);
  }

  #follow(time: number): void {
    this.#behind = time < this.#now - CLOCK_STEP ? this.#behind + 1 : 0;
    if (this.#behind >= STEP_FRAMES) {
      this.#connections.giveUp(this.#now);
      this.#now = 0;
      this.#behind = 0;
    }
    this.tick(time);
  }

  /** The capture has ended: settles what is pending. */
  finish(): void {
    this.#openings.close();
    this.#connections.close(this.#now);
    this.#assignRoles();
  }

  isGateway(mac: Mac): boolean {
    return this.#gateways.isGateway(mac);
  }

  #attribute(packet: Packet): void {
    const device = this.devices.seen(packet.sourceMac, this.#now);
    this.#vantage.observe(packet);
    if (device !== null) {
      device.role = this.#roleOf(device);
      if (packet.destinationMac === null || !isGroup(packet.destinationMac)) device.broadcastOnly = false;
    }
    this.#links.passed(packet, device, this.#now);
    if (packet.arp !== null && device !== null) this.#links.arp(packet, packet.arp, device, this.#now);
    if (packet.icmpv6 !== null && device !== null) this.#links.neighbor(packet, packet.icmpv6, device, this.#now);
    if (packet.tcp !== null) this.#tcp(packet, packet.tcp, device);
    if (packet.udp !== null) this.#udp(packet, packet.udp, device);
  }

  #roleOf(device: Device): Device['role'] {
    if (device.mac === this.#options.sensorMac) return 'sensor';
    return this.#gateways.isGateway(device.mac) ? 'gateway' : 'device';
  }

  #assignRoles(): void {
    for (const device of this.devices.all()) device.role = this.#roleOf(device);
  }

  #udp(packet: Packet, udp: Udp, device: Device | null): void {
    if (DHCP_PORTS.has(udp.destinationPort)) this.#links.dhcp(packet, udp, this.#now);
    else if (DHCPV6_PORTS.has(udp.destinationPort)) this.#links.dhcpv6(packet, udp, this.#now);
    else if (!this.#nameTraffic.udp(packet, udp, device, this.#now)) {
      const opening = this.#openings.udp(packet, udp, this.#now);
      if (opening !== null) this.#opened(opening);
    }
  }

  #tcp(packet: Packet, tcp: Tcp, device: Device | null): void {
    if (tcp.sourcePort === 53 || tcp.destinationPort === 53) this.#nameTraffic.tcp(packet, tcp, device, this.#now);
    const isHello = looksLikeHello(tcp.payload);
    let followed = this.#connections.follow(packet, tcp, this.#now);
    if (followed === null && (isHello || Openings.beginsConnection(tcp))) {
      const adopted = this.#connections.adopt(packet, tcp, this.#now);
      if (adopted !== null) followed = { connection: adopted, from: 'originator' };
    }
    if (followed === null) return;
    const { connection, from } = followed;
    if (from === 'originator') {
      const opening = this.#openings.tcp(connection, tcp);
      if (opening !== null) this.#opened(opening);
    }
    const originator = isHello || connection.mailAttempt ? this.#direction.originator(connection) : null;
    if (originator === null) return;
    if (isHello && from === 'originator') this.#mail.hello(originator, connection, this.#now);
    if (connection.mailAttempt) this.#mail.segment(originator, connection, tcp, from, this.#now);
  }

  #continued(packet: Packet, tcp: Tcp): void {
    const connection = this.#connections.continued(packet, tcp, this.#now);
    const opening = connection === null ? null : this.#openings.tcp(connection, tcp);
    if (opening !== null) this.#opened(opening);
  }

  #connectionHandler(): ConnectionHandler {
    return {
      opened: (connection) => {
        const device = this.#direction.originator(connection);
        if (device === null) return;
        this.#nameByDns(connection);
        device.connections++;
        countActivity(device, this.#now, 'connections');
        this.devices.keep(device);
        if (isMailPort(connection.responderPort)) this.#mail.syn(device, connection, this.#now);
      },
      settled: (connection, time) => this.#settled(connection, time),
      ended: (connection) => this.#connectionEnded(connection),
      received: (connection) => this.#countVolume(connection),
    };
  }

  /** Devices beyond the bound, as a flood of made-up MACs brings them, are told of as one. */
  #found(finding: Finding, device: Device): void {
    if (this.devices.isKept(device)) this.#options.onFinding(finding, device);
    else this.#options.onFinding({ ...finding, device: null }, null);
  }

  #nameByDns(connection: Connection): void {
    if (connection.name !== null) return;
    const known = this.#names.nameOf(connection.originatorMac, connection.responderIp, this.#now);
    connection.name = known?.name ?? null;
    connection.nameFrom = known?.from ?? null;
  }

  #opened({ connection, host, outer, source, userAgent }: Opening): void {
    const device = this.#direction.originator(connection);
    if (device === null) return;
    this.devices.keep(device);
    if (userAgent !== null) this.#identities.userAgent(device, userAgent, this.#now);
    // The bare address as host names nothing; it is shown as what the device asked for.
    const bareAddress = host === connection.responderIp ? host : null;
    if (host !== null && bareAddress === null) {
      connection.name = host;
      connection.nameFrom = source;
      connection.nameIsOuter = outer;
    } else this.#nameByDns(connection);
    this.#options.backends.contact(device, connection, this.#now, bareAddress);
  }

  #settled(connection: Connection, time: number): void {
    const device = this.#direction.originator(connection);
    if (device === null) {
      if (connection.outcome === 'connected') this.#inbound(connection, time);
      return;
    }
    if (connection.mailAttempt) this.#mail.settled(device, connection, time);
    else if (connection.outcome === 'connected') this.#options.backends.answered(device, connection, time);
  }

  /** A host on the Internet reached a device: part of what happened before. */
  #inbound(connection: Connection, time: number): void {
    const receiver = connection.responderMac === null ? undefined : this.devices.get(connection.responderMac);
    if (receiver === undefined || this.#home.isInside(connection.originatorIp)) return;
    addTimeline(receiver, {
      time,
      kind: 'inbound_connection',
      name: null,
      nameFrom: null,
      ip: connection.originatorIp,
      role: null,
      detail: { port: connection.responderPort },
    });
  }

  #connectionEnded(connection: Connection): void {
    this.#mail.ended(connection);
    this.#countVolume(connection);
  }

  #countVolume(connection: Connection): void {
    const device = this.#direction.originator(connection);
    if (device === null) return;
    this.#nameByDns(connection);
    this.#options.backends.ended(device, connection, connection.lastAt);
    this.devices.markChanged(device);
  }
}
